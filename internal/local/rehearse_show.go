package local

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/page"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A sheet is one table of a rehearsal: in a terminal, in Markdown and on a page
// it has the same rows.
type sheet struct {
	title   lang.Text
	columns []lang.Text
	rows    [][]any
	left    int // columns from the first that hold text; the others hold numbers
}

// verdict is the first thing to be said.
func (y *play) verdict() lang.Text {
	r := y.result
	n := r.Unchosen()
	switch {
	case len(r.Fates) == 0:
		return lang.Say("There is nothing to play: the fleet has no subscription.", "没有可预演的资源：未查询到任何包年包月资源。")
	case y.policy.Action == renewal.ReportOnly:
		return lang.Say("RENEW_ACTION is report: the function renews nothing; %d subscriptions stop within %d days.", "RENEW_ACTION 为 report：本函数不会续费；%[2]d 天内有 %[1]d 个包年包月资源到期停止。", len(r.Stops), r.Days)
	case n == 1:
		return lang.Say("1 subscription stops within %d days, and nobody chose to let it go.", "%d 天内有 1 个资源到期停止，且并非有意放弃。", r.Days)
	case n > 0:
		return lang.Say("%d subscriptions stop within %d days, and nobody chose to let them go.", "%[2]d 天内有 %[1]d 个资源到期停止，且并非有意放弃。", n, r.Days)
	}
	return lang.Say("Nothing stops within %d days that nobody chose to let go.", "%d 天内没有资源意外到期停止。", r.Days)
}

// sums says what it comes to.
func (y *play) sums() []lang.Text {
	r := y.result
	lines := []lang.Text{
		lang.Say("%d renewals by the function: %s %s; by the provider: %s %s.", "本函数续费 %d 次：%s %s；云平台自动续费：%s %s。", r.Total.Renewals, r.Total.ByFunction, r.Currency, r.Total.ByProvider, r.Currency),
	}
	if r.Peak.Due > 0 {
		limit := lang.Say("no limit", "无上限")
		if r.Peak.Cap != nil {
			limit = lang.Plain(fmt.Sprint(*r.Peak.Cap))
		}
		money := lang.Say("no limit", "无上限")
		if r.Peak.MoneyCap != "" {
			money = lang.Plain(r.Peak.MoneyCap)
		}
		lines = append(lines, lang.Say("The peak is %s: %d due (RENEW_MAX_COUNT: %v), %s %s (RENEW_MAX_SPEND: %v).", "高峰为 %s：%d 个到期（RENEW_MAX_COUNT：%v），%s %s（RENEW_MAX_SPEND：%v）。",
			r.Peak.Day, r.Peak.Due, limit, r.Peak.Money, r.Currency, money))
	}
	if r.FirstHeld != "" {
		lines = append(lines, lang.Say("The caps hold something back, first on %s.", "上限会使部分续费推迟，最早在 %s。", r.FirstHeld))
	}
	if r.BalanceEnds != "" {
		lines = append(lines, lang.Say("If nobody tops it up, the balance ends on %s.", "若不充值，余额将于 %s 用尽。", r.BalanceEnds))
	}
	if r.UnselectedStops > 0 {
		lines = append(lines, lang.Say("%d that the settings do not look after stop, too.", "另有 %d 个不在设置范围内的资源到期停止。", r.UnselectedStops))
	}
	return lines
}

// sheets are the tables of the play.
func (y *play) sheets() []sheet {
	r := y.result
	months := sheet{
		title: lang.Say("By month", "按月"), left: 1,
		columns: []lang.Text{
			lang.Say("month", "月份"), lang.Say("renewals", "续费次数"), lang.Say("by the function", "本函数"), lang.Say("by the provider", "自动续费"),
			lang.Say("held", "推迟"), lang.Say("stop", "停止"), lang.Say("released", "释放"),
		},
	}
	for _, m := range r.Months {
		months.rows = append(months.rows, []any{m.Month, m.Renewals, m.ByFunction, m.ByProvider, m.Held, m.Stops, m.Released})
	}
	all := []sheet{months}
	for _, part := range []struct {
		title lang.Text
		rows  []renewal.Share
	}{
		{lang.Say("By product", "按产品"), r.By.Product}, {lang.Say("By rule", "按规则"), r.By.Rule},
		{lang.Say("By account", "按账号"), r.By.Account}, {lang.Say("By region", "按地域"), r.By.Region},
	} {
		if len(part.rows) > 1 {
			all = append(all, shares(part.title, part.rows))
		}
	}
	return append(all, y.stops())
}

func shares(title lang.Text, rows []renewal.Share) sheet {
	s := sheet{title: title, left: 1, columns: []lang.Text{
		lang.Say("name", "名称"), lang.Say("renewals", "续费次数"), lang.Say("by the function", "本函数"), lang.Say("by the provider", "自动续费"),
	}}
	for _, row := range rows {
		name := any(row.Name)
		if row.Name == "" {
			name = lang.Say("(none)", "（无）")
		}
		s.rows = append(s.rows, []any{name, row.Renewals, row.ByFunction, row.ByProvider})
	}
	return s
}

