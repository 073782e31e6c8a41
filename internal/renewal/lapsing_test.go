package renewal

import (
	"slices"
	"testing"
	"time"
)

// What the provider renews, and could not be paid when it tried, lapses; what
// was renewed to an expiry before the next run does, too; and the timer has an
// hour of slack.
func TestLapsesBeforeTheNextRun(t *testing.T) {
	p := policy(Renew, event(2*time.Hour)) // so that not all of it is due
	renewedTo := func(in time.Duration) func(*Result) { return func(r *Result) { r.NewExpires = now.Add(in) } }
	for name, tt := range map[string]struct {
		in      Instance
		outcome Outcome
		change  func(*Result)
		lapses  bool
	}{
		"the provider has tried, and it is unpaid":  {ending(20*time.Hour, mode(Auto)), NothingToDo, nil, true},
		"the provider's, over after the next run":   {ending(26*time.Hour, mode(Auto)), NothingToDo, nil, false},
		"not due, 20 s after the next run":          {ending(24*time.Hour + 20*time.Second), NothingToDo, nil, true},
		"not due, over an hour after the next run":  {ending(25 * time.Hour), NothingToDo, nil, false},
		"renewed to an expiry before the next run":  {ending(time.Hour), Renewed, renewedTo(20 * time.Hour), true},
		"renewed to an expiry after it":             {ending(time.Hour), Renewed, renewedTo(30 * 24 * time.Hour), false},
		"renewed by another, and over all the same": {ending(time.Hour), Stale, func(r *Result) { r.Settled = true; r.NewExpires = now.Add(20 * time.Hour) }, true},
		"excluded, auto-renewal on":                 {ending(20*time.Hour, mode(Auto), tagged("renew:action", "skip")), NothingToDo, nil, false},
		"let go":                                    {ending(20*time.Hour, mode(Lapse)), NothingToDo, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			result := Result{Decision: decideOne(p, tt.in), Outcome: tt.outcome}
			if tt.change != nil {
				tt.change(&result)
			}
			r := Summarize(Run{Policy: p, StartedAt: now, FinishedAt: now, Scopes: []Scope{{Complete: true, Listed: 1}}, Results: []Result{result}})
			if got := slices.Contains(r.Lapsing, tt.in.ID); got != tt.lapses || (r.Status == Partial) != tt.lapses {
				t.Errorf("lapsing: %t, want %t; status %s", got, tt.lapses, r.Status)
			}
			if tt.lapses && len(r.Instances) != 1 {
				t.Error("it lapses, and is not told of by name")
			}
		})
	}
}

// The provider deducts from 08:00 UTC+8 on, nine days before the day of expiry.
func TestProviderHasTried(t *testing.T) {
	expires := time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC) // 11 December, 00:00 in UTC+8
	first := time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
	if providerHasTried(first.Add(-time.Second), Instance{Expires: expires}) || !providerHasTried(first, Instance{Expires: expires}) {
		t.Error("the first deduction is at another time")
	}
}

// Who is switched to manual renewal, or is so already, is kept alive by nobody.
func TestManualRenewalLapses(t *testing.T) {
	p := policy(AutoRenewOff)
	for name, tt := range map[string]struct {
		in      Instance
		outcome Outcome
		lapses  bool
	}{
		"switched off, and over before the next run": {ending(12*time.Hour, mode(Auto)), AutoRenewIsOff, true},
		"already off, and over before the next run":  {ending(12 * time.Hour), NothingToDo, true},
		"switched off, with time to spare":           {ending(3*Day, mode(Auto)), AutoRenewIsOff, false},
		"let go on purpose":                          {ending(12*time.Hour, mode(Lapse)), NothingToDo, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := decideOne(p, tt.in)
			r := Summarize(Run{Policy: p, StartedAt: now, FinishedAt: now, Scopes: []Scope{{Complete: true, Listed: 1}}, Results: []Result{{Decision: d, Outcome: tt.outcome}}})
			if got := slices.Contains(r.Lapsing, tt.in.ID); got != tt.lapses || (r.Status == OK) == tt.lapses {
				t.Errorf("lapsing: %t, want %t; status %s", got, tt.lapses, r.Status)
			}
		})
	}
}
