package renewal

import (
	"fmt"
	"testing"
	"time"
)

// evenings end at 16:00Z, as all real terms do.
func evening(days int, changes ...func(*Instance)) Instance {
	in := ending(Day, changes...)
	in.Expires = time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC).AddDate(0, 0, days)
	return in
}

func flat(text string) func([]Quote) []Amount {
	return func(quotes []Quote) (prices []Amount) {
		for _, q := range quotes {
			price := cny(text)
			for range q.Term.Period.Months - 1 {
				price.Value = price.Value.Add(cny(text).Value)
			}
			prices = append(prices, price)
		}
		return prices
	}
}

func TestRehearseAYear(t *testing.T) {
	p := policy(Renew)
	r := Rehearse(p, Script{From: now, Days: 365, Prices: flat("100"), Fleet: []Instance{
		evening(10, called("i-manual")), evening(20, called("i-auto"), auto(oneMonth)), evening(5, called("i-let"), mode(Lapse)),
		evening(8, called("i-skip"), tagged("renew:action", "skip")), evening(9, called("i-locked"), locked("security")),
	}})
	if r.Total.Renewals != 12 || r.Total.ByFunction != "1200.00" || r.Total.ByProvider != "1200.00" || r.Currency != "CNY" {
		t.Errorf("%+v", r.Total)
	}
	if at := r.Fates[1].At; at != time.Date(2026, 12, 5, 0, 0, 0, 0, time.UTC) {
		t.Errorf("the provider first renews at %v", at)
	}
	want := map[string]string{"i-let": "do-not-renew true", "i-skip": "excluded true", "i-locked": "locked false"}
	for _, stop := range r.Stops {
		if got := fmt.Sprint(stop.Reason, " ", stop.Chosen); got != want[stop.ID] {
			t.Errorf("%s stops: %s, want %s", stop.ID, got, want[stop.ID])
		}
		delete(want, stop.ID)
	}
	if len(want) > 0 || r.Unchosen() != 1 {
		t.Errorf("%v do not stop; %d stop unchosen", want, r.Unchosen())
	}
	if len(r.Months) != 13 || r.Months[0].Month != "2026-11" || r.Months[0].Renewals != 1 {
		t.Errorf("%d months, the first is %+v", len(r.Months), r.Months[0])
	}
}

// The caps are those of a real run: what does not fit waits, and may stop.
func TestRehearseHoldsWhatTheCapsHold(t *testing.T) {
	p := policy(Renew, func(p *Policy) { p.Caps = Caps{MaxCount: 1} })
	var fleet []Instance
	for i := range 10 {
		fleet = append(fleet, evening(8, called(fmt.Sprint("i-", i))))
	}
	r := Rehearse(p, Script{From: now, Days: 30, Prices: flat("100"), Fleet: fleet})
	if r.Peak.Due != 10 || *r.Peak.Cap != 1 || r.FirstHeld != "2026-11-25" || r.Peak.Money != "1000.00" {
		t.Errorf("%+v, first held on %s", r.Peak, r.FirstHeld)
	}
	if len(r.Stops) != 3 || r.Stops[0].Reason != OverMaxCount || r.Stops[0].Chosen || r.Total.Renewals != 7 {
		t.Errorf("%d renewals, stops %+v", r.Total.Renewals, r.Stops)
	}
}

func TestRehearseTheBalance(t *testing.T) {
	r := Rehearse(policy(Renew), Script{From: now, Days: 100, Prices: flat("100"), Balances: Balances{owner: cny("250")}, Fleet: []Instance{evening(10)}})
	if r.Total.Renewals != 4 || r.BalanceEnds != "2027-01-28" {
		t.Errorf("%+v, the balance ends on %q", r.Total, r.BalanceEnds)
	}
}

// A price that cannot be had is counted, and never taken for nothing.
func TestRehearseWithoutPrices(t *testing.T) {
	r := Rehearse(policy(Renew), Script{From: now, Days: 60, Fleet: []Instance{evening(10), evening(12, called("i-b"), auto(oneMonth))}})
	if r.Total.Unpriced != 4 || r.Total.ByFunction != "0.00" || len(r.Warnings) != 1 {
		t.Errorf("%+v, %q", r.Total, r.Warnings)
	}
}

func TestRehearseWhatWasOverAndWhatIsNotSelected(t *testing.T) {
	p := policy(Renew, func(p *Policy) { p.Include.Tags = []Tag{{Key: "env", Value: "prod"}} })
	r := Rehearse(p, Script{From: now, Days: 40, Prices: flat("1"), Fleet: []Instance{
		evening(-3, tagged("env", "prod")), evening(3, called("i-out")), evening(60, called("i-far"), tagged("env", "prod")),
	}})
	if len(r.Stops) != 0 || r.UnselectedStops != 1 || r.Months[0].Released != 0 {
		t.Errorf("stops %+v, %d not selected, %+v", r.Stops, r.UnselectedStops, r.Months)
	}
}

func TestRehearseUnderReport(t *testing.T) {
	r := Rehearse(policy(ReportOnly), Script{From: now, Days: 40, Prices: flat("1"), Fleet: []Instance{evening(3)}})
	if len(r.Stops) != 1 || r.Stops[0].Reason != OnlyReported || r.Stops[0].Chosen || len(r.Warnings) != 1 {
		t.Errorf("%+v, %q", r.Stops, r.Warnings)
	}
}

