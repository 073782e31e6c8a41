package runner

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A Probe is one thing that a check has tried.
type Probe struct {
	Name    string `json:"name"`
	Scope   string `json:"scope"` // account, or account/region; "" = the whole
	OK      bool   `json:"ok"`
	Message string `json:"message"`         // what was found, or what is wrong and what to do
	Count   int    `json:"count,omitempty"` // of what was found, where that is counted
}

// A Gap is something that a check could not try, or had no reason to.
type Gap struct {
	Name    string `json:"name"`
	Scope   string `json:"scope"` // as of a Probe
	Message string `json:"message"`
}

// A CheckResult is what a check has found.
type CheckResult struct {
	OK       bool        `json:"ok"`
	Says     string      `json:"says"` // what the settings do, in words; its maker does not know them
	Probes   []Probe     `json:"probes"`
	NotTried []Gap       `json:"notTried"`
	Coverage *Coverage   `json:"coverage,omitempty"` // nil = nothing could be listed
	Freeze   *NextFreeze `json:"freeze,omitempty"`   // nil = no frozen days are to come
	Warnings []string    `json:"warnings"`           // as a run has them
}

// Add adds what somebody else has tried.
func (r *CheckResult) Add(p Probe) {
	r.Probes = append(r.Probes, p)
	r.OK = r.OK && p.OK
}

// Coverage is the coverage of a report, and with it what is nearest to that which
// fits nothing.
type Coverage struct {
	renewal.Coverage

	Entries []CoveredEntry `json:"entries"`
	Rules   []CoveredRule  `json:"rules"`
}

// CoveredEntry is an entry of a setting that selects or excludes.
type CoveredEntry struct {
	renewal.CoveredEntry

	Nearest string `json:"nearest,omitempty"` // what is in the list instead; "" = nothing, or it fits
}

// CoveredRule is a rule.
type CoveredRule struct {
	renewal.CoveredRule

	Nearest string `json:"nearest,omitempty"` // as for an entry
}

// NextFreeze is the next days on which nothing is changed, and what waits for their
// end.
type NextFreeze struct {
	From   string   `json:"from"` // the first day, or today
	To     string   `json:"to"`   // the last one
	Delays []string `json:"delays"`
}

// Check tries what a run of job would need, in every account and region:
// credentials, rights, the whole list, the renewal status and the price of one
// instance, the balance where a setting asks for it; and it counts what the
// settings fit in that list, as a run does. It changes nothing, whatever the job's
// action. The messages are in the language of the job's policy.
//
// An error is a *Stop: the settings turned out to be wrong.
func (r *Runner) Check(ctx context.Context, job Job) (CheckResult, error) {
	quiet := *r
	quiet.Log = slog.New(slog.DiscardHandler)
	c := &prober{run: quiet.newRun(job), answered: map[string]bool{}, silent: map[string]error{}}
	c.time = newTimetable(ctx, c.start, job.Reserve)
	c.frozenFrom, c.frozenTo = job.Policy.NextFreeze(c.start)
	c.keepsMore = c.meet
	ctx, cancel := c.time.untilReport(ctx)
	defer cancel()

	entrances := c.entrances(ctx)
	all := make([]visit, len(entrances))
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for i, e := range entrances {
		group.Go(func() error { all[i] = c.account(ctx, e); return nil })
	}
	_ = group.Wait() // what fails is in the probes
	result := CheckResult{OK: true, Probes: []Probe{}, NotTried: []Gap{}, Warnings: []string{}}
	seen := map[string]bool{}
	for _, v := range append([]visit{c.organization()}, all...) {
		if v.id != "" && seen[v.id] {
			return CheckResult{}, &Stop{BadConfig, lang.Err("RENEW_ACCOUNTS leads to account %s twice; name every account once", "RENEW_ACCOUNTS 两次指向账号 %s；每个账号只能出现一次", v.id)}
		}
		seen[v.id] = true
		v.addTo(&result)
		c.scopes = append(c.scopes, v.scopes...)
	}
	c.whole().addTo(&result)
	c.judge(&result)
	return result, nil
}

// judge adds what the lists tell together: what the settings fit, and what frozen
// days will delay.
func (c *prober) judge(result *CheckResult) {
	for i, s := range c.scopes {
		s.index = i
	}
	c.oncePerAccount()
	doubts := c.cover()
	c.plan = renewal.NewPlan(c.start, c.job.Policy, c.kept())
	if excluded := c.job.Policy.ProvidedThoughExcluded(c.start, c.plan.Decisions); !excluded.Empty() {
		c.warn(excluded)
	}
	if slices.ContainsFunc(c.scopes, func(s *scope) bool { return s.report.Complete || s.report.Listed > 0 }) {
		result.Coverage = shown(*c.coverage)
		for _, lost := range doubts.Lost {
			result.Add(c.bad("coverage", "", lost))
		}
		if len(doubts.Lost) == 0 {
			result.Add(c.good("coverage", "", lang.Say("of %d that were listed, %d are looked after", "查询到 %d 个，其中 %d 个在处理范围内", c.coverage.Listed, c.coverage.LooksAfter())))
		}
	}
	if freeze, found := c.freeze(); freeze != nil {
		result.Freeze = freeze
		result.Add(found)
	}
	for _, warning := range c.warnings {
		if text := warning.Text.In(c.job.Policy.Lang); !isProbe(result.Probes, text) {
			result.Warnings = append(result.Warnings, text)
		}
	}
}

