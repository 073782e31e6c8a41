package local

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Where the columns of instances stand when one line is too narrow for them.
const (
	whoSlot = iota + 1
	placeSlot
	expirySlot
	termSlot
	decisionSlot
	outcomeSlot
)

// instances prints a row an instance.
func (p paper) instances(list []renewal.Entry) {
	p.heading(p.say(lang.Say("Instances (times in %s)", "实例（时间：%s）", p.zoneName())))
	stamp := p.stamps(list)
	of := func(title lang.Text, slot int, cell func(renewal.Entry) string) column {
		return columnOf(p.say(title), slot, list, cell)
	}
	p.table([]column{
		p.idOf(list), p.nameOf(list),
		of(lang.Say("account", "账号"), placeSlot, accountAmong(list)).cut(8),
		of(lang.Say("region", "地域"), placeSlot, func(e renewal.Entry) string { return message.Clean(e.Region) }).cut(8),
		of(lang.Say("product", "产品"), placeSlot, productAmong(list)),
		of(lang.Say("expires", "到期"), expirySlot, func(e renewal.Entry) string { return stamp(e.Expires.Time) }),
		of(lang.Say("days", "剩余天数"), termSlot, daysLeft).toTheRight(),
		of(lang.Say("decision", "决定"), decisionSlot, func(e renewal.Entry) string { return string(e.Decision) }),
		p.reasonsOf(list),
		of(lang.Say("period", "时长"), termSlot, func(e renewal.Entry) string { return e.Period }),
		of(lang.Say("outcome", "结果"), outcomeSlot, p.outcome),
		of(lang.Say("price", "价格"), outcomeSlot, func(e renewal.Entry) string { return e.Price }).toTheRight(),
		of(lang.Say("paid", "实付"), outcomeSlot, paidOtherwise).toTheRight(),
		of(lang.Say("new expiry", "新到期"), expirySlot, func(e renewal.Entry) string { return stamp(newExpiry(e)) }),
	})
}

func (p paper) idOf(list []renewal.Entry) column {
	return columnOf(p.say(lang.Say("id", "实例")), whoSlot, list, func(e renewal.Entry) string { return message.Clean(e.ID) }).cut(10)
}

func (p paper) nameOf(list []renewal.Entry) column {
	return columnOf(p.say(lang.Say("name", "名称")), whoSlot, list, func(e renewal.Entry) string { return message.Clean(e.Name) }).cut(8)
}

func (p paper) reasonsOf(list []renewal.Entry) column {
	return columnOf(p.say(lang.Say("reason", "原因")), decisionSlot, list, reasonOf).cut(10)
}

// reasonOf is the reason, and the rule that decided.
func reasonOf(e renewal.Entry) string {
	if e.Rule == "" {
		return string(e.Reason)
	}
	return string(e.Reason) + " (" + message.Clean(e.Rule) + ")"
}

func daysLeft(e renewal.Entry) string {
	if e.Expires.IsZero() {
		return ""
	}
	return fmt.Sprintf("%.1f", e.DaysLeft)
}

// paidOtherwise is what was paid, where it is not the price.
func paidOtherwise(e renewal.Entry) string {
	if e.Paid == e.Price {
		return ""
	}
	return e.Paid
}

func newExpiry(e renewal.Entry) time.Time {
	t, _ := time.Parse(time.RFC3339, e.NewExpires) // zero where there is none
	return t
}

// accountAmong tells accounts where there are several; productAmong tells
// products.
func accountAmong(list []renewal.Entry) func(renewal.Entry) string {
	return among(list, func(e renewal.Entry) string { return message.Clean(e.Account) })
}

func productAmong(list []renewal.Entry) func(renewal.Entry) string {
	return among(list, func(e renewal.Entry) string { return message.Clean(e.Product) })
}

func among(list []renewal.Entry, of func(renewal.Entry) string) func(renewal.Entry) string {
	several := slices.ContainsFunc(list, func(e renewal.Entry) bool { return of(e) != of(list[0]) })
	return func(e renewal.Entry) string {
		if !several {
			return ""
		}
		return of(e)
	}
}

// stamps gives the form of times: the date alone where all are of midnight.
func (p paper) stamps(list []renewal.Entry) func(time.Time) string {
	midnight := func(t time.Time) bool { return t.IsZero() || t.In(p.zone).Format("15:04") == "00:00" }
	if slices.ContainsFunc(list, func(e renewal.Entry) bool { return !midnight(e.Expires.Time) || !midnight(newExpiry(e)) }) {
		return p.minute
	}
	return func(t time.Time) string {
		date, _, _ := strings.Cut(p.minute(t), " ")
		return date
	}
}

