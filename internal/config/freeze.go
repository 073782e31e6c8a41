package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// freeze reads days on which nothing is changed: 11-10..11-12 and 11-11, every
// year, or 2026-12-31 and 2026-12-30..2027-01-02.
func freeze(c *Config, value string) error {
	list, err := entries(value)
	if err != nil {
		return err
	}
	for _, entry := range list {
		span, err := spanOf(entry)
		if err != nil {
			return err
		}
		c.Policy.Freeze = append(c.Policy.Freeze, span)
	}
	if c.Policy.Freeze.CoversYear() {
		return lang.Err("freezes every day of the year, so that nothing would ever be changed; RENEW_ACTION=report or RENEW_DRY_RUN=true says so plainly",
			"冻结了一年中的每一天，永远不会有任何变更；如需如此，请直接设置 RENEW_ACTION=report 或 RENEW_DRY_RUN=true")
	}
	return nil
}

// longestFreeze is how many days in a row may be frozen by their dates.
const longestFreeze = 365

func spanOf(entry string) (renewal.Span, error) {
	first, last, isRange := strings.Cut(entry, "..")
	if !isRange {
		last = first
	}
	from, ok := dayOf(strings.TrimSpace(first))
	to, okay := dayOf(strings.TrimSpace(last))
	days := midnightOf(to).Sub(midnightOf(from)) / renewal.Day
	switch {
	case !ok || !okay:
		return renewal.Span{}, lang.Err("%q is no day or range of days; write 11-11 or 11-10..11-12 for every year, 2026-12-31 or 2026-12-30..2027-01-02 for once",
			"%q 不是日期或日期范围；每年生效请写 11-11 或 11-10..11-12，仅一次请写 2026-12-31 或 2026-12-30..2027-01-02", entry)
	case (from.Year == 0) != (to.Year == 0):
		return renewal.Span{}, lang.Err("%q has a year on one side only; write it on both, or on none", "%q 只有一侧带年份；请两侧都写，或都不写", entry)
	case from.Year > 0 && days < 0:
		return renewal.Span{}, lang.Err("%q ends before it begins", "%q 的结束日期早于开始日期", entry)
	case from.Year > 0 && days+1 >= longestFreeze:
		return renewal.Span{}, lang.Err("%q freezes a whole year, so that nothing would be changed in it", "%q 冻结了整整一年，期间不会有任何变更", entry)
	}
	return renewal.Span{From: from, To: to}, nil
}

// dayOf reads a day, with its year or for every year; 02-29 is there in some.
func dayOf(text string) (renewal.Date, bool) {
	parts := strings.Split(text, "-")
	if len(parts) == 2 {
		parts = append([]string{"0"}, parts...)
	}
	if len(parts) != 3 || len(parts[1]) != 2 || len(parts[2]) != 2 {
		return renewal.Date{}, false
	}
	var n [3]int
	for i, part := range parts {
		var err error
		if n[i], err = strconv.Atoi(part); err != nil || part[0] == '+' {
			return renewal.Date{}, false
		}
	}
	day := renewal.Date{Year: n[0], Month: time.Month(n[1]), Day: n[2]}
	if yearly := strings.Count(text, "-") == 1; !yearly && (len(parts[0]) != 4 || n[0] == 0) {
		return renewal.Date{}, false
	}
	at := midnightOf(day)
	return day, at.Month() == day.Month && at.Day() == day.Day
}

// midnightOf gives a day as a time, for arithmetic. A day of every year is taken
// in a leap year, which has them all.
func midnightOf(d renewal.Date) time.Time {
	const leap = 2028
	year := d.Year
	if year == 0 {
		year = leap
	}
	return time.Date(year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}
