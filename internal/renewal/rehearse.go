package renewal

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A Script is what is rehearsed: a fleet, and what is known of its money.
type Script struct {
	From     time.Time // of the first run
	Days     int
	Fleet    []Instance // of all modes, with their terms
	Balances Balances   // of the accounts where one is known; nothing is refused for want of them
	// Price quotes a renewal as of today, for a term that Instance never had
	// before, too; the zero Amount is a price that cannot be had.
	Price func(Instance, Term) Amount
	// Progress hears of every day that was played; nil = nobody does.
	Progress func(day int)
}

// graceTime is how long an expired server is kept before it is released with
// its data (ECS: expiration).
const graceTime = 15 * Day

// Rehearse plays runs of p as RENEW_NEXT_RUN spaces them, from the first on: the
// decision and the caps of a real run, and every call successful. Between them
// the provider deducts for what it renews by itself, and what has expired is
// released after its grace. It changes nothing: the fleet is copied.
func Rehearse(p Policy, script Script) Rehearsal {
	s := newStage(p, script)
	end := script.From.AddDate(0, 0, script.Days)
	day := 0
	for at := script.From; at.Before(end); at = at.Add(p.NextRun) {
		s.until(at)
		s.run(at)
		for ; !script.From.AddDate(0, 0, day+1).After(at); day++ {
			if script.Progress != nil {
				script.Progress(day + 1)
			}
		}
	}
	s.until(end)
	return s.rehearsal()
}

// An actor is one instance on the stage.
type actor struct {
	Instance
	last     Reason    // of the last run that looked at it
	let      bool      // its owner lets it go, by what that run went by
	since    time.Time // when its auto-renewal was switched on in this play; zero = it was before
	wasOver  bool      // it had expired before the play
	over     bool      // it has stopped, and was not renewed since
	released bool
	fate     fate
}

// A fate is what became of an instance in all.
type fate struct {
	ending Ending
	at     time.Time
}

// A stage is a play on its way.
type stage struct {
	p      Policy
	script Script
	actors []*actor
	at     time.Time // what was before it has happened
	money  Balances
	months map[string]*month
	days   map[string]*PlayedDay
	r      Rehearsal
	quotes map[quoted]Amount
}

type quoted struct {
	account, region, id string
	term                Term
}

type month struct {
	Month
	functionSum, providerSum decimal.Decimal
	heldIDs                  map[*actor]bool
}

func newStage(p Policy, script Script) *stage {
	s := &stage{p: p, script: script, at: script.From, money: maps.Clone(script.Balances), months: map[string]*month{}, days: map[string]*PlayedDay{}, quotes: map[quoted]Amount{}}
	if s.p.Zone == nil {
		s.p.Zone = Beijing
	}
	for i, in := range script.Fleet {
		in.Scope = i // leads a decision back to its actor
		s.actors = append(s.actors, &actor{Instance: in, last: NotDue, wasOver: in.ended(script.From), over: in.ended(script.From)})
	}
	return s
}

// until lets happen what happens without a run, day by day.
func (s *stage) until(at time.Time) {
	for s.at.Before(at) {
		next := s.at.Add(Day)
		if next.After(at) {
			next = at
		}
		s.meanwhile(next)
		s.at = next
	}
}

// meanwhile lets deductions, ends and releases happen that come before at, in the
// order of time.
func (s *stage) meanwhile(at time.Time) {
	type happening struct {
		at time.Time
		do func()
	}
	var all []happening
	for _, a := range s.actors {
		if a.released || !a.Subscription || a.Expires.IsZero() {
			continue
		}
		if when := s.deduction(a); !when.IsZero() && when.Before(at) {
			all = append(all, happening{when, func() { s.deduct(a, when) }})
		}
		if !a.over && a.Expires.Before(at) {
			all = append(all, happening{a.Expires, func() { s.stop(a) }})
		}
		if when := a.Expires.Add(graceTime); when.Before(at) {
			all = append(all, happening{when, func() { s.release(a, when) }})
		}
	}
	slices.SortStableFunc(all, func(a, b happening) int { return a.at.Compare(b.at) })
	for _, h := range all {
		h.do()
	}
}

