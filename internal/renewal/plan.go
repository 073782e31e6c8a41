package renewal

import "time"

// A Plan is what a run sets out to do: every decision, with its price and under
// the caps, in the order of acting. Report, approval, rehearsal and acting all
// work on it.
//
// The caps move with what comes of it. A place in one belongs to what is paid or
// may be; see GiveBack.
type Plan struct {
	At        time.Time
	Decisions []Decision
	purse     *purse       // what is taken of the caps; nil = they were not applied yet
	given     map[int]bool // whose place was given back
}

// NewPlan decides every instance of list as of now. Prices and caps come after.
func NewPlan(now time.Time, p Policy, list []Instance) *Plan {
	return &Plan{At: now, Decisions: Decide(now, p, list)}
}

// HoldPrices holds what costs too much by itself, or costs nobody knows what
// where a money setting asks: before anybody is asked to approve it.
func (p *Plan) HoldPrices(caps Caps) {
	purse := newPurse(caps, nil)
	for i := range p.Decisions {
		if d := &p.Decisions[i]; d.Pays() {
			if why := purse.refusePrice(*d); why != "" {
				d.Reason, d.uncapped = why, d.Reason
			}
		}
	}
}

// Afford takes the decisions in their order, and holds what the caps do not
// allow, with the reason. It fails closed: a price that is not known, is not
// above zero or is in another currency than the cap is over it, and a balance
// that is not known pays for nothing.
//
// A cheaper instance further down may be taken where a dearer one above did
// not fit: that keeps more of the fleet alive, and what is held is reported.
func (p *Plan) Afford(caps Caps, balances Balances) {
	p.purse = newPurse(caps, balances)
	p.Decisions = p.purse.hold(p.Decisions)
}

// GiveBack gives the place of the decision at index i back, in number and in
// money, because nothing was paid for it and nothing of this run follows on it.
// The next that a cap held, in order, come in as far as they fit; may says which
// could still be carried out. The indices of those that came in are returned:
// they are to be carried out now.
//
// A decision gives its place back at most once; that is the caller's to see to.
func (p *Plan) GiveBack(i int, may func(Decision) bool) (in []int) {
	p.purse.give(p.Decisions[i])
	if p.given == nil {
		p.given = map[int]bool{}
	}
	p.given[i] = true
	return p.admit(may)
}

// Hold holds the decision at index i, of which only now it is known why, and gives
// its place to others: see GiveBack.
func (p *Plan) Hold(i int, why Reason, may func(Decision) bool) (in []int) {
	p.purse.give(p.Decisions[i])
	p.Decisions[i].Reason = why
	return p.admit(may)
}

// Paid says what the decision at index i really cost, once it is paid for. Where
// that is more than its price, others may not fit the caps any more: see Overdrawn.
func (p *Plan) Paid(i int, paid Amount) {
	d := &p.Decisions[i]
	if !paid.Known() || d.Price.Known() && d.Price.Currency != paid.Currency {
		return
	}
	p.purse.move(*d, paid.Value.Sub(d.Price.Value))
}

// Overdrawn gives why the decision at index i, which was taken, does not fit the
// caps any more; "" = it does. What comes before it goes first, and so does what has
// begun to be paid for.
func (p *Plan) Overdrawn(i int, begun func(int) bool) Reason {
	for j := i; j < len(p.Decisions); j++ {
		if d := p.Decisions[j]; d.Wanted() && !p.given[j] && (j == i || !begun(j)) {
			p.purse.give(d)
			defer p.purse.take(d)
		}
	}
	return p.purse.refuse(p.Decisions[i])
}

func (p *Plan) admit(may func(Decision) bool) (in []int) {
	for next := range p.Decisions {
		d := p.Decisions[next]
		if d.uncapped == "" || !may(d) {
			continue
		}
		d.Reason, d.uncapped = d.uncapped, ""
		if p.purse.refuse(d) == "" {
			p.purse.take(d)
			p.Decisions[next] = d
			in = append(in, next)
		}
	}
	return in
}
