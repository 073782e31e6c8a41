package message

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// headline writes the first line, in two parts: status with its urgency, then
// count, money and the days left of the nearest problem. It is all that a
// locked phone shows.
func (t teller) headline(groups map[group][]renewal.Entry) (head, sum string) {
	left, troubled := t.nearestTrouble(groups)
	var status []string
	if t.r.RequestID == sampleID {
		status = append(status, t.sample)
	}
	if t.r.DryRun {
		status = append(status, t.dryRun)
	}
	if urgency := t.urgency(left); troubled && urgency != "" {
		status = append(status, urgency)
	}
	if t.r.Status == renewal.OK && t.r.Action == renewal.ReportOnly && t.r.Counts.Due > 0 {
		status = append(status, t.reportMode) // "ok" beside "urgent" would not be understood
	} else {
		status = append(status, word(t.writer, t.statuses, t.r.Status))
	}

	parts := []string{t.count(groups)}
	if t.r.Counts.Due > 0 && !Complete(t.r) {
		parts = append(parts, t.incomplete)
	}
	parts = append(parts, t.moneyParts()...)
	if n := len(t.r.Lapsing); n > 0 {
		parts = append(parts, fmt.Sprintf(t.lapse, n))
	}
	if troubled {
		parts = append(parts, t.nearestPart(left))
	}
	if soonest, some := t.nearest(groups[inReported]); some && (!troubled || left <= 0) {
		parts = append(parts, fmt.Sprintf(t.nextExpiry, t.stretch(soonest)))
	}
	return t.title + strings.Join(status, between), strings.Join(parts, between)
}

// count never says that nothing is due unless every list was read to its end.
func (t teller) count(groups map[group][]renewal.Entry) string {
	c := t.r.Counts
	switch {
	case c.Due == 0 && !Complete(t.r):
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
	m := t.r.Money
	if t.r.DryRun {
		return []string{t.sum(t.wouldPay, m.Planned, renewal.Planned)}
	}
	parts := []string{t.sum(t.paid, m.Spent, renewal.Renewed)}
	if !zero(m.Unverified) || t.renewals(renewal.Unverified, renewal.OutcomeUnknown) > 0 {
		parts = append(parts, t.sum(t.unconfirmed, m.Unverified, renewal.Unverified, renewal.OutcomeUnknown))
	}
	return parts
}

// sum writes what renewals with these outcomes cost together. Where the price of
// one is not known, it is more than the amount; a zero is not free then.
func (t teller) sum(format, amount string, outcomes ...renewal.Outcome) string {
	bought, unpriced := 0, 0
	for _, e := range t.r.Instances {
		if e.Decision != renewal.Renew || !slices.Contains(outcomes, e.Outcome) {
			continue
		}
		if bought++; e.Price == "" {
			unpriced++
		}
	}
	switch {
	case zero(amount) && bought == 0:
		return t.noCharge
	case zero(amount):
		return fmt.Sprintf(format, t.noAmount)
	case unpriced > 0:
		return fmt.Sprintf(format, fmt.Sprintf(t.atLeast, t.money(amount, t.r.Money.Currency)))
	}
	return fmt.Sprintf(format, t.money(amount, t.r.Money.Currency))
}

// renewals counts those with one of these outcomes.
func (t teller) renewals(outcomes ...renewal.Outcome) (n int) {
	for _, e := range t.r.Instances {
		if e.Decision == renewal.Renew && slices.Contains(outcomes, e.Outcome) {
			n++
		}
	}
	return n
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

func (t teller) nearestPart(left time.Duration) string {
	if left <= 0 {
		return fmt.Sprintf(t.ended, t.stretch(left))
	}
	return fmt.Sprintf(t.nearestProblem, t.stretch(left))
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
