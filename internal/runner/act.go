package runner

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// act carries the plan out: in every scope the payments and, beside them, the
// changes that cost nothing. money is the context of money calls: they are
// bounded by their own time alone, so that one on its way is never cut short
// by an interruption. reads ends when the report must be written.
func (r *run) act(interrupt, reads context.Context) {
	money := context.WithoutCancel(interrupt)
	r.perScope(func(it *item) bool { return it.decision.Wanted() && it.scope.report.Complete },
		func(s *scope, items []*item) {
			var payments, changes []*item
			for _, it := range items {
				if it.decision.Pays() {
					payments = append(payments, it)
				} else {
					changes = append(changes, it)
				}
			}
			group := errgroup.Group{}
			group.Go(func() error { r.pay(interrupt, reads, money, s, payments); return nil })
			group.Go(func() error { r.change(interrupt, reads, s, changes); return nil })
			_ = group.Wait()
		})
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
	group := errgroup.Group{}
	for s, list := range items {
		group.Go(func() error { do(s, list); return nil })
	}
	_ = group.Wait()
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
