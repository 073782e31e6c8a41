package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// chat is how messages to chats are written.
var chat = message.Style{Chat: true}

// TestEveryProblemReachesEveryChat: as many problems as fit are told whole, and
// the others named, in bodies that the chats accept.
func TestEveryProblemReachesEveryChat(t *testing.T) {
	for _, kind := range prefixes {
		for _, l := range []lang.Language{lang.English, lang.Chinese} {
			for _, n := range []int{1, 20, 60, 90, 500} {
				t.Run(fmt.Sprintf("%s/%s/%d", kind, l, n), func(t *testing.T) {
					protocol := kind.protocol()
					pages := message.Style{Language: l, Chat: true}.Report(huge(n)).Pages(protocol.fits)
					all, foot := "", pages[len(pages)-1].Foot
					for _, p := range pages {
						sent := protocol.letter(address{url: "https://x/", secret: "s"}, p, began)
						if problem := refused(kind, sent.body); problem != "" {
							t.Error(problem)
						}
						all += string(sent.body)
					}
					for i := range n {
						if id := fmt.Sprintf("i-bp1node-%03d", i); strings.Count(all, id) != 1 {
							t.Errorf("%s is told or named %d times", id, strings.Count(all, id))
						}
					}
					if n <= 60 && strings.Contains(foot, "1-6922-req ") || n == 500 && !strings.Contains(foot, "1-6922-req") {
						t.Errorf("the foot of the last message is %q", foot)
					}
				})
			}
		}
	}
}

// refused says what a chat has against a body: its size by the documented
// limits, not by ours.
func refused(kind Kind, body []byte) string {
	var m struct {
		Markdown struct{ Content, Text string }
		Blocks   []struct{ Text struct{ Text string } }
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return err.Error()
	}
	switch kind {
	case DingTalk, Feishu, Lark:
		if len(body) > 20_000 {
			return fmt.Sprintf("a body of %d bytes", len(body))
		}
	case WeCom:
		if n := len(m.Markdown.Content); n > 4096 || n == 0 {
			return fmt.Sprintf("a content of %d bytes", n)
		}
	case Slack:
		if len(m.Blocks) > 50 || len(body) > 13_000 {
			return fmt.Sprintf("%d blocks, %d bytes", len(m.Blocks), len(body))
		}
		for _, b := range m.Blocks {
			if n := utf8.RuneCountInString(b.Text.Text); n > 3000 {
				return fmt.Sprintf("a block of %d characters", n)
			}
		}
	}
	return ""
}

// What lapses tonight and what was not read are told even where the messages
// have no room for all the rest.
func TestTheMostUrgentIsNeverCutOff(t *testing.T) {
	r := huge(400)
	for i := range r.Instances {
		r.Instances[i].Expires.Time = r.Instances[i].Expires.Add(5 * day)
	}
	r.Status = renewal.Partial
	for i := range 5 {
		e := entry(fmt.Sprintf("tonight-%d", i), time.Duration(i+2)*time.Hour, renewal.Held, renewal.OverMaxPrice)
		r.Instances, r.Lapsing = append(r.Instances, e), append(r.Lapsing, e.ID)
	}
	r.Scopes = append(r.Scopes, renewal.Scope{Account: "1234567890123456", Region: "cn-unread", Error: "Forbidden.RAM"})
	for _, kind := range prefixes {
		var all strings.Builder
		for _, p := range chat.Report(r).Pages(kind.protocol().fits) {
			all.WriteString(wecomText(p))
		}
		for _, want := range []string{"i-bp1tonight-0", "i-bp1tonight-4", "cn-unread"} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("%s: no message tells of %s", kind, want)
			}
		}
	}
}

// Without time, no message is even written: that takes time as well.
func TestNoTimeLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	written := false
	n := New(Options{Channels: []Channel{channelTo(t, DingTalk, "https://unreachable.invalid", theSecret)}})
	got := n.all(ctx, func(Channel) (news, bool) {
		return news{document: func() message.Document { written = true; return message.Document{} }}, true
	})
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
		if _, err := Parse(text, config.ParseAddress); err == nil || strings.Contains(err.Error(), theirs) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Parse("http://example.com/a,https://example.com/b,ftp://example.com/c", config.ParseAddress)
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "entry 1") || !strings.Contains(err.Error(), "entry 3") {
		t.Errorf("several bad entries: %v", err)
	}
}

// TestForeignTextInEveryField puts a mention and a control character wherever
// others may write.
func TestForeignTextInEveryField(t *testing.T) {
	evil := "<!channel>@all\x1b[2J\n" + strings.Repeat("x", 5000)
	r := everyProblem()
	for i := range r.Instances {
		e := &r.Instances[i]
		e.Name, e.ID, e.Region, e.Account, e.Error, e.Period, e.OrderID, e.Rule = evil, evil, evil, evil, evil, evil, evil, evil
		e.Price, e.Reason = evil, renewal.Reason(evil)
	}
	for i := range r.Scopes {
		r.Scopes[i].Region, r.Scopes[i].Error = evil, evil
	}
	r.RequestID, r.Trigger, r.Status, r.Money.Currency, r.Warnings, r.Lapsing = evil, evil, renewal.Status(evil), evil, []string{evil}, []string{evil}
	for _, kind := range prefixes {
		for _, p := range chat.Report(r).Pages(kind.protocol().fits) {
			body := string(kind.protocol().letter(address{}, p, began).body)
			for _, bad := range []string{"<!", "@all", "\x1b", strings.Repeat("x", 1000)} {
				if strings.Contains(body, bad) {
					t.Errorf("%s: %q got through", kind, bad)
				}
			}
			if !utf8.ValidString(body) {
				t.Errorf("%s: broken UTF-8", kind)
			}
		}
	}
	if text := chat.Report(r).String(); strings.Contains(text, "\x1b") {
		t.Error("a control character reaches the terminal")
	}
}

// hugeInWeCom is what the channel with the smallest messages gets of 500
// problems.
func hugeInWeCom(l lang.Language) string {
	var texts []string
	for _, p := range (message.Style{Language: l, Chat: true}).Report(huge(500)).Pages(wecomFits) {
		texts = append(texts, wecomText(p))
	}
	return strings.Join(texts, "\n\n==========\n\n") + "\n"
}

func TestWithoutChannelsNothingHappens(t *testing.T) {
	n := New(Options{When: message.Always, Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		panic("nobody is to be called")
	})})
	if w := n.Tell(t.Context(), failedRun()); w != nil {
		t.Error(w)
	}
	if w := n.TellError(t.Context(), message.Problem{}); w != nil {
		t.Error(w)
	}
	if w := n.Beat(t.Context(), allGood()); w != nil {
		t.Error(w)
	}
}

// What the chat with the smallest messages gets of 500 problems.
func TestHugeInWeCom(t *testing.T) {
	for _, l := range []lang.Language{lang.English, lang.Chinese} {
		golden(t, "huge."+string(l)+".txt", hugeInWeCom(l))
	}
}
