package runner

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A Probe is one thing that a check has tried.
type Probe struct {
	Name    string `json:"name"`
	Scope   string `json:"scope"` // account, or account/region; "" = the whole
	OK      bool   `json:"ok"`
	Message string `json:"message"` // what was found, or what is wrong and what to do
}

// A CheckResult is what a check has found.
type CheckResult struct {
	OK     bool    `json:"ok"`
	Says   string  `json:"says"` // what the settings do, in words; its maker does not know them
	Probes []Probe `json:"probes"`
}

// Check tries what a run of job would need, in every account and region:
// credentials, rights, a list, the renewal status and the price of one
// instance, the balance where a setting asks for it. It changes nothing,
// whatever the job's action. The messages are in the language of the job's policy.
//
// An error is a *Stop: the settings turned out to be wrong.
func (r *Runner) Check(ctx context.Context, job Job) (CheckResult, error) {
	c := &prober{run: r.newRun(job), answered: map[string]bool{}, silent: map[string]error{}}
	c.time = newTimetable(ctx, c.start, job.Reserve)
	ctx, cancel := c.time.untilReport(ctx)
	defer cancel()

	entrances := c.entrances(ctx)
	found := make([][]Probe, len(entrances))
	ids := make([]string, len(entrances))
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for i, e := range entrances {
		group.Go(func() error { ids[i], found[i] = c.account(ctx, e); return nil })
	}
	_ = group.Wait() // what fails is in the probes
	for i, id := range ids {
		if id != "" && slices.Contains(ids[:i], id) {
			return CheckResult{}, &Stop{BadConfig, lang.Err("RENEW_ACCOUNTS leads to account %s twice; name every account once", "RENEW_ACCOUNTS 两次指向账号 %s；每个账号只能出现一次", id)}
		}
	}
	result := CheckResult{OK: true, Probes: slices.Concat(c.organization(), slices.Concat(found...), c.whole())}
	for _, p := range result.Probes {
		result.OK = result.OK && p.OK
	}
	return result, nil
}

// A prober is one check on its way.
type prober struct {
	*run

	mu       sync.Mutex
	answered map[string]bool  // APIs that have answered anything
	silent   map[string]error // APIs that have not, and how
	accepted bool             // a signature was accepted, and with it the time it was made
	skewed   bool             // a signature was refused for its time
}

func (c *prober) good(name, scope string, found lang.Text) Probe {
	return Probe{Name: name, Scope: scope, OK: true, Message: found.In(c.job.Policy.Lang)}
}

func (c *prober) bad(name, scope string, wrong lang.Text) Probe {
	return Probe{Name: name, Scope: scope, Message: wrong.In(c.job.Policy.Lang)}
}

func (c *prober) failed(name, scope string, err error) Probe {
	return c.bad(name, scope, lang.Say("%v", "%v", reason(err)))
}

// hear notes what a call tells besides its answer: whether anybody is there,
// and whether the clock here is right. A clock that is off is known by the code
// of the refusal alone; up to 15 minutes the cloud does not mind.
func (c *prober) hear(api string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := renewal.Classify(err)
	switch {
	case err == nil:
		c.answered[api], c.accepted = true, true
	case e.Skewed:
		c.answered[api], c.skewed = true, true
	case e.Code != "":
		c.answered[api] = true
		c.accepted = c.accepted || e.Unpermitted
	case e.Status == 0 && (e.Class == renewal.Retryable || e.Class == renewal.Ambiguous):
		c.silent[api] = reason(e.Err)
	}
}

const (
	apiSTS = "STS"
	apiBSS = "BSS"

	apiDirectory = "ResourceDirectoryMaster"
)

func apiECS(region string) string { return strings.TrimSpace("ECS " + region) }

// organization says what the list of members came to, and what was doubtful about
// the accounts that the settings name.
func (c *prober) organization() (found []Probe) {
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
		found = append(found, c.failed("organization", "", err))
	default:
		c.hear(apiDirectory, nil)
		found = append(found, c.good("organization", "", lang.Say("%d members; excluded: %d; being deleted, or not joined: %d", "共 %d 个成员；已排除 %d 个；正在删除或尚未加入 %d 个", len(c.members.ids), excluded, leaving)))
	}
	for _, doubt := range c.warnings {
		found = append(found, c.good("accounts", "", doubt.Text))
	}
	return found
}

