package notify

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
)

// The limits of Slack: 3000 characters in a section and 50 blocks are
// documented (Slack: blocks). Beyond some 13,000 characters in all blocks
// together a message is refused as well, which is seen and not documented.
const (
	slackSection = 2900   // characters
	slackBlocks  = 50     // in a message
	slackBytes   = 12_000 // of the whole body
)

func slackFits(p message.Page) bool {
	return len(slackBlocksOf(p)) <= slackBlocks && len(slackLetter(address{}, p, time.Time{}).body) <= slackBytes
}

// slackLetter is a message of an incoming webhook. What others wrote is in
// plain_text, which knows no mention and no formatting; only our headings are
// mrkdwn. The text beside the blocks is what a notification shows.
func slackLetter(to address, p message.Page, _ time.Time) letter {
	return letter{url: to.url, body: form(object{
		"text":         p.FirstLine(),
		"blocks":       slackBlocksOf(p),
		"unfurl_links": false,
		"unfurl_media": false,
	})}
}

func slackBlocksOf(p message.Page) []object {
	blocks := []object{slackBlock("mrkdwn", "*"+p.Head+"*"), slackBlock("plain_text", p.Sum)}
	for _, s := range p.Sections {
		blocks = append(blocks, slackBlock("mrkdwn", "*"+s.Heading+"*"))
		for _, chunk := range chunks(s.Lines, slackSection) {
			blocks = append(blocks, slackBlock("plain_text", chunk))
		}
	}
	return append(blocks, object{"type": "context", "elements": []object{{"type": "plain_text", "text": p.Foot}}})
}

func slackBlock(kind, text string) object {
	return object{"type": "section", "text": object{"type": kind, "text": text}}
}

// chunks joins lines into texts of at most longest characters, and cuts a line
// that alone is longer.
func chunks(lines []string, longest int) []string {
	var done []string
	var b strings.Builder
	used := 0
	for _, line := range lines {
		line = message.Shorten("• "+line, longest)
		n := utf8.RuneCountInString(line) + 1
		if used > 0 && used+n > longest {
			done = append(done, b.String())
			b.Reset()
			used = 0
		}
		if used > 0 {
			b.WriteString("\n")
		}
		b.WriteString(line)
		used += n
	}
	return append(done, b.String())
}

// judgeSlack goes by the status: a webhook answers 200 and the text ok (Slack:
// incoming webhooks). Slack's other APIs, and what stands before them, say no
// inside a 200.
func judgeSlack(a answer) *failure {
	if f := judgeStatus(a); f != nil {
		return f
	}
	var said struct{ OK *bool }
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<")):
		return &failure{status: a.status, words: lang.Say("the answer is a page, and not that of a Slack webhook", "响应是一个网页，而不是 Slack webhook 的响应")}
	case json.Unmarshal(a.body, &said) == nil && said.OK != nil && !*said.OK:
		return &failure{status: a.status, words: messageRefused()}
	}
	return nil
}
