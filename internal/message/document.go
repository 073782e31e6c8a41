package message

import (
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A Document is a whole message, before it is laid out on pages.
type Document struct {
	tone      Tone
	head, sum string // together the first line
	sections  []Section
	foot      string

	language lang.Language
	run      string // request id
}

// A Section is a heading and lines, each of which stays whole.
type Section struct {
	Heading string
	Lines   []string
	vital   bool // its lines are problems
	// names are of what the lines are about, in their order; of problems alone. They
	// go on where the lines end: no channel would have room for more.
	names []string
}

// A Tone is how a message looks where a chat has colours.
type Tone int

// The tones of messages.
const (
	Good Tone = iota
	Planning
	Warning
	Bad
)

// add appends a section that has something to say.
func (d *Document) add(s Section) {
	if len(s.Lines) > 0 {
		d.sections = append(d.sections, s)
	}
}

// String is the document as a terminal shows it.
func (d Document) String() string {
	var b strings.Builder
	b.WriteString(firstLine(d.head, d.sum))
	b.WriteString("\n")
	for _, s := range d.sections {
		b.WriteString("\n" + s.Heading + "\n")
		for _, line := range s.Lines {
			b.WriteString("- " + line + "\n")
		}
		for _, names := range inLines(s.names[min(len(s.Lines), len(s.names)):]) {
			b.WriteString("- " + names + "\n")
		}
	}
	b.WriteString("\n" + d.foot + "\n")
	return b.String()
}

func firstLine(head, sum string) string { return head + between().String() + sum }
