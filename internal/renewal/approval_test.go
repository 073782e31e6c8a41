package renewal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

// priced decides instances, and gives each its price.
func priced(p Policy, prices map[string]Amount, list ...Instance) *Plan {
	plan := NewPlan(now, p, list)
	for i := range plan.Decisions {
		plan.Decisions[i].Price = prices[plan.Decisions[i].Instance.ID]
	}
	return plan
}

// A code stands for exactly one payment: changing any part of it changes it, and
// what is no part does not.
func TestCode(t *testing.T) {
	d := bill("a", cny("100"))
	if code := d.Code(); !IsCode(code) || code != bill("a", cny("100.00")).Code() || strings.ContainsAny(code, "01oil") {
		t.Errorf("%q", code)
	}
	seen := map[string]string{d.Code(): "nothing"}
	for name, change := range map[string]func(*Decision){
		"account":  func(d *Decision) { d.Instance.Account = "2" },
		"region":   func(d *Decision) { d.Instance.Region = "cn-beijing" },
		"id":       func(d *Decision) { d.Instance.ID = "b" },
		"expiry":   func(d *Decision) { d.Instance.Expires = d.Instance.Expires.Add(time.Minute) },
		"action":   func(d *Decision) { d.Action = AutoRenew },
		"term":     func(d *Decision) { d.Term = Term{Period: threeMonths} },
		"price":    func(d *Decision) { d.Price = cny("100.01") },
		"currency": func(d *Decision) { d.Price = usd("100") },
		"no price": func(d *Decision) { d.Price = Amount{} },
	} {
		other := bill("a", cny("100"))
		change(&other)
		if before, found := seen[other.Code()]; found {
			t.Errorf("%s and %s have one code", name, before)
		}
		seen[other.Code()] = name
	}
	for name, change := range map[string]func(*Decision){
		"name":   func(d *Decision) { d.Instance.Name = "x" },
		"rule":   func(d *Decision) { d.Rule = "x" },
		"reason": func(d *Decision) { d.Reason = NotApproved },
	} {
		same := bill("a", cny("100"))
		change(&same)
		if same.Code() != d.Code() {
			t.Errorf("%s changes the code", name)
		}
	}
}

// A million random payments make no collision.
func TestCodesDoNotCollide(t *testing.T) {
	n := 1_000_000 // a few seconds
	if testing.Short() {
		n = 50_000
	}
	random := rand.New(rand.NewPCG(1, 2))
	codes := make([]string, n)
	d := bill("a", cny("1"))
	for i := range codes {
		d.Instance.ID = fmt.Sprint("i-", i)
		d.Instance.Expires = now.Add(time.Duration(random.IntN(100_000)) * time.Minute)
		codes[i] = d.Code()
	}
	slices.Sort(codes)
	if m := len(slices.Compact(codes)); m != n {
		t.Errorf("%d codes for %d payments", m, n)
	}
}

func TestWhatWaits(t *testing.T) {
	above := func(text string) func(*Policy) { return func(p *Policy) { p.Approval.Above = cny(text) } }
	all := func(p *Policy) { p.Approval.All = true }
	until := func(in time.Duration) func(*Policy) { return func(p *Policy) { p.Approval.Until = in } }
	byRule := func(b *bool) func(*Policy) { return rules(Rule{Name: "r", When: always, Approval: b}) }
	for name, tt := range map[string]struct {
		p     Policy
		price Amount
		waits bool
	}{
		"none asked":                        {policy(Renew), cny("5000"), false},
		"all":                               {policy(Renew, all), cny("1"), true},
		"at the amount":                     {policy(Renew, above("1000")), cny("1000"), false},
		"above it":                          {policy(Renew, above("1000")), cny("1000.01"), true},
		"without a price":                   {policy(Renew, above("1000")), Amount{}, true},
		"in another currency":               {policy(Renew, above("1000")), usd("1"), true},
		"its rule says so":                  {policy(Renew, byRule(yes())), cny("1"), true},
		"its rule says not":                 {policy(Renew, all, byRule(no())), cny("1"), false},
		"near enough to its expiry":         {policy(Renew, all, until(3*Day)), cny("1"), false},
		"not near enough":                   {policy(Renew, all, until(Day)), cny("1"), true},
		"given, as in a rehearsal":          {policy(Renew, all, func(p *Policy) { p.Approval.Given = true }), cny("1"), false},
		"switching auto-renewal never does": {policy(AutoRenew, all), cny("1"), false},
	} {
		t.Run(name, func(t *testing.T) {
			plan := priced(tt.p, map[string]Amount{"i-a": tt.price}, ending(3*Day))
			if nothing := plan.Approve(tt.p); nothing != nil {
				t.Errorf("%q", nothing)
			}
			if d := plan.Decisions[0]; (d.Reason == NotApproved) != tt.waits || d.Wanted() == tt.waits {
				t.Errorf("%s", d.Reason)
			}
		})
	}
}

