package local

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The demonstration of approval: the setting that makes payments wait, the two
// that a person approves, and the price that one of them has by then.
const (
	demoApproval = "RENEW_APPROVAL=200 CNY"
	demoApproved = "i-bp1web1"
	demoStale    = "i-2ze0web2"
	demoRisen    = "275.00"
)

// A round is the whole way of an approval.
type round struct {
	morning renewal.Report // of the run in which payments wait
	event   string         // that a person sends
	answer  renewal.Report // to it
	before  []cloud.Charge // until then
	charges []cloud.Charge // by the event
}

// round has the morning's run let payments wait, lets one price rise, and sends what
// a person would.
func (s *stage) round(ctx context.Context, p *program) (r round, err error) {
	platform, err := s.deploy(ctx, p)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, platform.Close()) }()
	results, err := platform.Timer(ctx, "", "every-morning", s.now)
	if err != nil {
		return r, err
	}
	if r.morning, err = reportOf(results[len(results)-1]); err != nil {
		return r, err
	}
	s.cloud.SetPrice(demoStale, demoRisen, "CNY")
	event, err := json.Marshal(map[string][]string{"approve": {codeOf(r.morning, demoApproved), codeOf(r.morning, demoStale)}})
	if err != nil {
		return r, err
	}
	r.event, r.before = string(event), s.cloud.Ledger()
	result, err := platform.Invoke(ctx, event)
	if err != nil {
		return r, err
	}
	r.answer, err = reportOf(result)
	r.charges = s.cloud.Ledger()[len(r.before):]
	return r, err
}

func entryOf(r renewal.Report, id string) renewal.Entry {
	if i := slices.IndexFunc(r.Instances, func(e renewal.Entry) bool { return e.ID == id }); i >= 0 {
		return r.Instances[i]
	}
	return renewal.Entry{}
}

func codeOf(r renewal.Report, id string) string { return entryOf(r, id).Approval }

// waiting gives what waits for a person.
func waiting(r renewal.Report) []renewal.Entry {
	return slices.DeleteFunc(slices.Clone(r.Instances), func(e renewal.Entry) bool { return e.Reason != renewal.NotApproved })
}

// offScript names everything that went otherwise than it should have.
func (r round) offScript() (wrong []error) {
	must := func(holds bool, what lang.Text) {
		if !holds {
			wrong = append(wrong, lang.Err("the round did not go by the script: %v", "批准流程与剧本不符：%v", what))
		}
	}
	stale := codeOf(r.morning, demoStale)
	for _, id := range []string{demoApproved, demoStale} {
		must(codeOf(r.morning, id) != "", lang.Say("%s does not wait", "%s 没有等待批准", id))
		must(!slices.ContainsFunc(r.before, func(c cloud.Charge) bool { return c.Instance == id }), lang.Say("%s was charged before it was approved", "%s 未经批准就已扣款", id))
	}
	must(len(r.charges) == 1 && r.charges[0].Instance == demoApproved, lang.Say("the event did not pay for %s alone", "该事件应当只为 %s 付款", demoApproved))
	must(entryOf(r.answer, demoApproved).Outcome == renewal.Renewed, lang.Say("%s is not renewed", "%s 未续费成功", demoApproved))
	must(entryOf(r.answer, demoStale).Outcome == renewal.Held, lang.Say("%s is not held", "%s 没有被拦截", demoStale))
	must(stale != "" && codeOf(r.answer, demoStale) != stale, lang.Say("the code of %s is the same at another price", "%s 的价格变了，批准码却没有变", demoStale))
	must(slices.ContainsFunc(r.answer.Warnings, func(w string) bool { return strings.Contains(w, stale) }), lang.Say("nobody is told that %s stands for nothing", "没有提示 %s 已失效", stale))
	return wrong
}

// show prints a round.
func (r round) show(p paper) {
	held := waiting(r.morning)
	p.paragraph(0, p.say(lang.Say("%d payments wait for a person. Two are approved: one is paid, once; the other is not, since its price has risen meanwhile.",
		"%d 笔续费等待批准。批准了其中两笔：一笔付款，只付一次；另一笔因期间涨价，没有付款。", len(held))))
	p.heading(p.say(lang.Say("1. The morning's run: what costs more than %s waits", "1. 每天早上的运行：高于 %s 的续费等待批准", strings.TrimPrefix(demoApproval, "RENEW_APPROVAL="))))
	p.approvals(held)
	p.heading(p.say(lang.Say("2. Meanwhile the price of %s rises to %s", "2. 期间 %s 涨价到 %s", demoStale, demoRisen)))
	p.heading(p.say(lang.Say("3. Who may invoke the function copies two of the codes from the message", "3. 有权调用函数的人从消息中复制两个批准码")))
	p.indented("  ", 4, "s invoke -e '"+r.event+"'")
	p.heading(p.say(lang.Say("4. The function pays for what they stand for now, and for nothing else", "4. 函数只为这些批准码当前对应的续费付款")))
	asked := []renewal.Entry{entryOf(r.answer, demoApproved), entryOf(r.answer, demoStale)}
	p.approvals(asked)
	for _, w := range r.answer.Warnings {
		p.paragraph(2, p.say(lang.Say("warning: %s", "警告：%s", message.Clean(w))))
	}
	for _, c := range r.charges {
		p.paragraph(2, p.say(lang.Say("Ledger of the emulated cloud: %s charged once, %s %s.", "模拟云的账本：%s 扣款一次，%s %s。", c.Instance, c.Amount, c.Currency)))
	}
	p.line("")
	p.paragraph(2, p.say(lang.Say("Next: docs/policy.md says what RENEW_APPROVAL lets wait, until when, and who may approve it.", "接下来：docs/policy.md 说明 RENEW_APPROVAL 让哪些续费等待、等到何时、谁可以批准。")))
}

// approvals prints instances with what they would cost and the code that approves it.
func (p paper) approvals(list []renewal.Entry) {
	of := func(title lang.Text, cell func(renewal.Entry) string) column {
		return columnOf(p.say(title), 0, list, cell)
	}
	p.table([]column{
		p.idOf(list), p.nameOf(list),
		of(lang.Say("for", "时长"), func(e renewal.Entry) string { return e.Period }),
		of(lang.Say("price", "价格"), func(e renewal.Entry) string { return e.Price }).toTheRight(),
		p.reasonsOf(list),
		of(lang.Say("outcome", "结果"), p.outcome),
		of(lang.Say("approval", "批准码"), func(e renewal.Entry) string { return e.Approval }),
	})
}
