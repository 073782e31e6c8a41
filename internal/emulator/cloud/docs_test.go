package cloud

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the tables of docs/emulator.md")

const (
	docsFile    = "../../../docs/emulator.md"
	chineseFile = "../../../docs/zh/emulator.md"
)

// What a fleet file and a fault may say, and what is answered at all, stands in
// docs/emulator.md in the words of the code: its tables are made from the types,
// their tags and their comments.
func TestDocsHaveEveryKeyFaultAndAction(t *testing.T) {
	source := readSource(t)
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, table := range source.tables(t) {
		begin := "<!-- " + name + ": `go test ./internal/emulator/cloud -update` writes this table from the code -->\n"
		before, rest, ok := strings.Cut(want, begin)
		_, after, closed := strings.Cut(rest, "<!-- end -->")
		if !ok || !closed {
			t.Fatalf("docs/emulator.md has no table %q between %q and <!-- end -->", name, strings.TrimSpace(begin))
		}
		want = before + begin + table + "<!-- end -->" + after
	}
	if *update {
		if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil { // #nosec G306 -- a document
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Error("the tables of docs/emulator.md are not those of the code; go test ./internal/emulator/cloud -update writes them")
	}
}

// The Chinese page has the same keys, with values of the same form. That it has the same
// rows and words of code as the English one is for internal/deploy to say.
func TestChineseDocsHaveTheSameForms(t *testing.T) {
	text, err := os.ReadFile(chineseFile)
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range readSource(t).tables(t) {
		if name == "actions" || name == "kinds of faults" {
			continue // no forms
		}
		_, rest, _ := strings.Cut(string(text), "<!-- "+name+": ")
		chinese, _, _ := strings.Cut(rest, "<!-- end -->")
		shown := strings.Split(strings.TrimSpace(chinese), "\n")[1:]
		want := strings.Split(strings.TrimSpace(table), "\n")
		if len(shown) != len(want) {
			t.Errorf("%s: %d lines, want %d", name, len(shown), len(want))
			continue
		}
		for i := 2; i < len(want); i++ {
			is, english := strings.SplitN(shown[i], " | ", 3), strings.SplitN(want[i], " | ", 3)
			if is[0] != english[0] || is[1] != inChinese(english[1]) {
				t.Errorf("%s: %q, want %s | %s", name, shown[i], english[0], inChinese(english[1]))
			}
		}
	}
}

// inChinese is the form of a value in Chinese.
func inChinese(form string) string {
	if chinese, ok := map[string]string{
		"see below": "见下文", "duration": "时长", "time": "时间", "text": "文本", "number": "数字", "amount": "金额",
		"list of texts": "文本列表", "list of numbers": "数字列表", "texts by name": "按名称的文本", "amount, or `unknown`": "金额，或 `unknown`",
		"time at which a term ends": "周期结束的时间", "time by the wall clock": "按真实时钟的时间", "a kind, see above": "种类，见上文",
	}[form]; ok {
		return chinese
	}
	return strings.NewReplacer(" to ", " 到 ", "`, `", "`、`").Replace(form)
}

// The fleet files that the document shows are some.
func TestDocsShowFleetFiles(t *testing.T) {
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(shown) < 2 {
		t.Fatalf("%d fleet files are shown", len(shown))
	}
	for _, file := range shown {
		fleet, err := LoadFleet(strings.NewReader(file[1]), t0)
		if err != nil {
			t.Fatalf("%v, in\n%s", err, file[1])
		}
		fleet.Apply(New(Options{Now: frozen}))
	}
}

// What the document says of each product is what its row says.
func TestDocsHaveEveryProduct(t *testing.T) {
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	translation, err := os.ReadFile(chineseFile)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Other products\n")
	_, chinese, _ := strings.Cut(string(translation), "\n## 其他产品\n")
	for _, p := range products {
		if p == ecs {
			continue
		}
		rowOf := regexp.MustCompile("(?m)^\\| .*`" + p.key + "`.* \\|$")
		row := rowOf.FindString(section)
		days, before := fmt.Sprintf(" %d days before ", p.deducts/day), fmt.Sprintf(" 到期前 %d 天 ", p.deducts/day)
		if p.deducts%day != 0 {
			days = fmt.Sprintf(" %d d %d h before ", p.deducts/day, p.deducts%day/time.Hour)
			before = fmt.Sprintf(" 到期前 %d 天 %d 小时 ", p.deducts/day, p.deducts%day/time.Hour)
		}
		if row := rowOf.FindString(chinese); !strings.Contains(row, before) {
			t.Errorf("%s: %q does not say%s", p.key, row, before)
		}
		kept := fmt.Sprintf(" %d d", p.china.kept/day)
		if p == redis {
			kept = "as `rds`"
		}
		if !strings.Contains(row, "`"+p.code+"`") || !strings.Contains(row, days) || !strings.Contains(row, kept) {
			t.Errorf("%s: %q says otherwise than code %s,%sand kept %s", p.key, row, p.code, days, kept)
		}
	}
}

// source is the package as it is written.
type source struct {
	fields map[string]map[string]string // comments, by type and field
	kinds  [][2]string                  // of faults, with their comments
}

func readSource(t *testing.T) source {
	t.Helper()
	s := source{fields: map[string]map[string]string{}}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, s.visit)
	}
	return s
}

