package renewal

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// books hold what a play comes to.
type books struct {
	r      Rehearsal
	months map[string]*month
	days   map[string]*PlayedDay
	shares struct{ product, rule, account, region map[string]*Share }
}

type month struct {
	Month
	function, provider decimal.Decimal
}

func newBooks() books {
	s := books{months: map[string]*month{}, days: map[string]*PlayedDay{}}
	s.shares.product, s.shares.rule, s.shares.account, s.shares.region = map[string]*Share{}, map[string]*Share{}, map[string]*Share{}, map[string]*Share{}
	return s
}

// month gives the month of local, a time in the zone of the settings.
func (s *books) month(local time.Time) *month {
	key := local.Format("2006-01")
	m, found := s.months[key]
	if !found {
		m = &month{Month: Month{Month: key}}
		s.months[key] = m
	}
	return m
}

// day gives the day of local.
func (s *books) day(local time.Time) *PlayedDay {
	key := local.Format(time.DateOnly)
	d, found := s.days[key]
	if !found {
		d = &PlayedDay{Day: key}
		s.days[key] = d
	}
	return d
}

// note counts an instance that is due on a day, once.
func (d *PlayedDay) note(decision Decision, a *actor) {
	if a.dueOn == d {
		return
	}
	a.dueOn = d
	d.Due++
	if decision.Action == Renew {
		d.Renewals++
		if decision.Price.Known() {
			d.sum = d.sum.Add(decision.Price.Value)
		} else {
			d.Unpriced++
		}
	}
	switch decision.Reason {
	case OverMaxCount, OverMaxSpend:
		d.Held++
	}
}

// count counts one renewal, by whomever.
func (s *books) count(p PlayedPayment, in Instance, zone *time.Location) {
	m := s.month(p.At.In(zone))
	if !p.Provider {
		m.Renewals++
		s.r.Total.Renewals++
	}
	if s.r.Currency == "" {
		s.r.Currency = p.Price.Currency
	}
	if p.Price.Currency != s.r.Currency {
		p.Price = Amount{} // two currencies make no sum
	}
	if !p.Price.Known() {
		s.r.Total.Unpriced++
	}
	p.addTo(&m.function, &m.provider)
	for _, by := range []struct {
		shares map[string]*Share
		name   string
	}{{s.shares.product, in.Traits().Key}, {s.shares.rule, p.Rule}, {s.shares.account, in.Account}, {s.shares.region, in.Region}} {
		share := by.shares[by.name]
		if share == nil {
			share = &Share{Name: by.name}
			by.shares[by.name] = share
		}
		if !p.Provider {
			share.Renewals++
		}
		p.addTo(&share.function, &share.provider)
	}
	p.At = p.At.UTC()
	s.r.Payments = append(s.r.Payments, p)
}

// addTo adds a price, where it is known, to the sum of who has paid it.
func (p PlayedPayment) addTo(function, provider *decimal.Decimal) {
	if p.Provider {
		function = provider
	}
	if p.Price.Known() {
		*function = function.Add(p.Price.Value)
	}
}

// rehearsal puts the play together.
func (s *stage) rehearsal() Rehearsal {
	r := s.r
	r.From, r.Days = s.script.From.UTC(), s.script.Days
	s.closeMonths(&r)
	s.closeDays(&r)
	r.By = Breakdown{closeShares(s.shares.product), closeShares(s.shares.rule), closeShares(s.shares.account), closeShares(s.shares.region)}
	if r.Stops == nil {
		r.Stops = []Lapsed{}
	}
	slices.SortStableFunc(r.Stops, func(a, b Lapsed) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	r.Peak.MoneyCap = s.p.Caps.MaxSpend.String()
	if !s.p.Caps.NoMaxCount {
		r.Peak.Cap = &s.p.Caps.MaxCount
	}
	for _, a := range s.actors {
		r.Fates = append(r.Fates, Fate{
			ID: a.ID, Name: a.Name, Account: a.Account, Region: a.Region, Product: a.Traits().Key, Mode: a.Mode, Expires: a.Expires.UTC(),
			Ending: cmp.Or(a.fate.ending, Stays), At: a.fate.at.UTC(), Reason: cmp.Or(a.fate.reason, a.last), Released: a.released,
		})
	}
	r.Warnings = []string{}
	warn := func(t lang.Text) { r.Warnings = append(r.Warnings, t.In(s.p.Lang)) }
	if s.p.onlyReports() {
		warn(lang.Say("RENEW_ACTION is report: the function renews nothing in this play", "RENEW_ACTION 为 report：预演期间本函数不会续费"))
	}
	if r.Total.Unpriced > 0 {
		warn(lang.Say("%d renewals have no known price; the sums leave them out", "%d 次续费没有已知价格，合计未包含", r.Total.Unpriced))
	}
	return r
}

// closeMonths gives every month of the play, also those in which nothing happens.
func (s *stage) closeMonths(r *Rehearsal) {
	var function, provider decimal.Decimal
	first := s.script.From.In(s.p.Zone)
	last := s.script.From.AddDate(0, 0, s.script.Days).Add(-time.Nanosecond).In(s.p.Zone)
	for at := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, s.p.Zone); !at.After(last); at = at.AddDate(0, 1, 0) {
		m := s.month(at)
		m.ByFunction, m.ByProvider = format(m.function), format(m.provider)
		function, provider = function.Add(m.function), provider.Add(m.provider)
		r.Months = append(r.Months, m.Month)
	}
	r.Total.ByFunction, r.Total.ByProvider = format(function), format(provider)
}

// closeDays gives the days with a run, and the one with most to do.
func (s *stage) closeDays(r *Rehearsal) {
	for _, key := range slices.Sorted(maps.Keys(s.days)) {
		d := s.days[key]
		d.Money = format(d.sum)
		r.Played = append(r.Played, *d)
		if d.Due > r.Peak.Due {
			r.Peak.Day, r.Peak.Due, r.Peak.Money = d.Day, d.Due, d.Money
		}
		if r.FirstHeld == "" && d.Held > 0 {
			r.FirstHeld = d.Day
		}
	}
}

// closeShares gives the rows of a breakdown, the dearest first.
func closeShares(shares map[string]*Share) []Share {
	rows := make([]Share, 0, len(shares))
	for _, share := range shares {
		share.ByFunction, share.ByProvider = format(share.function), format(share.provider)
		rows = append(rows, *share)
	}
	slices.SortFunc(rows, func(a, b Share) int {
		return cmp.Or(b.function.Add(b.provider).Compare(a.function.Add(a.provider)), cmp.Compare(a.Name, b.Name))
	})
	return rows
}
