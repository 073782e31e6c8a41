package cloud

import (
	"strings"

	"github.com/shopspring/decimal"
)

// bssActions are the actions of the billing API, BssOpenApi.
func bssActions() []action {
	return of("bss", "2017-12-14", []action{
		{name: "QueryAccountBalance", ram: []string{"bss:DescribeAcccount", "bssapi:QueryAccountBalance"}, do: (*Cloud).balance},
	})
}

// balance is BSS QueryAccountBalance. A host of one site knows nothing about
// accounts of the other; any host that is none of the two belongs to
// Options.Site.
func (c *Cloud) balance(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	site := c.opts.Site
	switch {
	case strings.HasPrefix(rq.host, "business.ap-southeast-1.aliyuncs.com"):
		site = Intl
	case strings.HasPrefix(rq.host, "business.aliyuncs.com"):
		site = China
	}
	acc := rq.account
	if acc.Site != site {
		return nil, refuse(400, "NotApplicable", "This API is not applicable for caller.")
	}
	if err := c.permitted(rq); err != nil {
		return nil, refuse(400, "NotAuthorized", "This API is not authorized for caller.")
	}
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
