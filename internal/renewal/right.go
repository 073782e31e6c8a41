package renewal

// A Right is a permission that a run may need. Which there are is known where
// the calls are made; which of them some settings need, where those are read.
type Right struct {
	Product  string // whose call it is: ecs, billing, sts
	Action   string // as RAM names it: ecs:RenewInstance
	Use      Use    //
	Resource string // acs:ecs:{region}:{account}:instance/*; "" = no more than * is documented
}

// A Use is what a right is wanted for.
type Use string

// The uses.
const (
	ToList        Use = "list"     // every run
	ToFindRegions Use = "regions"  // every region of an account
	ToPrice       Use = "price"    // a renewal
	ToPay         Use = "pay"      // for a renewal
	ToTag         Use = "tag"      // a refused renewal
	ToSwitch      Use = "switch"   // auto-renewal
	ToSeeBalance  Use = "balance"  // of an account
	ToAssume      Use = "assume"   // a role in another account
	ToListMembers Use = "members"  // of an organisation
	ToIdentify    Use = "identify" // whose the credentials are; needs no grant, unless an organisation restricts it
)

// Changes says whether what u is for changes something, so that nothing but a
// change can try the right.
func (u Use) Changes() bool { return u == ToPay || u == ToTag || u == ToSwitch }
