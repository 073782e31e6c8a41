// Package pace finds the rate at which an API lets calls through: up while calls
// succeed, halved when it throttles. The limit is not published, others draw on
// it, too, and even what it counts is not known. So it is found by trying.
//
// When a call is throttled everybody stops, and one call at a time asks whether
// it goes on: after half a second, one second, two, and so on. What follows
// tells apart what looked alike:
//
//   - It goes on within the minute: a limit by the second, such as a bucket that
//     fills. Half the rate goes on, comes back fast to just below what was
//     refused, and creeps up from there, so that the next refusal is far off.
//   - It goes on within the minute, but at a rate lower than any limit some are
//     refused again: it is not for the rate. Being slow does not help there. The
//     rate is that of the beginning, and a refusal costs a short pause.
//   - It does not go on before the minute of the clock turns: the API counts by
//     the minute, as ECS does (API throttling page 437902: over the limit in one
//     minute, everything is refused until the next). What went through is the
//     quota. The next minute keeps to it, spread out so that others find room;
//     after a minute without a refusal it goes a little beyond, and what is
//     refused there is not asked for again in that minute.
//
// Taking the first two for the third would cost most: a run that waits for the
// minute to turn at every refusal. So a single stop that ends within the minute
// is enough to forget the quota.
//
// The simulation among the tests plays a thousand of each against it, with a
// limit of 90 to 1,200 calls a minute: less than 2 % of the calls are wasted on a
// limit that is fixed, and none of the runs ends a minute later than one that
// knew the limit. Beside a neighbour who takes no for an answer it gets at least
// what he leaves, and is not starved by one who wants all there is.
//
// The package knows nothing of what the calls are. It makes none, and decides
// nothing but when the next may be made.
package pace

import (
	"context"
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

	mu      sync.Mutex
	limiter *rate.Limiter
	ceiling rate.Limit // up to it the rate grows fast
	crept   int        // calls since the rate reached the ceiling
	random  bool       // refusals are not for the rate
	stop    *stop      // nil = calls go on
	minute  minute
}

// A stop is the time from a refusal, or from the end of a quota, until a call
// goes through again.
type stop struct {
	since   time.Time
	next    time.Time // when the next may ask whether it goes on
	asking  bool      // somebody does
	refused int       // in a row, in this minute; those that were sent before the stop are one
}

// A minute is that of the clock.
type minute struct {
	began time.Time
	used  int // calls that went through or are on their way
	quota int // what it bears; 0 = the limit is not known to count by the minute
	calm  int // minutes in a row that were used up without a refusal
}

// The rate, in calls a second.
const (
	startRate = 20  // safe for an unknown limit, and no wait for a small fleet
	startSize = 16  // calls that may go at once, in the beginning
	topRate   = 200 // more than any limit
	leastRate = 1.4 // less than any limit

	fast  = 1.04 // growth by each call, up to the ceiling
	creep = 5e-6 // and above it, times the calls since: the longer it goes well, the faster

	refusedCreeping = 0.95 // the ceiling, of a rate that was refused above the last ceiling
	refusedBelow    = 0.75 // and of one that was refused before it got there
)

// A stop.
const (
	pause       = 500 * time.Millisecond // before the first question, doubling
	randomPause = 50 * time.Millisecond  // the same, where refusals come at random
	notRandom   = 8                      // refusals in a row
	patience    = 5 * time.Second        // with a question: what became of the call may never be told
	lateness    = 2 * time.Second        // after the minute has turned: clocks differ, and others wait, too
)

// A minute whose quota is known.
const (
	spread     = 54   // seconds over which it is shared out
	beyond     = 0.12 // by how much a minute goes beyond it, for every calm one before
	withOthers = 0.97 // of the quota: who is refused with less shares it with others
	room       = 0.95 // and then leaves them this much of what went through
	leastQuota = 20
)

// New makes a pace. The clock is to be the one by which the API counts minutes.
func New(now func() time.Time) *Pace {
	return &Pace{now: now, door: make(chan struct{}, 1), limiter: rate.NewLimiter(startRate, startSize), ceiling: topRate}
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
	case p.stop == nil:
		p.grow(now)
	case p.stop.asking: // else it was sent before the stop
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
	p.minute.used = max(p.minute.used-1, 0)
	switch {
	case p.stop == nil || p.stop.refused == 0:
		p.stop = &stop{since: now}
	case !p.stop.asking:
		return // sent before the stop
	}
	p.stop.asking = false
	p.stop.refused++
	p.stop.next = p.nextQuestion(now, after)
}

