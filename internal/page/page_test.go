package page

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The page names no other place, and forbids itself to go to one.
func TestPageIsSelfContained(t *testing.T) {
	t.Parallel()
	text := string(view(mixed(), policy(), priced("100", "CNY")).text(t))
	for _, wrong := range []string{"http:", "https:", "src=", "<link", "@import", "url(", "ZgotmplZ"} {
		if strings.Contains(text, wrong) {
			t.Errorf("the page has %s", wrong)
		}
	}
	if !strings.Contains(text, `default-src &#39;none&#39;`) && !strings.Contains(text, `default-src 'none'`) {
		t.Error("the page has no policy")
	}
}

// What the frame says it says in both languages, with the same arguments.
func TestFrameIsInBothLanguages(t *testing.T) {
	t.Parallel()
	verbs := regexp.MustCompile(`%(\[\d+\])?[a-z]`)
	said := regexp.MustCompile(`\bsay "([^"]*)" "([^"]*)"`).FindAllStringSubmatch(frame, -1)
	if len(said) < 40 || len(said) != strings.Count(frame, "say \"") {
		t.Fatalf("%d of %d sentences can be read", len(said), strings.Count(frame, "say \""))
	}
	for _, s := range said {
		if len(verbs.FindAllString(s[1], -1)) != len(verbs.FindAllString(s[2], -1)) {
			t.Errorf("%q and %q do not take the same", s[1], s[2])
		}
		if !strings.ContainsFunc(s[2], func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%q is no Chinese", s[2])
		}
	}
	v := view(mixed(), policy(), priced("100", "CNY"))
	v.Language = lang.Chinese
	if text := string(v.text(t)); !strings.Contains(text, `<html lang="zh">`) || strings.Contains(text, "What will stop") {
		t.Error("the Chinese page is not Chinese")
	}
}

// Money of which a part is not known is said as such, and never as nothing.
func TestMoneyThatIsNotKnown(t *testing.T) {
	t.Parallel()
	v := View{}
	ten := decimal.NewFromInt(12345)
	for want, s := range map[string]sum{
		"0.00": {}, "12,345.00": {known: ten, renewals: 1}, "unknown": {renewals: 2, unpriced: 2}, "at least 12,345.00": {known: ten, renewals: 2, unpriced: 1},
	} {
		if got := v.money(s); got != want {
			t.Errorf("%+v is %q, want %q", s, got, want)
		}
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0": "0.00", "999.5": "999.50", "1000": "1,000.00", "-1234567.891": "-1,234,567.89"} {
		if got := grouped(decimal.RequireFromString(text), 2); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

// An axis holds its highest bar, in round steps, and is not much higher.
func TestScale(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"0": "1 1", "1": "1 4", "7": "8 4", "99.99": "100 4", "100": "100 4", "101": "150 3", "78070": "80000 4", "0.01": "0.01 1"} {
		top, steps := scale(decimal.RequireFromString(text))
		if got := fmt.Sprint(top, steps); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// Beyond what colours can tell apart, the cheapest share one, and nothing is lost.
func TestManySeriesAreTakenTogether(t *testing.T) {
	t.Parallel()
	months := []map[string]sum{{}, {}}
	for i := range 20 {
		months[i%2][fmt.Sprint("rule ", i)] = sum{known: decimal.NewFromInt(int64(i)), renewals: 1}
	}
	s := View{}.stacked(months, "")
	all := decimal.Zero
	for _, row := range s.months {
		for _, one := range row {
			all = all.Add(one.known)
		}
	}
	if len(s.names) != mostSeries || s.names[mostSeries-1] != "13 others" || !all.Equal(decimal.NewFromInt(190)) {
		t.Errorf("%q, %s in all", s.names, all)
	}
}

// A page of ten thousand, of which half stop, is still one that can be sent.
func TestPageOfTenThousandIsSmall(t *testing.T) {
	t.Parallel()
	var fleet []renewal.Instance
	for i := range 10_000 {
		fleet = append(fleet, endingIn(1+i%60, fmt.Sprintf("i-bp1%017d", i), named(fmt.Sprintf("production-web-server-%05d", i)), func(in *renewal.Instance) {
			if i%2 == 0 {
				locked(in)
			}
		}))
	}
	v := view(fleet, policy(func(p *renewal.Policy) { p.Caps.NoMaxCount, p.Rules, p.NextRun = true, nil, 3*renewal.Day }), priced("100", "CNY"))
	if size := len(v.text(t)); size > 5_000_000 || len(v.Play.Stops) != 5_000 {
		t.Errorf("%d bytes, %d stop", size, len(v.Play.Stops))
	}
}
