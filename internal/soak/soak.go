// Package soak plays scenarios that a seed draws: a few in go test, always the
// same ones, and as many as there is time for under make soak, always others.
// While it plays for long it says what it has played. It is for tests alone, and
// knows nothing of ours.
package soak

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Scenario is what a seed draws. Whatever is random in it comes from Rand, so
// that the same seed plays the same again.
type Scenario struct {
	Seed uint64
	*rand.Rand
	played map[string]int
}

// Played counts what happened in the scenario, for the line that says so, such
// as 12 "renewals".
func (s *Scenario) Played(what string, n int) { s.played[what] += n }

// Play plays the scenarios of the seeds from 1 to sample. The environment asks
// for more (make soak sets it):
//
//	SOAK_FOR=2h       go on for that long
//	SOAK_SEEDS=2000   that many of them
//	SOAK_SEED=7       that one alone, as one that failed asks for
//
// Each is a subtest named after its seed; the first that fails is the last.
func Play(t *testing.T, sample int, scenario func(t *testing.T, s *Scenario)) {
	t.Helper()
	wanted, err := read(os.Getenv, sample)
	if err != nil {
		t.Fatal(err)
	}
	collectLess()
	g := &game{t: t, wanted: wanted, begun: time.Now(), next: wanted.first, played: map[string]int{}}
	stop := g.report()
	defer stop()
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), wanted.most()) {
		workers.Go(func() {
			for seed, ok := g.take(); ok; seed, ok = g.take() {
				g.play(seed, scenario)
			}
		})
	}
	workers.Wait()
}

// collectLess trades memory, of which tests have enough, for a third of the time
// that scenarios take.
var collectLess = sync.OnceFunc(func() { debug.SetGCPercent(400) })

// asked is how much is to be played.
type asked struct {
	first uint64
	seeds int           // 0 = as many as there is time for
	long  time.Duration // 0 = as long as the seeds take
}

func (a asked) most() int {
	if a.seeds == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return a.seeds
}

func read(env func(string) string, sample int) (asked, error) {
	a := asked{first: 1, seeds: sample}
	if text := env("SOAK_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return a, fmt.Errorf("SOAK_SEED=%q is no seed: %w", text, err)
		}
		return asked{first: seed, seeds: 1}, nil
	}
	more := false
	if text := env("SOAK_SEEDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return a, fmt.Errorf("SOAK_SEEDS=%q is no number of seeds, such as 2000", text)
		}
		a.seeds, more = n, true
	}
	if text := env("SOAK_FOR"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return a, fmt.Errorf("SOAK_FOR=%q is no time, such as 10m or 2h", text)
		}
		a.long = d
		if !more {
			a.seeds = 0
		}
		more = true
	}
	if more { // the sample is known to hold
		a.first = uint64(time.Now().Unix()) * 1_000_000 //nolint:gosec // the clock is past 1970
	}
	return a, nil
}

// A game is one test's scenarios.
type game struct {
	t      *testing.T
	wanted asked
	begun  time.Time

	mu     sync.Mutex
	next   uint64
	done   int
	failed bool
	played map[string]int
}

// take gives the next seed, if there is to be one.
func (g *game) take() (seed uint64, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.failed,
		g.wanted.seeds > 0 && g.next >= g.wanted.first+uint64(g.wanted.seeds), //nolint:gosec // read refused what is below 1
		g.wanted.long > 0 && time.Since(g.begun) >= g.wanted.long:
		return 0, false
	}
	g.next++
	return g.next - 1, true
}

func (g *game) play(seed uint64, scenario func(t *testing.T, s *Scenario)) {
	s := &Scenario{Seed: seed, Rand: rand.New(rand.NewPCG(seed, 0)), played: map[string]int{}}
	ok := g.t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { scenario(t, s) })
	g.mu.Lock()
	defer g.mu.Unlock()
	g.done++
	for what, n := range s.played {
		g.played[what] += n
	}
	if !ok && !g.failed {
		g.failed = true
		g.t.Errorf("seed %d fails; it plays again by\n\tmake soak RUN=%s SEED=%d", seed, g.t.Name(), seed)
	}
}

// often is how often a line says what was played.
const often = 10 * time.Second

// report says every few seconds what was played, and, where more than the sample
// was asked for, at the end. What it gives back ends it.
func (g *game) report() (stop func()) {
	over := make(chan struct{})
	var reporting sync.WaitGroup
	reporting.Go(func() {
		for tick := time.NewTicker(often); ; {
			select {
			case <-tick.C:
				g.say("")
			case <-over:
				tick.Stop()
				return
			}
		}
	})
	return func() {
		close(over)
		reporting.Wait()
		if g.wanted.first != 1 {
			g.say("in all: ")
		}
	}
}

func (g *game) say(when string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var counts strings.Builder
	for _, what := range slices.Sorted(maps.Keys(g.played)) {
		fmt.Fprintf(&counts, ", %d %s", g.played[what], what)
	}
	of := ""
	if g.wanted.long > 0 {
		of = " of " + g.wanted.long.String()
	}
	fmt.Fprintf(os.Stderr, "%s: %s%d scenarios in %v%s, seeds %d to %d%s\n", g.t.Name(), when,
		g.done, time.Since(g.begun).Round(time.Second), of, g.wanted.first, max(g.next-1, g.wanted.first), counts.String())
}
