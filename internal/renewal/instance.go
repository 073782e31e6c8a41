package renewal

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// An Instance is one subscription, of whatever product, as far as its renewal
// goes.
type Instance struct {
	Product         string // its key, see Traits; "" = ecs
	Kind            string // the billing's ProductType, which goes with the product's code; "" = none
	ID, Name        string
	Account, Region string
	Zone, Type      string
	Status          string
	ResourceGroup   string
	VPC             string
	SecurityGroups  []string
	Tags            map[string]string
	Created         time.Time

	Subscription bool      // charge type PrePaid
	Expires      time.Time // end of the paid term, UTC; zero = could not be read
	Locks        []string  // the API's lock reasons, in lower case
	Refused      string    // the value of its tag RefusedKey, which is not among Tags: rules and selections never see it

	Strange bool   // the billing lists it, and its own API does not know it
	Unnamed bool   // its name, tags and resource group could not be read: it is not known that it has none
	Pending string // an order of it that is not paid or not in force yet, as its own API tells; "" = none

	Unreadable string // keys of what the API says of it that could not be read; "" = all could be

	Mode Mode   // zero = not read yet, treated like Unknown
	Auto Period // the term of auto-renewal, while Mode is Auto

	Scope int // which of a run's scopes has listed it
}

// daysLeft is the time from now to the expiry in days of 24 hours, rounded
// down to one decimal, so that nothing looks further away than it is.
func (in Instance) daysLeft(now time.Time) float64 {
	if in.Expires.IsZero() {
		return 0
	}
	return math.Floor(in.Expires.Sub(now).Hours()/24*10) / 10
}

func (in Instance) auto() AutoState { return AutoState{in.Mode, in.Auto} }

// ended says whether the paid term is over.
func (in Instance) ended(now time.Time) bool { return !in.Expires.After(now) }

// financial is the lock of what has expired, or of an account that owes money
// (DescribeInstances, OperationLocks).
const financial = "financial"

// lockedBy gives the lock that speaks against acting on in, or "". The
// financial lock is part of having expired; before expiry it means that the
// account owes money (DescribeInstances, OperationLocks).
func (in Instance) lockedBy(now time.Time) string {
	for _, lock := range in.Locks {
		if lock == financial && in.ended(now) {
			continue
		}
		return lock
	}
	return ""
}

// NearestExpiry orders instances by expiry, then by account, region and id, so
// that an order never depends on the order of a list.
func NearestExpiry(a, b Instance) int {
	return cmp.Or(
		a.Expires.Compare(b.Expires),
		cmp.Compare(a.Account, b.Account),
		cmp.Compare(a.Region, b.Region),
		cmp.Compare(a.ID, b.ID),
	)
}

// moved says what changed between the plan and the look just before acting; the
// empty text when nothing did.
func moved(plan, live Instance, now time.Time) lang.Text {
	switch {
	case live.Unreadable != "":
		return notRead(live)
	case minute(live.Expires) != minute(plan.Expires):
		return lang.Say("its expiry moved from %s to %s", "到期时间已由 %s 变为 %s", minute(plan.Expires), minute(live.Expires))
	case live.Subscription != plan.Subscription:
		return lang.Say("it is no longer a subscription", "已不是包年包月")
	case live.Mode != plan.Mode:
		return lang.Say("its renewal mode changed from %s to %s", "续费方式已由 %s 变为 %s", plan.Mode, live.Mode)
	case live.Auto != plan.Auto:
		return lang.Say("the term of its auto-renewal changed", "自动续费周期已改变")
	case live.lockedBy(now) != plan.lockedBy(now) || !slices.Equal(live.Locks, plan.Locks):
		return lang.Say("its locks changed", "锁定状态已改变")
	}
	return lang.Text{}
}

// ActingOrder is the order in which instances are acted upon at now: what can
// still be kept up comes first, nearest expiry first; then what has expired, the
// oldest first.
func ActingOrder(now time.Time) func(a, b Instance) int {
	return func(a, b Instance) int {
		living := func(in Instance) int { return either(in.ended(now), 1, 0) }
		return cmp.Or(cmp.Compare(living(a), living(b)), NearestExpiry(a, b))
	}
}

// AutoState is an instance's renewal mode, and the term while it is Auto; the zero
// Term is one that the API did not tell.
type AutoState struct {
	Mode Mode
	Term Period
}

// Is says whether s is what was wanted. A term that is not told is believed.
func (s AutoState) Is(wanted AutoState) bool {
	return s.Mode == wanted.Mode && (s.Term == wanted.Term || s.Term == Period{})
}