// account checks an account that RENEW_ACCOUNTS leads to, and gives its id as far
// as it is known.
func (c *prober) account(ctx context.Context, e entrance) (id string, found []Probe) {
	name := e.name
	scope := accountOf(name, c.job.Account)
	if scope == "" {
		scope = name
	}
	if c.shutsOut(e) {
		return scope, []Probe{c.failed("identity", scope, errShutOut)}
	}
	cloud, err := inTurn(ctx, c.calls, func() (Cloud, error) { return c.Open(ctx, name) })
	if name != Self {
		c.hear(apiSTS, err)
	}
	cloud = bounded{cloud, c.calls}
	if err != nil {
		return "", []Probe{c.failed("role", scope, err)}
	}
	if name != Self {
		found = append(found, c.good("role", scope, lang.Say("%s was assumed", "已扮演角色 %s", name)))
	}
	id, identity, enters := c.identity(ctx, name, scope, cloud)
	if id != "" {
		scope, identity.Scope = id, id
	}
	if found = append(found, identity); !enters {
		return id, found
	}
	if c.job.Policy.Caps.MinBalance.Known() {
		found = append(found, c.balance(ctx, scope, cloud))
	}
	regions := c.job.Regions
	if c.job.AllRegions {
		regions, err = read(ctx, func() ([]string, error) { return cloud.Regions(ctx) })
		if c.hear(apiECS(""), err); err != nil {
			return id, append(found, c.failed("regions", scope, err))
		}
		if len(regions) == 0 {
			return id, append(found, c.bad("regions", scope, lang.Say("the account was said to have none", "接口未返回任何地域")))
		}
		found = append(found, c.good("regions", scope, lang.Say("%d regions", "共 %d 个地域", len(regions))))
	}
	inRegions := make([][]Probe, len(regions))
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for i, region := range regions {
		group.Go(func() error { inRegions[i] = c.region(ctx, scope+"/"+region, region, cloud); return nil })
	}
	_ = group.Wait()
	return id, slices.Concat(found, slices.Concat(inRegions...))
}

