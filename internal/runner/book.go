package runner

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A book is the orders of one product in one account, as far as they may be about
// what is to be paid there: what tells of a payment that an instance does not show
// yet, ours of an earlier run or anybody's.
type book struct {
	account *account
	code    string // of the product, as the billing names it
	now     func() time.Time
	atOnce  int

	turn   chan struct{} // has room for the one who has the book in hand, also while it is read
	readAt time.Time     // zero = it was not
	seen   map[string]bool
	ours   map[string]bool            // orders that this run has made
	orders map[string][]renewal.Order // that matter, by instance
}

const (
	bookPaid   = 48 * time.Hour   // how long ago a payment still matters: by then the new expiry shows
	bookRecent = time.Hour        // how far back the book is read before a payment
	bookAge    = 30 * time.Second // older than this it is read again before a payment
	bookAhead  = 10 * time.Minute // clocks differ
)

// book gives the order book of a scope's product.
func (r *run) book(s *scope) *book {
	r.planned.Lock()
	defer r.planned.Unlock()
	if s.books == nil {
		s.books = map[string]*book{}
	}
	b := s.books[s.traits.Code]
	if b == nil {
		b = &book{turn: make(chan struct{}, 1), account: s.account, code: s.traits.Code, now: r.Now, atOnce: r.job.Concurrency, seen: map[string]bool{}, ours: map[string]bool{}, orders: map[string][]renewal.Order{}}
		s.books[s.traits.Code] = b
	}
	return b
}

// take takes the book in hand, and gives what puts it down.
func (b *book) take() (down func()) {
	b.turn <- struct{}{}
	return func() { <-b.turn }
}

// open reads the book for the first time: what was made since a time, and whatever
// was made in the last two days. An order of days ago may have been paid just now.
func (b *book) open(ctx context.Context, since time.Time) error {
	defer b.take()()
	now := b.now()
	if recent := now.Add(-bookPaid); since.After(recent) {
		since = recent
	}
	if err := b.list(ctx, since, now); err != nil {
		return err
	}
	b.readAt = now
	return nil
}

// renewed brings the book up to date before a payment: the orders of the last hour,
// or since it was read, are listed anew, and those read that are neither known nor ours.
func (b *book) renewed(ctx context.Context) error {
	defer b.take()()
	now := b.now()
	if !b.readAt.IsZero() && now.Sub(b.readAt) <= bookAge {
		return nil
	}
	from := now.Add(-bookRecent)
	if last := b.readAt.Add(-bookAhead); last.Before(from) && !b.readAt.IsZero() {
		from = last
	}
	if err := b.list(ctx, from, now); err != nil {
		return err
	}
	b.readAt = now
	return nil
}

// again lists the orders of the last hour anew, however old the reading is.
func (b *book) again(ctx context.Context) error {
	defer b.take()()
	return b.list(ctx, b.now().Add(-bookRecent), b.now())
}

