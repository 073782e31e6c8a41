package local

import (
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What is off the script of a round is found: else it would prove nothing.
func TestRoundOffScript(t *testing.T) {
	t.Parallel()
	good := func() round {
		return round{
			morning: renewal.Report{Instances: []renewal.Entry{{ID: demoApproved, Approval: "aaa"}, {ID: demoStale, Approval: "bbb"}}},
			answer: renewal.Report{
				Instances: []renewal.Entry{{ID: demoApproved, Outcome: renewal.Renewed}, {ID: demoStale, Outcome: renewal.Held, Approval: "ccc"}},
				Warnings:  []string{"bbb is none"},
			},
			charges: []cloud.Charge{{Instance: demoApproved}},
		}
	}
	for name, change := range map[string]func(r *round){
		"it does not wait":         func(r *round) { r.morning.Instances[0].Approval = "" },
		"charged before":           func(r *round) { r.before = r.charges },
		"charged twice":            func(r *round) { r.charges = append(r.charges, r.charges[0]) },
		"the stale one is charged": func(r *round) { r.charges[0].Instance = demoStale },
		"nothing is charged":       func(r *round) { r.charges = nil },
		"not renewed":              func(r *round) { r.answer.Instances[0].Outcome = renewal.Unverified },
		"the stale one is renewed": func(r *round) { r.answer.Instances[1].Outcome = renewal.Renewed },
		"the code stays":           func(r *round) { r.answer.Instances[1].Approval = "bbb" },
		"nobody is told":           func(r *round) { r.answer.Warnings = nil },
	} {
		r := good()
		if wrong := r.offScript(); len(wrong) > 0 {
			t.Fatal(wrong)
		}
		if change(&r); len(r.offScript()) == 0 {
			t.Errorf("%s, and nothing is said", name)
		}
	}
}
