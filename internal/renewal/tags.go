package renewal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
)

// Trust is how far tags on an instance may change the policy for it: whoever
// may tag is often not who may spend.
type Trust string

// The trusts.
const (
	TrustOff   Trust = "off"   // tags change nothing
	TrustLower Trust = "lower" // tags can only lessen
	TrustFull  Trust = "full"  // tags decide
)

// rank orders the actions that tags may move between under TrustLower.
var rank = map[Action]int{Skip: 1, ReportOnly: 2, AutoRenew: 3, Renew: 4}

// wish is what the tags of one instance say.
type wish struct {
	action Action
	period Period
	until  time.Time // the end of that day; zero = no end date
	hold   string    // why the tags cannot be read; the instance is held then
	notes  []string  // what the operator should know, without the instance
}

const (
	tagAction = "action"
	tagPeriod = "period"
	tagUntil  = "until"
)

// readTags reads the tags under prefix. What cannot be read, or is nearly one
// of ours, is not guessed at: the instance is held, since it may have been
// meant to be skipped.
func readTags(tags map[string]string, prefix string, zone *time.Location) wish {
	var w wish
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		name, ours := strings.CutPrefix(key, prefix)
		var err error
		switch {
		case ours && name == tagAction:
			w.action, err = parseTagAction(value)
		case ours && name == tagPeriod:
			w.period, err = ParsePeriod(value)
		case ours && name == tagUntil:
			w.until, err = endOfDay(value, zone)
		default:
			switch meant, rest := nearly(key, prefix); {
			case meant != "":
				w.held(fmt.Sprintf("its tag %q is nearly %q", key, meant))
			case rest != "":
				w.notes = append(w.notes, fmt.Sprintf("its tag %q begins like ours, and is none of %q, %q and %q; it is not heeded",
					key, prefix+tagAction, prefix+tagPeriod, prefix+tagUntil))
			}
			continue
		}
		if err != nil {
			w.held(fmt.Sprintf("its tag %q: %v", key, err))
		}
	}
	return w
}

func (w *wish) held(why string) {
	if w.hold == "" {
		w.hold = why
	}
	w.notes = append(w.notes, why+", so it is held")
}

func parseTagAction(value string) (Action, error) {
	a := Action(value)
	if rank[a] == 0 && a != AutoRenewOff && a != LetLapse {
		return "", fmt.Errorf("%q is no action; accepted are skip, report, auto-renew, renew, auto-renew-off and let-lapse", value)
	}
	return a, nil
}

func endOfDay(value string, zone *time.Location) (time.Time, error) {
	if zone == nil {
		zone = time.UTC
	}
	day, err := time.ParseInLocation(time.DateOnly, value, zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no date; write it as 2027-03-31", value)
	}
	return day.AddDate(0, 0, 1), nil
}

// nearly gives the tag of ours that key may have been meant for: but for letter
// case and spaces the same, no more than two letters off, or with the name of an
// action in place of its value. If there is none, rest is what follows our
// prefix, if key begins with it.
func nearly(key, prefix string) (meant, rest string) {
	plain := strings.ToLower(strings.Join(strings.Fields(key), ""))
	for _, name := range []string{tagAction, tagPeriod, tagUntil} {
		ours := prefix + name
		if levenshtein.ComputeDistance(plain, strings.ToLower(ours)) <= 2 {
			return ours, ""
		}
	}
	rest, ours := strings.CutPrefix(plain, strings.ToLower(prefix))
	if !ours || prefix == "" {
		return "", ""
	}
	if _, err := parseTagAction(rest); err == nil {
		return prefix + tagAction, ""
	}
	return "", rest
}

// apply lets the tags change d as far as trust goes.
func (w wish) apply(d Decision, p Policy) Decision {
	d.Notes = append(d.Notes, w.notes...)
	d.until = w.until
	if w.hold != "" {
		d.unreadable = w.hold
	}
	if p.TagTrust == TrustFull {
		if w.action != "" {
			d.asked = w.action
		}
		if w.period != (Period{}) {
			d.Term, d.AutoPeriod, d.tagPeriod = Term{Period: w.period}, w.period, true
		}
		return d
	}
	return w.lessen(d)
}

// lessen applies what asks for less, and notes what asks for more.
func (w wish) lessen(d Decision) Decision {
	switch {
	case w.action == "" || w.action == d.asked:
	case w.action == AutoRenewOff || w.action == LetLapse:
		// Not paying is less, and is honoured; changing the instance is not.
		d.Notes = append(d.Notes, fmt.Sprintf("its tag asks for %s, which RENEW_TAG_TRUST=lower does not allow; it is left alone", w.action))
		d.asked = Skip
	case rank[w.action] < rank[d.asked], w.action == Skip, w.action == ReportOnly && d.asked != Skip:
		d.asked = w.action
	default:
		d.Notes = append(d.Notes, fmt.Sprintf("its tag asks for %s, which is more than %s; RENEW_TAG_TRUST=lower does not allow that", w.action, d.asked))
	}
	if w.period == (Period{}) {
		return d
	}
	longer := func(setting string) {
		d.Notes = append(d.Notes, fmt.Sprintf("its tag asks for %s, which is longer than %s; RENEW_TAG_TRUST=lower does not allow that", w.period, setting))
	}
	if w.period.notLongerThan(d.Term) {
		d.Term, d.tagPeriod = Term{Period: w.period}, true
	} else if d.asked == Renew {
		longer(d.Term.String())
	}
	if w.period.notLongerThan(Term{Period: d.AutoPeriod}) {
		d.AutoPeriod = w.period
	} else if d.asked == AutoRenew {
		longer(d.AutoPeriod.String())
	}
	return d
}
