package renewal

import (
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// Traits are what is particular to a product: all that deciding, paying and
// telling need to know of it. The calls to it are elsewhere.
type Traits struct {
	Key  string // as settings, rules and reports name it
	Code string // as the billing does (BSS QueryAvailableInstances, ProductCode)

	Renewed bool  // it can be paid for here; else it is only told, and its auto-renewal switched
	Months  []int // that its renewal takes besides what every one does; nil = the periods of servers
	Quoted  bool  // the cloud says what its renewal would cost; else RENEW_PRICES has to

	Once bool // nobody documents that a repeated ClientToken is harmless: its renewal is asked for once a run, and the orders are read first
	Buys bool // its renewal buys another one: not even its auto-renewal is switched

	Listed   bool // its own list says what there is; else the billing's does
	Native   bool // its own API is asked before anything is done about it; else the billing alone knows it
	UntilDay bool // it can be renewed to the account's unified expiry day
	Network  bool // it has a VPC and security groups to be selected by

	Read   int // how many one reading of instances takes
	Modes  int // how many one reading of renewal modes takes
	Switch int // how many one change of auto-renewal takes

	FromPaid  bool          // a renewal after its expiry counts from the day of payment
	Deduction time.Duration // before its expiry the provider begins to deduct for its auto-renewal
	China     time.Duration // after its expiry it is released, on the China site
	Intl      time.Duration // the same on the international site
}

// Months that renewals take besides 1 to 9.
var (
	threeYears = []int{12, 24, 36}
	fiveYears  = []int{12, 24, 36, 48, 60}
	autoTerms  = []int{1, 2, 3, 6, 12} // of auto-renewal but for servers (BSS SetRenewal, RenewalPeriod)
)

// productTable has the products that can be paid for. Sources, by product: ECS
// RenewInstance; RDS RenewInstance and its renewal policy; R-kvstore RenewInstance
// and the rules on expiry of Tair; DDS RenewDBInstance; and for what is left BSS
// RenewInstance (RenewPeriod) and each product's page on expiry and renewal.
var productTable = []Traits{
	{Key: "ecs", Code: "ecs", Renewed: true, Quoted: true, Listed: true, Native: true, UntilDay: true, Network: true, Read: 100, Modes: 50, Switch: 50, Deduction: 9 * Day, China: 15 * Day, Intl: 30 * Day},
	{Key: "rds", Code: "rds", Renewed: true, Months: fiveYears, Quoted: true, Once: true, Native: true, Read: 100, Modes: 100, Switch: 20, Deduction: 2*Day + 16*time.Hour, China: 15 * Day, Intl: 15 * Day},
	{Key: "redis", Code: "redisa", Renewed: true, FromPaid: true, Months: threeYears, Quoted: true, Once: true, Native: true, Read: 30, Modes: 100, Switch: 20, Deduction: 7 * Day, China: 15 * Day, Intl: 30 * Day},
	{Key: "mongodb", Code: "dds", Renewed: true, Months: threeYears, Quoted: true, Once: true, Native: true, Read: 100, Modes: 100, Switch: 20, Deduction: 9 * Day, China: 15 * Day, Intl: 15 * Day},
	{Key: "polardb", Code: "polardb", Renewed: true, Months: threeYears, Once: true, Native: true, Read: 30, Modes: 100, Switch: 20, Deduction: 9 * Day, China: 15 * Day, Intl: 30 * Day},
	{Key: "eip", Code: "eip", Renewed: true, Months: threeYears, Once: true, Native: true, Read: 50, Modes: 100, Switch: 20, Deduction: 9 * Day, China: 7 * Day, Intl: 7 * Day},
	{Key: "cbwp", Code: "cbwp", Renewed: true, Months: threeYears, Once: true, Native: true, Read: 50, Modes: 100, Switch: 20, Deduction: 9 * Day, China: 7 * Day, Intl: 7 * Day},
	{Key: "clb", Code: "slb", Renewed: true, Months: threeYears, Once: true, Native: true, Read: 1, Modes: 100, Switch: 20, Deduction: 9 * Day, China: 7 * Day, Intl: 7 * Day},
}

// certificates are not renewed: another one is bought (SSL certificates: renewal).
var certificates = []string{"cas"}

// TraitsOf gives the traits of a product by its key; "" is ecs. A product without
// a row of its own is known to the billing alone, by its code.
func TraitsOf(key string) Traits {
	if key == "" {
		return productTable[0]
	}
	if n := slices.IndexFunc(productTable, func(t Traits) bool { return t.Key == key }); n >= 0 {
		return productTable[n]
	}
	return Traits{Key: key, Code: key, Once: true, Buys: slices.Contains(certificates, key), Read: 100, Modes: 100, Switch: 20, Deduction: 9 * Day, China: 15 * Day, Intl: 15 * Day}
}

// Release is when in, expired and not renewed, is released with its data.
func (in Instance) Release(site Site) time.Time {
	t := in.Traits()
	return in.Expires.Add(either(site == Intl, t.Intl, t.China))
}

// Offers says whether a renewal of the product takes a term on this site; the
// error names what it takes.
func (t Traits) Offers(term Term, site Site) error {
	switch {
	case t.UntilDay && term.UntilDay > 0:
		return nil
	case term.UntilDay > 0:
		return lang.Err("%s cannot be renewed to the unified expiry day", "%s 不支持续费到统一到期日", t.Key)
	case t.Months == nil:
		return term.Period.OfferedForRenewal(site)
	case term.Period.Weeks > 0 || term.Period.Months > 9 && !slices.Contains(t.Months, term.Period.Months):
		return lang.Err("%s is not offered for a renewal of %s; accepted are 1m to 9m and 1y to %dy", "%[2]s 续费不支持 %[1]s；可选值：1m 到 9m、1y 到 %[3]dy", term.Period, t.Key, slices.Max(t.Months)/12)
	}
	return nil
}

// OffersAuto says the same of auto-renewal.
func (t Traits) OffersAuto(period Period, site Site) error {
	switch {
	case t.Listed:
		return period.OfferedForAutoRenewal(site)
	case period.Weeks > 0 || !slices.Contains(autoTerms, period.Months):
		return lang.Err("%s is not offered for auto-renewal of %s; accepted are 1m, 2m, 3m, 6m and 1y", "%[2]s 的自动续费不支持 %[1]s；可选值：1m、2m、3m、6m、1y", period, t.Key)
	}
	return nil
}

// Traits gives what is particular to the product of in.
func (in Instance) Traits() Traits { return TraitsOf(in.Product) }
