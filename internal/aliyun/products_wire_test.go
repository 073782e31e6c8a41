package aliyun

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What each call to a product besides ECS, and to the billing, sends: all of it.
func TestProductsOnTheWire(t *testing.T) {
	const beijing, home = "cn-beijing", "cn-shanghai"
	const bss, rds, redis, mongodb, vpc, slb = "2017-12-14", "2014-08-15", "2015-01-01", "2015-12-01", "2016-04-28", "2014-05-15"
	instances := func(key string, ids ...string) func(context.Context, *Cloud) error {
		return func(ctx context.Context, c *Cloud) error {
			_, err := c.Product(key).Instances(ctx, beijing, ids)
			return err
		}
	}
	price := func(key string, term renewal.Term) func(context.Context, *Cloud) error {
		return func(ctx context.Context, c *Cloud) error {
			_, err := c.Product(key).Price(ctx, beijing, renewal.Instance{ID: "x-1"}, term)
			return err
		}
	}
	renew := func(key string, in renewal.Instance, months int) func(context.Context, *Cloud) error {
		in.ID = "x-1"
		return func(ctx context.Context, c *Cloud) error {
			_, err := c.Product(key).Renew(ctx, beijing, in, term(0, months, 0), token64, 5*time.Second)
			return err
		}
	}
	set := func(key string, state renewal.AutoState, kind string) func(context.Context, *Cloud) error {
		return func(ctx context.Context, c *Cloud) error {
			return c.Product(key).SetState(ctx, beijing, []renewal.Instance{{ID: "x-1", Kind: kind}, {ID: "x-2", Kind: kind}}, state)
		}
	}
	index := func(page int, ids ...string) func(context.Context, *Cloud) error {
		return func(ctx context.Context, c *Cloud) error { _, err := c.Index(ctx, page, ids); return err }
	}
	orders := func(ctx context.Context, c *Cloud) error {
		_, err := c.Orders(ctx, "redisa", from, from.Add(time.Hour+time.Millisecond))
		return err
	}
	const list = "SubscriptionType=Subscription&PageSize=300"
	for name, tt := range map[string]struct {
		call                                func(context.Context, *Cloud) error
		action, version, region, parameters string
	}{
		"index":             {index(3), "QueryAvailableInstances", bss, home, list + "&PageNum=3"},
		"index of ids":      {index(1, "a", "b"), "QueryAvailableInstances", bss, home, list + "&PageNum=1&InstanceIDs=a,b"},
		"may index":         {methods["MayIndex"].call, "QueryAvailableInstances", bss, home, "PageSize=1&PageNum=1"},
		"states":            {methods["rds States"].call, "QueryAvailableInstances", bss, home, list + "&PageNum=1&InstanceIDs=x-1"},
		"billed":            {instances("waf", "a", "b"), "QueryAvailableInstances", bss, home, list + "&PageNum=1&InstanceIDs=a,b"},
		"orders":            {orders, "QueryOrders", bss, home, "ProductCode=redisa&PageSize=300&PageNum=1&CreateTimeStart=2026-11-22T17:02:59Z&CreateTimeEnd=2026-11-22T18:03:00Z"},
		"order":             {methods["Order"].call, "GetOrderDetail", bss, home, "OrderId=200000000000001"},
		"auto-renew":        {set("redis", renewal.AutoState{Mode: renewal.Auto, Term: renewal.Period{Months: 6}}, ""), "SetRenewal", bss, home, "ProductCode=redisa&SubscriptionType=Subscription&InstanceIDs=x-1,x-2&RenewalStatus=AutoRenewal&RenewalPeriod=6&RenewalPeriodUnit=M"},
		"auto-renew off":    {set("polardb", renewal.AutoState{Mode: renewal.Manual}, "online"), "SetRenewal", bss, home, "ProductCode=polardb&ProductType=online&SubscriptionType=Subscription&InstanceIDs=x-1,x-2&RenewalStatus=ManualRenewal"},
		"let lapse":         {set("waf", renewal.AutoState{Mode: renewal.Lapse}, "waf"), "SetRenewal", bss, home, "ProductCode=waf&ProductType=waf&SubscriptionType=Subscription&InstanceIDs=x-1,x-2&RenewalStatus=NotRenewal"},
		"names":             {methods["Names"].call, "SearchResources", "2022-12-01", home, "MaxResults=100&Filter.1.Key=ResourceId&Filter.1.MatchType=Equals&Filter.1.Value.1=x-1"},
		"one database":      {instances("rds", "a"), "DescribeDBInstances", rds, beijing, "DBInstanceId=a&PageSize=100&PageNumber=1"},
		"more databases":    {instances("rds", "a", "b", "c", "d"), "DescribeDBInstances", rds, beijing, "PageSize=100&PageNumber=1"},
		"caches":            {instances("redis", "a", "b"), "DescribeInstances", redis, beijing, "InstanceIds=a,b&PageSize=50&PageNumber=1"},
		"one document":      {instances("mongodb", "a"), "DescribeDBInstances", mongodb, beijing, "DBInstanceType=replicate&DBInstanceId=a&PageSize=100&PageNumber=1"},
		"more documents":    {instances("mongodb", "a", "b", "c", "d"), "DescribeDBInstances", mongodb, beijing, "DBInstanceType=replicate&PageSize=100&PageNumber=1"},
		"clusters":          {instances("polardb", "a", "b"), "DescribeDBClusters", "2017-08-01", beijing, "DBClusterIds=a,b&PageSize=100&PageNumber=1"},
		"addresses":         {instances("eip", "a", "b"), "DescribeEipAddresses", vpc, beijing, "AllocationId=a,b&IncludeReservationData=true&PageSize=100&PageNumber=1"},
		"one bandwidth":     {instances("cbwp", "a"), "DescribeCommonBandwidthPackages", vpc, beijing, "BandwidthPackageId=a&IncludeReservationData=true&PageSize=50&PageNumber=1"},
		"more bandwidths":   {instances("cbwp", "a", "b", "c", "d"), "DescribeCommonBandwidthPackages", vpc, beijing, "IncludeReservationData=true&PageSize=50&PageNumber=1"},
		"balancers":         {instances("clb", "a"), "DescribeLoadBalancerAttribute", slb, beijing, "LoadBalancerId=a"},
		"by billing code":   {instances("slb", "a"), "DescribeLoadBalancerAttribute", slb, beijing, "LoadBalancerId=a"},
		"rds, months":       {price("rds", term(0, 9, 0)), "DescribeRenewalPrice", rds, beijing, "DBInstanceId=x-1&OrderType=BUY&TimeType=Month&UsedTime=9"},
		"rds, a year":       {price("rds", term(0, 12, 0)), "DescribeRenewalPrice", rds, beijing, "DBInstanceId=x-1&OrderType=BUY&TimeType=Year&UsedTime=1"},
		"rds, three years":  {price("rds", term(0, 36, 0)), "DescribeRenewalPrice", rds, beijing, "DBInstanceId=x-1&OrderType=BUY&TimeType=Year&UsedTime=3"},
		"redis, a year":     {price("redis", term(0, 12, 0)), "DescribePrice", redis, beijing, "InstanceId=x-1&OrderType=RENEW&ChargeType=PrePaid&Period=12"},
		"mongodb, a year":   {price("mongodb", term(0, 12, 0)), "DescribeRenewalPrice", mongodb, beijing, "DBInstanceId=x-1"},
		"renew rds":         {renew("rds", renewal.Instance{}, 60), "RenewInstance", rds, beijing, "DBInstanceId=x-1&Period=60&AutoPay=True&ClientToken=" + token64},
		"renew rds, auto":   {renew("rds", renewal.Instance{Mode: renewal.Auto}, 1), "RenewInstance", rds, beijing, "DBInstanceId=x-1&Period=1&AutoPay=True&AutoRenew=True&ClientToken=" + token64},
		"renew rds, manual": {renew("rds", renewal.Instance{Mode: renewal.Manual}, 1), "RenewInstance", rds, beijing, "DBInstanceId=x-1&Period=1&AutoPay=True&AutoRenew=False&ClientToken=" + token64},
		"renew redis, auto": {renew("redis", renewal.Instance{Mode: renewal.Auto}, 36), "RenewInstance", redis, beijing, "InstanceId=x-1&Period=36&AutoPay=true&AutoRenew=true&ClientToken=" + token64},
		"renew redis":       {renew("redis", renewal.Instance{Mode: renewal.Manual}, 1), "RenewInstance", redis, beijing, "InstanceId=x-1&Period=1&AutoPay=true&AutoRenew=false&ClientToken=" + token64},
		"renew mongodb":     {renew("mongodb", renewal.Instance{Mode: renewal.Lapse}, 2), "RenewDBInstance", mongodb, beijing, "DBInstanceId=x-1&Period=2&AutoPay=true&ClientToken=" + token64},
		"renew polardb":     {renew("polardb", renewal.Instance{Kind: "online", Mode: renewal.Auto}, 3), "RenewInstance", bss, home, "ProductCode=polardb&ProductType=online&InstanceId=x-1&RenewPeriod=3&ClientToken=" + token64},
		"renew eip":         {renew("eip", renewal.Instance{}, 24), "RenewInstance", bss, home, "ProductCode=eip&InstanceId=x-1&RenewPeriod=24&ClientToken=" + token64},
		"renew clb":         {renew("clb", renewal.Instance{}, 24), "RenewInstance", bss, home, "ProductCode=slb&InstanceId=x-1&RenewPeriod=24&ClientToken=" + token64},
	} {
		t.Run(name, func(t *testing.T) { sends(t, tt.call, tt.action, tt.version, tt.region, tt.parameters) })
	}
}

