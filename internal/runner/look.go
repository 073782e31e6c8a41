package runner

import (
	"cmp"
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A look is the reading again just before acting. It is done for many at once:
// whoever needs it first reads for those that come next, too.
type look struct {
	turn  chan struct{} // has room for the one who reads
	queue []*item       // in the order of acting
}

const (
	// lookAge is how old a look may be when a changing call is made: it must be on
	// its way within 30 s of the look, and can take 2 s to be signed and 15 s to get
	// a connection. Nor may the reading itself take longer.
	lookAge   = 12 * time.Second
	lookTries = 4
)

// fresh makes sure that it was looked at less than lookAge ago, and not before
// since; from then on the item is its worker's.
func (r *run) fresh(ctx context.Context, it *item, since time.Time) (err error) {
	s := it.scope
	select {
	case s.look.turn <- struct{}{}:
		defer func() { <-s.look.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
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
	group.SetLimit(r.job.Concurrency)
	group.Go(func() (err error) {
		live, err = read(ctx, func() ([]renewal.Instance, error) { return s.cloud.Instances(ctx, s.region, ids) })
		return err
	})
	group.Go(func() (err error) {
		// One that is refused by itself has moved: its mode is unknown now.
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

// notLooked settles an item that could not be read again before it was acted upon.
func notLooked(ctx context.Context, it *item, before string, err error) {
	if ctx.Err() != nil {
		it.finish(renewal.NotTried, "the time was up before its turn")
		return
	}
	it.finish(renewal.OutcomeFailed, "it could not be read again before "+before+": "+errText(err))
}

// movedOn says whether it is no longer as it was when it was decided, and then
// settles it as stale.
func (r *run) movedOn(it *item) bool {
	now := r.Now()
	if it.gone {
		it.finish(renewal.Stale, "it is not there any more")
		return true
	}
	why := it.decision.Moved(r.start, now, r.job.Policy, it.live)
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
