package cloud

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

const (
	minuteFmt  = "2006-01-02T15:04Z"
	maxListed  = 100  // per page, and ids per call
	maxFound   = 1000 // results in all when tags or a resource group select
	minResults = 10
)

// describeInstances lists instances. The list is made anew for every page: what
// leaves the filters between two pages makes the rest move up.
func (c *Cloud) describeInstances(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	match, err := c.readFilters(rq)
	if err != nil {
		return nil, err
	}
	page, err := c.readPage(rq)
	if err != nil {
		return nil, err
	}
	denied := c.permitted(rq)
	if rq.get("DryRun") == "true" {
		if denied != nil {
			return nil, denied
		}
		return nil, refuse(400, "DryRunOperation", "The request would have succeeded.")
	}

	var found []*instance
	// Who may not list gets an empty list and no error.
	if denied == nil {
		now, wall := c.now(), time.Now()
		for _, i := range c.instances {
			if i.product != ecs || i.Region != rq.region || i.Account != rq.account.ID || c.released(i, now) {
				continue
			}
			i.settle(wall)
			for _, row := range c.rows(rq, i) {
				if match(row) {
					found = append(found, row)
				}
			}
		}
		if len(found) > maxFound && (rq.get("Tag.1.Key") != "" || rq.get("ResourceGroupId") != "") {
			found = found[:maxFound]
		}
	}

	from := min(page.offset, len(found))
	to := min(from+page.size, len(found))
	list := make([]*listed, 0, to-from)
	for _, i := range found[from:to] {
		list = append(list, c.describe(i))
	}
	body := fields{"Instances": fields{"Instance": list}}
	if !page.byToken {
		body["TotalCount"], body["PageNumber"], body["PageSize"] = len(found), page.number, page.size
		if to < len(found) {
			body["NextToken"] = nextToken(rq, to) // page paging may go on as token paging
		}
		return body, nil
	}
	// With token paging these mean nothing, and say so.
	body["TotalCount"], body["PageNumber"], body["PageSize"] = 0, 0, 0
	switch {
	case rq.hit(EndlessToken):
		body["NextToken"] = nextToken(rq, endless)
	case to < len(found):
		body["NextToken"] = nextToken(rq, to)
	case c.opts.BlankNextToken:
		body["NextToken"] = ""
	}
	return body, nil
}

// rows are what a listing has of an instance: itself, and its twin where there is
// one.
func (c *Cloud) rows(rq *request, i *instance) []*instance {
	twin := *i
	switch late := !i.shown.Equal(i.Expires); {
	case late && (c.opts.TwinRows || rq.hit(TwinRow)):
		twin.shown = i.Expires
	case rq.hit(TwinRow) && !i.before.IsZero():
		twin.shown = i.before
	case rq.hit(TwinRow):
		twin.shown = addPeriod(i.Expires, 1, "Month")
	default:
		return []*instance{i}
	}
	return []*instance{i, &twin}
}

type page struct {
	byToken      bool
	number       int
	offset, size int
}

// readPage finds the page asked for. MaxResults or NextToken decide for token
// paging, and PageNumber and PageSize are then ignored.
func (c *Cloud) readPage(rq *request) (page, *apiError) {
	if rq.get("MaxResults") != "" || rq.get("NextToken") != "" {
		size, _ := strconv.Atoi(rq.get("MaxResults")) // its type was checked
		size = min(max(size, minResults), maxListed)
		if c.opts.PageCap > 0 {
			size = min(size, c.opts.PageCap)
		}
		p := page{byToken: true, size: size}
		if token := rq.get("NextToken"); token != "" {
			offset, ok := readToken(rq, token)
			if !ok {
				return p, invalid("NextToken", token, "not from this list")
			}
			p.offset = max(offset, 0)
		}
		return p, nil
	}
	return c.readNumberedPage(rq)
}

func (c *Cloud) readNumberedPage(rq *request) (page, *apiError) {
	p := page{number: 1, size: c.opts.PageDefault}
	for _, f := range []struct {
		name string
		to   *int
		most int
	}{{"PageNumber", &p.number, 1 << 30}, {"PageSize", &p.size, maxListed}} {
		value := rq.get(f.name)
		if value == "" {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > f.most {
			return p, invalid(f.name, value, fmt.Sprintf("1 to %d", f.most))
		}
		*f.to = n
	}
	p.offset = (p.number - 1) * p.size
	return p, nil
}

// endless is the offset in the token of an EndlessToken fault.
const endless = -1

// nextToken makes an opaque token. It belongs to the filters it was made for.
func nextToken(rq *request, offset int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%x.%d", filterSum(rq), offset))
}

func readToken(rq *request, token string) (offset int, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	sum, number, _ := strings.Cut(string(text), ".")
	offset, err = strconv.Atoi(number)
	return offset, err == nil && sum == fmt.Sprintf("%x", filterSum(rq))
}

func filterSum(rq *request) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\n%s\n", rq.account.ID, rq.region)
	for _, name := range rq.names() {
		switch name {
		case "MaxResults", "NextToken", "PageNumber", "PageSize":
		default:
			if !common()[name] {
				fmt.Fprintf(h, "%s=%q\n", name, rq.get(name))
			}
		}
	}
	return h.Sum64()
}

// describeRegions lists the regions on offer.
func (c *Cloud) describeRegions(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch rq.get("ResourceType") {
	case "", "instance", "disk", "reservedinstance", "scu":
	default:
		return nil, refuse(404, "InvalidResourceType.NotFound", "The resource type %q is not supported.", rq.get("ResourceType"))
	}
	switch rq.get("InstanceChargeType") {
	case "", "PrePaid", "PostPaid", "SpotWithPriceLimit", "SpotAsPriceGo":
	default:
		return nil, invalid("InstanceChargeType", rq.get("InstanceChargeType"), "PrePaid or PostPaid")
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	regions := []any{}
	for _, id := range c.regions() {
		host := "ecs." + id + ".aliyuncs.com"
		if id == "cn-hangzhou" {
			host = "ecs-cn-hangzhou.aliyuncs.com"
		}
		regions = append(regions, fields{"RegionId": id, "LocalName": id, "RegionEndpoint": host})
	}
	return fields{"Regions": fields{"Region": regions}}, nil
}
