// Package pace finds the rate at which an API lets calls through: up while calls
// succeed, halved when it throttles. The limit is not published, others draw on
// it, too, and even what it counts is not known. So it is found by trying.
//
// When a call is throttled everybody stops, and one call at a time asks whether
// it goes on: after half a second, one second, two, and so on, and at once when the
// minute of the clock has turned. What happens then tells apart what looked alike:
//
//   - It goes on within the minute: a limit by the second, such as a bucket that
//     fills. Half the rate goes on, and comes back fast to a ceiling just below
//     what was refused. Every minute the ceiling rises a little.
//   - So it does, but at a rate below that of any limit: the refusals are not for
//     the rate, and being slow does not help. The rate is that of the beginning
//     again, and one who is refused asks at once.
//   - It does not go on before the minute turns, though it was asked again and
//     again: the API counts by the minute, as ECS does (API throttling page
//     437902: over the limit in one minute, everything is refused until the
//     next). What went through is the quota. The next minute keeps to it, spread
//     out so that others find room, and less by a little where they drew on it.
//     After a minute without a refusal it goes a little beyond, and what is
//     refused there is not asked for again in that minute.
//
// Taking the first two for the third would cost most: a run that waits for the
// minute to turn at every refusal. So it takes three refusals in a row to learn a
// quota, and a single stop that ends within the minute forgets it. And what was
// learned may be too little, where a run began late in the minute: each further
// minute without a refusal goes twice as far beyond.
//
// Clocks differ. What the API lets through shortly before the minute turns has
// turned it, and the first minute of a run begins a little early.
//
// Each part is there for one of these, and the simulation among the tests shows
// what it is worth: it plays fifty seeds of each kind in every test, and as
// many as are wanted in a soak, with limits of 90 to 1,200 calls a minute. Of the
// calls on a limit that is fixed less than 2 % are wasted, and no run ends a
// minute later than one that knew the limit; where every fifth call is refused by
// chance, bad luck has no bound, and one run in some thousands does. Beside a
// neighbour who takes no for an answer it gets at least what he leaves, and is not
// starved by one who wants all there is.
//
// The package knows nothing of what the calls are. It makes none, and decides
// nothing but when the next may be made.
package pace

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Pace is the rate of one action in one region of one account. It is safe for
// concurrent use.
type Pace struct {
	now  func() time.Time
	door chan struct{} // held by the one who is next
	mu   sync.Mutex    // of what follows

	limiter *rate.Limiter
	ceiling rate.Limit // of what grows; below leastRate: refusals are not for the rate

	next    time.Time // when one may ask whether it goes on; zero = it does
	asking  bool      // somebody does
	refused int       // in a row, in this minute; those that were sent before the stop are one

	minute time.Time // of the clock
	used   int       // calls in it that went through or are on their way, but for the one that asks
	quota  int       // what a minute bears; 0 = the limit is not known to count by the minute
}

const (
	startRate = 20  // calls a second, and at once: safe for an unknown limit, and no wait for a small fleet
	topRate   = 200 // where the ceiling begins: more than any limit
	leastRate = 1.4 // less than any limit

	fast   = 1.05 // growth by each call, up to the ceiling, and of the ceiling by the minute
	beyond = 1.10 // growth of a quota that was used up without a refusal, at first
	share  = 0.93 // of what was refused is kept to
	spread = 53   // seconds over which a quota is spread

	pause    = 500 * time.Millisecond // before the first question, doubling
	glitches = 8                      // refusals in a row that may be chance, where refusals are
	lateness = 2 * time.Second        // by which clocks differ, and a question may be late
)

// New makes a pace. The clock is to be the one by which the API counts minutes.
func New(now func() time.Time) *Pace {
	return &Pace{now: now, door: make(chan struct{}, 1), limiter: rate.NewLimiter(startRate, startRate), ceiling: topRate}
}

