package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A Runner carries out runs. It is safe for concurrent use.
type Runner struct {
	// Open gives the cloud as one account sees it: Self, or the ARN of a role.
	Open func(ctx context.Context, account string) (Cloud, error)
	Now  func() time.Time
	Log  *slog.Logger
	// Rights are the permissions that calls can need, for a check to name.
	Rights []renewal.Right
}

// A run is one run on its way.
type run struct {
	*Runner
	job      Job
	start    time.Time
	time     timetable
	scopes   []*scope
	warnings []string
	balances renewal.Balances
	items    []*item
	broken   atomic.Bool // a part of it has ended in a fault of ours
}

// An item is a decision on its way to its result. One goroutine at a time has it.
type item struct {
	decision renewal.Decision
	scope    *scope
	result   renewal.Result

	live     renewal.Instance // as of lookedAt
	gone     bool             // it was not there then
	lookedAt time.Time        // zero = not yet
	started  bool             // it was looked at, and is its worker's from then on
	payment  payment
}

// finish settles what came of the item.
func (it *item) finish(o renewal.Outcome, why string) {
	it.result.Outcome, it.result.Error = o, why
}

// Run carries out job. An error is a *Stop and means that nothing was changed;
// from the first changing call on, the report tells what went wrong. There is a
// report in either case.
func (r *Runner) Run(ctx context.Context, job Job) (renewal.Report, error) {
	run := &run{Runner: r, job: job, start: r.Now(), balances: renewal.Balances{}}
	run.time = newTimetable(ctx, run.start, job.Reserve)
	reads, cancel := run.time.untilReport(ctx)
	defer cancel()
	stop := run.plan(reads)
	if stop == nil && job.acts() {
		run.act(ctx, reads)
		if run.broken.Load() {
			run.warnings = append(run.warnings, "the program failed in a part of this run: what it calls unknown has to be looked at; the log says panic")
		}
	}
	return run.report(stop), stop
}

// plan reads everything that the decision needs, and decides. Nothing is
// changed here. The error is a *Stop.
func (r *run) plan(ctx context.Context) error {
	var err error
	r.inItsShare(ctx, func(ctx context.Context) { err = r.enter(ctx) })
	if err != nil {
		return err
	}
	r.inItsShare(ctx, r.list)
	r.oncePerAccount()
	if err := r.nothingListed(); err != nil {
		return err
	}
	var all []renewal.Instance
	home := map[string]*scope{}
	for _, s := range r.scopes {
		if s.statesErr != nil {
			r.warnings = append(r.warnings, s.name()+": some renewal modes could not be read, and those instances are not acted upon: "+errText(s.statesErr))
		}
		all = append(all, s.instances...)
		for _, in := range s.instances {
			home[in.Account+"/"+in.ID] = s
		}
	}
	decisions := renewal.Decide(r.start, r.job.Policy, all)
	if err := r.checkNamed(decisions); err != nil {
		return err
	}
	for _, d := range decisions {
		in := d.Instance
		r.items = append(r.items, &item{decision: d, scope: home[in.Account+"/"+in.ID]})
	}
	r.inItsShare(ctx, r.price)
	r.inItsShare(ctx, r.readBalances)
	r.afford()
	return nil
}

// inItsShare does a part of the planning in its share of the time; a run that
// changes nothing has all the time there is.
func (r *run) inItsShare(ctx context.Context, part func(context.Context)) {
	if r.job.acts() {
		limited, cancel := r.time.share(ctx, r.Now())
		defer cancel()
		ctx = limited
	}
	part(ctx)
}

