package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
)

const (
	theToken  = "T0kenThatNobodyMaySee"
	theSecret = "SECr3tThatNobodyMaySee"
)

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		in     string
		kind   Kind
		url    string
		secret string
	}{
		"DingTalk by host":         {"https://oapi.dingtalk.com/robot/send?access_token=T&secret=SECx", DingTalk, "https://oapi.dingtalk.com/robot/send?access_token=T", "SECx"},
		"Feishu by host":           {"https://open.feishu.cn/open-apis/bot/v2/hook/ID", Feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/ID", ""},
		"Feishu, &secret= without": {"https://open.feishu.cn/open-apis/bot/v2/hook/ID&secret=s", Feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/ID", "s"},
		"Lark by host":             {"https://open.larksuite.com/open-apis/bot/v2/hook/ID?secret=s", Lark, "https://open.larksuite.com/open-apis/bot/v2/hook/ID", "s"},
		"WeCom by host":            {"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K", WeCom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=K", ""},
		"Slack by host":            {"https://HOOKS.slack.com/services/a/b/c", Slack, "https://HOOKS.slack.com/services/a/b/c", ""},
		"by prefix":                {"dingtalk+http://127.0.0.1:1/send?access_token=T", DingTalk, "http://127.0.0.1:1/send?access_token=T", ""},
		"prefix before host":       {"slack+https://oapi.dingtalk.com/x", Slack, "https://oapi.dingtalk.com/x", ""},
		"any other":                {"https://example.com/hook?b=2&a=%2F&secret=k", Webhook, "https://example.com/hook?b=2&a=%2F", "k"},
		"secret in the middle":     {"https://example.com/?a=1&secret=k&b=2", Webhook, "https://example.com/?a=1&b=2", "k"},
		"secret with ? after ?":    {"https://example.com/?a=1?secret=k", Webhook, "https://example.com/?a=1", "k"},
		"plus in a secret":         {"https://example.com/?secret=a+b%2Cc%3D", Webhook, "https://example.com/", "a+b,c="},
		"http on this machine":     {"http://[::1]:8080/x", Webhook, "http://[::1]:8080/x", ""},
		"http on localhost":        {"http://localhost:8080/x", Webhook, "http://localhost:8080/x", ""},
		"http on LocalHost":        {"http://LocalHost:9", Webhook, "http://LocalHost:9", ""},
		"a URL inside of one":      {"https://example.com/?to=https://b.example.com/", Webhook, "https://example.com/?to=https://b.example.com/", ""},
		"a ; inside of one":        {"https://example.com/a;b=c?to=1", Webhook, "https://example.com/a;b=c?to=1", ""},
		"empty entries":            {" , https://example.com/x,, ", Webhook, "https://example.com/x", ""},
		"with a name":              {"pay-1=dingtalk+http://127.0.0.1:1/send?access_token=T&secret=s", DingTalk, "http://127.0.0.1:1/send?access_token=T", "s"},
		"blanks around the =":      {"pay-1 = https://example.com/x", Webhook, "https://example.com/x", ""},
		"spaces around":            {"  https://example.com/x ", Webhook, "https://example.com/x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			channels, err := Parse(tt.in, config.ParseAddress)
			if err != nil {
				t.Fatal(err)
			}
			if c := channels[0]; c.Kind() != tt.kind || (*c.to).url != tt.url || (*c.to).secret != tt.secret {
				t.Errorf("kind %s, url %q, secret %q", c.Kind(), (*c.to).url, (*c.to).secret)
			}
		})
	}
}

func TestParseTellsAllProblemsByPlace(t *testing.T) {
	good := "https://example.com/" + theToken
	for name, tt := range map[string]struct{ in, want string }{
		"unknown kind":         {"teams+https://example.com/" + theToken, "entry 2: what is written in front"},
		"http elsewhere":       {"http://example.com/" + theToken, "entry 2: uses http"},
		"http to a lookalike":  {"http://127.0.0.1.example.com/" + theToken, "entry 2: uses http"},
		"another scheme":       {"ftp://example.com/" + theToken, "entry 2: must begin"},
		"no URL":               {"https://exa mple.com:x/" + theToken, "entry 2: is no URL"},
		"broken escape":        {"https://example.com/%zz" + theToken, "entry 2: is no URL"},
		"no host":              {"https:///" + theToken, "entry 2: has no host"},
		"opaque":               {"https:" + theToken, "entry 2: has no host"},
		"no scheme":            {"example.com/" + theToken, "entry 2: has no host"},
		"joined by ;":          {"https://example.com/a;https://example.com/" + theToken, "entry 2: holds more than one address"},
		"joined by ; + kind":   {"https://example.com/a;dingtalk+https://example.com/" + theToken, "entry 2: holds more than one address"},
		"joined by ; + name":   {"https://example.com/a;dba=https://example.com/" + theToken, "entry 2: holds more than one address"},
		"joined by ; + secret": {"https://example.com/a?secret=" + theSecret + ";https://example.com/" + theToken, "entry 2: holds more than one address"},
		"joined by |":          {"https://example.com/a|https://example.com/" + theToken, "entry 2: holds more than one address"},
		"joined by a blank":    {"https://example.com/a https://example.com/" + theToken, "entry 2: holds more than one address"},
		"joined by a new line": {"https://example.com/a\nhttps://example.com/" + theToken, "entry 2: holds more than one address"},
		"full-width comma":     {"https://example.com/a，https://example.com/" + theToken, "entry 2: has full-width punctuation"},
		"full-width semicolon": {"https://example.com/a；https://example.com/" + theToken, "entry 2: has full-width punctuation"},
		"full-width colon":     {"https：//example.com/" + theToken, "entry 2: has full-width punctuation"},
		"full-width equals":    {"dba＝https://example.com/" + theToken, "entry 2: has full-width punctuation"},
		"in quotes":            {`"https://example.com/` + theToken + `"`, "entry 2: begins with a quotation mark"},
		"in curly quotes":      {"“https://example.com/" + theToken + "”", "entry 2: begins with a quotation mark"},
		"name in capitals":     {"Dba=https://example.com/" + theToken, "entry 2: the name in front of the ="},
		"name with _":          {"a_b=https://example.com/" + theToken, "entry 2: the name in front of the ="},
		"no name before =":     {"=https://example.com/" + theToken, "entry 2: the name in front of the ="},
		"name in Chinese":      {"支付=https://example.com/" + theToken, "entry 2: the name in front of the ="},
		"an address as a name": {theToken + "?a=https://example.com/", "entry 2: the name in front of the ="},
		"empty secret":         {"https://example.com/" + theToken + "?secret=", "entry 2: has an empty secret"},
		"secret with a space":  {"https://example.com/?secret=" + theSecret + "%20" + theToken, "entry 2: has a secret with spaces"},
		"secret with a broken": {"https://example.com/?secret=" + theSecret + "%zz", "entry 2: has a secret with a broken"},
		"two secrets":          {"https://example.com/?secret=" + theSecret + "&secret=" + theSecret, "entry 2: has more than one"},
	} {
		t.Run(name, func(t *testing.T) {
			channels, err := Parse(good+", "+tt.in+", gopher+https://"+theToken+"/", config.ParseAddress)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "entry 3: ") {
				t.Errorf("error %q lacks %q or entry 3", err, tt.want)
			}
			leaks(t, err.Error(), fmt.Sprintf("%+v %#v", err, err), lang.Of(err, lang.Chinese))
			for ; err != nil; err = errors.Unwrap(err) {
				leaks(t, err.Error())
			}
			if len(channels) != 1 {
				t.Errorf("%d channels can be told of it, want 1", len(channels))
			}
		})
	}
}

