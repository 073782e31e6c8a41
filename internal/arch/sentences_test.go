package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// speaking are the packages whose sentences people read.
var speaking = []string{
	".", "handler", "internal/renewal", "internal/runner", "internal/config", "internal/aliyun",
	"internal/message", "internal/notify", "internal/page", "internal/local",
}

// sayers hand a sentence on to Say or Err of package lang: by package and name,
// where in the arguments the English is.
var sayers = map[string]int{
	"lang.Say": 0, "lang.Err": 0,
	"internal/aliyun say":    0, // advice in the tables of codes, a row a line
	"internal/config refuse": 1, // of a part of a rule
	"internal/page said":     0, // in the frame of the page
}

// unsaid are texts that are no sentences of ours, or files full of them, each with
// the reason.
var unsaid = map[string]string{
	"internal/config/table.go": "the table of the README, whose Chinese is README.zh-CN.md",
	"过期":                       "what DingTalk says",
	"too many request":         "what Feishu says",
	` ?[(（](?:request id|请求 ID) [^)）]*[)）]`:                                   "what is looked for in either language",
	`{"msg":"report","level":"ERROR","error":"the report cannot be written"}`: "a line of the log",
}

// foreign are the files that make errors of what others have said.
var foreign = map[string]string{
	"internal/config/rules.go": "the words of the reader of YAML",
	"internal/config/when.go":  "the words of the reader of expressions",
}

// A sentence is one call that says something.
type sentence struct {
	at     token.Position
	en, zh string
	args   int // that are passed; -1 = a list that is not known here
}

// sentences gives what a file says, and what is wrong with how it says it.
func sentences(f file) (said []sentence, wrong []string) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, f.name, f.text, 0)
	if err != nil {
		return nil, []string{err.Error()}
	}
	tell := func(n ast.Node, format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("%s: %s", set.Position(n.Pos()), fmt.Sprintf(format, args...)))
	}
	inSayer := false
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field: // its tag is read by programs, and by --help
			return n.Tag == nil
		case *ast.CallExpr:
			name := called(n)
			_, method, _ := strings.Cut(name, ".")
			first, says := sayers[name]
			if !says {
				first, says = sayers[f.dir()+" "+method]
			}
			switch {
			case says:
				if inSayer {
					return false // hands on what it is given
				}
				s, ok := read(n, first)
				if !ok {
					tell(n, "%s takes two texts as they are written, English and Chinese", name)
					return true
				}
				s.at = set.Position(n.Pos())
				said = append(said, s)
				for _, arg := range slices.Concat(n.Args[:first], n.Args[first+2:]) {
					ast.Inspect(arg, visit)
				}
				return false
			case name == "errors.New" && foreign[f.name] != "" && !isLiteral(n.Args[0]):
			case name == "fmt.Errorf" || name == "errors.New":
				tell(n, "%s has one language; lang.Err has both", name)
				return false
			case logs(name) || name == "panic":
				return false // the log is for programs and for whoever debugs
			case name == "kong.Description":
				return false // as Help
			}
		case *ast.FuncDecl:
			_, inSayer = sayers[f.dir()+" "+n.Name.Name]
			return n.Name.Name != "Help" // of the command line, which has one language
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil && isSentence(text) && unsaid[text] == "" {
				tell(n, "%q is said in one language; lang.Say has both", text)
			}
		}
		return true
	}
	ast.Inspect(tree, visit)
	return said, wrong
}

// called is the name of what is called, with what it is called on.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		on := "?"
		switch x := f.X.(type) {
		case *ast.Ident:
			on = x.Name
		case *ast.SelectorExpr:
			on = x.Sel.Name
		}
		return on + "." + f.Sel.Name
	}
	return ""
}

func logs(name string) bool {
	on, method, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"Log", "log", "l", "logger"}, on) && slices.Contains([]string{"Debug", "Info", "Warn", "Error"}, method)
}

// read takes the two texts of a call, of which the first is the argument first.
func read(call *ast.CallExpr, first int) (s sentence, ok bool) {
	if len(call.Args) < first+2 {
		return s, false
	}
	en, ok1 := literal(call.Args[first])
	zh, ok2 := literal(call.Args[first+1])
	args := len(call.Args) - first - 2
	if call.Ellipsis.IsValid() {
		args = -1
	}
	return sentence{en: en, zh: zh, args: args}, ok1 && ok2
}

