package cloud

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// resourceCenterActions are the actions of Resource Center, which knows names,
// tags and groups of everything an account has, once it has been switched on.
func resourceCenterActions() []action {
	return of("resourcecenter", "2022-12-01", []action{{
		name: "SearchResources", ram: []string{"resourcecenter:SearchResources"}, list: "Resources", do: (*Cloud).searchResources,
		params: []param{
			str("Filter.#.Key"), str("Filter.#.MatchType"), str("Filter.#.Value.#"), num("MaxResults"), str("NextToken"),
			str("SortCriterion.Key"), str("SortCriterion.Order"), str("ResourceGroupId"),
			refused("SearchExpression"), refused("IncludeDeletedResources"), refused("View"),
		},
	}})
}

// searched are the keys of SearchResources that can be filtered by.
var searched = map[string]func(*instance) string{
	"ResourceId":      func(i *instance) string { return i.ID },
	"ResourceName":    func(i *instance) string { return i.Name },
	"ResourceType":    func(i *instance) string { return i.product.resource },
	"ResourceGroupId": func(i *instance) string { return i.ResourceGroup },
	"RegionId":        func(i *instance) string { return i.Region },
}

// searchResources is SearchResources: of the values of one filter one must fit,
// and every filter must.
func (c *Cloud) searchResources(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tests, err := resourceFilters(rq)
	if err != nil {
		return nil, err
	}
	page, err := tokenPage(rq, 20, 500)
	if err != nil {
		return nil, err
	}
	if c.permitted(rq) != nil {
		return nil, refuse(400, "NoPermission", "You are not authorized to perform this operation.")
	}
	if rq.account.NoResourceCenter {
		return nil, refuse(400, "ServiceNotEnabled", "Resource Center is not switched on.")
	}
	now, wall := c.now(), time.Now()
	var found []*instance
	for _, i := range c.instances {
		if i.Account != rq.account.ID || i.Uncatalogued || !c.kept(i, now) || !all(tests, i) || !fits(rq, "ResourceGroupId", i.ResourceGroup) {
			continue
		}
		i.settle(wall)
		found = append(found, i)
	}
	list := []any{}
	for _, i := range cut(found, page) {
		row := fields{
			"ResourceId": i.ID, "ResourceName": i.Name, "ResourceType": i.product.resource, "AccountId": i.Account,
			"RegionId": i.Region, "ZoneId": i.Zone, "ResourceGroupId": i.ResourceGroup,
			"CreateTime": i.Created.Format(secondFmt), "Tags": i.tagPairs("Key", "Value"), "IpAddresses": []any{},
		}
		if i.prepaid() {
			row["ExpireTime"] = i.shown.Format(secondFmt)
		}
		list = append(list, row)
	}
	body := fields{"Resources": list, "MaxResults": page.size, "Filters": []any{}}
	c.putToken(rq, body, page.offset+len(list), len(found))
	return body, nil
}

// resourceFilters makes a test of each Filter.N.
func resourceFilters(rq *request) (tests []func(*instance) bool, err *apiError) {
	values := map[string][]string{} // by the filter's number
	for _, name := range rq.names() {
		if rest, ok := strings.CutPrefix(name, "Filter."); ok && rq.get(name) != "" {
			number, part, _ := strings.Cut(rest, ".")
			if strings.HasPrefix(part, "Value.") {
				values[number] = append(values[number], rq.get(name))
			} else {
				values[number] = append([]string{}, values[number]...)
			}
		}
	}
	for number, wanted := range values {
		key, match := rq.get("Filter."+number+".Key"), rq.get("Filter."+number+".MatchType")
		field := searched[key]
		switch {
		case key == "":
			return nil, missing("Filter." + number + ".Key")
		case field == nil:
			return nil, refuse(400, "UnsupportedParameter", "The filter %q is not modelled by this emulator.", key)
		case match != "" && match != "Equals":
			return nil, refuse(400, "UnsupportedParameter", "The match type %q is not modelled by this emulator.", match)
		case len(wanted) == 0:
			return nil, missing("Filter." + number + ".Value." + strconv.Itoa(1))
		}
		tests = append(tests, func(i *instance) bool { return slices.Contains(wanted, field(i)) })
	}
	return tests, nil
}
