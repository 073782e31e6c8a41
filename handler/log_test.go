package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/fc-runtime-go-sdk/fc/messages"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// platformLine is what a line of the platform's log holds.
const platformLine = 32 << 10

// An output keeps what is written, and how often: a line that is written in
// pieces can be torn apart by another.
type output struct {
	mu     sync.Mutex
	writes []string
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writes = append(o.writes, string(p))
	return len(p), nil
}

// A logLine is a line of the log, read back.
type logLine struct {
	Time, Level, Msg, RequestID string
	Trigger, ID, Reason         string
	Report                      json.RawMessage
	Instances                   json.RawMessage
	text                        string
}

// lines reads the log, and checks what every line must be.
func (o *output) lines(t *testing.T, requestID string) []logLine {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	var lines []logLine
	for _, text := range o.writes {
		if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
			t.Fatalf("a write is not one whole line: %.200q", text)
		}
		line := logLine{text: text}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("a line is not one JSON object: %v in %.200q", err, text)
		}
		if !strings.HasPrefix(text, `{"time":"`) {
			t.Errorf("time does not come first: %.100s", text)
		}
		if at, err := time.Parse(time.RFC3339, line.Time); err != nil || !strings.HasSuffix(line.Time, "Z") || at.IsZero() {
			t.Errorf("the time %q is not RFC 3339 in UTC", line.Time)
		}
		if line.RequestID != requestID {
			t.Errorf("request id %q, want %q: %.100s", line.RequestID, requestID, text)
		}
		if strings.Count(text, `"requestId"`) != strings.Count(text, `"msg":"report"`)+1 {
			t.Errorf("the request id is there more than once: %.100s", text)
		}
		if len(text) > platformLine {
			t.Errorf("a line of %d bytes, more than the platform's log holds: %.100s", len(text), text)
		}
		lines = append(lines, line)
	}
	return lines
}

// about gives the lines with a message.
func about(lines []logLine, msg string) []logLine {
	return slices.DeleteFunc(slices.Clone(lines), func(l logLine) bool { return l.Msg != msg })
}

func logTo(t *testing.T, o *output, level slog.Level) *logger {
	t.Helper()
	local := time.FixedZone("UTC+8", 8*3600)
	h := &Handler{Out: o, Now: func() time.Time { return noon.In(local) }}
	return h.logger(Invocation{RequestID: "r-1"}, config.Config{LogLevel: level})
}

func reportOf(n int) renewal.Report {
	r := renewal.Report{
		Status: renewal.Partial, Trigger: byTimer, RequestID: "r-1", Action: renewal.Renew, StartedAt: noon, FinishedAt: noon,
		Scopes: []renewal.Scope{{Account: "1000000000000001", Region: "cn-hangzhou", Complete: true, Listed: n}},
		Counts: renewal.Counts{Listed: n, Due: n}, Money: renewal.Money{Currency: "CNY", Spent: "0.00"},
		Instances: []renewal.Entry{}, Lapsing: []string{}, Warnings: []string{"one", "two\nlines"},
		Coverage: &renewal.Coverage{
			Listed: n, Selected: n, Entries: []renewal.CoveredEntry{{Setting: "RENEW_TAGS", Entry: "env=prod", Matched: n}},
			Rules: []renewal.CoveredRule{{Name: "payments", Holds: n, Decides: n}},
		},
	}
	for i := range n {
		r.Instances = append(r.Instances, renewal.Entry{
			ID: fmt.Sprintf("i-bp1%08d", i), Name: "web \"<&>\u2028\n" + strings.Repeat("n", i%120), Account: "1000000000000001", Region: "cn-hangzhou",
			Product: "ecs", Expires: renewal.Moment{Time: noon}, DaysLeft: 2.5, Mode: renewal.Manual, Decision: renewal.Renew, Reason: renewal.Due, Period: "1m",
			Outcome: renewal.OutcomeFailed, Error: strings.Repeat("e", i%300),
		})
	}
	return r
}

