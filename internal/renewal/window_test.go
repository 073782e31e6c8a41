package renewal

import (
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func event(window time.Duration) func(*Policy) {
	return func(p *Policy) { p.EventWindow = window }
}
func upcoming(d time.Duration) func(*Policy) { return func(p *Policy) { p.Upcoming = d } }

func frozenOn(spans ...Span) func(*Policy) { return func(p *Policy) { p.Freeze = spans } }

func days(from, to Date) Span { return Span{from, to} }

// What would be over before the next run is due whatever its window; only an
// event narrows that.
func TestWhatIsOverBeforeTheNextRunIsDue(t *testing.T) {
	short := rules(Rule{Name: "short", When: always, Window: 2 * time.Hour})
	wide := rules(Rule{Name: "wide", When: always, Window: 20 * Day})
	weekly := nextRun(6 * Day)
	for name, tt := range map[string]struct {
		p    Policy
		in   Instance
		want Reason
	}{
		"within the window":                        {policy(Renew), ending(7 * Day), Due},
		"after it":                                 {policy(Renew), ending(7*Day + time.Second), NotDue},
		"within the hour after the next run":       {policy(Renew, window(Day)), ending(Day + slack - time.Second), Due},
		"after that hour":                          {policy(Renew, window(Day)), ending(Day + slack), NotDue},
		"a rule's short window":                    {policy(Renew, short), ending(Day + slack), NotDue},
		"a rule's short window, and a run between": {policy(Renew, short), ending(Day), Due},
		"a rule's short window, runs by the week":  {policy(Renew, short, weekly), ending(6 * Day), Due},
		"a rule's wide window":                     {policy(Renew, wide), ending(20 * Day), Due},
		"after a rule's wide window":               {policy(Renew, wide), ending(20*Day + time.Second), NotDue},
		"an event's window":                        {policy(Renew, event(Day)), ending(Day), Due},
		"after an event's window":                  {policy(Renew, event(time.Hour)), ending(2 * time.Hour), NotDue},
		"an event's window, and a rule's":          {policy(Renew, event(3*Day), wide), ending(4 * Day), NotDue},
		"an event's window, and the backstop":      {policy(Renew, event(time.Hour), backstop(Day)), ending(2*time.Hour, mode(Auto)), NotDue},
		"the backstop within an event's window":    {policy(Renew, event(3*time.Hour), backstop(Day)), ending(2*time.Hour, mode(Auto)), Backstop},
	} {
		if got := decideOne(tt.p, tt.in); got.Reason != tt.want {
			t.Errorf("%s: %s", name, got.Reason)
		}
	}
}

// A rule's window and term are its own, where it would renew for ever, too.
func TestARuleHasItsOwnWindowAndTerm(t *testing.T) {
	day12 := rules(Rule{Name: "day", When: always, UntilDay: 12})
	if d := decideOne(policy(Renew, day12), ending(Day)); d.Term != (Term{UntilDay: 12}) || d.Reason != Due || d.AutoPeriod != oneMonth {
		t.Errorf("%+v", d)
	}
	if d := decideOne(policy(Renew, untilDay(5), rules(Rule{Name: "m", When: always, Period: threeMonths})), ending(Day)); d.Term != (Term{Period: threeMonths}) {
		t.Errorf("%+v", d)
	}
	narrow := rules(Rule{Name: "weekly", When: always, Window: 5 * Day, Period: oneWeek})
	if d := decideOne(policy(Renew, window(20*Day), narrow), ending(3*Day)); d.Reason != Due {
		t.Errorf("its window is shorter than its period: %s", d.Reason)
	}
	if d := decideOne(policy(Renew, rules(Rule{Name: "wide", When: always, Window: 20 * Day})), ending(3*Day, tagged("renew:period", "1w"))); d.Reason != WindowCoversPeriod {
		t.Errorf("a tag asks for less than its window: %s", d.Reason)
	}
	if d := decideOne(policy(Renew, nextRun(7*Day-slack), window(6*Day)), ending(3*Day, tagged("renew:period", "1w"))); d.Reason != WindowCoversPeriod {
		t.Errorf("a tag asks for less than the time to the next run: %s", d.Reason)
	}
	// A dry run may look as far as it likes, but for what a tag asks for.
	all := policy(Renew, window(365*Day), dryRun)
	if d := decideOne(all, ending(300*Day)); d.Reason != Due {
		t.Errorf("%s", d.Reason)
	}
	if d := decideOne(all, ending(300*Day, tagged("renew:period", "1w"))); d.Reason != WindowCoversPeriod {
		t.Errorf("%s", d.Reason)
	}
}

// A rule's max-spend is for all its payments in one run, and for no others.
func TestARuleHasItsOwnCap(t *testing.T) {
	team := func(in Instance, _ time.Time) (bool, error) { return in.Tags["team"] == "pay", nil }
	p := policy(Renew, rules(Rule{Name: "team", When: team, MaxSpend: cny("250")}), func(p *Policy) { p.Caps.MaxSpend = cny("550") })
	var fleet []Instance
	for i, id := range []string{"i-1", "i-2", "i-3", "i-4"} {
		fleet = append(fleet, ending(time.Duration(i+1)*time.Hour, called(id), tagged("team", "pay")))
	}
	fleet = append(fleet, ending(5*time.Hour, called("i-5")), ending(6*time.Hour, called("i-6")), ending(7*time.Hour, called("i-7")), ending(8*time.Hour, called("i-8")))
	prices := map[string]Amount{"i-1": cny("100"), "i-2": cny("100"), "i-3": cny("100"), "i-4": cny("50"), "i-5": cny("100"), "i-6": usd("100"), "i-7": cny("200"), "i-8": cny("100")}
	plan := NewPlan(now, p, fleet)
	for i := range plan.Decisions {
		plan.Decisions[i].Price = prices[plan.Decisions[i].Instance.ID]
	}
	plan.Afford(p.Caps, nil)
	want := map[string]Reason{"i-1": Due, "i-2": Due, "i-3": OverMaxSpend, "i-4": Due, "i-5": Due, "i-6": OverMaxSpend, "i-7": Due, "i-8": OverMaxSpend}
	for i, d := range plan.Decisions {
		if d.Reason != want[d.Instance.ID] {
			t.Errorf("%s: %s, want %s", d.Instance.ID, d.Reason, want[d.Instance.ID])
		}
		if d.Instance.ID == "i-1" {
			defer func() { // its place goes to the next of the rule
				if in := plan.GiveBack(i, func(Decision) bool { return true }); len(in) != 1 || plan.Decisions[in[0]].Instance.ID != "i-3" {
					t.Errorf("%v came in", in)
				}
			}()
		}
	}
	if !p.Caps.NeedsPrice(Decision{MaxSpend: cny("1")}) || (Caps{}).NeedsPrice(Decision{}) {
		t.Error("a rule's max-spend needs a price")
	}
	d := Decision{Instance: fleet[0], Action: Renew, Reason: Due, Rule: "team", MaxSpend: cny("250")}
	for name, price := range map[string]Amount{"none": {}, "another currency": usd("1"), "nothing": cny("0")} {
		d.Price = price
		if got := afford([]Decision{d}, Caps{NoMaxCount: true}, nil)[0]; !got.Held() {
			t.Errorf("%s: it is paid for", name)
		}
	}
}

// What will be due soon is announced with what would be done; what would not be
// acted upon is not.
func TestUpcoming(t *testing.T) {
	for name, tt := range map[string]struct {
		p    Policy
		in   Instance
		want Reason
		does Action
	}{
		"in the window":                   {policy(Renew, upcoming(3*Day)), ending(7 * Day), Due, Renew},
		"after it":                        {policy(Renew, upcoming(3*Day)), ending(7*Day + time.Second), Upcoming, Renew},
		"at the end":                      {policy(Renew, upcoming(3*Day)), ending(10 * Day), Upcoming, Renew},
		"beyond":                          {policy(Renew, upcoming(3*Day)), ending(10*Day + time.Second), NotDue, None},
		"not asked for":                   {policy(Renew), ending(8 * Day), NotDue, None},
		"after a rule's window":           {policy(Renew, upcoming(Day), rules(Rule{Name: "w", When: always, Window: 10 * Day})), ending(11 * Day), Upcoming, Renew},
		"auto-renewal":                    {policy(AutoRenew, upcoming(3*Day)), ending(8 * Day), Upcoming, AutoRenew},
		"only reported":                   {policy(ReportOnly, upcoming(3*Day)), ending(8 * Day), NotDue, None},
		"excluded by its tag":             {policy(Renew, upcoming(3*Day)), ending(8*Day, tagged("renew:action", "skip")), Excluded, None},
		"reported by its tag":             {policy(Renew, upcoming(3*Day)), ending(8*Day, tagged("renew:action", "report")), NotDue, None},
		"locked":                          {policy(Renew, upcoming(3*Day)), ending(8*Day, locked("security")), NotDue, None},
		"its mode is not known":           {policy(Renew, upcoming(3*Day)), ending(8*Day, mode(Unknown)), NotDue, None},
		"the provider renews it":          {policy(Renew, upcoming(3*Day)), ending(8*Day, mode(Auto)), NotDue, None},
		"its rule cannot be evaluated":    {policy(Renew, upcoming(3*Day), rules(Rule{Name: "x", When: failing})), ending(8 * Day), NotDue, None},
		"for a period that is not sold":   {policy(Renew, upcoming(3*Day), site(Intl), term(oneWeek)), ending(8 * Day), NotDue, None},
		"in a run with an event's window": {policy(Renew, upcoming(3*Day), event(2*Day)), ending(8 * Day), NotDue, None},
		"in a dry run":                    {policy(Renew, upcoming(3*Day), dryRun), ending(8 * Day), Upcoming, Renew},
		"on a frozen day":                 {policy(Renew, upcoming(3*Day), frozenOn(days(Date{0, 11, 23}, Date{0, 11, 23}))), ending(8 * Day), Upcoming, Renew},
	} {
		d := decideOne(tt.p, tt.in)
		if d.Reason != tt.want || d.Action != tt.does {
			t.Errorf("%s: %s, %s", name, d.Reason, d.Action)
		}
		if d.Reason == Upcoming && (d.Due() || d.Held() || d.Wanted() || d.Pays() || !d.Priced() && d.Action == Renew) {
			t.Errorf("%s: it is no more than announced: %+v", name, d)
		}
		if !tt.p.Relevant(now, tt.in) && tt.want != NotDue {
			t.Errorf("%s: it is not looked at", name)
		}
	}
}

func failing(Instance, time.Time) (bool, error) { return false, errors.New("no") }

// Nothing is changed on frozen days but what could not be secured after them. The
// run is on 23 November, 09:00 in the zone.
func TestFrozen(t *testing.T) {
	november := func(from, to int) func(*Policy) {
		return frozenOn(days(Date{0, time.November, from}, Date{0, time.November, to}))
	}
	const left = 15 * time.Hour // of the 23rd
	for name, tt := range map[string]struct {
		p    Policy
		in   Instance
		want Reason
	}{
		"not frozen":                           {policy(Renew, november(24, 25)), ending(5 * Day), Due},
		"frozen, and time enough after it":     {policy(Renew, november(23, 23)), ending(left + Day + slack), Frozen},
		"a second less":                        {policy(Renew, november(23, 23)), ending(left + Day + slack - time.Second), Due},
		"the days after count":                 {policy(Renew, november(20, 25)), ending(left + 2*Day + Day + slack), Frozen},
		"a second less than those":             {policy(Renew, november(20, 25)), ending(left + 2*Day + Day + slack - time.Second), Due},
		"two spans side by side are one":       {policy(Renew, frozenOn(days(Date{0, 11, 23}, Date{0, 11, 23}), days(Date{2026, 11, 24}, Date{2026, 11, 25}))), ending(left + 2*Day + Day), Due},
		"it is over, and would be rescued":     {policy(Renew, november(23, 23), rescue(5*Day)), ending(-Day), Rescue},
		"auto-renewal, with two days to spare": {policy(AutoRenew, november(23, 23)), ending(left + Day + slack + LateForAuto), Frozen},
		"auto-renewal, a second less":          {policy(AutoRenew, november(23, 23)), ending(left + Day + slack + LateForAuto - time.Second), Due},
		"auto-renewal off, likewise":           {policy(AutoRenewOff, november(23, 23)), ending(left+Day+slack+LateForAuto, mode(Auto)), Frozen},
		"the backstop":                         {policy(Renew, november(23, 23), backstop(5*Day)), ending(3*Day, mode(Auto)), Frozen},
		"somebody said no":                     {policy(Renew, november(23, 23)), ending(5*Day, tagged("renew:action", "skip")), Excluded},
		"it is locked":                         {policy(Renew, november(23, 23)), ending(5*Day, locked("security")), Locked},
		"it is only reported":                  {policy(ReportOnly, november(23, 23)), ending(5 * Day), OnlyReported},
		"in a dry run":                         {policy(Renew, november(23, 23), dryRun), ending(5 * Day), Frozen},
		"it is not due":                        {policy(Renew, november(23, 23)), ending(8 * Day), NotDue},
		"the day of the zone counts":           {policy(Renew, november(22, 22), func(p *Policy) { p.Zone = time.FixedZone("", -2*60*60) }), ending(5 * Day), Frozen},
		"another year":                         {policy(Renew, frozenOn(days(Date{2027, 11, 23}, Date{2027, 11, 23}))), ending(5 * Day), Due},
	} {
		d := decideOne(tt.p, tt.in)
		if d.Reason != tt.want {
			t.Errorf("%s: %s, want %s", name, d.Reason, tt.want)
		}
		if d.Reason == Frozen && (!d.Held() || !d.Due() || d.Wanted() || d.Action == None) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestFreezeDays(t *testing.T) {
	newYear := Freeze{days(Date{0, 12, 30}, Date{0, 1, 2})}
	leap := Freeze{days(Date{0, 2, 29}, Date{0, 2, 29})}
	at := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 13, 0, 0, 0, Beijing)
	}
	for _, tt := range []struct {
		f        Freeze
		t        time.Time
		holds    bool
		from, to string // of the next frozen days
	}{
		{newYear, at(2026, 12, 29), false, "2026-12-30", "2027-01-03"},
		{newYear, at(2026, 12, 30), true, "2026-12-30", "2027-01-03"},
		{newYear, at(2027, 1, 2), true, "2027-01-02", "2027-01-03"},
		{newYear, at(2027, 1, 3), false, "2027-12-30", "2028-01-03"},
		{leap, at(2028, 2, 29), true, "2028-02-29", "2028-03-01"},
		{leap, at(2026, 12, 1), false, "", ""}, // more than a year away
		{Freeze{days(Date{2026, 12, 31}, Date{2027, 1, 1})}, at(2026, 12, 1), false, "2026-12-31", "2027-01-02"},
		{Freeze{days(Date{2026, 1, 1}, Date{2026, 1, 1})}, at(2026, 12, 1), false, "", ""},
		{nil, at(2026, 12, 1), false, "", ""},
	} {
		if got := tt.f.Holds(tt.t); got != tt.holds {
			t.Errorf("%v on %v: %v", tt.f, tt.t, got)
		}
		from, to := tt.f.Next(tt.t)
		show := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return t.Format("2006-01-02")
		}
		if show(from) != tt.from || show(to) != tt.to {
			t.Errorf("%v from %v: %v to %v", tt.f, tt.t, from, to)
		}
	}
	if (Span{Date{2026, 11, 22}, Date{2026, 11, 22}}).Over(now.In(Beijing)) != true || (Span{Date{2026, 11, 22}, Date{2026, 11, 23}}).Over(now.In(Beijing)) || newYear[0].Over(now) {
		t.Error("which days are over")
	}
}

