// Zip packs the function as Function Compute wants it: the binary at the root,
// executable, and beside it the rules if there are any. The same files give the
// same bytes, so that whoever deploys can compare. It reads nothing but the
// files that it is given.
package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: zip OUT BINARY [FILE...]")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, "zip:", err)
		os.Exit(1)
	}
}

func run(report io.Writer, out, binary string, others []string) error {
	archive, err := pack(binary, others)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(out, archive, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(report, "%s: %d bytes (%.2f MB), sha256 %x\n", out, len(archive), float64(len(archive))/1e6, sha256.Sum256(archive))
	return nil
}

// epoch is what every file is dated: the earliest date of the format.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func pack(binary string, others []string) ([]byte, error) {
	type entry struct {
		name, path string
		mode       os.FileMode
	}
	entries := []entry{{"main", binary, 0o755}} // as `handler: main` in s.yaml says
	for _, path := range others {
		entries = append(entries, entry{filepath.Base(path), path, 0o644})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.name, b.name) })

	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(to, flate.BestCompression)
	})
	for i, e := range entries {
		if i > 0 && entries[i-1].name == e.name {
			return nil, fmt.Errorf("two files are named %s", e.name)
		}
		content, err := os.ReadFile(e.path)
		if err != nil {
			return nil, err
		}
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: epoch}
		header.SetMode(e.mode)
		to, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
