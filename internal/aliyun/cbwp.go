package aliyun

import (
	"context"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// cbwp are shared bandwidths (common bandwidth packages). Their API is that of
// VPC, which has no renewal.
var cbwp = product{name: "Vpc", version: "2016-04-28", key: "cbwp", host: endpoints("vpc"), codes: networkCodes}

// cbwpPackages is what VPC is asked about them.
var cbwpPackages = api{product: cbwp, action: "DescribeCommonBandwidthPackages", ram: []string{"vpc:DescribeCommonBandwidthPackages"}, use: renewal.ToList}

// cbwpList is DescribeCommonBandwidthPackages, which takes one id or none.
var cbwpList = pager{api: cbwpPackages, key: "CommonBandwidthPackages", inner: "CommonBandwidthPackage", total: "TotalCount", size: 50}

var cbwpForm = form{
	id: "BandwidthPackageId", name: "Name", charge: "InstanceChargeType", prepaid: "PrePaid", expiry: "ExpiredTime", status: "Status",
	zone: "Zone", created: "CreationTime",
	more: func(r *reader, item map[string]raw, in *renewal.Instance) {
		businessStatus(r, item, in)
		in.Pending = pending(r, item, "HasReservationData", "ReservationOrderType")
	},
}

// bandwidths are the calls to shared bandwidths.
type bandwidths struct{ paidByBilling }

// Instances implements Calls for up to 50 of them (VPC
// DescribeCommonBandwidthPackages).
func (d bandwidths) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	items, err := cbwpList.some(ctx, d.cloud, region, map[string]string{"IncludeReservationData": "true"}, "BandwidthPackageId", ids)
	if err != nil {
		return nil, err
	}
	return d.own(cbwpForm.all(items, region), ids), nil
}
