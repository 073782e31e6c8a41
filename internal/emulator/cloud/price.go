package cloud

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// yearRate is the part of the full price that is due for 1 to 5 years: it is
// not linear in the period, as the real one is not.
var yearRate = []string{"0.85", "0.70", "0.50", "0.50", "0.50"}

// SetPrice scripts what DescribeRenewalPrice says for an instance, whatever the
// period: tradePrice is raw JSON and may be something odd, such as "12", null
// or 1e400. currency "" is the account's. It is only a quotation: what
// RenewInstance charges comes from Instance.MonthlyPrice. SetPrice with ""
// returns to the computed price; text that is no JSON panics.
func (c *Cloud) SetPrice(id, tradePrice, currency string) {
	if tradePrice != "" && !json.Valid([]byte(tradePrice)) {
		panic("cloud: price " + tradePrice + " is no JSON")
	}
	c.change(id, func(i *instance) { i.quote, i.quoteCurrency = tradePrice, currency })
}

// defaultPrice is what a month costs unless the instance says otherwise;
// unknownPrice says that it costs as much, and that nobody can be told.
const (
	defaultPrice = "100.00"
	unknownPrice = "unknown"
)

// readMonthlyPrice reads Instance.MonthlyPrice: the price, and what is quoted
// instead of it. It panics on what is neither.
func readMonthlyPrice(in Instance) (price decimal.Decimal, quote string) {
	text := cmp.Or(in.MonthlyPrice, defaultPrice)
	if text == unknownPrice {
		return decimal.RequireFromString(defaultPrice), "null"
	}
	price, err := decimal.NewFromString(text)
	if err != nil {
		panic(fmt.Sprintf("cloud: instance %s: price %q is not a number", in.ID, text))
	}
	return price, ""
}

// due is the full price of a period, and what is to be paid for it.
func (i *instance) due(n int, unit string) (full, trade decimal.Decimal) {
	switch unit {
	case "Week":
		full = i.price.Mul(decimal.NewFromInt(int64(n))).Div(decimal.NewFromInt(4)).Round(2)
		return full, full
	case "Year":
		n *= 12
	}
	full = i.price.Mul(decimal.NewFromInt(int64(n))).Round(2)
	if n < 12 {
		return full, full
	}
	rate := decimal.RequireFromString(yearRate[min(n/12, len(yearRate))-1])
	return full, full.Mul(rate).Round(2)
}

// dueUntil is the price of a term of odd length: by the day, a month being 30.
func (i *instance) dueUntil(from, to time.Time) decimal.Decimal {
	days := decimal.NewFromInt(int64((to.Sub(from) + day - 1) / day))
	return i.price.Mul(days).Div(decimal.NewFromInt(30)).Round(2)
}

func (c *Cloud) describePrice(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := cmp.Or(rq.get("ResourceType"), "instance"); t != "instance" {
		return nil, refuse(400, "InvalidResourceType.ValueNotSupported", "The resource type %q is not supported.", t)
	}
	unit := cmp.Or(rq.get("PriceUnit"), "Month")
	n, _ := strconv.Atoi(cmp.Or(rq.get("Period"), "1")) // its type was checked
	renewDay, _ := strconv.Atoi(rq.get("ExpectedRenewDay"))
	switch {
	case rq.get("ExpectedRenewDay") != "" && (rq.get("Period") != "" || rq.get("PriceUnit") != ""):
		return nil, invalid("ExpectedRenewDay", rq.get("ExpectedRenewDay"), "it excludes Period")
	case rq.get("ExpectedRenewDay") != "" && (renewDay < 1 || renewDay > 28):
		return nil, invalid("ExpectedRenewDay", rq.get("ExpectedRenewDay"), "1 to 28")
	case unit != "Month" && unit != "Year":
		return nil, refuse(400, "InvalidPriceUnit.ValueNotSupported", "The price unit %q is not supported.", unit)
	case n < 1, unit == "Month" && n > 9, unit == "Year" && n > 3:
		return nil, refuse(400, "InvalidPeriod", "The period %d is not supported for the price unit %s.", n, unit)
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	i := c.find(rq, rq.get("ResourceId"))
	if i == nil {
		return nil, instanceNotFound(rq.get("ResourceId"))
	}
	if !i.prepaid() {
		return nil, refuse(403, "ChargeTypeViolation", "Pay-as-you-go instances are not renewed.")
	}

	full, trade := i.due(n, unit)
	if renewDay != 0 {
		full = i.dueUntil(i.Expires, nextRenewDay(i.Expires, renewDay))
		trade = full
	}
	tradeJSON := number(trade)
	if i.quote != "" {
		tradeJSON = json.RawMessage(i.quote)
	}
	price := fields{
		"OriginalPrice": number(full),
		"DiscountPrice": number(full.Sub(trade)),
		"TradePrice":    tradeJSON,
		"Currency":      cmp.Or(i.quoteCurrency, rq.account.Currency),
	}
	detail := fields{
		"Resource":      "instance",
		"OriginalPrice": number(full),
		"DiscountPrice": number(full.Sub(trade)),
		"TradePrice":    tradeJSON,
		"SubRules":      fields{"Rule": []any{}},
	}
	price["DetailInfos"] = fields{"DetailInfo": []any{detail}}
	return fields{"PriceInfo": fields{"Price": price, "Rules": fields{"Rule": []any{}}}}, nil
}

// number writes an amount as a JSON number, as the cloud does.
func number(d decimal.Decimal) json.RawMessage { return json.RawMessage(d.String()) }
