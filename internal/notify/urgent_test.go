package notify

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The first line is what a locked phone shows.
func firstOf(r renewal.Report, lang Language) string {
	line, _, _ := strings.Cut(Render(r, lang, nil), "\n")
	return line
}

// What lapses tonight and what was not read are told even where the messages
// have no room for all the rest.
func TestTheMostUrgentIsNeverCutOff(t *testing.T) {
	r := huge(400)
	for i := range r.Instances {
		r.Instances[i].Expires = r.Instances[i].Expires.Add(5 * day)
	}
	r.Status = renewal.Partial
	for i := range 5 {
		e := entry(fmt.Sprintf("tonight-%d", i), time.Duration(i+2)*time.Hour, renewal.Held, renewal.OverMaxPrice)
		r.Instances, r.Lapsing = append(r.Instances, e), append(r.Lapsing, e.ID)
	}
	r.Scopes = append(r.Scopes, renewal.Scope{Account: "1234567890123456", Region: "cn-unread", Error: "Forbidden.RAM"})
	for _, kind := range prefixes {
		var all strings.Builder
		for _, p := range split(Text{}.writer(true).report(r), kind.protocol().fits) {
			all.WriteString(wecomText(p))
		}
		for _, want := range []string{"i-bp1tonight-0", "i-bp1tonight-4", "cn-unread"} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("%s: no message tells of %s", kind, want)
			}
		}
	}
}

// More problems than anybody can be told of are counted, and no work is done
// for lines that have no place.
func TestProblemsBeyondAllRoom(t *testing.T) {
	const n = tellable + 500
	d := Text{}.writer(true).report(huge(n))
	if s := d.sections[0]; len(s.lines) != tellable || s.more != n-tellable {
		t.Errorf("%d lines and %d more", len(s.lines), s.more)
	}
	pages := split(d, wecomFits)
	told := 0
	for _, p := range pages {
		for _, s := range p.sections {
			told += len(s.lines)
		}
	}
	want := fmt.Sprintf(English.phrases().overflow, n-told+1, n-told, "1-6922-req") // and the line of the rest
	if foot := pages[len(pages)-1].foot; !strings.Contains(foot, want) {
		t.Errorf("%d told; the foot lacks %q: %q", told, want, foot)
	}
	if text := plain(d); !strings.Contains(text, "and 500 more") {
		t.Error("a terminal is not told how many are left out")
	}
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
		"a sample says so first":                  {Sample(), "fc-renewer: SAMPLE", ""},
		"a plan without prices is not free":       {dry, "would pay amount not known", "nothing paid"},
		"a payment without a price is not free":   {report(renewal.OK, unpriced), "amount not known: paid", "nothing paid"},
		"one price of two is not the whole":       {several, "at least 250.00 CNY paid", ""},
		"urgent and ok would not be understood":   {reported, "URGENT · REPORT ONLY", "OK"},
		"what is only reported has its time left": {onlyReported(), "nearest expiry in 2 days", "problem"},
	} {
		t.Run(name, func(t *testing.T) {
			line := firstOf(tt.report, English)
			if !strings.Contains(line, tt.has) || tt.not != "" && strings.Contains(line, tt.not) {
				t.Errorf("%q, want %q and not %q", line, tt.has, tt.not)
			}
		})
	}
	before := ""
	for left := 7; left > 0; left-- {
		r := onlyReported()
		r.Instances[0].Expires = began.Add(time.Duration(left) * day)
		line := firstOf(r, Chinese)
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
		if !when.wants(r) {
			t.Errorf("%s: the night after an expiry is silent", when)
		}
	}
	if text := Render(r, English, nil); !strings.Contains(text, "i-bp1gone") {
		t.Errorf("it is not named:\n%s", text)
	}
}

// One missing permission is one line, in however many regions: every refusal
// has a request id of its own.
func TestOneCauseIsOneLine(t *testing.T) {
	r := report(renewal.Partial)
	for i := range 15 {
		e := &renewal.CallError{Action: "ecs:DescribeInstances", Code: "Forbidden.RAM", RequestID: fmt.Sprintf("4AD6-%d", i), Advice: "grant it"}
		r.Scopes = append(r.Scopes, renewal.Scope{Account: "1234567890123456", Region: fmt.Sprintf("cn-%d", i), Error: e.Error()})
	}
	lines := Text{}.writer(true).report(r).sections[0].lines
	if len(lines) != 1 || !strings.Contains(lines[0], "cn-14") || !strings.Contains(lines[0], "4AD6-0") {
		t.Errorf("%q", lines)
	}
}

// What a held instance was to undergo may not be known: its tag cannot be read.
func TestHeldWithoutAnAction(t *testing.T) {
	e := entry("odd", 2*day, renewal.Held, renewal.Excluded)
	e.Decision = renewal.None
	r := report(renewal.Partial, e)
	for lang, want := range map[Language]string{English: "renewal is held back", Chinese: "续费未执行"} {
		if text := Render(r, lang, nil); !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	r.Action = renewal.ReportOnly
	if text := Render(r, English, nil); strings.Contains(text, "report is held") || strings.Contains(text, "none is held") {
		t.Errorf("%s", text)
	}
}

func TestPeriodsInChinese(t *testing.T) {
	w := Text{Language: Chinese}.writer(false).teller(nothingDue())
	for text, want := range map[string]string{
		"1w": "1 周", "1m": "1 个月", "9m": "9 个月", "1y": "1 年", "5y": "5 年", "until-day-15": "续至统一到期日 15 号", "odd": "odd",
	} {
		if got := w.period(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// A price is told in its own currency, whatever the sums are in.
func TestPriceInItsOwnCurrency(t *testing.T) {
	e := entry("far", 2*day, renewal.Held, renewal.OverMaxSpend)
	e.Currency = "USD"
	if text := Render(report(renewal.Partial, e), English, nil); !strings.Contains(text, "250.00 USD") {
		t.Errorf("%s", text)
	}
}

// Without time, no message is even written: that takes time as well.
func TestNoTimeLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	written := false
	n := New(Options{Channels: []Channel{channelTo(t, DingTalk, "https://unreachable.invalid", theSecret)}})
	got := n.all(ctx, news{document: func() document { written = true; return document{} }})
	if written || len(got) != 1 || !strings.Contains(got[0], "no time left") {
		t.Errorf("written: %t; %q", written, got)
	}
}

func TestSecretsThatWouldNotSign(t *testing.T) {
	const theirs = "SECretOfTheRobot"
	for name, text := range map[string]string{
		"in capitals":      "https://oapi.dingtalk.com/r?access_token=a&SECRET=" + theirs,
		"behind the #":     "https://oapi.dingtalk.com/r?access_token=a#secret=" + theirs,
		"of a feishu path": "https://open.feishu.cn/hook/x#secret=" + theirs,
	} {
		if _, err := Parse(text); err == nil || strings.Contains(err.Error(), theirs) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Parse("http://example.com/a,https://example.com/b,ftp://example.com/c")
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "entry 1") || !strings.Contains(err.Error(), "entry 3") {
		t.Errorf("several bad entries: %v", err)
	}
}
