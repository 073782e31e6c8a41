package runner

import (
	"cmp"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A payment is how far the renewal of one item has come. The table in it decides;
// the rest is what the table does not know: when, and under which look.
type payment struct {
	renewal.Payment
	generation int       // of the token that is asked with; what the list showed, or what this run has raised it to
	raised     bool      // by this run
	notBefore  time.Time // nothing is sent before it, nor under an older look
	aside      bool      // it holds nobody up: what refused it is taken for a memory of the cloud

	refusal   *renewal.CallError // the last definite one
	doubt     *renewal.CallError // the last answer after which it may be paid
	throttled *renewal.CallError // the last answer, if it was not carried out for a cause outside
	accepted  bool
	order     renewal.Order // that was made, as it was read; zero = it was not
	watched   watch         // how its new expiry is waited for
}

const (
	firstRepeat  = time.Second      // before a token is sent again after doubt; doubling
	watchRefused = 10 * time.Second // how long an instance is watched before its token is asked with again: another run may have paid for it just now
	patience     = 10 * time.Minute // of being throttled, where there is no deadline
)

// queuePayment lets an item stand in line. One whose instance shows that tokens
// were given up waits: whoever looked before that tag was there may be paying
// with an older token right now, and the new expiry must have had time to show.
func (r *run) queuePayment(it *item) {
	r.Progress.note(func(p *Standing) { p.Payments++ })
	it.payment.Once = it.scope.traits.Once
	it.payment.generation, _ = it.decision.Instance.Generation() // the decision holds what cannot be read
	if it.payment.generation > 0 {
		it.payment.notBefore = it.scope.listedAt.Add(r.job.Verify)
		if !r.time.mayStart(it.payment.notBefore) {
			it.end(renewal.OutcomeFailed, tooShortToWait) // and its place stays its own: the time is short for everybody
			return
		}
	}
	r.line.add(it)
}

var tooShortToWait = lang.Say("a token of it was refused, and the time left is too short for the wait before the next: give the function more time, or shorten RENEW_VERIFY",
	"此前的幂等 token 已被拒绝，剩余时间不够等到使用下一个 token；请延长函数超时时间，或缩短 RENEW_VERIFY")

// pay starts each payment when it is its turn, until all are settled. What was
// accepted is verified beside it, and holds nobody up.
func (r *run) pay(c contexts) {
	var working sync.WaitGroup
	defer working.Wait()
	interrupted := c.interrupt.Done()
	for {
		it, wait, over := r.line.next()
		switch {
		case over:
			return
		case it != nil:
			working.Go(func() { r.payOne(c, it) })
		default:
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-r.line.changed:
			case <-interrupted:
				r.line.hurry()
				interrupted = nil
			}
			timer.Stop()
		}
	}
}

// payOne takes one item as far as it comes, and passes it on: back to the line,
// to the verifier, or to its end.
func (r *run) payOne(c contexts, it *item) {
	settled := true
	defer func() {
		if recover() != nil {
			// A fault of ours: what is known of the money is all that counts.
			it.end(renewal.OutcomeUnknown, lang.Say("the program failed while paying; look at the instance and its orders", "程序在续费时出错；请核对该实例及其订单"))
			it.scope.payments.shut(lang.Err("the program failed while paying for %s", "程序在为 %s 续费时出错", it.decision.Instance.ID))
			r.Log.Error("panic", "id", it.decision.Instance.ID, "where", "pay")
			r.broken.Store(true)
			settled = true
		}
		if !settled {
			r.line.again(it)
			return
		}
		if !it.payment.accepted && it.payment.doubt == nil {
			r.giveBack(it)
		}
		r.line.settled(it)
	}()
	settled = r.attempt(c, it)
}

// attempt asks with one token until its answer is final for that token, or time
// is up. Unless the item comes again it is settled: it has ended, or is the
// verifier's.
func (r *run) attempt(c contexts, it *item) (settled bool) {
	p := &it.payment
	begun := r.Now()
	for {
		if no := r.ready(c, it); no != nil {
			return r.leave(it, *no)
		}
		err := r.send(c, it)
		if err == nil && it.scope.traits.Once {
			r.readCost(c.reads, it)
		}
		var move renewal.Move
		p.Payment, move = p.After(r.answer(it, err))
		r.heed(it, err, move)
		switch move {
		case renewal.Verify, renewal.Watch:
			it.scope.verifier.add(it)
			return true
		case renewal.SendAgain:
			if no := r.pause(c, it, begun); no != nil {
				return r.leave(it, *no)
			}
		case renewal.ComeAgain:
			return r.comeAgain(it, r.Now().Add(min(watchRefused, r.job.Verify)))
		case renewal.NextGeneration:
			return r.raise(c, it)
		case renewal.Stop:
			it.end(renewal.OutcomeFailed, said(p.refusal))
			return true
		}
	}
}

// answer reads an answer for the table. Want of money that the balance bears out
// is no memory of the cloud, and final.
func (r *run) answer(it *item, err error) renewal.Answer {
	a := renewal.AnswerOf(err)
	if a == renewal.MayHeal && renewal.Classify(err).Money && it.scope.funds.covers(it.decision.Price) == notCovered {
		return renewal.Refused
	}
	return a
}

// send is the money call. From here on, whatever happens, the item counts as
// unknown until its answer is known.
func (r *run) send(c contexts, it *item) error {
	in := it.decision.Instance
	it.asked = true
	r.Progress.sending(in.ID)
	order, err := it.scope.calls.Renew(c.money, it.scope.region, in, it.decision.Term, renewal.Token(in, it.payment.generation), r.time.call)
	r.Progress.answered(in.ID, err == nil)
	if err == nil {
		it.result.OrderID = order
	}
	if e := renewal.Classify(err); err == nil || e.Status != 0 && e.Class != renewal.Retryable && !e.Busy {
		it.scope.pace.OK() // a refusal that is not about the pace counts, too
	}
	return err
}

