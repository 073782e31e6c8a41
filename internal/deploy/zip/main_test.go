package main

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The same files give the same bytes, wherever they lie, however old they are,
// and whoever may read them; the binary alone can be run.
func TestSameFilesGiveTheSamePackage(t *testing.T) {
	packed := func(mode os.FileMode, age time.Duration, order ...int) []byte {
		dir := t.TempDir()
		paths := []string{filepath.Join(dir, "main"), filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "a.yaml")}
		for _, path := range paths {
			if err := os.WriteFile(path, bytes.Repeat([]byte(filepath.Base(path)), 10_000), mode); err != nil {
				t.Fatal(err)
			}
			if at := time.Now().Add(-age); os.Chtimes(path, at, at) != nil {
				t.Fatal("the age of a file cannot be set")
			}
		}
		out := filepath.Join(dir, "dist", "fc-renewer.zip")
		if err := run(io.Discard, out, paths[0], []string{paths[order[0]], paths[order[1]]}); err != nil {
			t.Fatal(err)
		}
		archive, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return archive
	}
	one := packed(0o600, 0, 1, 2)
	if !bytes.Equal(one, packed(0o644, 48*time.Hour, 2, 1)) {
		t.Error("the same files gave two packages")
	}
	archive, err := zip.NewReader(bytes.NewReader(one), int64(len(one)))
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]os.FileMode{}
	for _, file := range archive.File {
		modes[file.Name] = file.Mode()
	}
	if want := map[string]os.FileMode{"main": 0o755, "rules.yaml": 0o644, "a.yaml": 0o644}; !maps.Equal(modes, want) {
		t.Errorf("the package holds %v, want %v", modes, want)
	}
}

func TestTwoFilesOfOneName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "main")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(io.Discard, path+".zip", path, []string{path}); err == nil {
		t.Error("a package with two files of one name")
	}
}
