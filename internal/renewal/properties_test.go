package renewal

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// Random fleets, policies and prices. Times lie around the edges, since a
// second to either side of them is what goes wrong.

func drawTime(t *rapid.T, label string) time.Duration {
	edge := rapid.SampledFrom([]time.Duration{0, time.Hour, Day, 2 * Day, 7 * Day, 28 * Day, -Day, -15 * Day}).Draw(t, label)
	return edge + time.Duration(rapid.IntRange(-2, 2).Draw(t, label+" off"))*time.Second
}

var tagPairs = [][]string{
	nil, nil, {"renew:action", "skip"}, {"renew:action", "report"}, {"renew:action", "auto-renew"}, {"renew:action", "renew"},
	{"renew:action", "auto-renew-off"}, {"renew:action", "let-lapse"}, {"renew:action", "skipp"}, {"Renew:action", "skip"},
	{"renew:period", "1w"}, {"renew:period", "4w"}, {"renew:period", "4m"}, {"renew:period", "1y"}, {"renew:period", "x"},
	{"renew:until", "2026-11-22"}, {"renew:until", "2026-11-24"}, {"renew:until", "2027-11-24"}, {"keep", "yes"},
}

func drawInstance(t *rapid.T, n int) Instance {
	label := func(what string) string { return fmt.Sprintf("%d %s", n, what) }
	in := ending(drawTime(t, label("ends in")), called(fmt.Sprintf("i-%02d", n)))
	in.Account = rapid.SampledFrom([]string{owner, "2"}).Draw(t, label("account"))
	in.Region = rapid.SampledFrom([]string{"cn-hangzhou", "cn-beijing"}).Draw(t, label("region"))
	in.Mode = rapid.SampledFrom([]Mode{Manual, Manual, Manual, Auto, Lapse, Unknown, ""}).Draw(t, label("mode"))
	if in.Mode == Auto {
		in.Auto = rapid.SampledFrom([]Period{oneMonth, threeMonths, {}}).Draw(t, label("auto"))
	}
	in.Subscription = rapid.IntRange(0, 9).Draw(t, label("subscription")) > 0
	in.Locks = rapid.SampledFrom([][]string{nil, nil, nil, {"financial"}, {"security"}, {"financial", "refunded"}}).Draw(t, label("locks"))
	if pair := rapid.SampledFrom(tagPairs).Draw(t, label("tags")); pair != nil {
		tagged(pair...)(&in)
	}
	if rapid.IntRange(0, 19).Draw(t, label("dated")) == 0 {
		undated(&in)
	}
	return in
}

func drawFleet(t *rapid.T) []Instance {
	list := make([]Instance, rapid.IntRange(0, 12).Draw(t, "instances"))
	for i := range list {
		list[i] = drawInstance(t, i)
	}
	return list
}

