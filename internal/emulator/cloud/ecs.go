package cloud

// ecsVersion is the version of the ECS API.
const ecsVersion = "2014-05-26"

// ecs is the row of ECS. What happens after expiry is in lifecycle.go, and when
// the provider deducts in autorenew.go: both differ by site as of no other
// product. Here is how long the billing list has an instance.
var ecs = &product{
	key: "ecs", code: "ecs", resource: "ACS::ECS::Instance", status: "Running",
	china: afterlife{kept: keptChina, listed: keptChina},
	intl:  afterlife{kept: keptIntl, listed: keptIntl},
}

// ecsActions are the actions of ECS: instances, what their renewal costs, how
// they are renewed, and their tags.
func ecsActions() []action {
	rows := []action{
		{name: "DescribeInstances", ram: []string{"ecs:DescribeInstances"}, regions: true, list: "Instances.Instance", total: "TotalCount", params: []param{
			must(str("RegionId")),
			str("InstanceIds"), str("InstanceChargeType"), str("Status"), str("LockReason"), str("InstanceName"),
			str("VpcId"), str("VSwitchId"), str("ZoneId"), str("SecurityGroupId"), str("InstanceType"), str("InstanceTypeFamily"),
			str("InstanceNetworkType"), str("ResourceGroupId"),
			str("Tag.#.Key"), str("Tag.#.Value"), str("Tag.#.key"), str("Tag.#.value"),
			str("Filter.#.Key"), str("Filter.#.Value"),
			num("MaxResults"), str("NextToken"), num("PageNumber"), num("PageSize"),
			yes("DryRun"), str("AdditionalAttributes.#"), yes("NeedSaleCycle"),
			str("ImageId"), str("KeyPairName"), str("InternetChargeType"), str("PrivateIpAddresses"),
			refused("DeviceAvailable"), refused("IoOptimized"),
			refused("PublicIpAddresses"), refused("EipAddresses"), refused("InnerIpAddresses"),
			refused("RdmaIpAddresses"), refused("Ipv6Address.#"), refused("HpcClusterId"),
			refused("HttpEndpoint"), refused("HttpTokens"), refused("HttpPutResponseHopLimit"),
		}, do: (*Cloud).describeInstances},
		{name: "RenewInstance", ram: []string{"ecs:RenewInstance"}, regions: true, buys: true, params: []param{
			must(str("InstanceId")), num("Period"), str("PeriodUnit"), num("ExpectedRenewDay"), str("ClientToken"),
		}, do: (*Cloud).renewInstance},
		{name: "DescribeInstanceAutoRenewAttribute", ram: []string{"ecs:DescribeInstanceAutoRenewAttribute"}, regions: true, params: []param{
			must(str("RegionId")), str("InstanceId"), str("RenewalStatus"), str("PageNumber"), str("PageSize"),
		}, do: (*Cloud).describeAttributes},
		{name: "ModifyInstanceAutoRenewAttribute", ram: []string{"ecs:ModifyInstanceAutoRenewAttribute"}, regions: true, params: []param{
			// InstanceId is mandatory too; its absence has a code of its own.
			must(str("RegionId")), str("InstanceId"), str("RenewalStatus"), yes("AutoRenew"), num("Duration"), str("PeriodUnit"),
		}, do: (*Cloud).modifyAttributes},
		{name: "DescribeRenewalPrice", ram: []string{"ecs:DescribeRenewalPrice"}, regions: true, params: []param{
			must(str("RegionId")), must(str("ResourceId")), str("ResourceType"), num("Period"), str("PriceUnit"), num("ExpectedRenewDay"),
			refused("PromotionOptions.CouponNo"),
		}, do: (*Cloud).describePrice},
		{name: "DescribeRegions", ram: []string{"ecs:DescribeRegions"}, params: []param{
			str("InstanceChargeType"), str("ResourceType"), str("AcceptLanguage"),
		}, do: (*Cloud).describeRegions},
		{name: "TagResources", ram: []string{"ecs:TagResources"}, regions: true, params: []param{
			must(str("RegionId")), must(str("ResourceType")), str("ResourceId.#"),
			str("Tag.#.Key"), str("Tag.#.Value"), str("Tag.#.key"), str("Tag.#.value"),
		}, do: (*Cloud).tagResources},
		{name: "UntagResources", ram: []string{"ecs:UntagResources"}, regions: true, params: []param{
			must(str("RegionId")), must(str("ResourceType")), str("ResourceId.#"), str("TagKey.#"), yes("All"),
		}, do: (*Cloud).untagResources},
	}
	return of("ecs", ecsVersion, rows)
}

// of says which product, and which version of its API, the rows belong to.
func of(product, version string, rows []action) []action {
	for i := range rows {
		rows[i].product, rows[i].version = product, version
	}
	return rows
}
