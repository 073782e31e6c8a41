package handler_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// Refusals that pass, while the cloud may or may not remember them with their
// token. Whatever was tried to get past the memory, the ledger has one charge.

// onFirst calls do at the first money call.
func (w *emulated) onFirst(do func()) {
	var once sync.Once
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "RenewInstance" {
			once.Do(do)
		}
	})
}

// Somebody tops up right after the first refusal. The new expiry never shows, so
// that later runs ask again.
func TestHealedRefusalThenLaterRunsPayOnce(t *testing.T) {
	t.Parallel()
	for _, remembered := range []bool{true, false} {
		for _, later := range []time.Duration{0, time.Minute, 3 * time.Hour} {
			t.Run(fmt.Sprintf("remembered %v, again after %v", remembered, later), func(t *testing.T) {
				t.Parallel()
				inBubble(t, cloud.Options{ExpiryDelay: -1, PoisonTokens: remembered}, nil, func(t *testing.T, w *bubble) {
					w.add(due("i-1"))
					w.cloud.SetBalance(account, "0")
					w.onFirst(func() { time.AfterFunc(time.Second, func() { w.cloud.SetBalance(account, "1000") }) })
					for range 3 {
						w.run("")
						time.Sleep(later)
					}
					w.charged("i-1", 1)
				})
			})
		}
	}
}

// A refusal that the cloud remembers for good is got past, in one run or in some,
// and that is paid for once.
func TestRememberedRefusalIsGotPastOnce(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"InvalidAccountStatus.NotEnoughBalance", "OperationDenied.NoStock"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{PoisonTokens: true, ExpiryDelay: -1}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Kind: cloud.RefuseBefore, Status: 403, Code: code})
				for range 3 {
					w.run("")
				}
				w.charged("i-1", 1)
			})
		})
	}
}

// The first of two runs is refused; the second pays, and the new expiry shows
// half a minute later: the first must not pay again, whatever it asks with.
func TestHealedRefusalBesideAnotherRunPaysOnce(t *testing.T) {
	t.Parallel()
	for _, lag := range []time.Duration{0, 30 * time.Second, 75 * time.Second} {
		t.Run(lag.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{ExpiryDelay: lag}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.cloud.SetBalance(account, "0")
				w.onFirst(func() {
					time.AfterFunc(2*time.Second, func() {
						w.cloud.SetBalance(account, "1000") // somebody tops up
						w.begin("")                         // and starts it by hand
					})
				})
				w.run("")
				w.ended()
				w.charged("i-1", 1)
			})
		})
	}
}

// Another run pays while the first waits to ask again: one of them renews, and
// none of them fails.
func TestRefusedRunSeesAnothersPayment(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Kind: cloud.RefuseBefore, Status: 403, Code: "OperationDenied.NoStock"})
		other := make(chan *invocation, 1)
		w.onFirst(func() { other <- w.begin("") })
		one, two := w.run("").Counts, (<-other).end().Counts
		w.charged("i-1", 1)
		if one.Renewed+two.Renewed == 0 || one.Failed+two.Failed > 0 {
			t.Errorf("%+v and %+v", one, two)
		}
	})
}

// The process dies right after the cloud has charged with whatever token got past
// the refusal, and the platform delivers the event again. The new expiry shows
// later than that.
func TestHealedRefusalThenCrashAndRedeliveryPayOnce(t *testing.T) {
	t.Parallel()
	for _, remembered := range []bool{true, false} {
		for _, lag := range []time.Duration{0, 15 * time.Second, 10 * time.Minute} {
			t.Run(fmt.Sprintf("remembered %v, shown after %v", remembered, lag), func(t *testing.T) {
				t.Parallel()
				inBubble(t, cloud.Options{PoisonTokens: remembered, ExpiryDelay: lag}, nil, func(t *testing.T, w *bubble) {
					w.add(due("i-1"))
					w.cloud.SetNoStock("i-1", true)
					w.onFirst(func() { time.AfterFunc(3*time.Second, func() { w.cloud.SetNoStock("i-1", false) }) })
					run := make(chan *invocation, 1)
					var died atomic.Bool
					w.cloud.OnCommit(func(cloud.Charge) {
						if !died.Swap(true) {
							(<-run).crash()
						}
					})
					run <- w.begin("")
					w.ended()
					w.in.Attempt++
					w.run("")
					w.run("")
					w.charged("i-1", 1)
				})
			})
		}
	}
}
