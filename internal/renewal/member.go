package renewal

// A Member is an account of an organisation, as its management account sees it.
type Member struct {
	ID, Name string
	Leaving  bool // it is being deleted, or has not joined: nothing of it is looked after
}
