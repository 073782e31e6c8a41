package notify

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func TestHeartbeatAfterCompleteRunsOnly(t *testing.T) {
	change := func(change func(*renewal.Report)) renewal.Report {
		r := allGood()
		change(&r)
		return r
	}
	for name, tt := range map[string]struct {
		r    renewal.Report
		want bool
	}{
		"complete":              {allGood(), true},
		"complete, and failed":  {failedRun(), true}, // the message tells of it; the monitor, that runs happen
		"nothing due":           {nothingDue(), true},
		"a dry run":             {dryRun(), true},
		"one list incomplete":   {everyProblem(), false},
		"nothing listed at all": {change(func(r *renewal.Report) { r.Counts.Listed = 0 }), false},
		"no list":               {change(func(r *renewal.Report) { r.Scopes = nil }), false},
	} {
		t.Run(name, func(t *testing.T) {
			var got []*http.Request
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r) }))
			defer server.Close()
			beat, err := ParseHeartbeat(server.URL+"/ping?rid=7&a=%2F", config.ParseAddress)
			if err != nil {
				t.Fatal(err)
			}
			if warnings := New(Options{Heartbeat: beat}).Beat(t.Context(), tt.r); warnings != nil {
				t.Fatal(warnings)
			}
			if (len(got) == 1) != tt.want {
				t.Fatalf("%d requests", len(got))
			}
			if !tt.want {
				return
			}
			if got[0].Method != http.MethodGet || !strings.HasPrefix(got[0].URL.RawQuery, "rid=7&a=%2F&") {
				t.Errorf("%s %s", got[0].Method, got[0].URL)
			}
			q, err := url.ParseQuery(got[0].URL.RawQuery)
			if err != nil || q.Get("status") != string(tt.r.Status) || q.Get("listed") != "42" || q.Get("renewed") == "" {
				t.Errorf("query %v, %v", q, err)
			}
		})
	}
}

func TestHeartbeatThatFails(t *testing.T) {
	beat, err := ParseHeartbeat("http://127.0.0.1:9/"+theToken, config.ParseAddress)
	if err != nil {
		t.Fatal(err)
	}
	panics := roundTrip(func(r *http.Request) (*http.Response, error) { panic(r.URL.String()) })
	for name, tt := range map[string]struct {
		transport http.RoundTripper
		want      string
	}{
		"refused": {wire{says(404, theToken)}, "RENEW_HEARTBEAT: not fetched: HTTP 404: "},
		"broken":  {wire{says(500, theToken)}, "RENEW_HEARTBEAT: not fetched: HTTP 500: "},
		"panics":  {panics, "RENEW_HEARTBEAT: an error inside fc-renewer"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := strings.Join(New(Options{Heartbeat: beat, Transport: tt.transport}).Beat(t.Context(), allGood()), "\n")
				if !strings.HasPrefix(got, tt.want) {
					t.Errorf("warnings %q, want %q", got, tt.want)
				}
				leaks(t, got)
			})
		})
	}
}
