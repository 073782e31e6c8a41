package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/fc-renewer/fc-renewer/internal/aliyun"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Every example of docs/policy.md is run: settings and rules are read, the
// instances of the tables after them decided and put through the caps.
func TestPolicyExamples(t *testing.T) {
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	var settings block
	var environ []string
	var rules string
	tables, refused := 0, 0
	for _, b := range blocks(read(t, "docs/policy.md")) {
		switch {
		case b.code && strings.HasPrefix(b.kind, "env"):
			settings, environ, rules = b, lines(b.text), ""
			if b.kind != "env refused" {
				break
			}
			refused++
			if _, err := config.Read(config.Environment{Variables: environ}); err == nil {
				t.Errorf("docs/policy.md:%d: these settings are not refused:\n%s", b.line, b.text)
			}
		case b.code && b.kind == "yaml":
			rules = rulesOf(t, b)
		case !b.code && settings.kind == "env":
			for _, row := range rows(b.text) {
				if len(row) == 3 && strings.Contains(row[0], ": ") && !strings.HasPrefix(row[0], "`") {
					tables++
				}
			}
			decideRows(t, fmt.Sprintf("docs/policy.md:%d", b.line), now, settings.text, environ, rules, rows(b.text))
		}
	}
	if tables < 60 || refused < 7 {
		t.Errorf("only %d rows and %d refusals were found: is this test still reading the document?", tables, refused)
	}
}

func lines(text string) (out []string) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

func decideRows(t *testing.T, where string, now time.Time, settings string, environ []string, rules string, table [][]string) {
	t.Helper()
	if rules != "" {
		environ = append(environ[:len(environ):len(environ)], "RENEW_RULES="+rules)
	}
	c, err := config.Read(config.Environment{Variables: environ})
	if err != nil {
		t.Errorf("%s: the settings before it are refused: %v", where, err)
		return
	}
	type row struct{ decision, reason string }
	want := map[string]row{}
	prices := map[string]renewal.Amount{}
	var fleet []renewal.Instance
	for _, cells := range table {
		id, facts, isInstance := strings.Cut(cells[0], ": ")
		if len(cells) != 3 || !isInstance || strings.HasPrefix(id, "`") {
			continue
		}
		in, price, err := instance(id, facts, now)
		if err != nil {
			t.Errorf("%s: %s: %v", where, cells[0], err)
			continue
		}
		fleet, prices[id], want[id] = append(fleet, in), price, row{cells[1], cells[2]}
	}
	plan := renewal.NewPlan(now, c.Policy, fleet)
	for i := range plan.Decisions {
		if d := &plan.Decisions[i]; d.Pays() {
			d.Price = prices[d.Instance.ID]
		}
	}
	balances := renewal.Balances{}
	if _, text, found := strings.Cut(settings, "# balance "); found {
		if amount, err := renewal.ParseAmount(strings.TrimSpace(text), renewal.China); err == nil {
			balances[account] = amount
		}
	}
	plan.HoldPrices(c.Policy.Caps)
	plan.Approve(c.Policy)
	plan.Afford(c.Policy.Caps, balances)
	for _, d := range plan.Decisions {
		got := row{word(d), string(d.Reason)}
		if want := want[d.Instance.ID]; got != want {
			t.Errorf("%s: %s: it is %s, %s; the document says %s, %s", where, d.Instance.ID, got.decision, got.reason, want.decision, want.reason)
		}
	}
}

const account = "1234567890123456"

// word is a decision as the tables write it.
func word(d renewal.Decision) string {
	switch {
	case d.Held():
		return "held"
	case d.Action == renewal.Renew:
		return "renew " + d.Term.String()
	case d.Action == renewal.AutoRenew:
		return "auto-renew " + d.AutoPeriod.String()
	}
	return string(d.Action)
}

// instance reads how the tables write one: "3d, auto 1m, tag env=prod, 250 CNY".
func instance(id, facts string, now time.Time) (in renewal.Instance, price renewal.Amount, err error) {
	in = renewal.Instance{
		ID: id, Name: id, Account: account, Region: "cn-hangzhou", Subscription: true,
		Mode: renewal.Manual, Tags: map[string]string{},
	}
	for fact := range strings.SplitSeq(facts, ", ") {
		kind, value, _ := strings.Cut(fact, " ")
		switch kind {
		case "pay-as-you-go":
			in.Subscription = false
		case "auto":
			in.Mode, in.Auto = renewal.Auto, renewal.Period{Months: 1}
			if value != "" {
				if in.Auto, err = renewal.ParsePeriod(value); err != nil {
					return in, price, err
				}
			}
		case "lapse", "unknown":
			in.Mode = renewal.Mode(kind)
		case "locked":
			in.Locks = []string{"security"}
		case "name":
			in.Name = value
		case "type":
			in.Type = value
		case "created":
			ago, err := relative(value)
			if err != nil {
				return in, price, err
			}
			in.Created = now.Add(ago)
		case "group":
			in.SecurityGroups = append(in.SecurityGroups, value)
		case "tag":
			key, v, _ := strings.Cut(value, "=")
			in.Tags[key] = v
		case "no":
		default:
			if amount, err := renewal.ParseAmount(fact, renewal.China); err == nil {
				price = amount
				continue
			}
			left, err := relative(fact)
			if err != nil {
				return in, price, err
			}
			in.Expires = now.Add(left)
		}
	}
	return in, price, nil
}

