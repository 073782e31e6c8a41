package cloud

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// rds is the row of RDS. Its instances stop the moment they expire; seven days
// later only their backups are left, which the billing list still shows for a
// while. (Of the international site the documents say less: it keeps them for 15
// days running and 15 locked.)
var rds = &product{
	key: "rds", code: "rds", kind: "rds", resource: "ACS::RDS::DBInstance", status: "Running",
	china:   afterlife{kept: 7 * day, listed: 15 * day},
	intl:    afterlife{works: 15 * day, kept: 30 * day, listed: 30 * day},
	deducts: 2*day + 16*time.Hour,
	orderID: OrderNumber,
}

// readOnlyType is the ProductType of read-only RDS instances in the billing list.
const readOnlyType = "roRDS"

// rdsMonths are what RDS is renewed for; a quote reaches to 36 of them.
var rdsMonths = slices.Concat(monthsOffered, []int{48, 60})

// rdsActions are the actions of RDS.
func rdsActions() []action {
	return of("rds", "2014-08-15", []action{
		{
			name: "DescribeDBInstances", ram: []string{"rds:DescribeDBInstances"}, regions: true,
			list: "Items.DBInstance", total: "TotalRecordCount", do: (*Cloud).rdsInstances,
			params: []param{
				must(str("RegionId")), str("DBInstanceId"), str("DBInstanceStatus"), str("DBInstanceType"), str("PayType"), str("Expired"),
				str("ResourceGroupId"), num("MaxResults"), str("NextToken"), num("PageNumber"), num("PageSize"), str("ClientToken"),
				refused("Tags"), refused("SearchKey"), refused("Engine"), refused("EngineVersion"), refused("VpcId"), refused("VSwitchId"),
				refused("ZoneId"), refused("Category"), refused("ConnectionMode"), refused("ConnectionString"), refused("DBInstanceClass"),
				refused("DedicatedHostGroupId"), refused("DedicatedHostId"), refused("Filter"), refused("InstanceLevel"),
				refused("InstanceNetworkType"), refused("QueryAutoRenewal"), refused("proxyId"),
			},
		},
		{
			name: "DescribeDBInstancesByExpireTime", ram: []string{"rds:DescribeDBInstancesByExpireTime"},
			list: "Items.DBInstanceExpireTime", total: "TotalRecordCount", do: (*Cloud).rdsByExpiry,
			params: []param{
				num("ExpirePeriod"), yes("Expired"), str("ResourceGroupId"), num("PageNumber"), num("PageSize"), refused("Tags"), refused("proxyId"),
			},
		},
		{
			name: "DescribeDBInstanceAttribute", ram: []string{"rds:DescribeDBInstanceAttribute"},
			list: "Items.DBInstanceAttribute", do: (*Cloud).rdsAttribute, params: []param{must(str("DBInstanceId")), str("Expired")},
		},
		{
			name: "ListTagResources", ram: []string{"rds:ListTagResources"}, regions: true,
			list: "TagResources.TagResource", do: (*Cloud).rdsTags,
			params: []param{
				must(str("RegionId")), must(str("ResourceType")), str("ResourceId.#"), str("Tag.#.Key"), str("Tag.#.Value"), str("NextToken"),
			},
		},
		{
			name: "DescribeRenewalPrice", ram: []string{"rds:DescribeRenewalPrice"}, do: (*Cloud).rdsPrice,
			params: []param{
				must(str("DBInstanceId")), must(str("TimeType")), must(num("UsedTime")), str("OrderType"), num("Quantity"), str("ClientToken"),
				refused("DBInstanceClass"), refused("PayType"), refused("BusinessInfo"), refused("ResourceGroupId"),
			},
		},
		{
			name: "RenewInstance", ram: []string{"rds:RenewInstance"}, buys: true, do: (*Cloud).rdsRenew,
			params: []param{
				must(str("DBInstanceId")), must(num("Period")), str("AutoPay"), str("AutoRenew"), str("ClientToken"),
				yes("AutoUseCoupon"), refused("PromotionCode"), refused("BusinessInfo"),
			},
		},
		{
			name: "DescribeInstanceAutoRenewalAttribute", ram: []string{"rds:DescribeInstanceAutoRenewalAttribute"}, regions: true,
			list: "Items.Item", total: "TotalRecordCount", do: (*Cloud).rdsAutoRenewal,
			params: []param{must(str("RegionId")), str("DBInstanceId"), num("PageNumber"), num("PageSize"), str("ClientToken"), refused("proxyId")},
		},
		{
			name: "ModifyInstanceAutoRenewalAttribute", ram: []string{"rds:ModifyInstanceAutoRenewalAttribute"}, regions: true,
			do:     (*Cloud).rdsSetAutoRenewal,
			params: []param{must(str("RegionId")), must(str("DBInstanceId")), str("AutoRenew"), num("Duration"), str("ClientToken")},
		},
	})
}

