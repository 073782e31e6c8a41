package aliyun

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// queryInstances is the list of all that an account has, of every product and
// region.
var queryInstances = api{product: bss, action: "QueryAvailableInstances", ram: []string{"bss:DescribeInstances", "bssapi:QueryAvailableInstances"}, use: renewal.ToList}

// indexSize is the most entries that a page of the index has. The API may cut it.
const indexSize = 300

// Index gives a page, from 1 on, of the subscriptions of the account but for its
// servers; ids narrows it to up to 100 of them (BSS QueryAvailableInstances). It
// has neither names nor tags, and no locks. Pages are no snapshot: whoever reads
// them has to count what he gets. An answer without the list, or without the
// number of what there is, is an error; an entry without a readable id is a row
// without one.
func (c *Cloud) Index(ctx context.Context, page int, ids []string) (renewal.IndexPage, error) {
	params := indexParams(ids)
	params["PageNum"] = strconv.Itoa(page)
	list, found, err := c.billedList(ctx, queryInstances, params, "InstanceList", "")
	if err != nil {
		return renewal.IndexPage{}, err
	}
	for _, item := range list {
		if row := readRow(item); row.Subscription && row.Product != renewal.TraitsOf("").Key {
			found.Rows = append(found.Rows, row)
		}
	}
	return found, nil
}

// indexParams ask for subscriptions, all or those of some ids. Region is not among
// them: it is matched with the account's station, and another one finds nothing.
func indexParams(ids []string) map[string]string {
	params := map[string]string{"SubscriptionType": "Subscription", "PageSize": strconv.Itoa(indexSize)}
	if len(ids) > 0 {
		params["InstanceIDs"] = strings.Join(ids, ",")
	}
	return params
}

// billedList reads a list of the billing's: its entries, and how many there are.
func (c *Cloud) billedList(ctx context.Context, a api, params map[string]string, key, inner string) ([]raw, renewal.IndexPage, error) {
	answer, requestID, err := c.bill(ctx, a, params, billTimeout)
	if err != nil {
		return nil, renewal.IndexPage{}, err
	}
	var r reader
	var data map[string]raw
	r.object("Data", answer, &data)
	if unlisted(data[key], inner) || string(data[key]) == `""` {
		return nil, renewal.IndexPage{}, a.noList("", requestID)
	}
	if absent(data["TotalCount"]) {
		r.odd("TotalCount")
	}
	list := r.list(key, data[key], inner)
	page := renewal.IndexPage{Read: len(list), Total: r.number("TotalCount", data["TotalCount"])}
	page.Size = max(cmp.Or(r.number("PageSize", data["PageSize"]), page.Read), 0)
	if keys := r.fault(); keys != "" {
		return nil, renewal.IndexPage{}, a.unreadable(requestID, lang.Err("the list could not be read: %s", "无法读取列表：%s", keys))
	}
	return list, page, nil
}

// billingModes are the billing's words for how a subscription is renewed.
var billingModes = map[string]renewal.Mode{
	"ManualRenewal": renewal.Manual, "AutoRenewal": renewal.Auto, "NotRenewal": renewal.Lapse,
}

// noProduct is the product of a row that does not say whose it is.
const noProduct = "unknown"

// readRow reads an entry of the index.
func readRow(item raw) renewal.Instance {
	var d struct {
		InstanceID, ProductCode, ProductType, Region, Status, SubscriptionType raw
		RenewStatus, RenewalDuration, RenewalDurationUnit, CreateTime, EndTime raw
	}
	var r reader
	r.object("InstanceList", item, &d)
	code := strings.ToLower(r.text("ProductCode", d.ProductCode))
	if code == "" {
		r.odd("ProductCode")
	}
	key, _ := renewal.ProductOf(cmp.Or(code, noProduct))
	kind := r.text("SubscriptionType", d.SubscriptionType)
	in := renewal.Instance{
		Product: key, Kind: r.text("ProductType", d.ProductType), ID: r.text("InstanceID", d.InstanceID),
		Region: r.text("Region", d.Region), Status: r.text("Status", d.Status),
		Subscription: kind == "" || strings.EqualFold(kind, "Subscription"), // where it says nothing, the list was asked for these
		Created:      r.moment("CreateTime", d.CreateTime), Expires: r.moment("EndTime", d.EndTime),
		Mode: cmp.Or(billingModes[r.text("RenewStatus", d.RenewStatus)], renewal.Unknown), Unnamed: true,
	}
	if in.Expires.IsZero() {
		r.odd("EndTime")
	}
	if in.Mode == renewal.Auto {
		in.Auto = billedTerm(r.number("RenewalDuration", d.RenewalDuration), r.text("RenewalDurationUnit", d.RenewalDurationUnit))
	}
	if in.ID == "" {
		r.odd("InstanceID")
	}
	in.Unreadable = r.fault()
	return in
}

