// Package pace finds the rate at which an API lets calls through, by trying: up
// while calls succeed, halved when it throttles. It knows nothing of what the
// calls are.
package pace

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Pace is the rate of one changing action in one region of one account. The
// limit there is not published and is shared with others; it counts by the
// calendar minute, and over it everything is refused until the next begins. So
// it is found by trying: the rate grows with success until the API throttles.
// Then everybody stops, one call at a time finds out when it goes on, and what
// the minute allowed is spread over the next ones: without a burst that others
// would suffer from, and growing with care.
type Pace struct {
	now func() time.Time

	mu      sync.Mutex
	bucket  *rate.Limiter // replaced by every stop, which makes places in it void
	changed chan struct{} // closed when a stop ends

	minute time.Time // that is counted; zero = nobody has asked for a place yet
	whole  bool      // it was counted from its beginning
	used   int       // calls that went through in it

	byMinute  bool    // the limit is known to count by the minute
	allowance float64 // then: what a minute allows
	calm      int     // and how many in a row were used up and held no refusal
	step      float64 // else, after a refusal: by how much the rate grows with a call; 0 = there was none

	refusals  int       // in a row, of those sent one at a time; 0 = nobody has to stop
	refusedIn time.Time // the minute of the first
	probing   bool      // one call is on its way, to find out
	until     time.Time // when the next may find out
}

const (
	startRate = 20   // calls a second: safe for an unknown limit, and no wait for a small fleet
	startSize = 16   // calls that may go at once
	topRate   = 2000 // more than any limit
	leastRate = 0.2
	growth    = 1.1 // by each call, as long as nothing was refused
	carefully = 100 // calls that it takes to come back to the rate that was refused

	firstAllowance = 60   // at least, from a minute that began before the run: others may have used it up
	leastAllowance = 6    //
	below          = 0.95 // the share of what a minute allowed that the next one starts with
	growAllowance  = 0.04 // doubling with every calm minute, so that an old limit is soon forgotten
	usedUp         = 0.75 // of the allowance: less tells nothing

	probes    = 2                // refused in a row before a limit counts as one by the minute
	fewCalls  = 10               // a limit by the minute is not this low: what stops so early is something else
	longWait  = 15 * time.Second // between two probes
	probeTime = 5 * time.Second  // how long the others wait for the answer to a probe
	lateness  = 2 * time.Second  // after the minute has turned: clocks differ, and others wait too
)

// New makes a pace; now is the clock of the run.
func New(now func() time.Time) *Pace {
	return &Pace{now: now, bucket: rate.NewLimiter(startRate, startSize), changed: make(chan struct{})}
}

// Wait waits for the next place; an error means that ctx ends before it.
func (p *Pace) Wait(ctx context.Context) error {
	for {
		bucket, pause, changed := p.place()
		if pause == 0 {
			if err := bucket.Wait(ctx); err != nil {
				return err
			}
			if p.holds(bucket) {
				return nil
			}
			continue
		}
		// A context ends by the real clock, whatever the run's own says.
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < pause {
			return context.DeadlineExceeded
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		timer.Stop()
	}
}

// place gives the bucket to wait in, or how long to stop before asking again.
// Who asks when a stop is over is the next to find out.
func (p *Pace) place() (bucket *rate.Limiter, pause time.Duration, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.turn(now)
	if p.refusals > 0 {
		if pause = p.until.Sub(now); pause <= 0 {
			pause = 0
			p.probing, p.until = true, now.Add(probeTime)
		}
	}
	return p.bucket, pause, p.changed
}

// holds says whether places in bucket are still good.
func (p *Pace) holds(bucket *rate.Limiter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bucket == bucket
}

// OK tells of a call that was not throttled.
func (p *Pace) OK() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.turn(now)
	p.used++
	switch {
	case p.refusals == 0:
		p.grow()
	case p.probing: // the others were sent before the stop
		p.resume(now)
	}
}

// Throttled tells of a call that was; after is how long the server asks to
// wait, 0 when it does not say.
func (p *Pace) Throttled(after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refusals > 0 && !p.probing {
		return // of the same burst
	}
	now := p.now()
	p.turn(now)
	if p.refusals == 0 {
		p.stop()
	}
	p.refusals++
	p.probing = false
	p.until = now.Add(p.pause(now, after))
}

// turn begins a new minute when it is time. What a minute allows grows when it
// was used up without a refusal.
func (p *Pace) turn(now time.Time) {
	minute := now.Truncate(time.Minute)
	if minute.Equal(p.minute) {
		return
	}
	if p.byMinute && p.refusals == 0 {
		if float64(p.used) >= usedUp*p.allowance {
			p.allowance += max(2, growAllowance*p.allowance) * float64(int(1)<<min(p.calm, 10))
			p.calm++
		}
		p.spread(now, minute)
	}
	p.whole = !p.minute.IsZero()
	p.minute, p.used = minute, 0
}

// spread shares the allowance out over what is left of a minute.
func (p *Pace) spread(now, minute time.Time) {
	left := max(minute.Add(time.Minute).Sub(now), time.Minute/2)
	p.bucket.SetLimit(rate.Limit(p.allowance / left.Seconds()))
}

// grow makes the rate grow by a call, if it is what holds the calls up.
func (p *Pace) grow() {
	if p.byMinute || p.bucket.Tokens() >= 1 {
		return
	}
	limit := p.bucket.Limit()
	if p.step > 0 {
		limit += rate.Limit(p.step)
	} else {
		limit *= growth
	}
	p.bucket.SetLimit(min(limit, topRate))
}

// stop makes everybody stop, and remembers what the minute allowed so far.
func (p *Pace) stop() {
	p.refusedIn, p.calm = p.minute, 0
	allowance := max(below*float64(p.used), leastAllowance)
	if !p.whole {
		allowance = max(allowance, firstAllowance)
	}
	if p.byMinute {
		allowance = max(allowance, p.allowance/2)
	}
	p.allowance = allowance
	half := max(p.bucket.Limit()/2, leastRate)
	p.step = float64(half) / carefully
	p.bucket = rate.NewLimiter(half, 1)
}

// pause is how long to stop after a refusal: as long as the server says, or
// until the minute turns; but shortly at first, while it is not known that the
// limit counts by the minute, or that this one has begun there, too. Waits vary,
// so that several callers do not come back at once.
func (p *Pace) pause(now time.Time, after time.Duration) time.Duration {
	turns := p.minute.Add(time.Minute).Sub(now)
	if after > 0 {
		p.byMinute = p.byMinute || (after-turns).Abs() < lateness
		return after + rand.N(lateness)
	}
	if p.refusals > probes && p.used >= fewCalls {
		p.byMinute = true
	}
	if p.byMinute && p.used > 0 {
		return turns + rand.N(lateness)
	}
	wait := min(longWait, time.Second<<min(2*(p.refusals-1), 4))
	return wait/2 + rand.N(wait/2)
}

// resume ends a stop: the probe went through. If it did within the minute that
// was refused, the limit does not count by the minute, and half the rate goes
// on.
func (p *Pace) resume(now time.Time) {
	if !p.minute.Equal(p.refusedIn) {
		p.byMinute = true
	}
	if p.byMinute {
		p.spread(now, p.minute)
	}
	p.refusals, p.probing = 0, false
	close(p.changed)
	p.changed = make(chan struct{})
}
