package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Describe says in words what the function does by these settings, a sentence a
// line: first whether it changes anything at all, then what it does, then
// everything that is not as it would be by default. It shows no secret.
func Describe(c Config, l lang.Language) string {
	normal, _ := Read(Environment{}) // the defaults of the table, which have no problems
	w := &description{Config: c, normal: normal, lang: l}
	w.brake()
	w.action()
	w.products()
	w.money()
	w.edges()
	w.selection()
	w.policies()
	w.accounts()
	w.pace()
	w.telling()
	w.cloud()
	return strings.Join(w.lines, "\n")
}

// A description on its way.
type description struct {
	Config
	normal Config // as it would be by default
	lang   lang.Language
	lines  []string
}

// line adds a sentence.
func (w *description) line(t lang.Text) { w.lines = append(w.lines, t.In(w.lang)) }

func (w *description) set(name string) bool { return w.given[name] }

// brake says first whether anything is changed at all.
func (w *description) brake() {
	p := w.Policy
	switch {
	case p.DryRun:
		w.line(lang.Say("Dry run: changes nothing and pays nothing, whatever else is set (RENEW_DRY_RUN=true). What it plans:",
			"试运行：无论其他设置如何，都不做任何变更，也不支付任何费用（RENEW_DRY_RUN=true）。计划如下："))
	case p.Action == renewal.ReportOnly:
		w.line(lang.Say("Report only: changes nothing and pays nothing (RENEW_ACTION=report).",
			"仅报告：不做任何变更，也不支付任何费用（RENEW_ACTION=report）。"))
	case w.changesNone():
		w.line(lang.Say("Changes nothing: RENEW_MAX_COUNT is 0, so whatever is due is held.",
			"不做任何变更：RENEW_MAX_COUNT 为 0，需处理的实例全部拦截。"))
	}
}

func (w *description) changesNone() bool {
	return w.Policy.Caps.MaxCount == 0 && !w.Policy.Caps.NoMaxCount
}

// action is the main sentence: what is done to what, where, and how much of it.
func (w *description) action() {
	p := w.Policy
	what := lang.Say("what expires within %s %s", "%[2]s%[1]s内到期的实例", span(p.Window), w.where())
	limits := w.limits()
	switch p.Action {
	case renewal.Renew:
		w.line(lang.Say("Renews %[1]s %[2]s%[3]s.", "%[2]s：%[1]s%[3]s。", term(p.Term), what, limits))
	case renewal.AutoRenew:
		w.line(lang.Say("Switches auto-renewal on, for %[1]s at a time, for %[2]s%[3]s.", "%[2]s：开启自动续费，每次 %[1]s%[3]s。", length(p.AutoPeriod), what, limits))
	case renewal.AutoRenewOff:
		w.line(lang.Say("Switches auto-renewal off for %s%s.", "%s：关闭自动续费%s。", what, limits))
	case renewal.LetLapse:
		w.line(lang.Say("Sets %s to do-not-renew, so that it ends%s.", "%s：设为到期不续费%s。", what, limits))
	default:
		w.line(lang.Say("Reports %s.", "%s：列入报告。", what))
	}
}

// where names regions and accounts.
func (w *description) where() lang.Text {
	var text lang.Text
	switch {
	case w.AllRegions:
		text = lang.Say("in all regions", "所有地域")
	case len(w.Regions) == 0:
		text = lang.Say("in the function's own region", "函数所在地域")
	case len(w.Regions) == 1:
		text = lang.Say("in %s", "%s 地域", w.Regions[0])
	default:
		text = lang.Say("in %d regions (%s)", "%d 个地域（%s）", len(w.Regions), several(w.Regions))
	}
	if slices.Equal(w.Accounts, []string{renewal.Self}) {
		return lang.Say("%s", "%s中 ", text)
	}
	var names []lang.Text
	for _, name := range w.Accounts {
		names = append(names, account(name))
	}
	if len(w.Regions) > 0 {
		text = lang.Say("%s", " %s", text) // a name in Latin letters stands apart
	}
	if slices.ContainsFunc(w.Accounts, func(name string) bool { return strings.HasPrefix(name, renewal.Organization) }) {
		return lang.Say("%[1]s of %[2]s", "%[2]s 的%[1]s中 ", text, texts(names)) // who they are is known when they are listed
	}
	if len(names) == 1 {
		return lang.Say("%[1]s of account %[2]s", "账号 %[2]s 的%[1]s中 ", text, names[0])
	}
	return lang.Say("%[1]s of %[2]d accounts (%[3]s)", "%[2]d 个账号（%[3]s）的%[1]s中 ", text, len(names), texts(names))
}

