package message

import (
	"cmp"
	"fmt"
	"strings"
	"time"

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
	if e == (renewal.Entry{ID: e.ID}) {
		return t.instance(e) // lapses outside the window: the report has only its id
	}
	parts := []string{t.instance(e), t.deadline(e)}
	if e.Outcome != renewal.NothingToDo && e.Outcome != "" {
		parts = append(parts, t.outcome(e))
	}
	if e.Reason != "" && e.Reason != renewal.Due { // due says nothing new here
		parts = append(parts, fmt.Sprintf(t.because, word(t.writer, t.reasons, e.Reason)))
	}
	parts = append(parts, t.paper(e)...)
	return t.withError(strings.Join(parts, t.join), e.Error)
}

// notice is the line of an instance that is due and only reported.
func (t teller) notice(e renewal.Entry) string {
	parts := append([]string{t.instance(e), t.deadline(e)}, t.paper(e)...)
	return t.withError(strings.Join(parts, t.join), e.Error)
}

// success is the line of an instance that was renewed or changed.
func (t teller) success(e renewal.Entry) string {
	parts := []string{t.instance(e), t.outcome(e)}
	if e.Period != "" {
		term := t.term
		if e.Decision == renewal.AutoRenew {
			term = t.autoTerm
		}
		parts = append(parts, fmt.Sprintf(term, t.period(e.Period)))
	}
	if to, err := time.Parse(time.RFC3339, e.NewExpires); err == nil {
		parts = append(parts, fmt.Sprintf(t.until, t.date(to)))
	}
	parts = append(parts, t.paper(e)...)
	return t.withError(strings.Join(parts, t.join), e.Error)
}

// paper is what helps to find the payment.
func (t teller) paper(e renewal.Entry) []string {
	var parts []string
	if e.Price != "" {
		parts = append(parts, fmt.Sprintf(t.price, t.money(e.Price, cmp.Or(e.Currency, t.r.Money.Currency))))
	}
	if e.OrderID != "" {
		parts = append(parts, fmt.Sprintf(t.order, t.foreign(e.OrderID, maxName)))
	}
	return parts
}

func (t teller) withError(line, text string) string {
	if text == "" {
		return line
	}
	return line + t.stop + t.words(text, maxError)
}

// label is the name of an instance with its id.
func (t teller) label(e renewal.Entry) string {
	id := t.foreign(e.ID, maxName)
	if name := t.foreign(e.Name, maxName); name != "" && name != id {
		return fmt.Sprintf(t.named, name, id)
	}
	return id
}

func (t teller) instance(e renewal.Entry) string {
	id := t.label(e)
	where := t.foreign(e.Region, maxName)
	if where == "" {
		return id
	}
	if t.accounts && e.Account != "" {
		where = fmt.Sprintf(t.account, where, t.foreign(e.Account, maxName))
	}
	return fmt.Sprintf(t.where, id, where)
}

func (t teller) deadline(e renewal.Entry) string {
	left, known := t.left(e)
	switch {
	case !known:
		return t.noExpiry
	case left <= 0:
		return fmt.Sprintf(t.overSince, t.date(e.Expires), t.stretch(left))
	}
	return fmt.Sprintf(t.expires, t.date(e.Expires), t.stretch(left))
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

// outcome says what came of the decision. What may have cost money is told in
// other words than what cannot have.
func (t teller) outcome(e renewal.Entry) string {
	phrase, ok := t.charges[e.Outcome]
	if !ok || e.Decision != renewal.Renew {
		phrase = word(t.writer, t.outcomes, e.Outcome)
	}
	if !strings.Contains(phrase, "%s") {
		return phrase
	}
	// What a rule or tag says that cannot be read, nobody knows; the run's action
	// is the next best.
	for _, action := range []renewal.Action{e.Decision, t.r.Action} {
		if name, ok := t.actions[action]; ok {
			return fmt.Sprintf(phrase, name)
		}
	}
	return fmt.Sprintf(phrase, t.noAction)
}

// period writes a term as people say it: the report has it as the settings do.
func (t teller) period(text string) string {
	var day int
	if _, err := fmt.Sscanf(text, "until-day-%d", &day); err == nil {
		return fmt.Sprintf(t.untilDay, day)
	}
	switch p, err := renewal.ParsePeriod(text); {
	case err != nil:
		return t.foreign(text, maxName)
	case p.Weeks > 0:
		return fmt.Sprintf(t.weeks, p.Weeks)
	case p.Months%12 == 0:
		return fmt.Sprintf(t.years, p.Months/12)
	default:
		return fmt.Sprintf(t.months, p.Months)
	}
}
