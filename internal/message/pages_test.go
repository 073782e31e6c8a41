package message

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"pgregory.net/rapid"
)

// TestSplittingLosesNoLine: every line is on one page, whole and in order, or
// counted on the last page; and no page is larger than its limit in bytes.
func TestSplittingLosesNoLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := documentOf(t)
		limit := rapid.IntRange(600, 6000).Draw(t, "limit")
		size := func(p Page) int { return len(laidOut(p)) }
		pages := d.Pages(func(p Page) bool { return size(p) <= limit })

		if len(pages) < 1 || len(pages) > maxPages {
			t.Fatalf("%d pages", len(pages))
		}
		var got []string
		for i, p := range pages {
			if n := size(p); n > limit {
				t.Fatalf("page %d has %d bytes, limit %d", i+1, n, limit)
			}
			if !utf8.ValidString(laidOut(p)) {
				t.Fatalf("page %d is broken UTF-8", i+1)
			}
			for _, s := range p.Sections {
				got = append(got, s.Lines...)
			}
		}
		whole, vital := 0, 0
		for _, s := range d.sections {
			for _, line := range s.Lines {
				if whole < len(got) {
					if start, cut := strings.CutSuffix(got[whole], "…"); got[whole] != line && (!cut || !strings.HasPrefix(line, start)) {
						t.Fatalf("line %d is %q, want %q", whole, got[whole], line)
					}
				} else if s.vital {
					vital++
				}
				whole++
			}
		}
		left := whole - len(got)
		counted := strings.Contains(pages[len(pages)-1].Foot, (&splitter{d: d}).closing(left, vital))
		if (left > 0) != counted {
			t.Fatalf("%d lines left out, %d problems; the foot says %q", left, vital, pages[len(pages)-1].Foot)
		}
	})
}

func documentOf(t *rapid.T) Document {
	l := rapid.SampledFrom([]lang.Language{lang.English, lang.Chinese}).Draw(t, "language")
	d := Document{head: "head", sum: "sum", foot: "foot", run: "1-run", language: l}
	for i := range rapid.IntRange(0, 5).Draw(t, "sections") {
		s := Section{Heading: fmt.Sprintf("section %d", i), vital: rapid.Bool().Draw(t, "vital")}
		for j := range rapid.IntRange(1, 80).Draw(t, "lines") {
			text := rapid.StringOfN(rapid.RuneFrom([]rune("ab 续费😀é")), 0, 120, -1).Draw(t, "line")
			if rapid.IntRange(0, 99).Draw(t, "long") == 0 {
				text = strings.Repeat(text, 40)
			}
			s.Lines = append(s.Lines, fmt.Sprintf("%d.%d %s", i, j, text))
		}
		d.sections = append(d.sections, s)
	}
	return d
}

// More problems than anybody can be told of are counted, and no work is done
// for lines that have no place.
func TestProblemsBeyondAllRoom(t *testing.T) {
	const n = tellable + 500
	d := Style{Chat: true}.Report(huge(n))
	if s := d.sections[0]; len(s.Lines) != tellable || s.more != n-tellable {
		t.Errorf("%d lines and %d more", len(s.Lines), s.more)
	}
	pages := d.Pages(func(p Page) bool { return len(laidOut(p)) <= 4096 })
	told := 0
	for _, p := range pages {
		for _, s := range p.Sections {
			told += len(s.Lines)
		}
	}
	want := (&splitter{d: d}).closing(n-told+1, n-told) // and the line of the rest
	if foot := pages[len(pages)-1].Foot; !strings.Contains(foot, want) {
		t.Errorf("%d told; the foot lacks %q: %q", told, want, foot)
	}
	if text := d.String(); !strings.Contains(text, "and 500 more") {
		t.Error("a terminal is not told how many are left out")
	}
}

// laidOut is a page as a chat might lay it out.
func laidOut(p Page) string {
	text := p.FirstLine()
	for _, s := range p.Sections {
		text += "\n\n" + s.Heading + "\n- " + strings.Join(s.Lines, "\n- ")
	}
	return text + "\n\n" + p.Foot
}
