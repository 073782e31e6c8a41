package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const loop = "http://127.0.0.1:9"

// TestEachChatAcceptsTheMessages goes over real sockets.
func TestEachChatAcceptsTheMessages(t *testing.T) {
	for _, kind := range prefixes {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			b := &robot{kind: kind}
			if kind != WeCom && kind != Slack {
				b.secret = theSecret
			}
			server := httptest.NewServer(b)
			defer server.Close()
			n := New(Options{Channels: []Channel{channelTo(t, kind, server.URL, theSecret)}, Style: message.Style{Language: lang.Chinese}})
			if warnings := n.Tell(t.Context(), everyProblem()); warnings != nil {
				t.Fatal(warnings)
			}
			if len(b.bodies) != 1 || !bytes.Contains(b.bodies[0], []byte("i-bp1mq")) {
				t.Errorf("got %s", b.bodies)
			}
		})
	}
}

// TestBodies shows a reviewer what each chat gets.
func TestBodies(t *testing.T) {
	for _, kind := range prefixes {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &robot{kind: kind}
				n := New(Options{Channels: []Channel{channelTo(t, kind, loop, "")}, Transport: wire{b}, Style: message.Style{Language: lang.Chinese}})
				if warnings := n.Tell(t.Context(), message.Sample(lang.Chinese)); warnings != nil {
					t.Fatal(warnings)
				}
				var pretty bytes.Buffer
				if err := json.Indent(&pretty, b.bodies[0], "", "  "); err != nil {
					t.Fatal(err)
				}
				golden(t, "body-"+string(kind)+".json", pretty.String()+"\n")
			})
		})
	}
}

func TestSignatures(t *testing.T) {
	for _, kind := range []Kind{DingTalk, Feishu, Lark} {
		for name, tt := range map[string]struct {
			secret string
			clock  time.Duration // how far ours is off
			want   string
		}{
			"right":          {theSecret, 0, ""},
			"an hour off":    {theSecret, -2 * time.Hour, "security settings|signature does not match"},
			"wrong secret":   {"SECwrong", 0, "security settings|signature does not match"},
			"without secret": {"", 0, "security settings|signature does not match"},
		} {
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &robot{kind: kind, secret: theSecret}
					n := New(Options{
						Channels:  []Channel{channelTo(t, kind, loop, tt.secret)},
						Transport: wire{b}, Now: func() time.Time { return time.Now().Add(tt.clock) },
					})
					warnings := strings.Join(n.Tell(t.Context(), failedRun()), "\n")
					one, other, _ := strings.Cut(tt.want, "|")
					if (warnings == "") != (tt.want == "") || !strings.Contains(warnings, one) && !strings.Contains(warnings, other) {
						t.Errorf("warnings %q, want %q", warnings, tt.want)
					}
					if len(b.times) != 1 {
						t.Errorf("%d requests, want 1: no retry mends a signature", len(b.times))
					}
				})
			})
		}
	}
}