// enter gives 0 to who may make a call, and else how long to wait before asking
// again.
func (p *Pace) enter() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.turn(now)
	if p.stop == nil && p.minute.usedUp() {
		p.stop = &stop{since: now, next: p.minute.ends()}
	}
	switch {
	case p.stop == nil && !p.limiter.AllowN(now, 1):
		missing := (1 - p.limiter.TokensAt(now)) / float64(p.limiter.Limit())
		return max(time.Millisecond, time.Duration(missing*float64(time.Second)))
	case p.stop != nil && now.Before(p.stop.next):
		if p.stop.asking {
			return randomPause
		}
		return p.stop.next.Sub(now)
	case p.stop != nil:
		p.stop.asking, p.stop.next = true, now.Add(patience)
	}
	p.minute.used++
	return 0
}

// nextQuestion is when the next may ask whether it goes on: when the API says
// so, when the minute ends if its quota is used up, or after a pause that grows.
// It varies, so that several callers do not come at once.
func (p *Pace) nextQuestion(now time.Time, after time.Duration) time.Time {
	if after > 0 {
		return now.Add(after + rand.N(lateness))
	}
	ends := p.minute.ends()
	if p.minute.quota > 0 && p.minute.used >= p.minute.quota {
		return ends
	}
	wait := pause << (p.stop.refused - 1)
	if p.random {
		wait = randomPause << max(0, p.stop.refused-notRandom)
	}
	if next := now.Add(wait*3/4 + rand.N(wait/2)); next.Before(ends) {
		return next
	}
	return ends
}

// goOn ends a stop: the question went through.
func (p *Pace) goOn(now time.Time) {
	s, limit := p.stop, p.limiter.Limit()
	p.stop = nil
	within := s.since.Truncate(time.Minute).Equal(now.Add(lateness).Truncate(time.Minute))
	switch {
	case s.refused == 0: // only the quota was used up
		return
	case p.random && s.refused < notRandom:
		return
	case !within && p.minute.quota > 0:
		limit = p.minute.rate()
	case within && limit < leastRate:
		p.random, p.minute.quota = true, 0
		limit, p.ceiling = startRate, startRate
	default:
		p.random, p.minute.quota = false, 0
		share := rate.Limit(refusedBelow)
		if limit > p.ceiling {
			share = refusedCreeping
		}
		p.ceiling, p.crept = share*limit, 0
		limit /= 2
	}
	p.limiter = rate.NewLimiter(limit, 1)
	p.limiter.AllowN(now, 1) // which the question had
}

// grow makes the rate grow by a call, if it is the rate that holds the calls up.
func (p *Pace) grow(now time.Time) {
	limit := p.limiter.Limit()
	switch {
	case p.minute.quota > 0 || p.limiter.TokensAt(now) >= 1:
		return
	case limit < p.ceiling:
		limit = min(limit*fast, p.ceiling)
	default:
		p.crept++
		limit += creep * rate.Limit(p.crept)
	}
	p.limiter.SetLimitAt(now, min(limit, topRate))
}

// turn begins a new minute when it is time, with what the last one has taught.
func (p *Pace) turn(now time.Time) {
	m, began := &p.minute, now.Truncate(time.Minute)
	if began.Equal(m.began) {
		return
	}
	refused := p.stop != nil && p.stop.refused > 0
	switch {
	case !refused && m.quota > 0 && m.used >= m.quota:
		m.quota = m.used
		m.calm++
	case refused && m.quota > 0 && p.stop.since.Sub(began) < -time.Minute/2:
		m.calm = 0 // in half a minute: others took the larger part, and that is not given way to
	case refused && m.quota > 0 && float64(m.used) < withOthers*float64(m.quota):
		m.quota, m.calm = max(int(room*float64(m.used)), leastQuota), 0
	case refused && (m.quota > 0 || m.used >= leastQuota && began.Sub(p.stop.since) >= lateness):
		m.quota, m.calm = max(m.used, leastQuota), 0
	}
	if refused {
		p.stop.refused = 1 // it is to be asked soon again
	}
	m.began, m.used = began, 0
	if m.quota > 0 {
		p.limiter.SetLimitAt(now, m.rate())
	}
}

// allowed is how many calls are made in a minute whose quota is known.
func (m minute) allowed() float64 { return float64(m.quota) * (1 + beyond*float64(m.calm)) }

func (m minute) usedUp() bool { return m.quota > 0 && float64(m.used) >= m.allowed() }

func (m minute) rate() rate.Limit { return rate.Limit(m.allowed() / spread) }

// ends is when the minute is over for certain.
func (m minute) ends() time.Time { return m.began.Add(time.Minute + rand.N(lateness)) }
