package renewal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// fleetOf300 is called web-1 to web-251 with env=prod, the rest tmp-252 to
// tmp-300 with env=test and owner=ann.
func fleetOf300() []Instance {
	var fleet []Instance
	for i := range 300 {
		in := ending(40*Day, called(fmt.Sprintf("i-bp%03dx", i+1)), tagged("env", "prod", "team", "payments"))
		in.Mode, in.Name, in.VPC, in.ResourceGroup, in.SecurityGroups, in.Status = "", fmt.Sprintf("web-%d", i+1), "vpc-main", "rg-one", []string{"sg-front", "sg-back"}, "Running"
		if i >= 251 {
			in.Name = fmt.Sprintf("tmp-%d", i+1)
			in.Tags = map[string]string{"env": "test", "team": "payments", "owner": "ann"}
		}
		if i < 7 {
			in.Expires, in.Mode = now.Add(20*time.Hour), Manual
		}
		fleet = append(fleet, in)
	}
	return fleet
}

func tally(p Policy, fleet []Instance) *Tally {
	t := p.NewTally(now)
	for _, in := range fleet {
		t.Add(in)
	}
	return t
}

var places = Places{Accounts: []string{owner}, Regions: []string{"cn-hangzhou"}, Products: []string{"ecs"}}

func names(list ...string) (out []Pattern) {
	for _, name := range list {
		out = append(out, NewPattern(name))
	}
	return out
}

func tag(text string) Tag {
	key, value, given := strings.Cut(text, "=")
	return Tag{Key: key, Value: value, Any: !given}
}

func said(texts []lang.Text) (out []string) {
	for _, text := range texts {
		out = append(out, text.In(lang.English))
	}
	return out
}

