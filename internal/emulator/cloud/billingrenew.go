package cloud

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// notByBilling are the products that BSS RenewInstance does not renew.
var notByBilling = []*product{ecs, rds, redis}

// setTerms are the terms that SetRenewal takes, in RenewalPeriodUnit.
var setTerms = []int{1, 2, 3, 6, 12}

// billingRenew is BSS RenewInstance: it always pays, and an order whose payment
// fails is cancelled.
func (c *Cloud) billingRenew(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.billed(rq); err != nil {
		return nil, err
	}
	id := rq.get("InstanceId")
	code, kind := rq.get("ProductCode"), rq.get("ProductType")
	if slices.ContainsFunc(notByBilling, func(p *product) bool { return strings.EqualFold(p.code, code) }) {
		return nil, refuse(400, "NotApplicable", "Instances of %s are renewed by the API of their product.", code)
	}
	i, order, err := c.buy(rq, purchase{
		find:   func() *instance { return c.billable(rq, id, code, kind) },
		months: months(rq, "RenewPeriod"), offered: monthsOffered, token: rq.get("ClientToken"),
		no: refusals{
			absent: refuse(400, "ResourceNotExists", "There is no instance %q of %s.", id, code),
			payg:   refuse(400, "ResourceStatusError", "The instance %q is pay-as-you-go.", id),
			period: invalid("RenewPeriod", rq.get("RenewPeriod"), "not offered"),
			state:  refuse(400, "ResourceStatusError", "The instance %q cannot be renewed.", id),
			unpaid: refuse(400, "ResourceStatusError", "The instance %q has an unpaid order.", id),
			busy:   refuseInside("SYSTEM.CONCURRENT_OPERATE", "Another operation on the instance is under way."),
			short:  refuseInside("PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", "The payment failed: the balance does not suffice. The order was cancelled."),
		},
	})
	if err != nil {
		return nil, err
	}
	return billedAnswer(answerOrder(fields{}, order.ID, cmp.Or(c.opts.Products[i.product.key].OrderID, OrderText))), nil
}

// billable finds an instance by id, code and type; without a type the code must do.
func (c *Cloud) billable(rq *request, id, code, kind string) *instance {
	i := c.byID[id]
	if i == nil || i.Account != rq.account.ID || i.Unlisted || !strings.EqualFold(i.Code, code) ||
		kind != "" && !strings.EqualFold(i.CodeType, kind) || i.prepaid() && !c.now().Before(i.Expires.Add(c.afterlife(i).listed)) {
		return nil
	}
	return i
}

// setRenewal is SetRenewal: it changes how instances of one code and type are
// renewed, and says nothing about any one of them.
func (c *Cloud) setRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.billed(rq); err != nil {
		return nil, err
	}
	ids := splitList(rq.get("InstanceIDs"))
	if len(ids) > billingIDs {
		return nil, invalid("InstanceIDs", rq.get("InstanceIDs"), "more than 100 ids")
	}
	setting, err := readRenewal(rq)
	if err != nil {
		return nil, err
	}
	var valid []*instance
	var refusal *apiError
	for _, id := range ids {
		i, err := c.renewable(rq, id, setting)
		if err != nil {
			refusal = cmp.Or(refusal, err)
		} else if !slices.Contains(valid, i) {
			valid = append(valid, i)
		}
	}
	if refusal != nil && c.opts.Billing.SetRenewal == "" {
		return nil, refusal
	}
	for _, i := range valid {
		if !i.Stubborn {
			c.setAuto(i, setting)
		}
	}
	if refusal != nil && c.opts.Billing.SetRenewal != "silent" {
		return nil, refusal
	}
	return fields{"Code": "Success", "Message": "Successful!", "Success": true}, nil
}

// readRenewal reads what is to be set, in the words of the products.
func readRenewal(rq *request) (renewSetting, *apiError) {
	status := rq.get("RenewalStatus")
	switch {
	case !slices.Contains(billingStatuses, status):
		return renewSetting{}, invalid("RenewalStatus", status, strings.Join(billingStatuses, ", "))
	case status == "ManualRenewal":
		return renewSetting{status: "Normal"}, nil
	case status == "NotRenewal":
		return renewSetting{status: status}, nil
	case rq.get("RenewalPeriod") == "":
		return renewSetting{}, missing("RenewalPeriod")
	case rq.get("RenewalPeriodUnit") == "":
		return renewSetting{}, missing("RenewalPeriodUnit")
	}
	units := map[string]string{"M": "Month", "Y": "Year"}
	s := renewSetting{status: status, duration: months(rq, "RenewalPeriod"), unit: units[rq.get("RenewalPeriodUnit")]}
	switch {
	case s.unit == "":
		return s, invalid("RenewalPeriodUnit", rq.get("RenewalPeriodUnit"), "M or Y")
	case !slices.Contains(setTerms, s.duration):
		return s, invalid("RenewalPeriod", rq.get("RenewalPeriod"), "1, 2, 3, 6 or 12")
	}
	return s, nil
}

// renewable finds an instance whose setting can be changed.
func (c *Cloud) renewable(rq *request, id string, s renewSetting) (*instance, *apiError) {
	i := c.billable(rq, id, rq.get("ProductCode"), rq.get("ProductType"))
	lead := time.Duration(0)
	if i != nil && s.status == "AutoRenewal" {
		lead = i.product.autoLead
	}
	switch {
	case i == nil:
		return nil, refuse(400, "ResourceNotExists", "There is no instance %q of %s.", id, rq.get("ProductCode"))
	case !i.prepaid(), i.expired(c.now()), i.Expires.Sub(c.now()) < lead:
		return nil, refuse(400, "ResourceStatusError", "The auto-renewal of the instance %q cannot be set.", id)
	}
	return i, nil
}