// billedTerm is a term of auto-renewal as the billing writes it; the zero Period
// is one that it does not tell.
func billedTerm(n int, unit string) renewal.Period {
	return autoTerm(n, map[string]string{"W": "week", "M": "month", "Y": "year"}[strings.ToUpper(unit)])
}

// MayIndex says whether the role may list the account's subscriptions at all,
// which an empty page does not tell: one call without filters must be answered
// with how many there are (BSS QueryAvailableInstances).
func (c *Cloud) MayIndex(ctx context.Context) error {
	_, _, err := c.billedList(ctx, queryInstances, map[string]string{"PageSize": "1", "PageNum": "1"}, "InstanceList", "")
	return err
}

// errMoving says that pages do not fit together, which are no snapshot.
var errMoving = lang.Err("the list changed while it was read", "列表在读取过程中发生了变化")

// billedPages reads all pages of a list of the billing's. One that changes
// meanwhile, or that has fewer entries than it promises, is an error.
func (c *Cloud) billedPages(ctx context.Context, a api, params map[string]string, key, inner string, each func(raw) error) error {
	for page, read, promised := 1, 0, 0; ; page++ {
		params["PageNum"] = strconv.Itoa(page)
		list, found, err := c.billedList(ctx, a, params, key, inner)
		if err != nil {
			return err
		}
		for _, item := range list {
			if err := each(item); err != nil {
				return err
			}
		}
		read += found.Read
		switch {
		case page > 1 && found.Total != promised:
			return a.unreadable("", errMoving)
		case read >= found.Total:
			return nil
		case found.Read == 0:
			return a.unreadable("", lang.Err("the list has %d entries of the %d that it promises", "列表承诺 %[2]d 条，实际只有 %[1]d 条", read, found.Total))
		}
		promised = found.Total
	}
}

// rows reads subscriptions of the product by their ids, up to 100 of them.
func (b billed) rows(ctx context.Context, ids []string) (rows []renewal.Instance, err error) {
	params := indexParams(ids)
	err = b.cloud.billedPages(ctx, queryInstances, params, "InstanceList", "", func(item raw) error {
		if row := readRow(item); row.Subscription {
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.own(rows, ids), nil
}

// billed are the calls to a product that the billing alone knows, and what those
// with an API of their own have of the billing.
type billed struct {
	cloud  *Cloud
	traits renewal.Traits
}

// Instances implements Calls with the billing's list.
func (b billed) Instances(ctx context.Context, _ string, ids []string) ([]renewal.Instance, error) {
	return b.rows(ctx, ids)
}

// States implements Calls: of up to 100 of them (BSS QueryAvailableInstances). One
// that is there twice, with two modes, is Unknown.
func (b billed) States(ctx context.Context, _ string, ids []string) (map[string]renewal.AutoState, error) {
	rows, err := b.rows(ctx, ids)
	if err != nil {
		return nil, err
	}
	states := map[string]renewal.AutoState{}
	for _, in := range rows {
		state := renewal.AutoState{Mode: cmp.Or(in.Mode, renewal.Unknown), Term: in.Auto}
		if before, twice := states[in.ID]; twice && before != state {
			state = renewal.AutoState{Mode: renewal.Unknown}
		}
		states[in.ID] = state
	}
	return states, nil
}

var (
	errNoQuote    = lang.Err("has no price: the cloud quotes none for it; say in RENEW_PRICES what a month costs at most", "无法询价：云平台不提供该产品的续费询价；请在 RENEW_PRICES 中填写每月最高价格")
	errNotRenewed = lang.Err("cannot be renewed here: renew it in the console", "此处不支持续费，请在控制台续费")
)

// Price implements Calls: there is none.
func (b billed) Price(context.Context, string, renewal.Instance, renewal.Term) (renewal.Amount, error) {
	return renewal.Amount{}, billRenew.failed(renewal.Terminal, 0, errNoQuote)
}

// Renew implements Calls: nothing is sent.
func (b billed) Renew(context.Context, string, renewal.Instance, renewal.Term, string, time.Duration) (string, error) {
	return "", billRenew.failed(renewal.Terminal, 0, errNotRenewed)
}
