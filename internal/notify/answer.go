package notify

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// An answer is what came back for a letter. Its body may repeat the address or
// the token: it is read, and never shown.
type answer struct {
	status int
	header http.Header
	body   []byte
	now    time.Time // to which a Retry-After with a date refers
}

// codes are the numbers that a chat puts into its answers. HTTP 200 alone says
// nothing there.
type codes struct {
	field string // holds the number; 0 is success
	older string // the same in older answers; "" = there is none
	said  string // holds the chat's own words
	// means says what a number other than 0 means. said are the chat's words in
	// small letters: they may choose ours, and are never shown.
	means func(code int64, said string) meaning
}

// A meaning is what a number says.
type meaning struct {
	words lang.Text // empty = no more than that the message was refused
	again bool      // worth trying again
	limit bool      // a rate limit: worth trying again after a pause
}

func (c codes) judge(a answer) *failure {
	code, said, found := c.read(a.body)
	f := judgeStatus(a)
	switch {
	case f == nil && found && code == 0:
		return nil
	case f == nil && !found:
		return &failure{status: a.status, words: lang.Say("the answer cannot be read", "响应无法解析")}
	case f == nil:
		f = &failure{status: a.status, words: messageRefused()}
	}
	if found && code != 0 {
		f.code, f.coded = code, true
		m := c.means(code, said)
		f.again = f.again || m.again || m.limit
		switch {
		case m.limit:
			f.limit, f.wait = true, max(f.wait, retryAfter(a))
			f.words = rateLimit()
		case !m.words.Empty():
			f.words = m.words
		}
	}
	return f
}

func messageRefused() lang.Text { return lang.Say("the message was refused", "消息被拒绝") }

func rateLimit() lang.Text {
	return lang.Say("rate limit: too many messages in a short time", "触发限流：短时间内消息过多")
}

func busy() lang.Text { return lang.Say("the service is busy", "对方服务繁忙") }

// read finds the number, also one in quotes, and what is said beside it.
func (c codes) read(body []byte) (code int64, said string, found bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return 0, "", false
	}
	raw, ok := fields[c.field]
	if !ok {
		raw = fields[c.older]
	}
	var number json.Number
	if raw == nil || json.Unmarshal(raw, &number) != nil {
		return 0, "", false
	}
	code, err := number.Int64()
	_ = json.Unmarshal(fields[c.said], &said) // where it is no text, nothing is said
	return code, strings.ToLower(said), err == nil
}

// judgeStatus reads the HTTP status alone.
func judgeStatus(a answer) *failure {
	switch s := a.status; {
	case s >= 200 && s < 300:
		return nil
	case s >= 300 && s < 400:
		return &failure{status: s, words: lang.Say("it redirects elsewhere, which is not followed", "地址重定向到别处，不予跟随")}
	case s == http.StatusTooManyRequests:
		return &failure{status: s, words: rateLimit(), again: true, limit: true, wait: retryAfter(a)}
	case s >= 500:
		return &failure{status: s, words: lang.Say("the service has an error of its own", "对方服务内部错误"), again: true, wait: retryAfter(a)}
	default:
		return &failure{status: s, words: lang.Say("the message or the address was refused", "消息或地址被拒绝")}
	}
}

// retryAfter reads seconds or a date, and Feishu's own header with seconds
// (Feishu: rate limits); 0 where there is none.
func retryAfter(a answer) time.Duration {
	text := cmp.Or(a.header.Get("Retry-After"), a.header.Get("X-Ogw-Ratelimit-Reset"))
	if seconds, err := strconv.Atoi(text); err == nil {
		return max(0, min(time.Duration(seconds), 24*60*60)*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(a.now))
	}
	return 0
}
