package runner

import (
	"context"
	"slices"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A switching is how far the switching of an item's auto-renewal has come.
type switching struct {
	accepted bool
	doubt    *renewal.CallError // an answer after which it may be done; nil = none
}

// switchAll sets the renewal state of items of one scope: in batches of one
// target, in order. It costs nothing and repeating it is harmless, so what is not
// clear is asked for again and then read back.
func (r *run) switchAll(c contexts, s *scope, items []*item) {
	targets := map[renewal.AutoState][]*item{}
	for _, it := range items {
		target := it.decision.Target()
		targets[target] = append(targets[target], it)
	}
	var all sync.WaitGroup
	for target, list := range targets {
		all.Go(func() {
			r.safely("switch", func() {
				var asked []*item
				for batch := range slices.Chunk(list, s.traits.Switch) {
					asked = append(asked, r.switchBatch(c, s, target, batch, 1)...)
				}
				r.readBackStates(c.reads, s, target, asked)
			})
		})
	}
	all.Wait()
}

// switchBatch looks again and asks for up to 50 items at once. It gives those
// whose state is to be read back, which are also all that an earlier call may
// have changed; the others have ended.
func (r *run) switchBatch(c contexts, s *scope, target renewal.AutoState, batch []*item, tries int) []*item {
	ready := r.without(batch, func(*item) *ending { return r.maySwitch(c, s) })
	if len(ready) == 0 {
		return inDoubt(batch)
	}
	if err := r.lookAgain(c.reads, s, ready); err != nil {
		no := notLooked(c.reads, lang.Say("it could not be read again before the change, so nothing was changed", "变更前未能重新读取，因此未作变更"), err)
		r.without(ready, func(*item) *ending { return no })
		return inDoubt(batch)
	}
	ready = r.without(ready, r.movedOn)
	asked := inDoubt(slices.DeleteFunc(slices.Clone(batch), func(it *item) bool { return slices.Contains(ready, it) }))
	if len(ready) == 0 {
		return asked
	}
	return append(asked, r.askToSwitch(c, s, target, ready, tries)...)
}

// without gives the items before which nothing stands; the others have ended,
// unless an earlier call may have changed them.
func (r *run) without(items []*item, stands func(*item) *ending) (ready []*item) {
	for _, it := range items {
		switch no := stands(it); {
		case no == nil:
			ready = append(ready, it)
		case it.switching.doubt == nil:
			it.end(no.outcome, no.why)
			r.giveBack(it)
		}
	}
	return ready
}

// maySwitch says what stands before every change; nil = nothing does.
func (r *run) maySwitch(c contexts, s *scope) *ending {
	if why := s.changes.isShut(); why != nil {
		return &ending{outcome: renewal.NotTried, why: lang.Say("no further change in this account: %v", "该账号已停止变更：%v", why)}
	}
	return r.mayStart(c.interrupt)
}

// inDoubt gives the items that an earlier call may have changed: whatever stands
// against asking again, only a read can tell what they are.
func inDoubt(items []*item) []*item {
	return slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.switching.doubt == nil })
}

// askToSwitch makes the change for a batch, and one by one where the batch is
// refused: one id can spoil it for all. Every call relies on a look that is not
// too old.
func (r *run) askToSwitch(c contexts, s *scope, target renewal.AutoState, batch []*item, tries int) []*item {
	instances := make([]renewal.Instance, len(batch))
	for i, it := range batch {
		instances[i], it.asked = it.decision.Instance, true
	}
	// No repetition after the look has grown old: the owner may have spoken.
	ctx, cancel := context.WithTimeout(c.reads, lookAge-r.Now().Sub(batch[0].lookedAt))
	defer cancel()
	err := do(ctx, func() error {
		err := s.calls.SetState(ctx, s.region, instances, target)
		if e := renewal.Classify(err); err != nil && e.Class == renewal.Ambiguous {
			for _, it := range batch {
				it.switching.doubt = e
			}
		}
		return err
	})
	e := renewal.Classify(err)
	no := ending{outcome: renewal.OutcomeFailed, why: said(err)}
	switch {
	case err == nil:
		for _, it := range batch {
			it.switching.accepted = true
		}
		return batch
	case e.Class == renewal.Terminal && len(batch) > 1:
		return r.switchOneByOne(c, s, target, batch)
	case ctx.Err() != nil && tries < lookTries && len(inDoubt(batch)) == 0:
		return r.switchBatch(c, s, target, batch, tries+1)
	case ctx.Err() != nil:
		no = ending{outcome: renewal.NotTried, why: lang.Say("the API was too busy", "接口限流")}
	case e.Class == renewal.Halt:
		s.changes.shut(e)
	}
	r.without(batch, func(*item) *ending { return &no })
	return inDoubt(batch) // whatever was said last, an earlier try may have done it
}

// switchOneByOne asks for each item of a refused batch, under a look of its own
// where the batch's has grown old.
func (r *run) switchOneByOne(c contexts, s *scope, target renewal.AutoState, batch []*item) (asked []*item) {
	for _, it := range batch {
		one := []*item{it}
		switch {
		case r.Now().Sub(it.lookedAt) > lookAge/2:
			asked = append(asked, r.switchBatch(c, s, target, one, 1)...)
		case len(r.without(one, func(*item) *ending { return r.maySwitch(c, s) })) > 0:
			asked = append(asked, r.askToSwitch(c, s, target, one, 1)...)
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
			it.end(achieved[target.Mode], lang.Text{})
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
		if it.switching.accepted {
			it.end(renewal.Unverified, lang.Say("accepted, and not, or not as asked, visible when read back; a setting can take until the next day", "请求已受理，但回读时未显示或与请求不符；设置可能次日才生效"))
		} else {
			it.end(renewal.OutcomeUnknown, said(it.switching.doubt))
		}
	}
}

var achieved = map[renewal.Mode]renewal.Outcome{
	renewal.Auto: renewal.AutoRenewOn, renewal.Manual: renewal.AutoRenewIsOff, renewal.Lapse: renewal.LapseSet,
}
