package config

import (
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func rulesOf(t testing.TB, text string, more ...string) []renewal.Rule {
	t.Helper()
	return mustRead(t, append(more, "RENEW_RULES="+text)...).Policy.Rules
}

// quoted writes a rule whose when is kept as it is.
func quoted(when string) string { return "- when: '" + strings.ReplaceAll(when, "'", "''") + "'\n" }

// Every operator that people use, on one instance: it ends in three days, is
// named web-1, runs in cn-hangzhou and has the tags team=payments and env=prod.
func TestRulesUnderstand(t *testing.T) {
	in := ending(3 * renewal.Day)
	for _, tt := range []struct {
		when string
		want bool
	}{
		{`true`, true},
		{`false`, false},
		{`name == "web-1"`, true},
		{`name == 'web-1'`, true},
		{"name == `web-1`", true},
		{`name == "web-2"`, false},
		{`name != "web-2"`, true},
		{`id == "i-a"`, true},
		{`account == "1234567890123456"`, true},
		{`zone == "cn-hangzhou-h" && type == "ecs.c7.large" && status == "Running" && product == "ecs" && mode == "manual"`, true},
		{`resourceGroup == "rg-1" and vpc == "vpc-1"`, true},
		{`name in ["web-1", "web-2"]`, true},
		{`name not in ["web-1", "web-2"]`, false},
		{`not (name in ["web-1"])`, false},
		{`region in ["cn-beijing"]`, false},
		{`name contains "eb-"`, true},
		{`name contains "Web"`, false},
		{`not (name contains "db")`, true},
		{`region startsWith "cn-"`, true},
		{`region startsWith "us-"`, false},
		{`name endsWith "-1"`, true},
		{`name matches "^web-[0-9]+$"`, true},
		{`name matches "^db-"`, false},
		{`not (name matches "^tmp-")`, true},
		{`name matches "(?i)^WEB"`, true},
		{`region == "cn-hangzhou" and name == "web-1"`, true},
		{`region == "cn-hangzhou" && name == "web-2"`, false},
		{`region == "cn-beijing" or name == "web-1"`, true},
		{`region == "cn-beijing" || name == "web-2"`, false},
		{`not expired`, true},
		{`!expired`, true},
		{`daysLeft > 2`, true},
		{`daysLeft >= 3`, true},
		{`daysLeft < 3`, false},
		{`daysLeft <= 3`, true},
		{`daysLeft < 2.5`, false},
		{`daysLeft > 2 ? name == "web-1" : false`, true},
		{`2 < daysLeft and daysLeft < 4`, true},
		{`daysLeft * 2 + 1 > 6.5`, true},
		{`tags["team"] == "payments"`, true},
		{`tags.team == "payments"`, true},
		{`tags["team"] in ["payments", "billing"]`, true},
		{`tags["none"] == ""`, true},
		{`tags["none"] == "x"`, false},
		{`tags["none"] != "x"`, true},
		{`tags.none == ""`, true},
		{`(tags["none"] ?? "default") == "default"`, true},
		{`(tags["team"] ?? "default") == "payments"`, true},
		{`"team" in tags`, true},
		{`"none" in tags`, false},
		{`not ("none" in tags)`, true},
		{`len(tags) == 2`, true},
		{`len(name) > 3`, true},
		{`len(securityGroups) == 2`, true},
		{`"sg-1" in securityGroups`, true},
		{`"sg-9" in securityGroups`, false},
		{`securityGroups[0] == "sg-1"`, true},
		{`any(securityGroups, # startsWith "sg-")`, true},
		{`any(securityGroups, {# == "sg-9"})`, false},
		{`all(securityGroups, # startsWith "sg-")`, true},
		{`none(securityGroups, # == "sg-9")`, true},
		{`one(securityGroups, # == "sg-1")`, true},
		{`len(filter(securityGroups, # endsWith "1")) == 1`, true},
		{`count(securityGroups, # endsWith "1") == 1`, true},
		{`lower(name) == "web-1"`, true},
		{`upper(name) == "WEB-1"`, true},
		{`trim(name) == "web-1"`, true},
		{`split(name, "-")[0] == "web"`, true},
		{`replace(name, "web", "db") == "db-1"`, true},
		{`expires > created`, true},
		{`expires > date("2026-11-25")`, true},
		{`expires - created > duration("2400h")`, true},
		{`expires.Year() == 2026`, true},
		{`created.Year() < 2027`, true},
		{`expires.Weekday().String() == "Thursday"`, true},
		{`let group = tags["team"]; group == "payments"`, true},
		{"name == \"web-1\"\n  and region == \"cn-hangzhou\"", true},
		{`name == "web-1" // a comment`, true},
		{`name == "数据" or name == "web-1"`, true},
	} {
		t.Run(tt.when, func(t *testing.T) {
			rules := rulesOf(t, "- when: |-\n    "+strings.ReplaceAll(tt.when, "\n", "\n    ")+"\n")
			got, err := rules[0].When(in, now)
			if err != nil || got != tt.want {
				t.Errorf("%v (%v), want %v", got, err, tt.want)
			}
		})
	}
}

// The facts of other instances: over, without tags, without a date.
func TestRulesOnOddInstances(t *testing.T) {
	over := ending(-36 * time.Hour)
	bare := renewal.Instance{ID: "i-bare", Expires: now}
	for _, tt := range []struct {
		in   renewal.Instance
		when string
		want bool
	}{
		{over, `expired`, true},
		{over, `daysLeft in -2..-1`, true},
		{over, `daysLeft < 0`, true},
		{bare, `expired and daysLeft in 0..0`, true},
		{bare, `tags["team"] == ""`, true},
		{bare, `"team" in tags`, false},
		{bare, `len(tags) == 0 and len(securityGroups) == 0`, true},
		{bare, `any(securityGroups, # == "sg-1")`, false},
		{bare, `all(securityGroups, # == "sg-1")`, true},
		{bare, `name == "" and zone == ""`, true},
		{renewal.Instance{}, `expired`, true},
	} {
		got, err := rulesOf(t, quoted(tt.when))[0].When(tt.in, now)
		if err != nil || got != tt.want {
			t.Errorf("%s on %q: %v (%v)", tt.when, tt.in.ID, got, err)
		}
	}
}

// A rule is refused before the first call, by its name and the column in its
// expression, with the names that are known.
func TestRulesThatAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		when string
		want []string
	}{
		"an unknown name":             {`nme == "x"`, []string{"column 1:", "unknown name nme", "known are id, name, region"}},
		"an unknown name further on":  {`name == "x" and regio == "y"`, []string{"column 17:", "unknown name regio"}},
		"a name in another case":      {`Name == "x"`, []string{"column 1:", "unknown name Name"}},
		"the clock":                   {`expires > now()`, []string{"column 11:", "write now, without brackets"}},
		"the environment":             {`os.Getenv("X") == ""`, []string{"column 1:", "unknown name os"}},
		"mismatched types":            {`name == 5`, []string{"column 6:", "mismatched types"}},
		"a number as a text":          {`daysLeft startsWith "3"`, []string{"column 10:"}},
		"a broken pattern":            {`name matches "("`, []string{"column 6:", "missing closing )"}},
		"a broken expression":         {`name == `, []string{"column", "unexpected token EOF"}},
		"an open bracket":             {`(name == "x"`, []string{"column"}},
		"an open quote":               {`name == "x`, []string{"column"}},
		"one equals sign":             {`name = "x"`, []string{"column 6:"}},
		"a tag by number":             {`tags[0] == ""`, []string{"column 6:"}},
		"an unknown field of a time":  {`expires.Yer() == 1`, []string{"column 9:", "Yer"}},
		"an unknown function":         {`glob(name, "x")`, []string{"column 1:", "unknown name glob"}},
		"too few arguments":           {`len() == 1`, []string{"column 1:"}},
		"only spaces":                 {`   `, []string{`has no "when"`}},
		"nothing":                     {``, []string{`has no "when"`}},
		"words":                       {`when it is due`, []string{"column"}},
		"two expressions in a column": {`name == "a" name == "b"`, []string{"column 13:"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read("RENEW_RULES=- name: mine\n  when: '" + strings.ReplaceAll(tt.when, "'", "''") + "'\n")
			refused(t, err, append(tt.want, `RENEW_RULES: rule "mine": `)...)
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
		})
	}
}

