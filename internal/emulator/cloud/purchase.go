package cloud

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A purchase is a renewal that is asked of any API but that of ECS. They have
// the same steps and say no in different words.
type purchase struct {
	find      func() *instance // as the API finds it; it is asked again when processing took time
	months    int
	offered   []int // months that the API knows
	token     string
	leave     bool   // AutoPay is off: the order is made and not paid
	autoRenew string // as sent: "" when it was not, else true or false in any case
	no        refusals
}

// refusals are the words in which an API says no.
type refusals struct {
	absent  *apiError // there is no such instance
	payg    *apiError // it is pay-as-you-go
	period  *apiError // such a term is not offered
	state   *apiError // it is locked or gone
	unpaid  *apiError // it has an unpaid order
	pending *apiError // it has a change that was bought and is not in force yet; nil = that does not matter
	busy    *apiError // it is being renewed this very moment
	short   *apiError // the money does not suffice
}

var monthsOffered = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 24, 36}

// repeatedToken is the refusal of a token that comes again, as MongoDB words it.
func repeatedToken() *apiError {
	return refuse(400, "TokenServiceError", "Request token is duplicated.")
}

// buy carries a purchase out. It returns the order that was made or that is
// answered again. Every way out before pay leaves the instance as it was.
func (c *Cloud) buy(rq *request, p purchase) (*instance, *orderRecord, *apiError) {
	if badToken(p.token) {
		return nil, nil, invalid("ClientToken", p.token, "at most 64 ASCII characters")
	}
	if err := c.permitted(rq); err != nil {
		return nil, nil, err
	}
	i := p.find()
	if i == nil {
		return nil, nil, p.no.absent
	}
	if err := c.offers(i, p); err != nil {
		return nil, nil, err
	}
	claimed, first, err := c.claimToken(rq, i, p)
	if err != nil || first != nil {
		return i, first, err
	}
	// From here on, whatever happens, the token must not stay claimed.
	var made *orderRecord
	var remembered *apiError
	defer func() { c.releaseToken(rq, p.token, claimed, made, remembered) }()
	if err := c.buyable(i, p); err != nil {
		return i, nil, err
	}
	if i, err = c.takeTime(rq, i, p); err != nil {
		return i, nil, err
	}
	full, trade := i.due(p.months, "Month")
	o := Order{Months: p.months, Full: full.StringFixed(2), Amount: trade.StringFixed(2), Token: p.token}
	if p.leave {
		made = c.addOrder(i, o)
		c.delay(made)
		return i, made, nil
	}
	if !c.affords(c.accounts[i.Account], trade) {
		if !c.opts.Products[i.product.key].KeepUnpaid {
			o.Status = Cancelled
		}
		c.delay(c.addOrder(i, o))
		no := c.shortOf(i, p)
		if c.opts.Products[i.product.key].Poison {
			remembered = no
		}
		return i, nil, no
	}
	made = c.addOrder(i, o)
	charge := c.pay(i, made)
	c.delay(made)
	c.afterRenewal(i, p.autoRenew)
	c.committed(charge)
	return i, made, nil
}

func badToken(token string) bool {
	return len(token) > 64 || strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r > '~' })
}

func (c *Cloud) shortOf(i *instance, p purchase) *apiError {
	no := *p.no.short
	no.code = cmp.Or(c.opts.Products[i.product.key].ShortCode, no.code)
	return &no
}

// offers refuses a term that the API or the product does not sell.
func (c *Cloud) offers(i *instance, p purchase) *apiError {
	sold := c.opts.Products[i.product.key].Months
	if !slices.Contains(p.offered, p.months) || sold != nil && !slices.Contains(sold, p.months) {
		return p.no.period
	}
	return nil
}

// buyable decides whether the state of an instance lets it be renewed.
func (c *Cloud) buyable(i *instance, p purchase) *apiError {
	switch {
	case !i.prepaid():
		return p.no.payg
	case !c.kept(i, c.now()), i.BillingStatus == "Creating", slices.ContainsFunc(i.Locks, isGoing):
		return p.no.state
	case i.renewing:
		return p.no.busy
	case i.PendingOrder != "" && p.no.pending != nil:
		return p.no.pending
	case i.unpaid() != nil:
		return p.no.unpaid
	}
	return nil
}

// isGoing reports whether a lock means that the instance is being given back.
func isGoing(lock string) bool {
	return strings.EqualFold(lock, "refunded") || strings.EqualFold(lock, "recycling")
}

