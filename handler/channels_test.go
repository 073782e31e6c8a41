package handler_test

import (
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// of gives an instance to a team.
func of(team string, in cloud.Instance) cloud.Instance {
	in.Tags = map[string]string{"team": team}
	return in
}

// Each team hears of its own instances, with its own counts and sums, and the
// channel without a name of everything; the rule and the tag of an instance both
// name who hears.
func TestTeamsHearOfTheirOwn(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{
		"RENEW_RULES": `[{name: payments, when: 'tags["team"] == "pay"', notify: [pay]}]`,
	}, func(t *testing.T, w *bubble) {
		all, pay, dba, idle := w.listening(8001, "ok"), w.listening(8002, `{"errcode":0}`), w.listening(8003, "ok"), w.listening(8004, "ok")
		w.env["RENEW_NOTIFY"] = all.URL + "/?token=" + hookToken + ",pay=dingtalk+" + pay.URL + "/?access_token=" + hookToken + ",dba=" + dba.URL + "/?token=" + hookToken + ",idle=" + idle.URL
		both := of("pay", due("i-both"))
		both.Tags["renew:notify"] = "dba"
		far := of("pay", due("i-far"))
		far.Expires = far.Expires.AddDate(1, 0, 0)
		w.add(of("pay", due("i-pay")), of("db", due("i-db")), both, far)
		w.run("")

		for name, tt := range map[string]struct {
			from     *listener
			has, not []string
		}{
			"without a name": {all, []string{"i-pay", "i-db", "i-both", `"listed":4`, `"due":3`, `"spent":"300.00"`, `"notify":["dba","pay"]`, `"notify":[]`}, nil},
			"by a rule":      {pay, []string{"i-pay", "i-both", "2 due, 2 done", "200.00 CNY paid", "Listed: 3"}, []string{"i-db"}},
			"by a tag":       {dba, []string{"i-both", `"due":1`, `"counts":{"listed":1,`, `"coverage":{"listed":1,`, `"spent":"100.00"`}, []string{"i-pay", "i-db"}},
		} {
			got := strings.Join(tt.from.got(), "\n")
			for _, word := range tt.has {
				if !strings.Contains(got, word) {
					t.Errorf("%s: lacks %s: %s", name, word, got)
				}
			}
			for _, word := range tt.not {
				if strings.Contains(got, word) {
					t.Errorf("%s: hears of %s: %s", name, word, got)
				}
			}
			if len(tt.from.got()) != 1 {
				t.Errorf("%s: %d messages", name, len(tt.from.got()))
			}
		}
		if len(idle.got()) != 0 {
			t.Errorf("who has nothing hears %q", idle.got())
		}
		if strings.Contains(w.logs(), hookToken) {
			t.Error("the token got out")
		}
	})
}

// What stops a run is for the channels without a name.
func TestWhatStopsARunIsForTheUnnamed(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_WINDOW": "soon", "RENEW_LANG": "zh"}, func(t *testing.T, w *bubble) {
		all, pay := w.listening(8001, "ok"), w.listening(8002, "ok")
		w.env["RENEW_NOTIFY"] = "pay=" + pay.URL + "," + all.URL
		message := w.refused("", "bad-config")
		if len(pay.got()) != 0 || len(all.got()) != 1 || !strings.Contains(all.got()[0], "RENEW_WINDOW") {
			t.Errorf("%q and %q", pay.got(), all.got())
		}
		// Everybody is spoken to in the language of the settings.
		for _, text := range []string{message, all.got()[0], w.logs()} {
			if !strings.Contains(text, "不是时长") {
				t.Errorf("it is not in Chinese: %s", text)
			}
		}
	})
}
