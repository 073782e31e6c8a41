package aliyun

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// rds is ApsaraDB RDS. Read-only instances are subscriptions of their own.
var rds = product{
	name: "Rds", version: "2014-08-15", key: "rds", codes: rdsCodes,
	host: endpoints("rds", "ap-southeast-1", "cn-beijing", "cn-beijing-finance-1", "cn-heyuan", "cn-hongkong", "cn-qingdao", "cn-shanghai", "cn-shenzhen", "us-east-1", "us-west-1"),
}

// rdsInstance is how RAM names what a call on one instance is about.
const rdsInstance = "acs:rds:{region}:{account}:dbinstance/*"

// What RDS is asked.
var (
	rdsInstances = api{product: rds, action: "DescribeDBInstances", ram: []string{"rds:DescribeDBInstances"}, use: renewal.ToList}
	rdsTags      = api{product: rds, action: "ListTagResources", ram: []string{"rds:ListTagResources"}, use: renewal.ToList, resource: rdsInstance}
	rdsPrice     = api{product: rds, action: "DescribeRenewalPrice", ram: []string{"rds:DescribeRenewalPrice"}, use: renewal.ToPrice, resource: rdsInstance}
	rdsRenew     = api{product: rds, action: "RenewInstance", ram: []string{"rds:RenewInstance"}, use: renewal.ToPay, resource: rdsInstance, changes: true}
)

// rdsCodes is what RDS refuses with besides.
var rdsCodes = sync.OnceValue(func() map[string]verdict {
	gone := notThere.say("it is gone, or in another region", "实例不存在，或不在该地域")
	all := maps.Clone(orderCodes())
	maps.Copy(all, map[string]verdict{
		"InvalidDBInstanceId.NotFound":     gone,
		"InvalidDBInstanceName.NotFound":   gone,
		"OperationDenied.DBInstanceStatus": mayHeal.say("its state does not allow it now: look at it in the console", "实例当前状态不允许该操作，请到控制台查看"),
	})
	return all
})

// rdsList is DescribeDBInstances.
var rdsList = pager{api: rdsInstances, key: "Items", inner: "DBInstance", total: "TotalRecordCount", size: 100}

// rdsForm is an item of it. Its tags are elsewhere.
var rdsForm = form{
	id: "DBInstanceId", name: "DBInstanceDescription", charge: "PayType", prepaid: "Prepaid", expiry: "ExpireTime", status: "DBInstanceStatus",
	kind: "DBInstanceClass", zone: "ZoneId", vpc: "VpcId", created: "CreateTime", untagged: true, more: lockMode,
}

// databases are the calls to RDS.
type databases struct{ billed }

// Instances implements Calls for up to 100 of them, with their tags (RDS
// DescribeDBInstances, ListTagResources). Where the tags cannot be read, they are
// Unnamed, and no worse off.
func (d databases) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	items, err := rdsList.some(ctx, d.cloud, region, map[string]string{}, "DBInstanceId", ids)
	if err != nil {
		return nil, err
	}
	list := d.own(rdsForm.all(items, region), ids)
	if len(list) == 0 {
		return nil, nil
	}
	tags := map[string]map[string]string{}
	for some := range slices.Chunk(ids, rdsTagged) {
		if err == nil {
			err = d.tags(ctx, region, some, tags)
		}
	}
	for i, in := range list {
		list[i].Tags = tags[in.ID]
		list[i].Unnamed = in.Unnamed || err != nil
		if err != nil {
			list[i].Tags = nil
		}
	}
	return list, nil
}

// rdsTagged are the instances whose tags one call reads.
const rdsTagged = 50

// tags reads the tags of up to 50 instances, all pages of them, into all.
func (d databases) tags(ctx context.Context, region string, ids []string, all map[string]map[string]string) error {
	params := map[string]string{"ResourceType": "INSTANCE"}
	for i, id := range ids {
		params["ResourceId."+strconv.Itoa(i+1)] = id
	}
	for pages := 0; ; pages++ {
		var answer map[string]raw
		if err := d.cloud.call(ctx, rdsTags, region, params, readTimeout, &answer); err != nil {
			return err
		}
		list, err := rdsTags.list(answer, "TagResources", "TagResource")
		if err != nil {
			return err
		}
		var r reader
		for _, item := range list {
			var tag struct{ ResourceId, TagKey, TagValue raw }
			r.object("TagResource", item, &tag)
			id := r.text("ResourceId", tag.ResourceId)
			if all[id] == nil {
				all[id] = map[string]string{}
			}
			all[id][r.text("TagKey", tag.TagKey)] = r.text("TagValue", tag.TagValue)
		}
		next := r.text("NextToken", answer["NextToken"])
		if keys := r.fault(); keys != "" || pages > mostTagPages {
			return rdsTags.unreadable("", errOdd)
		}
		if next == "" {
			return nil
		}
		params["NextToken"] = next
	}
}

// mostTagPages bounds the pages of the tags of 50 instances, of which each has 20
// at most: some APIs give the same token again and again.
const mostTagPages = 100

// Price implements Calls: before coupons (RDS DescribeRenewalPrice, TradePrice).
// Years are asked for as such, and more than three have no price.
func (d databases) Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error) {
	params := map[string]string{"DBInstanceId": in.ID, "OrderType": "BUY"}
	switch months := term.Period.Months; {
	case term.UntilDay > 0:
		return renewal.Amount{}, rdsPrice.failed(renewal.Terminal, 0, errNoPrice)
	case months >= 1 && months <= 9:
		params["UsedTime"], params["TimeType"] = strconv.Itoa(months), "Month"
	case months == 12 || months == 24 || months == 36:
		params["UsedTime"], params["TimeType"] = strconv.Itoa(months/12), "Year"
	default:
		return renewal.Amount{}, rdsPrice.failed(renewal.Terminal, 0, errNoPrice)
	}
	var answer struct {
		RequestId scalar
		PriceInfo raw
	}
	if err := d.cloud.call(ctx, rdsPrice, region, params, readTimeout, &answer); err != nil {
		return renewal.Amount{}, err
	}
	var price struct{ TradePrice, Currency scalar }
	new(reader).object("PriceInfo", answer.PriceInfo, &price)
	return rdsPrice.price(price.TradePrice, price.Currency, answer.RequestId)
}

// Renew implements Calls (RDS RenewInstance). Without AutoPay it would make an
// order that nobody pays, and answer as if all were well.
func (d databases) Renew(ctx context.Context, region string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error) {
	months, err := monthsOf(rdsRenew, term)
	if err != nil {
		return "", err
	}
	params := map[string]string{"DBInstanceId": in.ID, "Period": months, "AutoPay": "True", "ClientToken": token}
	keepAuto(params, in, "True", "False")
	var answer struct{ Code, RequestId, OrderId scalar }
	if err := d.cloud.call(ctx, rdsRenew, region, params, timeout, &answer); err != nil {
		return "", err
	}
	return rdsRenew.ordered(answer.OrderId, answer.Code, answer.RequestId)
}
