package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
)

// docs/operate.md is about the lines that the function writes in a run.
func TestOperatePageIsAboutTheLog(t *testing.T) {
	t.Parallel()
	log, page := logOfARun(t), read(t, "docs/operate.md")
	index := indexed(t, page)
	t.Run("queries", func(t *testing.T) { checkQueries(t, log, index, page) })
	t.Run("index", func(t *testing.T) { checkIndex(t, log, index) })
	t.Run("lines", func(t *testing.T) { checkLines(t, log, page) })
}

// A logged is what the lines of a log have: by msg and by the path of each field, a
// value of it.
type logged map[string]map[string]any

// checkQueries holds the queries against the lines: every field that one names is in
// a line of the kind that it looks for, every value that it looks for is one that the
// field can have, and the index has every column.
func checkQueries(t *testing.T, log logged, index map[string]string, page string) {
	t.Helper()
	queries := fenced(page, "sls")
	if len(queries) < 12 {
		t.Fatalf("only %d queries were found", len(queries))
	}
	for _, q := range queries {
		where := fmt.Sprintf("docs/operate.md:%d", q.line)
		search, sql, analysed := strings.Cut(q.text, "|")
		conditions := searched.FindAllStringSubmatch(search, -1)
		if left := strings.Trim(strings.NewReplacer("(", "", ")", "", " and ", " ", " or ", " ").Replace(searched.ReplaceAllString(search, "")), " \n"); left != "" || !analysed {
			t.Errorf("%s: this test does not understand %q", where, left)
		}
		var kinds []string
		for _, c := range conditions {
			if c[1] == "msg" {
				kinds = append(kinds, c[2])
			}
		}
		for _, c := range conditions {
			if !slices.ContainsFunc(kinds, func(kind string) bool { return log[kind][c[1]] != nil }) {
				t.Errorf("%s: no line %v has %s", where, kinds, c[1])
			}
			if !slices.Contains(possible(t, c[1]), c[2]) {
				t.Errorf("%s: %s is never %q", where, c[1], c[2])
			}
		}
		for _, c := range slices.Concat(column.FindAllStringSubmatch(sql, -1), extracted.FindAllStringSubmatch(sql, -1)) {
			if !slices.ContainsFunc(kinds, func(kind string) bool { return log[kind][c[2]] != nil }) {
				t.Errorf("%s: no line %v has %s", where, kinds, c[2])
			}
			if c[1] == `"` && index[c[2]] == "" {
				t.Errorf("%s: the index has no %s", where, c[2])
			}
		}
		if n := strings.Count(sql, "message") - len(column.FindAllString(sql, -1)) - len(extracted.FindAllString(sql, -1)); n != 0 {
			t.Errorf("%s: %d fields were not understood", where, n)
		}
	}
}

// checkIndex: what the index names is logged, with values of that type.
func checkIndex(t *testing.T, log logged, index map[string]string) {
	t.Helper()
	for key, kind := range index {
		found := false
		for msg, fields := range log {
			value := fields[key]
			if value == nil {
				continue
			}
			found = true
			_, number := value.(float64)
			if _, list := value.([]any); list || number != (kind == "long") {
				t.Errorf("%s in a line %s is %v, and the index says %s", key, msg, value, kind)
			}
		}
		if !found {
			t.Errorf("the index has %s, which is in no line", key)
		}
	}
}

// checkLines: the table of the lines names every kind of a run but those that doubts
// and faults bring, and no key that is not there.
func checkLines(t *testing.T, log logged, page string) {
	t.Helper()
	_, text, _ := strings.Cut(page, "\n## The lines\n")
	text, _, _ = strings.Cut(text, "\n## ")
	told := map[string]bool{}
	for _, row := range rows(text) {
		msg := strings.Trim(row[0], "`")
		told[msg] = true
		if msg == "report-part" { // TestLongReportIsInParts, in handler
			continue
		}
		for _, key := range quoted(row[2]) {
			if key != "true" && key != "false" && log[msg][key] == nil && log[msg][msg+"."+key] == nil {
				t.Errorf("no line %s has %s", msg, key)
			}
		}
	}
	for msg := range log {
		if !told[msg] && msg != "plan" {
			t.Errorf("the page does not tell of lines %s", msg)
		}
	}
}

