package local

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// testProgram is the command line in this process; what it starts as the
// function is the program that TestMain makes of the test binary.
func testProgram(environ ...string) (p *program, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	p = &program{
		handler: &handler.Handler{
			Environ: func() []string { return environ }, ReadFile: os.ReadFile, Now: time.Now,
		},
		stdin: strings.NewReader(""), stdout: stdout, stderr: stderr,
		executable: func() (string, error) { return exec.LookPath("fc-renewer") },
	}
	return p, stdout, stderr
}

// Scripts index the private address, and all real terms end at midnight in UTC+8.
func TestTheSampleFleetLooksLikeARealOne(t *testing.T) {
	t.Parallel()
	for _, hour := range []int{0, 8, 16, 23} {
		now := time.Date(2026, 11, 23, hour, 30, 0, 0, time.UTC)
		fleet, err := cloud.LoadFleet(bytes.NewReader(sampleFleet), now)
		if err != nil {
			t.Fatal(err)
		}
		c := cloud.New(cloud.Options{Now: func() time.Time { return now }})
		fleet.Apply(c)
		for _, in := range c.Instances() {
			if in.Expires.Format("15:04:05") != "16:00:00" {
				t.Errorf("%s ends at %s", in.ID, in.Expires)
			}
			if in.Product == "" && (in.VPC == "" || in.PrivateIP == "") {
				t.Errorf("%s is in VPC %q with address %q", in.ID, in.VPC, in.PrivateIP)
			}
		}
	}
}

func TestDemoChargesOnce(t *testing.T) {
	t.Parallel()
	p, _, _ := testProgram()
	s, err := p.newStage()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.server.Close() }()
	report, err := s.play(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	bought := purchases(s.cloud)
	for _, wrong := range offScript(report, bought) {
		t.Error(wrong)
	}
	for _, in := range s.cloud.Instances() {
		if n := s.cloud.Charges(in.ID); n > 1 {
			t.Errorf("%s was charged %d times", in.ID, n)
		}
		if _, scripted := script[in.ID]; scripted == isUnlisted(s.unlisted(report), in.ID) {
			t.Errorf("%s is in the script and beside the report, or in neither", in.ID)
		}
	}
	if asked := askedFor(bought, "i-bp1lost"); asked != 2 {
		t.Errorf("the one whose answer was lost was asked for %d times, want 2: else nothing is shown by it", asked)
	}
	for _, call := range s.cloud.Calls() {
		if call.Code == "SignatureDoesNotMatch" || call.AccessKey != "STS.sample" {
			t.Errorf("%s by key %q: %s", call.Action, call.AccessKey, call.Code)
		}
	}
}

func isUnlisted(list []renewal.Entry, id string) bool {
	return slices.ContainsFunc(list, func(e renewal.Entry) bool { return e.ID == id && e.Reason != "" })
}

func askedFor(bought []*purchase, id string) int {
	for _, x := range bought {
		if x.id == id {
			return len(x.asked)
		}
	}
	return 0
}

func TestInterruptedDemo(t *testing.T) {
	t.Parallel()
	p, _, _ := testProgram()
	s, err := p.newStage()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.server.Close() }()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	s.cloud.OnCall(func(cloud.Call) { interrupt() })
	if report, err := s.play(ctx, p); err == nil {
		t.Errorf("no error, and the report %+v", report)
	}
}

func TestFunctionThatDoesNotStart(t *testing.T) {
	t.Parallel()
	p, stdout, stderr := testProgram()
	p.executable = func() (string, error) { return "/there/is/no/such/program", nil }
	if code := p.main(t.Context(), nil); code != exitFailed || stderr.Len() == 0 || stdout.Len() > 0 {
		t.Errorf("exit code %d, %q, %q", code, stdout, stderr)
	}
}

