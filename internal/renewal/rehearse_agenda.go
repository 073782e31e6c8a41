package renewal

import (
	"cmp"
	"container/heap"
	"time"
)

// A happening is something that happens to an actor without a run.
type happening struct {
	at   time.Time
	what happens
	who  *actor
	turn int // of the actor, when this was expected
}

type happens int

// In the order in which they happen, where they do at the same time.
const (
	wake    happens = iota // a run may matter to it from now on
	deduct                 // the provider renews it
	stop                   // its term ends
	release                // it is gone for good
)

// An agenda is what is to happen, the next first.
type agenda []happening

func (g *agenda) add(h happening) { heap.Push(g, h) }

// Len, Less, Swap, Push and Pop are those of a heap.
func (g agenda) Len() int { return len(g) }

// Less: see Len.
func (g agenda) Less(i, j int) bool {
	a, b := g[i], g[j]
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.what, b.what), cmp.Compare(a.who.Scope, b.who.Scope)) < 0
}

// Swap: see Len.
func (g agenda) Swap(i, j int) { g[i], g[j] = g[j], g[i] }

// Push: see Len.
func (g *agenda) Push(x any) { *g = append(*g, x.(happening)) }

// Pop: see Len.
func (g *agenda) Pop() any {
	last := (*g)[len(*g)-1]
	*g = (*g)[:len(*g)-1]
	return last
}

// schedule puts on the agenda what is to happen to a from now on, as it is.
// Whatever was there before does not happen any more.
func (s *stage) schedule(a *actor, now time.Time) {
	a.turn++
	if !a.Subscription || a.Expires.IsZero() || a.released {
		return
	}
	if at := s.deduction(a, now); !at.IsZero() {
		s.agenda.add(happening{at, deduct, a, a.turn})
	}
	if !a.over {
		s.agenda.add(happening{a.Expires, stop, a, a.turn})
	}
	s.agenda.add(happening{a.Release(s.p.Site), release, a, a.turn})
}

// deduction is when the provider next deducts for a; zero = it does not. A
// setting works from the day after it was made (ECS: auto-renewal).
func (s *stage) deduction(a *actor, from time.Time) time.Time {
	if a.Mode != Auto || a.Auto == (Period{}) {
		return time.Time{}
	}
	if works := midnight(a.since.In(Beijing)).AddDate(0, 0, 1); works.After(from) {
		from = works
	}
	return s.p.Site.nextDeduction(a.Instance, from)
}

// until lets happen what happens up to at, in the order of time.
func (s *stage) until(at time.Time) {
	for len(s.agenda) > 0 && !s.agenda[0].at.After(at) {
		h, ok := heap.Pop(&s.agenda).(happening)
		if !ok || h.turn != h.who.turn && h.what != wake {
			continue
		}
		switch h.what {
		case wake:
			s.awake = append(s.awake, h.who)
		case deduct:
			s.deduct(h.who, h.at)
		case stop:
			s.stop(h.who)
		case release:
			s.release(h.who, h.at)
		}
	}
}

func (s *stage) deduct(a *actor, at time.Time) {
	s.spend(a, PlayedPayment{At: at, Price: s.priceOf(Decision{Instance: a.Instance, Term: Term{Period: a.Auto}}), Provider: true})
	a.Expires = a.Auto.After(a.Expires)
	a.over = a.ended(at)
	a.became(Provided, at)
	s.schedule(a, at.Add(time.Nanosecond)) // a term of a week may be deducted for again, and not at once
}

// stop ends the term of an instance that nobody has renewed.
func (s *stage) stop(a *actor) {
	a.over = true
	if !s.selected(a.Instance) {
		s.r.UnselectedStops++
		return
	}
	a.became(Stops, a.Expires)
	a.fate.reason = cmp.Or(a.fate.reason, a.last)
	s.month(a.Expires.In(s.p.Zone)).Stops++
	s.r.Stops = append(s.r.Stops, Lapsed{
		ID: a.ID, Name: a.Name, Account: a.Account, Region: a.Region, Product: a.Traits().Key, At: a.Expires.UTC(), Reason: a.last, Chosen: a.let,
	})
}

// selected says whether the settings look after in at all.
func (s *stage) selected(in Instance) bool {
	return outOfScope(s.p, time.Time{}, Decision{Instance: in}).reason == ""
}

func (s *stage) release(a *actor, at time.Time) {
	a.released = true
	if s.selected(a.Instance) && !a.wasOver {
		s.month(at.In(s.p.Zone)).Released++
	}
}