func drawPolicy(t *rapid.T) Policy {
	p := policy(rapid.SampledFrom([]Action{Renew, Renew, AutoRenew, AutoRenewOff, LetLapse, ReportOnly}).Draw(t, "action"))
	p.DryRun = rapid.Bool().Draw(t, "dry run")
	p.Window = rapid.SampledFrom([]time.Duration{time.Hour, 7 * Day, 27 * Day}).Draw(t, "window")
	p.Rescue = rapid.SampledFrom([]time.Duration{0, Day, 15 * Day}).Draw(t, "rescue")
	p.Backstop = rapid.SampledFrom([]time.Duration{0, time.Hour, 2 * Day}).Draw(t, "backstop")
	p.TooLate = rapid.SampledFrom([]Action{ReportOnly, Renew}).Draw(t, "too late")
	p.TagTrust = rapid.SampledFrom([]Trust{TrustOff, TrustLower, TrustFull}).Draw(t, "trust")
	p.Site = rapid.SampledFrom([]Site{China, Intl}).Draw(t, "site")
	p.Term = rapid.SampledFrom([]Term{{Period: oneMonth}, {Period: oneYear}, {UntilDay: 28}}).Draw(t, "term")
	p.AutoPeriod = rapid.SampledFrom([]Period{oneMonth, threeMonths}).Draw(t, "auto period")
	if rapid.Bool().Draw(t, "excludes") {
		p.Exclude = Selection{IDs: []string{"i-00"}, Tags: []Tag{{Key: "keep", Any: true}}}
	}
	if rapid.IntRange(0, 3).Draw(t, "rules") == 0 {
		p.Rules = []Rule{
			{Name: "broken", When: func(in Instance, _ time.Time) (bool, error) {
				if in.ID == "i-02" {
					return false, errors.New("broken")
				}
				return false, nil
			}},
			{Name: "skip", When: func(in Instance, _ time.Time) (bool, error) { return in.ID == "i-03", nil }, Action: Skip},
			{Name: "all", When: always, Period: threeMonths},
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "named") == 0 {
		p.Named = []string{"i-01", "i-02"}
	}
	return p
}

func drawAmount(t *rapid.T, label string) Amount {
	text := rapid.SampledFrom([]string{"0", "-5", "-0.01", "0.01", "1", "2.50", "99.99", "100", "1e12", "0.105"}).Draw(t, label)
	currency := rapid.SampledFrom([]string{"CNY", "CNY", "CNY", "USD", ""}).Draw(t, label+" currency")
	return Amount{Value: decimal.RequireFromString(text), Currency: currency}
}

func drawCap(t *rapid.T, label string) Amount {
	text := rapid.SampledFrom([]string{"", "", "0", "2.50", "100", "250"}).Draw(t, label)
	if text == "" {
		return Amount{}
	}
	return cny(text)
}

func drawCaps(t *rapid.T) Caps {
	return Caps{
		MaxCount: rapid.IntRange(0, 6).Draw(t, "max count"), NoMaxCount: rapid.Bool().Draw(t, "unlimited"),
		MaxSpend: drawCap(t, "max spend"), MaxPrice: drawCap(t, "max price"), MinBalance: drawCap(t, "min balance"),
	}
}

func drawBalances(t *rapid.T) Balances {
	b := Balances{}
	for _, account := range []string{owner, "2"} {
		if rapid.IntRange(0, 4).Draw(t, "balance of "+account) > 0 {
			b[account] = Amount{Value: decimal.NewFromInt(rapid.Int64Range(-10, 400).Draw(t, "has "+account)), Currency: rapid.SampledFrom([]string{"CNY", "CNY", "USD", ""}).Draw(t, "in "+account)}
		}
	}
	return b
}

// plan decides, prices and affords.
func plan(t *rapid.T, p Policy, list []Instance) []Decision {
	decisions := Decide(now, p, list)
	for i := range decisions {
		if decisions[i].Pays() {
			decisions[i].Price = drawAmount(t, "price of "+decisions[i].Instance.ID)
		}
		if rapid.IntRange(0, 5).Draw(t, "own cap of "+decisions[i].Instance.ID) == 0 {
			decisions[i].MaxPrice = cny("2.50")
		}
	}
	return decisions
}

var knownReasons = []Reason{
	Due, Rescue, Backstop, TooLateForAuto, NotDue, Excluded, AlreadySo, NotSelected, OnlyReported, ProviderRenews, DoNotRenew,
	UntilPassed, Locked, Expired, NotSubscription, StateUnknown, WindowCoversPeriod, OverMaxCount, OverMaxSpend, OverMaxPrice,
	PriceUnknown, BalanceTooLow, PeriodNotOffered, Unreadable,
}

func TestEveryInstanceHasOneDecisionAndOneReasonInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, list := drawPolicy(t), drawFleet(t)
		decisions := Decide(now, p, list)
		seen := map[string]int{}
		for i, d := range decisions {
			seen[d.Instance.ID]++
			if !slices.Contains(knownReasons, d.Reason) {
				t.Fatalf("%s has the reason %q", d.Instance.ID, d.Reason)
			}
			if !slices.Contains([]Action{Renew, AutoRenew, AutoRenewOff, LetLapse, None}, d.Action) {
				t.Fatalf("%s has the decision %q", d.Instance.ID, d.Action)
			}
			if i > 0 && ActingOrder(now)(decisions[i-1].Instance, d.Instance) > 0 {
				t.Fatalf("%s comes after one whose turn is later", d.Instance.ID)
			}
			if d.Wanted() && !d.Due() || d.Held() && !d.Due() || d.Held() && d.Wanted() {
				t.Fatalf("%s: %+v is at odds with itself", d.Instance.ID, verdictOf(d))
			}
		}
		for _, in := range list {
			if seen[in.ID] != 1 {
				t.Fatalf("%s has %d decisions", in.ID, seen[in.ID])
			}
		}
		if len(decisions) != len(list) {
			t.Fatalf("%d decisions for %d instances", len(decisions), len(list))
		}
		again := Decide(now, p, rapid.Permutation(list).Draw(t, "order"))
		if diff := cmp.Diff(decisions, again, cmp.AllowUnexported(Decision{})); diff != "" {
			t.Fatalf("the order of the list changed the plan: %s", diff)
		}
	})
}

