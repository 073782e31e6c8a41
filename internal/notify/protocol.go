package notify

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/fc-renewer/fc-renewer/internal/message"
)

// A protocol is how one kind of chat is spoken to.
type protocol struct {
	// fits says whether a page is within the limits of the chat.
	fits func(p message.Page) bool
	// letter puts a page into the form of the chat, signed as of now.
	letter func(to address, p message.Page, now time.Time) letter
	// judge reads the answer; nil is success.
	judge func(a answer) *failure
	// pace is how often the chat may be written to, and how often at once.
	pace  rate.Limit
	burst int
}

// A letter is a request to be posted.
type letter struct {
	url    string
	header http.Header // beyond the content type; nil = none
	body   []byte
}

// protocol of a kind. A Webhook gets JSON and not text, so it has no letters.
//
// The paces stay below the documented limits in any minute, retries included:
// burst + 60 s * pace. DingTalk and WeCom: 20 a minute. Feishu: 5 a second and
// 100 a minute. Slack: about one a second.
func (k Kind) protocol() protocol {
	switch k {
	case DingTalk:
		return protocol{fits: dingtalkFits, letter: dingtalkLetter, judge: dingtalkCodes.judge, pace: rate.Every(4 * time.Second), burst: 5}
	case Feishu, Lark:
		return protocol{fits: feishuFits, letter: feishuLetter, judge: feishuCodes.judge, pace: rate.Every(time.Second), burst: 4}
	case WeCom:
		return protocol{fits: wecomFits, letter: wecomLetter, judge: wecomCodes.judge, pace: rate.Every(4 * time.Second), burst: 5}
	case Slack:
		return protocol{fits: slackFits, letter: slackLetter, judge: judgeSlack, pace: rate.Every(1100 * time.Millisecond), burst: 1}
	}
	return protocol{judge: judgeStatus, pace: rate.Every(time.Second), burst: 1}
}

// encode writes v without escaping HTML, which only makes a body longer.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// object is a JSON object.
type object = map[string]any

// form encodes what consists of strings and lists only, and so cannot fail.
func form(v object) []byte {
	body, err := encode(v)
	if err != nil {
		panic("notify: a message of strings did not encode")
	}
	return body
}