func (b *book) list(ctx context.Context, from, now time.Time) error {
	listed, err := read(ctx, func() ([]renewal.Order, error) {
		return b.account.cloud.Orders(ctx, b.code, from, now.Add(bookAhead))
	})
	if err != nil {
		return err
	}
	listed = slices.DeleteFunc(listed, func(o renewal.Order) bool {
		return !o.Renewal || o.State == renewal.OrderCancelled || shows(o, now) || b.seen[o.ID] || b.ours[o.ID]
	})
	details := make([]renewal.Order, len(listed))
	group := errgroup.Group{}
	group.SetLimit(b.atOnce)
	for i, o := range listed {
		group.Go(func() error {
			detail, err := read(ctx, func() (renewal.Order, error) { return b.account.cloud.Order(ctx, o.ID) })
			if err == nil && len(detail.IDs) == 0 && detail.State != renewal.OrderCancelled {
				err = lang.Err("the order %s does not say what it is about", "订单 %s 未说明涉及哪些实例", o.ID)
			}
			details[i] = detail
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, o := range listed {
		b.seen[o.ID] = true
		if details[i].State == renewal.OrderCancelled {
			continue
		}
		for _, id := range details[i].IDs {
			b.orders[id] = append(b.orders[id], details[i])
		}
	}
	return nil
}

// shows says whether an order was paid so long ago that the new expiry shows.
func shows(o renewal.Order, now time.Time) bool {
	at := o.PaidAt
	if at.IsZero() {
		at = o.Created
	}
	return o.State == renewal.OrderPaid && !at.IsZero() && at.Before(now.Add(-bookPaid))
}

// mine notes an order that this run has made.
func (b *book) mine(order string) {
	defer b.take()()
	b.ours[order] = true
}

// of gives the order that speaks against paying for in: one that is not paid or
// not finished, else one that is paid and whose term in does not show.
func (b *book) of(in renewal.Instance) (o renewal.Order, found bool) {
	defer b.take()()
	for _, order := range b.orders[in.ID] {
		switch {
		case order.State != renewal.OrderPaid:
			return order, true
		case order.Ends.IsZero() || order.Ends.After(in.Expires.Add(endsSlack)):
			o, found = order, true
		}
	}
	return o, found
}

// endsSlack: the billing and a product's own API spell one end differently.
const endsSlack = 12 * time.Hour

// readBooks reads the order books of whatever is to be paid for and whose token
// is not known to be harmless when it is repeated. What an order speaks against
// takes nothing of the caps, and is in nobody's approval.
func (r *run) readBooks(ctx context.Context) {
	ctx, done := r.itsShare(ctx)
	defer done()
	since := map[*book]time.Time{}
	for _, it := range r.items {
		if !asksTheBook(it) {
			continue
		}
		b, at := r.book(it.scope), r.job.Policy.DueSince(*it.decision)
		if first, known := since[b]; !known || at.Before(first) {
			since[b] = at
		}
	}
	errs := map[*book]error{}
	var mu sync.Mutex
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for b, first := range since {
		group.Go(func() error {
			err := b.open(ctx, first)
			mu.Lock()
			defer mu.Unlock()
			errs[b] = err
			return nil
		})
	}
	_ = group.Wait()
	for _, it := range r.items {
		if !asksTheBook(it) {
			continue
		}
		b := r.book(it.scope)
		pending := it.decision.Reason == renewal.OrderPending
		if pending {
			it.result.Error = pendingNatively(it.decision.Instance)
		}
		if errs[b] != nil && !pending {
			it.decision.Reason = renewal.StateUnknown
			it.result.Error = noBook(errs[b])
			continue
		}
		if order, found := b.of(it.decision.Instance); found && !(pending && order.State == renewal.OrderPaid) {
			r.ordered(it, order)
		}
	}
}

// asksTheBook says whether an item is to be paid for and its orders have to tell
// whether that is done, or what its own API calls pending has a name there.
func asksTheBook(it *item) bool {
	return it.scope.traits.Once && (it.decision.Pays() || it.decision.Reason == renewal.OrderPending)
}

func pendingNatively(in renewal.Instance) lang.Text {
	return lang.Say("an order of it is not paid or not in force yet (%s): pay or cancel it in the console", "存在未支付或未生效的订单（%s）：请在控制台支付或取消", in.Pending)
}

func noBook(err error) lang.Text {
	return lang.Say("its orders could not be read, so nothing is paid for it: %v", "无法查询其订单，因此不予续费：%v", reason(err))
}

// ordered heeds an order of an item that is not this run's.
func (r *run) ordered(it *item, order renewal.Order) {
	it.result.OrderID = order.ID
	if order.State == renewal.OrderPaid {
		it.decision.Ordered = true
		it.result.Paid = order.Amount
		return
	}
	it.decision.Reason = renewal.OrderPending
	it.result.Error = pendingOrder(order)
}

func pendingOrder(order renewal.Order) lang.Text {
	return lang.Say("its order %s is not paid or not finished: pay or cancel it in the console", "其订单 %s 未支付或未完成：请在控制台支付或取消", order.ID)
}

var orderShowsLate = lang.Say("its order is paid, and the new expiry does not show yet: the next run looks again", "订单已支付，到期时间尚未更新：下次运行会重新核对")