// What is off the script is found: else the demonstration would prove nothing.
func TestOffScript(t *testing.T) {
	t.Parallel()
	play := func() (renewal.Report, []*purchase) {
		var r renewal.Report
		var bought []*purchase
		for id, as := range script {
			r.Instances = append(r.Instances, renewal.Entry{ID: id, Reason: as.reason, Outcome: as.outcome})
			if as.charges > 0 {
				bought = append(bought, &purchase{id: id, charges: make([]cloud.Charge, as.charges)})
			}
		}
		return r, bought
	}
	for name, tt := range map[string]struct {
		change func(r *renewal.Report, bought []*purchase)
		found  bool
	}{
		"as written":        {func(*renewal.Report, []*purchase) {}, false},
		"charged twice":     {func(_ *renewal.Report, b []*purchase) { b[0].charges = make([]cloud.Charge, 2) }, true},
		"another outcome":   {func(r *renewal.Report, _ []*purchase) { r.Instances[0].Outcome = renewal.Stale }, true},
		"a stranger":        {func(r *renewal.Report, _ []*purchase) { r.Instances[0].ID = "i-stranger" }, true},
		"charged, unlisted": {func(_ *renewal.Report, b []*purchase) { b[0].id = "i-2ze0far" }, true},
	} {
		r, bought := play()
		tt.change(&r, bought)
		if wrong := offScript(r, bought); (len(wrong) > 0) != tt.found {
			t.Errorf("%s: %v", name, wrong)
		}
	}
}

func TestVerdictNamesWhoWasChargedTwice(t *testing.T) {
	t.Parallel()
	got := paper{}.verdictOn(renewal.Report{}, []*purchase{{id: "i-1", charges: make([]cloud.Charge, 1)}, {id: "i-2", charges: make([]cloud.Charge, 2)}})
	if !strings.HasSuffix(got, "CHARGED TWICE: i-2") {
		t.Error(got)
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	entry := renewal.Entry{
		ID: "i-1", Name: "web", Region: "cn-hangzhou", Expires: renewal.Moment{Time: time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC)}, DaysLeft: 2.6,
		Decision: renewal.Renew, Reason: renewal.Due, Rule: "payments", Period: "1m", Price: "250.00", Outcome: renewal.Renewed, NewExpires: "2026-12-25T16:00:00Z",
	}
	zone := time.FixedZone("Here", 8*3600)
	for _, width := range []int{70, 80, 200} {
		out.Reset()
		paper{out: &out, zone: zone, width: width}.instances([]renewal.Entry{entry})
		for _, want := range []string{"i-1", "web", "2026-11-26", "2.6", "due (payments)", "250.00", "renewed", "2026-12-26"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("width %d: no %q in\n%s", width, want, out.String())
			}
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
				t.Errorf("width %d: a line of %d", width, n)
			}
		}
		if strings.Count(out.String(), "Here") != 1 || strings.Contains(out.String(), "\x1b") {
			t.Errorf("width %d:\n%q", width, out.String())
		}
	}
}

