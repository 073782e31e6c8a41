package aliyun

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A form is how a product's own API writes what is read of its instances: the
// keys of an item, "" = it has none. RegionId, ResourceGroupId and Tags are the
// same everywhere.
type form struct {
	id, name, charge, expiry, status, kind, zone, vpc, created string

	prepaid  string // what charge says of a subscription
	untagged bool   // its tags are to be had elsewhere
	// more reads locks, and orders that are not in force yet; nil = there are none.
	more func(r *reader, item map[string]raw, in *renewal.Instance)
}

// read reads an item of a product's own list. What cannot be read is in its
// Unreadable. An expiry that a subscription does not tell is none that could be
// read; names, tags and groups that the item does not have at all are not known.
func (f form) read(item raw, region string) renewal.Instance {
	var r reader
	var d map[string]raw
	r.object("item", item, &d)
	text := func(key string) string { return r.text(key, d[key]) }
	charge := text(f.charge)
	in := renewal.Instance{
		ID: text(f.id), Name: text(f.name), Region: cmp.Or(text("RegionId"), region), Zone: text(f.zone), Type: text(f.kind),
		Status: text(f.status), ResourceGroup: text("ResourceGroupId"), VPC: text(f.vpc), Created: r.moment(f.created, d[f.created]),
		Subscription: charge == "" || strings.EqualFold(charge, f.prepaid), // where it says nothing, the billing does
		Expires:      r.moment(f.expiry, d[f.expiry]), Tags: readTags(&r, d["Tags"]),
		Unnamed: absent(d[f.name]) || absent(d["Tags"]) && !f.untagged || absent(d["ResourceGroupId"]),
	}
	if f.more != nil {
		f.more(&r, d, &in)
	}
	slices.Sort(in.Locks)
	if in.Subscription && in.Expires.IsZero() {
		r.odd(f.expiry)
	}
	if in.ID == "" {
		r.odd(f.id)
	}
	in.Unreadable = r.fault()
	return in
}

// all reads the items of a list.
func (f form) all(items []raw, region string) []renewal.Instance {
	instances := make([]renewal.Instance, 0, len(items))
	for _, item := range items {
		instances = append(instances, f.read(item, region))
	}
	return instances
}

// own gives, of what a list holds, the instances of the product that were asked
// for. One without a readable id may be any that is missing.
func (b billed) own(list []renewal.Instance, ids []string) []renewal.Instance {
	list = slices.DeleteFunc(list, func(in renewal.Instance) bool {
		foreign := in.Product != "" && in.Product != b.traits.Key && in.Product != noProduct
		return foreign || in.ID != "" && !slices.Contains(ids, in.ID)
	})
	list = nameless(list, ids)
	for i := range list {
		list[i].Product = b.traits.Key
	}
	return list
}

// nameless puts, in place of instances without a readable id, all of ids that are
// not among those found.
func nameless(found []renewal.Instance, ids []string) []renewal.Instance {
	there := map[string]renewal.Instance{}
	for _, in := range found {
		there[in.ID] = in
	}
	odd, some := there[""]
	if !some {
		return found
	}
	found = slices.DeleteFunc(found, func(in renewal.Instance) bool { return in.ID == "" })
	for _, id := range ids {
		if _, seen := there[id]; !seen {
			found = append(found, renewal.Instance{ID: id, Region: odd.Region, Subscription: true, Unnamed: odd.Unnamed, Unreadable: odd.Unreadable})
		}
	}
	return found
}

// A pager is a list of a product's own API in numbered pages.
type pager struct {
	api
	key, inner, total string // where the list is, and how many there are
	size              int    // entries that a page has; the API takes no other
}

