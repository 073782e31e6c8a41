package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Every key of a rule besides name, when, action, period and max-price.
func TestRuleKeys(t *testing.T) {
	rule := rulesOf(t, "- {name: a, when: expired, until-day: 12, window: 36h, max-spend: 800.50 USD, approval: true, notify: [dba, payments, dba]}\n",
		"RENEW_NOTIFY=https://x.example/a, dba=https://x.example/b,payments=https://oapi.dingtalk.com/robot/send?access_token=t")[0]
	if rule.Term() != (renewal.Term{UntilDay: 12}) || rule.Window != 36*time.Hour || rule.MaxSpend.String() != "800.50" || rule.MaxSpend.Currency != "USD" ||
		rule.Approval == nil || !*rule.Approval || !slices.Equal(rule.Notify, []string{"dba", "payments"}) {
		t.Errorf("%+v", rule)
	}
	for text, want := range map[string]string{"approval: false": "false", "approval: 'true'": "true"} {
		if got := rulesOf(t, "- when: expired\n  "+text+"\n")[0].Approval; got == nil || *got != (want == "true") {
			t.Errorf("%s", text)
		}
	}
	if got := rulesOf(t, "- {when: expired, notify: dba}\n", "RENEW_NOTIFY=dba=https://x.example/b")[0].Notify; !slices.Equal(got, []string{"dba"}) {
		t.Errorf("a word by itself: %q", got)
	}
	bare := rulesOf(t, "- {when: expired, period: 3m}\n")[0]
	if bare.Approval != nil || bare.Notify != nil || bare.Window != 0 || bare.MaxSpend.Known() || bare.Term() != (renewal.Term{Period: renewal.Period{Months: 3}}) {
		t.Errorf("%+v", bare)
	}
}

func TestRuleKeysThatAreRefused(t *testing.T) {
	for text, words := range map[string]string{
		"until-day: 0":                `until-day: "0" is not accepted; write a whole number from 1 to 28`,
		"until-day: 29":               "from 1 to 28",
		"until-day: first":            "from 1 to 28",
		"until-day: 12, period: 1m":   "until-day: and period are both set",
		"window: soon":                `window: "soon" is no duration`,
		"window: 0":                   "the least is 1s",
		"window: 366d":                "the most is 365d",
		"max-spend: 5k":               `max-spend: "5k" is no amount of money`,
		"approval: maybe":             `approval: "maybe" is not accepted; write true or false`,
		"approval: yes":               `approval: "yes" is not accepted`,
		"approval: 1":                 `approval: "1" is not accepted`,
		"notify: [dba]":               `notify: no channel is called "dba"; RENEW_NOTIFY has none with a name, as in dba=https://…`,
		"approval: ":                  "the key approval without a value",
		"notify: []":                  "the key notify without a value",
		"window: ''":                  "the key window without a value",
		"untilday: 3":                 `unknown field "untilday"`,
		"max-spend: 5, max-spend: 10": "max-spend",
	} {
		_, err := read("RENEW_RULES=- {name: mine, when: expired, " + text + "}\n")
		refused(t, err, words, "RENEW_RULES: ")
		if err != nil {
			inChinese(t, err)
		}
	}
	_, err := read("RENEW_NOTIFY=payments=https://x.example/a", "RENEW_RULES=- {name: mine, when: expired, notify: [payment]}")
	refused(t, err, `rule "mine": notify: no channel is called "payment"; RENEW_NOTIFY has payments`)
	if _, err := read("RENEW_NOTIFY='payments=https://x.example/a'", "RENEW_RULES=- {when: expired, notify: [payments]}"); err == nil || strings.Contains(err.Error(), "no channel") {
		t.Errorf("a refused RENEW_NOTIFY says nothing about names: %v", err)
	}
}

// The window of a rule renews for ever like that of the settings.
func TestNoWindowOfARuleRenewsForEver(t *testing.T) {
	for name, tt := range map[string]struct {
		rule    string
		problem string // "" = accepted
	}{
		"as long as the period of the settings": {"window: 28d", `the window of rule "a" is as long as the period of rule "a" (1m, at least 28 days)`},
		"as long as its own period":             {"window: 14d, period: 2w", `the window of rule "a" is as long as`},
		"as long as the way to a day":           {"window: 30d, until-day: 1", "until-day-1"},
		"shorter than its own period":           {"window: 5d, period: 1w", ""},
		"it pays for nothing":                   {"window: 60d, action: auto-renew", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read("RENEW_ACTION=renew", "RENEW_RULES=- {name: a, when: expired, "+tt.rule+"}")
			if tt.problem == "" && err != nil {
				t.Error(err)
			} else if tt.problem != "" {
				refused(t, err, tt.problem)
			}
		})
	}
}

// What is wrong with the form of the rules is shown in one line, with a mark,
// and with the way to keep an expression out of the way of YAML.
func TestIllWrittenRulesAreShown(t *testing.T) {
	for text, words := range map[string][]string{
		`[{name: typo, when: tag["env"] == "prod", action: renew}]`:                             {"[1:24]", `[{name: typo, when: tag▶["env"] == "prod", action: renew}]`, "put when in quotes", `when: 'tags["env"] == "prod"'`},
		"- name: a\n  when: expired\n- name: b\n  when: \"x\" == name\n":                        {"[4:", `▶`, "put when in quotes"},
		"- name: a\n  when: expired\n  priod: 1m\n":                                             {"[3:3]", "▶priod: 1m"},
		"- name: a\n  when: expired\n   action: skip\n":                                         {"▶"},
		"- {name: a, when: 'name == \"" + strings.Repeat("x", 200) + "\"', action: skip, oops}": {"…", "▶"},
	} {
		_, err := read("RENEW_RULES=" + text)
		refused(t, err, append(words, "RENEW_RULES: ")...)
		if err != nil && (strings.Contains(err.Error(), "\n") || len(err.Error()) > 700) {
			t.Errorf("more than a line: %q", err)
		}
		inChinese(t, err)
	}
}

// The form of the rules that needs no thought about quotes: a block.
func TestRulesInABlock(t *testing.T) {
	rules := rulesOf(t, "- name: prod\n  when: |\n    tags[\"env\"] == \"prod\"\n    and region startsWith \"cn-\"\n  action: renew\n- name: rest\n  when: >-\n    true\n  action: skip\n")
	if yes, err := rules[0].When(ending(renewal.Day), now); err != nil || !yes || len(rules) != 2 {
		t.Errorf("%v %v", yes, err)
	}
}
