package message

import (
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
		"a doubt about a rule":     {with(func(r *renewal.Report) { r.Warnings, r.Quiet = []string{"w"}, 1 }), false, false},
		"a doubt and a warning":    {with(func(r *renewal.Report) { r.Warnings, r.Quiet = []string{"w", "v"}, 1 }), true, true},
		"status partial":           {with(func(r *renewal.Report) { r.Status = renewal.Partial }), true, true},
		"held, by count only":      {with(func(r *renewal.Report) { r.Counts.Held = 1 }), true, true},
		"not tried":                {with(func(r *renewal.Report) { r.Instances[0].Outcome = renewal.NotTried }), true, true},
		"locked":                   {with(func(r *renewal.Report) { r.Instances[0].Reason = renewal.Locked }), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			for when, want := range map[When]bool{
				Always: true, Changes: tt.changes, "": tt.changes, Problems: tt.problems, "unknown": true,
			} {
				if got := when.Wants(tt.r); got != want {
					t.Errorf("%q: told %t, want %t", when, got, want)
				}
			}
		})
	}
}
