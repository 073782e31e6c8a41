package renewal

import (
	"slices"
	"time"
)

// Coverage is what the settings and the rules select of everything that was
// listed: what shows that they mean what was meant. Its JSON form is public
// interface.
type Coverage struct {
	Listed            int            `json:"listed"`      // Selected and NotSelected together
	Selected          int            `json:"selected"`    // by the settings that select; all, where there are none
	Excluded          int            `json:"excluded"`    // of the selected, those that a setting takes out
	NotSelected       int            `json:"notSelected"` // outside of what the settings select
	LapsingUnselected int            `json:"lapsingUnselected"`
	Entries           []CoveredEntry `json:"entries"` // in the order of the settings
	Rules             []CoveredRule  `json:"rules"`   // in their order
	Expected          int            `json:"-"`       // RENEW_EXPECT_COUNT: fewer listed than this is trouble
}

// CoveredEntry is an entry of a setting that selects or excludes.
type CoveredEntry struct {
	Setting string `json:"setting"`
	Entry   string `json:"entry"`
	Matched int    `json:"matched"` // in the whole list
	Nearest string `json:"-"`       // what is in the list instead, where it matched nothing; "" = nothing is near
}

// CoveredRule is a rule.
type CoveredRule struct {
	Name    string `json:"name"`
	Holds   int    `json:"holds"`   // for how many its condition holds, in the whole list
	Decides int    `json:"decides"` // for how many of those that are looked after it is the first to hold
	Nearest string `json:"-"`       // as for an entry
}

// LooksAfter is how many instances are selected and not excluded.
func (c Coverage) LooksAfter() int { return c.Selected - c.Excluded }

// AtNothing says whether the settings leave nothing of what was listed. A list
// that is truly empty is no sign of that.
func (c Coverage) AtNothing() bool { return c.Listed > 0 && c.LooksAfter() == 0 }

// TooFew says whether fewer were listed than are there, as far as anybody knows:
// a role that sees a part only, a region that answers with an empty list.
func (c Coverage) TooFew() bool { return c.Listed < c.Expected }

// A Holding is what came of asking a rule about an instance.
type Holding uint8

// The holdings.
const (
	HoldsNot Holding = iota
	Holds
	HoldsNobodyKnows // it cannot be evaluated
)

// A Tally counts what the settings and rules fit, instance by instance. It
// keeps no instance, and does not grow with their number. It is for one
// goroutine; tallies of several lists are merged.
type Tally struct {
	policy  Policy
	now     time.Time
	ask     func(in Instance, now time.Time, answers []Holding)
	answers []Holding

	counts  Coverage
	unread  int // whose name and tags could not be read, though the policy asks for them
	entries []entryTally
	rules   []ruleTally
	asked   map[string]bool // facts that rules compare with a word
	met     met
	open    []*kin // that fit nothing yet
	scratch shape

	own map[string]*Tally // what each channel with a name hears of; nil = there is none, or this is one
}

// NewTally begins to count what p fits as of now.
func (p Policy) NewTally(now time.Time) *Tally {
	t := p.newTally(now)
	if len(p.namedChannels()) > 0 {
		t.own = map[string]*Tally{}
	}
	return t
}

func (p Policy) newTally(now time.Time) *Tally {
	t := &Tally{policy: p, now: now, ask: p.askAll(), answers: make([]Holding, len(p.Rules)), entries: entriesOf(p), asked: map[string]bool{}, met: newMet()}
	for _, rule := range p.Rules {
		t.rules = append(t.rules, newRuleTally(rule))
		for _, word := range rule.Words {
			t.asked[word.Fact] = true
		}
	}
	return t
}

// askAll gives a way to ask all rules about an instance.
func (p Policy) askAll() func(Instance, time.Time, []Holding) {
	if p.Survey != nil {
		return p.Survey()
	}
	return func(in Instance, now time.Time, answers []Holding) {
		for i, rule := range p.Rules {
			answers[i] = HoldsNot
			switch yes, err := rule.When(in, now); {
			case err != nil:
				answers[i] = HoldsNobodyKnows
			case yes:
				answers[i] = Holds
			}
		}
	}
}

// Add counts an instance. Where its renewal mode was not read ("", since it is
// not due for long), a rule that asks for the mode holds if it does so in every
// mode.
func (t *Tally) Add(in Instance) {
	t.counts.Listed++
	selected, excluded := t.count(&in)
	switch {
	case !selected:
		t.counts.NotSelected++
	case excluded:
		t.counts.Selected++
		t.counts.Excluded++
	default:
		t.counts.Selected++
	}
	after := selected && !excluded
	if !after && t.lapses(&in) {
		t.counts.LapsingUnselected++
	}
	t.addRules(in, after)
	t.compare(&in)
	for _, fact := range counted {
		if t.asked[fact] {
			t.met.first(fact+" there", factOf(&in, fact))
		}
	}
	if t.own != nil {
		t.share(in)
	}
}

