package cloud_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// The real SDK, one client for one address, as a base URL for every API makes it:
// which API is meant is in Version alone.
func TestTheRealSDKReachesEveryProduct(t *testing.T) {
	t.Parallel()
	c := cloud.New(cloud.Options{})
	c.AddAccount(cloud.Account{ID: "1", AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token", Directory: true})
	for id, product := range map[string]string{
		"i-1": "", "rm-1": "rds", "r-1": "redis", "dds-1": "mongodb", "pc-1": "polardb", "eip-1": "eip", "cbwp-1": "cbwp", "lb-1": "clb",
	} {
		c.AddInstance(cloud.Instance{ID: id, Product: product, Expires: time.Now().Add(3 * 24 * time.Hour), Tags: map[string]string{"env": "prod"}})
	}
	s, err := c.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	client := sdkClient(t, "id", "secret", "token")
	const (
		bss, rds, redis, mongodb = "2017-12-14", "2014-08-15", "2015-01-01", "2015-12-01"
		vpc, slb                 = "2016-04-28", "2014-05-15"
	)
	for _, tt := range []struct {
		request *requests.CommonRequest
		want    string // in the answer
	}{
		{sdkRequest(s, bss, "QueryAvailableInstances", "SubscriptionType=Subscription", "PageSize=300", "PageNum=1"), `"TotalCount":8`},
		{sdkRequest(s, bss, "QueryOrders"), `"OrderList":{"Order":[]}`},
		{sdkRequest(s, bss, "SetRenewal", "ProductCode=slb", "InstanceIDs=lb-1", "RenewalStatus=AutoRenewal", "RenewalPeriod=1", "RenewalPeriodUnit=M"), `"Success":true`},
		{sdkRequest(s, rds, "DescribeDBInstances", "PayType=Prepaid", "MaxResults=100"), `"rm-1"`},
		{sdkRequest(s, rds, "ListTagResources", "ResourceType=INSTANCE", "ResourceId.1=rm-1"), `"TagValue":"prod"`},
		{sdkRequest(s, rds, "DescribeRenewalPrice", "DBInstanceId=rm-1", "TimeType=Month", "UsedTime=1", "OrderType=BUY"), `"TradePrice":100`},
		{sdkRequest(s, redis, "DescribeInstances", "InstanceIds=r-1", "PageSize=50"), `"HasRenewChangeOrder":false`},
		{sdkRequest(s, redis, "DescribePrice", "OrderType=RENEW", "InstanceId=r-1", "Period=1"), `"TradeAmount":"100.00"`},
		{sdkRequest(s, mongodb, "DescribeDBInstances", "DBInstanceType=replicate", "PageSize=100"), `"dds-1"`},
		{sdkRequest(s, mongodb, "DescribeRenewalPrice", "DBInstanceId=dds-1"), `"TradeAmount":100`},
		{sdkRequest(s, "2017-08-01", "DescribeDBClusters", "PageSize=100"), `"pc-1"`},
		{sdkRequest(s, vpc, "DescribeEipAddresses", "AllocationId=eip-1", "IncludeReservationData=true"), `"eip-1"`},
		{sdkRequest(s, vpc, "DescribeCommonBandwidthPackages"), `"cbwp-1"`},
		{sdkRequest(s, slb, "DescribeLoadBalancerAttribute", "LoadBalancerId=lb-1"), `"RenewalStatus":"AutoRenewal"`},
		{sdkRequest(s, "2022-12-01", "SearchResources", "Filter.1.Key=ResourceId", "Filter.1.Value.1=eip-1"), `"Value":"prod"`},
		{sdkRequest(s, "2020-03-31", "ListAccounts", "PageSize=100"), `"Account":[]`},
		// Actions of one name, told apart by their version.
		{sdkRequest(s, "2014-05-26", "RenewInstance", "InstanceId=i-1", "Period=1"), `"OrderId"`},
		{sdkRequest(s, rds, "RenewInstance", "DBInstanceId=rm-1", "Period=1", "AutoPay=True", "ClientToken=t"), `"OrderId"`},
		{sdkRequest(s, redis, "RenewInstance", "InstanceId=r-1", "Period=1", "AutoPay=true", "ClientToken=t"), `"EndTime"`},
		{sdkRequest(s, mongodb, "RenewDBInstance", "DBInstanceId=dds-1", "Period=1", "ClientToken=t"), `"OrderId"`},
		{sdkRequest(s, bss, "RenewInstance", "ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1", "ClientToken=t"), `"OrderId"`},
	} {
		res, err := client.ProcessCommonRequest(tt.request)
		if err != nil || !res.IsSuccess() || !strings.Contains(res.GetHttpContentString(), tt.want) {
			t.Errorf("%s %s: %v %v, want %s in it", tt.request.Version, tt.request.ApiName, res, err, tt.want)
		}
	}
	for id, want := range map[string]int{"i-1": 1, "rm-1": 1, "r-1": 1, "dds-1": 1, "eip-1": 1, "pc-1": 0, "cbwp-1": 0, "lb-1": 0} {
		if got := c.Charges(id); got != want {
			t.Errorf("%s: %d charges, want %d", id, got, want)
		}
	}
}

// The same with everything in the form of a POST.
func TestTheRealSDKSendsForms(t *testing.T) {
	t.Parallel()
	c := cloud.New(cloud.Options{})
	c.AddAccount(cloud.Account{AccessKeyID: "id", AccessKeySecret: "secret", SecurityToken: "token"})
	c.AddInstance(cloud.Instance{ID: "eip-1", Product: "eip"})
	s, err := c.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r := sdkRequest(s, "2017-12-14", "RenewInstance")
	for name, value := range map[string]string{"ProductCode": "eip", "InstanceId": "eip-1", "RenewPeriod": "3", "ClientToken": "t~*+ /"} {
		r.FormParams[name] = value
	}
	res, err := sdkClient(t, "id", "secret", "token").ProcessCommonRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Success bool
		Data    struct{ OrderID string }
	}
	if err := json.Unmarshal(res.GetHttpContentBytes(), &body); err != nil || !body.Success || body.Data.OrderID != c.Ledger()[0].Order {
		t.Errorf("%v: %+v, ledger %+v", err, body, c.Ledger())
	}
	if l := c.Ledger(); len(l) != 1 || l[0].Token != "t~*+ /" || l[0].Period != 3 {
		t.Errorf("ledger %+v", l)
	}
}
