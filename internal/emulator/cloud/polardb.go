package cloud

import (
	"cmp"
	"slices"
	"time"
)

// polardb is the row of PolarDB. It has no renewal of its own: that is BSS
// RenewInstance. A prepaid storage package is a row of the billing list which
// these reads do not know: Instance.BillingOnly.
var polardb = &product{
	key: "polardb", code: "polardb", kind: "online", resource: "ACS::PolarDB::DBCluster", status: "Running",
	china:   afterlife{kept: 15 * day, listed: 15 * day},
	intl:    afterlife{works: 15 * day, kept: 30 * day, listed: 30 * day},
	deducts: 9 * day,
}

// polardbActions are the actions of PolarDB.
func polardbActions() []action {
	return of("polardb", "2017-08-01", []action{
		{
			name: "DescribeDBClusters", ram: []string{"polardb:DescribeDBClusters"}, regions: true,
			list: "Items.DBCluster", total: "TotalRecordCount", do: (*Cloud).polardbClusters,
			params: []param{
				must(str("RegionId")), str("DBClusterIds"), str("DBClusterStatus"), str("PayType"), str("DescribeType"), num("RecentExpirationInterval"),
				yes("Expired"), str("ResourceGroupId"), str("Tag.#.Key"), str("Tag.#.Value"), num("PageNumber"), num("PageSize"),
				refused("ConnectionString"), refused("DBClusterDescription"), refused("DBNodeIds"), refused("DBType"), refused("DBVersion"),
				refused("RecentCreationInterval"),
			},
		},
		{
			name: "DescribeAutoRenewAttribute", ram: []string{"polardb:DescribeAutoRenewAttribute"}, regions: true,
			list: "Items.AutoRenewAttribute", total: "TotalRecordCount", do: (*Cloud).polardbAutoRenewal,
			params: []param{
				must(str("RegionId")), str("DBClusterIds"), num("PageNumber"), num("PageSize"), refused("CloudProvider"), refused("ResourceGroupId"),
			},
		},
		{
			name: "ModifyAutoRenewAttribute", ram: []string{"polardb:ModifyAutoRenewAttribute"}, regions: true, do: (*Cloud).polardbSetAutoRenewal,
			params: []param{
				must(str("RegionId")), must(str("DBClusterIds")), str("RenewalStatus"), num("Duration"), str("PeriodUnit"),
				refused("CloudProvider"), refused("ResourceGroupId"),
			},
		},
	})
}

// polardbClusters is DescribeDBClusters.
func (c *Cloud) polardbClusters(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmp.Or(oneOf(rq, "PayType", "Prepaid", "Postpaid"), oneOf(rq, "DescribeType", "Simple")); err != nil {
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
	soon := months(rq, "RecentExpirationInterval")
	if soon < 0 || soon > 15 {
		return nil, invalid("RecentExpirationInterval", rq.get("RecentExpirationInterval"), "0 to 15")
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	now, ids := c.now(), splitList(rq.get("DBClusterIds"))
	found := slices.DeleteFunc(c.own(rq, polardb), func(i *instance) bool {
		return ids != nil && !slices.Contains(ids, i.ID) || !fits(rq, "DBClusterStatus", i.Status) || !fits(rq, "PayType", rdsPayType(i)) ||
			!fits(rq, "ResourceGroupId", i.ResourceGroup) || !all(wanted, i) ||
			rq.get("RecentExpirationInterval") != "" && (!i.prepaid() || now.Before(i.shown.Add(-time.Duration(soon)*day))) ||
			rq.get("Expired") != "" && (rq.get("Expired") == "true") != (i.prepaid() && !now.Before(i.shown))
	})
	list := []any{}
	for _, i := range cut(found, page) {
		item := fields{
			"DBClusterId": i.ID, "DBClusterDescription": i.Name, "RegionId": i.Region, "ZoneId": i.Zone, "PayType": rdsPayType(i),
			"DBClusterStatus": i.Status, "LockMode": c.lockMode(i), "StoragePayType": "Postpaid", "ResourceGroupId": i.ResourceGroup,
			"Expired": lower(i.prepaid() && !now.Before(i.shown)), "CreateTime": i.Created.Format(secondFmt), "DBType": "MySQL", "Engine": "POLARDB",
		}
		if rq.get("DescribeType") == "" {
			item["Tags"] = fields{"Tag": i.tagPairs("Key", "Value")}
			item["DBNodes"] = fields{"DBNode": []any{}}
		}
		i.putExpiry(item, "ExpireTime", secondFmt)
		list = append(list, item)
	}
	return fields{
		"Items": fields{"DBCluster": list}, "PageNumber": page.number, "PageRecordCount": len(list), "TotalRecordCount": len(found),
	}, nil
}

func (c *Cloud) polardbAutoRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	page, err := numberedPage(rq, 30, thirtyFiftyHundred)
	if err != nil {
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	ids := splitList(rq.get("DBClusterIds"))
	found := slices.DeleteFunc(c.own(rq, polardb), func(i *instance) bool {
		return !i.prepaid() || ids != nil && !slices.Contains(ids, i.ID)
	})
	list := []any{}
	for _, i := range cut(found, page) {
		s := i.shownSetting
		list = append(list, fields{
			"DBClusterId": i.ID, "RegionId": i.Region, "RenewalStatus": s.status, "AutoRenewEnabled": s.status == "AutoRenewal",
			"Duration": s.duration, "PeriodUnit": s.unit,
		})
	}
	return fields{
		"Items": fields{"AutoRenewAttribute": list}, "PageNumber": page.number, "PageRecordCount": len(list), "TotalRecordCount": len(found),
	}, nil
}

// polardbSetAutoRenewal is ModifyAutoRenewAttribute. A status that is not sent is
// AutoRenewal: the opposite of what the other databases make of it.
func (c *Cloud) polardbSetAutoRenewal(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := renewSetting{status: cmp.Or(rq.get("RenewalStatus"), "AutoRenewal")}
	if !slices.Contains(renewalStatuses, s.status) {
		return nil, refuse(400, "InvalidRenewalStatus.Malformed", "The renewal status %q is not valid.", s.status)
	}
	if s.status == "AutoRenewal" {
		s.unit, s.duration = cmp.Or(rq.get("PeriodUnit"), "Month"), max(months(rq, "Duration"), 1)
		offered, ok := map[string][]int{"Month": setTerms, "Year": {1, 2, 3}}[s.unit]
		switch {
		case !ok:
			return nil, refuse(400, "InvalidPeriodUnit.Malformed", "The period unit %q is not valid.", s.unit)
		case !slices.Contains(offered, s.duration):
			return nil, refuse(400, "InvalidDuration.Malformed", "The duration %q is not valid.", rq.get("Duration"))
		}
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	var valid []*instance
	for _, id := range splitList(rq.get("DBClusterIds")) {
		i := c.ownOne(rq, polardb, id)
		switch {
		case i == nil:
			return nil, refuse(404, "InvalidDBCluster.NotFound", "There is no cluster %q in this region.", id)
		case !i.prepaid():
			return nil, refuse(403, "OperationDenied.DBClusterPayType", "The cluster %q is pay-as-you-go.", id)
		}
		valid = append(valid, i)
	}
	for _, i := range valid {
		c.setAuto(i, s)
	}
	return fields{}, nil
}