// lapses says whether an instance that nobody looks after is over before the
// next run. The provider keeps some, and of some their owner wants it so.
func (t *Tally) lapses(in *Instance) bool {
	return in.Subscription && in.Mode != Auto && in.Mode != Lapse && !in.ended(t.now) && t.policy.overBeforeNextRun(t.now, in.Expires)
}

// count counts the entries that in fits, and says what they make of it: the
// same as Selection does.
func (t *Tally) count(in *Instance) (selected, excluded bool) {
	selected = true
	var byID, byName, anyID, anyName bool
	for i := range t.entries {
		e := &t.entries[i]
		fits := e.fits(in)
		if fits {
			e.matched++
		}
		switch {
		case e.excludes:
			excluded = excluded || fits
		case e.kind == entryID:
			byID, anyID = true, anyID || fits
		case e.kind == entryName:
			byName, anyName = true, anyName || fits
		default:
			selected = selected && fits
		}
	}
	if in.Unnamed && t.policy.AsksForNames() {
		t.unread++
		outside := t.policy.Include.network() && !in.Traits().Network
		return (!byID || anyID) && !outside, excluded
	}
	if in.Unreadable != "" || in.Strange {
		return !byID || anyID, excluded // of the rest nothing is certain, and somebody is to look
	}
	return selected && (!byID || anyID) && (!byName || anyName), excluded
}

// modes are those that in may have, as far as a rule asks for it.
func (t *Tally) modes(in Instance) []Mode {
	if in.Mode == "" && slices.ContainsFunc(t.policy.Rules, Rule.asksForMode) {
		return []Mode{Manual, Auto, Lapse}
	}
	return []Mode{in.Mode}
}

// addRules counts the rules that hold for in, and the one that decides it.
func (t *Tally) addRules(in Instance, after bool) {
	if len(t.rules) == 0 {
		return
	}
	first := -1
	for n, mode := range t.modes(in) {
		in.Mode = mode
		t.ask(in, t.now, t.answers)
		decides := slices.IndexFunc(t.answers, func(a Holding) bool { return a != HoldsNot })
		if !after || decides >= 0 && t.answers[decides] == HoldsNobodyKnows {
			decides = -1
		}
		for i, answer := range t.answers {
			t.rules[i].always = answer == Holds && (n == 0 || t.rules[i].always)
			t.rules[i].ever = t.rules[i].ever || answer == Holds
		}
		if decides >= 0 {
			t.rules[decides].everDecides = true
		}
		if n == 0 {
			first = decides
		} else if decides != first {
			first = -1 // it depends on the mode
		}
	}
	for i := range t.rules {
		if t.rules[i].always {
			t.rules[i].holds++
		}
	}
	if first >= 0 {
		t.rules[first].decides++
	}
}

// Merge adds what another tally of the same policy has counted.
func (t *Tally) Merge(other *Tally) {
	t.counts.Listed += other.counts.Listed
	t.unread += other.unread
	t.counts.Selected += other.counts.Selected
	t.counts.Excluded += other.counts.Excluded
	t.counts.NotSelected += other.counts.NotSelected
	t.counts.LapsingUnselected += other.counts.LapsingUnselected
	for i := range t.entries {
		t.entries[i].merge(other.entries[i])
	}
	for i := range t.rules {
		t.rules[i].merge(other.rules[i])
	}
	t.met.merge(other.met)
	for name, own := range other.own {
		if t.own[name] == nil {
			t.own[name] = t.policy.newTally(t.now)
		}
		t.own[name].Merge(own)
	}
}

// Coverage gives what was counted.
func (t *Tally) Coverage() Coverage {
	c := t.counts
	c.Expected = t.policy.ExpectCount
	c.Entries, c.Rules = []CoveredEntry{}, []CoveredRule{}
	for i := range t.entries {
		e := &t.entries[i]
		c.Entries = append(c.Entries, CoveredEntry{Setting: e.setting, Entry: e.text, Matched: e.matched, Nearest: e.suggestion().text})
	}
	for i := range t.rules {
		r := &t.rules[i]
		c.Rules = append(c.Rules, CoveredRule{Name: r.name, Holds: r.holds, Decides: r.decides, Nearest: r.suggestion().best.text})
	}
	return c
}
