package runner

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A payment is how far the changing calls for one instance have come: its renewal,
// or, in maybeDone and accepted, the switching of its auto-renewal.
type payment struct {
	token     string             // sent with every call until the second step
	second    bool               // this is the second step: the first token is asked with once more
	ofTheDay  bool               // token is that of the day
	refusedAt time.Time          // when the first step was refused; zero = it was not
	refusal   *renewal.CallError // of the first step
	throttled *renewal.CallError // the last answer, if the API was too busy
	probing   bool               // it holds the gate of its account paused
	maybeDone *renewal.CallError // an answer after which it may be done; nil = none
	accepted  bool               // the API has accepted it
	watched   watch              // how its new expiry is waited for
}

const (
	repeats      = 3                // of a call that may have happened, with the same token
	firstRepeat  = time.Second      // doubling
	watchRefused = 10 * time.Second // how long an instance is watched before the second step: another run may have paid for it just now
	patience     = 10 * time.Minute // of being throttled, where there is no deadline
)

// pay renews the items of one scope, nearest expiry first and several at a
// time. What was accepted is verified beside it and does not hold up the next.
func (r *run) pay(c contexts, s *scope, items []*item) {
	if len(items) == 0 {
		return
	}
	s.look.queue = items
	queue := newLine(items)
	verifier := newVerifier(r, s)
	var verifying, workers sync.WaitGroup
	verifying.Go(func() { r.safely("verify", func() { verifier.watchUntilSettled(c.reads) }) })
	for range min(r.job.Concurrency, len(items)) {
		workers.Go(func() {
			for it := queue.take(); it != nil; it = queue.take() {
				again := r.payOne(c, it, verifier)
				queue.done(it, again)
			}
		})
	}
	workers.Wait()
	verifier.noMore()
	verifying.Wait()
}

// payOne takes one item as far as it comes: to a result, to the verifier, or,
// when it says so, to the end of the line for its second step. Who holds the
// account's gate takes that step at once, since everybody waits for it.
func (r *run) payOne(c contexts, it *item, v *verifier) (again bool) {
	defer func() {
		if recovered := recover(); recovered != nil {
			// A fault of ours: what is known of the money is all that counts.
			it.finish(renewal.OutcomeUnknown, "the program failed while paying; look at the instance and its orders")
			it.scope.gate.resume(fmt.Errorf("the program failed while paying for %s", it.decision.Instance.ID))
			r.Log.Error("panic", "id", it.decision.Instance.ID, "where", "pay")
			again = false
		}
	}()
	for {
		again = r.attempt(c, it, v)
		if !again || !it.payment.probing {
			return again
		}
	}
}

// attempt asks with one token until the answer is final for that token, or
// time is up.
func (r *run) attempt(c contexts, it *item, v *verifier) (again bool) {
	p := &it.payment
	if p.refusedAt.IsZero() {
		p.token = renewal.Token(it.decision.Instance)
	} else if !r.secondStep(c, it) {
		return false
	}
	begun := r.Now()
	for tries := 0; ; {
		if !p.ofTheDay && !r.ready(c, it) {
			return r.leave(it, v)
		}
		order, err := r.renew(c, it)
		if err == nil {
			r.endProbe(it, nil)
			it.result.OrderID = order
			p.accepted = true
			v.add(it)
			return false
		}
		e, answered := renewal.Classify(err), r.Now()
		r.Log.Debug("refused", "id", it.decision.Instance.ID, "class", e.Class.String(), "code", e.Code, "apiRequestId", e.RequestID)
		switch {
		case e.Mismatch:
			// Somebody asked with other terms: what came of it can only be read.
			p.maybeDone = e
			return r.leave(it, v)
		case e.Class == renewal.Ambiguous:
			p.maybeDone = e
			if e.Busy {
				it.scope.pace.Throttled(e.After)
			}
			if tries++; p.ofTheDay || tries > repeats || !sleep(c.reads, firstRepeat<<(tries-1)) {
				return r.leave(it, v)
			}
		case e.Class == renewal.Retryable:
			p.throttled = e
			if p.ofTheDay { // it was not carried out: the first token goes before it again
				p.token, p.ofTheDay = renewal.Token(it.decision.Instance), false
			}
			if e.Busy {
				it.scope.pace.Throttled(e.After)
			} else { // no connection, no credentials yet, or too late to be sent
				_ = sleep(c.reads, firstRepeat+rand.N(firstRepeat))
			}
			it.finish(renewal.NotTried, "") // as long as nothing better comes
			if r.time.deadline.IsZero() && r.Now().Sub(begun) > patience {
				it.finish(renewal.NotTried, "given up")
				return r.leave(it, v)
			}
		case r.mayUseTokenOfTheDay(c, it, e, answered):
			p.token, p.ofTheDay = renewal.TokenOfTheDay(it.decision.Instance, answered), true
		default:
			return r.refused(it, v, e)
		}
	}
}

