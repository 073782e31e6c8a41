package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
)

// feishuBytes is the largest body sent; the documented limit is 20 KB.
const feishuBytes = 18_000

var feishuCodes = codes{field: "code", older: "StatusCode", said: "msg", means: feishuMeans}

func feishuMeans(code int64, said string) meaning {
	switch code {
	case 9499: // whatever is wrong with a request, and also too many of them
		if strings.Contains(said, "too many request") {
			return meaning{limit: true}
		}
		return meaning{words: lang.Say("the request is malformed", "请求格式有误")}
	case 11232, 99991400: // also at the full hour, when the service is busy
		return meaning{limit: true}
	case 19021:
		return meaning{words: lang.Say("the signature does not match, or the clock is off by more than an hour", "签名不匹配，或本机时钟偏差超过一小时")}
	case 19022:
		return meaning{words: lang.Say("the bot's IP list refuses it", "不在机器人的 IP 白名单内")}
	case 19024:
		return meaning{words: lang.Say("the bot's keywords do not contain fc-renewer", "机器人的自定义关键词不包含 fc-renewer")}
	case 19036:
		return meaning{words: lang.Say("the message is too large", "消息过大")}
	}
	return meaning{}
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
