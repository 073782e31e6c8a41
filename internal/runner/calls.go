package runner

import (
	"context"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// callsAtOnce bounds the calls of a whole run that are on their way, over all its
// accounts and regions: so many reads, and so many payments. What waits for its turn
// holds no connection.
const callsAtOnce = 64

// reach gives the cloud as one account sees it: Self, or the ARN of a role.
func (r *run) reach(ctx context.Context, name string) (Cloud, error) {
	cloud, err := read(ctx, func() (Cloud, error) {
		return inTurn(ctx, r.calls, func() (Cloud, error) { return r.Open(ctx, name) })
	})
	if err != nil {
		return nil, err
	}
	return bounded{cloud, r.calls}, nil
}

// bounded is a cloud whose calls wait for their turn among those of the run. The
// money call and the tag that goes with it do not: they follow on a look that must
// not grow old, and the line bounds them.
type bounded struct {
	Cloud
	calls *semaphore.Weighted
}

// inTurn makes a call when it is its turn.
func inTurn[T any](ctx context.Context, calls *semaphore.Weighted, call func() (T, error)) (T, error) {
	if err := calls.Acquire(ctx, 1); err != nil {
		var none T
		return none, &renewal.CallError{Action: "call", Class: renewal.Retryable, Err: err} // it was never sent
	}
	defer calls.Release(1)
	return call()
}

func (b bounded) Identity(ctx context.Context) (string, error) {
	return inTurn(ctx, b.calls, func() (string, error) { return b.Cloud.Identity(ctx) })
}

func (b bounded) Members(ctx context.Context, page int) (members []renewal.Member, total int, err error) {
	members, err = inTurn(ctx, b.calls, func() (_ []renewal.Member, err error) {
		members, total, err = b.Cloud.Members(ctx, page)
		return members, err
	})
	return members, total, err
}

func (b bounded) Regions(ctx context.Context) ([]string, error) {
	return inTurn(ctx, b.calls, func() ([]string, error) { return b.Cloud.Regions(ctx) })
}

func (b bounded) Page(ctx context.Context, region string, from, to time.Time, next string) (page []renewal.Instance, token string, err error) {
	page, err = inTurn(ctx, b.calls, func() (_ []renewal.Instance, err error) {
		page, token, err = b.Cloud.Page(ctx, region, from, to, next)
		return page, err
	})
	return page, token, err
}

func (b bounded) MayList(ctx context.Context, region string) error {
	_, err := inTurn(ctx, b.calls, func() (struct{}, error) { return struct{}{}, b.Cloud.MayList(ctx, region) })
	return err
}

func (b bounded) Balance(ctx context.Context) (renewal.Amount, error) {
	return inTurn(ctx, b.calls, func() (renewal.Amount, error) { return b.Cloud.Balance(ctx) })
}

func (b bounded) Index(ctx context.Context, page int, ids []string) (renewal.IndexPage, error) {
	return inTurn(ctx, b.calls, func() (renewal.IndexPage, error) { return b.Cloud.Index(ctx, page, ids) })
}

func (b bounded) MayIndex(ctx context.Context) error {
	_, err := inTurn(ctx, b.calls, func() (struct{}, error) { return struct{}{}, b.Cloud.MayIndex(ctx) })
	return err
}

func (b bounded) Orders(ctx context.Context, code string, from, to time.Time) ([]renewal.Order, error) {
	return inTurn(ctx, b.calls, func() ([]renewal.Order, error) { return b.Cloud.Orders(ctx, code, from, to) })
}

func (b bounded) Order(ctx context.Context, id string) (renewal.Order, error) {
	return inTurn(ctx, b.calls, func() (renewal.Order, error) { return b.Cloud.Order(ctx, id) })
}

func (b bounded) Names(ctx context.Context, instances []renewal.Instance) ([]renewal.Instance, error) {
	return inTurn(ctx, b.calls, func() ([]renewal.Instance, error) { return b.Cloud.Names(ctx, instances) })
}

func (b bounded) Product(key string) Product { return boundedProduct{b.Cloud.Product(key), b.calls} }

// boundedProduct is likewise a product's.
type boundedProduct struct {
	Product
	calls *semaphore.Weighted
}

func (b boundedProduct) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	return inTurn(ctx, b.calls, func() ([]renewal.Instance, error) { return b.Product.Instances(ctx, region, ids) })
}

func (b boundedProduct) States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error) {
	return inTurn(ctx, b.calls, func() (map[string]renewal.AutoState, error) { return b.Product.States(ctx, region, ids) })
}

func (b boundedProduct) Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error) {
	return inTurn(ctx, b.calls, func() (renewal.Amount, error) { return b.Product.Price(ctx, region, in, term) })
}

func (b boundedProduct) SetState(ctx context.Context, region string, instances []renewal.Instance, state renewal.AutoState) error {
	_, err := inTurn(ctx, b.calls, func() (struct{}, error) { return struct{}{}, b.Product.SetState(ctx, region, instances, state) })
	return err
}