// TestWhatAnAnswerMeans: every server repeats token, secret and address.
func TestWhatAnAnswerMeans(t *testing.T) {
	echo := theToken + " " + theSecret + " " + loop
	for name, tt := range map[string]struct {
		kind     Kind
		answer   http.HandlerFunc
		requests int
		want     string // "" = delivered at the end
	}{
		"DingTalk refuses":             {DingTalk, says(200, `{"errcode":310000,"errmsg":"`+echo+`"}`), 1, "HTTP 200, code 310000: the robot's security"},
		"DingTalk is too fast":         {DingTalk, says(200, `{"errcode":130101,"errmsg":"`+echo+`"}`), 1, "code 130101: rate limit: too many messages in a minute"},
		"DingTalk is busy":             {DingTalk, says(200, `{"errcode":-1,"errmsg":"`+echo+`"}`), 3, "code -1: the service is busy"},
		"DingTalk, unknown code":       {DingTalk, says(200, `{"errcode":400101,"errmsg":"`+echo+`"}`), 1, "HTTP 200, code 400101: the message was refused"},
		"DingTalk, code in quotes":     {DingTalk, says(200, `{"errcode":"310000"}`), 1, "code 310000"},
		"DingTalk, no code":            {DingTalk, says(200, `{"message":"`+echo+`"}`), 1, "HTTP 200: the answer cannot be read"},
		"DingTalk, HTML":               {DingTalk, says(200, `<html>`+echo), 1, "the answer cannot be read"},
		"DingTalk, nothing":            {DingTalk, says(200, ``), 1, "the answer cannot be read"},
		"DingTalk, cut":                {DingTalk, says(200, `{"errcode":0,"errm`), 1, "the answer cannot be read"},
		"DingTalk, code is text":       {DingTalk, says(200, `{"errcode":"`+echo+`"}`), 1, "the answer cannot be read"},
		"Feishu, bad signature":        {Feishu, says(200, `{"code":19021,"msg":"`+echo+`"}`), 1, "code 19021: the signature"},
		"Feishu is too fast":           {Feishu, says(200, `{"code":11232,"msg":"`+echo+`"}`), 3, "code 11232: rate limit: too many"},
		"Feishu, malformed, in a 400":  {Feishu, says(400, `{"code":9499,"msg":"`+echo+`"}`), 1, "HTTP 400, code 9499: the request is malformed"},
		"Feishu, older success":        {Feishu, says(200, `{"StatusCode":0,"StatusMessage":"success"}`), 1, ""},
		"Lark, keyword":                {Lark, says(200, `{"code":19024,"msg":"`+echo+`"}`), 1, "code 19024: the bot's keywords"},
		"WeCom, bad key":               {WeCom, says(200, `{"errcode":93000,"errmsg":"`+echo+`"}`), 1, "code 93000: the key"},
		"WeCom is too fast":            {WeCom, says(200, `{"errcode":45009,"errmsg":"`+echo+`"}`), 3, "code 45009: rate limit"},
		"WeCom, too many at once":      {WeCom, says(200, `{"errcode":45033,"errmsg":"`+echo+`"}`), 3, "code 45033: rate limit"},
		"DingTalk limits":              {DingTalk, says(200, `{"errcode":410100,"errmsg":"`+echo+`"}`), 3, "code 410100: rate limit"},
		"DingTalk limits an address":   {DingTalk, says(200, `{"errcode":88,"errmsg":"`+echo+`"}`), 3, "code 88: rate limit"},
		"Feishu limits, in a 400":      {Feishu, says(400, `{"code":9499,"msg":"too many request","data":{}}`), 3, "HTTP 400, code 9499: rate limit"},
		"Feishu's gateway limits":      {Feishu, says(400, `{"code":99991400,"msg":"`+echo+`"}`), 3, "HTTP 400, code 99991400: rate limit"},
		"DingTalk, the clock":          {DingTalk, says(200, `{"errcode":310000,"errmsg":"invalid timestamp, more: [https://x/`+echo+`]"}`), 1, "code 310000: the timestamp of the signature is refused: the clock"},
		"DingTalk, the clock, newer":   {DingTalk, says(200, `{"errcode":310000,"errmsg":"description:机器人发送签名过期;solution:签名生成时间和发送时间请保持在 timestampms 以内;"}`), 1, "code 310000: the timestamp of the signature is refused: the clock"},
		"DingTalk, another secret":     {DingTalk, says(200, `{"errcode":310000,"errmsg":"description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中;"}`), 1, "code 310000: the robot's security"},
		"Slack, no such hook":          {Slack, says(404, "no_service "+echo), 1, "HTTP 404: the message or the address was refused"},
		"Slack, not Slack":             {Slack, says(200, "<html>"+echo), 1, "not that of a Slack webhook"},
		"Slack is too fast":            {Slack, says(429, "rate_limited "+echo, "Retry-After", "2"), 3, "HTTP 429: rate limit: too many messages"},
		"a webhook answers with 5xx":   {Webhook, says(503, echo), 3, "HTTP 503: the service has an error"},
		"a webhook answers with 3xx":   {Webhook, says(302, echo, "Location", "http://127.0.0.1:1/"+theToken), 1, "HTTP 302: it redirects"},
		"a webhook answers with 4xx":   {Webhook, says(401, echo), 1, "HTTP 401: "},
		"a webhook answers with 2xx":   {Webhook, says(202, echo), 1, ""},
		"5xx with an unreadable cause": {WeCom, says(502, "<html>"+echo), 3, "HTTP 502: "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &robot{kind: tt.kind, faults: []http.HandlerFunc{tt.answer, tt.answer, tt.answer, tt.answer}}
				n := New(Options{Channels: []Channel{channelTo(t, tt.kind, loop, theSecret)}, Transport: wire{b}})
				warnings := n.Tell(t.Context(), failedRun())
				got := strings.Join(warnings, "\n")
				leaks(t, got)
				if strings.Contains(got, "127.0.0.1") || strings.Contains(got, "http:") {
					t.Errorf("%q shows the address", got)
				}
				if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
					t.Errorf("warnings %q, want %q", got, tt.want)
				}
				if tt.want != "" && !strings.HasPrefix(got, "RENEW_NOTIFY entry 1 ("+string(tt.kind)+"): the message was not delivered: ") {
					t.Errorf("warning %q", got)
				}
				if len(b.times) != tt.requests {
					t.Errorf("%d requests, want %d", len(b.times), tt.requests)
				}
			})
		})
	}
}

