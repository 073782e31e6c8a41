package runner

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Self is what Open is asked for the account whose credentials the run has.
const Self = renewal.Self

// A Runner carries out runs. It is safe for concurrent use.
type Runner struct {
	// Open gives the cloud as one account sees it: Self, or the ARN of a role.
	Open func(ctx context.Context, account string) (Cloud, error)
	Now  func() time.Time
	Log  *slog.Logger
	// Rights are the permissions that calls can need, for a check to name.
	Rights []renewal.Right
	// Progress is told how far a run has come; nil = nobody watches.
	Progress *Progress
}

// A run is one run on its way.
type run struct {
	*Runner
	job      Job
	start    time.Time
	time     timetable
	calls    *semaphore.Weighted // of the reads on their way
	members  members
	scopes   []*scope
	warnings []renewal.Warning
	balances renewal.Balances
	coverage *renewal.Coverage // nil = not judged
	shares   map[string]renewal.Coverage

	plan    *renewal.Plan
	planned sync.Mutex // of the plan, while it is carried out
	items   []*item    // one for each of its decisions

	line      *line
	dearer    error                 // a renewal cost more than was assumed; guarded by planned, like begun
	foreign   bool                  // something was paid in another currency than its price; guarded by planned
	begun     map[int]bool          // indices in the plan of what is on its way to be paid
	switching func(*scope, []*item) // starts switching auto-renewal beside the payments

	keepsMore func(*scope, renewal.Instance) bool // what is kept of a list besides what matters to a run; nil = nothing
	listing   func(listed int)                    // hears how many were listed so far; nil = nobody does
	count     atomic.Int64                        // of them
	broken    atomic.Bool                         // a part of it has ended in a fault of ours
}

func (r *run) warn(t lang.Text) { r.warnAbout("", t) }

// warnAbout warns of an instance.
func (r *run) warnAbout(id string, t lang.Text) {
	r.warnings = append(r.warnings, renewal.Warning{About: id, Text: t})
}

func (r *Runner) newRun(job Job) *run {
	run := &run{Runner: r, job: job, start: r.Now(), balances: renewal.Balances{}, begun: map[int]bool{}, calls: semaphore.NewWeighted(callsAtOnce)}
	for _, t := range job.Warnings {
		run.warn(t)
	}
	return run
}

// Run carries out job: it enters, lists, plans, acts and reports. An error is a
// *Stop and means that nothing was changed; from the first changing call on, the
// report tells what went wrong. There is a report in either case.
func (r *Runner) Run(ctx context.Context, job Job) (renewal.Report, error) {
	run := r.newRun(job)
	run.time = newTimetable(ctx, run.start, job.Reserve)
	reads, cancel := run.time.untilReport(ctx)
	defer cancel()
	stop := run.enter(reads)
	if stop == nil {
		stop = run.list(reads)
	}
	if stop == nil {
		stop = run.makePlan(reads)
	}
	if stop == nil && job.acts() {
		run.act(ctx, reads)
	}
	return run.report(stop), stop
}

// itsShare gives the context of a part of what comes before acting: it ends when
// the part has had its share of the time. A run that changes nothing has all the
// time there is.
func (r *run) itsShare(ctx context.Context) (context.Context, context.CancelFunc) {
	if !r.job.acts() {
		return context.WithCancel(ctx)
	}
	return r.time.share(ctx, r.Now())
}

// report makes the report of what has come of the items.
func (r *run) report(stop error) renewal.Report {
	results := make([]renewal.Result, len(r.items))
	for i, it := range r.items {
		results[i] = it.ended()
	}
	lists := r.lists()
	scopes := make([]renewal.Scope, len(lists))
	for i, s := range lists {
		scopes[i] = s.report
		scopes[i].Error = lang.Of(reason(s.trouble()), r.job.Policy.Lang)
	}
	return renewal.Summarize(renewal.Run{
		Policy: r.job.Policy, Trigger: r.job.Trigger, RequestID: r.job.RequestID, Version: r.job.Version,
		StartedAt: r.start, FinishedAt: r.Now(), Scopes: scopes, Results: results,
		Balances: r.balances, Warnings: r.warnings, Coverage: r.coverage, Shares: r.shares, Stopped: stop,
	})
}

// lists gives the scopes that are lists.
func (r *run) lists() []*scope {
	return slices.DeleteFunc(slices.Clone(r.scopes), func(s *scope) bool { return s.list != nil })
}

// reason gives err as it is told in the report.
func reason(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return lang.Err("the time was up", "已超时")
	case errors.Is(err, context.Canceled): // by a person, whose signal has a name in English alone
		return lang.Err("the run was interrupted", "运行被中断")
	}
	return err
}

// errText gives the text of err for the log.
func errText(err error) string { return lang.Of(reason(err), lang.English) }
