package renewal

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// A Script is what is rehearsed: a fleet, and what is known of its money.
type Script struct {
	From     time.Time // of the first run
	Days     int
	Fleet    []Instance // of all modes, with their terms
	Balances Balances   // of the accounts where one is known; nothing is refused for want of them
	// Prices quotes renewals as of today, for terms that an instance never had
	// before, too; the zero Amount is a price that cannot be had. It is asked once
	// for an instance and a term. nil = no price is known.
	Prices func([]Quote) []Amount
	// Progress hears of every day that was played; nil = nobody does.
	Progress func(day int)
}

// A Quote is a renewal to be priced.
type Quote struct {
	Instance Instance
	Term     Term
}

// Rehearse plays runs of p as RENEW_NEXT_RUN spaces them, from the first on: the
// decision and the caps of a real run, and every call successful. Between them
// the provider deducts for what it renews by itself, and what has expired is
// released after its grace. It changes nothing: the fleet is copied.
//
// What is far from its expiry sleeps until a run could matter to it, so that a
// year takes the time of what happens in it, and not that of the whole fleet
// every day.
func Rehearse(p Policy, script Script) Rehearsal {
	s := newStage(p, script)
	end := script.From.AddDate(0, 0, script.Days)
	day := 0
	for at := script.From; at.Before(end); at = at.Add(s.p.NextRun) {
		s.until(at)
		s.run(at)
		for ; !script.From.AddDate(0, 0, day+1).After(at); day++ {
			if script.Progress != nil {
				script.Progress(day + 1)
			}
		}
	}
	s.until(end.Add(-time.Nanosecond))
	return s.rehearsal()
}

// An actor is one instance on the stage.
type actor struct {
	Instance
	last     Reason     // of the last run that looked at it
	let      bool       // its owner lets it go, by what that run went by
	since    time.Time  // when its auto-renewal was set in this play; zero = it was before
	wasOver  bool       // it had expired before the play
	over     bool       // it has stopped, and was not renewed since
	released bool       // it is gone for good
	turn     int        // what was to happen to it before the last turn does not
	dueOn    *PlayedDay // the last day on which it was counted as due
	heldIn   *month     // the last month in which it was counted as held
	fate     fate
}

// A fate is what became of an instance in all.
type fate struct {
	ending Ending
	at     time.Time
	reason Reason // for which it first stopped; "" = it did not
}

// A stage is a play on its way.
type stage struct {
	p      Policy
	script Script
	actors []*actor
	awake  []*actor // those that the next run may matter to
	agenda agenda
	money  Balances
	quotes map[quoted]Amount
	books
}

// quoted is what was asked the price of: an actor by its place, and a term.
type quoted struct {
	actor int
	term  Term
}

func newStage(p Policy, script Script) *stage {
	s := &stage{p: p, script: script, money: maps.Clone(script.Balances), quotes: map[quoted]Amount{}, books: newBooks()}
	if s.p.Zone == nil {
		s.p.Zone = Beijing
	}
	if s.p.NextRun <= 0 {
		s.p.NextRun = Day
	}
	var deducted []quoted
	for i, in := range script.Fleet {
		in.Scope = i // leads a decision back to its actor
		a := &actor{Instance: in, last: NotDue, wasOver: in.ended(script.From), over: in.ended(script.From)}
		if a.over {
			a.Locks = slices.DeleteFunc(slices.Clone(in.Locks), func(lock string) bool { return lock == financial }) // which ends with its rescue
		}
		s.actors = append(s.actors, a)
		s.awake = append(s.awake, a)
		s.schedule(a, script.From)
		if a.Mode == Auto && a.Auto != (Period{}) {
			deducted = append(deducted, quoted{i, Term{Period: a.Auto}})
		}
	}
	s.ask(deducted)
	return s
}

// ask asks the prices that are not known yet, all of them at once.
func (s *stage) ask(wanted []quoted) {
	var keys []quoted
	var quotes []Quote
	for _, key := range wanted {
		if !s.script.Fleet[key.actor].Traits().Quoted {
			continue // what it costs is assumed
		}
		if _, asked := s.quotes[key]; !asked && s.script.Prices != nil {
			s.quotes[key] = Amount{}
			keys = append(keys, key)
			quotes = append(quotes, Quote{s.script.Fleet[key.actor], key.term})
		}
	}
	if len(quotes) == 0 {
		return
	}
	for i, price := range s.script.Prices(quotes) {
		s.quotes[keys[i]] = price
	}
}

