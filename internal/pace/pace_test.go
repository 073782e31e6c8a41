package pace

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A budgeted is a server that allows so many calls in each window, whoever they
// are from.
type budgeted struct {
	mu      sync.Mutex
	limit   int // 0 = none
	window  time.Duration
	headers bool
	current time.Time
	spent   int
}

const latency = 30 * time.Millisecond

// call says whether a call goes through, and else how long the server asks to wait.
func (s *budgeted) call() (allowed bool, after time.Duration) {
	s.mu.Lock()
	now := time.Now()
	if window := now.Truncate(s.window); !window.Equal(s.current) {
		s.current, s.spent = window, 0
	}
	allowed = s.limit == 0 || s.spent < s.limit
	if allowed {
		s.spent++
	} else if s.headers {
		after = s.current.Add(s.window).Sub(now)
	}
	s.mu.Unlock()
	time.Sleep(latency)
	return allowed, after
}

// A tally is what calls have come to.
type tally struct{ done, refused int }

// drive makes n calls, some at a time, as the workers of a run do.
func drive(ctx context.Context, s *budgeted, p *Pace, n, workers int) (tally, time.Duration) {
	begun := time.Now()
	var mu sync.Mutex
	var all tally
	left := n
	take := func() bool {
		mu.Lock()
		defer mu.Unlock()
		left--
		return left >= 0
	}
	group := sync.WaitGroup{}
	for range workers {
		group.Go(func() {
			for take() {
				for done := false; !done; {
					if p.Wait(ctx) != nil {
						return
					}
					allowed, after := s.call()
					done = allowed
					mu.Lock()
					if allowed {
						all.done++
					} else {
						all.refused++
					}
					mu.Unlock()
					if allowed {
						p.OK()
					} else {
						p.Throttled(after)
					}
				}
			}
		})
	}
	group.Wait()
	return all, time.Since(begun)
}

// other is a client beside the run that wants a call at every tick, and takes
// no for an answer. It gives a function that ends it and tells how it fared.
func other(s *budgeted, perMinute int) (end func() tally) {
	if perMinute == 0 {
		return func() tally { return tally{done: 1} }
	}
	ended, result := make(chan struct{}), make(chan tally)
	go func() {
		var t tally
		tick := time.NewTicker(time.Minute / time.Duration(perMinute))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ended:
				result <- t
				return
			}
			if allowed, _ := s.call(); allowed {
				t.done++
			} else {
				t.refused++
			}
		}
	}()
	return func() tally { close(ended); return <-result }
}

func TestPaceKeepsToABudget(t *testing.T) {
	for name, c := range map[string]struct {
		limit, others, calls, workers int
		begin                         time.Duration // into a minute
		headers                       bool
		share                         float64 // that the other gets at least of what it wants
	}{
		"alone":                {limit: 100, calls: 1000, workers: 8, begin: 20 * time.Second},
		"at the turn":          {limit: 100, calls: 1000, workers: 8},
		"late in a minute":     {limit: 100, calls: 1000, workers: 8, begin: 55 * time.Second},
		"beside another":       {limit: 100, others: 20, calls: 1000, workers: 8, begin: 20 * time.Second},
		"beside an equal":      {limit: 100, others: 50, calls: 1000, workers: 8, begin: 30 * time.Second},
		"told when":            {limit: 100, others: 20, calls: 1000, workers: 8, begin: 20 * time.Second, headers: true},
		"one at a time":        {limit: 100, others: 20, calls: 1000, workers: 1, begin: 20 * time.Second},
		"many at a time":       {limit: 100, others: 20, calls: 2000, workers: 64, begin: 20 * time.Second},
		"a large limit":        {limit: 1000, others: 200, calls: 10000, workers: 8, begin: 20 * time.Second},
		"a small limit":        {limit: 30, others: 6, calls: 300, workers: 8, begin: 20 * time.Second},
		"a few hundred":        {limit: 100, others: 20, calls: 240, workers: 8, begin: 20 * time.Second, share: 0.6},
		"a few hundred, alone": {limit: 100, calls: 300, workers: 8},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute + c.begin)))
				s := &budgeted{limit: c.limit, window: time.Minute, headers: c.headers}
				end := other(s, c.others)
				got, took := drive(t.Context(), s, New(time.Now), c.calls, c.workers)
				others := end()

				budget := time.Duration(float64(c.calls) / float64(c.limit-c.others) * float64(time.Minute))
				wasted := float64(got.refused) / float64(got.done+got.refused)
				share := float64(others.done) / float64(others.done+others.refused)
				t.Logf("%d calls: %.1f %% wasted, %.2f of what the budget allows, the other got %.0f %% of what it wanted",
					got.done, 100*wasted, took.Seconds()/budget.Seconds(), 100*share)
				if got.done != c.calls {
					t.Errorf("%d calls went through, want %d", got.done, c.calls)
				}
				if wasted > 0.05 {
					t.Errorf("%d of %d calls were wasted", got.refused, got.done+got.refused)
				}
				if share < cmp.Or(c.share, 0.85) {
					t.Errorf("the other got %d of %d calls", others.done, others.done+others.refused)
				}
				if took > budget*115/100 {
					t.Errorf("took %v, the budget allows %v", took, budget)
				}
			})
		})
	}
}

