package aliyun

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// resourceCenter is Resource Center, which knows the names, tags and groups of
// most of what an account has, once it was switched on there.
var resourceCenter = product{name: "ResourceCenter", version: "2022-12-01", key: "resourcecenter", host: resourceCenterHost, codes: resourceCenterCodes}

// searchResources is what it is asked.
var searchResources = api{product: resourceCenter, action: "SearchResources", ram: []string{"resourcecenter:SearchResources"}, use: renewal.ToName}

// resourceCenterHost gives the endpoint, which is one for each site.
func resourceCenterHost(o Options, _ string) string {
	if o.Site == renewal.Intl {
		return "resourcecenter-intl.aliyuncs.com"
	}
	return "resourcecenter.aliyuncs.com"
}

var resourceCenterCodes = sync.OnceValue(func() map[string]verdict {
	return map[string]verdict{
		"NoPermission":      noRight,
		"ServiceNotEnabled": refused.say("Resource Center is not switched on: switch it on in its console, it is free", "资源中心未开通：请在控制台免费开通"),
	}
})

const (
	searched    = 100 // ids in a call; how many it takes is not documented
	searchPages = 50  // of a call, at most: an answer may never end
)

// Names completes instances by their name, tags and resource group, and leaves
// those Unnamed that it does not find, or finds twice with different ones (Resource
// Center SearchResources).
func (c *Cloud) Names(ctx context.Context, instances []renewal.Instance) ([]renewal.Instance, error) {
	named := slices.Clone(instances)
	for some := range slices.Chunk(named, searched) {
		found, err := c.search(ctx, some)
		if err != nil {
			return nil, err
		}
		for i, in := range some {
			if fits := slices.DeleteFunc(slices.Clone(found), func(r resource) bool { return !r.is(in) }); agree(fits) {
				some[i].Name, some[i].Tags, some[i].ResourceGroup, some[i].Unnamed = fits[0].name, fits[0].tags, fits[0].group, false
			}
		}
	}
	return named, nil
}

// A resource is what Resource Center knows of an instance.
type resource struct {
	id, account, name, group string
	tags                     map[string]string
}

// is says whether r is the instance: ids are those of one account.
func (r resource) is(in renewal.Instance) bool {
	return r.id == in.ID && (r.account == in.Account || r.account == "" || in.Account == "")
}

// agree says whether there are some, and all the same.
func agree(all []resource) bool {
	for _, r := range all {
		if r.name != all[0].name || r.group != all[0].group || !maps.Equal(r.tags, all[0].tags) {
			return false
		}
	}
	return len(all) > 0
}

// search finds what has the ids of some instances. What cannot be read whole is
// left out.
func (c *Cloud) search(ctx context.Context, some []renewal.Instance) (found []resource, err error) {
	params := map[string]string{"MaxResults": strconv.Itoa(searched), "Filter.1.Key": "ResourceId", "Filter.1.MatchType": "Equals"}
	asked := 0
	for _, in := range some {
		if in.ID != "" {
			asked++
			params["Filter.1.Value."+strconv.Itoa(asked)] = in.ID
		}
	}
	if asked == 0 {
		return nil, nil // without a value it would be asked for everything
	}
	for range searchPages {
		var answer map[string]raw
		if err := c.call(ctx, searchResources, c.options.Region, params, readTimeout, &answer); err != nil {
			return nil, err
		}
		list, err := searchResources.list(answer, "Resources", "Resource")
		if err != nil {
			return nil, err
		}
		for _, item := range list {
			if r, ok := readResource(item); ok {
				found = append(found, r)
			}
		}
		next := new(reader).text("NextToken", answer["NextToken"])
		if next == "" {
			return found, nil
		}
		params["NextToken"] = next
	}
	return nil, searchResources.unreadable("", lang.Err("the list does not end", "列表没有结束"))
}

func readResource(item raw) (resource, bool) {
	var d struct{ ResourceId, AccountId, ResourceName, ResourceGroupId, Tags raw }
	var r reader
	r.object("Resources", item, &d)
	found := resource{
		id: r.text("ResourceId", d.ResourceId), account: r.text("AccountId", d.AccountId), name: r.text("ResourceName", d.ResourceName),
		group: r.text("ResourceGroupId", d.ResourceGroupId), tags: readTags(&r, d.Tags),
	}
	return found, r.fault() == "" && found.id != ""
}