var (
	searched  = regexp.MustCompile(`message\.([\w.]+): ([\w-]+)`)
	column    = regexp.MustCompile(`(")message\.([\w.]+)"`)
	extracted = regexp.MustCompile(`()json_extract\(message, '\$\.([\w.]+)'\)`)
)

// possible are the values that a field which is searched for can have.
func possible(t *testing.T, field string) []string {
	t.Helper()
	switch field {
	case "msg":
		return []string{"start", "instance", "lapsing", "report"}
	case "lapsing":
		return []string{"true", "false"}
	case "report.trigger":
		return []string{"timer", "manual", "event", "command"}
	case "report.status":
		return constants(t, "renewal", "Status")
	case "outcome":
		return constants(t, "renewal", "Outcome")
	case "reason":
		return constants(t, "renewal", "Reason")
	}
	return nil
}

// indexed are the keys of the index that the page shows, with their types.
func indexed(t *testing.T, page string) map[string]string {
	t.Helper()
	var index struct {
		Keys map[string]struct {
			Type string
			Doc  bool `json:"doc_value"`
			Keys map[string]struct {
				Type string
				Doc  bool `json:"doc_value"`
			} `json:"json_keys"`
		}
	}
	if err := json.Unmarshal([]byte(fenced(page, "json")[0].text), &index); err != nil {
		t.Fatal(err)
	}
	message := index.Keys["message"]
	if message.Type != "json" || !message.Doc || len(message.Keys) < 20 {
		t.Fatalf("this is no index of message: %+v", message)
	}
	out := map[string]string{}
	for key, is := range message.Keys {
		if out[key] = is.Type; !is.Doc {
			t.Errorf("%s is not counted with", key)
		}
	}
	return out
}

// logOfARun gives the fields of the lines that the function writes in a run in
// which something is renewed, something refused and something lapses.
func logOfARun(t *testing.T) logged {
	t.Helper()
	binary := command(t)
	emulated := cloud.New(cloud.Options{})
	server, err := emulated.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	keys := fc.Credentials{AccessKeyID: "STS.sample", AccessKeySecret: "sample", SecurityToken: "sample"}
	emulated.AddAccount(cloud.Account{ID: account})
	emulated.AddKey(account, cloud.Key{AccessKeyID: keys.AccessKeyID, AccessKeySecret: keys.AccessKeySecret, SecurityToken: keys.SecurityToken, Role: "fc-renewer"})
	for id, left := range map[string]time.Duration{"i-renewed": 72 * time.Hour, "i-refused": 12 * time.Hour} {
		emulated.AddInstance(cloud.Instance{ID: id, Account: account, Region: "cn-hangzhou", Expires: time.Now().Add(left), UnpaidOrder: id == "i-refused"})
	}
	platform, err := fc.Start(context.Background(), fc.Function{
		Path: binary, Name: "fc-renewer", AccountID: account, Timeout: 2 * time.Minute, Credentials: keys, MaxAsyncRetries: -1,
		Env: map[string]string{"RENEW_ACTION": "renew", "RENEW_VERIFY": "1s", "RENEW_ENDPOINT": server.URL()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = platform.Close() })
	if _, err := platform.Timer(t.Context(), "", "daily", time.Now()); err != nil {
		t.Fatal(err)
	}
	log := logged{}
	for line := range strings.Lines(platform.Logs()) {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) != nil {
			continue // of the platform
		}
		msg, _ := fields["msg"].(string)
		if log[msg] == nil {
			log[msg] = map[string]any{}
		}
		maps.Copy(log[msg], paths("", fields))
	}
	if log["report"] == nil || log["lapsing"] == nil || log["instance"] == nil {
		t.Fatalf("the run did not go as it should:\n%s", platform.Logs())
	}
	return log
}

// paths gives the values of an object by their paths; lists are values.
func paths(prefix string, object map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range object {
		out[prefix+key] = value
		if inner, ok := value.(map[string]any); ok {
			maps.Copy(out, paths(prefix+key+".", inner))
		}
	}
	return out
}
