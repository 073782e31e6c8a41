package local

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// closing are signs that do not begin a line of Chinese.
const closing = "，。；：、）》”！？…"

// pieces cuts a text where a line may end: after a space and, which go-pretty does
// not do, between Chinese characters.
func pieces(t string) (all []string) {
	begin := 0
	runes := []rune(t)
	for i := 1; i <= len(runes); i++ {
		ends := i == len(runes) || runes[i-1] == ' ' && runes[i] != ' ' ||
			(wide(runes[i-1]) || wide(runes[i])) && runes[i] != ' ' && !strings.ContainsRune(closing, runes[i]) && runes[i-1] != '（'
		if ends {
			all = append(all, string(runes[begin:i]))
			begin = i
		}
	}
	return all
}

func wide(r rune) bool { return text.RuneWidth(r) == 2 }

// wrap breaks a text into lines: the first has first columns, the others have the
// rest. What has no place to break at, such as an address, stays whole, so that it
// can be copied.
func wrap(t string, first, rest int) (lines []string) {
	line, room := "", first
	for _, piece := range pieces(t) {
		if text.StringWidth(line)+text.StringWidth(strings.TrimRight(piece, " ")) > room && (line != "" || room < rest) {
			lines = append(lines, strings.TrimRight(line, " "))
			line, room = "", rest
		}
		line += piece
	}
	return append(lines, strings.TrimRight(line, " "))
}
