package message

import (
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What a held instance was to undergo may not be known: its tag cannot be read.
func TestHeldWithoutAnAction(t *testing.T) {
	e := entry("odd", 2*day, renewal.Held, renewal.Excluded)
	e.Decision = renewal.None
	r := report(renewal.Partial, e)
	for l, want := range map[lang.Language]string{lang.English: "renewal is held back", lang.Chinese: "续费未执行"} {
		if text := style(l).Report(r).String(); !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	r.Action = renewal.ReportOnly
	if text := style(lang.English).Report(r).String(); strings.Contains(text, "report is held") || strings.Contains(text, "none is held") {
		t.Errorf("%s", text)
	}
}

func TestPeriodsInChinese(t *testing.T) {
	w := style(lang.Chinese).writer().teller(nothingDue())
	for text, want := range map[string]string{
		"1w": "1 周", "1m": "1 个月", "9m": "9 个月", "1y": "1 年", "5y": "5 年", "odd": "odd",
	} {
		if got := w.say(w.period(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A price is told in its own currency, whatever the sums are in.
func TestPriceInItsOwnCurrency(t *testing.T) {
	e := entry("far", 2*day, renewal.Held, renewal.OverMaxSpend)
	e.Currency = "USD"
	if text := style(lang.English).Report(report(renewal.Partial, e)).String(); !strings.Contains(text, "250.00 USD") {
		t.Errorf("%s", text)
	}
}