// However long ids, names, accounts and reasons are, and whatever columns a fleet
// has: no line is longer than the terminal, each instance is told, and what was
// cut is cut in the middle.
func TestInstancesAreWholeAtEightyColumns(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC)
	plain := renewal.Entry{ID: "i-bp67acfmxazb4p0001xy", Name: "payments-database-primary-hangzhou-1", Account: "1234567890123456", Region: "ap-southeast-1", Product: "ecs",
		Expires: renewal.Moment{Time: at}, DaysLeft: 2.6, Decision: renewal.AutoRenewOff, Reason: renewal.PeriodNotOffered, Rule: "every-database-of-the-payments-team", Period: "3m",
		Price: "1234567.00", Outcome: renewal.AutoRenewIsOff, NewExpires: "2027-02-25T16:00:00Z"}
	odd, other, rds, bare := plain, plain, plain, renewal.Entry{ID: "i-1", Account: plain.Account, Region: "cn-x", Product: "ecs", Reason: renewal.StateUnknown, Outcome: renewal.Held}
	odd.Expires.Time = at.Add(49 * time.Minute)
	other.Account, other.Name = "2222222222222222", "支付数据库主节点杭州一号机器"
	rds.Product, rds.ID = "mongodb", "dds-bp1234567890abcd"
	for name, list := range map[string][]renewal.Entry{
		"one": {plain}, "to the minute": {odd}, "two accounts": {plain, other}, "products": {plain, rds}, "everything": {odd, other, rds, bare}, "nearly nothing": {bare},
	} {
		for _, language := range []lang.Language{lang.English, lang.Chinese} {
			var out bytes.Buffer
			paper{out: &out, zone: time.FixedZone("Here", 8*3600), width: 80, lang: language}.instances(list)
			for line := range strings.Lines(out.String()) {
				if n := text.StringWidth(strings.TrimRight(line, "\n")); n > 80 {
					t.Errorf("%s: a line of %d\n%s", name, n, out.String())
				}
			}
			for _, e := range list {
				if !strings.Contains(out.String(), e.ID[:3]) || !strings.Contains(out.String(), string(e.Outcome)) {
					t.Errorf("%s: no row of %s\n%s", name, e.ID, out.String())
				}
			}
			several := strings.Contains(name, "two") || name == "everything"
			if strings.Contains(out.String(), "2222") != several || strings.Contains(out.String(), "mongodb") != (name == "products" || name == "everything") {
				t.Errorf("%s: accounts or products\n%s", name, out.String())
			}
			if name == "nearly nothing" && strings.Contains(out.String(), "price") {
				t.Errorf("a column of nothing\n%s", out.String())
			}
		}
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		to   int
		want string
	}{
		{"short", 5, "short"}, {"i-bp67acfmxazb4p", 9, "i-bp…zb4p"}, {"over-max-price (payments)", 20, "over-max-price (p…s)"},
		{"over-max-price (payments)", 12, "over-m…ents)"}, {"支付数据库主节点", 9, "支付…节点"}, {"ab", 1, "a…"},
	} {
		got := shorten(tt.text, tt.to)
		if text.StringWidth(got) > max(tt.to, 2) || got != tt.want {
			t.Errorf("%q to %d: %q, want %q", tt.text, tt.to, got, tt.want)
		}
	}
}

func TestJSONIsTheReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	want := renewal.Report{Status: renewal.Partial, Warnings: []string{"a < b"}}
	if err := printJSON(&out, want); err != nil {
		t.Fatal(err)
	}
	var got renewal.Report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Status != want.Status || !strings.Contains(out.String(), "a < b") {
		t.Errorf("%v: %s", err, out.String())
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for status, want := range map[renewal.Status]int{renewal.OK: 0, renewal.Partial: 1, renewal.Failed: 2, "": 0} {
		if got := exitCode(status); got != want {
			t.Errorf("%q: %d, want %d", status, got, want)
		}
	}
}

// What the READMEs show of the demonstration is what it shows, each in its
// language: the same instances, decisions and charges. It fits a terminal, with
// room for what a fleet may still get.
func TestReadmeShowsTheDemonstration(t *testing.T) {
	t.Parallel()
	// Names, decisions, reasons, periods, outcomes and counts; not prices, dates
	// and days, which are cut or depend on the day.
	words := func(line string) []string {
		return slices.DeleteFunc(strings.Fields(line), func(word string) bool {
			return strings.ContainsAny(word, "0123456789") && !strings.HasPrefix(word, "i-") && !strings.HasSuffix(word, "×")
		})
	}
	for name, language := range map[string]string{"../../README.md": "en", "../../README.zh-CN.md": "zh"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			p, stdout, stderr := testProgram()
			if code := p.main(t.Context(), []string{"--lang", language}); code != exitOK {
				t.Fatalf("exit code %d\n%s", code, stderr)
			}
			var shown [][]string
			for line := range strings.Lines(stdout.String()) {
				shown = append(shown, words(line))
				if n := text.StringWidth(strings.TrimRight(line, "\n")); n > 80 {
					t.Errorf("a line of %d: %s", n, line)
				}
			}
			if len(shown) > 60 {
				t.Errorf("%d lines", len(shown))
			}
			readme, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			for line := range strings.Lines(string(readme)) {
				if !strings.HasPrefix(line, "i-") {
					continue
				}
				rows++
				want := words(line)
				if !slices.ContainsFunc(shown, func(got []string) bool { return holdsAll(got, want) }) {
					t.Errorf("%s shows what the demonstration does not: %s", name, line)
				}
			}
			if rows < 10 {
				t.Errorf("%s shows %d rows of it", name, rows)
			}
		})
	}
}

func holdsAll(list, of []string) bool {
	return !slices.ContainsFunc(of, func(word string) bool { return !slices.Contains(list, word) })
}
