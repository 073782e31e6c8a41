package renewal

import (
	"github.com/shopspring/decimal"
)

// Balances are what the accounts have available, by account id. An account
// without one, or with the zero Amount, has a balance that could not be read.
type Balances map[string]Amount

// Wanted says whether d is to be carried out, as far as caps have been asked.
func (d Decision) Wanted() bool { return d.Meant() && !d.Partial && !d.Ordered }

// Meant says whether d is meant to be carried out, also where the list that it
// is from broke off.
func (d Decision) Meant() bool {
	return d.Action != None && !d.Held() && d.Reason != OnlyReported && d.Reason != Upcoming
}

// Pays says whether d spends money when it is carried out.
func (d Decision) Pays() bool { return d.Wanted() && d.Action == Renew }

// Priced says whether what d costs is worth knowing: it is paid, or announced, or
// only waits.
func (d Decision) Priced() bool {
	return d.Action == Renew && (d.Pays() || d.Reason == Upcoming || d.Reason == Frozen)
}

// NeedsPrice says whether d can only be carried out at a known price.
func (c Caps) NeedsPrice(d Decision) bool {
	return c.MaxSpend.Known() || c.MaxPrice.Known() || c.MinBalance.Known() || d.MaxPrice.Known() || d.MaxSpend.Known()
}

// AddsUp says whether what d costs counts in a sum.
func (c Caps) AddsUp(d Decision) bool {
	return c.MaxSpend.Known() || c.MinBalance.Known() || d.MaxSpend.Known()
}

// purse counts what the decisions so far have taken of the caps.
type purse struct {
	caps     Caps
	balances Balances
	count    int
	planned  decimal.Decimal            // in the currency of MaxSpend
	drawn    map[string]decimal.Decimal // by account, in the currency of MinBalance
	byRule   map[string]decimal.Decimal // by rule, in the currency of its MaxSpend
}

func newPurse(caps Caps, balances Balances) *purse {
	return &purse{caps: caps, balances: balances, drawn: map[string]decimal.Decimal{}, byRule: map[string]decimal.Decimal{}}
}

// hold gives decisions with the caps applied.
func (p *purse) hold(decisions []Decision) []Decision {
	out := make([]Decision, len(decisions))
	for i, d := range decisions {
		if d.Wanted() {
			if why := p.refuse(d); why != "" {
				d.Reason, d.uncapped = why, d.Reason
			} else {
				p.take(d)
			}
		}
		out[i] = d
	}
	return out
}

// refuse gives the reason why d is held, or "".
func (p *purse) refuse(d Decision) Reason {
	if d.Pays() {
		if why := p.refusePrice(d); why != "" {
			return why
		}
	}
	switch {
	case !p.caps.NoMaxCount && p.count >= p.caps.MaxCount:
		return OverMaxCount
	case !d.Pays():
		return ""
	case p.caps.MaxSpend.Known() && p.planned.Add(d.Price.Value).GreaterThan(p.caps.MaxSpend.Value):
		return OverMaxSpend
	case d.MaxSpend.Known() && p.byRule[d.Rule].Add(d.Price.Value).GreaterThan(d.MaxSpend.Value):
		return OverMaxSpend
	case p.caps.MinBalance.Known() && !p.balanceCarries(d):
		return BalanceTooLow
	}
	return ""
}

// refusePrice holds what costs too much by itself, or costs nobody knows what.
func (p *purse) refusePrice(d Decision) Reason {
	if !p.caps.NeedsPrice(d) {
		return ""
	}
	if !d.Price.Known() || !d.Price.Value.IsPositive() {
		return PriceUnknown
	}
	for _, limit := range []Amount{p.caps.MaxSpend, d.MaxSpend} {
		if limit.Known() && limit.Currency != d.Price.Currency {
			return OverMaxSpend
		}
	}
	for _, limit := range []Amount{p.caps.MaxPrice, d.MaxPrice} {
		if limit.Known() && (limit.Currency != d.Price.Currency || d.Price.Value.GreaterThan(limit.Value)) {
			return OverMaxPrice
		}
	}
	return ""
}

func (p *purse) balanceCarries(d Decision) bool {
	floor, have := p.caps.MinBalance, p.balances[d.Instance.Account]
	if !have.Known() || have.Currency != floor.Currency || d.Price.Currency != floor.Currency {
		return false
	}
	left := have.Value.Sub(p.drawn[d.Instance.Account]).Sub(d.Price.Value)
	return !left.LessThan(floor.Value)
}

func (p *purse) take(d Decision) {
	p.count++
	if d.Pays() && d.Price.Known() {
		p.move(d, d.Price.Value)
	}
}

// give is the reverse of take.
func (p *purse) give(d Decision) {
	p.count--
	if d.Pays() && d.Price.Known() {
		p.move(d, d.Price.Value.Neg())
	}
}

func (p *purse) move(d Decision, amount decimal.Decimal) {
	account := d.Instance.Account
	p.planned = p.planned.Add(amount)
	p.drawn[account] = p.drawn[account].Add(amount)
	p.byRule[d.Rule] = p.byRule[d.Rule].Add(amount)
}
