package handler

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	one = "i-bp1example0001"
	two = "i-bp1example0002"
)

func fromTimer() Request { return Request{Trigger: byTimer} }
func fromHand() Request  { return Request{Trigger: byHand} }

// fromEvent is what an event of the cloud asks for: its region says nothing about
// where the instances are.
func fromEvent(ids ...string) Request { return Request{Trigger: byEvent, IDs: ids} }

// accepted are the files of testdata/events/accepted, and what each asks for.
var accepted = map[string]Request{
	"timer-payload-empty.json":        fromTimer(),
	"timer-payload-absent.json":       fromTimer(),
	"timer-payload-null.json":         fromTimer(),
	"timer-payload-spaces.json":       fromTimer(),
	"timer-payload-null-text.json":    fromTimer(),
	"timer-payload-empty-object.json": fromTimer(),
	"timer-payload-request.json":      {Trigger: byTimer, DryRun: new(true), Window: 2 * renewal.Day, Regions: []string{"cn-beijing"}},
	"timer-payload-check.json":        {Trigger: byTimer, Check: true},

	"empty":                 fromHand(),
	"spaces":                fromHand(),
	"null.json":             fromHand(),
	"object.json":           fromHand(),
	"object-spaces.json":    fromHand(),
	"string-empty.json":     fromHand(),
	"string-null.json":      fromHand(),
	"string-object.json":    fromHand(),
	"string-request.json":   {Trigger: byHand, IDs: []string{one}},
	"string-timer.json":     fromTimer(),
	"dry-run.json":          {Trigger: byHand, DryRun: new(true)},
	"dry-run-false.json":    {Trigger: byHand, DryRun: new(false)},
	"instance-ids.json":     {Trigger: byHand, IDs: []string{one, two}},
	"regions.json":          {Trigger: byHand, Regions: []string{"cn-beijing", "cn-hangzhou"}},
	"window.json":           {Trigger: byHand, Window: 36 * time.Hour},
	"every-key.json":        {Trigger: byHand, DryRun: new(true), IDs: []string{one}, Regions: []string{"cn-beijing"}, Window: 3 * renewal.Day},
	"accounts.json":         {Trigger: byHand, Accounts: []string{"1234567890123456", "2222222222222222"}},
	"actiontrail-rds.json":  {Trigger: byEvent, IDs: []string{"rm-bp1example0001"}},
	"actiontrail-eip.json":  {Trigger: byEvent, IDs: []string{"eip-bp1example0001"}},
	"cloudevent-rds.json":   {Trigger: byEvent, IDs: []string{"rm-bp1example0001"}},
	"cloudmonitor-rds.json": {Trigger: byEvent, IDs: []string{"rm-bp1example0001"}},
	"raw-data-redis.json":   {Trigger: byEvent, IDs: []string{"r-bp1example0001"}},
	"products.json":         {Trigger: byHand, Products: []string{"ecs", "rds"}},
	"check.json":            {Trigger: byHand, Check: true},
	"check-false.json":      fromHand(),

	"cloudevent.json":                     fromEvent(one),
	"cloudevent-subject-only.json":        fromEvent(one),
	"cloudevent-data-only.json":           fromEvent(one),
	"cloudevent-data-null.json":           fromEvent(one),
	"cloudevent-data-list.json":           fromEvent(one),
	"cloudevent-instance-in-content.json": fromEvent(one),
	"cloudevent-actiontrail.json":         fromEvent(one),
	"cloudevent-actiontrail-wrapped.json": fromEvent(one),
	"cloudevents-list.json":               fromEvent(one, two),
	"cloudevents-list-of-strings.json":    fromEvent(one, two),
	"cloudevents-list-mixed.json":         fromEvent(one, two),
	"string-cloudevents.json":             fromEvent(one),

	"cloudmonitor.json":                              fromEvent(one),
	"cloudmonitor-state-change.json":                 fromEvent(one),
	"actiontrail-renew.json":                         fromEvent(one),
	"actiontrail-renew-without-additional-data.json": fromEvent(one),
	"actiontrail-api-call.json":                      fromEvent(one),
	"actiontrail-two-instances.json":                 fromEvent(one, two),
	"mns-json.json":                                  fromEvent(one),
	"mns-json-attributes.json":                       fromEvent(one),
	"mns-base64.json":                                fromEvent(one),
	"mns-stream.json":                                fromEvent(one),
	"mns-stream-base64.json":                         fromEvent(one),
	"mns-cloudevent.json":                            fromEvent(one),
	"mns-stream-base64-alone":                        fromEvent(one), // without attributes the text is the event

	"mns-queue.json":                      fromEvent(one),
	"mns-queue-json-body.json":            fromEvent(one),
	"mns-queue-base64-body.json":          fromEvent(one),
	"mns-queue-cloudevent.json":           fromEvent(one),
	"mns-queue-list.json":                 fromEvent(one, two),
	"mns-queue-raw-data.json":             fromEvent(one),
	"raw-data-state-change.json":          fromEvent(one),
	"raw-data-instance-id.json":           fromEvent(one),
	"raw-data-resource-name.json":         fromEvent(one),
	"raw-data-list.json":                  fromEvent(one, two),
	"actiontrail-comma-list.json":         fromEvent(one, two),
	"actiontrail-json-list.json":          fromEvent(one, two),
	"actiontrail-list.json":               fromEvent(one, two),
	"actiontrail-numbered.json":           fromEvent(one, two),
	"actiontrail-parameters-as-text.json": fromEvent(one, two),
}