// account shortens the ARN of a role to the id of its account.
func account(name string) lang.Text {
	if name == renewal.Self {
		return lang.Say("its own", "本账号")
	}
	if role, ok := strings.CutPrefix(name, renewal.Organization); ok {
		return lang.Say("every member of the organisation (role %s)", "资源目录的每个成员（角色 %s）", role)
	}
	return lang.Plain(strings.Split(name, ":")[3])
}

// products are what is looked after besides or instead of servers, and what it is
// taken to cost.
func (w *description) products() {
	p := w.Policy
	switch {
	case p.Products.All:
		w.line(lang.Say("Looks after every subscription of the accounts, of whatever product (RENEW_PRODUCTS=all); what cannot be renewed from here is told.",
			"管理账号内所有产品的包年包月资源（RENEW_PRODUCTS=all）；无法在此续费的产品会给出提示。"))
	case w.set("RENEW_PRODUCTS"):
		w.line(lang.Say("Looks after these products: %s.", "管理的产品：%s。", strings.Join(p.Products.List(), ", ")))
	}
	for _, key := range slices.Sorted(maps.Keys(p.Prices)) {
		w.line(lang.Say("A month of %s is taken to cost %s at most, since the cloud quotes no price for it.", "%s 每月按不超过 %s 计（云平台不提供询价）。", key, amount(p.Prices[key])))
	}
}

// limits are the caps on one run.
func (w *description) limits() lang.Text {
	caps := w.Policy.Caps
	if w.changesNone() {
		return lang.Text{}
	}
	number := lang.Say("any number of instances", "台数不限")
	if !caps.NoMaxCount {
		number = count(caps.MaxCount, lang.Say("at most 1 instance", "最多 1 台"), lang.Say("at most %d instances", "最多 %d 台", caps.MaxCount))
	}
	switch spend := amount(caps.MaxSpend); {
	case !caps.MaxSpend.Known():
		return lang.Say(", %s a run", "；每次运行%s", number)
	case caps.NoMaxCount:
		return lang.Say(", %s and at most %s a run", "；每次运行%s，总额不超过 %s", number, spend)
	default:
		return lang.Say(", %s and %s a run", "；每次运行%s，总额不超过 %s", number, spend)
	}
}

// money says what else limits spending, and when nothing does.
func (w *description) money() {
	caps := w.Policy.Caps
	if w.Policy.Action == renewal.ReportOnly {
		return
	}
	if caps.MaxPrice.Known() {
		w.line(lang.Say("No single renewal may cost more than %s.", "单台续费不超过 %s。", amount(caps.MaxPrice)))
	}
	if caps.MinBalance.Known() {
		w.line(lang.Say("At least %s must stay available in the account.", "账户可用余额至少保留 %s。", amount(caps.MinBalance)))
	}
	w.approvals()
	if w.can(renewal.Renew) && !caps.MaxSpend.Known() && !caps.MaxPrice.Known() && !w.changesNone() {
		w.line(lang.Say("There is no cap on the money (RENEW_MAX_SPEND, RENEW_MAX_PRICE).", "没有设置金额上限（RENEW_MAX_SPEND、RENEW_MAX_PRICE）。"))
	}
}