// outcome is what came of it: what went well green, what waits yellow and what is
// wrong red.
func (p paper) outcome(e renewal.Entry) string {
	shown := string(e.Outcome)
	if !p.colours {
		return shown
	}
	switch e.Outcome {
	case renewal.Renewed, renewal.AutoRenewOn, renewal.AutoRenewIsOff, renewal.LapseSet:
		return text.FgGreen.Sprint(shown)
	case renewal.OutcomeFailed, renewal.OutcomeUnknown:
		return text.FgRed.Sprint(shown)
	case renewal.Held, renewal.Unverified, renewal.NotTried, renewal.Stale, renewal.Planned:
		return text.FgYellow.Sprint(shown)
	}
	return text.FgHiBlack.Sprint(shown)
}

// totals prints what the run comes to, and everything that it has to say
// besides the table.
func (p paper) totals(r renewal.Report) {
	c := r.Counts
	p.heading(p.say(lang.Say("Totals", "合计")))
	p.paragraph(2, p.joined(
		lang.Say("%d listed", "已查询 %d", c.Listed), lang.Say("%d due", "需处理 %d", c.Due),
		some(c.Renewed, lang.Say("%d renewed", "已续费 %d", c.Renewed)),
		some(c.AutoRenewOn, lang.Say("%d auto-renew-on", "已开启自动续费 %d", c.AutoRenewOn)),
		some(c.AutoRenewOff, lang.Say("%d auto-renew-off", "已关闭自动续费 %d", c.AutoRenewOff)),
		some(c.LetLapse, lang.Say("%d let-lapse", "已设为不续费 %d", c.LetLapse)),
		some(c.Planned, lang.Say("%d planned", "计划处理 %d", c.Planned)),
		some(c.Unverified, lang.Say("%d unverified", "待确认 %d", c.Unverified)),
		some(c.Unknown, lang.Say("%d unknown", "结果未知 %d", c.Unknown)),
		some(c.Failed, lang.Say("%d failed", "失败 %d", c.Failed)),
		some(c.Stale, lang.Say("%d stale", "已变化 %d", c.Stale)),
		some(c.NotTried, lang.Say("%d not-tried", "未处理 %d", c.NotTried)),
		some(c.Held, lang.Say("%d held", "未处理，需确认 %d", c.Held)),
	))
	if m := r.Money; m.Currency != "" {
		p.paragraph(2, p.sums(m))
	}
	for _, s := range r.Scopes {
		if !s.Complete {
			p.paragraph(2, p.say(lang.Say("incomplete: %s in account %s: %s", "实例列表不完整：%s，账号 %s：%s", message.Clean(s.Region), message.Clean(s.Account), message.Clean(s.Error))))
		}
	}
	for _, e := range r.Instances {
		if e.Error != "" {
			p.paragraph(2, p.say(lang.Say("%s: %s", "%s：%s", message.Clean(e.ID), message.Clean(e.Error))))
		}
	}
	if len(r.Lapsing) > 0 {
		p.paragraph(2, p.say(lang.Say("lapsing before the next run: %s", "下次运行前到期且未续费：%s", message.Clean(strings.Join(r.Lapsing, ", ")))))
	}
	for _, w := range r.Warnings {
		p.paragraph(2, p.say(lang.Say("warning: %s", "警告：%s", message.Clean(w))))
	}
	p.paragraph(2, p.say(lang.Say("status: %s", "状态：%s", string(r.Status))))
}

// some is a text about a number, unless that is 0.
func some(n int, t lang.Text) lang.Text {
	if n == 0 {
		return lang.Text{}
	}
	return t
}

// joined says texts in a row; empty ones are left out.
func (p paper) joined(texts ...lang.Text) string {
	texts = slices.DeleteFunc(texts, lang.Text.Empty)
	return p.say(lang.Join(texts, lang.Plain(" · ")))
}

func (p paper) sums(m renewal.Money) string {
	sum := func(amount string, t lang.Text) lang.Text {
		if amount == "" {
			return lang.Text{}
		}
		return t
	}
	return p.say(lang.Say("%s: %s", "%s：%s", m.Currency, p.joined(
		sum(m.Planned, lang.Say("planned %s", "计划 %s", m.Planned)),
		sum(m.Spent, lang.Say("spent %s", "已支付 %s", m.Spent)),
		sum(m.Unverified, lang.Say("unverified %s", "待确认 %s", m.Unverified)),
		sum(m.Held, lang.Say("held %s", "未处理，需确认 %s", m.Held)),
		sum(m.Cap, lang.Say("cap %s", "上限 %s", m.Cap)),
		sum(m.Balance, lang.Say("balance %s", "余额 %s", m.Balance)),
	)))
}
