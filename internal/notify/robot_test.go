package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // there is more memory than time
	goleak.VerifyTestMain(m)
}

// A robot stands in for the server of a chat, as the documents describe it. It
// checks what it gets on its own, without the code that is tested.
type robot struct {
	kind   Kind
	secret string           // "" = the robot asks for no signature
	now    func() time.Time // nil = time.Now
	faults []http.HandlerFunc

	mu     sync.Mutex
	bodies [][]byte    // that were accepted
	times  []time.Time // of all requests
}

func (b *robot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "no body", http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.times = append(b.times, b.time())
	if len(b.faults) > 0 {
		fault := b.faults[0]
		b.faults = b.faults[1:]
		if fault != nil {
			fault(w, r)
			return
		}
	}
	switch {
	case r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json; charset=utf-8":
		http.Error(w, "a POST of JSON is wanted", http.StatusBadRequest)
	case b.tooFast():
		b.answer(w, tooFast)
	case refused(b.kind, body) != "":
		b.answer(w, tooLarge)
	case !b.signed(r, body):
		b.answer(w, badSign)
	default:
		b.bodies = append(b.bodies, body)
		b.answer(w, accepted)
	}
}

func (b *robot) time() time.Time {
	if b.now != nil {
		return b.now()
	}
	return time.Now()
}

// tooFast counts by the documented limits.
func (b *robot) tooFast() bool {
	last := func(d time.Duration) (n int) {
		for _, at := range b.times {
			if b.time().Sub(at) < d {
				n++
			}
		}
		return n
	}
	switch b.kind {
	case DingTalk, WeCom:
		return last(time.Minute) > 20
	case Feishu, Lark:
		return last(time.Second) > 5 || last(time.Minute) > 100
	case Slack:
		return last(time.Second) > 1
	}
	return false
}

func (b *robot) signed(r *http.Request, body []byte) bool {
	if r.URL.Query().Has("secret") {
		return false // it must not be sent
	}
	if b.secret == "" {
		return true
	}
	switch b.kind {
	case DingTalk:
		at := r.URL.Query().Get("timestamp")
		ms, err := strconv.ParseInt(at, 10, 64)
		return err == nil && b.near(time.UnixMilli(ms)) && r.URL.Query().Get("access_token") != "" &&
			r.URL.Query().Get("sign") == mac(b.secret, at+"\n"+b.secret)
	case Feishu, Lark:
		var m struct{ Timestamp, Sign string }
		err := json.Unmarshal(body, &m)
		s, err2 := strconv.ParseInt(m.Timestamp, 10, 64)
		return err == nil && err2 == nil && b.near(time.Unix(s, 0)) && m.Sign == mac(m.Timestamp+"\n"+b.secret, "")
	}
	return true
}

func (b *robot) near(at time.Time) bool { return b.time().Sub(at).Abs() < time.Hour }

func mac(key, message string) string {
	h := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(h, message)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

type verdict int

const (
	accepted verdict = iota
	tooFast
	tooLarge
	badSign
)

func (b *robot) answer(w http.ResponseWriter, v verdict) {
	switch b.kind {
	case DingTalk:
		_, _ = fmt.Fprintf(w, `{"errcode":%d,"errmsg":"x"}`, []int{0, 130101, 460101, 310000}[v])
	case WeCom:
		_, _ = fmt.Fprintf(w, `{"errcode":%d,"errmsg":"x"}`, []int{0, 45009, 40058, 93000}[v])
	case Feishu, Lark:
		_, _ = fmt.Fprintf(w, `{"code":%d,"msg":"x","data":{}}`, []int{0, 11232, 19036, 19021}[v])
	case Slack:
		if v == tooFast {
			w.Header().Set("Retry-After", "1")
		}
		w.WriteHeader([]int{200, 429, 400, 403}[v])
		_, _ = io.WriteString(w, []string{"ok", "rate_limited", "invalid_blocks", "no"}[v])
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// wire carries requests to a handler without a socket, so that waiting can be
// tested in fake time.
type wire struct{ http.Handler }

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// says is a fault: it answers so instead of looking at the message.
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// channelTo is a channel of a kind at an address on this machine.
func channelTo(t *testing.T, kind Kind, base, secret string) Channel {
	t.Helper()
	text := base + "/send/" + theToken + "?access_token=" + theToken
	if kind != Webhook {
		text = string(kind) + "+" + text
	}
	if secret != "" {
		text += "&secret=" + secret
	}
	channels, err := Parse(text, config.ParseAddress)
	if err != nil {
		t.Fatal(err)
	}
	return channels[0]
}

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
