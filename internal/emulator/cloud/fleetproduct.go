package cloud

import (
	"maps"
	"slices"
)

// What a fleet file says of products other than ECS, and of the billing API.

// fleetProduct are the keys of an instance that ECS has no use for, or that the
// billing list has for every product.
type fleetProduct struct {
	Product      string `yaml:"product"`
	Primary      string `yaml:"primary"`
	Kind         string `yaml:"kind"`
	PendingOrder string `yaml:"pendingOrder"`
	ExpiryForm   string `yaml:"expiryForm"`
	BillingOnly  bool   `yaml:"billingOnly"`

	Code          string   `yaml:"code"`
	CodeType      string   `yaml:"codeType"`
	BillingStatus string   `yaml:"billingStatus"`
	BillingBlank  []string `yaml:"billingBlank"`
	BillingDelay  string   `yaml:"billingDelay"`
	Unlisted      bool     `yaml:"unlisted"`
	Uncatalogued  bool     `yaml:"uncatalogued"`
	Stubborn      bool     `yaml:"stubborn"`
}

type fleetBilling struct {
	Delay          string `yaml:"delay"`
	OrderDelay     string `yaml:"orderDelay"`
	PaidDelay      string `yaml:"paidDelay"`
	PageCap        int    `yaml:"pageCap"`
	WrongSiteEmpty *bool  `yaml:"wrongSiteEmpty"`
	SetRenewal     string `yaml:"setRenewal"`
}

type fleetProductOptions struct {
	Token        TokenRule `yaml:"token"`
	OrderID      OrderForm `yaml:"orderId"`
	ExpiryDelay  string    `yaml:"expiryDelay"`
	BillingDelay string    `yaml:"billingDelay"`
	Months       []int     `yaml:"months"`
	KeepUnpaid   bool      `yaml:"keepUnpaid"`
	RenewalOff   bool      `yaml:"renewalOff"`
	OldEnd       bool      `yaml:"oldEnd"`
	ShortCode    string    `yaml:"shortCode"`
}

type fleetOrder struct {
	ID       string `yaml:"id"`
	Instance string `yaml:"instance"`
	Type     string `yaml:"type"`
	Status   string `yaml:"status"`
	Months   int    `yaml:"months"`
	Created  string `yaml:"created"`
	Amount   string `yaml:"amount"`
}

// ofProduct adds to an instance what its product has.
func (l *fleetLoader) ofProduct(where at, x fleetProduct, in *Instance) {
	p := productOf(x.Product)
	if kept := slices.IndexFunc(products, func(row *product) bool { return row != p && row.code == x.Product }); kept >= 0 {
		l.fail(where, "product", "%q is a billing code; the product is called %q", x.Product, products[kept].key)
	}
	if row := slices.Contains(products, p) || slices.Contains(codes, x.Product); !row && x.Code == "" {
		l.fail(where, "product", "there is no product %q here; if it is a billing code, say code: %s, too", x.Product, x.Product)
	}
	l.oneOf(where, "kind", x.Kind, mongodbKinds...)
	l.oneOf(where, "expiryForm", x.ExpiryForm, ExpiryForms[1:]...)
	l.oneOf(where, "billingStatus", x.BillingStatus, "Creating", "WaitForExpire", "Normal", "Expired")
	for _, field := range x.BillingBlank {
		l.oneOf(where, "billingBlank", field, slices.Sorted(maps.Keys(blank))...)
	}
	if x.Primary != "" && p != rds {
		l.fail(where, "primary", "only RDS has read-only instances")
	}
	if x.Kind != "" && p != mongodb {
		l.fail(where, "kind", "only MongoDB has kinds")
	}
	in.Product, in.Primary, in.Kind, in.PendingOrder, in.ExpiryForm = x.Product, x.Primary, x.Kind, x.PendingOrder, x.ExpiryForm
	in.BillingOnly, in.Code, in.CodeType, in.BillingStatus, in.BillingBlank = x.BillingOnly, x.Code, x.CodeType, x.BillingStatus, x.BillingBlank
	in.BillingDelay = l.duration(where, "billingDelay", x.BillingDelay)
	in.Unlisted, in.Uncatalogued, in.Stubborn = x.Unlisted, x.Uncatalogued, x.Stubborn
}

// locks checks the words for state and locks of an instance: those of ECS are
// known, the others' are their own.
func (l *fleetLoader) locks(where at, i fleetInstance) {
	if productOf(i.Of.Product) != ecs {
		return
	}
	l.oneOf(where, "status", i.Status, "Pending", "Running", "Starting", "Stopping", "Stopped")
	for _, lock := range i.Locks {
		l.oneOf(where, "locks", lock, "financial", "security", "Recycling", "dedicatedhostfinancial", "refunded")
	}
}

func (l *fleetLoader) billing(x fleetBilling) func(*Options) {
	where := at{"$.billing", "billing"}
	l.oneOf(where, "setRenewal", x.SetRenewal, "partial", "silent")
	if x.PageCap < 0 || x.PageCap > billingMost {
		l.fail(where, "pageCap", "%d is not between 1 and %d", x.PageCap, billingMost)
	}
	b := BillingOptions{
		Delay:      l.duration(where, "delay", x.Delay),
		OrderDelay: l.duration(where, "orderDelay", x.OrderDelay),
		PaidDelay:  l.duration(where, "paidDelay", x.PaidDelay),
		PageCap:    x.PageCap, SetRenewal: x.SetRenewal, WrongSiteEmpty: x.WrongSiteEmpty != nil && *x.WrongSiteEmpty,
	}
	return func(o *Options) {
		if x != (fleetBilling{}) {
			o.Billing = b
		}
	}
}

func (l *fleetLoader) products(all map[string]fleetProductOptions) func(*Options) {
	read := map[string]ProductOptions{}
	for key, x := range all {
		where := at{"$.products." + key, "product " + key}
		l.oneOf(where, "token", string(x.Token), string(Replay), string(Reject), string(Ignored))
		l.oneOf(where, "orderId", string(x.OrderID), string(OrderText), string(OrderNumber), string(OrderZero), string(OrderNone))
		read[key] = ProductOptions{
			Token: x.Token, OrderID: x.OrderID,
			ExpiryDelay:  l.duration(where, "expiryDelay", x.ExpiryDelay),
			BillingDelay: l.duration(where, "billingDelay", x.BillingDelay),
			Months:       x.Months, KeepUnpaid: x.KeepUnpaid, RenewalOff: x.RenewalOff, OldEnd: x.OldEnd, ShortCode: x.ShortCode,
		}
	}
	return func(o *Options) {
		if len(read) == 0 {
			return
		}
		merged := maps.Clone(o.Products)
		if merged == nil {
			merged = map[string]ProductOptions{}
		}
		maps.Copy(merged, read)
		o.Products = merged
	}
}

func (l *fleetLoader) order(where at, x fleetOrder, ids map[string]bool) Order {
	if !ids[x.Instance] {
		l.fail(where, "instance", "there is no instance %q in this file", x.Instance)
	}
	l.oneOf(where, "status", x.Status, Unpaid, Paid, Cancelled)
	l.amount(where, "amount", x.Amount)
	return Order{
		ID: x.ID, Instance: x.Instance, Type: x.Type, Status: x.Status, Months: x.Months,
		Created: l.time(where, "created", x.Created), Amount: x.Amount,
	}
}
