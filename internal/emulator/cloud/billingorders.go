package cloud

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// lookBack is how far QueryOrders looks back when CreateTimeStart is not sent.
const lookBack = time.Hour

// queryOrders is QueryOrders: the order book, newest first. It has no instance
// ids; those are in the detail.
func (c *Cloud) queryOrders(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	page, err := c.billingPage(rq)
	if err != nil {
		return nil, err
	}
	from, err := orderBound(rq, "CreateTimeStart", c.now().Add(-lookBack))
	if err != nil {
		return nil, err
	}
	to, err := orderBound(rq, "CreateTimeEnd", c.now())
	if err != nil {
		return nil, err
	}
	if err := c.billed(rq); err != nil {
		return nil, err
	}
	wanted := func(name, value string) bool {
		return rq.get(name) == "" || strings.EqualFold(rq.get(name), value)
	}
	var found []*orderRecord
	for _, o := range slices.Backward(c.orders) {
		if c.inBook(rq, o) && !o.Created.Before(from) && !o.Created.After(to) &&
			wanted("OrderType", o.Type) && wanted("PaymentStatus", o.shownStatus()) &&
			wanted("ProductCode", o.code) && wanted("ProductType", o.kind) && wanted("SubscriptionType", "Subscription") {
			found = append(found, o)
		}
	}
	slices.SortStableFunc(found, func(a, b *orderRecord) int { return b.Created.Compare(a.Created) })
	list := []any{}
	for _, o := range cut(found, page) {
		list = append(list, o.line())
	}
	return billedAnswer(fields{
		"HostName": "", "PageNum": page.number, "PageSize": page.size, "TotalCount": len(found),
		"OrderList": fields{"Order": list},
	}), nil
}

// orderDetail is GetOrderDetail. An order that is not in the book of the account
// is an empty list.
func (c *Cloud) orderDetail(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.billed(rq); err != nil {
		return nil, err
	}
	list := []any{}
	for _, o := range c.orders {
		if o.ID == rq.get("OrderId") && c.inBook(rq, o) {
			list = append(list, o.detail())
		}
	}
	return billedAnswer(fields{
		"HostName": "", "PageNum": 1, "PageSize": billingDefault, "TotalCount": len(list),
		"OrderList": fields{"Order": list},
	}), nil
}

func (c *Cloud) inBook(rq *request, o *orderRecord) bool {
	return o.Account == rq.account.ID && (o.shows.IsZero() || !time.Now().Before(o.shows))
}

func orderBound(rq *request, name string, otherwise time.Time) (time.Time, *apiError) {
	value := rq.get(name)
	if value == "" {
		return otherwise, nil
	}
	at, err := time.Parse(secondFmt, value)
	if err != nil {
		return at, invalid(name, value, "not of the form yyyy-MM-ddTHH:mm:ssZ")
	}
	return at, nil
}

// shownStatus is the PaymentStatus that can be read.
func (o *orderRecord) shownStatus() string {
	if o.Status == Paid && !o.paidShows.IsZero() && time.Now().Before(o.paidShows) {
		return Unpaid
	}
	return o.Status
}

// line is an order as the list shows it.
func (o *orderRecord) line() fields {
	line := fields{
		"OrderId": o.ID, "OrderType": o.Type, "PaymentStatus": o.shownStatus(), "CreateTime": o.Created.UTC().Format(secondFmt),
		"ProductCode": o.code, "ProductType": o.kind, "SubscriptionType": "Subscription",
		"Currency": o.Currency, "PaymentCurrency": o.Currency,
		"PretaxGrossAmount": o.Full, "PretaxAmount": o.Amount, "Tax": "0.00", "AfterTaxAmount": o.Amount,
	}
	if o.shownStatus() == Paid {
		line["PaymentTime"] = o.Paid.UTC().Format(secondFmt)
	}
	return line
}

// detail is an order as GetOrderDetail shows it. Its InstanceIDs are a text that
// holds a JSON list.
func (o *orderRecord) detail() fields {
	ids, _ := json.Marshal([]string{o.Instance}) // texts cannot fail
	detail := o.line()
	detail["SubOrderId"], detail["InstanceIDs"], detail["Region"] = o.ID+"001", string(ids), o.Region
	detail["Quantity"], detail["Config"], detail["OriginalConfig"], detail["Operator"] = "1", "", "", ""
	if !o.To.IsZero() {
		detail["UsageStartTime"], detail["UsageEndTime"] = o.From.Format(secondFmt), o.To.Format(secondFmt)
	}
	return detail
}

// answerOrder puts the id of an order into an answer, in the form that is wanted.
func answerOrder(body fields, id string, form OrderForm) fields {
	switch form {
	case OrderNumber:
		body["OrderId"] = json.RawMessage(id)
	case OrderZero:
		body["OrderId"] = 0
	case OrderNone:
	default:
		body["OrderId"] = id
	}
	return body
}

// months reads a number of months; its type was checked.
func months(rq *request, name string) int {
	n, _ := strconv.Atoi(rq.get(name))
	return n
}
