package renewal

import "time"

// deductionHour is when the provider takes money for what it renews by itself,
// in UTC+8, on every day on which it tries (each product's page on auto-renewal).
const deductionHour = 8

// Around that hour nothing is paid beside the provider: a payment of ours and its
// deduction share no token, and each would be charged.
const (
	deductionBegins = 7*time.Hour + 45*time.Minute
	deductionEnds   = 8*time.Hour + 30*time.Minute
)

// deducting says whether the provider may be deducting at now.
func deducting(now time.Time) bool {
	local := now.In(Beijing)
	since := local.Sub(midnight(local))
	return since >= deductionBegins && since < deductionEnds
}

// deductionsIntl are the days from that of the expiry, in UTC+8, on which the
// provider tries for servers on the international site (ECS: auto-renewal, the
// guide of that site, which promises no earlier try; the page of the API names nine
// days for both).
var deductionsIntl = []int{-3, -1, 0, 6, 14}

// firstDeduction is when the provider first tries to deduct for in.
func firstDeduction(in Instance) time.Time {
	return deductionAt(in.Expires.Add(-in.Traits().Deduction))
}

// deductionAt is the first time of the day for it that is not before at.
func deductionAt(at time.Time) time.Time {
	year, month, day := at.In(Beijing).Date()
	next := time.Date(year, month, day, deductionHour, 0, 0, 0, Beijing)
	if next.Before(at) {
		next = next.AddDate(0, 0, 1)
	}
	return next.UTC()
}

// nextDeduction is when the provider next tries, not before from, to deduct for in;
// zero = it tries no more.
func (s Site) nextDeduction(in Instance, from time.Time) time.Time {
	if s == Intl && in.Traits().Listed {
		year, month, day := in.Expires.In(Beijing).Date()
		for _, days := range deductionsIntl {
			if at := time.Date(year, month, day+days, deductionHour, 0, 0, 0, Beijing).UTC(); !at.Before(from) {
				return at
			}
		}
		return time.Time{}
	}
	at := firstDeduction(in)
	if at.Before(from) {
		at = deductionAt(from)
	}
	if !at.Before(in.Expires) {
		return time.Time{}
	}
	return at
}

// providerHasTried says whether the provider has begun to deduct for in, which it
// renews by itself.
func providerHasTried(now time.Time, in Instance) bool { return !now.Before(firstDeduction(in)) }

// runsOn is how long a server of the international site goes on after its expiry
// while its auto-renewal is on.
const runsOn = 15 * Day

// renewed is the expiry that a renewal brings at a time. A term that is renewed
// late begins where it ended; on the international site, unless the server ran
// on, with the next day.
func (s Site) renewed(d Decision, at time.Time) time.Time {
	in := d.Instance
	if in.Traits().FromPaid && in.ended(at) {
		return d.Term.After(at)
	}
	runningOn := in.Mode == Auto && at.Before(in.Expires.Add(runsOn))
	if s == Intl && in.Traits().Listed && in.ended(at) && d.Term.UntilDay == 0 && !runningOn {
		return d.Term.After(midnight(at.In(Beijing)).AddDate(0, 0, 1))
	}
	return d.Expected()
}
