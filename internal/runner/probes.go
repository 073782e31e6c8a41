package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	apiSTS = "STS"
	apiBSS = "BSS"

	apiDirectory = "ResourceDirectoryMaster"
)

func apiECS(region string) string { return strings.TrimSpace("ECS " + region) }

// organization says what the list of members came to.
func (c *prober) organization() (v visit) {
	leaving, excluded := 0, 0
	for id := range c.members.ids {
		switch {
		case c.members.leaving[id]:
			leaving++
		case slices.Contains(c.job.Exclude, id):
			excluded++
		}
	}
	switch err := c.members.err; {
	case !c.members.asked:
	case err != nil:
		c.hear(apiDirectory, err)
		v.found(c.failed("organization", "", err))
		v.scopes = append(v.scopes, c.unlisted())
	default:
		c.hear(apiDirectory, nil)
		v.found(c.good("organization", "", lang.Say("%d members; excluded: %d; being deleted, or not joined: %d", "共 %d 个成员；已排除 %d 个；正在删除或尚未加入 %d 个", len(c.members.ids), excluded, leaving)))
	}
	return v
}

// account checks an account that RENEW_ACCOUNTS leads to.
func (c *prober) account(ctx context.Context, e entrance) (v visit) {
	name := e.name
	scope := accountOf(name, c.job.Account)
	if scope == "" {
		scope = name
	}
	if c.shutsOut(e) {
		v.id = scope
		v.found(c.failed("identity", scope, errShutOut))
		return c.closed(v, scope, errShutOut)
	}
	cloud, err := inTurn(ctx, c.calls, func() (Cloud, error) { return c.Open(ctx, name) })
	if name != renewal.Self {
		c.hear(apiSTS, err)
	}
	cloud = bounded{cloud, c.calls}
	if err != nil {
		v.found(c.failed("role", scope, err))
		return c.closed(v, accountOf(name, c.job.Account), err)
	}
	if name != renewal.Self {
		v.found(c.good("role", scope, lang.Say("%s was assumed", "已扮演角色 %s", name)))
	}
	id, enters := c.identity(ctx, name, scope, cloud, &v)
	if v.id = id; id != "" {
		scope = id
	}
	if !enters {
		return c.closed(v, scope, nil)
	}
	if c.job.Policy.Caps.MinBalance.Known() {
		v.found(c.balance(ctx, scope, cloud))
	}
	entered := newAccount(id, cloud)
	v.add(c.products(ctx, scope, entered))
	regions, err := c.regions(ctx, scope, cloud, &v)
	if err != nil {
		return c.closed(v, scope, err)
	}
	if !c.job.Policy.Products.Listed() {
		return v
	}
	inRegions := make([]visit, len(regions))
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for i, region := range regions {
		group.Go(func() error {
			inRegions[i] = c.region(ctx, scope+"/"+region, c.newScope(entered, renewal.TraitsOf(""), region))
			return nil
		})
	}
	_ = group.Wait()
	for _, part := range inRegions {
		v.add(part)
	}
	return v
}

// regions gives those of an account that a run would look at. With all of them a
// run asks for them first, whatever products it looks after.
func (c *prober) regions(ctx context.Context, scope string, cloud Cloud, v *visit) ([]string, error) {
	if !c.job.AllRegions {
		return c.job.Regions, nil
	}
	regions, err := read(ctx, func() ([]string, error) { return cloud.Regions(ctx) })
	c.hear(apiECS(""), err)
	if err == nil && len(regions) == 0 && c.job.Policy.Products.Listed() {
		err = lang.Err("the account was said to have none", "接口未返回任何地域")
	}
	if err != nil {
		v.found(c.failed("regions", scope, err))
		return nil, err
	}
	v.found(c.good("regions", scope, lang.Say("%d regions", "共 %d 个地域", len(regions))))
	return regions, nil
}

// closed is a visit of an account of which nothing is listed.
func (c *prober) closed(v visit, id string, why error) visit {
	s := c.newScope(newAccount(id, nil), renewal.TraitsOf(""), "")
	s.fail(why)
	v.scopes = append(v.scopes, s)
	return v
}

// identity asks whose the credentials are. A run need not ask; a check does, so
// that people can see it. It also says whether a run would enter the account.
func (c *prober) identity(ctx context.Context, name, scope string, cloud Cloud, v *visit) (id string, enters bool) {
	claimed := accountOf(name, c.job.Account)
	id, err := read(ctx, func() (string, error) { return cloud.Identity(ctx) })
	c.hear(apiSTS, err)
	admitted, refused := c.admit(claimed, id, err)
	switch {
	case err != nil && refused == nil:
		v.gaps = append(v.gaps, c.untried("identity", scope, lang.Say("not known: there is no STS at this endpoint", "未知：该接入点没有 STS 服务")))
		return admitted, true
	case err != nil:
		v.found(c.failed("identity", scope, err))
		return claimed, c.believes(name) && !renewal.Classify(err).Denied
	case refused != nil:
		v.found(c.bad("identity", id, lang.Say("the credentials belong to account %s, which RENEW_EXPECT_ACCOUNTS does not name; use others, or name it there", "凭证属于账号 %s，不在 RENEW_EXPECT_ACCOUNTS 中；请更换凭证，或将该账号加入 RENEW_EXPECT_ACCOUNTS", id)))
		return id, false
	case c.job.Expect != nil:
		v.found(c.good("identity", id, lang.Say("account %s, which RENEW_EXPECT_ACCOUNTS names", "账号 %s，已列入 RENEW_EXPECT_ACCOUNTS", id)))
		return id, true
	}
	v.found(c.good("identity", id, lang.Say("account %s", "账号 %s", id)))
	return id, true
}

