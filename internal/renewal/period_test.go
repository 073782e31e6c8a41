package renewal

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var everyPeriod = []string{"1w", "2w", "3w", "4w", "1m", "2m", "3m", "4m", "5m", "6m", "7m", "8m", "9m", "1y", "2y", "3y", "4y", "5y"}

func TestParsePeriod(t *testing.T) {
	for _, text := range everyPeriod {
		p, err := ParsePeriod(text)
		if err != nil || p.String() != text {
			t.Errorf("%s is read as %v (%v)", text, p, err)
		}
	}
	if p, err := ParsePeriod("12m"); err != nil || p != oneYear || p.String() != "1y" {
		t.Errorf("12m is read as %v (%v)", p, err)
	}
	for _, text := range []string{
		"", "1", "m", "0m", "0w", "0y", "5w", "10m", "11m", "13m", "24m", "6y", "1M", "1 m", " 1m", "1m ", "1m\n", "-1m", "+1m", "01m", "1.5m", "1d", "1h", "1month", "１m", "1m1w",
	} {
		if p, err := ParsePeriod(text); err == nil || p != (Period{}) {
			t.Errorf("%q is read as %v", text, p)
		}
	}
	if got := (Period{}).String(); got != "" {
		t.Errorf("no period is written as %q", got)
	}
}

// The two APIs and the two sites offer different periods.
func TestPeriodsThatAreOffered(t *testing.T) {
	offers := map[string]map[string]bool{}
	for name, texts := range map[string][]string{
		"renewal/china":      everyPeriod,
		"renewal/intl":       {"1m", "2m", "3m", "4m", "5m", "6m", "7m", "8m", "9m", "1y"},
		"auto-renewal/china": {"1w", "2w", "3w", "4w", "1m", "2m", "3m", "6m", "1y", "2y", "3y", "4y", "5y"},
		"auto-renewal/intl":  {"1m", "2m", "3m", "6m", "1y", "2y", "3y", "4y", "5y"},
	} {
		offers[name] = map[string]bool{}
		for _, text := range texts {
			offers[name][text] = true
		}
	}
	for _, text := range everyPeriod {
		p, err := ParsePeriod(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []Site{China, Intl} {
			if err := p.OfferedForRenewal(s); (err == nil) != offers["renewal/"+string(s)][text] {
				t.Errorf("%s for renewal on %s: %v", text, s, err)
			}
			if err := p.OfferedForAutoRenewal(s); (err == nil) != offers["auto-renewal/"+string(s)][text] {
				t.Errorf("%s for auto-renewal on %s: %v", text, s, err)
			}
		}
	}
}

func TestPeriodShortest(t *testing.T) {
	for text, days := range map[string]int{"1w": 7, "4w": 28, "1m": 28, "9m": 252, "1y": 336, "5y": 1680} {
		p, err := ParsePeriod(text)
		if err != nil || p.Shortest() != time.Duration(days)*Day {
			t.Errorf("%s lasts %v", text, p.Shortest())
		}
	}
	if got := (Term{UntilDay: 5}).Shortest(); got != 28*Day {
		t.Errorf("up to a day lasts %v", got)
	}
	if got := (Term{Period: oneWeek}).Shortest(); got != 7*Day {
		t.Errorf("a week lasts %v", got)
	}
}

// Terms end at midnight in Beijing, which is 16:00 UTC the day before.
func TestPeriodAfter(t *testing.T) {
	for name, tt := range map[string]struct{ from, period, want string }{
		"a week":                                {"2026-11-25T16:00:00Z", "1w", "2026-12-02T16:00:00Z"},
		"a month":                               {"2026-11-25T16:00:00Z", "1m", "2026-12-25T16:00:00Z"},
		"a year":                                {"2026-11-25T16:00:00Z", "1y", "2027-11-25T16:00:00Z"},
		"over the turn of the year":             {"2026-12-14T16:00:00Z", "2m", "2027-02-14T16:00:00Z"},
		"31 January in Beijing":                 {"2027-01-30T16:00:00Z", "1m", "2027-02-27T16:00:00Z"},
		"a second before it is 30 January":      {"2027-01-30T15:59:59Z", "1m", "2027-02-28T15:59:59Z"},
		"31 January of a leap year":             {"2028-01-30T16:00:00Z", "1m", "2028-02-28T16:00:00Z"},
		"31 January in UTC is the 1st":          {"2027-01-31T16:00:00Z", "1m", "2027-02-28T16:00:00Z"},
		"29 February, a year on":                {"2028-02-28T16:00:00Z", "1y", "2029-02-27T16:00:00Z"},
		"29 February, four years on":            {"2028-02-28T16:00:00Z", "4y", "2032-02-28T16:00:00Z"},
		"31 August, a month on":                 {"2026-08-30T16:00:00Z", "1m", "2026-09-29T16:00:00Z"},
		"the clock is kept":                     {"2026-11-25T01:02:03Z", "3m", "2027-02-25T01:02:03Z"},
		"an hour that is another day in UTC":    {"2026-11-30T17:00:00Z", "3m", "2027-02-28T17:00:00Z"},
		"four weeks from 31 January in Beijing": {"2027-01-30T16:00:00Z", "4w", "2027-02-27T16:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ParsePeriod(tt.period)
			if err != nil {
				t.Fatal(err)
			}
			got := p.After(at(t, tt.from))
			if want := at(t, tt.want); !got.Equal(want) || got.Location() != time.UTC {
				t.Errorf("%v, want %v", got, want)
			}
			if other := p.After(at(t, tt.from).In(time.FixedZone("", -8*60*60))); !other.Equal(got) {
				t.Errorf("it goes by the zone of the time that was handed in: %v", other)
			}
		})
	}
}

