package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"pgregory.net/rapid"
)

// TestSplittingLosesNoLine: every line is on one page, whole and in order, or
// named or counted at the end; and no page is larger than its limit in bytes.
func TestSplittingLosesNoLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := documentOf(t)
		limit := rapid.IntRange(700, 6000).Draw(t, "limit")
		size := func(p Page) int { return len(laidOut(p)) }
		pages := d.Pages(func(p Page) bool { return size(p) <= limit })

		if len(pages) < 1 || len(pages) > maxPages {
			t.Fatalf("%d pages", len(pages))
		}
		for i, p := range pages {
			if n := size(p); n > limit {
				t.Fatalf("page %d has %d bytes, limit %d", i+1, n, limit)
			}
			if !utf8.ValidString(laidOut(p)) {
				t.Fatalf("page %d is broken UTF-8", i+1)
			}
		}
		got, named := toldAndNamed(pages)
		lines := 0
		var names []string // of problems that are not told
		left := 0          // others that are not told
		for _, s := range d.sections {
			for i, line := range s.Lines {
				switch {
				case lines < len(got):
					if start, cut := strings.CutSuffix(got[lines], "…"); got[lines] != line && (!cut || !strings.HasPrefix(line, start)) {
						t.Fatalf("line %d is %q, want %q", lines, got[lines], line)
					}
				case s.vital:
					names = append(names, s.names[i])
				default:
					left++
				}
				lines++
			}
		}
		if len(named) > len(names) || !slices.Equal(named, names[:len(named)]) {
			t.Fatalf("named are %q, want %q", named, names)
		}
		if len(named) < len(names) && len(got) > 0 {
			t.Fatalf("%d lines are told, and %d problems are not even named", len(got), len(names)-len(named))
		}
		unnamed := len(names) - len(named)
		foot := pages[len(pages)-1].Foot
		if counted := strings.Contains(foot, d.closing(left+unnamed, unnamed)); counted != (len(got) < lines) {
			t.Fatalf("%d lines left out, %d problems; the foot says %q", left+unnamed, unnamed, foot)
		}
	})
}

// toldAndNamed gives the lines on pages, and what is named alone.
func toldAndNamed(pages []Page) (told, named []string) {
	for _, p := range pages {
		for _, s := range p.Sections {
			if strings.HasPrefix(s.Heading, "More problems, by id alone") || strings.HasPrefix(s.Heading, "其余异常，仅列出 ID") {
				named = append(named, strings.Split(strings.Join(s.Lines, ", "), ", ")...)
			} else {
				told = append(told, s.Lines...)
			}
		}
	}
	return told, named
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
			s.names = append(s.names, fmt.Sprintf("i-%d-%d", i, j))
		}
		d.sections = append(d.sections, s)
	}
	return d
}

// No work is done for lines that have no place, and yet every problem is named,
// as long as there is room for names.
func TestProblemsBeyondAllRoom(t *testing.T) {
	const n = tellable + 500
	d := Style{Chat: true}.Report(huge(n))
	if s := d.sections[0]; len(s.Lines) != tellable || len(s.names) != n {
		t.Errorf("%d lines and %d names", len(s.Lines), len(s.names))
	}
	pages := d.Pages(func(p Page) bool { return len(laidOut(p)) <= 18_000 })
	told, named := toldAndNamed(pages)
	if len(told)+len(named) != n {
		t.Errorf("%d told and %d named of %d", len(told), len(named), n)
	}
	pages = d.Pages(func(p Page) bool { return len(laidOut(p)) <= 4096 })
	told, named = toldAndNamed(pages)
	want := d.closing(n-len(named)+1, n-len(named)) // and the line of the rest
	if foot := pages[len(pages)-1].Foot; len(told) > 0 || !strings.Contains(foot, want) {
		t.Errorf("%d told, %d named; the foot lacks %q: %q", len(told), len(named), want, foot)
	}
	if text := d.String(); !strings.Contains(text, fmt.Sprintf("node-%d", n-1)) {
		t.Error("a terminal is not told of the last")
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