// A result that is no truth is told with rule and column, too.
func TestRulesThatGiveNoTruthAreRefusedWithTheirColumn(t *testing.T) {
	for _, when := range []string{`name`, `daysLeft`, `tags`, `tags["team"]`, `5`, `"true"`, `nil`, `securityGroups`, `daysLeft > 1 ? "yes" : "no"`} {
		_, err := read("RENEW_RULES=- name: mine\n  when: '" + when + "'\n")
		if err == nil {
			t.Errorf("%s is accepted", when)
			continue
		}
		refused(t, err, `rule "mine"`, "bool", "column")
	}
}

// What cannot be known before is an error of that instance, which is held then.
func TestRulesThatFailOnAnInstance(t *testing.T) {
	in := ending(renewal.Day)
	for _, when := range []string{
		`securityGroups[7] == "x"`, `name matches tags["pattern"]`, `split(name, "-")[5] == "x"`, `date(tags["team"]) > expires`,
		`all(1..100000000, # > 0)`, `len(repeat(name, 100000000)) > 1`, `fromJSON(name)`, `int(name) > 1`, `duration(name) > duration("1h")`,
	} {
		in.Tags["pattern"] = "("
		c, err := read("RENEW_ACTION=renew", "RENEW_RULES=- name: mine\n  when: '"+when+"'\n")
		if err != nil {
			continue // refused before is as good
		}
		yes, err := c.Policy.Rules[0].When(in, now)
		if err == nil || yes || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s gives %v (%v)", when, yes, err)
		}
		d := renewal.Decide(now, c.Policy, []renewal.Instance{in})[0]
		if !d.Held() || d.Wanted() || len(d.Notes) != 1 || d.Reason != renewal.Unreadable || !strings.Contains(d.Notes[0].String(), `"mine"`) {
			t.Errorf("%s: %s (%s), notes %q", when, d.Action, d.Reason, d.Notes)
		}
	}
}