// Wait waits until the next call may be made. An error means that ctx ends
// before it.
func (p *Pace) Wait(ctx context.Context) error {
	select {
	case p.door <- struct{}{}:
		defer func() { <-p.door }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for {
		wait := p.enter()
		if wait == 0 {
			return context.Cause(ctx)
		}
		// A context ends by the real clock, whatever the run's own says.
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return context.DeadlineExceeded
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// OK tells of a call that was not throttled.
func (p *Pace) OK() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.turn(now)
	switch {
	case p.next.IsZero():
		p.grow(now)
	case p.asking: // else it was sent before the stop
		p.turn(now.Add(lateness)) // the API's minute may have turned before ours
		p.used++
		p.goOn(now)
	}
}

// Throttled tells of a call that was; after is how long the API asks to wait,
// 0 when it does not say.
func (p *Pace) Throttled(after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.turn(now)
	if !p.asking {
		p.used = max(p.used-1, 0)
		if !p.next.IsZero() {
			return // sent before the stop
		}
	}
	p.asking = false
	if now.Sub(p.minute) >= lateness { // else it is refused in the minute before, by the API's clock
		p.refused++
	}
	p.next = p.question(now, after)
}

// enter gives 0 to who may make a call, and else how long to wait before asking
// again.
func (p *Pace) enter() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.turn(now)
	switch {
	case p.asking && now.Before(p.next):
		return pause / 10
	case now.Before(p.next):
		return p.next.Sub(now)
	case !p.next.IsZero():
		p.asking, p.next = true, now.Add(lateness)
		return 0
	case p.usedUp():
		return p.turns().Sub(now)
	case !p.limiter.AllowN(now, 1):
		missing := (1 - p.limiter.TokensAt(now)) / float64(p.limiter.Limit())
		return max(time.Millisecond, time.Duration(missing*float64(time.Second)))
	}
	p.used++
	return 0
}

// question is when one may ask whether it goes on: when the API says so, or after
// a pause that grows, but no later than when the minute turns, and no sooner where
// its quota is used up. It varies, so that several callers do not come at once.
func (p *Pace) question(now time.Time, after time.Duration) time.Time {
	if after > 0 {
		return now.Add(after + rand.N(lateness))
	}
	doubled := max(0, p.refused-1)
	if p.random() {
		doubled -= glitches
	}
	wait := time.Duration(min(float64(time.Minute), float64(pause)*math.Exp2(float64(doubled))))
	next := now.Add(wait*3/4 + rand.N(wait/2))
	if turns := p.turns(); next.After(turns) || p.quota > 0 && p.used >= p.quota {
		return turns
	}
	return next
}

// goOn ends a stop: the question went through.
func (p *Pace) goOn(now time.Time) {
	within := p.refused > 0
	chance := p.random() && p.refused <= glitches
	p.next, p.asking, p.refused = time.Time{}, false, 0
	if !within || chance {
		return
	}
	limit := p.limiter.Limit()
	p.quota, p.ceiling, limit = 0, share*limit, min(limit/2, startRate)
	if p.random() {
		limit = startRate
	}
	p.limiter = rate.NewLimiter(limit, 1)
	p.limiter.AllowN(now, 1) // which the question had
}

// grow makes the rate grow by a call, if it is the rate that holds the calls up.
func (p *Pace) grow(now time.Time) {
	if limit := p.limiter.Limit(); p.quota == 0 && limit < p.ceiling && p.limiter.TokensAt(now) < 1 {
		p.limiter.SetLimitAt(now, min(limit*fast, p.ceiling))
	}
}

// turn begins a new minute when it is time, with what the last one has taught.
func (p *Pace) turn(now time.Time) {
	if p.minute.IsZero() { // a run's first; by the API's clock it may turn now
		now = now.Add(lateness)
	}
	minute := now.Truncate(time.Minute)
	if !minute.After(p.minute) {
		return
	}
	learned := p.quota > 0 || p.refused > 2 && p.used >= startRate && !p.random()
	switch {
	case p.refused == 0 && p.usedUp(): // twice as far beyond as it went this time
		p.keepTo(p.used, max(beyond, 2*float64(p.used)/float64(p.quota)-1))
	case p.refused == 0 && !p.random():
		p.ceiling *= fast
	case p.refused == 0 || !learned:
	case p.used < p.quota/2: // others took the larger part: that is not given way to
		p.keepTo(p.quota, 1)
	case p.used < p.quota: // others took theirs, and are left some room
		p.keepTo(int(share*float64(p.used)), 1)
	default:
		p.keepTo(p.used, 1)
	}
	p.minute, p.used, p.refused = minute, 0, 0
}

// keepTo makes the next minute keep to a quota, or to so many times as much.
func (p *Pace) keepTo(quota int, times float64) {
	p.quota = max(quota, startRate)
	p.limiter = rate.NewLimiter(rate.Limit(times*float64(p.quota)/spread), 1)
}

// usedUp says whether the calls that a minute is allowed have been made, of which
// the rate was made.
func (p *Pace) usedUp() bool {
	return p.quota > 0 && p.used >= int(math.Round(float64(p.limiter.Limit())*spread))
}

// random says whether refusals are not for the rate: the rate was lower than any
// limit when they came.
func (p *Pace) random() bool { return p.ceiling < leastRate }

// turns is when the minute has turned for certain.
func (p *Pace) turns() time.Time { return p.minute.Add(time.Minute + rand.N(lateness)) }
