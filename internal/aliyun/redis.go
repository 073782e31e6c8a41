package aliyun

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// redis is Tair and Redis, whose API is called R-kvstore, and kvstore by RAM.
var redis = product{
	name: "R-kvstore", version: "2015-01-01", key: "redis", codes: redisCodes,
	host: endpoints("r-kvstore", "cn-beijing", "cn-beijing-finance-1", "cn-guangzhou", "cn-hangzhou-finance", "cn-heyuan", "cn-qingdao", "cn-shanghai", "cn-shenzhen", "cn-wulanchabu"),
}

// redisInstance is how RAM names what a call on one instance is about.
const redisInstance = "acs:kvstore:{region}:{account}:instance/*"

// What R-kvstore is asked.
var (
	redisInstances = api{product: redis, action: "DescribeInstances", ram: []string{"kvstore:DescribeInstances"}, use: renewal.ToList}
	redisPrice     = api{product: redis, action: "DescribePrice", ram: []string{"kvstore:DescribePrice"}, use: renewal.ToPrice}
	redisRenew     = api{product: redis, action: "RenewInstance", ram: []string{"kvstore:RenewInstance"}, use: renewal.ToPay, resource: redisInstance, changes: true}
)

// redisCodes is what R-kvstore refuses with besides.
var redisCodes = sync.OnceValue(func() map[string]verdict {
	state := mayHeal.say("its state does not allow it now: look at it in the console", "实例当前状态不允许该操作，请到控制台查看")
	all := maps.Clone(orderCodes())
	maps.Copy(all, map[string]verdict{
		"HasRenewChangeOrder":                      mayHeal.say("a renewal with a change of its type is waiting to come into force", "存在待生效的续费变配订单"),
		"ORDER.ABNORMAL_RESOURCE_STATUS_FOR_RENEW": state,
		"IncorrectDBInstanceState":                 state,
		"NotFoundOrder":                            refused.say("the order system does not know it: renew it in the console, and see what is said there", "订单系统中没有该实例：请在控制台续费并查看提示"),
		"InvalidInstanceId.NotFound":               notThere.say("it is gone, or in another region", "实例不存在，或不在该地域"),
	})
	return all
})

// redisList is DescribeInstances for up to 30 ids.
var redisList = pager{api: redisInstances, key: "Instances", inner: "KVStoreInstance", total: "TotalCount", size: 50}

var redisForm = form{
	id: "InstanceId", name: "InstanceName", charge: "ChargeType", prepaid: "PrePaid", expiry: "EndTime", status: "InstanceStatus",
	kind: "InstanceClass", zone: "ZoneId", vpc: "VpcId", created: "CreateTime",
	more: func(r *reader, item map[string]raw, in *renewal.Instance) {
		if in.Status == "Inactive" { // disabled: it has expired, or the account owes money
			in.Locks = append(in.Locks, "financial")
		}
		in.Pending = pending(r, item, "HasRenewChangeOrder", "")
	},
}

// caches are the calls to Tair and Redis.
type caches struct{ billed }

// Instances implements Calls for up to 30 of them (R-kvstore DescribeInstances).
func (d caches) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	items, err := redisList.all(ctx, d.cloud, region, map[string]string{"InstanceIds": strings.Join(ids, ",")})
	if err != nil {
		return nil, err
	}
	return d.own(redisForm.all(items, region), ids), nil
}

// Price implements Calls: before coupons (R-kvstore DescribePrice, TradeAmount). A
// refusal may be in the order of an answer of 200.
func (d caches) Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error) {
	months, err := monthsOf(redisPrice, term)
	if err != nil {
		return renewal.Amount{}, err
	}
	params := map[string]string{"OrderType": "RENEW", "InstanceId": in.ID, "Period": months, "ChargeType": "PrePaid"}
	var answer struct {
		RequestId scalar
		Order     raw
	}
	if err := d.cloud.call(ctx, redisPrice, region, params, readTimeout, &answer); err != nil {
		return renewal.Amount{}, err
	}
	var order struct{ TradeAmount, Currency, Code scalar }
	new(reader).object("Order", answer.Order, &order)
	if !accepted(string(order.Code)) {
		e := newCallError(redisPrice, string(order.Code), http.StatusOK, string(answer.RequestId))
		if e.Class == renewal.Ambiguous {
			e.Class = renewal.Terminal // of a price nothing is in doubt
		}
		return renewal.Amount{}, e
	}
	return redisPrice.price(order.TradeAmount, order.Currency, answer.RequestId)
}

// Renew implements Calls (R-kvstore RenewInstance). Nothing is sent that would
// change the instance. The answer tells a new end, too, which proves nothing that
// a look does not.
func (d caches) Renew(ctx context.Context, region string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error) {
	months, err := monthsOf(redisRenew, term)
	if err != nil {
		return "", err
	}
	params := map[string]string{"InstanceId": in.ID, "Period": months, "AutoPay": "true", "ClientToken": token}
	keepAuto(params, in, "true", "false")
	var answer struct{ Code, RequestId, OrderId scalar }
	if err := d.cloud.call(ctx, redisRenew, region, params, timeout, &answer); err != nil {
		return "", err
	}
	return redisRenew.ordered(answer.OrderId, answer.Code, answer.RequestId)
}