// What waits takes no place in a cap, and what concerns the instance itself comes
// before it.
func TestApprovalAndCaps(t *testing.T) {
	p := policy(Renew, func(p *Policy) { p.Approval.Above = cny("100"); p.Caps = Caps{MaxCount: 1, MaxPrice: cny("1000")} })
	plan := priced(p, map[string]Amount{"i-1": cny("500"), "i-2": cny("50"), "i-3": cny("2000")},
		ending(Day, called("i-1")), ending(2*Day, called("i-2")), ending(3*Day, called("i-3")))
	plan.HoldPrices(p.Caps)
	plan.Approve(p)
	plan.Afford(p.Caps, nil)
	if got := reasons(plan.Decisions); got != "not-approved* due over-max-price*" {
		t.Error(got)
	}
}

// A run that brings codes pays what they stand for, under the same caps, and
// nothing else.
func TestApprovedRun(t *testing.T) {
	p := policy(Renew, func(p *Policy) { p.Approval.Above = cny("100"); p.Caps.MaxCount, p.Caps.NoMaxCount = 1, false })
	prices := map[string]Amount{"i-1": cny("500"), "i-2": cny("50"), "i-3": cny("600"), "i-4": cny("700")}
	list := []Instance{ending(Day, called("i-1")), ending(2*Day, called("i-2")), ending(3*Day, called("i-3")), ending(4*Day, called("i-4"))}
	code := map[string]string{}
	for _, d := range priced(p, prices, list...).Decisions {
		code[d.Instance.ID] = d.Code()
	}
	p.Approved = []string{code["i-3"], code["i-4"], "k7w2m4fz9pqt"}
	plan := priced(p, prices, list...)
	if nothing := plan.Approve(p); !slices.Equal(nothing, []string{"k7w2m4fz9pqt"}) {
		t.Errorf("stand for nothing: %q", nothing)
	}
	plan.Afford(p.Caps, nil)
	if got := reasons(plan.Decisions); got != "not-approved* not-selected due over-max-count*" {
		t.Error(got)
	}
	prices["i-3"] = cny("600.01")
	if nothing := priced(p, prices, list...).Approve(p); !slices.Contains(nothing, code["i-3"]) {
		t.Error("a code stands for a payment at another price")
	}
}

// Who only waits makes a run partial; who is refused makes it fail.
func TestStatusOfWhatWaits(t *testing.T) {
	p := policy(Renew, func(p *Policy) { p.Approval.All = true })
	plan := priced(p, nil, ending(3*Day))
	plan.Approve(p)
	waiting := Result{Decision: plan.Decisions[0], Outcome: Held}
	if got := Summarize(done(p, waiting)); got.Status != Partial || got.Instances[0].Approval != plan.Decisions[0].Code() {
		t.Errorf("%s, %+v", got.Status, got.Instances)
	}
	failed := came(decideOne(p, ending(Day)), OutcomeFailed)
	if got := Summarize(done(p, waiting, failed)).Status; got != Failed {
		t.Error(got)
	}
}
