package cloud

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The members and their shapes are those of recorded answers: public scripts
// index them without looking.
const listedInVPC = `{
  "InstanceId": "i-1", "InstanceName": "web", "HostName": "web", "Description": "",
  "SerialNumber": "b5b4b41d-87ff-9f49-7f37-4e65b6a57cd6",
  "RegionId": "cn-hangzhou", "ZoneId": "cn-hangzhou-b", "ClusterId": "", "ResourceGroupId": "",
  "InstanceType": "ecs.gn7i-c8g1.2xlarge", "InstanceTypeFamily": "ecs.gn7i-c8g1", "Cpu": 2, "Memory": 8192,
  "GPUAmount": 1, "GPUSpec": "NVIDIA A10", "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 2, "Numa": "ON"},
  "ImageId": "img-1", "OSType": "linux", "OSName": "Alibaba Cloud Linux  3.2104 LTS 64位", "OSNameEn": "Alibaba Cloud Linux  3.2104 LTS 64 bit",
  "KeyPairName": "kp-1", "InstanceChargeType": "PrePaid", "SaleCycle": "", "SpotStrategy": "NoSpot", "SpotPriceLimit": 0.0,
  "CreditSpecification": "", "Status": "Running", "StoppedMode": "Not-applicable", "Recyclable": false,
  "DeletionProtection": false, "DeviceAvailable": true, "IoOptimized": true,
  "CreationTime": "2026-08-25T02:00Z", "StartTime": "2026-08-25T02:00Z", "ExpiredTime": "2026-11-26T02:00Z", "AutoReleaseTime": "",
  "InstanceNetworkType": "vpc", "InternetChargeType": "PayByBandwidth", "InternetMaxBandwidthIn": -1, "InternetMaxBandwidthOut": 0, "VlanId": "",
  "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
  "VpcAttributes": {"VpcId": "vpc-1", "VSwitchId": "vsw-1", "NatIpAddress": "", "PrivateIpAddress": {"IpAddress": ["192.168.0.7"]}},
  "NetworkInterfaces": {"NetworkInterface": [{
    "NetworkInterfaceId": "eni-ENI", "MacAddress": "00:16:3e:MAC", "PrimaryIpAddress": "192.168.0.7", "Type": "Primary",
    "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "192.168.0.7", "Primary": true}]}}]},
  "PublicIpAddress": {"IpAddress": []}, "InnerIpAddress": {"IpAddress": []},
  "EipAddress": {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""},
  "OperationLocks": {"LockReason": []},
  "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "optional", "HttpPutResponseHopLimit": 0},
  "DeploymentSetId": "", "HibernationOptions": {"Configured": false},
  "EcsCapacityReservationAttr": {"CapacityReservationId": "", "CapacityReservationPreference": ""},
  "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
  "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""}
}`

func TestAListedInstanceHasAllThatTheRealOneHas(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{
		ID: "i-1", Name: "web", Type: "ecs.gn7i-c8g1.2xlarge", Expires: days(3),
		VPC: "vpc-1", VSwitch: "vsw-1", SecurityGroups: []string{"sg-1"}, PrivateIP: "192.168.0.7",
		InternetCharge: "PayByBandwidth", Image: "img-1", KeyPair: "kp-1",
	})
	c.AddInstance(Instance{ID: "i-2"})
	c.AddInstance(Instance{ID: "i-classic", Classic: true})
	cl := newClient(t, c)
	m := markOf("i-1")
	want := map[string]any{}
	text := strings.NewReplacer("eni-ENI", "eni-"+m.eni, "00:16:3e:MAC", m.mac, "b5b4b41d-87ff-9f49-7f37-4e65b6a57cd6", m.serial).Replace(listedInVPC)
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	list := cl.call("DescribeInstances").instances()
	if diff := cmp.Diff(want, list[0]); diff != "" {
		t.Error(diff)
	}

	addresses := func(i map[string]any) (private, inner []any, interfaces int) {
		private = i["VpcAttributes"].(map[string]any)["PrivateIpAddress"].(map[string]any)["IpAddress"].([]any)
		inner = i["InnerIpAddress"].(map[string]any)["IpAddress"].([]any)
		return private, inner, len(i["NetworkInterfaces"].(map[string]any)["NetworkInterface"].([]any))
	}
	if private, inner, n := addresses(list[1]); len(private) != 1 || !strings.HasPrefix(private[0].(string), "10.") || len(inner) != 0 || n != 1 {
		t.Errorf("in a VPC: private %v, inner %v, %d interfaces", private, inner, n)
	}
	if private, inner, n := addresses(list[2]); len(private) != 0 || len(inner) != 1 || n != 0 || list[2]["InstanceNetworkType"] != "classic" {
		t.Errorf("classic: private %v, inner %v, %d interfaces", private, inner, n)
	}
}

