package renewal

// What can stand in RENEW_ACCOUNTS besides the ARN of a role.
const (
	Self         = "self"          // the account of the function's own credentials
	Organization = "organization/" // before the name of a role: that role in every member account of the resource directory
)

// A Member is an account of an organisation, as its management account sees it.
type Member struct {
	ID, Name string
	Leaving  bool // it is being deleted, or has not joined: nothing of it is looked after
}