func relative(text string) (time.Duration, error) {
	units := map[string]time.Duration{"d": renewal.Day, "h": time.Hour}
	unit, known := units[text[len(text)-1:]]
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil || !known {
		return 0, fmt.Errorf("%q is nothing that this test knows", text)
	}
	return time.Duration(n) * unit, nil
}

// rulesOf gives the rules of an example: a list, or the block in an s.yaml that holds
// one.
func rulesOf(t *testing.T, b block) string {
	t.Helper()
	if !strings.Contains(b.text, "RENEW_RULES: |") {
		return b.text
	}
	var manifest struct {
		Environment map[string]string `yaml:"environmentVariables"`
	}
	if err := yaml.Unmarshal([]byte(b.text), &manifest); err != nil || manifest.Environment["RENEW_RULES"] == "" {
		t.Errorf("line %d: %v", b.line, err)
	}
	return manifest.Environment["RENEW_RULES"]
}

// The table of names has every one that a rule can ask for, and its examples are
// rules.
func TestPolicyNamesWhatRulesCanAsk(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"docs/policy.md", "docs/zh/policy.md"} {
		var named []string
		for _, s := range sections(t, name) {
			if s.heading != "What a rule can ask" && s.heading != "规则里能问什么" {
				continue
			}
			for _, row := range tables(s.text)[0][2:] {
				named = append(named, strings.Trim(row[0], "`"))
				when, err := json.Marshal([]map[string]string{{"when": strings.Trim(row[2], "`")}})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := config.Read(config.Environment{Variables: []string{"RENEW_RULES=" + string(when), "RENEW_PRODUCTS=all"}}); err != nil {
					t.Errorf("%s: %s: %v", name, row[2], err)
				}
			}
		}
		if want := config.RuleNames(); !slices.Equal(slices.Sorted(slices.Values(named)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s names %q, and there are %q", name, named, want)
		}
	}
}

// The rights of a team of three: whoever deploys cannot approve, whoever approves
// can do nothing else, and nobody but the function may pay.
func TestPolicyForATeamOfThree(t *testing.T) {
	t.Parallel()
	type statement struct {
		Effect           string
		Action, Resource []string
		Condition        map[string]map[string]string
	}
	for name, heading := range map[string]string{"docs/policy.md": "A team of three", "docs/zh/policy.md": "三人团队"} {
		var team [][]statement
		for _, s := range sections(t, name) {
			for _, b := range s.examples {
				if s.heading != heading || b.kind != "json" {
					continue
				}
				var p struct {
					Version   string
					Statement []statement
				}
				d := json.NewDecoder(strings.NewReader(b.text))
				if d.DisallowUnknownFields(); d.Decode(&p) != nil || p.Version != "1" {
					t.Fatalf("%s:%d is no policy", name, b.line)
				}
				team = append(team, p.Statement)
			}
		}
		if len(team) != 3 {
			t.Fatalf("%s has %d policies", name, len(team))
		}
		for _, right := range aliyun.Rights() {
			if text := fmt.Sprint(team); right.Use.Changes() && strings.Contains(text, right.Action) {
				t.Errorf("%s: somebody may %s", name, right.Action)
			}
		}
		for _, policy := range team {
			for _, s := range policy {
				if len(s.Action) == 0 || len(s.Resource) == 0 || s.Effect != "Allow" && s.Effect != "Deny" {
					t.Errorf("%s: %+v", name, s)
				}
				for _, r := range s.Resource {
					if !strings.HasPrefix(r, "acs:fc:*:*:functions/fc-renewer") && r != "acs:ram:*:*:role/fc-renewer" && r != "acs:log:*:*:project/fc-renewer-*/logstore/fc-renewer" {
						t.Errorf("%s: %s is not of the function that s.yaml deploys", name, r)
					}
				}
			}
		}
		deploys, approves, told := team[0], team[1], team[2]
		denies := slices.ContainsFunc(deploys, func(s statement) bool {
			return s.Effect == "Deny" && slices.Equal(s.Action, []string{"fc:InvokeFunction"})
		})
		passes := slices.ContainsFunc(deploys, func(s statement) bool {
			return slices.Equal(s.Action, []string{"ram:PassRole"}) && s.Condition["StringEquals"]["acs:Service"] == "fc.aliyuncs.com"
		})
		if !denies || !passes {
			t.Errorf("%s: who deploys: %+v", name, deploys)
		}
		if len(approves) != 1 || approves[0].Effect != "Allow" || !slices.Equal(approves[0].Action, []string{"fc:InvokeFunction"}) {
			t.Errorf("%s: who approves: %+v", name, approves)
		}
		if text := fmt.Sprint(told); strings.Contains(text, "fc:") || strings.Contains(text, "Post") {
			t.Errorf("%s: who is told: %+v", name, told)
		}
	}
}

// Rules in other documents compile, too.
func TestRulesInDocuments(t *testing.T) {
	for _, name := range documents(t) {
		for _, b := range fenced(read(t, name), "yaml") {
			if !strings.HasPrefix(strings.TrimSpace(b.text), "- ") || !strings.Contains(b.text, "when:") {
				continue
			}
			file := filepath.Join(t.TempDir(), "rules.yaml")
			if err := os.WriteFile(file, []byte(b.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := config.Read(config.Environment{Variables: []string{"RENEW_RULES_FILE=" + file}, ReadFile: os.ReadFile}); err != nil {
				t.Errorf("%s:%d: %v", name, b.line, err)
			}
		}
	}
}
