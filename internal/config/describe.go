package config

import (
	"fmt"
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

// say says something in the language of the description. Both texts take the
// same arguments.
func (w *description) say(english, chinese string, args ...any) string {
	return lang.Say(english, chinese, args...).In(w.lang)
}

func (w *description) chinese() bool { return w.lang == lang.Chinese }

// line adds a sentence. Both texts take the same arguments.
func (w *description) line(english, chinese string, args ...any) {
	w.lines = append(w.lines, w.say(english, chinese, args...))
}

func (w *description) set(name string) bool { return w.given[name] }

// brake says first whether anything is changed at all.
func (w *description) brake() {
	p := w.Policy
	switch {
	case p.DryRun:
		w.line("Dry run: changes nothing and pays nothing, whatever else is set (RENEW_DRY_RUN=true). What it plans:",
			"试运行：无论其他设置如何，都不做任何变更，也不支付任何费用（RENEW_DRY_RUN=true）。计划如下：")
	case p.Action == renewal.ReportOnly:
		w.line("Report only: changes nothing and pays nothing (RENEW_ACTION=report).",
			"仅报告：不做任何变更，也不支付任何费用（RENEW_ACTION=report）。")
	case w.changesNone():
		w.line("Changes nothing: RENEW_MAX_COUNT is 0, so whatever is due is held.",
			"不做任何变更：RENEW_MAX_COUNT 为 0，需处理的实例全部拦截。")
	}
}

func (w *description) changesNone() bool {
	return w.Policy.Caps.MaxCount == 0 && !w.Policy.Caps.NoMaxCount
}

// action is the main sentence: what is done to what, where, and how much of it.
func (w *description) action() {
	p := w.Policy
	what := w.say("what expires within %s %s", "%[2]s%[1]s内到期的实例", w.time(p.Window), w.where())
	limits := w.limits()
	switch p.Action {
	case renewal.Renew:
		w.line("Renews %[1]s %[2]s%[3]s.", "%[2]s：%[1]s%[3]s。", w.term(p.Term), what, limits)
	case renewal.AutoRenew:
		w.line("Switches auto-renewal on, for %[1]s at a time, for %[2]s%[3]s.", "%[2]s：开启自动续费，每次 %[1]s%[3]s。", w.period(p.AutoPeriod), what, limits)
	case renewal.AutoRenewOff:
		w.line("Switches auto-renewal off for %s%s.", "%s：关闭自动续费%s。", what, limits)
	case renewal.LetLapse:
		w.line("Sets %s to do-not-renew, so that it ends%s.", "%s：设为到期不续费%s。", what, limits)
	default:
		w.line("Reports %s.", "%s：列入报告。", what)
	}
}

// where names regions and accounts.
func (w *description) where() string {
	var text string
	switch {
	case w.AllRegions:
		text = w.say("in all regions", "所有地域")
	case len(w.Regions) == 0:
		text = w.say("in the function's own region", "函数所在地域")
	case len(w.Regions) == 1:
		text = w.say("in %s", "%s 地域", w.Regions[0])
	default:
		text = w.say("in %d regions (%s)", "%d 个地域（%s）", len(w.Regions), w.list(w.Regions))
	}
	if slices.Equal(w.Accounts, []string{Self}) {
		return text + w.say("", "中 ")
	}
	var names []string
	for _, account := range w.Accounts {
		names = append(names, w.account(account))
	}
	if w.chinese() && len(w.Regions) > 0 {
		text = " " + text
	}
	if len(names) == 1 {
		return w.say("%s of account %s", "账号 %[2]s 的%[1]s中 ", text, names[0])
	}
	return w.say("%s of %d accounts (%s)", "%[2]d 个账号（%[3]s）的%[1]s中 ", text, len(names), w.list(names))
}

// account shortens the ARN of a role to the id of its account.
func (w *description) account(name string) string {
	if name == Self {
		return w.say("its own", "本账号")
	}
	return strings.Split(name, ":")[3]
}

// limits are the caps on one run.
func (w *description) limits() string {
	caps := w.Policy.Caps
	if w.changesNone() {
		return ""
	}
	var parts []string
	if caps.NoMaxCount {
		parts = append(parts, w.say("any number of instances", "台数不限"))
	} else {
		parts = append(parts, w.say("at most ", "最多 ")+w.count(caps.MaxCount, "instance", " 台"))
	}
	if caps.MaxSpend.Known() {
		parts = append(parts, w.say("at most %s", "总额不超过 %s", amount(caps.MaxSpend)))
	}
	if w.chinese() {
		return "；每次运行" + strings.Join(parts, "，")
	}
	if len(parts) == 2 && !caps.NoMaxCount {
		parts[1] = strings.TrimPrefix(parts[1], "at most ")
	}
	return ", " + strings.Join(parts, " and ") + " a run"
}

// money says what else limits spending, and when nothing does.
func (w *description) money() {
	caps := w.Policy.Caps
	if w.Policy.Action == renewal.ReportOnly {
		return
	}
	if caps.MaxPrice.Known() {
		w.line("No single renewal may cost more than %s.", "单台续费不超过 %s。", amount(caps.MaxPrice))
	}
	if caps.MinBalance.Known() {
		w.line("At least %s must stay available in the account.", "账户可用余额至少保留 %s。", amount(caps.MinBalance))
	}
	if w.can(renewal.Renew) && !caps.MaxSpend.Known() && !caps.MaxPrice.Known() && !w.changesNone() {
		w.line("There is no cap on the money (RENEW_MAX_SPEND, RENEW_MAX_PRICE).", "没有设置金额上限（RENEW_MAX_SPEND、RENEW_MAX_PRICE）。")
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
		w.line("Renews also what expired up to %s ago and is not yet released.", "过期不超过 %s、尚未释放的实例也会续费。", w.time(p.Rescue))
	}
	if p.Backstop > 0 {
		w.line("Renews by hand what auto-renews, and is still unpaid %s before its expiry.", "已开启自动续费、到期前 %s仍未扣款的实例，由函数续费。", w.time(p.Backstop))
	}
	switch {
	case p.TooLate == renewal.Renew:
		w.line("What expires before auto-renewal can work (%s) is renewed %s instead.", "%s内到期、自动续费来不及生效的实例，改为%s。", w.time(renewal.LateForAuto), w.term(p.Term))
	case p.Action == renewal.AutoRenew:
		w.line("What expires before auto-renewal can work (%s) is only reported.", "%s内到期、自动续费来不及生效的实例，仅报告。", w.time(renewal.LateForAuto))
	}
	if p.Action != renewal.Renew && p.TooLate != renewal.Renew && (w.set("RENEW_PERIOD") || w.set("RENEW_UNTIL_DAY")) && w.can(renewal.Renew) {
		w.line("Where a rule or a tag asks for renewal, it renews %s.", "规则或标签要求续费时：%s。", w.term(p.Term))
	}
	if p.Action != renewal.AutoRenew && w.set("RENEW_AUTO_PERIOD") && w.can(renewal.AutoRenew) {
		w.line("Where a rule or a tag asks for auto-renewal, it is for %s at a time.", "规则或标签要求自动续费时：每次 %s。", w.period(p.AutoPeriod))
	}
}

// selection says what is in scope, and what is left alone.
func (w *description) selection() {
	in, out := w.Policy.Include, w.Policy.Exclude
	var parts []string
	add := func(holds bool, english, chinese string, args ...any) {
		if holds {
			parts = append(parts, w.say(english, chinese, args...))
		}
	}
	join := func() string { return strings.Join(parts, w.say("; ", "；")) }
	add(len(in.IDs) > 0, "its id is %s", "ID 为 %s", w.either(in.IDs))
	add(len(in.Names) > 0, "its name is like %s", "名称匹配 %s", w.either(patternTexts(in.Names)))
	add(len(in.Tags) > 0, "it has the tags %s", "带有标签 %s", w.list(tagTexts(in.Tags)))
	add(in.ResourceGroup != "", "it is in resource group %s", "属于资源组 %s", in.ResourceGroup)
	add(in.SecurityGroup != "", "it is in security group %s", "属于安全组 %s", in.SecurityGroup)
	add(in.VPC != "", "it is in VPC %s", "属于专有网络 %s", in.VPC)
	if len(parts) > 0 {
		w.line("An instance is acted upon only if all of this holds: %s.", "只处理同时满足以下条件的实例：%s。", join())
	}
	parts = nil
	add(len(out.IDs) > 0, "the id %s", "ID 为 %s", w.either(out.IDs))
	add(len(out.Names) > 0, "a name like %s", "名称匹配 %s", w.either(patternTexts(out.Names)))
	add(len(out.Tags) > 0, "the tag %s", "带有标签 %s", w.either(tagTexts(out.Tags)))
	if len(parts) > 0 {
		w.line("Left alone is what has any of these: %s.", "符合任一条件的实例不处理：%s。", join())
	}
}

// policies are rules and tags.
func (w *description) policies() {
	p := w.Policy
	if len(p.Rules) > 0 {
		var list []string
		for _, rule := range p.Rules {
			list = append(list, w.rule(rule))
		}
		const shown = 12
		if more := len(list) - shown; more > 0 {
			list = append(list[:shown], w.say("and %d more", "另有 %d 条", more))
		}
		number := w.say("%d rules come", "%d 条规则优先", len(list))
		if len(p.Rules) == 1 {
			number = w.say("1 rule comes", "1 条规则优先")
		}
		w.line("%s before these settings; the first that holds decides: %s.", "%s于上述设置，按第一条符合的执行：%s。", number, strings.Join(list, w.say("; ", "；")))
		if p.Action == renewal.ReportOnly {
			w.line("What they ask for is only shown in the report.", "规则要求的操作只在报告中显示。")
		}
	}
	tags := func(names ...string) string {
		for i := range names {
			names[i] = p.TagPrefix + names[i]
		}
		return w.list(names)
	}
	switch {
	case p.TagTrust == renewal.TrustOff:
		w.line("Tags on instances change nothing (RENEW_TAG_TRUST=off).", "实例标签不起作用（RENEW_TAG_TRUST=off）。")
	case p.TagTrust == renewal.TrustFull:
		w.line("The tags %s decide for an instance, also for more than these settings say (RENEW_TAG_TRUST=full).",
			"以实例标签 %s 为准，可以超出上述设置（RENEW_TAG_TRUST=full）。", tags("action", "period", "until"))
	case p.TagPrefix != w.normal.Policy.TagPrefix:
		w.line("The tags %s can only lessen what is done to an instance.", "实例标签 %s 只能减少操作。", tags("action", "period", "until"))
	}
}

// rule says what a rule asks for.
func (w *description) rule(r renewal.Rule) string {
	length := ""
	if r.Period != (renewal.Period{}) {
		length = w.say(" for ", " ") + w.period(r.Period)
	}
	what := map[renewal.Action]string{
		renewal.Skip:         w.say("leave alone", "跳过"),
		renewal.ReportOnly:   w.say("only report", "仅报告"),
		renewal.Renew:        w.say("renew", "续费") + length,
		renewal.AutoRenew:    w.say("switch auto-renewal on", "开启自动续费") + length,
		renewal.AutoRenewOff: w.say("switch auto-renewal off", "关闭自动续费"),
		renewal.LetLapse:     w.say("set do-not-renew", "设为到期不续费"),
		"":                   w.say("as the settings say", "按上述设置") + length,
	}[r.Action]
	if r.MaxPrice.Known() {
		what += w.say(", at most %s each", "，单台不超过 %s", amount(r.MaxPrice))
	}
	return w.say("%s (%s)", "%s（%s）", r.Name, what)
}

// accounts are the guard, and how other accounts are entered.
func (w *description) accounts() {
	if len(w.ExpectAccounts) > 0 {
		w.line("Goes on only where the credentials belong to account %s.", "仅当凭证属于账号 %s 时才继续。", w.either(w.ExpectAccounts))
	}
	if w.ExternalID != "" && !slices.Equal(w.Accounts, []string{Self}) {
		w.line("Roles are assumed with an external id.", "扮演角色时使用外部 ID。")
	}
}

// pace is what is otherwise than by default about time and speed.
func (w *description) pace() {
	for _, s := range []struct {
		english, chinese string
		value, normal    any
	}{
		{"The next run is taken to be %s away; what ends before it is called lapsing.", "预计 %s后再次运行，在此之前到期的实例列入“下次运行前将到期”。", w.Policy.NextRun, w.normal.Policy.NextRun},
		{"Keeps %s at the end for verification and the report.", "结束前预留 %s用于核实和报告。", w.Reserve, w.normal.Reserve},
		{"Waits up to %s for a new expiry to show.", "等待新的到期时间生效，最长 %s。", w.Verify, w.normal.Verify},
		{"Makes up to %v calls at once, per account and region.", "每个账号的每个地域最多同时发起 %v 个调用。", w.Concurrency, w.normal.Concurrency},
	} {
		shown := s.value
		if d, ok := shown.(time.Duration); ok {
			shown = w.time(d)
		}
		if s.value != s.normal {
			w.line(s.english, s.chinese, shown)
		}
	}
}

// telling is who is told, when and how.
func (w *description) telling() {
	language := map[lang.Language]string{lang.English: w.say("English", "英文"), lang.Chinese: w.say("Chinese", "中文")}[w.Policy.Lang]
	if len(w.Channels) > 0 {
		when := map[string]string{
			"always":   w.say("after every run", "每次运行后"),
			"changes":  w.say("after runs with something due, done or wrong", "有到期、有操作或有异常时"),
			"problems": w.say("after runs with problems", "有异常时"),
		}[w.NotifyOn]
		number := w.say("%d webhooks", "%d 个 webhook", len(w.Channels))
		if len(w.Channels) == 1 {
			number = w.say("1 webhook", "1 个 webhook")
		}
		w.line("Tells %s, in %s, %s.", "%[3]s，用%[2]s通知 %[1]s。", number, language, when)
	} else if w.Policy.Lang != w.normal.Policy.Lang {
		w.line("Its messages are in %s.", "消息语言：%s。", language)
	}
	if w.set("RENEW_HEARTBEAT") {
		w.line("Fetches the heartbeat's URL after every complete run.", "每次完整运行后访问心跳地址。")
	}
	if zone := w.Policy.Zone; zone != nil && zone.String() != w.normal.Policy.Zone.String() {
		w.line("Dates, also those in tags, are in the zone %s.", "日期（包括标签中的日期）所用时区：%s。", zone)
	}
	if w.LogLevel != w.normal.LogLevel {
		w.line("The log begins at the level %s.", "日志级别：%s。", strings.ToLower(w.LogLevel.String()))
	}
}

// cloud is which cloud is called, and how.
func (w *description) cloud() {
	if w.Policy.Site == renewal.Intl {
		w.line("The account is one of the international site.", "账号属于国际站。")
	}
	if w.Network == "vpc" {
		w.line("Calls the cloud at its endpoints inside the VPC.", "通过 VPC 内网接入点调用阿里云。")
	}
	if w.Endpoint != nil {
		w.line("Every call goes to %s, and none to the cloud's own endpoints.", "所有调用都发往 %s，而不是阿里云的接入点。", w.Endpoint.Scheme+"://"+w.Endpoint.Host)
	}
}

// term is how long, or until when, something is renewed.
func (w *description) term(t renewal.Term) string {
	if t.UntilDay > 0 {
		return w.say("up to day %d of a month, the account's unified expiry day,", "续费到统一到期日（每月 %d 日）", t.UntilDay)
	}
	return w.say("for ", "续费 ") + w.period(t.Period)
}

func (w *description) period(p renewal.Period) string {
	switch {
	case p.Weeks > 0:
		return w.count(p.Weeks, "week", " 周")
	case p.Months%12 == 0:
		return w.count(p.Months/12, "year", " 年")
	}
	return w.count(p.Months, "month", " 个月")
}

// time is a duration in the largest unit that gives a whole number.
func (w *description) time(d time.Duration) string {
	for _, unit := range []struct {
		length           time.Duration
		english, chinese string
	}{{renewal.Day, "day", " 天"}, {time.Hour, "hour", " 小时"}, {time.Minute, "minute", " 分钟"}} {
		if d > 0 && d%unit.length == 0 {
			return w.count(int(d/unit.length), unit.english, unit.chinese)
		}
	}
	return w.count(int(d/time.Second), "second", " 秒")
}

func (w *description) count(n int, english, chinese string) string {
	if w.chinese() {
		return fmt.Sprint(n) + chinese
	}
	if n != 1 {
		english += "s"
	}
	return fmt.Sprintf("%d %s", n, english)
}

const listed = 8 // of a list; the rest is counted

func (w *description) list(all []string) string { return w.joined(all, ", ", ", and ") }

// either is a list of which one will do.
func (w *description) either(all []string) string { return w.joined(all, " or ", " or one of ") }

func (w *description) joined(all []string, last, beforeMore string) string {
	switch more := len(all) - listed; {
	case more > 0 && w.chinese():
		return fmt.Sprintf("%s 等 %d 个", strings.Join(all[:listed], "、"), len(all))
	case more > 0:
		return fmt.Sprintf("%s%s%d more", strings.Join(all[:listed], ", "), beforeMore, more)
	case w.chinese():
		return strings.Join(all, "、")
	case len(all) < 2:
		return strings.Join(all, "")
	}
	n := len(all) - 1
	return strings.Join(all[:n], ", ") + last + all[n]
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