// all reads the list to its end. What it promises and does not have is not there,
// for who asks for it.
func (p pager) all(ctx context.Context, c *Cloud, region string, params map[string]string) (items []raw, err error) {
	params = maps.Clone(params)
	params["PageSize"] = strconv.Itoa(p.size)
	for page := 1; ; page++ {
		params["PageNumber"] = strconv.Itoa(page)
		var answer map[string]raw
		if err := c.call(ctx, p.api, region, params, readTimeout, &answer); err != nil {
			return nil, err
		}
		list, err := p.list(answer, p.key, p.inner)
		if err != nil {
			return nil, err
		}
		items = append(items, list...)
		total := new(reader).number(p.total, answer[p.total])
		if len(list) == 0 || total > 0 && len(items) >= total || total <= 0 && len(list) < p.size {
			return items, nil
		}
	}
}

// some reads instances by their ids where the API filters by one alone: a few are
// asked for one by one, for more the list of the whole region is read. Those that
// are gone are left out.
func (p pager) some(ctx context.Context, c *Cloud, region string, params map[string]string, id string, ids []string) (items []raw, err error) {
	if len(ids) > aFew {
		return p.all(ctx, c, region, params)
	}
	for _, params[id] = range ids {
		found, err := p.all(ctx, c, region, params)
		if err != nil && !p.gone(err) {
			return nil, err
		}
		items = append(items, found...)
	}
	return items, nil
}

// aFew are cheaper one by one than the pages of a region.
const aFew = 3

// list gives the elements of a list in an answer, which must be there.
func (a api) list(answer map[string]raw, key, inner string) ([]raw, error) {
	id := new(reader).text("RequestId", answer["RequestId"])
	if unlisted(answer[key], inner) {
		return nil, a.noList(new(reader).text("Code", answer["Code"]), id)
	}
	var r reader
	list := r.list(key, answer[key], inner)
	if keys := r.fault(); keys != "" {
		return nil, a.unreadable(id, lang.Err("the list could not be read: %s", "无法读取列表：%s", keys))
	}
	return list, nil
}

// noLocks are the words of LockMode that do not speak against a renewal: of none,
// and of a disk that is full, which can be written to no more and is renewed like
// any other.
var noLocks = []string{"", "unlock", "lockbydiskquota", "lockreadinstancebydiskquota"}

// lockMode reads the LockMode of a database. That of its expiry is what others
// call the financial one.
func lockMode(r *reader, item map[string]raw, in *renewal.Instance) {
	mode := strings.ToLower(r.text("LockMode", item["LockMode"]))
	switch {
	case mode == "lockbyexpiration":
		in.Locks = append(in.Locks, "financial")
	case !slices.Contains(noLocks, mode):
		in.Locks = append(in.Locks, mode)
	}
}

// businessStatus reads the BusinessStatus of what belongs to the network.
func businessStatus(r *reader, item map[string]raw, in *renewal.Instance) {
	if r.text("BusinessStatus", item["BusinessStatus"]) == "FinancialLocked" && !slices.Contains(in.Locks, "financial") {
		in.Locks = append(in.Locks, "financial")
	}
}

// pending gives what is told of an order that is not in force yet: its kind, else
// the key that says that there is one.
func pending(r *reader, item map[string]raw, flag, kind string) string {
	if !r.flag(flag, item[flag]) {
		return ""
	}
	return cmp.Or(plain(r.text(kind, item[kind])), flag)
}

// price reads a price, which must be one: as numbers or as texts.
func (a api) price(value, currency, requestID scalar) (renewal.Amount, error) {
	v, err := decimal.NewFromString(string(value))
	if err != nil || v.IsNegative() || plain(string(currency)) == "" {
		e := a.unreadable(string(requestID), errNoAmount)
		e.Class = renewal.Terminal
		return renewal.Amount{}, e
	}
	return renewal.Amount{Value: v.Round(pricePlaces), Currency: string(currency)}, nil
}

var errNoAmount = lang.Err("the answer holds no price", "响应中没有价格")

// keepAuto says to a renewal that auto-renewal is to stay as it is: where that is
// left out, it may be switched off. One that is to lapse has no word for it.
func keepAuto(params map[string]string, in renewal.Instance, on, off string) {
	switch in.Mode {
	case renewal.Auto:
		params["AutoRenew"] = on
	case renewal.Manual:
		params["AutoRenew"] = off
	}
}
