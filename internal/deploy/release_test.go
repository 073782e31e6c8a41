package deploy

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
)

const version = "v9.9.9-test"

// released makes a release, once, without what needs the internet.
var released = sync.OnceValues(func() (string, error) {
	dist := filepath.Join(scratch, "dist")
	c := exec.Command("bash", ".ci/release", "package", "manifest", "sums")
	c.Dir, c.Env = root, append(os.Environ(), "VERSION="+version, "DIST="+dist)
	if output, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return dist, nil
})

// release gives a file of the release.
func release(t *testing.T, name string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the function")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash here")
	}
	dist, err := released()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dist, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// An entry is a file of a package.
type entry struct {
	mode    os.FileMode
	content []byte
}

// unpacked is what the package of the release holds, by name, read once.
var unpacked = sync.OnceValues(func() (map[string]entry, error) {
	dist, err := released()
	if err != nil {
		return nil, err
	}
	archive, err := zip.OpenReader(filepath.Join(dist, "fc-renewer.zip"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	files := map[string]entry{}
	for _, file := range archive.File {
		in, err := file.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		files[file.Name] = entry{file.Mode(), content}
	}
	return files, nil
})

// packed gives what the package of the release holds.
func packed(t *testing.T) map[string]entry {
	t.Helper()
	release(t, "fc-renewer.zip") // or there is none here
	files, err := unpacked()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// The package of a release is small, tells what to do with it, and its sums are
// right. That the same sources give the same package is tested by .ci/run, which
// makes a release twice.
func TestReleasedPackage(t *testing.T) {
	t.Parallel()
	files := packed(t)
	if readme := files["README.md"].content; len(files) != 2 || !bytes.Contains(readme, []byte("fc-renewer "+version)) || bytes.Contains(readme, []byte("@")) {
		t.Errorf("it holds %d files, and says\n%s", len(files), readme)
	}
	if files["main"].mode != 0o755 || files["README.md"].mode != 0o644 {
		t.Errorf("main has the mode %v, README.md %v", files["main"].mode, files["README.md"].mode)
	}
	if n := len(release(t, "fc-renewer.zip")); n > largest {
		t.Errorf("%d bytes", n)
	}
	sums := string(release(t, "SHA256SUMS"))
	for _, name := range []string{"fc-renewer.zip", "s.yaml"} {
		if line := fmt.Sprintf("%x  %s\n", sha256.Sum256(release(t, name)), name); !strings.Contains(sums, line) {
			t.Errorf("%s has another sum than SHA256SUMS says:\n%s", name, sums)
		}
	}
}

// Nothing in the binary tells where, when or out of which checkout it was built.
func TestReleasedBinaryTellsNoPlace(t *testing.T) {
	t.Parallel()
	binary := packed(t)["main"].content
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, setting := range info.Settings {
		said[setting.Key] = setting.Value
	}
	want := map[string]string{"-trimpath": "true", "-tags": "nethttpomithttp2,function", "CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": "amd64", "vcs.revision": "", "vcs.time": ""}
	for key, value := range want {
		if said[key] != value {
			t.Errorf("%s is %q, want %q", key, said[key], value)
		}
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, place := range append(strings.Fields(string(out)), here, scratch) {
		if bytes.Contains(binary, []byte(place)) {
			t.Errorf("it tells of %s", place)
		}
	}
}

// The s.yaml of a release is s.yaml, but that it builds nothing.
func TestReleasedManifest(t *testing.T) {
	t.Parallel()
	ours, err := load(read(t, "s.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := load(string(release(t, "s.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range ours.Resources {
		r.Actions, r.Props.Code = nil, "./fc-renewer.zip"
		ours.Resources[name] = r
	}
	if diff := cmp.Diff(ours, theirs); diff != "" {
		t.Error(diff)
	}
	for _, word := range []string{"go build", "./target"} {
		if strings.Contains(string(release(t, "s.yaml")), word) {
			t.Errorf("it says %s", word)
		}
	}
}

// The version of a release is in the report and in the first line of the log.
func TestReleasedFunctionKnowsItsVersion(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "main")
	if err := os.WriteFile(binary, packed(t)["main"].content, 0o755); err != nil {
		t.Fatal(err)
	}
	c := cloud.New(cloud.Options{})
	c.AddInstance(cloud.Instance{ID: "i-1", Expires: time.Now().Add(72 * time.Hour)})
	server, err := c.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	rt, err := fc.Start(t.Context(), fc.Function{
		Path: binary, Credentials: fc.Credentials{AccessKeyID: "emulator", AccessKeySecret: "emulator"},
		Env: map[string]string{"RENEW_ENDPOINT": server.URL()},
	})
	if err != nil {
		t.Skipf("the function is for Linux on amd64: %v", err)
	}
	defer func() { _ = rt.Close() }()
	result, err := rt.Invoke(t.Context(), nil)
	if err != nil || result.Failed() {
		t.Fatalf("%v %s", err, result.Payload)
	}
	var report struct{ Version string }
	if err := json.Unmarshal(result.Payload, &report); err != nil || report.Version != version {
		t.Errorf("the report is of %q (%v)", report.Version, err)
	}
	for line := range strings.Lines(result.Log) {
		var first struct{ Msg, Version string }
		if json.Unmarshal([]byte(line), &first) == nil && first.Msg != "" {
			if first.Msg != "start" || first.Version != version {
				t.Errorf("the log begins with %s", line)
			}
			return
		}
	}
	t.Errorf("nothing is logged: %s", result.Log)
}

// The program, with its command line, says the version that it was built with.
func TestProgramKnowsItsVersion(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), command(t), "version").Output()
	if err != nil || !strings.Contains(string(out), version) {
		t.Errorf("%v %s", err, out)
	}
}

// Whoever asks for a release without a version, or with something else, gets none.
func TestReleaseNeedsAVersion(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash here")
	}
	for _, version := range []string{"1.2.0", "v1.2", "latest", "v1.2.0 -X main.other=1"} {
		c := exec.CommandContext(t.Context(), "bash", ".ci/release", "sums")
		c.Dir, c.Env = root, append(os.Environ(), "VERSION="+version, "DIST="+t.TempDir())
		if output, err := c.CombinedOutput(); err == nil {
			t.Errorf("%q is taken for a version: %s", version, output)
		}
	}
}
