package message

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/lang"
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
	d := Document{tone: toneOf(r), language: w.language, run: w.foreign(r.RequestID, maxName), foot: w.footOf(r)}
	d.head, d.sum = t.headline(groups)

	lapsing := groups[inLapsing]
	d.add(t.troubles(lang.Say("Lapsing before the next run (%d)", "下次运行前到期且未续费（%d）", len(lapsing)), lapsing))
	d.add(t.problemSection(groups[inProblems]))
	done, planned, reported := groups[inDone], groups[inPlanned], groups[inReported]
	d.add(t.list(lang.Say("Done (%d)", "已完成（%d）", len(done)), done, t.success))
	d.add(t.list(lang.Say("Planned (%d)", "计划处理（%d）", len(planned)), planned, t.success))
	d.add(t.heldSection(groups[inHeld]))
	d.add(t.list(lang.Say("Due, only reported (%d)", "即将到期，仅提醒（%d）", len(reported)), reported, t.notice))
	soon := groups[inUpcoming]
	d.add(t.list(lang.Say("Due soon, to say no to in time (%d)", "即将处理，如需保留原状请及时标记（%d）", len(soon)), soon, t.announcement))
	d.add(w.warningSection(r.Warnings))
	d.add(Section{Heading: w.say(lang.Say("The rest", "其他")), Lines: t.restLines(groups[inRest])})
	return d
}

// problem writes the message about a run that did not start.
func (w writer) problem(p Problem) Document {
	d := Document{tone: Bad, language: w.language, run: w.foreign(p.RequestID, maxName)}
	status := []lang.Text{lang.Say("NOT STARTED", "未能启动"), w.problemType(p.Type)}
	d.head = w.say(title()) + w.say(lang.Join(status, between()))
	d.sum = w.say(lang.Say("the run stopped before it began, nothing was changed", "运行未开始，未做任何变更"))
	var wrong []string
	for line := range strings.Lines(lang.Of(p.Err, w.language)) {
		if line = w.foreign(line, 2*maxError); line != "" {
			wrong = append(wrong, line)
		}
	}
	d.add(Section{Heading: w.say(lang.Say("What is wrong", "错误详情")), Lines: wrong, vital: true, names: make([]string, len(wrong))})
	d.foot = w.say(lang.Say("Request id %s", "请求 ID：%s", d.run))
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

// troubles is a section that loses no problem: those for which there is no room
// are named.
func (t teller) troubles(heading lang.Text, entries []renewal.Entry) Section {
	s := Section{Heading: t.say(heading), Lines: lines(entries[:min(len(entries), tellable)], t.trouble), vital: true}
	for _, e := range entries {
		s.names = append(s.names, t.foreign(e.ID, maxName))
	}
	return s
}

// list is a section whose lines are no problems: it is cut where it gets long.
func (t teller) list(heading lang.Text, entries []renewal.Entry, tell func(renewal.Entry) string) Section {
	told := entries[:min(len(entries), shown)]
	return Section{Heading: t.say(heading), Lines: append(lines(told, tell), t.andMore(len(entries)-len(told))...)}
}

// andMore is a line about those that have none, if there are some.
func (w writer) andMore(n int) []string {
	if n == 0 {
		return nil
	}
	return []string{w.say(more(n))}
}

func more(n int) lang.Text { return lang.Say("and %d more", "另有 %d 条", n) }

// problemSection begins with the lists that are incomplete.
func (t teller) problemSection(entries []renewal.Entry) Section {
	open, names := t.openScopes()
	s := t.troubles(lang.Say("Problems (%d)", "异常（%d）", len(open)+len(entries)), entries)
	s.Lines, s.names = append(open, s.Lines...), append(names, s.names...)
	return s
}

func (t teller) heldSection(entries []renewal.Entry) Section {
	s := t.troubles(lang.Say("Held back, or for a person to decide (%d)", "未处理，需人工确认（%d）", len(entries)), entries)
	if len(entries) == 0 {
		return s
	}
	var sums []string
	if money := t.r.Money; !zero(money.Held) {
		sums = append(sums, t.say(lang.Say("Together they would cost %s", "以上实例续费共需 %s", t.money(money.Held, money.Currency))))
	}
	if money := t.r.Money; money.Cap != "" {
		sums = append(sums, t.say(lang.Say("The spending limit of a run is %s", "单次运行的支付上限为 %s", t.money(money.Cap, money.Currency))))
	}
	sums = append(sums, t.approvals(entries)...)
	s.names = slices.Insert(s.names, len(s.Lines), make([]string, len(sums))...)
	s.Lines = append(s.Lines, sums...)
	return s
}

// codesInALine is how many approval codes one event carries in a message.
const codesInALine = 20

// approvals tells how to approve what waits for it: the events, ready to copy.
func (t teller) approvals(entries []renewal.Entry) (told []string) {
	var codes []string
	for _, e := range entries {
		if e.Approval != "" {
			codes = append(codes, `"`+t.foreign(e.Approval, maxName)+`"`)
		}
	}
	if len(codes) == 0 {
		return nil
	}
	told = append(told, t.say(lang.Say("%d wait for approval; whoever may invoke the function can give it, until they expire", "%d 项等待批准；任何有权调用本函数的人都可以在到期前批准", len(codes))))
	for part := range slices.Chunk(codes, codesInALine) {
		event := `{"approve":[` + strings.Join(part, ",") + `]}`
		told = append(told, "s invoke -e '"+event+"'", t.say(lang.Say("or, in the console's test dialog: %s", "或在控制台测试函数处填写：%s", event)))
	}
	return told
}

// warningSection repeats the report's warnings, which are in the language of the
// settings already.
func (w writer) warningSection(warnings []string) Section {
	s := Section{Heading: w.say(lang.Say("Warnings (%d)", "警告（%d）", len(warnings)))}
	told := warnings[:min(len(warnings), shown)]
	for _, text := range told {
		s.Lines = append(s.Lines, w.foreign(text, maxError))
	}
	s.Lines = append(s.Lines, w.andMore(len(warnings)-len(told))...)
	return s
}

// openScopes tells which lists are incomplete, those with the same error in one
// line: a missing permission is missing in thirty regions at once, or in every
// account. The names are those of the regions, or accounts.
func (t teller) openScopes() (told, names []string) {
	if len(t.r.Scopes) == 0 {
		return []string{t.say(lang.Say("No list was read, so nothing is known about what is due.", "未能查询到任何实例列表，无法判断是否有实例即将到期。"))}, []string{""}
	}
	type cause struct { // the text without its request id, which differs
		account, text string
		whole         bool // accounts, and not regions of one
	}
	texts := map[cause]string{}
	var order []cause
	places := map[cause][]string{}
	for _, s := range t.r.Scopes {
		if s.Complete {
			continue
		}
		c, place := cause{s.Account, requestID().ReplaceAllString(s.Error, ""), false}, t.foreign(s.Region, maxName)
		switch {
		case s.Product == billing:
			place = t.say(lang.Say("all products but servers", "服务器以外的所有产品"))
		case s.Region == "":
			c.account, c.whole, place = "", true, t.account(s.Account)
		}
		if places[c] == nil {
			order = append(order, c)
			texts[c] = s.Error
		}
		places[c] = append(places[c], place)
	}
	for _, c := range order {
		for some := range slices.Chunk(places[c], perLine) {
			where := strings.Join(some, t.say(lang.Say(", ", "、")))
			names = append(names, where)
			told = append(told, t.say(lang.Say("List of %s is incomplete, so something may be due there unseen. %s",
				"%s 的实例列表未能完整查询，可能遗漏即将到期的实例。%s", t.place(lang.Plain(where), c.account), t.foreign(texts[c], maxError))))
		}
	}
	return told, names
}

// account names an account of which nothing could be read; "" are those that it is
// not known of, as of an organisation whose list broke off.
func (t teller) account(id string) string {
	if id == "" {
		return t.say(lang.Say("accounts that are not known", "未能查明的账号"))
	}
	return t.say(lang.Say("account %s", "账号 %s", t.foreign(id, maxName)))
}

// billing is what reports call the list of all products but servers.
const billing = "billing"

// requestID is what an error of the API has of it, in either language.
var requestID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(` ?[(（](?:request id|请求 ID) [^)）]*[)）]`)
})

