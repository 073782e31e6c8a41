package renewal

import "time"

// An Order is one of the account's, as the billing knows it (BSS QueryOrders,
// GetOrderDetail). Its list does not tell the instances, its detail does.
type Order struct {
	ID      string
	Code    string // of the product, as the billing names it
	Renewal bool   // it renews something
	State   OrderState
	Created time.Time // UTC; zero = not told
	PaidAt  time.Time // UTC; zero = not told
	Ends    time.Time // the end of the term that it buys, UTC; zero = not told
	Amount  Amount    // what was charged, or is to be; zero = not told
	IDs     []string  // of the instances that it is about; empty = not told
}

// An OrderState is how far an order has come.
type OrderState string

// The states.
const (
	OrderPaid      OrderState = "paid"
	OrderUnpaid    OrderState = "unpaid"
	OrderCancelled OrderState = "cancelled"
	OrderOpen      OrderState = "open" // anything else: it may come to a charge yet
)

// An IndexPage is a page of the billing's list of subscriptions (BSS
// QueryAvailableInstances).
type IndexPage struct {
	Rows  []Instance // with product, kind, region, expiry, mode and term of auto-renewal; Unnamed
	Read  int        // entries that the page had, also those that are no row
	Size  int        // entries that a full page has
	Total int        // entries of the whole list, as this page tells
}
