package message

import (
	"slices"
	"sort"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// maxPages is how many messages one run sends to a channel. More would not be
// read, and the chats allow some 20 a minute.
const maxPages = 5

// A Page is one message of a document.
type Page struct {
	Tone      Tone
	Head, Sum string // together the first line
	Sections  []Section
	Foot      string
}

// FirstLine is all that a locked phone shows.
func (p Page) FirstLine() string { return firstLine(p.Head, p.Sum) }

// Pages lays d out on pages that fit. No line is lost and none is cut, unless
// it alone is larger than a page. What has no place on the last page is
// counted there, with the way to the full report.
func (d Document) Pages(fits func(Page) bool) []Page {
	s := splitter{d: d, fits: fits}
	s.turn()
	for i, from := range d.sections {
		for j := 0; j < len(from.Lines); {
			n := s.place(i, j)
			if n == 0 {
				s.giveUp(i, j)
				return s.numbered()
			}
			j += n
		}
		if from.more > 0 {
			s.giveUp(i, len(from.Lines))
			return s.numbered()
		}
	}
	return s.numbered()
}

type splitter struct {
	d     Document
	fits  func(Page) bool
	pages []Page
	open  int // the section that the current page ends in; -1 = none
}

// turn begins a new page.
func (s *splitter) turn() {
	s.pages = append(s.pages, Page{Tone: s.d.tone, Head: s.d.head, Sum: s.d.sum, Foot: s.d.foot})
	s.open = -1
}

// place puts as many lines of section i as it takes, from line j on, on the
// current page, else on a new one, and gives their number: 0 where there is no
// room left at all.
func (s *splitter) place(i, j int) int {
	lines := s.d.sections[i].Lines[j:]
	if n := s.taken(i, j, lines); n > 0 {
		s.accept(i, s.with(i, j, lines[:n]...))
		return n
	}
	if s.open >= 0 {
		if len(s.pages) == maxPages {
			return 0
		}
		s.turn()
		return s.place(i, j)
	}
	// Too long for a page of its own: as much of it as fits.
	runes := []rune(lines[0])
	cut := func(n int) string { return string(runes[:n]) + "…" }
	n := sort.Search(len(runes), func(n int) bool { return !s.roomFor(s.with(i, j, cut(n+1))) })
	s.accept(i, s.with(i, j, cut(n)))
	return 1
}

// taken is how many of lines the current page has room for. To measure a page is
// to write it, so it is not measured anew for every line.
func (s *splitter) taken(i, j int, lines []string) int {
	fits := func(n int) bool { return s.roomFor(s.with(i, j, lines[:n]...)) }
	most := 1
	for most <= len(lines) && fits(most) {
		most *= 2
	}
	least := most / 2 // fits
	return least + sort.Search(min(most, len(lines)+1)-least-1, func(n int) bool { return !fits(least + n + 1) })
}

func (s *splitter) accept(i int, p Page) {
	s.pages[len(s.pages)-1] = p
	s.open = i
}

// with is the current page and lines of section i from j on, under its heading.
func (s *splitter) with(i, j int, lines ...string) Page {
	p, from := s.pages[len(s.pages)-1], s.d.sections[i]
	p.Sections = slices.Clone(p.Sections)
	if s.open == i {
		last := &p.Sections[len(p.Sections)-1]
		last.Lines = slices.Concat(last.Lines, lines)
		return p
	}
	heading := from.Heading
	if j > 0 {
		heading = lang.Say("%s, continued", "%s（续）", heading).In(s.d.language)
	}
	p.Sections = append(p.Sections, Section{Heading: heading, Lines: lines, vital: from.vital})
	return p
}

// roomFor measures p with all that may yet be added to it: its number, and on
// the last page the count of what is left out.
func (s *splitter) roomFor(p Page) bool {
	p.Head += s.number(maxPages, maxPages)
	if len(s.pages) == maxPages {
		p.Foot = s.closing(999_999, 999_999) + "\n" + p.Foot
	}
	return s.fits(p)
}

func (s *splitter) closing(left, problems int) string {
	return lang.Say("%d more lines do not fit, %d of them problems. The full report is in the log under request id %s",
		"另有 %d 条未显示（其中异常 %d 条），完整报告请在日志中按请求 ID %s 查询", left, problems, s.d.run).In(s.d.language)
}

// number is what the head of a page ends in, where there are several.
func (s *splitter) number(n, of int) string {
	return lang.Say(" (%d/%d)", "（%d/%d）", n, of).In(s.d.language)
}

// giveUp counts what is left from line j of section i on.
func (s *splitter) giveUp(i, j int) {
	left, problems := 0, 0
	for k, from := range s.d.sections[i:] {
		n := len(from.Lines) + from.more
		if k == 0 {
			n -= j
		}
		left += n
		if from.vital {
			problems += n
		}
	}
	last := &s.pages[len(s.pages)-1]
	last.Foot = s.closing(left, problems) + "\n" + last.Foot
}

// numbered says on each page which of how many it is.
func (s *splitter) numbered() []Page {
	for i := range s.pages {
		if len(s.pages) > 1 {
			s.pages[i].Head += s.number(i+1, len(s.pages))
		}
	}
	return s.pages
}
