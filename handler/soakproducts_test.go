package handler_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/soak"
)

// Weeks of all products, drawn by a seed: faults at every call, expiries and lists
// that show late, people who order and pay or do not, processes that die and are
// started again. Whatever a product does with a repeated token, nothing is paid for
// that was not due, which is what a second payment for one expiry would be. A second
// run beside the first, and orders that are carried out late, are played where a
// repeated token is harmless: what remains elsewhere is in docs/money.md.
func TestSoakProducts(t *testing.T) {
	t.Parallel()
	keys := []string{"ecs", "rds", "redis", "mongodb", "polardb", "eip", "cbwp", "clb"}
	soak.Play(t, 8, func(t *testing.T, s *soak.Scenario) {
		charges := s.IntN(2) == 0 // what a repeated token does somewhere
		products := map[string]cloud.ProductOptions{}
		for _, key := range keys[1:] {
			products[key] = cloud.ProductOptions{
				Token:   pick(s, cloud.Replay, cloud.Reject, either(charges, cloud.Ignored, cloud.Replay)),
				OrderID: pick(s, cloud.OrderText, cloud.OrderNumber, cloud.OrderZero, cloud.OrderNone),
			}
		}
		late := pick(s, 0, 20*time.Second, 3*time.Hour, 30*time.Hour)
		options := cloud.Options{
			ExpiryDelay: pick(s, 0, 5*time.Second, late), Billing: cloud.BillingOptions{Delay: pick(s, 0, late), PageCap: pick(s, 0, 2)},
			Latency: pick(s, 0, 50*time.Millisecond), Products: products,
		}
		options.Products["ecs"] = cloud.ProductOptions{ExpiryDelay: pick(s, time.Duration(-1)+1, 20*time.Second)} // within RENEW_VERIFY, as docs/money.md wants it
		inBubble(t, options, everything, func(t *testing.T, w *bubble) {
			for i := range 2 + s.IntN(7) {
				key := pick(s, keys...)
				in := expiring(fmt.Sprintf("%s-%d", key, i), time.Duration(24+s.IntN(20*24))*time.Hour)
				if key == "ecs" {
					in.ID = fmt.Sprintf("i-%d", i)
					in.ExpiryDelay = 5 * time.Second
				}
				in.Product = key
				w.add(in)
			}
			for range 10 {
				w.badDayOfProducts(s, charges)
			}
			w.ended()
			for _, c := range w.cloud.Ledger() {
				if ahead := c.OldExpires.Sub(c.At); ahead > 8*renewal.Day {
					t.Errorf("%s was paid for %s before its end: %+v", c.Instance, ahead, w.cloud.Ledger())
				}
			}
			s.Played("charges", len(w.cloud.Ledger()))
			s.Played("calls", w.cloud.CallCount(""))
		})
	})
}

// badDayOfProducts is a day of the timer with whatever may go wrong.
func (w *bubble) badDayOfProducts(s *soak.Scenario, charges bool) {
	w.cloud.ClearFaults()
	for range s.IntN(6) {
		w.cloud.Fail(w.faultOfProducts(s, charges))
	}
	for _, in := range w.cloud.Instances() {
		if in.Product != "ecs" && in.Product != "" && s.IntN(12) == 0 && in.Expires.Sub(w.cloud.Now()) < 7*renewal.Day {
			order := w.cloud.AddOrder(cloud.Order{Instance: in.ID, Months: 1})
			switch s.IntN(3) {
			case 0:
				w.cloud.PayOrder(order)
			case 1:
				time.AfterFunc(30*time.Hour, func() { w.cloud.CancelOrder(order) })
			}
			s.Played("orders of people", 1)
		}
	}
	w.timeout = pick(s, 90*time.Second, functionTimeout)
	runs := []*invocation{w.begin("")}
	s.Played("runs", 1)
	if s.IntN(3) == 0 { // the process dies, and the event comes again
		dying, at := runs[0], int64(1+s.IntN(40))
		var calls atomic.Int64
		w.cloud.OnCall(func(cloud.Call) {
			if calls.Add(1) == at {
				dying.crash()
			}
		})
		<-dying.done
		s.Played("crashes", 1)
		runs = append(runs[:0], w.begin(""))
	}
	if !charges && s.IntN(3) == 0 { // somebody starts one by hand
		time.Sleep(time.Duration(s.IntN(60_000)) * time.Millisecond)
		runs = append(runs, w.begin(""))
		s.Played("runs", 1)
	}
	for _, run := range runs {
		_ = w.trusted(run)
	}
	time.Sleep(renewal.Day)
}

// faultOfProducts is a way to fail, from some call of the day on.
func (w *bubble) faultOfProducts(s *soak.Scenario, charges bool) cloud.Fault {
	f := w.fault(s)
	f.Action = pick(s, "RenewInstance", "RenewInstance", "RenewDBInstance", "QueryAvailableInstances", "QueryOrders", "GetOrderDetail", "DescribeDBInstanceAttribute", "DescribeEipAddresses", "")
	if late := []cloud.FaultKind{cloud.Slow, cloud.LateCommit}; charges && slices.Contains(late, f.Kind) {
		f.Kind = pick(s, cloud.RefuseInside, cloud.RefuseInsideAfter, cloud.NoList, cloud.ShortList)
	}
	return f
}
