package explore

import "github.com/fc-renewer/fc-renewer/internal/renewal"

// A protocol is how runs behave. The zero protocol is the one that is built; each
// switch plants a fault in it.
type protocol struct {
	noSecondAsk   bool // a token is given up on one refusal
	raisesInDoubt bool // a refusal ends a doubt
	tagAfterCall  bool // the tag is written after the call with the next token
	asksOldAgain  bool // the old token is asked with once more when the tag is written
	noReadBack    bool // that the tag was sent is enough
	oldLookTags   bool // the tag is written however long ago the look before it was
	noWait        bool // a generation is used as soon as it is seen
	keepsLook     bool // a look from before the wait is enough after it
	ignoresOtherN bool // a look that shows another generation changes nothing
	startsAtFirst bool // the token of generation 0 is asked with whatever the tag says
	ownTag        bool // the last run has a tag of its own name
}

// What can happen.
type what uint8

const (
	lists     what = iota // a run lists, sees a generation, and waits
	asks                  // it looks, and sends its call
	answered              // its call is carried out and answered
	notSent               // its call is not carried out, for a passing cause
	inDoubt               // it hears nothing of its call
	carried               // its call is carried out, and nobody hears of it
	writes                // its tag is written and read back; it waits
	writesOff             // its tag is written, and it ends
	readsBack             // it reads its tag back from somebody else's writing; it waits
	lands                 // its tag is written now, when it does not wait for that
	tagTaken              // somebody takes the tag away
	othersPay             // somebody else pays
)

// An event is one thing that happens.
type event struct {
	what   what
	run    int
	answer renewal.Answer
	move   renewal.Move
}

// A walker is told what can happen next, and what the world is then.
type walker func(event, *world)

// next tells all that can happen next.
func (w *world) next(c *class, p *protocol, do walker) {
	if w.settled() {
		return
	}
	for i := range c.count() {
		w.nextOf(c, p, i, do)
	}
	if c.losesTag && !w.tagTaken && w.tag > 0 {
		next := *w
		next.write(0)
		next.tagTaken = true
		do(event{what: tagTaken}, &next)
	}
	if c.others && w.charges == 0 {
		next := *w
		next.charge(c, 0)
		do(event{what: othersPay}, &next)
	}
}

// nextOf tells what can happen next to one run.
func (w *world) nextOf(c *class, p *protocol, i int, do walker) {
	r := &w.runs[i]
	switch r.at {
	case idle:
		alone := i == c.count()-1 && (c.otherTerms || p.ownTag)
		if i == 0 || alone || w.runs[i-1].at != idle {
			w.list(c, p, i, do)
		}
	case listed, raised:
		next := *w
		if next.runs[i].at = looking; !p.noWait {
			next.waitEnds(i)
		}
		next.look(c, p, i, p.keepsLook, do)
	case looking:
		next := *w
		if r.step == renewal.Again {
			next.busy.ends(i) // the ten seconds are over
		}
		next.look(c, p, i, false, do)
	case asking:
		w.hear(c, p, i, do)
	case writing:
		w.writeTag(c, p, i, do)
	}
	if r.at != asking && r.call&open != 0 {
		w.carryOut(c, i, func(a renewal.Answer, next *world) {
			if next.tokens != w.tokens || next.charges != w.charges {
				do(event{what: carried, run: i, answer: a}, next)
			}
		})
	}
	if r.at != writing && r.write&open != 0 {
		next := *w
		next.write(r.n)
		next.runs[i].written()
		do(event{what: lands, run: i}, &next)
	}
}

// list: the instance is due, as far as run i can see.
func (w *world) list(c *class, p *protocol, i int, do walker) {
	next := *w
	next.runs[i].at = looking
	next.look(c, p, i, false, do) // where no generation was seen
	for n := uint8(1); n < generations && !p.startsAtFirst && (w.charges == 0 || w.hidden != 0); n++ {
		if _, can := w.shownTo(c, p, i, n); can {
			next := *w
			next.runs[i].at, next.runs[i].n = listed, readAs[n]
			next.wait(c, p, i)
			do(event{what: lists, run: i}, &next)
		}
	}
}

func (w *world) wait(c *class, p *protocol, i int) {
	if !p.noWait {
		w.waitBegins(c, i)
	}
}

// shownTo is shows for run i.
func (w *world) shownTo(c *class, p *protocol, i int, n uint8) (waits pending, can bool) {
	if p.ownTag && i == c.count()-1 {
		return 0, n == w.runs[i].n
	}
	return w.shows(n)
}

