package aliyun

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// goods are the products with an API of their own besides ECS, and one that the
// billing alone knows.
var goods = []string{"rds", "redis", "mongodb", "polardb", "eip", "cbwp", "clb", "waf"}

// paid are those of them that can be renewed here.
var paid = goods[:7]

// stocked is a cloud with two instances of each product, named after it, that
// expire in three and in four days.
func stocked(t *testing.T, options cloud.Options) (*Cloud, *cloud.Cloud) {
	t.Helper()
	c, e := emulated(t, options)
	for _, key := range goods {
		for i, name := range []string{"one", "two"} {
			e.AddInstance(cloud.Instance{
				ID: key + "-" + name, Name: name, Product: key, Account: account, Region: hangzhou, ResourceGroup: "rg-1",
				Tags: map[string]string{"env": "prod"}, Expires: time.Now().Add(time.Duration(3+i) * renewal.Day),
			})
		}
	}
	return c, e
}

// one reads an instance of the product by its own API.
func one(t *testing.T, c *Cloud, key, id string) renewal.Instance {
	t.Helper()
	found, err := c.Product(key).Instances(t.Context(), hangzhou, []string{id})
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %+v %v", id, found, err)
	}
	return found[0]
}

// tokenFor is another for each instance: the billing has one memory for all.
func tokenFor(in renewal.Instance) string { return (in.ID + token64)[:64] }

// pay renews one for a month.
func pay(ctx context.Context, c *Cloud, in renewal.Instance) (string, error) {
	return c.Product(in.Product).Renew(ctx, hangzhou, in, aMonth, tokenFor(in), 5*time.Second)
}

// rowOf gives the billing's row of an instance.
func rowOf(t *testing.T, c *Cloud, id string) renewal.Instance {
	t.Helper()
	page, err := c.Index(t.Context(), 1, []string{id})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("%s: %+v %v", id, page, err)
	}
	return page.Rows[0]
}

// What a product's own API tells of two instances, one of which is gone.
func TestInstancesOfEveryProduct(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	for _, key := range goods {
		ids := []string{key + "-one", key + "-gone", key + "-two"}
		found, err := c.Product(key).Instances(t.Context(), hangzhou, ids)
		if err != nil || len(found) != 2 {
			t.Errorf("%s: %+v %v", key, found, err)
			continue
		}
		native := key != "waf"
		for i, name := range []string{"one", "two"} {
			in := found[i]
			if in.ID != key+"-"+name || in.Product != key || !in.Subscription || in.Unreadable != "" || in.Pending != "" || in.Locks != nil {
				t.Errorf("%s: %+v", key, in)
			}
			if want := time.Now().Add(time.Duration(3+i) * renewal.Day); in.Expires.Sub(want).Abs() > 2*time.Minute {
				t.Errorf("%s expires at %v, want %v", in.ID, in.Expires, want)
			}
			if in.Unnamed == native || native && (in.Name != name || in.ResourceGroup != "rg-1" || in.Tags["env"] != "prod" || in.Region != hangzhou || in.Status == "" || in.Created.IsZero()) {
				t.Errorf("%s: %+v", key, in)
			}
		}
	}
	for _, call := range e.Calls() {
		if call.Action == "QueryAvailableInstances" && call.Params.Get("Region") != "" {
			t.Error("a region is asked for, which finds nothing")
		}
	}
}

// The states of all come from the billing, and are set there.
func TestStatesOfEveryProduct(t *testing.T) {
	c, _ := stocked(t, cloud.Options{})
	for _, key := range goods {
		calls, ids := c.Product(key), []string{key + "-one", key + "-two", key + "-gone"}
		for _, want := range []renewal.AutoState{
			{Mode: renewal.Manual}, {Mode: renewal.Lapse}, {Mode: renewal.Auto, Term: renewal.Period{Months: 3}}, {Mode: renewal.Auto, Term: renewal.Period{Months: 12}}, {Mode: renewal.Manual},
		} {
			if err := calls.SetState(t.Context(), hangzhou, []renewal.Instance{rowOf(t, c, ids[0])}, want); err != nil {
				t.Errorf("%s: %v", key, err)
			}
			got, err := calls.States(t.Context(), hangzhou, ids)
			if diff := cmp.Diff(map[string]renewal.AutoState{ids[0]: want, ids[1]: {Mode: renewal.Manual}}, got); err != nil || diff != "" {
				t.Errorf("%s: %v %s", key, err, diff)
			}
		}
	}
}