func TestASecondAttemptSucceeds(t *testing.T) {
	for name, tt := range map[string]struct {
		kind     Kind
		fault    http.HandlerFunc
		min, max time.Duration
	}{
		"DingTalk was busy":     {DingTalk, says(200, `{"errcode":-1}`), 500 * time.Millisecond, 2 * time.Second},
		"Slack names the time":  {Slack, says(429, "", "Retry-After", "30"), 30 * time.Second, 31 * time.Second},
		"Feishu limits":         {Feishu, says(400, `{"code":9499,"msg":"too many request"}`), 4 * time.Second, 5 * time.Second},
		"Feishu names the time": {Feishu, says(429, `{"code":99991400,"msg":"x"}`, "X-Ogw-Ratelimit-Reset", "7"), 7 * time.Second, 8 * time.Second},
		"WeCom limits":          {WeCom, says(200, `{"errcode":45009}`), 4 * time.Second, 5 * time.Second},
		"a gateway had an error": {Feishu, says(502, "<html>"), 500 * time.Millisecond,
			2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &robot{kind: tt.kind, faults: []http.HandlerFunc{tt.fault}}
				n := New(Options{Channels: []Channel{channelTo(t, tt.kind, loop, "")}, Transport: wire{b}})
				start := time.Now()
				if warnings := n.Tell(t.Context(), failedRun()); warnings != nil {
					t.Fatal(warnings)
				}
				if took := time.Since(start); took < tt.min || took > tt.max || len(b.bodies) != 1 {
					t.Errorf("%d messages after %s", len(b.bodies), took)
				}
			})
		})
	}
}

// TestEverySignatureIsFresh: a retry after a long wait is signed anew.
func TestEverySignatureIsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var signs []string
		take := func(w http.ResponseWriter, r *http.Request) {
			signs = append(signs, r.URL.Query().Get("sign"))
			says(200, `{"errcode":-1}`)(w, r)
		}
		b := &robot{kind: DingTalk, faults: []http.HandlerFunc{take, take, take}}
		New(Options{Channels: []Channel{channelTo(t, DingTalk, loop, theSecret)}, Transport: wire{b}}).Tell(t.Context(), failedRun())
		if len(signs) != 3 || signs[0] == signs[1] || signs[1] == signs[2] {
			t.Errorf("signatures %q", signs)
		}
	})
}

