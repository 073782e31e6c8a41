package explore

import (
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	most        = 4        // runs
	generations = most + 1 // every run raises it once at most
)

// What the real program makes of a generation: as which one it reads the tag that
// it wrote for it, and which token it asks with, told by the first generation that
// has the same.
var readAs, tokenOf = func() (read, token [generations]uint8) {
	in := renewal.Instance{ID: "i-a", Account: "1", Region: "cn-hangzhou", Expires: time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)}
	var tokens []string
	for n := range generations {
		shown := in
		if n > 0 {
			shown.Refused = renewal.RefusedValue(in, n)
		}
		as, err := shown.Generation()
		if err != nil {
			panic(err)
		}
		tokens = append(tokens, renewal.Token(in, n))
		read[n], token[n] = uint8(as), uint8(slices.Index(tokens, tokens[n]))
	}
	return read, token
}()

// A class of clouds, and of those who share one. The zero class is the narrowest:
// everything in time, refusals kept for ever, nobody else about.
type class struct {
	forgetsRefusals bool // what a token was refused is not kept, or only for a time
	refusesPaid     bool // what is paid is refused without a look at its token, not only in the ten seconds after it
	forgetsPayments bool // what a token paid is forgotten before the new expiry shows
	lateExpiry      bool // the old expiry can be read for longer than the wait
	lateTag         bool // so can the tag that was overwritten
	lateCalls       bool // a call is carried out later than the wait
	losesTag        bool // somebody takes the tag away
	others          bool // somebody pays without our tokens

	runs       int  // 0 = three
	otherTerms bool // the last run asks with other terms than the rest
}

// A pending is something under way: whether it is, and the runs before whose waits'
// ends it will be over, a bit for each.
type pending uint8

const open pending = 1 << most

func (p pending) waits() pending { return p &^ open }

// begins marks p, if it is under way and bounded, as over before run i's wait is.
func (p *pending) begins(i int, bounded bool) {
	if *p&open != 0 && bounded {
		*p |= 1 << i
	}
}

// ends ends p with the wait of run i, if it was under way when that began.
func (p *pending) ends(i int) (ended bool) {
	if *p&(1<<i) == 0 {
		return false
	}
	*p = 0
	return true
}

// A place is where a run stands between two of its events.
type place uint8

const (
	idle    place = iota // not begun
	listed               // its list has shown a generation: it waits before that is used
	looking              // it will look, and ask under that look
	asking               // it was sent, and is not answered
	writing              // it writes the tag
	raised               // the tag was read back: it waits before its generation is used
	over                 // nothing of it follows but what is under way
)

// A run is how far one has come.
type run struct {
	at    place
	n     uint8 // the generation in hand
	step  renewal.Step
	doubt bool    // an answer was in doubt
	heals bool    // the refusal may pass by itself
	call  pending // what it sent, even when it does not wait for the answer any more
	callN uint8   // the generation of its token
	write pending // its tag, with n
}

// stop ends a run; what it sent stays under way.
func (r *run) stop() {
	*r = run{at: over, n: r.n, call: r.call, callN: r.callN, write: r.write}
	if r.write == 0 {
		r.n = 0
	}
	if r.call == 0 {
		r.callN = 0
	}
}

// written: the tag of the run is carried out, or will never be.
func (r *run) written() {
	if r.write = 0; r.at == over {
		r.n = 0
	}
}

// A record is what the cloud knows of a token, and with which terms it was used.
type record struct {
	fate  fate
	terms bool
}

type fate uint8

const (
	unknown fate = iota
	paid
	refused
)

// A world is one state of everything.
type world struct {
	tag      uint8                // the generation on the instance
	stale    [generations]pending // those that a look may still show, though they were overwritten
	tokens   [generations]record
	charges  uint8
	hidden   pending // after a charge: a look may still show the old expiry
	busy     pending // just after a charge: the cloud may refuse without looking at tokens
	tagTaken bool
	runs     [most]run
}

// waitBegins: what is under way is over before run i's wait is.
func (w *world) waitBegins(c *class, i int) {
	for n := range w.stale {
		w.stale[n].begins(i, !c.lateTag)
	}
	for j := range w.runs {
		w.runs[j].call.begins(i, !c.lateCalls)
		w.runs[j].write.begins(i, !c.lateCalls)
	}
	w.hidden.begins(i, !c.lateExpiry)
	w.busy.begins(i, !c.refusesPaid)
}

// waitEnds: what was under way when run i's wait began is over.
func (w *world) waitEnds(i int) {
	for n := range w.stale {
		w.stale[n].ends(i)
	}
	for j := range w.runs {
		r := &w.runs[j]
		if r.call.ends(i) && r.at != asking {
			r.callN = 0
		}
		if r.write.ends(i) {
			if r.written(); r.at == writing {
				r.stop()
			}
		}
	}
	w.hidden.ends(i)
	w.busy.ends(i)
}

// shows says whether a look may show generation n, and before whose waits' ends
// it stops to.
func (w *world) shows(n uint8) (waits pending, can bool) {
	if w.tag == n {
		return 0, true
	}
	return w.stale[n].waits(), w.stale[n]&open != 0
}

// write carries out the writing of a tag.
func (w *world) write(n uint8) {
	if w.tag == n {
		return
	}
	w.stale[w.tag], w.stale[n] = open, 0
	w.tag = n
}

// settled says that no look shows the old expiry any more, and no call is under way.
func (w *world) settled() bool {
	if w.charges == 0 || w.hidden != 0 {
		return false
	}
	for i := range w.runs {
		if w.runs[i].call&open != 0 {
			return false
		}
	}
	return true
}

// carryOut gives all that the cloud can make of the call of run i.
func (w *world) carryOut(c *class, i int, do func(renewal.Answer, *world)) {
	n, terms := w.runs[i].callN, c.otherTerms && i == c.count()-1
	answer := func(a renewal.Answer, change func(*world)) {
		next := *w
		if next.runs[i].call = 0; next.runs[i].at != asking {
			next.runs[i].callN = 0
		}
		if change != nil {
			change(&next)
		}
		do(a, &next)
	}
	refuse := func(change func(*world)) {
		answer(renewal.MayHeal, change)
		answer(renewal.TermsRefused, change)
	}
	known := w.tokens[n]
	switch {
	case known.fate == unknown:
	case known.terms != terms:
		answer(renewal.Mismatched, nil)
	case known.fate == paid:
		answer(renewal.Accepted, nil) // with the order that is there
	}
	if known.fate == unknown || known.fate == paid && c.forgetsPayments {
		waits := w.runs[i].call.waits()
		answer(renewal.Accepted, func(next *world) {
			next.charge(c, waits)
			next.tokens[n] = record{paid, terms}
		})
	}
	switch {
	case known.fate == refused, known.fate == unknown && c.forgetsRefusals, known.fate == paid && c.refusesPaid:
		refuse(nil)
	case known.fate == unknown:
		refuse(func(next *world) { next.tokens[n] = record{refused, terms} })
		fallthrough
	default:
		if w.busy&open != 0 {
			answer(renewal.MayHeal, nil)
		}
	}
}

// charge: somebody pays, by a call that will be over before the given waits are.
func (w *world) charge(c *class, waits pending) {
	w.charges++
	w.hidden, w.busy = open, open
	if !c.lateExpiry {
		w.hidden |= waits
	}
}

func (c *class) count() int {
	if c.runs == 0 {
		return 3
	}
	return c.runs
}