// refused are the files of testdata/events/refused, and the words that the
// error of each must have.
var refused = map[string][]string{
	"timer-payload-text.json":         {"timer's payload", "JSON", "leave it empty", `{"dryRun":true}`},
	"timer-payload-invalid-json.json": {"timer's payload", "JSON"},
	"timer-payload-trailing.json":     {"timer's payload", "follows"},
	"timer-payload-list.json":         {"timer's payload", "JSON object"},
	"timer-payload-number.json":       {"timer's payload", "string"},
	"timer-payload-object.json":       {"timer's payload", "string"},
	"timer-payload-unknown-key.json":  {"timer's payload", "dry_run", "dryRun"},
	"timer-payload-twice.json":        {"timer's payload", "dryRun", "twice"},
	"timer-payload-timer.json":        {"timer's payload", "unknown key"},
	"timer-unknown-key.json":          {"timer's event", "dryRun", "payload"},

	"check-and-more.json":             {"check", "alone"},
	"check-null.json":                 {"check", "true or false"},
	"console-sample.json":             {"key1", "unknown", "instanceIds", "dryRun", "regions", "window", "check"},
	"dryrun-misspelt.json":            {"dryrun", `nearest is "dryRun"`},
	"dry-run-escaped-twice.json":      {"dryRun", "twice"},
	"dry-run-twice.json":              {"dryRun", "twice"},
	"dry-run-text.json":               {"dryRun", "true or false"},
	"dry-run-number.json":             {"dryRun", "true or false"},
	"dry-run-null.json":               {"dryRun", "true or false"},
	"instance-ids-empty.json":         {"instanceIds", "empty", "leave the key out"},
	"instance-ids-null.json":          {"instanceIds", "list"},
	"instance-ids-text.json":          {"instanceIds", "list"},
	"instance-ids-number.json":        {"instanceIds", "list of strings"},
	"instance-ids-holds-null.json":    {"instanceIds", "holds null", "instance id"},
	"instance-ids-holds-empty.json":   {"instanceIds", "instance id"},
	"instance-ids-wildcard.json":      {"instanceIds", "instance id"},
	"instance-ids-comma.json":         {"instanceIds", "instance id"},
	"regions-empty.json":              {"regions", "empty", "leave the key out"},
	"regions-null.json":               {"regions", "list"},
	"regions-all.json":                {"regions", `"all"`, "region id, such as cn-hangzhou"},
	"regions-text.json":               {"regions", "list"},
	"regions-upper-case.json":         {"regions", "region id"},
	"accounts-empty.json":             {"accounts", "empty", "leave the key out"},
	"accounts-null.json":              {"accounts", "list"},
	"accounts-number.json":            {"accounts", "list of strings"},
	"accounts-role.json":              {"accounts", "acs:ram::", "account id", "a number"},
	"products-empty.json":             {"products", "empty", "leave the key out"},
	"products-unknown.json":           {"products", "no product", "clb, ecs, eip"},
	"products-billing-code.json":      {"products", "no product"},
	"instance-id.json":                {"unknown key", "instanceId", `nearest is "instanceIds"`},
	"instance-id-and-brake.json":      {"dry_run", "unknown key"},
	"raw-data-other-product.json":     {"unknown key", "resourceId"},
	"raw-data-names-none.json":        {"names no ECS instance"},
	"mns-queue-text.json":             {"names no ECS instance"},
	"mns-queue-with-brake.json":       {"dry run"},
	"cloudevent-with-brake.json":      {"request", "dry_run"},
	"window-number.json":              {"window", "string", "3d"},
	"window-without-unit.json":        {"window", "unit"},
	"window-negative.json":            {"window", "-3d"},
	"window-zero.json":                {"window", "zero"},
	"window-zero-days.json":           {"window", "zero"},
	"window-empty.json":               {"window"},
	"window-null.json":                {"window", "string"},
	"window-too-long.json":            {"window", "365d"},
	"number.json":                     {"JSON object", "accepted"},
	"bool.json":                       {"JSON object", "accepted"},
	"text":                            {"JSON object", "accepted"},
	"string-text.json":                {"JSON object", "accepted"},
	"string-number.json":              {"JSON object", "accepted"},
	"list-empty.json":                 {"empty list", "full run"},
	"list-null.json":                  {"element 1", "JSON object"},
	"list-numbers.json":               {"element 1", "JSON object"},
	"list-requests.json":              {"element 1", "CloudEvent"},
	"list-of-ids.json":                {"element 1", "JSON object"},
	"list-cut.json":                   {"JSON"},
	"malformed-cut.json":              {"JSON"},
	"malformed-bytes":                 {"JSON object"},
	"malformed-single-quotes":         {"JSON"},
	"malformed-comma.json":            {"JSON"},
	"malformed-key":                   {"JSON"},
	"trailing-text":                   {"follows"},
	"trailing-object":                 {"follows"},
	"trailing-brace":                  {"follows"},
	"trailing-after-string":           {"JSON"},
	"nul-after":                       {"follows"},
	"nul-alone":                       {"JSON object"},
	"nul-in-id":                       {"instanceIds", "instance id"},
	"nul-in-key":                      {"unknown key", `dryRun\x00`},
	"byte-order-mark":                 {"JSON object"},
	"invalid-utf8-in-key":             {"unknown key"},
	"invalid-utf8-in-id":              {"instanceIds", "instance id"},
	"invalid-utf8-alone":              {"JSON object"},
	"utf16":                           {"JSON object"},
	"http-trigger.json":               {"unknown key", "accepted"},
	"cloudevent-names-none.json":      {"no ECS instance"},
	"cloudevent-disk.json":            {"no ECS instance"},
	"cloudevent-other-product.json":   {"no ECS instance"},
	"cloudevent-without-source.json":  {"unknown key"},
	"cloudmonitor-disk.json":          {"no ECS instance"},
	"actiontrail-other-product.json":  {"no ECS instance"},
	"actiontrail-names-none.json":     {"no ECS instance"},
	"mns-text.json":                   {"message", "JSON object"},
	"mns-empty.json":                  {"message", "JSON object"},
	"mns-message-number.json":         {"message", "string"},
	"mns-message-null.json":           {"message"},
	"mns-request.json":                {"message", "record"},
	"mns-base64-text.json":            {"message", "JSON object"},
	"mns-base64-of-base64.json":       {"message", "JSON object"},
	"mns-stream-text.json":            {"message", "JSON object"},
	"mns-stream-names-none.json":      {"no ECS instance"},
	"cloudmonitor-other-product.json": {"another product"},

	"cloudmonitor-product-number.json":            {"another product"},
	"actiontrail-of-a-list-of-none.json":          {"no ECS instance"},
	"cloudevents-list-one-without-instance.json":  {"element 2", "no ECS instance"},
	"cloudevents-list-of-numbers-in-strings.json": {"element 1", "JSON object"},
	// What a request would narrow is not to be ignored in a record.
	"cloudevent-with-request.json":   {"dryRun"},
	"mns-with-request.json":          {"dryRun"},
	"mns-stream-with-request.json":   {"window"},
	"timer-name-object.json":         {"timer", "string"},
	"cloudmonitor-with-request.json": {"window"},
}

