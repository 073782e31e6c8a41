package runner

import (
	"context"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Cloud is what a run needs of one account of Alibaba Cloud. Every method that
// changes something is one send, and none repeats a call that has failed; errors
// are *renewal.CallError. It is safe for concurrent use.
type Cloud interface {
	// Identity gives the id of the account that the credentials belong to.
	Identity(ctx context.Context) (string, error)
	// Members gives a page, from 1, of the members of the organisation that the
	// account manages, itself not among them, and how many there are in all pages.
	Members(ctx context.Context, page int) ([]renewal.Member, int, error)
	// Regions gives the regions that the account may use.
	Regions(ctx context.Context) ([]string, error)
	// Balance gives what the account can spend.
	Balance(ctx context.Context) (renewal.Amount, error)

	// Page gives a page of the servers that expire between from and to (give or
	// take a minute), and the token of the next one, "" at the end.
	Page(ctx context.Context, region string, from, to time.Time, next string) ([]renewal.Instance, string, error)
	// MayList gives nil when the role may list the servers of the region, which an
	// empty page does not say.
	MayList(ctx context.Context, region string) error
	// Tag writes one tag on one server, over another value of the same key. It
	// spends nothing, and repeating it is harmless; a read may show it late.
	Tag(ctx context.Context, region, id, key, value string) error

	Billing
	// Product gives the calls to a product, by its key or its billing code.
	Product(key string) Product
}

// Billing is what the billing knows of an account, over all its products.
type Billing interface {
	// Index gives a page, from 1 on, of the account's subscriptions but for its
	// servers; ids narrows it to up to 100 of them.
	Index(ctx context.Context, page int, ids []string) (renewal.IndexPage, error)
	// MayIndex gives nil when the role may list them, which an empty page does not
	// say.
	MayIndex(ctx context.Context) error
	// Orders lists the orders of a product, by its billing code, that were made
	// between from and to, without their instances; only those that are not paid
	// where unpaid is set.
	Orders(ctx context.Context, code string, from, to time.Time) ([]renewal.Order, error)
	// Order reads one order.
	Order(ctx context.Context, id string) (renewal.Order, error)
	// Names completes instances, whose own API is not asked here, by their name, tags
	// and resource group. What it does not know stays Unnamed.
	Names(ctx context.Context, instances []renewal.Instance) ([]renewal.Instance, error)
}

// Product is what a run needs of one product in one account. How many instances
// each call takes is among its traits. See Cloud.
type Product interface {
	// Instances reads instances; those that are gone are left out.
	Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error)
	// States reads the renewal modes of subscriptions.
	States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error)
	// Price gives what a renewal would cost.
	Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error)
	// Renew pays. It returns within timeout, with the id of the order, which may be "".
	Renew(ctx context.Context, region string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error)
	// SetState switches auto-renewal of subscriptions of one kind. It spends nothing,
	// and repeating it is harmless.
	SetState(ctx context.Context, region string, instances []renewal.Instance, state renewal.AutoState) error
}
