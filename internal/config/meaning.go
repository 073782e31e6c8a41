package config

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A meaning goes through an expression from its leaves to its root, and sees to
// it that every comparison means what a reader takes it for: what can be made to
// mean that is rewritten, and what cannot is refused. The first refusal counts.
type meaning struct {
	zone    *time.Location
	at      file.Location
	refusal error

	absent  map[ast.Node]ast.Node // of what can be missing: the condition under which it is there
	inexact map[ast.Node]bool     // numbers that are never round, since time passes
	lets    variablesOf           // what is said with let

	asks  map[string]bool // the facts that it asks for
	words []renewal.Word  // what it compares them with
}

func newMeaning(zone *time.Location) *meaning {
	return &meaning{zone: zone, absent: map[ast.Node]ast.Node{}, inexact: map[ast.Node]bool{}, lets: variablesOf{}, asks: map[string]bool{}}
}

// refuse says what is wrong with a node. Both texts take the same arguments.
func (m *meaning) refuse(n ast.Node, en, zh string, args ...any) {
	if m.refusal == nil {
		m.at, m.refusal = n.Location(), lang.Err(en, zh, args...)
	}
}

// Visit implements ast.Visitor: what is below node was visited before.
func (m *meaning) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		m.name(n)
	case *ast.MemberNode, *ast.ChainNode, *ast.BuiltinNode:
		m.tag(node)
	case *ast.CallNode:
		m.call(node, n)
	case *ast.VariableDeclaratorNode:
		m.nothing(n.Value)
	case *ast.BinaryNode:
		m.binary(node, n)
	}
	m.note(*node)
}

// name refuses the way around the names that are known, and takes a variable
// for what it stands for.
func (m *meaning) name(n *ast.IdentifierNode) {
	let := m.lets[n.Value]
	if let != nil && m.absent[let.Value] != nil {
		m.absent[n] = m.absent[let.Value]
	}
	if let == nil {
		m.asks[n.Value] = true
	}
	if n.Value == "$env" {
		m.refuse(n, "there is no $env; known are %s", "没有 $env；可用的名称：%s", factNames)
	}
}

// tag makes every way to ask for a tag the same, so that one that is not there
// reads as an empty text, and remembers how to ask whether it is there.
func (m *meaning) tag(node *ast.Node) {
	var key ast.Node
	switch n := (*node).(type) {
	case *ast.ChainNode: // tags?.owner
		if m.absent[n.Node] != nil {
			m.absent[n] = m.absent[n.Node]
		}
		return
	case *ast.MemberNode: // tags["owner"], tags.owner
		if isName(n.Node, "tags") && !n.Method {
			key, n.Optional = n.Property, false
		}
	case *ast.BuiltinNode: // get(tags, "owner")
		if n.Name == "get" && len(n.Arguments) == 2 && isName(n.Arguments[0], "tags") {
			key = n.Arguments[1]
			patch(node, &ast.MemberNode{Node: n.Arguments[0], Property: key}, textType)
		}
	}
	if key != nil {
		m.tagWord(key, "*", false)
		m.absent[*node] = typed(&ast.BinaryNode{Operator: "in", Left: key, Right: &ast.IdentifierNode{Value: "tags"}}, boolType)
	}
}

// call settles dates and lengths of time that are written out, when the rule is
// read: a slip in one is not to be met by the first instance.
func (m *meaning) call(node *ast.Node, n *ast.CallNode) {
	if member, ok := n.Callee.(*ast.MemberNode); ok {
		if property, ok := member.Property.(*ast.StringNode); ok && property.Value == "Equal" && isTime(member.Node) {
			m.oneMoment(n)
		}
		return
	}
	written := make([]string, len(n.Arguments))
	for i, argument := range n.Arguments {
		text, ok := argument.(*ast.StringNode)
		if !ok {
			return
		}
		written[i] = text.Value
	}
	switch {
	case isName(n.Callee, "now"):
		m.refuse(n, "now is a time by itself: write now, without brackets", "now 本身就是时间：请写 now，不带括号")
	case isName(n.Callee, "date") && len(written) > 0:
		m.settle(node, func() (any, error) { return dateOf(m.zone, written[0], written[1:]...) })
	case isName(n.Callee, "duration") && len(written) == 1:
		m.settle(node, func() (any, error) { return durationOf(written[0]) })
	}
}