// takeTime is the time that processing takes, spent without the lock. Whatever
// changed meanwhile counts.
func (c *Cloud) takeTime(rq *request, i *instance, p purchase) (*instance, *apiError) {
	takes := c.opts.Processing
	if rq.hit(LateCommit) {
		takes += rq.fault.Delay
	}
	if takes <= 0 {
		return i, nil
	}
	i.renewing = true
	c.mu.Unlock()
	alive := sleep(rq.running, takes) // accepted orders do not depend on who waits for them
	c.mu.Lock()
	i.renewing = false
	if !alive {
		panic(http.ErrAbortHandler)
	}
	if i = p.find(); i == nil {
		return nil, p.no.absent
	}
	return i, c.buyable(i, p)
}

// pay takes the money of an order and moves the expiry. Nothing can fail in it.
func (c *Cloud) pay(i *instance, o *orderRecord) Charge {
	acc := c.accounts[i.Account]
	c.take(acc, amount(o.Amount))
	o.Status, o.Paid = Paid, c.now()
	o.From, o.To = i.Expires, addPeriod(c.renewalStart(i), o.Months, "Month")
	charge := Charge{
		Seq: len(c.charges) + 1, At: c.now(), Account: acc.ID, Region: i.Region, Instance: i.ID, Product: i.chargedAs(),
		Order: o.ID, Token: o.Token, Period: o.Months, Unit: "Month", Amount: o.Amount, Currency: acc.Currency,
		OldExpires: o.From, NewExpires: o.To,
	}
	c.charges = append(c.charges, charge)
	c.extend(i, o.To)
	return charge
}

// chargedAs is the product in the ledger: that of ECS has no name there.
func (i *instance) chargedAs() string {
	if i.product == ecs {
		return ""
	}
	return i.product.key
}

// renewalStart is where a renewed term begins: where the old one ended, or, for
// some products once they have stopped working, at the end of the day it is paid.
func (c *Cloud) renewalStart(i *instance) time.Time {
	now := c.now()
	if i.product.fromPaid && i.expired(now) && !c.works(i, i.Expires, now) {
		return midnightAfter(now)
	}
	return i.Expires
}

// afterRenewal applies what a renewal says, or does not say, about auto-renewal.
func (c *Cloud) afterRenewal(i *instance, autoRenew string) {
	switch {
	case strings.EqualFold(autoRenew, "true"):
		c.setAuto(i, renewSetting{status: "AutoRenewal", duration: max(i.setting.duration, 1), unit: cmp.Or(i.setting.unit, "Month")})
	case c.opts.Products[i.product.key].RenewalOff && i.setting.status == "AutoRenewal":
		c.setAuto(i, renewSetting{status: "Normal"})
	}
}

// setAuto puts an auto-renewal setting in force and on record.
func (c *Cloud) setAuto(i *instance, s renewSetting) {
	s.since = c.now()
	c.changes = append(c.changes, Change{
		Seq: len(c.changes) + 1, At: c.now(), Account: i.Account, Region: i.Region, Instance: i.ID, Product: i.chargedAs(),
		OldStatus: i.setting.status, Status: s.status, Duration: s.duration, Unit: s.unit,
	})
	i.set(s, c.opts.AttributeDelay)
}

// tokenKey files a token under the API it was sent to: they do not know each
// other's.
func tokenKey(rq *request, token string) string { return rq.act.product + "\n" + token }

// claimToken looks a token up by the rule of the product. It returns the order
// that is answered again, or a refusal, or a record that releaseToken ends.
func (c *Cloud) claimToken(rq *request, i *instance, p purchase) (rec *tokenRecord, first *orderRecord, err *apiError) {
	rule := cmp.Or(c.opts.Products[i.product.key].Token, i.product.token, Replay)
	if p.token == "" || rule == Ignored {
		return nil, nil, nil
	}
	key := tokenKey(rq, p.token)
	rec = rq.account.tokens[key]
	if rec != nil && !rec.running && c.opts.TokenLife > 0 && c.now().Sub(rec.at) >= c.opts.TokenLife {
		rec = nil
	}
	switch {
	case rec == nil:
		rec = &tokenRecord{running: true}
		rq.account.tokens[key] = rec
		return rec, nil, nil
	case rec.refusal != nil:
		return nil, nil, rec.refusal
	case rule == Reject:
		return nil, nil, repeatedToken()
	case rec.running:
		return nil, nil, p.no.busy
	}
	return nil, c.orders[slices.IndexFunc(c.orders, func(o *orderRecord) bool { return o.ID == rec.order })], nil
}

// releaseToken ends the processing of a token's first request: what made an
// order is remembered, and of refusals those that are to be.
func (c *Cloud) releaseToken(rq *request, token string, rec *tokenRecord, made *orderRecord, refusal *apiError) {
	switch {
	case rec == nil:
	case made != nil:
		rec.running, rec.at, rec.order = false, c.now(), made.ID
	case refusal != nil:
		rec.running, rec.at, rec.refusal = false, c.now(), refusal
	default:
		delete(rq.account.tokens, tokenKey(rq, token))
	}
}
