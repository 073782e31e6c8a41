package cloud

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// An Order is one line of the order book of an account, paid or not. Every
// renewal is one, also of ECS and also what the provider deducts by itself.
type Order struct {
	ID      string `yaml:"id" fleet:"name"` // "" = a number of its own
	Account string `yaml:"-"`
	Region  string `yaml:"-"`
	Product string `yaml:"-"` // key of the product
	// Must be there, and so must the instance; what belongs to it is filled in.
	Instance string `yaml:"instance" fleet:"needed"`
	Type     string `yaml:"type"`                                       // "" = Renew; also New, Upgrade, Refund …
	Status   string `yaml:"status" fleet:"oneof=Unpaid|Paid|Cancelled"` // "" = Unpaid
	Months   int    `yaml:"months"`                                     // what a Renew buys, in months; 0 = weeks, or up to a day

	Created time.Time `yaml:"created"` // domain clock; zero = now
	Paid    time.Time `yaml:"-"`       // domain clock; zero = not paid

	Amount   string    `yaml:"amount" fleet:"amount"` // what is to be paid
	Full     string    `yaml:"-"`                     // before the discount
	Currency string    `yaml:"-"`                     // "" = that of the account
	From     time.Time `yaml:"-"`                     // what it buys: the expiry before and after; zero = nothing yet
	To       time.Time `yaml:"-"`

	Token string `yaml:"-"` // ClientToken it was asked for with; "" = none
}

// The words of PaymentStatus.
const (
	Unpaid    = "Unpaid"
	Paid      = "Paid"
	Cancelled = "Cancelled"
)

// orderRecord is an Order with what the cloud adds to it.
type orderRecord struct {
	Order
	code, kind string    // ProductCode and ProductType
	shows      time.Time // wall time from which the order book has it; zero = now
	paidShows  time.Time // and has it as paid; until then it is Unpaid there
}

// Orders returns the order book of all accounts, oldest first.
func (c *Cloud) Orders() []Order {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Order, 0, len(c.orders))
	for _, o := range c.orders {
		list = append(list, o.Order)
	}
	return list
}

// AddOrder adds an order that somebody else has made, as in the console, and
// returns its id. A Renew that is Unpaid keeps other renewals of its instance
// away until PayOrder or CancelOrder. It charges nothing. It panics on an
// instance that is not there.
func (c *Cloud) AddOrder(o Order) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.byID[o.Instance]
	if i == nil {
		panic("cloud: an order of the unknown instance " + o.Instance)
	}
	return c.addOrder(i, o).ID
}

func (c *Cloud) addOrder(i *instance, o Order) *orderRecord {
	o.Account, o.Region, o.Product, o.Instance = i.Account, i.Region, i.product.key, i.ID
	o.Type, o.Status = cmp.Or(o.Type, "Renew"), cmp.Or(o.Status, Unpaid)
	if o.Created.IsZero() {
		o.Created = c.now()
	}
	if o.Status == Paid && o.Paid.IsZero() {
		o.Paid = o.Created
	}
	if o.Type == "Renew" && o.Months == 0 && o.Amount == "" {
		o.Months = 1
	}
	if o.Amount == "" {
		full, trade := i.due(o.Months, "Month")
		o.Full, o.Amount = full.StringFixed(2), trade.StringFixed(2)
	}
	o.Full = cmp.Or(o.Full, o.Amount)
	o.Currency = cmp.Or(o.Currency, c.accounts[i.Account].Currency)
	if o.ID == "" {
		o.ID = c.newOrder()
	}
	rec := &orderRecord{Order: o, code: i.Code, kind: i.CodeType}
	c.orders = append(c.orders, rec)
	i.orders = append(i.orders, rec)
	return rec
}

// newOrder makes the id of an order.
func (c *Cloud) newOrder() string {
	c.lastOrder++
	return fmt.Sprintf("2%014d", 9_999_999+c.lastOrder)
}

// unpaid is the oldest renewal of the instance that was ordered and not paid;
// nil = there is none.
func (i *instance) unpaid() *orderRecord {
	n := slices.IndexFunc(i.orders, func(o *orderRecord) bool { return o.Type == "Renew" && o.Status == Unpaid })
	if n < 0 {
		return nil
	}
	return i.orders[n]
}

// setUnpaid gives the instance an unpaid order of two hours ago, which is longer
// than QueryOrders looks back by itself, or cancels those it has.
func (c *Cloud) setUnpaid(i *instance, unpaid bool) {
	switch {
	case !unpaid:
		for o := i.unpaid(); o != nil; o = i.unpaid() {
			o.Status = Cancelled
		}
	case i.unpaid() == nil:
		c.addOrder(i, Order{Created: c.now().Add(-2 * time.Hour)})
	}
}

// bookCharge files the order of a charge that was paid now.
func (c *Cloud) bookCharge(i *instance, charge Charge) {
	o := Order{
		ID: charge.Order, Status: Paid, Created: charge.At, Paid: charge.At,
		Amount: charge.Amount, Currency: charge.Currency,
		From: charge.OldExpires, To: charge.NewExpires, Token: charge.Token,
	}
	switch charge.Unit {
	case "Month":
		o.Months = charge.Period
	case "Year":
		o.Months = 12 * charge.Period
	}
	c.delay(c.addOrder(i, o))
}

// delay sets when the order book shows a new order, and when as paid.
func (c *Cloud) delay(o *orderRecord) {
	if d := c.opts.Billing.OrderDelay; d != 0 {
		o.shows = visibleAt(d)
	}
	if d := c.opts.Billing.PaidDelay; d != 0 && o.Status == Paid {
		o.paidShows = visibleAt(d)
	}
}

// PayOrder pays an unpaid order, as somebody does in the console: a renewal
// moves the expiry and is charged. It panics when there is no such unpaid order.
func (c *Cloud) PayOrder(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.mustUnpaid(id)
	i := c.byID[o.Instance]
	if i == nil || o.Type != "Renew" {
		o.Status, o.Paid = Paid, c.now()
		return
	}
	c.committed(c.pay(i, o))
}

// CancelOrder cancels an unpaid order, as somebody does in the console. It
// panics when there is no such unpaid order.
func (c *Cloud) CancelOrder(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mustUnpaid(id).Status = Cancelled
}

func (c *Cloud) mustUnpaid(id string) *orderRecord {
	for _, o := range c.orders {
		if o.ID == id && o.Status == Unpaid {
			return o
		}
	}
	panic("cloud: no unpaid order " + id)
}
