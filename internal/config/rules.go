package config

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// ruleText is a rule as it is written.
type ruleText struct {
	Name     string   `yaml:"name"`
	When     string   `yaml:"when"`
	Action   string   `yaml:"action"`
	Period   string   `yaml:"period"`
	UntilDay scalar   `yaml:"until-day"`
	Window   string   `yaml:"window"`
	MaxPrice scalar   `yaml:"max-price"`
	MaxSpend scalar   `yaml:"max-spend"`
	Approval scalar   `yaml:"approval"`
	Notify   wordList `yaml:"notify"`
}

const ruleKeys = "name, when, action, period, until-day, window, max-price, max-spend, approval, notify"

// scalar keeps a number as it is written: money is never a float.
type scalar string

// UnmarshalYAML takes the text of a number or a string.
func (s *scalar) UnmarshalYAML(text []byte) error {
	*s = scalar(strings.Trim(strings.TrimSpace(string(text)), `"'`))
	return nil
}

// A wordList is a list of words, or one word by itself.
type wordList []string

// UnmarshalYAML takes a list or a word.
func (w *wordList) UnmarshalYAML(text []byte) error {
	var one string
	if yaml.Unmarshal(text, &one) == nil {
		*w = wordList{one}
		return nil
	}
	return yaml.Unmarshal(text, (*[]string)(w))
}

var ruleActions = []renewal.Action{renewal.Skip, renewal.ReportOnly, renewal.Renew, renewal.AutoRenew, renewal.AutoRenewOff, renewal.LetLapse}

// readRules compiles and type-checks the rules. The error of a rule carries its
// name, and the column within its expression or the line within the list.
func (c *Config) readRules() (problems []error) {
	if c.from == "" {
		return nil
	}
	texts, err := parseRules(bytes.TrimPrefix(c.rules, []byte("\ufeff"))) // a byte order mark, as some editors write it
	if err != nil {
		return []error{about(c.from, lang.Err("not a list of rules with %s: %v", "不是规则列表（可用的键：%s）：%v", ruleKeys, err))}
	}
	if len(texts) == 0 {
		return []error{about(c.from, lang.Err("holds no rule", "中没有规则"))}
	}
	channels := c.namedChannels()
	var names []string
	var conditions []condition
	for i, text := range texts {
		if text.Name == "" {
			text.Name = "rule-" + strconv.Itoa(i+1)
		}
		rule, when, errs := text.compile(c.Policy, channels)
		if slices.Contains(names, rule.Name) {
			errs = append(errs, lang.Err("there is another of this name", "名称重复"))
		}
		names = append(names, rule.Name)
		for _, err := range errs {
			problems = append(problems, about(c.from, lang.Err("rule %q: %v", "规则 %q：%v", rule.Name, err)))
		}
		c.Policy.Rules, conditions = append(c.Policy.Rules, rule), append(conditions, when)
	}
	c.Policy.Survey = survey(conditions)
	return problems
}