// A freeze loses no server: whatever is frozen today can still be secured by a
// run after the freeze, before it expires.
func TestAFreezeLosesNoServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := now.AddDate(0, 0, -rapid.IntRange(0, 5).Draw(t, "days before"))
		last := now.AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, "days after"))
		p := policy(rapid.SampledFrom([]Action{Renew, AutoRenew}).Draw(t, "action"), window(20*Day), frozenOn(days(dateOf(first.In(Beijing)), dateOf(last.In(Beijing)))))
		p.NextRun = time.Duration(rapid.SampledFrom([]int{1, 12, 24, 100}).Draw(t, "hours to the next run")) * time.Hour
		in := ending(time.Duration(rapid.IntRange(1, 20*24*60).Draw(t, "minutes left")) * time.Minute)
		d := decideOne(p, in)
		if d.Reason != Frozen {
			return
		}
		// The runs come as RENEW_NEXT_RUN spaces them, each up to an hour late.
		for at := now; ; at = at.Add(p.BeforeNextRun()) {
			if again := p.decide(at, in); again.Wanted() {
				return
			} else if again.Reason != Frozen {
				t.Fatalf("%v left at first; %v later it is %s", in.Expires.Sub(now), at.Sub(now), again.Reason)
			}
		}
	})
}

