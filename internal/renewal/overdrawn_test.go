package renewal

import (
	"testing"

	"github.com/shopspring/decimal"
)

// A place that was given back is not given a second time, when others cost more than
// was assumed.
func TestOverdrawnGivesNothingTwice(t *testing.T) {
	t.Parallel()
	amount := func(n int64) Amount { return Amount{Value: decimal.NewFromInt(n), Currency: "CNY"} }
	p := &Plan{}
	for range 3 {
		p.Decisions = append(p.Decisions, Decision{Action: Renew, Reason: Due, Price: amount(100)})
	}
	p.Afford(Caps{NoMaxCount: true, MaxSpend: amount(300)}, nil)
	p.GiveBack(2, func(Decision) bool { return true })
	p.Paid(0, amount(250))
	if why := p.Overdrawn(1, func(i int) bool { return i == 0 }); why != OverMaxSpend {
		t.Errorf("%q", why)
	}
}
