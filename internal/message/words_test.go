package message

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// TestEveryWordOfTheReportHasAPhrase reads the constants themselves, so that a
// new reason cannot be forgotten here.
func TestEveryWordOfTheReportHasAPhrase(t *testing.T) {
	w := Style{}.writer()
	for typ, phrase := range map[string]func(word string) lang.Text{
		"Reason":  func(word string) lang.Text { return w.reason(renewal.Reason(word)) },
		"Status":  func(word string) lang.Text { return w.status(renewal.Status(word)) },
		"Outcome": func(word string) lang.Text { return w.outcome(renewal.Outcome(word), lang.Text{}, false) },
	} {
		for _, word := range constants(t, typ) {
			if typ == "Outcome" && word == "none" {
				continue // such an instance is told by its reason
			}
			if text := phrase(word); text.In(lang.Chinese) == word {
				t.Errorf("no phrase for the %s %q", typ, word)
			}
		}
	}
}

func constants(t *testing.T, typ string) []string {
	t.Helper()
	var values []string
	for _, file := range []string{"words.go", "report.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), "../renewal/"+file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			name, ok := spec.Type.(*ast.Ident)
			if !ok || name.Name != typ {
				return true
			}
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
			return true
		})
	}
	if len(values) == 0 {
		t.Fatalf("no constants of type %s found", typ)
	}
	return values
}