func (m *meaning) settle(node *ast.Node, value func() (any, error)) {
	v, err := value()
	if err != nil {
		m.refuse(*node, "%v", "%v", err)
		return
	}
	patch(node, &ast.ConstantNode{Value: v}, reflect.TypeOf(v))
}

func (m *meaning) binary(node *ast.Node, n *ast.BinaryNode) {
	switch n.Operator {
	case "==", "!=":
		if !m.missing(node, n) {
			m.same(n)
		}
	case "??":
		m.otherwise(node, n)
	case "in":
		m.within(node, n)
	case "<", "<=", ">", ">=":
		m.order(n)
	case "startsWith", "endsWith", "contains", "matches":
		m.nothing(n.Left, n.Right)
		if text, ok := n.Right.(*ast.StringNode); ok {
			m.partOf(n, text)
		}
	default:
		m.nothing(n.Left, n.Right)
	}
}

// missing takes x == nil for what is meant by it: the tag is not there.
func (m *meaning) missing(node *ast.Node, n *ast.BinaryNode) bool {
	side := n.Left
	switch {
	case isNil(n.Right):
	case isNil(n.Left):
		side = n.Right
	default:
		return false
	}
	there := m.absent[side]
	switch {
	case there == nil:
		m.refuse(n, `only a tag can be missing: write tags["key"] == nil, or compare with "" or 0`, `只有标签可能不存在：请写 tags["key"] == nil，或与 ""、0 比较`)
	case n.Operator == "!=":
		patch(node, there, boolType)
	default:
		patch(node, &ast.UnaryNode{Operator: "not", Node: there}, boolType)
	}
	return true
}

// otherwise takes x ?? y for what is meant by it: y where the tag is not there.
func (m *meaning) otherwise(node *ast.Node, n *ast.BinaryNode) {
	there := m.absent[n.Left]
	if there == nil {
		m.refuse(n, `?? asks whether something is missing, and only a tag can be: tags["key"] ?? "none"`, `?? 用于判断是否不存在，而只有标签可能不存在：tags["key"] ?? "none"`)
		return
	}
	m.nothing(n.Right)
	choice := &ast.ConditionalNode{Ternary: true, Cond: there, Exp1: n.Left, Exp2: n.Right}
	patch(node, choice, n.Right.Type())
	if other := m.absent[n.Right]; other != nil {
		m.absent[choice] = typed(&ast.BinaryNode{Operator: "or", Left: there, Right: other}, boolType)
	}
}

// nothing refuses nil where no tag is asked about.
func (m *meaning) nothing(nodes ...ast.Node) {
	for _, n := range nodes {
		if isNil(n) {
			m.refuse(n, `nil can only stand beside a tag, as in tags["key"] == nil`, `nil 只能与标签比较，例如 tags["key"] == nil`)
		}
	}
}

// same is about == and !=.
func (m *meaning) same(n *ast.BinaryNode) {
	for _, side := range []ast.Node{n.Left, n.Right} {
		switch {
		case isTime(side) || isLength(side):
			m.oneMoment(n)
		case m.inexact[side]:
			m.neverRound(n, n.Left, n.Right)
		case isCollection(side):
			m.refuse(n, `a list or a map cannot be compared as a whole: write "sg-1" in securityGroups, or len(tags) == 0`, `列表和映射不能整体比较：请写 "sg-1" in securityGroups 或 len(tags) == 0`)
		}
	}
	n.Left, n.Right = counted(n.Left), counted(n.Right)
	for _, pair := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		if text, ok := pair[1].(*ast.StringNode); ok {
			m.possible(pair[0], text)
			m.compared(pair[0], text.Value, false)
		}
	}
}

