package cloud

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// bssVersion is the version of BssOpenApi.
const bssVersion = "2017-12-14"

// BillingOptions are the switches of the billing API. Delays are in real time, as
// those of Options.
type BillingOptions struct {
	Delay      time.Duration `yaml:"delay" fleet:"never"`      // from a renewal until the billing list shows the new EndTime; negative = never
	OrderDelay time.Duration `yaml:"orderDelay" fleet:"never"` // until the order book shows a new order; negative = never
	PaidDelay  time.Duration `yaml:"paidDelay" fleet:"never"`  // until the order book shows as Paid what was paid; negative = never

	PageCap        int  `yaml:"pageCap" fleet:"most=300"` // most rows on a page, whatever PageSize says; 0 = 300
	WrongSiteEmpty bool `yaml:"wrongSiteEmpty"`           // an account of the other site gets an empty list; default NotApplicable

	// What SetRenewal does with a batch that has a bad id: "partial" applies what is
	// valid and then refuses, "silent" applies what is valid and answers Success;
	// "" = all of it is refused.
	SetRenewal string `yaml:"setRenewal" fleet:"oneof=partial|silent"`
}

// bssActions are the actions of the billing API, BssOpenApi.
func bssActions() []action {
	return of("bss", bssVersion, []action{
		{name: "QueryAccountBalance", ram: []string{"bss:DescribeAcccount", "bssapi:QueryAccountBalance"}, do: (*Cloud).balance},
		{
			name: "QueryAvailableInstances", ram: []string{"bss:DescribeInstances", "bssapi:QueryAvailableInstances"},
			list: "Data.InstanceList", total: "Data.TotalCount", do: (*Cloud).availableInstances,
			params: []param{
				str("ProductCode"), str("ProductType"), str("Region"), str("SubscriptionType"), str("InstanceIDs"), str("RenewStatus"),
				str("EndTimeStart"), str("EndTimeEnd"), str("CreateTimeStart"), str("CreateTimeEnd"), num("PageNum"), num("PageSize"),
			},
		},
		{
			name: "RenewInstance", ram: []string{"bss:ModifyInstance", "bssapi:RenewInstance"}, buys: true, do: (*Cloud).billingRenew,
			params: []param{must(str("ProductCode")), str("ProductType"), must(str("InstanceId")), must(num("RenewPeriod")), str("ClientToken")},
		},
		{
			name: "SetRenewal", ram: []string{"bss:ModifyPrepaidInstanceAutoRenew", "bssapi:SetRenewal"}, do: (*Cloud).setRenewal,
			params: []param{
				must(str("InstanceIDs")), must(str("ProductCode")), str("ProductType"), str("SubscriptionType"),
				must(str("RenewalStatus")), num("RenewalPeriod"), str("RenewalPeriodUnit"),
			},
		},
		{
			name: "QueryOrders", ram: []string{"bss:DescribeOrderList", "bssapi:QueryOrders"},
			list: "Data.OrderList.Order", total: "Data.TotalCount", do: (*Cloud).queryOrders,
			params: []param{
				str("CreateTimeStart"), str("CreateTimeEnd"), str("OrderType"), str("PaymentStatus"),
				str("ProductCode"), str("ProductType"), str("SubscriptionType"), num("PageNum"), num("PageSize"),
			},
		},
		{
			name: "GetOrderDetail", ram: []string{"bss:DescribeOrderDetail", "bssapi:GetOrderDetail"},
			list: "Data.OrderList.Order", total: "Data.TotalCount", do: (*Cloud).orderDetail,
			params: []param{must(str("OrderId"))},
		},
	})
}

// billed checks what all of BSS has in common: a host of one site knows nothing
// about accounts of the other (any host that is none of the two belongs to
// Options.Site), and who may not is told so in words of its own. The caller holds
// c.mu.
func (c *Cloud) billed(rq *request) *apiError {
	site := c.opts.Site
	switch {
	case strings.HasPrefix(rq.host, "business.ap-southeast-1.aliyuncs.com"):
		site = Intl
	case strings.HasPrefix(rq.host, "business.aliyuncs.com"):
		site = China
	}
	if rq.account.Site != site {
		return refuse(400, "NotApplicable", "This API is not applicable for caller.")
	}
	if c.permitted(rq) != nil {
		return refuse(400, "NotAuthorized", "This API is not authorized for caller.")
	}
	return nil
}

// billedAnswer is an answer of BSS: what it says, and that it is a success.
func billedAnswer(data fields) fields {
	return fields{"Code": "Success", "Message": "Successful!", "Success": true, "Data": data}
}

// balance is QueryAccountBalance.
func (c *Cloud) balance(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.billed(rq); err != nil {
		return nil, err
	}
	acc := rq.account
	return fields{
		"Code": "200", "Message": "Successful!", "Success": true,
		"Data": fields{
			"AvailableAmount":     commas(acc.balance.Add(acc.credit)),
			"AvailableCashAmount": commas(acc.balance),
			"CreditAmount":        commas(acc.credit),
			"MybankCreditAmount":  "0.00",
			"QuotaLimit":          "0.00",
			"Currency":            acc.Currency,
		},
	}, nil
}

// commas writes an amount with two places and a comma every three digits.
func commas(d decimal.Decimal) string {
	whole, cents, _ := strings.Cut(d.Abs().StringFixed(2), ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	sign := ""
	if d.IsNegative() {
		sign = "-"
	}
	return sign + whole + "." + cents
}
