package cloud

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// order is a RenewInstance request whose parameters are well formed.
type order struct {
	id       string
	token    string
	period   int
	unit     string
	renewDay int // instead of period and unit
}

func (c *Cloud) readOrder(rq *request) (order, *apiError) {
	o := order{id: rq.get("InstanceId"), token: rq.get("ClientToken"), unit: rq.get("PeriodUnit")}
	o.period, _ = strconv.Atoi(rq.get("Period")) // types were checked
	o.renewDay, _ = strconv.Atoi(rq.get("ExpectedRenewDay"))

	if len(o.token) > 64 || strings.ContainsFunc(o.token, func(r rune) bool { return r < ' ' || r > '~' }) {
		return o, refuse(400, "InvalidClientToken.ValueNotSupported", "The client token is not one of at most 64 ASCII characters.")
	}
	if rq.get("ExpectedRenewDay") != "" {
		switch {
		case rq.get("Period") != "" || o.unit != "":
			return o, invalid("ExpectedRenewDay", rq.get("ExpectedRenewDay"), "it excludes Period and PeriodUnit")
		case o.renewDay < 1 || o.renewDay > 28:
			return o, invalid("ExpectedRenewDay", rq.get("ExpectedRenewDay"), "1 to 28")
		case o.renewDay != c.opts.UnifiedDay:
			return o, invalid("ExpectedRenewDay", rq.get("ExpectedRenewDay"), "not the unified expiry day of the account")
		}
		return o, nil
	}
	if rq.get("Period") == "" {
		// The cloud spells this code so.
		return o, refuse(400, "MissingParamter", "The parameter Period is mandatory and was not sent.")
	}
	o.unit = cmp.Or(o.unit, "Month")
	offered := renewPeriods(rq.account.Site, o.unit)
	if offered == nil {
		return o, refuse(400, "InvalidPeriodUnit.ValueNotSupported", "The period unit %q is not supported.", o.unit)
	}
	if !slices.Contains(offered, o.period) {
		return o, refuse(400, "InvalidPeriod", "The period %d %s is not supported.", o.period, o.unit)
	}
	return o, nil
}

// renewInstance charges. Every way out before commit leaves everything as it was.
func (c *Cloud) renewInstance(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, err := c.readOrder(rq)
	if err != nil {
		return nil, err
	}
	claimed, paid, err := c.claim(rq.account, o.token, orderParams(rq))
	switch {
	case err != nil:
		return nil, err
	case paid != "":
		return c.orderAnswer(paid), nil // the first order, no second charge
	}
	// From here on, whatever happens, the token must not stay claimed.
	var orderID string
	var refusal *apiError
	if claimed != nil {
		defer func() { c.settleToken(rq.account, o.token, claimed, orderID, refusal) }()
	}
	if refusal = c.permitted(rq); refusal != nil {
		return nil, refusal
	}
	i, refusal := c.acceptable(rq, o)
	if refusal != nil {
		return nil, refusal
	}
	if i, refusal = c.process(rq, o, i); refusal != nil {
		return nil, refusal
	}
	charge := c.commit(rq, o, i)
	orderID = charge.Order
	c.committed(charge)
	return c.orderAnswer(orderID), nil
}

// committed calls the hooks without the lock. A test may end inside one.
func (c *Cloud) committed(charge Charge) {
	hooks := slices.Clone(c.onCommit)
	c.mu.Unlock()
	defer c.mu.Lock()
	for _, hook := range hooks {
		hook(charge)
	}
}

// process takes the time that processing takes, without the lock. Whatever
// changed meanwhile counts.
func (c *Cloud) process(rq *request, o order, i *instance) (*instance, *apiError) {
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
	return c.acceptable(rq, o)
}