// Whatever is asked for: what is protected is not acted upon.
func TestNothingProtectedIsActedUpon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPolicy(t)
		for _, d := range Decide(now, p, drawFleet(t)) {
			in := d.Instance
			if !d.Wanted() {
				continue
			}
			left := in.Expires.Sub(now)
			skip := in.Tags["renew:action"] == "skip"
			misread := in.Tags["renew:action"] == "skipp" || in.Tags["Renew:action"] != "" || in.Tags["renew:period"] == "x"
			pays, reach := d.Pays(), max(p.Window, p.Rescue, p.Backstop, p.BeforeNextRun())
			if d.asked == AutoRenew && !d.tagPeriod { // too late for that: the window is for auto-renewal, and only a rescue repeats
				reach = p.Rescue
			}
			for why, protected := range map[string]bool{
				"it only reports":                        p.Action == ReportOnly,
				"it is pay-as-you-go":                    !in.Subscription,
				"its owner lets it go":                   in.Mode == Lapse,
				"its mode is not known":                  in.Mode == Unknown || in.Mode == "",
				"its expiry is not known":                in.Expires.IsZero(),
				"a setting excludes it":                  p.Exclude.touches(in),
				"its tag says skip":                      skip && p.TagTrust != TrustOff,
				"its tag cannot be read":                 misread && p.TagTrust != TrustOff,
				"a rule says skip":                       p.Rules != nil && in.ID == "i-03" && p.TagTrust != TrustFull,
				"a rule cannot be read":                  p.Rules != nil && in.ID == "i-02",
				"the event is about others":              p.Named != nil && !slices.Contains(p.Named, in.ID),
				"it is locked":                           slices.ContainsFunc(in.Locks, func(l string) bool { return l != "financial" }),
				"its account owes money":                 slices.Contains(in.Locks, "financial") && left > 0,
				"it is not due":                          left > max(p.Window, p.Backstop, p.BeforeNextRun()),
				"it is manual, and not due":              in.Mode == Manual && left > max(p.Window, p.BeforeNextRun()),
				"it is over":                             left <= 0 && (p.Rescue == 0 || -left > p.Rescue || !pays),
				"the provider renews it":                 pays && in.Mode == Auto && left > 0 && left > p.Backstop,
				"the provider renews it, though over":    pays && in.Mode == Auto && left <= 0 && p.Backstop == 0,
				"its end date has come":                  (pays || d.Action == AutoRenew) && p.TagTrust != TrustOff && in.Tags["renew:until"] == "2026-11-22",
				"nobody asked for money":                 pays && p.TagTrust != TrustFull && p.Action != Renew && (p.Action != AutoRenew || p.TooLate != Renew),
				"its period is not offered":              pays && p.Site == Intl && d.Term.Period.Weeks > 0,
				"a tag lengthens it":                     pays && p.TagTrust == TrustLower && p.Rules == nil && d.Term.UntilDay == 0 && p.Term.UntilDay == 0 && d.Term.Period.After(now).After(p.Term.Period.After(now)),
				"its tag would have it due again":        pays && d.Term.UntilDay == 0 && in.Tags["renew:period"] != "" && p.TagTrust != TrustOff && d.Term.Period.Shortest() <= reach,
				"its tag says report":                    in.Tags["renew:action"] == "report" && p.TagTrust != TrustOff,
				"nothing may be set on what is over":     !pays && left <= 0,
				"it is automatic, and asked off no more": d.Action == AutoRenewOff && in.Mode != Auto,
			} {
				if protected {
					t.Fatalf("%s (%s) of %+v, though %s", d.Action, d.Reason, in, why)
				}
			}
		}
	})
}

