package deploy

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
)

// Every page of docs/ is there in Chinese and says the same: section by section the
// same tables, examples, links and words of code. What is told in prose no test
// can hold; what goes stale first are these.
func TestChinesePagesSayTheSame(t *testing.T) {
	english, chinese := pages(t, "docs"), pages(t, chineseFolder)
	for _, name := range english {
		if !slices.Contains(chinese, inChinese(name)) {
			t.Errorf("%s is not there in Chinese", name)
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) { compareLanguages(t, name) })
	}
	for _, name := range chinese {
		if !slices.Contains(english, filepath.Join("docs", filepath.Base(name))) {
			t.Errorf("%s is not there in English", name)
		}
	}
}

// inChinese is where the Chinese of a document stands; of one that is there in one
// language alone, itself.
func inChinese(name string) string {
	switch {
	case name == "README.md":
		return "README.zh-CN.md"
	case filepath.Dir(name) == "docs" && filepath.Ext(name) == ".md":
		return filepath.Join(chineseFolder, filepath.Base(name))
	}
	return name
}

func compareLanguages(t *testing.T, name string) {
	t.Helper()
	other := inChinese(name)
	english, chinese := sections(t, name), sections(t, other)
	if want := fmt.Sprintf("[简体中文](zh/%s)", filepath.Base(name)); !strings.HasPrefix(strings.TrimSpace(english[1].text), want) {
		t.Errorf("%s does not begin with %s", name, want)
	}
	if want := fmt.Sprintf("[English](../%s)", filepath.Base(name)); !strings.HasPrefix(strings.TrimSpace(chinese[1].text), want) {
		t.Errorf("%s does not begin with %s", other, want)
	}
	compareSections(t, name, english, other, chinese)
}

func compareSections(t *testing.T, name string, english []section, other string, chinese []section) {
	t.Helper()
	for i := range max(len(english), len(chinese)) {
		if i >= len(english) || i >= len(chinese) || english[i].level != chinese[i].level {
			t.Fatalf("the headings part at number %d: %s has %q, %s has %q", i+1, name, headings(english, i), other, headings(chinese, i))
		}
	}
	for i, e := range english {
		c := chinese[i]
		where := fmt.Sprintf("%s, %q (in %s %q)", other, c.heading, name, e.heading)
		if e, c := words(e.heading+"\n"+e.text), words(c.heading+"\n"+c.text); !slices.Equal(e, c) {
			t.Errorf("%s: words of code that only one language has: %q", where, parting(e, c))
		}
		if e, c := e.links(t, name), c.links(t, other); !slices.Equal(e, c) {
			t.Errorf("%s: links that only one language has: %q", where, parting(e, c))
		}
		if e, c := outline(e.text), outline(c.text); e != c {
			t.Errorf("%s: its paragraphs (p), points (-) and tables (|) are %s, in English %s", where, c, e)
		}
		compareTables(t, where, tables(e.text), tables(c.text))
		compareExamples(t, where, e.examples, c.examples)
	}
}

// A section is a heading and what follows it, up to the next. The first one is what
// stands before the first heading.
type section struct {
	level    int
	heading  string
	anchor   string // of its heading
	text     string // without its examples
	examples []block
}

func headings(of []section, i int) string {
	if i >= len(of) {
		return ""
	}
	return strings.Repeat("#", of[i].level) + " " + of[i].heading
}

// sections are those of a document, which is split once: every link asks for them.
func sections(t *testing.T, name string) []section {
	t.Helper()
	if known, ok := split.Load(name); ok {
		return slices.Clone(known.([]section))
	}
	out := []section{{}}
	for _, b := range blocks(read(t, name)) {
		last := &out[len(out)-1]
		if b.code {
			last.examples = append(last.examples, b)
			continue
		}
		for line := range strings.Lines(b.text) {
			if strings.HasPrefix(line, "<!-- ") {
				continue
			}
			if marks := len(line) - len(strings.TrimLeft(line, "#")); marks > 0 && strings.HasPrefix(line[marks:], " ") {
				title := strings.TrimSpace(line[marks:])
				out = append(out, section{level: marks, heading: title, anchor: anchor(title)})
				continue
			}
			out[len(out)-1].text += line
		}
	}
	split.Store(name, slices.Clone(out))
	return out
}

var split sync.Map // []section by the name of the document

var point = regexp.MustCompile(`^ *(-|[0-9]+\.) `)

// outline is what a text is made of, without what it says: its paragraphs, the points of
// its lists and its tables, in their order.
func outline(text string) string {
	var out strings.Builder
	within := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.TrimSpace(line) == "":
			within = false
			continue
		case point.MatchString(line):
			out.WriteByte('-')
		case within:
		case strings.HasPrefix(line, "|"):
			out.WriteByte('|')
		default:
			out.WriteByte('p')
		}
		within = true
	}
	return out.String()
}

