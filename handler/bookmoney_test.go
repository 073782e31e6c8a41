package handler_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// An order that somebody made days ago is paid just before the run, and the new
// expiry shows late: nothing is bought beside it.
func TestOldOrderThatWasPaidJustNow(t *testing.T) {
	t.Parallel()
	each(t, cloud.Options{ExpiryDelay: time.Hour, Billing: cloud.BillingOptions{Delay: time.Hour}}, theWorst, func(t *testing.T, w *bubble, _, id string, _ cloud.TokenRule) {
		order := w.cloud.AddOrder(cloud.Order{Instance: id, Months: 1, Created: time.Now().Add(-72 * time.Hour)})
		w.cloud.PayOrder(order)
		time.Sleep(time.Minute)
		if e := entry(t, w.run(""), id); e.Outcome != renewal.Unverified || e.OrderID != order {
			t.Errorf("%+v", e)
		}
		w.charged(id, 1)
	})
}

// What an order really costs shows late, or not at all: nothing else without a quote
// is paid for before it is known.
func TestPriceThatWasTooLowAndShowsLate(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*cloud.Options, *[]cloud.Fault){
		"the order shows late": func(o *cloud.Options, _ *[]cloud.Fault) { o.Billing.OrderDelay = 20 * time.Second },
		"it shows as unpaid":   func(o *cloud.Options, _ *[]cloud.Fault) { o.Billing.PaidDelay = 20 * time.Second },
		"the order cannot be read": func(_ *cloud.Options, f *[]cloud.Fault) {
			*f = append(*f, cloud.Fault{Action: "GetOrderDetail", Kind: cloud.RefuseBefore})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, faults := cloud.Options{}, []cloud.Fault{}
			set(&options, &faults)
			inBubble(t, options, settings{"RENEW_PRODUCTS": "eip", "RENEW_PRICES": "eip=30", "RENEW_MAX_SPEND": "150"}, func(t *testing.T, w *bubble) {
				for i := range 4 {
					in := product("eip", fmt.Sprint("eip-", i)) // costs 100
					in.Expires = time.Now().Add(renewal.Day + time.Duration(i)*time.Hour)
					w.add(in)
				}
				for _, f := range faults {
					w.cloud.Fail(f)
				}
				w.run("")
				if spent := w.spent(); spent.GreaterThan(decimal.NewFromInt(150)) {
					t.Errorf("%v were spent", spent)
				}
			})
		})
	}
}

// An event that shortens the window does not shorten how far back orders matter.
func TestOldOrderUnderAShortWindow(t *testing.T) {
	t.Parallel()
	for key, id := range paying {
		inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
			in := product(key, id)
			in.Expires = time.Now().Add(20 * time.Hour)
			w.add(in)
			order := w.cloud.AddOrder(cloud.Order{Instance: id, Months: 1, Created: time.Now().Add(-5 * renewal.Day)})
			if e := entry(t, w.run(`{"window":"1d"}`), id); e.Reason != renewal.OrderPending || e.OrderID != order {
				t.Errorf("%+v", e)
			}
			w.charged(id, 0)
		})
	}
}

// What has expired, or is too late for its auto-renewal, is paid for once, whatever
// happens to the run and however late the new expiry shows.
func TestLateProductAfterACrashIsPaidOnce(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"expired": -2 * renewal.Day, "too late for auto-renewal": 20 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, cloud.Options{ExpiryDelay: 25 * time.Hour, Billing: cloud.BillingOptions{Delay: 25 * time.Hour}}, theWorst, func(t *testing.T, w *bubble, key, _ string, _ cloud.TokenRule) {
				w.env["RENEW_ACTION"], w.env["RENEW_TOO_LATE"], w.env["RENEW_RESCUE"] = "auto-renew", "renew", "5d"
				w.env["RENEW_MAX_SPEND"], w.env["RENEW_TAG_TRUST"] = "300", "full"
				in := product(key, "late-1")
				in.Expires = time.Now().Add(ahead)
				w.add(in)
				var first *invocation
				started := make(chan struct{})
				crashed := false
				w.cloud.OnCommit(func(c cloud.Charge) {
					if !crashed && c.Instance == "late-1" {
						crashed = true
						<-started
						first.crash()
					}
				})
				first = w.begin(`{"products":["` + key + `"]}`)
				close(started)
				_, _ = first.answer()
				for _, event := range []string{"", `{"instanceIds":["late-1"]}`, `{"window":"1d"}`, `{"dryRun":true}`} {
					w.run(event)
					time.Sleep(8 * time.Hour)
				}
				w.charged("late-1", 1)
			})
		})
	}
}
