package explore

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	page    = "../../docs/money.md"
	chinese = "../../docs/zh/money.md"
)

// promised are the widest classes in which docs/money.md says that nothing is paid
// twice, whoever shares the cloud: every class that it promises is within one.
var promised = map[string]class{
	"refusals are kept":                {lateExpiry: true, lateTag: true, lateCalls: true, losesTag: true},
	"refusals are kept, but for paid":  {refusesPaid: true, lateTag: true, lateCalls: true, losesTag: true},
	"everything shows within the wait": {forgetsRefusals: true, refusesPaid: true},
	"one run alone": {
		runs:            1,
		forgetsRefusals: true, refusesPaid: true, lateExpiry: true, lateTag: true, lateCalls: true, losesTag: true,
	},
}

// remains are the narrowest classes in which a second charge is possible, by the
// names of their stories in docs/money.md.
var remains = map[string]class{
	"others":                      {others: true},
	"forgotten payments":          {forgetsPayments: true},
	"late expiry":                 {forgetsRefusals: true, lateExpiry: true},
	"late expiry after a refusal": {refusesPaid: true, lateExpiry: true},
	"late tag":                    {forgetsRefusals: true, lateTag: true},
	"late calls":                  {forgetsRefusals: true, lateCalls: true},
	"lost tag":                    {forgetsRefusals: true, losesTag: true},
}

// longWalks are those of some hundred thousand worlds.
var longWalks = true

// In the classes that are promised no world has two charges.
func TestNothingIsPaidTwice(t *testing.T) {
	for name, c := range promised {
		if c.lateTag && c.count() > 1 && !longWalks {
			continue
		}
		for _, c.otherTerms = range []bool{false, true} {
			if c.otherTerms && c.refusesPaid && c.lateTag {
				continue // nearly the class before it; make soak walks it
			}
			c := c // as it is now, whenever the subtest is played
			t.Run(fmt.Sprintf("%s, other terms %t", name, c.otherTerms), func(t *testing.T) {
				t.Parallel()
				story, worlds := explore(c, protocol{}, chargedTwice)
				if story != nil {
					t.Errorf("charged twice:\n%s", tell(story, protocol{}))
				}
				t.Logf("%d worlds", worlds)
			})
		}
	}
}

// A walk that gets nowhere finds nothing. In the promised classes every run may
// pay, with every token that it can come to, after every kind of answer.
func TestTheWalkComesEverywhere(t *testing.T) {
	sought := map[string]func(*world) bool{
		"the first token pays":  func(w *world) bool { return w.tokens[0].fate == paid },
		"the second token pays": func(w *world) bool { return w.tokens[1].fate == paid },
		"the third token pays":  func(w *world) bool { return w.tokens[2].fate == paid },
		"all runs raise it":     func(w *world) bool { return w.tag == 3 },
		"a doubtful call pays":  func(w *world) bool { return w.charges == 1 && w.runs[0].doubt && w.runs[0].call == 0 },
		"a tag is written late": func(w *world) bool { return w.runs[0].at == raised && w.runs[0].write&open != 0 },
		"it is lowered again":   func(w *world) bool { return w.tag == 1 && w.stale[2]&open != 0 },
	}
	for what, is := range sought {
		for name, c := range promised {
			switch {
			case c.count() == 1:
				continue
			case what == "it is lowered again" && !c.lateTag:
				continue // the rules see to it that this is not
			}
			if story, worlds := explore(c, protocol{}, is); story == nil {
				t.Errorf("%s: in none of %d worlds %s", name, worlds, what)
			}
		}
	}
}

// What remains is what docs/money.md tells, with the shortest story of each, and what
// the Chinese page tells.
func TestWhatRemains(t *testing.T) {
	told, inChinese := stories(t, page), stories(t, chinese)
	for name, c := range remains {
		story, _ := explore(c, protocol{}, chargedTwice)
		if story == nil {
			t.Errorf("%s: nothing is paid twice: it does not remain", name)
			continue
		}
		if want := tell(story, protocol{}); told[name] != want {
			t.Errorf("%s tells as story %q:\n%s\nbut it is:\n%s", page, name, told[name], want)
		} else if want := translated(want); inChinese[name] != want {
			t.Errorf("%s tells as story %q:\n%s\nbut it is:\n%s", chinese, name, inChinese[name], want)
		}
		delete(told, name)
	}
	for name := range told {
		t.Errorf("%s tells a story %q that does not remain", page, name)
	}
}

// stories reads the stories of a page by their names.
func stories(t *testing.T, page string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	name, within := "", false
	for line := range strings.Lines(string(text)) {
		switch rest, opens := strings.CutPrefix(strings.TrimSpace(line), "```story "); {
		case opens:
			name, within = rest, true
		case within && strings.HasPrefix(strings.TrimSpace(line), "```"):
			within = false
		case within:
			told[name] += strings.TrimSpace(line) + "\n"
		}
	}
	return told
}

// Promises and remains leave no class out: each is within a promised one, or has
// one that remains within it. Whatever can happen in a class can happen in a wider
// one.
func TestEveryClassIsSaid(t *testing.T) {
	for _, c := range classes() {
		isPromised, isTold := c.isPromised(), c.isTold()
		if isPromised == isTold {
			t.Errorf("%+v: promised is %t, and told among what remains is %t", c, isPromised, isTold)
		}
	}
}

