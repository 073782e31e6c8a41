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
	Widest   time.Duration // the longer of window and backstop as configured, before an event shortens them
	NextRun  time.Duration // time to the next run
	TooLate  Action        // Renew or ReportOnly: for auto-renewal that would come too late

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

// slack is how late the timer may be: what is over by then is over before the
// next run.
const slack = time.Hour

// overBeforeNextRun says whether what expires then is over before the next run
// can do something about it.
func (p Policy) overBeforeNextRun(now, expires time.Time) bool {
	return expires.Sub(now) < p.NextRun+slack
}

// reach is how far from now an instance matters: as far as anything that a run
// acts upon or warns of.
func (p Policy) reach() time.Duration { return max(p.Window, p.Backstop, p.NextRun+slack) }

// Relevant says whether a run must look at in closer: everything else is only
// counted.
func (p Policy) Relevant(now time.Time, in Instance) bool {
	return in.Expires.IsZero() || in.Expires.Sub(now) <= p.reach() || p.names(in.ID)
}

// names says whether somebody asked for this very instance, who is to be told
// about it even when it is not due.
func (p Policy) names(id string) bool {
	return slices.Contains(p.Named, id) || slices.Contains(p.Include.IDs, id)
}

// shown says whether in has a place in the report: it expires within the
// window, or was asked for by its id.
func (p Policy) shown(now time.Time, d Decision) bool {
	in := d.Instance
	return in.Expires.IsZero() || in.Expires.Sub(now) <= p.Window || d.Action != None || p.names(in.ID)
}

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
