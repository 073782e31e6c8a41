package soak

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// With nothing asked for the same few are played every time, and draw the same.
func TestPlaysTheSample(t *testing.T) {
	for _, name := range []string{"SOAK_FOR", "SOAK_SEEDS", "SOAK_SEED"} {
		t.Setenv(name, "")
	}
	play := func() (seeds []uint64, drawn map[uint64]int) {
		var mu sync.Mutex
		drawn = map[uint64]int{}
		Play(t, 5, func(_ *testing.T, s *Scenario) {
			mu.Lock()
			defer mu.Unlock()
			seeds, drawn[s.Seed] = append(seeds, s.Seed), s.IntN(1_000_000)
		})
		slices.Sort(seeds)
		return seeds, drawn
	}
	seeds, drawn := play()
	if !slices.Equal(seeds, []uint64{1, 2, 3, 4, 5}) {
		t.Errorf("played %v", seeds)
	}
	_, again := play()
	for seed, n := range drawn {
		if again[seed] != n {
			t.Errorf("seed %d drew %d, and then %d", seed, n, again[seed])
		}
	}
}

func TestPlaysWhatIsAskedFor(t *testing.T) {
	for name, tt := range map[string]struct {
		env  map[string]string
		want func(a asked) bool
	}{
		"nothing":          {nil, func(a asked) bool { return a == asked{first: 1, seeds: 20} }},
		"a time":           {map[string]string{"SOAK_FOR": "2h"}, func(a asked) bool { return a.long == 2*time.Hour && a.seeds == 0 && a.first > 20 }},
		"seeds":            {map[string]string{"SOAK_SEEDS": "2000"}, func(a asked) bool { return a.long == 0 && a.seeds == 2000 && a.first > 20 }},
		"seeds and a time": {map[string]string{"SOAK_SEEDS": "2000", "SOAK_FOR": "2h"}, func(a asked) bool { return a.long == 2*time.Hour && a.seeds == 2000 }},
		"one seed":         {map[string]string{"SOAK_SEED": "7", "SOAK_FOR": "2h"}, func(a asked) bool { return a == asked{first: 7, seeds: 1} }},
	} {
		t.Run(name, func(t *testing.T) {
			if a, err := read(func(n string) string { return tt.env[n] }, 20); err != nil || !tt.want(a) {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	for name, value := range map[string]string{"SOAK_FOR": "long", "SOAK_SEEDS": "-1", "SOAK_SEED": "x"} {
		if _, err := read(func(n string) string { return map[string]string{name: value}[n] }, 20); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

// Time that is asked for is used, and ends the playing.
func TestPlaysForATime(t *testing.T) {
	t.Setenv("SOAK_SEED", "")
	t.Setenv("SOAK_SEEDS", "")
	t.Setenv("SOAK_FOR", "50ms")
	begun, n := time.Now(), 0
	var mu sync.Mutex
	Play(t, 1, func(_ *testing.T, s *Scenario) {
		mu.Lock()
		defer mu.Unlock()
		n++
		s.Played("pauses", 1)
		time.Sleep(time.Millisecond)
	})
	if took := time.Since(begun); took < 50*time.Millisecond || n < 2 {
		t.Errorf("%d in %v", n, took)
	}
}
