package renewal

import (
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A Policy is the settings that decide. The zero Policy reports nothing but
// changes nothing either: its Action is not one that acts.
type Policy struct {
	Action     Action // RENEW_ACTION: the one switch that lets a run spend or change anything
	DryRun     bool   // the brake: plan and price, change nothing
	Term       Term   // how long to renew for
	AutoPeriod Period // the term that auto-renewal is set to
	Site       Site   // of the account: what periods are offered, what currency is meant

	Window   time.Duration // due when it expires within this time
	Rescue   time.Duration // renew what expired up to this long ago; 0 = nothing
	Backstop time.Duration // renew an auto-renewing instance this close to its expiry; 0 = never
	Upcoming time.Duration // also tell what is due within this time after the window; 0 = nothing
	Freeze   Freeze        // days on which nothing is changed, in Zone

	EventWindow time.Duration // to which an event shortens window, backstop and those of rules; 0 = it does not
	NextRun     time.Duration // time to the next run
	TooLate     Action        // Renew or ReportOnly: for auto-renewal that would come too late

	Products Products          // that are looked after
	Prices   map[string]Amount // what a month costs at most, by product, where the cloud quotes no price

	Include Selection // what is in scope; the empty Selection is everything
	Exclude Selection // what is left alone, whatever else is said; the empty Selection is nothing
	Named   []string  // ids that the event names; nil = it names none

	Narrowed    bool // by an event: what the whole of it comes to is not judged
	ExpectCount int  // fewer subscriptions listed than this is trouble; 0 = nobody knows

	Approval Approval
	Approved []string // codes that the event brings; nil = it brings none

	Rules     []Rule
	Survey    func() func(in Instance, now time.Time, answers []Holding) // asks all rules, faster than one by one; nil = there is none
	TagPrefix string
	TagTrust  Trust
	Zone      *time.Location // whose days the end dates in tags are
	Lang      lang.Language  // of what the report says
	Channels  []string       // who hears of a run, by name; "" is one without a name, which hears of everything

	Caps Caps
}

// onlyReports says whether nothing is done whatever rules and tags say.
func (p Policy) onlyReports() bool { return p.Action == ReportOnly || p.Action == "" }

// Acts says whether the run may change anything at all.
func (p Policy) Acts() bool { return !p.onlyReports() && !p.DryRun }

// A Rule is one entry of RENEW_RULES: what it leaves open, the settings fill.
type Rule struct {
	Name     string
	When     func(in Instance, now time.Time) (bool, error) // pure
	Action   Action                                         // "" = left open
	Period   Period                                         // zero = left open
	UntilDay int                                            // 1 to 28, in place of Period; 0 = left open
	Window   time.Duration                                  // 0 = left open
	MaxPrice Amount                                         // for one renewal; zero = left open
	MaxSpend Amount                                         // for all payments of this rule in one run; zero = none
	Approval *bool                                          // whether its payments wait for a person; nil = left open
	Notify   []string                                       // names of the channels that hear of its instances
	Asks     []string                                       // what of an instance When goes by, as rules name it
	Words    []Word                                         // what When compares it with
}

// A Word is a text that a rule compares something of an instance with.
type Word struct {
	Fact string // as rules name it: name, tags
	Key  string // of a tag
	Text string // with wildcards; any value will do where it is * and Fact is tags
	Open bool   // Text is a pattern, and not to be met as it is
}

func (r Rule) asksForMode() bool { return slices.Contains(r.Asks, "mode") }

// Term is how long the rule renews for; zero = left open.
func (r Rule) Term() Term { return Term{Period: r.Period, UntilDay: r.UntilDay} }

// Caps limit a run. They are for the run as a whole, over all accounts; the
// balance is of each account.
type Caps struct {
	MaxCount   int    // most instances changed
	NoMaxCount bool   // no limit to their number
	MaxSpend   Amount // zero = none
	MaxPrice   Amount // for one renewal; zero = none
	MinBalance Amount // what must stay available; zero = not asked for
}
