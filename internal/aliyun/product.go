package aliyun

import (
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A product is one of the provider's, as far as it is called here. All that is
// known of it stands in one file named after it: where it is asked, what it is
// asked and with which right, and what its refusals mean.
type product struct {
	name, version string // as requests name it
	key           string // as rights name it
	host          func(o Options, region string) string
	codes         func() map[string]verdict // of its own; see codes.go for those of the gateway
	granted       lang.Text                 // what else to say of a right that is missing; mostly nothing
}

// An api is one call to a product.
type api struct {
	product
	action   string
	ram      []string    // as RAM names it; more than one where documents differ
	use      renewal.Use //
	resource string      // as renewal.Right has it
	changes  bool        // something; so it is sent promptly or not at all
}

// apis are all calls that are made.
func apis() []api {
	return []api{
		describeRegions, describeInstances, describeStates, describePrice, renewInstance, tagResources, modifyState,
		queryBalance, queryInstances, billRenew, setRenewal, queryOrders, orderDetail, searchResources,
		rdsInstances, rdsTags, rdsPrice, rdsRenew,
		redisInstances, redisPrice, redisRenew,
		mongodbInstances, mongodbPrice, mongodbRenew,
		polardbClusters, eipAddresses, cbwpPackages, clbAttribute,
		getIdentity, assumeRole, listMembers,
	}
}

// Rights gives the permissions that the calls need, each for its use.
func Rights() (all []renewal.Right) {
	for _, a := range apis() {
		for _, action := range a.ram {
			all = append(all, renewal.Right{Product: a.key, Action: action, Use: a.use, Resource: a.resource})
		}
	}
	return all
}

// failed makes the error of a call that has no code of the API's.
func (a api) failed(class renewal.Class, status int, cause error) *renewal.CallError {
	return &renewal.CallError{Action: a.ram[0], Status: status, Class: class, Err: cause}
}

// unreadable is the error of a 200 that does not hold what was asked for. It is
// ambiguous: the call was accepted.
func (a api) unreadable(requestID string, what error) *renewal.CallError {
	e := a.failed(renewal.Ambiguous, 200, what)
	e.RequestID = plain(requestID)
	return e
}

// gone says whether a call was refused because what it asks about is not there.
func (a api) gone(err error) bool {
	e := renewal.Classify(err)
	return err != nil && verdictOn(a.product, e.Code, e.Status).gone
}

// centralRegions are asked at one host for all of them, of every product (the
// endpoint maps of alibaba-cloud-sdk-go); other regions are for some products.
var centralRegions = []string{"cn-hangzhou", "cn-beijing-gov-1", "cn-north-2-gov-1", "cn-shanghai-finance-1", "cn-shenzhen-finance-1"}

// endpoints gives where a product is asked: at a host of the region's own, but
// for the regions that share one. Inside VPCs every region has its own.
func endpoints(name string, shared ...string) func(Options, string) string {
	return func(o Options, region string) string {
		switch {
		case o.Network == "vpc":
			return name + "-vpc." + region + ".aliyuncs.com"
		case slices.Contains(centralRegions, region), slices.Contains(shared, region):
			return name + ".aliyuncs.com"
		}
		return name + "." + region + ".aliyuncs.com"
	}
}

// isRegion says whether text can be the id of a region. It becomes part of a
// host's name, and the billing's list is no place to take one from unseen.
func isRegion(text string) bool {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-')
	}
	return text != "" && len(text) <= 50 && !strings.ContainsFunc(text, odd) && !strings.HasPrefix(text, "-")
}

// accepted says whether the code in an answer of 200 is one of success. Most
// answers have none.
func accepted(code string) bool {
	return code == "" || code == "Success" || code == "OK" || code == "200"
}
