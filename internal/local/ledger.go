package local

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// An account of one instance: what was asked of the emulated cloud for it, and
// what was bought.
type purchase struct {
	id, name string
	asked    []cloud.Call
	charges  []cloud.Charge
}

// purchases gives an entry for every instance that was asked for or charged, in
// the order in which that happened.
func purchases(c *cloud.Cloud) []*purchase {
	var all []*purchase
	of := func(id string) *purchase {
		if i := slices.IndexFunc(all, func(p *purchase) bool { return p.id == id }); i >= 0 {
			return all[i]
		}
		in, _ := c.Instance(id)
		all = append(all, &purchase{id: id, name: in.Name})
		return all[len(all)-1]
	}
	for _, call := range c.Calls() {
		id := cmp.Or(call.Params.Get("InstanceId"), call.Params.Get("DBInstanceId"))
		if id != "" && (call.Action == "RenewInstance" || call.Action == "RenewDBInstance") {
			p := of(id)
			p.asked = append(p.asked, call)
		}
	}
	for _, charge := range c.Ledger() {
		p := of(charge.Instance)
		p.charges = append(p.charges, charge)
	}
	return all
}

// story says in words how it went.
func (p paper) story(of *purchase) string {
	var parts []lang.Text
	for i, call := range of.asked {
		switch {
		case call.Fault == cloud.Throttle:
			parts = append(parts, lang.Say("throttled", "被限流"))
		case call.Fault == cloud.LoseAnswer:
			parts = append(parts, lang.Say("answer lost", "应答丢失"))
		case call.Fault != "":
			parts = append(parts, lang.Say("fault %s", "故障 %s", string(call.Fault)))
		case call.Code != "" && call.Code != "200":
			parts = append(parts, lang.Say("refused: %s", "被拒绝：%s", call.Code))
		case i > 0:
			parts = append(parts, lang.Say("asked again", "再次请求"))
		}
	}
	switch n := len(of.charges); n {
	case 0:
		parts = append(slices.CompactFunc(parts, lang.Text.Equal), lang.Say("not charged", "未扣款"))
	case 1:
		parts = append(parts, chargedOnce())
	default:
		parts = append(parts, lang.Say("CHARGED %d TIMES", "重复扣款：共 %d 次", n))
	}
	return p.say(lang.Join(parts, lang.Say(", ", "，")))
}

// ledger prints where the money of the emulated cloud went.
func (p paper) ledger(all []*purchase) {
	p.heading(p.say(lang.Say("Ledger of the emulated cloud", "模拟云的账本")))
	var bought []entered
	for _, x := range all {
		if len(x.charges) == 0 {
			bought = append(bought, entered{purchase: x})
		}
		for _, c := range x.charges {
			bought = append(bought, entered{x, c})
		}
	}
	of := func(title lang.Text, slot int, cell func(entered) string) column {
		return columnOf(p.say(title), slot, bought, cell)
	}
	p.table([]column{ // what is left out of a narrow one was told when it happened
		of(lang.Say("id", "实例"), 1, func(e entered) string { return e.id }).cut(10),
		of(lang.Say("name", "名称"), 1, func(e entered) string { return e.name }).cut(8),
		of(lang.Say("asked", "请求"), 2, func(e entered) string { return times(len(e.asked)) }).toTheRight(),
		of(lang.Say("charged", "扣款"), 3, func(e entered) string { return times(len(e.charges)) }).toTheRight(),
		of(lang.Say("order", "订单"), wideOnly, func(e entered) string { return e.charge.Order }),
		of(lang.Say("amount", "金额"), 4, func(e entered) string { return strings.TrimSpace(e.charge.Amount + " " + e.charge.Currency) }).toTheRight(),
		of(lang.Say("expiry before", "原到期"), wideOnly, func(e entered) string { return p.minute(e.charge.OldExpires) }),
		of(lang.Say("expiry after", "新到期"), wideOnly, func(e entered) string { return p.minute(e.charge.NewExpires) }),
		of(lang.Say("what happened", "经过"), 5, func(e entered) string { return p.story(e.purchase) }).cut(20),
	})
}

// entered is an entry of the ledger; one without a charge tells what was asked for.
type entered struct {
	*purchase
	charge cloud.Charge
}

func times(n int) string { return fmt.Sprintf("%d×", n) }

// shortLedger prints the same in fewer lines: what was asked for once and charged
// once is one of them.
func (p paper) shortLedger(all []*purchase) {
	plain := func(x *purchase) bool { return p.story(x) == p.say(chargedOnce()) }
	var told []*purchase
	var once []string
	sum := decimal.Decimal{}
	for _, x := range all {
		if !plain(x) {
			told = append(told, x)
			continue
		}
		once = append(once, x.id)
		amount, _ := decimal.NewFromString(x.charges[0].Amount) // the emulator's own
		sum = sum.Add(amount)
	}
	slices.Sort(once)
	slices.SortFunc(told, func(a, b *purchase) int { return strings.Compare(a.id, b.id) })
	p.heading(p.say(lang.Say("Ledger of the emulated cloud", "模拟云的账本")))
	of := func(title lang.Text, cell func(*purchase) string) column {
		return columnOf(p.say(title), 0, told, cell)
	}
	p.table([]column{
		of(lang.Say("id", "实例"), func(x *purchase) string { return x.id }).cut(10),
		of(lang.Say("asked", "请求"), func(x *purchase) string { return times(len(x.asked)) }).toTheRight(),
		of(lang.Say("charged", "扣款"), func(x *purchase) string { return times(len(x.charges)) }).toTheRight(),
		of(lang.Say("amount", "金额"), func(x *purchase) string {
			if len(x.charges) == 0 {
				return ""
			}
			return x.charges[0].Amount
		}).toTheRight(),
		of(lang.Say("what happened", "经过"), p.story).cut(20),
	})
	if len(once) > 0 {
		p.paragraph(2, p.say(lang.Say("Asked for once and charged once: %s, %s together.", "请求一次、扣款一次：%s，合计 %s。", strings.Join(once, " "), sum.StringFixed(2))))
	}
}

func chargedOnce() lang.Text { return lang.Say("charged once", "扣款一次") }

// changes prints which auto-renewal settings of the emulated cloud changed.
func (p paper) changes(all []cloud.Change) {
	p.heading(p.say(lang.Say("Auto-renewal settings that changed", "发生变化的自动续费设置")))
	for _, c := range all {
		if c.Status == "AutoRenewal" {
			p.line("%s", p.say(lang.Say("%s: %s -> %s for %d %s", "%s：%s -> %s，周期 %d %s", c.Instance, c.OldStatus, c.Status, c.Duration, c.Unit)))
			continue
		}
		p.line("%s", p.say(lang.Say("%s: %s -> %s", "%s：%s -> %s", c.Instance, c.OldStatus, c.Status)))
	}
}
