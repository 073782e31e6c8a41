package deploy

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
// what the tests are built of.
var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(scratch, "fc-renewer")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return binary, nil
})

// buildFlags are those of what is deployed.
var buildFlags = []string{"build", "-tags=nethttpomithttp2,function", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}

// command gives the program.
func command(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the function")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// deployed builds the function as `make package` does, from scratch.
func deployed(t *testing.T) (path string, binary []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "main")
	goes(t, []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64"}, append(slices.Clone(buildFlags), "-o", path, ".")...)
	binary, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, binary
}

// goes runs go with arguments, at the root.
func goes(t *testing.T, environ []string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir, command.Env = root, append(os.Environ(), environ...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command.Args, err, output)
	}
}

// The binary is; that the same files then give the same package is tested beside
// the program that packs them.
func TestPackageIsReproducible(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the function twice")
	}
	path, first := deployed(t)
	if _, second := deployed(t); !bytes.Equal(first, second) {
		t.Error("the same sources gave two binaries")
	}
	rules, out := filepath.Join(t.TempDir(), "rules.yaml"), filepath.Join(t.TempDir(), "fc-renewer.zip")
	if err := os.WriteFile(rules, []byte("- {name: all, when: 'true', action: skip}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	goes(t, nil, "run", "./internal/deploy/zip", out, path, rules)
	packed, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(packed))
	if len(packed) > largest {
		t.Errorf("the package has %d bytes, %d are the most", len(packed), largest)
	}
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	modes := map[string]os.FileMode{}
	for _, file := range archive.File {
		modes[file.Name] = file.Mode()
	}
	if len(modes) != 2 || modes["main"] != 0o755 || modes["rules.yaml"] != 0o644 {
		t.Errorf("the package holds %v, want main (0755) and rules.yaml (0644)", modes)
	}
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