// identity asks whose the credentials are. A run need not ask; a check does, so
// that people can see it. It also says whether a run would enter the account.
func (c *prober) identity(ctx context.Context, name, scope string, cloud Cloud) (id string, p Probe, enters bool) {
	claimed := accountOf(name, c.job.Account)
	id, err := read(ctx, func() (string, error) { return cloud.Identity(ctx) })
	c.hear(apiSTS, err)
	admitted, refused := c.admit(claimed, id, err)
	switch {
	case err != nil && refused == nil:
		return admitted, c.good("identity", scope, lang.Say("not known: there is no STS at this endpoint", "未知：该接入点没有 STS 服务")), true
	case err != nil:
		return claimed, c.failed("identity", scope, err), c.believes(name) && !renewal.Classify(err).Denied
	case refused != nil:
		return id, c.bad("identity", scope, lang.Say("the credentials belong to account %s, which RENEW_EXPECT_ACCOUNTS does not name; use others, or name it there", "凭证属于账号 %s，不在 RENEW_EXPECT_ACCOUNTS 中；请更换凭证，或将该账号加入 RENEW_EXPECT_ACCOUNTS", id)), false
	case c.job.Expect != nil:
		return id, c.good("identity", scope, lang.Say("account %s, which RENEW_EXPECT_ACCOUNTS names", "账号 %s，已列入 RENEW_EXPECT_ACCOUNTS", id)), true
	}
	return id, c.good("identity", scope, lang.Say("account %s", "账号 %s", id)), true
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

// region checks one region of an account.
func (c *prober) region(ctx context.Context, scope, region string, cloud Cloud) (found []Probe) {
	if region == "" {
		return []Probe{c.failed("list", scope, errNoRegion)}
	}
	err := do(ctx, func() error { return cloud.MayList(ctx, region) })
	if c.hear(apiECS(region), err); err != nil {
		return []Probe{c.failed("list", scope, err)}
	}
	found = append(found, c.good("list", scope, lang.Say("the role may list instances", "有权查询实例列表")))

	type page struct {
		instances []renewal.Instance
		next      string
	}
	first, err := read(ctx, func() (p page, err error) {
		p.instances, p.next, err = cloud.Page(ctx, region, c.start.Add(-listBack), c.start.Add(listAhead), "")
		return p, err
	})
	if c.hear(apiECS(region), err); err != nil {
		return append(found, c.failed("instances", scope, err))
	}
	count := lang.Say("subscriptions found: %d", "包年包月实例 %d 台", len(first.instances))
	if first.next != "" {
		count = lang.Say("subscriptions found: %d on the first page, and more follow", "包年包月实例 %d 台（仅第一页，后面还有）", len(first.instances))
	}
	found = append(found, c.good("instances", scope, count))

	in, there := c.sample(first.instances)
	in.Region = region
	if !there {
		return append(found,
			c.good("renewal-status", scope, lang.Say("no instance to read it of", "没有可供查询续费状态的实例")),
			c.good("price", scope, lang.Say("no instance to price", "没有可供询价的实例")))
	}
	return append(found, c.status(ctx, scope, in, cloud), c.price(ctx, scope, in, cloud))
}

// sample picks an instance to ask about: the one that expires next.
func (c *prober) sample(list []renewal.Instance) (renewal.Instance, bool) {
	current := slices.DeleteFunc(slices.Clone(list), func(in renewal.Instance) bool {
		return !in.Subscription || !in.Expires.After(c.start)
	})
	if len(current) == 0 {
		return renewal.Instance{}, false
	}
	return slices.MinFunc(current, renewal.NearestExpiry), true
}

func (c *prober) status(ctx context.Context, scope string, in renewal.Instance, cloud Cloud) Probe {
	states, err := read(ctx, func() (map[string]renewal.AutoState, error) {
		return cloud.States(ctx, in.Region, []string{in.ID})
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
	amount, err := read(ctx, func() (renewal.Amount, error) { return cloud.Price(ctx, in.Region, in.ID, p.Term) })
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

// whole gives what the calls tell together.
func (c *prober) whole() []Probe {
	found := []Probe{c.endpoints()}
	switch {
	case c.skewed:
		found = append(found, c.bad("clock", "", lang.Say("the clock here is more than 15 minutes off, so signatures are refused: set it by NTP", "本机时钟偏差超过 15 分钟，签名被拒绝：请用 NTP 校时")))
	case c.accepted:
		found = append(found, c.good("clock", "", lang.Say("less than 15 minutes off, which is all that the cloud asks for", "偏差小于 15 分钟，符合签名要求")))
	default:
		found = append(found, c.bad("clock", "", lang.Say("not known: no signature was accepted; see the other lines", "未知：没有任何签名被接受，请先处理其他问题")))
	}
	if actions := c.untried(); len(actions) > 0 {
		found = append(found, c.good("rights-to-change", "", lang.Say("not tried, for want of a dry run: %s; fc-renewer policy prints all that the role needs", "未验证（接口没有预检方式）：%s；所需权限可用 fc-renewer policy 查看", strings.Join(actions, ", "))))
		for _, right := range c.Rights {
			if right.Use == renewal.ToTag && slices.Contains(actions, right.Action) {
				found = append(found, c.good("right-to-tag", "", lang.Say("not tried, for want of a dry run: %s; without it, a renewal that was refused once may go on being refused after the account was topped up", "未验证（接口没有预检方式）：%s；缺少该权限时，被拒绝过一次的续费在账户充值之后仍可能继续被拒绝", right.Action)))
			}
		}
	}
	return found
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

// untried names the rights to change something that a run would need, and that
// nothing but a change can try.
func (c *prober) untried() (actions []string) {
	if !c.job.acts() {
		return nil
	}
	byPolicy, _ := c.job.Policy.Reachable()
	pays := slices.Contains(byPolicy, renewal.Renew)
	sets := slices.ContainsFunc(byPolicy, func(a renewal.Action) bool { return a != renewal.Renew })
	for _, right := range c.Rights {
		if right.Use == renewal.ToSwitch && sets || right.Use.Changes() && right.Use != renewal.ToSwitch && pays {
			actions = append(actions, right.Action)
		}
	}
	return actions
}
