package renewal

import (
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// namesOf are the facts that only the name, tags and resource group of an
// instance tell.
var namesOf = []string{"name", "tags", "resourceGroup"}

// AsksForNames says whether anything of p goes by an instance's name, tags or
// resource group.
func (p Policy) AsksForNames() bool {
	return p.TagTrust != TrustOff && p.TagTrust != "" || p.CountsNames()
}

// CountsNames says whether the settings or the rules go by them, so that they are
// counted in the whole list.
func (p Policy) CountsNames() bool {
	in, out := p.Include, p.Exclude
	return len(in.Names)+len(in.Tags)+len(out.Names)+len(out.Tags) > 0 || in.ResourceGroup != "" || slices.ContainsFunc(p.Rules, Rule.asksForNames)
}

func (r Rule) asksForNames() bool {
	return slices.ContainsFunc(r.Asks, func(fact string) bool { return slices.Contains(namesOf, fact) })
}

// withoutNames settles an instance whose name, tags and resource group could not
// be read where the policy asks for them: to have no tags is another thing. What
// is known of it may still take it out of the run.
func withoutNames(p Policy, now time.Time, d Decision) ruling {
	in := d.Instance
	outside := func(ids []string) bool { return ids != nil && !slices.Contains(ids, in.ID) }
	switch {
	case !in.Unnamed || !p.AsksForNames():
		return ruling{}
	case outside(p.Named), outside(p.Include.IDs), p.Include.network() && !in.Traits().Network:
		return ruling{reason: NotSelected}
	case p.Exclude.touches(in):
		return ruling{reason: Excluded}
	case in.Mode == Lapse:
		return letGo(p, now, d)
	}
	soon := notDue(p, now, d).soon
	for _, check := range []check{withoutDate, notDue, over, modeUnknown, provided} {
		if r := check(p, now, d); r.reason != "" {
			r.soon = soon
			return r
		}
	}
	switch {
	case p.onlyReports():
		return ruling{reason: OnlyReported, soon: soon}
	case d.asked == Renew && !in.Traits().Renewed:
		return ruling{reason: Unsupported, action: Renew, soon: soon} // and would be, whatever its tags
	}
	why := lang.Say("its name and tags could not be read, and the settings, a rule or RENEW_TAG_TRUST ask for them", "无法读取其名称和标签，而设置、规则或 RENEW_TAG_TRUST 需要用到")
	return ruling{reason: TagsUnknown, soon: soon, notes: []lang.Text{why}}
}
