package runner

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A watch is the waiting for an instance's new expiry.
type watch struct {
	next  time.Time // when to read again
	limit time.Time // when to give up
	reads int
}

// readAgain is how long after the last read the next one follows. The new
// expiry is usually there within ten seconds; the first read is for a cloud that
// shows it at once.
var readAgain = [...]time.Duration{200 * time.Millisecond, 1300 * time.Millisecond, 2 * time.Second, 3 * time.Second, 5 * time.Second}

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
			v.giveUp(ctx)
			return
		}
	}
}

// giveUp settles everything that was handed over, as it was seen last, until
// nothing more comes.
func (v *verifier) giveUp(ctx context.Context) {
	for {
		v.mu.Lock()
		rest, last := v.pending, v.last
		v.pending = nil
		v.mu.Unlock()
		for _, it := range rest {
			v.settle(ctx, it, renewal.Instance{}, false)
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
	if !v.last && len(v.pending) < v.scope.traits.Read {
		wait += gather
	}
	if wait > 0 {
		return nil, wait, false
	}
	n := min(v.scope.traits.Read, len(v.pending)) // whoever is near its time comes along
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
	live, err := read(ctx, func() ([]renewal.Instance, error) { return v.scope.calls.Instances(ctx, v.scope.region, ids) })
	if err != nil {
		v.run.Log.Warn("not read back", "region", v.scope.region, "instances", len(ids), "error", errText(err))
	}
	shown := map[string][]renewal.Instance{}
	for _, in := range live {
		shown[in.ID] = append(shown[in.ID], in)
	}
	now := v.run.Now()
	var rest []*item
	for _, it := range batch {
		in, _ := onlyOne(shown[it.decision.Instance.ID])
		if in.Expires.After(it.decision.Instance.Expires) {
			v.settle(ctx, it, in, true)
			continue
		}
		if !now.Before(it.payment.watched.limit) {
			v.settle(ctx, it, in, false)
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
func (v *verifier) settle(ctx context.Context, it *item, live renewal.Instance, moved bool) {
	if it.scope.traits.Once && it.payment.accepted && it.payment.order.State != renewal.OrderPaid && ctx.Err() == nil {
		v.run.readOrder(ctx, it)
	}
	if it.scope.traits.Once && moved && it.result.OrderID == "" && ctx.Err() == nil {
		v.run.findOrder(ctx, it)
	}
	p := it.payment
	now := v.run.Now()
	if moved {
		it.result.NewExpires = live.Expires
	}
	switch {
	case moved && p.doubt != nil && p.doubt.Mismatch:
		it.result.Settled = v.run.job.Policy.Settled(now, v.run.asPlanned(it, live))
		it.end(renewal.Stale, lang.Say("somebody else renewed it meanwhile, with other terms", "期间已有他人以其他续费时长续费"))
	case moved && it.decision.AsAsked(live.Expires, now):
		it.end(renewal.Renewed, lang.Text{})
	case moved:
		it.end(renewal.Unverified, lang.Say("its expiry moved, but not as asked: %s was to be expected; look at its orders", "到期时间已变化，但与请求不符：预期为 %s；请核对其订单",
			it.decision.Expected().Format(time.RFC3339)))
	case p.order.State == renewal.OrderCancelled:
		it.end(renewal.OutcomeFailed, lang.Say("the order of this run, %s, was cancelled: its payment failed; see the account's balance", "本次运行的订单 %s 已被取消：支付失败；请检查账户余额", p.order.ID))
	case p.order.State == renewal.OrderUnpaid:
		it.end(renewal.OutcomeFailed, lang.Say("the order of this run, %s, is not paid: pay or cancel it in the console", "本次运行的订单 %s 未支付：请在控制台支付或取消", p.order.ID))
	case p.accepted:
		it.end(renewal.Unverified, lang.Say("accepted, and the new expiry does not show yet: look at its order today; the next run looks again before anything else",
			"请求已受理，到期时间尚未更新；请于当日核对其订单，下次运行会先重新核对"))
	default:
		it.end(renewal.OutcomeUnknown, said(p.doubt))
	}
}
