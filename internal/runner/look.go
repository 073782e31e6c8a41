package runner

import (
	"cmp"
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
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
// since; from then on the item is its goroutine's.
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
			if len(batch) < s.traits.Read && other != it && !other.started && old(other) {
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
var errSlowLook = lang.Err("reading it again took too long to rely on", "重新读取耗时过长，结果不可靠")

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
		live, err = read(ctx, func() ([]renewal.Instance, error) { return s.calls.Instances(ctx, s.region, ids) })
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
	shown := map[string][]renewal.Instance{}
	planned := map[string]renewal.Instance{}
	for _, it := range batch {
		planned[it.decision.Instance.ID] = it.decision.Instance
	}
	for _, in := range live {
		if s.list != nil {
			in = s.asIndexed(planned[in.ID], in)
		}
		in.Account, in.Scope = s.id, s.index
		in.Mode, in.Auto = states[in.ID].Mode, states[in.ID].Term
		if in.Mode == "" {
			in.Mode = renewal.Unknown
		}
		shown[in.ID] = append(shown[in.ID], in)
	}
	for _, it := range batch {
		all := shown[it.decision.Instance.ID]
		it.live, it.twice = onlyOne(all)
		it.gone, it.lookedAt = len(all) == 0, at
	}
	return nil
}

// onlyOne gives the instance that an answer shows. One that it shows twice, with
// two expiries, it does not show at all: nobody knows which of them is true.
func onlyOne(shown []renewal.Instance) (in renewal.Instance, twice []time.Time) {
	for _, other := range shown {
		if !other.Expires.Equal(shown[0].Expires) {
			return renewal.Instance{}, []time.Time{shown[0].Expires, other.Expires}
		}
		in = other
	}
	return in, nil
}

// notLooked is what an item ends with that could not be read again before it was
// acted upon; so says what that means.
func notLooked(ctx context.Context, so lang.Text, err error) *ending {
	if ctx.Err() != nil {
		return &ending{outcome: renewal.NotTried, why: timeUp}
	}
	return &ending{outcome: renewal.OutcomeFailed, why: lang.Say("%v: %v", "%v：%v", so, reason(err))}
}

// movedOn says what an item ends with that is no longer as it was when it was
// decided; nil = it is as it was.
func (r *run) movedOn(it *item) *ending {
	now := r.Now()
	switch {
	case it.gone:
		return &ending{outcome: renewal.Stale, why: lang.Say("it is not there any more", "该实例已不存在")}
	case it.twice != nil:
		return &ending{outcome: renewal.Stale, why: lang.Say("it is shown twice, expiring %s and %s: nobody knows which is true", "查询结果中同一实例出现两次，到期时间分别为 %s 和 %s，无法判断以哪个为准",
			it.twice[0].Format(time.RFC3339), it.twice[1].Format(time.RFC3339))}
	}
	if it.decision.Pays() && it.live.Pending != "" {
		return &ending{outcome: renewal.Held, reason: renewal.OrderPending, why: pendingNatively(it.live)}
	}
	if why := it.decision.Moved(r.start, now, r.job.Policy, it.live); !why.Empty() {
		it.result.Settled = r.job.Policy.Settled(now, it.live)
		if !it.live.Expires.Equal(it.decision.Instance.Expires) {
			it.result.NewExpires = it.live.Expires
		}
		return &ending{outcome: renewal.Stale, why: why}
	}
	if n, err := it.live.Generation(); it.decision.Pays() && (err != nil || n != it.payment.generation) {
		return &ending{outcome: renewal.Stale, why: anotherGeneration}
	}
	return nil
}

// asPlanned completes what a read shows of an item with what only its list and
// its renewal mode tell.
func (r *run) asPlanned(it *item, live renewal.Instance) renewal.Instance {
	planned := it.decision.Instance
	live.Account, live.Region, live.Scope = planned.Account, planned.Region, planned.Scope
	live.Product, live.Kind = planned.Product, planned.Kind
	if !planned.Traits().Native {
		live.Name, live.Tags, live.ResourceGroup, live.Unnamed = planned.Name, planned.Tags, planned.ResourceGroup, planned.Unnamed
	}
	live.Mode, live.Auto = planned.Mode, planned.Auto
	return live
}
