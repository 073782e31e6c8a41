package runner

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A look is the reading again just before acting. It is done for many at once:
// whoever needs it first reads for those that come next, too.
type look struct {
	mu    sync.Mutex
	queue []*item // in the order of acting
}

const (
	// lookLimit is how old a look may be when the money call starts: the promise.
	lookLimit = 30 * time.Second
	// lookAge is how old it may be when that is checked; the rest is for the time
	// between the check and the send. Nor may the reading itself take longer.
	lookAge   = 25 * time.Second
	lookTries = 4
)

// fresh makes sure that it was looked at less than lookAge ago, and not before
// since; from then on the item is its worker's.
func (r *run) fresh(ctx context.Context, it *item, since time.Time) (err error) {
	s := it.scope
	s.look.mu.Lock()
	defer s.look.mu.Unlock()
	old := func(it *item) bool { return it.lookedAt.IsZero() || r.Now().Sub(it.lookedAt) > lookAge }
	for range lookTries {
		if !old(it) && !it.lookedAt.Before(since) {
			it.started = true
			return nil
		}
		batch := []*item{it}
		for _, other := range s.look.queue {
			if len(batch) < readSize && other != it && !other.started && old(other) {
				batch = append(batch, other)
			}
		}
		if err = r.lookAgain(ctx, s, batch); err != nil && (ctx.Err() != nil || !errors.Is(err, errSlowLook)) {
			return err
		}
	}
	return cmp.Or(err, errSlowLook)
}

// errSlowLook: what was read at its beginning is too old at its end.
var errSlowLook = errors.New("reading it again took too long to rely on")

// lookAgain reads up to 100 items again: expiry, charge type, locks, renewal
// mode and term.
func (r *run) lookAgain(ctx context.Context, s *scope, batch []*item) error {
	ids := make([]string, len(batch))
	for i, it := range batch {
		ids[i] = it.decision.Instance.ID
	}
	at := r.Now()
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, lookAge)
	defer cancel()
	var live []renewal.Instance
	var states map[string]renewal.AutoState
	group := errgroup.Group{}
	group.Go(func() (err error) {
		live, err = read(ctx, func() ([]renewal.Instance, error) { return s.cloud.Instances(ctx, s.region, ids) })
		return err
	})
	group.Go(func() (err error) {
		// One that is refused has moved: its mode is unknown now.
		states, err = s.states(ctx, r.job.Concurrency, ids)
		if err != nil && renewal.Classify(err).Class == renewal.Terminal {
			return nil
		}
		return err
	})
	if err := group.Wait(); err != nil {
		if ctx.Err() != nil && whole.Err() == nil {
			return errSlowLook
		}
		return err
	}
	byID := map[string]renewal.Instance{}
	for _, in := range live {
		in.Account = s.id
		in.Mode, in.Auto = states[in.ID].Mode, states[in.ID].Term
		if in.Mode == "" {
			in.Mode = renewal.Unknown
		}
		byID[in.ID] = in
	}
	for _, it := range batch {
		in, found := byID[it.decision.Instance.ID]
		it.live, it.gone, it.lookedAt = in, !found, at
	}
	return nil
}

// movedOn says whether it is no longer as it was when it was decided, and then
// settles it as stale.
func (r *run) movedOn(it *item) bool {
	now := r.Now()
	if it.gone {
		it.finish(renewal.Stale, "it is not there any more")
		return true
	}
	why := it.decision.Moved(now, r.job.Policy, it.live)
	if why == "" {
		return false
	}
	it.finish(renewal.Stale, why)
	it.result.Settled = r.job.Policy.Settled(now, it.live)
	if !it.live.Expires.Equal(it.decision.Instance.Expires) {
		it.result.NewExpires = it.live.Expires
	}
	return true
}
