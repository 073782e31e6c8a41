package cloud

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// redis is the row of Tair and Redis. A renewal of an instance that has been
// disabled counts from the day it is paid.
var redis = &product{
	key: "redis", code: "redisa", resource: "ACS::Redis::DBInstance", status: "Normal",
	china:    afterlife{kept: 7 * day, listed: 15 * day},
	intl:     afterlife{works: 15 * day, kept: 30 * day, listed: 30 * day},
	fromPaid: true,
	deducts:  7 * day,
}

// redisActions are the actions of R-kvstore, which RAM calls kvstore.
func redisActions() []action {
	return of("kvstore", "2015-01-01", []action{
		{
			name: "DescribeInstances", ram: []string{"kvstore:DescribeInstances"},
			list: "Instances.KVStoreInstance", total: "TotalCount", do: (*Cloud).redisInstances,
			params: []param{
				str("InstanceIds"), str("InstanceStatus"), str("ChargeType"), str("Expired"), str("ResourceGroupId"),
				str("Tag.#.Key"), str("Tag.#.Value"), num("PageNumber"), num("PageSize"),
				refused("GlobalInstance"), refused("SearchKey"), refused("InstanceType"), refused("InstanceClass"), refused("EngineVersion"),
				refused("ArchitectureType"), refused("EditionType"), refused("NetworkType"), refused("NodeType"), refused("PrivateIp"),
				refused("VSwitchId"), refused("VpcId"), refused("ZoneId"),
			},
		},
		{
			name: "DescribePrice", ram: []string{"kvstore:DescribePrice"}, do: (*Cloud).redisPrice,
			params: []param{
				must(str("OrderType")), str("InstanceId"), num("Period"), str("ChargeType"), num("Quantity"), str("CouponNo"),
				refused("Instances"), refused("InstanceClass"), refused("Capacity"), refused("ForceUpgrade"), refused("BusinessInfo"),
				refused("EngineVersion"), refused("NodeType"), refused("OrderParamOut"), refused("SecondaryZoneId"), refused("ShardCount"), refused("ZoneId"),
			},
		},
		{
			// What changes the specification is refused: nobody who only renews sends it.
			name: "RenewInstance", ram: []string{"kvstore:RenewInstance"}, buys: true, do: (*Cloud).redisRenew,
			params: []param{
				must(str("InstanceId")), must(num("Period")), yes("AutoPay"), yes("AutoRenew"), str("ClientToken"), str("CouponNo"), str("FromApp"),
				refused("Capacity"), refused("InstanceClass"), refused("ForceUpgrade"), refused("BusinessInfo"),
			},
		},
		{
			name: "DescribeInstanceAutoRenewalAttribute", ram: []string{"kvstore:DescribeInstanceAutoRenewalAttribute"}, regions: true,
			list: "Items.Item", total: "TotalRecordCount", do: (*Cloud).redisAutoRenewal,
			params: []param{must(str("RegionId")), str("DBInstanceId"), num("PageNumber"), num("PageSize"), str("ClientToken")},
		},
		{
			name: "ModifyInstanceAutoRenewalAttribute", ram: []string{"kvstore:ModifyInstanceAutoRenewalAttribute"}, do: (*Cloud).redisSetAutoRenewal,
			params: []param{must(str("DBInstanceId")), str("AutoRenew"), num("Duration"), refused("Product")},
		},
	})
}

func redisNotFound(id string) *apiError {
	return refuse(404, "InvalidInstanceId.NotFound", "There is no instance %q in this region.", id)
}

