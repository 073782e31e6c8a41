package deploy

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/fc-renewer/fc-renewer/handler"
)

// A machine is a flow as CloudFlow reads it (its flow definition language), as far
// as flow.yaml uses it: a key beyond these is an error.
type machine struct {
	Type        string  `yaml:"Type"`
	Name        string  `yaml:"Name"`
	SpecVersion string  `yaml:"SpecVersion"`
	StartAt     string  `yaml:"StartAt"`
	States      []state `yaml:"States"`
}

type state struct {
	Name              string         `yaml:"Name"`
	Type              string         `yaml:"Type"`
	Action            string         `yaml:"Action"`
	TaskMode          string         `yaml:"TaskMode"`
	Parameters        map[string]any `yaml:"Parameters"`
	Timeout           int            `yaml:"Timeout"`
	InputConstructor  map[string]any `yaml:"InputConstructor"`
	OutputConstructor map[string]any `yaml:"OutputConstructor"`
	ItemsPath         string         `yaml:"ItemsPath"`
	MaxConcuccency    int            `yaml:"MaxConcuccency"`
	Processor         *machine       `yaml:"Processor"`
	Branches          []branch       `yaml:"Branches"`
	Default           string         `yaml:"Default"`
	Code              string         `yaml:"Code"`
	Detail            string         `yaml:"Detail"`
	Retry             []retry        `yaml:"Retry"`
	Catch             []catch        `yaml:"Catch"`
	Next              string         `yaml:"Next"`
	End               bool           `yaml:"End"`
}

type branch struct {
	Condition string `yaml:"Condition"`
	Next      string `yaml:"Next"`
}

type retry struct {
	Errors          []string `yaml:"Errors"`
	Description     string   `yaml:"Description"`
	MaxAttempts     int      `yaml:"MaxAttempts"`
	IntervalSeconds int      `yaml:"IntervalSeconds"`
	BackoffRate     float64  `yaml:"BackoffRate"`
}

type catch struct {
	Errors            []string       `yaml:"Errors"`
	Description       string         `yaml:"Description"`
	OutputConstructor map[string]any `yaml:"OutputConstructor"`
	Next              string         `yaml:"Next"`
}

func flow(t *testing.T) (m machine) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(read(t, "flow.yaml")), &m, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m machine) state(name string) *state {
	for i := range m.States {
		if m.States[i].Name == name {
			return &m.States[i]
		}
	}
	return nil
}

// follows gives the names of the states that a state leads to.
func (s state) follows() (names []string) {
	for _, b := range s.Branches {
		names = append(names, b.Next)
	}
	for _, c := range s.Catch {
		names = append(names, c.Next)
	}
	return slices.DeleteFunc(append(names, s.Default, s.Next), func(name string) bool { return name == "" })
}

// check holds a machine against what the language asks of each type of state.
func (m machine) check(t *testing.T) {
	t.Helper()
	reached := map[string]bool{m.StartAt: true}
	for _, s := range m.States {
		for _, name := range s.follows() {
			reached[name] = true
			if m.state(name) == nil {
				t.Errorf("%s leads to %s, which is not there", s.Name, name)
			}
		}
		ends := s.End != (s.Next != "")
		keys := map[string][]string{
			"Task":   {"Action", "TaskMode", "Parameters", "Timeout", "OutputConstructor", "Retry", "Catch", "Next", "End"},
			"Choice": {"Branches", "Default"},
			"Map":    {"InputConstructor", "ItemsPath", "MaxConcuccency", "Processor", "OutputConstructor", "Next", "End"},
			"Pass":   {"OutputConstructor", "Next", "End"},
			"Fail":   {"Code", "Detail"},
		}[s.Type]
		fields := reflect.ValueOf(s)
		for i := range fields.NumField() {
			if name := fields.Type().Field(i).Name; name != "Name" && name != "Type" && !fields.Field(i).IsZero() && !slices.Contains(keys, name) {
				t.Errorf("%s: a state of type %q has no %s", s.Name, s.Type, name)
			}
		}
		switch s.Type {
		case "Task":
			if !ends || s.Action == "" || s.TaskMode != "RequestComplete" || s.Parameters == nil {
				t.Errorf("%s: %+v", s.Name, s)
			}
		case "Choice":
			if s.Default == "" || len(s.Branches) == 0 {
				t.Errorf("%s: %+v", s.Name, s)
			}
		case "Map":
			if !ends || s.ItemsPath == "" || s.Processor == nil || s.MaxConcuccency < 1 || s.MaxConcuccency > 40 {
				t.Errorf("%s: %+v", s.Name, s)
				continue
			}
			s.Processor.check(t)
		case "Pass":
			if !ends {
				t.Errorf("%s: %+v", s.Name, s)
			}
		}
	}
	for _, s := range m.States {
		if !reached[s.Name] {
			t.Errorf("nothing leads to %s", s.Name)
		}
	}
}

