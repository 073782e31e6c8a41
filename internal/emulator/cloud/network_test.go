package cloud

import (
	"testing"
	"time"
)

func TestAddressesEndTheSecondTheyExpire(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, i := range []Instance{
		{ID: "eip-1", Product: "eip", Name: "gateway", Expires: t0.Add(time.Second), Tags: map[string]string{"env": "prod"}},
		{ID: "eip-pending", Product: "eip", PendingOrder: "RENEW", Expires: days(1)},
		{ID: "eip-gone", Product: "eip", Expires: days(-7)},
		{ID: "eip-payg", Product: "eip", ChargeType: "PostPaid"},
		{ID: "eip-locked", Product: "eip", Locks: []string{"security"}},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	const rows = "EipAddresses.EipAddress"
	list := func(pairs ...string) []map[string]any {
		return cl.expect(200, "", "vpc:DescribeEipAddresses", pairs...).rows(rows)
	}
	plain := list("PageSize=100")
	for name, want := range map[string]string{
		"AllocationId":       "eip-1 eip-pending eip-payg eip-locked",
		"ExpiredTime":        "2026-11-23T02:00Z 2026-11-24T02:00Z  2026-12-23T16:00Z",
		"BusinessStatus":     "Normal Normal Normal Normal",
		"HasReservationData": "false false false false", // unless it is asked for
	} {
		if got := column(plain, name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := column(list("IncludeReservationData=true"), "HasReservationData"); got != "false true false false" {
		t.Errorf("pending orders: %s", got)
	}
	if got := column(list("AllocationId=eip-1,eip-payg,eip-x"), "AllocationId"); got != "eip-1 eip-payg" {
		t.Errorf("by id: %s", got)
	}
	if got := column(list("LockReason=security"), "AllocationId"); got != "eip-locked" {
		t.Errorf("by lock: %s", got)
	}
	c.Advance(time.Second)
	if got := column(list("AllocationId=eip-1"), "BusinessStatus"); got != "FinancialLocked" {
		t.Errorf("a second later: %s", got)
	}
	c.Advance(7 * day)
	if got := column(list(), "AllocationId"); got != "eip-pending eip-payg eip-locked" {
		t.Errorf("a week later: %s", got)
	}
	cl.expect(400, "ResourceNotExists", "bss:RenewInstance", "ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1")
	cl.expect(400, "InvalidParameter", "vpc:DescribeEipAddresses", "PageSize=101")
}

func TestSharedBandwidths(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "cbwp-1", Product: "cbwp", Name: "shared", PendingOrder: "TEMP_UPGRADE", Tags: map[string]string{"env": "prod"}})
	c.AddInstance(Instance{ID: "cbwp-2", Product: "cbwp", ChargeType: "PostPaid"})
	cl := newClient(t, c)
	const rows = "CommonBandwidthPackages.CommonBandwidthPackage"
	all := cl.expect(200, "", "vpc:DescribeCommonBandwidthPackages", "IncludeReservationData=true").rows(rows)
	if column(all, "InstanceChargeType") != "PrePaid PostPaid" || column(all, "ReservationOrderType") != "TEMP_UPGRADE -" || all[0]["ExpiredTime"] != "2026-12-23T16:00:00Z" {
		t.Errorf("%v", all)
	}
	if got := column(cl.expect(200, "", "vpc:DescribeCommonBandwidthPackages", "BandwidthPackageId=cbwp-2").rows(rows), "BandwidthPackageId"); got != "cbwp-2" {
		t.Errorf("by id: %s", got)
	}
	cl.expect(400, "InvalidParameter", "vpc:DescribeCommonBandwidthPackages", "PageSize=51")
}

func TestLoadBalancersHaveAnEndInTheirAttributeAlone(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "lb-1", Product: "clb", Name: "front", Expires: days(3), RenewalStatus: "AutoRenewal", AutoDuration: 2, PendingOrder: "RENEWCHANGE"})
	c.AddInstance(Instance{ID: "lb-payg", Product: "clb", ChargeType: "PostPaid"})
	cl := newClient(t, c)
	list := cl.expect(200, "", "slb:DescribeLoadBalancers", "PageSize=100", "PageNumber=1").rows("LoadBalancers.LoadBalancer")
	if column(list, "PayType") != "PrePay PayOnDemand" || column(list, "EndTime") != "- -" || column(list, "EndTimeStamp") != "- -" {
		t.Errorf("list %v", list)
	}
	cl.expect(400, "MissingParameter", "slb:DescribeLoadBalancers", "PageSize=100")
	one := cl.expect(200, "", "slb:DescribeLoadBalancerAttribute", "LoadBalancerId=lb-1").body
	for name, want := range map[string]any{
		"EndTime": "2026-11-26T02:00:00Z", "EndTimeStamp": float64(days(3).UnixMilli()), "PayType": "PrePay", "RenewalStatus": "AutoRenewal",
		"RenewalDuration": 2.0, "RenewalCycUnit": "Month", "HasReservedInfo": "true", "ReservedInfoOrderType": "RENEWCHANGE",
	} {
		if one[name] != want {
			t.Errorf("%s is %v, want %v", name, one[name], want)
		}
	}
	if end, there := cl.expect(200, "", "slb:DescribeLoadBalancerAttribute", "LoadBalancerId=lb-payg").body["EndTime"]; there {
		t.Errorf("pay-as-you-go ends %v", end)
	}
	cl.expect(404, "InvalidLoadBalancerId.NotFound", "slb:DescribeLoadBalancerAttribute", "LoadBalancerId=lb-2")
}

