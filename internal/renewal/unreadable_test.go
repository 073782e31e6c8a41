package renewal

import (
	"testing"
	"time"
)

// What could be read in part only is nobody's to act upon: the part that is
// missing may have said anything. What is certain may take it out.
func TestWhatCouldBeReadInPart(t *testing.T) {
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	policy := func(change func(*Policy)) Policy {
		p := Policy{Action: Renew, Term: Term{Period: Period{Months: 1}}, Site: China, Window: 7 * Day, NextRun: Day, TagPrefix: "renew:", TagTrust: TrustFull, Zone: time.UTC}
		change(&p)
		return p
	}
	in := Instance{ID: "i-1", Subscription: true, Expires: now.Add(3 * Day), Mode: Manual, Unreadable: "Tags"}
	with := func(change func(*Instance)) Instance { in := in; change(&in); return in }
	for name, tt := range map[string]struct {
		p    Policy
		in   Instance
		want Reason
	}{
		"due":                     {policy(func(*Policy) {}), in, StateUnknown},
		"without an expiry":       {policy(func(*Policy) {}), with(func(in *Instance) { in.Expires = time.Time{} }), StateUnknown},
		"expired":                 {policy(func(*Policy) {}), with(func(in *Instance) { in.Expires = now.Add(-Day) }), StateUnknown},
		"far from due":            {policy(func(*Policy) {}), with(func(in *Instance) { in.Expires = now.Add(30 * Day) }), NotDue},
		"tags are asked for":      {policy(func(p *Policy) { p.Include.Tags = []Tag{{Key: "env", Value: "prod"}} }), in, StateUnknown},
		"tags are excluded":       {policy(func(p *Policy) { p.Exclude.Tags = []Tag{{Key: "env", Value: "test"}} }), in, StateUnknown},
		"another id is asked for": {policy(func(p *Policy) { p.Include.IDs = []string{"i-2"} }), in, NotSelected},
		"its id is asked for":     {policy(func(p *Policy) { p.Include.IDs = []string{"i-1"} }), in, StateUnknown},
		"the event names another": {policy(func(p *Policy) { p.Named = []string{"i-2"} }), in, NotSelected},
		"the event names it":      {policy(func(p *Policy) { p.Named = []string{"i-1"} }), in, StateUnknown},
		"its id is excluded":      {policy(func(p *Policy) { p.Exclude.IDs = []string{"i-1"} }), in, Excluded},
		"a rule skips it": {policy(func(p *Policy) {
			p.Rules = []Rule{{Name: "all", Action: Skip, When: func(Instance, time.Time) (bool, error) { return true, nil }}}
		}), in, StateUnknown},
		"its owner lets it lapse":        {policy(func(*Policy) {}), with(func(in *Instance) { in.Mode = Lapse }), StateUnknown},
		"what was read of it is all":     {policy(func(*Policy) {}), with(func(in *Instance) { in.Unreadable = "" }), Due},
		"a tag of it, which may be half": {policy(func(*Policy) {}), with(func(in *Instance) { in.Tags = map[string]string{"renew:action": "skip"} }), StateUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			d := Decide(now, tt.p, []Instance{tt.in})[0]
			if d.Reason != tt.want || d.Wanted() != (tt.want == Due) || (tt.want == StateUnknown) != (len(d.Notes) > 0) {
				t.Errorf("%s, %s, %v; want %s", d.Action, d.Reason, d.Notes, tt.want)
			}
		})
	}
	// A look that is read in part shows nothing.
	whole := with(func(in *Instance) { in.Unreadable = "" })
	if d := Decide(now, policy(func(*Policy) {}), []Instance{whole})[0]; d.Moved(now, now, policy(func(*Policy) {}), in).Empty() {
		t.Error("it is acted upon under a look that could be read in part only")
	}
}
