package renewal

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A Result is a decision and what came of it.
type Result struct {
	Decision   Decision
	Outcome    Outcome
	OrderID    string
	Paid       Amount    // what the order says was charged; zero = it was not read
	NewExpires time.Time // read back, or to be expected while planned; zero = neither
	Settled    bool      // Stale only: as it now is, nothing more is due
	Error      lang.Text
}

// Run is what is known of a run at its end, for its report.
type Run struct {
	Policy     Policy
	Trigger    string
	RequestID  string
	Version    string // of the build
	StartedAt  time.Time
	FinishedAt time.Time
	Scopes     []Scope
	Results    []Result
	Balances   Balances
	Warnings   []Warning
	Coverage   *Coverage           // nil = it is not judged
	Shares     map[string]Coverage // of each channel with a name; nil = as Coverage
	Stopped    error               // why the run ended before it changed anything; nil = it did not
}

// Summarize makes the report of a run, and what channels with a name see of it.
func Summarize(run Run) Report {
	r := summarize(run)
	for _, channel := range run.Policy.namedChannels() {
		if own, some := run.of(channel); some {
			if r.Own == nil {
				r.Own = map[string]Report{}
			}
			part := summarize(own)
			if share, counted := run.Shares[channel]; counted {
				part.Coverage = &share // it is told, and not what the part is judged by
			}
			r.Own[channel] = part
		}
	}
	return r
}

func summarize(run Run) Report {
	results := slices.Clone(run.Results)
	slices.SortFunc(results, func(a, b Result) int {
		return NearestExpiry(a.Decision.Instance, b.Decision.Instance)
	})
	r := Report{
		Trigger: run.Trigger, RequestID: run.RequestID, Version: run.Version,
		DryRun: run.Policy.DryRun, Action: run.Policy.Action,
		StartedAt: run.StartedAt.UTC().Truncate(time.Second), FinishedAt: run.FinishedAt.UTC().Truncate(time.Second),
		Scopes: append([]Scope{}, run.Scopes...), Instances: []Entry{}, Lapsing: []string{},
		Warnings: []string{}, Coverage: run.Coverage,
	}
	warn := func(t lang.Text) { r.Warnings = append(r.Warnings, t.In(run.Policy.Lang)) }
	for _, warning := range run.Warnings {
		warn(warning.Text)
		if warning.Quiet {
			r.Quiet++
		}
	}
	for _, scope := range run.Scopes {
		r.Counts.Listed += scope.Listed
	}
	decisions := make([]Decision, len(results))
	for i, result := range results {
		d := result.Decision
		decisions[i] = d
		r.Counts.add(result)
		lapses := run.Policy.lapses(run.StartedAt, result)
		if lapses {
			r.Lapsing = append(r.Lapsing, d.Instance.ID)
		}
		if !lapses && !run.Policy.shown(run.StartedAt, d) {
			continue
		}
		r.Instances = append(r.Instances, entry(run, result))
		for _, note := range d.Notes {
			warn(lang.Say("%s: %v", "%s：%v", d.Instance.ID, note))
		}
	}
	if excluded := run.Policy.ProvidedThoughExcluded(run.StartedAt, decisions); !excluded.Empty() {
		warn(excluded)
		r.Quiet++
	}
	r.Money = sums(run, results, warn)
	r.Status = status(run, results)
	if run.Stopped != nil {
		r.Status = Failed
		warn(lang.Say("%v", "%v", run.Stopped))
	}
	if r.Action == "" {
		r.Action = ReportOnly
	}
	return r
}

// ProvidedThoughExcluded tells of instances that were excluded and that the
// provider renews all the same: who excluded them may think that they end. The
// empty text means that there are none.
func (p Policy) ProvidedThoughExcluded(now time.Time, decisions []Decision) lang.Text {
	var ids []string
	for _, d := range decisions {
		if d.Reason == Excluded && d.Instance.Mode == Auto && p.shown(now, d) {
			ids = append(ids, d.Instance.ID)
		}
	}
	const shown = 5
	switch n := len(ids); {
	case n == 0:
		return lang.Text{}
	case n > shown:
		return providedSaid(n, append(ids[:shown], "…"))
	default:
		return providedSaid(n, ids)
	}
}

func providedSaid(n int, ids []string) lang.Text {
	return lang.Say("excluded, yet their auto-renewal is on, so that the provider renews and charges them: %d (%s)", "已排除但自动续费处于开启状态、仍会由阿里云续费扣款的实例：%d 个（%s）", n, strings.Join(ids, ", "))
}

func entry(run Run, result Result) Entry {
	d := result.Decision
	e := Entry{
		ID: d.Instance.ID, Name: d.Instance.Name, Account: d.Instance.Account, Region: d.Instance.Region,
		Product: d.Instance.Traits().Key, Expires: Moment{d.Instance.Expires.UTC()}, DaysLeft: d.Instance.daysLeft(run.StartedAt),
		Mode: d.Instance.Mode, Decision: d.Action, Reason: d.Reason, Rule: d.Rule,
		Price: d.Price.String(), Currency: d.Price.Currency, Outcome: result.Outcome, OrderID: result.OrderID, Paid: result.Paid.String(), Error: result.Error.In(run.Policy.Lang),
	}
	e.Notify = append([]string{}, d.Notify...)
	switch d.Action {
	case Renew:
		e.Period = d.Term.String()
	case AutoRenew:
		e.Period = d.AutoPeriod.String()
	}
	if d.Reason == NotApproved {
		e.Approval = d.Code()
	}
	if !result.NewExpires.IsZero() {
		e.NewExpires = result.NewExpires.UTC().Format(time.RFC3339)
	}
	return e
}

