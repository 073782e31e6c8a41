package cloud

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/shopspring/decimal"
)

// fleetReader fills values from a fleet file by the tags of their types and
// collects what is wrong, with lines. In a tag fleet:"…" stands what a value must
// be: name (what an item of a list is called by), needed, amount, price, term (a
// time at which a paid term ends), wall (a time by the wall clock), never (so may a
// duration be), most=N, oneof=A|B.
type fleetReader struct {
	now, wall time.Time
	tree      *ast.File
	anchors   map[string]ast.Node
	options   [][]int // fields of Options that the file sets
	errs      []error
}

// place is a place in the file: a YAML path, what to call it, and the field.
type place struct{ path, what, field string }

func item(list string, n int, name, field string) place {
	what := strings.TrimSuffix(list, "s") + " "
	if name == "" {
		what += strconv.Itoa(n + 1)
	}
	return place{fmt.Sprintf("$.%s[%d]", list, n), what + name, field}
}

func (p place) at(field string) place { return place{p.path, p.what, field} }

func (r *fleetReader) fail(at place, format string, args ...any) {
	// A field that is missing has no line; then that of its owner serves.
	line := r.line(at.path + "." + at.field)
	if line == 0 {
		line = r.line(at.path)
	}
	text := "fleet: "
	if line > 0 {
		text += "line " + strconv.Itoa(line) + ": "
	}
	if at.what != "" {
		text += at.what + ": "
	}
	if at.field != "" {
		text += at.field + ": "
	}
	r.errs = append(r.errs, errors.New(text+fmt.Sprintf(format, args...)))
}

func (r *fleetReader) line(path string) int {
	p, err := yaml.PathString(path)
	if err != nil || path == "" {
		return 0
	}
	node, err := p.FilterFile(r.tree)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken().Position.Line
	}
	return node.GetToken().Position.Line
}

func (r *fleetReader) read(text []byte, file *fleetFile) {
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("fleet: %s", strings.TrimSpace(yaml.FormatError(err, false, true))))
		return
	}
	r.tree, r.anchors = tree, map[string]ast.Node{}
	if len(tree.Docs) > 1 {
		r.fail(place{}, "there is more than one document in the file")
		return
	}
	for _, doc := range tree.Docs {
		if doc.Body == nil {
			continue
		}
		ast.Walk(r, doc.Body)
		r.object(doc.Body, reflect.ValueOf(file).Elem(), place{path: "$"})
	}
}

// Visit remembers the anchors.
func (r *fleetReader) Visit(node ast.Node) ast.Visitor {
	if anchor, ok := node.(*ast.AnchorNode); ok {
		r.anchors[anchor.Name.GetToken().Value] = anchor.Value
	}
	return r
}

// plain is the node that an anchor or an alias stands for.
func (r *fleetReader) plain(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.AnchorNode:
		return r.plain(n.Value)
	case *ast.AliasNode:
		return r.anchors[n.Value.GetToken().Value]
	case *ast.TagNode:
		return r.plain(n.Value)
	}
	return node
}

// pairs are the keys and values of a mapping, those of << first: what is written
// beside it wins.
func (r *fleetReader) pairs(node ast.Node, at place) (pairs []*ast.MappingValueNode) {
	var own []*ast.MappingValueNode
	switch n := r.plain(node).(type) {
	case *ast.MappingNode:
		own = n.Values
	case *ast.MappingValueNode:
		own = []*ast.MappingValueNode{n}
	case nil, *ast.NullNode:
	default:
		r.fail(at, "%s is written where keys and values belong", node)
	}
	var rest []*ast.MappingValueNode
	for _, pair := range own {
		if _, merge := pair.Key.(*ast.MergeKeyNode); merge {
			pairs = append(pairs, r.pairs(pair.Value, at)...)
		} else {
			rest = append(rest, pair)
		}
	}
	return append(pairs, rest...)
}

// object fills a struct by the yaml tags of its fields.
func (r *fleetReader) object(node ast.Node, v reflect.Value, at place) {
	fields := fileFields(v.Type())
	for _, pair := range r.pairs(node, at) {
		name := pair.Key.GetToken().Value
		n := slices.IndexFunc(fields, func(f fileField) bool { return f.key == name })
		if n < 0 {
			r.fail(at.at(name), "there is no such key; there are %s", strings.Join(keysOf(fields), ", "))
			continue
		}
		f := fields[n]
		if v.Type() == reflect.TypeFor[Options]() {
			r.options = append(r.options, f.Index)
		}
		r.value(pair.Value, v.FieldByIndex(f.Index), at.at(name), f.rules)
	}
	for _, f := range fields {
		if f.rules.has("needed") && v.FieldByIndex(f.Index).IsZero() {
			r.fail(at.at(f.key), "missing")
		}
	}
}

// list fills a list of structs; an item is called by its name, else by its
// number.
func (r *fleetReader) list(node ast.Node, v reflect.Value, at place) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		r.fail(at, "%s is written where a list belongs", node)
		return
	}
	items := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for n, one := range seq.Values {
		what := strings.TrimSuffix(at.field, "s") + " " + r.name(one, v.Type().Elem(), n)
		if at.what != "" {
			what = at.what + ": " + what
		}
		r.object(one, items.Index(n), place{fmt.Sprintf("%s.%s[%d]", at.path, at.field, n), what, ""})
	}
	v.Set(items)
}

func (r *fleetReader) name(node ast.Node, of reflect.Type, n int) string {
	quiet := *r
	quiet.errs = nil
	for _, f := range fileFields(of) {
		if !f.rules.has("name") {
			continue
		}
		for _, pair := range quiet.pairs(node, place{}) {
			if text, ok := scalar(quiet.plain(pair.Value)); ok && text != "" && pair.Key.GetToken().Value == f.key {
				return text
			}
		}
	}
	return strconv.Itoa(n + 1)
}

