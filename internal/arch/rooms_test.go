package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every room is in the table of rooms, in both languages, and every home that the
// page names is there.
func TestEveryRoomIsOnThePage(t *testing.T) {
	rooms, err := filepath.Glob("../../internal/*")
	if err != nil || len(rooms) < 15 {
		t.Fatalf("%v: %v", rooms, err)
	}
	path := regexp.MustCompile("`(internal/[a-z_/]+(?:\\.go)?)`")
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
		for _, home := range path.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join("../..", home[1])); err != nil {
				t.Errorf("%s names %s, which is not there", page, home[1])
			}
		}
	}
}
