package message

import (
	"cmp"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A teller writes the lines of one report.
type teller struct {
	writer
	r        renewal.Report
	accounts bool // there is more than one, so each line names its own
}

func (w writer) teller(r renewal.Report) teller {
	t := teller{writer: w, r: r}
	accounts := map[string]bool{}
	for _, s := range r.Scopes {
		accounts[s.Account] = true
	}
	t.accounts = len(accounts) > 1
	return t
}

// trouble is the line of an instance that is not secured: which, until when,
// what happened and what to do.
func (t teller) trouble(e renewal.Entry) string {
	if e.Reason == "" && e.Outcome == "" && e.Expires.IsZero() {
		return t.say(t.instance(e)) // lapses outside the window: the report has only its id
	}
	parts := []lang.Text{t.instance(e), t.deadline(e)}
	if e.Outcome != renewal.NothingToDo && e.Outcome != "" {
		parts = append(parts, t.came(e))
	}
	if e.Reason != "" && e.Reason != renewal.Due { // due says nothing new here
		parts = append(parts, lang.Say("reason: %s", "原因：%s", t.reason(e.Reason)))
	}
	if e.Approval != "" {
		parts = append(parts, lang.Say("approval code %s", "批准码 %s", t.foreign(e.Approval, maxName)))
	}
	return t.line(append(parts, t.paper(e)...), e.Error)
}

// notice is the line of an instance that is due and only reported.
func (t teller) notice(e renewal.Entry) string {
	return t.line(append([]lang.Text{t.instance(e), t.deadline(e)}, t.paper(e)...), e.Error)
}

// announcement is the line of an instance that is due soon: what would be done
// about it, and when it expires.
func (t teller) announcement(e renewal.Entry) string {
	action, _ := noun(e.Decision)
	parts := []lang.Text{t.instance(e), t.deadline(e), action}
	if e.Period != "" {
		parts = append(parts, t.term(e))
	}
	return t.line(append(parts, t.paper(e)...), e.Error)
}

// success is the line of an instance that was renewed or changed.
func (t teller) success(e renewal.Entry) string {
	parts := []lang.Text{t.instance(e), t.came(e)}
	if e.Period != "" {
		parts = append(parts, t.term(e))
	}
	if to, err := time.Parse(time.RFC3339, e.NewExpires); err == nil {
		parts = append(parts, lang.Say("until %s", "续费后到期时间 %s", t.date(to)))
	}
	return t.line(append(parts, t.paper(e)...), e.Error)
}

// paper is what helps to find the payment.
func (t teller) paper(e renewal.Entry) []lang.Text {
	var parts []lang.Text
	if cost := cmp.Or(e.Paid, e.Price); cost != "" {
		parts = append(parts, t.money(cost, cmp.Or(e.Currency, t.r.Money.Currency)))
	}
	if e.OrderID != "" {
		parts = append(parts, lang.Say("order %s", "订单号 %s", t.foreign(e.OrderID, maxName)))
	}
	return parts
}

// line joins what is said of an instance. The report's error is in the language
// of the settings already.
func (t teller) line(parts []lang.Text, wrong string) string {
	line := lang.Join(parts, lang.Say("; ", "；"))
	if wrong != "" {
		line = lang.Say("%s. %s", "%s。%s", line, t.foreign(wrong, maxError))
	}
	return t.say(line)
}

// instance names an instance and its place.
func (t teller) instance(e renewal.Entry) lang.Text {
	id := lang.Plain(t.foreign(e.ID, maxName))
	if name := t.foreign(e.Name, maxName); name != "" && name != t.foreign(e.ID, maxName) {
		id = lang.Say("%s (%s)", "%s（%s）", name, id)
	}
	if product := t.product(e); !product.Empty() {
		id = lang.Say("%v, %v", "%v，%v", id, product)
	}
	if e.Region == "" {
		return id
	}
	return lang.Say("%s, %s", "%s，%s", id, t.place(lang.Plain(t.foreign(e.Region, maxName)), e.Account))
}

// place is regions, and of which account they are where there are several.
func (t teller) place(regions lang.Text, account string) lang.Text {
	if !t.accounts || account == "" {
		return regions
	}
	return lang.Say("%s of %s", "%s，账号 %s", regions, t.foreign(account, maxName))
}

func (t teller) deadline(e renewal.Entry) lang.Text {
	left, known := t.left(e)
	switch {
	case !known:
		return lang.Say("expiry not known", "到期时间未知")
	case left <= 0:
		return lang.Say("expired %s, %s ago", "已于 %s 到期，已过期 %s", t.date(e.Expires.Time), stretch(left))
	}
	return lang.Say("expires %s, in %s", "%s 到期，还剩 %s", t.date(e.Expires.Time), stretch(left))
}

// left is the time from the start of the run to the expiry. The report's
// daysLeft is too coarse for the last day.
func (t teller) left(e renewal.Entry) (time.Duration, bool) {
	switch {
	case e.Expires.IsZero():
		return 0, false
	case t.r.StartedAt.IsZero():
		return time.Duration(e.DaysLeft * float64(24*time.Hour)), true
	}
	return e.Expires.Sub(t.r.StartedAt), true
}

// came says what came of the decision.
func (t teller) came(e renewal.Entry) lang.Text {
	// What a rule or tag says that cannot be read, nobody knows; the run's action
	// is the next best.
	action, known := noun(e.Decision)
	if !known {
		action, _ = noun(t.r.Action)
	}
	return t.outcome(e.Outcome, action, e.Decision == renewal.Renew)
}