// TestTheDeadlineHolds: Tell never takes longer than its context.
func TestTheDeadlineHolds(t *testing.T) {
	hangs := roundTrip(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	for name, tt := range map[string]struct {
		transport http.RoundTripper
		report    renewal.Report
		longest   time.Duration
		want      string
	}{
		"a server that hangs":      {hangs, failedRun(), 4 * time.Second, "did not answer in time"},
		"a wait beyond it":         {wire{says(429, "", "Retry-After", "60")}, failedRun(), 0, "HTTP 429"},
		"a date beyond it":         {wire{says(503, "", "Retry-After", "Sun, 01 Jan 2090 00:00:00 GMT")}, failedRun(), 0, "HTTP 503"},
		"more messages than pace":  {wire{&robot{kind: Slack}}, huge(500), 4 * time.Second, "messages 5 to 5|message 5 of 5"},
		"always busy, to the last": {wire{says(500, "")}, failedRun(), 4 * time.Second, "HTTP 500"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
				defer cancel()
				n := New(Options{Channels: []Channel{channelTo(t, Slack, loop, "")}, Transport: tt.transport})
				start := time.Now()
				got := strings.Join(n.Tell(ctx, tt.report), "\n")
				if took := time.Since(start); took > tt.longest {
					t.Errorf("took %s", took)
				}
				one, other, ok := strings.Cut(tt.want, "|")
				if !strings.Contains(got, one) && (!ok || !strings.Contains(got, other)) {
					t.Errorf("warnings %q, want %q", got, tt.want)
				}
				leaks(t, got)
			})
		})
	}
}

// TestTheCauseIsToldNotThePace: where there is no time for another attempt, it
// is the failure of the last one that helps.
func TestTheCauseIsToldNotThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		n := New(Options{Channels: []Channel{channelTo(t, Slack, loop, "")}, Transport: wire{says(500, "")}})
		n.couriers[0].pause = time.Millisecond
		if got := strings.Join(n.Tell(ctx, failedRun()), "\n"); !strings.Contains(got, "HTTP 500") {
			t.Errorf("warnings %q", got)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestNeverFasterThanTheChatAllows sends the most messages there are, for
// several runs in a row.
func TestNeverFasterThanTheChatAllows(t *testing.T) {
	for _, kind := range prefixes {
		t.Run(string(kind), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &robot{kind: kind, faults: []http.HandlerFunc{nil, says(500, ""), nil, says(500, "")}}
				n := New(Options{Channels: []Channel{channelTo(t, kind, loop, "")}, Transport: wire{b}})
				for range 5 { // of five messages each, and the narrowest limit is 20 a minute
					if warnings := n.Tell(t.Context(), huge(500)); warnings != nil {
						t.Fatal(warnings)
					}
				}
				if len(b.bodies) != 5*5 {
					t.Errorf("%d messages", len(b.bodies))
				}
			})
		})
	}
}

func TestOneChannelDoesNotStopAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &robot{kind: DingTalk}
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			switch r.URL.Port() {
			case "1":
				panic("a transport that panics with " + r.URL.String())
			case "2":
				return nil, fmt.Errorf("Post %q: no route", r.URL)
			}
			return wire{b}.RoundTrip(r)
		})
		channels, err := Parse("slack+http://127.0.0.1:1/"+theToken+",http://127.0.0.1:2/"+theToken+",dingtalk+http://127.0.0.1:3/"+theToken, config.ParseAddress)
		if err != nil {
			t.Fatal(err)
		}
		warnings := New(Options{Channels: append(channels, Channel{}), Transport: transport}).Tell(t.Context(), failedRun())
		want := []string{
			"RENEW_NOTIFY entry 1 (slack): an error inside fc-renewer kept the message back",
			"RENEW_NOTIFY entry 2 (webhook): the message was not delivered: it could not be reached",
			"RENEW_NOTIFY entry 0 (): it is no channel that was parsed",
		}
		if diff := cmp.Diff(want, warnings); diff != "" {
			t.Error(diff)
		}
		if len(b.bodies) != 1 {
			t.Errorf("%d messages reached the channel that works", len(b.bodies))
		}
	})
}

// A letter whose answer is cut off behind what counts has arrived: it is neither
// sent again nor called lost.
func TestAnswerCutOffBehindWhatCounts(t *testing.T) {
	for kind, answer := range map[Kind]string{DingTalk: `{"errcode":0}`, Webhook: "thank"} {
		letters := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			letters++
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, answer)
		}))
		n := New(Options{Channels: []Channel{channelTo(t, kind, s.URL, theSecret)}})
		n.couriers[0].pause = time.Millisecond
		if warnings := n.Tell(t.Context(), failedRun()); warnings != nil || letters != 1 {
			t.Errorf("%s: %d letters, %q", kind, letters, warnings)
		}
		s.Close()
	}
}