// deduction is when the provider next deducts for a; zero = it does not. A
// setting works from the day after it was made (ECS: auto-renewal).
func (s *stage) deduction(a *actor) time.Time {
	if a.Mode != Auto || a.over || a.Auto == (Period{}) {
		return time.Time{}
	}
	from := s.at
	if !a.since.IsZero() {
		year, month, day := a.since.In(Beijing).Date()
		if works := time.Date(year, month, day+1, 0, 0, 0, 0, Beijing); works.After(from) {
			from = works
		}
	}
	if first := firstDeduction(a.Expires); first.After(from) {
		return first
	}
	if next := nextDeduction(from); next.Before(a.Expires) {
		return next
	}
	return time.Time{}
}

func (s *stage) deduct(a *actor, at time.Time) {
	if !at.Before(a.Expires) || a.over {
		return
	}
	price := s.price(a.Instance, Term{Period: a.Auto})
	s.spend(a, at, price, true)
	a.Expires = a.Auto.After(a.Expires)
	a.became(Provided, at)
}

// became notes what became of an instance. To have stopped outlasts everything.
func (a *actor) became(e Ending, at time.Time) {
	if a.fate.ending != Stops && (a.fate.ending != RenewedHere || e == Stops) {
		a.fate = fate{e, at}
	}
}

// stop ends the term of an instance that nobody has renewed.
func (s *stage) stop(a *actor) {
	if a.over {
		return
	}
	a.over = true
	if !s.selected(a.Instance) {
		s.r.UnselectedStops++
		return
	}
	a.became(Stops, a.Expires)
	s.month(a.Expires).Stops++
	s.r.Stops = append(s.r.Stops, Lapsed{
		ID: a.ID, Name: a.Name, Account: a.Account, Region: a.Region, Product: Product, At: a.Expires.UTC(), Reason: a.last, Chosen: a.let,
	})
}

// selected says whether the settings look after in at all.
func (s *stage) selected(in Instance) bool {
	return outOfScope(s.p, s.at, &Decision{Instance: in}) == ""
}

func (s *stage) release(a *actor, at time.Time) {
	if a.released || at.Before(a.Expires.Add(graceTime)) {
		return
	}
	a.released = true
	if s.selected(a.Instance) && !a.wasOver {
		s.month(at).Released++
	}
}

// run is one run: decide, price, afford, and all of it done.
func (s *stage) run(at time.Time) {
	var list []Instance
	for _, a := range s.actors {
		if !a.released && s.p.Relevant(at, a.Instance) {
			list = append(list, a.Instance)
		}
	}
	plan := NewPlan(at, s.p, list)
	for i := range plan.Decisions {
		if d := &plan.Decisions[i]; d.Pays() {
			d.Price = s.price(d.Instance, d.Term)
		}
	}
	plan.Afford(s.p.Caps, s.money)
	day := s.day(at)
	for _, d := range plan.Decisions {
		a := s.actors[d.Instance.Scope]
		a.last, a.let = d.Reason, s.letGo(d)
		if d.Due() {
			day.note(d, a)
		}
		if d.Held() {
			s.month(at).heldIDs[a] = true
		}
		if d.Wanted() && s.p.Action != ReportOnly {
			s.act(a, d, at)
		}
	}
}

// letGo says whether the owner of an instance lets it go, by what a decision went
// by: do-not-renew, an exclusion, an end date, or a rule or a tag that says skip
// or report.
func (s *stage) letGo(d Decision) bool {
	switch d.Reason {
	case DoNotRenew, Excluded, UntilPassed:
		return true
	case OnlyReported:
		return s.p.Action != ReportOnly
	}
	return d.asked == LetLapse
}

// act does what a decision says, successfully.
func (s *stage) act(a *actor, d Decision, at time.Time) {
	switch d.Action {
	case Renew:
		s.spend(a, at, d.Price, false)
		m := s.month(at)
		m.Renewals++
		s.r.Total.Renewals++
		s.by(a, d.Rule, d.Price, false)
		a.Expires = d.Expected()
		a.over = a.ended(at)
		a.became(RenewedHere, at)
	case AutoRenew:
		a.Mode, a.Auto, a.since = Auto, d.AutoPeriod, at
	case AutoRenewOff:
		a.Mode, a.Auto = Manual, Period{}
	case LetLapse:
		a.Mode, a.Auto = Lapse, Period{}
	}
}

