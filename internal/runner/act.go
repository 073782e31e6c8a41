package runner

import (
	"context"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// contexts are what the parts of acting end by.
type contexts struct {
	interrupt context.Context // of the invocation: nothing new starts after it
	reads     context.Context // ends when the report must be written
	money     context.Context // never ends: a money call is bounded by its own time alone, and not cut short
}

// act carries the plan out: in every scope the payments and, beside them, the
// changes that cost nothing.
func (r *run) act(interrupt, reads context.Context) {
	c := contexts{interrupt: interrupt, reads: reads, money: context.WithoutCancel(interrupt)}
	r.perScope(func(it *item) bool { return it.decision.Wanted() && it.scope.report.Complete }, // see afford
		func(s *scope, items []*item) {
			var payments, changes []*item
			for _, it := range items {
				if it.decision.Pays() {
					payments = append(payments, it)
				} else {
					changes = append(changes, it)
				}
			}
			var both sync.WaitGroup
			both.Go(func() { r.safely("pay", func() { r.pay(c, s, payments) }) })
			both.Go(func() { r.change(c, s, changes) })
			both.Wait()
		})
}

// safely does a part of acting. A fault of ours in it must not take the report
// of what was paid with it; what had not been settled stays as it was, unknown
// where a call was made.
func (r *run) safely(where string, part func()) {
	defer func() {
		if recover() == nil {
			return
		}
		r.Log.Error("panic", "where", where)
		r.broken.Store(true)
	}()
	part()
}

// perScope does something for the items of every scope that has some, all
// scopes at once; items keep their order, nearest expiry first.
func (r *run) perScope(which func(*item) bool, do func(*scope, []*item)) {
	items := map[*scope][]*item{}
	for _, it := range r.items {
		if which(it) {
			items[it.scope] = append(items[it.scope], it)
		}
	}
	var all sync.WaitGroup
	for s, list := range items {
		all.Go(func() { do(s, list) })
	}
	all.Wait()
}

// mayStart says whether another changing call may start; if not, it settles
// the item as not reached.
func (r *run) mayStart(ctx context.Context, it *item) bool {
	switch {
	case ctx.Err() != nil:
		it.finish(renewal.NotTried, "the run was interrupted")
	case !r.time.mayStart(r.Now()):
		it.finish(renewal.NotTried, "the time left is too short for another call")
	default:
		return true
	}
	return false
}