// TestFaultsOfTheNetwork goes over real sockets and the real transport.
func TestFaultsOfTheNetwork(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	down := httptest.NewServer(nil)
	down.Close()
	untrusted := httptest.NewUnstartedServer(&robot{kind: DingTalk})
	untrusted.Config.ErrorLog = nil
	untrusted.StartTLS()
	defer untrusted.Close()
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	for name, tt := range map[string]struct{ base, want string }{
		"down":         {down.URL, "the connection was refused"},
		"no such host": {"https://no-such-host.invalid", "could not be resolved|could not be reached"},
		"hangs up":     {serve(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "broke off"},
		"cut answer": {serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"errco`)
		}), "cannot be read"},
		"redirects":   {serve(says(307, theToken, "Location", other.URL+"/"+theToken)), "redirects elsewhere"},
		"not trusted": {untrusted.URL, "certificate is not trusted"},
		"endless":     {serve(says(200, strings.Repeat("x", 10<<20))), "cannot be read"},
		"does not stop": {serve(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that we are gone
			<-r.Context().Done()
		}), "in time"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if name == "does not stop" {
				ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
			}
			n := New(Options{Channels: []Channel{channelTo(t, DingTalk, tt.base, theSecret)}})
			n.couriers[0].pause = time.Millisecond
			got := strings.Join(n.Tell(ctx, failedRun()), "\n")
			one, other, ok := strings.Cut(tt.want, "|")
			if !strings.Contains(got, one) && (!ok || !strings.Contains(got, other)) {
				t.Errorf("warnings %q, want %q", got, tt.want)
			}
			leaks(t, got)
			if strings.Contains(got, "127.0.0.1") || strings.Contains(got, "://") {
				t.Errorf("%q shows the address", got)
			}
		})
	}
	if elsewhere > 0 {
		t.Errorf("%d requests followed a redirect", elsewhere)
	}
}

func TestWebhookGetsTheReportSigned(t *testing.T) {
	for name, tell := range map[string]struct {
		send func(*Notifier) []string
		want any
	}{
		"a report": {func(n *Notifier) []string { return n.Tell(t.Context(), everyProblem()) }, everyProblem()},
		"an error": {
			func(n *Notifier) []string {
				return n.TellError(t.Context(), message.Problem{Type: "denied", Err: errors.New("no <permission>"), RequestID: "r"})
			},
			map[string]string{"errorType": "denied", "errorMessage": "no <permission>", "requestId": "r"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var body []byte
			var sign string
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ = io.ReadAll(r.Body)
				sign = r.Header.Get("X-FC-Renewer-Signature")
			}))
			defer server.Close()
			if warnings := tell.send(New(Options{Channels: []Channel{channelTo(t, Webhook, server.URL, theSecret)}})); warnings != nil {
				t.Fatal(warnings)
			}
			h := hmac.New(sha256.New, []byte(theSecret))
			h.Write(body)
			if want := "sha256=" + hex.EncodeToString(h.Sum(nil)); sign != want {
				t.Errorf("signature %q, want %q", sign, want)
			}
			want, err := json.Marshal(tell.want)
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			if err := errors.Join(json.Unmarshal(body, &a), json.Unmarshal(want, &b)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(b, a); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestErrorsBeforeTheStartAreAlwaysTold(t *testing.T) {
	for _, when := range []message.When{message.Always, message.Changes, message.Problems} {
		synctest.Test(t, func(t *testing.T) {
			b := &robot{kind: WeCom}
			n := New(Options{Channels: []Channel{channelTo(t, WeCom, loop, "")}, Transport: wire{b}, When: when})
			if warnings := n.TellError(t.Context(), message.Problem{Type: "denied", Err: errors.New("wrong account"), RequestID: "r-1"}); warnings != nil {
				t.Fatal(warnings)
			}
			if len(b.bodies) != 1 || !bytes.Contains(b.bodies[0], []byte("NOT STARTED")) || !bytes.Contains(b.bodies[0], []byte("wrong account")) {
				t.Errorf("%s: got %s", when, b.bodies)
			}
		})
	}
}
