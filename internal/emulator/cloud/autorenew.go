package cloud

import (
	"slices"
	"time"
)

// attemptHour is when the provider takes money for auto-renewal, in UTC+8.
const attemptHour = 8

// attemptsIntl are the days relative to the expiry on which the international
// site tries; the China site tries daily in the attemptsChina days before it.
var (
	attemptsIntl  = []int{-3, -1, 0, 6, 14}
	attemptsChina = 9
)

// autoRenew makes the provider's attempts that are due since it last looked.
// The caller holds c.mu.
func (c *Cloud) autoRenew() {
	now := c.now()
	if !c.opts.AutoRenewals || c.autoUntil.IsZero() || now.Before(c.autoUntil) {
		c.autoUntil = now
		return
	}
	for {
		local := c.autoUntil.In(beijing)
		next := time.Date(local.Year(), local.Month(), local.Day(), attemptHour, 0, 0, 0, beijing)
		if !next.After(c.autoUntil) {
			next = next.AddDate(0, 0, 1)
		}
		if next.After(now) {
			break
		}
		c.autoUntil = next
		for _, i := range c.instances {
			if c.attemptDue(i, next) {
				c.attempt(i, next)
			}
		}
	}
	c.autoUntil = now
}

func (c *Cloud) attemptDue(i *instance, at time.Time) bool {
	// A setting works from the day after it was made.
	if i.setting.status != "AutoRenewal" || i.setting.duration < 1 || !i.prepaid() || at.Before(midnightAfter(i.setting.since)) {
		return false
	}
	if i.product != ecs {
		return at.Before(i.Expires) && i.Expires.Sub(at) <= i.product.deducts
	}
	if c.accounts[i.Account].Site == Intl {
		days := int(midnightAfter(at).Sub(midnightAfter(i.Expires)) / day)
		return slices.Contains(attemptsIntl, days)
	}
	return at.Before(i.Expires) && i.Expires.Sub(at) <= time.Duration(attemptsChina)*day
}

// Deduct makes the provider renew an instance by itself now, as it does at its
// hour on its days, if its auto-renewal is on and it can be paid for.
func (c *Cloud) Deduct(id string) {
	c.change(id, func(i *instance) {
		if i.setting.status == "AutoRenewal" && i.setting.duration > 0 && i.prepaid() {
			c.attempt(i, c.now())
		}
	})
}

// attempt renews if it can be paid for; if not, the next attempt may.
func (c *Cloud) attempt(i *instance, at time.Time) {
	acc := c.accounts[i.Account]
	n, unit := i.setting.duration, i.setting.unit
	_, cost := i.due(n, unit)
	if i.unpaid() != nil || i.NoStock || !c.affords(acc, cost) {
		return
	}
	to := addPeriod(i.Expires, n, unit)
	c.take(acc, cost)
	charge := Charge{
		Seq: len(c.charges) + 1, At: at, Account: acc.ID, Region: i.Region, Instance: i.ID, Product: i.chargedAs(),
		Order: c.newOrder(), Period: n, Unit: unit, Amount: cost.StringFixed(2), Currency: acc.Currency,
		OldExpires: i.Expires, NewExpires: to, AutoRenewal: true,
	}
	c.charges = append(c.charges, charge)
	c.bookCharge(i, charge)
	c.extend(i, to)
}
