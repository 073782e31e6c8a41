package config

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// carryOut makes in what the success of d makes of it.
func carryOut(d renewal.Decision, in renewal.Instance) renewal.Instance {
	switch d.Action {
	case renewal.Renew:
		in.Expires = d.Expected()
		if in.Expires.After(now) {
			in.Locks = nil
		}
	case renewal.AutoRenew, renewal.AutoRenewOff, renewal.LetLapse:
		state := d.Target()
		in.Mode, in.Auto = state.Mode, state.Term
	case renewal.None, renewal.ReportOnly, renewal.Skip:
	}
	return in
}

// Whatever settings are accepted: what was paid for is not due again, what was
// set is not set again, and after that nothing is left to do. An instance that
// was over may need a second term to come into the present; no more.
func TestRunAgainAfterSuccessFindsNothingToDo(t *testing.T) {
	pick := func(t *rapid.T, label string, values ...string) string {
		return rapid.SampledFrom(values).Draw(t, label)
	}
	rapid.Check(t, func(t *rapid.T) {
		variables := []string{"RENEW_MAX_COUNT=unlimited"}
		for _, row := range [][]string{
			{"RENEW_ACTION", "renew", "renew", "auto-renew", "auto-renew-off", "let-lapse"},
			{"RENEW_PERIOD", "", "1w", "2w", "4w", "1m", "3m", "1y"},
			{"RENEW_AUTO_PERIOD", "", "1w", "1m", "6m"},
			{"RENEW_UNTIL_DAY", "", "", "", "1", "28"},
			{"RENEW_WINDOW", "", "1h", "2d", "6d", "13d", "27d", "28d", "40d"},
			{"RENEW_RESCUE", "", "", "1d", "6d", "20d", "28d"},
			{"RENEW_BACKSTOP", "", "", "1d", "6d", "20d", "28d"},
			{"RENEW_TOO_LATE", "", "renew"},
			{"RENEW_TAG_TRUST", "", "full", "off"},
			{"RENEW_SITE", "", "", "intl"},
			{"RENEW_RULES", "", "", "- {when: 'true', period: 1w}", "- {when: 'true', period: 2w, action: renew}", "- {when: 'true', action: auto-renew, period: 1w}",
				"- {when: 'true', action: auto-renew}", "- {when: daysLeft < 1, action: renew, period: 4w}", "- {when: 'mode == \"manual\"', action: auto-renew}\n- {when: 'mode == \"auto\"', action: renew}"},
		} {
			if value := pick(t, row[0], row[1:]...); value != "" {
				variables = append(variables, row[0]+"="+value)
			}
		}
		c, err := read(variables...)
		if err != nil {
			t.Skip("refused")
		}
		left := rapid.SampledFrom([]time.Duration{time.Second, time.Hour, renewal.Day, 2 * renewal.Day, 6 * renewal.Day, 20 * renewal.Day, 0, -time.Hour, -5 * renewal.Day, -19 * renewal.Day}).Draw(t, "ends in")
		in := ending(left)
		in.Mode = rapid.SampledFrom([]renewal.Mode{renewal.Manual, renewal.Manual, renewal.Auto}).Draw(t, "mode")
		if in.Mode == renewal.Auto {
			in.Auto = renewal.Period{Months: 1}
		}
		for _, row := range [][]string{
			{"renew:action", "", "", "renew", "auto-renew"}, {"renew:period", "", "", "1w", "4w", "1m", "1y"}, {"renew:until", "", "", "2026-12-01", "2027-12-01"},
		} {
			if value := pick(t, row[0], row[1:]...); value != "" {
				in.Tags[row[0]] = value
			}
		}
		paid, story := 0, ""
		for run := range 4 {
			d := renewal.Decide(now, c.Policy, []renewal.Instance{in})[0]
			plan := renewal.Plan{Decisions: []renewal.Decision{d}}
			plan.Afford(c.Policy.Caps, nil)
			d = plan.Decisions[0]
			story += fmt.Sprintf("run %d: it ends in %v, %s: %s (%s) %s\n", run+1, in.Expires.Sub(now), in.Mode, d.Action, d.Reason, d.Term)
			if !d.Wanted() {
				break
			}
			if run == 3 {
				t.Fatalf("%q, tags %v: there is no end to it\n%s", variables, in.Tags, story)
			}
			if d.Pays() {
				paid++
			}
			if paid > 1 && left > 0 || paid > 2 {
				t.Fatalf("%q, tags %v: it is paid for again\n%s", variables, in.Tags, story)
			}
			in = carryOut(d, in)
		}
	})
}