// A rule sees the time of the run, and leaves the instance as it is.
func TestRulesArePure(t *testing.T) {
	in := ending(renewal.Day)
	before := in
	before.Tags = maps.Clone(in.Tags)
	rule := rulesOf(t, quoted(`daysLeft < 0.5 and "sg-1" in sort(securityGroups, "desc") and len(map(keys(tags), upper(#))) > 0`))[0]
	for at, want := range map[time.Time]bool{now: false, now.Add(13 * time.Hour): true} {
		for range 3 {
			if got, err := rule.When(in, at); got != want || err != nil {
				t.Errorf("at %v: %v (%v)", at, got, err)
			}
		}
	}
	if diff := cmp.Diff(before, in); diff != "" {
		t.Errorf("the instance changed: %s", diff)
	}
}

func TestRulesFillFields(t *testing.T) {
	type seen struct {
		Name, Action, Period, MaxPrice string
	}
	see := func(rules []renewal.Rule) (list []seen) {
		for _, r := range rules {
			price := ""
			if r.MaxPrice.Known() {
				price = r.MaxPrice.String() + " " + r.MaxPrice.Currency
			}
			list = append(list, seen{r.Name, string(r.Action), r.Period.String(), price})
		}
		return list
	}
	contract := `- name: payments
  when: tags["team"] == "payments" and region startsWith "cn-"
  action: renew          # any value of RENEW_ACTION, or skip
  period: 3m
  max-price: 800
- name: temporary
  when: name matches "^tmp-" or daysLeft > 5
  action: skip
`
	for name, tt := range map[string]struct {
		text string
		more []string
		want []seen
	}{
		"the example of the documents": {contract, nil, []seen{{"payments", "renew", "3m", "800.00 CNY"}, {"temporary", "skip", "", ""}}},
		"the same, indented":           {"- name: a\n  when: expired\n\n# a comment\n\n-   when: 'true'\n    name: b\n", nil, []seen{{"a", "", "", ""}, {"b", "", "", ""}}},
		"JSON":                         {`[{"name":"a","when":"name == \"x\"","action":"auto-renew","period":"12m","max-price":"800.50 CNY"}]`, nil, []seen{{"a", "auto-renew", "1y", "800.50 CNY"}}},
		"JSON with tabs":               {"[\n\t{\n\t\t\"name\": \"a\",\n\t\t\"when\": \"expired\",\n\t\t\"max-price\": 800.50\n\t}\n]\n", nil, []seen{{"a", "", "", "800.50 CNY"}}},
		"JSON with escapes":            {`[{"name":"\u4e1a\u52a1\/\"a\"","when":"true"}]`, nil, []seen{{`业务/"a"`, "", "", ""}}},
		"names of their own":           {"- when: expired\n- name: b\n  when: expired\n- when: expired\n", nil, []seen{{"rule-1", "", "", ""}, {"b", "", "", ""}, {"rule-3", "", "", ""}}},
		"every action":                 {"- {name: a, when: expired, action: skip}\n- {name: b, when: expired, action: report}\n- {name: c, when: expired, action: renew}\n- {name: d, when: expired, action: auto-renew}\n- {name: e, when: expired, action: auto-renew-off}\n- {name: f, when: expired, action: let-lapse}\n", nil, []seen{{"a", "skip", "", ""}, {"b", "report", "", ""}, {"c", "renew", "", ""}, {"d", "auto-renew", "", ""}, {"e", "auto-renew-off", "", ""}, {"f", "let-lapse", "", ""}}},
		"true without quotes":          {"- when: true\n", nil, []seen{{"rule-1", "", "", ""}}},
		"the currency of the site":     {"- {when: expired, max-price: 80}\n", []string{"RENEW_SITE=intl"}, []seen{{"rule-1", "", "", "80.00 USD"}}},
		"another currency":             {"- {when: expired, max-price: 80 CNY}\n", []string{"RENEW_SITE=intl"}, []seen{{"rule-1", "", "", "80.00 CNY"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, see(rulesOf(t, tt.text, tt.more...))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			c, err := Read(Environment{Variables: append(tt.more, "RENEW_RULES_FILE=r.yaml"), ReadFile: files(map[string]string{"r.yaml": tt.text})})
			if diff := cmp.Diff(tt.want, see(c.Policy.Rules)); err != nil || diff != "" {
				t.Errorf("from a file: %v, -want +got:\n%s", err, diff)
			}
		})
	}
}

// Money is kept to the last digit as it is written: it is never a float.
func TestRulesKeepMoneyExact(t *testing.T) {
	for text, want := range map[string]string{
		"800": "800", "800.50": "800.5", "0.1": "0.1", "100000000000000.07": "100000000000000.07", "999999999999999.9999": "999999999999999.9999",
		`"800"`: "800", "'800.50'": "800.5", "800 CNY": "800", `"800.50 USD"`: "800.5", "800 # a comment": "800", "0800": "800", "0": "0",
	} {
		rules := rulesOf(t, "- when: expired\n  max-price: "+text+"\n")
		if got := rules[0].MaxPrice; got.Value.String() != want || !got.Known() {
			t.Errorf("%s is read as %s %s", text, got.Value, got.Currency)
		}
	}
	for _, text := range []string{"800,50", "8_00", "1e3", "-5", "+5", "0x10", ".5", "800 yuan", "¥800", "true", "[800]", "{a: 1}", ".inf", ".nan", "800 CNY USD", "unlimited", "!!float 800"} {
		_, err := read("RENEW_RULES=- name: mine\n  when: expired\n  max-price: " + text + "\n")
		refused(t, err, `rule "mine": max-price: `)
	}
}

// A key without a value is a slip: a cap that was left out while typing must
// not pass for none.
func TestRulesWithAnEmptyValueAreRefused(t *testing.T) {
	for _, key := range []string{"max-price", "action", "period"} {
		for _, value := range []string{"", " ~", " null", ` ""`, " ''"} {
			c, err := read("RENEW_ACTION=renew", "RENEW_RULES=- name: mine\n  when: expired\n  "+key+":"+value+"\n")
			if err == nil {
				t.Errorf("%s:%s is accepted, as %+v", key, value, c.Policy.Rules[0].MaxPrice)
			}
		}
	}
}

func TestRulesAreStrict(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"an unknown key":               {"- name: a\n  when: expired\n  priod: 1m\n", []string{"[3:3]", `unknown field "priod"`}},
		"a key in another case":        {"- {Name: a, when: expired}\n", []string{"[1:4]", `unknown field "Name"`}},
		"a key with an underscore":     {"- {when: expired, max_price: 5}\n", []string{`unknown field "max_price"`}},
		"a key twice":                  {"- when: expired\n  period: 1m\n  period: 2m\n", []string{"[3:3]", "period"}},
		"a name twice":                 {"- {name: a, when: expired}\n- {name: a, when: not expired}\n", []string{`rule "a"`, "another of this name"}},
		"a name that is given by us":   {"- {name: rule-2, when: expired}\n- {when: not expired}\n", []string{`rule "rule-2"`, "another of this name"}},
		"an unknown action":            {"- {name: a, when: expired, action: Renew}\n", []string{`rule "a"`, `action "Renew"`, "skip, report, renew"}},
		"none is no action":            {"- {name: a, when: expired, action: none}\n", []string{`action "none"`}},
		"an unknown period":            {"- {name: a, when: expired, period: 10m}\n", []string{`rule "a": period: "10m"`}},
		"a period not for its action":  {"- {name: a, when: expired, action: auto-renew, period: 4m}\n", []string{`rule "a": period: 4m is not offered for auto-renewal`}},
		"a rule without when":          {"- {name: a, action: skip}\n", []string{`rule "a": has no "when"`}},
		"no rule":                      {"[]", []string{"holds no rule"}},
		"only a comment":               {"# nothing", []string{"holds no rule"}},
		"a rule outside a list":        {"name: a\nwhen: expired\n", []string{"not a list of rules"}},
		"a list in a list":             {"- - {when: expired}\n", []string{"not a list of rules"}},
		"a text":                       {"skip", []string{"not a list of rules"}},
		"something behind the JSON":    {`[{"when":"true"}] [{"when":"true"}]`, []string{"[1:"}},
		"a bracket too many":           {`[{"when":"true"}]]`, []string{"[1:"}},
		"a bracket too few":            {`[{"when":"true"}`, []string{"RENEW_RULES"}},
		"a list where a text is meant": {"- when: [a, b]\n", []string{"[1:"}},
		"a tab for indentation":        {"- name: a\n\twhen: expired\n", []string{"[2:"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read("RENEW_RULES=" + tt.text)
			refused(t, err, append(tt.want, "RENEW_RULES: ")...)
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			_, err = Read(Environment{Variables: []string{"RENEW_RULES_FILE=r.yaml"}, ReadFile: files(map[string]string{"r.yaml": tt.text})})
			refused(t, err, "RENEW_RULES_FILE: ")
		})
	}
	t.Run("a period not for the site", func(t *testing.T) {
		_, err := read("RENEW_SITE=intl", "RENEW_RULES=- {name: a, when: expired, period: 1w}")
		refused(t, err, `rule "a": period: 1w is not offered for renewal on the international site`)
	})
	t.Run("a period not for the action of the settings", func(t *testing.T) {
		_, err := read("RENEW_ACTION=auto-renew", "RENEW_RULES=- {name: a, when: expired, period: 4m}")
		refused(t, err, `rule "a": period: 4m is not offered for auto-renewal`)
	})
	t.Run("all problems of all rules", func(t *testing.T) {
		_, err := read("RENEW_RULES=- {name: a, when: nme, action: x, period: 0m, max-price: y}\n- {name: b, when: regio}\n")
		refused(t, err, `rule "a": action`, `rule "a": period`, `rule "a": max-price`, `rule "a": when`, `rule "b": when`)
	})
	t.Run("text and file", func(t *testing.T) {
		_, err := Read(Environment{Variables: []string{"RENEW_RULES=- when: expired", "RENEW_RULES_FILE=r.yaml"}, ReadFile: files(map[string]string{"r.yaml": "- when: expired"})})
		refused(t, err, "RENEW_RULES_FILE: and RENEW_RULES are both set")
	})
}

