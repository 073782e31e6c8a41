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

func (b bounded) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	return inTurn(ctx, b.calls, func() ([]renewal.Instance, error) { return b.Cloud.Instances(ctx, region, ids) })
}

func (b bounded) States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error) {
	return inTurn(ctx, b.calls, func() (map[string]renewal.AutoState, error) { return b.Cloud.States(ctx, region, ids) })
}

func (b bounded) Price(ctx context.Context, region, id string, term renewal.Term) (renewal.Amount, error) {
	return inTurn(ctx, b.calls, func() (renewal.Amount, error) { return b.Cloud.Price(ctx, region, id, term) })
}

func (b bounded) Balance(ctx context.Context) (renewal.Amount, error) {
	return inTurn(ctx, b.calls, func() (renewal.Amount, error) { return b.Cloud.Balance(ctx) })
}

func (b bounded) SetState(ctx context.Context, region string, ids []string, state renewal.AutoState) error {
	_, err := inTurn(ctx, b.calls, func() (struct{}, error) { return struct{}{}, b.Cloud.SetState(ctx, region, ids, state) })
	return err
}
