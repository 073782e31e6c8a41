package page

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
)

// A chart is stacked bars, one a month, with the table that says the same. It is
// drawn here, by a few rectangles: its colours follow the theme of the page, and
// its letters are the page's own, neither of which a library's picture does.
type chart struct {
	Key, Title, Caption string
	Width               int // of the picture, in its own units; it is 100 high
	Series              []series
	Ticks               []string // of the axis, from the top down
	Lines               []string // heights of the grid
	Bars                []bar
	Months              []tick
	Rows                []chartRow
}

type series struct {
	Class     int // of the colour
	Name, Sum string
}

type bar struct {
	Title string
	Parts []part
}

type part struct {
	Class      int
	X, Y, W, H string
}

// A tick names a month below its bar.
type tick struct{ Short, Year, Unknown string }

type chartRow struct {
	Month string
	Cells []string // of the series, and the sum
}

// stack is what a chart shows: a sum for each month and each of its series.
type stack struct {
	key, title, caption lang.Text
	names               []string
	months              [][]sum
}

// mostSeries is how many can be told apart by colour; what is beyond goes into
// the last.
const mostSeries = 8

func (v View) charts(t tally) []chart {
	payers := stack{
		key: lang.Plain("payer"), title: lang.Say("By who pays", "按付款方"), caption: lang.Say("What is paid each month, by who pays", "每月支付金额，按付款方"),
		names: []string{v.say(lang.Say("function", "本函数")), v.say(lang.Say("provider's auto-renewal", "云平台自动续费"))},
	}
	for _, pair := range t.payers {
		payers.months = append(payers.months, pair[:])
	}
	product := v.stacked(t.byProduct, "")
	product.key, product.title, product.caption = lang.Plain("product"), lang.Say("By product", "按产品"), lang.Say("What is paid each month, by product", "每月支付金额，按产品")
	rule := v.stacked(t.byRule, v.say(lang.Say("(no rule)", "（无规则）")))
	rule.key, rule.title, rule.caption = lang.Plain("rule"), lang.Say("By rule", "按规则"), lang.Say("What the function pays each month, by the rule that decides", "本函数每月支付金额，按生效的规则")
	return []chart{v.draw(payers), v.draw(product), v.draw(rule)}
}

// stacked makes a stack of a table by month; nameless is said for the empty name.
func (v View) stacked(months []map[string]sum, nameless string) (s stack) {
	keys := dearest(months)
	for i, key := range keys {
		name := message.Clean(key)
		switch {
		case i == mostSeries-1 && len(keys) > mostSeries:
			name = v.say(lang.Say("%d others", "其他 %d 项", len(keys)-i))
		case i >= mostSeries:
			continue
		case key == "":
			name = nameless
		}
		s.names = append(s.names, name)
	}
	for _, m := range months {
		row := make([]sum, len(s.names))
		for i, key := range keys {
			at := min(i, len(row)-1)
			row[at] = row[at].plus(m[key])
		}
		s.months = append(s.months, row)
	}
	return s
}

const (
	barStep  = 10 // from one bar to the next
	barWidth = 6.4
)

// draw makes the chart of a stack.
func (v View) draw(s stack) chart {
	c := chart{Key: v.say(s.key), Title: v.say(s.title), Caption: v.say(s.caption), Width: max(1, barStep*len(s.months))}
	sums, highest := make([]sum, len(s.names)), decimal.Zero
	totals := make([]sum, len(s.months))
	for i, row := range s.months {
		for k, one := range row {
			sums[k], totals[i] = sums[k].plus(one), totals[i].plus(one)
		}
		highest = decimal.Max(highest, totals[i].known)
	}
	for k, name := range s.names {
		c.Series = append(c.Series, series{k, name, v.money(sums[k])})
	}
	top, steps := scale(highest)
	for i := range steps + 1 {
		value := top.Mul(decimal.NewFromInt(int64(steps - i))).Div(decimal.NewFromInt(int64(steps)))
		c.Ticks = append(c.Ticks, grouped(value, places(value)))
		c.Lines = append(c.Lines, number(100*float64(i)/float64(steps)))
	}
	every := 1 + len(s.months)/25
	for i, row := range s.months {
		at := v.monthOf(v.Play.Months[i].Month)
		t := tick{}
		if i%every == 0 {
			t.Short = strconv.Itoa(int(at.Month()))
			if i == 0 || at.Month() == 1 || every > 1 {
				t.Year = strconv.Itoa(at.Year())
			}
		}
		if totals[i].unpriced > 0 {
			t.Unknown = v.say(lang.Say("%d renewals have no known price", "%d 次续费没有已知价格", totals[i].unpriced))
		}
		c.Months = append(c.Months, t)
		c.Bars = append(c.Bars, bar{fmt.Sprintf("%s: %s", v.Play.Months[i].Month, v.money(totals[i])), stackUp(row, i, top)})
		line := chartRow{Month: v.Play.Months[i].Month}
		for _, one := range append(row[:len(row):len(row)], totals[i]) {
			line.Cells = append(line.Cells, v.money(one))
		}
		c.Rows = append(c.Rows, line)
	}
	return c
}

// stackUp gives the rectangles of one bar.
func stackUp(row []sum, i int, top decimal.Decimal) (parts []part) {
	below := decimal.Zero
	for k, one := range row {
		if !one.known.IsPositive() {
			continue
		}
		from, to := share(below, top), share(below.Add(one.known), top)
		below = below.Add(one.known)
		parts = append(parts, part{k, number(float64(i*barStep) + (barStep-barWidth)/2), number(100 - to), number(barWidth), number(to - from)})
	}
	return parts
}

// share is the height of a value, of 100.
func share(value, top decimal.Decimal) float64 {
	return value.Mul(decimal.NewFromInt(100)).Div(top).InexactFloat64()
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 32) }

// scale gives the top of an axis that holds highest, and into how many steps it
// is divided, so that each step is 1, 2, 2.5 or 5 of some power of ten.
func scale(highest decimal.Decimal) (top decimal.Decimal, steps int) {
	if !highest.IsPositive() {
		return decimal.NewFromInt(1), 1
	}
	const most = 4
	for power := int32(-2); ; power++ {
		for _, round := range []string{"1", "2", "2.5", "5"} {
			step := decimal.RequireFromString(round).Shift(power)
			if n := highest.Div(step).Ceil(); n.LessThanOrEqual(decimal.NewFromInt(most)) {
				return step.Mul(n), int(n.IntPart())
			}
		}
	}
}

// places is how many decimals of a tick say something.
func places(value decimal.Decimal) int32 {
	for n := range int32(2) {
		if value.Equal(value.Round(n)) {
			return n
		}
	}
	return 2
}
