package local

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Every channel gets the sample, and has a line of its own.
func TestNotifySendsASampleToEveryChannel(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path] = string(body)
		answer := `{"errcode":0,"code":0}`
		if r.URL.Path == "/refuses" {
			answer = `{"errcode":310000,"errmsg":"keywords not in content"}`
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	hooks := []string{"dingtalk+" + server.URL + "/takes?access_token=hook-token", "wecom+" + server.URL + "/refuses?key=hook-token", "dba=" + server.URL + "/takes-json"}

	for _, tt := range []struct {
		hooks []string
		code  int
		lines []string
	}{
		{hooks, exitPartial, []string{"ok     RENEW_NOTIFY entry 1 (dingtalk): the message was delivered", "WRONG  RENEW_NOTIFY entry 2 (wecom): ", "ok     RENEW_NOTIFY entry 3 (dba, webhook): the message was delivered"}},
		{hooks[:1], exitOK, []string{"ok     RENEW_NOTIFY entry 1 (dingtalk): the message was delivered"}},
	} {
		p, stdout, stderr := testProgram("RENEW_NOTIFY="+strings.Join(tt.hooks, ","), "RENEW_NOTIFY_ON=problems")
		if code := p.main(t.Context(), []string{"notify", "--test"}); code != tt.code || stderr.Len() > 0 {
			t.Errorf("exit code %d, want %d: %s", code, tt.code, stderr)
		}
		lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
		if len(lines) != len(tt.lines) || strings.Contains(stdout.String(), "hook-token") {
			t.Fatalf("%q", lines)
		}
		for i, want := range tt.lines {
			if !strings.HasPrefix(lines[i], want) {
				t.Errorf("%q, want %q", lines[i], want)
			}
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, path := range []string{"/takes", "/refuses", "/takes-json"} {
		if !strings.Contains(got[path], "i-sample-") {
			t.Errorf("%s got %q", path, got[path])
		}
	}
}

func TestNotifyInChinese(t *testing.T) {
	t.Parallel()
	var got []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, `{"errcode":0}`)
	}))
	defer server.Close()
	p, stdout, _ := testProgram("RENEW_NOTIFY=dingtalk+" + server.URL + "/x?access_token=t")
	if code := p.main(t.Context(), []string{"notify", "--test", "--lang", "zh"}); code != exitOK || !strings.HasPrefix(stdout.String(), "正常  RENEW_NOTIFY 第 1 项（dingtalk）：消息已送达") {
		t.Errorf("%d %s", code, stdout)
	}
	if !strings.Contains(string(got), "已续费") {
		t.Errorf("%s", got)
	}
}