func rdsNotFound(id string) *apiError {
	return refuse(404, "InvalidDBInstanceId.NotFound", "There is no instance %q in this region.", id)
}

// rdsInstances is DescribeDBInstances. MaxResults or NextToken decide for token
// paging.
func (c *Cloud) rdsInstances(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := oneOf(rq, "PayType", "Prepaid", "Postpaid"); err != nil {
		return nil, err
	}
	byToken := rq.get("MaxResults") != "" || rq.get("NextToken") != ""
	page, err := tokenPage(rq, 30, 100)
	if !byToken {
		page, err = numberedPage(rq, 30, upTo(100))
	}
	if err != nil {
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	now := c.now()
	found := slices.DeleteFunc(c.own(rq, rds), func(i *instance) bool {
		return !fits(rq, "DBInstanceId", i.ID) || !fits(rq, "DBInstanceStatus", i.Status) || !fits(rq, "DBInstanceType", rdsKind(i)) ||
			!fits(rq, "PayType", rdsPayType(i)) || !fits(rq, "ResourceGroupId", i.ResourceGroup) ||
			rq.get("Expired") != "" && strings.EqualFold(rq.get("Expired"), "true") != (i.prepaid() && !now.Before(i.shown))
	})
	list := []any{}
	for _, i := range cut(found, page) {
		list = append(list, c.rdsItem(i))
	}
	body := fields{"Items": fields{"DBInstance": list}, "TotalRecordCount": len(found), "PageRecordCount": len(list)}
	if !byToken {
		body["PageNumber"] = page.number
	} else {
		c.putToken(rq, body, page.offset+len(list), len(found))
	}
	return body, nil
}

// rdsItem is an instance as the list shows it: without its tags.
func (c *Cloud) rdsItem(i *instance) fields {
	item := fields{
		"DBInstanceId": i.ID, "DBInstanceDescription": i.Name, "RegionId": i.Region, "ZoneId": i.Zone,
		"PayType": rdsPayType(i), "DBInstanceStatus": i.Status, "LockMode": c.lockMode(i), "LockReason": "",
		"DBInstanceType": rdsKind(i), "Engine": "MySQL", "EngineVersion": "8.0", "DBInstanceClass": cmp.Or(i.Type, "mysql.n2.medium.1"),
		"InstanceNetworkType": "VPC", "VpcId": i.VPC, "VSwitchId": i.VSwitch, "ResourceGroupId": i.ResourceGroup,
		"CreateTime": i.Created.Format(secondFmt), "MutriORsignle": false, "DeletionProtection": false,
	}
	if i.Primary != "" {
		item["MasterInstanceId"] = i.Primary
	}
	replicas := []any{}
	for _, other := range c.instances {
		if other.product == rds && other.Primary == i.ID {
			replicas = append(replicas, fields{"DBInstanceId": other.ID})
		}
	}
	item["ReadOnlyDBInstanceIds"] = fields{"ReadOnlyDBInstanceId": replicas}
	i.putExpiry(item, "ExpireTime", secondFmt)
	if !i.prepaid() {
		item["ExpireTime"] = nil
	}
	return item
}

func rdsKind(i *instance) string {
	if i.Primary != "" {
		return "Readonly"
	}
	return "Primary"
}

// rdsPayType is the charge type as RDS, MongoDB and PolarDB have it.
func rdsPayType(i *instance) string {
	if i.prepaid() {
		return "Prepaid"
	}
	return "Postpaid"
}

// lockMode is the LockMode of a database: its own lock, or that of the expiry.
func (c *Cloud) lockMode(i *instance) string {
	switch {
	case len(i.Locks) > 0:
		return i.Locks[0]
	case !c.works(i, i.shown, c.now()):
		return "LockByExpiration"
	}
	return "Unlock"
}

// rdsByExpiry is DescribeDBInstancesByExpireTime: what ends within so many days,
// or has ended.
func (c *Cloud) rdsByExpiry(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	page, err := numberedPage(rq, 30, upTo(100))
	if err != nil {
		return nil, err
	}
	period := months(rq, "ExpirePeriod")
	if period < 0 || period > 180 {
		return nil, invalid("ExpirePeriod", rq.get("ExpirePeriod"), "0 to 180")
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	now := c.now()
	found := slices.DeleteFunc(c.own(rq, rds), func(i *instance) bool {
		expired := !now.Before(i.shown)
		return !i.prepaid() || expired != (rq.get("Expired") == "true") || !fits(rq, "ResourceGroupId", i.ResourceGroup) ||
			!expired && i.shown.Sub(now) > time.Duration(period)*day
	})
	list := []any{}
	for _, i := range cut(found, page) {
		item := fields{
			"DBInstanceId": i.ID, "DBInstanceDescription": i.Name, "PayType": rdsPayType(i),
			"DBInstanceStatus": i.Status, "LockMode": c.lockMode(i),
		}
		i.putExpiry(item, "ExpireTime", secondFmt)
		list = append(list, item)
	}
	return fields{
		"Items": fields{"DBInstanceExpireTime": list}, "PageNumber": page.number, "PageRecordCount": len(list), "TotalRecordCount": len(found),
	}, nil
}

// rdsAttribute is DescribeDBInstanceAttribute, for one id or up to 30.
func (c *Cloud) rdsAttribute(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := splitList(rq.get("DBInstanceId"))
	if len(ids) > 30 {
		return nil, invalid("DBInstanceId", rq.get("DBInstanceId"), "more than 30 ids")
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	list := []any{}
	for _, id := range ids {
		i := c.ownOne(rq, rds, id)
		if i == nil {
			return nil, rdsNotFound(id)
		}
		for _, row := range c.rows(rq, i) {
			item := c.rdsItem(row)
			item["CreationTime"] = item["CreateTime"]
			delete(item, "CreateTime")
			list = append(list, item)
		}
	}
	return fields{"Items": fields{"DBInstanceAttribute": list}}, nil
}

// rdsTags is ListTagResources: a row for every tag, of the instances named or of
// all.
func (c *Cloud) rdsTags(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kind := rq.get("ResourceType"); kind != "INSTANCE" {
		return nil, invalid("ResourceType", kind, "INSTANCE")
	}
	ids, err := repeated(rq, "ResourceId", maxTagged)
	if err != nil {
		return nil, err
	}
	wanted, err := tagFilters(rq)
	if err != nil {
		return nil, err
	}
	page, err := tokenPage(rq, 100, 100)
	if err != nil {
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	rows := []any{}
	for _, i := range c.own(rq, rds) {
		if ids != nil && !slices.Contains(ids, i.ID) || !all(wanted, i) {
			continue
		}
		for _, key := range sortedKeys(i.shownTags) {
			rows = append(rows, fields{"ResourceId": i.ID, "ResourceType": "INSTANCE", "TagKey": key, "TagValue": i.shownTags[key]})
		}
	}
	shown := cut(rows, page)
	body := fields{"TagResources": fields{"TagResource": shown}}
	c.putToken(rq, body, page.offset+len(shown), len(rows))
	return body, nil
}

// rdsPrice is DescribeRenewalPrice: by the month up to 9, by the year up to 3;
// what lies beyond is sold and has no quote.
func (c *Cloud) rdsPrice(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	unit, n := rq.get("TimeType"), months(rq, "UsedTime")
	switch {
	case unit != "Month" && unit != "Year":
		return nil, invalid("TimeType", unit, "Month or Year")
	case n < 1, unit == "Month" && n > 9, unit == "Year" && n > 3:
		return nil, invalid("UsedTime", rq.get("UsedTime"), "1 to 9 months, 1 to 3 years")
	case rq.get("OrderType") != "" && rq.get("OrderType") != "BUY":
		return nil, invalid("OrderType", rq.get("OrderType"), "BUY")
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	i := c.ownOne(rq, rds, rq.get("DBInstanceId"))
	switch {
	case i == nil:
		return nil, rdsNotFound(rq.get("DBInstanceId"))
	case !i.prepaid():
		return nil, refuse(404, "InvalidOrderCharge.NotSupport", "Pay-as-you-go instances are not renewed.")
	}
	full, trade := i.due(n, unit)
	price := c.quoted(i, full, trade, "Price", false)
	price["RuleIds"], price["ActivityInfo"] = fields{"RuleId": []any{}}, fields{"CheckErrMsg": "", "ErrorCode": "", "Success": ""}
	return fields{"PriceInfo": price, "Rules": fields{"Rule": []any{}}}, nil
}

// rdsRenew is RenewInstance. Without AutoPay it makes an order that nobody has
// paid, in an answer like any other.
func (c *Cloud) rdsRenew(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := trueOrFalse(rq, "AutoPay", "AutoRenew"); err != nil {
		return nil, err
	}
	id := rq.get("DBInstanceId")
	i, order, err := c.buy(rq, purchase{
		find:   func() *instance { return c.ownOne(rq, rds, id) },
		months: months(rq, "Period"), offered: rdsMonths, token: rq.get("ClientToken"),
		leave: !strings.EqualFold(rq.get("AutoPay"), "true"), autoRenew: rq.get("AutoRenew"),
		no: refusals{
			absent: rdsNotFound(id),
			payg:   refuse(404, "InvalidOrderCharge.NotSupport", "Pay-as-you-go instances are not renewed."),
			period: refuse(400, "Order.PeriodInvalid", "The period %s is not supported.", rq.get("Period")),
			state:  refuse(403, "OperationDenied.DBInstanceStatus", "The instance cannot be renewed."),
			unpaid: refuse(400, "Order.InstHasUnpaidOrder", "The instance has an unpaid order."),
			busy:   refuse(400, "InvalidConcurrentOperate", "Another operation on the instance is under way."),
			short:  refuse(400, "Pay.InsufficientBalance", "The balance does not suffice."),
		},
	})
	if err != nil {
		return nil, err
	}
	return answerOrder(fields{}, order.ID, cmp.Or(c.opts.Products[i.product.key].OrderID, rds.orderID)), nil
}

func (c *Cloud) rdsAutoRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.autoRenewals(rq, c.own(rq, rds), "DBInstanceId", func(i *instance) fields {
		return fields{"DBInstanceId": i.ID, "AutoRenew": title(i.shownSetting.status == "AutoRenewal"), "Status": "NORMAL"}
	})
}

func (c *Cloud) rdsSetAutoRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.setAutoRenewal(rq, rds, 1, rdsNotFound)
}

// title writes a truth as RDS does.
func title(b bool) string {
	if b {
		return "True"
	}
	return "False"
}
