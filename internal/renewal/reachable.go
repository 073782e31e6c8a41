package renewal

import "slices"

// Reachable gives the actions that p can come to carry out on some instance: by
// its settings and rules, and those that only the tags of an instance can ask
// for besides. Neither the brake nor the caps count; while RENEW_ACTION is
// report, there are none.
func (p Policy) Reachable() (byPolicy, byTags []Action) {
	if p.onlyReports() {
		return nil, nil
	}
	asked := []Action{p.Action}
	for _, rule := range p.Rules {
		asked = append(asked, rule.Action)
	}
	byPolicy = p.leadsTo(asked)
	switch {
	case p.TagTrust == TrustFull:
		byTags = p.leadsTo(changing)
	case p.TagTrust == TrustLower && slices.Contains(asked, Renew):
		byTags = p.leadsTo([]Action{AutoRenew}) // the one step down that is not to do nothing
	}
	return byPolicy, slices.DeleteFunc(byTags, func(a Action) bool { return slices.Contains(byPolicy, a) })
}

// changing are the actions that change something.
var changing = []Action{Renew, AutoRenew, AutoRenewOff, LetLapse}

// leadsTo gives what can come of what is asked for: what it is too late to
// switch auto-renewal on for may be renewed.
func (p Policy) leadsTo(asked []Action) (all []Action) {
	for _, a := range changing {
		too := a == Renew && p.TooLate == Renew && slices.Contains(asked, AutoRenew)
		if too || slices.Contains(asked, a) {
			all = append(all, a)
		}
	}
	return all
}
