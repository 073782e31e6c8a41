package runner

import (
	"context"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What follows is about products of which nobody documents what a repeated token
// does: they are asked for once, and the orders tell what may be paid already. See
// docs/money.md.

// ordersSay brings the order book up to date just before a payment, and says what
// in it speaks against the payment; nil = nothing does.
func (r *run) ordersSay(ctx context.Context, it *item) *ending {
	if !it.scope.traits.Once {
		return nil
	}
	b := r.book(it.scope)
	if err := b.renewed(ctx); err != nil {
		return &ending{outcome: renewal.Held, why: noBook(err), reason: renewal.StateUnknown}
	}
	order, found := b.of(it.decision.Instance)
	switch {
	case !found:
		return nil
	case order.State == renewal.OrderPaid:
		it.result.OrderID, it.result.Paid = order.ID, order.Amount
		return &ending{outcome: renewal.Unverified, why: orderShowsLate}
	}
	it.result.OrderID = order.ID
	return &ending{outcome: renewal.Held, why: pendingOrder(order), reason: renewal.OrderPending}
}

// stillFits says whether a renewal has come to be held since it was planned,
// because others cost more than was assumed.
func (r *run) stillFits(it *item) *ending {
	r.planned.Lock()
	defer r.planned.Unlock()
	if r.dearer != nil && !r.begun[it.index] {
		why := renewal.PriceUnknown
		switch {
		case !it.scope.traits.Quoted:
		case r.foreign && r.job.Policy.Caps.AddsUp(*it.decision):
			why = renewal.OverMaxSpend // the caps could not count what was paid
		default:
			why = r.plan.Overdrawn(it.index, func(i int) bool { return r.begun[i] })
		}
		if why != "" {
			return &ending{outcome: renewal.Held, why: lang.Say("%v", "%v", r.dearer), reason: why}
		}
	}
	r.begun[it.index] = true
	return nil
}

// holdLate holds an item for a reason that was found only when it was its turn.
func (r *run) holdLate(it *item, no ending) {
	it.end(no.outcome, no.why)
	r.planned.Lock()
	in := r.plan.Hold(it.index, no.reason, r.stillWanted)
	r.planned.Unlock()
	r.letIn(in)
}

// readOrder reads what an accepted order really costs.
func (r *run) readOrder(ctx context.Context, it *item) {
	b := r.book(it.scope)
	b.mine(it.result.OrderID)
	order, err := read(ctx, func() (renewal.Order, error) { return it.scope.cloud.Order(ctx, it.result.OrderID) })
	if err != nil {
		r.Log.Warn("order not read", "id", it.decision.Instance.ID, "order", it.result.OrderID, "error", errText(err))
		return
	}
	it.payment.order = order
	if order.State == renewal.OrderPaid {
		r.paid(it, order.Amount)
	}
}

// readCost reads what an accepted order really costs. Where the cloud quotes no
// price and the caps add prices up, it is waited for, and nothing else without a
// quote is paid for while it is not known.
func (r *run) readCost(ctx context.Context, it *item) {
	r.readOrder(ctx, it)
	if it.scope.traits.Quoted || !r.job.Policy.Caps.AddsUp(*it.decision) {
		return
	}
	known := func() bool {
		state := it.payment.order.State
		return state == renewal.OrderPaid || state == renewal.OrderCancelled
	}
	for until := r.Now().Add(costShows); !known() && ctx.Err() == nil && r.Now().Before(until); {
		_ = sleep(ctx, costAgain)
		r.readOrder(ctx, it)
	}
	if known() {
		return
	}
	r.planned.Lock()
	defer r.planned.Unlock()
	if r.dearer == nil {
		r.dearer = lang.Err("what %s really cost could not be read", "无法查询 %s 的实际扣款", it.decision.Instance.ID)
	}
}

const (
	costShows = 30 * time.Second // how long it is waited for what an order really costs
	costAgain = 3 * time.Second
)

// paid notes what a renewal really cost.
func (r *run) paid(it *item, amount renewal.Amount) {
	it.result.Paid = amount
	r.planned.Lock()
	defer r.planned.Unlock()
	r.plan.Paid(it.index, amount)
	price := it.decision.Price
	r.foreign = r.foreign || amount.Known() && price.Known() && amount.Currency != price.Currency
	if !amount.MoreThan(price) || r.dearer != nil {
		return
	}
	id := it.decision.Instance.ID
	if it.scope.traits.Quoted {
		r.dearer = lang.Err("%s cost %s %s, more than the %s %s that were quoted", "%s 实际扣款 %s %s，高于询价的 %s %s", id, amount, amount.Currency, price, price.Currency)
		return
	}
	r.dearer = lang.Err("%s cost %s %s, more than the %s %s that were assumed: see RENEW_PRICES", "%s 实际扣款 %s %s，高于假定的 %s %s：请检查 RENEW_PRICES", id, amount, amount.Currency, price, price.Currency)
}

// findOrder looks in the order book for what a renewal really cost whose answer
// named no order.
func (r *run) findOrder(ctx context.Context, it *item) {
	b := r.book(it.scope)
	if err := b.again(ctx); err != nil {
		r.Log.Warn("orders not read", "id", it.decision.Instance.ID, "error", errText(err))
		return
	}
	if order, found := b.of(it.decision.Instance); found && order.State == renewal.OrderPaid {
		it.result.OrderID = order.ID
		r.paid(it, order.Amount)
	}
}
