package local

import (
	"fmt"
	"slices"
	"strings"

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
		if id := call.Params.Get("InstanceId"); id != "" && call.Action == "RenewInstance" {
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
			parts = append(parts, lang.Say("the answer was lost", "应答丢失"))
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
		parts = append(parts, lang.Say("charged once", "扣款一次"))
	default:
		parts = append(parts, lang.Say("CHARGED %d TIMES", "重复扣款：共 %d 次", n))
	}
	return p.say(lang.Join(parts, lang.Say(", ", "，")))
}

// ledger prints where the money of the emulated cloud went.
func (p paper) ledger(all []*purchase) {
	p.heading(p.say(lang.Say("Ledger of the emulated cloud", "模拟云的账本")))
	header := p.say(lang.Say("id|name|asked|charged|order|amount|expiry before|expiry after|what happened",
		"实例|名称|请求|扣款|订单|金额|原到期|新到期|经过"))
	var lines [][]string
	for _, x := range all {
		asked, charged := fmt.Sprintf("%d×", len(x.asked)), fmt.Sprintf("%d×", len(x.charges))
		if len(x.charges) == 0 {
			lines = append(lines, []string{x.id, x.name, asked, charged, "", "", "", "", p.story(x)})
		}
		for _, c := range x.charges {
			lines = append(lines, []string{x.id, x.name, asked, charged, c.Order, c.Amount + " " + c.Currency, p.minute(c.OldExpires), p.minute(c.NewExpires), p.story(x)})
		}
	}
	p.table(strings.Split(header, "|"), lines, []int{3, 4, 6}, [][]int{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9}})
}

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
