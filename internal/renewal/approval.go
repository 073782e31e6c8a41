package renewal

import (
	"crypto/sha256"
	"encoding/binary"
	"regexp"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// Approval says which payments wait for a person. The zero Approval is none.
type Approval struct {
	All   bool          // every payment
	Above Amount        // those that cost more, cost nobody knows what, or are in another currency
	Until time.Duration // this close to its expiry a payment no longer waits; 0 = it waits to the end
	Given bool          // every payment counts as approved: for a rehearsal
}

// AsksForApproval says whether a setting or a rule lets any payment wait.
func (p Policy) AsksForApproval() bool {
	if p.Approval.All || p.Approval.Above.Known() {
		return true
	}
	for _, rule := range p.Rules {
		if rule.Approval != nil && *rule.Approval {
			return true
		}
	}
	return false
}

// codeLetters are those that are not mistaken for one another: without 0 and o, 1,
// i and l.
const codeLetters = "23456789abcdefghjkmnpqrstuvwxyz"

const codeLength = 12

var codeForm = regexp.MustCompile(`^[a-z0-9]{12}$`)

// IsCode says whether text has the form of an approval code.
func IsCode(text string) bool { return codeForm.MatchString(text) }

// Code is what approves the payment of d: made of all that the payment is, and of
// nothing else, so that it stands for exactly this payment and needs no memory.
func (d Decision) Code() string {
	in := d.Instance
	sum := sha256.Sum256([]byte(strings.Join([]string{
		"approve", "v1", in.Traits().Key, in.Account, in.Region, in.ID, minute(in.Expires), string(d.Action), d.Term.String(), d.Price.String(), d.Price.Currency,
	}, "|")))
	halves := [2]uint64{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])}
	code := make([]byte, codeLength)
	for i := range code {
		half := &halves[i%len(halves)] // six letters of each: 31⁶ is far below 2⁶⁴
		code[i] = codeLetters[*half%uint64(len(codeLetters))]
		*half /= uint64(len(codeLetters))
	}
	return string(code)
}

// waits says whether the payment of d waits for a person. What is as near to its
// expiry as Until no longer does.
func (p Policy) waits(now time.Time, d Decision) bool {
	a := p.Approval
	switch {
	case a.Given, d.Action != Renew, a.Until > 0 && d.Instance.Expires.Sub(now) <= a.Until:
		return false
	case d.approval != nil:
		return *d.approval
	case a.All:
		return true
	case !a.Above.Known():
		return false
	}
	return !d.Price.Known() || d.Price.Currency != a.Above.Currency || d.Price.Value.GreaterThan(a.Above.Value)
}

// Approve lets payments wait that a person has not approved. It comes after
// prices, and before the caps of the run, in which what waits takes no place.
//
// In a run that brings codes, what they stand for is paid, and nothing else is
// done. Codes that stand for nothing are returned.
func (p *Plan) Approve(policy Policy) (nothing []string) {
	stands := map[string]bool{}
	for _, code := range policy.Approved {
		stands[code] = false
	}
	for i := range p.Decisions {
		d := &p.Decisions[i]
		if !d.Wanted() || policy.Approved == nil && !policy.AsksForApproval() {
			continue
		}
		code := d.Code()
		_, approved := stands[code]
		switch {
		case d.Pays() && approved:
			stands[code] = true
		case policy.waits(p.At, *d):
			d.Reason = NotApproved
		case policy.Approved != nil:
			d.Action, d.Reason = None, NotSelected
		case p.overdue(policy, *d):
			d.note(lang.Say("nobody has approved it, and RENEW_APPROVAL_UNTIL lets it through", "无人批准，按 RENEW_APPROVAL_UNTIL 放行"))
		}
	}
	for _, code := range policy.Approved {
		if !stands[code] {
			nothing = append(nothing, code)
		}
	}
	return nothing
}

// overdue says whether d would wait, were it not so near to its expiry.
func (p *Plan) overdue(policy Policy, d Decision) bool {
	policy.Approval.Until = 0
	return policy.waits(p.At, d)
}