// What an API counts in months is not asked for in anything else, and nothing is
// sent for it; nor is a price of what has none.
func TestTermsThatAreNotSent(t *testing.T) {
	c, s := serve(t, says(200, `{"OrderId":"1"}`))
	for _, key := range append(slices.Clone(paid), "waf") {
		in := renewal.Instance{ID: "x-1", Product: key}
		for _, tt := range []renewal.Term{term(1, 0, 0), term(0, 0, 5), term(0, 1, 5), {}} {
			_, err := c.Product(key).Renew(t.Context(), hangzhou, in, tt, token64, time.Second)
			classed(t, err, renewal.Terminal)
			_, err = c.Product(key).Price(t.Context(), hangzhou, in, tt)
			classed(t, err, renewal.Terminal)
		}
	}
	for _, months := range []int{10, 48, 60} {
		_, err := c.Product("rds").Price(t.Context(), hangzhou, renewal.Instance{ID: "x-1"}, term(0, months, 0))
		classed(t, err, renewal.Terminal)
	}
	for _, key := range []string{"polardb", "eip", "cbwp", "clb", "waf"} {
		_, err := c.Product(key).Price(t.Context(), hangzhou, renewal.Instance{ID: "x-1"}, aMonth)
		if classed(t, err, renewal.Terminal); !strings.Contains(err.Error(), "RENEW_PRICES") {
			t.Errorf("%s: %v", key, err)
		}
	}
	if s.count() != 0 {
		t.Errorf("%d requests", s.count())
	}
}