// approvals are the payments that wait for a person.
func (w *description) approvals() {
	a := w.Policy.Approval
	switch {
	case a.All:
		w.line(lang.Say("Every payment waits for a person who approves it.", "每笔续费都要等人批准。"))
	case a.Above.Known():
		w.line(lang.Say("Payments above %s, or without a price, wait for a person who approves them.", "高于 %s 或没有价格的续费，要等人批准。", amount(a.Above)))
	case w.Policy.AsksForApproval():
		w.line(lang.Say("Payments of some rules wait for a person who approves them.", "部分规则的续费要等人批准。"))
	}
	if a.Until > 0 {
		w.line(lang.Say("Closer to its expiry than %s no payment waits any more.", "离到期不足 %s的续费不再等待。", span(a.Until)))
	}
}

// can says whether an action can come of these settings, tags included.
func (w *description) can(a renewal.Action) bool {
	byPolicy, byTags := w.Policy.Reachable()
	return slices.Contains(byPolicy, a) || slices.Contains(byTags, a)
}

// edges are the cases around the expiry.
func (w *description) edges() {
	p := w.Policy
	if p.Rescue > 0 {
		w.line(lang.Say("Renews also what expired up to %s ago and is not yet released.", "过期不超过 %s、尚未释放的实例也会续费。", span(p.Rescue)))
	}
	if p.Backstop > 0 {
		w.line(lang.Say("Renews by hand what auto-renews, and is still unpaid %s before its expiry.", "已开启自动续费、到期前 %s仍未扣款的实例，由函数续费。", span(p.Backstop)))
	}
	if p.Upcoming > 0 {
		w.line(lang.Say("Tells also what will be due within %s after the window.", "窗口之后 %s内将要处理的实例，也会提前通知。", span(p.Upcoming)))
	}
	if len(p.Freeze) > 0 {
		var days []string
		for _, s := range p.Freeze {
			days = append(days, s.String())
		}
		w.line(lang.Say("Changes nothing on %s, but what could not be secured after that.", "%s 不做任何变更，冻结结束后来不及处理的实例除外。", several(days)))
	}
	switch {
	case p.TooLate == renewal.Renew:
		w.line(lang.Say("What expires before auto-renewal can work (%s) is renewed %s instead.", "%s内到期、自动续费来不及生效的实例，改为%s。", span(renewal.LateForAuto), term(p.Term)))
	case p.Action == renewal.AutoRenew:
		w.line(lang.Say("What expires before auto-renewal can work (%s) is only reported.", "%s内到期、自动续费来不及生效的实例，仅报告。", span(renewal.LateForAuto)))
	}
	if p.Action != renewal.Renew && p.TooLate != renewal.Renew && (w.set("RENEW_PERIOD") || w.set("RENEW_UNTIL_DAY")) && w.can(renewal.Renew) {
		w.line(lang.Say("Where a rule or a tag asks for renewal, it renews %s.", "规则或标签要求续费时：%s。", term(p.Term)))
	}
	if p.Action != renewal.AutoRenew && w.set("RENEW_AUTO_PERIOD") && w.can(renewal.AutoRenew) {
		w.line(lang.Say("Where a rule or a tag asks for auto-renewal, it is for %s at a time.", "规则或标签要求自动续费时：每次 %s。", length(p.AutoPeriod)))
	}
}

// selection says what is in scope, and what is left alone.
func (w *description) selection() {
	in, out := w.Policy.Include, w.Policy.Exclude
	var parts []lang.Text
	add := func(holds bool, t lang.Text) {
		if holds {
			parts = append(parts, t)
		}
	}
	join := func() lang.Text { return lang.Join(parts, lang.Say("; ", "；")) }
	add(len(in.IDs) > 0, lang.Say("its id is %s", "ID 为 %s", either(in.IDs)))
	add(len(in.Names) > 0, lang.Say("its name is like %s", "名称匹配 %s", either(patternTexts(in.Names))))
	add(len(in.Tags) > 0, lang.Say("it has the tags %s", "带有标签 %s", several(tagTexts(in.Tags))))
	add(in.ResourceGroup != "", lang.Say("it is in resource group %s", "属于资源组 %s", in.ResourceGroup))
	add(in.SecurityGroup != "", lang.Say("it is in security group %s", "属于安全组 %s", in.SecurityGroup))
	add(in.VPC != "", lang.Say("it is in VPC %s", "属于专有网络 %s", in.VPC))
	if len(parts) > 0 {
		w.line(lang.Say("An instance is acted upon only if all of this holds: %s.", "只处理同时满足以下条件的实例：%s。", join()))
	}
	parts = nil
	add(len(out.IDs) > 0, lang.Say("the id %s", "ID 为 %s", either(out.IDs)))
	add(len(out.Names) > 0, lang.Say("a name like %s", "名称匹配 %s", either(patternTexts(out.Names))))
	add(len(out.Tags) > 0, lang.Say("the tag %s", "带有标签 %s", either(tagTexts(out.Tags))))
	if len(parts) > 0 {
		w.line(lang.Say("Left alone is what has any of these: %s.", "符合任一条件的实例不处理：%s。", join()))
	}
}

