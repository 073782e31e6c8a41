package renewal

import "time"

// deductionHour is when the provider takes money for what it renews by itself,
// in UTC+8 (ECS: auto-renewal).
const deductionHour = 8

// deductionLead is how long before the expiry of a server the provider begins
// to deduct (ECS: auto-renewal).
const deductionLead = 9 * Day

// firstDeduction is when the provider first tries to deduct for something that
// expires then.
func firstDeduction(expires time.Time) time.Time { return nextDeduction(expires.Add(-deductionLead)) }

// nextDeduction is the first time of the day for it that is not before at.
func nextDeduction(at time.Time) time.Time {
	year, month, day := at.In(Beijing).Date()
	next := time.Date(year, month, day, deductionHour, 0, 0, 0, Beijing)
	if next.Before(at) {
		next = next.AddDate(0, 0, 1)
	}
	return next.UTC()
}

// providerHasTried says whether the provider has begun to deduct for what it
// renews by itself.
func providerHasTried(now, expires time.Time) bool { return !now.Before(firstDeduction(expires)) }
