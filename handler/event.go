package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
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
	Trigger  string
	Check    bool // no run: the self-check
	DryRun   *bool
	IDs      []string      // instances
	Regions  []string      // region ids
	Accounts []string      // account ids
	Products []string      // keys, as RENEW_PRODUCTS has them
	Window   time.Duration // 0 = the configured one
	Codes    []string      // of payments that a person approves
}

// narrows says whether r is about less than everything. A dry run looks at all.
func (r Request) narrows() bool {
	return r.IDs != nil || r.Regions != nil || r.Accounts != nil || r.Products != nil || r.Window > 0
}

// ofTheCloud says whether something that happened in the cloud asks, and nobody by
// hand: what it is about may well be nothing of ours.
func (r Request) ofTheCloud() bool { return r.Trigger == byEvent }

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
	return Request{}, lang.Err("the event is not a JSON object; %s", "事件不是 JSON 对象；%s", acceptedEvents())
}

func acceptedEvents() lang.Text {
	return lang.Say(`accepted are an empty event, a timer's, a request such as {"dryRun":true,"instanceIds":["i-…"]}, CloudEvents, and records of CloudMonitor or ActionTrail`,
		`可以接受的有：空事件，定时触发器事件，{"dryRun":true,"instanceIds":["i-…"]} 这样的请求，CloudEvents，以及云监控或操作审计的记录`)
}

// parseObject tells the shapes apart by keys that only one of them has.
func parseObject(text []byte) (Request, error) {
	fields, err := object(text)
	if err != nil {
		return Request{}, lang.Err("the event is not readable: %v", "事件无法读取：%v", err)
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
		return request, lang.Err("the timer's event %v", "定时触发器事件%v", err)
	}
	text := ""
	for _, key := range []string{"triggerTime", "triggerName"} {
		if raw := fields[key]; raw != nil && !bytes.HasPrefix(raw, []byte(`"`)) {
			return request, lang.Err("the timer's %s is not a string", "定时触发器事件的 %s 不是字符串", key)
		}
	}
	if raw := fields["payload"]; raw != nil && string(raw) != "null" {
		if err := json.Unmarshal(raw, &text); err != nil {
			return request, lang.Err("the timer's payload is not a string", "定时触发器事件的 payload 不是字符串")
		}
	}
	if text = strings.TrimSpace(text); text == "" || text == "null" {
		return request, nil
	}
	inner, err := object([]byte(text))
	if err != nil {
		return request, lang.Err(`the timer's payload is not a request in JSON: %v; leave it empty, or write one such as {"dryRun":true}`,
			`定时触发器的 payload 不是 JSON 请求：%v；请留空，或填写 {"dryRun":true} 这样的请求`, err)
	}
	if request, err = parseRequest(inner); err != nil {
		err = lang.Err("the timer's payload: %v", "定时触发器的 payload：%v", err)
	}
	if request.Trigger = byTimer; err == nil && request.Codes != nil {
		err = lang.Err("the timer's payload approves payments; a timer is no person: send the codes by hand", "定时触发器的 payload 中有 approve；批准须由人工发送，不能由定时器给出")
	}
	return request, err
}

// requestKeys are all that a request may say.
var requestKeys = []string{"dryRun", "instanceIds", "regions", "accounts", "products", "window", "approve", "check"}

func parseRequest(fields map[string]json.RawMessage) (Request, error) {
	r := Request{Trigger: byHand}
	if err := onlyKeys(fields, requestKeys...); err != nil {
		return r, lang.Err("the event %v", "事件%v", err)
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
		r.IDs, err = names(raw, "instanceIds", lang.Say("instance id, such as i-bp1aaaaaaaaaaaaaaaaa", "实例 ID（例如 i-bp1aaaaaaaaaaaaaaaaa）"), config.IsInstanceID)
		return err
	})
	read("regions", func(raw json.RawMessage) (err error) {
		r.Regions, err = names(raw, "regions", lang.Say("region id, such as cn-hangzhou", "地域 ID（例如 cn-hangzhou）"), config.IsRegion)
		return err
	})
	read("accounts", func(raw json.RawMessage) (err error) {
		r.Accounts, err = names(raw, "accounts", lang.Say("account id: that is a number, such as 1234567890123456", "账号 ID（一串数字，例如 1234567890123456）"), config.IsAccount)
		return err
	})
	read("products", func(raw json.RawMessage) (err error) {
		r.Products, err = names(raw, "products", lang.Say("product: %s, or a billing code", "产品：%s，或其他产品的计费代码", strings.Join(renewal.ProductKeys(), ", ")), renewal.IsProduct)
		return err
	})
	read("window", func(raw json.RawMessage) (err error) {
		r.Window, err = window(raw)
		return err
	})
	read("approve", func(raw json.RawMessage) (err error) {
		r.Codes, err = names(raw, "approve", lang.Say("approval code: that is 12 letters and digits, such as k7w2m4fz9pqt", "批准码（12 位字母和数字，例如 k7w2m4fz9pqt）"), renewal.IsCode)
		return err
	})
	if err == nil && r.Check && len(fields) > 1 {
		err = lang.Err("the event asks for a check and more; a check stands alone", "事件在 check 之外还有其他要求；check 只能单独使用")
	}
	return r, err
}

func boolean(raw json.RawMessage, into *bool, key string) error {
	if s := string(raw); s != "true" && s != "false" {
		return lang.Err("the event's %s is not true or false", "事件的 %s 不是 true 或 false", key)
	}
	*into = string(raw) == "true"
	return nil
}

func names(raw json.RawMessage, key string, what lang.Text, valid func(string) bool) ([]string, error) {
	var list []*string
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		return nil, lang.Err("the event's %s is not a list of strings", "事件的 %s 不是字符串列表", key)
	}
	if len(list) == 0 {
		return nil, lang.Err("the event's %s is empty and so names nothing; leave the key out for all of them", "事件的 %s 是空列表，没有指定任何内容；如需全部，请去掉该键", key)
	}
	var out []string
	for _, v := range list {
		if v == nil || !valid(*v) {
			shown := lang.Plain("null")
			if v != nil {
				shown = lang.Say("%q", "%q", brief(*v))
			}
			return nil, lang.Err("the event's %s holds %v, which is no %v", "事件的 %s 中有 %v，不是%v", key, shown, what)
		}
		out = append(out, *v)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func window(raw json.RawMessage) (time.Duration, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil || string(raw) == "null" {
		return 0, lang.Err(`the event's window is not a string such as "3d"`, `事件的 window 不是 "3d" 这样的字符串`)
	}
	d, err := config.ParseDuration(brief(text))
	if err == nil && d <= 0 {
		err = lang.Err("it is zero, and so nothing would ever be due", "为零，不会有任何实例需要处理")
	}
	if err != nil {
		return 0, lang.Err("the event's window: %v", "事件的 window：%v", err)
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
		return lang.Err("has the unknown key %q (the nearest is %q); accepted are %s", "含有未知的键 %q（最接近的是 %q）；可用的键有 %s", brief(key), near, strings.Join(known, ", "))
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
		return nil, lang.Err("it is not a JSON object", "不是 JSON 对象")
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, lang.Err("it is not valid JSON", "不是有效的 JSON")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, lang.Err("it is not valid JSON", "不是有效的 JSON")
		}
		name, _ := key.(string)
		if fields[name] != nil {
			return nil, lang.Err("it has the key %q twice", "键 %q 出现了两次", brief(name))
		}
		fields[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, lang.Err("it is not valid JSON", "不是有效的 JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, lang.Err("something follows after its end", "结尾之后还有其他内容")
	}
	return fields, nil
}