func (s *source) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.TypeSpec:
		if of, ok := n.Type.(*ast.StructType); ok && n.Name.IsExported() {
			s.fields[n.Name.Name] = map[string]string{}
			for _, f := range of.Fields.List {
				for _, name := range f.Names {
					s.fields[n.Name.Name][name.Name] = oneLine(cmp.Or(f.Comment.Text(), f.Doc.Text()))
				}
			}
		}
	case *ast.ValueSpec:
		if of, ok := n.Type.(*ast.Ident); ok && of.Name == "FaultKind" {
			kind, _ := strconv.Unquote(n.Values[0].(*ast.BasicLit).Value)
			s.kinds = append(s.kinds, [2]string{kind, oneLine(n.Comment.Text())})
		}
	}
	return true
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// tables are all that the document has, by name.
func (s source) tables(t *testing.T) map[string]string {
	tables := map[string]string{"actions": actionsTable(), "kinds of faults": s.kindsTable(t)}
	s.keysTables(t, "the file", reflect.TypeFor[fleetFile](), tables)
	return tables
}

// keysTables adds the table of a type, and those of the types that it holds: a
// new section of a fleet file cannot go unsaid.
func (s source) keysTables(t *testing.T, name string, of reflect.Type, tables map[string]string) {
	table := "| key | value | meaning |\n|---|---|---|\n"
	for _, f := range fileFields(of) {
		meaning := fleetFileKeys[f.key]
		if of != reflect.TypeFor[fleetFile]() {
			meaning = s.plain(of, s.fields[of.Name()][f.Name])
		}
		if meaning == "" {
			t.Errorf("%s.%s has no comment that says what it is", of.Name(), f.Name)
		}
		if inner, ok := structOf(f.Type); ok {
			s.keysTables(t, f.key, inner, tables)
		}
		table += fmt.Sprintf("| `%s` | %s | %s |\n", f.key, form(f), strings.ReplaceAll(meaning, "|", `\|`))
	}
	if old, there := tables[name]; there && old != table {
		t.Errorf("two sections of a fleet file are called %s", name)
	}
	tables[name] = table
}

// structOf is the struct that a section, or an item of it, is.
func structOf(of reflect.Type) (reflect.Type, bool) {
	if of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		of = of.Elem()
	}
	return of, of.Kind() == reflect.Struct && of != reflect.TypeFor[time.Time]()
}

