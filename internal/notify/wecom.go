package notify

import (
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
)

// wecomBytes is the documented limit of markdown content, in bytes of UTF-8.
const wecomBytes = 4096

var wecomCodes = codes{field: "errcode", said: "errmsg", means: wecomMeans}

func wecomMeans(code int64, _ string) meaning {
	switch code {
	case -1:
		return meaning{words: busy(), again: true}
	case 40058:
		return meaning{words: lang.Say("the message is malformed or too long", "消息格式有误或过长")}
	case 45009, 45033:
		return meaning{limit: true}
	case 93000:
		return meaning{words: lang.Say("the key of the address is not valid", "地址中的 key 无效")}
	}
	return meaning{}
}

func wecomFits(p message.Page) bool { return len(wecomText(p)) <= wecomBytes }

// wecomLetter is a markdown message of a group bot (WeCom: group bot guide).
// There is no signature: the key in the address is the secret.
func wecomLetter(to address, p message.Page, _ time.Time) letter {
	return letter{url: to.url, body: form(object{
		"msgtype":  "markdown",
		"markdown": object{"content": wecomText(p)},
	})}
}

func wecomText(p message.Page) string {
	text := "**" + p.Head + "**\n" + p.Sum
	for _, s := range p.Sections {
		text += "\n\n**" + s.Heading + "**\n> " + strings.Join(s.Lines, "\n> ")
	}
	return text + "\n\n" + p.Foot
}
