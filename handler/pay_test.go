package handler_test

import (
	"fmt"
	"strings"
	"sync"
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

// Somebody acts between the plan and the payment.
func TestMovedSinceThePlanIsStale(t *testing.T) {
	t.Parallel()
	moves := map[string]struct {
		move    func(*cloud.Cloud)
		settled bool
	}{
		"renewed by hand":         {func(c *cloud.Cloud) { c.SetExpiry("i-1", time.Now().Add(40*renewal.Day)) }, true},
		"moved within the window": {func(c *cloud.Cloud) { c.SetExpiry("i-1", time.Now().Add(5*renewal.Day)) }, false},
		"auto-renewal on":         {func(c *cloud.Cloud) { c.SetRenewalStatus("i-1", "AutoRenewal") }, true},
		"do not renew":            {func(c *cloud.Cloud) { c.SetRenewalStatus("i-1", "NotRenewal") }, true},
		"locked":                  {func(c *cloud.Cloud) { c.SetLocks("i-1", "security") }, false},
		"pay-as-you-go":           {func(c *cloud.Cloud) { c.SetChargeType("i-1", "PostPaid") }, true},
		"gone":                    {func(c *cloud.Cloud) { c.RemoveInstance("i-1") }, false},
	}
	for name, tt := range moves {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.cloud.OnCall(func(call cloud.Call) {
					if call.Action == "DescribeRenewalPrice" {
						tt.move(w.cloud)
					}
				})
				r := w.run("")
				w.unchanged()
				outcome(t, r, "i-1", renewal.Stale)
				if settled := r.Status == renewal.OK; settled != tt.settled {
					t.Errorf("status %s, settled should be %v", r.Status, tt.settled)
				}
			})
		})
	}
}

// Every look is at most 30 s older than the money call it is for. The calls are
// so slow that one look cannot serve all.
func TestLooksAgainJustBeforePaying(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{Processing: 4 * time.Second}, settings{"RENEW_CONCURRENCY": "2", "RENEW_MAX_COUNT": "30"}, func(t *testing.T, w *bubble) {
		for i := range 30 {
			w.add(due(fmt.Sprintf("i-%d", i)))
		}
		if r := w.run(""); r.Counts.Renewed != 30 {
			t.Errorf("%+v", r.Counts)
		}
		seen := map[string]time.Time{}
		for _, call := range w.cloud.Calls() {
			switch call.Action {
			case "DescribeInstances", "DescribeInstanceAutoRenewAttribute":
				for i := range 30 {
					id := fmt.Sprintf("i-%d", i)
					if strings.Contains(call.Params.Get("InstanceIds")+",", `"`+id+`"`) {
						seen[id] = call.Wall
					}
				}
			case "RenewInstance":
				id := call.Params.Get("InstanceId")
				if at, ok := seen[id]; !ok || call.Wall.Sub(at) > 30*time.Second {
					t.Errorf("%s was paid for without a look just before", id)
				}
			}
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

// A refusal that is remembered with its token heals by the token of the day,
// in this run and in the next, and that is paid for once. Noon in UTC+8, since
// no second token is used just after midnight.
func TestPoisonedTokenHealsOnce(t *testing.T) {
	t.Parallel()
	noon := lastNoon()
	w := newWorldWith(t, cloud.Options{PoisonTokens: true, ExpiryDelay: -1}, nil, due("i-1"))
	w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Kind: cloud.RefuseBefore, Status: 403, Code: "InvalidAccountStatus.NotEnoughBalance"})
	for range 2 {
		r := w.inProcess(noon)
		outcome(t, r, "i-1", renewal.Unverified)
		w.charged("i-1", 1)
	}
	if n := len(w.tokens("i-1")); n != 2 {
		t.Errorf("%d tokens were used, want the first and that of the day", n)
	}
	if n := w.cloud.CallCount("RenewInstance"); n != 6 {
		t.Errorf("%d money calls, want the first token, again, and that of the day in each run", n)
	}
}

// Just after midnight UTC+8 there is no second token: a run from before may be
// using the one of yesterday.
func TestNoSecondTokenJustAfterMidnight(t *testing.T) {
	t.Parallel()
	midnight := lastNoon().Add(-12 * time.Hour)
	w := newWorldWith(t, cloud.Options{PoisonTokens: true}, nil, due("i-1"))
	w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Kind: cloud.RefuseBefore, Status: 403, Code: "OperationDenied.NoStock"})
	outcome(t, w.inProcess(midnight.Add(time.Minute)), "i-1", renewal.OutcomeFailed)
	w.charged("i-1", 0)
	w.oneToken("i-1")
}

// Another run pays while this one waits for its second step: it must see that,
// and not ask with a second token.
func TestSecondStepSeesAnotherRunsPayment(t *testing.T) {
	t.Parallel()
	noon := lastNoon()
	w := newWorldWith(t, cloud.Options{}, nil, due("i-1"))
	w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Kind: cloud.RefuseBefore, Status: 403, Code: "OperationDenied.NoStock"})
	paid := make(chan renewal.Report, 1)
	once := sync.Once{}
	w.cloud.OnCall(func(call cloud.Call) {
		if call.Action == "RenewInstance" {
			once.Do(func() { go func() { paid <- w.inProcess(noon) }() })
		}
	})
	first := w.inProcess(noon)
	second := <-paid
	w.charged("i-1", 1)
	if first.Counts.Renewed+second.Counts.Renewed != 1 || first.Counts.Stale+second.Counts.Stale != 1 {
		t.Errorf("one run renews and the other finds it done: %+v and %+v", first.Counts, second.Counts)
	}
}
