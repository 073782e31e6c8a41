package cloud

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// mongodb is the row of ApsaraDB for MongoDB. Its pages disagree on whether an
// expired instance works on for 15 days; here it does not. A repeated ClientToken
// is rejected, which is the one thing that is documented of any product's but
// that of ECS.
var mongodb = &product{
	key: "mongodb", code: "dds", resource: "ACS::MongoDB::DBInstance", status: "Running",
	china:   afterlife{kept: 15 * day, listed: 15 * day},
	intl:    afterlife{kept: 15 * day, listed: 15 * day},
	deducts: 9 * day,
	token:   Reject,
}

// mongodbKinds are the lists in which instances are found: each has its own.
var mongodbKinds = []string{"replicate", "sharding", "serverless"}

// mongodbActions are the actions of DDS.
func mongodbActions() []action {
	return of("dds", "2015-12-01", []action{
		{
			name: "DescribeDBInstances", ram: []string{"dds:DescribeDBInstances"},
			list: "DBInstances.DBInstance", total: "TotalCount", do: (*Cloud).mongodbInstances,
			params: []param{
				str("DBInstanceId"), str("DBInstanceType"), str("DBInstanceStatus"), str("ChargeType"), str("ExpireTime"), str("Expired"),
				str("ResourceGroupId"), str("Tag.#.Key"), str("Tag.#.Value"), num("PageNumber"), num("PageSize"),
				refused("ConnectionDomain"), refused("DBInstanceClass"), refused("DBInstanceDescription"), refused("DBNodeType"), refused("Engine"),
				refused("EngineVersion"), refused("NetworkType"), refused("ReplicationFactor"), refused("VSwitchId"), refused("VpcId"), refused("ZoneId"),
			},
		},
		{
			name: "DescribeRenewalPrice", ram: []string{"dds:DescribeRenewalPrice"}, do: (*Cloud).mongodbPrice,
			params: []param{must(str("DBInstanceId")), str("CouponNo"), refused("BusinessInfo")},
		},
		{
			name: "RenewDBInstance", ram: []string{"dds:RenewDBInstance"}, buys: true, do: (*Cloud).mongodbRenew,
			params: []param{
				must(str("DBInstanceId")), must(num("Period")), yes("AutoPay"), yes("AutoRenew"), str("ClientToken"), str("CouponNo"), refused("BusinessInfo"),
			},
		},
		{
			name: "DescribeInstanceAutoRenewalAttribute", ram: []string{"dds:DescribeInstanceAutoRenewalAttribute"}, regions: true,
			list: "Items.Item", total: "TotalRecordCount", do: (*Cloud).mongodbAutoRenewal,
			params: []param{must(str("RegionId")), str("DBInstanceId"), str("DBInstanceType"), num("PageNumber"), num("PageSize")},
		},
		{
			name: "ModifyInstanceAutoRenewalAttribute", ram: []string{"dds:ModifyInstanceAutoRenewalAttribute"}, regions: true,
			do:     (*Cloud).mongodbSetAutoRenewal,
			params: []param{must(str("RegionId")), must(str("DBInstanceId")), must(str("AutoRenew")), num("Duration")},
		},
	})
}

func mongodbNotFound(id string) *apiError {
	return refuse(404, "InvalidDBInstanceId.NotFound", "There is no instance %q in this region.", id)
}

// mongodbOf are the instances of the list that DBInstanceType asks for; without
// it, that of replica sets.
func (c *Cloud) mongodbOf(rq *request) []*instance {
	kind := cmp.Or(rq.get("DBInstanceType"), mongodbKinds[0])
	return slices.DeleteFunc(c.own(rq, mongodb), func(i *instance) bool { return cmp.Or(i.Kind, mongodbKinds[0]) != kind })
}

