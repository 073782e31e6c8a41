package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// BenchmarkBudget renews what takes several minutes under a limit of 100 calls a
// minute, beside another client that wants 20 of them and takes no for an
// answer. It takes real minutes, two to three of them: the limit counts by the
// minutes of the clock, which function and cloud must share. What longer runs
// come to is told by the tests of the pace, in simulated time.
func BenchmarkBudget(b *testing.B) {
	const limit, others, instances = 100, 20, 240
	var took time.Duration
	var wasted, share float64
	for b.Loop() {
		options := cloud.Options{Latency: latency, Budget: map[string]cloud.Budget{"RenewInstance": {PerMinute: limit}}}
		w := newWorld(b, options, nil, fleet("due", instances, soon, hangzhou)...)
		for _, in := range fleet("other", 200, far, hangzhou) {
			w.cloud.AddInstance(in)
		}
		ended, other := make(chan struct{}), make(chan float64)
		go func() { other <- anotherClient(b, w, others, ended) }()
		r, wall := w.invoke(b)
		close(ended)
		share, took = <-other, wall
		if r.Counts.Renewed != instances {
			b.Fatalf("not all were renewed: %+v", r.Counts)
		}
		var made, refused int
		for _, call := range w.cloud.Calls() {
			if call.Action == "RenewInstance" && call.Params.Get("ClientToken")[:5] != "other" {
				made++
				if call.Status != 200 {
					refused++
				}
			}
		}
		wasted = float64(refused) / float64(made)
	}
	allowed := time.Duration(float64(instances) / (limit - others) * float64(time.Minute))
	report(b,
		figure{100 * wasted, "%wasted", 5},
		figure{float64(took) / float64(allowed), "×allowed", 1.15},
		figure{value: 100 * share, unit: "%others-share"},
		figure{value: took.Seconds(), unit: "s"},
	)
}

// anotherClient renews at a steady rate until it is ended, and gives the share
// of its calls that went through.
func anotherClient(b *testing.B, w *world, perMinute int, ended <-chan struct{}) float64 {
	ctx, c := context.Background(), w.client(b)
	tick := time.NewTicker(time.Minute / time.Duration(perMinute))
	defer tick.Stop()
	done, asked := 0, 0
	for {
		select {
		case <-tick.C:
		case <-ended:
			return float64(done) / float64(max(asked, 1))
		}
		id := fmt.Sprintf("i-other%06d", asked)
		asked++
		if _, err := c.Renew(ctx, hangzhou, id, month, "other-"+id, time.Minute); err == nil {
			done++
		}
	}
}
