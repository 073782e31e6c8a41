package config

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A condition is the when of a rule.
type condition struct {
	program *vm.Program
	zone    *time.Location
	asks    []string       // the facts that it goes by
	words   []renewal.Word // what it compares them with
}

// compileWhen compiles and type-checks an expression, whose dates are in a
// zone. It has no clock of its own: a rule is asked as of the start of the run.
func compileWhen(text string, zone *time.Location) (condition, error) {
	if strings.TrimSpace(text) == "" {
		return condition{}, lang.Err(`has no "when"; write one, or "true" for a rule that always holds`, `没有 "when"；请填写条件，或用 "true" 表示始终符合`)
	}
	if zone == nil {
		zone = time.UTC // RENEW_TZ is refused
	}
	all := facts(renewal.Instance{}, time.Time{}, zone)
	m := newMeaning(zone)
	program, err := expr.Compile(text, append(functions(zone), expr.Env(all), expr.AsBool(), expr.Patch(m.lets), expr.Patch(m))...)
	switch {
	case m.refusal != nil:
		return condition{}, atColumn(text, m.at, m.refusal)
	case err != nil:
		at, said := file.Location{}, err.Error()
		if e, ok := errors.AsType[*file.Error](err); ok {
			at, said = e.Location, e.Message
		}
		return condition{}, atColumn(text, at, lang.Err("%s; known are %s", "%s；可用的名称：%s", oneLine(said), factNames))
	}
	c := condition{program: program, zone: zone, words: m.words}
	for name := range m.asks {
		if _, fact := all[name]; fact {
			c.asks = append(c.asks, name)
		}
	}
	slices.Sort(c.asks)
	return c, nil
}

// holds asks about one instance. Only what the rule goes by is looked up.
func (c condition) holds(in renewal.Instance, now time.Time) (bool, error) {
	known := make(map[string]any, len(c.asks))
	for _, name := range c.asks {
		known[name] = fact(name, in, now, c.zone)
	}
	return truth(expr.Run(c.program, known))
}

// survey asks the conditions of all rules about many instances, one after the
// other: only what some rule goes by is looked up, and memory is used again.
func survey(conditions []condition) func() func(renewal.Instance, time.Time, []renewal.Holding) {
	var asked []string
	for _, c := range conditions {
		asked = append(asked, c.asks...)
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	return func() func(renewal.Instance, time.Time, []renewal.Holding) {
		known, machine := map[string]any{}, vm.VM{}
		return func(in renewal.Instance, now time.Time, answers []renewal.Holding) {
			for _, name := range asked {
				known[name] = fact(name, in, now, conditions[0].zone)
			}
			for i, c := range conditions {
				answers[i] = renewal.HoldsNot
				switch yes, err := truth(machine.Run(c.program, known)); {
				case err != nil:
					answers[i] = renewal.HoldsNobodyKnows
				case yes:
					answers[i] = renewal.Holds
				}
			}
		}
	}
}

// functions are those of our own, in place of those of the library that read
// dates in UTC and know no days.
func functions(zone *time.Location) []expr.Option {
	return []expr.Option{
		expr.DisableBuiltin("now"), expr.DisableBuiltin("date"), expr.DisableBuiltin("duration"),
		expr.Function("date", func(args ...any) (any, error) {
			form := make([]string, len(args)-1)
			for i := range form {
				form[i] = args[i+1].(string)
			}
			return dateOf(zone, args[0].(string), form...)
		}, new(func(string) time.Time), new(func(string, string) time.Time), new(func(string, string, string) time.Time)),
		expr.Function("duration", func(args ...any) (any, error) { return durationOf(args[0].(string)) }, new(func(string) time.Duration)),
	}
}

// atColumn says where in an expression something is wrong, and shows the place.
func atColumn(text string, at file.Location, err error) error {
	where := (&file.Error{Location: at}).Bind(file.NewSource(text))
	line := strings.Split(text, "\n")[max(where.Line-1, 0)]
	if where.Line > 1 {
		return lang.Err("when: line %d column %d: %v: %s", "when：第 %d 行第 %d 列：%v：%s", where.Line, where.Column+1, err, marked(line, where.Column+1))
	}
	return lang.Err("when: column %d: %v: %s", "when：第 %d 列：%v：%s", where.Column+1, err, marked(line, where.Column+1))
}

// truth takes what came of an expression for an answer.
func truth(result any, err error) (bool, error) {
	if yes, ok := result.(bool); ok && err == nil {
		return yes, nil
	}
	if e, ok := errors.AsType[*file.Error](err); ok {
		if err = errors.New(e.Message); e.Prev != nil {
			err = e.Prev // perhaps said by us, in every language
		}
	}
	if err != nil {
		return false, lang.Err("%s", "%s", inOneLine{err})
	}
	return false, lang.Err("gives %T, not true or false", "结果是 %T，而不是 true 或 false", result)
}

// inOneLine says an error in one line.
type inOneLine struct{ err error }

// In is the line in a language.
func (o inOneLine) In(l lang.Language) string { return oneLine(lang.Of(o.err, l)) }

func errDate(text string, anyForm bool) error {
	if !anyForm {
		return lang.Err("%q is no date of that form", "%q 不符合该日期格式", text)
	}
	return lang.Err("%q is no date; write it as 2026-12-31, 2026-12-31 16:00, or with a zone: 2026-12-31T16:00:00+08:00",
		"%q 不是日期；请写成 2026-12-31、2026-12-31 16:00，或带时区：2026-12-31T16:00:00+08:00", text)
}

func errZone(name string) error {
	return lang.Err("%q is no time zone; write one such as Asia/Shanghai or UTC", "%q 不是时区；请填写 Asia/Shanghai、UTC 这样的时区", name)
}

func errLength(text string) error {
	return lang.Err("%q is no duration; write a number and a unit: 90s, 10m, 36h, 7d, 2w", "%q 不是时长；请填写数字加单位：90s、10m、36h、7d、2w", text)
}