// No cap is ever exceeded, whatever prices come back and in any order. What is
// spent is added up here by itself.
func TestNeverOverAnyCap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, caps, balances := drawPolicy(t), drawCaps(t), drawBalances(t)
		p.Action, p.Window, p.TagTrust = Renew, 27*Day, TrustOff // most are to be paid for
		before := plan(t, p, drawFleet(t))
		before = rapid.Permutation(before).Draw(t, "order")
		after := afford(before, caps, balances)
		if len(after) != len(before) {
			t.Fatalf("%d decisions of %d", len(after), len(before))
		}
		count, spent, perAccount := 0, decimal.Zero, map[string]decimal.Decimal{}
		for i, d := range after {
			if d.Instance.ID != before[i].Instance.ID || d.Price != before[i].Price || d.Action != before[i].Action {
				t.Fatalf("%s became another", before[i].Instance.ID)
			}
			if d.Held() == before[i].Held() && d.Reason != before[i].Reason || !slices.Contains(knownReasons, d.Reason) {
				t.Fatalf("%s: the reason became %s", d.Instance.ID, d.Reason)
			}
			if !d.Wanted() {
				continue
			}
			count++
			if !d.Pays() {
				continue
			}
			price := d.Price
			if capped := caps.MaxSpend.Known() || caps.MaxPrice.Known() || caps.MinBalance.Known() || d.MaxPrice.Known(); capped && !price.Value.IsPositive() {
				t.Fatalf("%s is paid for at %v", d.Instance.ID, price)
			}
			for _, limit := range []Amount{caps.MaxPrice, d.MaxPrice, caps.MaxSpend} {
				if limit.Known() && (price.Currency != limit.Currency || price.Value.GreaterThan(limit.Value)) {
					t.Fatalf("%s is paid for at %v %s; the limit is %v %s", d.Instance.ID, price, price.Currency, limit, limit.Currency)
				}
			}
			if caps.MinBalance.Known() && (price.Currency != "CNY" || balances[d.Instance.Account].Currency != "CNY") {
				t.Fatalf("%s is paid for at %v %s from a balance of %v", d.Instance.ID, price, price.Currency, balances[d.Instance.Account])
			}
			spent = spent.Add(price.Value)
			perAccount[d.Instance.Account] = perAccount[d.Instance.Account].Add(price.Value)
		}
		if !caps.NoMaxCount && count > caps.MaxCount {
			t.Fatalf("%d changes; the most is %d", count, caps.MaxCount)
		}
		if caps.MaxSpend.Known() && spent.GreaterThan(caps.MaxSpend.Value) {
			t.Fatalf("%v is spent; the most is %v", spent, caps.MaxSpend)
		}
		for account, sum := range perAccount {
			if caps.MinBalance.Known() && balances[account].Value.Sub(sum).LessThan(caps.MinBalance.Value) {
				t.Fatalf("%s has %v and spends %v; %v is to stay", account, balances[account], sum, caps.MinBalance)
			}
		}
		for _, d := range after { // what is held did not fit, or was held before
			if d.Held() && !caps.NeedsPrice(d) && (caps.NoMaxCount || count < caps.MaxCount) && d.Reason == OverMaxCount {
				t.Fatalf("%s is held for the count of %d, and %d are changed", d.Instance.ID, caps.MaxCount, count)
			}
		}
	})
}