func TestPolarDBClusters(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, i := range []Instance{
		{ID: "pc-1", Product: "polardb", Expires: days(3), Tags: map[string]string{"env": "prod"}},
		{ID: "pc-late", Product: "polardb", Expires: days(-1)},
		{ID: "pc-payg", Product: "polardb", ChargeType: "PostPaid"},
		{ID: "pc-far", Product: "polardb", Expires: days(100)},
		{ID: "storage", Product: "polardb", CodeType: "storage", BillingOnly: true},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	const rows = "Items.DBCluster"
	all := cl.expect(200, "", "polardb:DescribeDBClusters").rows(rows)
	for name, want := range map[string]string{
		"DBClusterId": "pc-1 pc-late pc-payg pc-far", // the storage package is in the billing list alone
		"Expired":     "false true false false",
		"LockMode":    "Unlock LockByExpiration Unlock Unlock",
		"PayType":     "Prepaid Prepaid Postpaid Prepaid",
		"ExpireTime":  "2026-11-26T02:00:00Z 2026-11-22T02:00:00Z  2027-03-03T02:00:00Z",
	} {
		if got := column(all, name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, tt := range []struct{ pair, want string }{
		{"RecentExpirationInterval=3", "pc-1 pc-late"},
		{"DBClusterIds=pc-far,pc-x", "pc-far"},
		{"PayType=Postpaid", "pc-payg"},
		{"Expired=true", "pc-late"},
	} {
		if got := column(cl.expect(200, "", "polardb:DescribeDBClusters", tt.pair).rows(rows), "DBClusterId"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.pair, got, tt.want)
		}
	}
	if simple := cl.expect(200, "", "polardb:DescribeDBClusters", "DescribeType=Simple").rows(rows); column(simple, "Tags") != "- - - -" {
		t.Errorf("the simple list has no tags: %v", simple)
	}
	cl.expect(400, "InvalidParameter", "polardb:DescribeDBClusters", "PageSize=20")
	cl.expect(200, "", "polardb:ModifyAutoRenewAttribute", "DBClusterIds=pc-1", "RenewalStatus=NotRenewal")
	attrs := cl.expect(200, "", "polardb:DescribeAutoRenewAttribute", "DBClusterIds=pc-1,pc-far").rows("Items.AutoRenewAttribute")
	if column(attrs, "RenewalStatus") != "NotRenewal Normal" {
		t.Errorf("%v", attrs)
	}
	cl.expect(403, "OperationDenied.DBClusterPayType", "polardb:ModifyAutoRenewAttribute", "DBClusterIds=pc-payg")
	if got := column(cl.expect(200, "", "bss:QueryAvailableInstances", "ProductCode=polardb").rows(billingRows), "ProductType"); got != "online online online online storage" {
		t.Errorf("billing has %s", got)
	}
}

func TestExpiryForms(t *testing.T) {
	for form, want := range map[string]string{
		"": "2026-11-26T02:00:30Z", "seconds": "2026-11-26T02:00:30Z", "minutes": "2026-11-26T02:00Z",
		"ms": "1.79568e+12", "null": "<nil>", "empty": "", "absent": "-",
	} {
		c := New(Options{Now: frozen})
		c.AddInstance(Instance{ID: "r-1", Product: "redis", Expires: days(3).Add(30 * time.Second), ExpiryForm: form})
		got := column(newClient(t, c).expect(200, "", "kvstore:DescribeInstances").rows(redisRows), "EndTime")
		if form == "ms" {
			got = got[:3]
			want = "1.7"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", form, got, want)
		}
	}
}
