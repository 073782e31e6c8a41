package aliyun

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What the billing API is asked about orders.
var (
	queryOrders = api{product: bss, action: "QueryOrders", ram: []string{"bss:DescribeOrderList", "bssapi:QueryOrders"}, use: renewal.ToSeeOrders}
	orderDetail = api{product: bss, action: "GetOrderDetail", ram: []string{"bss:DescribeOrderDetail", "bssapi:GetOrderDetail"}, use: renewal.ToSeeOrders}
)

const orderTime = "2006-01-02T15:04:05Z"

// Orders lists the orders of a product, by its billing code, that were made
// between from and to. Their instances are in the detail alone (BSS QueryOrders, which without times goes back
// an hour and no more). What may be incomplete is an error: an order that is
// missed may be a second charge.
func (c *Cloud) Orders(ctx context.Context, code string, from, to time.Time) (orders []renewal.Order, err error) {
	params := map[string]string{
		"ProductCode": code, "PageSize": strconv.Itoa(indexSize),
		"CreateTimeStart": from.UTC().Format(orderTime), "CreateTimeEnd": to.UTC().Add(time.Second - 1).Format(orderTime),
	}
	err = c.billedPages(ctx, queryOrders, params, "OrderList", "Order", func(item raw) error {
		o, odd := readOrder(item)
		if o.ID == "" || odd != "" {
			return queryOrders.unreadable("", lang.Err("an order could not be read: %s", "无法读取订单：%s", cmp.Or(odd, "OrderId")))
		}
		if slices.ContainsFunc(orders, func(other renewal.Order) bool { return other.ID == o.ID }) {
			return queryOrders.unreadable("", errMoving)
		}
		orders = append(orders, o)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return orders, nil
}

// Order reads one order with its instances (BSS GetOrderDetail). One that the
// book does not have, or not yet, is an error.
func (c *Cloud) Order(ctx context.Context, id string) (renewal.Order, error) {
	list, _, err := c.billedList(ctx, orderDetail, map[string]string{"OrderId": id}, "OrderList", "Order")
	if err != nil {
		return renewal.Order{}, err
	}
	var whole renewal.Order
	for i, item := range list {
		part, odd := readOrder(item)
		if odd != "" || part.ID != "" && part.ID != id {
			return renewal.Order{}, orderDetail.unreadable("", lang.Err("the order could not be read: %s", "无法读取订单：%s", odd))
		}
		if i == 0 {
			whole = part
		} else {
			whole = joined(whole, part)
		}
	}
	if len(list) == 0 {
		return renewal.Order{}, orderDetail.unreadable("", lang.Err("the order is not in the book", "订单簿中没有该订单"))
	}
	whole.ID = id
	return whole, nil
}

// joined puts the parts of an order together, which has one for each thing that
// it buys. Where they differ, nothing is told.
func joined(a, b renewal.Order) renewal.Order {
	if a.State != b.State {
		a.State = renewal.OrderOpen
	}
	if !a.Ends.Equal(b.Ends) {
		a.Ends = time.Time{}
	}
	if a.Amount.Currency == b.Amount.Currency {
		a.Amount.Value = a.Amount.Value.Add(b.Amount.Value)
	} else {
		a.Amount = renewal.Amount{}
	}
	a.Renewal = a.Renewal || b.Renewal
	for _, id := range b.IDs {
		if !slices.Contains(a.IDs, id) {
			a.IDs = append(a.IDs, id)
		}
	}
	return a
}

// orderStates are the words of PaymentStatus. Documents differ on their case.
var orderStates = map[string]renewal.OrderState{
	"paid": renewal.OrderPaid, "unpaid": renewal.OrderUnpaid, "cancelled": renewal.OrderCancelled,
}

// readOrder reads an order of the list, or of the detail, which tells more; odd
// are the keys of what could not be read.
func readOrder(item raw) (o renewal.Order, odd string) {
	var d struct {
		OrderId, OrderType, PaymentStatus, ProductCode, CreateTime, PaymentTime, UsageEndTime, InstanceIDs raw
		Currency, PaymentCurrency, PretaxAmount, AfterTaxAmount                                            scalar
	}
	var r reader
	r.object("Order", item, &d)
	o = renewal.Order{
		ID: r.text("OrderId", d.OrderId), Code: strings.ToLower(r.text("ProductCode", d.ProductCode)),
		Renewal: mayRenew(r.text("OrderType", d.OrderType)),
		State:   orderStates[strings.ToLower(r.text("PaymentStatus", d.PaymentStatus))],
		Created: r.moment("CreateTime", d.CreateTime), PaidAt: new(reader).moment("PaymentTime", d.PaymentTime), Ends: r.moment("UsageEndTime", d.UsageEndTime),
		Amount: charged(money(d.PretaxAmount, d.Currency), d.AfterTaxAmount, d.PaymentCurrency),
		IDs:    orderedIDs(&r, d.InstanceIDs),
	}
	if o.State == "" {
		o.State = renewal.OrderOpen
	}
	if len(o.IDs) > 1 {
		o.Ends = time.Time{} // nobody says of which of them
	}
	return o, r.fault()
}

// mayRenew says whether an order of a type may be a renewal: so may one that tells
// no type.
func mayRenew(kind string) bool {
	return kind == "" || strings.Contains(strings.ToLower(kind), "renew")
}

// charged is what leaves the account: with tax, where tax comes on top. An amount
// after tax of nothing, or in another currency, says nothing.
func charged(pretax renewal.Amount, afterTax, currency scalar) renewal.Amount {
	if currency == "" {
		currency = scalar(pretax.Currency)
	}
	if after := money(afterTax, currency); after.Currency == pretax.Currency && after.Value.GreaterThan(pretax.Value) {
		return after
	}
	return pretax
}

// orderedIDs reads the instances of an order: a text that holds a list in JSON,
// or a list.
func orderedIDs(r *reader, v raw) []string {
	if !nothing(v) && v[0] == '"' {
		text := strings.TrimSpace(r.text("InstanceIDs", v))
		if !strings.HasPrefix(text, "[") {
			return strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' })
		}
		if !json.Valid([]byte(text)) {
			r.odd("InstanceIDs")
			return nil
		}
		v = raw(text)
	}
	return slices.DeleteFunc(r.texts("InstanceIDs", v, ""), func(id string) bool { return id == "" })
}
