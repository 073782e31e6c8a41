package local

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// A state is how something was found by a check.
type state int

const (
	fine state = iota
	wrong
	untried
)

// A finding is one line of a check, for people.
type finding struct {
	state   state
	name    string
	where   string // account, or account/region; "" = the whole
	message string
	count   int // of what was found, where that is counted
}

// account is the one that the finding is about; "" = none.
func (f finding) account() string {
	account, _, _ := strings.Cut(f.where, "/")
	return account
}

// findings are all that a check has to say, line by line.
func (p paper) findings(r runner.CheckResult) (all []finding) {
	for _, probe := range r.Probes {
		f := finding{fine, p.probeName(probe.Name), probe.Scope, probe.Message, probe.Count}
		if !probe.OK {
			f.state = wrong
		}
		all = append(all, f)
	}
	for _, g := range r.NotTried {
		all = append(all, finding{untried, p.probeName(g.Name), g.Scope, g.Message, 0})
	}
	return all
}

// checked prints what a check has found: folded, or, on request, line by line.
func (p paper) checked(r runner.CheckResult, verbose bool) {
	all := p.findings(r)
	if !verbose {
		all = p.fold(all)
	}
	slices.SortStableFunc(all, func(a, b finding) int { return cmp.Compare(a.state/untried, b.state/untried) }) // what was not tried comes last
	states, names := 0, 0
	for _, f := range all {
		states, names = max(states, text.StringWidth(p.stateName(f.state))+gap), max(names, text.StringWidth(f.name)+gap)
	}
	for _, f := range all {
		if f.where != "" {
			f.message = f.where + strings.Repeat(" ", gap) + f.message
		}
		p.indented(p.verdict(f.state, states)+text.Pad(f.name, names, ' '), states+names, f.message)
	}
	p.coverage(r.Coverage)
	if len(r.Warnings) > 0 {
		p.line("")
	}
	for _, w := range r.Warnings {
		p.paragraph(2, p.say(lang.Say("warning: %s", "警告：%s", w)))
	}
	bad := 0
	for _, probe := range r.Probes {
		if !probe.OK {
			bad++
		}
	}
	if bad == 0 {
		p.line("\n%s", p.say(lang.Say("All is ok.", "全部正常。")))
		return
	}
	p.line("\n%s", p.say(lang.Say("Not ok: %d of %d.", "%d 项异常，共 %d 项。", bad, len(r.Probes))))
}

// fold puts what is alike into one line: with several accounts all that are well,
// and each that fails; and in one account the regions.
func (p paper) fold(all []finding) (folded []finding) {
	var accounts []string
	failing := map[string][]finding{}
	for _, f := range all {
		account := f.account()
		if account == "" {
			continue
		}
		if !slices.Contains(accounts, account) {
			accounts = append(accounts, account)
		}
		if f.state == wrong {
			failing[account] = append(failing[account], f)
		}
	}
	if len(accounts) < 2 {
		return p.foldAlike(all)
	}
	if well := len(accounts) - len(failing); well > 0 {
		folded = append(folded, p.wellOf(all, well, failing))
	}
	for _, account := range accounts {
		if list := failing[account]; list != nil {
			folded = append(folded, p.failingOf(account, list))
		}
	}
	rest := slices.DeleteFunc(slices.Clone(all), func(f finding) bool { return f.account() != "" && f.state != untried })
	return append(folded, p.foldAlike(rest)...)
}

// wellOf is all accounts that are well in one line.
func (p paper) wellOf(all []finding, well int, failing map[string][]finding) finding {
	var tried []string
	listed := 0
	for _, f := range all {
		if f.account() == "" || f.state != fine || failing[f.account()] != nil {
			continue
		}
		listed += f.count
		if !slices.Contains(tried, f.name) {
			tried = append(tried, f.name)
		}
	}
	return finding{state: fine, where: p.say(lang.Say("%d accounts", "%d 个账号", well)),
		name:    p.say(lang.Say("accounts", "账号")),
		message: p.say(lang.Say("%s; subscriptions found: %d", "%s；包年包月实例 %d 台", strings.Join(tried, ", "), listed))}
}

// failingOf is an account that fails in one line.
func (p paper) failingOf(account string, list []finding) finding {
	first := list[0]
	said := lang.Say("%s: %s", "%s：%s", first.name, first.message)
	if _, region, found := strings.Cut(first.where, "/"); found {
		said = lang.Say("%s in %s: %s", "%s（地域 %s）：%s", first.name, region, first.message)
	}
	if more := len(list) - 1; more > 0 {
		said = lang.Say("%v (and %d more: -v shows them)", "%v（另有 %d 项，-v 查看）", said, more)
	}
	return finding{state: wrong, name: p.say(lang.Say("account", "账号")), where: account, message: p.say(said)}
}

// foldAlike puts what was found alike in several places into one line. What is
// wrong is folded only where the same is wrong.
func (p paper) foldAlike(all []finding) (folded []finding) {
	type kind struct {
		state   state
		name    string
		message string
	}
	together := map[kind][]finding{}
	kindOf := func(f finding) kind {
		k := kind{f.state, f.name, f.message}
		if f.state == fine {
			k.message = ""
		}
		return k
	}
	for _, f := range all {
		together[kindOf(f)] = append(together[kindOf(f)], f)
	}
	for _, f := range all {
		list := together[kindOf(f)]
		if list == nil {
			continue // told with the first of them
		}
		delete(together, kindOf(f))
		if f.where == "" {
			folded = append(folded, list...) // each says something of its own
			continue
		}
		folded = append(folded, p.inOne(list))
	}
	return folded
}

