package renewal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A verdict is what of a decision is told to people.
type verdict struct {
	Action Action
	Reason Reason
	Held   bool
	Due    bool
}

func verdictOf(d Decision) verdict { return verdict{d.Action, d.Reason, d.Held(), d.Due()} }

func acts(a Action, r Reason) verdict { return verdict{Action: a, Reason: r, Due: true} }
func holds(a Action, r Reason) verdict {
	return verdict{Action: a, Reason: r, Due: true, Held: true}
}

// person is left alone, and needs a person.
func person(r Reason) verdict { return verdict{Action: None, Reason: r, Due: true} }

// fine is left alone, and nothing is to be done.
func fine(r Reason) verdict { return verdict{Action: None, Reason: r} }

type decideCase struct {
	policy Policy
	in     Instance
	want   verdict
}

func checkDecide(t *testing.T, cases map[string]decideCase) {
	t.Helper()
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			if diff := cmp.Diff(tt.want, verdictOf(decideOne(tt.policy, tt.in))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDecideByDates(t *testing.T) {
	const h = time.Hour
	pay := policy(Renew)
	checkDecide(t, map[string]decideCase{
		"well inside the window":                     {pay, ending(Day), acts(Renew, Due)},
		"at the window's edge":                       {pay, ending(7 * Day), acts(Renew, Due)},
		"a second past the window's edge":            {pay, ending(7*Day + time.Second), fine(NotDue)},
		"a second before its end":                    {pay, ending(time.Second), acts(Renew, Due)},
		"at its end, without rescue":                 {pay, ending(0), fine(Expired)},
		"at its end, with rescue":                    {policy(Renew, rescue(h)), ending(0), acts(Renew, Rescue)},
		"over for as long as rescue reaches":         {policy(Renew, rescue(h)), ending(-h), acts(Renew, Rescue)},
		"over a second longer than rescue reaches":   {policy(Renew, rescue(h)), ending(-h - time.Second), fine(Expired)},
		"over and locked for it: rescue":             {policy(Renew, rescue(h)), ending(-h, locked("financial")), acts(Renew, Rescue)},
		"over and locked for safety besides":         {policy(Renew, rescue(h)), ending(-h, locked("financial", "security")), person(Locked)},
		"owes money before its end":                  {pay, ending(Day, locked("financial")), person(Locked)},
		"refunded":                                   {pay, ending(Day, locked("refunded")), person(Locked)},
		"to be released":                             {pay, ending(Day, locked("recycling")), person(Locked)},
		"an expiry that could not be read":           {pay, ending(0, undated), holds(None, StateUnknown)},
		"a mode that could not be read":              {pay, ending(Day, mode(Unknown)), holds(None, StateUnknown)},
		"a mode that was never read":                 {pay, ending(Day, mode("")), holds(None, StateUnknown)},
		"a mode that could not be read, not due":     {pay, ending(8*Day, mode(Unknown)), fine(NotDue)},
		"a window of a second":                       {policy(Renew, window(time.Second)), ending(time.Second), acts(Renew, Due)},
		"rescue is no window":                        {policy(Renew, window(h), nextRun(time.Minute), rescue(9*Day)), ending(2 * h), fine(NotDue)},
		"the provider's, within the window":          {pay, ending(Day, mode(Auto)), fine(ProviderRenews)},
		"the provider's, at the backstop's edge":     {policy(Renew, backstop(Day)), ending(Day, mode(Auto)), acts(Renew, Backstop)},
		"the provider's, a second before backstop":   {policy(Renew, backstop(Day)), ending(Day+time.Second, mode(Auto)), fine(ProviderRenews)},
		"the provider's, backstop beyond the window": {policy(Renew, window(h), nextRun(time.Minute), backstop(Day)), ending(Day, mode(Auto)), acts(Renew, Backstop)},
		"the provider's, past window and backstop":   {policy(Renew, window(h), nextRun(time.Minute), backstop(Day)), ending(Day+time.Second, mode(Auto)), fine(NotDue)},
		"a manual one is no matter of the backstop":  {policy(Renew, window(h), nextRun(time.Minute), backstop(Day)), ending(Day), fine(NotDue)},
		"the provider's, over, with rescue alone":    {policy(Renew, rescue(Day)), ending(-h, mode(Auto)), fine(Expired)},
		"the provider's, over, with backstop alone":  {policy(Renew, backstop(Day)), ending(-h, mode(Auto)), fine(Expired)},
		"the provider's, over, with both":            {policy(Renew, rescue(Day), backstop(Day)), ending(-h, mode(Auto)), acts(Renew, Rescue)},
		"the provider's and locked, in the backstop": {policy(Renew, backstop(Day)), ending(h, mode(Auto), locked("security")), person(Locked)},
		"the provider's and locked, left to it":      {pay, ending(Day, mode(Auto), locked("security")), fine(ProviderRenews)},
		"pay-as-you-go":                              {pay, ending(Day, payAsYouGo), fine(NotSubscription)},
		"its owner lets it end":                      {pay, ending(Day, mode(Lapse)), fine(DoNotRenew)},
	})
}

// Somebody's word is asked before any date; among words,
// the wider word comes first.
func TestDecideOrderOfChecks(t *testing.T) {
	notIt := func(p *Policy) { p.Include.IDs = []string{"i-b"} }
	named := func(p *Policy) { p.Named = []string{"i-b"} }
	excluded := func(p *Policy) { p.Exclude.IDs = []string{"i-a"} }
	skip := rules(Rule{Name: "skip", When: always, Action: Skip})
	broken := rules(Rule{Name: "broken", When: func(Instance, time.Time) (bool, error) { return true, errors.New("no") }})
	passed := tagged("renew:until", "2026-11-01")
	checkDecide(t, map[string]decideCase{
		"not a subscription beats not selected":        {policy(Renew, notIt), ending(Day, payAsYouGo), fine(NotSubscription)},
		"not a subscription beats do-not-renew":        {policy(Renew), ending(Day, payAsYouGo, mode(Lapse)), fine(NotSubscription)},
		"not selected beats excluded":                  {policy(Renew, notIt, excluded), ending(Day), fine(NotSelected)},
		"not named by the event beats excluded":        {policy(Renew, named, excluded), ending(Day), fine(NotSelected)},
		"an event that names nothing selects nothing":  {policy(Renew, func(p *Policy) { p.Named = []string{} }), ending(Day), fine(NotSelected)},
		"excluded, though it ends now":                 {policy(Renew, excluded), ending(time.Second), fine(Excluded)},
		"excluded beats not due":                       {policy(Renew, excluded), ending(30 * Day), fine(Excluded)},
		"excluded beats do-not-renew":                  {policy(Renew, excluded), ending(Day, mode(Lapse)), fine(Excluded)},
		"excluded beats an unreadable expiry":          {policy(Renew, excluded), ending(0, undated), fine(Excluded)},
		"excluded beats an unknown mode":               {policy(Renew, excluded), ending(Day, mode(Unknown)), fine(Excluded)},
		"excluded beats expired":                       {policy(Renew, excluded), ending(-Day), fine(Excluded)},
		"excluded beats a lock":                        {policy(Renew, excluded), ending(Day, locked("security")), fine(Excluded)},
		"a rule that skips is an exclusion":            {policy(Renew, skip), ending(30 * Day), fine(Excluded)},
		"a tag that skips is an exclusion":             {policy(Renew), ending(30*Day, tagged("renew:action", "skip")), fine(Excluded)},
		"excluded by a setting beats a held tag":       {policy(Renew, excluded), ending(Day, tagged("renew:action", "skipp")), fine(Excluded)},
		"do-not-renew beats not due":                   {policy(Renew), ending(30*Day, mode(Lapse)), fine(DoNotRenew)},
		"do-not-renew beats expired":                   {policy(Renew), ending(-Day, mode(Lapse)), fine(DoNotRenew)},
		"do-not-renew beats rescue":                    {policy(Renew, rescue(2*Day)), ending(-Day, mode(Lapse)), fine(DoNotRenew)},
		"do-not-renew beats an unreadable expiry":      {policy(Renew), ending(0, undated, mode(Lapse)), fine(DoNotRenew)},
		"do-not-renew beats an end date":               {policy(Renew), ending(Day, mode(Lapse), passed), fine(DoNotRenew)},
		"do-not-renew beats a held tag":                {policy(Renew), ending(Day, mode(Lapse), tagged("renew:action", "x")), fine(DoNotRenew)},
		"do-not-renew beats a lock":                    {policy(Renew), ending(Day, mode(Lapse), locked("security")), fine(DoNotRenew)},
		"do-not-renew beats a tag that asks to renew":  {policy(Renew, trust(TrustFull)), ending(Day, mode(Lapse), tagged("renew:action", "renew")), fine(DoNotRenew)},
		"an unreadable expiry beats a rule that fails": {policy(Renew, broken), ending(0, undated), holds(None, StateUnknown)},
		"an end date beats not due":                    {policy(Renew), ending(30*Day, passed), fine(UntilPassed)},
		"not due beats a held tag":                     {policy(Renew), ending(30*Day, tagged("renew:action", "x")), fine(NotDue)},
		"not due beats an unknown mode":                {policy(Renew), ending(30*Day, mode(Unknown)), fine(NotDue)},
		"not due beats a lock":                         {policy(Renew), ending(30*Day, locked("security")), fine(NotDue)},
		"an end date beats expired":                    {policy(Renew), ending(-Day, passed), fine(UntilPassed)},
		"expired beats a held tag":                     {policy(Renew), ending(-Day, tagged("renew:action", "x")), fine(Expired)},
		"expired beats a lock":                         {policy(Renew), ending(-Day, locked("security")), fine(Expired)},
		"expired beats an unknown mode":                {policy(Renew), ending(-Day, mode(Unknown)), fine(Expired)},
		"an end date beats a held tag":                 {policy(Renew), ending(Day, passed, tagged("renew:action", "x")), fine(UntilPassed)},
		"an end date beats an unknown mode":            {policy(Renew), ending(Day, passed, mode(Unknown)), fine(UntilPassed)},
		"an end date beats rescue":                     {policy(Renew, rescue(2*Day)), ending(-Day, passed), fine(UntilPassed)},
		"an end date beats a lock":                     {policy(Renew), ending(Day, passed, locked("security")), fine(UntilPassed)},
		"an end date beats the backstop":               {policy(Renew, backstop(Day)), ending(Day, mode(Auto), passed), fine(UntilPassed)},
		"a held tag beats an unknown mode":             {policy(Renew), ending(Day, mode(Unknown), tagged("renew:action", "x")), holds(None, Unreadable)},
		"a rule that fails beats an unknown mode":      {policy(Renew, broken), ending(Day, mode(Unknown)), holds(None, Unreadable)},
		"a held tag beats a lock":                      {policy(Renew), ending(Day, locked("security"), tagged("renew:action", "x")), holds(None, Unreadable)},
		"an unknown mode beats a lock":                 {policy(Renew), ending(Day, mode(Unknown), locked("security")), holds(None, StateUnknown)},
		"an unknown mode beats the period":             {policy(Renew, site(Intl), term(oneWeek)), ending(Day, mode(Unknown)), holds(None, StateUnknown)},
		"a lock beats the period":                      {policy(Renew, site(Intl), term(oneWeek)), ending(Day, locked("security")), person(Locked)},
		"a lock beats a backstop":                      {policy(Renew, backstop(Day)), ending(Day, mode(Auto), locked("security")), person(Locked)},
		"a lock beats too late for auto-renewal":       {policy(AutoRenew), ending(Day, locked("security")), person(Locked)},
		"a period that is not offered beats the guard": {policy(Renew, site(Intl), window(20*Day)), ending(Day, tagged("renew:period", "1w")), holds(Renew, PeriodNotOffered)},
	})
}

// Every mode under every action, within the window and two days and more from
// the end, so that auto-renewal is in time.
func TestDecideModesAndActions(t *testing.T) {
	for _, tt := range []struct {
		action                       Action
		manual, auto, lapse, unknown verdict
	}{
		{ReportOnly, person(OnlyReported), fine(ProviderRenews), fine(DoNotRenew), holds(None, StateUnknown)},
		{Renew, acts(Renew, Due), fine(ProviderRenews), fine(DoNotRenew), holds(None, StateUnknown)},
		{AutoRenew, acts(AutoRenew, Due), fine(AlreadySo), fine(DoNotRenew), holds(None, StateUnknown)},
		{AutoRenewOff, fine(AlreadySo), acts(AutoRenewOff, Due), fine(DoNotRenew), holds(None, StateUnknown)},
		{LetLapse, acts(LetLapse, Due), acts(LetLapse, Due), fine(AlreadySo), holds(None, StateUnknown)},
		{"", person(OnlyReported), fine(ProviderRenews), fine(DoNotRenew), holds(None, StateUnknown)},
	} {
		for name, one := range map[string]struct {
			in   Instance
			want verdict
		}{
			"manual": {ending(3 * Day), tt.manual}, "auto": {ending(3*Day, auto(oneMonth)), tt.auto},
			"lapse": {ending(3*Day, mode(Lapse)), tt.lapse}, "unknown": {ending(3*Day, mode(Unknown)), tt.unknown},
		} {
			t.Run(string(tt.action)+"/"+name, func(t *testing.T) {
				d := decideOne(policy(tt.action), one.in)
				if diff := cmp.Diff(one.want, verdictOf(d)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if d.Instance.Mode != one.in.Mode {
					t.Errorf("the mode became %q", d.Instance.Mode)
				}
			})
		}
	}
}

func TestDecideAutoRenewal(t *testing.T) {
	const h = time.Hour
	checkDecide(t, map[string]decideCase{
		"two days before the end it is in time":         {policy(AutoRenew), ending(48 * h), acts(AutoRenew, Due)},
		"a second later it is too late":                 {policy(AutoRenew), ending(48*h - time.Second), person(TooLateForAuto)},
		"too late, and it may be renewed":               {policy(AutoRenew, tooLatePays), ending(h), acts(Renew, TooLateForAuto)},
		"in time, though it might be renewed":           {policy(AutoRenew, tooLatePays), ending(48 * h), acts(AutoRenew, Due)},
		"on, for another term":                          {policy(AutoRenew, autoTerm(threeMonths)), ending(3*Day, auto(oneMonth)), acts(AutoRenew, Due)},
		"on, for another term, and too late":            {policy(AutoRenew, autoTerm(threeMonths), tooLatePays), ending(h, auto(oneMonth)), acts(AutoRenew, Due)},
		"on, for a term that the API does not tell":     {policy(AutoRenew), ending(3*Day, auto(Period{})), fine(AlreadySo)},
		"on, for the same term, and close to its end":   {policy(AutoRenew, tooLatePays), ending(h, auto(oneMonth)), fine(AlreadySo)},
		"on, and the backstop is for renewing":          {policy(AutoRenew, backstop(Day)), ending(h, auto(oneMonth)), fine(AlreadySo)},
		"over, and to be renewed when too late":         {policy(AutoRenew, tooLatePays, rescue(Day)), ending(-h), acts(Renew, Rescue)},
		"over, and only to be reported when too late":   {policy(AutoRenew, rescue(Day)), ending(-h), fine(Expired)},
		"over, without rescue":                          {policy(AutoRenew, tooLatePays), ending(-h), fine(Expired)},
		"over and the provider's, without backstop":     {policy(AutoRenew, tooLatePays, rescue(Day)), ending(-h, auto(oneMonth)), fine(Expired)},
		"a term that is not offered for auto-renewal":   {policy(AutoRenew, autoTerm(Period{Months: 4})), ending(3 * Day), holds(AutoRenew, PeriodNotOffered)},
		"weeks on the international site":               {policy(AutoRenew, autoTerm(oneWeek), site(Intl)), ending(3 * Day), holds(AutoRenew, PeriodNotOffered)},
		"too late, and a term that is not offered":      {policy(AutoRenew, tooLatePays, site(Intl), term(oneWeek)), ending(h), holds(Renew, PeriodNotOffered)},
		"off is for those that are on":                  {policy(AutoRenewOff), ending(h, auto(oneMonth)), acts(AutoRenewOff, Due)},
		"off does not undo do-not-renew":                {policy(AutoRenewOff), ending(h, mode(Lapse)), fine(DoNotRenew)},
		"off, and over":                                 {policy(AutoRenewOff, rescue(Day)), ending(-h, auto(oneMonth)), fine(Expired)},
		"off, though its end date has come":             {policy(AutoRenewOff), ending(3*Day, auto(oneMonth), tagged("renew:until", "2026-11-01")), acts(AutoRenewOff, Due)},
		"let-lapse, though its end date has come":       {policy(LetLapse), ending(3*Day, tagged("renew:until", "2026-11-01")), acts(LetLapse, Due)},
		"let-lapse, not due":                            {policy(LetLapse), ending(8 * Day), fine(NotDue)},
		"let-lapse, already so though not due":          {policy(LetLapse), ending(8*Day, mode(Lapse)), fine(AlreadySo)},
		"let-lapse, and locked":                         {policy(LetLapse), ending(Day, locked("security")), person(Locked)},
		"auto-renewal does not reach beyond the window": {policy(AutoRenew), ending(7*Day + time.Second), fine(NotDue)},
		"not switched on once its end date has come":    {policy(AutoRenew), ending(3*Day, tagged("renew:until", "2026-11-20")), fine(UntilPassed)},
	})
}

// Auto-renewal cannot be set on what is over (ModifyInstanceAutoRenewAttribute:
// IncorrectInstanceStatus); it is renewed or left alone.
func TestDecideNeverSetsAutoRenewalOnWhatIsOver(t *testing.T) {
	for name, in := range map[string]Instance{
		"the provider's":                   ending(-time.Hour, auto(oneMonth)),
		"the provider's, for another term": ending(-time.Hour, auto(threeMonths)),
		"manual":                           ending(-time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			d := decideOne(policy(AutoRenew, tooLatePays, rescue(Day), backstop(Day)), in)
			if d.Action != Renew && d.Action != None {
				t.Errorf("it is over, and %s is to be set (%s)", d.Action, d.Reason)
			}
		})
	}
}

// RENEW_ACTION is the only switch: while it says report, what rules and tags
// ask for is shown and is not carried out.
func TestDecideReportShowsButNeverActs(t *testing.T) {
	for name, tt := range map[string]struct {
		in   Instance
		want verdict
	}{
		"a tag that asks to renew":               {ending(3*Day, tagged("renew:action", "renew")), verdict{Action: Renew, Reason: OnlyReported, Due: true}},
		"a tag that asks for auto-renewal":       {ending(3*Day, tagged("renew:action", "auto-renew")), verdict{Action: AutoRenew, Reason: OnlyReported, Due: true}},
		"a tag that asks to switch it off":       {ending(3*Day, auto(oneMonth), tagged("renew:action", "auto-renew-off")), verdict{Action: AutoRenewOff, Reason: OnlyReported, Due: true}},
		"a tag that asks to let it lapse":        {ending(3*Day, tagged("renew:action", "let-lapse")), verdict{Action: LetLapse, Reason: OnlyReported, Due: true}},
		"a tag with a period that is no renewal": {ending(3*Day, tagged("renew:action", "auto-renew", "renew:period", "4m")), verdict{Action: AutoRenew, Reason: OnlyReported, Due: true}},
	} {
		for _, a := range []Action{ReportOnly, ""} {
			t.Run(name+"/"+string(a), func(t *testing.T) {
				d := decideOne(policy(a, trust(TrustFull)), tt.in)
				if diff := cmp.Diff(tt.want, verdictOf(d)); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				if d.Wanted() || d.Pays() {
					t.Error("it is to be carried out")
				}
			})
		}
	}
	t.Run("a rule that asks to renew", func(t *testing.T) {
		d := decideOne(policy(ReportOnly, rules(Rule{Name: "r", When: always, Action: Renew, Period: threeMonths})), ending(Day))
		if d.Action != Renew || d.Reason != OnlyReported || d.Rule != "r" || d.Term.Period != threeMonths || d.Wanted() {
			t.Errorf("got %+v", d)
		}
	})
	t.Run("a rule that asks to report, while others are renewed", func(t *testing.T) {
		d := decideOne(policy(Renew, rules(Rule{Name: "r", When: always, Action: ReportOnly})), ending(Day))
		if d.Action != None || d.Reason != OnlyReported || d.Wanted() {
			t.Errorf("got %+v", d)
		}
	})
}

// The plan is the same with and without the brake: it shows what would be done.
func TestDecideDryRunPlansTheSame(t *testing.T) {
	for _, in := range []Instance{ending(Day), ending(9 * Day), ending(Day, mode(Auto)), ending(-Day)} {
		with, without := decideOne(policy(Renew, dryRun), in), decideOne(policy(Renew), in)
		if diff := cmp.Diff(verdictOf(without), verdictOf(with)); diff != "" {
			t.Errorf("-without +with:\n%s", diff)
		}
	}
	if policy(Renew, dryRun).Acts() || policy(ReportOnly).Acts() || (Policy{}).Acts() || !policy(Renew).Acts() {
		t.Error("only an action without the brake may change anything")
	}
}

func TestDecideRules(t *testing.T) {
	boom := errors.New("boom")
	failing := func(Instance, time.Time) (bool, error) { return false, boom }
	onlyNamed := func(in Instance, _ time.Time) (bool, error) { return in.Name == "web-1", nil }
	for name, tt := range map[string]struct {
		policy Policy
		in     Instance
		want   verdict
		rule   string
		term   Term
		auto   Period
	}{
		"no rule holds":                         {policy(Renew, rules(Rule{Name: "a", When: never, Action: Skip})), ending(Day), acts(Renew, Due), "", Term{Period: oneMonth}, oneMonth},
		"the first that holds decides":          {policy(Renew, rules(Rule{Name: "a", When: never}, Rule{Name: "b", When: onlyNamed, Period: threeMonths}, Rule{Name: "c", When: always, Action: Skip})), ending(Day), acts(Renew, Due), "b", Term{Period: threeMonths}, threeMonths},
		"what it leaves open the settings fill": {policy(Renew, term(oneYear), rules(Rule{Name: "a", When: always, Action: AutoRenew})), ending(3 * Day), acts(AutoRenew, Due), "a", Term{Period: oneYear}, oneMonth},
		"its period is for auto-renewal too":    {policy(AutoRenew, rules(Rule{Name: "a", When: always, Period: threeMonths})), ending(3 * Day), acts(AutoRenew, Due), "a", Term{Period: threeMonths}, threeMonths},
		"its period replaces the expiry day":    {policy(Renew, untilDay(5), rules(Rule{Name: "a", When: always, Period: threeMonths})), ending(Day), acts(Renew, Due), "a", Term{Period: threeMonths}, threeMonths},
		"its action replaces a lesser one":      {policy(AutoRenew, rules(Rule{Name: "a", When: always, Action: Renew})), ending(Day), acts(Renew, Due), "a", Term{Period: oneMonth}, oneMonth},
		"one that fails holds":                  {policy(Renew, rules(Rule{Name: "a", When: failing}, Rule{Name: "b", When: always, Action: Renew})), ending(Day), holds(None, Unreadable), "", Term{Period: oneMonth}, oneMonth},
		"one that fails after one that holds":   {policy(Renew, rules(Rule{Name: "a", When: always}, Rule{Name: "b", When: failing})), ending(Day), acts(Renew, Due), "a", Term{Period: oneMonth}, oneMonth},
		"one that fails where tags rule":        {policy(Renew, trust(TrustFull), rules(Rule{Name: "a", When: failing})), ending(Day, tagged("renew:action", "renew")), holds(None, Unreadable), "", Term{Period: oneMonth}, oneMonth},
		"one that fails where tags do not":      {policy(Renew, trust(TrustOff), rules(Rule{Name: "a", When: failing})), ending(Day), holds(None, Unreadable), "", Term{Period: oneMonth}, oneMonth},
		"tags come after the rules":             {policy(Renew, rules(Rule{Name: "a", When: always, Action: Renew})), ending(Day, tagged("renew:action", "skip")), fine(Excluded), "a", Term{Period: oneMonth}, oneMonth},
	} {
		t.Run(name, func(t *testing.T) {
			d := decideOne(tt.policy, tt.in)
			if diff := cmp.Diff(tt.want, verdictOf(d)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if d.Rule != tt.rule || d.Term != tt.term || d.AutoPeriod != tt.auto {
				t.Errorf("rule %q, term %v, auto %v; want %q, %v, %v", d.Rule, d.Term, d.AutoPeriod, tt.rule, tt.term, tt.auto)
			}
		})
	}
	t.Run("its greatest price goes along", func(t *testing.T) {
		d := decideOne(policy(Renew, rules(Rule{Name: "a", When: always, MaxPrice: cny("800")})), ending(Day))
		if d.MaxPrice.String() != "800.00" {
			t.Errorf("got %v", d.MaxPrice)
		}
	})
	t.Run("one that fails says which and why", func(t *testing.T) {
		d := decideOne(policy(Renew, rules(Rule{Name: "payments", When: failing})), ending(Day))
		if len(d.Notes) != 1 || !strings.Contains(d.Notes[0].String(), `"payments"`) || !strings.Contains(d.Notes[0].String(), "boom") || !strings.Contains(d.Notes[0].String(), "held") {
			t.Errorf("notes %q", d.Notes)
		}
	})
}

// Every reason word of the report is reached.
func TestDecideAndAffordReachEveryReason(t *testing.T) {
	want := []Reason{
		Due, Rescue, Backstop, TooLateForAuto, NotDue, Excluded, AlreadySo, NotSelected, OnlyReported, ProviderRenews,
		DoNotRenew, UntilPassed, Locked, Expired, NotSubscription, StateUnknown, WindowCoversPeriod, OverMaxCount,
		OverMaxSpend, OverMaxPrice, PriceUnknown, BalanceTooLow, PeriodNotOffered,
	}
	priced := func(caps Caps, price Amount) Decision {
		d := decideOne(policy(Renew), ending(Day))
		d.Price = price
		return afford([]Decision{d}, caps, Balances{owner: cny("10")})[0]
	}
	got := map[Reason]bool{}
	for _, d := range []Decision{
		decideOne(policy(Renew), ending(Day)),
		decideOne(policy(Renew, rescue(2*Day)), ending(-Day)),
		decideOne(policy(Renew, backstop(2*Day)), ending(Day, mode(Auto))),
		decideOne(policy(AutoRenew), ending(Day)),
		decideOne(policy(Renew), ending(8*Day)),
		decideOne(policy(Renew), ending(Day, tagged("renew:action", "skip"))),
		decideOne(policy(AutoRenewOff), ending(Day)),
		decideOne(policy(Renew, func(p *Policy) { p.Named = []string{"i-b"} }), ending(Day)),
		decideOne(policy(ReportOnly), ending(Day)),
		decideOne(policy(Renew), ending(Day, mode(Auto))),
		decideOne(policy(Renew), ending(Day, mode(Lapse))),
		decideOne(policy(Renew), ending(Day, tagged("renew:until", "2026-11-22"))),
		decideOne(policy(Renew), ending(Day, locked("security"))),
		decideOne(policy(Renew), ending(-Day)),
		decideOne(policy(Renew), ending(Day, payAsYouGo)),
		decideOne(policy(Renew), ending(Day, mode(Unknown))),
		decideOne(policy(Renew), ending(Day, tagged("renew:period", "1w"))),
		decideOne(policy(Renew, site(Intl), term(oneWeek)), ending(Day)),
		priced(Caps{}, cny("1")),
		priced(Caps{MaxCount: 1, MaxSpend: cny("1")}, cny("2")),
		priced(Caps{MaxCount: 1, MaxPrice: cny("1")}, cny("2")),
		priced(Caps{MaxCount: 1, MaxPrice: cny("1")}, Amount{}),
		priced(Caps{MaxCount: 1, MinBalance: cny("9")}, cny("2")),
	} {
		got[d.Reason] = true
	}
	for _, r := range want {
		if !got[r] {
			t.Errorf("%s is not reached", r)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d reasons, want %d", len(got), len(want))
	}
}

func TestDecideSelects(t *testing.T) {
	in := ending(Day, tagged("team", "pay", "empty", ""), func(i *Instance) {
		i.Name, i.ResourceGroup, i.VPC, i.SecurityGroups = "web-华东.1", "rg-1", "vpc-1", []string{"sg-1", "sg-2"}
	})
	pattern := func(text ...string) (list []Pattern) {
		for _, one := range text {
			list = append(list, NewPattern(one))
		}
		return list
	}
	for name, tt := range map[string]struct {
		s        Selection
		selected bool // as what is in scope
		touched  bool // as what is left alone
	}{
		"nothing set":                      {Selection{}, true, false},
		"its id among others":              {Selection{IDs: []string{"i-b", "i-a"}}, true, true},
		"another id":                       {Selection{IDs: []string{"i-b"}}, false, false},
		"a name by star":                   {Selection{Names: pattern("x", "web-*")}, true, true},
		"a star that matches nothing":      {Selection{Names: pattern("web-华东.1*")}, true, true},
		"a question mark is one character": {Selection{Names: pattern("web-?东.1")}, true, true},
		"a question mark is not none":      {Selection{Names: pattern("web-华东.1?")}, false, false},
		"a dot is a dot":                   {Selection{Names: pattern("web.华东.1")}, false, false},
		"a part of the name is not it":     {Selection{Names: pattern("web")}, false, false},
		"letter case counts":               {Selection{Names: pattern("WEB-*")}, false, false},
		"a tag with its value":             {Selection{Tags: []Tag{{Key: "team", Value: "pay"}}}, true, true},
		"a tag with another value":         {Selection{Tags: []Tag{{Key: "team", Value: "web"}}}, false, false},
		"a tag with any value":             {Selection{Tags: []Tag{{Key: "team", Any: true}}}, true, true},
		"a tag with the empty value":       {Selection{Tags: []Tag{{Key: "empty"}}}, true, true},
		"a tag with an empty value is not": {Selection{Tags: []Tag{{Key: "team"}}}, false, false},
		"a tag it has not":                 {Selection{Tags: []Tag{{Key: "none"}}}, false, false},
		"one tag of two":                   {Selection{Tags: []Tag{{Key: "team", Any: true}, {Key: "none", Any: true}}}, false, true},
		"the resource group":               {Selection{ResourceGroup: "rg-1"}, true, false},
		"another resource group":           {Selection{ResourceGroup: "rg-2"}, false, false},
		"a security group of two":          {Selection{SecurityGroup: "sg-2"}, true, false},
		"another security group":           {Selection{SecurityGroup: "sg-3"}, false, false},
		"the VPC":                          {Selection{VPC: "vpc-1"}, true, false},
		"another VPC":                      {Selection{VPC: "vpc-2"}, false, false},
		"all fields must match":            {Selection{IDs: []string{"i-a"}, VPC: "vpc-2"}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := decideOne(policy(Renew, func(p *Policy) { p.Include = tt.s }), in).Reason == Due; got != tt.selected {
				t.Errorf("selected: %v", got)
			}
			if got := decideOne(policy(Renew, func(p *Policy) { p.Exclude = tt.s }), in).Reason == Excluded; got != tt.touched {
				t.Errorf("excluded: %v", got)
			}
		})
	}
}

// Every text is a pattern, also one that is no UTF-8.
func TestNewPatternTakesEveryText(t *testing.T) {
	for _, text := range []string{"", "*", "?", "\xff", "a\xff*", "\x00", "(?i)", `\Qa\E`, "a\nb"} {
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%+q: panic: %+q", text, fmt.Sprint(r))
				}
			}()
			NewPattern(text)
		}()
	}
	if p := NewPattern(`a\*?`); !p.Matches(`a\xyz`) || p.Matches("axyz") || p.Matches(`a\`) {
		t.Error("a backslash is not a backslash")
	}
}

func TestDecideOrder(t *testing.T) {
	list := []Instance{
		ending(2*Day, called("i-z")), ending(Day, called("i-b")), ending(Day, called("i-a")), ending(-Day, called("i-old")),
		ending(Day, called("i-a"), func(i *Instance) { i.Region = "cn-beijing" }),
		ending(Day, called("i-y"), func(i *Instance) { i.Account = "1" }), ending(0, called("i-none"), undated),
	}
	var got []string
	for _, d := range Decide(now, policy(Renew), list) {
		got = append(got, d.Instance.Account+"/"+d.Instance.Region+"/"+d.Instance.ID)
	}
	want := []string{
		"1/cn-hangzhou/i-y", owner + "/cn-beijing/i-a", owner + "/cn-hangzhou/i-a", owner + "/cn-hangzhou/i-b", owner + "/cn-hangzhou/i-z",
		owner + "/cn-hangzhou/i-none", owner + "/cn-hangzhou/i-old",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if list[0].ID != "i-z" {
		t.Error("the list that was handed in was sorted")
	}
	if got := Decide(now, policy(Renew), nil); got == nil || len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
}

func TestDecisionTarget(t *testing.T) {
	for name, tt := range map[string]struct {
		d    Decision
		want AutoState
	}{
		"on":        {decideOne(policy(AutoRenew, autoTerm(threeMonths)), ending(3*Day)), AutoState{Auto, threeMonths}},
		"off":       {decideOne(policy(AutoRenewOff), ending(Day, mode(Auto))), AutoState{Mode: Manual}},
		"let lapse": {decideOne(policy(LetLapse), ending(Day)), AutoState{Mode: Lapse}},
		"renewed":   {decideOne(policy(Renew), ending(Day)), AutoState{}},
		"nothing":   {decideOne(policy(Renew), ending(9*Day)), AutoState{}},
	} {
		if got := tt.d.Target(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

func TestDecisionExpected(t *testing.T) {
	in := ending(Day)
	if got := decideOne(policy(Renew), in).Expected(); !got.Equal(oneMonth.After(in.Expires)) {
		t.Errorf("renewed until %v", got)
	}
	for _, d := range []Decision{decideOne(policy(AutoRenew), ending(3*Day)), decideOne(policy(Renew), ending(9*Day))} {
		if got := d.Expected(); !got.IsZero() {
			t.Errorf("%s expects %v", d.Action, got)
		}
	}
}

// Whatever moved between the plan and the look before paying is named.
func TestDecisionMoved(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Instance)
		moved  string // a part of what is said
	}{
		"nothing":                      {func(*Instance) {}, ""},
		"its name and tags":            {func(i *Instance) { i.Name, i.Tags = "x", map[string]string{"a": "b"} }, ""},
		"its expiry":                   {func(i *Instance) { *i = ending(31*Day, mode(Auto)) }, "expiry moved from 2026-11-24T01:00Z to 2026-12-24T01:00Z"},
		"its charge type":              {payAsYouGo, "no longer a subscription"},
		"its mode, to automatic":       {mode(Auto), "from manual to auto"},
		"its mode, to do-not-renew":    {mode(Lapse), "from manual to lapse"},
		"its mode, to unknown":         {mode(Unknown), "from manual to unknown"},
		"the term of its auto-renewal": {func(i *Instance) { i.Auto = oneMonth }, "term of its auto-renewal"},
		"a lock":                       {locked("security"), "locks changed"},
		"a financial lock":             {locked("financial"), "locks changed"},
	} {
		t.Run(name, func(t *testing.T) {
			live := ending(Day)
			tt.change(&live)
			got := decideOne(policy(Renew), ending(Day)).Moved(now, now, policy(Renew), live).String()
			if (got == "") != (tt.moved == "") || !strings.Contains(got, tt.moved) {
				t.Errorf("%q, want %q", got, tt.moved)
			}
		})
	}
}

// Rules and selections see more than name and tags: whatever makes another
// decision of it has moved it, however long the run has taken.
func TestMovedByWhatRulesSee(t *testing.T) {
	cheap, _ := ParseAmount("50", China)
	dear, _ := ParseAmount("800", China)
	p := policy(Renew)
	p.Rules = []Rule{
		{Name: "left alone", When: func(in Instance, _ time.Time) (bool, error) { return in.ResourceGroup == "rg-out", nil }, Action: Skip},
		{Name: "cheap", When: func(in Instance, _ time.Time) (bool, error) { return in.Name == "cheap", nil }, Action: Renew, MaxPrice: cheap},
		{Name: "today", When: func(in Instance, now time.Time) (bool, error) { return in.Expires.Sub(now) < 20*time.Hour, nil }, Action: Skip},
		{Name: "dear", When: func(Instance, time.Time) (bool, error) { return true, nil }, Action: Renew, MaxPrice: dear},
	}
	p.Include.VPC = "vpc-1"
	in := ending(Day)
	in.VPC = "vpc-1"
	d := decideOne(p, in)
	for name, change := range map[string]func(*Instance){
		"a rule that skips it now":         func(in *Instance) { in.ResourceGroup = "rg-out" },
		"a rule with a lower cap on price": func(in *Instance) { in.Name = "cheap" },
		"it has left what is selected":     func(in *Instance) { in.VPC = "vpc-2" },
	} {
		live := in
		change(&live)
		if d.Moved(now, now, p, live).Empty() {
			t.Errorf("%s: it has not moved", name)
		}
	}
	if why := d.Moved(now, now.Add(10*time.Hour), p, in); !why.Empty() {
		t.Errorf("only time has passed: %s", why)
	}
}

func TestPolicySettled(t *testing.T) {
	for name, tt := range map[string]struct {
		live    Instance
		settled bool
	}{
		"renewed meanwhile":               {ending(31 * Day), true},
		"the provider's now":              {ending(3*Day, mode(Auto)), true},
		"the provider's, but too late":    {ending(Day, mode(Auto)), false},
		"over by now":                     {ending(-time.Minute), false},
		"let go now":                      {ending(Day, mode(Lapse)), true},
		"excluded now":                    {ending(Day, tagged("renew:action", "skip")), true},
		"pay-as-you-go now":               {ending(Day, payAsYouGo), true},
		"moved, and still due":            {ending(6 * Day), false},
		"locked":                          {ending(Day, locked("security")), false},
		"its mode cannot be read":         {ending(Day, mode(Unknown)), false},
		"its mode was not read":           {ending(Day, mode("")), false},
		"its expiry cannot be read":       {ending(Day, undated), false},
		"due, with a tag that is misread": {ending(Day, tagged("renew:action", "x")), false},
	} {
		if got := policy(Renew).Settled(now, tt.live); got != tt.settled {
			t.Errorf("%s: settled is %v", name, got)
		}
	}
}

func TestPolicyRelevant(t *testing.T) {
	p := policy(Renew, window(7*Day), backstop(8*Day), nextRun(9*Day), func(p *Policy) { p.Include.IDs = []string{"i-set"} })
	p.Named = []string{"i-named"}
	if got := p.reach(); got != 9*Day+slack {
		t.Errorf("lists reach %v", got)
	}
	for name, tt := range map[string]struct {
		in   Instance
		want bool
	}{
		"at the list's edge":            {ending(9*Day + slack), true},
		"a second past it":              {ending(9*Day + slack + time.Second), false},
		"long expired":                  {ending(-300 * Day), true},
		"without a date":                {ending(0, undated), true},
		"far away, named by the event":  {ending(99*Day, called("i-named")), true},
		"far away, named by a setting":  {ending(99*Day, called("i-set")), true},
		"far away, and nobody named it": {ending(99*Day, called("i-x")), false},
	} {
		if got := p.Relevant(now, tt.in); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	reach := []time.Duration{
		policy(Renew, backstop(2*Day), rescue(Day)).longestReach(3 * Day),
		policy(Renew, backstop(3*Day), rescue(2*Day)).longestReach(Day),
		policy(Renew, backstop(2*Day), rescue(3*Day)).longestReach(Day),
		policy(Renew, backstop(2*Day), nextRun(3*Day-slack)).longestReach(Day),
	}
	if slices.ContainsFunc(reach, func(d time.Duration) bool { return d != 3*Day }) {
		t.Errorf("reaches %v", reach)
	}
}

// An instance that the provider renews and that is unpaid before the next run
// is told of, with what to do.
func TestDecideWarnsOfUnpaidAutoRenewal(t *testing.T) {
	for name, tt := range map[string]struct {
		in    Instance
		notes int
	}{
		"unpaid before the next run":  {ending(Day+slack-time.Second, mode(Auto)), 1},
		"the next run is in time":     {ending(Day+slack, mode(Auto)), 0},
		"its end date has come":       {ending(3*Day, mode(Auto), tagged("renew:until", "2026-11-01")), 1},
		"a manual one has other help": {ending(time.Hour), 0},
	} {
		if got := decideOne(policy(Renew), tt.in).Notes; len(got) != tt.notes {
			t.Errorf("%s: %q", name, got)
		}
	}
}
