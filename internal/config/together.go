package config

import (
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// finish settles what depends on more than one setting.
func (c *Config) finish() (problems []error) {
	p := &c.Policy
	p.Caps.MaxSpend = c.money.spend.amount(p.Site)
	p.Caps.MaxPrice = c.money.price.amount(p.Site)
	p.Caps.MinBalance = c.money.balance.amount(p.Site)
	p.Approval.Above = c.money.approval.amount(p.Site)
	if c.given["RENEW_UNTIL_DAY"] && c.given["RENEW_PERIOD"] {
		problems = append(problems, lang.Err("RENEW_UNTIL_DAY and RENEW_PERIOD are both set; a renewal is for a period or up to a day: remove one",
			"同时设置了 RENEW_UNTIL_DAY 和 RENEW_PERIOD；续费要么按时长，要么到统一到期日：请删除其中一个"))
	}
	if p.Term.UntilDay > 0 {
		p.Term.Period = renewal.Period{}
	}
	problems = append(problems, c.finishProducts()...)
	problems = append(problems, c.readRules()...)
	problems = append(problems, c.tooNarrow()...)
	if p.Approval.Until > 0 && !p.AsksForApproval() {
		problems = append(problems, lang.Err("RENEW_APPROVAL_UNTIL is set, and no payment waits for approval; set RENEW_APPROVAL, or approval: true in a rule, or remove it",
			"设置了 RENEW_APPROVAL_UNTIL，但没有续费需要批准；请设置 RENEW_APPROVAL 或规则的 approval: true，或删除该设置"))
	}
	return append(problems, c.endless()...)
}

// changesNothing says whether a run of these settings cannot change anything.
func (c *Config) changesNothing() bool {
	caps := c.Policy.Caps
	return !c.Policy.Acts() || caps.MaxCount == 0 && !caps.NoMaxCount
}

// tooNarrow finds a window that the time between two runs leaps over.
func (c *Config) tooNarrow() []error {
	p := c.Policy
	if p.Window >= p.NextRun || p.Window == 0 || c.changesNothing() {
		return nil
	}
	return []error{lang.Err("RENEW_WINDOW (%s) is shorter than RENEW_NEXT_RUN (%s): what expires in between would never be due; lengthen the one, or run more often and shorten the other",
		"RENEW_WINDOW（%s）短于 RENEW_NEXT_RUN（%s）：在两次运行之间到期的实例永远轮不到处理；请加长前者，或提高运行频率并缩短后者", inUnits(p.Window), inUnits(p.NextRun))}
}

// endless finds renewals that would be due again as soon as they are paid. In a
// dry run, which pays for nothing, they are worth a warning: so a policy can be
// tried on all that there is.
func (c *Config) endless() []error {
	problems := endlessBySettings(c.Policy)
	for _, rule := range c.Policy.Rules {
		problems = append(problems, endlessByRule(c.Policy, rule)...)
	}
	if !c.Policy.DryRun {
		return problems
	}
	for _, err := range problems {
		c.Warnings = append(c.Warnings, lang.Say("%v; this is let through because RENEW_DRY_RUN=true pays for nothing", "%v；RENEW_DRY_RUN=true 不会付款，因此放行", err))
	}
	return nil
}

// A reach is how long before or after an expiry something is renewed.
type reach struct {
	name   lang.Text
	length time.Duration
}

func setting(name string, length time.Duration) reach { return reach{lang.Plain(name), length} }

// nextRun: what would be over before the next run is due whatever its window.
func nextRun(p renewal.Policy) reach {
	return reach{lang.Say("RENEW_NEXT_RUN with its hour of slack", "RENEW_NEXT_RUN（另加一小时）"), p.BeforeNextRun()}
}

func endlessBySettings(p renewal.Policy) []error {
	period := lang.Say("the period", "续费时长")
	switch {
	case p.Action == renewal.Renew:
		return covers(period, p.Term, setting("RENEW_WINDOW", p.Window), setting("RENEW_BACKSTOP", p.Backstop), setting("RENEW_RESCUE", p.Rescue), nextRun(p))
	case p.Action == renewal.AutoRenew && p.TooLate == renewal.Renew:
		// What is paid for expires within two days: only a rescue can repeat.
		return covers(period, p.Term, setting("RENEW_RESCUE", p.Rescue))
	}
	return nil
}

func endlessByRule(p renewal.Policy, rule renewal.Rule) []error {
	pays := rule.Action == renewal.Renew || rule.Action == "" && p.Action == renewal.Renew
	own := rule.Term() != (renewal.Term{}) || rule.Window > 0
	if p.Action == renewal.ReportOnly || !pays || !own && p.Action == renewal.Renew {
		return nil
	}
	term, window := p.Term, setting("RENEW_WINDOW", p.Window)
	if rule.Term() != (renewal.Term{}) {
		term = rule.Term()
	}
	if rule.Window > 0 {
		window = reach{lang.Say("the window of rule %q", "规则 %q 的 window", rule.Name), rule.Window}
	}
	return covers(lang.Say("the period of rule %q", "规则 %q 的续费时长", rule.Name), term,
		window, setting("RENEW_BACKSTOP", p.Backstop), setting("RENEW_RESCUE", p.Rescue), nextRun(p))
}

// covers tells of every reach that is as long as the shortest that term can be.
func covers(whose lang.Text, term renewal.Term, reaches ...reach) (problems []error) {
	shortest := term.Shortest()
	for _, r := range reaches {
		if shortest > 0 && r.length >= shortest {
			problems = append(problems, lang.Err("%v is as long as %v (%s, at least %d days): what is renewed would be due again, for ever; shorten the one or lengthen the other",
				"%v 不短于%v（%s，至少 %d 天）：续费后会立刻再次到期，循环不止；请缩短前者或加长后者", r.name, whose, term, shortest/renewal.Day))
		}
	}
	return problems
}
