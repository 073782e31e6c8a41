package renewal

import (
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// A likeness finds texts that were perhaps meant by another one: the same but
// for letter case, quotes or separators, or a slip or two in letters. A
// difference in digits alone is none: web-1 is not web-2.
type likeness struct {
	folded  []rune // with wildcards
	bare    []rune // without digits
	open    bool   // it has a *
	slips   int    // how many are taken for a slip; short texts differ soon
	letters uint64 // which characters it holds
}

const (
	anyRun rune = -1 - iota // *
	anyOne                  // ?
)

// likenessOf makes the likeness of a pattern.
func likenessOf(pattern string) likeness {
	l := likeness{folded: appendFolded(nil, pattern)}
	letters := 0
	for i, r := range l.folded {
		switch {
		case r == '*':
			l.folded[i], l.open = anyRun, true
		case r == '?':
			l.folded[i] = anyOne
		case unicode.IsLetter(r):
			letters++
		}
	}
	l.slips = min(2, max(letters-1, 0)/2)
	l.bare = withoutDigits(l.folded)
	l.letters = lettersOf(l.folded)
	return l
}

// A shape is a text as likenesses see it.
type shape struct {
	folded  []rune
	letters uint64
}

func shapeOf(text string) shape { return shape{}.of(text) }

// of makes the shape of a text, in the memory of one that is needed no more.
func (s shape) of(text string) shape {
	s.folded = appendFolded(s.folded[:0], text)
	s.letters = lettersOf(s.folded)
	return s
}

// distance is how many slips s is away from l; nearly says whether that is near
// enough.
func (l likeness) distance(s shape) (slips int, nearly bool) {
	lacking := bits.OnesCount64(l.letters &^ s.letters)
	if !l.open {
		lacking = max(lacking, bits.OnesCount64(s.letters&^l.letters), len(s.folded)-len(l.folded), len(l.folded)-len(s.folded))
	}
	if lacking > l.slips { // most texts end here
		return 0, false
	}
	if l.digitsAlone(s.folded) { // as of most ids
		return 0, false
	}
	slips = edits(l.folded, s.folded, l.slips)
	if slips > l.slips {
		return 0, false
	}
	digitsAlone := slips > 0 && edits(l.bare, withoutDigits(s.folded), 0) == 0
	return slips, !digitsAlone
}

// digitsAlone says whether text is another one than l, and the same without its
// digits, as far as that is seen at a glance: not where l has wildcards.
func (l likeness) digitsAlone(text []rune) bool {
	if l.open || slices.Contains(l.folded, anyOne) || slices.Equal(l.folded, text) {
		return false
	}
	n := 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
		case n == len(l.bare) || l.bare[n] != r:
			return false
		default:
			n++
		}
	}
	return n == len(l.bare)
}

// plainFold is what appendFolded makes of ASCII; 0 = nothing.
var plainFold = func() (table [unicode.MaxASCII + 1]byte) {
	for r := range table {
		switch c := byte(r); {
		case strings.IndexByte("\"'`", c) >= 0:
		case unicode.IsSpace(rune(r)), strings.IndexByte("-_.:=/", c) >= 0:
			table[r] = '-'
		default:
			table[r] = byte(unicode.ToLower(rune(r)))
		}
	}
	return table
}()

// appendFolded appends text without letter case, quotes and the differences
// between separators.
func appendFolded(to []rune, text string) []rune {
	for _, r := range text {
		if r <= unicode.MaxASCII {
			if c := plainFold[r]; c != 0 {
				to = append(to, rune(c))
			}
			continue
		}
		if r >= '！' && r <= '～' { // full width
			r -= '！' - '!'
		}
		switch {
		case strings.ContainsRune("\"'`“”‘’「」„«»", r): // also of full width
		case unicode.IsSpace(r), strings.ContainsRune("-_.:=/", r):
			to = append(to, '-')
		default:
			to = append(to, unicode.ToLower(r))
		}
	}
	return to
}

func withoutDigits(text []rune) []rune {
	return slices.DeleteFunc(slices.Clone(text), func(r rune) bool { return r >= '0' && r <= '9' })
}

// lettersOf gives a set of the characters of text, which may hold more.
func lettersOf(text []rune) (set uint64) {
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z':
			set |= 1 << (r - 'a')
		case r >= 0:
			set |= 1 << (26 + r%38)
		}
	}
	return set
}

// edits counts the letters that are to be put in, left out, replaced, or swapped
// with their neighbour until text is like the pattern; it gives more than most
// where they are more. (Optimal string alignment, with wildcards.)
func edits(pattern, text []rune, most int) int {
	n := len(text)
	rows := make([]int, 3*(n+1))
	before, last, row := rows[:n+1], rows[n+1:2*(n+1)], rows[2*(n+1):]
	for j := range last {
		last[j] = j
	}
	for i, p := range pattern {
		row[0] = last[0] + 1
		if p == anyRun {
			row[0] = last[0]
		}
		least := row[0]
		for j, t := range text {
			switch p {
			case anyRun:
				row[j+1] = min(last[j+1], row[j])
			case t, anyOne:
				row[j+1] = min(last[j], last[j+1]+1, row[j]+1)
			default:
				row[j+1] = min(last[j], last[j+1], row[j]) + 1
				if i > 0 && j > 0 && p == text[j-1] && pattern[i-1] == t {
					row[j+1] = min(row[j+1], before[j-1]+1)
				}
			}
			least = min(least, row[j+1])
		}
		if least > most {
			return least
		}
		before, last, row = last, row, before
	}
	return last[n]
}
