package message

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// shown is how many lines a section without problems has at most. People read
// messages on phones; the rest is in the report.
const shown = 30

// report writes the message about a run: what lapses before the next one,
// problems, what was paid, what is held back, and a number for all others. The
// most urgent comes first, since it is the end that is cut where it gets long.
func (w writer) report(r renewal.Report) Document {
	t, groups := w.teller(r), sorted(r)
	d := Document{tone: toneOf(r), phrases: w.phrases, run: w.foreign(r.RequestID, maxName), foot: w.footOf(r)}
	d.head, d.sum = t.headline(groups)

	d.add(t.troubles(w.lapsing, nil, groups[inLapsing]))
	d.add(t.troubles(w.problems, t.openScopes(), groups[inProblems]))
	d.add(t.list(w.paidFor, groups[inDone], t.success))
	d.add(t.list(w.plannedFor, groups[inPlanned], t.success))
	d.add(t.heldSection(groups[inHeld]))
	d.add(t.list(w.onlyReported, groups[inReported], t.notice))
	d.add(w.warningSection(r.Warnings))
	d.add(Section{Heading: w.rest, Lines: t.restLines(groups[inRest])})
	return d
}

// problem writes the message about a run that did not start.
func (w writer) problem(p Problem) Document {
	d := Document{tone: Bad, phrases: w.phrases, run: w.foreign(p.RequestID, maxName)}
	d.head = w.title + w.stopped + between + word(w, w.errors, p.Type)
	d.sum = w.notStarted
	var wrong []string
	for line := range strings.Lines(p.Message) {
		if line = w.words(line, 2*maxError); line != "" {
			wrong = append(wrong, line)
		}
	}
	d.add(Section{Heading: w.wrong, Lines: wrong, vital: true})
	d.foot = fmt.Sprintf(w.request, d.run)
	return d
}

func toneOf(r renewal.Report) Tone {
	switch {
	case r.Status == renewal.Failed:
		return Bad
	case troubled(r):
		return Warning
	case r.DryRun:
		return Planning
	}
	return Good
}

func lines(entries []renewal.Entry, tell func(renewal.Entry) string) []string {
	var told []string
	for _, e := range entries {
		told = append(told, tell(e))
	}
	return told
}

// tellable is more lines than any channel has room for in all its messages.
const tellable = 2000

// troubles is a section that loses no line, as far as there is room at all.
func (t teller) troubles(heading string, first []string, entries []renewal.Entry) Section {
	told := entries[:min(len(entries), tellable)]
	return Section{
		Heading: fmt.Sprintf(heading, len(first)+len(entries)),
		Lines:   append(first, lines(told, t.trouble)...),
		more:    len(entries) - len(told),
		vital:   true,
	}
}

// list is a section whose lines are no problems: it is cut where it gets long.
func (t teller) list(heading string, entries []renewal.Entry, tell func(renewal.Entry) string) Section {
	s := Section{Heading: fmt.Sprintf(heading, len(entries))}
	s.Lines = lines(entries[:min(len(entries), shown)], tell)
	if more := len(entries) - shown; more > 0 {
		s.Lines = append(s.Lines, fmt.Sprintf(t.more, more))
	}
	return s
}

func (t teller) heldSection(entries []renewal.Entry) Section {
	s := t.list(t.held, entries, t.trouble)
	if len(entries) == 0 {
		return s
	}
	if money := t.r.Money; !zero(money.Held) {
		s.Lines = append(s.Lines, fmt.Sprintf(t.heldSum, t.money(money.Held, money.Currency)))
	}
	if money := t.r.Money; money.Cap != "" {
		s.Lines = append(s.Lines, fmt.Sprintf(t.heldCap, t.money(money.Cap, money.Currency)))
	}
	return s
}

func (w writer) warningSection(warnings []string) Section {
	s := Section{Heading: fmt.Sprintf(w.warnings, len(warnings))}
	for _, text := range warnings[:min(len(warnings), shown)] {
		s.Lines = append(s.Lines, w.words(text, maxError))
	}
	if more := len(warnings) - shown; more > 0 {
		s.Lines = append(s.Lines, fmt.Sprintf(w.more, more))
	}
	return s
}

// openScopes tells which lists are incomplete, those with the same error in one
// line: a missing permission is missing in thirty regions at once.
func (t teller) openScopes() []string {
	if len(t.r.Scopes) == 0 {
		return []string{t.noScope}
	}
	type cause struct{ account, text string } // the text without its request id, which differs
	texts := map[cause]string{}
	var order []cause
	regions := map[cause][]string{}
	for _, s := range t.r.Scopes {
		if s.Complete {
			continue
		}
		c := cause{s.Account, requestID().ReplaceAllString(s.Error, "")}
		if regions[c] == nil {
			order = append(order, c)
			texts[c] = s.Error
		}
		regions[c] = append(regions[c], t.foreign(s.Region, maxName))
	}
	var told []string
	for _, c := range order {
		told = append(told, t.openScope(regions[c], c.account, texts[c])...)
	}
	return told
}

// requestID is what an error of the API has of it.
var requestID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` \(request id [^)]*\)`) })

// perLine keeps a line of regions short enough for every channel.
const perLine = 20

func (t teller) openScope(regions []string, account, text string) []string {
	var told []string
	for some := range slices.Chunk(regions, perLine) {
		where := strings.Join(some, t.and)
		if t.accounts && account != "" {
			where = fmt.Sprintf(t.account, where, t.foreign(account, maxName))
		}
		told = append(told, fmt.Sprintf(t.scopes, where, t.words(text, maxError)))
	}
	return told
}

// restLines counts what is left alone, by reason.
func (t teller) restLines(rest []renewal.Entry) []string {
	read := 0
	for _, s := range t.r.Scopes {
		if s.Complete {
			read++
		}
	}
	told := []string{fmt.Sprintf(t.leftAlone, len(rest)+t.unlisted(), t.r.Counts.Listed, read, len(t.r.Scopes))}
	counts := map[renewal.Reason]int{}
	var order []renewal.Reason
	settled := 0
	for _, e := range rest {
		if e.Outcome == renewal.Stale {
			settled++
			continue
		}
		if counts[e.Reason]++; counts[e.Reason] == 1 {
			order = append(order, e.Reason)
		}
	}
	if n := t.unlisted(); n > 0 {
		if counts[renewal.NotDue] == 0 {
			order = append(order, renewal.NotDue)
		}
		counts[renewal.NotDue] += n
	}
	for _, reason := range order {
		told = append(told, fmt.Sprintf(t.counted, word(t.writer, t.reasons, reason), counts[reason]))
	}
	if settled > 0 {
		told = append(told, fmt.Sprintf(t.settled, settled))
	}
	if t.r.Money.Balance != "" {
		told = append(told, fmt.Sprintf(t.balance, t.money(t.r.Money.Balance, t.r.Money.Currency)))
	}
	return told
}

// unlisted is how many instances expire after the window: the report counts
// them and lists only those within.
func (t teller) unlisted() int { return max(0, t.r.Counts.Listed-len(t.r.Instances)) }

func (w writer) footOf(r renewal.Report) string {
	foot := []string{fmt.Sprintf(w.foot, w.foreign(r.RequestID, maxName), word(w, w.triggers, r.Trigger), w.date(r.FinishedAt))}
	return strings.Join(append(foot, fmt.Sprintf(w.phrases.zone, w.foreign(w.zone.String(), maxName))), w.stop)
}