func literal(e ast.Expr) (string, bool) {
	if sum, ok := e.(*ast.BinaryExpr); ok && sum.Op == token.ADD {
		x, ok1 := literal(sum.X)
		y, ok2 := literal(sum.Y)
		return x + y, ok1 && ok2
	}
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

func isLiteral(e ast.Expr) bool { _, ok := literal(e); return ok }

var sentenceForm = regexp.MustCompile(`[A-Za-z']+ [a-z]+ [a-z]{2,}`)

// isSentence says whether a text is words for people: three in a row.
func isSentence(text string) bool {
	return sentenceForm.MatchString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

var verbForm = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*[\d.]*([a-zA-Z%])`)

// verbs gives what a format does with each of its arguments.
func verbs(format string) map[int]string {
	used, next := map[int]string{}, 1
	for _, m := range verbForm.FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		used[next] = m[2]
		next++
	}
	return used
}

var (
	// Codes, settings and names stay as they are; words are translated.
	wordForm    = regexp.MustCompile(`(?:^|[ (;,])[a-z]{2,}(?:$|[ ,.;:)])`)
	englishLeft = regexp.MustCompile(`(?:^|[^\w./=-])[a-z]{2,} [a-z]{2,} [a-z]{2,}(?:[^\w./=-]|$)`)
	halfWidth   = regexp.MustCompile(`\p{Han}[,;:?!()]|[,;:?!()]\p{Han}`)
	loneBlank   = regexp.MustCompile(`[，；：。、（）] | [，；：。、（）]`)
	fullWidth   = regexp.MustCompile(`[，；：。、（）]|\p{Han}`)
)

// faults says what is wrong with the two texts of a sentence.
func (s sentence) faults() (wrong []string) {
	tell := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	en, zh := verbs(s.en), verbs(s.zh)
	tell(!maps.Equal(en, zh), "the arguments differ: %v in English, %v in Chinese", en, zh)
	tell(s.args >= 0 && len(en) != s.args, "%d arguments for %d", s.args, len(en))
	bare := verbForm.ReplaceAllString(s.en, "_")
	bareZH := verbForm.ReplaceAllString(s.zh, "_")
	tell(wordForm.MatchString(bare) && bare != "id" && !strings.ContainsFunc(s.zh, func(r rune) bool { return unicode.Is(unicode.Han, r) || r == '、' }), "the Chinese is none")
	tell(englishLeft.MatchString(bareZH), "English is left in the Chinese")
	tell(halfWidth.MatchString(bareZH), "the Chinese has punctuation of half width")
	tell(loneBlank.MatchString(bareZH), "the Chinese has a blank beside its punctuation")
	tell(fullWidth.MatchString(cjkQuoted.ReplaceAllString(bare, "")), "the English holds Chinese")
	tell(strings.HasSuffix(strings.TrimSpace(s.en), ".") != strings.HasSuffix(strings.TrimSpace(s.zh), "。"), "one ends with a full stop, and the other does not")
	return wrong
}

// cjkQuoted is what an English sentence may hold of Chinese: single characters
// that it is about.
var cjkQuoted = regexp.MustCompile(`full-width [，；：＝、\p{Han}]`)

// Whatever people read is said in both languages, and in one way.
func TestEverySentenceIsInBothLanguages(t *testing.T) {
	count := 0
	for _, f := range repository(t) {
		if f.test() || f.dir() == "internal/lang" || !slices.Contains(speaking, f.dir()) {
			continue
		}
		said, wrong := sentences(f)
		count += len(said)
		if unsaid[f.name] == "" {
			for _, w := range wrong {
				t.Error(w)
			}
		}
		for _, s := range said {
			for _, fault := range s.faults() {
				t.Errorf("%s: %s:\n\t%q\n\t%q", s.at, fault, s.en, s.zh)
			}
		}
	}
	if count < 300 {
		t.Errorf("%d sentences were found; are they said elsewhere?", count)
	}
}

// The test itself is tested: each of these must be found.
func TestFaultsOfSentencesAreFound(t *testing.T) {
	for name, tt := range map[string]struct {
		code string
		want string // "" = nothing is wrong
	}{
		"as it should be":        {`lang.Say("%s expires in %d days", "%s 还剩 %d 天到期", id, n)`, ""},
		"in another order":       {`lang.Say("%[1]s of account %[2]s", "账号 %[2]s 的%[1]s", a, b)`, ""},
		"codes alone":            {`lang.Say("RENEW_TAGS: %s", "RENEW_TAGS：%s", a)`, ""},
		"a text in two parts":    {`lang.Say("one thing and "+"another", "一件事" + "和另一件", a)`, "1 arguments for 0"},
		"one language":           {`errors.New("it is not there")`, "errors.New has one language"},
		"one language, wrapped":  {`fmt.Errorf("it is not there: %w", err)`, "fmt.Errorf has one language"},
		"put together":           {`fmt.Sprintf("%s is not there", id)`, "said in one language"},
		"put together by hand":   {`f(id + " is not there at all")`, "said in one language"},
		"Chinese alone":          {`f("没有")`, "said in one language"},
		"inside of another":      {`lang.Say("its price: %v", "价格：%v", errors.New("is not known here"))`, "errors.New has one language"},
		"not as it is written":   {`lang.Say(en, zh, a)`, "as they are written"},
		"arguments in disorder":  {`lang.Say("%s has %d", "%d 属于 %s", a, b)`, "the arguments differ"},
		"one argument less":      {`lang.Say("%s has %d", "%s 没有", a, b)`, "the arguments differ"},
		"more than are used":     {`lang.Say("%s is there", "%s 存在", a, b)`, "2 arguments for 1"},
		"no Chinese":             {`lang.Say("it is not there", "it is not there")`, "the Chinese is none"},
		"half Chinese":           {`lang.Say("no: it is not there", "没有：it is not there")`, "English is left"},
		"half width":             {`lang.Say("no: it is gone", "没有: 已删除")`, "half width"},
		"a blank too many":       {`lang.Say("no: it is gone", "没有： 已删除")`, "a blank beside"},
		"Chinese in the English": {`lang.Say("no，it is gone", "没有，已删除")`, "the English holds Chinese"},
		"one full stop":          {`lang.Say("It is gone.", "已删除")`, "full stop"},
		"a line of the log":      {`h.Log.Info("the run has begun", "id", id)`, ""},
		"a word that is a key":   {`f("not-due", "it")`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			said, wrong := sentences(file{"handler/a.go", "package handler\nfunc g() { " + tt.code + " }"})
			for _, s := range said {
				wrong = append(wrong, s.faults()...)
			}
			all := strings.Join(wrong, "\n")
			if (tt.want == "") != (all == "") || !strings.Contains(all, tt.want) {
				t.Errorf("%s: found %q, want %q", tt.code, all, tt.want)
			}
		})
	}
}
