package renewal

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// Beijing is the time zone of Alibaba Cloud's billing: terms end, and days of
// the idempotence token begin, at midnight UTC+8.
var Beijing = time.FixedZone("UTC+8", 8*60*60)

// Day is 24 hours.
const Day = 24 * time.Hour

// Site is the site that an account belongs to; the instance's region does not matter.
type Site string

// The sites.
const (
	China Site = "china" // aliyun.com
	Intl  Site = "intl"  // alibabacloud.com
)

// Currency is what the accounts of a site pay in, unless a price says otherwise.
func (s Site) Currency() string {
	if s == Intl {
		return "USD"
	}
	return "CNY"
}

// A Period is a length of time that can be bought: weeks or months. The zero
// Period is no period.
type Period struct {
	Weeks  int
	Months int
}

// ParsePeriod reads 1w to 4w, 1m to 9m, 12m and 1y to 5y. 12m is 1y.
func ParsePeriod(text string) (Period, error) {
	end := max(len(text)-1, 0)
	number, unit := text[:end], text[end:]
	n, err := strconv.Atoi(number)
	if err == nil && strconv.Itoa(n) == number { // no sign, no zero in front
		switch {
		case unit == "w" && n >= 1 && n <= 4:
			return Period{Weeks: n}, nil
		case unit == "m" && (n >= 1 && n <= 9 || n == 12):
			return Period{Months: n}, nil
		case unit == "y" && n >= 1 && n <= 5:
			return Period{Months: 12 * n}, nil
		}
	}
	return Period{}, lang.Err("%q is no period; accepted are 1w to 4w, 1m to 9m, 12m and 1y to 5y", "%q 不是续费时长；可选值：1w 到 4w、1m 到 9m、12m、1y 到 5y", text)
}

// String writes p as the settings do.
func (p Period) String() string {
	switch {
	case p.Weeks > 0:
		return fmt.Sprintf("%dw", p.Weeks)
	case p.Months > 0 && p.Months%12 == 0:
		return fmt.Sprintf("%dy", p.Months/12)
	case p.Months > 0:
		return fmt.Sprintf("%dm", p.Months)
	}
	return ""
}

// Shortest is the shortest time that p can last; a month counts as 28 days.
func (p Period) Shortest() time.Duration {
	return time.Duration(7*p.Weeks+28*p.Months) * Day
}

// After gives t plus p as the billing counts: whole months in UTC+8, and a day
// that the month does not have becomes its last day.
func (p Period) After(t time.Time) time.Time {
	local := t.In(Beijing).AddDate(0, 0, 7*p.Weeks)
	if p.Months == 0 {
		return local.UTC()
	}
	year, month, day := local.Date()
	first := time.Date(year, month+time.Month(p.Months), 1, 0, 0, 0, 0, Beijing)
	lastDay := first.AddDate(0, 1, -1).Day()
	clock := local.Sub(time.Date(year, month, day, 0, 0, 0, 0, Beijing))
	return first.AddDate(0, 0, min(day, lastDay)-1).Add(clock).UTC()
}

// What the APIs offer besides 1 to 9 months: ECS RenewInstance (Period,
// PeriodUnit) and ModifyInstanceAutoRenewAttribute (Duration, PeriodUnit).
// Weeks are offered on the China site alone; so are renewals of 2 to 5 years.
var (
	autoMonths  = []int{1, 2, 3, 6, 12, 24, 36, 48, 60}
	autoPeriods = lang.Say("1m, 2m, 3m, 6m and 1y to 5y", "1m、2m、3m、6m、1y 到 5y")
)

// OfferedForRenewal says whether RenewInstance takes p on this site; the error
// names what it takes.
func (p Period) OfferedForRenewal(site Site) error {
	if site == Intl && (p.Weeks > 0 || p.Months > 12) {
		return lang.Err("%s is not offered for renewal on the international site; accepted are 1m to 9m and 1y", "国际站不支持续费 %s；可选值：1m 到 9m、1y", p)
	}
	return nil
}

// OfferedForAutoRenewal says whether ModifyInstanceAutoRenewAttribute takes p
// on this site; the error names what it takes.
func (p Period) OfferedForAutoRenewal(site Site) error {
	switch {
	case p.Weeks > 0 && site == Intl:
		return lang.Err("%s is not offered for auto-renewal on the international site; accepted are %s", "国际站的自动续费不支持 %s；可选值：%s", p, autoPeriods)
	case p.Weeks == 0 && !slices.Contains(autoMonths, p.Months):
		return lang.Err("%s is not offered for auto-renewal; accepted are %s, and 1w to 4w on the China site", "自动续费不支持 %s；可选值：%s，中国站另有 1w 到 4w", p, autoPeriods)
	}
	return nil
}

// A Term is how an instance is renewed: for a period, or up to the account's
// unified expiry day of the month.
type Term struct {
	Period   Period
	UntilDay int // 1 to 28; 0 = for the period
}

// String writes t for the report.
func (t Term) String() string {
	if t.UntilDay > 0 {
		return fmt.Sprintf("until-day-%d", t.UntilDay)
	}
	return t.Period.String()
}

// Shortest is the shortest time that t can add. A unified expiry day is never
// nearer than a calendar month (RenewInstance, ExpectedRenewDay).
func (t Term) Shortest() time.Duration {
	if t.UntilDay > 0 {
		return Period{Months: 1}.Shortest()
	}
	return t.Period.Shortest()
}

// After gives the expiry that a renewal of what expires at from is expected to
// bring. Up to the unified expiry day that is 00:00 in UTC+8 of the first such day
// at least one calendar month after from (RenewInstance, ExpectedRenewDay).
func (t Term) After(from time.Time) time.Time {
	if t.UntilDay == 0 {
		return t.Period.After(from)
	}
	earliest := Period{Months: 1}.After(from)
	year, month, _ := earliest.In(Beijing).Date()
	day := time.Date(year, month, t.UntilDay, 0, 0, 0, 0, Beijing)
	if day.Before(earliest) {
		day = day.AddDate(0, 1, 0) // every month has a 28th
	}
	return day.UTC()
}

// notLongerThan says whether p can never last longer than t; weeks and months
// are compared by the longest that a month can be.
func (p Period) notLongerThan(t Term) bool {
	q := t.Period
	switch {
	case t.UntilDay == 0 && (p.Weeks > 0) == (q.Weeks > 0):
		return p.Weeks <= q.Weeks && p.Months <= q.Months
	case p.Weeks > 0:
		return p.Shortest() <= t.Shortest()
	}
	return time.Duration(31*p.Months)*Day <= t.Shortest()
}

// asAsked says whether an expiry that moved from before to after is what a
// renewal for t brings. Sources differ on month ends, on the length of a year, and
// on whether a late renewal counts from the old expiry or from the day of payment
// (now), so some days of tolerance are allowed; another week or month is not.
func (t Term) asAsked(before, after, now time.Time) bool {
	tolerance := max(4, 6*time.Duration(t.Period.Months/12)) * Day
	latest := before
	if now.After(before) {
		latest = now
	}
	if t.UntilDay > 0 {
		// Should a cloud take the very next such day, that is what was asked for, too.
		return after.After(before) && !after.After(t.After(latest).Add(tolerance))
	}
	return !after.Before(t.After(before).Add(-tolerance)) && !after.After(t.After(latest).Add(tolerance))
}
