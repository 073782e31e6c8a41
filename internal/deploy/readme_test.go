package deploy

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/aliyun"
	"github.com/fc-renewer/fc-renewer/internal/config"
)

var update = flag.Bool("update", false, "write the table of settings into README.md")

const (
	settingsBegin = "<!-- settings: `go test ./internal/deploy -update` writes this table from internal/config/table.go -->"
	settingsEnd   = "<!-- end of settings -->"
)

func TestReadmeHasTheSettings(t *testing.T) {
	readme := read(t, "README.md")
	got := between(t, readme, settingsBegin, settingsEnd)
	if *update {
		readme = strings.Replace(readme, settingsBegin+"\n"+got+settingsEnd, settingsBegin+"\n"+config.Table()+settingsEnd, 1)
		if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(readme), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != config.Table() {
		t.Errorf("the table of settings in README.md is not that of the code; go test ./internal/deploy -update writes it:\n%s", config.Table())
	}
}

// The Chinese README says the same: the same settings with the same defaults,
// the same words in their meanings, the same commands, policies and links.
func TestReadmesAgree(t *testing.T) {
	english, chinese := read(t, "README.md"), read(t, "README.zh-CN.md")
	var table [][]string
	for _, row := range rows(chinese) {
		if len(row) == 3 && strings.HasPrefix(row[0], "`RENEW_") {
			table = append(table, row)
		}
	}
	settings := config.Settings()
	if len(table) != len(settings) {
		t.Fatalf("README.zh-CN.md has %d settings, the code %d", len(table), len(settings))
	}
	for i, s := range settings {
		def := ""
		if s.Default != "" {
			def = "`" + s.Default + "`"
		}
		if table[i][0] != "`"+s.Name+"`" || table[i][1] != def {
			t.Errorf("row %d is %s with default %q, want `%s` with %q", i+1, table[i][0], table[i][1], s.Name, def)
		}
		for _, word := range quoted(s.Meaning) {
			if !strings.Contains(table[i][2], "`"+word+"`") {
				t.Errorf("%s: the meaning does not name `%s`", s.Name, word)
			}
		}
	}
	compareSections(t, "README.md", readmeSections(t, "README.md"), "README.zh-CN.md", readmeSections(t, "README.zh-CN.md"))
	for _, kind := range []string{"json", "text"} {
		e, c := fenced(english, kind), fenced(chinese, kind)
		if len(e) != len(c) {
			t.Fatalf("README.md has %d blocks of %s, README.zh-CN.md %d", len(e), kind, len(c))
		}
		for i := range e {
			if kind == "json" && e[i].text != c[i].text || !slices.Equal(shownRows(e[i].text), shownRows(c[i].text)) {
				t.Errorf("block %d of %s differs", i+1, kind)
			}
		}
	}
	e, c := commands(english), commands(chinese)
	first := c[0]
	c[0] = strings.TrimSuffix(first, " --lang zh")
	if first == c[0] || !mirror.MatchString(chinese) {
		t.Error("README.zh-CN.md does not speak to its reader: --lang zh, and the mirror of Go modules")
	}
	if !slices.Equal(e, c) {
		t.Errorf("the commands differ:\n%q\n%q", e, c)
	}
}

// readmeSections are those of a README without its examples, which are compared by
// themselves, and without what only readers of one language need.
func readmeSections(t *testing.T, name string) []section {
	t.Helper()
	list := sections(t, name)
	for i := range list {
		list[i].examples = nil
		list[i].text = mirror.ReplaceAllString(list[i].text, "")
		list[i].text = strings.ReplaceAll(list[i].text, "<账号 ID>", "<your account id>")
	}
	return list
}

// mirror is the paragraph on the mirror of Go modules in mainland China.
var mirror = regexp.MustCompile("(?m)^.*`go env -w GOPROXY=https://goproxy.cn,direct`.*\n\n")

// shownRows are the instances that a block shows, in its order. What is said about
// them is in the language of the page, and tested where it is made.
func shownRows(block string) (ids []string) {
	for line := range strings.Lines(block) {
		if strings.HasPrefix(line, "i-") {
			id, _, _ := strings.Cut(line, " ")
			ids = append(ids, id)
		}
	}
	return ids
}

// quoted gives what is in backquotes.
func quoted(text string) (out []string) {
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}

// commands are the lines of all bash blocks without their comments.
func commands(text string) (out []string) {
	for _, kind := range []string{"bash", "sh"} {
		for _, b := range fenced(text, kind) {
			for line := range strings.SplitSeq(b.text, "\n") {
				line, _, _ = strings.Cut(line, " #")
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
					out = append(out, line)
				}
			}
		}
	}
	return out
}

// Every right that a call can need is in the part on permissions of both READMEs,
// and nothing is granted that is not called.
func TestReadmeGrantsWhatIsCalled(t *testing.T) {
	readme := read(t, "README.md")
	_, section, _ := strings.Cut(readme, "\n## Permissions\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, chinese, _ := strings.Cut(read(t, "README.zh-CN.md"), "\n## 所需权限\n")
	chinese, _, _ = strings.Cut(chinese, "\n## ")
	var called, changing []string
	for _, right := range aliyun.Rights() {
		called = append(called, right.Action)
		if right.Use.Changes() {
			changing = append(changing, right.Action)
		}
		if !strings.Contains(section, right.Action) || !strings.Contains(chinese, right.Action) {
			t.Errorf("%s is called, and not in both READMEs", right.Action)
		}
	}
	var policy struct {
		Version   string
		Statement []struct {
			Effect, Resource string
			Action           []string
		}
	}
	for _, b := range fenced(section, "json") {
		if err := json.Unmarshal([]byte(b.text), &policy); err != nil {
			t.Fatal(err)
		}
	}
	if policy.Version != "1" || len(policy.Statement) != 3 {
		t.Fatalf("the policy is %+v", policy)
	}
	for _, statement := range policy.Statement {
		for _, action := range statement.Action {
			if !slices.Contains(called, action) && !strings.HasPrefix(action, "log:") {
				t.Errorf("the README grants %s, which is not called", action)
			}
			if slices.Contains(changing, action) && statement.Resource == "*" {
				t.Errorf("the README grants %s on everything", action)
			}
		}
	}
}

func settingNames() (out []string) {
	for _, s := range config.Settings() {
		out = append(out, s.Name)
	}
	return out
}
