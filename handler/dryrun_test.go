package handler_test

import (
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A dry run has the status that the run itself has: what it shows is trusted when
// the brake is taken away.
func TestDryRunHasTheStatusOfTheRun(t *testing.T) {
	t.Parallel()
	locked := func() cloud.Instance {
		in := due("i-locked")
		in.Locks = []string{"security"}
		return in
	}
	for name, tt := range map[string]struct {
		s         settings
		instances func() []cloud.Instance // when the bubble has its time
		want      renewal.Status
	}{
		"all is renewed":              {nil, func() []cloud.Instance { return []cloud.Instance{due("i-1"), due("i-2")} }, renewal.OK},
		"nothing is due":              {nil, func() []cloud.Instance { return []cloud.Instance{expiring("i-1", 20*renewal.Day)} }, renewal.OK},
		"one before the next run":     {nil, func() []cloud.Instance { return []cloud.Instance{expiring("i-1", renewal.Day/4)} }, renewal.OK},
		"one is over the number":      {settings{"RENEW_MAX_COUNT": "1"}, func() []cloud.Instance { return []cloud.Instance{due("i-1"), due("i-2")} }, renewal.Partial},
		"all are over the money":      {settings{"RENEW_MAX_SPEND": "1"}, func() []cloud.Instance { return []cloud.Instance{due("i-1"), due("i-2")} }, renewal.Failed},
		"all wait for a person":       {settings{"RENEW_APPROVAL": "all"}, func() []cloud.Instance { return []cloud.Instance{due("i-1")} }, renewal.Partial},
		"one is locked":               {nil, func() []cloud.Instance { return []cloud.Instance{due("i-1"), locked()} }, renewal.Partial},
		"auto-renewal is switched on": {settings{"RENEW_ACTION": "auto-renew"}, func() []cloud.Instance { return []cloud.Instance{expiring("i-1", 5*renewal.Day)} }, renewal.OK},
		"too late for auto-renewal": {settings{"RENEW_ACTION": "auto-renew"}, func() []cloud.Instance {
			return []cloud.Instance{expiring("i-1", renewal.Day), expiring("i-2", 5*renewal.Day)}
		}, renewal.Partial},
		"let go":        {settings{"RENEW_ACTION": "let-lapse"}, func() []cloud.Instance { return []cloud.Instance{expiring("i-1", renewal.Day/4)} }, renewal.OK},
		"only reported": {settings{"RENEW_ACTION": "report"}, func() []cloud.Instance { return []cloud.Instance{due("i-1"), locked()} }, renewal.OK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.s, func(t *testing.T, w *bubble) {
				w.add(tt.instances()...)
				dry := w.run(`{"dryRun":true}`)
				w.unchanged()
				if real := w.run(""); dry.Status != tt.want || real.Status != tt.want {
					t.Errorf("%s in the dry run, %s in the run, want %s", dry.Status, real.Status, tt.want)
				}
			})
		})
	}
}
