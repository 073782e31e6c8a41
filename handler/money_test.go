package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func priced(id string, in time.Duration, monthly string) cloud.Instance {
	i := expiring(id, in)
	i.MonthlyPrice = monthly
	return i
}

func reason(t *testing.T, r renewal.Report, id string, want renewal.Reason) {
	t.Helper()
	if e := entry(t, r, id); e.Reason != want {
		t.Errorf("%s: reason %s, want %s (%+v)", id, e.Reason, want, e)
	}
}

func TestCapsHoldWithTheirReason(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env    map[string]string
		spent  string
		reason map[string]renewal.Reason
	}{
		"count":            {map[string]string{"RENEW_MAX_COUNT": "2"}, "1000", map[string]renewal.Reason{"i-3": renewal.OverMaxCount, "i-4": renewal.OverMaxCount}},
		"count of nothing": {map[string]string{"RENEW_MAX_COUNT": "0"}, "0", map[string]renewal.Reason{"i-1": renewal.OverMaxCount}},
		"spend":            {map[string]string{"RENEW_MAX_SPEND": "250.50"}, "250.50", map[string]renewal.Reason{"i-2": renewal.OverMaxSpend}},
		"spend, one short": {map[string]string{"RENEW_MAX_SPEND": "250.49 CNY"}, "150.50", map[string]renewal.Reason{"i-2": renewal.OverMaxSpend, "i-4": renewal.OverMaxSpend}},
		"price":            {map[string]string{"RENEW_MAX_PRICE": "100"}, "250.50", map[string]renewal.Reason{"i-2": renewal.OverMaxPrice}},
		"another currency": {map[string]string{"RENEW_MAX_SPEND": "5000 USD"}, "0", map[string]renewal.Reason{"i-1": renewal.OverMaxSpend}},
		"balance":          {map[string]string{"RENEW_MIN_BALANCE": "99800"}, "150.50", map[string]renewal.Reason{"i-2": renewal.BalanceTooLow}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
				w.add(priced("i-1", 1*renewal.Day, "100.00"), priced("i-2", 2*renewal.Day, "900.00"),
					priced("i-3", 3*renewal.Day, "50.50"), priced("i-4", 4*renewal.Day, "100.00"))
				r := w.run("")
				if got := w.spent(); !got.Equal(decimal.RequireFromString(tt.spent)) {
					t.Errorf("spent %s, want %s", got, tt.spent)
				}
				for id, want := range tt.reason {
					reason(t, r, id, want)
					outcome(t, r, id, renewal.Held)
				}
				if r.Status == renewal.OK {
					t.Errorf("held, and yet ok: %+v", r.Money)
				}
			})
		})
	}
}

// Whatever a price looks like, a cap is never passed.
func TestOddPricesUnderACap(t *testing.T) {
	t.Parallel()
	for name, price := range map[string]string{
		"zero": "0", "negative": "-5.00", "huge": "99999999999999999999.99", "no number": `"free"`, "null": "null", "empty": `""`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, map[string]string{"RENEW_MAX_SPEND": "1000"}, func(t *testing.T, w *bubble) {
				w.add(due("i-1"), due("i-2"))
				w.cloud.SetPrice("i-1", price, "CNY")
				r := w.run("")
				w.charged("i-1", 0)
				w.charged("i-2", 1)
				outcome(t, r, "i-1", renewal.Held)
			})
		})
	}
	t.Run("in another currency", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, map[string]string{"RENEW_MAX_PRICE": "1000"}, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			w.cloud.SetPrice("i-1", "10.00", "USD")
			reason(t, w.run(""), "i-1", renewal.OverMaxPrice)
			w.unchanged()
		})
	})
	t.Run("not to be had, without a cap", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			w.cloud.Fail(cloud.Fault{Action: "DescribeRenewalPrice", Kind: cloud.RefuseBefore, Status: 400, Code: "InvalidPeriod"})
			r := w.run("")
			w.charged("i-1", 1)
			if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "i-1") {
				t.Errorf("%q", r.Warnings)
			}
		})
	})
	t.Run("not to be had, with a cap", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, map[string]string{"RENEW_MIN_BALANCE": "1"}, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			w.cloud.Fail(cloud.Fault{Action: "DescribeRenewalPrice", Kind: cloud.BadGateway})
			reason(t, w.run(""), "i-1", renewal.PriceUnknown)
			w.unchanged()
		})
	})
	t.Run("a balance that cannot be read", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, map[string]string{"RENEW_MIN_BALANCE": "1"}, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			w.cloud.SetDenied(account, "bss:*", "bssapi:*")
			r := w.run("")
			reason(t, r, "i-1", renewal.BalanceTooLow)
			w.unchanged()
		})
	})
	t.Run("a term without a price, under a cap", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, map[string]string{"RENEW_MAX_PRICE": "1000", "RENEW_PERIOD": "2w"}, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			reason(t, w.run(""), "i-1", renewal.PriceUnknown)
			w.unchanged()
		})
	})
}