// parseRules reads the list, to the letter: every key known, given once and
// with a value, and nothing behind the list.
func parseRules(text []byte) (rules []ruleText, err error) {
	defer func() {
		if recover() != nil { // the library's own, on some tags
			err = lang.Err("it is not readable as YAML", "不是可读的 YAML")
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := decoder.Decode(&rules); err != nil && !errors.Is(err, io.EOF) {
		return nil, illWritten(text, err)
	}
	if severalDocuments(text) {
		return nil, lang.Err("a second document follows the list", "列表之后还有另一个 YAML 文档")
	}
	var raw []map[string]any
	if err := yaml.Unmarshal(text, &raw); err != nil {
		return nil, illWritten(text, err)
	}
	for i, rule := range raw {
		for _, key := range slices.Sorted(maps.Keys(rule)) {
			list, isList := rule[key].([]any)
			if value := rule[key]; key != "when" && (value == nil || value == "" || isList && len(list) == 0) {
				return nil, lang.Err("rule %d has the key %s without a value; remove it or give it one", "第 %d 条规则的 %s 没有值；请删除该键，或填写一个值", i+1, key)
			}
		}
	}
	return rules, nil
}

// illWritten says in one line what the reader of YAML found: where, the line
// with a mark, and how an expression is kept out of the way of YAML.
func illWritten(text []byte, err error) error {
	var place interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if !errors.As(err, &place) || place.GetToken() == nil || place.GetToken().Position == nil {
		return errors.New(oneLine(err.Error()))
	}
	at := place.GetToken().Position
	lines := strings.Split(string(text), "\n")
	line := ""
	if at.Line >= 1 && at.Line <= len(lines) {
		line = lines[at.Line-1]
	}
	if inBareWhen(line, at.Column) {
		return lang.Err("[%d:%d] %s, at the mark: %s; put when in quotes, as in when: 'tags[\"env\"] == \"prod\"'",
			"[%d:%d] %s，位置见标记：%s；请给 when 加上引号，例如 when: 'tags[\"env\"] == \"prod\"'", at.Line, at.Column, oneLine(place.GetMessage()), marked(line, at.Column))
	}
	return lang.Err("[%d:%d] %s, at the mark: %s", "[%d:%d] %s，位置见标记：%s", at.Line, at.Column, oneLine(place.GetMessage()), marked(line, at.Column))
}

// inBareWhen says whether a column of a line is in, or behind, an expression
// that is not in quotes as a whole.
func inBareWhen(line string, column int) bool {
	runes := []rune(line)
	before := string(runes[:min(max(column-1, 0), len(runes))])
	place := whenKey().FindStringIndex(before)
	return place != nil && !quotedWhole().MatchString(before[place[1]:])
}

var (
	whenKey     = lazily(`\bwhen["']?\s*:`)
	quotedWhole = lazily(`^\s*([|>]|('([^']|'')*'|"([^"\\]|\\.)*")\s*,)`)
)

// mark stands before what a message is about.
const mark = "▶"

// marked gives a part of a line around a column, which counts from 1, with a
// mark before it.
func marked(line string, column int) string {
	const before, after = 60, 40
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	from, to := max(at-before, 0), min(at+after, len(runes))
	text := string(runes[from:at]) + mark + string(runes[at:to])
	if from > 0 {
		text = "…" + text
	}
	if to < len(runes) {
		text += "…"
	}
	return oneLine(text)
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

// compile makes a rule of its text, and tells everything that is wrong with it.
func (t ruleText) compile(p renewal.Policy, channels []string) (rule renewal.Rule, when condition, problems []error) {
	rule = renewal.Rule{Name: t.Name, Action: renewal.Action(t.Action), Notify: slices.Compact(slices.Sorted(slices.Values(t.Notify)))}
	problem := func(key string, err error) {
		if err != nil {
			problems = append(problems, about(key, err))
		}
	}
	if t.Action != "" && !slices.Contains(ruleActions, rule.Action) {
		problems = append(problems, lang.Err("action %q is not accepted; write skip, report, renew, auto-renew, auto-renew-off or let-lapse",
			"action %q 不可用；可选值：skip、report、renew、auto-renew、auto-renew-off、let-lapse", t.Action))
	}
	problem("period", t.period(&rule, p))
	problem("until-day", t.untilDay(&rule))
	if t.Window != "" {
		var err error
		rule.Window, err = durationWithin(t.Window, second, farthest)
		problem("window", err)
	}
	problem("max-price", amountOf(t.MaxPrice, p.Site, &rule.MaxPrice))
	problem("max-spend", amountOf(t.MaxSpend, p.Site, &rule.MaxSpend))
	problem("approval", t.approval(&rule))
	problem("notify", known(t.Notify, channels))
	when, err := compileWhen(t.When, p.Zone)
	if err != nil {
		problems = append(problems, err)
	}
	rule.When, rule.Asks, rule.Words = when.holds, when.asks, when.words
	return rule, when, problems
}

func (t ruleText) period(rule *renewal.Rule, p renewal.Policy) (err error) {
	if t.Period == "" {
		return nil
	}
	if rule.Period, err = renewal.ParsePeriod(t.Period); err != nil {
		return err
	}
	return offered(*rule, p)
}

func (t ruleText) untilDay(rule *renewal.Rule) error {
	if t.UntilDay == "" {
		return nil
	}
	if t.Period != "" {
		return lang.Err("and period are both set; a renewal is for a period or up to a day: remove one", "与 period 同时设置；续费要么按时长，要么到统一到期日：请删除其中一个")
	}
	n, err := wholeNumber(string(t.UntilDay), 1, 28)
	rule.UntilDay = n
	return err
}

func (t ruleText) approval(rule *renewal.Rule) error {
	if t.Approval == "" {
		return nil
	}
	if t.Approval != "true" && t.Approval != "false" {
		return lang.Err("%q is not accepted; write true or false", "%q 不可用；请填写 true 或 false", t.Approval)
	}
	waits := t.Approval == "true"
	rule.Approval = &waits
	return nil
}

func amountOf(text scalar, site renewal.Site, to *renewal.Amount) (err error) {
	if text != "" {
		*to, err = renewal.ParseAmount(string(text), site)
	}
	return err
}

// offered checks the period of a rule against what its action can use.
func offered(rule renewal.Rule, p renewal.Policy) error {
	action := rule.Action
	if action == "" {
		action = p.Action
	}
	if action == renewal.AutoRenew {
		return p.Products.OfferAuto(rule.Period, p.Site)
	}
	return p.Products.Offer(renewal.Term{Period: rule.Period}, p.Site)
}

// namedChannels gives the channels that a rule can name; nil = nothing is known
// of them, since RENEW_NOTIFY is refused itself, or nobody here reads it.
func (c *Config) namedChannels() []string {
	if c.given["RENEW_NOTIFY"] && len(c.Policy.Channels) == 0 {
		return nil
	}
	names := []string{}
	for _, name := range c.Policy.Channels {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// known checks that there is a channel of each name; nil = nothing is known of
// channels.
func known(names, channels []string) error {
	for _, name := range names {
		switch {
		case channels == nil, slices.Contains(channels, name):
		case len(channels) == 0:
			return lang.Err("no channel is called %q; RENEW_NOTIFY has none with a name, as in %[1]s=https://…", "没有名为 %q 的通知渠道；RENEW_NOTIFY 中没有带名称的地址，例如 %[1]s=https://…", name)
		default:
			return lang.Err("no channel is called %q; RENEW_NOTIFY has %s", "没有名为 %q 的通知渠道；RENEW_NOTIFY 中有 %s", name, strings.Join(channels, ", "))
		}
	}
	return nil
}
