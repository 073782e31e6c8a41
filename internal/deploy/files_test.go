package deploy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// root is where the files lie that these tests are about.
const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documents are the names of all documents.
func documents(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"}
	for _, folder := range []string{"docs", chineseFolder} {
		names = append(names, pages(t, folder)...)
	}
	return names
}

// chineseFolder has the Chinese pages.
const chineseFolder = "docs/zh"

// pages are the names of the documents in a folder.
func pages(t *testing.T, folder string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, folder, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		names = append(names, filepath.Join(folder, filepath.Base(path)))
	}
	return names
}

// A block is a fenced part of a document, or the text between two of them.
type block struct {
	kind string // the word after the fence; "" = none
	text string
	line int
	code bool // it is fenced
}

// blocks splits a document, in its order.
func blocks(text string) []block {
	out := []block{{line: 1}}
	for i, line := range strings.Split(text, "\n") {
		last := &out[len(out)-1]
		switch kind, fence := strings.CutPrefix(strings.TrimLeft(line, " "), "```"); {
		case fence && last.code:
			out = append(out, block{line: i + 2})
		case fence:
			out = append(out, block{kind: strings.TrimSpace(kind), line: i + 2, code: true})
		default:
			last.text += line + "\n"
		}
	}
	return out
}

// fenced gives the fenced blocks of one kind.
func fenced(text, kind string) []block {
	return slices.DeleteFunc(blocks(text), func(b block) bool { return !b.code || b.kind != kind })
}

// between gives what is between two markers, each on a line of its own.
func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, from+"\n")
	inner, _, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("there is no part between %q and %q", from, to)
	}
	return inner
}

// rows gives the cells of every table row in text, without heads and rulers.
func rows(text string) [][]string {
	var out [][]string
	ruled := false
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			ruled = false
			continue
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, "\x00"), "| "), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(cells[i], "\x00", "|"))
		}
		switch {
		case strings.HasPrefix(cells[0], "--"):
			ruled = true
		case ruled:
			out = append(out, cells)
		}
	}
	return out
}
