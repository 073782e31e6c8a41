package config

import (
	"reflect"
	"time"

	"github.com/expr-lang/expr/ast"
)

// What follows asks and makes nodes of an expression.

var (
	textType = reflect.TypeFor[string]()
	boolType = reflect.TypeFor[bool]()
)

// variablesOf collects what an expression says with let.
type variablesOf map[string]*ast.VariableDeclaratorNode

// Visit implements ast.Visitor.
func (v variablesOf) Visit(node *ast.Node) {
	if let, ok := (*node).(*ast.VariableDeclaratorNode); ok {
		v[let.Name] = let
	}
}

func typed(n ast.Node, t reflect.Type) ast.Node {
	n.SetType(t)
	return n
}

// patch puts another node of a type in the place of node.
func patch(node *ast.Node, other ast.Node, t reflect.Type) {
	ast.Patch(node, typed(other, t))
}

func isName(n ast.Node, name string) bool {
	identifier, ok := n.(*ast.IdentifierNode)
	return ok && identifier.Value == name
}

func isNil(n ast.Node) bool {
	_, ok := n.(*ast.NilNode)
	return ok
}

func isLiteral(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return true
	}
	return false
}

func isText(n ast.Node) bool { return n.Type() == textType }

func isTime(n ast.Node) bool { return n.Type() == reflect.TypeFor[time.Time]() }

func isLength(n ast.Node) bool { return n.Type() == reflect.TypeFor[time.Duration]() }

func isNumber(n ast.Node) bool {
	kind := n.Type().Kind()
	return !isLength(n) && kind >= reflect.Int && kind <= reflect.Float64
}

func isCollection(n ast.Node) bool {
	kind := n.Type().Kind()
	return kind == reflect.Slice || kind == reflect.Array || kind == reflect.Map
}

// isEmpty says whether there is no number in a range that is written out.
func isEmpty(n *ast.BinaryNode) bool {
	from, ok := n.Left.(*ast.IntegerNode)
	to, too := n.Right.(*ast.IntegerNode)
	return ok && too && from.Value > to.Value
}

// counted makes a plain number of a month or a day of the week, which equals
// none as it is.
func counted(n ast.Node) ast.Node {
	switch n.Type() {
	case reflect.TypeFor[time.Month](), reflect.TypeFor[time.Weekday]():
		number := &ast.BuiltinNode{Name: "int", Arguments: []ast.Node{n}}
		number.SetLocation(n.Location())
		return typed(number, reflect.TypeFor[int]())
	}
	return n
}
