package message

import (
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The first line is what a locked phone shows.
func firstOf(r renewal.Report, l lang.Language) string {
	line, _, _ := strings.Cut(style(l).Report(r).String(), "\n")
	return line
}

func TestFirstLine(t *testing.T) {
	old := entry("old", -10*day, renewal.OutcomeFailed, renewal.Rescue)
	tonight := entry("prod", 3*time.Hour, renewal.OutcomeFailed, renewal.Due)
	unpriced := paid("a", day)
	unpriced.Price = ""
	plan := entry("web", 2*day, renewal.Planned, renewal.Due)
	plan.Price = ""
	dry := report(renewal.OK, plan)
	dry.DryRun, dry.Counts.Due, dry.Counts.Planned = true, 1, 1
	soon := report(renewal.OK, entry("web", 10*time.Hour, renewal.Planned, renewal.Due))
	soon.DryRun, soon.Counts.Due, soon.Counts.Planned, soon.Lapsing = true, 1, 1, []string{"i-bp1web"}
	reported := report(renewal.OK, alone("web", 10*time.Hour, renewal.OnlyReported))
	reported.Action, reported.Counts.Due, reported.Lapsing = renewal.ReportOnly, 1, []string{"i-bp1web"}
	several := report(renewal.OK, paid("b", day), unpriced)
	several.Money.Spent = "250.00"

	for name, tt := range map[string]struct {
		report   renewal.Report
		has, not string
	}{
		"an old failure does not hide tonight's":  {report(renewal.Failed, old, tonight), "URGENT · FAILED", "ago"},
		"where all are over, the last of them":    {report(renewal.Failed, old), "EXPIRED · FAILED", "expires in"},
		"a sample says so first":                  {Sample(lang.English), "fc-renewer: SAMPLE", ""},
		"a plan without prices is not free":       {dry, "would pay amount not known", "nothing paid"},
		"a payment without a price is not free":   {report(renewal.OK, unpriced), "amount not known: paid", "nothing paid"},
		"one price of two is not the whole":       {several, "at least 250.00 CNY paid", ""},
		"urgent and ok would not be understood":   {reported, "URGENT · REPORT ONLY", "OK"},
		"a dry run saves nothing by itself":       {soon, "DRY RUN · URGENT · would be OK · 1 due, 1 planned", "· OK"},
		"a dry run with something held":           {dryRun(), "DRY RUN · would be PARTIAL · 2 due, 1 planned", "OK"},
		"what is only reported has its time left": {onlyReported(), "nearest expiry in 2 days", "problem"},
	} {
		t.Run(name, func(t *testing.T) {
			line := firstOf(tt.report, lang.English)
			if !strings.Contains(line, tt.has) || tt.not != "" && strings.Contains(line, tt.not) {
				t.Errorf("%q, want %q and not %q", line, tt.has, tt.not)
			}
		})
	}
	before := ""
	for left := 7; left > 0; left-- {
		r := onlyReported()
		r.Instances[0].Expires.Time = began.Add(time.Duration(left) * day)
		line := firstOf(r, lang.Chinese)
		if line == before {
			t.Errorf("%d days left read like the day before: %s", left, line)
		}
		before = line
	}
}

// An instance that has expired is still there for some days, and can be saved.
func TestExpiredIsTold(t *testing.T) {
	r := report(renewal.OK, alone("gone", -day, renewal.Expired))
	for _, when := range []When{Changes, Problems} {
		if !when.Wants(r) {
			t.Errorf("%s: the night after an expiry is silent", when)
		}
	}
	if text := style(lang.English).Report(r).String(); !strings.Contains(text, "i-bp1gone") {
		t.Errorf("it is not named:\n%s", text)
	}
}
