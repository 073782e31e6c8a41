package runner

import (
	"context"
	"maps"
	"slices"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// products checks what only the billing's list has of an account: whether it may be
// read, what is in it that nobody looks after, and of each product that is looked
// after what a run would ask it.
func (c *prober) products(ctx context.Context, name string, entered *account) (v visit) {
	list := c.newScope(entered, renewal.Traits{Key: billing}, "")
	if !c.job.Policy.Products.Billed() {
		if _, err := c.indexed(ctx, list); err == nil && len(list.others) > 0 { // where the right is there anyway
			v.found(c.good("subscriptions", name, c.unlookedAfter(list)))
		}
		return v
	}
	parts, err := c.listIndex(ctx, list)
	v.scopes = append([]*scope{list}, parts...)
	if c.hear(apiBSS, err); err != nil {
		list.fail(err)
		v.found(c.failed("subscriptions", name, err))
		return v
	}
	count := c.good("subscriptions", name, c.unlookedAfter(list))
	count.Count = list.report.Listed
	if trouble := list.trouble(); trouble != nil {
		count = c.failed("subscriptions", name, trouble)
	}
	v.found(count)
	seen := map[string]bool{}
	for _, part := range parts {
		if part.nativeErr != nil {
			v.found(c.failed("instances", part.name(), part.nativeErr))
		}
		if part.unnamedErr != nil {
			v.found(c.failed("names", part.name(), part.unnamedErr))
		}
		if key := part.traits.Key; !seen[key] {
			seen[key] = true
			v.add(c.product(ctx, part))
		}
	}
	return v
}

// unlookedAfter says how many subscriptions there are besides servers, and of which
// products nobody looks after any.
func (c *prober) unlookedAfter(list *scope) lang.Text {
	if len(list.others) == 0 {
		return lang.Say("besides servers: %d, and all are looked after", "除服务器外共 %d 个，全部在管理范围内", list.report.Listed)
	}
	var each []lang.Text
	for _, key := range slices.Sorted(maps.Keys(list.others)) {
		each = append(each, lang.Say("%d of %s", "%[2]s %[1]d 个", list.others[key], key))
	}
	return lang.Say("besides servers: %d looked after; nobody looks after %s (RENEW_PRODUCTS)", "除服务器外已管理 %d 个；未管理：%s（RENEW_PRODUCTS）", list.report.Listed, lang.Join(each, lang.Say(", ", "、")))
}

// product asks about the subscription of one product that expires next what a
// payment would ask.
func (c *prober) product(ctx context.Context, s *scope) (v visit) {
	p, name := c.job.Policy, s.name()
	byPolicy, byTags := p.Reachable()
	pays := slices.Contains(byPolicy, renewal.Renew) || slices.Contains(byTags, renewal.Renew)
	if !pays || !s.traits.Renewed {
		return v
	}
	in := slices.MinFunc(s.instances, renewal.NearestExpiry)
	_, err := read(ctx, func() ([]renewal.Order, error) {
		return s.cloud.Orders(ctx, s.traits.Code, c.start.Add(-bookRecent), c.start)
	})
	v.found(c.tried("orders", name, err, lang.Say("its orders can be read", "可以查询订单")))
	if s.traits.Quoted {
		amount, err := read(ctx, func() (renewal.Amount, error) { return s.calls.Price(ctx, s.region, in, p.Term) })
		v.found(c.tried("price", name, err, lang.Say("%s: %s %s (%s)", "%s：%s %s（%s）", in.ID, amount, amount.Currency, p.Term)))
		return v
	}
	switch price := p.Assumed(renewal.Decision{Instance: in, Term: p.Term}); {
	case price.Known():
		v.found(c.good("price", name, lang.Say("not quoted by the cloud; taken to be %s %s (%s)", "云平台不提供询价；按 %s %s 计（%s）", price, price.Currency, p.Term)))
	case p.Caps.NeedsPrice(renewal.Decision{}):
		v.found(c.bad("price", name, lang.Say("%v", "%v", errNoQuote)))
	default:
		v.gaps = append(v.gaps, c.untried("price", name, lang.Say("not quoted by the cloud, and no setting needs one", "云平台不提供询价，当前设置也不需要价格")))
	}
	return v
}

// tried gives the probe of a call.
func (c *prober) tried(name, scope string, err error, found lang.Text) Probe {
	if c.hear(apiBSS, err); err != nil {
		return c.failed(name, scope, err)
	}
	return c.good(name, scope, found)
}