func TestFurtherFiltersOfDescribeInstances(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1", VPC: "vpc-1", PrivateIP: "192.168.0.7", Image: "img-1", KeyPair: "kp-1", InternetCharge: "PayByBandwidth"})
	c.AddInstance(Instance{ID: "i-2", VPC: "vpc-1", PrivateIP: "192.168.0.8"})
	c.AddInstance(Instance{ID: "i-classic", Classic: true, PrivateIP: "192.168.0.7"})
	cl := newClient(t, c)
	for pair, want := range map[string]string{
		"ImageId=img-1":                                    "i-1",
		"KeyPairName=kp-1":                                 "i-1",
		"InternetChargeType=PayByBandwidth":                "i-1",
		"InternetChargeType=PayByTraffic":                  "i-2 i-classic",
		`PrivateIpAddresses=["192.168.0.7"]`:               "i-1",
		`PrivateIpAddresses=["192.168.0.8","192.168.0.7"]`: "i-1 i-2",
		"PrivateIpAddresses=[]":                            "",
		"SourceIp=203.0.113.1":                             "i-1 i-2 i-classic",
		"SecureTransport=true":                             "i-1 i-2 i-classic",
	} {
		if got := cl.want(200, "", "DescribeInstances", pair).ids(); got != want {
			t.Errorf("%s: %q, want %q", pair, got, want)
		}
	}
}

// Format is written in any case, and Python writes its own booleans.
func TestOldPythonClientsAreUnderstood(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1"})
	cl := newClient(t, c)
	for _, format := range []string{"JSON", "json", "Json"} {
		if got := cl.call("DescribeInstances", "Format="+format); got.ids() != "i-1" {
			t.Errorf("Format=%s: %v", format, got)
		}
	}
	for _, format := range []string{"XML", "xml", ""} {
		if got := cl.call("DescribeInstances", "Format="+format); !strings.HasPrefix(got.raw, "<?xml") {
			t.Errorf("Format=%s: %v", format, got)
		}
	}
	cl.want(200, "", "ModifyInstanceAutoRenewAttribute", "InstanceId=i-1", "AutoRenew=True", "Duration=1", "PeriodUnit=Month")
	if in, _ := c.Instance("i-1"); in.RenewalStatus != "AutoRenewal" {
		t.Errorf("AutoRenew=True: %s", in.RenewalStatus)
	}
	cl.want(200, "", "ModifyInstanceAutoRenewAttribute", "InstanceId=i-1", "AutoRenew=False")
	if in, _ := c.Instance("i-1"); in.RenewalStatus != "Normal" {
		t.Errorf("AutoRenew=False: %s", in.RenewalStatus)
	}
	cl.want(400, "DryRunOperation", "DescribeInstances", "DryRun=TRUE")
	cl.want(400, "InvalidParameter", "DescribeInstances", "DryRun=1")
}

// The pager of the CLI goes on by token where page paging began.
func TestPagePagingGoesOnByToken(t *testing.T) {
	c := New(Options{Now: frozen})
	var want []string
	for n := range 25 {
		id := "i-" + string(rune('a'+n))
		want = append(want, id)
		c.AddInstance(Instance{ID: id})
	}
	cl := newClient(t, c)
	var got []string
	pairs := []string{"InstanceChargeType=PrePaid"}
	for range 5 {
		r := cl.want(200, "", "DescribeInstances", pairs...)
		got = append(got, strings.Fields(r.ids())...)
		next, _ := r.body["NextToken"].(string)
		if next == "" {
			break
		}
		pairs = []string{"InstanceChargeType=PrePaid", "NextToken=" + next}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r := cl.call("DescribeInstances", "PageNumber=3", "PageSize=10"); r.body["NextToken"] != nil || r.body["TotalCount"] != 25.0 {
		t.Errorf("the last page: %v", r)
	}
}
