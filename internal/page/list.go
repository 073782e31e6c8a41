package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A column is one of the list of everything.
type column struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Number bool   `json:"number,omitempty"`
}

// data is what the script shows: rows in the order of the columns, and what the
// words in two of them say to people.
type data struct {
	Columns []column          `json:"columns"`
	Rows    [][]any           `json:"rows"`
	Endings map[string]string `json:"endings"`
	Reasons map[string]string `json:"reasons"`
}

// accounts counts those of the fleet: one alone needs no column.
func (v View) accounts() int {
	all := map[string]bool{}
	for _, f := range v.Play.Fates {
		all[f.Account] = true
	}
	return len(all)
}

func (v View) columns() (columns []column) {
	several := v.accounts() > 1
	for _, c := range []struct {
		key    string
		name   lang.Text
		number bool
	}{
		{"name", lang.Say("Name", "名称"), false}, {"id", lang.Plain("ID"), false}, {"product", lang.Say("Product", "产品"), false},
		{"account", lang.Say("Account", "账号"), false}, {"region", lang.Say("Region", "地域"), false},
		{"ending", lang.Say("What becomes of it", "结果"), false}, {"at", lang.Say("First on", "首次时间"), false},
		{"expires", lang.Say("Then paid to", "最终到期"), false}, {"reason", lang.Say("Reason", "原因"), false},
		{"renewals", lang.Say("Renewals", "续费次数"), true}, {"money", lang.Say("Paid", "支付"), true},
	} {
		if c.key != "account" || several {
			columns = append(columns, column{c.key, v.say(c.name), c.number})
		}
	}
	return columns
}

func (v View) data(t tally) data {
	d := data{Columns: v.columns(), Rows: make([][]any, 0, len(v.Play.Fates)), Endings: map[string]string{}, Reasons: map[string]string{}}
	several := v.accounts() > 1
	for i, f := range v.Play.Fates {
		paid := t.fates[i]
		money := ""
		if paid.renewals > 0 {
			money = v.money(paid)
		}
		d.Endings[string(f.Ending)] = v.say(ending(f.Ending))
		d.Reasons[string(f.Reason)] = v.say(message.Reason(f.Reason))
		row := []any{message.Clean(f.Name), message.Clean(f.ID), f.Product}
		if several {
			row = append(row, f.Account)
		}
		d.Rows = append(d.Rows, append(row, f.Region, string(f.Ending), v.date(f.At), v.date(f.Expires), string(f.Reason), paid.renewals, money))
	}
	return d
}

// against is the comparison.
type against struct {
	File, Said string
	Months     []comparedMonth
	Rows       []compared
	More       int
}

type comparedMonth struct{ Month, Here, There, Difference, Class string }

type compared struct {
	At, Name, ID, Here, There string
	Bad                       bool // it stops there, and not here
}

func (v View) against() *against {
	c := v.Play.Against
	if c == nil {
		return nil
	}
	a := &against{File: message.Clean(c.File), More: max(0, len(c.Instances)-mostRows)}
	all := decimal.Zero
	for _, m := range c.Months {
		row := comparedMonth{m.Month, plain(m.Here), plain(m.There), signed(m.Difference), ""}
		switch difference, err := decimal.NewFromString(m.Difference); {
		case err != nil:
		case difference.IsNegative():
			row.Class = "less"
			all = all.Add(difference)
		case difference.IsPositive():
			row.Class = "more-money"
			all = all.Add(difference)
		}
		a.Months = append(a.Months, row)
	}
	a.Said = v.say(lang.Say("%d subscriptions fare otherwise; there it costs %s %s in all.", "%d 个资源结果不同；对比方案总费用变化 %s %s。", len(c.Instances), signed(all.StringFixed(2)), v.Play.Currency))
	worst := slices.Clone(c.Instances)
	slices.SortStableFunc(worst, func(x, y renewal.Difference) int { return cmp.Compare(rank(x), rank(y)) })
	for _, d := range worst[:min(len(worst), mostRows)] {
		a.Rows = append(a.Rows, compared{v.minute(d.At), message.Clean(d.Name), message.Clean(d.ID), v.say(ending(d.Here)), v.say(ending(d.There)), rank(d) == 0})
	}
	return a
}

// rank puts what only stops there first.
func rank(d renewal.Difference) int {
	if d.There == renewal.Stops {
		return 0
	}
	return 1
}

func plain(money string) string {
	d, err := decimal.NewFromString(money)
	if err != nil {
		return money
	}
	return grouped(d, 2)
}

func signed(money string) string {
	text := plain(money)
	if strings.HasPrefix(text, "-") {
		return "−" + text[1:]
	}
	if strings.Trim(text, "0.") == "" {
		return text
	}
	return "+" + text
}
