package local

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
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
func (p *purchase) story() string {
	var parts []string
	for i, call := range p.asked {
		switch {
		case call.Fault == cloud.Throttle:
			parts = append(parts, "throttled")
		case call.Fault == cloud.LoseAnswer:
			parts = append(parts, "the answer was lost")
		case call.Fault != "":
			parts = append(parts, "fault "+string(call.Fault))
		case call.Code != "" && call.Code != "200":
			parts = append(parts, "refused: "+call.Code)
		case i > 0:
			parts = append(parts, "asked again")
		}
	}
	if len(p.charges) == 0 {
		return strings.Join(append(slices.Compact(parts), "not charged"), ", ")
	}
	parts = append(parts, times(len(p.charges), "charged once", "CHARGED %d TIMES"))
	return strings.Join(parts, ", ")
}

func times(n int, once, more string) string {
	if n == 1 {
		return once
	}
	return fmt.Sprintf(more, n)
}

// ledger prints where the money of the emulated cloud went.
func (p paper) ledger(all []*purchase) {
	p.heading("Ledger of the emulated cloud")
	header := []string{"id", "name", "asked", "charged", "order", "amount", "expiry before", "expiry after", "what happened"}
	var lines [][]string
	for _, x := range all {
		asked, charged := fmt.Sprintf("%d×", len(x.asked)), fmt.Sprintf("%d×", len(x.charges))
		if len(x.charges) == 0 {
			lines = append(lines, []string{x.id, x.name, asked, charged, "", "", "", "", x.story()})
		}
		for _, c := range x.charges {
			lines = append(lines, []string{x.id, x.name, asked, charged, c.Order, c.Amount + " " + c.Currency, p.minute(c.OldExpires), p.minute(c.NewExpires), x.story()})
		}
	}
	p.table(header, lines, []int{3, 4, 6}, [][]int{{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9}})
}

// changes prints which auto-renewal settings of the emulated cloud changed.
func (p paper) changes(all []cloud.Change) {
	p.heading("Auto-renewal settings that changed")
	for _, c := range all {
		term := ""
		if c.Status == "AutoRenewal" {
			term = fmt.Sprintf(" for %d %s", c.Duration, c.Unit)
		}
		p.line("%s: %s -> %s%s", c.Instance, c.OldStatus, c.Status, term)
	}
}