// Where each product is asked. A region's text may come from the billing's list,
// and becomes a part of a host's name only where it looks like one.
func TestHostsOfProducts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options Options
		region  string
		want    string
	}{
		{"rds", Options{}, "cn-hangzhou", "rds.aliyuncs.com"},
		{"rds", Options{}, "cn-beijing", "rds.aliyuncs.com"},
		{"rds", Options{}, "cn-chengdu", "rds.cn-chengdu.aliyuncs.com"},
		{"rds", Options{Network: "vpc"}, "cn-hangzhou", "rds-vpc.cn-hangzhou.aliyuncs.com"},
		{"redis", Options{}, "cn-hangzhou", "r-kvstore.aliyuncs.com"},
		{"redis", Options{}, "cn-hongkong", "r-kvstore.cn-hongkong.aliyuncs.com"},
		{"redis", Options{Network: "vpc"}, "cn-hongkong", "r-kvstore-vpc.cn-hongkong.aliyuncs.com"},
		{"mongodb", Options{}, "cn-shanghai", "mongodb.aliyuncs.com"},
		{"mongodb", Options{}, "cn-nanjing", "mongodb.cn-nanjing.aliyuncs.com"},
		{"mongodb", Options{Network: "vpc"}, "cn-shanghai", "mongodb-vpc.cn-shanghai.aliyuncs.com"},
		{"polardb", Options{}, "cn-hongkong", "polardb.aliyuncs.com"},
		{"polardb", Options{}, "ap-southeast-1", "polardb.ap-southeast-1.aliyuncs.com"},
		{"eip", Options{}, "cn-hangzhou", "vpc.aliyuncs.com"},
		{"eip", Options{}, "cn-beijing", "vpc.cn-beijing.aliyuncs.com"},
		{"cbwp", Options{}, "cn-beijing", "vpc.cn-beijing.aliyuncs.com"},
		{"cbwp", Options{Network: "vpc"}, "cn-beijing", "vpc-vpc.cn-beijing.aliyuncs.com"},
		{"clb", Options{}, "us-west-1", "slb.aliyuncs.com"},
		{"clb", Options{}, "cn-chengdu", "slb.cn-chengdu.aliyuncs.com"},
		{"waf", Options{}, "", "business.aliyuncs.com"},
		{"waf", Options{Site: renewal.Intl, Network: "vpc"}, "cn-hangzhou", "business.ap-southeast-1.aliyuncs.com"},
		{"names", Options{}, "", "resourcecenter.aliyuncs.com"},
		{"names", Options{Site: renewal.Intl}, "", "resourcecenter-intl.aliyuncs.com"},
	} {
		c, dialled := deaf(t, tt.options)
		var err error
		if tt.name == "names" {
			_, err = c.Names(t.Context(), []renewal.Instance{{ID: "x-1"}})
		} else {
			_, err = c.Product(tt.name).Instances(t.Context(), tt.region, []string{"x-1"})
		}
		classed(t, err, renewal.Retryable)
		if !slices.Equal(*dialled, []string{tt.want + ":443"}) {
			t.Errorf("%s in %q with %+v goes to %v, want %s", tt.name, tt.region, tt.options, *dialled, tt.want)
		}
	}
	for _, key := range paid {
		for _, region := range []string{"", "evil.example.com", "evil.example.com/", "a@b", "cn hangzhou", "a_b", "a?b", "-", "杭州", strings.Repeat("a", 60)} {
			c, dialled := deaf(t, Options{})
			_, err := c.Product(key).Instances(t.Context(), region, []string{"x-1"})
			if classed(t, err, renewal.Terminal); len(*dialled) != 0 {
				t.Errorf("%s in %q goes to %v", key, region, *dialled)
			}
		}
	}
}

