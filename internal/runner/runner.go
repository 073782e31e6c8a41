package runner

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/semaphore"

	"github.com/fc-renewer/fc-renewer/internal/lang"
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
	return &run{Runner: r, job: job, start: r.Now(), balances: renewal.Balances{}, begun: map[int]bool{}, calls: semaphore.NewWeighted(callsAtOnce)}
}

// Run carries out job. An error is a *Stop and means that nothing was changed;
// from the first changing call on, the report tells what went wrong. There is a
// report in either case.
func (r *Runner) Run(ctx context.Context, job Job) (renewal.Report, error) {
	run := r.newRun(job)
	for _, t := range job.Warnings {
		run.warn(t)
	}
	run.time = newTimetable(ctx, run.start, job.Reserve)
	reads, cancel := run.time.untilReport(ctx)
	defer cancel()
	stop := run.prepare(reads)
	if stop == nil && job.acts() {
		run.act(ctx, reads)
		if run.dearer != nil {
			run.warn(lang.Say("%v; nothing else without a quote was paid for after it", "%v；此后没有再为不提供询价的产品付款", run.dearer))
		}
		if run.broken.Load() {
			run.warn(lang.Say("the program failed in a part of this run: what it calls unknown has to be looked at; the log says panic",
				"程序在本次运行中出错：结果为未知的实例需人工核对；日志中有 panic 记录"))
		}
	}
	return run.report(stop), stop
}

// prepare enters, lists and plans. Nothing is changed here. The error is a
// *Stop.
func (r *run) prepare(ctx context.Context) error {
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
	r.cover()
	r.decide()
	if err := r.checkNamed(); err != nil {
		return err
	}
	r.inItsShare(ctx, r.price)
	r.inItsShare(ctx, r.readBooks)
	r.plan.HoldPrices(r.job.Policy.Caps)
	if err := r.approve(); err != nil {
		return err
	}
	r.inItsShare(ctx, r.readBalances)
	r.afford()
	return nil
}