// within is about in.
func (m *meaning) within(node *ast.Node, n *ast.BinaryNode) {
	m.nothing(n.Left, n.Right)
	n.Left = counted(n.Left)
	if text, ok := n.Left.(*ast.StringNode); ok {
		switch {
		case isName(n.Right, "tags"):
			m.tagWord(text, "*", false)
		case isName(n.Right, "securityGroups"):
			m.compared(n.Right, text.Value, false)
		}
	}
	if list, ok := n.Right.(*ast.ArrayNode); ok {
		m.among(n, list)
	}
	between, isRange := n.Right.(*ast.BinaryNode)
	isRange = isRange && between.Operator == ".."
	switch {
	case isRange && isEmpty(between):
		m.refuse(between, "there is no number in it: write the smaller one first", "其中没有任何数：请把较小的数写在前面")
	case isRange && isNumber(n.Left):
		patch(node, &ast.BinaryNode{Operator: "and",
			Left:  typed(&ast.BinaryNode{Operator: ">=", Left: n.Left, Right: between.Left}, boolType),
			Right: typed(&ast.BinaryNode{Operator: "<=", Left: n.Left, Right: between.Right}, boolType)}, boolType)
	case isTime(n.Left) || isLength(n.Left):
		m.oneMoment(n)
	case m.inexact[n.Left]:
		m.neverRound(n, n.Left, nil)
	}
}

// among is about in and a list that is written out.
func (m *meaning) among(n *ast.BinaryNode, list *ast.ArrayNode) {
	m.nothing(list.Nodes...)
	for _, element := range list.Nodes {
		text, ok := element.(*ast.StringNode)
		if ok {
			m.possible(n.Left, text)
			m.compared(n.Left, text.Value, false)
		}
		if isText(n.Left) && isLiteral(element) && !ok {
			m.refuse(element, "it is compared with a text: write it in quotes", "它要与文本比较：请加上引号")
		}
	}
	if len(list.Nodes) == 0 {
		m.refuse(list, "the list is empty, so nothing is in it", "列表为空，不会有任何实例符合")
	}
}

// partOf is about the operators that compare with a part of a text.
func (m *meaning) partOf(n *ast.BinaryNode, text *ast.StringNode) {
	like, plain := text.Value, true
	switch n.Operator {
	case "startsWith":
		like += "*"
	case "endsWith":
		like = "*" + like
	case "contains":
		like = "*" + like + "*"
	case "matches":
		like, plain = globOf(text.Value)
	}
	if n.Operator != "matches" {
		m.wildcard(n.Left, text)
	}
	if plain {
		m.compared(n.Left, like, true)
	}
}

// order is about < and its like.
func (m *meaning) order(n *ast.BinaryNode) {
	m.nothing(n.Left, n.Right)
	n.Left, n.Right = counted(n.Left), counted(n.Right)
	for _, pair := range [][2]ast.Node{{n.Left, n.Right}, {n.Right, n.Left}} {
		text, ok := pair[1].(*ast.StringNode)
		if !ok {
			continue
		}
		if isTime(pair[0]) {
			m.refuse(n, "a time is compared with a date: write date(%q)", "时间要与日期比较：请写 date(%q)", text.Value)
		}
		if _, err := strconv.ParseFloat(strings.TrimSpace(text.Value), 64); err == nil && isText(pair[0]) {
			m.refuse(n, `texts are ordered by their letters, so "10" comes before "9": write float(…) %s %s`, `文本按字符排序，"10" 排在 "9" 之前：请写 float(…) %s %s`, n.Operator, text.Value)
		}
	}
}

// oneMoment refuses to compare times for being the same.
func (m *meaning) oneMoment(n ast.Node) {
	m.refuse(n, `a time is a moment, and hardly ever the very same one: write expires >= date("2026-12-01") and expires < date("2026-12-02"), or expires.Format("2006-01-02") == "2026-12-01"`,
		`时间精确到秒，几乎不会恰好相等：请写 expires >= date("2026-12-01") and expires < date("2026-12-02")，或 expires.Format("2006-01-02") == "2026-12-01"`)
}

