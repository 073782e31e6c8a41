package handler_test

import (
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// The process dies while one call after another is on its way: the cloud carries
// the call out, nobody reads the answer, and the platform delivers the event
// again. (That the platform does so is shown on the wire.)
func TestCrashAtEveryCallPaysOnce(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(w *bubble){
		"nothing else is wrong": func(*bubble) {},
		"the answer is lost, too": func(w *bubble) {
			w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Kind: cloud.LoseAnswer})
		},
		"the first token was refused": func(w *bubble) {
			w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Call: 1, Kind: cloud.RefuseBefore, Status: 403, Code: "OperationDenied.NoStock"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := diesAt(t, 0, prepare)
			if calls < 6 {
				t.Errorf("a run makes %d calls", calls)
			}
			for at := 1; at <= calls && !t.Failed(); at++ {
				diesAt(t, at, prepare)
			}
		})
	}
}

// diesAt has a run die at its nth call, at none if n is 0, and lets two more
// follow. It gives the number of calls that the first one made.
func diesAt(t *testing.T, n int, prepare func(w *bubble)) (calls int) {
	t.Helper()
	inBubble(t, cloud.Options{PoisonTokens: true, ExpiryDelay: 20 * time.Second}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		prepare(w)
		run := make(chan *invocation, 1)
		w.cloud.OnCall(func(c cloud.Call) {
			if c.Seq == n {
				(<-run).crash()
			}
		})
		run <- w.begin("")
		w.ended()
		calls = w.cloud.CallCount("")
		w.in.Attempt++
		w.run("")
		w.run("")
		w.charged("i-1", 1)
		if t.Failed() {
			t.Logf("the process died at call %d", n)
		}
	})
	return calls
}
