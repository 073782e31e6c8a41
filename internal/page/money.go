package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A sum is money that may be known in part only.
type sum struct {
	known    decimal.Decimal
	renewals int
	unpriced int // of them, without a known price
}

func (s sum) plus(other sum) sum {
	return sum{s.known.Add(other.known), s.renewals + other.renewals, s.unpriced + other.unpriced}
}

// A tally is the payments of a play, summed up for the page.
type tally struct {
	function, provider sum
	payers             [][2]sum         // by month: of the function, of the provider
	byProduct, byRule  []map[string]sum // by month
	fates              []sum            // by fate
}

// tally sums the payments up.
func (v View) tally() tally {
	r := v.Play
	n := len(r.Months)
	t := tally{payers: make([][2]sum, n), byProduct: make([]map[string]sum, n), byRule: make([]map[string]sum, n), fates: make([]sum, len(r.Fates))}
	for i := range r.Months {
		t.byProduct[i], t.byRule[i] = map[string]sum{}, map[string]sum{}
	}
	places := map[string]int{}
	for i, m := range r.Months {
		places[m.Month] = i
	}
	for _, p := range r.Payments {
		one := sum{known: p.Price.Value, renewals: 1}
		if !p.Price.Known() {
			one = sum{renewals: 1, unpriced: 1}
		}
		i, product := places[p.At.In(v.Zone).Format("2006-01")], r.Fates[p.Fate].Product
		t.fates[p.Fate] = t.fates[p.Fate].plus(one)
		t.byProduct[i][product] = t.byProduct[i][product].plus(one)
		if p.Provider {
			t.payers[i][1] = t.payers[i][1].plus(one)
			t.provider = t.provider.plus(one)
			continue
		}
		t.payers[i][0] = t.payers[i][0].plus(one)
		t.byRule[i][p.Rule] = t.byRule[i][p.Rule].plus(one)
		t.function = t.function.plus(one)
	}
	return t
}

// unknown stands for money of which nothing is known.
func (v View) unknown() string { return v.say(lang.Say("unknown", "未知")) }

// money writes a sum: what is not known is said, and never taken for nothing.
func (v View) money(s sum) string {
	switch s.unpriced {
	case 0:
		return grouped(s.known, 2)
	case s.renewals:
		return v.unknown()
	}
	return v.say(lang.Say("at least %s", "至少 %s", grouped(s.known, 2)))
}

// grouped writes a number with commas between thousands.
func grouped(d decimal.Decimal, places int32) string {
	text := d.StringFixed(places)
	whole, rest, _ := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	return sign + whole
}

// monthOf reads a month as the play writes it.
func (v View) monthOf(text string) time.Time {
	t, err := time.ParseInLocation("2006-01", text, v.Zone)
	if err != nil {
		return time.Time{} // it is the play's own
	}
	return t
}

// dearest are the names of a table by month, the dearest first.
func dearest(months []map[string]sum) []string {
	all := map[string]sum{}
	for _, m := range months {
		for name, s := range m {
			all[name] = all[name].plus(s)
		}
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(all[b].known.Compare(all[a].known), cmp.Compare(a, b)) })
	return names
}
