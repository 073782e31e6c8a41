package cloud

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A product is one kind of subscription: what it is called where, how it is
// renewed, and what becomes of it when nobody does. Each has a file of its own.
type product struct {
	key        string // as a fleet file and the ledger name it
	code, kind string // ProductCode and ProductType in the billing list
	resource   string // ResourceType in Resource Center
	status     string // of an instance that works, in the product's own words
	global     bool   // belongs to no region

	china, intl afterlife
	fromPaid    bool          // once it has stopped working, a renewal counts from the day it is paid and not from the old end
	deducts     time.Duration // the provider tries to take the money of an auto-renewal daily from so long before the expiry
	autoLead    time.Duration // auto-renewal cannot be set later than this before the expiry

	token   TokenRule // what becomes of a repeated ClientToken
	orderID OrderForm // of the answer of its own RenewInstance
}

// afterlife is what happens to an instance after its expiry, in time counted
// from there.
type afterlife struct {
	works  time.Duration // it still works for so long
	kept   time.Duration // it can be renewed for so long, and its product's own reads know it
	listed time.Duration // the billing list has it for so long
}

// TokenRule is what happens to a ClientToken that has bought something and comes
// again. Only ECS documents it; a client must bear each of them. A token whose
// first request is still under way is refused under all of them.
type TokenRule string

// The rules.
const (
	Replay  TokenRule = "replay" // the first order is answered again
	Reject  TokenRule = "reject" // 400 TokenServiceError
	Ignored TokenRule = "charge" // there is a second order and a second charge
)

// OrderForm is what an answer makes of the id of the order.
type OrderForm string

// The forms.
const (
	OrderText   OrderForm = "string"
	OrderNumber OrderForm = "number"
	OrderZero   OrderForm = "zero" // the number 0
	OrderNone   OrderForm = "none" // no OrderId at all
)

// ProductOptions are the switches of one product. Of those of ecs only its delays
// count.
type ProductOptions struct {
	Token   TokenRule `yaml:"token" fleet:"oneof=replay|reject|charge"`      // what becomes of a ClientToken that has bought something and comes again: its order is answered again, it is refused, or it buys once more; "" = replay, of mongodb reject
	OrderID OrderForm `yaml:"orderId" fleet:"oneof=string|number|zero|none"` // what OrderId is in its answer; "" = a text, of rds a number

	ExpiryDelay  time.Duration `yaml:"expiryDelay" fleet:"never"`  // as Options.ExpiryDelay, for the product's own reads; 0 = that one, negative = never
	BillingDelay time.Duration `yaml:"billingDelay" fleet:"never"` // as BillingOptions.Delay; 0 = that one, negative = never

	Months     []int  `yaml:"months"`     // the months RenewInstance takes; nil = all that its API knows
	Poison     bool   `yaml:"poison"`     // a refusal for want of money is remembered with its ClientToken, and answered again when there is money
	KeepUnpaid bool   `yaml:"keepUnpaid"` // an order whose payment fails stays unpaid; default it is cancelled
	RenewalOff bool   `yaml:"renewalOff"` // a renewal that does not say AutoRenew switches auto-renewal off
	OldEnd     bool   `yaml:"oldEnd"`     // of redis: EndTime in the answer of RenewInstance is the old one
	ShortCode  string `yaml:"shortCode"`  // code of a refusal for want of money; "" = that of the API
}

// products are the products with a row; others are made up from their billing
// code.
var products = []*product{ecs, rds, redis, mongodb, polardb, eip, cbwp, clb}

// codes are billing codes of further products, so that a fleet file is not taken
// at its word when a letter is wrong in it.
var codes = []string{
	"acr", "ads", "alikafka", "bastionhost", "bccluster", "cas", "cbn", "cfw", "cms", "dbaudit", "dcdn", "ddos", "dns", "domain",
	"elasticsearch", "gws", "hitsdb", "kms", "learn", "mns", "nat_gw", "nas", "ons", "ri", "sas", "sddp", "swas", "vipcloudfw", "vpn",
	"waf", "yundisk",
}

