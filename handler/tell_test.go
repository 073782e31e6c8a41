package handler_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A listener is a webhook, or the monitor of a heartbeat.
type listener struct {
	URL      string
	mu       sync.Mutex
	requests []string // path, query and body
	answer   string
	hangs    bool // it takes what comes, and never answers
}

// listen is one on the wire.
func listen(t *testing.T, answer string) *listener {
	t.Helper()
	l := &listener{answer: answer}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	l.URL = server.URL
	return l
}

// listening is one in the bubble, on a port of the loopback interface that
// nobody else has there.
func (w *bubble) listening(port int, answer string) *listener {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	l := &listener{URL: "http://" + address, answer: answer}
	server := &http.Server{Handler: l, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(w.listen(address)) }() // until it is closed
	w.t.Cleanup(func() { _ = server.Close() })
	return l
}

// ServeHTTP takes a message.
func (l *listener) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // only then does the server notice that its client is gone
	l.mu.Lock()
	l.requests = append(l.requests, r.URL.String()+" "+string(body))
	l.mu.Unlock()
	if l.hangs {
		<-r.Context().Done()
		return
	}
	_, _ = io.WriteString(rw, l.answer)
}

func (l *listener) got() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests
}

const hookToken = "hook-token-that-nobody-may-see"

func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	hook, heart := listen(t, `{"errcode":0}`), listen(t, "OK")
	w := newWorld(t, map[string]string{
		"RENEW_NOTIFY":    "dingtalk+" + hook.URL + "/robot/send?access_token=" + hookToken + ",dingtalk+http://127.0.0.1:1/?access_token=" + hookToken,
		"RENEW_HEARTBEAT": heart.URL + "/ping/" + hookToken,
	}, due("i-1"))
	r := w.run("")
	if got := hook.got(); len(got) != 1 || !strings.Contains(got[0], "i-1") || !strings.Contains(got[0], "100.00") {
		t.Errorf("%q", got)
	}
	if len(heart.got()) != 1 {
		t.Errorf("%q", heart.got())
	}
	// The second channel is down: that is told, without its address.
	if len(r.Warnings) != 1 || r.Status != renewal.OK {
		t.Errorf("%s %q", r.Status, r.Warnings)
	}
	if all := strings.Join(r.Warnings, " ") + w.rt.Logs(); strings.Contains(all, hookToken) {
		t.Errorf("the token got out: %s", all)
	}
	w.run("")
	if len(hook.got()) != 1 || len(heart.got()) != 2 {
		t.Errorf("nothing was due: that is no message, and a heartbeat: %q and %q", hook.got(), heart.got())
	}
}

func TestTroubleIsToldAndStopsTheHeartbeat(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   map[string]string
		fault cloud.Fault
		words string
	}{
		"no list at all": {nil, cloud.Fault{Action: "DescribeInstances", Kind: cloud.RefuseBefore, Status: 403, Code: "Forbidden.RAM"}, "permission"},
		"bad settings":   {map[string]string{"RENEW_WINDOW": "soon"}, cloud.Fault{Action: "none", Kind: cloud.BadGateway}, "RENEW_WINDOW"},
		"an incomplete region": {map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"},
			cloud.Fault{Action: "DescribeInstances", Region: "cn-beijing", Kind: cloud.RefuseBefore, Status: 403, Code: "Forbidden.RAM"}, "cn-beijing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
				hook, heart := w.listening(8001, `{"errcode":0}`), w.listening(8002, "OK")
				w.env["RENEW_NOTIFY"] = "wecom+" + hook.URL + "/send?key=" + hookToken
				w.env["RENEW_HEARTBEAT"] = heart.URL + "/ping"
				w.add(due("i-1"))
				w.cloud.Fail(tt.fault)
				_, _ = w.begin("").answer() // a report or an error
				if got := hook.got(); len(got) != 1 || !strings.Contains(got[0], tt.words) {
					t.Errorf("%q", got)
				}
				if len(heart.got()) != 0 {
					t.Errorf("the heart beats: %q", heart.got())
				}
				if strings.Contains(w.logs(), hookToken) {
					t.Error("the token got out")
				}
			})
		})
	}
}

func TestBadChannelIsNotRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_NOTIFY": "https://example.com/ok,http://example.com/" + hookToken})
	message := w.refused("", "bad-config")
	if !strings.Contains(message, "RENEW_NOTIFY") || !strings.Contains(message, "2") || strings.Contains(message, hookToken) {
		t.Errorf("%s", message)
	}
}

// A chat that hangs has its time, and no more: the monitor hears of the run.
func TestHangingChatDoesNotStopTheHeart(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{functionTimeout, 60 * time.Second, 9 * time.Second} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
				hook, heart := w.listening(8001, ""), w.listening(8002, "OK")
				hook.hangs = true
				w.env["RENEW_NOTIFY"] = "dingtalk+" + hook.URL + "/robot/send?access_token=" + hookToken
				w.env["RENEW_HEARTBEAT"] = heart.URL + "/ping"
				w.env["RENEW_RESERVE"] = "1s" // so that the shortest pays, too
				w.add(due("i-1"))
				w.timeout = timeout
				r := w.run("")
				outcome(t, r, "i-1", renewal.Renewed)
				if len(heart.got()) != 1 || len(r.Warnings) != 1 {
					t.Errorf("heartbeats %q, warnings %q", heart.got(), r.Warnings)
				}
			})
		})
	}
}

// The platform tries a refused event again; people are told once.
func TestPeopleAreToldOfARefusalOnce(t *testing.T) {
	t.Parallel()
	hook := listen(t, `{"errcode":0}`)
	w := newWorld(t, map[string]string{"RENEW_NOTIFY": "wecom+" + hook.URL + "/send?key=" + hookToken, "RENEW_WINDOW": "soon"})
	results, err := w.runtime().InvokeAsync(t.Context(), nil)
	if err != nil || len(results) < 2 {
		t.Fatal(results, err)
	}
	if got := hook.got(); len(got) != 1 {
		t.Errorf("%d attempts, %d messages", len(results), len(got))
	}
	_ = w.rt.Close() // an answer overtakes the output before it
	if n := strings.Count(w.rt.Logs(), `"msg":"report"`); n != len(results) {
		t.Errorf("%d attempts, %d reports in the log", len(results), n)
	}
}

// Events of the cloud about what is not configured may come by the hundred.
func TestEventsThatDoNotFitAreNotTold(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_IDS": "i-1"}, func(t *testing.T, w *bubble) {
		hook := w.listening(8001, `{"errcode":0}`)
		w.env["RENEW_NOTIFY"] = "wecom+" + hook.URL + "/send?key=" + hookToken
		w.add(due("i-1"))
		w.run(`{"specversion":"1.0","source":"acs.ecs","type":"ecs:Instance:StateChange","data":{"resourceId":"i-bp1other"}}`)
		for _, event := range []string{
			`{"specversion":"1.0","source":"acs.oss","type":"oss:ObjectCreated:PutObject","data":{}}`,
			`[{"specversion":"1.0","source":"acs.ecs","type":"x","data":{}}]`,
		} {
			w.refused(event, "bad-event")
		}
		if got := hook.got(); len(got) != 0 {
			t.Errorf("told: %q", got)
		}
		w.refused(`{"dryrun":true}`, "bad-event") // by a person, who waits for an answer
		if got := hook.got(); len(got) != 1 {
			t.Errorf("%d messages", len(got))
		}
	})
}

func TestAddressInTheWrongSettingIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"RENEW_NOTIFY_ON", "RENEW_TZ", "RENEW_LANG", "RENEW_LOG", "RENEW_REGIONS", "RENEW_IDS", "RENEW_RULES", "RENEW_RULES_FILE", "RENEW_ENDPOINT", "RENEW_NOTFIY"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{name: "https://oapi.dingtalk.com/robot/send?access_token=" + hookToken})
			message := w.refused("", "bad-config")
			if !strings.Contains(message, name) || strings.Contains(message+w.rt.Logs(), hookToken) {
				t.Errorf("%s", message)
			}
		})
	}
}
