package renewal

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// Runway says, one sentence an account, when its balance will not carry what is
// due: how much is missing for all of it, and the first expiry that is not
// covered. Decisions come nearest expiry first. Without MinBalance it is silent.
func Runway(decisions []Decision, caps Caps, balances Balances, zone *time.Location) []lang.Text {
	floor := caps.MinBalance
	if !floor.Known() {
		return nil
	}
	need, first := map[string]decimal.Decimal{}, map[string]time.Time{}
	for _, d := range decisions {
		account, have := d.Instance.Account, balances[d.Instance.Account]
		if d.Action != Renew || d.Price.Currency != floor.Currency || have.Currency != floor.Currency {
			continue
		}
		need[account] = need[account].Add(d.Price.Value)
		if _, found := first[account]; !found && have.Value.Sub(need[account]).LessThan(floor.Value) {
			first[account] = d.Instance.Expires
		}
	}
	var out []lang.Text
	for _, account := range slices.Sorted(maps.Keys(first)) {
		missing := need[account].Add(floor.Value).Sub(balances[account].Value)
		out = append(out, lang.Say("account %s: the balance is %s %s short of what is due and RENEW_MIN_BALANCE; the first that it does not carry expires on %s",
			"账号 %s：余额比到期续费与 RENEW_MIN_BALANCE 所需少 %s %s；最早无法续费的实例将于 %s 到期",
			account, format(missing), floor.Currency, first[account].In(zone).Format("2006-01-02 15:04 MST")))
	}
	return out
}
