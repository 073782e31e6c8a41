package cloud

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDescribeInstancesFilters(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator"})
	c.AddAccount(Account{ID: "2"})
	expires := time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC)
	for _, i := range []Instance{
		{ID: "i-1", Name: "web-1", Expires: expires, VPC: "vpc-1", VSwitch: "vsw-1", ResourceGroup: "rg-1", SecurityGroups: []string{"sg-1", "sg-2"}, Tags: map[string]string{"env": "prod", "team": "a"}},
		{ID: "i-2", Name: "web-2", Expires: expires.Add(time.Minute), Tags: map[string]string{"env": "dev"}, Locks: []string{"security"}},
		{ID: "i-3", Name: "db[1]", Expires: days(-1), Zone: "cn-hangzhou-k", Type: "ecs.g6.xlarge"},
		{ID: "i-4", Name: "payg/web", ChargeType: "PostPaid", Created: days(-10)},
		{ID: "i-5", Region: "cn-beijing"},
		{ID: "i-6", Account: "2"},
		{ID: "i-7", Expires: days(-15)},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	window := func(from, to string) []string {
		return []string{"Filter.3.Key=ExpiredStartTime", "Filter.3.Value=" + from, "Filter.4.Key=ExpiredEndTime", "Filter.4.Value=" + to}
	}
	for _, tt := range []struct {
		pairs []string
		want  string
	}{
		{nil, "i-1 i-2 i-3 i-4"},
		{[]string{"RegionId=cn-beijing"}, "i-5"},
		{[]string{"RegionId=cn-shanghai"}, ""},
		{[]string{`InstanceIds=["i-2","i-5","i-4"]`}, "i-2 i-4"},
		{[]string{`InstanceIds=[]`}, ""},
		{[]string{"InstanceChargeType=PrePaid"}, "i-1 i-2 i-3"},
		{[]string{"InstanceName=web-*"}, "i-1 i-2"},
		{[]string{"InstanceName=*web*"}, "i-1 i-2 i-4"},
		{[]string{"InstanceName=web"}, ""},
		{[]string{"InstanceName=db[1]"}, "i-3"},
		{[]string{"VpcId=vpc-1"}, "i-1"},
		{[]string{"VSwitchId=vsw-1", "InstanceNetworkType=vpc"}, "i-1"},
		{[]string{"SecurityGroupId=sg-2"}, "i-1"},
		{[]string{"ResourceGroupId=rg-1"}, "i-1"},
		{[]string{"ZoneId=cn-hangzhou-k"}, "i-3"},
		{[]string{"InstanceTypeFamily=ecs.g6"}, "i-3"},
		{[]string{"InstanceType=ecs.g6.xlarge"}, "i-3"},
		{[]string{"Status=Stopped"}, "i-3"},
		{[]string{"Status=Running"}, "i-1 i-2 i-4"},
		{[]string{"LockReason=security"}, "i-2"},
		{[]string{"LockReason=financial"}, "i-3"},
		{[]string{"Tag.1.Key=env"}, "i-1 i-2"},
		{[]string{"Tag.1.Key=env", "Tag.1.Value=prod", "Tag.2.Key=team"}, "i-1"},
		{[]string{"Tag.1.Key=env", "Tag.1.Value=prod", "InstanceName=web-2"}, ""},
		{window("2026-11-25T16:00Z", "2026-11-25T16:01Z"), "i-1 i-2"},
		{window("2026-11-25T16:01Z", "2026-12-01T00:00Z"), "i-2"},
		{window("2020-01-01T00:00Z", "2026-11-24T00:00Z"), "i-3"},
		{[]string{"Filter.3.Key=ExpiredStartTime", "Filter.3.Value=2030-01-01T00:00Z"}, "i-4"},
		{[]string{"Filter.1.Key=CreationStartTime", "Filter.1.Value=2026-11-01T00:00Z"}, "i-4"},
	} {
		if got := cl.want(200, "", "DescribeInstances", tt.pairs...); got.ids() != tt.want {
			t.Errorf("%v: got %q, want %q", tt.pairs, got.ids(), tt.want)
		}
	}
	c.SetOptions(func(o *Options) { o.ExclusiveBounds = true })
	if got := cl.want(200, "", "DescribeInstances", window("2026-11-25T16:00Z", "2026-11-25T16:02Z")...).ids(); got != "i-2" {
		t.Errorf("exclusive bounds: %q, want i-2", got)
	}
}

