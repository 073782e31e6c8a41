package renewal

import (
	"maps"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// now is 09:00 in Beijing.
var now = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

const owner = "1234567890123456"

// ending is a manual subscription instance that ends a while from now.
func ending(in time.Duration, changes ...func(*Instance)) Instance {
	expires := now.Add(in)
	i := Instance{
		ID: "i-a", Name: "web-1", Account: owner, Region: "cn-hangzhou", Subscription: true, Mode: Manual,
		Expires: expires,
	}
	for _, change := range changes {
		change(&i)
	}
	return i
}

func mode(m Mode) func(*Instance)         { return func(i *Instance) { i.Mode = m } }
func locked(by ...string) func(*Instance) { return func(i *Instance) { i.Locks = by } }
func called(id string) func(*Instance)    { return func(i *Instance) { i.ID = id } }
func payAsYouGo(i *Instance)              { i.Subscription = false }
func undated(i *Instance)                 { i.Expires = time.Time{} }

// auto is auto-renewal for a term.
func auto(term Period) func(*Instance) { return func(i *Instance) { i.Mode, i.Auto = Auto, term } }

// tagged adds tags: key, value, key, value.
func tagged(keysAndValues ...string) func(*Instance) {
	return func(i *Instance) {
		tags := maps.Clone(i.Tags)
		if tags == nil {
			tags = map[string]string{}
		}
		for n := 0; n < len(keysAndValues); n += 2 {
			tags[keysAndValues[n]] = keysAndValues[n+1]
		}
		i.Tags = tags
	}
}

var (
	oneWeek     = Period{Weeks: 1}
	fourWeeks   = Period{Weeks: 4}
	oneMonth    = Period{Months: 1}
	threeMonths = Period{Months: 3}
	oneYear     = Period{Months: 12}
)

// policy is what the defaults of the settings make of an action.
func policy(a Action, changes ...func(*Policy)) Policy {
	p := Policy{
		Action: a, Term: Term{Period: oneMonth}, AutoPeriod: oneMonth, Site: China,
		Window: 7 * Day, NextRun: Day, TooLate: ReportOnly,
		TagPrefix: "renew:", TagTrust: TrustLower, Zone: Beijing,
		Caps: Caps{MaxCount: 20},
	}
	for _, change := range changes {
		change(&p)
	}
	return p
}

func window(d time.Duration) func(*Policy)   { return func(p *Policy) { p.Window = d } }
func rescue(d time.Duration) func(*Policy)   { return func(p *Policy) { p.Rescue = d } }
func backstop(d time.Duration) func(*Policy) { return func(p *Policy) { p.Backstop = d } }
func nextRun(d time.Duration) func(*Policy)  { return func(p *Policy) { p.NextRun = d } }
func trust(t Trust) func(*Policy)            { return func(p *Policy) { p.TagTrust = t } }
func term(t Period) func(*Policy)            { return func(p *Policy) { p.Term = Term{Period: t} } }
func autoTerm(t Period) func(*Policy)        { return func(p *Policy) { p.AutoPeriod = t } }
func untilDay(day int) func(*Policy)         { return func(p *Policy) { p.Term = Term{UntilDay: day} } }
func site(s Site) func(*Policy)              { return func(p *Policy) { p.Site = s } }
func tooLatePays(p *Policy)                  { p.TooLate = Renew }
func dryRun(p *Policy)                       { p.DryRun = true }

func rules(list ...Rule) func(*Policy) { return func(p *Policy) { p.Rules = list } }

func always(Instance, time.Time) (bool, error) { return true, nil }
func never(Instance, time.Time) (bool, error)  { return false, nil }

func decideOne(p Policy, in Instance) Decision { return Decide(now, p, []Instance{in})[0] }

func cny(text string) Amount { return Amount{Value: decimal.RequireFromString(text), Currency: "CNY"} }
func usd(text string) Amount { return Amount{Value: decimal.RequireFromString(text), Currency: "USD"} }

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// afford applies caps to some decisions.
func afford(decisions []Decision, caps Caps, balances Balances) []Decision {
	p := Plan{Decisions: decisions}
	p.Afford(caps, balances)
	return p.Decisions
}
