package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// ruleText is a rule as it is written.
type ruleText struct {
	Name     string `yaml:"name"`
	When     string `yaml:"when"`
	Action   string `yaml:"action"`
	Period   string `yaml:"period"`
	MaxPrice scalar `yaml:"max-price"`
}

// scalar keeps a number as it is written: money is never a float.
type scalar string

// UnmarshalYAML takes the text of a number or a string.
func (s *scalar) UnmarshalYAML(text []byte) error {
	*s = scalar(strings.Trim(strings.TrimSpace(string(text)), `"'`))
	return nil
}

var ruleActions = []renewal.Action{renewal.Skip, renewal.ReportOnly, renewal.Renew, renewal.AutoRenew, renewal.AutoRenewOff, renewal.LetLapse}

// readRules compiles and type-checks the rules. The error of a rule carries its
// name, and the column within its expression or the line within the list.
func (c *Config) readRules() (problems []error) {
	if c.from == "" {
		return nil
	}
	texts, err := parseRules(c.rules)
	if err != nil {
		return []error{fmt.Errorf("%s: not a list of rules with name, when, action, period, max-price: %w", c.from, err)}
	}
	if len(texts) == 0 {
		return []error{fmt.Errorf("%s: holds no rule", c.from)}
	}
	var names []string
	for i, text := range texts {
		if text.Name == "" {
			text.Name = fmt.Sprintf("rule-%d", i+1)
		}
		rule, errs := text.compile(c.Policy)
		if slices.Contains(names, rule.Name) {
			errs = append(errs, errors.New("there is another of this name"))
		}
		names = append(names, rule.Name)
		for _, err := range errs {
			problems = append(problems, fmt.Errorf("%s: rule %q: %w", c.from, rule.Name, err))
		}
		c.Policy.Rules = append(c.Policy.Rules, rule)
	}
	return problems
}

// parseRules reads the list, to the letter: every key known, given once and
// with a value, and nothing behind the list.
func parseRules(text []byte) (rules []ruleText, err error) {
	defer func() {
		if recover() != nil { // the library's own, on some tags
			err = errors.New("it is not readable as YAML")
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := decoder.Decode(&rules); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.New(oneLine(yaml.FormatError(err, false, false)))
	}
	if severalDocuments(text) {
		return nil, errors.New("a second document follows the list")
	}
	var raw []map[string]any
	if err := yaml.Unmarshal(text, &raw); err != nil {
		return nil, errors.New(oneLine(yaml.FormatError(err, false, false)))
	}
	for i, rule := range raw {
		for _, key := range slices.Sorted(maps.Keys(rule)) {
			if value := rule[key]; key != "when" && (value == nil || value == "") {
				return nil, fmt.Errorf("rule %d has the key %s without a value; remove it or give it one", i+1, key)
			}
		}
	}
	return rules, nil
}

// severalDocuments looks at the words of the text itself, since the parser
// drops whatever stands behind an empty document.
func severalDocuments(text []byte) bool {
	begun := false
	for _, t := range lexer.Tokenize(string(text)) {
		switch t.Type {
		case token.CommentType:
		case token.DocumentHeaderType, token.DocumentEndType:
			if begun {
				return true
			}
			begun = true
		default:
			begun = true
		}
	}
	return false
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (t ruleText) compile(p renewal.Policy) (rule renewal.Rule, problems []error) {
	rule = renewal.Rule{Name: t.Name, Action: renewal.Action(t.Action)}
	if t.Action != "" && !slices.Contains(ruleActions, rule.Action) {
		problems = append(problems, fmt.Errorf("action %q is not accepted; write skip, report, renew, auto-renew, auto-renew-off or let-lapse", t.Action))
	}
	var err error
	if t.Period != "" {
		if rule.Period, err = renewal.ParsePeriod(t.Period); err == nil {
			err = offered(rule, p)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("period: %w", err))
		}
	}
	if t.MaxPrice != "" {
		if rule.MaxPrice, err = renewal.ParseAmount(string(t.MaxPrice), p.Site); err != nil {
			problems = append(problems, fmt.Errorf("max-price: %w", err))
		}
	}
	if rule.When, err = compileWhen(t.When); err != nil {
		problems = append(problems, err)
	}
	return rule, problems
}

// offered checks the period of a rule against what its action can use.
func offered(rule renewal.Rule, p renewal.Policy) error {
	action := rule.Action
	if action == "" {
		action = p.Action
	}
	if action == renewal.AutoRenew {
		return rule.Period.OfferedForAutoRenewal(p.Site)
	}
	return rule.Period.OfferedForRenewal(p.Site)
}

// facts is what an expression can ask about an instance.
func facts(in renewal.Instance, now time.Time) map[string]any {
	tags, groups := in.Tags, in.SecurityGroups
	if tags == nil {
		tags = map[string]string{}
	}
	if groups == nil {
		groups = []string{}
	}
	return map[string]any{
		"id": in.ID, "name": in.Name, "region": in.Region, "zone": in.Zone, "account": in.Account,
		"type": in.Type, "status": in.Status, "mode": string(in.Mode), "product": renewal.Product,
		"tags": tags, "resourceGroup": in.ResourceGroup, "vpc": in.VPC, "securityGroups": groups,
		"daysLeft": in.Expires.Sub(now).Hours() / 24, "expired": !in.Expires.After(now),
		"expires": in.Expires, "created": in.Created,
	}
}

const factNames = "id, name, region, zone, account, type, status, mode, product, tags, resourceGroup, vpc, securityGroups, daysLeft, expired, expires, created"

// compileWhen compiles and type-checks an expression. Its clock is switched
// off: a rule is asked as of the start of the run.
func compileWhen(text string) (func(renewal.Instance, time.Time) (bool, error), error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New(`has no "when"; write one, or "true" for a rule that always holds`)
	}
	program, err := expr.Compile(text, expr.Env(facts(renewal.Instance{}, time.Time{})), expr.AsBool(), expr.DisableBuiltin("now"))
	if err != nil {
		where := " column 1:"
		if e, ok := errors.AsType[*file.Error](err); ok {
			where = fmt.Sprintf(" column %d:", e.Column+1)
			err = errors.New(e.Message)
		}
		return nil, fmt.Errorf("when:%s %s; known are %s", where, oneLine(err.Error()), factNames)
	}
	return func(in renewal.Instance, now time.Time) (bool, error) { return holds(program, in, now) }, nil
}

func holds(program *vm.Program, in renewal.Instance, now time.Time) (bool, error) {
	result, err := expr.Run(program, facts(in, now))
	if err != nil {
		return false, errors.New(oneLine(err.Error()))
	}
	yes, ok := result.(bool)
	if !ok {
		return false, fmt.Errorf("gives %T, not true or false", result)
	}
	return yes, nil
}
