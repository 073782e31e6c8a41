package notify

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
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
	words map[int64]string
	again []int64 // worth trying again
}

func (c codes) judge(a answer) *failure {
	code, found := c.read(a.body)
	f := judgeStatus(a)
	switch {
	case f == nil && found && code == 0:
		return nil
	case f == nil && !found:
		return &failure{status: a.status, words: "the answer cannot be read"}
	case f == nil:
		f = &failure{status: a.status, words: "the message was refused"}
	}
	if found && code != 0 {
		f.code, f.coded = code, true
		f.again = f.again || slices.Contains(c.again, code)
		if words, ok := c.words[code]; ok {
			f.words = words
		}
	}
	return f
}

// read finds the number, also one in quotes.
func (c codes) read(body []byte) (int64, bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return 0, false
	}
	raw, ok := fields[c.field]
	if !ok {
		raw = fields[c.older]
	}
	var number json.Number
	if raw == nil || json.Unmarshal(raw, &number) != nil {
		return 0, false
	}
	code, err := number.Int64()
	return code, err == nil
}

// judgeStatus reads the HTTP status alone.
func judgeStatus(a answer) *failure {
	switch s := a.status; {
	case s >= 200 && s < 300:
		return nil
	case s >= 300 && s < 400:
		return &failure{status: s, words: "it redirects elsewhere, which is not followed"}
	case s == http.StatusTooManyRequests:
		return &failure{status: s, words: "too many messages", again: true, wait: retryAfter(a)}
	case s >= 500:
		return &failure{status: s, words: "the service has an error of its own", again: true, wait: retryAfter(a)}
	default:
		return &failure{status: s, words: "the message or the address was refused"}
	}
}

// retryAfter reads seconds or a date; 0 where there is neither.
func retryAfter(a answer) time.Duration {
	text := a.header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return max(0, min(time.Duration(seconds), 24*60*60)*time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(a.now))
	}
	return 0
}