// However a run ended, its report adds up.
func TestReportAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, caps := drawPolicy(t), drawCaps(t)
		p.Caps = caps
		var results []Result
		due, maybe, open := 0, 0, 0
		for _, d := range afford(plan(t, p, drawFleet(t)), caps, drawBalances(t)) {
			o := NothingToDo
			switch {
			case d.Held():
				o = Held
			case d.Wanted() && !p.Acts():
				o = Planned
			case d.Wanted():
				o = rapid.SampledFrom([]Outcome{Renewed, Unverified, OutcomeUnknown, OutcomeFailed, Stale, NotTried}).Draw(t, "outcome of "+d.Instance.ID)
			}
			if d.Due() {
				due++
			}
			if o == OutcomeUnknown || o == Unverified {
				maybe++
			}
			result := Result{Decision: d, Outcome: o}
			judged := result
			if p.DryRun { // by what the run itself would come to
				judged = result.carriedOut()
			}
			if (d.Due() && !judged.secured() || p.lapses(now, judged)) && d.Reason != OnlyReported {
				open++
			}
			results = append(results, result)
		}
		shuffled := rapid.Permutation(results).Draw(t, "order")
		r := Summarize(Run{Policy: p, StartedAt: now, Results: shuffled, Scopes: []Scope{{Complete: true, Listed: len(results)}}})
		c := r.Counts
		if c.Due != due || c.Listed != len(results) || c.Unknown+c.Unverified != maybe {
			t.Fatalf("%+v; %d are due, %d may be paid", c, due, maybe)
		}
		if sum := c.Renewed + c.Planned + c.Unverified + c.Unknown + c.Failed + c.Stale + c.NotTried + c.Held; sum > c.Due {
			t.Fatalf("%+v: more outcomes than are due", c)
		}
		switch r.Status {
		case OK:
			if !p.onlyReports() && open > 0 {
				t.Fatalf("ok, and %d are not secured", open)
			}
		case Failed:
			if c.Renewed+c.Planned+maybe > 0 || due == 0 {
				t.Fatalf("failed, with %+v", c)
			}
		case Partial:
			if open == 0 || p.onlyReports() {
				t.Fatalf("partial, with %+v", c)
			}
		}
		m := r.Money
		number := decimal.RequireFromString
		if caps.MaxSpend.Known() && number(m.Planned).GreaterThan(caps.MaxSpend.Value) {
			t.Fatalf("%+v: more is planned than may be spent", m)
		}
		if caps.MaxSpend.Known() && number(m.Spent).Add(number(m.Unverified)).GreaterThan(number(m.Planned)) {
			t.Fatalf("%+v: more is spent than was planned", m)
		}
		for _, d := range results { // every instance inside the window is listed
			in := d.Decision.Instance
			if listed := slices.ContainsFunc(r.Instances, func(e Entry) bool { return e.ID == in.ID }); !listed && in.Expires.Sub(now) <= p.Window {
				t.Fatalf("%s is not listed", in.ID)
			}
		}
		inOrder := Summarize(Run{Policy: p, StartedAt: now, Results: results, Scopes: []Scope{{Complete: true, Listed: len(results)}}})
		if diff := cmp.Diff(inOrder, r); diff != "" {
			t.Fatalf("the order of the results changed the report: %s", diff)
		}
	})
}
