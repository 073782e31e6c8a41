package cloud

import (
	"cmp"
	"slices"
	"time"
)

const (
	day = 24 * time.Hour

	// keptChina and keptIntl are how long an expired instance is kept before it
	// is released and gone for good.
	keptChina = 15 * day
	keptIntl  = 30 * day

	// runOnIntl is how long an expired instance of the international site keeps
	// running when its auto-renewal is on.
	runOnIntl = 15 * day
)

// postPaidExpiry is what listings show for pay-as-you-go instances.
var postPaidExpiry = time.Date(2099, 12, 31, 15, 59, 0, 0, time.UTC)

// settle makes visible what is due by the wall clock.
func (i *instance) settle(wall time.Time) {
	if n := due(i.pending, wall); n > 0 {
		i.shown, i.pending = i.pending[n-1].expires, i.pending[n:]
	}
	if n := due(i.billedPending, wall); n > 0 {
		i.billed, i.billedPending = i.billedPending[n-1].expires, i.billedPending[n:]
	}
	if n := due(i.tagsAt, wall); n > 0 {
		i.shownTags, i.tagsAt = i.tagsAt[n-1].tags, i.tagsAt[n:]
	}
	if !i.settingShownAt.IsZero() && !wall.Before(i.settingShownAt) {
		i.shownSetting, i.settingShownAt = i.setting, time.Time{}
	}
}

// due counts the changes up to the last one that shows by now. It shows whatever
// became of those before it.
func due[T interface{ visible() time.Time }](pending []T, wall time.Time) int {
	for n := len(pending); n > 0; n-- {
		if !wall.Before(pending[n-1].visible()) {
			return n
		}
	}
	return 0
}

func (p pendingExpiry) visible() time.Time { return p.at }
func (p pendingTags) visible() time.Time   { return p.at }

// never is a wall time no test will see.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// visibleAt is the wall time at which a change made now can be read.
func visibleAt(delay time.Duration) time.Time {
	if delay < 0 {
		return never
	}
	return time.Now().Add(delay) // with the monotonic reading
}

// extend moves the true expiry; what can be read follows after the delays.
func (c *Cloud) extend(i *instance, to time.Time) {
	rules := c.opts.Products[i.product.key]
	i.before, i.Expires = i.Expires, to
	if delay := cmp.Or(i.ExpiryDelay, rules.ExpiryDelay, c.opts.ExpiryDelay); delay == 0 {
		i.shown, i.pending = to, nil
	} else {
		i.pending = append(i.pending, pendingExpiry{at: visibleAt(delay), expires: to})
	}
	if delay := cmp.Or(i.BillingDelay, rules.BillingDelay, c.opts.Billing.Delay); delay == 0 {
		i.billed, i.billedPending = to, nil
	} else {
		i.billedPending = append(i.billedPending, pendingExpiry{at: visibleAt(delay), expires: to})
	}
}

// show makes the true expiry visible everywhere.
func (i *instance) show() {
	i.shown, i.pending = i.Expires, nil
	i.billed, i.billedPending = i.Expires, nil
}

// hasten lets everything that is to become visible do so sooner: the clock was
// advanced by d.
func (c *Cloud) hasten(d time.Duration) {
	if d <= 0 {
		return
	}
	sooner := func(at *time.Time) {
		if !at.IsZero() && !at.Equal(never) {
			*at = at.Add(-d)
		}
	}
	for _, i := range c.instances {
		for n := range i.pending {
			sooner(&i.pending[n].at)
		}
		for n := range i.billedPending {
			sooner(&i.billedPending[n].at)
		}
		for n := range i.tagsAt {
			sooner(&i.tagsAt[n].at)
		}
		sooner(&i.settingShownAt)
	}
	for _, o := range c.orders {
		sooner(&o.shows)
		sooner(&o.paidShows)
	}
}

// set changes the auto-renewal setting; what can be read follows after the delay.
func (i *instance) set(s renewSetting, delay time.Duration) {
	i.setting = s
	if delay == 0 {
		i.shownSetting, i.settingShownAt = s, time.Time{}
		return
	}
	i.settingShownAt = visibleAt(delay)
}

// setTags replaces the tags; those that can be read follow after the delay. The
// map must not be changed afterwards.
func (i *instance) setTags(tags map[string]string, delay time.Duration) {
	i.Tags = tags
	if delay == 0 {
		i.shownTags, i.tagsAt = tags, nil
		return
	}
	i.tagsAt = append(i.tagsAt, pendingTags{at: visibleAt(delay), tags: tags})
}

func (i *instance) prepaid() bool { return i.ChargeType == "PrePaid" }

func (i *instance) expired(now time.Time) bool { return i.prepaid() && !now.Before(i.Expires) }

// released reports whether the instance is gone: nothing finds it any more.
func (c *Cloud) released(i *instance, now time.Time) bool {
	kept := keptChina
	if c.accounts[i.Account].Site == Intl {
		kept = keptIntl
	}
	return i.prepaid() && !now.Before(i.Expires.Add(kept))
}

// runsOn reports whether an expired instance keeps running because the provider
// still tries to renew it.
func (c *Cloud) runsOn(i *instance, expires, now time.Time) bool {
	return c.accounts[i.Account].Site == Intl && i.setting.status == "AutoRenewal" && now.Before(expires.Add(runOnIntl))
}

// view is what a listing shows of the state of an instance, by the expiry that
// is visible.
func (c *Cloud) view(i *instance, now time.Time) (status string, locks []string, expires time.Time) {
	status, locks, expires = i.Status, slices.Clone(i.Locks), i.shown
	if !i.prepaid() {
		return status, locks, postPaidExpiry
	}
	if !now.Before(i.shown) && !c.runsOn(i, i.shown, now) {
		status = "Stopped"
		if !slices.Contains(locks, "financial") {
			locks = append(locks, "financial")
		}
	}
	return status, locks, expires
}

// find returns the unreleased instance of the request's account and region.
// The caller holds c.mu.
func (c *Cloud) find(rq *request, id string) *instance {
	i := c.byID[id]
	if i == nil || i.product != ecs || i.Region != rq.region || i.Account != rq.account.ID || c.released(i, c.now()) {
		return nil
	}
	i.settle(time.Now())
	return i
}
