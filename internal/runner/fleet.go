package runner

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A Fleet is every subscription of a job's scopes, whether it is due or not, and
// what the accounts have. It is read for a rehearsal.
type Fleet struct {
	Instances []renewal.Instance
	Balances  renewal.Balances // of the accounts where one could be read
	Warnings  []lang.Text

	run *run
}

// A Quote is a renewal to be priced.
type Quote struct {
	Instance renewal.Instance
	Term     renewal.Term
}

// ReadFleet reads the whole fleet of a job, and changes nothing. A scope that
// could not be read to its end is a warning, unless nothing could be read at all:
// then the error is a *Stop. Progress hears how many were listed so far, from
// several goroutines.
func (r *Runner) ReadFleet(ctx context.Context, job Job, progress func(listed int)) (*Fleet, error) {
	job.Policy.DryRun, job.Policy.Named = true, nil
	run := r.newRun(job)
	run.keepsMore, run.listing = func(*scope, renewal.Instance) bool { return true }, progress // the whole fleet
	run.time = newTimetable(ctx, run.start, job.Reserve)
	if err := run.enter(ctx); err != nil {
		return nil, err
	}
	run.list(ctx)
	run.oncePerAccount()
	if err := run.nothingListed(); err != nil {
		return nil, err
	}
	fleet := &Fleet{Balances: renewal.Balances{}, run: run}
	for _, s := range run.scopes {
		if why := s.trouble(); why != nil {
			fleet.warn(lang.Say("%s could not be read to its end: %v", "%s 未能完整查询：%v", s.name(), reason(why)))
		}
		if s.statesErr != nil {
			fleet.warn(lang.Say("%s: some renewal modes could not be read: %v", "%s：部分续费方式查询失败：%v", s.name(), reason(s.statesErr)))
		}
		fleet.Instances = append(fleet.Instances, s.instances...)
	}
	fleet.readBalances(ctx)
	return fleet, nil
}

func (f *Fleet) warn(t lang.Text) { f.Warnings = append(f.Warnings, t) }

func (f *Fleet) readBalances(ctx context.Context) {
	for _, s := range f.run.scopes {
		if s.cloud == nil {
			continue
		}
		if _, asked := f.Balances[s.id]; asked {
			continue
		}
		if amount, err := read(ctx, func() (renewal.Amount, error) { return s.cloud.Balance(ctx) }); err == nil {
			f.Balances[s.id] = amount
		}
	}
}

// Prices asks what renewals would cost today. What has no price has no entry.
// Progress hears how many were asked, from several goroutines.
func (f *Fleet) Prices(ctx context.Context, quotes []Quote, progress func(asked int)) map[Key]renewal.Amount {
	prices := map[Key]renewal.Amount{}
	var mu sync.Mutex
	var asked atomic.Int64
	group := errgroup.Group{}
	group.SetLimit(f.run.job.Concurrency)
	for _, q := range quotes {
		s := f.run.scopes[q.Instance.Scope]
		group.Go(func() error {
			price, err := read(ctx, func() (renewal.Amount, error) { return s.cloud.Price(ctx, s.region, q.Instance.ID, q.Term) })
			progress(int(asked.Add(1)))
			if err != nil {
				return nil //nolint:nilerr // it has no price, which is told as such
			}
			mu.Lock()
			defer mu.Unlock()
			prices[q.Key()] = price
			return nil
		})
	}
	_ = group.Wait()
	return prices
}

// A Key names a quote.
type Key struct {
	Account, ID string
	Term        renewal.Term
}

// Key gives the name of q.
func (q Quote) Key() Key { return Key{q.Instance.Account, q.Instance.ID, q.Term} }
