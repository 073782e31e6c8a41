package message

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// TestEveryWordOfTheReportHasAPhrase reads the constants themselves, so that a
// new reason cannot be forgotten here.
func TestEveryWordOfTheReportHasAPhrase(t *testing.T) {
	for _, l := range []lang.Language{lang.English, lang.Chinese} {
		p := phrasesIn(l)
		for typ, table := range map[string]any{
			"Reason": p.reasons, "Status": p.statuses, "Outcome": p.outcomes,
		} {
			for _, value := range constants(t, typ) {
				if typ == "Outcome" && value == "none" {
					continue // such an instance is told by its reason
				}
				if !hasKey(table, value) {
					t.Errorf("%s: no phrase for the %s %q", l, typ, value)
				}
			}
		}
	}
}

func hasKey(table any, key string) bool {
	return slices.ContainsFunc(reflect.ValueOf(table).MapKeys(), func(v reflect.Value) bool { return v.String() == key })
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

// TestBothLanguagesTakeTheSameValues compares the verbs of the formats.
func TestBothLanguagesTakeTheSameValues(t *testing.T) {
	en, zh := reflect.ValueOf(*english()), reflect.ValueOf(*chinese())
	for i := range en.NumField() {
		name := en.Type().Field(i).Name
		switch a, b := en.Field(i), zh.Field(i); a.Kind() {
		case reflect.String:
			sameVerbs(t, name, a.String(), b.String())
		case reflect.Map:
			if name == "currencies" {
				continue
			}
			for _, key := range a.MapKeys() {
				if !b.MapIndex(key).IsValid() {
					t.Errorf("%s[%s]: only in English", name, key)
					continue
				}
				sameVerbs(t, name+"["+key.String()+"]", a.MapIndex(key).String(), b.MapIndex(key).String())
			}
			if a.Len() != b.Len() {
				t.Errorf("%s: %d in English, %d in Chinese", name, a.Len(), b.Len())
			}
		}
	}
}

var verb = regexp.MustCompile(`%[sd]`)

func sameVerbs(t *testing.T, name, en, zh string) {
	t.Helper()
	if en == "" || zh == "" {
		t.Errorf("%s: %q in English, %q in Chinese", name, en, zh)
	}
	if a, b := verb.FindAllString(en, -1), verb.FindAllString(zh, -1); !slices.Equal(a, b) {
		t.Errorf("%s: %q in English, %q in Chinese", name, en, zh)
	}
}