// What each entry of a selecting or excluding setting fits of a fleet of 300,
// and what is said of it.
func TestCoverageOfEntries(t *testing.T) {
	fleet := fleetOf300()
	for name, tt := range map[string]struct {
		in, out                      Selection
		selected, excluded, matched0 int
		lapsing                      int
		doubts                       []string // words of each
	}{
		"nothing is set": {Selection{}, Selection{}, 300, 0, -1, 0, nil},

		// Selections: what fits nothing is always told.
		"another word for the value":   {Selection{Tags: []Tag{tag("env=production")}}, Selection{}, 0, 0, 0, 7, []string{"RENEW_TAGS: env=production fits none of the 300 that were listed; perhaps env=prod is meant, which 251 of them have", "select none"}},
		"another case of the key":      {Selection{Tags: []Tag{tag("Env=prod")}}, Selection{}, 0, 0, 0, 7, []string{"perhaps env=prod is meant, which 251", "select none"}},
		"another case, another value":  {Selection{Tags: []Tag{tag("Env=production")}}, Selection{}, 0, 0, 0, 7, []string{"perhaps env=prod is meant, which 251", "select none"}},
		"a colon":                      {Selection{Tags: []Tag{tag("env:prod")}}, Selection{}, 0, 0, 0, 7, []string{"perhaps env=prod is meant", "select none"}},
		"a colon, and nothing like it": {Selection{Tags: []Tag{tag("stage:live")}}, Selection{}, 0, 0, 0, 7, []string{"perhaps stage=live is meant", "select none"}},
		"a key that nobody has":        {Selection{Tags: []Tag{tag("project")}}, Selection{}, 0, 0, 0, 7, []string{"RENEW_TAGS: project fits none of the 300 that were listed", "select none"}},
		"a slip in the key":            {Selection{Tags: []Tag{tag("onwer")}}, Selection{}, 0, 0, 0, 7, []string{"perhaps owner is meant", "select none"}},
		"one of two":                   {Selection{Tags: []Tag{tag("team=payments"), tag("env=prdo")}}, Selection{}, 0, 0, 300, 7, []string{"RENEW_TAGS: env=prdo fits none of the 300 that were listed; perhaps env=prod is meant", "select none"}},
		"a name":                       {Selection{Names: names("webb-*")}, Selection{}, 0, 0, 0, 7, []string{"RENEW_NAMES: webb-* fits none of the 300 that were listed; perhaps web-1 is meant", "select none"}},
		"a name of two":                {Selection{Names: names("web-*", "db-*")}, Selection{}, 251, 0, 251, 0, []string{"RENEW_NAMES: db-* fits none of the 300 that were listed"}},
		"a VPC":                        {Selection{VPC: "vpc-none"}, Selection{}, 0, 0, 0, 7, []string{"RENEW_VPC: vpc-none fits none of the 300 that were listed", "select none"}},
		"nearly a VPC":                 {Selection{VPC: "vpc-mian"}, Selection{}, 0, 0, 0, 7, []string{"perhaps vpc-main is meant", "select none"}},
		"a resource group":             {Selection{ResourceGroup: "rg-none"}, Selection{}, 0, 0, 0, 7, []string{"RENEW_RESOURCE_GROUP: rg-none fits none", "select none"}},
		"nearly a security group":      {Selection{SecurityGroup: "sg-frnt"}, Selection{}, 0, 0, 0, 7, []string{"RENEW_SECURITY_GROUP: sg-frnt fits none of the 300 that were listed; perhaps sg-front is meant", "select none"}},
		"a security group":             {Selection{SecurityGroup: "sg-back"}, Selection{}, 300, 0, 300, 0, nil},
		"an id":                        {Selection{IDs: []string{"i-bp001x", "i-bpO02x"}}, Selection{}, 1, 0, 1, 6, []string{"RENEW_IDS: i-bpO02x fits none of the 300"}},

		// Exclusions: what fits nothing is told where something is nearly it.
		"another separator":           {Selection{}, Selection{Names: names("tmp_*")}, 300, 0, 0, 0, []string{"RENEW_EXCLUDE_NAMES: tmp_* fits none of the 300 that were listed; perhaps tmp-252 is meant"}},
		"another case":                {Selection{}, Selection{Tags: []Tag{tag("Env=test")}}, 300, 0, 0, 0, []string{"RENEW_EXCLUDE_TAGS: Env=test fits none of the 300 that were listed; perhaps env=test is meant"}},
		"a value in another case":     {Selection{}, Selection{Tags: []Tag{tag("env=TEST")}}, 300, 0, 0, 0, []string{"perhaps env=test is meant"}},
		"quotes":                      {Selection{}, Selection{Tags: []Tag{tag(`env="test"`)}}, 300, 0, 0, 0, []string{"perhaps env=test is meant"}},
		"swapped letters":             {Selection{}, Selection{Tags: []Tag{tag("env=tset")}}, 300, 0, 0, 0, []string{"perhaps env=test is meant"}},
		"an excluding colon":          {Selection{}, Selection{Tags: []Tag{tag("env:test")}}, 300, 0, 0, 0, []string{"RENEW_EXCLUDE_TAGS: env:test fits none of the 300 that were listed; perhaps env=test is meant"}},
		"an excluding colon, no kin":  {Selection{}, Selection{Tags: []Tag{tag("keep:out")}}, 300, 0, 0, 0, []string{"perhaps keep=out is meant"}},
		"digits alone":                {Selection{}, Selection{Names: names("web-777"), IDs: []string{"i-bp777x"}}, 300, 0, 0, 0, nil},
		"nothing of the kind is here": {Selection{}, Selection{Tags: []Tag{tag("env=staging"), tag("keep")}, Names: names("db-*")}, 300, 0, 0, 0, nil},
		"it fits":                     {Selection{}, Selection{Tags: []Tag{tag("env=test")}}, 300, 49, 49, 0, nil},
		"a slip in an id":             {Selection{}, Selection{IDs: []string{"i-pb001x"}}, 300, 0, 0, 0, []string{"RENEW_EXCLUDE_IDS: i-pb001x fits none of the 300 that were listed; perhaps i-bp001x is meant"}},

		"all that is selected is excluded": {Selection{Names: names("tmp-*")}, Selection{Tags: []Tag{tag("owner")}}, 49, 49, 49, 7, []string{"the settings select 49 and exclude all of them"}},
	} {
		t.Run(name, func(t *testing.T) {
			counted := tally(policy(Renew, func(p *Policy) { p.Include, p.Exclude = tt.in, tt.out }), fleet)
			c := counted.Coverage()
			if c.Listed != 300 || c.Selected != tt.selected || c.Excluded != tt.excluded || c.NotSelected != 300-tt.selected || c.LapsingUnselected != tt.lapsing {
				t.Errorf("%+v", c)
			}
			if len(c.Entries) > 0 && c.Entries[0].Matched != tt.matched0 {
				t.Errorf("%+v", c.Entries)
			}
			got := said(counted.Doubts(places).All())
			if len(got) != len(tt.doubts) {
				t.Fatalf("said are %q", got)
			}
			for i, words := range tt.doubts {
				if !strings.Contains(got[i], words) {
					t.Errorf("%q lacks %q", got[i], words)
				}
			}
			if c.AtNothing() != (tt.selected == tt.excluded) {
				t.Errorf("at nothing: %v", c.AtNothing())
			}
		})
	}
}