// acceptable decides whether an order is carried out, in the order in which the
// cloud looks: instance, charge type, state, then money.
func (c *Cloud) acceptable(rq *request, o order) (*instance, *apiError) {
	now := c.now()
	i := c.find(rq, o.id)
	switch {
	case i == nil:
		return nil, instanceNotFound(o.id)
	case !i.prepaid():
		return nil, refuse(403, "ChargeTypeViolation", "The charge type of the instance does not support the operation.")
	case o.renewDay != 0 && i.expired(now):
		return nil, refuse(403, "IncorrectInstanceStatus", "The instance has expired: it cannot be renewed to a day.")
	}
	for _, lock := range i.Locks {
		switch strings.ToLower(lock) {
		case "refunded", "recycling":
			return nil, refuse(403, "IncorrectInstanceStatus", "The instance is being released.")
		case "dedicatedhostfinancial":
			return nil, refuse(400, "IncorrectDedicatedHostStatus", "The dedicated host of the instance has expired.")
		case "security":
			if c.opts.RefuseSecurityLock {
				return nil, refuse(403, "InstanceLockedForSecurity", "The instance is locked for security reasons.")
			}
		}
	}
	if i.renewing {
		return nil, refuse(400, "LastOrderProcessing", "An earlier order of the instance is being processed.")
	}
	if i.unpaid() != nil {
		return nil, refuse(403, "Instance.UnPaidOrder", "The instance has an unpaid order.")
	}
	if i.Starter && o.unit == "Week" {
		return nil, refuse(403, "InvalidPeriod.StarterPackage", "A starter package is renewed by the month.")
	}
	if i.NoStock {
		return nil, refuse(403, "OperationDenied.NoStock", "The hardware of the instance is sold out.")
	}
	if !i.MaxExpires.IsZero() && c.newExpiry(i, o).After(i.MaxExpires) {
		return nil, refuse(400, "InvalidPeriod.ExceededMaximumExpirationDate", "The new expiry would be too far away.")
	}
	acc := rq.account
	if acc.Arrears {
		return nil, refuse(400, "Account.Arrearage", "The account has an overdue bill.")
	}
	if !c.affords(acc, c.cost(i, o)) {
		return nil, refuse(403, "InvalidAccountStatus.NotEnoughBalance", "The account does not have enough balance.")
	}
	return i, nil
}

// newExpiry is where a renewal leads. A term that is renewed late begins where
// it ended; on the international site, unless the instance ran on, it begins on
// the day of the renewal.
func (c *Cloud) newExpiry(i *instance, o order) time.Time {
	if o.renewDay != 0 {
		return nextRenewDay(i.Expires, o.renewDay)
	}
	start, now := i.Expires, c.now()
	if i.expired(now) && c.accounts[i.Account].Site == Intl && !c.runsOn(i, i.Expires, now) {
		start = midnightAfter(now)
	}
	return addPeriod(start, o.period, o.unit)
}

func (c *Cloud) cost(i *instance, o order) decimal.Decimal {
	if o.renewDay != 0 {
		return i.dueUntil(i.Expires, c.newExpiry(i, o))
	}
	_, trade := i.due(o.period, o.unit)
	return trade
}

// commit takes the money and moves the expiry. Nothing can fail in it.
func (c *Cloud) commit(rq *request, o order, i *instance) Charge {
	acc := rq.account
	cost, to := c.cost(i, o), c.newExpiry(i, o)
	c.take(acc, cost)
	charge := Charge{
		Seq: len(c.charges) + 1, At: c.now(),
		Account: acc.ID, Region: i.Region, Instance: i.ID,
		Order: c.newOrder(), Token: o.token,
		Period: o.period, Unit: o.unit, RenewDay: o.renewDay,
		Amount: cost.StringFixed(2), Currency: acc.Currency,
		OldExpires: i.Expires, NewExpires: to,
	}
	c.charges = append(c.charges, charge)
	c.bookCharge(i, charge)
	c.extend(i, to)
	return charge
}

func (c *Cloud) orderAnswer(number string) fields {
	if c.opts.NumericOrderIDs {
		return fields{"OrderId": json.RawMessage(number)}
	}
	return fields{"OrderId": number}
}
