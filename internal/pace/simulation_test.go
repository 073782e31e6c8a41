package pace

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/soak"
)

// A limit is an API's. It says whether a call goes through.
type limit interface{ call() bool }

// A byMinute limit counts by the minute of its clock, whoever calls.
type byMinute struct {
	quota int
	slow  time.Duration // its clock is, by so much
	began time.Time
	left  int
}

func (l *byMinute) call() bool {
	if began := time.Now().Add(-l.slow).Truncate(time.Minute); !began.Equal(l.began) {
		l.began, l.left = began, l.quota
	}
	l.left--
	return l.left >= 0
}

// A bucket holds so many calls, and fills.
type bucket struct {
	size, perSecond float64
	at              time.Time
	holds           float64
}

func (l *bucket) call() bool {
	now := time.Now()
	if l.holds += now.Sub(l.at).Seconds() * l.perSecond; l.at.IsZero() || l.holds > l.size {
		l.holds = l.size
	}
	l.at = now
	if l.holds < 1 {
		return false
	}
	l.holds--
	return true
}

// atRandom refuses every fifth call, whatever the rate.
type atRandom struct{ *soak.Scenario }

func (l atRandom) call() bool { return l.Float64() >= 0.2 }

// A client is a run, or a part of one, in front of a limit.
type client struct {
	limit   limit
	calls   int // that are to go through
	workers int
	latency time.Duration

	mu      sync.Mutex
	refused int
}

// run makes the calls as a run does, each again until it goes through.
func (c *client) run(t *testing.T) time.Duration { return c.runWith(t, New(time.Now)) }

func (c *client) runWith(t *testing.T, p *Pace) time.Duration {
	begun := time.Now()
	left := atomic.Int64{}
	left.Store(int64(c.calls))
	var workers sync.WaitGroup
	for range c.workers {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				for !c.call(t, p) {
				}
			}
		})
	}
	workers.Wait()
	return time.Since(begun)
}

func (c *client) call(t *testing.T, p *Pace) bool {
	if err := p.Wait(t.Context()); err != nil {
		t.Error(err)
		return true
	}
	time.Sleep(c.latency / 2)
	c.mu.Lock()
	through := c.limit.call()
	if !through {
		c.refused++
	}
	c.mu.Unlock()
	time.Sleep(c.latency / 2)
	if through {
		p.OK()
	} else {
		p.Throttled(0)
	}
	return through
}

// bestByMinute is how long it takes who knows the quota, and begins that long
// after a minute has turned: all of it at once, as soon as the minute turns, but
// never more than the calls a second that a run begins with.
func (c *client) bestByMinute(begin time.Duration, quota float64) time.Duration {
	each := c.each()
	left, took := float64(c.calls), 0.0
	for room := 60 - begin.Seconds(); ; room = 60 {
		can := min(quota, room/each)
		if left <= can {
			return time.Duration((took + left*each) * float64(time.Second))
		}
		left, took = left-can, took+room
	}
}

// each is the least time for a call, in seconds.
func (c *client) each() float64 {
	return max(c.latency.Seconds()/float64(c.workers), 1.0/startRate)
}

// A kind of limit: what a seed draws of it, and the best possible there.
type kind struct {
	fixed bool // the quota is, and all ours
	limit func(s *soak.Scenario, perMinute float64) limit
	best  func(c *client, begin time.Duration) time.Duration
}

var kinds = map[string]kind{
	"by the minute": {
		true,
		func(s *soak.Scenario, perMinute float64) limit {
			return &byMinute{quota: int(perMinute), slow: time.Duration(s.IntN(1001)-500) * time.Millisecond}
		},
		func(c *client, begin time.Duration) time.Duration {
			return c.bestByMinute(begin, float64(c.limit.(*byMinute).quota))
		},
	},
	"bucket": {
		true,
		func(s *soak.Scenario, perMinute float64) limit {
			perSecond := perMinute / 60
			return &bucket{size: max(2, perSecond*math.Pow(60, s.Float64())), perSecond: perSecond}
		},
		func(c *client, _ time.Duration) time.Duration {
			l := c.limit.(*bucket)
			return time.Duration(max(float64(c.calls)*c.each(), (float64(c.calls)-l.size)/l.perSecond) * float64(time.Second))
		},
	},
	"at random": {
		false,
		func(s *soak.Scenario, _ float64) limit { return atRandom{s} },
		func(c *client, _ time.Duration) time.Duration {
			return time.Duration(float64(c.calls) / 0.8 * c.each() * float64(time.Second))
		},
	},
}

// draw draws a run in front of a limit: of 90 to 1,200 calls a minute, up to ten
// times as many calls to be made, by 1 to 64 workers, that take 20 to 320 ms.
func draw(s *soak.Scenario, k kind) *client {
	perMinute := math.Floor(90 * math.Pow(1200./90, s.Float64()))
	c := &client{limit: k.limit(s, perMinute), workers: 1 << s.IntN(7), latency: 20*time.Millisecond + time.Duration(s.IntN(300))*time.Millisecond}
	if c.calls = 1 + int(perMinute*10*s.Float64()); !k.fixed {
		c.calls = 1 + s.IntN(200)
	}
	return c
}

