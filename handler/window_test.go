package handler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A window that the time between two runs leaps over is refused; where only an
// event is so narrow, what lapses is told by name.
func TestNothingLapsesBetweenTwoRunsUnseen(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_WINDOW": "3d", "RENEW_NEXT_RUN": "7d"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-5", 5*renewal.Day))
		if said := w.refused("", "bad-config"); !strings.Contains(said, "RENEW_WINDOW (3d) is shorter than RENEW_NEXT_RUN (7d)") {
			t.Error(said)
		}
	})
	inBubble(t, cloud.Options{}, settings{"RENEW_WINDOW": "7d", "RENEW_NEXT_RUN": "7d"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-5", 5*renewal.Day), expiring("i-7", 7*renewal.Day+30*time.Minute), expiring("i-8", 8*renewal.Day))
		r := w.run(`{"window":"1d"}`)
		if !slices.Equal(r.Lapsing, []string{"i-5", "i-7"}) || r.Status != renewal.Partial {
			t.Errorf("%s %q", r.Status, r.Lapsing)
		}
		for _, id := range r.Lapsing {
			if e := entry(t, r, id); e.Name != "name-of-"+id || e.Region != hangzhou || e.Account != account || e.Expires.IsZero() || e.Reason != renewal.NotDue {
				t.Errorf("%+v", e)
			}
		}
		w.unchanged()
		w.run("") // a full one pays for what would be over before the next, with its hour of slack
		w.charged("i-5", 1)
		w.charged("i-7", 1)
		w.charged("i-8", 0)
	})
}

// The window and the term of a rule, on what is paid for: each has its own, and
// what would be over before the next run is due whatever the window.
func TestRulesHaveTheirOwnWindowsAndTerms(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{UnifiedDay: 12}, settings{"RENEW_RULES": "- {name: early, when: 'name == \"early\"', window: 20d, period: 3m}\n- {name: late, when: 'name == \"late\"', window: 2h, until-day: 12}\n"}, func(t *testing.T, w *bubble) {
		named := func(id, name string, in time.Duration) cloud.Instance {
			return cloud.Instance{ID: id, Name: name, Expires: time.Now().Add(in)}
		}
		w.add(named("i-early", "early", 19*renewal.Day), named("i-late", "late", 3*renewal.Day), named("i-last", "late", 20*time.Hour), named("i-other", "other", 19*renewal.Day), named("i-far", "far", 200*renewal.Day))
		early, last := time.Now().Add(19*renewal.Day), time.Now().Add(20*time.Hour)
		r := w.run("")
		for id, want := range map[string]int{"i-early": 1, "i-late": 0, "i-last": 1, "i-other": 0, "i-far": 0} {
			w.charged(id, want)
		}
		if got := entry(t, r, "i-early").NewExpires; got != (renewal.Period{Months: 3}).After(early.Truncate(time.Minute)).Format(time.RFC3339) {
			t.Errorf("three months: %s", got)
		}
		if got := entry(t, r, "i-last").NewExpires; got != (renewal.Term{UntilDay: 12}).After(last).Format(time.RFC3339) {
			t.Errorf("up to day 12: %s", got)
		}
		if r.Counts.Listed != 5 || r.Coverage.Listed != 5 || slices.ContainsFunc(r.Instances, func(e renewal.Entry) bool { return e.ID == "i-far" || e.ID == "i-other" }) {
			t.Errorf("%+v", r.Instances)
		}
	})
}

// A team's max-spend holds its own payments back, and nobody else's.
func TestATeamIsLimitedByItsRule(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_RULES": "- {name: team, when: 'tags[\"team\"] == \"pay\"', max-spend: 250}\n"}, func(t *testing.T, w *bubble) {
		for i, id := range []string{"i-1", "i-2", "i-3"} {
			in := expiring(id, time.Duration(i+1)*renewal.Day)
			in.Tags = map[string]string{"team": "pay"}
			w.add(in)
		}
		w.add(expiring("i-4", 4*renewal.Day))
		r := w.run("")
		for id, want := range map[string]int{"i-1": 1, "i-2": 1, "i-3": 0, "i-4": 1} {
			w.charged(id, want)
		}
		if e := entry(t, r, "i-3"); e.Outcome != renewal.Held || e.Reason != renewal.OverMaxSpend {
			t.Errorf("%+v", e)
		}
	})
}

// A dry run may look at the whole fleet, and price it.
func TestADryRunOfTheWholeFleet(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_DRY_RUN": "true", "RENEW_WINDOW": "365d", "RENEW_MAX_COUNT": "unlimited"}, func(t *testing.T, w *bubble) {
		for i, id := range []string{"i-1", "i-2", "i-3"} {
			w.add(expiring(id, time.Duration(i*100+1)*renewal.Day))
		}
		r := w.run("")
		if r.Counts.Planned != 3 || r.Money.Planned != "300.00" || r.Status != renewal.OK {
			t.Errorf("%s %+v %+v", r.Status, r.Counts, r.Money)
		}
		if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "RENEW_WINDOW is as long as the period") {
			t.Errorf("%q", r.Warnings)
		}
		w.unchanged()
		w.env["RENEW_DRY_RUN"] = "false"
		w.refused("", "bad-config")
	})
}

