package pace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// unlimited lets every call through.
type unlimited struct{}

func (unlimited) call() bool { return true }

func TestWithoutALimit(t *testing.T) {
	for _, c := range []struct {
		calls, workers int
		behind         time.Duration // of the time that the calls need
	}{{5, 8, 0}, {16, 8, 0}, {20, 8, 0}, {50, 8, 600 * time.Millisecond}, {1000, 8, 2 * time.Second}, {1000, 1, 250 * time.Millisecond}, {2000, 64, 11 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			run := &client{limit: unlimited{}, calls: c.calls, workers: c.workers, latency: 30 * time.Millisecond}
			took := run.run(t)
			needed := time.Duration((c.calls+c.workers-1)/c.workers) * run.latency
			t.Logf("%d calls, %d at a time: %v, and they need %v", c.calls, c.workers, took, needed)
			if took > needed+c.behind {
				t.Errorf("%d calls, %d at a time, took %v and need %v", c.calls, c.workers, took, needed)
			}
		})
	}
}

// A refusal or two that pass at once are no limit by the minute.
func TestGlitch(t *testing.T) {
	for _, refusals := range []int{1, 2, 3} {
		for _, before := range []int{0, 5} {
			synctest.Test(t, func(t *testing.T) {
				p := New(time.Now)
				wait := func() {
					if err := p.Wait(t.Context()); err != nil {
						t.Error(err)
					}
				}
				for range before {
					wait()
					p.OK()
				}
				begun := time.Now()
				for range refusals {
					wait()
					p.Throttled(0)
				}
				wait()
				p.OK()
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("%d refusals after %d calls held it up for %v", refusals, before, took)
				}
				begun = time.Now()
				for range 20 {
					wait()
					p.OK()
				}
				if took := time.Since(begun); took > 5*time.Second {
					t.Errorf("20 calls after it took %v", took)
				}
			})
		}
	}
}

// Every fifth call is refused, hour after hour, also just before minutes turn:
// that is never taken for a limit that counts by the minute.
func TestRandomIsNoLimitByTheMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		for i := range 20_000 {
			begun := time.Now()
			if err := p.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(begun); waited > 5*time.Second {
				t.Fatalf("call %d waited for %v", i, waited)
			}
			if i%5 == 4 {
				p.Throttled(0)
			} else {
				p.OK()
			}
		}
	})
}

// Until the minute turns nothing more is asked once its quota is known, and the
// next one is not begun too early.
func TestQuotaOfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const quota = 100
		run := &client{limit: &byMinute{quota: quota}, calls: 5 * quota, workers: 8, latency: 30 * time.Millisecond}
		took := run.run(t)
		if t.Logf("%v, %d refused", took, run.refused); took > 5*time.Minute {
			t.Errorf("five minutes' quota took %v", took)
		}
		if most := 16 + 8 + 2*2; run.refused > most { // questions of the first minute, calls on their way, and what goes beyond
			t.Errorf("%d calls were refused, want %d at most", run.refused, most)
		}
	})
}

func TestStopsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		const workers = 8
		for range workers { // all on their way when the first is refused
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
		if first := <-went; first < 20*time.Second || first > 20*time.Second+lateness {
			t.Errorf("went on after %v, the API asked for 20s", first)
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

// Who asks may never tell: what became of the call was something else.
func TestQuestionWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		_ = p.Wait(t.Context())
		p.Throttled(0)
		_ = p.Wait(t.Context())
		begun := time.Now()
		_ = p.Wait(t.Context())
		if took := time.Since(begun); took > lateness+pause {
			t.Errorf("the next one waited for %v", took)
		}
	})
}

func TestKeepsToTheContext(t *testing.T) {
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
		errs := make(chan error)
		for range 2 { // one in front of the other
			go func() { errs <- p.Wait(ctx) }()
		}
		for range 2 {
			if err := <-errs; !errors.Is(err, context.Canceled) || time.Since(begun) != time.Second {
				t.Errorf("went on after %v: %v", time.Since(begun), err)
			}
		}
	})
}

// What was taken for a limit by the minute is forgotten with the first stop that
// ends before the minute does.
func TestForgetsTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		learn := &client{limit: &byMinute{quota: 100}, calls: 250, workers: 1, latency: 30 * time.Millisecond}
		learn.runWith(t, p)
		if p.quota != 100 {
			t.Fatalf("it has learned a quota of %d, want 100", p.quota)
		}
		_ = p.Wait(t.Context())
		p.Throttled(0)
		_ = p.Wait(t.Context())
		p.OK()
		if p.quota != 0 {
			t.Errorf("it still takes the limit for one of %d a minute", p.quota)
		}
	})
}

// What others leave is found: a minute that was used up without a refusal is
// followed by one that goes beyond.
func TestFindsWhatOthersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		c := &client{limit: &byMinute{quota: 300}, calls: 500, workers: 8, latency: 30 * time.Millisecond}
		end := neighbour(c, 200)
		c.runWith(t, p)
		end()
		begun := time.Now()
		c.calls = 2400
		c.runWith(t, p)
		if took := time.Since(begun); took > 12*time.Minute {
			t.Errorf("eight minutes' quota took %v after others had left", took)
		}
	})
}

// The API's minute turns later than ours. A question that it still refuses is
// not taken for the first of a long stop.
func TestClocksDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(80 * time.Second)))
		turns := time.Now().Truncate(time.Minute).Add(time.Minute)
		p := New(time.Now)
		for {
			if err := p.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if late := time.Since(turns); late >= 3*time.Second {
				if late > 9*time.Second {
					t.Errorf("went on %v after the minute had turned", late)
				}
				return
			}
			p.Throttled(0)
		}
	})
}

// A quota is kept to where the API's clock is another: little is refused about the
// turn of either.
func TestQuotaByAnotherClock(t *testing.T) {
	for _, slow := range []time.Duration{-1500 * time.Millisecond, -time.Second, 0, time.Second, 1500 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			const quota = 300
			run := &client{limit: &byMinute{quota: quota, slow: slow}, calls: 10 * quota, workers: 8, latency: 30 * time.Millisecond}
			took := run.run(t)
			if t.Logf("%v: %v, %d refused", slow, took, run.refused); took > 10*time.Minute+10*time.Second || run.refused > run.calls/50 {
				t.Errorf("slow by %v: %d calls took %v, %d were refused", slow, run.calls, took, run.refused)
			}
		})
	}
}

// Calls that were on their way when the first was refused are refused for the
// same reason: all of them are one refusal.
func TestBurstIsOneRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(time.Now)
		for range 8 {
			_ = p.Wait(t.Context())
		}
		for range 8 {
			p.Throttled(0)
		}
		begun := time.Now()
		_ = p.Wait(t.Context())
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the next question waited for %v", took)
		}
	})
}