func isProbe(probes []Probe, message string) bool {
	return slices.ContainsFunc(probes, func(p Probe) bool { return p.Message == message })
}

// shown gives a coverage as a check shows it.
func shown(of renewal.Coverage) *Coverage {
	c := &Coverage{Coverage: of, Entries: []CoveredEntry{}, Rules: []CoveredRule{}}
	for _, e := range of.Entries {
		c.Entries = append(c.Entries, CoveredEntry{e, e.Nearest})
	}
	for _, rule := range of.Rules {
		c.Rules = append(c.Rules, CoveredRule{rule, rule.Nearest})
	}
	return c
}

// kept are the instances that were kept of all lists.
func (c *prober) kept() (all []renewal.Instance) {
	for _, s := range c.scopes {
		all = append(all, s.instances...)
	}
	return all
}

// freeze says which days are frozen next, and what waits for their end.
func (c *prober) freeze() (*NextFreeze, Probe) {
	from, to := c.frozenFrom, c.frozenTo
	if to.IsZero() {
		return nil, Probe{}
	}
	f := &NextFreeze{From: from.Format(time.DateOnly), To: to.AddDate(0, 0, -1).Format(time.DateOnly), Delays: []string{}}
	for _, in := range c.kept() {
		if c.job.Policy.Delays(c.start, from, to, in) {
			f.Delays = append(f.Delays, in.ID)
		}
	}
	days := lang.Say("the next frozen days are %s to %s", "下一段冻结期为 %s 至 %s", f.From, f.To)
	if f.From == f.To {
		days = lang.Say("the next frozen day is %s", "下一个冻结日为 %s", f.From)
	}
	const most = 8
	switch n := len(f.Delays); {
	case n == 0:
		return f, c.good("freeze", "", lang.Say("%v; nothing that is listed has to wait for their end", "%v；没有实例因此推迟", days))
	case n <= most:
		return f, c.good("freeze", "", lang.Say("%v; %d wait for their end: %s", "%v；%d 个实例推迟到冻结结束之后：%s", days, n, strings.Join(f.Delays, ", ")))
	default:
		return f, c.good("freeze", "", lang.Say("%v; %d wait for their end: %s and %d more", "%v；%d 个实例推迟到冻结结束之后：%s，以及另外 %d 个", days, n, strings.Join(f.Delays[:most], ", "), n-most))
	}
}

// meet hears of every instance of a list: it notes the one that expires next, to
// ask about, and says whether frozen days will delay it.
func (c *prober) meet(s *scope, in renewal.Instance) (keep bool) {
	if in.Subscription && in.Expires.After(c.start) && (s.next.ID == "" || renewal.NearestExpiry(in, s.next) < 0) {
		s.next = in
	}
	return !c.frozenTo.IsZero() && c.job.Policy.Delays(c.start, c.frozenFrom, c.frozenTo, in)
}

// A visit is what was found in a part of the accounts.
type visit struct {
	id     string // of the account, as far as it is known
	probes []Probe
	gaps   []Gap
	scopes []*scope
}

func (v *visit) found(p ...Probe) { v.probes = append(v.probes, p...) }

func (v *visit) add(other visit) {
	v.probes, v.gaps, v.scopes = append(v.probes, other.probes...), append(v.gaps, other.gaps...), append(v.scopes, other.scopes...)
}

func (v visit) addTo(result *CheckResult) {
	for _, p := range v.probes {
		result.Add(p)
	}
	result.NotTried = append(result.NotTried, v.gaps...)
}

// A prober is one check on its way.
type prober struct {
	*run

	frozenFrom, frozenTo time.Time // the next frozen days; zero = there are none

	mu       sync.Mutex
	answered map[string]bool  // APIs that have answered anything
	silent   map[string]error // APIs that have not, and how
	accepted bool             // a signature was accepted, and with it the time it was made
	skewed   bool             // a signature was refused for its time
}

func (c *prober) good(name, scope string, found lang.Text) Probe {
	return Probe{Name: name, Scope: scope, OK: true, Message: found.In(c.job.Policy.Lang)}
}

func (c *prober) bad(name, scope string, wrong lang.Text) Probe {
	return Probe{Name: name, Scope: scope, Message: wrong.In(c.job.Policy.Lang)}
}

func (c *prober) failed(name, scope string, err error) Probe {
	return c.bad(name, scope, lang.Say("%v", "%v", reason(err)))
}

func (c *prober) untried(name, scope string, why lang.Text) Gap {
	return Gap{Name: name, Scope: scope, Message: why.In(c.job.Policy.Lang)}
}

// hear notes what a call tells besides its answer: whether anybody is there,
// and whether the clock here is right. A clock that is off is known by the code
// of the refusal alone; up to 15 minutes the cloud does not mind.
func (c *prober) hear(api string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := renewal.Classify(err)
	switch {
	case err == nil:
		c.answered[api], c.accepted = true, true
	case e.Skewed:
		c.answered[api], c.skewed = true, true
	case e.Code != "":
		c.answered[api] = true
		c.accepted = c.accepted || e.Unpermitted
	case e.Status == 0 && (e.Class == renewal.Retryable || e.Class == renewal.Ambiguous):
		c.silent[api] = reason(e.Err)
	}
}