// heed keeps what an answer says about the item, its account and its region.
func (r *run) heed(it *item, err error, move renewal.Move) {
	p, s := &it.payment, it.scope
	if err == nil {
		p.accepted = true
		s.funds.draw(it.decision.Price)
		s.denials.accepted()
		return
	}
	e := renewal.Classify(err)
	r.Log.Debug("refused", "id", it.decision.Instance.ID, "class", e.Class.String(), "code", e.Code, "apiRequestId", e.RequestID, "move", move.String())
	p.throttled = nil
	switch {
	case e.Mismatch, e.Class == renewal.Ambiguous:
		if p.doubt == nil {
			s.funds.draw(it.decision.Price)
		}
		p.doubt = e
	case e.Class == renewal.Retryable:
		p.throttled = e
	default:
		p.refusal = e
	}
	s.denials.heed(e)
	switch {
	case e.Money:
		r.wantOfMoney(it, move)
	case e.Class == renewal.Halt:
		s.payments.shut(e)
	}
}

// wantOfMoney heeds a refusal for want of money. Where the balance that was
// read covers the price, it is taken for the cloud's memory of an older refusal:
// the item goes aside, and nobody waits for it.
func (r *run) wantOfMoney(it *item, move renewal.Move) {
	funds := &it.scope.funds
	memory := funds.covers(it.decision.Price) == covered && move != renewal.Stop
	switch {
	case move == renewal.Stop:
		funds.refuse(it.decision.Price, it.payment.refusal)
	case memory:
		r.line.stepAside(it)
	default:
		funds.runShort()
	}
}

// pause waits before the same token is sent again; if it must not be, it says why.
func (r *run) pause(c contexts, it *item, begun time.Time) *ending {
	e := cmp.Or(it.payment.throttled, it.payment.doubt)
	if e.Busy {
		it.scope.pace.Throttled(e.After)
	}
	switch {
	case e.Class == renewal.Ambiguous:
		_ = sleep(c.reads, firstRepeat<<(it.payment.Doubts-1)) // when it is over, the time is asked for anyway
	case !e.Busy: // no connection, no credentials yet, or too late to be sent
		_ = sleep(c.reads, firstRepeat+rand.N(firstRepeat))
	}
	if r.time.deadline.IsZero() && r.Now().Sub(begun) > patience {
		return &ending{outcome: renewal.NotTried, why: lang.Say("given up", "已放弃")}
	}
	return nil
}

// comeAgain sends an item back to the line; if the time is too short for that,
// it ends here.
func (r *run) comeAgain(it *item, at time.Time) (settled bool) {
	if !r.time.mayStart(at) {
		return r.leave(it, ending{outcome: renewal.OutcomeFailed, why: said(it.payment.refusal)})
	}
	it.payment.notBefore = at
	return false
}

// ready takes an item to just before a money call: the doors of its account and
// region, a place in the pace, a fresh look, and time enough. If it says no, it
// says what the item ends with unless it may be paid already.
func (r *run) ready(c contexts, it *item) *ending {
	if no := cmp.Or(r.mayPay(it), r.mayStart(c.interrupt)); no != nil {
		return no
	}
	if err := it.scope.pace.Wait(c.reads); err != nil {
		return &ending{outcome: renewal.NotTried, why: timeUp}
	}
	if no := r.mayPay(it); no != nil { // others may have shut it meanwhile
		return no
	}
	if no := r.ordersSay(c.reads, it); no != nil {
		return no
	}
	since := it.payment.notBefore // before it, a look says nothing about what came after
	if it.payment.doubt != nil {
		since = r.Now()
	}
	if err := r.fresh(c.reads, it, since); err != nil {
		return notLooked(c.reads, lang.Say("it could not be read again before paying, so it was not paid", "续费前未能重新读取，因此未续费"), err)
	}
	return cmp.Or(r.movedOn(it), r.mayStart(c.interrupt), r.stillFits(it))
}

// mayPay says what stands before every payment in the account or the region of
// an item; nil = nothing does.
func (r *run) mayPay(it *item) *ending {
	s := it.scope
	if why := s.payments.isShut(); why != nil {
		return &ending{outcome: renewal.NotTried, why: lang.Say("no further payment in this account: %v", "该账号已停止续费：%v", why)}
	}
	if why := s.denials.door.isShut(); why != nil {
		return &ending{outcome: renewal.NotTried, why: lang.Say("no further payment in this region: %v", "该地域已停止续费：%v", why)}
	}
	if why := s.funds.tooDear(it.decision.Price); why != nil && !it.payment.aside {
		return &ending{outcome: renewal.NotTried, why: lang.Say("not tried: %v", "未尝试：%v", why)}
	}
	return nil
}

// leave ends the work on an item that cannot go on. If it may be paid, only a
// read can tell; if it was refused before, that is what it ends with.
func (r *run) leave(it *item, no ending) (settled bool) {
	p := &it.payment
	switch {
	case p.doubt != nil:
		it.scope.verifier.add(it)
	case no.reason != "":
		r.holdLate(it, no)
	case no.outcome == renewal.NotTried && p.refusal != nil:
		it.end(renewal.OutcomeFailed, said(p.refusal))
	case no.outcome == renewal.NotTried && p.throttled != nil:
		it.end(no.outcome, lang.Say("%v; an answer was %v", "%v；接口返回：%v", no.why, error(p.throttled)))
	default:
		it.end(no.outcome, no.why)
	}
	return true
}
