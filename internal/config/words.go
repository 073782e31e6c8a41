package config

import (
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What follows collects the words that a rule compares facts with, so that they
// can be held against what is in the list.

// compared notes a text, or a pattern, that a fact is compared with.
func (m *meaning) compared(fact ast.Node, text string, open bool) {
	switch n := fact.(type) {
	case *ast.IdentifierNode:
		if slices.Contains(textFacts, n.Value) || n.Value == "securityGroups" {
			m.keep(renewal.Word{Fact: n.Value, Text: text, Open: open})
		}
	case *ast.MemberNode:
		if isName(n.Node, "tags") {
			m.tagWord(n.Property, text, open)
		}
	}
}

// tagWord notes the key of a tag, and a value that it is compared with.
func (m *meaning) tagWord(key ast.Node, text string, open bool) {
	if k, ok := key.(*ast.StringNode); ok && text != "" {
		m.keep(renewal.Word{Fact: "tags", Key: k.Value, Text: text, Open: open})
	}
}

func (m *meaning) keep(w renewal.Word) {
	if !slices.Contains(m.words, w) {
		m.words = append(m.words, w)
	}
}

// globOf gives the pattern with wildcards that a regular expression stands for,
// if it is of the kind that people write for a name: ^tmp-, -old$, ^web-.*$.
func globOf(expression string) (glob string, plain bool) {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return "", false
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	var b strings.Builder
	for i, part := range parts {
		switch {
		case part.Op == syntax.OpLiteral && part.Flags&syntax.FoldCase == 0:
			if i == 0 {
				b.WriteByte('*')
			}
			b.WriteString(string(part.Rune))
			if i == len(parts)-1 {
				b.WriteByte('*')
			}
		case i == 0 && part.Op == syntax.OpBeginText, i == len(parts)-1 && part.Op == syntax.OpEndText:
		case part.Op == syntax.OpAlternate, part.Op == syntax.OpCapture, part.Op == syntax.OpLiteral:
			return "", false
		default:
			b.WriteByte('*') // digits, anything: it may be more than they mean
		}
	}
	return b.String(), strings.Trim(b.String(), "*") != ""
}
