package aliyun

import (
	"testing"
)

// What an order does not tell is taken for what speaks against a payment: without a
// type it may be a renewal, and one end for several instances is nobody's.
func TestOrderThatTellsTooLittle(t *testing.T) {
	t.Parallel()
	for item, want := range map[string]struct{ renewal, ends bool }{
		`{"OrderId":"1","PaymentStatus":"Paid","OrderType":"Renew","UsageEndTime":"2026-12-23T16:00:00Z","InstanceIDs":"[\"eip-1\"]"}`:           {true, true},
		`{"OrderId":"1","PaymentStatus":"Paid","OrderType":"Renew","UsageEndTime":"2026-12-23T16:00:00Z","InstanceIDs":"[\"eip-1\",\"eip-2\"]"}`: {true, false},
		`{"OrderId":"1","PaymentStatus":"Paid"}`:                       {true, false},
		`{"OrderId":"1","PaymentStatus":"Paid","OrderType":"Upgrade"}`: {false, false},
	} {
		o, odd := readOrder(raw(item))
		if odd != "" || o.Renewal != want.renewal || o.Ends.IsZero() == want.ends {
			t.Errorf("%s: %+v, %q", item, o, odd)
		}
	}
}