func TestPeriodAfterIsNeverShorterThanShortest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := ParsePeriod(rapid.SampledFrom(everyPeriod).Draw(t, "period"))
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1.6e9, 4e9).Draw(t, "from"), 0).UTC()
		got := p.After(from)
		if added := got.Sub(from); added < p.Shortest() || added > p.Shortest()+time.Duration(3*p.Months+1)*Day {
			t.Fatalf("%v after %v is %v, %v on", p, from, got, added)
		}
		if got.Before(p.After(from.Add(-time.Second))) {
			t.Fatalf("later paid, earlier over: %v after %v", p, from)
		}
		if !(Term{Period: p}).asAsked(from, got, from.Add(-Day)) {
			t.Fatalf("%v after %v is not as asked", p, from)
		}
	})
}

// The unified expiry day: 00:00 in Beijing of the first such day that is a
// calendar month ahead or more.
func TestTermUntilDay(t *testing.T) {
	for name, tt := range map[string]struct {
		from string // in Beijing
		day  int
		want string
	}{
		"8 October, day 12":                 {"2026-10-08T00:00:00+08:00", 12, "2026-11-12T00:00:00+08:00"},
		"10 September, day 1":               {"2026-09-10T00:00:00+08:00", 1, "2026-11-01T00:00:00+08:00"},
		"1 February, day 1":                 {"2027-02-01T00:00:00+08:00", 1, "2027-03-01T00:00:00+08:00"},
		"a second later, not a month":       {"2027-02-01T00:00:01+08:00", 1, "2027-04-01T00:00:00+08:00"},
		"the day before":                    {"2027-01-31T00:00:00+08:00", 1, "2027-03-01T00:00:00+08:00"},
		"over the turn of the year":         {"2026-12-06T00:00:00+08:00", 6, "2027-01-06T00:00:00+08:00"},
		"two years on":                      {"2026-12-07T00:00:00+08:00", 6, "2027-02-06T00:00:00+08:00"},
		"28 is in every month":              {"2027-01-28T00:00:00+08:00", 28, "2027-02-28T00:00:00+08:00"},
		"from a day that February has not":  {"2027-01-31T00:00:00+08:00", 28, "2027-02-28T00:00:00+08:00"},
		"from the end of a leap year's":     {"2028-01-31T00:00:00+08:00", 28, "2028-03-28T00:00:00+08:00"},
		"another zone's day does not count": {"2026-10-31T17:00:00Z", 1, "2027-01-01T00:00:00+08:00"},
		"the clock is that of midnight":     {"2026-11-25T03:04:05Z", 28, "2026-12-28T00:00:00+08:00"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, want := (Term{UntilDay: tt.day}).After(at(t, tt.from)), at(t, tt.want); !got.Equal(want) {
				t.Errorf("%v, want %v", got.In(Beijing), want)
			}
		})
	}
	if got := (Term{UntilDay: 5}).String(); got != "until-day-5" {
		t.Errorf("written as %q", got)
	}
}

func TestTermUntilDayProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		term := Term{UntilDay: rapid.IntRange(1, 28).Draw(t, "day")}
		from := time.Unix(rapid.Int64Range(1.6e9, 4e9).Draw(t, "from"), 0).UTC()
		got := term.After(from)
		if local := got.In(Beijing); local.Day() != term.UntilDay || local.Format(time.TimeOnly) != "00:00:00" {
			t.Fatalf("%v ends on %v", term, local)
		}
		aMonthOn := oneMonth.After(from)
		if got.Before(aMonthOn) {
			t.Fatalf("%v from %v is %v, less than a month on", term, from, got)
		}
		if sooner := got.In(Beijing).AddDate(0, -1, 0); !sooner.Before(aMonthOn) {
			t.Fatalf("%v from %v is %v, and %v would have done", term, from, got, sooner)
		}
		if got.Sub(from) < term.Shortest() {
			t.Fatalf("%v from %v is %v, shorter than the shortest", term, from, got)
		}
		if !term.asAsked(from, got, from.Add(-Day)) {
			t.Fatalf("%v from %v is not as asked", got, from)
		}
	})
}

func TestAsAsked(t *testing.T) {
	before := "2026-11-25T16:00:00Z"
	const early = "2026-11-23T01:00:00Z" // before the expiry
	for name, tt := range map[string]struct {
		term       Term
		after, now string
		want       bool
	}{
		"to the day":                          {Term{Period: oneMonth}, "2026-12-25T16:00:00Z", early, true},
		"four days early":                     {Term{Period: oneMonth}, "2026-12-21T16:00:00Z", early, true},
		"a second earlier":                    {Term{Period: oneMonth}, "2026-12-21T15:59:59Z", early, false},
		"four days late":                      {Term{Period: oneMonth}, "2026-12-29T16:00:00Z", early, true},
		"a second later":                      {Term{Period: oneMonth}, "2026-12-29T16:00:01Z", early, false},
		"two months for one":                  {Term{Period: oneMonth}, "2027-01-25T16:00:00Z", early, false},
		"one month for two":                   {Term{Period: Period{Months: 2}}, "2026-12-25T16:00:00Z", early, false},
		"a month for a week":                  {Term{Period: oneWeek}, "2026-12-25T16:00:00Z", early, false},
		"two weeks for one":                   {Term{Period: oneWeek}, "2026-12-09T16:00:00Z", early, false},
		"not moved":                           {Term{Period: oneWeek}, before, early, false},
		"moved back":                          {Term{Period: oneWeek}, "2026-11-20T16:00:00Z", early, false},
		"late, counted from the old expiry":   {Term{Period: oneMonth}, "2026-12-25T16:00:00Z", "2026-12-05T01:00:00Z", true},
		"late, counted from the day paid":     {Term{Period: oneMonth}, "2027-01-05T16:00:00Z", "2026-12-05T01:00:00Z", true},
		"late, and beyond both":               {Term{Period: oneMonth}, "2027-01-10T01:00:00Z", "2026-12-05T01:00:00Z", false},
		"up to the day":                       {Term{UntilDay: 28}, "2026-12-27T16:00:00Z", early, true},
		"up to the day of this month":         {Term{UntilDay: 28}, "2026-11-27T16:00:00Z", early, true},
		"up to the day of the month after":    {Term{UntilDay: 28}, "2027-01-27T16:00:00Z", early, false},
		"up to the day, not moved":            {Term{UntilDay: 28}, before, early, false},
		"up to the day, a second on, is less": {Term{UntilDay: 28}, "2026-11-25T16:00:01Z", early, true},
	} {
		t.Run(name, func(t *testing.T) {
			in := Instance{Expires: at(t, before)}
			if got := (Decision{Instance: in, Action: Renew, Term: tt.term}).AsAsked(at(t, tt.after), at(t, tt.now)); got != tt.want {
				t.Errorf("as asked is %v", got)
			}
		})
	}
}

func TestSiteCurrency(t *testing.T) {
	if China.Currency() != "CNY" || Intl.Currency() != "USD" {
		t.Error(China.Currency(), Intl.Currency())
	}
}