// classes are all that there are, for three runs.
func classes() []class {
	var all []class
	for bits := range 1 << 8 {
		has := func(i int) bool { return bits>>i&1 == 1 }
		all = append(all, class{has(0), has(1), has(2), has(3), has(4), has(5), has(6), has(7), 0, false})
	}
	return all
}

func (c class) isPromised() bool {
	for _, wide := range promised {
		if wide.runs == 0 && c.within(wide) {
			return true
		}
	}
	return false
}

func (c class) isTold() bool {
	for _, narrow := range remains {
		if narrow.within(c) {
			return true
		}
	}
	return false
}

// within says whether d allows everything that c does.
func (c class) within(d class) bool {
	freedoms := func(c class) []bool {
		return []bool{c.forgetsRefusals, c.refusesPaid, c.forgetsPayments, c.lateExpiry, c.lateTag, c.lateCalls, c.losesTag, c.others}
	}
	return !slices.ContainsFunc(zip(freedoms(c), freedoms(d)), func(pair [2]bool) bool { return pair[0] && !pair[1] })
}

func zip(a, b []bool) [][2]bool {
	pairs := make([][2]bool, len(a))
	for i := range a {
		pairs[i] = [2]bool{a[i], b[i]}
	}
	return pairs
}

// Each rule of the protocol is needed: without it, something is paid twice in a
// class that is promised.
func TestEveryRuleIsNeeded(t *testing.T) {
	for name, c := range map[string]struct {
		planted protocol
		in      string
	}{
		"a token is given up on one refusal":                  {protocol{noSecondAsk: true}, "refusals are kept"},
		"a refusal ends a doubt":                              {protocol{raisesInDoubt: true}, "one run alone"},
		"the tag is written after the call":                   {protocol{tagAfterCall: true}, "everything shows within the wait"},
		"the old token is asked with once more after the tag": {protocol{asksOldAgain: true}, "everything shows within the wait"},
		"the tag is not read back":                            {protocol{noReadBack: true}, "everything shows within the wait"},
		"the tag is written under an old look":                {protocol{oldLookTags: true}, "everything shows within the wait"},
		"a generation is used as soon as it is seen":          {protocol{noWait: true}, "everything shows within the wait"},
		"a look from before the wait is kept":                 {protocol{keepsLook: true}, "everything shows within the wait"},
		"another generation is ignored":                       {protocol{ignoresOtherN: true}, "everything shows within the wait"},
		"all tokens are asked with, from the first":           {protocol{startsAtFirst: true}, "everything shows within the wait"},
		"the tag has the name that a setting gives it":        {protocol{ownTag: true}, "everything shows within the wait"},
	} {
		t.Run(name, func(t *testing.T) {
			story, worlds := explore(promised[c.in], c.planted, chargedTwice)
			if story == nil {
				t.Fatalf("in none of %d worlds it is paid twice", worlds)
			}
			t.Logf("found in %d worlds:\n%s", worlds, tell(story, c.planted))
		})
	}
}

// A key is a world, and the other way round.
func TestKeysAreWorlds(t *testing.T) {
	w := world{tag: 4, charges: 1, hidden: open | 5, busy: open | 2, tagTaken: true}
	for i := range w.runs {
		w.runs[i] = run{at: over, n: 4, step: renewal.Next, doubt: i%2 == 0, heals: i%2 == 1, call: open | pending(i), callN: uint8(i), write: open | 15}
	}
	for n := range w.stale {
		w.stale[n], w.tokens[n] = open|pending(n), record{refused, n%2 == 0}
	}
	if got := w.key().world(); got != w {
		t.Errorf("got  %+v\nwant %+v", got, w)
	}
}

// The longer walks of make soak: every class by itself, and one run more, which is
// twelve million worlds in the widest class.
func TestSoakAllClasses(t *testing.T) {
	if os.Getenv("SOAK_FOR") == "" && os.Getenv("SOAK_SEEDS") == "" {
		t.Skip("this takes minutes: see make soak")
	}
	begun, walked := time.Now(), 0
	say := func(worlds int) {
		walked += worlds
		fmt.Fprintf(os.Stderr, "%s: %d worlds in %v\n", t.Name(), walked, time.Since(begun).Round(time.Second))
	}
	said, seen := begun, 0
	for _, c := range classes() {
		for _, c.otherTerms = range []bool{false, true} {
			story, worlds := explore(c, protocol{}, chargedTwice)
			if seen += worlds; time.Since(said) > 10*time.Second {
				say(seen)
				said, seen = time.Now(), 0
			}
			if (story != nil) != c.isTold() {
				t.Errorf("%+v: told among what remains is %t, the story is:\n%s", c, c.isTold(), tell(story, protocol{}))
			}
		}
	}
	for name, c := range promised {
		for _, c.otherTerms = range []bool{false, true} {
			if c.count() == 1 || c.lateTag && c.otherTerms {
				continue
			}
			c.runs = most
			story, worlds := explore(c, protocol{}, chargedTwice)
			say(worlds)
			if story != nil {
				t.Errorf("%s, %d runs, other terms %t: charged twice:\n%s", name, c.runs, c.otherTerms, tell(story, protocol{}))
			}
			t.Logf("%s, %d runs, other terms %t: %d worlds", name, c.runs, c.otherTerms, worlds)
		}
	}
}
