package renewal

import (
	"regexp"
	"slices"
	"strings"
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
	Named   []string  // ids that the event names; nil = it names none, and the run is a full one

	Rules     []Rule
	TagPrefix string
	TagTrust  Trust
	Zone      *time.Location // whose days the end dates in tags are
	Lang      lang.Language  // of what the report says

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

// A Selection picks instances by what they are. Every field that is set must
// match; an empty field matches everything.
type Selection struct {
	IDs           []string
	Names         []Pattern
	Tags          []Tag
	ResourceGroup string
	SecurityGroup string
	VPC           string
}

// A Tag is a tag's key, and its value unless any will do.
type Tag struct {
	Key   string
	Value string
	Any   bool // any value will do
}

func (t Tag) on(in Instance) bool {
	value, ok := in.Tags[t.Key]
	return ok && (t.Any || value == t.Value)
}

// A Pattern is a name with * for any run of characters and ? for any one.
type Pattern struct {
	re   *regexp.Regexp
	text string
}

// String gives p as it was written.
func (p Pattern) String() string { return p.text }

// NewPattern makes a Pattern; every text is one.
func NewPattern(text string) Pattern {
	expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(strings.ToValidUTF8(text, "\uFFFD")))
	return Pattern{regexp.MustCompile(`(?s)^(?:` + expression + `)$`), text}
}

// selects says whether in is in scope: every field that is set matches.
func (s Selection) selects(in Instance) bool {
	named := func(p Pattern) bool { return p.re.MatchString(in.Name) }
	missing := func(t Tag) bool { return !t.on(in) }
	return (len(s.IDs) == 0 || slices.Contains(s.IDs, in.ID)) &&
		(len(s.Names) == 0 || slices.ContainsFunc(s.Names, named)) &&
		!slices.ContainsFunc(s.Tags, missing) &&
		(s.ResourceGroup == "" || s.ResourceGroup == in.ResourceGroup) &&
		(s.SecurityGroup == "" || slices.Contains(in.SecurityGroups, s.SecurityGroup)) &&
		(s.VPC == "" || s.VPC == in.VPC)
}

// touches says whether any field of s matches in.
func (s Selection) touches(in Instance) bool {
	named := func(p Pattern) bool { return p.re.MatchString(in.Name) }
	tagged := func(t Tag) bool { return t.on(in) }
	return slices.Contains(s.IDs, in.ID) || slices.ContainsFunc(s.Names, named) || slices.ContainsFunc(s.Tags, tagged)
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
}

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
