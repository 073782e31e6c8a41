package runner

import (
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// An item is a decision on its way to its end. One goroutine at a time has it;
// see the package's comment.
type item struct {
	index    int // in the plan, and so its place in the order of acting
	decision *renewal.Decision
	scope    *scope
	result   renewal.Result // its Decision is filled in by the report

	live     renewal.Instance // as of lookedAt
	gone     bool             // it was not there then
	twice    []time.Time      // it was there twice then, with these expiries
	lookedAt time.Time        // zero = not yet
	started  bool             // it was looked at, and is its goroutine's from then on

	asked     bool // a changing call was made for it
	payment   payment
	switching switching // instead of a payment, for what costs nothing
}

// An ending is what an item ends with.
type ending struct {
	outcome renewal.Outcome
	why     lang.Text
	reason  renewal.Reason // that holds it, found only now; "" = none does
}

// end says what the item ends with.
func (it *item) end(o renewal.Outcome, why lang.Text) {
	it.result.Outcome, it.result.Error = o, why
}

// said is an error as a sentence of its own.
func said(err error) lang.Text { return lang.Say("%v", "%v", err) }

// ended gives the result of an item. Where a fault of ours kept it from its end,
// what may have been done is unknown.
func (it *item) ended() renewal.Result {
	result := it.result
	result.Decision = *it.decision
	if result.Outcome != "" {
		return result
	}
	if it.asked {
		result.Outcome, result.Error = renewal.OutcomeUnknown, lang.Say("no answer yet", "尚无应答")
	} else {
		result.Outcome = renewal.NotTried
	}
	return result
}
