package renewal

import "slices"

// A tally also counts for each channel with a name what it hears of, and, under
// "", what none of them does.

// share counts an instance for the channels that hear of it.
func (t *Tally) share(in Instance) {
	names, _ := t.policy.hearers(t.decides(in), in.Tags)
	if len(names) == 0 {
		names = []string{""}
	}
	for _, name := range names {
		if t.own[name] == nil {
			t.own[name] = t.policy.newTally(t.now)
		}
		t.own[name].Add(in)
	}
}

// decides gives the rule that decides in, if it does so in every mode that in may
// have; nil = none.
func (t *Tally) decides(in Instance) *Rule {
	if !slices.ContainsFunc(t.policy.Rules, func(r Rule) bool { return len(r.Notify) > 0 }) {
		return nil // none of them says who hears of it
	}
	var rule *Rule
	for n, mode := range t.modes(in) {
		in.Mode = mode
		t.ask(in, t.now, t.answers)
		i := slices.IndexFunc(t.answers, func(a Holding) bool { return a != HoldsNot })
		if i < 0 || t.answers[i] != Holds || n > 0 && rule != &t.policy.Rules[i] {
			return nil
		}
		rule = &t.policy.Rules[i]
	}
	return rule
}

// Own says how many of what was listed each channel with a name hears of; "" are
// those that none does. nil = there are no such channels.
func (t *Tally) Own() map[string]int {
	if t.own == nil {
		return nil
	}
	counts := map[string]int{}
	for name, own := range t.own {
		counts[name] = own.counts.Listed
	}
	return counts
}

// Shares gives the coverage of what each channel with a name hears of.
func (t *Tally) Shares() map[string]Coverage {
	if t.own == nil {
		return nil
	}
	shares := map[string]Coverage{}
	for _, channel := range t.policy.namedChannels() {
		shares[channel] = t.of(channel).part()
	}
	return shares
}

// of gives the tally of what a channel with a name hears of: see Run.of.
func (t *Tally) of(channel string) *Tally {
	sum := t.policy.newTally(t.now)
	names := []string{channel}
	if t.policy.everybody() {
		names = append(names, "")
	}
	for _, name := range names {
		if own := t.own[name]; own != nil {
			sum.Merge(own)
		}
	}
	return sum
}

// part is the coverage of a part of the list: entries and rules that fit nothing
// in it are somebody else's.
func (t *Tally) part() Coverage {
	c := t.Coverage()
	c.Expected = 0 // in the whole list
	c.Entries = slices.DeleteFunc(c.Entries, func(e CoveredEntry) bool { return e.Matched == 0 })
	c.Rules = slices.DeleteFunc(c.Rules, func(r CoveredRule) bool { return r.Holds == 0 })
	return c
}