// policies are rules and tags.
func (w *description) policies() {
	p := w.Policy
	if len(p.Rules) > 0 {
		const shown = 12
		var rules []lang.Text
		for _, rule := range p.Rules[:min(len(p.Rules), shown)] {
			rules = append(rules, whatOf(rule))
		}
		if more := len(p.Rules) - shown; more > 0 {
			rules = append(rules, lang.Say("and %d more", "另有 %d 条", more))
		}
		number := count(len(p.Rules), lang.Say("1 rule comes", "1 条规则优先"), lang.Say("%d rules come", "%d 条规则优先", len(p.Rules)))
		w.line(lang.Say("%s before these settings; the first that holds decides: %s.", "%s于上述设置，按第一条符合的执行：%s。", number, lang.Join(rules, lang.Say("; ", "；"))))
		if p.Action == renewal.ReportOnly {
			w.line(lang.Say("What they ask for is only shown in the report.", "规则要求的操作只在报告中显示。"))
		}
	}
	tags := func(names ...string) lang.Text {
		for i := range names {
			names[i] = p.TagPrefix + names[i]
		}
		return several(names)
	}
	switch {
	case p.TagTrust == renewal.TrustOff:
		w.line(lang.Say("Tags on instances change nothing (RENEW_TAG_TRUST=off).", "实例标签不起作用（RENEW_TAG_TRUST=off）。"))
	case p.TagTrust == renewal.TrustFull:
		w.line(lang.Say("The tags %s decide for an instance, also for more than these settings say (RENEW_TAG_TRUST=full).",
			"以实例标签 %s 为准，可以超出上述设置（RENEW_TAG_TRUST=full）。", tags("action", "period", "until")))
	case p.TagPrefix != w.normal.Policy.TagPrefix:
		w.line(lang.Say("The tags %s can only lessen what is done to an instance.", "实例标签 %s 只能减少操作。", tags("action", "period", "until")))
	}
}

// whatOf says what a rule asks for.
func whatOf(r renewal.Rule) lang.Text {
	what := lang.Say("as the settings say", "按上述设置")
	switch r.Action {
	case renewal.Skip:
		what = lang.Say("leave alone", "跳过")
	case renewal.ReportOnly:
		what = lang.Say("only report", "仅报告")
	case renewal.Renew:
		what = lang.Say("renew", "续费")
	case renewal.AutoRenew:
		what = lang.Say("switch auto-renewal on", "开启自动续费")
	case renewal.AutoRenewOff:
		what = lang.Say("switch auto-renewal off", "关闭自动续费")
	case renewal.LetLapse:
		what = lang.Say("set do-not-renew", "设为到期不续费")
	}
	if pays := r.Action == "" || r.Action == renewal.Renew || r.Action == renewal.AutoRenew; pays && r.Period != (renewal.Period{}) {
		what = lang.Say("%s for %s", "%s，时长 %s", what, length(r.Period))
	}
	if r.UntilDay > 0 {
		what = lang.Say("%s up to day %d of a month", "%s，到统一到期日（每月 %d 日）", what, r.UntilDay)
	}
	if r.Window > 0 {
		what = lang.Say("%s, within %s of its expiry", "%s，到期前 %s内", what, span(r.Window))
	}
	if r.MaxPrice.Known() {
		what = lang.Say("%s, at most %s each", "%s，单台不超过 %s", what, amount(r.MaxPrice))
	}
	if r.MaxSpend.Known() {
		what = lang.Say("%s, at most %s in a run", "%s，每次运行总额不超过 %s", what, amount(r.MaxSpend))
	}
	if len(r.Notify) > 0 {
		what = lang.Say("%s, telling %s", "%s，通知 %s", what, several(r.Notify))
	}
	return lang.Say("%s (%s)", "%s（%s）", r.Name, what)
}

