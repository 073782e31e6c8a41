package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// first writes the first line, in two parts: status with its urgency, then
// count, money and the days left of the nearest problem. It is all that a
// locked phone shows.
func (t teller) first(groups map[group][]renewal.Entry) (head, sum string) {
	left, troubled := t.nearestTrouble(groups)
	var status []string
	if t.r.DryRun {
		status = append(status, t.dryRun)
	}
	if urgency := t.urgency(left); troubled && urgency != "" {
		status = append(status, urgency)
	}
	status = append(status, word(t.writer, t.statuses, t.r.Status))

	parts := []string{t.count(groups)}
	if t.r.Counts.Due > 0 && !complete(t.r) {
		parts = append(parts, t.incomplete)
	}
	parts = append(parts, t.moneyParts()...)
	if n := len(t.r.Lapsing); n > 0 {
		parts = append(parts, fmt.Sprintf(t.lapse, n))
	}
	if troubled {
		parts = append(parts, t.nearestPart(left))
	}
	return t.title + strings.Join(status, between), strings.Join(parts, between)
}

// count never says that nothing is due unless every list was read to its end.
func (t teller) count(groups map[group][]renewal.Entry) string {
	c := t.r.Counts
	switch {
	case c.Due == 0 && !complete(t.r):
		return t.unknownDue
	case c.Listed == 0 && c.Due == 0:
		return t.noneListed
	case c.Due == 0:
		return fmt.Sprintf(t.nothing, c.Listed)
	case t.r.DryRun:
		return fmt.Sprintf(t.planned, c.Due, c.Planned)
	case t.r.Action == renewal.ReportOnly:
		return fmt.Sprintf(t.reported, c.Due)
	}
	return fmt.Sprintf(t.done, c.Due, c.Renewed+c.AutoRenewOn+c.AutoRenewOff+c.LetLapse)
}

func (t teller) moneyParts() []string {
	m, c := t.r.Money, t.r.Counts
	if t.r.DryRun {
		return []string{t.sumOr(t.wouldPay, m.Planned, m.Planned == "" && c.Planned > 0)}
	}
	parts := []string{t.sumOr(t.paid, m.Spent, c.Renewed > 0)}
	if open := c.Unverified + c.Unknown; !zero(m.Unverified) || open > 0 && t.openCharge() {
		parts = append(parts, t.sumOr(t.unconfirmed, m.Unverified, true))
	}
	return parts
}

// sumOr writes an amount. A zero where something was bought is not free: its
// price is not known.
func (t teller) sumOr(format, amount string, bought bool) string {
	switch {
	case !zero(amount):
		return fmt.Sprintf(format, t.money(amount, t.r.Money.Currency))
	case bought:
		return fmt.Sprintf(format, t.noAmount)
	}
	return t.noCharge
}

// openCharge says whether something that is not known may have cost money.
func (t teller) openCharge() bool {
	for _, e := range t.r.Instances {
		if e.Decision == renewal.Renew && (e.Outcome == renewal.Unverified || e.Outcome == renewal.OutcomeUnknown) {
			return true
		}
	}
	return false
}

// nearestTrouble is the time left of the problem that expires first.
func (t teller) nearestTrouble(groups map[group][]renewal.Entry) (nearest time.Duration, any bool) {
	for _, g := range []group{inProblems, inLapsing, inHeld} {
		for _, e := range groups[g] {
			if left, known := t.left(e); known && (!any || left < nearest) {
				nearest, any = left, true
			}
		}
	}
	return nearest, any
}

func (t teller) nearestPart(left time.Duration) string {
	if left <= 0 {
		return fmt.Sprintf(t.ended, t.stretch(left))
	}
	return fmt.Sprintf(t.nearest, t.stretch(left))
}

// urgency rises as the expiry nears, so that the tenth message about a failure
// does not look like the first.
func (t teller) urgency(left time.Duration) string {
	switch {
	case left <= 0:
		return t.expired
	case left <= 24*time.Hour:
		return t.urgent
	case left <= 72*time.Hour:
		return t.soon
	}
	return ""
}
