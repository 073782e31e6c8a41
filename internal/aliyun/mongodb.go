package aliyun

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// mongodb is ApsaraDB for MongoDB, whose API is called DDS.
var mongodb = product{
	name: "Dds", version: "2015-12-01", key: "mongodb", codes: mongodbCodes,
	host: endpoints("mongodb", "cn-beijing", "cn-beijing-finance-1", "cn-guangzhou", "cn-hangzhou-finance", "cn-heyuan", "cn-qingdao", "cn-shanghai", "cn-shenzhen", "cn-wulanchabu"),
}

// mongodbInstance is how RAM names what a call on one instance is about.
const mongodbInstance = "acs:dds:{region}:{account}:dbinstance/*"

// What DDS is asked.
var (
	mongodbInstances = api{product: mongodb, action: "DescribeDBInstances", ram: []string{"dds:DescribeDBInstances"}, use: renewal.ToList}
	mongodbPrice     = api{product: mongodb, action: "DescribeRenewalPrice", ram: []string{"dds:DescribeRenewalPrice"}, use: renewal.ToPrice, resource: mongodbInstance}
	mongodbRenew     = api{product: mongodb, action: "RenewDBInstance", ram: []string{"dds:RenewDBInstance"}, use: renewal.ToPay, resource: mongodbInstance, changes: true}
)

// mongodbCodes is what DDS refuses with besides.
var mongodbCodes = sync.OnceValue(func() map[string]verdict {
	gone := notThere.say("it is gone, or in another region", "实例不存在，或不在该地域")
	all := maps.Clone(orderCodes())
	maps.Copy(all, map[string]verdict{
		"InvalidDBInstanceId.NotFound":     gone,
		"InvalidDbInstanceId.NotFound":     gone,
		"InvalidDbInstanceIdInvalid":       gone,
		"InstanceChargeTypeInvalid":        refused.say("it is no longer a subscription", "实例已不是包年包月计费"),
		"OperationDenied.DBInstanceStatus": mayHeal.say("its state does not allow it now: look at it in the console", "实例当前状态不允许该操作，请到控制台查看"),
	})
	return all
})

// mongodbList is DescribeDBInstances of one kind. It takes pages of 30, 50 and 100
// alone.
var mongodbList = pager{api: mongodbInstances, key: "DBInstances", inner: "DBInstance", total: "TotalCount", size: 100}

// mongodbKinds are the kinds that are sold as subscriptions. Each has a list of
// its own, and an instance does not tell by its id in which it is.
var mongodbKinds = []string{"replicate", "sharding"}

// mongodbPending are the words of DBInstanceOrderStatus for an order that is not
// paid, or is and has not come into force.
var mongodbPending = []string{"order_unpaid", "order_wait_for_produce"}

var mongodbForm = form{
	id: "DBInstanceId", name: "DBInstanceDescription", charge: "ChargeType", prepaid: "PrePaid", expiry: "ExpireTime", status: "DBInstanceStatus",
	kind: "DBInstanceClass", zone: "ZoneId", vpc: "VPCId", created: "CreationTime",
	more: func(r *reader, item map[string]raw, in *renewal.Instance) {
		lockMode(r, item, in)
		if order := r.text("DBInstanceOrderStatus", item["DBInstanceOrderStatus"]); slices.Contains(mongodbPending, strings.ToLower(order)) {
			in.Pending = order
		}
	},
}

// documents are the calls to MongoDB.
type documents struct{ billed }

// Instances implements Calls for up to 100 of them (DDS DescribeDBInstances), in
// the lists of both kinds.
func (d documents) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	var found []renewal.Instance
	for _, kind := range mongodbKinds {
		items, err := mongodbList.some(ctx, d.cloud, region, map[string]string{"DBInstanceType": kind}, "DBInstanceId", ids)
		if err != nil {
			return nil, err
		}
		if found = append(found, mongodbForm.all(items, region)...); len(ids) == 1 && len(found) > 0 {
			break
		}
	}
	return d.own(found, ids), nil
}

// Price implements Calls: what a month costs before coupons, times the months,
// which is the most that it can be, since long terms are cheaper by the month (DDS
// DescribeRenewalPrice, which knows one month and no other term).
func (d documents) Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error) {
	if _, err := monthsOf(mongodbPrice, term); err != nil {
		return renewal.Amount{}, err
	}
	var answer struct {
		RequestId scalar
		Order     raw
	}
	if err := d.cloud.call(ctx, mongodbPrice, region, map[string]string{"DBInstanceId": in.ID}, readTimeout, &answer); err != nil {
		return renewal.Amount{}, err
	}
	var order struct{ TradeAmount, Currency scalar }
	new(reader).object("Order", answer.Order, &order)
	month, err := mongodbPrice.price(order.TradeAmount, order.Currency, answer.RequestId)
	if err != nil {
		return renewal.Amount{}, err
	}
	month.Value = month.Value.Mul(decimal.NewFromInt(int64(term.Period.Months)))
	return month, nil
}

// Renew implements Calls (DDS RenewDBInstance).
func (d documents) Renew(ctx context.Context, region string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error) {
	months, err := monthsOf(mongodbRenew, term)
	if err != nil {
		return "", err
	}
	params := map[string]string{"DBInstanceId": in.ID, "Period": months, "AutoPay": "true", "ClientToken": token}
	keepAuto(params, in, "true", "false")
	var answer struct{ Code, RequestId, OrderId scalar }
	if err := d.cloud.call(ctx, mongodbRenew, region, params, timeout, &answer); err != nil {
		return "", err
	}
	return mongodbRenew.ordered(answer.OrderId, answer.Code, answer.RequestId)
}
