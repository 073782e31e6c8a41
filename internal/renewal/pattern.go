package renewal

import (
	"strings"
	"unicode/utf8"
)

// A Pattern is a name with * for any run of characters and ? for any one.
type Pattern struct{ text string }

// NewPattern makes a Pattern; every text is one.
func NewPattern(text string) Pattern { return Pattern{strings.ToValidUTF8(text, "\uFFFD")} }

// String gives p as it was written.
func (p Pattern) String() string { return p.text }

// Matches says whether name is like p, as a whole.
func (p Pattern) Matches(name string) bool {
	at, in := 0, 0              // in the pattern, in the name
	star, from := -1, len(name) // the last * that was passed, and where in the name it ends for now
	for in < len(name) {
		switch {
		case at < len(p.text) && p.text[at] == '*':
			star, from = at, in
			at++
		case at < len(p.text) && p.text[at] == '?':
			at++
			in += width(name[in:])
		case at < len(p.text) && p.text[at] == name[in]:
			at++
			in++
		case star >= 0: // let the * stand for one character more
			from += width(name[from:])
			at, in = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(p.text[at:], "*") == ""
}

// width is how many bytes the first character of text takes.
func width(text string) int {
	if text[0] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRuneInString(text)
	return size
}
