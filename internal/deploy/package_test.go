package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// largest is what the package may weigh: a cold start loads all of it.
const largest = 6 << 20

// scratch is a directory for what several tests use.
var scratch string

func TestMain(m *testing.M) { os.Exit(inScratch(m)) }

func inScratch(m *testing.M) int {
	dir, err := os.MkdirTemp("", "fc-renewer")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	scratch = dir
	return m.Run()
}

// built is the program for this machine, with its command line, built once, of
// what the tests are built of; with a version, as a release has one.
var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(scratch, "fc-renewer")
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w -X main.version="+version, "-o", binary, ".")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return binary, nil
})

// command gives the program.
func command(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the program")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// The build commands of the Makefile, s.yaml, .ci/run and the documents are one.
func TestOneBuildCommand(t *testing.T) {
	const command = `CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -tags nethttpomithttp2,function -trimpath -buildvcs=false -ldflags="-s -w" -o `
	names := append(documents(t), "Makefile", "s.yaml", ".ci/run")
	for _, name := range names {
		for line := range strings.SplitSeq(read(t, name), "\n") {
			if strings.Contains(line, "GOOS=linux") && !strings.Contains(line, command) {
				t.Errorf("%s builds otherwise: %s", name, strings.TrimSpace(line))
			}
		}
	}
	for _, name := range []string{"Makefile", "s.yaml", ".ci/run", "docs/deploy.md"} {
		if !strings.Contains(read(t, name), command) {
			t.Errorf("%s does not build the function", name)
		}
	}
}
