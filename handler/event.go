package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/config"
)

// What started a run, as the report has it.
const (
	byTimer   = "timer"
	byHand    = "manual"
	byEvent   = "event"
	byCommand = "command"
)

// A Request is what an event asks for. It can only narrow what the settings
// allow; nil and zero leave it as it is.
type Request struct {
	Trigger string
	Check   bool // no run: the self-check
	DryRun  *bool
	IDs     []string      // instances
	Regions []string      // region ids
	Window  time.Duration // 0 = the configured one
}

// ParseEvent reads every shape of event that Function Compute delivers here:
// a timer's, a request by hand, CloudEvents of EventBridge, and records of
// CloudMonitor and ActionTrail, also inside a message of MNS. What it does not
// understand to the letter is an error.
func ParseEvent(payload []byte) (Request, error) {
	text := bytes.TrimSpace(payload)
	if inner, ok := asString(text); ok {
		text = bytes.TrimSpace([]byte(inner))
	}
	switch {
	case len(text) == 0, string(text) == "null":
		return Request{Trigger: byHand}, nil
	case text[0] == '{':
		return parseObject(text)
	case text[0] == '[':
		return ofTheCloud(parseCloudEvents(text))
	}
	if fields, ok := encodedRecord(string(text)); ok {
		return ofTheCloud(named(fields))
	}
	return Request{}, fmt.Errorf("the event is not a JSON object; %s", acceptedEvents)
}

const acceptedEvents = `accepted are an empty event, a timer's, a request such as {"dryRun":true,"instanceIds":["i-…"]}, CloudEvents, and records of CloudMonitor or ActionTrail`

// parseObject tells the shapes apart by keys that only one of them has.
func parseObject(text []byte) (Request, error) {
	fields, err := object(text)
	if err != nil {
		return Request{}, fmt.Errorf("the event is not readable: %w", err)
	}
	has := func(keys ...string) bool {
		return !slices.ContainsFunc(keys, func(k string) bool { return fields[k] == nil })
	}
	switch {
	case has("triggerName") || has("triggerTime"):
		return parseTimer(fields)
	case has("TopicName", "Message"):
		return ofTheCloud(parseMessage(fields, "Message"))
	case has("body", "attrs"):
		return ofTheCloud(parseMessage(fields, "body"))
	case isRecord(fields):
		return ofTheCloud(named(fields))
	}
	return parseRequest(fields)
}

func parseTimer(fields map[string]json.RawMessage) (Request, error) {
	request := Request{Trigger: byTimer}
	if err := onlyKeys(fields, "triggerTime", "triggerName", "payload"); err != nil {
		return request, fmt.Errorf("the timer's event %w", err)
	}
	text := ""
	for _, key := range []string{"triggerTime", "triggerName"} {
		if raw := fields[key]; raw != nil && !bytes.HasPrefix(raw, []byte(`"`)) {
			return request, fmt.Errorf("the timer's %s is not a string", key)
		}
	}
	if raw := fields["payload"]; raw != nil && string(raw) != "null" {
		if err := json.Unmarshal(raw, &text); err != nil {
			return request, errors.New("the timer's payload is not a string")
		}
	}
	if text = strings.TrimSpace(text); text == "" || text == "null" {
		return request, nil
	}
	inner, err := object([]byte(text))
	if err != nil {
		return request, fmt.Errorf(`the timer's payload is not a request in JSON: %w; leave it empty, or write one such as {"dryRun":true}`, err)
	}
	if request, err = parseRequest(inner); err != nil {
		err = fmt.Errorf("the timer's payload: %w", err)
	}
	request.Trigger = byTimer
	return request, err
}

// requestKeys are all that a request may say.
var requestKeys = []string{"dryRun", "instanceIds", "regions", "window", "check"}

func parseRequest(fields map[string]json.RawMessage) (Request, error) {
	r := Request{Trigger: byHand}
	if err := onlyKeys(fields, requestKeys...); err != nil {
		return r, fmt.Errorf("the event %w", err)
	}
	var err error
	read := func(key string, read func(json.RawMessage) error) {
		if raw := fields[key]; raw != nil && err == nil {
			err = read(raw)
		}
	}
	read("dryRun", func(raw json.RawMessage) error {
		r.DryRun = new(bool)
		return boolean(raw, r.DryRun, "dryRun")
	})
	read("check", func(raw json.RawMessage) error { return boolean(raw, &r.Check, "check") })
	read("instanceIds", func(raw json.RawMessage) (err error) {
		r.IDs, err = names(raw, "instanceIds", "instance id", config.IsInstanceID)
		return err
	})
	read("regions", func(raw json.RawMessage) (err error) {
		r.Regions, err = names(raw, "regions", "region id", config.IsRegion)
		return err
	})
	read("window", func(raw json.RawMessage) (err error) {
		r.Window, err = window(raw)
		return err
	})
	if err == nil && r.Check && len(fields) > 1 {
		err = errors.New("the event asks for a check and more; a check stands alone")
	}
	return r, err
}

func boolean(raw json.RawMessage, into *bool, key string) error {
	if s := string(raw); s != "true" && s != "false" {
		return fmt.Errorf("the event's %s is not true or false", key)
	}
	*into = string(raw) == "true"
	return nil
}

func names(raw json.RawMessage, key, what string, valid func(string) bool) ([]string, error) {
	var list []*string
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		return nil, fmt.Errorf("the event's %s is not a list of strings", key)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("the event's %s is empty and so names nothing; leave the key out for all of them", key)
	}
	var out []string
	for _, v := range list {
		if v == nil || !valid(*v) {
			return nil, fmt.Errorf("the event's %s holds something that is no %s", key, what)
		}
		out = append(out, *v)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func window(raw json.RawMessage) (time.Duration, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil || string(raw) == "null" {
		return 0, errors.New(`the event's window is not a string such as "3d"`)
	}
	d, err := config.ParseDuration(brief(text))
	if err == nil && d <= 0 {
		err = errors.New("it is zero, and so nothing would ever be due")
	}
	if err != nil {
		return 0, fmt.Errorf("the event's window: %w", err)
	}
	return d, nil
}

// onlyKeys refuses keys that are not among those known, and names the nearest.
func onlyKeys(fields map[string]json.RawMessage, known ...string) error {
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if slices.Contains(known, key) {
			continue
		}
		near, _ := config.Nearest(key, known)
		return fmt.Errorf("has the unknown key %q (the nearest is %q); accepted are %s", brief(key), near, strings.Join(known, ", "))
	}
	return nil
}

// brief cuts what an error repeats of an event.
func brief(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// asString gives the text of a JSON string.
func asString(text []byte) (string, bool) {
	var s string
	if !bytes.HasPrefix(text, []byte(`"`)) || json.Unmarshal(text, &s) != nil {
		return "", false
	}
	return s, true
}

// object reads an object to the letter: unlike json.Unmarshal into a struct it
// tells dryrun from dryRun, and does not let the second of two equal keys win.
func object(text []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, errors.New("it is not valid JSON")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errors.New("it is not valid JSON")
		}
		name, _ := key.(string)
		if fields[name] != nil {
			return nil, fmt.Errorf("it has the key %q twice", brief(name))
		}
		fields[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("it is not valid JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows after its end")
	}
	return fields, nil
}