// afford applies the caps, and gives every item the result that it has as long
// as nothing is done about it.
//
// What is due in a scope whose list broke off takes nothing of the caps: it is
// not going to be acted upon, and others are.
func (r *run) afford() {
	var items []*item
	var decisions []renewal.Decision
	for _, it := range r.items {
		if it.decision.Wanted() && it.scope.err != nil {
			it.finish(renewal.NotTried, "the list of its region could not be read to its end")
			continue
		}
		items, decisions = append(items, it), append(decisions, it.decision)
	}
	caps := r.job.Policy.Caps
	r.warnings = append(r.warnings, renewal.Runway(decisions, caps, r.balances, r.job.Policy.Zone)...)
	for i, d := range renewal.Afford(decisions, caps, r.balances) {
		it := items[i]
		it.decision = d
		switch {
		case d.Held:
			it.finish(renewal.Held, it.result.Error)
		case !d.Wanted():
			it.finish(renewal.NothingToDo, "")
		case !r.job.acts():
			it.finish(renewal.Planned, "")
			it.result.NewExpires = d.Expected()
		default:
			it.finish(renewal.NotTried, "")
			r.Log.Info("plan", "id", d.Instance.ID, "region", d.Instance.Region, "decision", d.Action, "reason", d.Reason,
				"period", d.Term.String(), "price", d.Price.String(), "expires", d.Instance.Expires, "newExpires", d.Expected())
		}
	}
}

// report makes the report of what has come of the items.
func (r *run) report(stop error) renewal.Report {
	results := make([]renewal.Result, len(r.items))
	for i, it := range r.items {
		it.result.Decision = it.decision
		results[i] = it.result
	}
	scopes := make([]renewal.Scope, len(r.scopes))
	for i, s := range r.scopes {
		scopes[i] = s.report
	}
	return renewal.Summarize(renewal.Run{
		Policy: r.job.Policy, Trigger: r.job.Trigger, RequestID: r.job.RequestID,
		StartedAt: r.start, FinishedAt: r.Now(), Scopes: scopes, Results: results,
		Balances: r.balances, Warnings: r.warnings, Stopped: stop,
	})
}

// nothingListed stops a run in which nothing of any list could be read. A part
// of one is reported: what is in it may be about to lapse.
func (r *run) nothingListed() error {
	if len(r.scopes) == 0 {
		return &Stop{Unavailable, errors.New("there is no region to list: the account was said to have none")}
	}
	kind := Denied
	var reasons []string
	for _, s := range r.scopes {
		if s.report.Complete || s.report.Listed > 0 {
			return nil
		}
		if s.err != nil && !renewal.Classify(s.err).Denied {
			kind = Unavailable
		}
		reasons = append(reasons, s.name()+": "+s.report.Error)
	}
	const shown = 3
	if more := len(reasons) - shown; more > 0 {
		reasons = append(reasons[:shown], fmt.Sprintf("and %d more", more))
	}
	return &Stop{kind, fmt.Errorf("no list of instances could be read, so nothing was done: %s", strings.Join(reasons, "; "))}
}

// checkNamed refuses an event that names what is not in scope: it may only
// narrow a run. And it tells of ids in the settings that are nowhere.
func (r *run) checkNamed(decisions []renewal.Decision) error {
	p := r.job.Policy
	reasons := map[string]renewal.Reason{}
	for _, d := range decisions {
		reasons[d.Instance.ID] = d.Reason
	}
	complete := !slices.ContainsFunc(r.scopes, func(s *scope) bool { return !s.report.Complete })
	for _, id := range p.Named {
		switch reason, found := reasons[id]; {
		case !found && complete:
			return &Stop{BadEvent, fmt.Errorf("the event names %s, which is in none of the configured accounts and regions; name instances within them, or none", id)}
		case !found:
			r.warnings = append(r.warnings, "the event names "+id+", which was not found where a list could be read")
		case reason == renewal.NotSelected:
			return &Stop{BadEvent, fmt.Errorf("the event names %s, which the settings do not select; an event can only narrow what they select", id)}
		}
	}
	if p.Named != nil {
		return nil
	}
	for _, id := range p.Include.IDs {
		if _, found := reasons[id]; !found {
			r.warnings = append(r.warnings, "RENEW_IDS names "+id+", which was not found in any configured region")
		}
	}
	return nil
}

// errText gives the text of err for the report.
func errText(err error) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "the time was up"
	}
	return err.Error()
}
