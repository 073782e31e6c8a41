package message

import (
	"slices"
	"sort"
	"strings"

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

// Pages lays d out on pages that fit. No line is cut, unless it alone is larger
// than a page. Where there is no room for all lines, the problems among the last
// of them are named at the end, by their ids alone; the others, and names for
// which there is no room even so, are counted, with the way to the full report.
func (d Document) Pages(fits func(Page) bool) []Page {
	l := layout{d: d, fits: fits}
	room := l.fill(d.length(), mark{})
	if !room {
		// As many lines as leave room for the names of the rest. Pages that are full
		// before the last of them are not laid out anew.
		full := l.full
		with := func(n int) (layout, bool) {
			from := mark{}
			for _, m := range full {
				if m.told < n {
					from = m
				}
			}
			l := layout{d: d, fits: fits}
			return l, l.fill(n, from)
		}
		told := sort.Search(d.length(), func(n int) bool {
			_, room := with(n + 1)
			return !room
		})
		l, _ = with(told)
	}
	for i := range l.pages {
		if len(l.pages) > 1 {
			l.pages[i].Head += d.number(i+1, len(l.pages))
		}
	}
	return l.pages
}

// length is how many lines there are.
func (d Document) length() (n int) {
	for _, s := range d.sections {
		n += len(s.Lines)
	}
	return n
}

// number is what the head of a page ends in, where there are several.
func (d Document) number(n, of int) string {
	return lang.Say(" (%d/%d)", "（%d/%d）", n, of).In(d.language)
}

// closing counts what is neither told nor named.
func (d Document) closing(left, problems int) string {
	if left == 0 {
		return lang.Say("The full report is in the log under request id %s", "完整报告请在日志中按请求 ID %s 查询", d.run).In(d.language)
	}
	return lang.Say("Lines left out: %d, of them problems: %d. The full report is in the log under request id %s",
		"另有 %d 条未显示（其中异常 %d 条），完整报告请在日志中按请求 ID %s 查询", left, problems, d.run).In(d.language)
}

// perName is how many names are in one line.
const perName = 8

func inLines(names []string) (lines []string) {
	for some := range slices.Chunk(names, perName) {
		lines = append(lines, strings.Join(some, ", "))
	}
	return lines
}

// A layout is pages on their way.
type layout struct {
	d     Document
	fits  func(Page) bool
	pages []Page
	short bool // not every line is told
	told  int
	full  []mark
}

// A mark is where a page was full.
type mark struct {
	pages []Page
	told  int // lines on them
}

// fill tells the first n lines, and names the problems among the rest, from a
// mark on. It says whether there was room for both.
func (l *layout) fill(n int, from mark) (room bool) {
	l.short = n < l.d.length()
	l.pages, l.told = slices.Clone(from.pages), from.told
	l.turn()
	var names []string
	before, left := 0, 0 // lines of sections before; those neither told nor named
	for _, s := range l.d.sections {
		told := min(max(n-before, 0), len(s.Lines))
		done := min(max(l.told-before, 0), told)
		if done += l.place(s.Heading, s.Lines[done:told], done > 0); done < told {
			return false
		}
		before += len(s.Lines)
		if !s.vital {
			left += len(s.Lines) - told
			continue
		}
		for _, name := range s.names[told:] {
			if name == "" {
				left++
			} else {
				names = append(names, name)
			}
		}
	}
	unnamed := len(names)
	if len(names) > 0 {
		l.short = true
		heading := lang.Say("More problems, by id alone (%d)", "其余异常，仅列出 ID（%d）", len(names)).In(l.d.language)
		unnamed -= min(len(names), perName*l.place(heading, inLines(names), false))
	}
	if l.short {
		l.close(left+unnamed, unnamed)
	}
	return unnamed == 0
}

// turn begins a new page.
func (l *layout) turn() {
	l.full = append(l.full, mark{slices.Clone(l.pages), l.told})
	l.pages = append(l.pages, Page{Tone: l.d.tone, Head: l.d.head, Sum: l.d.sum, Foot: l.d.foot})
}

func (l *layout) last() *Page { return &l.pages[len(l.pages)-1] }

// place puts lines under their heading, on the current page and on new ones, and
// gives the number of those for which there was room. continued says that there
// are lines of theirs before.
func (l *layout) place(heading string, lines []string, continued bool) (placed int) {
	open := false // the current page ends in lines of theirs
	for placed < len(lines) {
		shown := heading
		if continued {
			shown = lang.Say("%s, continued", "%s（续）", heading).In(l.d.language)
		}
		with := func(lines ...string) Page { return l.with(open, shown, lines) }
		n := l.taken(lines[placed:], with)
		switch {
		case n > 0:
			*l.last() = with(lines[placed : placed+n]...)
		case len(l.last().Sections) == 0: // too long for a page of its own
			n = 1
			*l.last() = with(l.cut(lines[placed], with))
		case len(l.pages) == maxPages:
			return placed
		default:
			l.turn()
			open = false
			continue
		}
		placed, l.told = placed+n, l.told+n
		open, continued = true, true
	}
	return placed
}

// with is the current page and lines, under a heading unless it is there already.
func (l *layout) with(open bool, heading string, lines []string) Page {
	p := *l.last()
	p.Sections = slices.Clone(p.Sections)
	if open {
		last := &p.Sections[len(p.Sections)-1]
		last.Lines = slices.Concat(last.Lines, lines)
		return p
	}
	p.Sections = append(p.Sections, Section{Heading: heading, Lines: lines})
	return p
}

// taken is how many of lines there is room for. To measure a page is to write it,
// so it is not measured anew for every line.
func (l *layout) taken(lines []string, with func(...string) Page) int {
	fits := func(n int) bool { return l.roomFor(with(lines[:n]...)) }
	most := 1
	for most <= len(lines) && fits(most) {
		most *= 2
	}
	least := most / 2 // fits
	return least + sort.Search(min(most, len(lines)+1)-least-1, func(n int) bool { return !fits(least + n + 1) })
}

// cut is as much of a line as there is room for.
func (l *layout) cut(line string, with func(...string) Page) string {
	runes := []rune(line)
	shown := func(n int) string { return string(runes[:n]) + "…" }
	return shown(sort.Search(len(runes), func(n int) bool { return !l.roomFor(with(shown(n + 1))) }))
}

// roomFor measures p with all that may yet be added to it: its number, and on
// the last page the count of what is left out.
func (l *layout) roomFor(p Page) bool {
	p.Head += l.d.number(maxPages, maxPages)
	if l.short && len(l.pages) == maxPages {
		p.Foot = l.d.closing(999_999, 999_999) + "\n" + p.Foot
	}
	return l.fits(p)
}

// close says at the end what is left out, on a new page where there is no room.
func (l *layout) close(left, problems int) {
	closed := func() Page {
		p := *l.last()
		p.Foot = l.d.closing(left, problems) + "\n" + p.Foot
		return p
	}
	if len(l.pages) < maxPages && !l.roomFor(closed()) {
		l.turn()
	}
	*l.last() = closed()
}