// A reader may give nothing at all for an empty file: no rules is a problem.
func TestRulesFileOfNothingIsRefused(t *testing.T) {
	_, err := Read(Environment{Variables: []string{"RENEW_RULES_FILE=r.yaml"}, ReadFile: func(string) ([]byte, error) { return nil, nil }})
	refused(t, err, "RENEW_RULES_FILE: holds no rule")
}

// The reader of YAML panics on some texts; for us that is a problem of the text.
func TestRulesNeverPanic(t *testing.T) {
	for _, text := range []string{"! x", "!!x y", "!rules x", "!x\n- when: expired\n", "! [1]", "- ! x", "- !x when: expired"} {
		t.Run(text, func(t *testing.T) {
			defer noPanic(t)
			if _, err := read("RENEW_RULES=" + text); err != nil {
				refused(t, err, "RENEW_RULES: ")
			}
		})
	}
}

// A list is read to its end: what follows a line of dashes is no comment.
func TestRulesInASecondDocumentAreNotDropped(t *testing.T) {
	text := "- {name: a, when: expired, action: renew}\n---\n- {name: b, when: 'true', action: skip}\n"
	c, err := read("RENEW_RULES=" + text)
	if err == nil && len(c.Policy.Rules) != 2 {
		t.Errorf("%d rules of 2, and no error", len(c.Policy.Rules))
	}
	for name, rest := range map[string]string{
		"behind an empty one":   "---\n---\n- {name: b, when: 'true', action: skip}\n",
		"behind a null":         "--- ~\n--- \n- {name: b, when: 'true', action: skip}\n",
		"with a broken alias":   "---\n- *nothing\n",
		"with a key twice":      "---\n- {name: b, name: c, when: 'true'}\n",
		"with a text":           "---\nskip\n",
		"behind an end of text": "...\n- {name: b, when: 'true', action: skip}\n",
	} {
		if c, err := read("RENEW_RULES=- {name: a, when: expired, action: renew}\n" + rest); err == nil && len(c.Policy.Rules) != 2 {
			t.Errorf("%s: %d rules of 2, and no error", name, len(c.Policy.Rules))
		}
	}
	if c, err := read("RENEW_RULES=---\n- when: expired\n"); err != nil || len(c.Policy.Rules) != 1 {
		t.Errorf("dashes in front: %v", err)
	}
}