func TestFlowIsWellFormed(t *testing.T) {
	m := flow(t)
	if m.Type != "StateMachine" || m.SpecVersion != "v1" || m.Name != "fc-renewer" {
		t.Errorf("%s %s %s", m.Type, m.SpecVersion, m.Name)
	}
	m.check(t)
}

// A player plays a flow: what it calls is answered here.
type player struct {
	t       *testing.T
	members []string
	fails   func(accounts []string) bool // the function, for a group
	events  []handler.Request            // that it was sent
	most    int                          // bytes that a state took or gave
}

// play goes through a machine and gives the output of its last state.
func (p *player) play(m machine, input map[string]any) (output map[string]any, failed string) {
	p.t.Helper()
	for name := m.StartAt; ; {
		s := m.state(name)
		next := s.Next
		switch s.Type {
		case "Choice":
			output, next = input, s.Default
			for _, b := range s.Branches {
				if p.holds(b.Condition, input) {
					next = b.Next
					break
				}
			}
		case "Fail":
			return nil, s.Code
		case "Pass":
			output = input
		case "Map":
			if s.InputConstructor != nil {
				input = p.build(s.InputConstructor, input, nil).(map[string]any)
			}
			items := []any{}
			for _, item := range value(s.ItemsPath, input, nil).([]any) {
				out, failed := p.play(*s.Processor, item.(map[string]any))
				if failed != "" {
					return nil, failed
				}
				items = append(items, out)
			}
			output = map[string]any{"Items": items}
		case "Task":
			var err error
			if output, err = p.call(s.Action, p.build(s.Parameters, input, nil).(map[string]any)); err != nil {
				if len(s.Catch) == 0 {
					return nil, err.Error()
				}
				input, name = p.build(s.Catch[0].OutputConstructor, input, nil).(map[string]any), s.Catch[0].Next
				continue
			}
		}
		if s.OutputConstructor != nil {
			output = p.build(s.OutputConstructor, input, output).(map[string]any)
		}
		if text, err := json.Marshal(output); err == nil {
			p.most = max(p.most, len(text))
		}
		if s.End {
			return output, ""
		}
		name, input = next, output
	}
}

// call answers as ListAccounts and the function do.
func (p *player) call(action string, parameters map[string]any) (map[string]any, error) {
	p.t.Helper()
	switch action {
	case "ResourceDirectoryMaster:ListAccounts":
		size, number := whole(parameters["PageSize"]), whole(parameters["PageNumber"])
		if size < 1 || size > 100 || number < 1 {
			p.t.Fatalf("%+v", parameters)
		}
		rows := []any{}
		for _, id := range p.members[min((number-1)*size, len(p.members)):min(number*size, len(p.members))] {
			rows = append(rows, map[string]any{"AccountId": id, "DisplayName": strings.Repeat("n", 50), "ResourceDirectoryPath": strings.Repeat("p", 300)})
		}
		return map[string]any{"TotalCount": len(p.members), "Accounts": map[string]any{"Account": rows}}, nil
	case "FC:InvokeFunction":
		if parameters["invocationType"] != "Sync" || !regexp.MustCompile(`^acs:fc:[a-z0-9-]+:[0-9]+:functions/fc-renewer$`).MatchString(fmt.Sprint(parameters["resourceArn"])) {
			p.t.Errorf("%+v", parameters)
		}
		event, err := json.Marshal(parameters["body"])
		if err != nil {
			p.t.Fatal(err)
		}
		request, err := handler.ParseEvent(event)
		if err != nil {
			p.t.Fatalf("the function does not accept %s: %v", event, err)
		}
		p.events = append(p.events, request)
		if p.fails != nil && p.fails(request.Accounts) {
			return nil, fmt.Errorf("unavailable")
		}
		return map[string]any{"Body": map[string]any{"status": "ok", "counts": map[string]any{"renewed": 1}, "money": map[string]any{}, "lapsing": []any{}}}, nil
	}
	p.t.Fatalf("nobody answers %s", action)
	return nil, nil
}