// accounts are the guard, and how other accounts are entered.
func (w *description) accounts() {
	if len(w.ExpectAccounts) > 0 {
		w.line(lang.Say("Goes on only where the credentials belong to account %s.", "仅当凭证属于账号 %s 时才继续。", either(w.ExpectAccounts)))
	}
	if len(w.ExcludeAccounts) > 0 {
		w.line(lang.Say("Leaves these accounts alone: %s.", "不处理以下账号：%s。", several(w.ExcludeAccounts)))
	}
	if n := w.Policy.ExpectCount; n > 0 {
		w.line(lang.Say("Fewer than %d subscriptions listed is trouble.", "查询到的实例少于 %d 个视为异常。", n))
	}
	if w.ExternalID != "" && !slices.Equal(w.Accounts, []string{renewal.Self}) {
		w.line(lang.Say("Roles are assumed with an external id.", "扮演角色时使用外部 ID。"))
	}
}

// pace is what is otherwise than by default about time and speed.
func (w *description) pace() {
	if next := w.Policy.NextRun; next != w.normal.Policy.NextRun {
		w.line(lang.Say("The next run is taken to be %s away; what ends before it is called lapsing.", "预计 %s后再次运行，在此之前到期的实例列入“下次运行前将到期”。", span(next)))
	}
	if w.Reserve != w.normal.Reserve {
		w.line(lang.Say("Keeps %s at the end for verification and the report.", "结束前预留 %s用于核实和报告。", span(w.Reserve)))
	}
	if w.Verify != w.normal.Verify {
		w.line(lang.Say("Waits up to %s for a new expiry to show.", "等待新的到期时间生效，最长 %s。", span(w.Verify)))
	}
	if w.Concurrency != w.normal.Concurrency {
		w.line(lang.Say("Makes up to %d calls at once, per account and region.", "每个账号的每个地域最多同时发起 %d 个调用。", w.Concurrency))
	}
}

// telling is who is told, when and how.
func (w *description) telling() {
	language := map[lang.Language]lang.Text{lang.English: lang.Say("English", "英文"), lang.Chinese: lang.Say("Chinese", "中文")}[w.Policy.Lang]
	if len(w.Policy.Channels) > 0 {
		when := map[string]lang.Text{
			"always":   lang.Say("after every run", "每次运行后"),
			"changes":  lang.Say("after runs with something due, done, wrong or upcoming", "有到期、即将处理、有操作或有异常时"),
			"problems": lang.Say("after runs with problems", "有异常时"),
		}[w.NotifyOn]
		number := count(len(w.Policy.Channels), lang.Say("1 webhook", "1 个 webhook"), lang.Say("%d webhooks", "%d 个 webhook", len(w.Policy.Channels)))
		w.line(lang.Say("Tells %[1]s, in %[2]s, %[3]s.", "%[3]s，用%[2]s通知 %[1]s。", number, language, when))
	} else if w.Policy.Lang != w.normal.Policy.Lang {
		w.line(lang.Say("Its messages are in %s.", "消息语言：%s。", language))
	}
	if w.set("RENEW_HEARTBEAT") {
		w.line(lang.Say("Fetches the heartbeat's URL after every complete run.", "每次完整运行后访问心跳地址。"))
	}
	if zone := w.Policy.Zone; zone != nil && zone.String() != w.normal.Policy.Zone.String() {
		w.line(lang.Say("Dates, also those in tags, are in the zone %s.", "日期（包括标签中的日期）所用时区：%s。", zone))
	}
	if w.LogLevel != w.normal.LogLevel {
		w.line(lang.Say("The log begins at the level %s.", "日志级别：%s。", strings.ToLower(w.LogLevel.String())))
	}
}

