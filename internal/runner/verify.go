package runner

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A watch is the waiting for an instance's new expiry.
type watch struct {
	next  time.Time // when to read again
	limit time.Time // when to give up
	reads int
}

// readAgain is how long after the last read the next one follows. The new
// expiry is usually there within ten seconds.
var readAgain = [...]time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second}

func (w *watch) schedule(now time.Time) {
	w.next = now.Add(readAgain[min(w.reads, len(readAgain)-1)])
	if w.next.After(w.limit) {
		w.next = w.limit
	}
	w.reads++
}

// A verifier reads back what may be paid, up to 100 instances at a time, while
// payments go on. Only it calls anything renewed.
type verifier struct {
	run   *run
	scope *scope

	mu      sync.Mutex
	pending []*item
	last    bool          // nothing more comes
	changed chan struct{} // has room for one
}

func newVerifier(r *run, s *scope) *verifier {
	return &verifier{run: r, scope: s, changed: make(chan struct{}, 1)}
}

// add hands over an item that is accepted, or may be paid.
func (v *verifier) add(it *item) {
	now := v.run.Now()
	it.payment.watched.limit = now.Add(v.run.job.Verify)
	it.payment.watched.schedule(now)
	v.mu.Lock()
	v.pending = append(v.pending, it)
	v.mu.Unlock()
	v.wake()
}

// noMore says that nothing is added any more.
func (v *verifier) noMore() {
	v.mu.Lock()
	v.last = true
	v.mu.Unlock()
	v.wake()
}

func (v *verifier) wake() {
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

// watchUntilSettled reads until every item is settled, or ctx ends.
func (v *verifier) watchUntilSettled(ctx context.Context) {
	for {
		batch, wait, over := v.due()
		switch {
		case over:
			return
		case len(batch) > 0:
			v.readBack(ctx, batch)
		default:
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-v.changed:
			case <-ctx.Done():
			}
			timer.Stop()
		}
		if ctx.Err() != nil {
			v.giveUp()
			return
		}
	}
}

// giveUp settles everything that was handed over, as it was seen last, until
// nothing more comes.
func (v *verifier) giveUp() {
	for {
		v.mu.Lock()
		rest, last := v.pending, v.last
		v.pending = nil
		v.mu.Unlock()
		for _, it := range rest {
			v.settle(it, renewal.Instance{}, false)
		}
		if last {
			return
		}
		<-v.changed
	}
}

const (
	idle   = time.Hour       // when nothing is pending, until something is
	gather = 3 * time.Second // while payments go on, for more to read back at once
)

// due takes the items whose time has come; else it says how long to wait. While
// payments go on it waits for a full read, unless somebody has waited long.
func (v *verifier) due() (batch []*item, wait time.Duration, over bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.pending) == 0 {
		return nil, idle, v.last
	}
	now := v.run.Now()
	slices.SortStableFunc(v.pending, func(a, b *item) int {
		return a.payment.watched.next.Compare(b.payment.watched.next)
	})
	wait = v.pending[0].payment.watched.next.Sub(now)
	if !v.last && len(v.pending) < readSize {
		wait += gather
	}
	if wait > 0 {
		return nil, wait, false
	}
	n := min(readSize, len(v.pending)) // whoever is near its time comes along
	batch = slices.Clone(v.pending[:n])
	v.pending = slices.Clone(v.pending[n:])
	return batch, 0, false
}

// readBack reads a batch and settles what is decided by it.
func (v *verifier) readBack(ctx context.Context, batch []*item) {
	ids := make([]string, len(batch))
	for i, it := range batch {
		ids[i] = it.decision.Instance.ID
	}
	live, err := read(ctx, func() ([]renewal.Instance, error) { return v.scope.cloud.Instances(ctx, v.scope.region, ids) })
	if err != nil {
		v.run.Log.Warn("not read back", "region", v.scope.region, "instances", len(ids), "error", errText(err))
	}
	byID := map[string]renewal.Instance{}
	for _, in := range live {
		byID[in.ID] = in
	}
	now := v.run.Now()
	var rest []*item
	for _, it := range batch {
		in, found := byID[it.decision.Instance.ID]
		if found && in.ExpiresText != it.decision.Instance.ExpiresText && in.Expires.After(it.decision.Instance.Expires) {
			v.settle(it, in, true)
			continue
		}
		if !now.Before(it.payment.watched.limit) {
			v.settle(it, in, false)
			continue
		}
		it.payment.watched.schedule(now)
		rest = append(rest, it)
	}
	v.mu.Lock()
	v.pending = append(v.pending, rest...)
	v.mu.Unlock()
}

// settle says what came of an item: moved means that its expiry was read back
// and is later than it was.
func (v *verifier) settle(it *item, live renewal.Instance, moved bool) {
	p := it.payment
	now := v.run.Now()
	if moved {
		it.result.NewExpires = live.Expires
	}
	mismatch := p.maybeDone != nil && p.maybeDone.Mismatch
	switch {
	case moved && mismatch:
		planned := it.decision.Instance
		live.Account, live.Region, live.Mode, live.Auto = planned.Account, planned.Region, planned.Mode, planned.Auto
		it.finish(renewal.Stale, "somebody else renewed it meanwhile, with other terms")
		it.result.Settled = v.run.job.Policy.Settled(now, live)
	case moved && it.decision.AsAsked(live.Expires, now):
		it.finish(renewal.Renewed, "")
	case moved:
		it.finish(renewal.Unverified, fmt.Sprintf("its expiry moved, but not as asked: %s was to be expected; look at its orders",
			it.decision.Expected().Format(time.RFC3339)))
	case p.accepted:
		it.finish(renewal.Unverified, "accepted, and the new expiry does not show yet; the next run looks again and does not pay twice")
	default:
		it.finish(renewal.OutcomeUnknown, p.maybeDone.Error())
	}
}
