package renewal

import "slices"

// A Right is a permission that a run may need. Which there are is known where
// the calls are made; which of them some settings need, where those are read.
type Right struct {
	Product  string // whose call it is: the key of a product; billing, sts, resourcecenter
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
	ToSeeOrders   Use = "orders"   // of an account, before a payment by a product whose token is not known to be harmless
	ToName        Use = "names"    // of what has no API of its own here: name, tags, resource group
	ToAssume      Use = "assume"   // a role in another account
	ToListMembers Use = "members"  // of an organisation
	ToIdentify    Use = "identify" // whose the credentials are; needs no grant, unless an organisation restricts it
)

// Changes says whether what u is for changes something, so that nothing but a
// change can try the right.
func (u Use) Changes() bool { return u == ToPay || u == ToTag || u == ToSwitch }

// For says whether r can come to be needed where some products are looked after.
// What nobody quotes a price for is renewed by the billing.
func (r Right) For(p Products) bool {
	some := func(fits func(Traits) bool) bool { return slices.ContainsFunc(p.Known(), fits) }
	switch r.Use {
	case ToFindRegions, ToSeeBalance, ToAssume, ToListMembers, ToIdentify:
		return true
	case ToName:
		return p.Billed()
	case ToSeeOrders:
		return some(func(t Traits) bool { return t.Renewed && t.Once })
	}
	switch {
	case r.Product != "billing":
		return p.Has(r.Product)
	case r.Use == ToPay:
		return some(func(t Traits) bool { return t.Renewed && !t.Quoted })
	}
	return p.Billed()
}