// deaf is a cloud that reaches nobody, and where it went.
func deaf(t *testing.T, options Options) (*Cloud, *[]string) {
	t.Helper()
	c, err := New(options, keys)
	if err != nil {
		t.Fatal(err)
	}
	var dialled []string
	c.transport.Proxy = nil
	c.transport.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return nil, errDial
	}
	return c, &dialled
}

// Every call has its right, of the product whose it is; those of the billing
// cannot be narrowed.
func TestRightsOfProducts(t *testing.T) {
	found := map[string]map[renewal.Use][]string{}
	for _, right := range Rights() {
		if found[right.Product] == nil {
			found[right.Product] = map[renewal.Use][]string{}
		}
		found[right.Product][right.Use] = append(found[right.Product][right.Use], right.Action)
		if right.Product == "billing" && right.Resource != "" {
			t.Errorf("%+v", right)
		}
	}
	for _, key := range paid {
		if len(found[key][renewal.ToList]) == 0 || (len(found[key][renewal.ToPay]) > 0) != renewal.TraitsOf(key).Quoted || (len(found[key][renewal.ToPrice]) > 0) != renewal.TraitsOf(key).Quoted {
			t.Errorf("%s: %v", key, found[key])
		}
	}
	for _, use := range []renewal.Use{renewal.ToList, renewal.ToPay, renewal.ToSwitch, renewal.ToSeeOrders, renewal.ToSeeBalance} {
		if len(found["billing"][use]) == 0 {
			t.Errorf("the billing has no right to %s", use)
		}
	}
	if len(found["resourcecenter"][renewal.ToName]) == 0 {
		t.Error("no right to read names")
	}
}