// run is one run: decide, price, afford, and all of it done.
func (s *stage) run(at time.Time) {
	plan := NewPlan(at, s.p, s.relevant(at))
	s.price(plan)
	plan.HoldPrices(s.p.Caps)
	plan.Approve(s.p)
	plan.Afford(s.p.Caps, s.money)
	day, month := s.day(at.In(s.p.Zone)), s.month(at.In(s.p.Zone))
	for _, d := range plan.Decisions {
		a := s.actors[d.Instance.Scope]
		a.last, a.let = d.Reason, s.letGo(d)
		if d.Due() {
			day.note(d, a)
		}
		if d.Held() && a.heldIn != month {
			a.heldIn = month
			month.Held++
		}
		if d.Wanted() {
			s.act(a, d, at)
		}
	}
}

// relevant gives what a run must look at, and lets the others sleep.
func (s *stage) relevant(at time.Time) []Instance {
	var list []Instance
	awake := s.awake[:0]
	for _, a := range s.awake {
		from := s.p.relevantFrom(a.Instance)
		switch {
		case a.released:
		case from.After(at):
			s.agenda.add(happening{at: from, what: wake, who: a, turn: a.turn})
		default:
			awake = append(awake, a)
			if s.p.Relevant(at, a.Instance) {
				list = append(list, a.Instance)
			}
		}
	}
	clear(s.awake[len(awake):])
	s.awake = awake
	return list
}

// price asks what the plan would cost, and what the provider would deduct for
// what is switched to it.
func (s *stage) price(plan *Plan) {
	var wanted []quoted
	for _, d := range plan.Decisions {
		switch {
		case d.Priced():
			wanted = append(wanted, quoted{d.Instance.Scope, d.Term})
		case d.Wanted() && d.Action == AutoRenew:
			wanted = append(wanted, quoted{d.Instance.Scope, Term{Period: d.AutoPeriod}})
		}
	}
	s.ask(wanted)
	for i := range plan.Decisions {
		if d := &plan.Decisions[i]; d.Priced() {
			d.Price = s.priceOf(*d)
		}
	}
}

// priceOf is what a renewal costs: as it was quoted, or where nobody quotes it, as
// the settings assume.
func (s *stage) priceOf(d Decision) Amount {
	if !d.Instance.Traits().Quoted {
		return s.p.Assumed(d)
	}
	return s.quotes[quoted{d.Instance.Scope, d.Term}]
}

// letGo says whether the owner of an instance lets it go, by what a decision went
// by: do-not-renew, an exclusion, an end date, or a rule or a tag that says skip
// or report.
func (s *stage) letGo(d Decision) bool {
	switch d.Reason {
	case DoNotRenew, Excluded, UntilPassed:
		return true
	case OnlyReported:
		return !s.p.onlyReports()
	}
	return d.asked == LetLapse
}

// act does what a decision says, successfully.
func (s *stage) act(a *actor, d Decision, at time.Time) {
	switch d.Action {
	case Renew:
		s.spend(a, PlayedPayment{At: at, Price: d.Price, Rule: d.Rule})
		a.Expires = s.p.Site.renewed(d, at)
		a.over = a.ended(at)
		a.became(RenewedHere, at)
	case AutoRenew:
		a.Mode, a.Auto, a.since = Auto, d.AutoPeriod, at
	case AutoRenewOff:
		a.Mode, a.Auto = Manual, Period{}
	case LetLapse:
		a.Mode, a.Auto = Lapse, Period{}
	}
	s.schedule(a, at)
}

// became notes what became of an instance, and when first. To have stopped
// outlasts everything.
func (a *actor) became(e Ending, at time.Time) {
	if a.fate.ending != e && a.fate.ending != Stops && (a.fate.ending != RenewedHere || e == Stops) {
		a.fate = fate{ending: e, at: at}
	}
}

// spend counts money, of the function or of the provider, and takes it from the
// balance where one is known.
func (s *stage) spend(a *actor, payment PlayedPayment) {
	payment.Fate = a.Scope
	s.count(payment, a.Instance, s.p.Zone)
	have, known := s.money[a.Account]
	if !known || have.Currency != payment.Price.Currency {
		return
	}
	left := Amount{Value: have.Value.Sub(payment.Price.Value), Currency: have.Currency}
	s.money[a.Account] = left
	if day := payment.At.In(s.p.Zone).Format(time.DateOnly); left.Value.LessThan(decimal.Zero) && (s.r.BalanceEnds == "" || day < s.r.BalanceEnds) {
		s.r.BalanceEnds = day
	}
}