// ruled is a rule as package config makes it.
func ruled(name string, when func(in Instance) bool, words ...Word) Rule {
	return Rule{Name: name, Words: words, When: func(in Instance, _ time.Time) (bool, error) { return when(in), nil }}
}

func TestCoverageOfRules(t *testing.T) {
	name := func(text string) Word { return Word{Fact: "name", Text: text, Open: strings.Contains(text, "*")} }
	env := func(value string) Word { return Word{Fact: "tags", Key: "env", Text: value} }
	prod := ruled("prod", func(in Instance) bool { return in.Tags["env"] == "prod" }, env("prod"))
	all := ruled("all", func(Instance) bool { return true })
	none := func(Instance) bool { return false }
	for what, tt := range map[string]struct {
		rules  []Rule
		counts []CoveredRule
		doubts []string
	}{
		"two that share":            {[]Rule{prod, all}, []CoveredRule{{"prod", 251, 251, ""}, {"all", 300, 49, ""}}, nil},
		"one that comes too late":   {[]Rule{all, prod}, []CoveredRule{{"all", 300, 300, ""}, {"prod", 251, 0, ""}}, []string{`rule "prod" holds for 251 and decides none`}},
		"another separator":         {[]Rule{ruled("temporary", none, name("tmp_*"))}, []CoveredRule{{"temporary", 0, 0, "tmp-252"}}, []string{`rule "temporary" holds for none of the 300 that were listed; it asks for tmp_*, and there is tmp-252`}},
		"a slip":                    {[]Rule{ruled("test", none, env("tets"))}, []CoveredRule{{"test", 0, 0, "env=test"}}, []string{`it asks for env=tets, and there is env=test`}},
		"a slip beside what is met": {[]Rule{ruled("test", none, env("prod"), Word{Fact: "tags", Key: "team", Text: "paymnets"})}, []CoveredRule{{"test", 0, 0, "team=payments"}}, []string{`it asks for team=paymnets, and there is team=payments`}},
		"a key":                     {[]Rule{ruled("mine", none, Word{Fact: "tags", Key: "Owner", Text: "*"})}, []CoveredRule{{"mine", 0, 0, "owner"}}, []string{`it asks for Owner, and there is owner`}},
		"nothing like it":           {[]Rule{ruled("db", none, name("db-*"))}, []CoveredRule{{"db", 0, 0, ""}}, nil},
		"a status":                  {[]Rule{ruled("on", none, Word{Fact: "status", Text: "running"})}, []CoveredRule{{"on", 0, 0, "Running"}}, []string{`it asks for running, and there is Running`, `rule "on" asks for the status running, which none of the 300 that were listed has; there is Running`}},
		"a status that nothing has": {[]Rule{ruled("off", func(in Instance) bool { return in.Status != "Stopped" }, Word{Fact: "status", Text: "Stopped"})}, []CoveredRule{{"off", 300, 300, ""}}, []string{`rule "off" asks for the status Stopped`}},
		"a billing code":            {[]Rule{ruled("waf", none, Word{Fact: "product", Text: "waf"})}, []CoveredRule{{"waf", 0, 0, ""}}, []string{`asks for the product waf, which none of the 300`, `the product waf, where nothing is looked at; RENEW_PRODUCTS stands for ecs`}},
		"an account":                {[]Rule{ruled("other", none, Word{Fact: "account", Text: owner[1:]})}, []CoveredRule{{"other", 0, 0, ""}}, []string{`rule "other" asks for the account 234567890123456, where nothing is looked at; RENEW_ACCOUNTS stands for 1234567890123456`}},
		"a region":                  {[]Rule{ruled("far", none, Word{Fact: "region", Text: "cn-hangzhuo"})}, []CoveredRule{{"far", 0, 0, "cn-hangzhou"}}, []string{"it asks for cn-hangzhuo, and there is cn-hangzhou", `the region cn-hangzhuo, where nothing is looked at`}},
		"part of a region":          {[]Rule{ruled("cn", func(Instance) bool { return true }, Word{Fact: "region", Text: "cn-*", Open: true})}, []CoveredRule{{"cn", 300, 300, ""}}, nil},
	} {
		t.Run(what, func(t *testing.T) {
			counted := tally(policy(Renew, rules(tt.rules...)), fleetOf300())
			if diff := cmp.Diff(tt.counts, counted.Coverage().Rules); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			got := said(counted.Doubts(places).All())
			if len(got) != len(tt.doubts) {
				t.Fatalf("said are %q", got)
			}
			for i, words := range tt.doubts {
				if !strings.Contains(got[i], words) {
					t.Errorf("%q lacks %q", got[i], words)
				}
			}
		})
	}
}