// A list whose lines all begin with the same spaces is good YAML.
func TestRulesMayBeIndentedAsAWhole(t *testing.T) {
	for _, text := range []string{
		"  - name: a\n    when: expired\n  - name: b\n    when: expired\n",
		"\n  - name: a\n    when: expired\n  - name: b\n    when: expired\n  ",
	} {
		c, err := read("RENEW_RULES=" + text)
		if err != nil || len(c.Policy.Rules) != 2 {
			t.Errorf("%q: %d rules, %v", text, len(c.Policy.Rules), err)
		}
	}
}

// Whatever is written: no panic, what is accepted once is accepted twice, and it
// answers for any instance with a truth or an error.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{
		"- when: expired\n", "- {name: a, when: 'daysLeft < 3', action: skip, period: 1m, max-price: 800.50}\n", `[{"when":"tags[\"a\"] == \"b\""}]`,
		"- when: 'any(securityGroups, # contains tags[\"x\"])'\n", "- when: &a expired\n- when: *a\n", "- <<: {when: expired}\n", "---\n- when: true\n---\n", "- when: |\n    a\n   b",
		"- when: name matches \"(\"\n", "[[[[", "{{{{", "- when: !!binary aGk=\n", "\xff", "- ? a\n", "%YAML 1.2\n---\n- when: expired\n", "- when: 'nil'\n", "- when: 'securityGroups[9] == name'\n",
	} {
		f.Add(seed)
	}
	instances := []renewal.Instance{ending(renewal.Day), ending(-renewal.Day), {}}
	f.Fuzz(func(t *testing.T, text string) {
		defer noPanic(t)
		env := Environment{Variables: []string{"RENEW_RULES_FILE=r", "RENEW_ACTION=renew"}, ReadFile: files(map[string]string{"r": text})}
		c, err := Read(env)
		if _, again := Read(env); (err == nil) != (again == nil) {
			t.Fatalf("told once as %v, once as %v", err, again)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "RENEW_") {
				t.Errorf("the error names no setting: %v", err)
			}
			return
		}
		if len(c.Policy.Rules) == 0 {
			t.Errorf("%q is accepted, and holds no rule", text)
		}
		for _, rule := range c.Policy.Rules {
			if rule.Name == "" || rule.When == nil || rule.MaxPrice.Value.IsNegative() {
				t.Errorf("accepted: %+v", rule)
			}
			for _, in := range instances {
				yes, err := rule.When(in, now)
				if yes && err != nil {
					t.Errorf("it holds, and fails: %v", err)
				}
			}
		}
		for _, d := range renewal.Decide(now, c.Policy, instances) {
			for _, note := range d.Notes {
				if utf8.ValidString(text) && !utf8.ValidString(note.String()) {
					t.Errorf("a note that is no text: %q", note)
				}
			}
		}
	})
}

// Editors of Windows begin a file with a byte order mark, which says nothing.
func TestRulesWithAByteOrderMark(t *testing.T) {
	for name, text := range map[string]string{
		"YAML": "\ufeff- name: a\r\n  when: region == \"cn-beijing\"\r\n  action: skip\r\n",
		"JSON": "\ufeff[{\"name\":\"a\",\"when\":\"true\",\"action\":\"skip\"}]",
	} {
		c, err := Read(Environment{Variables: []string{"RENEW_RULES_FILE=r.yaml"}, ReadFile: files(map[string]string{"r.yaml": text})})
		if err != nil || len(c.Policy.Rules) != 1 || c.Policy.Rules[0].Name != "a" {
			t.Errorf("%s: %v %v", name, c.Policy.Rules, err)
		}
	}
	// Of another encoding it is no text of ours, and half of it must not be taken for one.
	for _, text := range []string{"\xff\xfe-\x00 \x00n\x00", "\xfe\xff\x00-\x00 \x00n"} {
		if _, err := Read(Environment{Variables: []string{"RENEW_RULES_FILE=r.yaml"}, ReadFile: files(map[string]string{"r.yaml": text})}); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}