// look: run i reads the instance. Under a look that shows the old expiry and the
// generation in hand it sends its call.
func (w *world) look(c *class, p *protocol, i int, kept bool, do walker) {
	r := &w.runs[i]
	if !kept && w.charges > 0 && w.hidden == 0 {
		return // it shows the new expiry
	}
	for n := range uint8(generations) {
		waits, can := w.shownTo(c, p, i, n)
		shown := readAs[n] == r.n || p.ignoresOtherN || p.startsAtFirst || p.tagAfterCall && r.step == renewal.Next
		if kept {
			waits, can, shown = 0, n == r.n, true
		}
		if !can || !shown {
			continue
		}
		next := *w
		sent := &next.runs[i]
		sent.at, sent.call, sent.callN = asking, open, tokenOf[r.n]
		if !c.lateCalls && !c.lateTag {
			sent.call |= waits
		}
		if p.asksOldAgain && r.heals {
			sent.callN = tokenOf[r.n-1]
		}
		do(event{what: asks, run: i}, &next)
	}
}

// hear: run i gets an answer, or none.
func (w *world) hear(c *class, p *protocol, i int, do walker) {
	r := &w.runs[i]
	lost := *w
	w.follow(c, p, i, renewal.InDoubt, &lost, event{what: inDoubt}, do)
	if r.call&open == 0 {
		return
	}
	w.carryOut(c, i, func(a renewal.Answer, next *world) {
		w.follow(c, p, i, a, next, event{what: answered}, do)
	})
	unsent := *w
	unsent.runs[i].call, unsent.runs[i].callN = 0, 0
	w.follow(c, p, i, renewal.NotNow, &unsent, event{what: notSent}, do)
}

// follow: what run i does on an answer, in the world that is next then.
func (w *world) follow(c *class, p *protocol, i int, a renewal.Answer, next *world, e event, do walker) {
	r := &next.runs[i]
	payment := renewal.Payment{Step: r.step}
	if r.doubt && !p.raisesInDoubt {
		payment.Doubts = 1
	}
	after, move := payment.After(a)
	if move == renewal.ComeAgain && p.noSecondAsk {
		after, move = after.After(a)
	}
	r.step, r.doubt = after.Step, r.doubt || after.Doubts > 0
	if r.call == 0 {
		r.callN = 0
	}
	switch move {
	case renewal.SendAgain:
		r.at = looking
	case renewal.ComeAgain:
		r.at = looking
		next.busy.begins(i, !c.refusesPaid)
	case renewal.NextGeneration:
		next.giveUp(c, p, i, a, w.runs[i].call.waits())
	default:
		if r.stop(); next.tokens == w.tokens && next.charges == w.charges {
			return // nothing came of it: the run may as well be left alone
		}
	}
	e.run, e.answer, e.move = i, a, move
	do(e, next)
}

// giveUp: run i gives its token up on answer a to a call under a look that is
// over before the given waits end, and with it what follows from it.
func (w *world) giveUp(c *class, p *protocol, i int, a renewal.Answer, waits pending) {
	r := &w.runs[i]
	if p.asksOldAgain && r.heals { // and that for the second time
		r.at, r.heals = raised, false
		w.wait(c, p, i)
		return
	}
	r.n++
	r.at, r.heals, r.write = writing, a == renewal.MayHeal, open
	if !c.lateCalls && !p.oldLookTags {
		r.write |= waits
	}
	if p.tagAfterCall && r.heals {
		r.at, r.heals = raised, false
		w.wait(c, p, i)
	}
}

// writeTag: the tag is written, and read back.
func (w *world) writeTag(c *class, p *protocol, i int, do walker) {
	r := w.runs[i]
	wrote := *w
	wrote.write(r.n)
	wrote.runs[i].written()
	if !r.heals { // other terms are for another run
		wrote.runs[i].stop()
		do(event{what: writesOff, run: i}, &wrote)
		return
	}
	wrote.raise(c, p, i)
	do(event{what: writes, run: i}, &wrote)
	if _, can := w.shownTo(c, p, i, r.n); can || p.noReadBack {
		read := *w
		read.raise(c, p, i)
		do(event{what: readsBack, run: i}, &read)
	}
}

// raise: run i has read its tag back.
func (w *world) raise(c *class, p *protocol, i int) {
	r := &w.runs[i]
	if p.asksOldAgain {
		r.at, r.step = looking, renewal.Again
		return
	}
	r.at, r.heals = raised, false
	w.wait(c, p, i)
}
