package bench

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// paidFor are the products besides ECS that are paid for, and told those that are
// not.
var (
	paidFor = []string{"rds", "redis", "mongodb", "polardb", "eip", "cbwp", "clb"}
	told    = []string{"waf", "kms", "vpn", "ons", "elasticsearch"}
)

// subscriptions are n of the products in turn, of which every due-th expires within
// the window.
func subscriptions(n, due int, keys ...string) []cloud.Instance {
	list := make([]cloud.Instance, n)
	for i := range list {
		end := time.Now().Add(time.Duration(20+i%300) * renewal.Day)
		if i%due == 0 {
			end = time.Now().Add(renewal.Day + time.Duration(i)*time.Second)
		}
		key := keys[i/due%len(keys)]
		list[i] = cloud.Instance{ID: key + "-" + strconv.Itoa(i), Product: key, Region: hangzhou, Expires: end}
	}
	return list
}

// A report over 10,000 subscriptions of 12 products takes at most 60 calls besides
// those to ECS.
func TestCallsOfAReportOverProducts(t *testing.T) {
	t.Parallel()
	keys := append(append([]string{}, paidFor...), told...)
	w := newWorld(t, cloud.Options{}, map[string]string{"RENEW_ACTION": "report", "RENEW_PRODUCTS": "all"}, subscriptions(10_000, 400, keys...)...)
	r, _ := w.invoke(t)
	if r.Counts.Listed != 10_000 || r.Counts.Due != 25 {
		t.Fatalf("%+v", r.Counts)
	}
	n := w.cloud.CallCount("") - w.cloud.CallCount("DescribeInstances")
	t.Logf("%d calls: %v", n, byAction(w.cloud))
	if n > 60 {
		t.Errorf("%d calls: %v", n, byAction(w.cloud))
	}
}

// A run that pays takes at most 4.5 calls a payment besides the lists: look,
// price, order book, payment, verification, order.
func TestCallsOfPaymentsForProducts(t *testing.T) {
	t.Parallel()
	const bought = 140
	w := newWorld(t, cloud.Options{}, map[string]string{"RENEW_PRODUCTS": "all", "RENEW_PRICES": "polardb=200,eip=200,cbwp=200,clb=200"}, subscriptions(bought, 1, paidFor...)...)
	r, _ := w.invoke(t)
	if r.Counts.Renewed != bought || len(w.cloud.Ledger()) != bought {
		t.Fatalf("%+v, %d bought", r.Counts, len(w.cloud.Ledger()))
	}
	n := w.cloud.CallCount("") - lists(w.cloud)
	per := float64(n) / bought
	t.Logf("%.2f calls a payment: %v", per, byAction(w.cloud))
	if per > 4.5 {
		t.Errorf("%.2f calls a payment: %v", per, byAction(w.cloud))
	}
}

// lists counts the calls to the lists: the billing's pages, without the readings of
// some ids, and those of ECS.
func lists(c *cloud.Cloud) (n int) {
	for _, call := range c.Calls() {
		if call.Action == "QueryAvailableInstances" && call.Params.Get("InstanceIDs") == "" {
			n++
		}
	}
	return n
}

// BenchmarkProducts renews 500 subscriptions of seven products, where every call
// takes 30 ms.
func BenchmarkProducts(b *testing.B) {
	var took, perPayment float64
	for b.Loop() {
		w := newWorld(b, cloud.Options{Latency: latency}, map[string]string{"RENEW_PRODUCTS": "all", "RENEW_PRICES": "polardb=200,eip=200,cbwp=200,clb=200"}, subscriptions(500, 1, paidFor...)...)
		r, d := w.invoke(b)
		if r.Counts.Renewed != 500 {
			b.Fatal(fmt.Sprint(r.Counts))
		}
		took += d.Seconds()
		perPayment += float64(w.cloud.CallCount("")-lists(w.cloud)) / 500
	}
	n := float64(b.N)
	b.ReportMetric(took/n, "s/run")
	b.ReportMetric(perPayment/n, "calls/payment")
}
