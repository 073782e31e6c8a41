package aliyun

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What the billing API is asked to change.
var (
	billRenew  = api{product: bss, action: "RenewInstance", ram: []string{"bss:ModifyInstance", "bssapi:RenewInstance"}, use: renewal.ToPay, changes: true}
	setRenewal = api{product: bss, action: "SetRenewal", ram: []string{"bss:ModifyPrepaidInstanceAutoRenew", "bssapi:SetRenewal"}, use: renewal.ToSwitch, changes: true}
)

// billedTerms are the terms that auto-renewal takes (BSS SetRenewal,
// RenewalPeriod).
var billedTerms = []int{1, 2, 3, 6, 12}

var errAutoTerm = lang.Err("auto-renewal takes 1, 2, 3, 6 or 12 months", "自动续费时长只支持 1、2、3、6、12 个月")

// SetState implements Calls (BSS SetRenewal): one send for each kind that there
// is among up to 20 subscriptions, since a call takes one. The answer says nothing
// of any one of them, and repeating it is harmless.
func (b billed) SetState(ctx context.Context, _ string, instances []renewal.Instance, state renewal.AutoState) error {
	params := map[string]string{"ProductCode": b.traits.Code, "SubscriptionType": "Subscription"}
	for word, mode := range billingModes {
		if mode == state.Mode {
			params["RenewalStatus"] = word
		}
	}
	if state.Mode == renewal.Auto {
		if state.Term.Weeks > 0 || !slices.Contains(billedTerms, state.Term.Months) {
			return setRenewal.failed(renewal.Terminal, 0, errAutoTerm)
		}
		params["RenewalPeriod"], params["RenewalPeriodUnit"] = strconv.Itoa(state.Term.Months), "M"
	}
	for i, kind := range kinds(instances) {
		params["InstanceIDs"] = strings.Join(idsOf(instances, kind), ",")
		delete(params, "ProductType")
		if kind != "" {
			params["ProductType"] = kind
		}
		if _, _, err := b.cloud.bill(ctx, setRenewal, params, readTimeout); err != nil {
			if e := renewal.Classify(err); i > 0 {
				e.Class = renewal.Ambiguous // of all of them: those of the kinds before are done
			}
			return err
		}
	}
	return nil
}

// kinds gives the kinds that there are, in the order of instances.
func kinds(instances []renewal.Instance) (all []string) {
	for _, in := range instances {
		if !slices.Contains(all, in.Kind) {
			all = append(all, in.Kind)
		}
	}
	return all
}

func idsOf(instances []renewal.Instance, kind string) (ids []string) {
	for _, in := range instances {
		if in.Kind == kind {
			ids = append(ids, in.ID)
		}
	}
	return ids
}

// paidByBilling are the calls to a product that the billing renews.
type paidByBilling struct{ billed }

// Renew implements Calls (BSS RenewInstance): the order is always paid, and one
// whose payment fails is cancelled. What the token does is not documented beyond
// that it makes the call idempotent.
func (b paidByBilling) Renew(ctx context.Context, _ string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error) {
	months, err := monthsOf(billRenew, term)
	if err != nil {
		return "", err
	}
	params := map[string]string{"ProductCode": b.traits.Code, "InstanceId": in.ID, "RenewPeriod": months, "ClientToken": token}
	if in.Kind != "" {
		params["ProductType"] = in.Kind
	}
	data, requestID, err := b.cloud.bill(ctx, billRenew, params, timeout)
	if err != nil {
		return "", err
	}
	var order struct{ OrderId scalar }
	new(reader).object("Data", data, &order)
	return billRenew.ordered(order.OrderId, "", scalar(requestID))
}

var errMonths = lang.Err("is renewed by the month only", "仅支持按月续费")

// monthsOf writes a term for an API that counts in months. What is none is not
// sent at all.
func monthsOf(a api, term renewal.Term) (string, error) {
	if term.UntilDay > 0 || term.Period.Weeks > 0 || term.Period.Months < 1 {
		e := a.failed(renewal.Terminal, 0, errMonths)
		e.OtherTerms = true
		return "", e
	}
	return strconv.Itoa(term.Period.Months), nil
}

// ordered gives the id of the order that an answer of success names. Where there
// is none, or 0, or the code of something else, it proves nothing: it is ambiguous.
func (a api) ordered(id, code, requestID scalar) (string, error) {
	order := plain(string(id))
	if strings.Trim(order, "0") != "" && accepted(string(code)) {
		return order, nil
	}
	e := a.unreadable(string(requestID), errNoOrder)
	if !accepted(string(code)) {
		e.Code = codeOf(string(code))
	}
	return "", e
}

var errNoOrder = lang.Err("the answer names no order", "响应中没有订单号")