func TestShortReportIsTheLastLine(t *testing.T) {
	for _, n := range []int{0, 1, 20} {
		o := &output{}
		want := reportOf(n)
		logTo(t, o, slog.LevelInfo).report(want)
		lines := o.lines(t, "r-1")
		last := lines[len(lines)-1]
		if last.Msg != "report" || len(about(lines, "report")) != 1 || len(about(lines, "report-part")) != 0 {
			t.Fatalf("%d instances: the last line is %s", n, last.Msg)
		}
		var got renewal.Report
		d := json.NewDecoder(bytes.NewReader(last.Report))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		each := about(lines, "instance")
		if len(each) != n {
			t.Errorf("%d lines about %d instances", len(each), n)
		}
		for i, line := range each {
			if line.ID != want.Instances[i].ID || line.Reason != string(renewal.Due) {
				t.Errorf("%s", line.text)
			}
		}
	}
}

// The line of an instance has all that the report says of it, under the same keys,
// and what only the report as a whole says: the queries of docs/operate.md live on it.
func TestInstanceLineIsItsEntry(t *testing.T) {
	o := &output{}
	r := reportOf(2)
	r.Instances[0].Notify, r.Instances[0].Price, r.Instances[1].Currency = []string{"payments"}, "120.00", "USD"
	r.Lapsing = []string{r.Instances[1].ID}
	logTo(t, o, slog.LevelInfo).report(r)
	more := []map[string]any{{"currency": "CNY", "lapsing": false}, {"currency": "USD", "lapsing": true}}
	for i, line := range about(o.lines(t, "r-1"), "instance") {
		var got, want map[string]any
		text, err := json.Marshal(r.Instances[i])
		if err = errors.Join(err, json.Unmarshal(text, &want), json.Unmarshal([]byte(line.text), &got)); err != nil {
			t.Fatal(err)
		}
		maps.Copy(want, more[i])
		for _, key := range []string{"time", "level", "msg", "requestId"} {
			if got[key] == "" || want[key] != nil {
				t.Errorf("%s is %v", key, got[key])
			}
			delete(got, key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	quiet := &output{}
	logTo(t, quiet, slog.LevelWarn).report(r)
	if n := len(about(quiet.lines(t, "r-1"), "instance")); n != 0 {
		t.Errorf("%d lines of instances at the level of warnings", n)
	}
}

func TestLongReportIsInParts(t *testing.T) {
	for _, n := range []int{90, 100, 1000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			o := &output{}
			want := reportOf(n)
			logTo(t, o, slog.LevelError).report(want)
			head, got := assembled(t, o.lines(t, "r-1"))
			for _, key := range []string{"instances", "scopes", "coverage", "warnings"} {
				if head[key] != nil {
					t.Errorf("the head carries %s", key)
				}
			}
			if head["lapsing"] == nil || head["counts"] == nil || head["money"] == nil {
				t.Errorf("the head is not everything else: %v", slices.Sorted(maps.Keys(head)))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("head and parts are not the report, each thing once: %s", diff)
			}
		})
	}
}

// assembled gives what the line of a report carries, and the report that it is
// together with its parts, which follow it.
func assembled(t *testing.T, lines []logLine) (head map[string]json.RawMessage, r renewal.Report) {
	t.Helper()
	heads, parts := about(lines, "report"), about(lines, "report-part")
	if len(heads) != 1 || len(parts) == 0 || lines[len(lines)-len(parts)-1].Msg != "report" {
		t.Fatalf("not a head and its parts: %d lines, the first is %s", len(lines), lines[0].Msg)
	}
	if err := errors.Join(json.Unmarshal(heads[0].Report, &head), json.Unmarshal(heads[0].Report, &r)); err != nil {
		t.Fatal(err)
	}
	for _, line := range parts {
		var part renewal.Report
		if err := json.Unmarshal([]byte(line.text), &part); err != nil {
			t.Fatal(err)
		}
		r.Instances, r.Lapsing = append(r.Instances, part.Instances...), append(r.Lapsing, part.Lapsing...)
		r.Scopes, r.Warnings = append(r.Scopes, part.Scopes...), append(r.Warnings, part.Warnings...)
		switch {
		case part.Coverage == nil:
		case r.Coverage == nil:
			r.Coverage = part.Coverage
		default:
			r.Coverage.Rules = append(r.Coverage.Rules, part.Coverage.Rules...)
		}
	}
	return head, r
}

// Where hundreds lapse or warn, the head itself is longer than a line, and the
// platform would cut it: no longer JSON, and its end lost.
func TestHeadOfAReportFitsIntoALine(t *testing.T) {
	for name, fill := range map[string]func(*renewal.Report){
		"2000 lapsing": func(r *renewal.Report) {
			for i := range 2000 {
				r.Lapsing = append(r.Lapsing, fmt.Sprintf("i-bp1%017d", i))
			}
		},
		"500 warnings": func(r *renewal.Report) {
			for i := range 500 {
				r.Warnings = append(r.Warnings, fmt.Sprintf("i-bp1%017d: its price is not known: ecs:DescribeRenewalPrice: InternalError (request id 6E1D0000-0000-4000-8000-000000000001)", i))
			}
		},
		"300 scopes": func(r *renewal.Report) {
			for i := range 300 {
				r.Scopes = append(r.Scopes, renewal.Scope{Account: fmt.Sprintf("10000000000%05d", i), Region: "ap-southeast-1", Error: "ecs:DescribeInstances: Forbidden.RAM (request id 6E1D0000-0000-4000-8000-000000000001)"})
			}
		},
		"2000 rules": func(r *renewal.Report) {
			for i := range 2000 {
				r.Coverage.Rules = append(r.Coverage.Rules, renewal.CoveredRule{Name: fmt.Sprintf("a-rule-with-a-name-%d", i), Holds: i})
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &output{}
			r := reportOf(3)
			r.Lapsing = []string{one}
			fill(&r)
			logTo(t, o, slog.LevelError).report(r)
			head, got := assembled(t, o.lines(t, "r-1"))
			if (head["lapsing"] == nil) != (len(r.Lapsing) > 1) {
				t.Error("what lapses is left out only where it makes the line too long")
			}
			if diff := cmp.Diff(r, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The time left at the end is RENEW_RESERVE for all of it, on a twentieth of a
// processor: splitting a report must not cost the square of its length.
func TestSplittingALongReportIsQuick(t *testing.T) {
	split := func(n int) float64 {
		r := reportOf(n)
		return testing.AllocsPerRun(1, func() {
			o := &output{}
			l := logTo(t, o, slog.LevelError)
			l.report(r)
		}) / float64(n)
	}
	// Allocations are a measure of the work that does not depend on the machine.
	if few, many := split(500), split(4000); many > 3*few {
		t.Errorf("an instance costs %.0f allocations among 500, and %.0f among 4000", few, many)
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[string][]string{
		"debug": {"debug", "info", "warn", "error"}, "info": {"info", "warn", "error"}, "warn": {"warn", "error"}, "error": {"error"},
	} {
		o := &output{}
		l := logTo(t, o, settings(t, "RENEW_LOG="+level).LogLevel)
		l.Debug("debug")
		l.Info("info", "group", slog.GroupValue(slog.String("time", "mine")))
		l.Warn("warn")
		l.Error("error")
		l.report(reportOf(1))
		lines := o.lines(t, "r-1")
		var got []string
		for _, line := range lines[:len(want)] {
			got = append(got, line.Msg)
		}
		if !slices.Equal(got, want) {
			t.Errorf("RENEW_LOG=%s: %v", level, got)
		}
		if n := len(about(lines, "instance")); (n == 1) != slices.Contains(want, "info") {
			t.Errorf("RENEW_LOG=%s: %d lines about an instance", level, n)
		}
		if lines[len(lines)-1].Msg != "report" {
			t.Errorf("RENEW_LOG=%s: the report is missing", level)
		}
	}
	for status, want := range map[renewal.Status]string{renewal.OK: "INFO", renewal.Partial: "WARN", renewal.Failed: "ERROR"} {
		o := &output{}
		r := reportOf(100)
		r.Status = status
		logTo(t, o, slog.LevelError).report(r)
		for _, line := range o.lines(t, "r-1") {
			if line.Level != want {
				t.Errorf("%s is logged as %s", status, line.Level)
			}
		}
	}
}

func TestLapsingIsLoggedAtEveryLevel(t *testing.T) {
	o := &output{}
	r := reportOf(0)
	for i := range 150 {
		r.Lapsing = append(r.Lapsing, fmt.Sprintf("i-%d", i))
	}
	logTo(t, o, slog.LevelError).report(r)
	lines := about(o.lines(t, "r-1"), "lapsing")
	if len(lines) != 1 || lines[0].Level != "ERROR" || !strings.Contains(lines[0].text, `"count":150`) || !strings.Contains(lines[0].text, `"i-0"`) {
		t.Errorf("%+v", lines)
	}
}

var secrets = renewal.Keys{ID: "STS.NeverShownId", Secret: "NeverShownSecret", Token: "NeverShownToken"}

func hides(t *testing.T, how, text string) {
	t.Helper()
	if strings.Contains(text, "NeverShown") {
		t.Errorf("%s shows the keys: %s", how, text)
	}
}

func TestNothingPrintsKeys(t *testing.T) {
	in := Invocation{RequestID: "r-1", Keys: secrets}
	for name, v := range map[string]any{
		"keys": secrets, "pointer": &secrets, "invocation": in, "pointer to invocation": &in, "list": []renewal.Keys{secrets},
		"map": map[string]renewal.Keys{"k": secrets}, "error": fmt.Errorf("with %v", secrets),
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			hides(t, name+" with "+verb, fmt.Sprintf(verb, v))
		}
		text, _ := json.Marshal(v)
		hides(t, name+" as JSON", string(text))
		for kind, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(handler(&b)).With("with", v).Info("m", "in", v, slog.Group("g", "in", v))
			hides(t, name+" in a log of "+kind, b.String())
		}
	}
}

// A fakeCloud has one region's instances, renews them, and counts.
type fakeCloud struct {
	runner.Cloud // what is not overwritten is not to be called
	mu           sync.Mutex
	fleet        map[string]renewal.Instance
	renewed      []string
	listErr      error
}

func (f *fakeCloud) Balance(context.Context) (renewal.Amount, error) {
	return renewal.Amount{}, &renewal.CallError{Action: "bss:DescribeAcccount", Code: "NotAuthorized", Status: 403, Class: renewal.Terminal, Denied: true}
}

func (f *fakeCloud) Identity(context.Context) (string, error) { return "1000000000000001", nil }

func (f *fakeCloud) Page(context.Context, string, time.Time, time.Time, string) ([]renewal.Instance, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.fleet)), "", f.listErr
}

func (f *fakeCloud) Index(context.Context, int, []string) (renewal.IndexPage, error) {
	return renewal.IndexPage{}, &renewal.CallError{Action: "bss:DescribeInstances", Class: renewal.Halt, Denied: true, Unpermitted: true, Err: errors.New("not permitted")}
}

func (f *fakeCloud) MayList(context.Context, string) error { return nil }

func (f *fakeCloud) Instances(_ context.Context, _ string, ids []string) ([]renewal.Instance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []renewal.Instance
	for _, id := range ids {
		out = append(out, f.fleet[id])
	}
	return out, nil
}

func (f *fakeCloud) States(_ context.Context, _ string, ids []string) (map[string]renewal.AutoState, error) {
	states := map[string]renewal.AutoState{}
	for _, id := range ids {
		states[id] = renewal.AutoState{Mode: renewal.Manual}
	}
	return states, nil
}

func (f *fakeCloud) Price(context.Context, string, string, renewal.Term) (renewal.Amount, error) {
	return renewal.Amount{Value: decimal.NewFromInt(100), Currency: "CNY"}, nil
}

func (f *fakeCloud) Product(string) runner.Product { return fakeServers{f} }

type fakeServers struct{ *fakeCloud }

func (f fakeServers) Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error) {
	return f.fakeCloud.Price(ctx, region, in.ID, term)
}

func (f fakeServers) Renew(ctx context.Context, region string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error) {
	return f.fakeCloud.Renew(ctx, region, in.ID, term, token, timeout)
}

func (f fakeServers) SetState(context.Context, string, []renewal.Instance, renewal.AutoState) error {
	return nil
}

func (f *fakeCloud) Renew(_ context.Context, _, id string, term renewal.Term, _ string, _ time.Duration) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.renewed = append(f.renewed, id)
	in := f.fleet[id]
	in.Expires = term.After(in.Expires)
	f.fleet[id] = in
	return "240000000000001", nil
}

// A stage is a handler over a fake cloud.
type stage struct {
	*Handler
	out     *output
	cloud   *fakeCloud
	opened  int
	ended   int
	connect error
}

func newStage(environ ...string) *stage {
	expires := time.Now().Add(renewal.Day).UTC().Truncate(time.Minute)
	in := renewal.Instance{
		ID: one, Region: "cn-hangzhou", Subscription: true, Expires: expires,
	}
	s := &stage{out: &output{}, cloud: &fakeCloud{fleet: map[string]renewal.Instance{one: in}}}
	s.Handler = &Handler{
		Out: s.out, Now: time.Now, Environ: func() []string { return append(environ, "RENEW_VERIFY=1s", "RENEW_RESERVE=1s") },
		Connect: func(_ context.Context, in Invocation, _ config.Config) (Accounts, error) {
			s.opened++
			if s.connect != nil {
				return nil, s.connect
			}
			return oneAccount{s.cloud, func() { s.ended++ }}, nil
		},
	}
	return s
}

func (s *stage) answer(t *testing.T, in Invocation, event string) (any, error) {
	t.Helper()
	in.RequestID = "r-1"
	result, err := s.Answer(t.Context(), in, []byte(event))
	lines := s.out.lines(t, "r-1")
	if len(about(lines, "report")) != 1 || len(lines) == 0 || lines[len(lines)-1].Msg != "report" {
		t.Errorf("the report is not logged, or not last: %v", s.out.writes)
	}
	for _, text := range s.out.writes {
		hides(t, "the log", text)
	}
	if s.ended > s.opened || s.connect == nil && s.ended != s.opened {
		t.Errorf("opened %d times, ended %d times", s.opened, s.ended)
	}
	return result, err
}

var atHome = Invocation{Region: "cn-hangzhou", AccountID: "1000000000000001", Platform: true, Keys: secrets}

func TestAnswerGivesTheReportItLogs(t *testing.T) {
	s := newStage("RENEW_ACTION=renew")
	result, err := s.answer(t, atHome, `{"triggerTime":"2026-11-23T01:00:00Z","triggerName":"t","payload":""}`)
	if err != nil {
		t.Fatal(err)
	}
	report, ok := result.(renewal.Report)
	if !ok || report.Trigger != byTimer || report.RequestID != "r-1" || report.Counts.Renewed != 1 || !slices.Equal(s.cloud.renewed, []string{one}) {
		t.Errorf("%T %+v", result, result)
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	lines := s.out.lines(t, "r-1")
	if last := lines[len(lines)-1]; string(last.Report) != string(text) {
		t.Errorf("logged\n%s\nreturned\n%s", last.Report, text)
	}
	if start := about(lines, "start"); len(start) != 1 || start[0].Trigger != byTimer {
		t.Errorf("%+v", start)
	}
}

// {"check":true} asks what the settings would do. It must never pay.
func TestCheckIsNoRun(t *testing.T) {
	for _, event := range []string{
		`{"check":true}`, `"{\"check\":true}"`,
		`{"triggerTime":"2026-11-23T01:00:00Z","triggerName":"t","payload":"{\"check\":true}"}`,
	} {
		s := newStage("RENEW_ACTION=renew")
		result, err := s.Answer(t.Context(), atHome, []byte(event))
		if len(s.cloud.renewed) > 0 {
			t.Errorf("%s pays for %v", event, s.cloud.renewed)
		}
		if report, ok := result.(renewal.Report); ok && err == nil {
			t.Errorf("%s is answered with the report of a run: %+v", event, report.Counts)
		}
		checked, ok := result.(runner.CheckResult)
		if err != nil || !ok || checked.Says == "" || len(checked.Probes) == 0 {
			t.Errorf("%s: %+v %v", event, result, err)
		}
		in := atHome
		in.RequestID = "r-1"
		s.out.writes = nil
		if _, err := s.Answer(t.Context(), in, []byte(event)); err != nil {
			t.Error(err)
		}
		lines := s.out.lines(t, "r-1")
		if len(about(lines, "check")) != 1 || len(about(lines, "report")) != 0 || s.opened != s.ended {
			t.Errorf("%s is logged as %v", event, s.out.writes)
		}
	}
	s := newStage("RENEW_ACTION=yes")
	if _, err := s.Answer(t.Context(), atHome, []byte(`{"check":true}`)); err == nil || s.opened != 0 {
		t.Errorf("a check of bad settings: %v", err)
	}
}

// A check of very many accounts and regions keeps what is wrong, as far as a
// line of the log holds it.
func TestLongCheckIsOneLine(t *testing.T) {
	for name, broken := range map[string]int{"two wrong": 1000, "all wrong": 1} {
		o := &output{}
		result := runner.CheckResult{Says: "it would"}
		for i := range 2000 {
			result.Probes = append(result.Probes, runner.Probe{Name: "list", Scope: fmt.Sprintf("1000000000000001/cn-%d", i), OK: i%broken != 0, Message: "grant ecs:DescribeInstances"})
		}
		logTo(t, o, slog.LevelError).probes(result)
		lines := o.lines(t, "r-1")
		if len(lines) != 1 || lines[0].Msg != "check" || lines[0].Level != "WARN" || !strings.Contains(lines[0].text, "/cn-0") {
			t.Errorf("%s: %d lines, the first %.300s", name, len(lines), lines[0].text)
		}
		if broken == 1000 && !strings.Contains(lines[0].text, "/cn-1000") {
			t.Errorf("%s: what is wrong is not in it", name)
		}
	}
}

// People are told whatever became of the run, and before the platform's deadline.
func TestTelling(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	ctx, done := telling(over, forResult)
	defer done()
	if deadline, ok := ctx.Deadline(); ctx.Err() != nil || !ok || time.Until(deadline) > messageTime {
		t.Errorf("%v %v", ctx.Err(), deadline)
	}
	for left, most := range map[time.Duration]time.Duration{time.Hour: messageTime, 10 * time.Second: 10*time.Second - forResult} {
		limited, cancel := context.WithTimeout(t.Context(), left)
		ctx, done := telling(limited, forResult)
		deadline, ok := ctx.Deadline()
		if until := time.Until(deadline); !ok || until > most || until < most-time.Second {
			t.Errorf("with %v left it may take %v", left, until)
		}
		done()
		cancel()
	}
}

func TestErrorsOfAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		environ []string
		event   string
		in      Invocation
		prepare func(*stage)
		kind    string
		words   []string
		opened  int
	}{
		"every problem of the settings": {environ: []string{"RENEW_ACTION=yes", "RENEW_WINDOW=soon", "RENEW_MAXCOUNT=5", "RENEW_REGIONS=,"}, in: atHome,
			kind: "bad-config", words: []string{"RENEW_ACTION", "yes", "RENEW_WINDOW", "soon", "RENEW_MAXCOUNT", "RENEW_MAX_COUNT", "RENEW_REGIONS"}},
		"bad settings come before a bad event": {environ: []string{"RENEW_ACTION=yes"}, event: "{", in: atHome,
			kind: "bad-config", words: []string{"RENEW_ACTION"}},
		"a bad event comes before missing keys": {event: `{"dryrun":true}`, in: Invocation{Platform: true, Region: "cn-hangzhou"},
			kind: "bad-event", words: []string{"dryrun", "dryRun"}},
		"an event that widens": {event: `{"window":"30d"}`, in: atHome, kind: "bad-event", words: []string{"RENEW_WINDOW"}},
		"an event that names what is nowhere": {event: `{"instanceIds":["i-nowhere"]}`, in: atHome,
			kind: "bad-event", words: []string{"i-nowhere"}, opened: 1},
		"no region": {in: Invocation{Platform: true, Keys: secrets}, kind: "bad-config", words: []string{"RENEW_REGIONS"}},
		"no keys on the platform": {in: Invocation{Platform: true, Region: "cn-hangzhou"},
			kind: "denied", words: []string{"credentials", "role"}},
		"no keys elsewhere": {in: Invocation{Region: "cn-hangzhou"}, prepare: func(s *stage) { s.connect = errors.New("there are no credentials") },
			kind: "denied", words: []string{"no credentials"}, opened: 1},
		"a reason of its own": {in: atHome, prepare: func(s *stage) {
			s.connect = fmt.Errorf("wrapped: %w", &runner.Stop{Kind: runner.Unavailable, Err: errors.New("closed")})
		}, kind: "unavailable", words: []string{"closed"}, opened: 1},
		"the cloud is down": {in: atHome, prepare: func(s *stage) {
			s.cloud.listErr = &renewal.CallError{Action: "ecs:DescribeInstances", Code: "X", Class: renewal.Terminal}
		}, kind: "unavailable", words: []string{"ecs:DescribeInstances"}, opened: 1},
		"no permission": {in: atHome, prepare: func(s *stage) {
			s.cloud.listErr = &renewal.CallError{Action: "ecs:DescribeInstances", Code: "Forbidden.RAM", Class: renewal.Halt, Denied: true, Advice: lang.Plain("grant it")}
		}, kind: "denied", words: []string{"Forbidden.RAM", "grant it"}, opened: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(tt.environ...)
			if tt.prepare != nil {
				tt.prepare(s)
			}
			result, err := s.answer(t, tt.in, tt.event)
			if err == nil || result != nil {
				t.Fatalf("no error, but %+v", result)
			}
			var stop *runner.Stop
			if !errors.As(err, &stop) {
				t.Errorf("the error is a %T", err)
			}
			form, ok := s.asError(err).(messages.InvokeResponse_Error)
			if !ok || form.Type != tt.kind {
				t.Fatalf("got %#v, want a %s", s.asError(err), tt.kind)
			}
			lines := s.out.lines(t, "r-1")
			last := lines[len(lines)-1]
			var report renewal.Report
			if e := json.Unmarshal(last.Report, &report); e != nil || report.Status != renewal.Failed || last.Level != "ERROR" {
				t.Errorf("%v %s", e, last.text)
			}
			for _, word := range tt.words {
				if !strings.Contains(form.Message, word) {
					t.Errorf("the error does not say %q: %s", word, form.Message)
				}
				if !strings.Contains(strings.Join(report.Warnings, "\n"), word) {
					t.Errorf("the report does not say %q: %v", word, report.Warnings)
				}
			}
			if s.opened != tt.opened {
				t.Errorf("connected %d times, want %d", s.opened, tt.opened)
			}
			if len(s.cloud.renewed) > 0 {
				t.Errorf("renewed %v", s.cloud.renewed)
			}
		})
	}
}

