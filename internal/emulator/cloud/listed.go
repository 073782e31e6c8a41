package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// listed is an instance as a listing shows it: all that the real one has, since
// scripts index what they expect to be there. It is a struct, not fields, because
// a page holds a hundred and a map is sorted anew for each.
type listed struct {
	InstanceID              string `json:"InstanceId"`
	InstanceName            string
	HostName                string
	Description             string
	SerialNumber            string
	RegionID                string `json:"RegionId"`
	ZoneID                  string `json:"ZoneId"`
	ClusterID               string `json:"ClusterId"`
	ResourceGroupID         string `json:"ResourceGroupId"`
	InstanceType            string
	InstanceTypeFamily      string
	CPU                     int `json:"Cpu"`
	Memory                  int
	GPUAmount               int
	GPUSpec                 string
	CPUOptions              cpuOptions `json:"CpuOptions"`
	ImageID                 string     `json:"ImageId"`
	OSType                  string
	OSName                  string
	OSNameEn                string
	KeyPairName             string
	InstanceChargeType      string
	SaleCycle               string
	SpotStrategy            string
	SpotPriceLimit          json.RawMessage
	CreditSpecification     string
	Status                  string
	StoppedMode             string
	Recyclable              bool
	DeletionProtection      bool
	DeviceAvailable         bool
	IoOptimized             bool
	CreationTime            string
	StartTime               string
	ExpiredTime             string
	AutoReleaseTime         string
	InstanceNetworkType     string
	InternetChargeType      string
	InternetMaxBandwidthIn  int
	InternetMaxBandwidthOut int
	VlanID                  string `json:"VlanId"`
	SecurityGroupIDs        struct {
		SecurityGroupID []string `json:"SecurityGroupId"`
	} `json:"SecurityGroupIds"`
	VpcAttributes struct {
		VpcID            string `json:"VpcId"`
		VSwitchID        string `json:"VSwitchId"`
		NatIPAddress     string `json:"NatIpAddress"`
		PrivateIPAddress ipList `json:"PrivateIpAddress"`
	}
	NetworkInterfaces struct{ NetworkInterface []networkInterface }
	PublicIPAddress   ipList `json:"PublicIpAddress"`
	InnerIPAddress    ipList `json:"InnerIpAddress"`
	EipAddress        struct {
		AllocationID       string `json:"AllocationId"`
		IPAddress          string `json:"IpAddress"`
		InternetChargeType string
	}
	OperationLocks  struct{ LockReason []lock }
	MetadataOptions struct {
		HTTPEndpoint            string `json:"HttpEndpoint"`
		HTTPTokens              string `json:"HttpTokens"`
		HTTPPutResponseHopLimit int    `json:"HttpPutResponseHopLimit"`
	}
	DeploymentSetID    string `json:"DeploymentSetId"`
	HibernationOptions struct{ Configured bool }
	Reservation        struct {
		ID         string `json:"CapacityReservationId"`
		Preference string `json:"CapacityReservationPreference"`
	} `json:"EcsCapacityReservationAttr"`
	DedicatedHost struct {
		ID   string `json:"DedicatedHostId"`
		Name string `json:"DedicatedHostName"`
	} `json:"DedicatedHostAttribute"`
	DedicatedInstance struct{ Affinity, Tenancy string } `json:"DedicatedInstanceAttribute"`
	Tags              *tagList                           `json:",omitempty"` // an untagged instance has no such key at all
}

type ipList struct {
	IPAddress []string `json:"IpAddress"`
}

type cpuOptions struct {
	CoreCount, ThreadsPerCore int
	Numa                      string
}

type networkInterface struct {
	ID               string `json:"NetworkInterfaceId"`
	MacAddress       string
	PrimaryIPAddress string `json:"PrimaryIpAddress"`
	Type             string
	PrivateIPSets    struct {
		PrivateIPSet []privateIP `json:"PrivateIpSet"`
	} `json:"PrivateIpSets"`
}

type privateIP struct {
	Address string `json:"PrivateIpAddress"`
	Primary bool
}

type lock struct{ LockReason, LockMsg string }

type tagList struct{ Tag []tag }

type tag struct{ TagKey, TagValue string }

