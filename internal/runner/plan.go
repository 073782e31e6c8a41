package runner

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// makePlan decides about what was listed, asks what it costs, and applies the
// caps. Nothing is changed here. The error is a *Stop.
func (r *run) makePlan(ctx context.Context) error {
	r.cover()
	r.decide()
	if err := r.checkNamed(); err != nil {
		return err
	}
	r.price(ctx)
	r.readBooks(ctx)
	r.plan.HoldPrices(r.job.Policy.Caps)
	if err := r.approve(); err != nil {
		return err
	}
	r.readBalances(ctx)
	r.afford()
	return nil
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
