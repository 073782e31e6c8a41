package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Switching auto-renewal, judged by what the cloud has set, not by the calls.

func TestAutoRenewalIsSwitched(t *testing.T) {
	t.Parallel()
	with := func(id, status string) cloud.Instance {
		in := expiring(id, 5*renewal.Day)
		in.RenewalStatus = status
		if status == "AutoRenewal" {
			in.AutoDuration, in.AutoUnit = 1, "Month"
		}
		return in
	}
	for action, want := range map[string]map[string]renewal.Outcome{
		"auto-renew":     {"i-manual": renewal.AutoRenewOn, "i-auto": renewal.NothingToDo, "i-lapse": renewal.NothingToDo},
		"auto-renew-off": {"i-manual": renewal.NothingToDo, "i-auto": renewal.AutoRenewIsOff, "i-lapse": renewal.NothingToDo},
		"let-lapse":      {"i-manual": renewal.LapseSet, "i-auto": renewal.LapseSet, "i-lapse": renewal.NothingToDo},
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, map[string]string{"RENEW_ACTION": action, "RENEW_AUTO_PERIOD": "1m"}, func(t *testing.T, w *bubble) {
				w.add(with("i-manual", "Normal"), with("i-auto", "AutoRenewal"), with("i-lapse", "NotRenewal"))
				r := w.run("")
				for id, o := range want {
					outcome(t, r, id, o)
				}
				if r.Status != renewal.OK || len(w.cloud.Ledger()) != 0 {
					t.Errorf("%s, ledger %+v", r.Status, w.cloud.Ledger())
				}
				if s := w.status("i-lapse"); !strings.HasPrefix(s, "NotRenewal") {
					t.Errorf("do-not-renew was undone: %s", s)
				}
				expected := map[string]string{"auto-renew": "AutoRenewal 1 Month", "auto-renew-off": "Normal", "let-lapse": "NotRenewal"}[action]
				if s := w.status("i-manual"); !strings.HasPrefix(s, expected) {
					t.Errorf("i-manual is %s, want %s", s, expected)
				}
				for _, call := range w.cloud.Calls() {
					if call.Action == "ModifyInstanceAutoRenewAttribute" && (call.Params.Get("RenewalStatus") == "" || call.Params.Has("AutoRenew")) {
						t.Errorf("the setting is not explicit: %v", call.Params)
					}
				}
			})
		})
	}
}

func TestAutoRenewalInBatches(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_ACTION": "auto-renew", "RENEW_AUTO_PERIOD": "1y", "RENEW_MAX_COUNT": "unlimited"}, func(t *testing.T, w *bubble) {
		for i := range 120 {
			w.add(expiring(fmt.Sprintf("i-%03d", i), 5*renewal.Day))
		}
		r := w.run("")
		if r.Counts.AutoRenewOn != 120 {
			t.Errorf("%+v", r.Counts)
		}
		if n := w.cloud.CallCount("ModifyInstanceAutoRenewAttribute"); n != 3 {
			t.Errorf("%d calls for 120 instances, want 3", n)
		}
	})
}

// One id spoils a batch: the others are set one by one.
func TestRefusedBatchGoesOneByOne(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_ACTION": "auto-renew"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 5*renewal.Day), expiring("i-2", 5*renewal.Day), expiring("i-3", 5*renewal.Day))
		w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Instance: "i-2", Kind: cloud.RefuseBefore, Status: 403, Code: "IncorrectInstanceStatus"})
		r := w.run("")
		outcome(t, r, "i-1", renewal.AutoRenewOn)
		outcome(t, r, "i-2", renewal.OutcomeFailed)
		outcome(t, r, "i-3", renewal.AutoRenewOn)
		if r.Status != renewal.Partial {
			t.Errorf("%s", r.Status)
		}
	})
}

// Accepted, and it does not show: not called on.
func TestAutoRenewalThatDoesNotShow(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{AttributeDelay: -1}, map[string]string{"RENEW_ACTION": "auto-renew"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 5*renewal.Day))
		r := w.run("")
		outcome(t, r, "i-1", renewal.Unverified)
		if r.Status != renewal.Partial {
			t.Errorf("%s", r.Status)
		}
	})
}

// Lost answers do no harm here: the call is made again and read back.
func TestAutoRenewalWithLostAnswers(t *testing.T) {
	t.Parallel()
	for _, kind := range []cloud.FaultKind{cloud.LoseAnswer, cloud.ErrorAfter, cloud.HTMLBody, cloud.Throttle, cloud.ResetBefore} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, map[string]string{"RENEW_ACTION": "auto-renew"}, func(t *testing.T, w *bubble) {
				w.add(expiring("i-1", 5*renewal.Day))
				w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 1, Kind: kind})
				outcome(t, w.run(""), "i-1", renewal.AutoRenewOn)
			})
		})
	}
}

