package cloud

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// filterKeys binds each Filter.N to its key.
var filterKeys = []string{"CreationStartTime", "CreationEndTime", "ExpiredStartTime", "ExpiredEndTime"}

var ecsStatuses = []string{"Pending", "Running", "Starting", "Stopping", "Stopped"}

// enums are the DescribeInstances parameters with a fixed set of values.
var enums = []struct {
	name, code string
	values     []string
}{
	{"InstanceChargeType", "InvalidInstanceChargeType.NotFound", []string{"PrePaid", "PostPaid"}},
	{"Status", "InvalidStatus.NotFound", ecsStatuses},
	{"LockReason", "InvalidLockReason.NotFound", []string{"financial", "security", "Recycling", "dedicatedhostfinancial", "refunded"}},
	{"InstanceNetworkType", "InvalidNetworkType.NotFound", []string{"vpc", "classic"}},
	{"InternetChargeType", "InvalidInternetChargeType.ValueNotSupported", []string{"PayByTraffic", "PayByBandwidth"}},
}

// readFilters makes one test of all filters of DescribeInstances; they must all
// hold, and an empty one is none. The caller holds c.mu, also while it uses the
// test.
func (c *Cloud) readFilters(rq *request) (func(*instance) bool, *apiError) {
	for _, e := range enums {
		if value := rq.get(e.name); value != "" && !slices.Contains(e.values, value) {
			return nil, refuse(404, e.code, "The value %q of %s is not valid.", value, e.name)
		}
	}
	var tests []func(*instance) bool
	add := func(test func(*instance) bool) { tests = append(tests, test) }

	for _, list := range []struct {
		name  string
		field func(*instance) string
	}{
		{"InstanceIds", func(i *instance) string { return i.ID }},
		{"PrivateIpAddresses", func(i *instance) string { return i.privateIP() }},
	} {
		wanted, err := jsonList(rq, list.name)
		if err != nil {
			return nil, err
		}
		if wanted != nil {
			add(func(i *instance) bool { return wanted[list.field(i)] })
		}
	}
	equal := func(name string, field func(*instance) string) {
		if value := rq.get(name); value != "" {
			add(func(i *instance) bool { return field(i) == value })
		}
	}
	equal("InstanceChargeType", func(i *instance) string { return i.ChargeType })
	equal("VpcId", func(i *instance) string { return i.VPC })
	equal("VSwitchId", func(i *instance) string { return i.VSwitch })
	equal("ZoneId", func(i *instance) string { return i.Zone })
	equal("InstanceType", func(i *instance) string { return i.Type })
	equal("ResourceGroupId", func(i *instance) string { return i.ResourceGroup })
	equal("ImageId", func(i *instance) string { return i.Image })
	equal("KeyPairName", func(i *instance) string { return i.KeyPair })
	equal("InternetChargeType", func(i *instance) string { return i.InternetCharge })
	if family := rq.get("InstanceTypeFamily"); family != "" {
		add(func(i *instance) bool { return strings.HasPrefix(i.Type, family+".") })
	}
	if network := rq.get("InstanceNetworkType"); network != "" {
		add(func(i *instance) bool { return i.Classic == (network == "classic") })
	}
	if group := rq.get("SecurityGroupId"); group != "" {
		add(func(i *instance) bool { return slices.Contains(i.SecurityGroups, group) })
	}
	if pattern := rq.get("InstanceName"); pattern != "" {
		// Only * is special; what else means something to path.Match does not here.
		literal := strings.NewReplacer(`\`, `\\`, "?", `\?`, "[", `\[`).Replace(strings.ReplaceAll(pattern, "/", "\x00"))
		add(func(i *instance) bool {
			ok, err := path.Match(literal, strings.ReplaceAll(i.Name, "/", "\x00"))
			return err == nil && ok
		})
	}
	now := c.now()
	if status := rq.get("Status"); status != "" {
		add(func(i *instance) bool { s, _, _ := c.view(i, now); return s == status })
	}
	if reason := rq.get("LockReason"); reason != "" {
		add(func(i *instance) bool {
			_, locks, _ := c.view(i, now)
			return slices.ContainsFunc(locks, func(l string) bool { return strings.EqualFold(l, reason) })
		})
	}
	tagTests, err := tagFilters(rq)
	if err != nil {
		return nil, err
	}
	timeTests, err := c.timeFilters(rq, now)
	if err != nil {
		return nil, err
	}
	tests = slices.Concat(tests, tagTests, timeTests)
	return func(i *instance) bool {
		for _, test := range tests {
			if !test(i) {
				return false
			}
		}
		return true
	}, nil
}

// jsonList reads a parameter that is a JSON array of at most a hundred texts. Not
// sent it gives nil; an empty array is a filter that nothing passes.
func jsonList(rq *request, name string) (map[string]bool, *apiError) {
	raw := rq.get(name)
	if raw == "" {
		return nil, nil
	}
	var values []string
	if json.Unmarshal([]byte(raw), &values) != nil || values == nil {
		return nil, invalid(name, raw, "not a JSON array of texts")
	}
	if len(values) > maxListed {
		return nil, invalid(name, raw, "more than 100")
	}
	wanted := map[string]bool{}
	for _, value := range values {
		wanted[value] = true
	}
	return wanted, nil
}

// privateIP is the address in a VPC; a classic instance has none.
func (i *instance) privateIP() string {
	if i.Classic {
		return ""
	}
	return i.PrivateIP
}

func tagFilters(rq *request) (tests []func(*instance) bool, err *apiError) {
	type pair struct{ key, value string }
	tags := map[int]*pair{}
	for _, name := range rq.names() {
		rest, ok := strings.CutPrefix(name, "Tag.")
		if !ok || rq.get(name) == "" {
			continue
		}
		number, part, _ := strings.Cut(rest, ".")
		n, _ := strconv.Atoi(number) // its form was checked
		if n > 20 {
			return nil, refuse(400, "InvalidTagCount", "More than 20 tags were sent.")
		}
		if tags[n] == nil {
			tags[n] = &pair{}
		}
		if strings.EqualFold(part, "Key") {
			tags[n].key = rq.get(name)
		} else {
			tags[n].value = rq.get(name)
		}
	}
	for n, tag := range tags {
		if tag.key == "" {
			return nil, refuse(400, "InvalidTag.Mismatch", "Tag %d has a value and no key.", n)
		}
		tests = append(tests, func(i *instance) bool {
			value, ok := i.shownTags[tag.key]
			return ok && (tag.value == "" || value == tag.value)
		})
	}
	return tests, nil
}

// timeFilters reads Filter.1 to Filter.4: times in UTC to the minute.
func (c *Cloud) timeFilters(rq *request, now time.Time) (tests []func(*instance) bool, err *apiError) {
	bad := func(n, what string) *apiError {
		return refuse(404, "InvalidFilterKey.NotFound", "Filter.%s is not valid: %s.", n, what)
	}
	for _, name := range rq.names() {
		rest, ok := strings.CutPrefix(name, "Filter.")
		number, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(number); ok && (err != nil || n > len(filterKeys)) {
			return nil, bad(number, "there are four filters")
		}
	}
	for n, want := range filterKeys {
		number := strconv.Itoa(n + 1)
		key, value := rq.get("Filter."+number+".Key"), rq.get("Filter."+number+".Value")
		if key == "" && value == "" {
			continue
		}
		if key != want {
			return nil, bad(number, "its key is "+want)
		}
		bound, parseErr := time.Parse(minuteFmt, value)
		if parseErr != nil {
			return nil, bad(number, "its value is not of the form yyyy-MM-ddTHH:mmZ")
		}
		tests = append(tests, func(i *instance) bool {
			at := i.Created
			if n >= 2 {
				_, _, at = c.view(i, now)
			}
			order := at.Compare(bound)
			if n%2 == 1 {
				order = -order // an end: the bound must not be before
			}
			return order > 0 || order == 0 && !c.opts.ExclusiveBounds
		})
	}
	if c.opts.RequireBothFilters && (rq.get("Filter.3.Key") == "") != (rq.get("Filter.4.Key") == "") {
		return nil, bad("3", "ExpiredStartTime and ExpiredEndTime go together")
	}
	return tests, nil
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