func TestDescribeInstancesRefuses(t *testing.T) {
	c := New(Options{Now: frozen, RequireBothFilters: true})
	cl := newClient(t, c)
	many := strings.Repeat(`"i-1",`, 100) + `"i-1"`
	for _, tt := range []struct {
		pairs  []string
		status int
		code   string
	}{
		{[]string{"RegionId="}, 400, "MissingParameter"},
		{[]string{"RegionId=moon-1"}, 404, "InvalidRegionId.NotFound"},
		{[]string{"InstanceIds=i-1"}, 400, "InvalidParameter"},
		{[]string{"InstanceIds=[" + many + "]"}, 400, "InvalidParameter"},
		{[]string{"InstanceChargeType=Prepaid"}, 404, "InvalidInstanceChargeType.NotFound"},
		{[]string{"Status=running"}, 404, "InvalidStatus.NotFound"},
		{[]string{"LockReason=recycling"}, 404, "InvalidLockReason.NotFound"},
		{[]string{"InstanceNetworkType=x"}, 404, "InvalidNetworkType.NotFound"},
		{[]string{"Tag.1.Value=prod"}, 400, "InvalidTag.Mismatch"},
		{[]string{"Tag.21.Key=a"}, 400, "InvalidTagCount"},
		{[]string{"Tag.0.Key=a"}, 400, "UnsupportedParameter"},
		{[]string{"Tag.1.Name=a"}, 400, "UnsupportedParameter"},
		{[]string{"Filter.3.Key=ExpiredEndTime", "Filter.3.Value=2026-11-24T00:00Z"}, 404, "InvalidFilterKey.NotFound"},
		{[]string{"Filter.3.Key=ExpiredStartTime", "Filter.3.Value=2026-11-24T00:00:00Z"}, 404, "InvalidFilterKey.NotFound"},
		{[]string{"Filter.3.Key=ExpiredStartTime"}, 404, "InvalidFilterKey.NotFound"},
		{[]string{"Filter.3.Value=2026-11-24T00:00Z"}, 404, "InvalidFilterKey.NotFound"},
		{[]string{"Filter.3.Key=ExpiredStartTime", "Filter.3.Value=2026-11-24T00:00Z"}, 404, "InvalidFilterKey.NotFound"},
		{[]string{"Filter.5.Key=ExpiredStartTime"}, 404, "InvalidFilterKey.NotFound"},
		{[]string{"PageSize=101"}, 400, "InvalidParameter"},
		{[]string{"PageNumber=0"}, 400, "InvalidParameter"},
		{[]string{"MaxResults=ten"}, 400, "InvalidParameter"},
		{[]string{"DryRun=yes"}, 400, "InvalidParameter"},
		{[]string{"NextToken=made-up"}, 400, "InvalidParameter"},
		{[]string{"PublicIpAddresses=[]"}, 400, "UnsupportedParameter"},
		{[]string{"InternetChargeType=Free"}, 404, "InvalidInternetChargeType.ValueNotSupported"},
		{[]string{"PrivateIpAddresses=10.0.0.1"}, 400, "InvalidParameter"},
		{[]string{"PrivateIpAddresses=[" + many + "]"}, 400, "InvalidParameter"},
		{[]string{"InstanceId=i-1"}, 400, "UnsupportedParameter"},
		{[]string{"DryRun=true"}, 400, "DryRunOperation"},
	} {
		cl.want(tt.status, tt.code, "DescribeInstances", tt.pairs...)
	}
}

func TestDescribeInstancesWithoutPermission(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1"})
	c.SetDenied("", "ecs:DescribeInstances")
	cl := newClient(t, c)
	if r := cl.want(200, "", "DescribeInstances"); r.ids() != "" || r.body["TotalCount"] != 0.0 {
		t.Errorf("got %v, want an empty list", r)
	}
	cl.want(403, "Forbidden.RAM", "DescribeInstances", "DryRun=true")
}

func TestDescribeInstancesShows(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1", Expires: time.Date(2026, 11, 25, 16, 0, 59, 0, time.UTC)})
	c.AddInstance(Instance{ID: "i-2", ChargeType: "PostPaid", Tags: map[string]string{"b": "2", "a": "1"}})
	cl := newClient(t, c)
	list := cl.call("DescribeInstances").instances()
	if _, ok := list[0]["Tags"]; ok {
		t.Errorf("an untagged instance has Tags: %v", list[0]["Tags"])
	}
	if got := fmt.Sprint(list[0]["OperationLocks"]); got != "map[LockReason:[]]" {
		t.Errorf("locks of an unlocked instance: %s", got)
	}
	if got := list[0]["ExpiredTime"]; got != "2026-11-25T16:00Z" {
		t.Errorf("ExpiredTime %v", got)
	}
	if got := list[1]["ExpiredTime"]; got != "2099-12-31T15:59Z" {
		t.Errorf("ExpiredTime of pay-as-you-go: %v", got)
	}
	if got := fmt.Sprint(list[1]["Tags"]); got != "map[Tag:[map[TagKey:a TagValue:1] map[TagKey:b TagValue:2]]]" {
		t.Errorf("tags %s", got)
	}
}

