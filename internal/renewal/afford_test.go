package renewal

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bill is a decision to renew an instance of the account at a price.
func bill(id string, price Amount, changes ...func(*Decision)) Decision {
	d := decideOne(policy(Renew), ending(Day, called(id)))
	d.Price = price
	for _, change := range changes {
		change(&d)
	}
	return d
}

func of(account string) func(*Decision)   { return func(d *Decision) { d.Instance.Account = account } }
func atMost(price Amount) func(*Decision) { return func(d *Decision) { d.MaxPrice = price } }
func expiring(in time.Duration) func(*Decision) {
	return func(d *Decision) { d.Instance.Expires = now.Add(in) }
}

// reasons gives the reason of each decision, and a star where it is held.
func reasons(decisions []Decision) string {
	var words []string
	for _, d := range decisions {
		word := string(d.Reason)
		if d.Held() {
			word += "*"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestAfford(t *testing.T) {
	const any = 1000
	free := func(change func(*Caps)) Caps {
		caps := Caps{NoMaxCount: true}
		change(&caps)
		return caps
	}
	spend := func(a Amount) Caps { return free(func(c *Caps) { c.MaxSpend = a }) }
	price := func(a Amount) Caps { return free(func(c *Caps) { c.MaxPrice = a }) }
	floor := func(a Amount) Caps { return free(func(c *Caps) { c.MinBalance = a }) }
	switchOn := decideOne(policy(AutoRenew), ending(3*Day))
	for name, tt := range map[string]struct {
		caps     Caps
		balances Balances
		in       []Decision
		want     string
	}{
		"no caps, and no price":                         {free(func(*Caps) {}), nil, []Decision{bill("a", Amount{}), bill("b", cny("-5"))}, "due due"},
		"the caps of nobody let nothing through":        {Caps{}, nil, []Decision{bill("a", cny("1"))}, "over-max-count*"},
		"the count, at its edge and past it":            {Caps{MaxCount: 2}, nil, []Decision{bill("a", cny("1")), bill("b", cny("1")), bill("c", cny("1"))}, "due due over-max-count*"},
		"the count is of all changes":                   {Caps{MaxCount: 1}, nil, []Decision{switchOn, bill("a", cny("1"))}, "due over-max-count*"},
		"and holds those that cost nothing":             {Caps{MaxCount: 1}, nil, []Decision{bill("a", cny("1")), switchOn}, "due over-max-count*"},
		"spending, to the cent":                         {spend(cny("2.50")), nil, []Decision{bill("a", cny("1.25")), bill("b", cny("1.25"))}, "due due"},
		"spending, a cent over":                         {spend(cny("2.50")), nil, []Decision{bill("a", cny("1.25")), bill("b", cny("1.26"))}, "due over-max-spend*"},
		"spending nothing":                              {spend(cny("0")), nil, []Decision{bill("a", cny("0.01"))}, "over-max-spend*"},
		"a cheaper one after a dearer one":              {spend(cny("100")), nil, []Decision{bill("a", cny("90")), bill("b", cny("20")), bill("c", cny("10")), bill("d", cny("0.01"))}, "due over-max-spend* due over-max-spend*"},
		"what is held does not count":                   {func() Caps { c := spend(cny("100")); c.NoMaxCount, c.MaxCount = false, 1; return c }(), nil, []Decision{bill("a", cny("101")), bill("b", cny("100"))}, "over-max-spend* due"},
		"spending in another currency":                  {spend(usd("100")), nil, []Decision{bill("a", cny("1")), bill("b", usd("1"))}, "over-max-spend* due"},
		"no price under a spending cap":                 {spend(cny("100")), nil, []Decision{bill("a", Amount{}), bill("b", cny("1"))}, "price-unknown* due"},
		"a price in no currency":                        {price(cny("10")), nil, []Decision{bill("a", Amount{Value: cny("5").Value})}, "price-unknown*"},
		"a price of nothing":                            {spend(cny("100")), nil, []Decision{bill("a", cny("0"))}, "price-unknown*"},
		"a price below nothing":                         {spend(cny("100")), nil, []Decision{bill("a", cny("-50")), bill("b", cny("101"))}, "price-unknown* over-max-spend*"},
		"one price, to the cent":                        {price(cny("10")), nil, []Decision{bill("a", cny("10")), bill("b", cny("10.01")), bill("c", cny("10.00"))}, "due over-max-price* due"},
		"one price in another currency":                 {price(cny("10")), nil, []Decision{bill("a", usd("1"))}, "over-max-price*"},
		"no price under a cap for one":                  {price(cny("10")), nil, []Decision{bill("a", Amount{})}, "price-unknown*"},
		"the rule's price":                              {free(func(*Caps) {}), nil, []Decision{bill("a", cny("9"), atMost(cny("8"))), bill("b", cny("8"), atMost(cny("8"))), bill("c", cny("9"))}, "over-max-price* due due"},
		"the rule's price, and none is known":           {free(func(*Caps) {}), nil, []Decision{bill("a", Amount{}, atMost(cny("8"))), bill("b", cny("0"), atMost(cny("8")))}, "price-unknown* price-unknown*"},
		"the rule's price does not lift that of all":    {price(cny("5")), nil, []Decision{bill("a", cny("6"), atMost(cny("8")))}, "over-max-price*"},
		"nor does that of all lift the rule's":          {price(cny("8")), nil, []Decision{bill("a", cny("6"), atMost(cny("5")))}, "over-max-price*"},
		"the balance, to the cent":                      {floor(cny("10")), Balances{owner: cny("15")}, []Decision{bill("a", cny("2.50")), bill("b", cny("2.50")), bill("c", cny("0.01"))}, "due due balance-too-low*"},
		"the balance is of each account":                {floor(cny("10")), Balances{owner: cny("11"), "2": cny("20")}, []Decision{bill("a", cny("5")), bill("b", cny("5"), of("2")), bill("c", cny("1"))}, "balance-too-low* due due"},
		"an account without a balance":                  {floor(cny("0")), Balances{"2": cny("99")}, []Decision{bill("a", cny("1"))}, "balance-too-low*"},
		"a balance that could not be read":              {floor(cny("0")), Balances{owner: Amount{}}, []Decision{bill("a", cny("1"))}, "balance-too-low*"},
		"a balance in no currency":                      {floor(cny("1")), Balances{owner: {Value: cny("99").Value}}, []Decision{bill("a", cny("1"))}, "balance-too-low*"},
		"a balance in another currency":                 {floor(cny("1")), Balances{owner: usd("99")}, []Decision{bill("a", cny("1"))}, "balance-too-low*"},
		"a price in another currency than the balance":  {floor(cny("1")), Balances{owner: cny("99")}, []Decision{bill("a", usd("1"))}, "balance-too-low*"},
		"a negative balance":                            {floor(cny("0")), Balances{owner: cny("-3")}, []Decision{bill("a", cny("1"))}, "balance-too-low*"},
		"no price under a floor":                        {floor(cny("0")), Balances{owner: cny("9")}, []Decision{bill("a", Amount{})}, "price-unknown*"},
		"what costs nothing needs no balance":           {floor(cny("10")), nil, []Decision{switchOn}, "due"},
		"price before count":                            {func() Caps { c := price(cny("1")); c.NoMaxCount = false; return c }(), nil, []Decision{bill("a", cny("2"))}, "over-max-price*"},
		"count before spending":                         {func() Caps { c := spend(cny("1")); c.NoMaxCount = false; return c }(), nil, []Decision{bill("a", cny("2"))}, "over-max-count*"},
		"what is left alone is left alone":              {Caps{MaxCount: any}, nil, []Decision{decideOne(policy(Renew), ending(9*Day)), decideOne(policy(ReportOnly), ending(Day))}, "not-due report-only"},
		"what is shown only is not counted":             {Caps{MaxCount: 1}, nil, []Decision{decideOne(policy(ReportOnly, trust(TrustFull)), ending(3*Day, tagged("renew:action", "renew"))), bill("a", cny("1"))}, "report-only due"},
		"what was held before keeps its reason":         {Caps{MaxCount: 1}, nil, []Decision{decideOne(policy(Renew), ending(Day, tagged("renew:period", "1w"))), bill("a", cny("1"))}, "window-covers-period* due"},
		"a huge price":                                  {spend(cny("999999999999999")), nil, []Decision{bill("a", cny("999999999999999.01")), bill("b", cny("1e40")), bill("c", cny("999999999999999"))}, "over-max-spend* over-max-spend* due"},
		"thirds of cents add up":                        {spend(cny("0.3")), nil, []Decision{bill("a", cny("0.1")), bill("b", cny("0.1")), bill("c", cny("0.1")), bill("d", cny("0.0001"))}, "due due due over-max-spend*"},
		"the order is the one that was handed in":       {spend(cny("10")), nil, []Decision{bill("z", cny("6")), bill("a", cny("6"))}, "due over-max-spend*"},
		"letting lapse counts, and needs no price":      {func() Caps { c := spend(cny("0")); c.NoMaxCount, c.MaxCount = false, 1; return c }(), nil, []Decision{decideOne(policy(LetLapse), ending(Day)), decideOne(policy(LetLapse), ending(Day))}, "due over-max-count*"},
		"a count of nothing beats that it is unlimited": {Caps{MaxCount: 0, NoMaxCount: true}, nil, []Decision{bill("a", cny("1"))}, "due"},
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(tt.in)
			out := afford(tt.in, tt.caps, tt.balances)
			if got := reasons(out); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if reasons(tt.in) != reasons(before) {
				t.Error("the decisions that were handed in were changed")
			}
			for i := range out {
				if out[i].Held() && out[i].Wanted() || out[i].Due() != tt.in[i].Due() || out[i].Action != tt.in[i].Action {
					t.Errorf("%s: %+v", out[i].Instance.ID, verdictOf(out[i]))
				}
			}
		})
	}
}

func TestCapsNeedsPrice(t *testing.T) {
	one := bill("a", Amount{})
	for name, tt := range map[string]struct {
		caps Caps
		d    Decision
		want bool
	}{
		"no cap":           {Caps{MaxCount: 1}, one, false},
		"spending":         {Caps{MaxSpend: cny("1")}, one, true},
		"one price":        {Caps{MaxPrice: cny("1")}, one, true},
		"the balance":      {Caps{MinBalance: cny("0")}, one, true},
		"the rule's price": {Caps{}, bill("a", Amount{}, atMost(cny("1"))), true},
	} {
		if got := tt.caps.NeedsPrice(tt.d); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRunway(t *testing.T) {
	floor := Caps{MinBalance: cny("100")}
	list := []Decision{
		bill("a", cny("50"), expiring(time.Hour)), bill("b", cny("60.50"), expiring(2*time.Hour)), bill("c", cny("1"), expiring(3*time.Hour)),
	}
	for name, tt := range map[string]struct {
		list     []Decision
		caps     Caps
		balances Balances
		want     []string
	}{
		"without a floor":              {list, Caps{}, Balances{owner: cny("0")}, nil},
		"it carries all, to the cent":  {list, floor, Balances{owner: cny("211.50")}, nil},
		"a cent short, the last":       {list, floor, Balances{owner: cny("211.49")}, []string{"account " + owner + ": the balance is 0.01 CNY short of what is due and RENEW_MIN_BALANCE; the first that it does not carry expires on 2026-11-23 12:00 UTC+8"}},
		"short from the second":        {list, floor, Balances{owner: cny("160")}, []string{"account " + owner + ": the balance is 51.50 CNY short of what is due and RENEW_MIN_BALANCE; the first that it does not carry expires on 2026-11-23 11:00 UTC+8"}},
		"below the floor already":      {list[:1], floor, Balances{owner: cny("-5")}, []string{"account " + owner + ": the balance is 155.00 CNY short of what is due and RENEW_MIN_BALANCE; the first that it does not carry expires on 2026-11-23 10:00 UTC+8"}},
		"below the floor, nothing due": {nil, floor, Balances{owner: cny("-5")}, nil},
		"a balance that is not known":  {list, floor, nil, nil}, // told elsewhere
		"another currency":             {list, floor, Balances{owner: usd("1")}, nil},
		"what is not paid":             {[]Decision{decideOne(policy(AutoRenew), ending(3*Day)), bill("x", Amount{})}, floor, Balances{owner: cny("0")}, nil},
		"two accounts, in one order": {append(slices.Clone(list), bill("z", cny("1"), of("1"))), floor, Balances{owner: cny("211"), "1": cny("100")}, []string{
			"account 1: the balance is 1.00 CNY short of what is due and RENEW_MIN_BALANCE; the first that it does not carry expires on 2026-11-24 09:00 UTC+8",
			"account " + owner + ": the balance is 0.50 CNY short of what is due and RENEW_MIN_BALANCE; the first that it does not carry expires on 2026-11-23 12:00 UTC+8",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, sentence := range Runway(tt.list, tt.caps, tt.balances, Beijing) {
				got = append(got, sentence.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]string{
		"5000": "5000.00 CNY", "5000 CNY": "5000.00 CNY", "5000CNY": "5000.00 CNY", "800.5": "800.50 CNY", "800.50 USD": "800.50 USD",
		"0": "0.00 CNY", "0.0001": "0.0001 CNY", "0.1000": "0.10 CNY", "007": "7.00 CNY", "999999999999999.9999": "999999999999999.9999 CNY",
	} {
		if a, err := ParseAmount(text, China); err != nil || a.String()+" "+a.Currency != want {
			t.Errorf("%q is read as %s %s (%v)", text, a, a.Currency, err)
		}
	}
	if a, err := ParseAmount("5", Intl); err != nil || a.Currency != "USD" {
		t.Errorf("on the international site: %v (%v)", a, err)
	}
	for _, text := range []string{
		"", " ", "CNY", "5,000", "5 000", "5000  CNY", "5000 cny", "5000 CN", "5000 CNYY", "CNY 5000", "-1", "+1", "1e3", "0x10", ".5", "5.",
		"1.00001", "1234567890123456", "NaN", "Inf", "５", "¥5", "5\n", " 5", "5 ", "5 CNY ",
	} {
		if a, err := ParseAmount(text, China); err == nil || a.Known() {
			t.Errorf("%q is read as %v", text, a)
		}
	}
	if s := (Amount{}).String(); s != "" || (Amount{}).Known() {
		t.Errorf("no amount is written as %q", s)
	}
}

func FuzzParsePeriodAndAmount(f *testing.F) {
	for _, seed := range []string{"1m", "12m", "1y", "4w", "0m", "5000", "5000 CNY", "800.50 USD", "1e9", "-1", "", "１m", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := ParsePeriod(text); err == nil {
			if again, err := ParsePeriod(p.String()); err != nil || again != p || p.Shortest() < 7*Day {
				t.Errorf("%q is read as %v, and that as %v (%v)", text, p, again, err)
			}
		}
		if a, err := ParseAmount(text, China); err == nil {
			again, err := ParseAmount(a.String()+" "+a.Currency, Intl)
			if err != nil || !again.Value.Equal(a.Value) || again.Currency != a.Currency || a.Value.IsNegative() || !a.Known() {
				t.Errorf("%q is read as %v, and that as %v (%v)", text, a, again, err)
			}
		}
	})
}