// perLine keeps a line of regions short enough for every channel.
const perLine = 20

// restLines counts what is left alone, by reason.
func (t teller) restLines(rest []renewal.Entry) []string {
	read := 0
	for _, s := range t.r.Scopes {
		if s.Complete {
			read++
		}
	}
	told := []string{t.say(lang.Say("Left alone: %d. Listed: %d, lists read: %d of %d", "未处理 %d 台；共查询到 %d 台，已查询列表 %d/%d",
		len(rest)+t.unlisted(), t.r.Counts.Listed, read, len(t.r.Scopes)))}
	if c := t.r.Coverage; c != nil && c.NotSelected+c.Excluded > 0 {
		told = append(told, t.say(lang.Say("Not looked after, by the settings: %d, of which %d are over before the next run", "按设置不予处理 %d 台，其中下次运行前到期 %d 台",
			c.NotSelected+c.Excluded, c.LapsingUnselected)))
	}
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
		told = append(told, t.say(lang.Say("%s: %d", "%s %d 台", t.reason(reason), counts[reason])))
	}
	if settled > 0 {
		told = append(told, t.say(lang.Say("changed by somebody else meanwhile, nothing more to do: %d", "运行期间已由他人处理 %d 台", settled)))
	}
	if t.r.Money.Balance != "" {
		told = append(told, t.say(lang.Say("Balance before the run: %s", "运行前账户可用余额 %s", t.money(t.r.Money.Balance, t.r.Money.Currency))))
	}
	return told
}

// unlisted is how many instances expire after the window: the report counts
// them and lists only those within.
func (t teller) unlisted() int { return max(0, t.r.Counts.Listed-len(t.r.Instances)) }

func (w writer) footOf(r renewal.Report) string {
	return w.say(lang.Say("Run %s, %s, finished %s. Time zone: %s", "请求 ID %s，%s，完成时间 %s。时区：%s",
		w.foreign(r.RequestID, maxName), w.trigger(r.Trigger), w.date(r.FinishedAt), w.foreign(w.zone.String(), maxName)))
}