func TestLifeCycle(t *testing.T) {
	for _, tt := range []struct {
		name  string
		site  Site
		auto  string
		after time.Duration
		want  string
	}{
		{"before", China, "Normal", -time.Minute, "Running []"},
		{"at expiry", China, "Normal", 0, "Stopped [financial]"},
		{"kept", China, "AutoRenewal", 15*day - time.Minute, "Stopped [financial]"},
		{"released", China, "Normal", 15 * day, ""},
		{"abroad", Intl, "Normal", 29 * day, "Stopped [financial]"},
		{"abroad, running on", Intl, "AutoRenewal", 14 * day, "Running []"},
		{"abroad, run out", Intl, "AutoRenewal", 15 * day, "Stopped [financial]"},
		{"abroad, released", Intl, "AutoRenewal", 30 * day, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := New(Options{Now: frozen, Site: tt.site})
			c.AddInstance(Instance{ID: "i-1", Expires: days(3), RenewalStatus: tt.auto})
			c.SetClock(days(3).Add(tt.after))
			got := ""
			for _, i := range newClient(t, c).call("DescribeInstances").instances() {
				var locks []any
				for _, l := range i["OperationLocks"].(map[string]any)["LockReason"].([]any) {
					locks = append(locks, l.(map[string]any)["LockReason"])
				}
				got = fmt.Sprint(i["Status"], " ", locks)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPaging(t *testing.T) {
	c := New(Options{Now: frozen})
	for n := range 25 {
		c.AddInstance(Instance{ID: fmt.Sprintf("i-%02d", n), Tags: map[string]string{"n": "1"}})
	}
	cl := newClient(t, c)
	for _, tt := range []struct {
		pairs []string
		n     int
		total float64
	}{
		{nil, 10, 25},
		{[]string{"PageSize=100"}, 25, 25},
		{[]string{"PageSize=10", "PageNumber=3"}, 5, 25},
		{[]string{"PageNumber=9"}, 0, 25},
		{[]string{"MaxResults=20"}, 20, 0},
		{[]string{"MaxResults=3"}, 10, 0},
		{[]string{"MaxResults=1000"}, 25, 0},
		{[]string{"MaxResults=20", "PageNumber=9", "PageSize=5"}, 20, 0},
	} {
		r := cl.want(200, "", "DescribeInstances", tt.pairs...)
		if got := len(r.instances()); got != tt.n || r.body["TotalCount"] != tt.total {
			t.Errorf("%v: %d of %v, want %d of %v", tt.pairs, got, r.body["TotalCount"], tt.n, tt.total)
		}
	}

	all := func() (ids []string) {
		pairs := []string{"MaxResults=10"}
		for range 10 {
			r := cl.want(200, "", "DescribeInstances", pairs...)
			ids = append(ids, strings.Fields(r.ids())...)
			token, ok := r.body["NextToken"].(string)
			if !ok {
				return ids
			}
			pairs = []string{"MaxResults=10", "NextToken=" + token}
		}
		t.Fatal("no end")
		return nil
	}
	if got := all(); len(got) != 25 || got[24] != "i-24" {
		t.Errorf("listed %v", got)
	}
	c.SetOptions(func(o *Options) { o.PageCap = 4 })
	if got := len(all()); got != 25 {
		t.Errorf("with short pages: listed %d", got)
	}
	c.SetOptions(func(o *Options) { o.PageCap = 0 })

	// What leaves the list between two pages makes the rest move up.
	r := cl.call("DescribeInstances", "MaxResults=10")
	next := "NextToken=" + r.body["NextToken"].(string)
	cl.want(400, "InvalidParameter", "DescribeInstances", "InstanceName=web", next)
	c.RemoveInstance("i-03")
	if got := cl.call("DescribeInstances", "MaxResults=10", next).ids(); !strings.HasPrefix(got, "i-11") {
		t.Errorf("second page: %s, want it to begin with i-11", got)
	}
}

func TestDescribeRegions(t *testing.T) {
	c := New(Options{Regions: []string{"cn-hangzhou", "cn-moon"}})
	r := newClient(t, c).want(200, "", "DescribeRegions", "RegionId=anything")
	if !strings.Contains(r.raw, `"RegionId":"cn-moon"`) || strings.Contains(r.raw, "cn-beijing") {
		t.Errorf("got %v", r)
	}
}
