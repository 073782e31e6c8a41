package cloud

import (
	"slices"
	"time"
)

var (
	weeks       = []int{1, 2, 3, 4}
	renewMonths = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 12}
	longMonths  = []int{24, 36, 48, 60}
	autoMonths  = []int{1, 2, 3, 6, 12, 24, 36, 48, 60}
	autoYears   = []int{1, 2, 3, 4, 5}
)

// renewPeriods are the numbers RenewInstance takes for a unit; nil = no such
// unit. There is no Year: a year is twelve months.
func renewPeriods(site Site, unit string) []int {
	switch {
	case unit == "Month" && site == Intl:
		return renewMonths
	case unit == "Month":
		return slices.Concat(renewMonths, longMonths)
	case unit == "Week" && site == China:
		return weeks
	}
	return nil
}

// autoPeriods are the numbers ModifyInstanceAutoRenewAttribute takes for a unit.
func autoPeriods(site Site, unit string) []int {
	switch {
	case unit == "Month":
		return autoMonths
	case unit == "Year":
		return autoYears
	case unit == "Week" && site == China:
		return weeks
	}
	return nil
}

// addPeriod adds weeks, months or years to t in UTC+8, where terms begin and
// end. A day that the target month does not have becomes its last; the clock
// time stays.
func addPeriod(t time.Time, n int, unit string) time.Time {
	switch unit {
	case "Week":
		return t.AddDate(0, 0, 7*n)
	case "Year":
		n *= 12
	}
	local := t.In(beijing)
	first := time.Date(local.Year(), local.Month()+time.Month(n), 1, 0, 0, 0, 0, beijing)
	last := first.AddDate(0, 1, -1).Day()
	return time.Date(first.Year(), first.Month(), min(local.Day(), last),
		local.Hour(), local.Minute(), local.Second(), 0, beijing).UTC()
}

// nextRenewDay is where a renewal to a day of the month leads: the beginning, in
// UTC+8, of the first such day that a whole month has gone by after t.
func nextRenewDay(t time.Time, dayOfMonth int) time.Time {
	month := addPeriod(t, 1, "Month")
	local := t.In(beijing)
	for n := 1; ; n++ {
		next := time.Date(local.Year(), local.Month()+time.Month(n), dayOfMonth, 0, 0, 0, 0, beijing)
		if !next.Before(month) {
			return next.UTC()
		}
	}
}

// midnightAfter is the end of t's day in UTC+8.
func midnightAfter(t time.Time) time.Time {
	local := t.In(beijing)
	return time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, beijing).UTC()
}
