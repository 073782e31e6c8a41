package renewal

import (
	"time"
)

// deductionHour is when the provider takes money for what it renews by itself,
// in UTC+8 (ECS: auto-renewal).
const deductionHour = 8

// deductionLead is how long before the expiry of a server the provider begins
// to deduct (ECS: auto-renewal).
const deductionLead = 9 * Day

// deductionsIntl are the days from that of the expiry, in UTC+8, on which the
// provider tries on the international site (ECS: auto-renewal, the guide of that
// site, which promises no earlier try; the page of the API names nine days for
// both).
var deductionsIntl = []int{-3, -1, 0, 6, 14}

// firstDeduction is when the provider first tries to deduct for something that
// expires then.
func firstDeduction(expires time.Time) time.Time { return deductionAt(expires.Add(-deductionLead)) }

// deductionAt is the first time of the day for it that is not before at.
func deductionAt(at time.Time) time.Time {
	year, month, day := at.In(Beijing).Date()
	next := time.Date(year, month, day, deductionHour, 0, 0, 0, Beijing)
	if next.Before(at) {
		next = next.AddDate(0, 0, 1)
	}
	return next.UTC()
}

// nextDeduction is when the provider next tries, not before from, to deduct for
// something that expires then; zero = it tries no more.
func (s Site) nextDeduction(expires, from time.Time) time.Time {
	if s == Intl {
		year, month, day := expires.In(Beijing).Date()
		for _, days := range deductionsIntl {
			if at := time.Date(year, month, day+days, deductionHour, 0, 0, 0, Beijing).UTC(); !at.Before(from) {
				return at
			}
		}
		return time.Time{}
	}
	at := firstDeduction(expires)
	if at.Before(from) {
		at = deductionAt(from)
	}
	if !at.Before(expires) {
		return time.Time{}
	}
	return at
}

// providerHasTried says whether the provider has begun to deduct for what it
// renews by itself.
func providerHasTried(now, expires time.Time) bool { return !now.Before(firstDeduction(expires)) }

// gone is when a server that expired then is released with its data (ECS:
// expiration; 15 days on the China site, 30 on the international one).
func (s Site) gone(expires time.Time) time.Time {
	if s == Intl {
		return expires.Add(30 * Day)
	}
	return expires.Add(15 * Day)
}

// runsOn is how long a server of the international site goes on after its expiry
// while its auto-renewal is on.
const runsOn = 15 * Day

// renewed is the expiry that a renewal brings at a time. A term that is renewed
// late begins where it ended; on the international site, unless the server ran
// on, with the next day.
func (s Site) renewed(d Decision, at time.Time) time.Time {
	in := d.Instance
	runningOn := in.Mode == Auto && at.Before(in.Expires.Add(runsOn))
	if s == Intl && in.ended(at) && d.Term.UntilDay == 0 && !runningOn {
		return d.Term.After(midnight(at.In(Beijing)).AddDate(0, 0, 1))
	}
	return d.Expected()
}
