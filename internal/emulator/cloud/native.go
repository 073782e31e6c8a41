package cloud

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// What the own APIs of the products have in common.

// fits reports whether a field passes a filter that need not be sent.
func fits(rq *request, name, value string) bool {
	return rq.get(name) == "" || rq.get(name) == value
}

// oneOf refuses a parameter that is sent and has none of the values.
func oneOf(rq *request, name string, values ...string) *apiError {
	if value := rq.get(name); value != "" && !slices.Contains(values, value) {
		return invalid(name, value, strings.Join(values, ", "))
	}
	return nil
}

// trueOrFalse refuses parameters that are sent and are neither, in any case of
// letters.
func trueOrFalse(rq *request, names ...string) *apiError {
	for _, name := range names {
		if value := rq.get(name); value != "" && !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return invalid(name, value, "true or false")
		}
	}
	return nil
}

// pageSizes says which sizes of a page an API takes, and in words.
type pageSizes struct {
	ok   func(int) bool
	text string
}

// upTo takes every size up to most.
func upTo(most int) pageSizes {
	return pageSizes{func(n int) bool { return n >= 1 && n <= most }, fmt.Sprintf("1 to %d", most)}
}

// thirtyFiftyHundred is what several APIs of databases take.
var thirtyFiftyHundred = pageSizes{func(n int) bool { return n == 30 || n == 50 || n == 100 }, "30, 50 or 100"}

// numberedPage reads PageNumber and PageSize.
func numberedPage(rq *request, size int, sizes pageSizes) (page, *apiError) {
	p := page{number: 1, size: size}
	if value := rq.get("PageSize"); value != "" {
		p.size, _ = strconv.Atoi(value) // its type was checked
		if !sizes.ok(p.size) {
			return p, invalid("PageSize", value, sizes.text)
		}
	}
	if value := rq.get("PageNumber"); value != "" {
		p.number, _ = strconv.Atoi(value)
		if p.number < 1 {
			return p, invalid("PageNumber", value, "1 or more")
		}
	}
	p.offset = (p.number - 1) * p.size
	return p, nil
}

// tokenPage reads MaxResults and NextToken.
func tokenPage(rq *request, size, most int) (page, *apiError) {
	p := page{byToken: true, size: size}
	if value := rq.get("MaxResults"); value != "" {
		p.size, _ = strconv.Atoi(value) // its type was checked
		if p.size < 1 || p.size > most {
			return p, invalid("MaxResults", value, fmt.Sprintf("1 to %d", most))
		}
	}
	if token := rq.get("NextToken"); token != "" {
		offset, ok := readToken(rq, token)
		if !ok {
			return p, invalid("NextToken", token, "not from this list")
		}
		p.offset = max(offset, 0)
	}
	return p, nil
}

// putToken says where a list goes on, if it does, after rest of all rows.
func (c *Cloud) putToken(rq *request, body fields, rest, all int) {
	switch {
	case rq.hit(EndlessToken):
		body["NextToken"] = nextToken(rq, endless)
	case rest < all:
		body["NextToken"] = nextToken(rq, rest)
	case c.opts.BlankNextToken:
		body["NextToken"] = ""
	}
}

// quoted is a price as the products quote it, in members that end in suffix; as
// JSON numbers, or as texts. A scripted quote (SetPrice) takes the place of what
// is to be paid.
func (c *Cloud) quoted(i *instance, full, trade decimal.Decimal, suffix string, asText bool) fields {
	write := func(d decimal.Decimal) json.RawMessage {
		if asText {
			return json.RawMessage(strconv.Quote(d.StringFixed(2)))
		}
		return number(d)
	}
	pay := write(trade)
	if i.quote != "" {
		pay = json.RawMessage(i.quote)
	}
	return fields{
		"Original" + suffix: write(full), "Discount" + suffix: write(full.Sub(trade)), "Trade" + suffix: pay,
		"Currency": cmp.Or(i.quoteCurrency, c.accounts[i.Account].Currency), "Coupons": fields{"Coupon": []any{}},
	}
}

// autoRenewals is DescribeInstanceAutoRenewalAttribute of the databases: of the
// ids in the parameter, or of all. An id that is not there is left out.
func (c *Cloud) autoRenewals(rq *request, all []*instance, param string, item func(*instance) fields) (any, *apiError) {
	page, err := numberedPage(rq, 30, thirtyFiftyHundred)
	if err != nil {
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	ids := splitList(rq.get(param))
	found := slices.DeleteFunc(all, func(i *instance) bool {
		return !i.prepaid() || ids != nil && !slices.Contains(ids, i.ID)
	})
	list := []any{}
	for _, i := range cut(found, page) {
		line := item(i)
		line["Duration"], line["RegionId"] = i.shownSetting.duration, i.Region
		list = append(list, line)
	}
	return fields{
		"Items": fields{"Item": list}, "PageNumber": page.number, "PageRecordCount": len(list), "TotalRecordCount": len(found),
	}, nil
}

// setAutoRenewal is ModifyInstanceAutoRenewalAttribute of the databases, for at
// most so many ids. They know on and off alone, and off is what they take when
// AutoRenew is not sent.
func (c *Cloud) setAutoRenewal(rq *request, p *product, most int, absent func(string) *apiError) (any, *apiError) {
	if err := trueOrFalse(rq, "AutoRenew"); err != nil {
		return nil, err
	}
	ids := splitList(rq.get("DBInstanceId"))
	if len(ids) > most {
		return nil, invalid("DBInstanceId", rq.get("DBInstanceId"), fmt.Sprintf("at most %d ids", most))
	}
	s := renewSetting{status: "Normal"}
	if strings.EqualFold(rq.get("AutoRenew"), "true") {
		s = renewSetting{status: "AutoRenewal", duration: months(rq, "Duration"), unit: "Month"}
		if s.duration < 1 || s.duration > 12 {
			return nil, refuse(400, "InvalidDuration.Invalid", "The duration %q is not 1 to 12.", rq.get("Duration"))
		}
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	var valid []*instance
	for _, id := range ids {
		i := c.ownOne(rq, p, id)
		switch {
		case i == nil:
			return nil, absent(id)
		case !i.prepaid():
			return nil, refuse(400, "InstanceChargeTypeInvalid", "The instance %q is pay-as-you-go.", id)
		case i.expired(c.now()):
			return nil, refuse(400, "InstanceAutoRenewInvalid", "The instance %q has expired.", id)
		}
		valid = append(valid, i)
	}
	for _, i := range valid {
		c.setAuto(i, s)
	}
	return fields{}, nil
}

// all reports whether an instance passes every test.
func all(tests []func(*instance) bool, i *instance) bool {
	return !slices.ContainsFunc(tests, func(test func(*instance) bool) bool { return !test(i) })
}