// mongodbInstances is DescribeDBInstances. Pages have 30, 50 or 100 rows.
func (c *Cloud) mongodbInstances(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := cmp.Or(oneOf(rq, "DBInstanceType", mongodbKinds...), oneOf(rq, "ChargeType", "PrePaid", "PostPaid"), trueOrFalse(rq, "Expired"))
	if err != nil {
		return nil, err
	}
	page, err := numberedPage(rq, 30, thirtyFiftyHundred)
	if err != nil {
		return nil, err
	}
	wanted, err := tagFilters(rq)
	if err != nil {
		return nil, err
	}
	until, err := minuteOf(rq, "ExpireTime")
	if err != nil {
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	now := c.now()
	found := slices.DeleteFunc(c.mongodbOf(rq), func(i *instance) bool {
		return !fits(rq, "DBInstanceId", i.ID) || !fits(rq, "DBInstanceStatus", i.Status) || !fits(rq, "ChargeType", i.ChargeType) ||
			!fits(rq, "ResourceGroupId", i.ResourceGroup) || !all(wanted, i) ||
			!until.IsZero() && (!i.prepaid() || i.shown.After(until)) ||
			rq.get("Expired") != "" && strings.EqualFold(rq.get("Expired"), "true") != (i.prepaid() && !now.Before(i.shown))
	})
	list := []any{}
	for _, i := range cut(found, page) {
		item := fields{
			"DBInstanceId": i.ID, "DBInstanceDescription": i.Name, "RegionId": i.Region, "ZoneId": i.Zone, "ChargeType": i.ChargeType,
			"DBInstanceStatus": i.Status, "LockMode": c.lockMode(i), "DBInstanceType": cmp.Or(i.Kind, mongodbKinds[0]),
			"DBInstanceClass": cmp.Or(i.Type, "mdb.shard.2x.large.d"), "Engine": "MongoDB", "EngineVersion": "7.0", "NetworkType": "VPC",
			"ResourceGroupId": i.ResourceGroup, "CreationTime": i.Created.Format(secondFmt), "Tags": fields{"Tag": i.tagPairs("Key", "Value")},
		}
		item["DBInstanceOrderStatus"] = "all_completed"
		if i.PendingOrder != "" {
			item["DBInstanceOrderStatus"] = "order_wait_for_produce"
		}
		i.putExpiry(item, "ExpireTime", secondFmt)
		list = append(list, item)
	}
	return fields{
		"DBInstances": fields{"DBInstance": list}, "PageNumber": page.number, "PageSize": page.size, "TotalCount": len(found),
	}, nil
}

// minuteOf reads a time that need not be sent, to the minute or the second.
func minuteOf(rq *request, name string) (time.Time, *apiError) {
	value := rq.get(name)
	if value == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{minuteFmt, secondFmt} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, nil
		}
	}
	return time.Time{}, invalid(name, value, "not of the form yyyy-MM-ddTHH:mmZ")
}

// mongodbPrice is DescribeRenewalPrice: that of one month, whatever is wanted.
func (c *Cloud) mongodbPrice(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	i := c.ownOne(rq, mongodb, rq.get("DBInstanceId"))
	switch {
	case i == nil:
		return nil, mongodbNotFound(rq.get("DBInstanceId"))
	case !i.prepaid():
		return nil, refuse(400, "InstanceChargeTypeInvalid", "Pay-as-you-go instances are not renewed.")
	}
	full, trade := i.due(1, "Month")
	order := c.quoted(i, full, trade, "Amount", false)
	order["RuleIds"] = fields{"RuleId": []any{}}
	return fields{"Order": order, "Rules": fields{"Rule": []any{}}, "SubOrders": fields{"SubOrder": []any{}}}, nil
}

func (c *Cloud) mongodbRenew(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := rq.get("DBInstanceId")
	i, order, err := c.buy(rq, purchase{
		find:   func() *instance { return c.ownOne(rq, mongodb, id) },
		months: months(rq, "Period"), offered: monthsOffered, token: rq.get("ClientToken"),
		leave: rq.get("AutoPay") == "false", autoRenew: rq.get("AutoRenew"),
		no: refusals{
			absent: mongodbNotFound(id),
			payg:   refuse(400, "InstanceChargeTypeInvalid", "Pay-as-you-go instances are not renewed."),
			period: invalid("Period", rq.get("Period"), "1 to 9, 12, 24 or 36"),
			state:  refuse(403, "OperationDenied.DBInstanceStatus", "The state of the instance does not support the operation."),
			unpaid: refuse(400, "Order.InstHasUnpaidOrder", "The instance has an unpaid order."),
			busy:   repeatedToken(),
			short:  refuse(400, "PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", "The balance does not suffice."),
		},
	})
	if err != nil {
		return nil, err
	}
	return answerOrder(fields{}, order.ID, cmp.Or(c.opts.Products[i.product.key].OrderID, OrderText)), nil
}

// mongodbAutoRenewal spells the id of an instance in a way of its own.
func (c *Cloud) mongodbAutoRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.autoRenewals(rq, c.mongodbOf(rq), "DBInstanceId", func(i *instance) fields {
		return fields{"DbInstanceId": i.ID, "DBInstanceType": cmp.Or(i.Kind, mongodbKinds[0]), "AutoRenew": lower(i.shownSetting.status == "AutoRenewal")}
	})
}

func (c *Cloud) mongodbSetAutoRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.setAutoRenewal(rq, mongodb, 1, mongodbNotFound)
}
