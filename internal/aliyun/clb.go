package aliyun

import (
	"cmp"
	"context"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// clb are classic load balancers (SLB), which have no renewal of their own and are
// sold as subscriptions on the China site alone.
var clb = product{
	name: "Slb", version: "2014-05-15", key: "clb", codes: clbCodes,
	host: endpoints("slb", "ap-southeast-1", "cn-beijing", "cn-hangzhou-finance", "cn-hongkong", "cn-qingdao", "cn-shanghai", "cn-shenzhen", "us-east-1", "us-west-1"),
}

// clbAttribute is what SLB is asked. Its list does not tell when anything ends.
var clbAttribute = api{product: clb, action: "DescribeLoadBalancerAttribute", ram: []string{"slb:DescribeLoadBalancerAttribute"}, use: renewal.ToList}

// clbCodes is what SLB refuses with.
var clbCodes = sync.OnceValue(func() map[string]verdict {
	return map[string]verdict{"InvalidLoadBalancerId.NotFound": notThere.say("it is gone, or in another region", "负载均衡实例不存在，或不在该地域")}
})

var clbForm = form{
	id: "LoadBalancerId", name: "LoadBalancerName", charge: "PayType", prepaid: "PrePay", expiry: "EndTime", status: "LoadBalancerStatus",
	kind: "LoadBalancerSpec", zone: "MasterZoneId", vpc: "VpcId", created: "CreateTime",
	more: func(r *reader, item map[string]raw, in *renewal.Instance) {
		in.Expires = cmp.Or(in.Expires, r.moment("EndTimeStamp", item["EndTimeStamp"])) // milliseconds
		if businessStatus(r, item, in); in.Status == "locked" && len(in.Locks) == 0 {
			in.Locks = append(in.Locks, "locked")
		}
		in.Pending = pending(r, item, "HasReservedInfo", "ReservedInfoOrderType")
	},
}

// balancers are the calls to classic load balancers.
type balancers struct{ paidByBilling }

// Instances implements Calls, with a call for each (SLB
// DescribeLoadBalancerAttribute).
func (d balancers) Instances(ctx context.Context, region string, ids []string) (found []renewal.Instance, err error) {
	for _, id := range ids {
		var item raw
		err := d.cloud.call(ctx, clbAttribute, region, map[string]string{"LoadBalancerId": id}, readTimeout, &item)
		switch {
		case clbAttribute.gone(err):
		case err != nil:
			return nil, err
		default:
			found = append(found, d.own([]renewal.Instance{clbForm.read(item, region)}, []string{id})...)
		}
	}
	return found, nil
}