// The mode is read of what is due alone: of all others, a rule that asks for it
// holds where it does in every mode.
func TestCoverageWhereTheModeIsNotRead(t *testing.T) {
	byMode := func(name string, when func(in Instance) bool) Rule {
		r := ruled(name, when)
		r.Asks = []string{"mode"}
		return r
	}
	auto := byMode("auto", func(in Instance) bool { return in.Mode == Auto })
	either := byMode("either", func(in Instance) bool { return in.Mode != Auto || in.Name == "web-9" })
	rest := ruled("rest", func(Instance) bool { return true })
	far := ending(40*Day, mode(""))
	farNamed := far
	farNamed.Name = "web-9"
	fleet := []Instance{ending(Day, auto_), ending(Day), far, farNamed}
	counted := tally(policy(Renew, rules(auto, either, rest)), fleet)
	want := []CoveredRule{{"auto", 1, 1, ""}, {"either", 2, 1, ""}, {"rest", 4, 0, ""}}
	if diff := cmp.Diff(want, counted.Coverage().Rules); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := said(counted.Doubts(places).All()); len(got) != 1 || !strings.Contains(got[0], `rule "rest"`) {
		t.Errorf("what decides in some mode is not doubted: %q", got)
	}
}

func auto_(in *Instance) { in.Mode = Auto }

