package runner

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A pace is the rate of one changing action in one region of one account. The
// limits there are not published and are shared with others, so it is found by
// trying: faster with every success, halved when the API throttles, and then
// back up with care.
type pace struct {
	limiter *rate.Limiter
	now     func() time.Time

	mu      sync.Mutex
	careful bool // it was throttled: grow by a little, not by a share
	refused int  // times in a row
	until   time.Time
}

const (
	startRate = 20   // calls a second: safe for an unknown limit, and no wait for a small fleet
	startSize = 16   // calls that may go at once
	topRate   = 2000 // more than any limit
	leastRate = 0.2
	longWait  = 15 * time.Second
)

func newPace(now func() time.Time) *pace {
	return &pace{limiter: rate.NewLimiter(startRate, startSize), now: now}
}

// wait waits for the next place; an error means that ctx ends before it.
func (p *pace) wait(ctx context.Context) error {
	p.mu.Lock()
	pause := p.until.Sub(p.now())
	p.mu.Unlock()
	if pause > 0 && !sleep(ctx, pause) {
		return context.Cause(ctx)
	}
	return p.limiter.Wait(ctx)
}

// ok tells of a call that was not throttled.
func (p *pace) ok() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = 0
	limit := p.limiter.Limit()
	if p.careful {
		limit += 0.05
	} else {
		limit *= 1.1
	}
	p.limiter.SetLimit(min(limit, topRate))
}

// throttled tells of a call that was; after is how long the server asks to
// wait, 0 when it does not say. The waits grow, since limits are counted by the
// minute, and vary, so that several callers do not come back at once.
func (p *pace) throttled(after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now().Before(p.until) {
		return // of the same burst
	}
	p.careful = true
	p.refused++
	p.limiter.SetLimit(max(p.limiter.Limit()/2, leastRate))
	p.limiter.SetBurst(1)
	if after == 0 {
		longest := min(longWait, time.Second<<min(p.refused-1, 4))
		after = longest/2 + rand.N(longest/2+1)
	}
	p.until = p.now().Add(after)
}
