package runner

import (
	"context"
	"slices"
	"sync"

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
	var all sync.WaitGroup
	for target, list := range targets {
		all.Go(func() {
			r.safely("change", func() {
				var asked []*item
				for batch := range slices.Chunk(list, statesSize) {
					asked = append(asked, r.changeBatch(c, s, target, batch, 1)...)
				}
				r.readBackStates(c.reads, s, target, asked)
			})
		})
	}
	all.Wait()
}

// changeBatch looks again and asks for up to 50 items at once. It gives those
// whose state is to be read back, which are also all that an earlier call may
// have changed; the others are settled.
func (r *run) changeBatch(c contexts, s *scope, target renewal.AutoState, batch []*item, tries int) []*item {
	ready := slices.DeleteFunc(slices.Clone(batch), func(it *item) bool { return !r.mayChange(c, it) })
	if len(ready) == 0 {
		return inDoubt(batch)
	}
	if err := r.lookAgain(c.reads, s, ready); err != nil {
		for _, it := range ready {
			notLooked(c.reads, it, "the change, so nothing was changed", err)
		}
		return inDoubt(batch)
	}
	ready = slices.DeleteFunc(ready, r.movedOn)
	asked := inDoubt(slices.DeleteFunc(slices.Clone(batch), func(it *item) bool { return slices.Contains(ready, it) }))
	if len(ready) == 0 {
		return asked
	}
	return append(asked, r.ask(c, s, target, ready, tries)...)
}

// mayChange says whether a change may still be asked for; if not, it settles
// the item.
func (r *run) mayChange(c contexts, it *item) bool {
	if closed := it.scope.free.pass(c.reads); closed != nil {
		it.finish(renewal.NotTried, "no further change in this account: "+closed.Error())
		return false
	}
	return r.mayStart(c.interrupt, it)
}

// inDoubt gives the items that an earlier call may have changed: whatever stands
// against asking again, only a read can tell what they are.
func inDoubt(items []*item) []*item {
	return slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.payment.maybeDone == nil })
}

// ask makes the change for a batch, and one by one where the batch is refused:
// one id can spoil it for all. Every call relies on a look that is not too old.
func (r *run) ask(c contexts, s *scope, target renewal.AutoState, batch []*item, tries int) []*item {
	ids := make([]string, len(batch))
	for i, it := range batch {
		ids[i] = it.decision.Instance.ID
		it.finish(renewal.OutcomeUnknown, "no answer yet") // whatever happens here, it is not taken for unchanged
	}
	// No repetition after the look has grown old: the owner may have spoken.
	ctx, cancel := context.WithTimeout(c.reads, lookAge-r.Now().Sub(batch[0].lookedAt))
	defer cancel()
	err := do(ctx, func() error {
		err := s.cloud.SetState(ctx, s.region, ids, target)
		if e := renewal.Classify(err); err != nil && e.Class == renewal.Ambiguous {
			for _, it := range batch {
				it.payment.maybeDone = e
			}
		}
		return err
	})
	e := renewal.Classify(err)
	settle := func(o renewal.Outcome, why string) []*item {
		for _, it := range batch {
			it.finish(o, why)
		}
		return inDoubt(batch) // whatever was said last, an earlier try may have done it
	}
	switch {
	case err == nil:
		for _, it := range batch {
			it.payment.accepted = true
		}
		return batch
	case e.Class == renewal.Terminal && len(batch) > 1:
		return r.askOneByOne(c, s, target, batch)
	case ctx.Err() != nil && tries < lookTries && len(inDoubt(batch)) == 0:
		return r.changeBatch(c, s, target, batch, tries+1)
	case ctx.Err() != nil:
		return settle(renewal.NotTried, "the API was too busy")
	case e.Class == renewal.Halt:
		s.free.resume(e)
	}
	return settle(renewal.OutcomeFailed, e.Error())
}

// askOneByOne asks for each item of a refused batch, under a look of its own
// where the batch's has grown old.
func (r *run) askOneByOne(c contexts, s *scope, target renewal.AutoState, batch []*item) (asked []*item) {
	for _, it := range batch {
		one := []*item{it}
		switch {
		case r.Now().Sub(it.lookedAt) > lookAge/2:
			asked = append(asked, r.changeBatch(c, s, target, one, 1)...)
		case r.mayChange(c, it):
			asked = append(asked, r.ask(c, s, target, one, 1)...)
		default:
			asked = append(asked, inDoubt(one)...)
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
			if !states[it.decision.Instance.ID].Is(target) {
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
