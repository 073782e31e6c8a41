package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Every way in which the answer to a money call can be lost, after and before
// the cloud has charged: one charge, and never called failed.
func TestLostAnswerPaysOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []cloud.FaultKind{
		cloud.LoseAnswer, cloud.ErrorAfter, cloud.ResetBefore, cloud.ResetAfter, cloud.EmptyBody, cloud.CutBody,
		cloud.HTMLBody, cloud.BadGateway, cloud.BadGatewayAfter, cloud.Redirect, cloud.OddDetail, cloud.Throttle,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: kind, Call: 1})
				r := w.run("")
				w.charged("i-1", 1)
				outcome(t, r, "i-1", renewal.Renewed)
				w.oneToken("i-1")
			})
		})
	}
}

// A status of 500 and above is unknown, whatever code it comes with: the cloud
// may have charged.
func TestServerErrorWithACodePaysOnce(t *testing.T) {
	t.Parallel()
	for _, status := range []int{500, 503} {
		for _, code := range []string{"IdempotentFailed", "OperationDenied.NoStock", "InsufficientBalance", "IncorrectInstanceStatus", "Forbidden.RAM", "Throttling.User"} {
			t.Run(fmt.Sprintf("%d %s", status, code), func(t *testing.T) {
				t.Parallel()
				inBubble(t, cloud.Options{ExpiryDelay: -1}, nil, func(t *testing.T, w *bubble) {
					w.add(due("i-1"))
					w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Count: 2, Kind: cloud.ErrorAfter, Status: status, Code: code})
					r := w.run("")
					w.charged("i-1", 1)
					w.oneToken("i-1")
					outcome(t, r, "i-1", renewal.Unverified)
				})
			})
		}
	}
}

// Nor does an answer that the cloud is too busy say that nothing was charged,
// where its status is one of these.
func TestBusyServerThatHasChargedIsUnknown(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: -1}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.ErrorAfter, Status: 503, Code: "Throttling.User"})
		r := w.run("")
		w.charged("i-1", 1)
		w.oneToken("i-1")
		outcome(t, r, "i-1", renewal.OutcomeUnknown)
		if r.Money.Unverified != "100.00" {
			t.Errorf("%+v", r.Money)
		}
	})
}

// Even a refusal that says the token has failed before is watched before another
// token is used: it may be untrue.
func TestUntrueRefusalAfterTheChargePaysOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: 3 * time.Second}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Kind: cloud.ErrorAfter, Status: 400, Code: "IdempotentFailed"})
		w.run("")
		w.charged("i-1", 1)
	})
}

// The answer comes after the client has given up, and the cloud has charged.
func TestAnswerAfterTheTimeoutPaysOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.SlowAfter, Call: 1, Delay: time.Minute})
		r := w.run("")
		w.charged("i-1", 1)
		w.oneToken("i-1")
		outcome(t, r, "i-1", renewal.Renewed)
	})
}

// Nothing shows that the call has paid: the outcome is unknown, and the status
// is not failed.
func TestUnknownIsNeitherFailedNorRenewed(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: -1}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.LoseAnswer})
		r := w.run("")
		w.charged("i-1", 1)
		w.oneToken("i-1")
		outcome(t, r, "i-1", renewal.OutcomeUnknown)
		if r.Status != renewal.Partial || r.Money.Spent != "0.00" || r.Money.Unverified != "100.00" {
			t.Errorf("status %s, money %+v", r.Status, r.Money)
		}
		w.cloud.ClearFaults()
		w.run("") // the next run, with nothing to be seen yet
		w.charged("i-1", 1)
	})
}

// The expiry moves so late that two runs do not see it.
func TestLateExpiryIsNotPaidTwice(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: -1}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		for range 2 {
			outcome(t, w.run(""), "i-1", renewal.Unverified)
			w.charged("i-1", 1)
		}
		w.cloud.ShowExpiry("i-1")
		if r := w.run(""); r.Counts.Due != 0 {
			t.Errorf("still due: %+v", r)
		}
		w.charged("i-1", 1)
	})
}

// Two who start a run at once, while an order takes its time.
func TestTwoRunsAtOncePayOnce(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []string{"1", "8", "64"} {
		t.Run(concurrency, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{Processing: 3 * time.Second}, settings{"RENEW_CONCURRENCY": concurrency}, func(t *testing.T, w *bubble) {
				for i := range 12 {
					w.add(due(fmt.Sprintf("i-%d", i)))
				}
				for _, run := range []*invocation{w.begin(""), w.begin("")} {
					if r := run.end(); r.Counts.Failed+r.Counts.Unknown+r.Counts.Unverified > 0 {
						t.Errorf("%+v", r.Counts)
					}
				}
				for i := range 12 {
					w.charged(fmt.Sprintf("i-%d", i), 1)
				}
			})
		})
	}
}

// The policy changes between two runs that overlap: the second asks with other
// terms, is refused for that, and asks no further.
func TestOtherTermsForTheSameExpiryPayOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: -1}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.run("")
		w.env["RENEW_PERIOD"] = "3m"
		r := w.run("")
		w.charged("i-1", 1)
		w.oneToken("i-1")
		outcome(t, r, "i-1", renewal.OutcomeUnknown)
		if e := entry(t, r, "i-1"); !strings.Contains(e.Error, "IdempotenceParamNotMatch") || !strings.Contains(e.Error, "other terms") {
			t.Errorf("the error does not advise: %s", e.Error)
		}
	})
}

// Nearest expiry first, always.
func TestPaysNearestExpiryFirst(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_CONCURRENCY": "1"}, func(t *testing.T, w *bubble) {
		for i := range 10 {
			w.add(expiring(fmt.Sprintf("i-%d", i), time.Duration(1+(i*7)%10)*12*time.Hour))
		}
		w.run("")
		if n := len(w.cloud.Ledger()); n != 10 {
			t.Errorf("%d were paid for", n)
		}
		var last time.Time
		for _, charge := range w.cloud.Ledger() {
			if charge.OldExpires.Before(last) {
				t.Errorf("%s was paid for after one that expires later", charge.Instance)
			}
			last = charge.OldExpires
		}
	})
}