func TestPaceWithoutALimit(t *testing.T) {
	for _, c := range []struct {
		calls, workers int
		most           float64 // of the time that the calls need
	}{{5, 8, 1}, {16, 8, 1}, {50, 8, 8}, {1000, 8, 1.1}, {1000, 1, 1.01}, {2000, 64, 3}} {
		synctest.Test(t, func(t *testing.T) {
			_, took := drive(t.Context(), &budgeted{window: time.Minute}, New(time.Now), c.calls, c.workers)
			rounds := (c.calls + c.workers - 1) / c.workers
			ratio := float64(took) / float64(time.Duration(rounds)*latency)
			t.Logf("%d calls, %d at a time: %.2f × what they need", c.calls, c.workers, ratio)
			if ratio > c.most {
				t.Errorf("took %v, %.2f × what %d calls need", took, ratio, c.calls)
			}
		})
	}
}

// A refusal or two that pass at once are no limit by the minute.
func TestPaceAfterAGlitch(t *testing.T) {
	for _, refusals := range []int{1, 2, 3} {
		for _, before := range []int{0, 5} {
			synctest.Test(t, func(t *testing.T) {
				p := New(time.Now)
				for range before {
					_ = p.Wait(t.Context())
					p.OK()
				}
				begun := time.Now()
				for range refusals {
					_ = p.Wait(t.Context())
					p.Throttled(0)
				}
				_ = p.Wait(t.Context())
				p.OK()
				if took, most := time.Since(begun), 20*time.Second; took > most {
					t.Errorf("%d refusals after %d calls held it up for %v", refusals, before, took)
				}
				begun = time.Now()
				_, _ = drive(t.Context(), &budgeted{window: time.Minute}, p, 20, 8)
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("20 calls after it took %v", took)
				}
			})
		}
	}
}

// A limit that counts by the second is found, too.
func TestPaceBelowALimitByTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &budgeted{limit: 10, window: time.Second}
		got, took := drive(t.Context(), s, New(time.Now), 1000, 8)
		t.Logf("%d refused, %v", got.refused, took)
		if got.refused > 100 || took > 250*time.Second {
			t.Errorf("%d refused and %v for what 10 a second allow in 100s", got.refused, took)
		}
	})
}

func TestPaceStopsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		const workers = 8
		for range workers { // all in flight when the first is refused
			_ = p.Wait(t.Context())
		}
		for range workers {
			p.Throttled(20 * time.Second)
		}
		begun := time.Now()
		went := make(chan time.Duration, workers)
		for range workers {
			go func() {
				_ = p.Wait(t.Context())
				went <- time.Since(begun)
			}()
		}
		if first := <-went; first < 20*time.Second || first > 22*time.Second {
			t.Errorf("went on after %v, the server asked for 20s", first)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(went); n != 0 {
			t.Errorf("%d went on before it was known that they may", n)
		}
		p.OK()
		for range workers - 1 {
			<-went
		}
	})
}

// Who finds out may never tell: what became of the call was something else.
func TestPaceWhenAProbeIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		_ = p.Wait(t.Context())
		p.Throttled(0)
		_ = p.Wait(t.Context())
		begun := time.Now()
		_ = p.Wait(t.Context())
		if took := time.Since(begun); took > probeTime {
			t.Errorf("the next one waited for %v", took)
		}
	})
}

func TestPaceKeepsToTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		_ = p.Wait(t.Context())
		p.Throttled(time.Minute)

		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		if err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 0 {
			t.Errorf("waited for %v in vain: %v", time.Since(begun), err)
		}

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := p.Wait(ctx); !errors.Is(err, context.Canceled) || time.Since(begun) != time.Second {
			t.Errorf("went on after %v: %v", time.Since(begun), err)
		}
	})
}