func (c *prober) balance(ctx context.Context, scope string, cloud Cloud) Probe {
	floor := c.job.Policy.Caps.MinBalance
	have, err := read(ctx, func() (renewal.Amount, error) { return cloud.Balance(ctx) })
	c.hear(apiBSS, err)
	if err != nil {
		return c.failed("balance", scope, err)
	}
	found := lang.Say("%s %s available, of which %s %s must stay", "可用余额 %s %s，须保留 %s %s", have, have.Currency, floor, floor.Currency)
	switch {
	case have.Currency != floor.Currency:
		return c.bad("balance", scope, lang.Say("%s; in different currencies nothing is paid: write RENEW_MIN_BALANCE in that of the account", "%s；币种不同，不会支付任何费用：请按账户币种填写 RENEW_MIN_BALANCE", found))
	case have.Value.LessThan(floor.Value):
		return c.bad("balance", scope, lang.Say("%s; nothing is paid: top the account up, or lower RENEW_MIN_BALANCE", "%s；不会支付任何费用：请充值，或调低 RENEW_MIN_BALANCE", found))
	}
	return c.good("balance", scope, found)
}

// region checks one region of an account, and reads its list to the end.
func (c *prober) region(ctx context.Context, name string, s *scope) (v visit) {
	v.scopes = []*scope{s}
	if s.region == "" {
		s.fail(errNoRegion)
		v.found(c.failed("list", name, errNoRegion))
		return v
	}
	err := do(ctx, func() error { return s.cloud.MayList(ctx, s.region) })
	if c.hear(apiECS(s.region), err); err != nil {
		s.fail(err)
		v.found(c.failed("list", name, err))
		return v
	}
	v.found(c.good("list", name, lang.Say("the role may list instances", "有权查询实例列表")))
	err = c.listScope(ctx, s)
	if c.hear(apiECS(s.region), err); err != nil {
		s.fail(err)
		v.found(c.failed("instances", name, err))
		return v
	}
	count := c.good("instances", name, lang.Say("subscriptions found: %d", "包年包月实例 %d 台", s.report.Listed))
	count.Count = s.report.Listed
	if trouble := s.trouble(); trouble != nil {
		count = c.failed("instances", name, trouble)
	}
	v.found(count)
	if s.next.ID == "" {
		v.gaps = append(v.gaps,
			c.untried("renewal-status", name, lang.Say("no instance to read it of", "没有可供查询续费状态的实例")),
			c.untried("price", name, lang.Say("no instance to price", "没有可供询价的实例")))
		return v
	}
	in := s.next
	in.Region = s.region
	v.found(c.status(ctx, name, in, s.cloud), c.price(ctx, name, in, s.cloud))
	return v
}

func (c *prober) status(ctx context.Context, scope string, in renewal.Instance, cloud Cloud) Probe {
	states, err := read(ctx, func() (map[string]renewal.AutoState, error) {
		return cloud.Product(in.Product).States(ctx, in.Region, []string{in.ID})
	})
	c.hear(apiECS(in.Region), err)
	state, there := states[in.ID]
	switch {
	case err != nil:
		return c.failed("renewal-status", scope, err)
	case !there || state.Mode == "" || state.Mode == renewal.Unknown:
		return c.bad("renewal-status", scope, lang.Say("%s: the cloud does not tell it, and what it does not tell of is never acted upon; look at it in the console", "%s：接口未返回续费状态，此类实例不会被处理；请到控制台核实", in.ID))
	}
	return c.good("renewal-status", scope, lang.Say("%s: %s", "%s：%s", in.ID, state.Mode))
}

// price asks what a renewal of an instance would cost. Where the settings pay
// for nothing, a price that cannot be had is worth a word, and no failure: the
// role need not have the right.
func (c *prober) price(ctx context.Context, scope string, in renewal.Instance, cloud Cloud) Probe {
	p := c.job.Policy
	amount, err := read(ctx, func() (renewal.Amount, error) { return cloud.Product(in.Product).Price(ctx, in.Region, in, p.Term) })
	c.hear(apiECS(in.Region), err)
	if err == nil {
		return c.good("price", scope, lang.Say("%s: %s %s (%s)", "%s：%s %s（%s）", in.ID, amount, amount.Currency, p.Term))
	}
	byPolicy, byTags := p.Reachable()
	pays := slices.Contains(byPolicy, renewal.Renew) || slices.Contains(byTags, renewal.Renew)
	e := renewal.Classify(err)
	switch unasked := e.Class == renewal.Terminal && e.Code == "" && e.Status == 0; {
	case !pays:
		return c.good("price", scope, lang.Say("not needed by these settings, and not to be had: %s", "当前设置不需要询价，也无法询价：%s", reason(err)))
	case unasked && !p.Caps.NeedsPrice(renewal.Decision{}):
		return c.good("price", scope, lang.Say("%s, and no setting needs one", "%s；当前设置不需要价格", reason(err)))
	}
	return c.failed("price", scope, err)
}

