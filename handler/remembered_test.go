package handler_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// First token refused, heals, token of the day pays, lag; the next run pays with the first token. No poisoning.
func TestHealedRefusalThenNextRunPaysOnce(t *testing.T) {
	t.Parallel()
	for _, poison := range []bool{true, false} {
		t.Run(fmt.Sprint("poison ", poison), func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, cloud.Options{ExpiryDelay: -1, PoisonTokens: poison}, nil, due("i-1"))
			w.cloud.SetBalance(account, "0")
			var once sync.Once
			w.cloud.OnCall(func(c cloud.Call) {
				if c.Action == "RenewInstance" {
					once.Do(func() { time.AfterFunc(time.Second, func() { w.cloud.SetBalance(account, "1000") }) })
				}
			})
			w.inProcess(lastNoon())
			w.charged("i-1", 1)
			w.inProcess(lastNoon().Add(time.Minute))
			w.charged("i-1", 1)
		})
	}
}

// The same by one asynchronous event: crash after the second-step charge, redelivered.
func TestHealedRefusalCrashAndRedeliveryPayOnce(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{ExpiryDelay: 15 * time.Second}, map[string]string{"RENEW_VERIFY": "30s"}, due("i-1"))
	w.cloud.SetNoStock("i-1", true)
	var once sync.Once
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "RenewInstance" {
			once.Do(func() { time.AfterFunc(3*time.Second, func() { w.cloud.SetNoStock("i-1", false) }) })
		}
	})
	var killed atomic.Bool
	w.cloud.OnCommit(func(cloud.Charge) {
		if !killed.Swap(true) {
			w.rt.Kill()
		}
	})
	w.fn.Timeout = 2 * time.Minute
	_, err := w.runtime().InvokeAsync(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.charged("i-1", 1)
}

// A's first token refused; B pays with it; lag 30s (normal by the sheet); A's second step pays again.
func TestHealedRefusalBesideAnotherRunPaysOnce(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{ExpiryDelay: 30 * time.Second}, map[string]string{"RENEW_VERIFY": "40s"}, due("i-1"))
	w.cloud.SetBalance(account, "0")
	done := make(chan renewal.Report, 1)
	var once sync.Once
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "RenewInstance" {
			once.Do(func() {
				time.AfterFunc(2*time.Second, func() {
					w.cloud.SetBalance(account, "1000") // the person tops up
					done <- w.inProcess(lastNoon())     // and starts it by hand
				})
			})
		}
	})
	w.inProcess(lastNoon())
	<-done
	w.charged("i-1", 1)
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
