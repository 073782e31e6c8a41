package handler_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/soak"
)

// An account that is short of money, and caps that move with what comes of the
// plan.

// addPriced adds instances that expire a day apart, at these prices, and gives
// their ids in that order.
func (w *bubble) addPriced(prices ...int) (ids []string) {
	for i, price := range prices {
		id := fmt.Sprintf("i-%02d", i)
		in := expiring(id, time.Duration(i+1)*12*time.Hour)
		in.MonthlyPrice = fmt.Sprint(price)
		w.add(in)
		ids = append(ids, id)
	}
	return ids
}

// paid are the instances of the ledger, in the order in which they were paid for.
func (w *bubble) paid() (ids []string) {
	for _, charge := range w.cloud.Ledger() {
		ids = append(ids, charge.Instance)
	}
	return ids
}

// What expires first is paid first, for certain: where the balance can be read,
// and where it cannot.
func TestShortBalancePaysWhatExpiresFirst(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []string{"1", "8", "64"} {
		for _, readable := range []bool{true, false} {
			t.Run(fmt.Sprint(concurrency, readable), func(t *testing.T) {
				t.Parallel()
				inBubble(t, cloud.Options{Latency: 300 * time.Millisecond}, settings{"RENEW_CONCURRENCY": concurrency}, func(t *testing.T, w *bubble) {
					ids := w.addPriced(100, 100, 100, 100)
					w.cloud.SetBalance(account, "250")
					if !readable {
						w.cloud.SetDenied(account, "bss:DescribeAcccount", "bss:DescribeAccount", "bss:QueryAccountBalance")
					}
					r := w.run("")
					if got := w.paid(); readable && !slices.Equal(got, ids[:2]) || len(got) != 2 {
						t.Errorf("paid for %v, want %v", got, ids[:2])
					}
					for _, id := range ids[2:] {
						if e := entry(t, r, id); readable && e.Outcome != renewal.OutcomeFailed && e.Outcome != renewal.NotTried {
							t.Errorf("%s: %s", id, e.Outcome)
						}
					}
				})
			})
		}
	}
}

// One that is too dear for the balance holds nobody up who costs less.
func TestTooDearForTheBalanceLetsCheaperOnesGo(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		prices := []int{5000}
		for range 11 {
			prices = append(prices, 10)
		}
		ids := w.addPriced(prices...)
		w.cloud.SetBalance(account, "1000")
		r := w.run("")
		if got := w.paid(); !slices.Equal(got, ids[1:]) {
			t.Errorf("paid for %v, want %v", got, ids[1:])
		}
		outcome(t, r, ids[0], renewal.OutcomeFailed)
	})
}

// By the ledger, over random fleets: with a balance that is read and short, the
// ones that are paid are those that a purse filled in order of expiry would have
// bought, and no call is made out of order.
func TestSoakShortBalance(t *testing.T) {
	t.Parallel()
	soak.Play(t, 25, func(t *testing.T, s *soak.Scenario) {
		concurrency := pick(s, "1", "8", "64")
		inBubble(t, cloud.Options{Latency: time.Duration(s.IntN(400)) * time.Millisecond}, settings{"RENEW_CONCURRENCY": concurrency}, func(t *testing.T, w *bubble) {
			prices := make([]int, 2+s.IntN(10))
			sum := 0
			for i := range prices {
				prices[i] = 10 * (1 + s.IntN(20))
				sum += prices[i]
			}
			ids := w.addPriced(prices...)
			balance := s.IntN(sum)
			w.cloud.SetBalance(account, fmt.Sprint(balance))
			w.run("")
			var want []string
			left, ceiling := balance, 1<<30
			for i, price := range prices {
				switch {
				case price >= ceiling:
				case price <= left:
					want = append(want, ids[i])
					left -= price
				default:
					ceiling = price
				}
			}
			if got := w.paid(); !slices.Equal(got, want) {
				t.Errorf("balance %d, prices %v: paid for %v, want %v", balance, prices, got, want)
			}
			s.Played("charges", len(w.cloud.Ledger()))
		})
	})
}

// A refusal gives its place in the caps, in number and in money, to the next.
func TestRefusalGivesItsPlace(t *testing.T) {
	t.Parallel()
	for name, caps := range map[string]settings{
		"in number": {"RENEW_MAX_COUNT": "20"},
		"in money":  {"RENEW_MAX_COUNT": "unlimited", "RENEW_MAX_SPEND": "2000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, caps, func(t *testing.T, w *bubble) {
				for i := range 20 {
					id := fmt.Sprintf("i-%02d", i)
					w.add(expiring(id, time.Duration(i+1)*time.Hour))
					w.cloud.SetNoStock(id, true)
				}
				w.add(expiring("i-healthy", 30*time.Hour), expiring("i-next", 31*time.Hour))
				r := w.run("")
				outcome(t, r, "i-healthy", renewal.Renewed)
				outcome(t, r, "i-next", renewal.Renewed)
				if len(w.cloud.Ledger()) != 2 || w.spent().GreaterThan(decimal.NewFromInt(2000)) {
					t.Errorf("%d charges, %v", len(w.cloud.Ledger()), w.spent())
				}
			})
		})
	}
}

// What can still be kept up comes before what has expired.
func TestTheLivingFirst(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_RESCUE": "10d", "RENEW_MAX_COUNT": "3", "RENEW_CONCURRENCY": "1"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-late", -2*renewal.Day), expiring("i-later", -5*renewal.Day), expiring("i-alive", 20*time.Hour), expiring("i-well", 3*renewal.Day))
		r := w.run("")
		if got := w.paid(); !slices.Equal(got, []string{"i-alive", "i-well", "i-later"}) {
			t.Errorf("paid for %v", got)
		}
		outcome(t, r, "i-late", renewal.Held)
	})
}

// The cap holds for what is or may be paid, whatever is let in.
func TestSoakGivenPlacesNeverPassACap(t *testing.T) {
	t.Parallel()
	soak.Play(t, 10, func(t *testing.T, s *soak.Scenario) {
		inBubble(t, cloud.Options{}, settings{"RENEW_MAX_COUNT": "5", "RENEW_MAX_SPEND": "600", "RENEW_VERIFY": "20s"}, func(t *testing.T, w *bubble) {
			prices := make([]int, 12+s.IntN(8))
			for i := range prices {
				prices[i] = 10 * (5 + s.IntN(20))
			}
			for _, id := range w.addPriced(prices...) {
				switch s.IntN(5) {
				case 0, 1:
					w.cloud.SetNoStock(id, true)
				case 2:
					w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Instance: id, Kind: cloud.LoseAnswer})
				case 3:
					w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Instance: id, Kind: cloud.ResetBefore})
				}
			}
			r := w.run("")
			maybe := r.Counts.Renewed + r.Counts.Unverified + r.Counts.Unknown
			if maybe > 5 || len(w.cloud.Ledger()) > 5 || w.spent().GreaterThan(decimal.NewFromInt(600)) {
				t.Errorf("%+v, %d charges, %v", r.Counts, len(w.cloud.Ledger()), w.spent())
			}
			s.Played("charges", len(w.cloud.Ledger()))
		})
	})
}