// What is frozen, or waits, makes a run partial and not failed.
func TestWhatWaitsForADayIsNoFailure(t *testing.T) {
	p := policy(Renew, frozenOn(days(Date{0, 11, 23}, Date{0, 11, 23})))
	d := decideOne(p, ending(5*Day))
	d.Price = Amount{Value: decimal.NewFromInt(100), Currency: "CNY"}
	r := Summarize(Run{Policy: p, StartedAt: now, FinishedAt: now, Scopes: []Scope{{Complete: true, Listed: 1}}, Results: []Result{{Decision: d, Outcome: Held}}})
	if r.Status != Partial || r.Counts.Held != 1 || r.Counts.Due != 1 || r.Money.Held != "100.00" || r.Money.Planned != "0.00" {
		t.Errorf("%+v", r)
	}
	u := decideOne(policy(Renew, upcoming(3*Day)), ending(8*Day))
	u.Price = d.Price
	r = Summarize(Run{Policy: policy(Renew, upcoming(3*Day)), StartedAt: now, FinishedAt: now, Scopes: []Scope{{Complete: true, Listed: 1}}, Results: []Result{{Decision: u, Outcome: NothingToDo}}})
	if r.Status != OK || r.Counts.Due != 0 || r.Money.Planned != "0.00" || len(r.Instances) != 1 || r.Instances[0].Price != "100.00" || r.Instances[0].Decision != Renew || r.Instances[0].Reason != Upcoming {
		t.Errorf("%+v", r)
	}
}
