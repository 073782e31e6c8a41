package renewal

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// A Result is a decision and what came of it.
type Result struct {
	Decision   Decision
	Outcome    Outcome
	OrderID    string
	NewExpires time.Time // read back, or to be expected while planned; zero = neither
	Settled    bool      // Stale only: as it now is, nothing more is due
	Error      string
}

// Run is what is known of a run at its end, for its report.
type Run struct {
	Policy     Policy
	Trigger    string
	RequestID  string
	StartedAt  time.Time
	FinishedAt time.Time
	Scopes     []Scope
	Results    []Result
	Balances   Balances
	Warnings   []string
	Stopped    error // why the run ended before it changed anything; nil = it did not
}

// Summarize makes the report of a run.
func Summarize(run Run) Report {
	results := slices.Clone(run.Results)
	slices.SortFunc(results, func(a, b Result) int {
		return NearestExpiry(a.Decision.Instance, b.Decision.Instance)
	})
	r := Report{
		Trigger: run.Trigger, RequestID: run.RequestID,
		DryRun: run.Policy.DryRun, Action: run.Policy.Action,
		StartedAt: run.StartedAt.UTC().Truncate(time.Second), FinishedAt: run.FinishedAt.UTC().Truncate(time.Second),
		Scopes: append([]Scope{}, run.Scopes...), Instances: []Entry{}, Lapsing: []string{},
		Warnings: append([]string{}, run.Warnings...),
	}
	for _, scope := range run.Scopes {
		r.Counts.Listed += scope.Listed
	}
	for _, result := range results {
		d := result.Decision
		r.Counts.add(result)
		if run.Policy.lapses(run.StartedAt, result) {
			r.Lapsing = append(r.Lapsing, d.Instance.ID)
		}
		if !run.Policy.shown(run.StartedAt, d) {
			continue
		}
		r.Instances = append(r.Instances, entry(run.StartedAt, result))
		for _, note := range d.Notes {
			r.Warnings = append(r.Warnings, d.Instance.ID+": "+note)
		}
	}
	r.Money = sums(run, results, &r.Warnings)
	r.Status = status(run, results)
	if run.Stopped != nil {
		r.Status = Failed
		r.Warnings = append(r.Warnings, run.Stopped.Error())
	}
	if r.Action == "" {
		r.Action = ReportOnly
	}
	return r
}

func entry(now time.Time, result Result) Entry {
	d := result.Decision
	e := Entry{
		ID: d.Instance.ID, Name: d.Instance.Name, Account: d.Instance.Account, Region: d.Instance.Region,
		Product: Product, Expires: d.Instance.Expires.UTC(), DaysLeft: d.Instance.daysLeft(now),
		Mode: d.Instance.Mode, Decision: d.Action, Reason: d.Reason, Rule: d.Rule,
		Price: d.Price.String(), Currency: d.Price.Currency, Outcome: result.Outcome, OrderID: result.OrderID, Error: result.Error,
	}
	switch d.Action {
	case Renew:
		e.Period = d.Term.String()
	case AutoRenew:
		e.Period = d.AutoPeriod.String()
	}
	if !result.NewExpires.IsZero() {
		e.NewExpires = result.NewExpires.UTC().Format(time.RFC3339)
	}
	return e
}

func (c *Counts) add(result Result) {
	if result.Decision.Due {
		c.Due++
	}
	for outcome, counter := range map[Outcome]*int{
		Renewed: &c.Renewed, AutoRenewOn: &c.AutoRenewOn, AutoRenewIsOff: &c.AutoRenewOff,
		LapseSet: &c.LetLapse, Planned: &c.Planned, Unverified: &c.Unverified,
		OutcomeUnknown: &c.Unknown, OutcomeFailed: &c.Failed, Stale: &c.Stale,
		NotTried: &c.NotTried, Held: &c.Held,
	} {
		if outcome == result.Outcome {
			*counter++
		}
	}
}

// secured says whether nothing more need be done about a due instance.
func (result Result) secured() bool {
	switch result.Outcome {
	case Renewed, AutoRenewOn, AutoRenewIsOff, LapseSet:
		return true
	case Stale:
		return result.Settled
	}
	return false
}

// lapses says whether an instance will end before the next run without its
// owner having chosen so. To be switched to manual renewal, or to be so already,
// keeps none alive.
func (p Policy) lapses(now time.Time, result Result) bool {
	d := result.Decision
	manual := result.Outcome == AutoRenewIsOff || d.Reason == AlreadySo && d.Instance.Mode == Manual
	if result.secured() && !manual || d.asked == LetLapse || d.Instance.Expires.IsZero() || d.Instance.Expires.Sub(now) >= p.NextRun {
		return false
	}
	return d.Due || manual || d.Reason == NotDue && d.Instance.Mode != Auto
}

// status: what the run is to be judged by is whether everything due is secured.
func status(run Run, results []Result) Status {
	due, secured, open := 0, 0, 0
	for _, result := range results {
		switch {
		case !result.Decision.Due || !run.Policy.Acts() || result.Decision.Reason == OnlyReported:
		case result.secured():
			due, secured = due+1, secured+1
		default:
			due++
			if result.Outcome == Unverified || result.Outcome == OutcomeUnknown {
				open++ // never called failed: it may well be secured
			}
		}
	}
	incomplete := slices.ContainsFunc(run.Scopes, func(s Scope) bool { return !s.Complete })
	switch {
	case due > 0 && secured+open == 0:
		return Failed
	case due > secured || incomplete:
		return Partial
	}
	return OK
}

// sums adds up the money in one currency: that of the cap, else that of the
// first price. An amount in another currency is told, and not added.
func sums(run Run, results []Result, warnings *[]string) Money {
	currency := run.Policy.Caps.MaxSpend.Currency
	for _, result := range results {
		if currency == "" {
			currency = result.Decision.Price.Currency
		}
	}
	var planned, spent, unverified, held decimal.Decimal
	for _, result := range results {
		d := result.Decision
		if d.Action != Renew || !d.Price.Known() {
			continue
		}
		if d.Price.Currency != currency {
			*warnings = append(*warnings, fmt.Sprintf("%s: its price is %s %s; the sums are in %s and leave it out",
				d.Instance.ID, d.Price, d.Price.Currency, currency))
			continue
		}
		if d.Held {
			held = held.Add(d.Price.Value)
			continue
		}
		planned = planned.Add(d.Price.Value)
		switch result.Outcome {
		case Renewed:
			spent = spent.Add(d.Price.Value)
		case Unverified, OutcomeUnknown:
			unverified = unverified.Add(d.Price.Value)
		}
	}
	have := total(run.Balances)
	if currency == "" {
		currency = have.Currency
	}
	if have.Currency != currency {
		have = Amount{} // told without its currency, it would be another amount
	}
	return Money{
		Currency: currency, Planned: format(planned), Spent: format(spent), Unverified: format(unverified),
		Held: format(held), Cap: run.Policy.Caps.MaxSpend.String(), Balance: have.String(),
	}
}

// total is what all accounts have together, where they share a currency.
func total(balances Balances) Amount {
	var sum Amount
	for _, b := range balances {
		if !b.Known() || sum.Known() && sum.Currency != b.Currency {
			return Amount{}
		}
		sum = Amount{Value: sum.Value.Add(b.Value), Currency: b.Currency}
	}
	return sum
}
