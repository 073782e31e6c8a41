package arch

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fc-renewer/fc-renewer"

// anything stands for every package but those that follow with a minus.
const anything = "*"

// arrows lists which of our packages each package imports, its tests aside. A
// package without a row imports none of ours.
var arrows = map[string][]string{
	".":                {"handler", "internal/local", "internal/aliyun", "internal/config", "internal/runner", "internal/lang"}, // those after aliyun for the types and words that it wires
	"handler":          {"internal/config", "internal/runner", "internal/message", "internal/notify", "internal/renewal", "internal/lang"},
	"internal/runner":  {"internal/renewal", "internal/pace", "internal/lang"},
	"internal/config":  {"internal/renewal", "internal/lang"},
	"internal/aliyun":  {"internal/renewal", "internal/lang"},
	"internal/message": {"internal/renewal", "internal/lang"},
	"internal/notify":  {"internal/message", "internal/renewal", "internal/lang"},
	"internal/page":    {"internal/message", "internal/renewal", "internal/lang"},
	"internal/local":   {anything, "-internal/aliyun"}, // it gets the cloud handed in, like the function
	"internal/renewal": {"internal/lang"},              // the decision knows nobody

	// They know nothing of ours.
	"internal/pace": nil,
	"internal/lang": nil,

	// Stand-ins that shared code with us would share our mistakes.
	"internal/emulator/cloud": nil,
	"internal/emulator/fc":    nil,
}

// An owner says which packages import a module, their tests included. Tests
// alone import what testOwners adds.
type owner struct {
	module   string
	packages []string
	why      string
}

var owners = []owner{
	{"github.com/aliyun/alibaba-cloud-sdk-go", []string{"internal/aliyun"}, "its traps are fenced in at one place"},
	{"github.com/aliyun/credentials-go", []string{"internal/aliyun"}, "keys are seen at one place"},
	{"github.com/aliyun/fc-runtime-go-sdk", []string{"handler"}, "one edge to Function Compute"},
	{"github.com/alecthomas/kong", []string{"internal/local"}, "the function has no command line"},
	{"github.com/jedib0t/go-pretty", []string{"internal/local"}, "the function prints no tables"},
	{"golang.org/x/term", []string{"internal/local"}, "the function has no terminal"},
	{"github.com/expr-lang/expr", []string{"internal/config"}, "rules are compiled when they are read"},
	{"github.com/goccy/go-yaml", []string{"internal/config", "internal/emulator/cloud"}, "rules, and the emulator's fleet"},
	{"github.com/agnivade/levenshtein", []string{anything, "-internal/emulator/cloud", "-internal/emulator/fc"}, "names nearly right are told wherever people write them"},
	{"github.com/shopspring/decimal", []string{anything}, "money is never a float"},
	{"github.com/cenkalti/backoff", []string{"internal/runner", "internal/notify", "internal/aliyun"}, "only who calls waits"},
	{"golang.org/x/sync", []string{anything, "-internal/renewal", "-internal/config"}, "the decision and the settings do one thing at a time"},
	{"golang.org/x/time", []string{"internal/pace", "internal/notify", "internal/aliyun"}, "only who calls is slowed down"},
}

var testOwners = []owner{
	{"github.com/google/go-cmp", []string{anything}, ""},
	{"pgregory.net/rapid", []string{anything}, ""},
	{"go.uber.org/goleak", []string{anything}, ""},
	{"github.com/rogpeppe/go-internal", []string{anything}, ""},
	{"github.com/aliyun/alibaba-cloud-sdk-go", []string{"internal/emulator/cloud"}, "the emulator must satisfy the real client"},
	{"github.com/aliyun/fc-runtime-go-sdk", []string{"internal/emulator/fc", "internal/bench"}, "the emulator must satisfy the real runtime; what it costs is measured"},
	{"github.com/chromedp", []string{"internal/page", "internal/bench"}, "pages are looked at in a browser"},
	{"github.com/goccy/go-yaml", []string{"internal/deploy"}, "the files that deploy are read"},
	{"github.com/hashicorp/hcl", []string{"internal/deploy"}, "and so is what is written for Terraform"},
	{"github.com/zclconf/go-cty", []string{"internal/deploy"}, "the values of HCL"},
}

// A ban keeps packages of the standard library, or single names of them, out of
// our packages, their tests aside. A package is banned with all below it.
type ban struct {
	what     []string
	packages []string
	why      string
}

