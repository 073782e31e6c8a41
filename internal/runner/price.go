package runner

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// price asks what every renewal would cost. What has no price is told: in the
// item where a money setting needs it, else as a warning.
func (r *run) price(ctx context.Context) {
	r.perScope(func(it *item) bool { return it.decision.Pays() && it.scope.report.Complete }, func(_ *scope, items []*item) {
		group := errgroup.Group{}
		group.SetLimit(r.job.Concurrency)
		for _, it := range items {
			group.Go(func() error { r.priceOne(ctx, it); return nil })
		}
		_ = group.Wait()
	})
	for _, it := range r.items {
		if it.result.Error != "" && !r.job.Policy.Caps.NeedsPrice(it.decision) {
			r.warnings = append(r.warnings, fmt.Sprintf("%s: its price is not known: %s", it.decision.Instance.ID, it.result.Error))
			it.result.Error = ""
		}
	}
}

func (r *run) priceOne(ctx context.Context, it *item) {
	d := &it.decision
	price, err := read(ctx, func() (renewal.Amount, error) {
		return it.scope.cloud.Price(ctx, it.scope.region, d.Instance.ID, d.Term)
	})
	if err != nil {
		it.result.Error = errText(err)
		return
	}
	d.Price = price
}

// readBalances asks what the accounts have, where a setting wants something to
// stay. A balance that cannot be read pays for nothing.
func (r *run) readBalances(ctx context.Context) {
	if !r.job.Policy.Caps.MinBalance.Known() {
		return
	}
	accounts := map[*account]bool{}
	for _, s := range r.scopes {
		if s.cloud != nil {
			accounts[s.account] = true
		}
	}
	var mu sync.Mutex
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for a := range accounts {
		group.Go(func() error {
			amount, err := read(ctx, func() (renewal.Amount, error) { return a.cloud.Balance(ctx) })
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				r.warnings = append(r.warnings, fmt.Sprintf("account %s: its balance could not be read, so nothing is paid there: %s", a.id, errText(err)))
			}
			r.balances[a.id] = amount
			return nil
		})
	}
	_ = group.Wait()
	slices.Sort(r.warnings)
}