// words are what stands in backquotes, each once.
func words(text string) []string {
	found := quoted(strings.Join(strings.Fields(text), " "))
	slices.Sort(found)
	return slices.Compact(found)
}

// links are where the links of a section lead, each once: the document in English, and
// the number of the heading. The link to the other language is none of them.
func (s section) links(t *testing.T, name string) (out []string) {
	t.Helper()
	for _, found := range link.FindAllStringSubmatch(s.text, -1) {
		to, part, _ := strings.Cut(found[1], "#")
		if strings.Contains(to, "://") {
			out = append(out, found[1])
			continue
		}
		target := name
		if to != "" {
			target = filepath.Join(filepath.Dir(name), to)
		}
		english, isChinese := target, strings.HasPrefix(name, chineseFolder) || strings.HasSuffix(name, ".zh-CN.md")
		switch {
		case strings.HasPrefix(target, chineseFolder):
			english = filepath.Join("docs", filepath.Base(target))
		case target == "README.zh-CN.md":
			english = "README.md"
		}
		switch {
		case target != name && (target == inChinese(name) || name == inChinese(target)):
			continue // the other language of this page
		case isChinese && inChinese(english) != target, !isChinese && english != target:
			t.Errorf("%s: the link %s leads to another language", name, found[1])
		}
		if part != "" {
			at := slices.IndexFunc(sections(t, target), func(s section) bool { return s.anchor == part })
			part = fmt.Sprintf("#%d", at)
		}
		out = append(out, english+part)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// parting are the words that only one of two lists has.
func parting(a, b []string) (out []string) {
	for _, word := range a {
		if !slices.Contains(b, word) {
			out = append(out, "English: "+word)
		}
	}
	for _, word := range b {
		if !slices.Contains(a, word) {
			out = append(out, "Chinese: "+word)
		}
	}
	return out
}

// tables are those of a text, with their heads: rows of cells.
func tables(text string) (out [][][]string) {
	within := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			within = false
			continue
		}
		if !within {
			out, within = append(out, nil), true
		}
		cells := strings.Split(strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out[len(out)-1] = append(out[len(out)-1], cells)
	}
	return out
}

// compareTables: as many tables of the same size, and in every cell the same, but
// that what is written in Chinese has the same words of code.
func compareTables(t *testing.T, where string, english, chinese [][][]string) {
	t.Helper()
	if len(english) != len(chinese) {
		t.Errorf("%s: %d tables, in English %d", where, len(chinese), len(english))
		return
	}
	for i, e := range english {
		c := chinese[i]
		if len(e) != len(c) {
			t.Errorf("%s: table %d has %d rows, in English %d", where, i+1, len(c), len(e))
			continue
		}
		for j := range e {
			if len(e[j]) != len(c[j]) {
				t.Errorf("%s: table %d has %d cells in %q, in English %d", where, i+1, len(c[j]), c[j], len(e[j]))
				continue
			}
			for k, cell := range e[j] {
				if cell != strings.ReplaceAll(c[j][k], chineseFolder, "docs") && (!isChinese(c[j][k]) || !slices.Equal(words(cell), words(c[j][k]))) {
					t.Errorf("%s: table %d has %q, in English %q", where, i+1, c[j][k], cell)
				}
			}
		}
	}
}

var comment = regexp.MustCompile(`(^|\s+)(#|//) .*$`)

// compareExamples: the same, line by line, but for comments and, in what is no code,
// lines in Chinese.
func compareExamples(t *testing.T, where string, english, chinese []block) {
	t.Helper()
	if len(english) != len(chinese) {
		t.Errorf("%s: %d examples, in English %d", where, len(chinese), len(english))
		return
	}
	for i, e := range english {
		c := chinese[i]
		es, cs := strings.Split(e.text, "\n"), strings.Split(c.text, "\n")
		if e.kind != c.kind || len(es) != len(cs) {
			t.Errorf("%s: the example in line %d is %q of %d lines, in English %q of %d", where, c.line, c.kind, len(cs), e.kind, len(es))
			continue
		}
		for j, line := range es {
			ours := cs[j]
			if line == ours {
				continue
			}
			if bare := comment.ReplaceAllString(line, ""); bare != line {
				line, ours = bare, comment.ReplaceAllString(ours, "")
				if line == ours && isChinese(cs[j]) {
					continue
				}
			}
			if kind, _, _ := strings.Cut(e.kind, " "); !isChinese(ours) || isChinese(es[j]) || kind != "" && kind != "text" && kind != "story" {
				t.Errorf("%s: line %d says %q, in English %q", where, c.line+j, cs[j], es[j])
			}
		}
	}
}

func isChinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.Is(unicode.Han, r) || strings.ContainsRune("，。、；：（）", r)
	})
}