// redisInstances is DescribeInstances, for up to 30 ids or all of a region.
func (c *Cloud) redisInstances(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := splitList(rq.get("InstanceIds"))
	if len(ids) > 30 {
		return nil, invalid("InstanceIds", rq.get("InstanceIds"), "more than 30 ids")
	}
	if err := cmp.Or(oneOf(rq, "ChargeType", "PrePaid", "PostPaid"), trueOrFalse(rq, "Expired")); err != nil {
		return nil, err
	}
	page, err := numberedPage(rq, 30, upTo(50))
	if err != nil {
		return nil, err
	}
	wanted, err := tagFilters(rq)
	if err != nil {
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	now := c.now()
	found := slices.DeleteFunc(c.own(rq, redis), func(i *instance) bool {
		return ids != nil && !slices.Contains(ids, i.ID) || !fits(rq, "InstanceStatus", i.Status) || !fits(rq, "ChargeType", i.ChargeType) ||
			!fits(rq, "ResourceGroupId", i.ResourceGroup) || !all(wanted, i) ||
			rq.get("Expired") != "" && strings.EqualFold(rq.get("Expired"), "true") != (i.prepaid() && !now.Before(i.shown))
	})
	list := []any{}
	for _, i := range cut(found, page) {
		item := fields{
			"InstanceId": i.ID, "InstanceName": i.Name, "RegionId": i.Region, "ZoneId": i.Zone, "ChargeType": i.ChargeType,
			"InstanceStatus": i.Status, "HasRenewChangeOrder": i.PendingOrder != "", "ResourceGroupId": i.ResourceGroup,
			"InstanceClass": cmp.Or(i.Type, "tair.rdb.1g"), "InstanceType": "Redis", "EngineVersion": "7.0", "Capacity": 1024,
			"NetworkType": "VPC", "VpcId": i.VPC, "VSwitchId": i.VSwitch, "CreateTime": i.Created.Format(secondFmt),
			"Tags": fields{"Tag": i.tagPairs("Key", "Value")},
		}
		if !c.works(i, i.shown, now) {
			item["InstanceStatus"] = "Inactive"
		}
		i.putExpiry(item, "EndTime", secondFmt)
		list = append(list, item)
	}
	return fields{
		"Instances": fields{"KVStoreInstance": list}, "PageNumber": page.number, "PageSize": page.size, "TotalCount": len(found),
	}, nil
}

// redisPrice is DescribePrice for a renewal. What it will not quote it may refuse
// in the Code of an Order, in an answer of 200: a quote scripted with SetPrice as
// a JSON object stands in for the whole Order.
func (c *Cloud) redisPrice(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case rq.get("OrderType") != "RENEW":
		return nil, refuse(400, "UnsupportedParameter", "The order type %q is not modelled by this emulator.", rq.get("OrderType"))
	case rq.get("InstanceId") == "":
		return nil, missing("InstanceId")
	case rq.get("Period") == "":
		return nil, missing("Period")
	case !slices.Contains(monthsOffered, months(rq, "Period")):
		return nil, invalid("Period", rq.get("Period"), "1 to 9, 12, 24 or 36")
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	i := c.ownOne(rq, redis, rq.get("InstanceId"))
	if i == nil {
		return nil, redisNotFound(rq.get("InstanceId"))
	}
	if strings.HasPrefix(i.quote, "{") {
		return fields{"Order": json.RawMessage(i.quote)}, nil
	}
	full, trade := i.due(months(rq, "Period"), "Month")
	order := c.quoted(i, full, trade, "Amount", true)
	order["RuleIds"] = fields{"RuleId": []any{}}
	return fields{"Order": order, "Rules": fields{"Rule": []any{}}, "SubOrders": fields{"SubOrder": []any{}}}, nil
}

// redisRenew is RenewInstance. Its answer says the new end.
func (c *Cloud) redisRenew(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := rq.get("InstanceId")
	i, order, err := c.buy(rq, purchase{
		find:   func() *instance { return c.ownOne(rq, redis, id) },
		months: months(rq, "Period"), offered: monthsOffered, token: rq.get("ClientToken"),
		leave: rq.get("AutoPay") == "false", autoRenew: rq.get("AutoRenew"),
		no: refusals{
			absent:  redisNotFound(id),
			payg:    refuse(400, "InvalidOrderCharge.NotSupport", "Pay-as-you-go instances are not renewed."),
			period:  invalid("Period", rq.get("Period"), "1 to 9, 12, 24 or 36"),
			state:   refuse(403, "IncorrectDBInstanceState", "The state of the instance does not support the operation."),
			unpaid:  refuse(400, "ORDER.ABNORMAL_RESOURCE_STATUS_FOR_RENEW", "The instance has an unpaid order."),
			pending: refuse(400, "HasRenewChangeOrder", "The instance has an order that is not in force yet."),
			busy:    refuse(403, "IncorrectDBInstanceState", "The instance is being renewed."),
			short:   refuse(400, "PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", "The balance does not suffice."),
		},
	})
	if err != nil {
		return nil, err
	}
	rules := c.opts.Products[redis.key]
	body := answerOrder(fields{}, order.ID, cmp.Or(rules.OrderID, OrderText))
	end := i.Expires
	if rules.OldEnd && !order.From.IsZero() {
		end = order.From
	}
	body["EndTime"] = end.Format(secondFmt)
	return body, nil
}

func (c *Cloud) redisAutoRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.autoRenewals(rq, c.own(rq, redis), "DBInstanceId", func(i *instance) fields {
		return fields{"DBInstanceId": i.ID, "AutoRenew": lower(i.shownSetting.status == "AutoRenewal"), "Status": "NORMAL"}
	})
}

func (c *Cloud) redisSetAutoRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.setAutoRenewal(rq, redis, 30, redisNotFound)
}

// lower writes a truth as Redis and MongoDB do.
func lower(b bool) string { return strings.ToLower(title(b)) }