// A rule that cannot be evaluated decides nothing, and stops those after it, as
// in a run.
func TestCoverageOfARuleThatFails(t *testing.T) {
	failing := Rule{Name: "failing", When: func(in Instance, _ time.Time) (bool, error) {
		if in.Name == "web-1" {
			return false, errors.New("no")
		}
		return false, nil
	}}
	counted := tally(policy(Renew, rules(failing, ruled("rest", func(Instance) bool { return true }))), fleetOf300())
	if diff := cmp.Diff([]CoveredRule{{"failing", 0, 0, ""}, {"rest", 300, 299, ""}}, counted.Coverage().Rules); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// An empty list is no sign of anything.
func TestCoverageOfNothing(t *testing.T) {
	counted := tally(policy(Renew, func(p *Policy) { p.Include = Selection{Names: names("web-*")} }), nil)
	c := counted.Coverage()
	if c.AtNothing() || len(counted.Doubts(places).All()) > 0 || len(c.Entries) != 1 || c.Rules == nil {
		t.Errorf("%+v %q", c, said(counted.Doubts(places).All()))
	}
}

// What is over before the next run, and nobody looks after: not what the
// provider renews, nor what its owner lets go, nor what is over already.
func TestCoverageCountsWhatLapsesUnselected(t *testing.T) {
	fleet := []Instance{
		ending(20 * time.Hour), ending(24*time.Hour + 59*time.Minute), ending(25*time.Hour + time.Minute), ending(-time.Hour), ending(time.Hour, auto_), ending(time.Hour, mode(Lapse)), ending(time.Hour, mode(Unknown)), ending(time.Hour, payAsYouGo),
	}
	for name, p := range map[string]Policy{
		"not selected": policy(Renew, func(p *Policy) { p.Include = Selection{Names: names("db-*")} }),
		"excluded":     policy(Renew, func(p *Policy) { p.Exclude = Selection{Names: names("web-*")} }),
	} {
		if got := tally(p, fleet).Coverage().LapsingUnselected; got != 3 {
			t.Errorf("%s: %d, want 3", name, got)
		}
	}
	if got := tally(policy(Renew), fleet).Coverage().LapsingUnselected; got != 0 {
		t.Errorf("what is selected: %d", got)
	}
}

// Whatever the policy and the fleet: the counts are those of the decision, and
// however the fleet is divided into lists and ordered, the same comes out.
func TestCoverageCountsAsARunDecides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := policy(Renew)
		some := func(label string, list ...string) []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(list), 0, 3, rapid.ID[string]).Draw(t, label)
		}
		for _, side := range []*Selection{&p.Include, &p.Exclude} {
			side.IDs = some("ids", "i-00", "i-01", "i-02", "I-03", "i-x")
			side.Names = names(some("names", "web-*", "db-?", "Web_1", "wbe-*", "tmp_*")...)
			for _, text := range some("tags", "env=prod", "env", "Env=prod", "team=pay", "evn=prod") {
				side.Tags = append(side.Tags, tag(text))
			}
		}
		p.Include.VPC = rapid.SampledFrom([]string{"", "", "vpc-1", "vpc-2"}).Draw(t, "vpc")
		p.Rules = []Rule{
			ruled("prod", func(in Instance) bool { return in.Tags["env"] == "prod" }, Word{Fact: "tags", Key: "env", Text: "prod"}),
			{Name: "failing", When: func(in Instance, _ time.Time) (bool, error) {
				if in.ID == "i-02" {
					return false, errors.New("no")
				}
				return in.Name == "web-1", nil
			}},
			ruled("rest", func(in Instance) bool { return in.VPC == "vpc-1" }),
		}
		fleet := make([]Instance, rapid.IntRange(0, 8).Draw(t, "instances"))
		for i := range fleet {
			fleet[i] = ending(Day, called(fmt.Sprintf("i-%02d", i)))
			fleet[i].Name = rapid.SampledFrom([]string{"web-1", "web-2", "db-1", "tmp-1", ""}).Draw(t, "name")
			fleet[i].VPC = rapid.SampledFrom([]string{"", "vpc-1"}).Draw(t, "vpc of it")
			if pair := rapid.SampledFrom([][]string{nil, {"env", "prod"}, {"env", "test"}, {"ENV", "prod"}, {"team", "pay"}}).Draw(t, "tag"); pair != nil {
				fleet[i].Tags = map[string]string{pair[0]: pair[1]}
			}
		}
		want := Coverage{Listed: len(fleet)}
		decides := map[string]int{}
		for _, d := range Decide(now, p, fleet) {
			if d.Reason == NotSelected {
				want.NotSelected++
				continue
			}
			want.Selected++
			if p.Exclude.touches(d.Instance) {
				want.Excluded++
			} else {
				decides[d.Rule]++
			}
		}
		whole := tally(p, fleet)
		got := whole.Coverage()
		if got.Listed != want.Listed || got.Selected != want.Selected || got.Excluded != want.Excluded || got.NotSelected != want.NotSelected {
			t.Fatalf("%+v, want %+v", got, want)
		}
		for _, rule := range got.Rules {
			if rule.Decides != decides[rule.Name] {
				t.Errorf("%+v, a run decides %d", rule, decides[rule.Name])
			}
		}
		shuffled := rapid.Permutation(fleet).Draw(t, "order")
		cut := rapid.IntRange(0, len(fleet)).Draw(t, "cut")
		parts := tally(p, shuffled[:cut])
		parts.Merge(tally(p, shuffled[cut:]))
		if diff := cmp.Diff(got, parts.Coverage()); diff != "" {
			t.Errorf("in two lists (-whole +parts):\n%s", diff)
		}
		if a, b := said(whole.Doubts(places).All()), said(parts.Doubts(places).All()); !slices.Equal(a, b) {
			t.Errorf("%q\n%q", a, b)
		}
	})
}

// Our own note of refused tokens is no tag to a setting, nor near to one.
func TestCoverageDoesNotSeeOurOwnTag(t *testing.T) {
	fleet := []Instance{ending(Day, tagged(RefusedKey, "2026-12-31T16:00Z/1"))}
	for _, selection := range []Selection{{Tags: []Tag{tag(RefusedKey)}}, {Tags: []Tag{tag("renew:refussed")}}} {
		counted := tally(policy(Renew, func(p *Policy) { p.Exclude = selection }), fleet)
		if c := counted.Coverage(); c.Excluded != 0 || c.Entries[0].Matched != 0 {
			t.Errorf("%+v", c)
		}
		if got := said(counted.Doubts(places).All()); len(got) != 1 || strings.Contains(got[0], "/1") {
			t.Errorf("%q", got) // a colon where an equals sign may be meant
		}
	}
}
