package renewal

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/agnivade/levenshtein"

	"github.com/fc-renewer/fc-renewer/internal/lang"
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
	until  time.Time   // the end of that day; zero = no end date
	hold   bool        // the tags cannot be read; the instance is held then
	notes  []lang.Text // what the operator should know, without the instance
}

const (
	tagAction = "action"
	tagPeriod = "period"
	tagUntil  = "until"
	tagNotify = "notify" // routing, which is no wish: see Policy.hearers
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
		case key == RefusedKey, ours && name == tagNotify:
			continue // not wishes; they are read by Generation and hearers
		default:
			switch meant, rest := nearly(key, value, prefix); {
			case meant == "" && nearKey(key, prefix+tagNotify): // no reason to hold it
				w.note(lang.Say("its tag %q is nearly %q; it is not heeded", "标签 %q 与 %q 相近，已忽略", key, prefix+tagNotify))
			case meant != "":
				w.held(lang.Say("its tag %q is nearly %q", "标签 %q 与 %q 相近", key+"="+value, meant))
			case rest != "":
				w.note(lang.Say("its tag %q begins like ours, and is none of %q, %q, %q and %q; it is not heeded", "标签 %q 的前缀与本工具相同，但不是 %q、%q、%q 或 %q，已忽略",
					key, prefix+tagAction, prefix+tagPeriod, prefix+tagUntil, prefix+tagNotify))
			}
			continue
		}
		if err != nil {
			w.held(lang.Say("its tag %q: %v", "标签 %q：%v", key, err))
		}
	}
	return w
}

func (w *wish) note(t lang.Text) { w.notes = append(w.notes, t) }

func (w *wish) held(why lang.Text) {
	w.hold = true
	w.note(lang.Say("%v, so it is held", "%v，因此暂不处理", why))
}

func parseTagAction(value string) (Action, error) {
	a := Action(value)
	if rank[a] == 0 && a != AutoRenewOff && a != LetLapse {
		return "", lang.Err("%q is no action; accepted are skip, report, auto-renew, renew, auto-renew-off and let-lapse", "%q 不是可用的操作；可选 skip、report、auto-renew、renew、auto-renew-off 和 let-lapse", value)
	}
	return a, nil
}

func endOfDay(value string, zone *time.Location) (time.Time, error) {
	if zone == nil {
		zone = time.UTC
	}
	day, err := time.ParseInLocation(time.DateOnly, value, zone)
	if err != nil {
		return time.Time{}, lang.Err("%q is no date; write it as 2027-03-31", "%q 不是日期；请写成 2027-03-31 的形式", value)
	}
	return day.AddDate(0, 0, 1), nil
}

// nearly gives the tag of ours that key may have been meant for: but for letter
// case, spaces and letters that only look alike the same, no more than two
// letters off, or with the name of an action in place of its value, or with an
// action as the value of the bare prefix. If there is none, rest is what follows
// our prefix, if key begins with it.
func nearly(key, value, prefix string) (meant, rest string) {
	plain := plainKey(key)
	for _, name := range []string{tagAction, tagPeriod, tagUntil} {
		if nearKey(key, prefix+name) {
			return prefix + name, ""
		}
	}
	low := strings.ToLower(prefix)
	isAction := func(text string) bool {
		_, err := parseTagAction(strings.ToLower(strings.TrimSpace(text)))
		return err == nil
	}
	if bare := strings.TrimRight(low, ":-_./"); bare != "" && looksLike(strings.TrimRight(plain, ":-_./"), bare) && isAction(value) {
		return prefix + tagAction, ""
	}
	rest, ours := strings.CutPrefix(plain, low)
	if !ours || prefix == "" {
		return "", ""
	}
	if isAction(rest) {
		return prefix + tagAction, ""
	}
	return "", rest
}

// nearKey says whether key is ours but for what is easily got wrong.
func nearKey(key, ours string) bool {
	plain, ours := plainKey(key), strings.ToLower(ours)
	return looksLike(plain, ours) || levenshtein.ComputeDistance(plain, ours) <= 2
}

func plainKey(key string) string { return strings.ToLower(strings.Join(strings.Fields(key), "")) }

// looksLike says whether text is ours but for letters outside of ASCII, which
// may be look-alikes from other alphabets: nobody sees the difference.
func looksLike(text, ours string) bool {
	a, b := []rune(text), []rune(ours)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && a[i] <= unicode.MaxASCII {
			return false
		}
	}
	return true
}

// apply lets the tags change d as far as trust goes.
func (w wish) apply(d Decision, p Policy) Decision {
	d.Notes = append(d.Notes, w.notes...)
	d.until = w.until
	d.unreadable = d.unreadable || w.hold
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
		d.note(lang.Say("its tag asks for %s, which RENEW_TAG_TRUST=lower does not allow; it is left alone", "标签要求 %s，RENEW_TAG_TRUST=lower 不允许；不做任何操作", w.action))
		d.asked = Skip
	case rank[w.action] < rank[d.asked], w.action == Skip, w.action == ReportOnly && d.asked != Skip:
		d.asked = w.action
	default:
		d.note(lang.Say("its tag asks for %s, which is more than %s; RENEW_TAG_TRUST=lower does not allow that", "标签要求 %s，超出 %s；RENEW_TAG_TRUST=lower 不允许", w.action, d.asked))
	}
	if w.period == (Period{}) {
		return d
	}
	longer := func(setting string) {
		d.note(lang.Say("its tag asks for %s, which is longer than %s; RENEW_TAG_TRUST=lower does not allow that", "标签要求 %s，长于 %s；RENEW_TAG_TRUST=lower 不允许", w.period, setting))
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
