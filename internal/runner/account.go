package runner

import (
	"sync"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// An account is one that a run has entered.
type account struct {
	id       string
	other    bool     // than that of the function's own credentials
	regions  []string // that it has; nil = that is not known, or was not asked
	cloud    Cloud
	payments door // before its money calls
	changes  door // before what costs nothing: who may not change may still pay
	funds    funds
	books    map[string]*book // by the billing code of the product
	active   int              // payments under way that are not aside; the line's to count
}

func newAccount(id string, cloud Cloud) *account { return &account{id: id, cloud: cloud} }

// A door stands open until something shuts it for the rest of the run.
type door struct {
	mu  sync.Mutex
	why error
}

// shut shuts the door; the first to do so says why.
func (d *door) shut(why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.why == nil {
		d.why = why
	}
}

// isShut gives why the door is shut; nil = it is open.
func (d *door) isShut() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.why
}

// Funds are what is known of an account's money while a run pays.
//
// An account is short when the balance that was read does not cover what is
// planned, or when a payment was refused for want of money and no balance that
// was read speaks against it. Then what expires first is paid first, for
// certain; and what costs less than a payment that was refused for good is still
// tried.
type funds struct {
	mu      sync.Mutex
	balance renewal.Amount  // as it was read before paying; zero = it could not be
	drawn   decimal.Decimal // of it, by what is or may be paid
	short   bool
	refused error          // of the last payment that was refused for good for want of money; nil = there is none
	ceiling renewal.Amount // the price of the cheapest such payment; zero = it had none
}

// read tells what the balance is, and what is planned to be paid from it.
func (f *funds) read(balance renewal.Amount, planned decimal.Decimal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.balance = balance
	f.short = balance.Known() && balance.Value.LessThan(planned)
}

func (f *funds) isShort() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.short
}

// What a balance says about a price.
type cover int

const (
	coverUnknown cover = iota // one of them is not known
	covered
	notCovered
)

// covers says whether the balance that was read, less what was drawn since,
// covers a price.
func (f *funds) covers(price renewal.Amount) cover {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.balance.Known() || !price.Known() || f.balance.Currency != price.Currency:
		return coverUnknown
	case f.balance.Value.Sub(f.drawn).LessThan(price.Value):
		return notCovered
	}
	return covered
}

// draw tells that a price is, or may be, paid.
func (f *funds) draw(price renewal.Amount) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if price.Known() && price.Currency == f.balance.Currency {
		f.drawn = f.drawn.Add(price.Value)
	}
}

// runShort makes the payments go one at a time, in order.
func (f *funds) runShort() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.short = true
}

// refuse tells that a payment of this price was refused for want of money, and
// that nothing follows on it: whatever is not known to cost less is not tried.
func (f *funds) refuse(price renewal.Amount, why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.short = true
	cheaper := price.Known() && price.Currency == f.ceiling.Currency && price.Value.LessThan(f.ceiling.Value)
	if f.refused == nil || cheaper || !price.Known() {
		f.ceiling = price
	}
	f.refused = why
}

// tooDear says why a payment of this price is not tried; nil = it is.
func (f *funds) tooDear(price renewal.Amount) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	less := price.Known() && price.Currency == f.ceiling.Currency && price.Value.LessThan(f.ceiling.Value)
	if f.refused == nil || less {
		return nil
	}
	if !f.ceiling.Known() {
		return lang.Err("a payment before it was refused for want of money: %v", "此前已有续费因余额不足被拒绝：%v", f.refused)
	}
	return lang.Err("a payment of %s %s before it was refused for want of money: %v", "此前一笔 %s %s 的续费因余额不足被拒绝：%v", f.ceiling, f.ceiling.Currency, f.refused)
}