func events(t testing.TB, kind string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "events", kind, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no events", err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(file)] = text
	}
	return out
}

func TestAcceptedEvents(t *testing.T) {
	files := events(t, "accepted")
	for name := range accepted {
		if files[name] == nil {
			t.Errorf("there is no file %s", name)
		}
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			want, ok := accepted[name]
			if !ok {
				t.Fatal("what it asks for is not written down")
			}
			got, err := ParseEvent(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// EventBridge delivers an event alone, in a list, or as a string in a list;
// and whatever is accepted is accepted as a JSON string.
func TestRecordsInWhateverWrapping(t *testing.T) {
	wrapped := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, text := range events(t, "accepted") {
		if accepted[name].Trigger != byEvent || !json.Valid(text) || bytes.HasPrefix(text, []byte("[")) || bytes.HasPrefix(text, []byte(`"`)) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if got, err := ParseEvent([]byte(wrapped(string(text)))); err != nil || !cmp.Equal(got, accepted[name]) {
				t.Errorf("as a JSON string: %+v %v", got, err)
			}
			if !strings.HasPrefix(name, "cloudevent") {
				return
			}
			if got, err := ParseEvent([]byte(wrapped([]json.RawMessage{text}))); err != nil || !cmp.Equal(got, accepted[name]) {
				t.Errorf("in a list: %+v %v", got, err)
			}
			if got, err := ParseEvent([]byte(wrapped([]string{string(text)}))); err != nil || !cmp.Equal(got, accepted[name]) {
				t.Errorf("in a list of strings: %+v %v", got, err)
			}
		})
	}
}

func TestRefusedEvents(t *testing.T) {
	files := events(t, "refused")
	for name := range refused {
		if files[name] == nil {
			t.Errorf("there is no file %s", name)
		}
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			words, ok := refused[name]
			if !ok {
				t.Fatal("the words of its error are not written down")
			}
			refuses(t, text, words...)
		})
	}
}

