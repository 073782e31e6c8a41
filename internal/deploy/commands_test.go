package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Commands of ours in documents exist: every `go run . word` has a help, every
// `make word` is a target, and every block of shell is one.
func TestCommandsInDocuments(t *testing.T) {
	t.Parallel()
	binary := command(t)
	targets := regexp.MustCompile(`(?m)^([a-z]+):`).FindAllStringSubmatch(read(t, "Makefile"), -1)
	subcommands, makes := map[string]string{}, map[string]string{}
	for _, name := range documents(t) {
		text := read(t, name)
		for _, found := range regexp.MustCompile(`go run \. ([a-z]+)`).FindAllStringSubmatch(text, -1) {
			subcommands[found[1]] = name
		}
		for _, found := range regexp.MustCompile("(?m)(?:`|^ *)make ([a-z]+)").FindAllStringSubmatch(text, -1) {
			makes[found[1]] = name
		}
		for _, b := range fenced(text, "bash") {
			check := exec.CommandContext(t.Context(), "bash", "-n")
			check.Stdin = strings.NewReader(b.text)
			if output, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s:%d: no shell: %s", name, b.line, output)
			}
		}
	}
	if len(subcommands) < 2 || len(makes) < 5 {
		t.Errorf("found only %v and %v", subcommands, makes)
	}
	for word, name := range subcommands {
		if output, err := exec.CommandContext(t.Context(), binary, word, "--help").CombinedOutput(); err != nil {
			t.Errorf("%s says go run . %s: %v\n%s", name, word, err, output)
		}
	}
	for word, name := range makes {
		if !slices.ContainsFunc(targets, func(target []string) bool { return target[1] == word }) {
			t.Errorf("%s says make %s, which is no target", name, word)
		}
	}
}

func TestMakefile(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("there is no make here")
	}
	help := exec.CommandContext(t.Context(), "make", "-s")
	help.Dir = root
	output, err := help.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, target := range []string{"help", "test", "lint", "run", "fuzz", "bench", "package", "release", "ci"} {
		if !strings.Contains(string(output), "make "+target+" ") {
			t.Errorf("make help does not tell of %s", target)
		}
		dry := exec.CommandContext(t.Context(), "make", "-n", target)
		dry.Dir = root
		if output, err := dry.CombinedOutput(); err != nil {
			t.Errorf("make -n %s: %v\n%s", target, err, output)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Links between documents lead somewhere, to the heading.
func TestLinks(t *testing.T) {
	for _, name := range documents(t) {
		for _, b := range blocks(read(t, name)) {
			if b.code {
				continue
			}
			for _, found := range link.FindAllStringSubmatch(b.text, -1) {
				to, part, _ := strings.Cut(found[1], "#")
				if strings.Contains(to, "://") {
					continue
				}
				target := name
				if to != "" {
					target = filepath.Join(filepath.Dir(name), to)
				}
				if _, err := os.ReadFile(filepath.Join(root, target)); err != nil {
					t.Errorf("%s: the link %s leads nowhere", name, found[1])
					continue
				}
				if part != "" && !slices.ContainsFunc(sections(t, target), func(s section) bool { return s.anchor == part }) {
					t.Errorf("%s: the link %s leads to no heading", name, found[1])
				}
			}
		}
	}
}

// anchor is what GitHub makes of a heading.
func anchor(heading string) string {
	return strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// A tag is released by what everybody can run, after all tests, and twice the same.
func TestReleaseWorkflow(t *testing.T) {
	workflow := read(t, ".github/workflows/release.yml")
	for _, want := range []string{"tags: ['v*']", "bash .ci/run", "bash .ci/release", "diff -r dist again", "actions/attest-build-provenance@", "id-token: write", "attestations: write", "timeout-minutes:"} {
		if !strings.Contains(workflow, want) {
			t.Errorf("the workflow lacks %q", want)
		}
	}
}

// The public CI does what .ci/run does, with the Go of go.mod, and builds with the
// newest.
func TestWorkflow(t *testing.T) {
	workflow := read(t, ".github/workflows/ci.yml")
	for _, want := range []string{"bash .ci/run", "go-version-file: go.mod", "go-version: stable", "contents: read", "timeout-minutes:"} {
		if !strings.Contains(workflow, want) {
			t.Errorf("the workflow lacks %q", want)
		}
	}
	info, err := os.Stat(filepath.Join(root, ".ci/run"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode()&0o111 == 0 {
		t.Error(".ci/run is not executable")
	}
	check := exec.CommandContext(t.Context(), "bash", "-n", ".ci/run")
	check.Dir = root
	if output, err := check.CombinedOutput(); err != nil {
		t.Errorf(".ci/run: %s", output)
	}
	clients := exec.CommandContext(t.Context(), "bash", "-n", ".ci/clients/run")
	clients.Dir = root
	if output, err := clients.CombinedOutput(); err != nil {
		t.Errorf(".ci/clients/run: %s", output)
	}
	script := read(t, ".ci/run")
	for _, want := range []string{"set -euo pipefail", "-race", "-shuffle=on", "go vet", "mod tidy -diff", "gofmt -l", "status --porcelain", "golangci-lint@v", "govulncheck@v", `diff -r "$work/here" "$work/there"`} {
		if !strings.Contains(script, want) {
			t.Errorf(".ci/run lacks %q", want)
		}
	}
}

func TestLicense(t *testing.T) {
	text := read(t, "LICENSE")
	if !strings.Contains(text, "Apache License") || !strings.Contains(text, "Version 2.0, January 2004") || !strings.Contains(text, "END OF TERMS AND CONDITIONS") {
		t.Error("LICENSE is not the whole text of Apache-2.0")
	}
}

// The policy that the README shows is the one that the command prints.
func TestReadmeHasThePrintedPolicy(t *testing.T) {
	t.Parallel()
	type policy struct {
		Version   string
		Statement []struct {
			Effect, Resource string
			Action           []string
		}
	}
	print := exec.CommandContext(t.Context(), command(t), "policy", "--json")
	print.Env = append(os.Environ(), "RENEW_ACTION=renew")
	output, err := print.Output()
	if err != nil {
		t.Fatalf("policy --json: %v\n%s", err, output)
	}
	var printed struct{ Policy policy }
	if err := json.Unmarshal(output, &printed); err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## Permissions\n")
	var shown policy
	if err := json.Unmarshal([]byte(fenced(section, "json")[0].text), &shown); err != nil {
		t.Fatal(err)
	}
	shown.Statement = shown.Statement[:len(shown.Statement)-1] // the log is the platform's
	if !reflect.DeepEqual(printed.Policy, shown) {
		t.Errorf("the README shows\n%+v\nthe command prints\n%+v", shown, printed.Policy)
	}
}
