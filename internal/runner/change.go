package runner

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// change sets the renewal state of the items of one scope: in batches of one
// target, nearest expiry first. It costs nothing and repeating it is harmless,
// so what is not clear is asked for again and then read back.
func (r *run) change(c contexts, s *scope, items []*item) {
	targets := map[renewal.AutoState][]*item{}
	for _, it := range items {
		target := it.decision.Target()
		targets[target] = append(targets[target], it)
	}
	group := errgroup.Group{}
	for target, list := range targets {
		group.Go(func() error {
			var asked []*item
			for batch := range slices.Chunk(list, statesSize) {
				asked = append(asked, r.changeBatch(c, s, target, batch, 1)...)
			}
			r.readBackStates(c.reads, s, target, asked)
			return nil
		})
	}
	_ = group.Wait()
}

// changeBatch looks again and asks for up to 50 items at once. It gives those
// whose state is to be read back; the others are settled.
func (r *run) changeBatch(c contexts, s *scope, target renewal.AutoState, batch []*item, tries int) []*item {
	batch = slices.DeleteFunc(slices.Clone(batch), func(it *item) bool {
		if closed := s.free.pass(c.reads); closed != nil {
			it.finish(renewal.NotTried, "no further change in this account: "+closed.Error())
			return true
		}
		return !r.mayStart(c.interrupt, it)
	})
	if len(batch) == 0 {
		return nil
	}
	if err := r.lookAgain(c.reads, s, batch); err != nil {
		for _, it := range batch {
			if c.reads.Err() != nil {
				it.finish(renewal.NotTried, "the time was up before its turn")
				continue
			}
			it.finish(renewal.OutcomeFailed, "it could not be read again before the change, so nothing was changed: "+errText(err))
		}
		return nil
	}
	batch = slices.DeleteFunc(batch, r.movedOn)
	if len(batch) == 0 {
		return nil
	}
	return r.ask(c, s, target, batch, tries)
}

// ask makes the change for a batch, and one by one where the batch is refused:
// one id can spoil it for all. Every call relies on a look that is not too old.
func (r *run) ask(c contexts, s *scope, target renewal.AutoState, batch []*item, tries int) []*item {
	ids := make([]string, len(batch))
	for i, it := range batch {
		ids[i] = it.decision.Instance.ID
	}
	// No repetition after the look has grown old: the owner may have spoken.
	ctx, cancel := context.WithTimeout(c.reads, lookLimit-r.Now().Sub(batch[0].lookedAt))
	defer cancel()
	var doubt *renewal.CallError
	err := do(ctx, func() error {
		err := s.cloud.SetState(ctx, s.region, ids, target)
		if e := renewal.Classify(err); err != nil && e.Class == renewal.Ambiguous {
			doubt = e
		}
		return err
	})
	e := renewal.Classify(err)
	switch {
	case err == nil:
		for _, it := range batch {
			it.payment.accepted = true
		}
		return batch
	case e.Class == renewal.Terminal && len(batch) > 1:
		return r.askOneByOne(c, s, target, batch)
	case doubt != nil: // whatever was said last, an earlier try may have done it
		for _, it := range batch {
			it.payment.maybeDone = doubt
		}
		return batch
	case ctx.Err() != nil && tries < lookTries:
		return r.changeBatch(c, s, target, batch, tries+1)
	case ctx.Err() != nil:
		for _, it := range batch {
			it.finish(renewal.NotTried, "the API was too busy")
		}
		return nil
	case e.Class == renewal.Halt:
		s.free.resume(e)
	}
	for _, it := range batch {
		it.finish(renewal.OutcomeFailed, e.Error())
	}
	return nil
}

// askOneByOne asks for each item of a refused batch, under a look of its own
// where the batch's has grown old.
func (r *run) askOneByOne(c contexts, s *scope, target renewal.AutoState, batch []*item) (asked []*item) {
	for _, it := range batch {
		one := []*item{it}
		if r.Now().Sub(it.lookedAt) > lookAge/2 {
			asked = append(asked, r.changeBatch(c, s, target, one, 1)...)
		} else if r.mayStart(c.interrupt, it) {
			asked = append(asked, r.ask(c, s, target, one, 1)...)
		}
	}
	return asked
}

// readBackStates reads until every item has the target's state, or the time for
// verification is over.
func (r *run) readBackStates(ctx context.Context, s *scope, target renewal.AutoState, items []*item) {
	w := watch{limit: r.Now().Add(r.job.Verify)}
	for len(items) > 0 {
		ids := make([]string, len(items))
		for i, it := range items {
			ids[i] = it.decision.Instance.ID
		}
		states, err := s.states(ctx, r.job.Concurrency, ids)
		if err != nil {
			r.Log.Warn("not read back", "region", s.region, "instances", len(ids), "error", errText(err))
		}
		items = slices.DeleteFunc(items, func(it *item) bool {
			if states[it.decision.Instance.ID] != target {
				return false
			}
			it.finish(achieved[target.Mode], "")
			return true
		})
		now := r.Now()
		if over := !now.Before(w.limit); over || len(items) == 0 {
			break
		}
		w.schedule(now)
		if !r.waitUntil(ctx, w.next) {
			break
		}
	}
	for _, it := range items {
		if p := it.payment; p.accepted {
			it.finish(renewal.Unverified, "accepted, and not, or not as asked, visible when read back; a setting can take until the next day")
		} else {
			it.finish(renewal.OutcomeUnknown, p.maybeDone.Error())
		}
	}
}

var achieved = map[renewal.Mode]renewal.Outcome{
	renewal.Auto: renewal.AutoRenewOn, renewal.Manual: renewal.AutoRenewIsOff, renewal.Lapse: renewal.LapseSet,
}

// waitUntil waits until a moment; false when ctx ends before it.
func (r *run) waitUntil(ctx context.Context, at time.Time) bool {
	return sleep(ctx, at.Sub(r.Now()))
}