func (s *stage) price(in Instance, term Term) Amount {
	key := quoted{in.Account, in.Region, in.ID, term}
	price, asked := s.quotes[key]
	if !asked {
		price = s.script.Price(in, term)
		s.quotes[key] = price
	}
	return price
}

// spend counts money, of the function or of the provider, and takes it from the
// balance where one is known.
func (s *stage) spend(a *actor, at time.Time, price Amount, provider bool) {
	m := s.month(at)
	if provider {
		s.by(a, "", price, true)
	}
	if s.r.Currency == "" {
		s.r.Currency = price.Currency
	}
	if !price.Known() || price.Currency != s.r.Currency {
		s.r.Total.Unpriced++
		return
	}
	if provider {
		m.providerSum = m.providerSum.Add(price.Value)
	} else {
		m.functionSum = m.functionSum.Add(price.Value)
	}
	have, known := s.money[a.Account]
	if !known || have.Currency != price.Currency {
		return
	}
	left := Amount{Value: have.Value.Sub(price.Value), Currency: have.Currency}
	s.money[a.Account] = left
	if day := at.In(s.p.Zone).Format(time.DateOnly); left.Value.IsNegative() && (s.r.BalanceEnds == "" || day < s.r.BalanceEnds) {
		s.r.BalanceEnds = day
	}
}

func (s *stage) month(at time.Time) *month {
	key := at.In(s.p.Zone).Format("2006-01")
	m, found := s.months[key]
	if !found {
		m = &month{Month: Month{Month: key}, heldIDs: map[*actor]bool{}}
		s.months[key] = m
	}
	return m
}

func (s *stage) day(at time.Time) *PlayedDay {
	key := at.In(s.p.Zone).Format(time.DateOnly)
	d, found := s.days[key]
	if !found {
		d = &PlayedDay{Day: key, seen: map[*actor]bool{}}
		s.days[key] = d
	}
	return d
}

// note counts an instance that is due on a day, once.
func (d *PlayedDay) note(decision Decision, a *actor) {
	if d.seen[a] {
		return
	}
	d.seen[a] = true
	d.Due++
	if decision.Action == Renew && decision.Price.Known() {
		d.sum = d.sum.Add(decision.Price.Value)
	}
	switch decision.Reason {
	case OverMaxCount, OverMaxSpend:
		d.Held++
	}
}

// rehearsal puts the play together.
func (s *stage) rehearsal() Rehearsal {
	r := s.r
	r.From, r.Days = s.script.From.UTC(), s.script.Days
	end := s.script.From.AddDate(0, 0, s.script.Days)
	var byFunction, byProvider decimal.Decimal
	last := end.Add(-time.Nanosecond).In(s.p.Zone)
	for at := s.script.From.In(s.p.Zone); ; at = time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, s.p.Zone) {
		if at.After(last) {
			break
		}
		m := s.month(at)
		m.ByFunction, m.ByProvider, m.Held = format(m.functionSum), format(m.providerSum), len(m.heldIDs)
		byFunction, byProvider = byFunction.Add(m.functionSum), byProvider.Add(m.providerSum)
		r.Months = append(r.Months, m.Month)
	}
	r.Total.ByFunction, r.Total.ByProvider = format(byFunction), format(byProvider)
	if r.Stops == nil {
		r.Stops = []Lapsed{}
	}
	slices.SortStableFunc(r.Stops, func(a, b Lapsed) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
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
	if !s.p.Caps.NoMaxCount {
		r.Peak.Cap = &s.p.Caps.MaxCount
	}
	r.Peak.MoneyCap = s.p.Caps.MaxSpend.String()
	for _, a := range s.actors {
		r.Fates = append(r.Fates, Fate{
			ID: a.ID, Name: a.Name, Account: a.Account, Region: a.Region, Product: Product, Mode: a.Mode, Expires: a.Expires.UTC(),
			Ending: cmp.Or(a.fate.ending, Stays), At: a.fate.at.UTC(), Reason: a.last,
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
