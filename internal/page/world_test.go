package page

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// first is when the plays of these tests begin.
var first = time.Date(2026, 11, 26, 22, 23, 0, 0, time.UTC)

// ending is a subscription that ends in some days.
func endingIn(days int, id string, changes ...func(*renewal.Instance)) renewal.Instance {
	in := renewal.Instance{
		ID: id, Name: "name of " + id, Account: "1234567890123456", Region: "cn-hangzhou", Subscription: true, Mode: renewal.Manual,
		Expires: time.Date(2026, 11, 26, 16, 0, 0, 0, time.UTC).AddDate(0, 0, days),
	}
	for _, change := range changes {
		change(&in)
	}
	return in
}

func named(name string) func(*renewal.Instance) {
	return func(in *renewal.Instance) { in.Name = name }
}

func automatic(in *renewal.Instance) { in.Mode, in.Auto = renewal.Auto, renewal.Period{Months: 1} }

func locked(in *renewal.Instance) { in.Locks = []string{"security"} }

// policy renews everything, at most two a day, by two rules.
func policy(changes ...func(*renewal.Policy)) renewal.Policy {
	p := renewal.Policy{
		Action: renewal.Renew, Term: renewal.Term{Period: renewal.Period{Months: 1}}, AutoPeriod: renewal.Period{Months: 1}, Site: renewal.China,
		Window: 7 * renewal.Day, NextRun: renewal.Day, Zone: renewal.Beijing, Caps: renewal.Caps{MaxCount: 2},
		Rules: []renewal.Rule{{
			Name: "quarterly", Period: renewal.Period{Months: 3},
			When: func(in renewal.Instance, _ time.Time) (bool, error) { return in.Region == "cn-beijing", nil },
		}},
	}
	for _, change := range changes {
		change(&p)
	}
	return p
}

// priced asks a price for a month of everything.
func priced(month, currency string) func([]renewal.Quote) []renewal.Amount {
	return func(quotes []renewal.Quote) (prices []renewal.Amount) {
		for _, q := range quotes {
			value := decimal.RequireFromString(month).Mul(decimal.NewFromInt(int64(q.Term.Period.Months)))
			prices = append(prices, renewal.Amount{Value: value, Currency: currency})
		}
		return prices
	}
}

// partly is a price that only some have.
func partly(quotes []renewal.Quote) []renewal.Amount {
	prices := priced("120.50", "CNY")(quotes)
	for i, q := range quotes {
		if q.Instance.Region == "cn-beijing" {
			prices[i] = renewal.Amount{}
		}
	}
	return prices
}

// mixed is a fleet with something of everything.
func mixed() (fleet []renewal.Instance) {
	for i := range 12 {
		fleet = append(fleet, endingIn(3+2*i, fmt.Sprintf("i-web%02d", i), func(in *renewal.Instance) {
			if i%3 == 0 {
				in.Region = "cn-beijing"
			}
		}))
	}
	return append(fleet, endingIn(20, "i-auto", automatic), endingIn(9, "i-lock", locked), endingIn(9, "i-gone", func(in *renewal.Instance) { in.Mode = renewal.Lapse }), endingIn(-3, "i-over"))
}

// view is a play to be seen.
func view(fleet []renewal.Instance, p renewal.Policy, prices func([]renewal.Quote) []renewal.Amount) View {
	play := renewal.Rehearse(p, renewal.Script{From: first, Days: 365, Fleet: fleet, Prices: prices})
	play.Version = "v0.0.0-test"
	return View{Play: play, Zone: renewal.Beijing, Verdict: lang.Say("It is seen.", "可以看到。"), Well: play.Unchosen() == 0}
}

// file writes the page to a disk, and gives its name.
func (v View) file(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(name, v.text(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func (v View) text(t testing.TB) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := v.Write(&page); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
}