// The report of a run that was stopped is read by people and programs, too:
// what had been asked for is known by then.
func TestReportOfARefusedRunSaysWhatWasAskedFor(t *testing.T) {
	s := newStage("RENEW_ACTION=renew", "RENEW_DRY_RUN=true", "RENEW_MAX_SPEND=1000")
	_, err := s.answer(t, atHome, `{"triggerTime":"2026-11-23T01:00:00Z","triggerName":"t","payload":"{\"window\":\"30d\"}"}`)
	if err == nil {
		t.Fatal("no error")
	}
	lines := s.out.lines(t, "r-1")
	var r renewal.Report
	if err := json.Unmarshal(lines[len(lines)-1].Report, &r); err != nil {
		t.Fatal(err)
	}
	if r.Trigger != byTimer {
		t.Errorf("trigger %q, want %q", r.Trigger, byTimer)
	}
	if r.Action != renewal.Renew || !r.DryRun {
		t.Errorf("action %q, dryRun %t; the settings say renew, true", r.Action, r.DryRun)
	}
}

func TestErrorForm(t *testing.T) {
	h := &Handler{}
	if err := h.asError(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
	for kind, err := range map[string]error{
		"bad-event":   &runner.Stop{Kind: runner.BadEvent, Err: errors.New("why")},
		"bad-config":  fmt.Errorf("wrapped: %w", &runner.Stop{Kind: runner.BadConfig, Err: errors.New("why")}),
		"unavailable": errors.New("why"),
	} {
		got, ok := h.asError(err).(messages.InvokeResponse_Error) // by value: a pointer is not recognised
		if !ok || got.Type != kind || !strings.Contains(got.Message, "why") {
			t.Errorf("%#v, want a %s", got, kind)
		}
	}
}

func TestInvocation(t *testing.T) {
	env := []string{
		"FC_REGION=cn-beijing", "FC_ACCOUNT_ID=2", "ALIBABA_CLOUD_ACCESS_KEY_ID=env-id",
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET=env=secret", "ALIBABA_CLOUD_SECURITY_TOKEN=env-token",
	}
	fromEnv := renewal.Keys{ID: "env-id", Secret: "env=secret", Token: "env-token"}
	for name, tt := range map[string]struct {
		fctx    *fccontext.FcContext
		environ []string
		want    Invocation
	}{
		"nothing":         {want: Invocation{Platform: true, Doubtful: true}},
		"the environment": {environ: env, want: Invocation{Platform: true, Doubtful: true, Region: "cn-beijing", AccountID: "2", Keys: fromEnv}},
		"the context wins": {environ: env, fctx: &fccontext.FcContext{
			RequestID: "r-1", Region: "cn-hangzhou", AccountId: "1", RetryCount: 2,
			Credentials: fccontext.Credentials{AccessKeyId: "ctx-id", AccessKeySecret: "ctx-secret", SecurityToken: "ctx-token"},
		}, want: Invocation{Platform: true, RequestID: "r-1", Region: "cn-hangzhou", AccountID: "1", Attempt: 2, Keys: renewal.Keys{ID: "ctx-id", Secret: "ctx-secret", Token: "ctx-token"}}},
		"a context without credentials": {environ: env, fctx: &fccontext.FcContext{RequestID: "r-1"},
			want: Invocation{Platform: true, Doubtful: true, RequestID: "r-1", Region: "cn-beijing", AccountID: "2", Keys: fromEnv}},
		"half a key in the context is none, and is not mixed": {environ: env, fctx: &fccontext.FcContext{Credentials: fccontext.Credentials{AccessKeyId: "ctx-id", SecurityToken: "ctx-token"}},
			want: Invocation{Platform: true, Doubtful: true, Region: "cn-beijing", AccountID: "2", Keys: fromEnv}},
		"half a key in the environment is none": {environ: []string{"ALIBABA_CLOUD_ACCESS_KEY_ID=env-id", "ALIBABA_CLOUD_SECURITY_TOKEN=env-token"},
			want: Invocation{Platform: true, Doubtful: true}},
		"a long-lived key": {environ: env[2:4], want: Invocation{Platform: true, Doubtful: true, Keys: renewal.Keys{ID: "env-id", Secret: "env=secret", Token: ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if tt.fctx != nil {
				ctx = fccontext.NewContext(ctx, tt.fctx)
			}
			h := &Handler{Environ: func() []string { return tt.environ }}
			if got := h.invocation(ctx); got != tt.want {
				t.Errorf("got %+v %q\nwant %+v %q", got, got.Keys.ID, tt.want, tt.want.Keys.ID)
			}
		})
	}
}

// A handler is safe for concurrent use, and its lines stay whole.
func TestAnswersAtOnce(t *testing.T) {
	s := newStage("RENEW_ACTION=report")
	s.Connect = func(context.Context, Invocation, config.Config) (Accounts, error) {
		return oneAccount{s.cloud, func() {}}, nil
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			in := atHome
			in.RequestID = "r-1"
			if _, err := s.Answer(t.Context(), in, nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if lines := s.out.lines(t, "r-1"); len(about(lines, "report")) != 16 {
		t.Errorf("%d reports", len(about(lines, "report")))
	}
}

// oneAccount is a cloud with one account.
type oneAccount struct {
	cloud runner.Cloud
	ended func()
}

func (a oneAccount) Open(context.Context, string) (runner.Cloud, error) { return a.cloud, nil }
func (a oneAccount) Close()                                             { a.ended() }