// Runs in front of every kind of limit, drawn by a seed and begun anywhere in a
// minute: none is more than a minute behind the best possible, and where the
// quota is fixed, all together waste at most 2 % of their calls.
func TestSoakLimits(t *testing.T) {
	t.Parallel()
	for name, k := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seeds, made, wasted, late atomic.Int64
			soak.Play(t, 50, func(t *testing.T, s *soak.Scenario) {
				c := draw(s, k)
				begin := time.Duration(s.Int64N(int64(time.Minute)))
				synctest.Test(t, func(t *testing.T) {
					time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute + begin)))
					best, took := k.best(c, begin), c.run(t)
					behind := took - best
					if behind <= time.Minute {
						return
					}
					if late.Add(1); k.fixed || late.Load() > 2+seeds.Load()/1000 { // bad luck has no bound
						t.Errorf("%d calls took %v, which is %v behind the best possible; %d were refused; %+v", c.calls, took, behind, c.refused, c.limit)
					}
				})
				seeds.Add(1)
				made.Add(int64(c.calls + c.refused))
				wasted.Add(int64(c.refused))
				s.Played("calls", c.calls+c.refused)
				s.Played("refused", c.refused)
			})
			share := float64(wasted.Load()) / float64(made.Load())
			t.Logf("%.2f %% of the calls were refused", 100*share)
			if k.fixed && seeds.Load() >= 50 && share > 0.02 { // finding a limit costs some: a few seeds say little
				t.Errorf("%d of %d calls were wasted", wasted.Load(), made.Load())
			}
		})
	}
}

// Beside a neighbour who wants 20 to 80 % of the quota, and takes no for an
// answer, a run is never more than a minute behind who gets what he leaves.
func TestSoakNeighbour(t *testing.T) {
	t.Parallel()
	soak.Play(t, 50, func(t *testing.T, s *soak.Scenario) {
		c := draw(s, kinds["by the minute"])
		quota := float64(c.limit.(*byMinute).quota)
		wants := quota * (0.2 + 0.6*s.Float64())
		begin := time.Duration(s.Int64N(int64(time.Minute)))
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(time.Minute + begin)))
			end := neighbour(c, wants)
			best, took := c.bestByMinute(begin, quota-wants), c.run(t)
			end()
			if behind := took - best; behind > time.Minute {
				t.Errorf("%d calls took %v, which is %v behind the best possible; %d were refused; %.0f wanted of %.0f", c.calls, took, behind, c.refused, wants, quota)
			}
		})
		s.Played("calls", c.calls+c.refused)
		s.Played("refused", c.refused)
	})
}

// neighbour is another client of c's limit. It gives a function that ends it
// and tells how many of its calls went through, and how many were made.
func neighbour(c *client, perMinute float64) (end func() (through, made int)) {
	ended, done := make(chan struct{}), make(chan struct{})
	var through, made int
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Duration(float64(time.Minute) / perMinute))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ended:
				return
			}
			c.mu.Lock()
			if made++; c.limit.call() {
				through++
			}
			c.mu.Unlock()
		}
	}()
	return func() (int, int) { close(ended); <-done; return through, made }
}

// A neighbour who wants twice what there is does not starve a run: it gets more
// than a quarter of the quota.
func TestNeighbourWhoWantsAll(t *testing.T) {
	for _, quota := range []int{100, 300, 1000} {
		synctest.Test(t, func(t *testing.T) {
			c := &client{limit: &byMinute{quota: quota}, calls: 2 * quota, workers: 8, latency: 100 * time.Millisecond}
			end := neighbour(c, float64(2*quota))
			took := c.run(t)
			end()
			if t.Logf("%d: %v", quota, took); took > 8*time.Minute {
				t.Errorf("two minutes' quota of %d took %v", quota, took)
			}
		})
	}
}

// Where the limit allows, others find their room.
func TestRoomForOthers(t *testing.T) {
	for name, c := range map[string]struct{ quota, wants, calls, workers int }{
		"beside another": {100, 20, 1000, 8},
		"an equal":       {100, 50, 1000, 8},
		"one at a time":  {100, 20, 1000, 1},
		"many at a time": {100, 20, 2000, 64},
		"a large limit":  {1000, 200, 10000, 8},
		"a small limit":  {30, 6, 300, 8},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(80 * time.Second)))
				run := &client{limit: &byMinute{quota: c.quota}, calls: c.calls, workers: c.workers, latency: 30 * time.Millisecond}
				end := neighbour(run, float64(c.wants))
				took := run.run(t)
				through, made := end()
				left := time.Duration(float64(c.calls) / float64(c.quota-c.wants) * float64(time.Minute))
				share := float64(through) / float64(made)
				t.Logf("%.1f %% wasted, %.2f of the time that what is left needs, the other got %.0f %%",
					100*float64(run.refused)/float64(run.refused+c.calls), took.Seconds()/left.Seconds(), 100*share)
				if share < 0.8 {
					t.Errorf("the other got %d of %d calls", through, made)
				}
				if took > left*11/10 {
					t.Errorf("took %v; what the other leaves allows %v", took, left)
				}
				if most := 30 + c.calls/50; run.refused > most {
					t.Errorf("%d of %d calls were wasted", run.refused, run.refused+c.calls)
				}
			})
		})
	}
}
