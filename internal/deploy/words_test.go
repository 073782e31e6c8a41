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
	files, err := filepath.Glob(filepath.Join(root, "internal", pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range tree.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, s := range group.Specs {
				value, _ := s.(*ast.ValueSpec)
				if name, ok := value.Type.(*ast.Ident); !ok || name.Name != typeName {
					continue
				}
				for _, v := range value.Values {
					if lit, ok := v.(*ast.BasicLit); ok {
						text, _ := strconv.Unquote(lit.Value)
						out = append(out, text)
					}
				}
			}
		}
	}
	return out
}

// Codes of the API that the documents explain are in the table of the code.
func TestDocumentedCodesAreKnown(t *testing.T) {
	table := read(t, "internal/aliyun/codes.go")
	_, text, _ := strings.Cut(read(t, "docs/runbook.md"), "\n## Codes of the API\n")
	text, _, _ = strings.Cut(text, "\n## ")
	for _, row := range rows(text) {
		for _, code := range quoted(row[0]) {
			family, _, _ := strings.Cut(code, ".")
			if !strings.Contains(table, `"`+code+`"`) && !strings.Contains(table, `"`+family+`"`) {
				t.Errorf("%s is not in internal/aliyun/codes.go", code)
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
