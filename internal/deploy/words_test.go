package deploy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The runbook explains every word that a report or an error can have, and none
// that they cannot.
func TestRunbookExplainsEveryWord(t *testing.T) {
	runbook := read(t, "docs/runbook.md")
	for section, typeName := range map[string][2]string{
		"Statuses":    {"renewal", "Status"},
		"Outcomes":    {"renewal", "Outcome"},
		"Reasons":     {"renewal", "Reason"},
		"Modes":       {"renewal", "Mode"},
		"Error types": {"runner", "Kind"},
	} {
		want := constants(t, typeName[0], typeName[1])
		if len(want) < 3 {
			t.Fatalf("%v has only %v", typeName, want)
		}
		_, text, _ := strings.Cut(runbook, "\n## "+section+"\n")
		text, _, _ = strings.Cut(text, "\n## ")
		var got []string
		for _, row := range rows(text) {
			got = append(got, strings.Trim(row[0], "`"))
			for i, cell := range row {
				if cell == "" {
					t.Errorf("%s: %s: cell %d is empty", section, row[0], i+1)
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the runbook explains\n%v\nthe code says\n%v", section, got, want)
		}
	}
}

// constants gives the values of a type's constants.
func constants(t *testing.T, pkg, typeName string) (out []string) {
	t.Helper()
	for _, value := range namedConstants(t, pkg, typeName) {
		out = append(out, value)
	}
	return out
}

// namedConstants reads a type's constants from the files of a package: values by name.
func namedConstants(t *testing.T, pkg, typeName string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "internal", pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Names) != 1 || len(spec.Values) != 1 {
				return true
			}
			lit, isLiteral := spec.Values[0].(*ast.BasicLit)
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typeName && isLiteral {
				out[spec.Names[0].Name], _ = strconv.Unquote(lit.Value)
			}
			return true
		})
	}
	return out
}

// Codes of the API that the documents explain are in the tables of the code.
func TestDocumentedCodesAreKnown(t *testing.T) {
	var tables string
	for _, file := range []string{"codes.go", "ecs.go", "sts.go", "bss.go", "ordercodes.go"} {
		tables += read(t, "internal/aliyun/"+file)
	}
	_, text, _ := strings.Cut(read(t, "docs/runbook.md"), "\n## Codes of the API\n")
	text, _, _ = strings.Cut(text, "\n## ")
	for _, row := range rows(text) {
		for _, code := range quoted(row[0]) {
			if !strings.Contains(tables, `"`+code+`"`) {
				t.Errorf("%s is not in internal/aliyun", code)
			}
		}
	}
}

// Settings that documents name exist.
func TestDocumentedSettingsExist(t *testing.T) {
	known := strings.Join(slices.Concat(settingNames(), []string{"RENEW_MAXCOUNT"}), " ") + " "
	for _, name := range documents(t) {
		for _, found := range regexp.MustCompile(`RENEW_[A-Z_]+`).FindAllString(read(t, name), -1) {
			if !strings.Contains(known, found+" ") && found != "RENEW_" {
				t.Errorf("%s names %s, which is no setting", name, found)
			}
		}
	}
}

// The order of the checks is the policy, so the document has it as the code has
// it: package renewal, checks.
func TestPolicyHasTheChecksInTheirOrder(t *testing.T) {
	tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "internal/renewal/decide.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	words := namedConstants(t, "renewal", "Reason")
	bodies := map[string]*ast.BlockStmt{}
	for _, file := range []string{"decide.go", "unreadable.go", "unnamed.go"} {
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "internal/renewal", file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range tree.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				bodies[f.Name.Name] = f.Body
			}
		}
	}
	var inCode [][]string
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || spec.Names[0].Name != "checks" || len(spec.Values) != 1 {
			return true
		}
		list, _ := spec.Values[0].(*ast.CompositeLit)
		for _, check := range list.Elts {
			name := check.(*ast.Ident).Name
			if name == "provided" || name == "act" {
				continue // they do more than name a reason
			}
			var reasons []string
			ast.Inspect(bodies[name], func(n ast.Node) bool {
				if _, field := n.(*ast.SelectorExpr); field {
					return false // Instance.Unreadable is no reason
				}
				if name, ok := n.(*ast.Ident); ok && words[name.Name] != "" {
					reasons = append(reasons, words[name.Name])
				}
				return true
			})
			slices.Sort(reasons)
			if reasons = slices.Compact(reasons); len(reasons) > 0 {
				inCode = append(inCode, reasons)
			}
		}
		return false
	})
	_, text, _ := strings.Cut(read(t, "docs/policy.md"), "\n## The checks, in their order\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var inDocument [][]string
	for _, row := range rows(text) {
		reasons := quoted(row[2])
		slices.Sort(reasons)
		if slices.Contains(reasons, "provider-renews") {
			continue // a function of its own in the code
		}
		inDocument = append(inDocument, reasons)
		if slices.Contains(reasons, "locked") {
			break // what follows is not in the list
		}
	}
	if len(inCode) < 10 || !slices.EqualFunc(inCode, inDocument, slices.Equal[[]string]) {
		t.Errorf("the code checks\n%v\nthe document says\n%v", inCode, inDocument)
	}
}