func TestRehearsalCompared(t *testing.T) {
	fleet := []Instance{evening(10), evening(12, called("i-b"), tagged("env", "test"))}
	script := Script{From: now, Days: 60, Prices: flat("100"), Fleet: fleet}
	here := Rehearse(policy(Renew), script)
	there := Rehearse(policy(Renew, func(p *Policy) { p.Exclude.Tags = []Tag{{Key: "env", Value: "test"}} }), script)
	c := here.Compare("other.env", there)
	if len(c.Instances) != 1 || c.Instances[0].ID != "i-b" || c.Instances[0].Here != RenewedHere || c.Instances[0].There != Stops {
		t.Errorf("%+v", c.Instances)
	}
	if first := c.Months[0]; first.Here != "200.00" || first.There != "100.00" || first.Difference != "-100.00" {
		t.Errorf("%+v", c.Months)
	}
}

func BenchmarkRehearse(b *testing.B) {
	var fleet []Instance
	for i := range 10_000 {
		fleet = append(fleet, evening(i%30, called(fmt.Sprint("i-", i))))
	}
	for b.Loop() {
		Rehearse(policy(Renew), Script{From: now, Days: 365, Prices: flat("100"), Fleet: fleet})
	}
}

// What is expired carries a lock that ends with its rescue: it is renewed again.
func TestRehearseWhatIsRescuedGoesOn(t *testing.T) {
	p := policy(Renew, func(p *Policy) { p.Rescue = 5 * Day })
	r := Rehearse(p, Script{From: now, Days: 60, Prices: flat("1"), Fleet: []Instance{evening(-2, locked("financial"))}})
	if r.Total.Renewals != 3 || len(r.Stops) != 0 {
		t.Errorf("%d renewals, %+v stop", r.Total.Renewals, r.Stops)
	}
}

// A term of a week is deducted for once a day, as long as nine days are not paid.
func TestRehearseTheProvidersWeeks(t *testing.T) {
	r := Rehearse(policy(Renew), Script{From: now, Days: 2, Prices: flat("1"), Fleet: []Instance{evening(1, auto(Period{Weeks: 1}))}})
	if len(r.Payments) != 2 || r.Payments[1].At.Sub(r.Payments[0].At) != Day {
		t.Errorf("%+v", r.Payments)
	}
}

// The provider of the international site begins three days before; an expired
// server is kept there for thirty days, and what is rescued begins anew.
func TestRehearseTheInternationalSite(t *testing.T) {
	p := policy(Renew, func(p *Policy) { p.Site, p.Rescue = Intl, 5*Day })
	r := Rehearse(p, Script{From: now, Days: 20, Prices: flat("1"), Fleet: []Instance{evening(20, auto(oneMonth)), evening(-3, called("i-late"))}})
	if len(r.Payments) != 2 || r.Payments[1].At != time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC) {
		t.Errorf("%+v", r.Payments)
	}
	if late := r.Fates[1]; late.Expires != time.Date(2026, 12, 23, 16, 0, 0, 0, time.UTC) {
		t.Errorf("what was late expires at %v", late.Expires)
	}
	gone := Rehearse(policy(ReportOnly, func(p *Policy) { p.Site = Intl }), Script{From: now, Days: 34, Fleet: []Instance{evening(3)}})
	if n := gone.Months[0].Released + gone.Months[1].Released; n != 1 || len(gone.Stops) != 1 {
		t.Errorf("%d released, %+v stop", n, gone.Stops)
	}
}

// Approvals that are refused hold payments, and what is held stops.
func TestRehearseWithoutApprovals(t *testing.T) {
	for given, want := range map[bool]int{true: 1, false: 0} {
		p := policy(Renew, func(p *Policy) { p.Approval = Approval{All: true, Given: given} })
		r := Rehearse(p, Script{From: now, Days: 20, Prices: flat("1"), Fleet: []Instance{evening(10)}})
		if r.Total.Renewals != want || !given && (len(r.Stops) != 1 || r.Stops[0].Reason != NotApproved) {
			t.Errorf("given %v: %d renewals, stops %+v", given, r.Total.Renewals, r.Stops)
		}
	}
}

// A price is asked for once, for an instance and a term.
func TestRehearseAsksEachPriceOnce(t *testing.T) {
	asked := map[string]int{}
	Rehearse(policy(Renew), Script{From: now, Days: 365, Fleet: []Instance{evening(10), evening(12, called("i-b"), auto(oneMonth))}, Prices: func(quotes []Quote) []Amount {
		for _, q := range quotes {
			asked[q.Instance.ID+" "+q.Term.String()]++
		}
		return make([]Amount, len(quotes))
	}})
	for what, n := range asked {
		if n != 1 {
			t.Errorf("%s was asked %d times", what, n)
		}
	}
	if len(asked) != 2 {
		t.Errorf("%v", asked)
	}
}

// What the cloud quotes no price for costs what the settings of that very policy
// assume, and a rule's max-price takes its place.
func TestRehearseAssumedPrices(t *testing.T) {
	fleet := []Instance{evening(10, func(in *Instance) { in.Product = "eip" })}
	for want, p := range map[string]Policy{
		"30.00": policy(Renew, func(p *Policy) { p.Prices = map[string]Amount{"eip": cny("30")} }),
		"70.00": policy(Renew, func(p *Policy) {
			p.Prices = map[string]Amount{"eip": cny("30")}
			p.Rules = []Rule{{Name: "dear", MaxPrice: cny("70"), When: func(Instance, time.Time) (bool, error) { return true, nil }}}
		}),
		"": policy(Renew),
	} {
		r := Rehearse(p, Script{From: now, Days: 20, Prices: flat("1"), Fleet: fleet})
		if len(r.Payments) != 1 || r.Payments[0].Price.String() != want {
			t.Errorf("%+v, want %s", r.Payments, want)
		}
	}
}
