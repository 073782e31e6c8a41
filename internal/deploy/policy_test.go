package deploy

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

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
			rules = b.text
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
	decisions := renewal.Decide(now, c.Policy, fleet)
	for i := range decisions {
		if decisions[i].Pays() {
			decisions[i].Price = prices[decisions[i].Instance.ID]
		}
	}
	balances := renewal.Balances{}
	if _, text, found := strings.Cut(settings, "# balance "); found {
		if amount, err := renewal.ParseAmount(strings.TrimSpace(text), renewal.China); err == nil {
			balances[account] = amount
		}
	}
	for _, d := range renewal.Afford(decisions, c.Policy.Caps, balances) {
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
