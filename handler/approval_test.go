package handler_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// Payments that wait for a person, judged by the ledger.

// waiting are the codes of what a report says waits, by id.
func waiting(r renewal.Report) map[string]string {
	codes := map[string]string{}
	for _, e := range r.Instances {
		if e.Reason == renewal.NotApproved {
			codes[e.ID] = e.Approval
		}
	}
	return codes
}

func approve(codes ...string) string {
	text, _ := json.Marshal(map[string][]string{"approve": codes})
	return string(text)
}

// The whole round: the morning's run lets wait, a person sends two codes, of
// which one stands for nothing any more, and the other is paid.
func TestApprovalRound(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "zh"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_APPROVAL": "50 CNY", "RENEW_LANG": language}, func(t *testing.T, w *bubble) {
				w.addPriced(100, 200, 300, 10)
				first := w.run("")
				codes := waiting(first)
				if len(codes) != 3 || first.Status != renewal.Partial || !slices.Equal(w.paid(), []string{"i-03"}) {
					t.Fatalf("%s, %d wait, paid for %v", first.Status, len(codes), w.paid())
				}
				dearer, _ := w.cloud.Instance("i-01")
				w.cloud.RemoveInstance("i-01")
				dearer.MonthlyPrice = "201"
				w.add(dearer)
				r := w.run(approve(codes["i-00"], codes["i-01"]))
				outcome(t, r, "i-00", renewal.Renewed)
				outcome(t, r, "i-01", renewal.Held)
				if !slices.Equal(w.paid(), []string{"i-03", "i-00"}) || !strings.Contains(strings.Join(r.Warnings, "\n"), codes["i-01"]) {
					t.Errorf("paid for %v, warnings %q", w.paid(), r.Warnings)
				}
			})
		})
	}
}

// An approval lifts nothing else.
func TestApprovalLiftsNothing(t *testing.T) {
	t.Parallel()
	tag := func(key, value string) func(w *bubble) {
		return func(w *bubble) { w.cloud.SetTags("i-00", map[string]string{key: value}) }
	}
	for name, tt := range map[string]struct {
		prepare func(w *bubble)
		stays   bool // the code still stands for the payment
	}{
		"a tag that says skip": {tag("renew:action", "skip"), false},
		"do-not-renew":         {func(w *bubble) { w.cloud.SetRenewalStatus("i-00", "NotRenewal") }, false},
		"a lock":               {func(w *bubble) { w.cloud.SetLocks("i-00", "security") }, false},
		"an exclusion":         {func(w *bubble) { w.env["RENEW_EXCLUDE_IDS"] = "i-00" }, false},
		"a cap of the run":     {func(w *bubble) { w.env["RENEW_MAX_COUNT"] = "0" }, true},
		"the brake":            {func(w *bubble) { w.env["RENEW_DRY_RUN"] = "true" }, true},
		"another term":         {func(w *bubble) { w.env["RENEW_PERIOD"] = "2m" }, false},
		"it was renewed":       {func(w *bubble) { w.cloud.SetExpiry("i-00", time.Now().Add(40*renewal.Day)) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_APPROVAL": "all"}, func(t *testing.T, w *bubble) {
				w.addPriced(100)
				code := waiting(w.run(""))["i-00"]
				tt.prepare(w)
				if tt.stays {
					w.run(approve(code))
				} else {
					w.refused(approve(code), runner.BadEvent)
				}
				w.charged("i-00", 0)
			})
		})
	}
}

// Twice, at once, by two people, and while the timer runs: one charge.
func TestApprovedTwiceIsPaidOnce(t *testing.T) {
	t.Parallel()
	for _, apart := range []time.Duration{0, 200 * time.Millisecond, time.Second, 5 * time.Second, 30 * time.Second} {
		t.Run(fmt.Sprint(apart), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{ExpiryDelay: 20 * time.Second, Latency: 100 * time.Millisecond}, settings{"RENEW_APPROVAL": "all"}, func(t *testing.T, w *bubble) {
				w.addPriced(100)
				code := waiting(w.run(""))["i-00"]
				timer, one := w.begin(""), w.begin(approve(code))
				time.Sleep(apart)
				two := w.begin(approve(code))
				for _, i := range []*invocation{timer, one, two} {
					<-i.done // the last may find that its code stands for nothing any more
				}
				w.charged("i-00", 1)
			})
		})
	}
}

// What is no approval is refused, with nothing called that changes anything.
func TestEventsThatApproveNothing(t *testing.T) {
	t.Parallel()
	many := make([]string, 500)
	for i := range many {
		many[i] = fmt.Sprintf("k7w2m4fz%04d", i)
	}
	for name, event := range map[string]string{
		"an empty list":         `{"approve":[]}`,
		"no list":               `{"approve":"k7w2m4fz9pqt"}`,
		"no code, beside one":   `{"approve":["k7w2m4fz9pqt","k7w2"]}`,
		"capitals":              `{"approve":["K7W2M4FZ9PQT"]}`,
		"a number":              `{"approve":[123456789012]}`,
		"one letter wrong":      `{"aprove":["k7w2m4fz9pqt"]}`,
		"a timer's":             `{"triggerTime":"2026-11-29T22:00:00Z","triggerName":"t","payload":"{\"approve\":[\"k7w2m4fz9pqt\"]}"}`,
		"all stand for nothing": approve(many...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_APPROVAL": "all"}, func(t *testing.T, w *bubble) {
				w.addPriced(100)
				w.refused(event, runner.BadEvent)
			})
		})
	}
	t.Run("nothing asks for approval", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			w.addPriced(100)
			w.refused(approve("k7w2m4fz9pqt"), runner.BadEvent)
		})
	})
}

// Near enough to its expiry it no longer waits, where its owner chose so.
func TestApprovalUntil(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_APPROVAL": "all", "RENEW_APPROVAL_UNTIL": "1d"}, func(t *testing.T, w *bubble) {
		w.addPriced(100, 100, 100) // in 12, 24 and 36 hours
		r := w.run("")
		outcome(t, r, "i-00", renewal.Renewed)
		outcome(t, r, "i-02", renewal.Held)
		if !strings.Contains(strings.Join(r.Warnings, "\n"), "RENEW_APPROVAL_UNTIL") {
			t.Errorf("it is not said that nobody has approved it: %q", r.Warnings)
		}
	})
}
