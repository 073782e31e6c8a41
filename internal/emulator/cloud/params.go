package cloud

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The API versions served.
const (
	ecsVersion = "2014-05-26"
	stsVersion = "2015-04-01"
	bssVersion = "2017-12-14"
)

type kind int

const (
	text    kind = iota
	integer      // a decimal number, possibly negative
	boolean      // true or false
	unknown      // exists in the API, not modelled here: refused rather than ignored
)

// param is one parameter of an action. In a name, # stands for the index of a
// repeated one: 1, 2, 3 …
type param struct {
	name     string
	kind     kind
	required bool
}

// action is one row of the API: what it is called, what it takes, who does it.
type action struct {
	version string
	ram     []string // permissions, any of which denied refuses it
	regions bool     // RegionId must be a known region
	params  []param
	do      func(*Cloud, *request) (any, *apiError)
}

var actionTable struct {
	once sync.Once
	rows map[string]action
}

// actions has every action served, by name. It is made by the first request: a
// process that serves none need not spend time on it.
func actions() map[string]action {
	actionTable.once.Do(func() { actionTable.rows = allActions() })
	return actionTable.rows
}

func allActions() map[string]action {
	t := func(name string) param { return param{name: name} }
	n := func(name string) param { return param{name: name, kind: integer} }
	b := func(name string) param { return param{name: name, kind: boolean} }
	x := func(name string) param { return param{name: name, kind: unknown} }
	must := func(p param) param { p.required = true; return p }

	return map[string]action{
		"DescribeInstances": {ecsVersion, []string{"ecs:DescribeInstances"}, true, []param{
			must(t("RegionId")),
			t("InstanceIds"), t("InstanceChargeType"), t("Status"), t("LockReason"), t("InstanceName"),
			t("VpcId"), t("VSwitchId"), t("ZoneId"), t("SecurityGroupId"), t("InstanceType"), t("InstanceTypeFamily"),
			t("InstanceNetworkType"), t("ResourceGroupId"),
			t("Tag.#.Key"), t("Tag.#.Value"), t("Tag.#.key"), t("Tag.#.value"),
			t("Filter.#.Key"), t("Filter.#.Value"),
			n("MaxResults"), t("NextToken"), n("PageNumber"), n("PageSize"),
			b("DryRun"), t("AdditionalAttributes.#"), b("NeedSaleCycle"),
			x("ImageId"), x("KeyPairName"), x("InternetChargeType"), x("DeviceAvailable"), x("IoOptimized"),
			x("PrivateIpAddresses"), x("PublicIpAddresses"), x("EipAddresses"), x("InnerIpAddresses"),
			x("RdmaIpAddresses"), x("Ipv6Address.#"), x("HpcClusterId"),
			x("HttpEndpoint"), x("HttpTokens"), x("HttpPutResponseHopLimit"),
		}, (*Cloud).describeInstances},
		"RenewInstance": {ecsVersion, []string{"ecs:RenewInstance"}, true, []param{
			must(t("InstanceId")), n("Period"), t("PeriodUnit"), n("ExpectedRenewDay"), t("ClientToken"),
		}, (*Cloud).renewInstance},
		"DescribeInstanceAutoRenewAttribute": {ecsVersion, []string{"ecs:DescribeInstanceAutoRenewAttribute"}, true, []param{
			must(t("RegionId")), t("InstanceId"), t("RenewalStatus"), t("PageNumber"), t("PageSize"),
		}, (*Cloud).describeAttributes},
		"ModifyInstanceAutoRenewAttribute": {ecsVersion, []string{"ecs:ModifyInstanceAutoRenewAttribute"}, true, []param{
			// InstanceId is mandatory too; its absence has a code of its own.
			must(t("RegionId")), t("InstanceId"), t("RenewalStatus"), b("AutoRenew"), n("Duration"), t("PeriodUnit"),
		}, (*Cloud).modifyAttributes},
		"DescribeRenewalPrice": {ecsVersion, []string{"ecs:DescribeRenewalPrice"}, true, []param{
			must(t("RegionId")), must(t("ResourceId")), t("ResourceType"), n("Period"), t("PriceUnit"), n("ExpectedRenewDay"),
			x("PromotionOptions.CouponNo"),
		}, (*Cloud).describePrice},
		"DescribeRegions": {ecsVersion, []string{"ecs:DescribeRegions"}, false, []param{
			t("InstanceChargeType"), t("ResourceType"), t("AcceptLanguage"),
		}, (*Cloud).describeRegions},

		"GetCallerIdentity": {stsVersion, nil, false, nil, (*Cloud).callerIdentity},
		"AssumeRole": {stsVersion, nil, false, []param{
			must(t("RoleArn")), must(t("RoleSessionName")), n("DurationSeconds"), t("ExternalId"), t("Policy"), t("SourceIdentity"),
		}, (*Cloud).assumeRole},

		"QueryAccountBalance": {bssVersion, []string{"bss:DescribeAcccount", "bssapi:QueryAccountBalance"}, false, nil, (*Cloud).balance},
	}
}

// common has the parameters that every action takes, legacy ones included.
var common = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(`AccessKeyId Action Format RegionId SecurityToken Signature SignatureMethod
		SignatureNonce SignatureType SignatureVersion Timestamp Version
		OwnerAccount OwnerId ResourceOwnerAccount ResourceOwnerId`) {
		names[name] = true
	}
	return names
})

var index = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\.[1-9][0-9]{0,3}(\.|$)`) })

// check refuses parameters that the action does not have, that are of the wrong
// type or that are missing. The real gateway ignores what it does not know; an
// emulator that did so would hide a misspelt parameter.
func (a action) check(rq *request) *apiError {
	for name, values := range rq.params {
		if len(values) > 1 {
			return invalid(name, strings.Join(values, ","), "sent more than once")
		}
	}
	for _, name := range rq.names() {
		if common()[name] {
			continue
		}
		p, ok := a.param(index().ReplaceAllString(name, ".#$1"))
		value := rq.get(name)
		switch {
		case !ok:
			return refuse(400, "UnsupportedParameter", "The parameter %q does not exist for %s.", name, rq.get("Action"))
		case value == "": // counts as absent
		case p.kind == unknown:
			return refuse(400, "UnsupportedParameter", "The parameter %q of %s is not modelled by this emulator.", name, rq.get("Action"))
		case p.kind == integer:
			if _, err := strconv.Atoi(value); err != nil {
				return invalid(name, value, "not an integer")
			}
		case p.kind == boolean:
			if value != "true" && value != "false" {
				return invalid(name, value, "neither true nor false")
			}
		}
	}
	for _, p := range a.params {
		if p.required && rq.get(p.name) == "" {
			return missing(p.name)
		}
	}
	return nil
}

func (a action) param(name string) (param, bool) {
	i := slices.IndexFunc(a.params, func(p param) bool { return p.name == name })
	if i < 0 {
		return param{}, false
	}
	return a.params[i], true
}