// cloud is which cloud is called, and how.
func (w *description) cloud() {
	if w.Policy.Site == renewal.Intl {
		w.line(lang.Say("The account is one of the international site.", "账号属于国际站。"))
	}
	if w.Network == "vpc" {
		w.line(lang.Say("Calls the cloud at its endpoints inside the VPC.", "通过 VPC 内网接入点调用阿里云。"))
	}
	if w.Endpoint != nil {
		w.line(lang.Say("Every call goes to %s, and none to the cloud's own endpoints.", "所有调用都发往 %s，而不是阿里云的接入点。", w.Endpoint.Scheme+"://"+w.Endpoint.Host))
	}
}

// term is how long, or until when, something is renewed.
func term(t renewal.Term) lang.Text {
	if t.UntilDay > 0 {
		return lang.Say("up to day %d of a month, the account's unified expiry day,", "续费到统一到期日（每月 %d 日）", t.UntilDay)
	}
	return lang.Say("for %s", "续费 %s", length(t.Period))
}

// length is a period in words.
func length(p renewal.Period) lang.Text {
	switch n := p.Months; {
	case p.Weeks > 0:
		return count(p.Weeks, lang.Say("1 week", "1 周"), lang.Say("%d weeks", "%d 周", p.Weeks))
	case n%12 == 0:
		return count(n/12, lang.Say("1 year", "1 年"), lang.Say("%d years", "%d 年", n/12))
	default:
		return count(n, lang.Say("1 month", "1 个月"), lang.Say("%d months", "%d 个月", n))
	}
}

// span is a duration in the largest unit that gives a whole number.
func span(d time.Duration) lang.Text {
	in := func(unit time.Duration) int { return int(d / unit) }
	switch {
	case d > 0 && d%renewal.Day == 0:
		return count(in(renewal.Day), lang.Say("1 day", "1 天"), lang.Say("%d days", "%d 天", in(renewal.Day)))
	case d > 0 && d%time.Hour == 0:
		return count(in(time.Hour), lang.Say("1 hour", "1 小时"), lang.Say("%d hours", "%d 小时", in(time.Hour)))
	case d > 0 && d%time.Minute == 0:
		return count(in(time.Minute), lang.Say("1 minute", "1 分钟"), lang.Say("%d minutes", "%d 分钟", in(time.Minute)))
	}
	return count(in(time.Second), lang.Say("1 second", "1 秒"), lang.Say("%d seconds", "%d 秒", in(time.Second)))
}

// count picks the words for one or for many.
func count(n int, one, many lang.Text) lang.Text {
	if n == 1 {
		return one
	}
	return many
}

const listed = 8 // of a list; the rest is counted

func several(all []string) lang.Text { return texts(plain(all)) }

func texts(all []lang.Text) lang.Text {
	if more := len(all) - listed; more > 0 {
		return lang.Say("%s, and %d more", "%s，以及另外 %d 个", inARow(all[:listed]), more)
	}
	return inARow(all)
}

// either is a list of which one will do.
func either(names []string) lang.Text {
	all := plain(names)
	switch more, last := len(all)-listed, len(all)-1; {
	case more > 0:
		return lang.Say("%s or one of %d more", "%s，或另外 %d 个之一", inARow(all[:listed]), more)
	case last > 0:
		return lang.Say("%s or %s", "%s、%s", inARow(all[:last]), all[last])
	}
	return inARow(all)
}

func inARow(all []lang.Text) lang.Text { return lang.Join(all, lang.Say(", ", "、")) }

func plain(all []string) (texts []lang.Text) {
	for _, text := range all {
		texts = append(texts, lang.Plain(text))
	}
	return texts
}

func patternTexts(patterns []renewal.Pattern) (out []string) {
	for _, p := range patterns {
		out = append(out, p.String())
	}
	return out
}

func tagTexts(tags []renewal.Tag) (out []string) {
	for _, t := range tags {
		out = append(out, t.String())
	}
	return out
}

// amount writes money for people: cents only where there are some.
func amount(a renewal.Amount) string {
	return strings.TrimSuffix(a.String(), ".00") + " " + a.Currency
}
