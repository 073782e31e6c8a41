package cloud

import (
	"cmp"
	"slices"
)

// eip is the row of elastic IP addresses, which have no renewal of their own:
// that is BSS RenewInstance. An address stops the second it expires, and a week
// later it is somebody else's.
var eip = &product{
	key: "eip", code: "eip", resource: "ACS::EIP::EipAddress", status: "InUse",
	china:    afterlife{kept: 7 * day, listed: 7 * day},
	intl:     afterlife{kept: 7 * day, listed: 7 * day},
	deducts:  9 * day,
	autoLead: day,
}

// vpcVersion is the version of the VPC API, which has addresses and shared
// bandwidths alike.
const vpcVersion = "2016-04-28"

// eipActions are the actions on addresses.
func eipActions() []action {
	return of("vpc", vpcVersion, []action{{
		name: "DescribeEipAddresses", ram: []string{"vpc:DescribeEipAddresses"}, regions: true,
		list: "EipAddresses.EipAddress", total: "TotalCount", do: (*Cloud).eipAddresses,
		params: []param{
			must(str("RegionId")), str("AllocationId"), str("ChargeType"), str("Status"), str("LockReason"), str("EipName"), str("ResourceGroupId"),
			yes("IncludeReservationData"), str("Tag.#.Key"), str("Tag.#.Value"), num("PageNumber"), num("PageSize"),
			refused("AssociatedInstanceId"), refused("AssociatedInstanceType"), refused("EipAddress"), refused("Filter.#.Key"), refused("Filter.#.Value"),
			refused("DryRun"), refused("ISP"), refused("PublicIpAddressPoolId"), refused("SecurityProtectionEnabled"), refused("SegmentInstanceId"),
			refused("ServiceManaged"),
		},
	}})
}

// eipAddresses is DescribeEipAddresses, for up to 50 ids or all of a region.
func (c *Cloud) eipAddresses(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := splitList(rq.get("AllocationId"))
	if len(ids) > 50 {
		return nil, invalid("AllocationId", rq.get("AllocationId"), "more than 50 ids")
	}
	if err := cmp.Or(oneOf(rq, "ChargeType", "PrePaid", "PostPaid"), oneOf(rq, "LockReason", "financial", "security")); err != nil {
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
	found := slices.DeleteFunc(c.own(rq, eip), func(i *instance) bool {
		return ids != nil && !slices.Contains(ids, i.ID) || !fits(rq, "ChargeType", i.ChargeType) || !fits(rq, "Status", i.Status) ||
			!fits(rq, "EipName", i.Name) || !fits(rq, "ResourceGroupId", i.ResourceGroup) || !all(wanted, i) ||
			rq.get("LockReason") != "" && !slices.Contains(c.networkLocks(i), rq.get("LockReason"))
	})
	list := []any{}
	for _, i := range cut(found, page) {
		reasons := []any{}
		for _, reason := range c.networkLocks(i) {
			reasons = append(reasons, fields{"LockReason": reason})
		}
		item := fields{
			"AllocationId": i.ID, "Name": i.Name, "RegionId": i.Region, "Status": i.Status, "ChargeType": i.ChargeType,
			"BusinessStatus": c.businessStatus(i), "OperationLocks": fields{"LockReason": reasons}, "ResourceGroupId": i.ResourceGroup,
			"AllocationTime": i.Created.Format(minuteFmt), "IpAddress": "203.0.113.1", "Bandwidth": "5", "InternetChargeType": "PayByBandwidth",
			"Tags": fields{"Tag": i.tagPairs("Key", "Value")},
		}
		i.putExpiry(item, "ExpiredTime", minuteFmt)
		i.putReservation(rq, item)
		list = append(list, item)
	}
	return fields{
		"EipAddresses": fields{"EipAddress": list}, "PageNumber": page.number, "PageSize": page.size, "TotalCount": len(found),
	}, nil
}

// networkLocks are the lock reasons of an address: its own, and that of having
// ended.
func (c *Cloud) networkLocks(i *instance) []string {
	locks := slices.Clone(i.Locks)
	if !c.works(i, i.shown, c.now()) && !slices.Contains(locks, "financial") {
		locks = append(locks, "financial")
	}
	return locks
}

// businessStatus is the BusinessStatus of what belongs to the network.
func (c *Cloud) businessStatus(i *instance) string {
	if slices.Contains(c.networkLocks(i), "financial") {
		return "FinancialLocked"
	}
	return "Normal"
}

// putReservation writes what was ordered and is not in force yet, to whoever asks
// for it: a renewal that was bought may show here and nowhere else.
func (i *instance) putReservation(rq *request, item fields) {
	item["HasReservationData"] = "false"
	if i.PendingOrder == "" || rq.get("IncludeReservationData") != "true" {
		return
	}
	item["HasReservationData"], item["ReservationOrderType"] = "true", i.PendingOrder
	item["ReservationActiveTime"] = i.shown.Format(secondFmt)
}
