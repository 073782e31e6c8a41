package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/message"
)

// feishuBytes is the largest body sent; the documented limit is 20 KB.
const feishuBytes = 18_000

var feishuCodes = codes{
	field: "code",
	older: "StatusCode",
	words: map[int64]string{
		9499:  "the request is malformed",
		11232: "too many messages, or the service is busy at the full hour",
		19021: "the signature does not match, or the clock is off by more than an hour",
		19022: "the bot's IP list refuses it",
		19024: "the bot's keywords do not contain fc-renewer",
		19036: "the message is too large",
	},
	again: []int64{11232},
}

// feishuColours of a card's header by tone.
var feishuColours = map[message.Tone]string{message.Good: "green", message.Planning: "blue", message.Warning: "orange", message.Bad: "red"}

func feishuFits(p message.Page) bool {
	// Signed, because the signature is part of the body.
	return len(feishuLetter(address{secret: "any"}, p, time.Unix(1e9, 0)).body) <= feishuBytes
}

// feishuLetter is a card of a custom bot (Feishu: custom bot guide). All that
// others wrote is in plain_text elements, which know no markdown and no
// mention; only our headings are markdown.
func feishuLetter(to address, p message.Page, now time.Time) letter {
	parts := []object{feishuPart("plain_text", p.Sum)}
	for _, s := range p.Sections {
		parts = append(parts, feishuPart("lark_md", "**"+s.Heading+"**"),
			feishuPart("plain_text", "• "+strings.Join(s.Lines, "\n• ")))
	}
	parts = append(parts, object{"tag": "hr"},
		object{"tag": "note", "elements": []object{{"tag": "plain_text", "content": p.Foot}}})
	body := object{
		"msg_type": "interactive",
		"card": object{
			"config": object{"wide_screen_mode": true},
			"header": object{
				"template": feishuColours[p.Tone],
				"title":    object{"tag": "plain_text", "content": p.Head},
			},
			"elements": parts,
		},
	}
	if to.secret != "" {
		body["timestamp"], body["sign"] = feishuSign(to.secret, now)
	}
	return letter{url: to.url, body: form(body)}
}

func feishuPart(tag, content string) object {
	return object{"tag": "div", "text": object{"tag": tag, "content": content}}
}

// feishuSign signs seconds since 1970: time and secret together are the key,
// and the text that is signed is empty (Feishu: custom bot guide, signature).
func feishuSign(secret string, now time.Time) (timestamp, sign string) {
	timestamp = strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(timestamp+"\n"+secret))
	return timestamp, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
