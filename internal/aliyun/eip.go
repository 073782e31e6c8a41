package aliyun

import (
	"context"
	"strings"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// eip are elastic IP addresses. Their API is that of VPC, which has no renewal.
var eip = product{name: "Vpc", version: "2016-04-28", key: "eip", host: endpoints("vpc"), codes: networkCodes}

// networkCodes is what VPC refuses with.
var networkCodes = sync.OnceValue(func() map[string]verdict {
	return map[string]verdict{
		"InvalidRegionId.NotFound": refused.say("there is no such region", "地域不存在"),
	}
})

// eipAddresses is what VPC is asked about them.
var eipAddresses = api{product: eip, action: "DescribeEipAddresses", ram: []string{"vpc:DescribeEipAddresses"}, use: renewal.ToList}

// eipList is DescribeEipAddresses for up to 50 ids.
var eipList = pager{api: eipAddresses, key: "EipAddresses", inner: "EipAddress", total: "TotalCount", size: 100}

var eipForm = form{
	id: "AllocationId", name: "Name", charge: "ChargeType", prepaid: "PrePaid", expiry: "ExpiredTime", status: "Status",
	zone: "Zone", vpc: "VpcId", created: "AllocationTime",
	more: func(r *reader, item map[string]raw, in *renewal.Instance) {
		in.Locks = operationLocks(r, item["OperationLocks"])
		businessStatus(r, item, in)
		in.Pending = pending(r, item, "HasReservationData", "ReservationOrderType")
	},
}

// addresses are the calls to elastic IP addresses.
type addresses struct{ paidByBilling }

// Instances implements Calls for up to 50 of them (VPC DescribeEipAddresses). A
// renewal that was bought may show as a reservation and nowhere else.
func (d addresses) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	params := map[string]string{"AllocationId": strings.Join(ids, ","), "IncludeReservationData": "true"}
	items, err := eipList.all(ctx, d.cloud, region, params)
	if err != nil {
		return nil, err
	}
	return d.own(eipForm.all(items, region), ids), nil
}
