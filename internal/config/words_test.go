package config

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What a rule goes by, and what it compares that with.
func TestWordsOfRules(t *testing.T) {
	type words = []renewal.Word
	for when, want := range map[string]struct {
		asks  []string
		words words
	}{
		`name == "web-1" and region in ["cn-beijing", "cn-hangzhou"]`: {[]string{"name", "region"}, words{{Fact: "name", Text: "web-1"}, {Fact: "region", Text: "cn-beijing"}, {Fact: "region", Text: "cn-hangzhou"}}},
		`name startsWith "tmp_" or name endsWith "-old"`:              {[]string{"name"}, words{{Fact: "name", Text: "tmp_*", Open: true}, {Fact: "name", Text: "*-old", Open: true}}},
		`name contains "db" and not (id == "i-1")`:                    {[]string{"id", "name"}, words{{Fact: "name", Text: "*db*", Open: true}, {Fact: "id", Text: "i-1"}}},
		`name matches "^tmp_" or name matches "^web-[0-9]+$"`:         {[]string{"name"}, words{{Fact: "name", Text: "tmp_*", Open: true}, {Fact: "name", Text: "web-*", Open: true}}},
		`name matches "^(a|b)"`:                                       {[]string{"name"}, nil},
		`tags["env"] == "prod"`:                                       {[]string{"tags"}, words{{Fact: "tags", Key: "env", Text: "*"}, {Fact: "tags", Key: "env", Text: "prod"}}},
		`"owner" in tags and "sg-1" in securityGroups`:                {[]string{"securityGroups", "tags"}, words{{Fact: "tags", Key: "owner", Text: "*"}, {Fact: "securityGroups", Text: "sg-1"}}},
		`tags.team == nil`:                                            {[]string{"tags"}, words{{Fact: "tags", Key: "team", Text: "*"}}},
		`lower(tags["team"]) == "x"`:                                  {[]string{"tags"}, words{{Fact: "tags", Key: "team", Text: "*"}}},
		`mode == "auto" and status != "Running" and product == "ecs"`: {[]string{"mode", "product", "status"}, words{{Fact: "mode", Text: "auto"}, {Fact: "status", Text: "Running"}, {Fact: "product", Text: "ecs"}}},
		`let x = daysLeft; x > 3 and expires > date("2026-12-01")`:    {[]string{"daysLeft", "expires"}, nil},
		`"1234567890123456" == account`:                               {[]string{"account"}, words{{Fact: "account", Text: "1234567890123456"}}},
	} {
		rule := rulesOf(t, quoted(when))[0]
		if !slices.Equal(rule.Asks, want.asks) {
			t.Errorf("%s asks for %q", when, rule.Asks)
		}
		if diff := cmp.Diff(want.words, rule.Words); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", when, diff)
		}
	}
}

func TestGlobOf(t *testing.T) {
	for expression, want := range map[string]string{
		"^tmp-": "tmp-*", "-old$": "*-old", "^web$": "web", "web": "*web*", "^web-.*$": "web-*", "^web-\\d+-x": "web-*-x*", "(?i)^web": "", "^(a|b)": "", "a|b": "", ".*": "", "(": "", "": "",
	} {
		if got, plain := globOf(expression); got != want && plain || plain != (want != "") {
			t.Errorf("%q: %q, %v", expression, got, plain)
		}
	}
}

// Asked all together about many instances, rules answer as they do one by one.
func TestASurveyAnswersAsTheRulesDo(t *testing.T) {
	c := mustRead(t, `RENEW_RULES=[
		{when: 'tags["env"] == "prod" and region startsWith "cn-"'}, {name: b, when: 'name matches "^web-" and daysLeft in 1..7'}, {name: c, when: 'tags["owner"] == nil'},
		{name: d, when: 'int(tags["n"]) > 3'}, {name: e, when: 'any(securityGroups, # == "sg-1")'}, {name: f, when: 'expires < now + duration("3d")'}, {name: g, when: 'mode == "auto" or type == ""'}]`)
	ask := c.Policy.Survey()
	answers := make([]renewal.Holding, len(c.Policy.Rules))
	rapid.Check(t, func(t *rapid.T) {
		in := renewal.Instance{
			ID: "i-1", Name: rapid.SampledFrom([]string{"web-1", "db-1"}).Draw(t, "name"), Region: rapid.SampledFrom([]string{"cn-beijing", "us-west-1"}).Draw(t, "region"),
			Mode: rapid.SampledFrom([]renewal.Mode{"", renewal.Auto, renewal.Manual}).Draw(t, "mode"), Expires: now.Add(time.Duration(rapid.IntRange(-9, 9).Draw(t, "days")) * renewal.Day),
		}
		for _, key := range []string{"env", "owner", "n"} {
			if value := rapid.SampledFrom([]string{"-", "prod", "5", "2"}).Draw(t, key); value != "-" {
				if in.Tags == nil {
					in.Tags = map[string]string{}
				}
				in.Tags[key] = value
			}
		}
		if rapid.Bool().Draw(t, "grouped") {
			in.SecurityGroups = []string{"sg-1"}
		}
		ask(in, now, answers)
		for i, rule := range c.Policy.Rules {
			want := renewal.HoldsNot
			switch yes, err := rule.When(in, now); {
			case err != nil:
				want = renewal.HoldsNobodyKnows
			case yes:
				want = renewal.Holds
			}
			if answers[i] != want {
				t.Errorf("rule %q: %v, by itself %v", rule.Name, answers[i], want)
			}
		}
	})
}

// What the function notes on an instance for itself is no tag to a rule.
func TestRulesDoNotSeeOurOwnTag(t *testing.T) {
	in := ending(renewal.Day)
	in.Tags = map[string]string{"env": "prod", renewal.RefusedKey: "2026-12-31T16:00Z/1"}
	for when, want := range map[string]bool{
		`"renew:refused" in tags`: false, `tags["renew:refused"] == nil`: true, `len(tags) == 1`: true, `tags["env"] == "prod"`: true,
	} {
		if got := asks(t, in, when); got != want {
			t.Errorf("%s: %v", when, got)
		}
	}
	if len(in.Tags) != 2 {
		t.Error("the instance has lost it")
	}
}
