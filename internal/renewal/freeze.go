package renewal

import (
	"fmt"
	"time"
)

// A Date is a day. Of every year, where Year is 0.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{year, month, day}
}

// String writes d as the settings do.
func (d Date) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", d.Month, d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// yearly leaves the year out.
func (d Date) yearly() Date { return Date{Month: d.Month, Day: d.Day} }

// upTo says whether d is not after other; both have a year, or neither has.
func (d Date) upTo(other Date) bool {
	return d.Year < other.Year || d.Year == other.Year && (d.Month < other.Month || d.Month == other.Month && d.Day <= other.Day)
}

// A Span is days on which nothing is changed, from the first to the last. Where
// they are of every year, a span whose last day is before its first one goes
// over the turn of the year.
type Span struct{ From, To Date }

// String writes s as the settings do.
func (s Span) String() string {
	if s.From == s.To {
		return s.From.String()
	}
	return s.From.String() + ".." + s.To.String()
}

func (s Span) holds(day Date) bool {
	if s.From.Year == 0 {
		day = day.yearly()
		if !s.From.upTo(s.To) {
			return s.From.upTo(day) || day.upTo(s.To)
		}
	}
	return s.From.upTo(day) && day.upTo(s.To)
}

// Over says whether no day of s is to come: only the past holds it.
func (s Span) Over(now time.Time) bool { return s.From.Year > 0 && !dateOf(now).upTo(s.To) }

// A Freeze is all days on which nothing is changed.
type Freeze []Span

// Holds says whether nothing is changed on the day of t, in the zone of t.
func (f Freeze) Holds(t time.Time) bool {
	day := dateOf(t)
	for _, span := range f {
		if span.holds(day) {
			return true
		}
	}
	return false
}

// longestLook is how many days ahead frozen days are looked for: each of a year
// comes within that.
const longestLook = 366 + 1

// End gives the end of the frozen days that t is among: the midnight after the
// last of them, in the zone of t.
func (f Freeze) End(t time.Time) time.Time {
	end := midnight(t)
	for range longestLook {
		if !f.Holds(end) {
			break
		}
		end = end.AddDate(0, 0, 1)
	}
	return end
}

// Next gives the frozen days that t is among, or else the next ones: from the
// midnight before the first to the one after the last. The zero times are none.
func (f Freeze) Next(t time.Time) (from, to time.Time) {
	from = midnight(t)
	for range longestLook {
		if f.Holds(from) {
			return from, f.End(from)
		}
		from = from.AddDate(0, 0, 1)
	}
	return time.Time{}, time.Time{}
}

func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, t.Location())
}

// CoversYear says whether every day of a year is frozen.
func (f Freeze) CoversYear() bool {
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) // of no leap year
	for day := range 365 {
		yearly := dateOf(first.AddDate(0, 0, day)).yearly()
		held := false
		for _, span := range f {
			held = held || span.From.Year == 0 && span.holds(yearly)
		}
		if !held {
			return false
		}
	}
	return true
}

// local gives t in the zone of the settings.
func (p Policy) local(t time.Time) time.Time {
	if p.Zone == nil {
		return t.UTC()
	}
	return t.In(p.Zone)
}

// frozen says whether d has to wait for the end of the frozen days. What could no
// longer be secured after them does not, nor does what has expired and is to be
// rescued: a freeze keeps changes away, and loses no server. To secure means to
// renew before expiry, and to switch auto-renewal two days before it.
func (p Policy) frozen(now time.Time, d Decision) bool {
	today := p.local(now)
	if !p.Freeze.Holds(today) || d.Instance.ended(now) {
		return false
	}
	last := d.Instance.Expires
	if d.Action != Renew {
		last = last.Add(-LateForAuto)
	}
	return !last.Before(p.Freeze.End(today).Add(p.BeforeNextRun()))
}

// NextFreeze gives the frozen days that now is among, or else the next ones, from
// the midnight before the first to the one after the last, in the zone of the
// settings. The zero times are none.
func (p Policy) NextFreeze(now time.Time) (from, to time.Time) { return p.Freeze.Next(p.local(now)) }

// Delays says whether in, as it is now, has to wait for the end of frozen days that
// NextFreeze has given: it becomes due on one of them, and can still be secured
// after the last. One whose renewal mode was not read ("") is taken for manual.
func (p Policy) Delays(now, from, to time.Time, in Instance) bool {
	if in.Mode == "" {
		in.Mode = Manual
	}
	if from.After(now) && p.decide(from.Add(-time.Nanosecond), in).Due() {
		return false // a run before them has it
	}
	return p.decide(to.Add(-time.Nanosecond), in).Reason == Frozen
}