// One call takes one kind: a read-only instance of RDS is another one. (Its primary
// is not touched.)
func TestStatesOfTwoKinds(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	e.AddInstance(cloud.Instance{ID: "rds-replica", Product: "rds", Account: account, Region: hangzhou, Primary: "rds-one", Expires: time.Now().Add(renewal.Day)})
	both := []renewal.Instance{rowOf(t, c, "rds-two"), rowOf(t, c, "rds-replica")}
	if both[0].Kind == both[1].Kind {
		t.Fatalf("%+v", both)
	}
	if err := c.Product("rds").SetState(t.Context(), hangzhou, both, renewal.AutoState{Mode: renewal.Lapse}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Product("rds").States(t.Context(), hangzhou, []string{"rds-one", "rds-two", "rds-replica"})
	want := map[string]renewal.AutoState{"rds-one": {Mode: renewal.Manual}, "rds-two": {Mode: renewal.Lapse}, "rds-replica": {Mode: renewal.Lapse}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}

	// The second is refused, the first is done: of both nothing is certain.
	e.Fail(cloud.Fault{Action: "SetRenewal", Instance: "rds-replica", Kind: cloud.RefuseBefore, Code: "ResourceNotExists"})
	classed(t, c.Product("rds").SetState(t.Context(), hangzhou, both, renewal.AutoState{Mode: renewal.Manual}), renewal.Ambiguous)
	classed(t, c.Product("rds").SetState(t.Context(), hangzhou, both[1:], renewal.AutoState{Mode: renewal.Manual}), renewal.Terminal)
}

// What auto-renewal does not take is not asked for.
func TestTermsOfAutoRenewal(t *testing.T) {
	c, s := serve(t, says(200, `{"Success":true,"Code":"Success"}`))
	for _, term := range []renewal.Period{{}, {Weeks: 1}, {Months: 4}, {Months: 9}, {Months: 24}} {
		classed(t, c.Product("eip").SetState(t.Context(), hangzhou, []renewal.Instance{{ID: "eip-1"}}, renewal.AutoState{Mode: renewal.Auto, Term: term}), renewal.Terminal)
	}
	if s.count() != 0 {
		t.Errorf("%d requests", s.count())
	}
}

// A renewal is paid, is an order of the book, and moves the expiry by its term.
func TestRenewalOfEveryProduct(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	for _, key := range paid {
		in := one(t, c, key, key+"-one")
		order, err := pay(t.Context(), c, in)
		if err != nil || order == "" || e.Charges(in.ID) != 1 {
			t.Errorf("%s: %q %v, %d charges", key, order, err, e.Charges(in.ID))
			continue
		}
		after := one(t, c, key, in.ID)
		if want := aMonth.Period.After(in.Expires); after.Expires.Sub(want).Abs() > 2*time.Minute {
			t.Errorf("%s: from %v to %v", key, in.Expires, after.Expires)
		}
		booked, err := c.Order(t.Context(), order)
		if err != nil || booked.State != renewal.OrderPaid || !booked.Renewal || !slices.Equal(booked.IDs, []string{in.ID}) || booked.Amount.String() != "100.00" || booked.Amount.Currency != "CNY" || booked.Ends.Sub(after.Expires).Abs() > time.Minute {
			t.Errorf("%s: %+v %v", key, booked, err)
		}
		code := in.Traits().Code
		listed, err := c.Orders(t.Context(), code, time.Now().Add(-time.Hour), time.Now().Add(time.Minute))
		if err != nil || len(listed) != 1 || listed[0].ID != order || !listed[0].Renewal || listed[0].Code != code || listed[0].State != renewal.OrderPaid || listed[0].Created.IsZero() {
			t.Errorf("%s: %+v %v", key, listed, err)
		}
	}
	if _, err := pay(t.Context(), c, rowOf(t, c, "waf-one")); classed(t, err, renewal.Terminal).Status != 0 || e.Charges("waf-one") != 0 {
		t.Errorf("%v, %d charges", err, e.Charges("waf-one"))
	}
	for _, charge := range e.Ledger() {
		if charge.Token != tokenFor(renewal.Instance{ID: charge.Instance}) || charge.Period != 1 {
			t.Errorf("%+v", charge)
		}
	}
}
