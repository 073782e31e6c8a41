package renewal

// A Step is which token a payment asks with.
type Step int

// The steps, in their order. A payment takes each at most once.
const (
	This  Step = iota // the token of the generation that the instance shows
	Again             // the same once more, after a definite refusal: whoever paid with it meanwhile, that costs nothing
	Next              // that of the generation that this run has raised; what is answered to it is final for the run
)

// String names the step as docs/money.md does.
func (s Step) String() string { return [...]string{"this", "again", "next"}[s] }

// An Answer is what the money call can answer, as far as it matters.
type Answer int

// The answers.
const (
	Accepted     Answer = iota // with the id of an order
	InDoubt                    // it may have been carried out
	Mismatched                 // somebody asked with this token and other terms
	NotNow                     // it was not carried out, for a passing cause outside: throttling, no connection
	MayHeal                    // a definite refusal that may pass by itself: want of money, stock, state, an unpaid order
	TermsRefused               // a definite refusal that other terms may heal: a period that is not offered
	Refused                    // a definite refusal, and that is that
)

// String names the answer as docs/money.md does.
func (a Answer) String() string {
	return [...]string{"accepted", "in doubt", "mismatch", "not now", "may heal", "terms refused", "refused"}[a]
}

// AnswerOf gives what an answer to the money call means for the payment: err is
// what came of the call, nil for an order.
func AnswerOf(err error) Answer {
	if err == nil {
		return Accepted
	}
	e := Classify(err)
	switch {
	case e.Mismatch:
		return Mismatched
	case e.Class == Ambiguous:
		return InDoubt
	case e.Class == Retryable:
		return NotNow
	case e.Heals:
		return MayHeal
	case e.OtherTerms:
		return TermsRefused
	}
	return Refused
}

// A Move is what follows on an answer.
type Move int

// The moves.
const (
	Verify         Move = iota // it is accepted: read until the new expiry shows
	Watch                      // it may be paid, and nothing more is sent: read until the new expiry shows
	SendAgain                  // the same token, after a new look
	ComeAgain                  // the same token as the step Again, when the instance was watched for a while
	NextGeneration             // give the token up for good: write it on the instance, and ask with the next
	Stop                       // it is refused, and nothing of this run follows
)

// String names the move as docs/money.md does.
func (m Move) String() string {
	return [...]string{"verify", "watch", "send again", "come again", "next generation", "stop"}[m]
}

// Repeats is how often a token is sent again after answers in doubt.
const Repeats = 3

// A Payment is how far the asking for one renewal has come in one run.
//
// It is a table: After is all that is ever decided on an answer, and everything
// else about paying (when, at which pace, under which look) only takes time.
type Payment struct {
	Step   Step
	Doubts int  // answers in doubt so far
	Once   bool // what a repeated token does is not known to be harmless: nothing is sent twice that may have happened
}

// After gives what follows on an answer, and how far the payment has come then.
//
// Doubt is for good: once an answer has left it open whether something was paid,
// no refusal ends the watching, and no other token follows in this run.
func (p Payment) After(a Answer) (Payment, Move) {
	switch {
	case a == Accepted:
		return p, Verify
	case a == Mismatched:
		return p, Watch
	case a == NotNow:
		return p, SendAgain
	case a == InDoubt:
		p.Doubts++
		return p, either(p.Doubts > Repeats || p.Once, Watch, SendAgain)
	case p.Doubts > 0:
		return p, Watch
	case a == Refused || p.Once || p.Step == Next:
		return p, Stop
	case p.Step == This:
		p.Step = Again
		return p, ComeAgain
	}
	p.Step = Next
	return p, NextGeneration
}