// What is given twice is one, but two channels do not share a name.
func TestParseNames(t *testing.T) {
	const a, b = "https://a.example.com/", "https://b.example.com/"
	channels, err := Parse(a+",dba="+a+","+a+",dba="+a+",pay-1="+b, config.ParseAddress)
	var names []string
	for _, c := range channels {
		names = append(names, c.Name()+"@"+(*c.to).url)
	}
	if want := []string{"@" + a, "dba@" + a, "pay-1@" + b}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%q, %v, want %q", names, err, want)
	}
	if got := fmt.Sprint(channels[1]) + channels[1].In(lang.Chinese); got != "RENEW_NOTIFY entry 2 (dba, webhook)RENEW_NOTIFY 第 2 项（dba，webhook）" {
		t.Errorf("a channel is printed as %q", got)
	}
	_, err = Parse("dba="+a+theToken+",dba="+b+theToken, config.ParseAddress)
	if err == nil || !strings.Contains(err.Error(), "entry 2: there is another channel of the name dba") {
		t.Errorf("two of one name: %v", err)
	}
	leaks(t, err.Error(), lang.Of(err, lang.Chinese))
}

func TestParseNothing(t *testing.T) {
	if channels, err := Parse("  ", config.ParseAddress); channels != nil || err != nil {
		t.Errorf("%v, %v", channels, err)
	}
	if h, err := ParseHeartbeat(" ", config.ParseAddress); h.Set() || err != nil {
		t.Errorf("%v, %v", h, err)
	}
}

func TestParseHeartbeat(t *testing.T) {
	if h, err := ParseHeartbeat("https://hc.example.com/"+theToken, config.ParseAddress); err != nil || !h.Set() {
		t.Errorf("%v, %v", h, err)
	}
	for _, text := range []string{"http://hc.example.com/" + theToken, "hc.example.com/" + theToken, "https://%zz" + theToken, "https://a.example.com/,https://b.example.com/" + theToken, "https://a.example.com/；" + theToken} {
		_, err := ParseHeartbeat(text, config.ParseAddress)
		if err == nil {
			t.Fatalf("%q was accepted", text)
		}
		leaks(t, err.Error())
	}
}

// leaks fails where a text holds what nobody may see.
func leaks(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, hidden := range []string{theToken, theSecret} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q shows %q", text, hidden)
			}
		}
	}
}

func TestNothingThatIsPrintedShowsAnAddress(t *testing.T) {
	channels, err := Parse("https://oapi.dingtalk.com/robot/send?access_token="+theToken+"&secret="+theSecret, config.ParseAddress)
	if err != nil {
		t.Fatal(err)
	}
	beat, err := ParseHeartbeat("https://hc.example.com/"+theToken, config.ParseAddress)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Channels: channels, Heartbeat: beat}
	n := New(o)
	wrapped := struct{ c Channel }{channels[0]} // fmt calls no methods of unexported fields
	for _, v := range []any{channels, channels[0], &channels[0], beat, &beat, o, &o, n, *channels[0].to, wrapped, &wrapped} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p", "%T"} {
			leaks(t, fmt.Sprintf(verb, v))
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		leaks(t, log.String())
		if body, err := json.Marshal(v); err == nil {
			leaks(t, string(body))
		}
	}
	if got := fmt.Sprint(channels[0]); got != "RENEW_NOTIFY entry 1 (dingtalk)" {
		t.Errorf("a channel is printed as %q", got)
	}
}
