package handler_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/soak"
)

// Weeks of a timer, drawn by a seed: the whole function, as a bubble has it,
// against a cloud that fails in every way it can, with people who start runs
// beside the timer's, processes that die, and the hardware sold out for days.
// No expiry is paid for twice, a run that has spent ends in a report, and what
// the report calls renewed is in the ledger.
func TestSoakWeeks(t *testing.T) {
	t.Parallel()
	soak.Play(t, 6, func(t *testing.T, s *soak.Scenario) {
		options := cloud.Options{
			ExpiryDelay:  pick(s, 0, 5*time.Second, 20*time.Second, 75*time.Second), // within RENEW_VERIFY, as money.md wants it
			PoisonTokens: s.IntN(2) == 0,
			RefusalLife:  pick(s, 0, 10*time.Minute, renewal.Day, 36*time.Hour),
			Processing:   pick(s, 0, time.Second, 10*time.Second),
			Latency:      pick(s, 0, 50*time.Millisecond),
		}
		inBubble(t, options, nil, func(t *testing.T, w *bubble) {
			for i := range 1 + s.IntN(8) {
				w.add(expiring(fmt.Sprintf("i-%d", i), time.Duration(24+s.IntN(20*24))*time.Hour))
			}
			for range 14 {
				w.badDay(s)
			}
			w.ended()
			w.once()
			s.Played("charges", len(w.cloud.Ledger()))
			s.Played("calls", w.cloud.CallCount(""))
		})
	})
}

// badDay is a day of the timer with whatever may go wrong.
func (w *bubble) badDay(s *soak.Scenario) {
	w.cloud.ClearFaults()
	for range s.IntN(5) {
		w.cloud.Fail(w.fault(s))
	}
	for _, in := range w.cloud.Instances() {
		if s.IntN(10) == 0 {
			w.cloud.SetNoStock(in.ID, true)
			time.AfterFunc(time.Duration(1+s.IntN(48*3600))*time.Second, func() { w.cloud.SetNoStock(in.ID, false) })
		}
	}
	w.timeout = pick(s, 90*time.Second, 5*time.Minute, functionTimeout)
	bought, alone := len(w.cloud.Ledger()), true
	runs := []*invocation{w.begin("")}
	s.Played("runs", 1)
	if s.IntN(4) == 0 { // the process dies, and the event comes again
		dying, at := runs[0], int64(1+s.IntN(15))
		var calls atomic.Int64
		w.cloud.OnCall(func(cloud.Call) {
			if calls.Add(1) == at {
				dying.crash()
			}
		})
		<-dying.done
		s.Played("crashes", 1)
		alone = false
		runs = append(runs[:0], w.begin(""))
	}
	if s.IntN(3) == 0 { // somebody starts one by hand
		time.Sleep(time.Duration(s.IntN(60_000)) * time.Millisecond)
		runs = append(runs, w.begin(""))
		s.Played("runs", 1)
		alone = false
	}
	for _, run := range runs {
		if w.trusted(run) != nil && alone && len(w.cloud.Ledger()) > bought {
			w.t.Error("it has spent, and ends in an error")
		}
	}
	time.Sleep(renewal.Day)
}

// fault is a way to fail, from some call of the day on.
func (w *bubble) fault(s *soak.Scenario) cloud.Fault {
	kinds := []cloud.FaultKind{
		cloud.RefuseBefore, cloud.ResetBefore, cloud.BadGateway, cloud.Throttle, cloud.OddCode, cloud.OddDetail,
		cloud.ErrorAfter, cloud.LoseAnswer, cloud.ResetAfter, cloud.EmptyBody, cloud.CutBody, cloud.HTMLBody, cloud.BadGatewayAfter,
		cloud.SlowAfter, cloud.Slow, cloud.LateCommit,
	}
	f := cloud.Fault{
		Action: pick(s, "RenewInstance", "RenewInstance", "RenewInstance", "DescribeInstances", "DescribeInstanceAutoRenewAttribute", "DescribeRenewalPrice", ""),
		Kind:   kinds[s.IntN(len(kinds))], Call: 1 + s.IntN(8), Count: 1 + s.IntN(4), Delay: time.Duration(1+s.IntN(60)) * time.Second,
	}
	if f.Kind == cloud.RefuseBefore {
		f.Status, f.Code = 403, pick(s, "OperationDenied.NoStock", "InvalidAccountStatus.NotEnoughBalance", "IncorrectInstanceStatus", "Forbidden.RAM")
	}
	return f
}

// trusted checks what a run says against the ledger. It gives its error.
func (w *bubble) trusted(run *invocation) error {
	w.t.Helper()
	payload, err := run.answer()
	if err != nil {
		return err
	}
	for _, e := range w.read(payload).Instances {
		if e.Outcome == renewal.Renewed && w.cloud.Charges(e.ID) == 0 {
			w.t.Errorf("%s is called renewed, and was not paid for", e.ID)
		}
	}
	return nil
}

func pick[T any](s *soak.Scenario, from ...T) T { return from[s.IntN(len(from))] }
