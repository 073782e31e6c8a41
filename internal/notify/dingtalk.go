package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
)

// dingtalkBytes is the largest body sent. The documented limit of a robot is
// about 20 KB, which is not confirmed; so some is left free.
const dingtalkBytes = 18_000

var dingtalkCodes = codes{field: "errcode", said: "errmsg", means: dingtalkMeans}

func dingtalkMeans(code int64, said string) meaning {
	switch code {
	case -1:
		return meaning{words: busy(), again: true}
	case 88, 410100:
		return meaning{limit: true}
	case 130101: // trying again prolongs the block
		return meaning{words: lang.Say("rate limit: too many messages in a minute, the robot is blocked for some ten minutes", "触发限流：一分钟内消息过多，机器人约十分钟内无法发送")}
	case 310000:
		if strings.Contains(said, "timestamp") || strings.Contains(said, "过期") {
			return meaning{words: lang.Say("the timestamp of the signature is refused: the clock here differs from DingTalk's by more than an hour", "签名的时间戳被拒绝：本机时钟与钉钉服务器相差超过一小时")}
		}
		return meaning{words: lang.Say("the robot's security settings refuse it: signing secret, keyword (fc-renewer) or IP range", "被机器人的安全设置拒绝：请检查加签密钥、自定义关键词（fc-renewer）或 IP 地址段")}
	}
	return meaning{}
}

func dingtalkFits(p message.Page) bool {
	return len(dingtalkLetter(address{}, p, time.Time{}).body) <= dingtalkBytes
}

// dingtalkLetter is a markdown message of a custom robot (DingTalk: custom
// robot access). Nobody is mentioned.
func dingtalkLetter(to address, p message.Page, now time.Time) letter {
	text := "### " + p.Head + "\n\n" + p.Sum
	for _, s := range p.Sections {
		text += "\n\n**" + s.Heading + "**\n\n- " + strings.Join(s.Lines, "\n- ")
	}
	text += "\n\n" + strings.ReplaceAll(p.Foot, "\n", "\n\n")
	return letter{url: dingtalkSigned(to, now), body: form(object{
		"msgtype":  "markdown",
		"markdown": object{"title": p.FirstLine(), "text": text},
		"at":       object{"atMobiles": []string{}, "atUserIds": []string{}, "isAtAll": false},
	})}
}

// dingtalkSigned adds timestamp (milliseconds, valid for an hour) and signature
// to the address (DingTalk: robot security settings).
func dingtalkSigned(to address, now time.Time) string {
	if to.secret == "" {
		return to.url
	}
	at := strconv.FormatInt(now.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(to.secret))
	mac.Write([]byte(at + "\n" + to.secret))
	sign := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	mark := "?"
	if strings.Contains(to.url, "?") {
		mark = "&"
	}
	return to.url + mark + "timestamp=" + at + "&sign=" + url.QueryEscape(sign)
}
