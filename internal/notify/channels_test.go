package notify

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// heard gives what every channel of a list is sent, by the path of its address.
func heard(t *testing.T, list string, tell func(*Notifier) []string, when message.When) map[string]string {
	t.Helper()
	channels, err := Parse(list, config.ParseAddress)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	got := map[string]string{}
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] += string(body)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"errcode":0,"code":0}`))}, err
	})
	if warnings := tell(New(Options{Channels: channels, When: when, Transport: transport})); warnings != nil {
		t.Error(warnings)
	}
	return got
}

// routed is a run whose instances belong to two channels, and to none.
func routed(names ...string) renewal.Report {
	p := renewal.Policy{Action: renewal.Renew, Term: renewal.Term{Period: renewal.Period{Months: 1}}, Window: 7 * day, NextRun: day, Site: renewal.China, Channels: names}
	run := renewal.Run{
		Policy: p, Trigger: "timer", RequestID: "r-1", StartedAt: began, FinishedAt: began,
		Scopes: []renewal.Scope{{Account: "1234567890123456", Region: "cn-hangzhou", Complete: true, Listed: 3, Own: map[string]int{"pay": 1, "dba": 1, "": 1}}},
		Warnings: []renewal.Warning{
			{About: "i-pay", Text: lang.Plain("warning-of-pay")}, {Text: lang.Plain("warning-of-the-run")},
		},
	}
	for id, channels := range map[string][]string{"i-pay": {"pay"}, "i-dba": {"dba"}, "i-none": nil} {
		in := renewal.Instance{ID: id, Name: "name-of-" + id, Account: "1234567890123456", Region: "cn-hangzhou", Subscription: true, Mode: renewal.Manual, Expires: began.Add(3 * day)}
		d := renewal.Decide(began, p, []renewal.Instance{in})[0]
		d.Notify = channels
		o := renewal.Renewed
		if id == "i-pay" {
			o = renewal.OutcomeFailed
		}
		run.Results = append(run.Results, renewal.Result{Decision: d, Outcome: o})
	}
	return renewal.Summarize(run)
}

// Each channel hears of what is its own, in text and in JSON, and of nothing else.
func TestEachChannelHearsOfItsOwn(t *testing.T) {
	words := []string{"i-pay", "i-dba", "i-none", "warning-of-pay", "warning-of-the-run"}
	const chats = "dingtalk+https://x/all,pay=wecom+https://x/pay,dba=feishu+https://x/dba,idle=slack+https://x/idle"
	const hooks = "https://x/all,pay=https://x/pay,dba=https://x/dba,idle=https://x/idle"
	named := func(list string) string { return list[strings.Index(list, ",")+1:] }
	for name, tt := range map[string]struct {
		list  string
		names []string
		when  message.When
		want  map[string]string // by channel, the words that it hears; without a channel, nothing is sent
	}{
		"chats": {chats, []string{"", "pay", "dba", "idle"}, message.Changes, map[string]string{
			"/all": "i-pay i-dba i-none warning-of-pay warning-of-the-run", "/pay": "i-pay warning-of-pay", "/dba": "i-dba"}},
		"webhooks": {hooks, []string{"", "pay", "dba", "idle"}, message.Always, map[string]string{
			"/all": "i-pay i-dba i-none warning-of-pay warning-of-the-run", "/pay": "i-pay warning-of-pay", "/dba": "i-dba"}},
		"problems: of whom they are": {hooks, []string{"", "pay", "dba", "idle"}, message.Problems, map[string]string{
			"/all": "i-pay i-dba i-none warning-of-pay warning-of-the-run", "/pay": "i-pay warning-of-pay"}},
		"all have a name": {named(chats), []string{"pay", "dba", "idle"}, message.Changes, map[string]string{
			"/pay": "i-pay i-none warning-of-pay warning-of-the-run", "/dba": "i-dba i-none warning-of-the-run", "/idle": "i-none warning-of-the-run"}},
		"all have a name, webhooks": {named(hooks), []string{"pay", "dba", "idle"}, message.Changes, map[string]string{
			"/pay": "i-pay i-none warning-of-pay warning-of-the-run", "/dba": "i-dba i-none warning-of-the-run", "/idle": "i-none warning-of-the-run"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := routed(tt.names...)
			got := heard(t, tt.list, func(n *Notifier) []string { return n.Tell(t.Context(), r) }, tt.when)
			if len(got) != len(tt.want) {
				t.Errorf("%d channels were told, want %d", len(got), len(tt.want))
			}
			for path, want := range tt.want {
				for _, word := range words {
					if has := strings.Contains(got[path], word); has != slices.Contains(strings.Fields(want), word) {
						t.Errorf("%s hears of %s: %t\n%s", path, word, has, got[path])
					}
				}
			}
		})
	}
}

// The first line of a named channel counts its own.
func TestHeadlineOfOneChannel(t *testing.T) {
	r := routed("", "pay", "dba")
	got := heard(t, "https://x/all,dba=wecom+https://x/dba", func(n *Notifier) []string { return n.Tell(t.Context(), r) }, message.Always)
	if !strings.Contains(got["/dba"], "fc-renewer: OK") || !strings.Contains(got["/dba"], "1 due, 1 done") {
		t.Errorf("%s", got["/dba"])
	}
	if !strings.Contains(got["/all"], `"status":"partial"`) {
		t.Errorf("%s", got["/all"])
	}
}

// What stops a run goes to the channels without a name, or to all where there is
// none; a sample goes to all.
func TestWhoHearsOfWhatStopsARun(t *testing.T) {
	told := func(list string, tell func(*Notifier) []string) string {
		paths := []string{}
		for path := range heard(t, list, tell, message.Problems) {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		return strings.Join(paths, "")
	}
	stop := func(n *Notifier) []string {
		return n.TellError(t.Context(), message.Problem{Type: "denied", Err: lang.Err("no", "不"), RequestID: "r"})
	}
	try := func(n *Notifier) []string { return n.Try(t.Context(), message.Sample(lang.English)) }
	for list, want := range map[string][2]string{
		"https://x/all,pay=https://x/pay,https://x/too": {"/all/too", "/all/pay/too"},
		"pay=https://x/pay,dba=slack+https://x/dba":     {"/dba/pay", "/dba/pay"},
	} {
		if got := told(list, stop); got != want[0] {
			t.Errorf("%s: %s is told what stopped it, want %s", list, got, want[0])
		}
		if got := told(list, try); got != want[1] {
			t.Errorf("%s: %s gets the sample, want %s", list, got, want[1])
		}
	}
}