var bans = []ban{
	{[]string{"net", "os", "syscall", "log", "io/fs", "embed", "math/rand", "crypto/rand", "context", "sync"}, []string{"internal/renewal"}, "the decision is pure: same input, same plan"},
	{[]string{"time.Now", "time.Since", "time.Until", "time.Sleep", "time.After", "time.NewTimer", "time.Local"}, []string{"internal/renewal"}, "the time is handed in"},
	{[]string{"time.Now", "time.Since", "os.Getenv", "os.LookupEnv", "os.Environ", "net/http"}, []string{"internal/runner"}, "clock, settings and cloud are handed in"},
	{[]string{"os", "net/http", "time.Now"}, []string{"internal/config"}, "environment and files are handed in"},
	{[]string{"fmt.Print", "fmt.Printf", "fmt.Println"}, []string{"internal/renewal", "internal/runner", "internal/config", "internal/aliyun", "internal/notify", "handler"}, "what a function prints is its log, and that has a form"},
}

// A file is one Go file.
type file struct {
	name string // from the root, with slashes
	text string
}

func (f file) dir() string {
	dir, _, _ := strings.Cut(path.Dir(f.name), "/testdata")
	return dir
}

// test says whether f is no part of what is built.
func (f file) test() bool {
	return strings.HasSuffix(f.name, "_test.go") || strings.Contains(f.name, "/testdata/")
}

// allows says whether a list of packages holds dir.
func allows(list []string, dir string) bool {
	if slices.Contains(list, "-"+dir) {
		return false
	}
	return slices.Contains(list, anything) || slices.Contains(list, dir)
}

// within says whether an import path is that of a module or package, or below it.
func within(imported, root string) bool {
	return imported == root || strings.HasPrefix(imported, root+"/")
}

// problems tells what is wrong with the files.
func problems(files []file) []string {
	var out []string
	described, packages := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, f.name, f.text, parser.ParseComments)
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		tell := func(at token.Pos, format string, args ...any) {
			out = append(out, fmt.Sprintf("%s: %s", set.Position(at), fmt.Sprintf(format, args...)))
		}
		names := map[string]string{} // as the file calls a package → its path
		for _, spec := range tree.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				tell(spec.Pos(), "%v", err)
				continue
			}
			name := path.Base(imported)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			names[name] = imported
			if why := refuseImport(f, imported); why != "" {
				tell(spec.Pos(), "%s may not import %s: %s", f.dir(), imported, why)
			}
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok || f.test() {
				return true
			}
			if on, ok := selector.X.(*ast.Ident); ok && names[on.Name] != "" {
				used := names[on.Name] + "." + selector.Sel.Name
				for _, b := range bans {
					if slices.Contains(b.what, used) && slices.Contains(b.packages, f.dir()) {
						tell(selector.Pos(), "%s may not use %s: %s", f.dir(), used, b.why)
					}
				}
			}
			return true
		})
		for _, group := range tree.Comments {
			for _, comment := range group.List {
				if open := openTask(comment.Text); open != "" {
					tell(comment.Pos(), "%s without a reason in parentheses behind it", open)
				}
			}
		}
		if !strings.Contains(f.name, "/testdata/") && !strings.HasSuffix(tree.Name.Name, "_test") {
			packages[f.dir()] = true
			want := "Package " + tree.Name.Name + " "
			if doc := tree.Doc.Text(); !f.test() && doc != "" && (tree.Name.Name == "main" || strings.HasPrefix(doc, want)) {
				described[f.dir()] = true
			}
		}
	}
	for dir := range packages {
		if !described[dir] {
			out = append(out, dir+": no file says what the package is for, in a comment above its package clause")
		}
	}
	slices.Sort(out)
	return out
}

// refuseImport gives the reason why a file may not import a package, or "".
func refuseImport(f file, imported string) string {
	switch {
	case within(imported, module):
		to := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
		if to == "" {
			to = "."
		}
		if !f.test() && !allows(arrows[f.dir()], to) {
			return "there is no such arrow; arrows lists those that there are"
		}
	case !strings.Contains(strings.Split(imported, "/")[0], "."):
		for _, b := range bans {
			banned := slices.ContainsFunc(b.what, func(what string) bool { return within(imported, what) })
			if banned && !f.test() && slices.Contains(b.packages, f.dir()) {
				return b.why
			}
		}
	default:
		return refuseModule(f, imported)
	}
	return ""
}

