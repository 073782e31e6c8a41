package renewal

import (
	"slices"
	"testing"
	"time"
)

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
			if got := slices.Contains(r.Lapsing, tt.in.ID); got != tt.lapses || r.Status != OK {
				t.Errorf("lapsing: %t, want %t; status %s", got, tt.lapses, r.Status)
			}
		})
	}
}