// Through the days of a sale nothing is changed, and no server is lost: what can
// wait is paid for on the first day after it, what cannot on the day before it is
// too late.
func TestAFreezeChangesNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_FREEZE": "12-01..12-04", "RENEW_WINDOW": "7d"}, func(t *testing.T, w *bubble) {
		// The first run is on 30 November, 06:23; frozen are the four days after it.
		hour := time.Hour
		w.add(expiring("i-due", 3*renewal.Day), expiring("i-over", 8*renewal.Day-hour), expiring("i-after", 9*renewal.Day), expiring("i-tight", 7*renewal.Day-hour))
		frozen := map[string]int{}
		w.daily(7, func(day int, r renewal.Report) {
			for _, e := range r.Instances {
				if e.Reason == renewal.Frozen {
					frozen[e.ID]++
					if e.Outcome != renewal.Held || e.Price != "100.00" || e.Decision != renewal.Renew {
						t.Errorf("day %d: %+v", day, e)
					}
				}
			}
			if held := r.Counts.Held > 0; held != (day >= 1 && day <= 4) || held && r.Status != renewal.Partial {
				t.Errorf("day %d: %s %+v", day, r.Status, r.Counts)
			}
		})
		for _, sale := range w.cloud.Ledger() {
			day := sale.At.In(renewal.Beijing).Format("01-02")
			want := map[string]string{"i-due": "11-30", "i-tight": "11-30", "i-over": "12-05", "i-after": "12-05"}[sale.Instance]
			if day != want {
				t.Errorf("%s was paid for on %s, want %s", sale.Instance, day, want)
			}
		}
		if len(w.cloud.Ledger()) != 4 || frozen["i-over"] != 4 || frozen["i-after"] == 0 {
			t.Errorf("%d were paid for; frozen were %v", len(w.cloud.Ledger()), frozen)
		}
	})
	// Frozen from the first day on: what would be too late is not frozen.
	inBubble(t, cloud.Options{}, settings{"RENEW_FREEZE": "11-30..12-02", "RENEW_RESCUE": "5d"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-waits", 4*renewal.Day), expiring("i-cannot", 3*renewal.Day), expiring("i-over", -renewal.Day))
		r := w.run("")
		if e := entry(t, r, "i-waits"); e.Reason != renewal.Frozen || e.Outcome != renewal.Held || r.Status != renewal.Partial {
			t.Errorf("%s %+v", r.Status, e)
		}
		w.charged("i-waits", 0)
		w.charged("i-cannot", 1)
		w.charged("i-over", 1)
	})
}

// What will be due soon is told while its owner can still say no: with what will
// be done and its price, and counted nowhere.
func TestUpcomingIsToldInTime(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_UPCOMING": "3d"}, func(t *testing.T, w *bubble) {
		hook := w.listening(8001, `{"errcode":0}`)
		w.env["RENEW_NOTIFY"] = "wecom+" + hook.URL + "/send?key=" + hookToken
		said := expiring("i-said-no", 9*renewal.Day)
		said.Tags = map[string]string{"renew:action": "skip"}
		auto := expiring("i-auto", 9*renewal.Day)
		auto.RenewalStatus = "AutoRenewal"
		w.add(expiring("i-soon", 9*renewal.Day), expiring("i-far", 11*renewal.Day), said, auto)
		r := w.run("")
		e := entry(t, r, "i-soon")
		if e.Reason != renewal.Upcoming || e.Outcome != renewal.NothingToDo || e.Decision != renewal.Renew || e.Price != "100.00" || e.Period != "1m" {
			t.Errorf("%+v", e)
		}
		if r.Status != renewal.OK || r.Counts.Due != 0 || r.Money.Planned != "0.00" || len(r.Instances) != 1 {
			t.Errorf("%s %+v %+v %+v", r.Status, r.Counts, r.Money, r.Instances)
		}
		if got := hook.got(); len(got) != 1 || !strings.Contains(got[0], "Due soon, to say no to in time (1)") || !strings.Contains(got[0], "i-soon") || strings.Contains(got[0], "i-said-no") {
			t.Errorf("%q", got)
		}
		w.unchanged()
		time.Sleep(3 * renewal.Day)
		w.run("")
		w.charged("i-soon", 1)
		w.charged("i-said-no", 0)
	})
	// Where nothing would be done, nothing is announced.
	inBubble(t, cloud.Options{}, settings{"RENEW_UPCOMING": "3d", "RENEW_ACTION": "report"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-soon", 9*renewal.Day))
		if r := w.run(""); len(r.Instances) != 0 {
			t.Errorf("%+v", r.Instances)
		}
	})
}
