package notify

import (
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/message"
)

// wecomBytes is the documented limit of markdown content, in bytes of UTF-8.
const wecomBytes = 4096

var wecomCodes = codes{
	field: "errcode",
	words: map[int64]string{
		-1:    "the service is busy",
		40058: "the message is malformed or too long",
		45009: "too many messages in a minute",
		93000: "the key of the address is not valid",
	},
	again: []int64{-1},
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
