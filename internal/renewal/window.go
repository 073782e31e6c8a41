package renewal

import (
	"slices"
	"time"
)

// slack is how late the timer may be: what is over by then is over before the
// next run.
const slack = time.Hour

// BeforeNextRun is the time within which the next run may come too late.
func (p Policy) BeforeNextRun() time.Duration { return p.NextRun + slack }

// overBeforeNextRun says whether what expires then is over before the next run
// can do something about it.
func (p Policy) overBeforeNextRun(now, expires time.Time) bool {
	return expires.Sub(now) < p.BeforeNextRun()
}

// within says whether d is due by its expiry: within its window, or over before
// the next run, whatever that window. Only an event narrows the latter.
func (p Policy) within(now time.Time, d Decision) bool {
	due := d.Instance.Expires.Sub(now) <= d.window || p.overBeforeNextRun(now, d.Instance.Expires)
	return due && p.inEvent(now, d.Instance)
}

// inEvent says whether the event, where it shortens the windows, leaves in.
func (p Policy) inEvent(now time.Time, in Instance) bool {
	return p.EventWindow == 0 || in.Expires.Sub(now) <= p.EventWindow
}

// soon says whether d is due within RENEW_UPCOMING after its window.
func (p Policy) soon(now time.Time, d Decision) bool {
	return p.Upcoming > 0 && p.EventWindow == 0 && d.Instance.Expires.Sub(now) <= d.window+p.Upcoming
}

// longestReach is the longest time before or after expiry at which something of
// this window is renewed. An event that shortens the windows does not shorten it,
// since the runs without that event go on.
func (p Policy) longestReach(window time.Duration) time.Duration {
	return max(window, p.Backstop, p.Rescue, p.BeforeNextRun())
}

// reach is how far from now an instance matters, as far as the settings go: as
// far as anything that a run acts upon or warns of.
func (p Policy) reach() time.Duration {
	return max(p.Window, p.Backstop, p.BeforeNextRun()) + p.Upcoming
}

// widest is the widest window of a rule.
func (p Policy) widest() (window time.Duration) {
	for _, rule := range p.Rules {
		window = max(window, rule.Window)
	}
	return window
}

// Relevant says whether a run must look at in closer: everything else is only
// counted. Between the window of the settings and the widest one of a rule that
// depends on which rule holds.
func (p Policy) Relevant(now time.Time, in Instance) bool {
	switch left := in.Expires.Sub(now); {
	case in.Expires.IsZero(), left <= p.reach(), p.names(in.ID):
		return true
	case left > p.widest()+p.Upcoming:
		return false
	case slices.ContainsFunc(p.Rules, Rule.asksForMode), in.Unnamed && slices.ContainsFunc(p.Rules, Rule.asksForNames):
		return true // which is not read yet
	default:
		d := p.ask(now, Decision{Instance: in, window: p.Window})
		return left <= d.window+p.Upcoming
	}
}

// relevantFrom is the time before which Relevant is false about in, as it is.
func (p Policy) relevantFrom(in Instance) time.Time {
	if in.Expires.IsZero() || p.names(in.ID) {
		return time.Time{}
	}
	return in.Expires.Add(-max(p.reach(), p.widest()+p.Upcoming))
}

// names says whether somebody asked for this very instance, who is to be told
// about it even when it is not due.
func (p Policy) names(id string) bool {
	return slices.Contains(p.Named, id) || slices.Contains(p.Include.IDs, id)
}

// shown says whether d has a place in the report: it expires within the window,
// something is or would be done about it, or it was asked for by its id.
func (p Policy) shown(now time.Time, d Decision) bool {
	in := d.Instance
	inWindow := in.Expires.Sub(now) <= p.Window && p.inEvent(now, in)
	return in.Expires.IsZero() || inWindow || d.Action != None || p.names(in.ID)
}
