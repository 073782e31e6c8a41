package notify

import (
	"fmt"
	"strings"
)

// A document is a message before it is split and put into the form of a chat.
type document struct {
	tone      tone
	head, sum string // together the first line
	sections  []section
	foot      string

	phrases *phrases
	run     string // request id
}

// section is a heading and lines, each of which stays whole.
type section struct {
	heading string
	lines   []string
	vital   bool // its lines are problems
	more    int  // lines that are only counted: no channel would have room for them
}

// tone is how a message looks where a chat has colours.
type tone int

const (
	good tone = iota
	planning
	warning
	bad
)

// plain is the document as a terminal shows it.
func plain(d document) string {
	var b strings.Builder
	b.WriteString(firstLine(d.head, d.sum))
	b.WriteString("\n")
	for _, s := range d.sections {
		b.WriteString("\n" + s.heading + "\n")
		for _, line := range s.lines {
			b.WriteString("- " + line + "\n")
		}
		if s.more > 0 {
			b.WriteString("- " + fmt.Sprintf(d.phrases.more, s.more) + "\n")
		}
	}
	b.WriteString("\n" + d.foot + "\n")
	return b.String()
}

func firstLine(head, sum string) string { return head + between + sum }

// between separates the parts of the first line.
const between = " · "
