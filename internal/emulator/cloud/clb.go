package cloud

import "slices"

// clb is the row of classic load balancers, renewed by BSS RenewInstance.
var clb = &product{
	key: "clb", code: "slb", resource: "ACS::SLB::LoadBalancer", status: "active",
	china:   afterlife{kept: 7 * day, listed: 7 * day},
	intl:    afterlife{kept: 7 * day, listed: 7 * day},
	deducts: 9 * day,
}

// clbActions are the actions on load balancers.
func clbActions() []action {
	return of("slb", "2014-05-15", []action{
		{
			name: "DescribeLoadBalancers", ram: []string{"slb:DescribeLoadBalancers"}, regions: true,
			list: "LoadBalancers.LoadBalancer", total: "TotalCount", do: (*Cloud).loadBalancers,
			params: []param{
				must(str("RegionId")), str("LoadBalancerId"), str("LoadBalancerName"), str("LoadBalancerStatus"), str("PayType"), str("ResourceGroupId"),
				str("Tag.#.Key"), str("Tag.#.Value"), num("PageNumber"), num("PageSize"),
				refused("Address"), refused("AddressIPVersion"), refused("AddressType"), refused("InternetChargeType"), refused("MasterZoneId"),
				refused("NetworkType"), refused("ServerId"), refused("ServerIntranetAddress"), refused("SlaveZoneId"), refused("Tags"),
				refused("VSwitchId"), refused("VpcId"),
			},
		},
		{
			name: "DescribeLoadBalancerAttribute", ram: []string{"slb:DescribeLoadBalancerAttribute"}, regions: true, do: (*Cloud).loadBalancer,
			params: []param{must(str("LoadBalancerId"))},
		},
	})
}

func clbPayType(i *instance) string {
	if i.prepaid() {
		return "PrePay"
	}
	return "PayOnDemand"
}

// loadBalancers is DescribeLoadBalancers. It says when nothing ends. PageSize
// alone is not enough: PageNumber goes with it.
func (c *Cloud) loadBalancers(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if rq.get("PageSize") != "" && rq.get("PageNumber") == "" {
		return nil, missing("PageNumber")
	}
	if err := oneOf(rq, "PayType", "PrePay", "PayOnDemand"); err != nil {
		return nil, err
	}
	page, err := numberedPage(rq, 10, upTo(100))
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
	ids := splitList(rq.get("LoadBalancerId"))
	found := slices.DeleteFunc(c.own(rq, clb), func(i *instance) bool {
		return ids != nil && !slices.Contains(ids, i.ID) || !fits(rq, "LoadBalancerName", i.Name) || !fits(rq, "LoadBalancerStatus", i.Status) ||
			!fits(rq, "PayType", clbPayType(i)) || !fits(rq, "ResourceGroupId", i.ResourceGroup) || !all(wanted, i)
	})
	list := []any{}
	for _, i := range cut(found, page) {
		list = append(list, c.clbItem(i))
	}
	return fields{
		"LoadBalancers": fields{"LoadBalancer": list}, "PageNumber": page.number, "PageSize": page.size, "TotalCount": len(found),
	}, nil
}

// clbItem is what list and attribute both say of a load balancer.
func (c *Cloud) clbItem(i *instance) fields {
	status := i.Status
	if !c.works(i, i.shown, c.now()) {
		status = "locked"
	}
	return fields{
		"LoadBalancerId": i.ID, "LoadBalancerName": i.Name, "RegionId": i.Region, "RegionIdAlias": i.Region, "LoadBalancerStatus": status,
		"PayType": clbPayType(i), "InstanceChargeType": i.ChargeType, "BusinessStatus": c.businessStatus(i), "ResourceGroupId": i.ResourceGroup,
		"Address": "203.0.113.2", "AddressType": "internet", "CreateTime": i.Created.Format(minuteFmt), "CreateTimeStamp": i.Created.UnixMilli(),
		"Tags": fields{"Tag": i.tagPairs("TagKey", "TagValue")},
	}
}

// loadBalancer is DescribeLoadBalancerAttribute: one load balancer, with its end
// and how it is renewed.
func (c *Cloud) loadBalancer(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	i := c.ownOne(rq, clb, rq.get("LoadBalancerId"))
	if i == nil {
		return nil, refuse(404, "InvalidLoadBalancerId.NotFound", "There is no load balancer %q in this region.", rq.get("LoadBalancerId"))
	}
	item := c.clbItem(i)
	item["HasReservedInfo"] = "false"
	if i.PendingOrder != "" {
		item["HasReservedInfo"], item["ReservedInfoOrderType"] = "true", i.PendingOrder
		item["ReservedInfoActiveTime"] = i.shown.Format(secondFmt)
	}
	if i.prepaid() {
		i.putExpiry(item, "EndTime", secondFmt)
		if _, there := item["EndTime"]; there {
			item["EndTimeStamp"] = i.shown.UnixMilli()
		}
		s := i.shownSetting
		item["RenewalStatus"], item["RenewalDuration"], item["RenewalCycUnit"] = s.status, s.duration, s.unit
	}
	return item, nil
}