func (y *play) stops() sheet {
	s := sheet{title: lang.Say("What will stop", "将停止的资源"), left: 5, columns: []lang.Text{
		lang.Say("at", "时间"), lang.Say("name", "名称"), lang.Plain("id"), lang.Say("region", "地域"), lang.Say("reason", "原因"), lang.Say("chosen", "有意放弃"),
	}}
	for _, stop := range y.result.Stops {
		chosen := lang.Say("no", "否")
		if stop.Chosen {
			chosen = lang.Say("yes", "是")
		}
		s.rows = append(s.rows, []any{stop.At.In(y.zone).Format("2006-01-02 15:04"), message.Clean(stop.Name), stop.ID, stop.Region, string(stop.Reason), chosen})
	}
	return s
}

// difference are the tables of the comparison.
func (y *play) difference() []sheet {
	c := y.result.Against
	if c == nil {
		return nil
	}
	who := sheet{title: lang.Say("Against %s: who fares otherwise", "与 %s 对比：结果不同的资源", c.File), left: 5, columns: []lang.Text{
		lang.Say("at", "时间"), lang.Say("name", "名称"), lang.Plain("id"), lang.Say("here", "当前"), lang.Say("there", "对比"),
	}}
	for _, d := range c.Instances {
		who.rows = append(who.rows, []any{d.At.In(y.zone).Format("2006-01-02"), message.Clean(d.Name), d.ID, string(d.Here), string(d.There)})
	}
	what := sheet{title: lang.Say("Against %s: what each month costs", "与 %s 对比：每月费用", c.File), left: 1, columns: []lang.Text{
		lang.Say("month", "月份"), lang.Say("here", "当前"), lang.Say("there", "对比"), lang.Say("difference", "差额"),
	}}
	for _, m := range c.Months {
		what.rows = append(what.rows, []any{m.Month, m.Here, m.There, m.Difference})
	}
	return []sheet{who, what}
}

// page is the play as a web page.
func (y *play) page(l lang.Language) page.View {
	v := page.View{
		Play: y.result, Language: l, Zone: y.zone, Verdict: y.verdict(),
		Well: y.result.Unchosen() == 0 && y.policy.Action != renewal.ReportOnly,
	}
	if y.sample {
		v.Notes = append(v.Notes, sampleNote())
	}
	return v
}

func sampleNote() lang.Text {
	return lang.Say("There are no credentials and no --fleet: this is the sample fleet.", "没有凭证，也未指定 --fleet：以下为示例实例。")
}

// print shows the play in a terminal.
func (y *play) print(p paper) {
	if y.sample {
		p.line("%s", p.say(sampleNote()))
	}
	p.line("%s", p.say(y.verdict()))
	for _, line := range y.sums() {
		p.line("%s", p.say(line))
	}
	for _, s := range append(y.sheets(), y.difference()...) {
		p.heading(p.say(s.title))
		if len(s.rows) == 0 {
			p.line("%s", p.say(lang.Say("nothing", "无")))
			continue
		}
		t := table.NewWriter()
		t.SetStyle(table.StyleLight)
		t.Style().Options.DrawBorder = false
		s.fill(t, p.lang)
		p.line("%s", t.Render())
	}
	for _, warning := range y.result.Warnings {
		p.line("%s", p.say(lang.Say("Warning: %s", "警告：%s", warning)))
	}
}

// fill puts the sheet into a table.
func (s sheet) fill(t table.Writer, l lang.Language) {
	var header table.Row
	var columns []table.ColumnConfig
	for i, column := range s.columns {
		header = append(header, column.In(l))
		if i >= s.left {
			columns = append(columns, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.AppendHeader(header)
	t.SetColumnConfigs(columns)
	for _, row := range s.rows {
		cells := make(table.Row, len(row))
		for i, cell := range row {
			cells[i] = cell
			if said, ok := cell.(lang.Text); ok {
				cells[i] = said.In(l)
			}
		}
		t.AppendRow(cells)
	}
}

// markdown prints the play for a pull request.
func (y *play) markdown(w io.Writer, l lang.Language) error {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n\n", y.verdict().In(l))
	for _, line := range y.sums() {
		fmt.Fprintf(&b, "- %s\n", line.In(l))
	}
	for _, s := range append(y.difference(), y.sheets()...) {
		fmt.Fprintf(&b, "\n### %s\n\n", s.title.In(l))
		if len(s.rows) == 0 {
			fmt.Fprintf(&b, "%s\n", lang.Say("nothing", "无").In(l))
			continue
		}
		t := table.NewWriter()
		s.fill(t, l)
		b.WriteString(t.RenderMarkdown() + "\n")
	}
	for _, warning := range y.result.Warnings {
		fmt.Fprintf(&b, "\n> %s\n", warning)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
