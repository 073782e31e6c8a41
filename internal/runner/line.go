package runner

import (
	"slices"
	"sync"
	"time"
)

// A line is where the payments of a run stand until it is their turn: in the
// order of acting, several at a time in each scope and callsAtOnce in all. Those that come again later
// keep their place, and meanwhile the others go ahead.
//
// In an account whose money is short it is one at a time, in order, and nothing
// starts while something before it may still be paid. See funds.
type line struct {
	now     func() time.Time
	slots   int           // at once, per scope
	changed chan struct{} // has room for one: the line is worth looking at again

	mu       sync.Mutex
	scopes   []*scope // that have had items
	active   int      // under way in all of them
	unquoted int      // items under way that the cloud quotes no price for: one at a time, since what one really costs has to be known before the next is paid for
	open     int      // what is not settled: waiting, under way, or held open by somebody
	hurried  bool     // nobody is waited for any more: the time is up
}

// A queue is the part of a line that belongs to one scope.
type queue struct {
	waiting []*item // in the order of acting
	active  int     // items under way
}

func newLine(now func() time.Time, slots int) *line {
	return &line{now: now, slots: slots, changed: make(chan struct{}, 1)}
}

func inOrder(a, b *item) int { return a.index - b.index }

// add lets an item stand in line; it starts when it is its turn, and not before
// it.notBefore.
func (l *line) add(it *item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
	l.insert(it)
}

func (l *line) insert(it *item) {
	s := it.scope
	if !slices.Contains(l.scopes, s) {
		l.scopes = append(l.scopes, s)
	}
	at, _ := slices.BinarySearchFunc(s.queue.waiting, it, inOrder)
	s.queue.waiting = slices.Insert(s.queue.waiting, at, it)
	l.wake()
}

// again lets an item that is under way come again.
func (l *line) again(it *item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave(it)
	l.insert(it)
}

// settled tells that nothing more of this run is sent for an item under way.
func (l *line) settled(it *item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave(it)
	l.open--
}

func (l *line) leave(it *item) {
	it.scope.queue.active--
	l.active--
	if !it.scope.traits.Quoted {
		l.unquoted--
	}
	if !it.payment.aside {
		it.scope.active--
	}
	l.wake()
}

// stepAside lets an item that is under way hold nobody up from here on.
func (l *line) stepAside(it *item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !it.payment.aside {
		it.payment.aside = true
		it.scope.active--
		l.wake()
	}
}

// keepOpen keeps the line from ending while something is under way that may
// still let others in; letGo ends that.
func (l *line) keepOpen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open++
}

func (l *line) letGo() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	l.wake()
}

// hurry makes everybody come at once: the time is up, and each is told so.
func (l *line) hurry() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hurried = true
	l.wake()
}

func (l *line) wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// next takes the item whose turn it is. Without one it says how long to wait
// unless the line changes, or that it has come to its end.
func (l *line) next() (it *item, wait time.Duration, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == 0 {
		return nil, 0, true
	}
	if l.active >= callsAtOnce && !l.hurried {
		return nil, idle, false
	}
	now := l.now()
	wait = idle
	for _, s := range l.scopes {
		candidate := l.first(s, now, &wait)
		if candidate != nil && (it == nil || inOrder(candidate, it) < 0) {
			it = candidate
		}
	}
	if it == nil {
		return nil, wait, false
	}
	q := &it.scope.queue
	at := slices.Index(q.waiting, it)
	q.waiting = slices.Delete(q.waiting, at, at+1)
	q.active++
	l.active++
	if !it.scope.traits.Quoted {
		l.unquoted++
	}
	if !it.payment.aside {
		it.scope.active++
	}
	return it, 0, false
}

// first gives the first item of a scope that may start, and shortens wait to the
// time when the next could.
func (l *line) first(s *scope, now time.Time, wait *time.Duration) *item {
	if s.queue.active >= l.slots {
		return nil
	}
	for _, it := range s.queue.waiting {
		if l.hurried {
			return it
		}
		if l.unquoted > 0 && !s.traits.Quoted {
			return nil
		}
		if !it.payment.aside && s.funds.isShort() && (s.active > 0 || it != l.head(s.account)) {
			continue
		}
		if left := it.payment.notBefore.Sub(now); left > 0 {
			*wait = min(*wait, left)
			continue
		}
		return it
	}
	return nil
}

// head gives the first of an account's items in all scopes, but for those that
// go aside.
func (l *line) head(a *account) (head *item) {
	for _, s := range l.scopes {
		if s.account != a {
			continue
		}
		for _, it := range s.queue.waiting {
			if !it.payment.aside {
				if head == nil || inOrder(it, head) < 0 {
					head = it
				}
				break
			}
		}
	}
	return head
}