func TestRunway(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_MIN_BALANCE": "100"}, func(t *testing.T, w *bubble) {
		w.add(priced("i-1", 1*renewal.Day, "100.00"), priced("i-2", 2*renewal.Day, "100.00"), priced("i-3", 3*renewal.Day, "100.00"))
		w.cloud.SetBalance(account, "250")
		r := w.run("")
		if got := w.spent().String(); got != "100" {
			t.Errorf("spent %s", got)
		}
		if r.Money.Balance != "250.00" || !strings.Contains(strings.Join(r.Warnings, "\n"), "150.00 CNY short") {
			t.Errorf("%+v %q", r.Money, r.Warnings)
		}
	})
}

func TestRulesAndTags(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_RULES": `
- name: payments
  when: tags["team"] == "payments" and region startsWith "cn-"
  action: renew
  period: 3m
  max-price: 800
- name: temporary
  when: name matches "^tmp-" or daysLeft > 100
  action: skip
`}, func(t *testing.T, w *bubble) {
		payments, temporary, shorter, skipped, misspelt, ended, wider := due("i-pay"), due("i-tmp"), due("i-short"), due("i-skip"), due("i-odd"), due("i-end"), due("i-wide")
		payments.Tags = map[string]string{"team": "payments"}
		temporary.Name = "tmp-7"
		shorter.Tags = map[string]string{"team": "payments", "renew:period": "2m"}
		skipped.Tags = map[string]string{"renew:action": "skip"}
		misspelt.Tags = map[string]string{"Renew:Action": "skip"}
		ended.Tags = map[string]string{"renew:until": "2020-01-31"}
		wider.Tags = map[string]string{"renew:period": "1y"}
		w.add(payments, temporary, shorter, skipped, misspelt, ended, wider)
		r := w.run("")
		periods := map[string]int{}
		for _, charge := range w.cloud.Ledger() {
			periods[charge.Instance] = charge.Period
		}
		if want := map[string]int{"i-pay": 3, "i-short": 2, "i-wide": 1}; fmt.Sprint(periods) != fmt.Sprint(want) {
			t.Errorf("paid %v, want %v", periods, want)
		}
		if e := entry(t, r, "i-pay"); e.Rule != "payments" || e.Period != "3m" {
			t.Errorf("%+v", e)
		}
		reason(t, r, "i-tmp", renewal.Excluded)
		reason(t, r, "i-skip", renewal.Excluded)
		reason(t, r, "i-end", renewal.UntilPassed)
		outcome(t, r, "i-odd", renewal.Held)
		for _, id := range []string{"i-odd", "i-wide"} {
			if !strings.Contains(strings.Join(r.Warnings, "\n"), id) {
				t.Errorf("no warning names %s: %q", id, r.Warnings)
			}
		}
	})
}

// A tag asks for a term as short as the window: it would be renewed for ever.
func TestWindowAsLongAsATagsPeriod(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_WINDOW": "7d"}, func(t *testing.T, w *bubble) {
		in := due("i-1")
		in.Tags = map[string]string{"renew:period": "1w"}
		w.add(in)
		r := w.run("")
		reason(t, r, "i-1", renewal.WindowCoversPeriod)
		outcome(t, r, "i-1", renewal.Held)
		w.unchanged()
	})
}

func TestUnifiedExpiryDay(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{UnifiedDay: 15}, map[string]string{"RENEW_UNTIL_DAY": "15"}, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), expiring("i-2", 4*renewal.Day))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Instance: "i-1", Kind: cloud.RefuseBefore, Status: 400, Code: "InvalidParam.ExpectedRenewDay"})
		plan := w.run(`{"dryRun":true}`)
		planned := entry(t, plan, "i-2").NewExpires
		r := w.run("")
		outcome(t, r, "i-1", renewal.OutcomeFailed)
		outcome(t, r, "i-2", renewal.Renewed)
		if e := entry(t, r, "i-2"); planned == "" || e.NewExpires != planned {
			t.Errorf("planned %s, and it became %s", planned, e.NewExpires)
		}
		for _, charge := range w.cloud.Ledger() {
			if charge.RenewDay != 15 || charge.Period != 0 {
				t.Errorf("%+v", charge)
			}
		}
	})
}

// The price API hangs, and no money setting is in force.
func TestPriceThatHangsIsAWarning(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.timeout = time.Minute
		w.cloud.Fail(cloud.Fault{Action: "DescribeRenewalPrice", Kind: cloud.SlowAfter})
		w.run("")
		w.charged("i-1", 1)
	})
}