func (c *Counts) add(result Result) {
	if result.Decision.Due() {
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

// lapses says whether an instance is over before the next run without its owner
// having chosen so. To be switched to manual renewal, or to be so already, keeps
// none alive; nor does being renewed to an expiry before the next run, nor the
// provider's auto-renewal once it has tried to deduct and could not.
func (p Policy) lapses(now time.Time, result Result) bool {
	d := result.Decision
	expires := d.Instance.Expires
	renewed := result.Outcome == Renewed || result.Outcome == Stale && !result.NewExpires.IsZero() // by us or by somebody else
	if renewed {
		expires = result.NewExpires
	}
	if d.asked == LetLapse || expires.IsZero() || !p.overBeforeNextRun(now, expires) {
		return false
	}
	manual := result.Outcome == AutoRenewIsOff || d.Reason == AlreadySo && d.Instance.Mode == Manual
	switch {
	case manual, renewed:
		return true
	case result.secured():
		return false
	case d.Due():
		return true
	case d.Instance.Mode == Auto:
		return (d.Reason == NotDue || d.Reason == ProviderRenews || d.Reason == AlreadySo) && !d.Instance.ended(now) && providerHasTried(now, d.Instance)
	}
	return d.Reason == NotDue
}

// carriedOut is what a planned result comes to where the plan is carried out, as far
// as anybody knows before.
func (result Result) carriedOut() Result {
	if result.Outcome != Planned {
		return result
	}
	switch result.Decision.Action {
	case Renew:
		result.Outcome = Renewed
	case AutoRenew:
		result.Outcome = AutoRenewOn
	case AutoRenewOff:
		result.Outcome = AutoRenewIsOff
	case LetLapse:
		result.Outcome = LapseSet
	}
	return result
}

// status: what the run is to be judged by is whether everything due is secured; a
// dry run, whether it would be.
func status(run Run, results []Result) Status {
	due, secured, open, waiting, lapsing := 0, 0, 0, 0, 0
	for _, result := range results {
		if run.Policy.onlyReports() || result.Decision.Reason == OnlyReported {
			continue
		}
		if run.Policy.DryRun {
			result = result.carriedOut()
		}
		if run.Policy.lapses(run.StartedAt, result) {
			lapsing++
		}
		switch {
		case !result.Decision.Due():
		case result.secured():
			due, secured = due+1, secured+1
		default:
			due++
			switch {
			case result.Outcome == Unverified, result.Outcome == OutcomeUnknown:
				open++ // never called failed: it may well be secured
			case result.Decision.Reason.waits():
				waiting++
			}
		}
	}
	incomplete := slices.ContainsFunc(run.Scopes, func(s Scope) bool { return !s.Complete })
	switch {
	case due > waiting && secured+open == 0:
		return Failed
	case due > secured || incomplete || lapsing > 0 || run.Coverage != nil && (run.Coverage.AtNothing() || run.Coverage.TooFew()):
		return Partial
	}
	return OK
}

// sums adds up the money in one currency: that of the cap, else that of the
// first price. An amount in another currency is told, and not added.
func sums(run Run, results []Result, warn func(lang.Text)) Money {
	currency := run.Policy.Caps.MaxSpend.Currency
	for _, result := range results {
		if currency == "" {
			currency = result.Decision.Price.Currency
		}
	}
	var planned, spent, unverified, held decimal.Decimal
	unpriced := 0
	for _, result := range results {
		d := result.Decision
		if d.Action != Renew || d.Reason == Upcoming {
			continue
		}
		cost := d.Price
		if !cost.Known() {
			d.Price = result.Paid
		}
		if result.Paid.Currency == currency && result.Paid.Known() {
			cost = result.Paid
		}
		if !d.Price.Known() || d.Price.Currency != currency {
			if d.Price.Known() {
				warn(lang.Say("%s: its price is %s %s; the sums are in %s and leave it out", "%s：其价格为 %s %s；合计以 %s 计，未包含此项",
					d.Instance.ID, d.Price, d.Price.Currency, currency))
			} else if !d.Held() && d.Reason != OnlyReported {
				unpriced++
			}
			continue
		}
		if d.Held() {
			held = held.Add(d.Price.Value)
			continue
		}
		planned = planned.Add(d.Price.Value)
		switch result.Outcome {
		case Renewed:
			spent = spent.Add(cost.Value)
		case Unverified, OutcomeUnknown:
			unverified = unverified.Add(cost.Value)
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
		Held: format(held), Cap: run.Policy.Caps.MaxSpend.String(), Balance: have.String(), Unpriced: unpriced,
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
