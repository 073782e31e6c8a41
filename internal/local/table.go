package local

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A paper is what tables are printed on, for people.
type paper struct {
	out     io.Writer
	zone    *time.Location
	lang    lang.Language
	colours bool
	width   int // 0 = no limit is known
}

func (p *program) paper(zone *time.Location, l lang.Language) paper {
	if zone == nil {
		zone = time.UTC
	}
	return paper{out: p.stdout, zone: zone, lang: l, colours: p.colours(p.stdout), width: width(p.stdout)}
}

// say gives a text in the paper's language.
func (p paper) say(t lang.Text) string { return t.In(p.lang) }

func (p paper) line(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// heading starts a part of the output.
func (p paper) heading(title string) {
	if p.colours {
		title = text.Bold.Sprint(title)
	}
	p.line("\n%s", title)
}

// minute shows a time to people, in the paper's zone.
func (p paper) minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(p.zone).Format("2006-01-02 15:04")
}

// zoneName names the zone of all dates once.
func (p paper) zoneName() string {
	name := p.zone.String()
	if offset := time.Now().In(p.zone).Format("UTC-07:00"); name != "UTC" {
		name += ", " + offset
	}
	return name
}

// A row is an instance in the table.
type row struct {
	renewal.Entry
	unlisted bool // the report does not list it
}

// rows are the instances of a report.
func rows(entries []renewal.Entry) []row {
	out := make([]row, len(entries))
	for i, e := range entries {
		out[i] = row{Entry: e}
	}
	return out
}

// instances prints one row an instance.
func (p paper) instances(list []row) {
	p.heading(p.say(lang.Say("Instances (times in %s)", "实例（时间：%s）", p.zoneName())))
	header := p.say(lang.Say("id|name|region|expires|days|decision|reason|period|price|outcome|new expiry",
		"实例|名称|地域|到期|剩余天数|决定|原因|时长|价格|结果|新到期"))
	lines := make([][]string, len(list))
	for i, r := range list {
		lines[i] = p.columns(r)
	}
	p.table(strings.Split(header, "|"), lines, []int{5, 9}, [][]int{{1, 2}, {3, 5}, {4, 11}, {6, 7}, {8, 9}, {10}})
}

// table prints lines under a header. Where the terminal is too narrow for
// that, columns that belong together share one, one below the other. Columns
// count from 1; those in right are numbers.
func (p paper) table(header []string, lines [][]string, right []int, together [][]int) {
	wide := p.newTable()
	wide.AppendHeader(cells(header))
	for _, line := range lines {
		wide.AppendRow(cells(line))
	}
	var configs []table.ColumnConfig
	for _, n := range right {
		configs = append(configs, table.ColumnConfig{Number: n, Align: text.AlignRight})
	}
	wide.SetColumnConfigs(configs)
	rendered := wide.Render()
	if p.width > 0 && text.LongestLineLen(rendered) > p.width {
		narrow := p.newTable()
		narrow.Style().Options.SeparateRows = true
		narrow.AppendHeader(stacked(header, together))
		for _, line := range lines {
			narrow.AppendRow(stacked(line, together))
		}
		rendered = narrow.Render()
	}
	p.line("%s", rendered)
}

func stacked(columns []string, together [][]int) table.Row {
	shared := make([]string, len(together))
	for i, group := range together {
		var parts []string
		for _, n := range group {
			parts = append(parts, columns[n-1])
		}
		shared[i] = strings.Join(parts, "\n")
	}
	return cells(shared)
}

func (p paper) columns(r row) []string {
	reason, expires, days, outcome := string(r.Reason), p.minute(r.Expires.Time), "", string(r.Outcome)
	if r.Rule != "" {
		reason += " (" + message.Clean(r.Rule) + ")"
	}
	if !r.Expires.IsZero() {
		days = fmt.Sprintf("%.1f", r.DaysLeft)
	}
	if r.unlisted {
		outcome = p.say(lang.Say("not listed", "未列出"))
	}
	newExpires := ""
	if t, err := time.Parse(time.RFC3339, r.NewExpires); err == nil {
		newExpires = p.minute(t)
	}
	return []string{message.Clean(r.ID), message.Clean(r.Name), message.Clean(r.Region), expires, days, string(r.Decision), reason, r.Period, r.Price, p.coloured(r.Outcome, outcome), newExpires}
}

// coloured makes what went well green, what waits yellow and what is wrong red.
func (p paper) coloured(o renewal.Outcome, shown string) string {
	if !p.colours {
		return shown
	}
	switch o {
	case renewal.Renewed, renewal.AutoRenewOn, renewal.AutoRenewIsOff, renewal.LapseSet:
		return text.FgGreen.Sprint(shown)
	case renewal.OutcomeFailed, renewal.OutcomeUnknown:
		return text.FgRed.Sprint(shown)
	case renewal.Held, renewal.Unverified, renewal.NotTried, renewal.Stale, renewal.Planned:
		return text.FgYellow.Sprint(shown)
	}
	return text.FgHiBlack.Sprint(shown)
}

// newTable gives an empty table: light lines, and none around it.
func (p paper) newTable() table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options.DrawBorder = false
	style.Options.SeparateColumns = false
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	return t
}

func cells(columns []string) table.Row {
	r := make(table.Row, len(columns))
	for i, c := range columns {
		r[i] = c
	}
	return r
}

// totals prints what the run comes to, and everything that it has to say
// besides the table.
func (p paper) totals(r renewal.Report) {
	c := r.Counts
	p.heading(p.say(lang.Say("Totals", "合计")))
	p.line("%s", p.joined(
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
		p.line("%s", p.sums(m))
	}
	for _, s := range r.Scopes {
		if !s.Complete {
			p.line("%s", p.say(lang.Say("incomplete: %s in account %s: %s", "实例列表不完整：%s，账号 %s：%s", message.Clean(s.Region), message.Clean(s.Account), message.Clean(s.Error))))
		}
	}
	for _, e := range r.Instances {
		if e.Error != "" {
			p.line("%s", p.say(lang.Say("%s: %s", "%s：%s", message.Clean(e.ID), message.Clean(e.Error))))
		}
	}
	if len(r.Lapsing) > 0 {
		p.line("%s", p.say(lang.Say("lapsing before the next run: %s", "下次运行前到期且未续费：%s", message.Clean(strings.Join(r.Lapsing, ", ")))))
	}
	for _, w := range r.Warnings {
		p.line("%s", p.say(lang.Say("warning: %s", "警告：%s", message.Clean(w))))
	}
	p.line("%s", p.say(lang.Say("status: %s", "状态：%s", string(r.Status))))
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
