package cloud

import (
	"bytes"
	"encoding/json"
	"strings"
)

// listSpoilers make of an answer that lists something one that does not say what
// is there: list is the name under which the object has it.
var listSpoilers = map[FaultKind]func(object map[string]any, list string){
	NoList:   func(o map[string]any, list string) { delete(o, list) },
	NullList: func(o map[string]any, list string) { o[list] = nil },
	TextList: func(o map[string]any, list string) { o[list] = "" },
	ShortList: func(o map[string]any, list string) {
		if rows, _ := o[list].([]any); len(rows) > 0 {
			o[list] = rows[:len(rows)-1]
		}
	},
	EmptyList: func(o map[string]any, list string) { o[list] = []any{} },
}

// totalSpoilers do the same to the number of rows that an answer promises.
var totalSpoilers = map[FaultKind]func(object map[string]any, total string){
	NoTotal:   func(o map[string]any, total string) { delete(o, total) },
	HighTotal: func(o map[string]any, total string) { o[total] = asInt(o[total]) + 1 },
	LowTotal:  func(o map[string]any, total string) { o[total] = max(asInt(o[total])-1, 0) },
	EmptyList: func(o map[string]any, total string) { o[total] = 0 },
}

// spoilsList reports whether a fault is about a list.
func spoilsList(kind FaultKind) bool { return listSpoilers[kind] != nil || totalSpoilers[kind] != nil }

// lists reports whether there is an action of this name that lists something.
func lists(name string) bool {
	for _, act := range actions() {
		if isAction(name, act.product, act.name) && act.list != "" {
			return true
		}
	}
	return false
}

// spoil applies a fault of the list to an answer in JSON.
func spoil(rq *request, a *answer) {
	var body map[string]any
	dec := json.NewDecoder(bytes.NewReader(a.body))
	dec.UseNumber()
	if a.status != 200 || dec.Decode(&body) != nil {
		return
	}
	kind := rq.fault.Kind
	if object, name := holder(body, rq.act.list); object != nil && listSpoilers[kind] != nil {
		listSpoilers[kind](object, name)
	}
	if object, name := holder(body, rq.act.total); object != nil && totalSpoilers[kind] != nil {
		totalSpoilers[kind](object, name)
	}
	if text, err := json.Marshal(body); err == nil {
		a.body = text
	}
}

// holder finds the object that has what a path leads to, and its name there.
func holder(body map[string]any, path string) (object map[string]any, name string) {
	if path == "" {
		return nil, ""
	}
	names := strings.Split(path, ".")
	for _, step := range names[:len(names)-1] {
		next, ok := body[step].(map[string]any)
		if !ok {
			return nil, ""
		}
		body = next
	}
	return body, names[len(names)-1]
}

func asInt(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64() // what is no number counts as none
	return i
}