// fleetFileKeys are the sections of a file.
var fleetFileKeys = map[string]string{
	"site":      "the site of the accounts; default: china",
	"regions":   "the regions that are known; default: fifteen usual ones",
	"options":   "what the cloud does where the documents leave it open, and what it is slow with",
	"budgets":   "by action, as `RenewInstance` or `ecs:RenewInstance`: how many calls it allows",
	"billing":   "what the billing API does",
	"products":  "by product (`ecs`, `rds`, `redis`, `mongodb`, `polardb`, `eip`, `cbwp`, `clb`, or a billing code): what it does",
	"accounts":  "default: one account, 1234567890123456, with key and secret `emulator`",
	"instances": "the subscriptions of all products",
	"orders":    "orders that somebody else has made",
	"faults":    "what goes wrong, and when",
}

// plain says in the words of a file what a comment says in those of the code.
func (s source) plain(of reflect.Type, comment string) string {
	for _, type_ := range []reflect.Type{reflect.TypeFor[Options](), reflect.TypeFor[BillingOptions](), of} {
		section := map[string]string{"Options": "options.", "BillingOptions": "billing."}[type_.Name()]
		for _, f := range fileFields(type_) {
			comment = strings.ReplaceAll(comment, type_.Name()+"."+f.Name, "`"+section+f.key+"`")
			if type_ == of && f.Name != strings.ToUpper(f.Name) {
				comment = regexp.MustCompile(`(^|[^\w.:`+"`"+`])`+f.Name+`\b`).ReplaceAllString(comment, "$1`"+f.key+"`")
			}
		}
	}
	comment = regexp.MustCompile(`(""|\bnil|\bzero|\b0) = `).ReplaceAllString(comment, "default: ")
	comment = strings.ReplaceAll(comment, "; negative = never", ", or `never`")
	comment = strings.ReplaceAll(comment, ", negative = never", ", or `never`")
	return regexp.MustCompile(`\b(unknown|true|false) = `).ReplaceAllString(comment, "`$1`: ")
}

// form is what a value looks like.
func form(f fileField) string {
	for _, rule := range f.rules {
		name, value, _ := strings.Cut(rule, "=")
		switch name {
		case "oneof":
			return "`" + strings.ReplaceAll(value, "|", "`, `") + "`"
		case "most":
			return "1 to " + value
		case "amount":
			return "amount"
		case "price":
			return "amount, or `unknown`"
		case "term":
			return "time at which a term ends"
		case "wall":
			return "time by the wall clock"
		}
	}
	if _, ok := structOf(f.Type); ok {
		return "see below"
	}
	switch of := f.Type; {
	case of == reflect.TypeFor[time.Duration]():
		return "duration"
	case of == reflect.TypeFor[time.Time]():
		return "time"
	case of == reflect.TypeFor[FaultKind]():
		return "a kind, see above"
	case of.Kind() == reflect.Bool:
		return "`true`, `false`"
	case of.Kind() == reflect.Int:
		return "number"
	case of.Kind() == reflect.String:
		return "text"
	case of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Int:
		return "list of numbers"
	case of.Kind() == reflect.Slice:
		return "list of texts"
	}
	return "texts by name"
}

func (s source) kindsTable(t *testing.T) string {
	table := "| kind | what happens |\n|---|---|\n"
	var kinds []FaultKind
	for _, k := range s.kinds {
		kinds = append(kinds, FaultKind(k[0]))
		if k[1] == "" {
			t.Errorf("the fault %s has no comment that says what it does", k[0])
		}
		if FaultKind(k[0]) != Hook {
			table += fmt.Sprintf("| `%s` | %s |\n", k[0], s.plain(reflect.TypeFor[Fault](), k[1]))
		}
	}
	if all := FaultKinds(); !slices.Equal(kinds, all) {
		t.Errorf("FaultKinds gives\n%v\nand there are\n%v", all, kinds)
	}
	return table
}

func actionsTable() string {
	names := map[string][]string{}
	for _, a := range allActions() {
		key := fmt.Sprintf("| `%s` | %s |", a.product, a.version)
		names[key] = append(names[key], a.name)
	}
	table := "| product | version | actions |\n|---|---|---|\n"
	var rows []string
	for key, list := range names {
		slices.Sort(list)
		rows = append(rows, key+" `"+strings.Join(list, "`, `")+"` |\n")
	}
	slices.Sort(rows)
	return table + strings.Join(rows, "")
}
