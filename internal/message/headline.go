package message

import (
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// title begins every message.
func title() lang.Text { return lang.Say("fc-renewer: ", "fc-renewer：") }

// between separates the parts of the first line.
func between() lang.Text { return lang.Plain(" · ") }

// headline writes the first line, in two parts: status with its urgency, then
// count, money and the days left of the nearest problem. It is all that a
// locked phone shows.
func (t teller) headline(groups map[group][]renewal.Entry) (head, sum string) {
	left, troubled := t.nearestTrouble(groups)
	var status []lang.Text
	if t.r.RequestID == sampleID {
		status = append(status, lang.Say("SAMPLE", "测试消息"))
	}
	if t.r.DryRun {
		status = append(status, lang.Say("DRY RUN", "试运行"))
	}
	if urgency := urgency(left); troubled && !urgency.Empty() {
		status = append(status, urgency)
	}
	switch came := t.status(t.r.Status); { // "ok" beside "urgent" would not be understood
	case t.r.Status == renewal.OK && t.r.Action == renewal.ReportOnly && t.r.Counts.Due > 0:
		status = append(status, lang.Say("REPORT ONLY", "仅提醒"))
	case t.r.DryRun:
		status = append(status, lang.Say("would be %v", "实际运行预计%v", came))
	default:
		status = append(status, came)
	}

	parts := []lang.Text{t.count()}
	if t.r.Counts.Due > 0 && !Complete(t.r) {
		parts = append(parts, lang.Say("lists incomplete", "实例列表不完整"))
	}
	parts = append(parts, t.moneyParts()...)
	if n := len(t.r.Lapsing); n > 0 {
		parts = append(parts, lang.Say("lapsing before the next run: %d", "下次运行前到期且未续费 %d 台", n))
	}
	if troubled {
		parts = append(parts, nearestPart(left))
	}
	if soonest, some := t.nearest(groups[inReported]); some && (!troubled || left <= 0) {
		parts = append(parts, lang.Say("nearest expiry in %s", "最早到期的实例还剩 %s", stretch(soonest)))
	}
	return t.say(lang.Join([]lang.Text{title(), lang.Join(status, between())}, lang.Text{})), t.say(lang.Join(parts, between()))
}

// count never says that nothing is due unless every list was read to its end.
func (t teller) count() lang.Text {
	c := t.r.Counts
	switch {
	case c.Due == 0 && !Complete(t.r):
		return lang.Say("lists incomplete, so what is due is not known", "实例列表不完整，无法判断是否有实例即将到期")
	case c.Listed == 0 && c.Due == 0:
		return lang.Say("no instance was listed at all", "未查询到任何实例")
	case c.Due == 0:
		return lang.Say("nothing due, %d listed", "共 %d 台，暂无需要处理的实例", c.Listed)
	case t.r.DryRun:
		return lang.Say("%v, %d planned", "%v，计划处理 %d 台", t.due(), c.Planned)
	case t.r.Action == renewal.ReportOnly:
		if kinds := t.dueByKind(); !kinds.Empty() {
			return lang.Say("%d due (%v), only reported", "即将到期 %d 个（%v），未做操作", c.Due, kinds)
		}
		return lang.Say("%d due, only reported", "即将到期 %d 台，未做操作", c.Due)
	}
	return lang.Say("%v, %d done", "%v，已完成 %d 台", t.due(), c.Renewed+c.AutoRenewOn+c.AutoRenewOff+c.LetLapse)
}

func (t teller) moneyParts() []lang.Text {
	m := t.r.Money
	if t.r.DryRun {
		if sum, some := t.sum(m.Planned, renewal.Planned); some {
			return []lang.Text{lang.Say("would pay %s", "预计费用 %s", sum)}
		}
		return []lang.Text{nothingPaid()}
	}
	parts := []lang.Text{nothingPaid()}
	if sum, some := t.sum(m.Spent, renewal.Renewed); some {
		parts[0] = lang.Say("%s paid", "已支付 %s", sum)
	}
	if sum, some := t.sum(m.Unverified, renewal.Unverified, renewal.OutcomeUnknown); some {
		parts = append(parts, lang.Say("%s unconfirmed", "%s 待确认是否扣款", sum))
	}
	return parts
}

func nothingPaid() lang.Text { return lang.Say("nothing paid", "未产生费用") }

// sum says what renewals with these outcomes cost together; some says whether
// there is one. Where the price of one is not known, it is more than the amount;
// a zero is not free then.
func (t teller) sum(amount string, outcomes ...renewal.Outcome) (sum lang.Text, some bool) {
	bought, unpriced := 0, 0
	for _, e := range t.r.Instances {
		if e.Decision != renewal.Renew || !slices.Contains(outcomes, e.Outcome) {
			continue
		}
		if bought++; e.Price == "" && e.Paid == "" {
			unpriced++
		}
	}
	switch {
	case zero(amount) && bought == 0:
		return lang.Text{}, false
	case zero(amount):
		return t.money("", ""), true
	case unpriced > 0:
		return lang.Say("at least %s", "至少 %s", t.money(amount, t.r.Money.Currency)), true
	}
	return t.money(amount, t.r.Money.Currency), true
}

// nearestTrouble is the time left of the problem that expires next, or, if all
// have expired, how long ago the last did: an old one must not hide tonight's.
func (t teller) nearestTrouble(groups map[group][]renewal.Entry) (left time.Duration, any bool) {
	return t.nearest(slices.Concat(groups[inLapsing], groups[inProblems], groups[inHeld]))
}

func (t teller) nearest(entries []renewal.Entry) (nearest time.Duration, any bool) {
	for _, e := range entries {
		left, known := t.left(e)
		if !known {
			continue
		}
		sooner := left < nearest
		if nearest <= 0 || left <= 0 {
			sooner = left > nearest
		}
		if !any || sooner {
			nearest, any = left, true
		}
	}
	return nearest, any
}

func nearestPart(left time.Duration) lang.Text {
	if left <= 0 {
		return lang.Say("nearest problem expired %s ago", "最近的异常实例已过期 %s", stretch(left))
	}
	return lang.Say("nearest problem expires in %s", "最早到期的异常实例还剩 %s", stretch(left))
}

// urgency rises as the expiry nears, so that the tenth message about a failure
// does not look like the first.
func urgency(left time.Duration) lang.Text {
	switch {
	case left <= 0:
		return lang.Say("EXPIRED", "已过期")
	case left <= 24*time.Hour:
		return lang.Say("URGENT", "紧急")
	case left <= 72*time.Hour:
		return lang.Say("ACT SOON", "请尽快处理")
	}
	return lang.Text{}
}