// build makes a value of a constructor: a key that ends in .$ has an expression.
func (p *player) build(from any, input, output map[string]any) any {
	switch from := from.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, v := range from {
			if plain, expression := strings.CutSuffix(key, ".$"); expression {
				out[plain] = value(v.(string), input, output)
			} else {
				out[key] = p.build(v, input, output)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, v := range from {
			out = append(out, p.build(v, input, output))
		}
		return out
	}
	return from
}

// holds decides a condition that compares two numbers.
func (p *player) holds(condition string, input map[string]any) bool {
	p.t.Helper()
	parts := strings.Fields(condition)
	if len(parts) != 3 {
		p.t.Fatalf("%q", condition)
	}
	left, right := whole(value(parts[0], input, nil)), whole(value(parts[2], input, nil))
	switch parts[1] {
	case ">":
		return left > right
	case "<=":
		return left <= right
	}
	p.t.Fatalf("%q", condition)
	return false
}

// value is what a path leads to: $Input.a.b, $Output.a[*].b, or the number that it is.
func value(path string, input, output map[string]any) any {
	keys := strings.Split(path, ".")
	var at any = output
	switch keys[0] {
	case "$Input":
		at = input
	case "$Output":
	default:
		return path
	}
	for i, key := range keys[1:] {
		name, each := strings.CutSuffix(key, "[*]")
		at = at.(map[string]any)[name]
		if !each {
			continue
		}
		all, rest := []any{}, strings.Join(keys[i+2:], ".")
		for _, v := range at.([]any) {
			all = append(all, value("$Input."+rest, v.(map[string]any), nil))
		}
		return all
	}
	return at
}

func whole(v any) (n int) {
	if _, err := fmt.Sscan(fmt.Sprint(v), &n); err != nil {
		panic(fmt.Sprintf("%v is no number", v))
	}
	return n
}

// However many members there are, every one is in one group, and every group is
// an event that the function accepts; one group that fails does not stop the others.
func TestFlowReachesEveryMember(t *testing.T) {
	const management = "1234567890123456"
	for _, members := range []int{0, 1, 49, 50, 51, 120, 999, 1000} {
		p := &player{t: t, fails: func(accounts []string) bool { return slices.Contains(accounts, "20000000000000060") }}
		for n := range members {
			p.members = append(p.members, fmt.Sprintf("2%016d", n))
		}
		output, failed := p.play(flow(t), map[string]any{})
		if failed != "" {
			t.Errorf("%d members: %s", members, failed)
			continue
		}
		var seen []string
		for _, event := range p.events {
			if len(event.Accounts) == 0 || event.Check || event.DryRun != nil {
				t.Errorf("%+v", event)
			}
			seen = append(seen, event.Accounts...)
		}
		slices.Sort(seen)
		if want := append([]string{management}, p.members...); !slices.Equal(seen, want) {
			t.Errorf("%d members: %d were looked after", members, len(seen)-1)
		}
		if groups := output["groups"].([]any); len(groups) != 20 || output["status"] != "ok" {
			t.Errorf("%+v", output)
		}
		if p.most > 64<<10 {
			t.Errorf("a state gives %d bytes", p.most)
		}
	}
	p := &player{t: t, members: make([]string, 1001)}
	if _, failed := p.play(flow(t), map[string]any{}); failed != "TooManyMembers" || len(p.events) != 0 {
		t.Errorf("more members than there are pages for: %q", failed)
	}
}
