package runner

import (
	"context"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// price asks what every renewal would cost. What has no price is told: in the
// item where a money setting needs it, else as a warning.
func (r *run) price(ctx context.Context) {
	ctx, done := r.itsShare(ctx)
	defer done()
	whys := make([]error, len(r.items))
	r.perScope(func(it *item) bool { return it.decision.Priced() }, func(s *scope, items []*item) {
		group := errgroup.Group{}
		group.SetLimit(r.job.Concurrency)
		for _, it := range items {
			d := it.decision
			if !s.traits.Quoted {
				d.Price = r.job.Policy.Assumed(*d)
				if !d.Price.Known() {
					whys[it.index] = errNoQuote
				}
				continue
			}
			group.Go(func() error {
				d.Price, whys[it.index] = read(ctx, func() (renewal.Amount, error) { return s.calls.Price(ctx, s.region, d.Instance, d.Term) })
				return nil
			})
		}
		_ = group.Wait()
	})
	for i, it := range r.items {
		switch {
		case whys[i] == nil:
		case r.job.Policy.Caps.NeedsPrice(*it.decision):
			it.result.Error = said(reason(whys[i])) // it is going to be held for it
		default:
			id := it.decision.Instance.ID
			r.warnAbout(id, lang.Say("%s: its price is not known: %v", "%s：询价失败：%v", id, reason(whys[i])))
		}
	}
}

// errNoQuote: the cloud quotes no price for it, and nobody else has named one.
var errNoQuote = lang.Err("the cloud quotes no renewal price for this product; name one in RENEW_PRICES, or max-price in its rule", "云平台不提供该产品的续费询价；请在 RENEW_PRICES 或规则的 max-price 中给出价格")

// readBalances asks what the accounts have, where a setting wants something to
// stay, and before anything is paid. A balance that cannot be read pays for
// nothing where such a setting is in force; else the run goes on without.
func (r *run) readBalances(ctx context.Context) {
	ctx, done := r.itsShare(ctx)
	defer done()
	asked := map[*account]decimal.Decimal{} // what is planned to be paid
	var order []*account
	for _, s := range r.scopes {
		if _, known := asked[s.account]; !known && s.cloud != nil && r.job.Policy.Caps.MinBalance.Known() {
			asked[s.account] = decimal.Zero
			order = append(order, s.account)
		}
	}
	for _, it := range r.items {
		a := it.scope.account
		if !it.decision.Pays() || !r.job.acts() {
			continue
		}
		if _, known := asked[a]; !known {
			order = append(order, a)
		}
		asked[a] = asked[a].Add(it.decision.Price.Value)
	}
	amounts, errs := make([]renewal.Amount, len(order)), make([]error, len(order))
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for i, a := range order {
		group.Go(func() error {
			amounts[i], errs[i] = read(ctx, func() (renewal.Amount, error) { return a.cloud.Balance(ctx) })
			return nil
		})
	}
	_ = group.Wait()
	for i, a := range order {
		floor := r.job.Policy.Caps.MinBalance.Known()
		if errs[i] != nil && floor {
			r.warn(lang.Say("account %s: its balance could not be read, so nothing is paid there: %v", "账号 %s：余额查询失败，因此不会续费：%v", a.id, reason(errs[i])))
		}
		if errs[i] == nil || floor {
			r.balances[a.id] = amounts[i]
		}
	}
}

// doubtPayers says, once, what a balance does not tell: in an organisation the bills
// of one account may be another's to pay (UpdatePayerForAccount of Resource
// Management), whose balance the function does not see.
func (r *run) doubtPayers() {
	var held []string
	for _, it := range r.items {
		if a := it.scope.account; a.other && it.decision.Reason == renewal.BalanceTooLow && !slices.Contains(held, a.id) {
			held = append(held, a.id)
		}
	}
	if len(held) == 0 {
		return
	}
	const shown = 5
	more := lang.Text{}
	if n := len(held) - shown; n > 0 {
		held, more = held[:shown], lang.Say(" and %d more", " 等另外 %d 个账号", n)
	}
	r.warn(lang.Say("RENEW_MIN_BALANCE holds payments in account %s%s: it goes by the balance of the account itself, which says nothing where another account pays its bills; there, leave RENEW_MIN_BALANCE unset, in a function of their own",
		"RENEW_MIN_BALANCE 使账号 %s%s的续费被暂缓：它只看该账号自身的余额，而账单由其他账号支付时，该余额说明不了问题；对这类账号，请用单独的函数且不设置 RENEW_MIN_BALANCE", strings.Join(held, ", "), more))
}
