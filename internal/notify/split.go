package notify

import (
	"fmt"
	"slices"
	"sort"
)

// maxPages is how many messages one run sends to a channel. More would not be
// read, and the chats allow some 20 a minute.
const maxPages = 5

// A page is one message of a document.
type page struct {
	tone      tone
	head, sum string
	sections  []section
	foot      string
}

// split lays d out on pages that fit. No line is lost and none is cut, unless
// it alone is larger than a page. What has no place on the last page is
// counted there, with the way to the full report.
func split(d document, fits func(page) bool) []page {
	s := splitter{d: d, fits: fits}
	s.turn()
	for i, from := range d.sections {
		for j := 0; j < len(from.lines); {
			n := s.place(i, j)
			if n == 0 {
				s.giveUp(i, j)
				return s.numbered()
			}
			j += n
		}
		if from.more > 0 {
			s.giveUp(i, len(from.lines))
			return s.numbered()
		}
	}
	return s.numbered()
}

type splitter struct {
	d     document
	fits  func(page) bool
	pages []page
	open  int // the section that the current page ends in; -1 = none
}

// turn begins a new page.
func (s *splitter) turn() {
	s.pages = append(s.pages, page{tone: s.d.tone, head: s.d.head, sum: s.d.sum, foot: s.d.foot})
	s.open = -1
}

// place puts as many lines of section i as it takes, from line j on, on the
// current page, else on a new one, and gives their number: 0 where there is no
// room left at all.
func (s *splitter) place(i, j int) int {
	lines := s.d.sections[i].lines[j:]
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

func (s *splitter) accept(i int, p page) {
	s.pages[len(s.pages)-1] = p
	s.open = i
}

// with is the current page and lines of section i from j on, under its heading.
func (s *splitter) with(i, j int, lines ...string) page {
	p, from := s.pages[len(s.pages)-1], s.d.sections[i]
	p.sections = slices.Clone(p.sections)
	if s.open == i {
		last := &p.sections[len(p.sections)-1]
		last.lines = slices.Concat(last.lines, lines)
		return p
	}
	heading := from.heading
	if j > 0 {
		heading = fmt.Sprintf(s.d.phrases.continued, heading)
	}
	p.sections = append(p.sections, section{heading: heading, lines: lines, vital: from.vital})
	return p
}

// roomFor measures p with all that may yet be added to it: its number, and on
// the last page the count of what is left out.
func (s *splitter) roomFor(p page) bool {
	p.head += fmt.Sprintf(s.d.phrases.page, maxPages, maxPages)
	if len(s.pages) == maxPages {
		p.foot = s.closing(999_999, 999_999) + "\n" + p.foot
	}
	return s.fits(p)
}

func (s *splitter) closing(left, problems int) string {
	return fmt.Sprintf(s.d.phrases.overflow, left, problems, s.d.run)
}

// giveUp counts what is left from line j of section i on.
func (s *splitter) giveUp(i, j int) {
	left, problems := 0, 0
	for k, from := range s.d.sections[i:] {
		n := len(from.lines) + from.more
		if k == 0 {
			n -= j
		}
		left += n
		if from.vital {
			problems += n
		}
	}
	last := &s.pages[len(s.pages)-1]
	last.foot = s.closing(left, problems) + "\n" + last.foot
}

// numbered says on each page which of how many it is.
func (s *splitter) numbered() []page {
	for i := range s.pages {
		if len(s.pages) > 1 {
			s.pages[i].head += fmt.Sprintf(s.d.phrases.page, i+1, len(s.pages))
		}
	}
	return s.pages
}
