package runner

import (
	"context"
	"sync"

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

	run    *run
	mu     sync.Mutex
	prices map[quoted]renewal.Amount // zero = asked, and not to be had
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
	if err := run.list(ctx); err != nil {
		return nil, err
	}
	fleet := &Fleet{Balances: renewal.Balances{}, run: run, prices: map[quoted]renewal.Amount{}}
	for _, s := range run.scopes {
		if why := s.trouble(); why != nil {
			fleet.warn(lang.Say("%s could not be read to its end: %v", "%s 未能完整查询：%v", s.name(), reason(why)))
		}
		if s.statesErr != nil {
			fleet.warn(lang.Say("%s: some renewal modes could not be read: %v", "%s：部分续费方式查询失败：%v", s.name(), reason(s.statesErr)))
		}
		fleet.Instances = append(fleet.Instances, s.instances...)
	}
	for _, doubt := range run.doubtRegions() {
		fleet.warn(doubt)
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

// Prices asks what renewals would cost today, once for an instance and a term:
// what was asked before is remembered. The zero Amount is a price that cannot be
// had. Progress hears how many were asked in all, from several goroutines; nil =
// nobody does. The order is that of the quotes.
func (f *Fleet) Prices(ctx context.Context, quotes []renewal.Quote, progress func(asked int)) []renewal.Amount {
	prices := make([]renewal.Amount, len(quotes))
	group := errgroup.Group{}
	group.SetLimit(f.run.job.Concurrency)
	for i, q := range quotes {
		key := quoted{q.Instance.Account, q.Instance.Region, q.Instance.ID, q.Term}
		if price, asked := f.known(key); asked {
			prices[i] = price
			continue
		}
		s := f.run.scopes[q.Instance.Scope]
		if !s.traits.Quoted {
			prices[i] = f.run.job.Policy.Assumed(renewal.Decision{Instance: q.Instance, Term: q.Term})
			continue
		}
		group.Go(func() error {
			price, err := read(ctx, func() (renewal.Amount, error) { return s.calls.Price(ctx, s.region, q.Instance, q.Term) })
			if err == nil { // else it has no price, which is told as such
				prices[i] = price
			}
			if n := f.learn(key, prices[i]); progress != nil {
				progress(n)
			}
			return nil
		})
	}
	_ = group.Wait()
	return prices
}

// quoted is what was asked the price of.
type quoted struct {
	account, region, id string
	term                renewal.Term
}

func (f *Fleet) known(key quoted) (renewal.Amount, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	price, asked := f.prices[key]
	return price, asked
}

// learn gives how many are known now.
func (f *Fleet) learn(key quoted, price renewal.Amount) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prices[key] = price
	return len(f.prices)
}