// value fills one field.
func (r *fleetReader) value(node ast.Node, v reflect.Value, at place, must rules) {
	if alias, ok := node.(*ast.AliasNode); ok && r.plain(node) == nil {
		r.fail(at, "there is no anchor %s", alias.Value)
		return
	}
	node = r.plain(node)
	if _, null := node.(*ast.NullNode); null || node == nil {
		return // as if it were not written
	}
	inner := place{at.path + "." + at.field, at.what, ""}
	if at.what == "" {
		inner.what = at.field
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			r.object(node, v, inner)
			return
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			r.list(node, v, at)
			return
		}
		r.singles(node, v, at, must)
		return
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, pair := range r.pairs(node, at) {
			key, one := pair.Key.GetToken().Value, reflect.New(v.Type().Elem()).Elem()
			if one.Kind() == reflect.Struct {
				r.object(pair.Value, one, place{inner.path + "." + key, strings.TrimSuffix(at.field, "s") + " " + key, ""})
			} else {
				r.value(pair.Value, one, inner.at(key), nil)
			}
			v.SetMapIndex(reflect.ValueOf(key), one)
		}
		return
	}
	text, ok := scalar(node)
	if !ok {
		r.fail(at, "%s is written where a single value belongs", node)
		return
	}
	if problem := r.set(v, text, must); problem != "" {
		r.fail(at, "%q %s", text, problem)
	}
}

// singles fills a list of single values; one alone may stand without brackets.
func (r *fleetReader) singles(node ast.Node, v reflect.Value, at place, must rules) {
	nodes := []ast.Node{node}
	if seq, ok := node.(*ast.SequenceNode); ok {
		nodes = seq.Values
	}
	list := reflect.MakeSlice(v.Type(), 0, len(nodes))
	for _, one := range nodes {
		text, ok := scalar(r.plain(one))
		if !ok {
			r.fail(at, "%s is written where a single value belongs", one)
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		if problem := r.set(value, text, must); problem != "" {
			r.fail(at, "%q %s", text, problem)
		}
		list = reflect.Append(list, value)
	}
	v.Set(list)
}

// set fills a single value; it returns what is wrong with the text.
func (r *fleetReader) set(v reflect.Value, text string, must rules) (problem string) {
	switch v.Interface().(type) {
	case time.Duration:
		d, ok := parseDuration(text)
		switch {
		case text == "0":
			d, ok = 0, true
		case text == "never" && must.has("never"):
			d, ok = -1, true
		case d < 0:
			ok = false
		}
		if !ok {
			return "is not a duration such as 90s, 36h or 2d"
		}
		v.SetInt(int64(d))
		return ""
	case time.Time:
		at, ok := r.time(text, must)
		if !ok {
			return "is neither a time from now, such as 3d or -36h, nor one like 2026-12-10T16:00Z"
		}
		v.Set(reflect.ValueOf(at))
		return ""
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		switch text {
		case "true", "false":
			v.SetBool(text == "true")
		default:
			return "is neither true nor false"
		}
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return "is not a whole number"
		}
		v.SetInt(int64(n))
	default:
		panic("cloud: a fleet file cannot fill a " + v.Type().String())
	}
	return must.broken(text)
}

// scalar is the text of a single value, as it is written: an account's number
// keeps its zeros, a price its places.
func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return node.GetToken().Value, true
	}
	return "", false
}

// time reads a point in time: an offset from now, or RFC 3339 with or without
// seconds.
func (r *fleetReader) time(text string, must rules) (time.Time, bool) {
	from := r.now
	if must.has("wall") {
		from = r.wall
	}
	if d, ok := parseDuration(text); ok {
		if must.has("term") && !strings.ContainsAny(text, "hms") {
			return endOfDay(from.Add(d)), true
		}
		return from.Add(d), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// rules are what a fleet tag says.
type rules []string

func (m rules) has(rule string) bool { return slices.Contains(m, rule) }

// broken says which of them a text breaks; "" = none.
func (m rules) broken(text string) (problem string) {
	for _, rule := range m {
		name, value, _ := strings.Cut(rule, "=")
		switch name {
		case "amount":
			if _, err := decimal.NewFromString(text); err != nil {
				return "is not an amount"
			}
		case "price":
			if _, err := decimal.NewFromString(text); err != nil && text != unknownPrice {
				return "is not an amount, nor " + unknownPrice
			}
		case "most":
			n, _ := strconv.Atoi(text) // it is a number
			if most, _ := strconv.Atoi(value); n < 1 || n > most {
				return "is not between 1 and " + value
			}
		case "oneof":
			if allowed := strings.Split(value, "|"); !slices.Contains(allowed, text) {
				return "is not one of " + strings.Join(allowed, ", ")
			}
		}
	}
	return ""
}

// fileField is a field that a fleet file may set.
type fileField struct {
	reflect.StructField
	key   string
	rules rules
}

func fileFields(of reflect.Type) (fields []fileField) {
	for _, f := range reflect.VisibleFields(of) {
		if key := f.Tag.Get("yaml"); f.IsExported() && key != "" && key != "-" {
			fields = append(fields, fileField{f, key, strings.FieldsFunc(f.Tag.Get("fleet"), func(r rune) bool { return r == ',' })})
		}
	}
	return fields
}

func keysOf(fields []fileField) (keys []string) {
	for _, f := range fields {
		keys = append(keys, f.key)
	}
	return keys
}