func TestTooLateForAutoRenewal(t *testing.T) {
	t.Parallel()
	for too, want := range map[string]renewal.Outcome{"report": renewal.NothingToDo, "renew": renewal.Renewed} {
		t.Run(too, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, map[string]string{"RENEW_ACTION": "auto-renew", "RENEW_TOO_LATE": too}, func(t *testing.T, w *bubble) {
				w.add(expiring("i-1", 30*time.Hour))
				r := w.run("")
				outcome(t, r, "i-1", want)
				if e := entry(t, r, "i-1"); e.Reason != renewal.TooLateForAuto {
					t.Errorf("%s", e.Reason)
				}
				if (r.Status == renewal.OK) != (too == "renew") {
					t.Errorf("%s", r.Status)
				}
			})
		})
	}
}

// What the provider renews is not paid for, until the backstop.
func TestProviderRenews(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_BACKSTOP": "1d"}, func(t *testing.T, w *bubble) {
		auto := func(id string, in time.Duration) cloud.Instance {
			i := expiring(id, in)
			i.RenewalStatus = "AutoRenewal"
			return i
		}
		w.add(auto("i-early", 5*renewal.Day), auto("i-late", 20*time.Hour))
		r := w.run("")
		w.charged("i-early", 0)
		w.charged("i-late", 1)
		if e := entry(t, r, "i-late"); e.Reason != renewal.Backstop || e.Outcome != renewal.Renewed {
			t.Errorf("%+v", e)
		}
	})
}

// Expired and not yet released: renewed only where rescue is asked for.
func TestRescue(t *testing.T) {
	t.Parallel()
	for rescue, want := range map[string]int{"0": 0, "1d": 0, "3d": 1} {
		t.Run(rescue, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, map[string]string{"RENEW_RESCUE": rescue}, func(t *testing.T, w *bubble) {
				w.add(expiring("i-1", -2*renewal.Day))
				r := w.run("")
				w.charged("i-1", want)
				if e := entry(t, r, "i-1"); (e.Reason == renewal.Rescue) != (want == 1) || (e.Reason == renewal.Expired) != (want == 0) {
					t.Errorf("%+v", e)
				}
			})
		})
	}
}

// An instance whose renewal mode cannot be read is not acted upon, and said so.
func TestUnknownStateIsNotActedUpon(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		missing := due("i-1")
		missing.NoAttribute = true
		w.add(missing, due("i-2"))
		r := w.run("")
		w.charged("i-1", 0)
		w.charged("i-2", 1)
		if e := entry(t, r, "i-1"); e.Reason != renewal.StateUnknown || e.Mode != renewal.Unknown {
			t.Errorf("%+v", e)
		}
		if r.Status != renewal.Partial {
			t.Errorf("%s", r.Status)
		}
	})
}

// Who may not switch auto-renewal may still renew: a refusal of the one does
// not stop the other.
func TestRefusedChangeDoesNotStopPayments(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{Processing: 100 * time.Millisecond}, map[string]string{"RENEW_CONCURRENCY": "1"}, func(t *testing.T, w *bubble) {
		tagged := expiring("i-0", 5*renewal.Day)
		tagged.Tags = map[string]string{"renew:action": "auto-renew"}
		w.add(tagged, due("i-1"), due("i-2"), due("i-3"))
		w.cloud.SetDenied(account, "ecs:ModifyInstanceAutoRenewAttribute")
		r := w.run("")
		outcome(t, r, "i-0", renewal.OutcomeFailed)
		for _, id := range []string{"i-1", "i-2", "i-3"} {
			w.charged(id, 1)
		}
	})
}

// Auto-renewal: first answer lost though set, then throttled / refused: called failed.
func TestChangeInDoubtIsNotCalledFailed(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_ACTION": "auto-renew"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 5*renewal.Day))
		w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 1, Kind: cloud.LoseAnswer})
		w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 2, Kind: cloud.RefuseBefore, Status: 403, Code: "IncorrectInstanceStatus"})
		r := w.run("")
		if e := entry(t, r, "i-1"); e.Outcome == renewal.OutcomeFailed && strings.HasPrefix(w.status("i-1"), "AutoRenewal") {
			t.Errorf("called failed, and it is %s", w.status("i-1"))
		}
	})
}

// A change in doubt, then refused for the batch and for each alone: what was set
// is not called failed.
func TestBatchInDoubtIsReadBack(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_ACTION": "auto-renew"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 5*renewal.Day), expiring("i-2", 5*renewal.Day))
		w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 1, Kind: cloud.LoseAnswer})
		w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 2, Count: 9, Kind: cloud.RefuseBefore, Status: 403, Code: "IncorrectInstanceStatus"})
		r := w.run("")
		for _, id := range []string{"i-1", "i-2"} {
			outcome(t, r, id, renewal.AutoRenewOn)
		}
	})
}
