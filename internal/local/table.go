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
)

// A paper is what tables are printed on, for people.
type paper struct {
	out     io.Writer
	zone    *time.Location
	lang    lang.Language
	colours bool
	width   int // in columns
}

func (p *program) paper(zone *time.Location, l lang.Language) paper {
	if zone == nil {
		zone = time.UTC
	}
	return paper{out: p.stdout, zone: zone, lang: l, colours: p.colours(p.stdout), width: p.width(p.stdout)}
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

// A column of a table.
type column struct {
	title string
	cells []string
	right bool // holds numbers
	least int  // how narrow it may be cut, in the middle; 0 = it is not cut
	slot  int  // columns of one slot stand below each other where a line is too narrow for all
}

// wideOnly is the slot of columns that are left out where a line is too narrow.
const wideOnly = -1

// columnOf makes a column of what cell says of each of a list.
func columnOf[T any](title string, slot int, list []T, cell func(T) string) column {
	c := column{title: title, slot: slot, cells: make([]string, len(list))}
	for i, of := range list {
		c.cells[i] = cell(of)
	}
	return c
}

func (c column) toTheRight() column { c.right = true; return c }

func (c column) cut(least int) column { c.least = least; return c }

// wide is how wide the column is when nothing is cut.
func (c column) wide() int {
	n := text.StringWidth(c.title)
	for _, cell := range c.cells {
		n = max(n, text.StringWidthWithoutEscSequences(cell))
	}
	return n
}

// empty says whether the column tells nothing.
func (c column) empty() bool {
	return !slices.ContainsFunc(c.cells, func(cell string) bool { return cell != "" })
}

const gap = 2 // between columns

// table prints columns, whole within the width of the paper: those that tell
// nothing are left out, ids and names are cut in the middle, and where that is not
// enough, columns of one slot stand below each other.
func (p paper) table(columns []column) {
	columns = slices.DeleteFunc(columns, column.empty)
	if len(columns) == 0 {
		return
	}
	single := make([][]column, len(columns))
	for i, c := range columns {
		single[i] = []column{c}
	}
	widths, fits := p.fit(single)
	if !fits {
		single = bySlot(slices.DeleteFunc(columns, func(c column) bool { return c.slot == wideOnly }))
		widths, _ = p.fit(single)
	}
	p.line("%s", p.render(single, widths))
}

// bySlot puts columns of one slot together, in the order of the slots' first ones.
func bySlot(columns []column) (groups [][]column) {
	at := map[int]int{}
	for _, c := range columns {
		i, known := at[c.slot]
		if !known {
			i = len(groups)
			at[c.slot] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}

// fit gives the widths of groups of columns, cut as far as it takes to have them
// all side by side, and says whether they are.
func (p paper) fit(groups [][]column) (widths []int, fits bool) {
	least := make([]int, len(groups))
	sum := gap * (len(groups) - 1)
	widths = make([]int, len(groups))
	for i, group := range groups {
		for _, c := range group {
			wide := c.wide()
			widths[i] = max(widths[i], wide)
			if c.least > 0 {
				wide = min(wide, max(c.least, text.StringWidth(c.title)))
			}
			least[i] = max(least[i], wide)
		}
		sum += widths[i]
	}
	for ; sum > p.width; sum-- {
		widest := -1
		for i, w := range widths {
			if w > least[i] && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return widths, false
		}
		widths[widest]--
	}
	return widths, true
}

// render draws groups of columns: a line an entry, or several where groups hold
// several columns.
func (p paper) render(groups [][]column, widths []int) string {
	t := p.newTable()
	var configs []table.ColumnConfig
	header := make(table.Row, len(groups))
	for i, group := range groups {
		titles := make([]string, len(group))
		for n, c := range group {
			titles[n] = c.title
		}
		header[i] = strings.Join(titles, "\n")
		if len(group) == 1 && group[0].right {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(header)
	for entry := range groups[0][0].cells {
		line := make(table.Row, len(groups))
		for i, group := range groups {
			var parts []string
			for _, c := range group {
				parts = append(parts, shorten(c.cells[entry], widths[i]))
			}
			line[i] = strings.TrimRight(strings.Join(parts, "\n"), "\n")
		}
		t.AppendRow(line)
	}
	return t.Render()
}

// shorten cuts a text in the middle; of a reason with its rule in brackets, as long
// as there is room, the rule alone.
func shorten(of string, to int) string {
	if text.StringWidthWithoutEscSequences(of) <= to {
		return of
	}
	const aLittle = 3 // of the rule
	if reason, rule, found := strings.Cut(of, " ("); found && text.StringWidth(reason)+len(" ()")+aLittle <= to {
		return reason + " (" + shorten(strings.TrimSuffix(rule, ")"), to-text.StringWidth(reason)-len(" ()")) + ")"
	}
	runes := []rune(of)
	width := func(part []rune) (n int) {
		for _, r := range part {
			n += text.RuneWidth(r)
		}
		return n
	}
	head, tail := len(runes)/2, len(runes)/2
	for width(runes[:head])+1+width(runes[tail:]) > to && head+len(runes)-tail > 1 {
		if head > len(runes)-tail {
			head--
		} else {
			tail++
		}
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}

// newTable gives an empty table without lines.
func (p paper) newTable() table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options.DrawBorder = false
	style.Options.SeparateColumns = false
	style.Options.SeparateHeader = false
	style.Box.PaddingLeft, style.Box.PaddingRight = "", strings.Repeat(" ", gap)
	if p.colours {
		style.Color.Header = text.Colors{text.FgHiBlack}
	}
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	return t
}

// paragraph prints a text within the width of the paper; what follows its first
// line is indented.
func (p paper) paragraph(indent int, t string) { p.indented("", indent, t) }

// indented is a paragraph whose first line begins with something of its own.
func (p paper) indented(begin string, indent int, t string) {
	const least = 20
	first := p.width - text.StringWidthWithoutEscSequences(begin)
	for _, line := range wrap(t, first, max(p.width-indent, least)) {
		p.line("%s", strings.TrimRight(begin+line, " "))
		begin = strings.Repeat(" ", indent)
	}
}