func refuses(t *testing.T, event []byte, words ...string) {
	t.Helper()
	got, err := ParseEvent(event)
	if err == nil {
		t.Fatalf("accepted: %+v", got)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error does not say %q: %s", word, err)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\x00") || !utf8.ValidString(err.Error()) {
		t.Errorf("the error is not one clean line: %q", err)
	}
}

// The payload may have 128 KB from a timer, and more by hand.
func TestLongEvents(t *testing.T) {
	const most = 128 << 10
	ids := make([]string, 5000)
	for i := range ids {
		ids[i] = "i-bp1" + strings.Repeat("0", 10) + string(rune('a'+i%26)) + strings.Repeat("z", i%5)
	}
	list, err := json.Marshal(map[string]any{"instanceIds": ids})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseEvent(list); err != nil || len(got.IDs) != 26*5 {
		t.Errorf("a long list of ids: %d ids, %v", len(got.IDs), err)
	}
	if got, err := ParseEvent(append(bytes.Repeat([]byte(" "), most), "{}"...)); err != nil || got.Trigger != byHand {
		t.Errorf("128 KB of spaces: %+v %v", got, err)
	}
	long := strings.Repeat("x", most)
	for name, event := range map[string]string{
		"text":           long,
		"key":            `{"` + long + `":1}`,
		"payload":        `{"triggerTime":"2026-11-23T01:00:00Z","payload":"` + long + `"}`,
		"id":             `{"instanceIds":["i-` + long + `"]}`,
		"deep":           strings.Repeat(`{"dryRun":`, 20000),
		"deep list":      strings.Repeat("[", 200000),
		"deep and whole": `{"dryRun":` + strings.Repeat("[", 200000) + strings.Repeat("]", 200000) + `}`,
		"deep data":      `{"specversion":"1.0","source":"acs.ecs","type":"x","data":` + strings.Repeat(`{"data":`, 9000) + "1" + strings.Repeat("}", 9000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, []byte(event))
			short(t, event)
		})
	}
}