// globals are billing codes of products that belong to no region.
var globals = []string{"cas", "cbn", "cfw", "dcdn", "ddos", "dns", "domain", "sas", "vipcloudfw", "waf"}

// productOf finds a product by its key.
func productOf(key string) *product {
	key = cmp.Or(key, ecs.key)
	if n := slices.IndexFunc(products, func(p *product) bool { return p.key == key }); n >= 0 {
		return products[n]
	}
	return &product{
		key: key, code: key, kind: key, status: "Normal", global: slices.Contains(globals, key),
		resource: "ACS::" + strings.ToUpper(key) + "::Instance",
		china:    afterlife{kept: 15 * day, listed: 15 * day},
		intl:     afterlife{kept: 15 * day, listed: 15 * day},
		deducts:  9 * day,
	}
}

// grain is how exactly the product's reads tell a time.
func (p *product) grain() time.Duration {
	if p == ecs {
		return time.Minute
	}
	return time.Second
}

// afterlife is what happens to the instance after its expiry.
func (c *Cloud) afterlife(i *instance) afterlife {
	if c.accounts[i.Account].Site == Intl {
		return i.product.intl
	}
	return i.product.china
}

// works reports whether an instance that ended at expires works at now.
func (c *Cloud) works(i *instance, expires, now time.Time) bool {
	return !i.prepaid() || now.Before(expires.Add(c.afterlife(i).works))
}

// kept reports whether the product still has the instance.
func (c *Cloud) kept(i *instance, now time.Time) bool {
	return !i.prepaid() || now.Before(i.Expires.Add(c.afterlife(i).kept))
}

// own lists the instances of a product that its own reads show to a request, in
// the order of adding; one that shows two expiries is there twice.
func (c *Cloud) own(rq *request, p *product) (list []*instance) {
	for _, i := range c.instances {
		if i.product == p && c.finds(rq, i) {
			list = append(list, c.rows(rq, i)...)
		}
	}
	return list
}

// ownOne finds one instance of a product as own does; nil = there is none.
func (c *Cloud) ownOne(rq *request, p *product, id string) *instance {
	if i := c.byID[id]; i != nil && i.product == p && c.finds(rq, i) {
		return i
	}
	return nil
}

func (c *Cloud) finds(rq *request, i *instance) bool {
	if i.Region != rq.region || i.Account != rq.account.ID || i.BillingOnly || !c.kept(i, c.now()) {
		return false
	}
	i.settle(time.Now())
	return true
}

// ExpiryForms are the ways in which an expiry can be written; "" is that of the
// API that writes it. Of a pay-as-you-go instance nothing is written.
var ExpiryForms = []string{"", "seconds", "minutes", "ms", "null", "empty", "absent"}

const secondFmt = "2006-01-02T15:04:05Z"

// putExpiry writes the expiry that can be read, in the form that the API or the
// instance has.
func (i *instance) putExpiry(out fields, name, layout string) {
	form := i.ExpiryForm
	if !i.prepaid() {
		form = "empty"
	}
	switch form {
	case "":
		out[name] = i.shown.Format(layout)
	case "seconds":
		out[name] = i.shown.Format(secondFmt)
	case "minutes":
		out[name] = i.shown.Format(minuteFmt)
	case "ms":
		out[name] = i.shown.UnixMilli()
	case "null":
		out[name] = nil
	case "empty":
		out[name] = ""
	}
}

// tagPairs are the tags that can be read, with the names the API gives to key
// and value.
func (i *instance) tagPairs(key, value string) []any {
	pairs := make([]any, 0, len(i.shownTags))
	for _, k := range sortedKeys(i.shownTags) {
		pairs = append(pairs, fields{key: k, value: i.shownTags[k]})
	}
	return pairs
}