// neverRound refuses to compare days left for being the same.
func (m *meaning) neverRound(n, left, right ast.Node) {
	for _, side := range []ast.Node{left, right} {
		if whole, ok := side.(*ast.IntegerNode); ok {
			m.refuse(n, "daysLeft has decimals (2.9), and is hardly ever a whole number: write daysLeft >= %d and daysLeft < %d", "daysLeft 带小数（如 2.9），几乎不会恰好是整数：请写 daysLeft >= %d and daysLeft < %d", whole.Value, whole.Value+1)
		}
	}
	m.refuse(n, "daysLeft has decimals (2.9), and is hardly ever a certain number: write daysLeft >= 3 and daysLeft < 4, or daysLeft in 3..4", "daysLeft 带小数（如 2.9），几乎不会恰好等于某个数：请写 daysLeft >= 3 and daysLeft < 4，或 daysLeft in 3..4")
}

// possible refuses a text that the fact it is compared with never has.
func (m *meaning) possible(fact ast.Node, text *ast.StringNode) {
	name, ok := fact.(*ast.IdentifierNode)
	if !ok {
		return
	}
	switch {
	case name.Value == "mode" && !slices.Contains(modes, text.Value):
		m.refuse(text, "mode is never %q; it is one of %s", "mode 不会是 %q；可能的值：%s", text.Value, strings.Join(modes, ", "))
	case name.Value == "product" && !renewal.IsProduct(text.Value):
		m.product(text)
	case slices.Contains(textFacts, name.Value):
		m.wildcard(name, text)
	}
}

func (m *meaning) product(text *ast.StringNode) {
	if key, known := renewal.ProductOf(text.Value); known {
		m.refuse(text, "product is never %q: here that product is called %s", "product 不会是 %q：这里称为 %s", text.Value, key)
		return
	}
	m.refuse(text, "product is never %q; it is one of %s, or the billing's code of another product, such as waf", "product 不会是 %q；可能的值：%s，或其他产品的计费代码，例如 waf", text.Value, strings.Join(renewal.ProductKeys(), ", "))
}

// wildcard refuses a pattern where the very text is asked for: no name holds a *.
func (m *meaning) wildcard(fact ast.Node, text *ast.StringNode) {
	if name, ok := fact.(*ast.IdentifierNode); ok && slices.Contains(textFacts, name.Value) && strings.ContainsAny(text.Value, "*?") {
		like := strings.TrimRight(text.Value, "*?")
		if strings.ContainsAny(like, "*?") || like == "" {
			like = "web-"
		}
		m.refuse(text, "%q is taken to the letter, and no %s has a wildcard in it: write %[2]s startsWith %[3]q", "%q 按字面比较，而 %s 中不会有通配符：请写 %[2]s startsWith %[3]q", text.Value, name.Value, like)
	}
}

// note keeps what is to be known of a node by those above it.
func (m *meaning) note(node ast.Node) {
	below := []ast.Node{}
	switch n := node.(type) {
	case *ast.IdentifierNode:
		let := m.lets[n.Value]
		m.inexact[n] = n.Value == "daysLeft" || let != nil && m.inexact[let.Value]
	case *ast.CallNode:
		m.inexact[n] = n.Type().Kind() == reflect.Float64
	case *ast.UnaryNode:
		below = []ast.Node{n.Node}
	case *ast.BinaryNode:
		below = []ast.Node{n.Left, n.Right}
	case *ast.ConditionalNode:
		below = []ast.Node{n.Exp1, n.Exp2}
	case *ast.BuiltinNode:
		if !slices.Contains([]string{"floor", "ceil", "round", "int"}, n.Name) {
			below = n.Arguments
		}
	}
	for _, b := range below {
		m.inexact[node] = m.inexact[node] || m.inexact[b] && isNumber(node)
	}
}