// approve lets wait what a person has to approve, and takes the codes that the
// event brings. Nothing was changed yet.
func (r *run) approve() error {
	nothing := r.plan.Approve(r.job.Policy)
	for _, code := range nothing {
		r.warn(lang.Say("the approval code %s stands for nothing any more: the price, the term or the expiry has changed, or it was renewed", "批准码 %s 已失效：价格、续费时长或到期时间已改变，或已续费", code))
	}
	unread := slices.ContainsFunc(r.scopes, func(s *scope) bool { return s.err != nil })
	if codes := r.job.Policy.Approved; len(codes) > 0 && len(nothing) == len(codes) && !unread {
		return &Stop{BadEvent, lang.Err("none of the approval codes stands for anything any more: the price, the term or the expiry has changed, or it was renewed; take the codes of the last report", "所有批准码均已失效：价格、续费时长或到期时间已改变，或已续费；请使用最近一次报告中的批准码")}
	}
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

// decide makes the plan. What is due in a scope whose list broke off takes
// nothing of the caps: it is not going to be acted upon, and others are.
func (r *run) decide() {
	var all []renewal.Instance
	for _, s := range r.scopes {
		if s.statesErr != nil {
			r.warn(lang.Say("%s: some renewal modes could not be read, and those instances are not acted upon: %v", "%s：部分实例的续费方式查询失败，不对其执行任何操作：%v", s.name(), reason(s.statesErr)))
		}
		if s.nativeErr != nil {
			r.warn(lang.Say("%s: some could not be read, and are not acted upon: %v", "%s：部分资源查询失败，不对其执行任何操作：%v", s.name(), reason(s.nativeErr)))
		}
		if s.unnamedErr != nil {
			r.warn(lang.Say("%s: names and tags could not be read: %v", "%s：名称和标签查询失败：%v", s.name(), reason(s.unnamedErr)))
		}
		all = append(all, s.instances...)
	}
	r.plan = renewal.NewPlan(r.start, r.job.Policy, all)
	r.itemize()
	for _, it := range r.items {
		it.decision.Partial = cmp.Or(it.scope.list, it.scope).err != nil
	}
}

// itemize makes an item of every decision.
func (r *run) itemize() {
	r.items = make([]*item, len(r.plan.Decisions))
	for i := range r.plan.Decisions {
		d := &r.plan.Decisions[i]
		r.items[i] = &item{index: i, decision: d, scope: r.scopes[d.Instance.Scope]}
	}
}

// afford applies the caps, and gives every item the end that it has as long as
// nothing is done about it.
func (r *run) afford() {
	p := r.job.Policy
	for _, sentence := range renewal.Runway(r.plan.Decisions, p.Caps, r.balances, p.Zone) {
		r.warn(sentence)
	}
	r.plan.Afford(p.Caps, r.balances)
	for i, it := range r.items {
		it.decision = &r.plan.Decisions[i]
		d := it.decision
		if !d.Instance.Traits().Renewed && d.Due() && it.result.Error.Empty() {
			it.result.Error = renewElsewhere
		}
		switch {
		case d.Held():
			it.end(renewal.Held, it.result.Error)
		case d.Ordered && d.Meant():
			it.end(renewal.Unverified, orderShowsLate)
		case d.Partial && d.Meant():
			it.end(renewal.NotTried, lang.Say("the list of its region could not be read to its end", "所在地域的实例列表未能完整查询"))
		case !d.Wanted():
			it.end(renewal.NothingToDo, it.result.Error)
		case !r.job.acts():
			it.end(renewal.Planned, lang.Text{})
			it.result.NewExpires = d.Expected()
		default:
			r.Log.Info("plan", "id", d.Instance.ID, "region", d.Instance.Region, "decision", d.Action, "reason", d.Reason,
				"period", d.Term.String(), "price", d.Price.String(), "expires", d.Instance.Expires, "newExpires", d.Expected())
		}
	}
	r.fund()
	r.doubtPayers()
}

// renewElsewhere is the advice about what cannot be paid for from here.
var renewElsewhere = lang.Say("it is not renewed from here: renew it in the provider's console, under Expenses and Costs, Renewal, or switch its auto-renewal on", "本工具不支持续费该产品：请在阿里云控制台“费用与成本 > 续费管理”中续费，或开启自动续费")

// fund tells the accounts what their balance is, and what is planned.
func (r *run) fund() {
	planned := map[*account]decimal.Decimal{}
	for _, it := range r.items {
		a := it.scope.account
		if it.decision.Pays() && it.decision.Price.Currency == r.balances[a.id].Currency {
			planned[a] = planned[a].Add(it.decision.Price.Value)
		}
	}
	for a, sum := range planned {
		a.funds.read(r.balances[a.id], sum)
	}
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

// nothingListed stops a run in which nothing of any list could be read. A part
// of one is reported: what is in it may be about to lapse.
func (r *run) nothingListed() error {
	if len(r.scopes) == 0 {
		return &Stop{Unavailable, lang.Err("there is no region to list: the account was said to have none", "没有可查询的地域：账号未返回任何地域")}
	}
	kind := Denied
	var reasons []error
	for _, s := range r.lists() {
		if s.report.Complete || s.report.Listed > 0 {
			return nil
		}
		if s.err != nil && !renewal.Classify(s.err).Denied {
			kind = Unavailable
		}
		reasons = append(reasons, lang.Err("%s: %v", "%s：%v", s.name(), reason(s.trouble())))
	}
	const shown = 3
	all := reasons[0]
	for _, next := range reasons[1:min(shown, len(reasons))] {
		all = lang.Err("%v; %v", "%v；%v", all, next)
	}
	if more := len(reasons) - shown; more > 0 {
		all = lang.Err("%v; and %d more", "%v；另有 %d 个", all, more)
	}
	return &Stop{kind, lang.Err("no list of instances could be read, so nothing was done: %v", "未能查询到任何实例列表，因此未执行任何操作：%v", all)}
}

// checkNamed refuses an event that names what is not in scope: it may only
// narrow a run.
func (r *run) checkNamed() error {
	p := r.job.Policy
	reasons := map[string]renewal.Reason{}
	for _, d := range r.plan.Decisions {
		reasons[d.Instance.ID] = d.Reason
	}
	complete := !slices.ContainsFunc(r.lists(), func(s *scope) bool { return !s.report.Complete })
	for _, id := range p.Named {
		switch why, found := reasons[id]; {
		case !found && r.job.FromCloud && complete:
			r.warn(lang.Say("the event names %s, which was not found in the configured accounts and regions: it is gone, or somebody else's", "事件涉及的 %s 在已配置的账号和地域中未找到：已释放，或不属于本函数的范围", id))
		case !found && complete:
			return &Stop{BadEvent, lang.Err("the event names %s, which is in none of the configured accounts and regions; name instances within them, or none", "事件指定的 %s 不在已配置的账号和地域中；请指定其中的实例，或不指定", id)}
		case !found:
			r.warn(lang.Say("the event names %s, which was not found where a list could be read", "事件指定的 %s 在可查询的列表中未找到", id))
		case why == renewal.NotSelected && !r.job.FromCloud:
			return &Stop{BadEvent, lang.Err("the event names %s, which the settings do not select; an event can only narrow what they select", "事件指定的 %s 不在设置选定的范围内；事件只能缩小范围", id)}
		}
	}
	return nil
}

// reason gives err as it is told in the report.
func reason(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return lang.Err("the time was up", "已超时")
	}
	return err
}

// errText gives the text of err for the log.
func errText(err error) string { return lang.Of(reason(err), lang.English) }
