package renewal

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// What each trust makes of each tag, under each action.
func TestTagTrust(t *testing.T) {
	in := ending(3 * Day)
	for name, tt := range map[string]struct {
		tags             []string
		action           Action
		off, lower, full verdict
	}{
		"skip while renewing":            {[]string{"renew:action", "skip"}, Renew, acts(Renew, Due), fine(Excluded), fine(Excluded)},
		"report while renewing":          {[]string{"renew:action", "report"}, Renew, acts(Renew, Due), person(OnlyReported), person(OnlyReported)},
		"auto-renew while renewing":      {[]string{"renew:action", "auto-renew"}, Renew, acts(Renew, Due), acts(AutoRenew, Due), acts(AutoRenew, Due)},
		"renew while renewing":           {[]string{"renew:action", "renew"}, Renew, acts(Renew, Due), acts(Renew, Due), acts(Renew, Due)},
		"let-lapse while renewing":       {[]string{"renew:action", "let-lapse"}, Renew, acts(Renew, Due), fine(Excluded), acts(LetLapse, Due)},
		"auto-renew-off while renewing":  {[]string{"renew:action", "auto-renew-off"}, Renew, acts(Renew, Due), fine(Excluded), fine(AlreadySo)},
		"renew while auto-renewing":      {[]string{"renew:action", "renew"}, AutoRenew, acts(AutoRenew, Due), acts(AutoRenew, Due), acts(Renew, Due)},
		"skip while auto-renewing":       {[]string{"renew:action", "skip"}, AutoRenew, acts(AutoRenew, Due), fine(Excluded), fine(Excluded)},
		"report while auto-renewing":     {[]string{"renew:action", "report"}, AutoRenew, acts(AutoRenew, Due), person(OnlyReported), person(OnlyReported)},
		"renew while letting lapse":      {[]string{"renew:action", "renew"}, LetLapse, acts(LetLapse, Due), acts(LetLapse, Due), acts(Renew, Due)},
		"auto-renew while letting lapse": {[]string{"renew:action", "auto-renew"}, LetLapse, acts(LetLapse, Due), acts(LetLapse, Due), acts(AutoRenew, Due)},
		"renew while reporting":          {[]string{"renew:action", "renew"}, ReportOnly, person(OnlyReported), person(OnlyReported), verdict{Action: Renew, Reason: OnlyReported, Due: true}},
		"skip while reporting":           {[]string{"renew:action", "skip"}, ReportOnly, person(OnlyReported), fine(Excluded), fine(Excluded)},
		"an end date that has come":      {[]string{"renew:until", "2026-11-22"}, Renew, acts(Renew, Due), fine(UntilPassed), fine(UntilPassed)},
		"an end date to come":            {[]string{"renew:until", "2027-11-22"}, Renew, acts(Renew, Due), acts(Renew, Due), acts(Renew, Due)},
		"an action that is none":         {[]string{"renew:action", "renw"}, Renew, acts(Renew, Due), holds(None, Unreadable), holds(None, Unreadable)},
		"a period that is none":          {[]string{"renew:period", "1month"}, Renew, acts(Renew, Due), holds(None, Unreadable), holds(None, Unreadable)},
		"a date that is none":            {[]string{"renew:until", "31.3.2027"}, Renew, acts(Renew, Due), holds(None, Unreadable), holds(None, Unreadable)},
		"a key that is nearly ours":      {[]string{"Renew:Action", "skip"}, Renew, acts(Renew, Due), holds(None, Unreadable), holds(None, Unreadable)},
		"a tag of somebody else":         {[]string{"renewed-by", "skip"}, Renew, acts(Renew, Due), acts(Renew, Due), acts(Renew, Due)},
	} {
		for trusted, want := range map[Trust]verdict{TrustOff: tt.off, "": tt.off, TrustLower: tt.lower, TrustFull: tt.full} {
			t.Run(name+"/"+string(trusted), func(t *testing.T) {
				one := in
				tagged(tt.tags...)(&one)
				if diff := cmp.Diff(want, verdictOf(decideOne(policy(tt.action, trust(trusted)), one))); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}

// skip and report are less than any action, also than those that switch
// auto-renewal off or let an instance lapse.
func TestTagThatSaysSkipOrReportIsHonouredUnderEveryAction(t *testing.T) {
	for _, action := range []Action{Renew, AutoRenew, AutoRenewOff, LetLapse} {
		for _, trusted := range []Trust{TrustLower, TrustFull} {
			for _, tag := range []Action{Skip, ReportOnly} {
				in := ending(3*Day, tagged("renew:action", string(tag)))
				if action == AutoRenewOff {
					auto(oneMonth)(&in)
				}
				if d := decideOne(policy(action, trust(trusted)), in); d.Wanted() {
					t.Errorf("the tag says %s, trusted %s, and %s is to be done (%s)", tag, trusted, d.Action, d.Reason)
				}
			}
		}
	}
}

// A tag that begins like ours was meant for us. One that names an action where
// its value belongs may have meant: not this one. Any other is told, and no more:
// that an owner is named there must not let an instance lapse.
func TestUnknownTagUnderOurPrefix(t *testing.T) {
	for _, tt := range []struct {
		key, value string
		held       bool
		notes      int
	}{
		{"renew:skip", "true", true, 1},
		{"renew:Let-Lapse", "", true, 1},
		{"renew:auto-renew", "yes", true, 1},
		{"renew:owner", "anna", false, 1},
		{"Renew:End", "2026-11-30", false, 1},
		{"renewal", "x", false, 0},
		{"prerenew:skip", "x", false, 0},
	} {
		d := decideOne(policy(Renew), ending(3*Day, tagged(tt.key, tt.value)))
		if d.Held() != tt.held || d.Wanted() == tt.held || len(d.Notes) != tt.notes || tt.notes > 0 && !strings.Contains(d.Notes[0].String(), tt.key) {
			t.Errorf("%s=%s: %s, %s, held %t, %q", tt.key, tt.value, d.Action, d.Reason, d.Held(), d.Notes)
		}
		if d := decideOne(policy(Renew, trust(TrustOff)), ending(3*Day, tagged(tt.key, tt.value))); !d.Wanted() || d.Notes != nil {
			t.Errorf("%s=%s: tags are not asked: %s, %q", tt.key, tt.value, d.Reason, d.Notes)
		}
	}
}

// Under lower, a tag may only shorten.
func TestTagPeriodUnderLower(t *testing.T) {
	for name, tt := range map[string]struct {
		policy Policy
		period string
		term   Term
		auto   Period
		notes  int
	}{
		"shorter than both":                  {policy(Renew, term(oneYear), autoTerm(threeMonths)), "1m", Term{Period: oneMonth}, oneMonth, 0},
		"longer than the term":               {policy(Renew, term(oneMonth), autoTerm(oneMonth)), "3m", Term{Period: oneMonth}, oneMonth, 1},
		"the same":                           {policy(Renew), "1m", Term{Period: oneMonth}, oneMonth, 0},
		"shorter than one of both":           {policy(Renew, term(oneMonth), autoTerm(oneYear)), "3m", Term{Period: oneMonth}, threeMonths, 1},
		"four weeks are less than a month":   {policy(Renew), "4w", Term{Period: fourWeeks}, fourWeeks, 0},
		"a month may outlast the expiry day": {policy(Renew, untilDay(5)), "1m", Term{UntilDay: 5}, oneMonth, 1},
		"three months for the expiry day":    {policy(Renew, untilDay(5)), "3m", Term{UntilDay: 5}, oneMonth, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := decideOne(tt.policy, ending(3*Day, tagged("renew:period", tt.period)))
			if d.Term != tt.term || d.AutoPeriod != tt.auto || len(d.Notes) != tt.notes {
				t.Errorf("term %v, auto %v, notes %q; want %v, %v, %d", d.Term, d.AutoPeriod, d.Notes, tt.term, tt.auto, tt.notes)
			}
		})
	}
}

// A month is 28 days where the shortest is asked for, and 31 where the longest
// is: in place of four weeks it is more.
func TestTagPeriodUnderLowerNeverLengthensFourWeeksToAMonth(t *testing.T) {
	d := decideOne(policy(Renew, term(fourWeeks)), ending(3*Day, tagged("renew:period", "1m")))
	if d.Term.Period != fourWeeks {
		t.Errorf("the setting is 4w, and the tag makes it %v", d.Term)
	}
}

func TestTagPeriodUnderFull(t *testing.T) {
	d := decideOne(policy(Renew, trust(TrustFull)), ending(3*Day, tagged("renew:period", "2y")))
	if want := (Period{Months: 24}); d.Term.Period != want || d.AutoPeriod != want {
		t.Errorf("term %v, auto %v", d.Term, d.AutoPeriod)
	}
	d = decideOne(policy(Renew, trust(TrustFull), untilDay(5)), ending(3*Day, tagged("renew:period", "3m")))
	if d.Term != (Term{Period: threeMonths}) {
		t.Errorf("beside the expiry day: %v", d.Term)
	}
	d = decideOne(policy(Renew, trust(TrustOff)), ending(3*Day, tagged("renew:period", "2y", "renew:acton", "skip")))
	if d.Term.Period != oneMonth || len(d.Notes) != 0 {
		t.Errorf("trusted off: term %v, notes %q", d.Term, d.Notes)
	}
}

// A tag whose period the window covers would be due again at once.
func TestTagPeriodThatTheWindowCovers(t *testing.T) {
	checkDecide(t, map[string]decideCase{
		"a week, and a window of a week":                {policy(Renew), ending(Day, tagged("renew:period", "1w")), holds(Renew, WindowCoversPeriod)},
		"a week, and a window a second shorter":         {policy(Renew, window(7*Day-time.Second)), ending(Day, tagged("renew:period", "1w")), acts(Renew, Due)},
		"a week, and a rescue of a week":                {policy(Renew, window(Day), rescue(7*Day)), ending(Day, tagged("renew:period", "1w")), holds(Renew, WindowCoversPeriod)},
		"a week, and a backstop of a week":              {policy(Renew, window(Day), backstop(7*Day)), ending(Day, tagged("renew:period", "1w")), holds(Renew, WindowCoversPeriod)},
		"two weeks, and a window of a week":             {policy(Renew), ending(Day, tagged("renew:period", "2w")), acts(Renew, Due)},
		"a month is no less than 28 days":               {policy(Renew, term(oneYear), window(28*Day-time.Second)), ending(Day, tagged("renew:period", "1m")), acts(Renew, Due)},
		"a month, and a window of 28 days":              {policy(Renew, term(oneYear), window(28*Day)), ending(Day, tagged("renew:period", "1m")), holds(Renew, WindowCoversPeriod)},
		"a week, and an event that shortens the window": {policy(Renew, func(p *Policy) { p.EventWindow = Day }), ending(Day, tagged("renew:period", "1w")), holds(Renew, WindowCoversPeriod)},
		"the brake shows it too":                        {policy(Renew, dryRun), ending(Day, tagged("renew:period", "1w")), holds(Renew, WindowCoversPeriod)},
		"nothing is held while only reporting":          {policy(ReportOnly, trust(TrustFull)), ending(Day, tagged("renew:action", "renew", "renew:period", "1w")), verdict{Action: Renew, Reason: OnlyReported, Due: true}},
		"a week under full, and a window of a week":     {policy(Renew, trust(TrustFull)), ending(Day, tagged("renew:period", "1w")), holds(Renew, WindowCoversPeriod)},
	})
}

// Under auto-renew, a window may be longer than the period for renewing: it is
// not used. A tag that asks to renew uses it.
func TestTagActionThatMakesTheWindowCoverThePeriodIsHeld(t *testing.T) {
	d := decideOne(policy(AutoRenew, trust(TrustFull), window(40*Day)), ending(3*Day, tagged("renew:action", "renew")))
	if d.Wanted() || d.Reason != WindowCoversPeriod {
		t.Errorf("%s for %v (%s) with a window of 40 days", d.Action, d.Term, d.Reason)
	}
}

func TestTagUntil(t *testing.T) {
	const hour = time.Hour
	// Midnights in Beijing are 16:00 UTC the day before.
	endOf24th := time.Date(2026, 11, 24, 16, 0, 0, 0, time.UTC)
	left := endOf24th.Sub(now)
	utc := func(p *Policy) { p.Zone = time.UTC }
	none := func(p *Policy) { p.Zone = nil }
	until := func(day string) func(*Instance) { return tagged("renew:until", day) }
	checkDecide(t, map[string]decideCase{
		"paid up to the end of that day":             {policy(Renew), ending(left, until("2026-11-24")), fine(UntilPassed)},
		"paid up to a second before":                 {policy(Renew), ending(left-time.Second, until("2026-11-24")), acts(Renew, Due)},
		"paid beyond it":                             {policy(Renew), ending(left+hour, until("2026-11-24")), fine(UntilPassed)},
		"the day is that of the zone":                {policy(Renew, utc), ending(left, until("2026-11-24")), acts(Renew, Due)},
		"without a zone it is UTC":                   {policy(Renew, none), ending(left, until("2026-11-24")), acts(Renew, Due)},
		"the day is today":                           {policy(Renew), ending(hour, until("2026-11-23")), acts(Renew, Due)},
		"the day was yesterday":                      {policy(Renew), ending(hour, until("2026-11-22")), fine(UntilPassed)},
		"auto-renewal is not switched on either":     {policy(AutoRenew), ending(3*Day, until("2026-11-22")), fine(UntilPassed)},
		"nor is anything only reported":              {policy(ReportOnly), ending(3*Day, until("2026-11-22")), fine(UntilPassed)},
		"switching it off is not renewing":           {policy(AutoRenewOff), ending(3*Day, mode(Auto), until("2026-11-22")), acts(AutoRenewOff, Due)},
		"a day that no month has":                    {policy(Renew), ending(Day, until("2026-02-30")), holds(None, Unreadable)},
		"a time is no date":                          {policy(Renew), ending(Day, until("2026-11-24T00:00:00Z")), holds(None, Unreadable)},
		"a space before it":                          {policy(Renew), ending(Day, until(" 2026-11-22")), holds(None, Unreadable)},
		"no date at all":                             {policy(Renew), ending(Day, until("")), holds(None, Unreadable)},
		"another tag that is misread beside a good":  {policy(Renew), ending(Day, until("2027-11-22"), tagged("renew:period", "x")), holds(None, Unreadable)},
		"the rule says skip, and the date is nobody": {policy(Renew, rules(Rule{Name: "s", When: always, Action: Skip})), ending(Day, until("soon")), fine(Excluded)},
	})
}

// A tag that cannot be read, or is nearly one of ours, may have been meant to
// keep the instance from being paid for.
func TestTagsThatAreMisspelt(t *testing.T) {
	for name, tt := range map[string]struct {
		key, value string
		held       bool
	}{
		"letter case of the key":             {"Renew:Action", "skip", true},
		"all capitals":                       {"RENEW:ACTION", "skip", true},
		"a letter lost":                      {"renew:acton", "skip", true},
		"two letters lost":                   {"renew:acti", "skip", true},
		"three letters lost":                 {"renew:act", "skip", false},
		"a letter too many":                  {"renew:actions", "skip", true},
		"a space behind":                     {"renew:action ", "skip", true},
		"a space before":                     {" renew:action", "skip", true},
		"spaces around the colon":            {"renew : action", "skip", true},
		"a wide colon":                       {"renew：action", "skip", true},
		"a dash for the colon":               {"renew-action", "skip", true},
		"no colon":                           {"renewaction", "skip", true},
		"the period, nearly":                 {"renew:perod", "1m", true},
		"the date, nearly":                   {"renew:utnil", "2027-01-01", true},
		"a value in capitals":                {"renew:action", "SKIP", true},
		"a value with a space":               {"renew:action", "skip ", true},
		"an empty value":                     {"renew:action", "", true},
		"a value that is only for settings":  {"renew:action", "none", true},
		"a period in capitals":               {"renew:period", "1M", true},
		"a period that nobody sells":         {"renew:period", "10m", true},
		"a key of our kind that is not ours": {"renew:owner", "anna", false},
		"a key of somebody else":             {"team", "skip", false},
		"the name without the prefix":        {"action", "skip", false},
		"an empty key":                       {"", "skip", false},
	} {
		t.Run(name, func(t *testing.T) {
			d := decideOne(policy(Renew), ending(Day, tagged(tt.key, tt.value)))
			if d.Held() != tt.held || d.Held() == d.Wanted() {
				t.Fatalf("held is %v (%s)", d.Held(), d.Reason)
			}
			if !tt.held {
				if begins := strings.HasPrefix(tt.key, "renew:"); len(d.Notes) > 0 != begins {
					t.Errorf("notes %q", d.Notes)
				}
				return
			}
			if len(d.Notes) != 1 || !strings.Contains(d.Notes[0].String(), "tag") || !strings.Contains(d.Notes[0].String(), "held") {
				t.Errorf("notes %q", d.Notes)
			}
		})
	}
	t.Run("another prefix", func(t *testing.T) {
		other := func(p *Policy) { p.TagPrefix = "Ops/Renewal." }
		checkDecide(t, map[string]decideCase{
			"ours":         {policy(Renew, other), ending(Day, tagged("Ops/Renewal.action", "skip")), fine(Excluded)},
			"nearly ours":  {policy(Renew, other), ending(Day, tagged("ops/renewal.action", "skip")), holds(None, Unreadable)},
			"not any more": {policy(Renew, other), ending(Day, tagged("renew:action", "skip")), acts(Renew, Due)},
		})
	})
	t.Run("all of them are told, in one order", func(t *testing.T) {
		d := decideOne(policy(Renew), ending(Day, tagged("renew:until", "x", "renew:action", "y", "Renew:period", "z")))
		if len(d.Notes) != 3 || !slices.IsSortedFunc(d.Notes, func(a, b lang.Text) int { return strings.Compare(a.String(), b.String()) }) {
			t.Errorf("notes %q", d.Notes)
		}
	})
}

// What a tag asks beyond what it may is told, and is not done.
func TestTagsThatAskForMoreAreToldOf(t *testing.T) {
	for name, tt := range map[string]struct {
		policy Policy
		tags   []string
		want   string
	}{
		"more than the action": {policy(AutoRenew), []string{"renew:action", "renew"}, "asks for renew, which is more than auto-renew"},
		"another action":       {policy(Renew), []string{"renew:action", "let-lapse"}, "asks for let-lapse, which RENEW_TAG_TRUST=lower does not allow; it is left alone"},
		"a longer period":      {policy(Renew), []string{"renew:period", "1y"}, "asks for 1y, which is longer than 1m"},
	} {
		d := decideOne(tt.policy, ending(3*Day, tagged(tt.tags...)))
		if len(d.Notes) != 1 || !strings.Contains(d.Notes[0].String(), tt.want) {
			t.Errorf("%s: notes %q", name, d.Notes)
		}
	}
}

func FuzzReadTags(f *testing.F) {
	for _, seed := range [][3]string{
		{"renew:action", "skip", "renew:"}, {"Renew:Action", "skip", "renew:"}, {"renew:period", "1m", "renew:"},
		{"renew:until", "2027-03-31", "renew:"}, {"renew:until", "9999-12-31", "renew:"}, {"renew：action", "跳过", "renew:"},
		{"", "", "renew:"}, {"\xff", "\xfe", "\xff"}, {" ", "\x00", "x"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, key, value, prefix string) {
		w := readTags(map[string]string{key: value}, prefix, Beijing)
		if again := readTags(map[string]string{key: value}, prefix, Beijing); !cmp.Equal(w, again, cmp.AllowUnexported(wish{})) {
			t.Errorf("read again it is %+v, was %+v", again, w)
		}
		if (w.hold) != (len(w.notes) > 0) {
			t.Errorf("held because of %t, notes %q", w.hold, w.notes)
		}
		if w.hold && (w.action != "" || w.period != (Period{})) {
			t.Errorf("held, and yet %+v", w)
		}
		for _, note := range w.notes {
			if !utf8.ValidString(note.String()) {
				t.Errorf("a note that is no text: %q", note)
			}
		}
		d := decideOne(policy(Renew, func(p *Policy) { p.TagPrefix = prefix }), ending(Day, tagged(key, value)))
		if d.Pays() && (w.hold || w.action != "" && w.action != Renew) {
			t.Errorf("%q=%q is paid for: %+v", key, value, w)
		}
	})
}
