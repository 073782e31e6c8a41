package bench

import (
	"context"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/aliyun"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const due = 1000 // instances in one region

// BenchmarkFleet renews 1,000 instances of one region, 8 calls at a time, each of
// which takes 30 ms, and compares with the way of the official sample.
func BenchmarkFleet(b *testing.B) {
	const concurrency = 8
	var wall []time.Duration
	var needed []float64
	var calls, opened, atOnce int
	var sequentially time.Duration
	for b.Loop() {
		for range 3 {
			w := newWorld(b, cloud.Options{Latency: latency}, nil, fleet("due", due, soon, hangzhou)...)
			r, took := w.invoke(b)
			if r.Counts.Renewed != due {
				b.Fatalf("not all were renewed: %+v", r.Counts)
			}
			calls = w.cloud.CallCount("")
			opened, atOnce = w.connections()
			wall = append(wall, took)
			needed = append(needed, float64(took)/(float64(calls)*float64(latency)/concurrency))
			_ = w.rt.Close()
		}
		w := newWorld(b, cloud.Options{Latency: latency}, nil, fleet("due", due, soon, hangzhou)...)
		sequentially = theSampleWay(b, w)
	}
	report(b,
		figure{median(needed), "×needed", 1.3},
		figure{float64(sequentially) / float64(median(wall)), "×faster", 6},
		figure{value: median(wall).Seconds(), unit: "s"},
		figure{value: sequentially.Seconds(), unit: "s-sequential"},
		figure{float64(calls) / due, "calls/instance", 2 + 0.08 + 4.0/due},
		figure{float64(opened), "connections", float64(atOnce)},
	)
}

// theSampleWay renews as the official sample does: it lists page by page, and
// then for every instance looks once and renews once, one call after another.
func theSampleWay(tb testing.TB, w *world) time.Duration {
	tb.Helper()
	ctx, c, begun := context.Background(), w.client(tb), time.Now()
	var ids []string
	for next := ""; ; {
		page, token, err := c.Page(ctx, hangzhou, begun, begun.Add(7*renewal.Day), next)
		if err != nil {
			tb.Fatal(err)
		}
		for _, in := range page {
			ids = append(ids, in.ID)
		}
		if next = token; next == "" {
			break
		}
	}
	for _, id := range ids {
		if err := lookAndRenew(ctx, c, id); err != nil {
			tb.Fatal(err)
		}
	}
	if n := len(w.cloud.Ledger()); n != due {
		tb.Fatalf("%d renewed, want %d", n, due)
	}
	return time.Since(begun)
}

func lookAndRenew(ctx context.Context, c *aliyun.Cloud, id string) error {
	if _, err := c.States(ctx, hangzhou, []string{id}); err != nil {
		return err
	}
	_, err := c.Renew(ctx, hangzhou, id, month, "token-"+id, time.Minute)
	return err
}

var month = renewal.Term{Period: renewal.Period{Months: 1}}

// BenchmarkRegions reads 30 regions in which nothing is due.
func BenchmarkRegions(b *testing.B) {
	list := regions(30)
	w := newWorld(b, cloud.Options{Regions: list, Latency: latency}, map[string]string{"RENEW_REGIONS": "all"}, fleet("far", 300, far, list[:15]...)...)
	_, cold := w.invoke(b)
	var wall []time.Duration
	w.cloud.ForgetCalls()
	runs := 0
	for b.Loop() {
		r, took := w.invoke(b)
		if r.Counts.Due != 0 || len(r.Scopes) != len(list) {
			b.Fatalf("%+v", r)
		}
		wall = append(wall, took)
		runs++
	}
	report(b,
		figure{float64(median(wall)) / float64(latency), "×call", 4},
		figure{value: float64(cold) / float64(latency), unit: "×call-cold"},
		figure{float64(w.cloud.CallCount("")) / float64(runs*len(list)), "calls/region", 3},
	)
}
