package renewal

import (
	"slices"
	"testing"
	"time"
)

// What is said to be reachable is what decisions come to, no more and no less:
// tried with instances of every kind, once without tags and once with any.
func TestReachable(t *testing.T) {
	var plain, withTags []Instance
	for _, in := range []time.Duration{time.Hour, 3 * Day} {
		for _, m := range []func(*Instance){mode(Manual), auto(oneMonth), auto(threeMonths), mode(Lapse), mode(Unknown)} {
			plain = append(plain, ending(in, m))
			for _, action := range []string{"skip", "report", "auto-renew", "renew", "auto-renew-off", "let-lapse", "x"} {
				withTags = append(withTags, ending(in, m, tagged("renew:action", action)))
			}
		}
	}
	reached := func(p Policy, list []Instance) (all []Action) {
		for _, d := range Decide(now, p, list) {
			if d.Wanted() {
				all = append(all, d.Action)
			}
		}
		return all
	}
	actions := []Action{"", ReportOnly, Renew, AutoRenew, AutoRenewOff, LetLapse}
	for _, action := range actions {
		for _, ruled := range append(actions, Skip) {
			for _, trusted := range []Trust{"", TrustOff, TrustLower, TrustFull} {
				for _, late := range []Action{ReportOnly, Renew} {
					p := policy(action, trust(trusted), func(p *Policy) { p.TooLate = late })
					sometimes := func(in Instance, _ time.Time) (bool, error) { return in.ID == "i-ruled", nil }
					if ruled != "" {
						p.Rules = []Rule{{Name: "r", When: sometimes, Action: ruled}}
					}
					list, tags := slices.Clone(plain), slices.Clone(withTags)
					for _, in := range plain {
						in.ID = "i-ruled"
						list = append(list, in)
					}
					for _, in := range withTags {
						in.ID = "i-ruled"
						tags = append(tags, in)
					}
					byPolicy, byTags := p.Reachable()
					got, gotTags := reached(p, list), reached(p, tags)
					for _, a := range changing {
						if slices.Contains(byPolicy, a) != slices.Contains(got, a) {
							t.Errorf("%s, rule %q, tags %q, too late %s: %s is reachable: %v, and reached: %v", action, ruled, trusted, late, a, byPolicy, got)
						}
						all := slices.Concat(byPolicy, byTags)
						if slices.Contains(gotTags, a) && !slices.Contains(all, a) || slices.Contains(byTags, a) && !slices.Contains(gotTags, a) {
							t.Errorf("%s, rule %q, tags %q, too late %s: %s is reachable by tags: %v, and reached: %v", action, ruled, trusted, late, a, byTags, gotTags)
						}
					}
				}
			}
		}
	}
}
