package aliyun

import "github.com/fc-renewer/fc-renewer/internal/renewal"

// A product is one of the provider's, as far as it is called here. All that is
// known of it stands in one file named after it: where it is asked, what it is
// asked and with which right, and what its refusals mean.
type product struct {
	name, version string // as requests name it
	key           string // as rights name it
	host          func(o Options, region string) string
	codes         func() map[string]verdict // of its own; see codes.go for those of the gateway
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
		queryBalance, getIdentity, assumeRole, listMembers,
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
