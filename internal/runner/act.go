package runner

import (
	"context"
	"slices"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// contexts are what the parts of acting end by.
type contexts struct {
	interrupt context.Context // of the invocation: nothing new starts after it
	reads     context.Context // ends when the report must be written
	money     context.Context // never ends: a money call is bounded by its own time alone, and not cut short
}

// act carries the plan out: the payments of all scopes in line and, beside them,
// in every scope the changes that cost nothing. What gives its place in the caps
// back lets others in.
func (r *run) act(interrupt, reads context.Context) {
	c := contexts{interrupt: interrupt, reads: reads, money: context.WithoutCancel(interrupt)}
	r.line = newLine(r.Now, r.job.Concurrency)
	var beside sync.WaitGroup
	r.switching = func(s *scope, items []*item) {
		r.line.keepOpen()
		beside.Go(func() {
			defer r.line.letGo()
			r.safely("switch", func() { r.switchAll(c, s, items) })
		})
	}
	var verifying sync.WaitGroup
	for _, s := range r.inUse() {
		s.verifier = newVerifier(r, s)
		verifying.Go(func() { r.safely("verify", func() { s.verifier.watchUntilSettled(reads) }) })
	}
	payments, changes := r.wanted()
	for _, it := range payments {
		it.scope.look.queue = append(it.scope.look.queue, it)
		r.queuePayment(it)
	}
	for s, items := range changes {
		r.switching(s, items)
	}
	r.pay(c)
	beside.Wait()
	for _, s := range r.inUse() {
		s.verifier.noMore()
	}
	verifying.Wait()
	r.warnOfActing()
}

// warnOfActing warns of what acting has shown about the whole run.
func (r *run) warnOfActing() {
	if r.dearer != nil {
		r.warn(lang.Say("%v; nothing else without a quote was paid for after it", "%v；此后没有再为不提供询价的产品付款", r.dearer))
	}
	if r.broken.Load() {
		r.warn(lang.Say("the program failed in a part of this run: what it calls unknown has to be looked at; the log says panic",
			"程序在本次运行中出错：结果为未知的实例需人工核对；日志中有 panic 记录"))
	}
}

// inUse gives the scopes that have something in the plan: of thousands, most have
// nothing.
func (r *run) inUse() []*scope {
	used := map[*scope]bool{}
	for _, it := range r.items {
		used[it.scope] = true
	}
	return slices.DeleteFunc(slices.Clone(r.scopes), func(s *scope) bool { return !used[s] })
}

// wanted gives what is to be carried out: payments in order, and changes by
// scope.
func (r *run) wanted() (payments []*item, changes map[*scope][]*item) {
	changes = map[*scope][]*item{}
	for _, it := range r.items {
		switch {
		case !it.decision.Wanted():
		case it.decision.Pays():
			payments = append(payments, it)
		default:
			changes[it.scope] = append(changes[it.scope], it)
		}
	}
	return payments, changes
}

// giveBack lets others have the place in the caps of an item that has ended, if
// nothing came of it, nor may have.
func (r *run) giveBack(it *item) {
	switch it.result.Outcome {
	case renewal.OutcomeFailed, renewal.Stale, renewal.NotTried:
	default:
		return
	}
	r.planned.Lock()
	in := r.plan.GiveBack(it.index, r.stillWanted)
	r.planned.Unlock()
	r.letIn(in)
}

// stillWanted says whether what d decides could still be carried out.
func (r *run) stillWanted(d renewal.Decision) bool { return r.stillOpen(r.scopes[d.Instance.Scope], d) }

// letIn lets in what a place was given to.
func (r *run) letIn(in []int) {
	for _, i := range in {
		next := r.items[i]
		next.result = renewal.Result{}
		if !next.decision.Pays() {
			r.switching(next.scope, []*item{next})
			continue
		}
		r.queuePayment(next)
	}
}

// stillOpen says whether something like d could still be carried out.
func (r *run) stillOpen(s *scope, d renewal.Decision) bool {
	if d.Action != renewal.Renew {
		return s.changes.isShut() == nil
	}
	return s.payments.isShut() == nil && s.denials.door.isShut() == nil && s.funds.tooDear(d.Price) == nil && r.time.mayStart(r.Now())
}

// safely does a part of acting. A fault of ours in it must not take the report
// of what was paid with it; what had not ended counts as unknown where a call
// was made.
func (r *run) safely(where string, part func()) {
	defer func() {
		if recover() == nil {
			return
		}
		r.Log.Error("panic", "where", where)
		r.broken.Store(true)
	}()
	part()
}

// perScope does something for the items of every scope that has some, all
// scopes at once; items keep their order.
func (r *run) perScope(which func(*item) bool, do func(*scope, []*item)) {
	items := map[*scope][]*item{}
	for _, it := range r.items {
		if which(it) {
			items[it.scope] = append(items[it.scope], it)
		}
	}
	var all sync.WaitGroup
	for s, list := range items {
		all.Go(func() { do(s, list) })
	}
	all.Wait()
}

var timeUp = lang.Say("the time was up before its turn", "本次运行时间不足")

// mayStart says why no other changing call may start; nil = one may.
func (r *run) mayStart(ctx context.Context) *ending {
	switch {
	case ctx.Err() != nil:
		return &ending{outcome: renewal.NotTried, why: lang.Say("the run was interrupted", "运行被中断")}
	case !r.time.mayStart(r.Now()):
		return &ending{outcome: renewal.NotTried, why: lang.Say("the time left is too short for another call", "剩余时间不足")}
	}
	return nil
}