// ready takes an item to just before a money call: the account's gate, a place
// in the pace, a fresh look, and time enough. If it says no, the item is
// settled, unless it may be paid already.
func (r *run) ready(c contexts, it *item) bool {
	p := &it.payment
	if !r.passGate(c, it) || !r.mayStart(c.interrupt, it) {
		return false
	}
	if err := it.scope.pace.Wait(c.reads); err != nil {
		it.finish(renewal.NotTried, "the time was up before its turn")
		return false
	}
	if !r.passGate(c, it) { // others may have closed it meanwhile
		return false
	}
	since := p.refusedAt // before it, a look says nothing about what came after
	if p.maybeDone != nil {
		since = r.Now()
	}
	if err := r.fresh(c.reads, it, since); err != nil {
		notLooked(c.reads, it, "paying, so it was not paid", err)
		return false
	}
	return !r.movedOn(it) && r.mayStart(c.interrupt, it)
}

// passGate waits while the account's gate is paused by another item; if the
// gate is closed it settles the item.
func (r *run) passGate(c contexts, it *item) bool {
	if it.payment.probing {
		return true
	}
	closed := it.scope.gate.pass(c.interrupt)
	if closed == nil {
		return true
	}
	if refusal := it.payment.refusal; refusal != nil {
		it.finish(renewal.OutcomeFailed, refusal.Error())
	} else {
		it.finish(renewal.NotTried, "no further payment in this account: "+closed.Error())
	}
	return false
}

// mayUseTokenOfTheDay says whether e is the refusal of the first token a second
// time, and just now: then nobody has paid with it, and if the refusal is only
// the memory of an older one, the token of the day gets past it. It follows at
// once, under the look that was just taken, so that nothing can come between.
func (r *run) mayUseTokenOfTheDay(c contexts, it *item, e *renewal.CallError, now time.Time) bool {
	p := &it.payment
	return p.second && !p.ofTheDay && p.maybeDone == nil && e.Heals &&
		renewal.TokenOfTheDayAllowed(now) && now.Sub(it.lookedAt) <= lookAge &&
		(p.probing || !it.scope.gate.isClosed()) && c.interrupt.Err() == nil && r.time.mayStart(now)
}

// renew is the money call. Until its answer is known, the item counts as
// unknown, so that whatever happens here it is never taken for unpaid.
func (r *run) renew(c contexts, it *item) (string, error) {
	in := it.decision.Instance
	it.finish(renewal.OutcomeUnknown, "no answer yet")
	order, err := it.scope.cloud.Renew(c.money, it.scope.region, in.ID, it.decision.Term, it.payment.token, r.time.call)
	if e := renewal.Classify(err); err == nil || e.Status != 0 && e.Class != renewal.Retryable && !e.Busy {
		it.scope.pace.OK() // a refusal that is not about the pace counts, too
	}
	return order, err
}

// leave ends the work on an item. If it may be paid, only a read can tell.
func (r *run) leave(it *item, v *verifier) (again bool) {
	p := &it.payment
	switch {
	case p.maybeDone != nil:
		r.endProbe(it, p.maybeDone)
		v.add(it)
	case it.result.Outcome == renewal.Stale:
		r.endProbe(it, nil)
	default:
		r.endProbe(it, p.refusal)
	}
	for _, last := range []*renewal.CallError{p.throttled, p.refusal} {
		if p.maybeDone == nil && last != nil && it.result.Outcome == renewal.NotTried {
			it.result.Error += "; an answer was " + last.Error()
		}
	}
	return false
}

// refused settles a definite refusal. Where it may pass, or be the replay of an
// older one, the item comes again for its second step.
func (r *run) refused(it *item, v *verifier, e *renewal.CallError) (again bool) {
	p := &it.payment
	if p.maybeDone != nil {
		// An earlier call may have paid, and no refusal proves that it did not.
		if e.Class == renewal.Halt {
			it.scope.gate.resume(e)
		}
		return r.leave(it, v)
	}
	first := !p.second
	it.finish(renewal.OutcomeFailed, e.Error())
	if first {
		p.refusal = e
	}
	if e.Class == renewal.Halt && (!e.Heals || !first) {
		it.scope.gate.resume(e)
		p.probing = false
		return false
	}
	r.endProbe(it, nil)
	if !first || !e.Heals {
		return false
	}
	p.refusedAt = r.Now()
	if e.Class == renewal.Halt {
		p.probing = it.scope.gate.pause()
	}
	return true
}

// endProbe ends the pause of the account's gate, if it is this item's: the
// account can pay, or, with an error, nobody knows that it can.
func (r *run) endProbe(it *item, e *renewal.CallError) {
	if !it.payment.probing {
		return
	}
	it.payment.probing = false
	if e == nil {
		it.scope.gate.resume(nil) // not e: a nil pointer in an interface is not nil
		return
	}
	it.scope.gate.resume(e)
}

// secondStep prepares asking once more. Before it, the instance is watched for
// a while: another run may have paid for it, its new expiry on its way. Then the
// first token is asked with again, which is harmless whoever has paid with it
// meanwhile, and only after another refusal the token of the day. If it says no,
// the first refusal stands.
func (r *run) secondStep(c contexts, it *item) bool {
	p := &it.payment
	watched := p.refusedAt.Add(min(watchRefused, r.job.Verify))
	if !r.time.mayStart(watched) || !r.waitUntil(c.interrupt, watched) {
		r.endProbe(it, p.refusal)
		return false
	}
	if !r.passGate(c, it) {
		return false
	}
	p.second = true
	p.refusedAt = watched
	return true
}
