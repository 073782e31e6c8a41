package renewal

import "time"

// Assumed is what a renewal is taken to cost at most where the cloud quotes no
// price for it: what its rule allows for one, else RENEW_PRICES for every month of
// its term. The zero Amount is nobody knows.
func (p Policy) Assumed(d Decision) Amount {
	month, known := p.Prices[d.Instance.Traits().Key]
	switch {
	case d.MaxPrice.Known():
		return d.MaxPrice
	case known:
		return month.Times(d.Term.Period.Months)
	}
	return Amount{}
}

// DueSince is since when a run may have asked for the renewal that d is about, so
// that an order of it can be as old as that.
func (p Policy) DueSince(d Decision) time.Time {
	return d.Instance.Expires.Add(-p.longestReach(max(d.window, p.Window)))
}
