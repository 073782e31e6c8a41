package renewal

import (
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// named says whether there is a channel of this name.
func (p Policy) named(channel string) bool {
	return channel != "" && slices.Contains(p.Channels, channel)
}

// everybody says whether every channel has a name: then all of them hear of what
// belongs to none.
func (p Policy) everybody() bool { return !slices.Contains(p.Channels, "") }

// namedChannels gives the channels with a name.
func (p Policy) namedChannels() []string {
	return slices.DeleteFunc(slices.Clone(p.Channels), func(name string) bool { return name == "" })
}

// hearers gives the channels that hear of an instance: those that its rule names,
// and those that its tag does. Routing is no money, so any trust in tags but none
// at all is enough. strange are the names in the tag that no channel has.
func (p Policy) hearers(rule *Rule, tags map[string]string) (names, strange []string) {
	if rule != nil {
		names = slices.Clone(rule.Notify)
	}
	if p.TagTrust == TrustOff || p.TagTrust == "" {
		return names, nil
	}
	for name := range strings.SplitSeq(tags[p.TagPrefix+tagNotify], ",") {
		switch name = strings.TrimSpace(name); {
		case name == "":
		case p.named(name):
			names = append(names, name)
		default:
			strange = append(strange, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), strange
}

// route lets d be heard of.
func (p Policy) route(d *Decision, rule *Rule) {
	names, strange := p.hearers(rule, d.Instance.Tags)
	d.Notify = names
	for _, name := range strange {
		d.note(lang.Say("its tag %q names the channel %q, which RENEW_NOTIFY does not have", "标签 %q 指定的渠道 %q 在 RENEW_NOTIFY 中不存在", p.TagPrefix+tagNotify, name))
	}
}

// A Warning is what a run warns of.
type Warning struct {
	About string // the id of an instance; "" = the run
	Text  lang.Text
	Quiet bool // it is worth a line, and no message by itself
}

// of gives a run as a channel with a name hears of it: its own instances, and
// what is known of them alone. some says whether there is anything of that.
func (run Run) of(channel string) (own Run, some bool) {
	everybody := run.Policy.everybody()
	own = run
	own.Results, own.Scopes, own.Warnings, own.Balances = nil, nil, nil, nil
	own.Coverage, own.Policy.Caps = nil, Caps{} // of the whole run
	ids := map[string]bool{}
	for _, result := range run.Results {
		if names := result.Decision.Notify; slices.Contains(names, channel) || everybody && len(names) == 0 {
			own.Results = append(own.Results, result)
			ids[result.Decision.Instance.ID] = true
		}
	}
	for _, scope := range run.Scopes {
		if scope.Listed = scope.heard(channel, everybody, own.Results); scope.Listed > 0 || everybody && !scope.Complete {
			own.Scopes = append(own.Scopes, scope)
		}
	}
	for _, warning := range run.Warnings {
		if ids[warning.About] || everybody && warning.About == "" {
			own.Warnings = append(own.Warnings, warning)
		}
	}
	return own, len(own.Results)+len(own.Scopes)+len(own.Warnings) > 0
}

// heard is how many of a scope's list a channel hears of.
func (s Scope) heard(channel string, everybody bool, results []Result) (n int) {
	if s.Own != nil {
		n = s.Own[channel]
		if everybody {
			n += s.Own[""]
		}
		return n
	}
	for _, result := range results {
		if in := result.Decision.Instance; in.Account == s.Account && in.Region == s.Region {
			n++
		}
	}
	return n
}
