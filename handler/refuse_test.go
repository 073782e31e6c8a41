package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// Paying stops when the account cannot pay: the API is not hammered, and what
// was not reached is named.
func TestNoBalanceStopsPaying(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 8} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, map[string]string{"RENEW_CONCURRENCY": fmt.Sprint(concurrency)}, func(t *testing.T, w *bubble) {
				for i := range 10 {
					w.cloud.AddInstance(expiring(fmt.Sprintf("i-%d", i), time.Duration(i+1)*12*time.Hour))
				}
				w.cloud.SetBalance(account, "300")
				r := w.run("")
				if n := len(w.cloud.Ledger()); n != 3 {
					t.Errorf("%d charges, want 3", n)
				}
				if n := w.cloud.CallCount("RenewInstance"); n > 3+concurrency+2 {
					t.Errorf("%d money calls", n)
				}
				if c := r.Counts; c.Renewed != 3 || c.Failed < 1 || c.Failed+c.NotTried != 7 || r.Status != renewal.Partial {
					t.Errorf("%s %+v", r.Status, c)
				}
				for _, e := range r.Instances {
					if e.Outcome != renewal.Renewed && !strings.Contains(e.Error, "NotEnoughBalance") {
						t.Errorf("%s does not say why: %+v", e.ID, e)
					}
				}
			})
		})
	}
}

// A permission that is missing for the money call says nothing about the next
// instance: rights can be given by tag and by instance.
func TestNoPermissionToRenew(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_CONCURRENCY": "1"}, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), due("i-2"), due("i-3"))
		w.cloud.SetDenied(account, "ecs:RenewInstance")
		r := w.run("")
		if n := w.cloud.CallCount("RenewInstance"); n != 3 {
			t.Errorf("%d money calls, want 3", n)
		}
		if r.Status != renewal.Failed || r.Counts.Failed != 3 {
			t.Errorf("%s %+v", r.Status, r.Counts)
		}
		if e := r.Instances[0]; !strings.Contains(e.Error, "ecs:RenewInstance") || !strings.Contains(e.Error, "request id") {
			t.Errorf("the error does not say what to do: %s", e.Error)
		}
	})
}

func TestRefusedInstanceDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		broken := due("i-1")
		broken.UnpaidOrder = true
		w.add(broken, expiring("i-2", 4*renewal.Day))
		r := w.run("")
		w.charged("i-1", 0)
		w.charged("i-2", 1)
		outcome(t, r, "i-1", renewal.OutcomeFailed)
		outcome(t, r, "i-2", renewal.Renewed)
		if e := entry(t, r, "i-1"); !strings.Contains(e.Error, "Instance.UnPaidOrder") || !strings.Contains(e.Error, "order") {
			t.Errorf("%s", e.Error)
		}
		if r.Status != renewal.Partial {
			t.Errorf("status %s", r.Status)
		}
	})
}

// No charge starts when the time left is shorter than a call and the reserve.
func TestDeadlineNear(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), due("i-2"))
		w.timeout = 12 * time.Second
		r := w.run("")
		w.unchanged()
		if r.Counts.NotTried != 2 || r.Status != renewal.Failed || len(r.Lapsing) != 0 {
			t.Errorf("%s %+v", r.Status, r)
		}
	})
}

// The money calls are slow: charges stop in time, nearest expiry first, and the
// next run takes the rest.
func TestStopsInTimeAndGoesOnNextTime(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{Processing: 20 * time.Second}, map[string]string{"RENEW_CONCURRENCY": "1"}, func(t *testing.T, w *bubble) {
		for i := range 8 {
			w.cloud.AddInstance(expiring(fmt.Sprintf("i-%d", i), time.Duration(i+1)*12*time.Hour))
		}
		w.timeout = 2 * time.Minute
		deadline := time.Now().Add(w.timeout)
		r := w.run("")
		for _, call := range w.cloud.Calls() {
			if left := deadline.Sub(call.Wall); call.Action == "RenewInstance" && left < 45*time.Second {
				t.Errorf("a payment began %v before the deadline; a call may take 30 s, and the reserve is 15 s", left)
			}
		}
		if r.Counts.Renewed == 0 || r.Counts.NotTried == 0 || r.Counts.Renewed+r.Counts.NotTried != 8 {
			t.Fatalf("%+v", r.Counts)
		}
		for i, e := range r.Instances {
			if want := i < r.Counts.Renewed; (e.Outcome == renewal.Renewed) != want {
				t.Errorf("%s: %s, out of order", e.ID, e.Outcome)
			}
		}
		if first := r.Counts.Renewed; w.run("").Counts.Renewed == 0 || w.cloud.Charges(fmt.Sprintf("i-%d", first)) != 1 {
			t.Error("the next run did not go on with the nearest")
		}
		for i := range 8 {
			if w.cloud.Charges(fmt.Sprintf("i-%d", i)) > 1 {
				t.Errorf("i-%d was paid for twice", i)
			}
		}
	})
}

func TestBadInputStopsBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   map[string]string
		event string
		kind  runner.Kind
		words []string
	}{
		"a window in words":        {env: map[string]string{"RENEW_WINDOW": "soon"}, kind: "bad-config", words: []string{"RENEW_WINDOW", "7d"}},
		"an unknown action":        {env: map[string]string{"RENEW_ACTION": "yes"}, kind: "bad-config", words: []string{"RENEW_ACTION", "auto-renew"}},
		"an unknown name":          {env: map[string]string{"RENEW_MAXCOUNT": "5"}, kind: "bad-config", words: []string{"RENEW_MAXCOUNT", "RENEW_MAX_COUNT"}},
		"two problems":             {env: map[string]string{"RENEW_MAXCOUNT": "5", "RENEW_WINDOW": "x"}, kind: "bad-config", words: []string{"RENEW_MAXCOUNT", "RENEW_WINDOW"}},
		"http off this machine":    {env: map[string]string{"RENEW_ENDPOINT": "http://example.com"}, kind: "bad-config", words: []string{"RENEW_ENDPOINT", "https"}},
		"an empty region list":     {env: map[string]string{"RENEW_REGIONS": ""}, kind: "bad-config", words: []string{"RENEW_REGIONS"}},
		"printing of requests":     {env: map[string]string{"DEBUG": "sdk"}, kind: "bad-config", words: []string{"DEBUG"}},
		"a key in lower case":      {event: `{"dryrun":true}`, kind: "bad-event", words: []string{"dryrun", "dryRun"}},
		"a payload in words":       {event: `{"triggerTime":"2026-11-23T01:00:00Z","triggerName":"t","payload":"awesome"}`, kind: "bad-event", words: []string{"payload", "JSON"}},
		"no instances":             {event: `{"instanceIds":[]}`, kind: "bad-event", words: []string{"instanceIds", "empty"}},
		"no regions":               {event: `{"regions":[]}`, kind: "bad-event", words: []string{"regions", "empty"}},
		"the console's sample":     {event: `{"key1":"value1","key2":"value2"}`, kind: "bad-event", words: []string{"key1", "dryRun"}},
		"another region":           {event: `{"regions":["cn-beijing"]}`, kind: "bad-event", words: []string{"cn-beijing", "cn-hangzhou"}},
		"a longer window":          {event: `{"window":"8d"}`, kind: "bad-event", words: []string{"window"}},
		"the brake lifted":         {env: map[string]string{"RENEW_DRY_RUN": "true"}, event: `{"dryRun":false}`, kind: "bad-event", words: []string{"RENEW_DRY_RUN"}},
		"an instance not selected": {env: map[string]string{"RENEW_IDS": "i-1"}, event: `{"instanceIds":["i-2"]}`, kind: "bad-event", words: []string{"i-2", "RENEW_IDS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
				w.add(due("i-1"), due("i-2"))
				message := w.refused(tt.event, tt.kind)
				for _, word := range tt.words {
					if !strings.Contains(message, word) {
						t.Errorf("the message lacks %q: %s", word, message)
					}
				}
				if n := w.cloud.CallCount(""); n != 0 {
					t.Errorf("%d calls were made", n)
				}
				if !strings.Contains(w.logs(), `"msg":"report"`) {
					t.Error("the report was not logged")
				}
			})
		})
	}
}

// No setting but the one makes it spend, and the brake beats that one.
func TestNothingIsChangedWithoutTheOneSwitch(t *testing.T) {
	t.Parallel()
	rule := `[{"name":"all","when":"true","action":"renew"}]`
	for name, env := range map[string]map[string]string{
		"no setting at all":              {"RENEW_ACTION": unset},
		"report, with a rule to renew":   {"RENEW_ACTION": "report", "RENEW_RULES": rule, "RENEW_TAG_TRUST": "full"},
		"renew, with the brake":          {"RENEW_DRY_RUN": "true"},
		"auto-renew, with the brake":     {"RENEW_ACTION": "auto-renew", "RENEW_DRY_RUN": "true"},
		"let-lapse, with the brake":      {"RENEW_ACTION": "let-lapse", "RENEW_DRY_RUN": "true"},
		"auto-renew-off, with the brake": {"RENEW_ACTION": "auto-renew-off", "RENEW_DRY_RUN": "true"},
		"the brake and trusted tags":     {"RENEW_DRY_RUN": "true", "RENEW_TAG_TRUST": "full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, env, func(t *testing.T, w *bubble) {
				tagged, auto := due("i-tagged"), due("i-auto")
				tagged.Tags = map[string]string{"renew:action": "renew"}
				auto.RenewalStatus = "AutoRenewal"
				w.add(due("i-1"), tagged, auto)
				r := w.run("")
				w.unchanged()
				if r.Status != renewal.OK || len(r.Instances) != 3 {
					t.Errorf("%s %+v", r.Status, r.Instances)
				}
			})
		})
	}
	t.Run("renew, with an event that asks for a dry run", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			r := w.run(`{"dryRun":true}`)
			w.unchanged()
			outcome(t, r, "i-1", renewal.Planned)
			if e := r.Instances[0]; !r.DryRun || e.Price != "100.00" || e.NewExpires == "" || r.Money.Planned != "100.00" {
				t.Errorf("%+v", r)
			}
		})
	})
}
