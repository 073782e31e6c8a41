package arch

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every room is in the table of rooms, in both languages, and every home that the
// page names is there: a file without a folder is in the one that its row named
// last.
func TestEveryRoomIsOnThePage(t *testing.T) {
	rooms, err := filepath.Glob("../../internal/*")
	if err != nil || len(rooms) < 15 {
		t.Fatalf("%v: %v", rooms, err)
	}
	homes := regexp.MustCompile("`((?:(?:handler|internal)/)?[a-z_/]+\\.go|internal/[a-z_/]+)`")
	for _, page := range []string{"../../docs/architecture.md", "../../docs/zh/architecture.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, room := range rooms {
			if name := "internal/" + filepath.Base(room); !strings.Contains(string(text), "\n| `"+name) {
				t.Errorf("%s has no row for %s", page, name)
			}
		}
		found := 0
		for row := range strings.Lines(string(text)) {
			folder := ""
			for _, home := range homes.FindAllStringSubmatch(row, -1) {
				name := home[1]
				switch {
				case path.Ext(name) == "":
					folder = name
				case strings.Contains(name, "/"):
					folder = path.Dir(name)
				default:
					name = path.Join(folder, name)
				}
				found++
				if _, err := os.Stat(filepath.Join("../..", name)); err != nil {
					t.Errorf("%s names %s, which is not there", page, name)
				}
			}
		}
		if found < 60 {
			t.Errorf("%s: %d homes were found; are they written otherwise?", page, found)
		}
	}
}
