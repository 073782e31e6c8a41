package cloud

import "slices"

// cbwp is the row of shared bandwidths (common bandwidth packages), renewed by
// BSS RenewInstance.
var cbwp = &product{
	key: "cbwp", code: "cbwp", resource: "ACS::CBWP::CommonBandwidthPackage", status: "Available",
	china:   afterlife{kept: 7 * day, listed: 7 * day},
	intl:    afterlife{kept: 7 * day, listed: 7 * day},
	deducts: 9 * day,
}

// cbwpActions are the actions on shared bandwidths.
func cbwpActions() []action {
	return of("vpc", vpcVersion, []action{{
		name: "DescribeCommonBandwidthPackages", ram: []string{"vpc:DescribeCommonBandwidthPackages"}, regions: true,
		list: "CommonBandwidthPackages.CommonBandwidthPackage", total: "TotalCount", do: (*Cloud).bandwidthPackages,
		params: []param{
			must(str("RegionId")), str("BandwidthPackageId"), str("Name"), str("ResourceGroupId"), yes("IncludeReservationData"),
			str("Tag.#.Key"), str("Tag.#.Value"), num("PageNumber"), num("PageSize"), refused("DryRun"), refused("SecurityProtectionEnabled"),
		},
	}})
}

// bandwidthPackages is DescribeCommonBandwidthPackages. It has no filter by
// charge type.
func (c *Cloud) bandwidthPackages(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	page, err := numberedPage(rq, 10, upTo(50))
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
	found := slices.DeleteFunc(c.own(rq, cbwp), func(i *instance) bool {
		return !fits(rq, "BandwidthPackageId", i.ID) || !fits(rq, "Name", i.Name) || !fits(rq, "ResourceGroupId", i.ResourceGroup) || !all(wanted, i)
	})
	list := []any{}
	for _, i := range cut(found, page) {
		item := fields{
			"BandwidthPackageId": i.ID, "Name": i.Name, "RegionId": i.Region, "Status": i.Status, "InstanceChargeType": i.ChargeType,
			"BusinessStatus": c.businessStatus(i), "ResourceGroupId": i.ResourceGroup, "CreationTime": i.Created.Format(secondFmt),
			"Bandwidth": "100", "InternetChargeType": "PayByBandwidth", "Tags": fields{"Tag": i.tagPairs("Key", "Value")},
		}
		i.putExpiry(item, "ExpiredTime", secondFmt)
		i.putReservation(rq, item)
		list = append(list, item)
	}
	return fields{
		"CommonBandwidthPackages": fields{"CommonBandwidthPackage": list},
		"PageNumber":              page.number, "PageSize": page.size, "TotalCount": len(found),
	}, nil
}