// inOne makes one finding of several that are alike.
func (p paper) inOne(list []finding) finding {
	one := list[0]
	if len(list) == 1 {
		return one
	}
	same, count := true, 0
	for _, f := range list {
		same, count = same && f.message == one.message, count+f.count
	}
	switch {
	case count > 0:
		one.message = p.say(lang.Say("subscriptions found: %d", "包年包月实例 %d 台", count))
	case !same:
		one.message = p.say(lang.Say("such as %s", "例如 %s", one.message))
	}
	if one.state == wrong {
		one.message = p.say(lang.Say("%s (%s)", "%s（%s）", one.message, p.placesOf(list)))
	}
	deepest := 0
	for _, f := range list {
		deepest = max(deepest, strings.Count(f.where, "/"))
	}
	switch deepest {
	case 0:
		one.where = p.say(lang.Say("%d accounts", "%d 个账号", len(list)))
	case 1:
		one.where = p.say(lang.Say("%d regions", "%d 个地域", len(list)))
	default: // regions of several products
		one.where = p.say(lang.Say("%d places", "%d 处", len(list)))
	}
	return one
}

// placesOf names the places of findings, the first of them.
func (p paper) placesOf(list []finding) string {
	var names []string
	for _, f := range list {
		names = append(names, f.where)
	}
	const shown = 5
	if more := len(names) - shown; more > 0 {
		return p.say(lang.Say("%s and %d more", "%s 等，另有 %d 个", strings.Join(names[:shown], ", "), more))
	}
	return strings.Join(names, ", ")
}

// coverage prints what the settings and rules fit of everything that was listed.
func (p paper) coverage(c *runner.Coverage) {
	if c == nil {
		return
	}
	p.heading(p.say(lang.Say("What the settings fit", "设置的匹配情况")))
	p.paragraph(2, p.say(lang.Say("Looked after: %d of the %d that were listed.", "在处理范围内：%d 个，共查询到 %d 个。", c.LooksAfter(), c.Listed)))
	if others := c.NotSelected + c.Excluded; others > 0 {
		p.paragraph(2, p.say(lang.Say("Not looked after: %d (%d not selected, %d excluded), of which %d lapse before the next run.",
			"不在范围内：%d 个（未选中 %d 个，已排除 %d 个），其中下次运行前到期 %d 个。", others, c.NotSelected, c.Excluded, c.LapsingUnselected)))
	}
	type fit struct{ kind, entry, fits, decides, nearest string }
	of := func(n int) string { return p.say(lang.Say("%d of %d", "%d（共 %d）", n, c.Listed)) }
	var fits []fit
	for _, e := range c.Entries {
		fits = append(fits, fit{e.Setting, e.Entry, of(e.Matched), "", e.Nearest})
	}
	for _, r := range c.Rules {
		fits = append(fits, fit{p.say(lang.Say("rule", "规则")), r.Name, of(r.Holds), fmt.Sprint(r.Decides), r.Nearest})
	}
	col := func(title lang.Text, cell func(fit) string) column { return columnOf(p.say(title), 0, fits, cell) }
	decides := col(lang.Say("decides", "决定"), func(f fit) string { return f.decides }).toTheRight()
	kind := col(lang.Say("setting", "设置"), func(f fit) string { return f.kind })
	entry := col(lang.Say("entry or rule", "条目或规则"), func(f fit) string { return f.entry }).cut(13)
	how := col(lang.Say("fits", "匹配"), func(f fit) string { return f.fits }).toTheRight()
	nearest := col(lang.Say("nearest", "最接近"), func(f fit) string { return f.nearest }).cut(10)
	p.table([]column{kind, entry, how, decides, nearest})
}

// verdict says a state: in a column of this width, and in a colour where there are
// some.
func (p paper) verdict(s state, width int) string {
	shown := text.Pad(p.stateName(s), width, ' ')
	if p.colours {
		return map[state]text.Color{fine: text.FgGreen, wrong: text.FgRed, untried: text.FgYellow}[s].Sprint(shown)
	}
	return shown
}

func (p paper) stateName(s state) string {
	switch s {
	case wrong:
		return p.say(lang.Say("WRONG", "异常"))
	case untried:
		return p.say(lang.Say("not tried", "未验证"))
	}
	return p.say(lang.Say("ok", "正常"))
}

// probeName is the name of a probe for people; one that is not known here is shown
// as it is.
func (p paper) probeName(name string) string {
	for known, t := range map[string]lang.Text{
		"role":             lang.Say("role", "角色"),
		"identity":         lang.Say("identity", "身份"),
		"organization":     lang.Say("organization", "资源目录"),
		"balance":          lang.Say("balance", "余额"),
		"regions":          lang.Say("regions", "地域"),
		"list":             lang.Say("list", "查询权限"),
		"instances":        lang.Say("instances", "实例"),
		"subscriptions":    lang.Say("subscriptions", "包年包月"),
		"orders":           lang.Say("orders", "订单"),
		"names":            lang.Say("names", "名称与标签"),
		"renewal-status":   lang.Say("renewal status", "续费状态"),
		"price":            lang.Say("price", "询价"),
		"endpoints":        lang.Say("endpoints", "接入点"),
		"clock":            lang.Say("clock", "时钟"),
		"coverage":         lang.Say("coverage", "匹配"),
		"freeze":           lang.Say("freeze", "冻结期"),
		"environment":      lang.Say("environment", "环境变量"),
		"rights-to-change": lang.Say("rights to change", "变更权限"),
		"right-to-tag":     lang.Say("right to tag", "打标签权限"),
		"until-day":        lang.Say("unified day", "统一到期日"),
	} {
		if known == name {
			return p.say(t)
		}
	}
	return name
}