func refuseModule(f file, imported string) string {
	why := ""
	rows := owners
	if f.test() {
		rows = slices.Concat(owners, testOwners)
	}
	for _, row := range rows {
		if !within(imported, row.module) {
			continue
		}
		if allows(row.packages, f.dir()) {
			return ""
		}
		if why == "" {
			why = fmt.Sprintf("%s may: %s", strings.Join(row.packages, ", "), row.why)
		}
	}
	return cmp.Or(why, "no row says who may; add one to owners or testOwners")
}

var (
	task       = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	taskReason = regexp.MustCompile(`\b(?:TODO|FIXME|XXX)\([^()]*[^()\s][^()]*\)`)
)

// openTask gives the first mark of unfinished work that has no reason.
func openTask(comment string) string {
	return task.FindString(taskReason.ReplaceAllString(comment, ""))
}

// repository reads all Go files of this module.
func repository(t *testing.T) []file {
	t.Helper()
	root := os.DirFS(filepath.Join("..", ".."))
	var files []file
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if _, err := fs.Stat(root, path.Join(name, "go.mod")); name != "." && (err == nil || strings.HasPrefix(entry.Name(), ".") || entry.Name() == "vendor") {
				return fs.SkipDir
			}
		case strings.HasSuffix(name, ".go"):
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			files = append(files, file{name, string(text)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestArchitecture(t *testing.T) {
	files := repository(t)
	for _, p := range problems(files) {
		t.Error(p)
	}
	// A row about a package that is gone guards nothing.
	there := map[string]bool{}
	for _, f := range files {
		there[f.dir()] = true
	}
	rows := [][]string{}
	for dir, to := range arrows {
		rows = append(rows, append([]string{dir}, to...))
	}
	for _, row := range slices.Concat(owners, testOwners) {
		rows = append(rows, row.packages)
	}
	for _, b := range bans {
		rows = append(rows, b.packages)
	}
	for _, row := range rows {
		for _, dir := range row {
			if dir = strings.TrimPrefix(dir, "-"); dir != anything && !there[dir] {
				t.Errorf("a row names %s, which is not there", dir)
			}
		}
	}
}

// The test itself is tested: each of these must be found.
func TestProblemsAreFound(t *testing.T) {
	const doc = "// Package x is one.\n"
	for name, tt := range map[string]struct {
		in   file
		want string // "" = nothing is wrong
	}{
		"an arrow that there is":          {file{"internal/runner/a.go", doc + "package x\nimport _ \"" + module + "/internal/renewal\""}, ""},
		"an arrow back":                   {file{"internal/renewal/a.go", doc + "package x\nimport _ \"" + module + "/internal/runner\""}, "internal/renewal may not import"},
		"an arrow across":                 {file{"internal/runner/a.go", doc + "package x\nimport _ \"" + module + "/internal/config\""}, "no such arrow"},
		"the emulator imports us":         {file{"internal/emulator/cloud/a.go", doc + "package x\nimport _ \"" + module + "/internal/renewal\""}, "no such arrow"},
		"a test of the emulator does":     {file{"internal/emulator/cloud/a_test.go", "package x_test\nimport _ \"" + module + "/internal/emulator/cloud\""}, ""},
		"a package without a row":         {file{"internal/new/a.go", doc + "package x\nimport _ \"" + module + "/internal/renewal\""}, "no such arrow"},
		"the command line and the cloud":  {file{"internal/local/a.go", doc + "package x\nimport _ \"" + module + "/internal/aliyun\""}, "no such arrow"},
		"the command line and the rest":   {file{"internal/local/a.go", doc + "package x\nimport _ \"" + module + "/internal/emulator/fc\""}, ""},
		"the command line and the root":   {file{"internal/runner/a.go", doc + "package x\nimport _ \"" + module + "\""}, "no such arrow"},
		"an SDK elsewhere":                {file{"internal/runner/a.go", doc + "package x\nimport _ \"github.com/aliyun/alibaba-cloud-sdk-go/sdk\""}, "its traps are fenced in"},
		"an SDK at its place":             {file{"internal/aliyun/a.go", doc + "package x\nimport _ \"github.com/aliyun/alibaba-cloud-sdk-go/sdk\""}, ""},
		"an SDK in the emulator":          {file{"internal/emulator/cloud/a.go", doc + "package x\nimport _ \"github.com/aliyun/alibaba-cloud-sdk-go/sdk\""}, "its traps are fenced in"},
		"an SDK in the emulator's tests":  {file{"internal/emulator/cloud/a_test.go", "package x_test\nimport _ \"github.com/aliyun/alibaba-cloud-sdk-go/sdk\""}, ""},
		"the runtime in a test's program": {file{"internal/emulator/fc/testdata/function/main.go", "package main\nimport _ \"github.com/aliyun/fc-runtime-go-sdk/fc\""}, ""},
		"the runtime in the emulator":     {file{"internal/emulator/fc/a.go", doc + "package x\nimport _ \"github.com/aliyun/fc-runtime-go-sdk/fc\""}, "one edge"},
		"a module that nobody knows":      {file{"handler/a.go", doc + "package x\nimport _ \"example.com/new\""}, "no row says who may"},
		"a module for tests only":         {file{"handler/a.go", doc + "package x\nimport _ \"github.com/google/go-cmp/cmp\""}, "no row says who may"},
		"a module whose name is longer":   {file{"internal/config/a.go", doc + "package x\nimport _ \"github.com/expr-lang/expression\""}, "no row says who may"},
		"a call from the decision":        {file{"internal/renewal/a.go", doc + "package x\nimport _ \"net/http\""}, "the decision is pure"},
		"a network address is a call":     {file{"internal/renewal/a.go", doc + "package x\nimport _ \"net/netip\""}, "the decision is pure"},
		"a package that is named alike":   {file{"internal/renewal/a.go", doc + "package x\nimport _ \"maps\""}, ""},
		"the clock in the decision":       {file{"internal/renewal/a.go", doc + "package x\nimport \"time\"\nvar t = time.Now()"}, "may not use time.Now"},
		"the clock as a value":            {file{"internal/runner/a.go", doc + "package x\nimport \"time\"\nvar t = time.Now"}, "may not use time.Now"},
		"the clock by another name":       {file{"internal/runner/a.go", doc + "package x\nimport clock \"time\"\nvar t = clock.Now()"}, "may not use time.Now"},
		"the clock in a test":             {file{"internal/runner/a_test.go", "package x_test\nimport \"time\"\nvar t = time.Now()"}, ""},
		"the clock where it may be read":  {file{"internal/aliyun/a.go", doc + "package x\nimport \"time\"\nvar t = time.Now()"}, ""},
		"the environment in the runner":   {file{"internal/runner/a.go", doc + "package x\nimport \"os\"\nvar t = os.Getenv(\"X\")"}, "may not use os.Getenv"},
		"printing":                        {file{"handler/a.go", doc + "package x\nimport \"fmt\"\nfunc f() { fmt.Println() }"}, "may not use fmt.Println"},
		"no comment":                      {file{"handler/a.go", "package x"}, "handler: no file says what the package is for"},
		"a comment of another kind":       {file{"handler/a.go", "// Copyright\npackage x"}, "handler: no file says what the package is for"},
		"the program's comment":           {file{"main.go", "// X does.\npackage main"}, ""},
		"work left open":                  {file{"handler/a.go", doc + "package x\n// " + "TO" + "DO: later"}, "without a reason"},
		"work left open, with a reason":   {file{"handler/a.go", doc + "package x\n// " + "TO" + "DO(the API has no such field yet): read it"}, ""},
		"work left open, with nothing":    {file{"handler/a.go", doc + "package x\n// " + "TO" + "DO( ): later"}, "without a reason"},
		"no Go at all":                    {file{"handler/a.go", "x"}, "expected 'package'"},
	} {
		t.Run(name, func(t *testing.T) {
			got := problems([]file{tt.in})
			if tt.want == "" && len(got) > 0 {
				t.Errorf("found %q", got)
			}
			if tt.want != "" && !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, tt.want) }) {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

// A product is known by its traits, and asked in a file of its own: nothing else
// does one thing for a product and another for the others.
func TestNoProductIsAskedByItsName(t *testing.T) {
	products := []string{"ecs", "rds", "redis", "redisa", "mongodb", "dds", "polardb", "eip", "cbwp", "clb", "slb", "cas", "waf"}
	named := func(e ast.Expr) bool {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return false
		}
		word, err := strconv.Unquote(lit.Value)
		return err == nil && slices.Contains(products, word)
	}
	for _, f := range repository(t) {
		own := strings.HasPrefix(f.name, "internal/aliyun/") || strings.HasPrefix(f.name, "internal/emulator/")
		if own || strings.HasSuffix(f.name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, f.name, f.text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && (named(n.X) || named(n.Y)) {
					t.Errorf("%s asks for a product by its name: give it a trait", set.Position(n.Pos()))
				}
			case *ast.CaseClause:
				if slices.ContainsFunc(n.List, named) {
					t.Errorf("%s asks for a product by its name: give it a trait", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}