// What an event says comes back in the error, in the log, where a line holds
// 32 KB, and in messages: it must be cut.
func TestErrorsDoNotRepeatLongEvents(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	for name, event := range map[string]string{
		"a window":         `{"window":"` + long + `"}`,
		"a key twice":      `{"` + long + `":1,"` + long + `":1}`,
		"in a timer":       `{"triggerTime":"2026-11-23T01:00:00Z","payload":"{\"window\":\"` + long + `\"}"}`,
		"a key of a timer": `{"triggerTime":"2026-11-23T01:00:00Z","` + long + `":1}`,
	} {
		t.Run(name, func(t *testing.T) { short(t, event) })
	}
}

func short(t *testing.T, event string) {
	t.Helper()
	if _, err := ParseEvent([]byte(event)); err == nil || len(err.Error()) > 1000 {
		t.Errorf("the error has %d characters", len(err.Error()))
	}
}

var (
	idForm     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{1,63}$`)
	regionForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]+)+$`)
)

// FuzzParseEvent: whatever arrives, nothing panics, and what is accepted is
// well formed and asks for no more than was written.
func FuzzParseEvent(f *testing.F) {
	for _, kind := range []string{"accepted", "refused"} {
		for _, name := range slices.Sorted(maps.Keys(events(f, kind))) {
			f.Add(events(f, kind)[name])
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		r, err := ParseEvent(payload)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x00\n") {
				t.Errorf("the error is not one clean line: %q", err)
			}
			return
		}
		if !slices.Contains([]string{byTimer, byHand, byEvent}, r.Trigger) || r.Window < 0 {
			t.Errorf("%+v", r)
		}
		if r.IDs != nil && len(r.IDs) == 0 || r.Regions != nil && len(r.Regions) == 0 {
			t.Errorf("an empty list names nothing: %+v", r)
		}
		for _, id := range r.IDs {
			if !idForm.MatchString(id) {
				t.Errorf("%q is no instance id", id)
			}
		}
		for _, region := range r.Regions {
			if !regionForm.MatchString(region) {
				t.Errorf("%q is no region", region)
			}
		}
		if r.Trigger == byEvent {
			if r.IDs == nil || r.Regions != nil || r.Accounts != nil || r.Products != nil || r.Check || r.DryRun != nil || r.Window != 0 {
				t.Errorf("a record asks for a run of its instances alone: %+v", r)
			}
			return
		}
		said := written(payload)
		for key, taken := range map[string]bool{
			"instanceIds": r.IDs != nil, "regions": r.Regions != nil, "accounts": r.Accounts != nil, "products": r.Products != nil,
			"window": r.Window > 0, "dryRun": r.DryRun != nil,
		} {
			if said[key] != taken {
				t.Errorf("%s: written %t, taken %t: %+v", key, said[key], taken, r)
			}
			delete(said, key)
		}
		delete(said, "check")
		if len(said) > 0 {
			t.Errorf("accepted with keys that nobody knows: %v", said)
		}
	})
}

// written gives the keys of a request, read with other means than ParseEvent:
// out of a timer's event, and out of a JSON string.
func written(payload []byte) map[string]bool {
	var value any
	_ = json.Unmarshal(bytes.TrimSpace(payload), &value)
	if text, ok := value.(string); ok {
		value = nil
		_ = json.Unmarshal([]byte(text), &value)
	}
	fields, _ := value.(map[string]any)
	_, hasTime := fields["triggerTime"]
	if _, hasName := fields["triggerName"]; hasTime || hasName {
		text, _ := fields["payload"].(string)
		fields = nil
		_ = json.Unmarshal([]byte(text), &fields)
	}
	keys := map[string]bool{}
	for key := range fields {
		keys[key] = true
	}
	return keys
}
