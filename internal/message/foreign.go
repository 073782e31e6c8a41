package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest that foreign text is shown, in characters. ECS names have up to
// 128; an error with advice has some 200.
const (
	maxName  = 60
	maxError = 400
)

// Clean makes text that others wrote (a name, an error) fit for one line of a
// terminal.
func Clean(text string) string { return clean(text, maxError) }

// clean makes foreign text fit for one line of a terminal: without control
// characters (they move the cursor), without invisible ones that reorder or
// hide text, in one line and not absurdly long.
func clean(text string, longest int) string {
	words := strings.Fields(strings.Map(visible, text))
	return Shorten(strings.Join(words, " "), longest)
}

func visible(r rune) rune {
	switch {
	case r == utf8.RuneError, unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
		return -1
	case unicode.IsControl(r), unicode.IsSpace(r):
		return ' '
	}
	return r
}

// Shorten cuts text down to longest characters, the last of which says so.
func Shorten(text string, longest int) string {
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest-1]) + "…"
}

// neutral lets foreign text mean nothing to a chat: no formatting, no link, no
// picture, no mention that wakes a whole group. The full-width twins of the
// characters look alike and mean nothing anywhere, whereas escaping differs
// between chats and WeCom knows none.
func neutral(text string) string {
	var b strings.Builder
	before := ' '
	runes := []rune(text)
	for i, r := range runes {
		if r == '_' && letterOrDigit(before) && i+1 < len(runes) && letterOrDigit(runes[i+1]) {
			b.WriteRune(r) // inside a word it means nothing, and names are full of it
		} else if strings.ContainsRune("<>&@*_~`#[]|\\", r) {
			b.WriteRune(r - '!' + '！')
		} else {
			b.WriteRune(r)
		}
		before = r
	}
	return strings.ReplaceAll(b.String(), "://", ":／／")
}

func letterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