// describe is an instance as a listing shows it.
func (c *Cloud) describe(i *instance) *listed {
	status, reasons, expires := c.view(i, c.now())
	family := i.Type
	if cut := strings.LastIndexByte(family, '.'); cut > 0 {
		family = family[:cut]
	}
	const os = "Alibaba Cloud Linux  3.2104 LTS 64"
	created := i.Created.Format(minuteFmt)
	out := &listed{
		InstanceID: i.ID, InstanceName: i.Name, HostName: i.Name, SerialNumber: i.mark.serial,
		RegionID: i.Region, ZoneID: i.Zone, ResourceGroupID: i.ResourceGroup,
		InstanceType: i.Type, InstanceTypeFamily: family, CPU: 2, Memory: 8192,
		CPUOptions: cpuOptions{CoreCount: 1, ThreadsPerCore: 2, Numa: "ON"},
		ImageID:    i.Image, OSType: "linux", OSName: os + "位", OSNameEn: os + " bit", KeyPairName: i.KeyPair,
		InstanceChargeType: i.ChargeType, SpotStrategy: "NoSpot", SpotPriceLimit: json.RawMessage("0.0"),
		Status: status, StoppedMode: "Not-applicable", DeviceAvailable: true, IoOptimized: true,
		CreationTime: created, StartTime: created, ExpiredTime: c.spell(i, expires),
		InternetChargeType: i.InternetCharge, InternetMaxBandwidthIn: -1,
	}
	if strings.HasPrefix(family, "ecs.gn") || strings.HasPrefix(family, "ecs.vgn") {
		out.GPUAmount, out.GPUSpec = 1, "NVIDIA A10"
	}
	out.MetadataOptions.HTTPEndpoint, out.MetadataOptions.HTTPTokens = "enabled", "optional"
	out.connect(i)
	out.SecurityGroupIDs.SecurityGroupID = append([]string{}, i.SecurityGroups...)
	out.OperationLocks.LockReason = make([]lock, 0, len(reasons))
	for _, reason := range reasons {
		out.OperationLocks.LockReason = append(out.OperationLocks.LockReason, lock{LockReason: reason})
	}
	if len(i.shownTags) > 0 {
		out.Tags = &tagList{}
		for _, key := range sortedKeys(i.shownTags) {
			out.Tags.Tag = append(out.Tags.Tag, tag{key, i.shownTags[key]})
		}
	}
	return out
}

// connect puts an instance into its network. In a VPC it has a private address
// and an interface; a classic one has an inner address and neither.
func (l *listed) connect(i *instance) {
	none, own := ipList{[]string{}}, ipList{[]string{i.PrivateIP}}
	l.PublicIPAddress, l.InnerIPAddress, l.VpcAttributes.PrivateIPAddress = none, none, none
	l.NetworkInterfaces.NetworkInterface = []networkInterface{}
	if i.Classic {
		l.InstanceNetworkType, l.InnerIPAddress = "classic", own
		return
	}
	l.InstanceNetworkType = "vpc"
	l.VpcAttributes.VpcID, l.VpcAttributes.VSwitchID, l.VpcAttributes.PrivateIPAddress = i.VPC, i.VSwitch, own
	primary := networkInterface{ID: "eni-" + i.mark.eni, MacAddress: i.mark.mac, PrimaryIPAddress: i.PrivateIP, Type: "Primary"}
	primary.PrivateIPSets.PrivateIPSet = []privateIP{{Address: i.PrivateIP, Primary: true}}
	l.NetworkInterfaces.NetworkInterface = append(l.NetworkInterfaces.NetworkInterface, primary)
}

// mark is what the cloud gives an instance besides its id: made of the id, so
// that it is the same in every run.
type mark struct{ serial, eni, mac, ip string }

func markOf(id string) mark {
	sum := sha256.Sum256([]byte(id))
	text := hex.EncodeToString(sum[:])
	return mark{
		serial: text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:32],
		eni:    text[32:52],
		mac:    fmt.Sprintf("00:16:3e:%02x:%02x:%02x", sum[0], sum[1], sum[2]),
		ip:     netip.AddrFrom4([4]byte{10, sum[3], sum[4], max(sum[5], 1)}).String(),
	}
}

// spell writes an expiry: to the minute, or sometimes with seconds.
func (c *Cloud) spell(i *instance, expires time.Time) string {
	i.shows++
	if c.opts.MixedSeconds && i.shows%2 == 0 {
		return expires.Format(timestampFmt)
	}
	return expires.Format(minuteFmt)
}
