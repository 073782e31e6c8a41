package notify

import (
	"net/http"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func TestWhenARunIsTold(t *testing.T) {
	with := func(change func(*renewal.Report)) renewal.Report {
		r := nothingDue()
		change(&r)
		return r
	}
	switchedOn := func(r *renewal.Report) { r.Instances[0].Outcome = renewal.AutoRenewOn }
	stale := func(r *renewal.Report) { r.Instances[0].Outcome = renewal.Stale }
	for name, tt := range map[string]struct {
		r                 renewal.Report
		changes, problems bool
	}{
		"nothing due":              {nothingDue(), false, false},
		"all good":                 {allGood(), true, false},
		"something was switched":   {with(switchedOn), true, false},
		"stale, and settled":       {with(stale), true, false},
		"only reported":            {onlyReported(), true, false},
		"a dry run with something": {dryRun(), true, true}, // held
		"every problem":            {everyProblem(), true, true},
		"failed":                   {failedRun(), true, true},
		"a list is incomplete":     {unreadLists(), true, true},
		"no list at all":           {with(func(r *renewal.Report) { r.Scopes = nil }), true, true},
		"incomplete, status ok":    {with(func(r *renewal.Report) { r.Scopes[0].Complete = false }), true, true},
		"lapsing":                  {with(func(r *renewal.Report) { r.Lapsing = []string{"i-x"} }), true, true},
		"a warning":                {with(func(r *renewal.Report) { r.Warnings = []string{"w"} }), true, true},
		"status partial":           {with(func(r *renewal.Report) { r.Status = renewal.Partial }), true, true},
		"held, by count only":      {with(func(r *renewal.Report) { r.Counts.Held = 1 }), true, true},
		"not tried":                {with(func(r *renewal.Report) { r.Instances[0].Outcome = renewal.NotTried }), true, true},
		"locked":                   {with(func(r *renewal.Report) { r.Instances[0].Reason = renewal.Locked }), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			for when, want := range map[When]bool{
				Always: true, Changes: tt.changes, "": tt.changes, Problems: tt.problems, "unknown": true,
			} {
				calls := 0
				transport := roundTrip(func(*http.Request) (*http.Response, error) {
					calls++
					return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}, nil
				})
				n := New(Options{Channels: []Channel{channelTo(t, Webhook, loop, "")}, Transport: transport, When: when})
				if warnings := n.Tell(t.Context(), tt.r); warnings != nil {
					t.Fatal(warnings)
				}
				if (calls > 0) != want {
					t.Errorf("%q: told %t, want %t", when, calls > 0, want)
				}
			}
		})
	}
}

func TestWithoutChannelsNothingHappens(t *testing.T) {
	n := New(Options{When: Always, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		panic("nobody is to be called")
	})})
	if w := n.Tell(t.Context(), failedRun()); w != nil {
		t.Error(w)
	}
	if w := n.TellError(t.Context(), Problem{}); w != nil {
		t.Error(w)
	}
	if w := n.Beat(t.Context(), allGood()); w != nil {
		t.Error(w)
	}
}
