package runner

import "sync"

// A line is the queue of a scope: items are taken in order, and those that were
// refused for the first time come again when all others were tried.
type line struct {
	mu     sync.Mutex
	first  []*item
	again  []*item
	active int
	moved  *sync.Cond
}

func newLine(items []*item) *line {
	l := &line{first: items}
	l.moved = sync.NewCond(&l.mu)
	return l
}

// take gives the next item, or nil when there is none and none can come.
func (l *line) take() *item {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		var it *item
		switch {
		case len(l.first) > 0:
			it, l.first = l.first[0], l.first[1:]
		case len(l.again) > 0:
			it, l.again = l.again[0], l.again[1:]
		case l.active == 0:
			return nil
		default:
			l.moved.Wait()
			continue
		}
		l.active++
		return it
	}
}

// done tells that an item is settled, or comes again.
func (l *line) done(it *item, again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	if again {
		l.again = append(l.again, it)
	}
	l.moved.Broadcast()
}