// whole gives what the calls tell together, and what no call could tell.
func (c *prober) whole() (v visit) {
	v.found(c.endpoints())
	switch {
	case c.skewed:
		v.found(c.bad("clock", "", lang.Say("the clock here is more than 15 minutes off, so signatures are refused: set it by NTP", "本机时钟偏差超过 15 分钟，签名被拒绝：请用 NTP 校时")))
	case c.accepted:
		v.found(c.good("clock", "", lang.Say("less than 15 minutes off, which is all that the cloud asks for", "偏差小于 15 分钟，符合签名要求")))
	default:
		v.found(c.bad("clock", "", lang.Say("not known: no signature was accepted; see the other lines", "未知：没有任何签名被接受，请先处理其他问题")))
	}
	if actions := c.toChange(); len(actions) > 0 {
		v.gaps = append(v.gaps, c.untried("rights-to-change", "", lang.Say("there is no dry run of them: %s; fc-renewer policy prints all that the role needs", "接口没有预检方式：%s；所需权限可用 fc-renewer policy 查看", strings.Join(actions, ", "))))
		for _, right := range c.Rights {
			if right.Use == renewal.ToTag && slices.Contains(actions, right.Action) {
				v.gaps = append(v.gaps, c.untried("right-to-tag", "", lang.Say("there is no dry run of %s; without it, a renewal that was refused once may go on being refused after the account was topped up", "%s 没有预检方式；缺少该权限时，被拒绝过一次的续费在账户充值之后仍可能继续被拒绝", right.Action)))
			}
		}
	}
	for _, day := range c.untilDays() {
		v.gaps = append(v.gaps, c.untried("until-day", "", lang.Say("%s: whether it is the account's unified expiry day, only a renewal tells, and where it is not every one is refused; compare it with the console (Expenses and Costs, Renewal, unified expiry day)", "%s：是否为账号设置的统一到期日，只有实际续费时才能得知，不一致时续费全部会被拒绝；请到控制台核对（费用与成本 - 续费管理 - 设置统一到期日）", day)))
	}
	return v
}

// untilDays are the settings and rules that renew up to a day.
func (c *prober) untilDays() (all []string) {
	if day := c.job.Policy.Term.UntilDay; day > 0 {
		all = append(all, fmt.Sprintf("RENEW_UNTIL_DAY=%d", day))
	}
	for _, rule := range c.job.Policy.Rules {
		if rule.UntilDay > 0 {
			all = append(all, fmt.Sprintf("until-day: %d (%s)", rule.UntilDay, rule.Name))
		}
	}
	return all
}

// endpoints says which APIs have not answered at all.
func (c *prober) endpoints() Probe {
	maps.DeleteFunc(c.silent, func(api string, _ error) bool { return c.answered[api] })
	if len(c.silent) == 0 {
		return c.good("endpoints", "", lang.Say("all that were called have answered: %d", "调用过的 %d 个接入点均有响应", len(c.answered)))
	}
	var list []lang.Text
	for _, api := range slices.Sorted(maps.Keys(c.silent)) {
		list = append(list, lang.Say("%s (%v)", "%s（%v）", api, c.silent[api]))
	}
	const shown = 3
	if more := len(list) - shown; more > 0 {
		list = append(list[:shown], lang.Say("and %d more", "另有 %d 个", more))
	}
	return c.bad("endpoints", "", lang.Say("no answer from %s; see whether there is a way to the internet: within a VPC without one, set RENEW_NETWORK=vpc (billing has no endpoint there); with RENEW_ENDPOINT, see whether it is up; a region that does not exist has no endpoint", "%s 没有响应；请检查网络：VPC 内没有公网出口时设置 RENEW_NETWORK=vpc（费用接口没有 VPC 接入点）；设置了 RENEW_ENDPOINT 时请确认其可用；不存在的地域没有接入点", lang.Join(list, lang.Say(", ", "、"))))
}

// toChange names the rights to change something that a run would need, and that
// nothing but a change can try.
func (c *prober) toChange() (actions []string) {
	if !c.job.acts() {
		return nil
	}
	byPolicy, _ := c.job.Policy.Reachable()
	pays := slices.Contains(byPolicy, renewal.Renew)
	sets := slices.ContainsFunc(byPolicy, func(a renewal.Action) bool { return a != renewal.Renew })
	for _, right := range c.Rights {
		if !right.For(c.job.Policy.Products) {
			continue
		}
		if right.Use == renewal.ToSwitch && sets || right.Use.Changes() && right.Use != renewal.ToSwitch && pays {
			actions = append(actions, right.Action)
		}
	}
	return actions
}
