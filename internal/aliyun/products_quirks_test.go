package aliyun

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// native are the products with an API of their own besides ECS.
var native = goods[:7]

// payers are the calls that renew each product, as faults name them.
var payers = map[string]string{
	"rds": "rds:RenewInstance", "redis": "kvstore:RenewInstance", "mongodb": "dds:RenewDBInstance",
	"polardb": "bss:RenewInstance", "eip": "bss:RenewInstance", "cbwp": "bss:RenewInstance", "clb": "bss:RenewInstance",
}

// An expiry is read however it is written, and what tells none is not taken for
// one that does not end.
func TestExpiryInEveryForm(t *testing.T) {
	ends := time.Date(2027, 1, 10, 16, 0, 0, 0, time.UTC)
	c, e := emulated(t, cloud.Options{Now: func() time.Time { return ends.Add(-renewal.Day) }, SkipSignature: true})
	for _, key := range native {
		for _, form := range cloud.ExpiryForms {
			id := key + "-" + form
			e.AddInstance(cloud.Instance{ID: id, Product: key, Account: account, Region: hangzhou, Expires: ends, ExpiryForm: form})
			in := one(t, c, key, id)
			none := slices.Contains([]string{"null", "empty", "absent"}, form) && (key != "clb" || form == "absent")
			if none != (in.Unreadable != "") || none != in.Expires.IsZero() || !none && !in.Expires.Equal(ends) || !in.Subscription {
				t.Errorf("%s: %+v", id, in)
			}
		}
		id := key + "-postpaid"
		e.AddInstance(cloud.Instance{ID: id, Product: key, Account: account, Region: hangzhou, ChargeType: "PostPaid"})
		if in := one(t, c, key, id); in.Subscription || in.Unreadable != "" {
			t.Errorf("%+v", in)
		}
	}
}

// An id of an order is a text or a number. What names none proves nothing,
// whether it was paid or not.
func TestOrderIDsInEveryForm(t *testing.T) {
	for _, form := range []cloud.OrderForm{cloud.OrderText, cloud.OrderNumber, cloud.OrderZero, cloud.OrderNone} {
		options := map[string]cloud.ProductOptions{}
		for _, key := range paid {
			options[key] = cloud.ProductOptions{OrderID: form}
		}
		c, e := stocked(t, cloud.Options{Products: options})
		for _, key := range paid {
			in := one(t, c, key, key+"-one")
			order, err := pay(t.Context(), c, in)
			if e.Charges(in.ID) != 1 {
				t.Errorf("%s: %d charges", in.ID, e.Charges(in.ID))
			}
			if form == cloud.OrderText || form == cloud.OrderNumber {
				if _, unread := c.Order(t.Context(), order); err != nil || unread != nil {
					t.Errorf("%s of %s: %q %v %v", form, key, order, err, unread)
				}
			} else if classed(t, err, renewal.Ambiguous); order != "" || !strings.Contains(err.Error(), "names no order") {
				t.Errorf("%s of %s: %q %v", form, key, order, err)
			}
		}
	}
}

// What may have been paid is in doubt, and is one send.
func TestDoubtOfEveryProduct(t *testing.T) {
	for _, kind := range []cloud.FaultKind{cloud.LoseAnswer, cloud.ErrorAfter, cloud.RefuseInsideAfter, cloud.CutBody, cloud.EmptyBody, cloud.HTMLBody, cloud.BadGatewayAfter} {
		c, e := stocked(t, cloud.Options{})
		e.Fail(cloud.Fault{Action: "RenewInstance", Kind: kind})
		e.Fail(cloud.Fault{Action: "RenewDBInstance", Kind: kind})
		for _, key := range paid {
			in := one(t, c, key, key+"-one")
			e.ForgetCalls()
			_, err := pay(t.Context(), c, in)
			classed(t, err, renewal.Ambiguous)
			if e.Charges(in.ID) != 1 || e.CallCount("") != 1 {
				t.Errorf("%s of %s: %d charges, %d calls, %v", kind, key, e.Charges(in.ID), e.CallCount(""), err)
			}
		}
	}
}

// A token that comes again is replayed, refused or paid for: the answer is an
// order, or in doubt, and never a definite refusal.
func TestRepeatedTokenOfEveryProduct(t *testing.T) {
	for rule, charges := range map[cloud.TokenRule]int{cloud.Replay: 1, cloud.Reject: 1, cloud.Ignored: 2} {
		options := map[string]cloud.ProductOptions{}
		for _, key := range paid {
			options[key] = cloud.ProductOptions{Token: rule}
		}
		c, e := stocked(t, cloud.Options{Products: options})
		for _, key := range paid {
			in := one(t, c, key, key+"-one")
			first, err := pay(t.Context(), c, in)
			again, repeated := pay(t.Context(), c, in)
			if err != nil || e.Charges(in.ID) != charges {
				t.Errorf("%s of %s: %v, %d charges", rule, key, err, e.Charges(in.ID))
			}
			if rule == cloud.Reject {
				if e := classed(t, repeated, renewal.Ambiguous); e.Code != "TokenServiceError" || e.Advice.Empty() {
					t.Errorf("%s: %v", key, repeated)
				}
			} else if repeated != nil || (again == first) != (rule == cloud.Replay) {
				t.Errorf("%s of %s: %q and then %q %v", rule, key, first, again, repeated)
			}
		}
	}
}

// Each product refuses in words of its own, inside a 200 or not.
func TestRefusalsOfEveryProduct(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	refusal := func(key string) *renewal.CallError {
		in := one(t, c, key, key+"-one")
		_, err := pay(t.Context(), c, in)
		if e.Charges(in.ID) != 0 {
			t.Errorf("%s is paid for", in.ID)
		}
		return failed(t, err)
	}
	e.SetBalance(account, "1.00")
	for _, key := range paid {
		if e := refusal(key); e.Class != renewal.Halt || !e.Money || e.Advice.Empty() {
			t.Errorf("%s, without money: %+v", key, e)
		}
	}
	for _, o := range e.Orders() {
		if o.Status != cloud.Cancelled {
			t.Errorf("%+v", o)
		}
	}
	e.SetBalance(account, "100000.00")
	for _, key := range paid {
		e.SetUnpaidOrder(key+"-one", true)
		if e := refusal(key); e.Class != renewal.Terminal || e.Advice.Empty() {
			t.Errorf("%s, with an unpaid order: %v", key, e)
		}
		e.SetUnpaidOrder(key+"-one", false)
		e.SetDenied(account, payers[key], "bss:ModifyInstance", "bssapi:RenewInstance")
		if e := refusal(key); e.Class != renewal.Terminal || !e.Unpermitted || !strings.Contains(e.Error(), "grant ") {
			t.Errorf("%s, without the right: %v", key, e)
		}
		e.SetDenied(account)
	}
}

// A period that is not sold is said to be one where the API says so, and is a
// refusal of the instance everywhere.
func TestPeriodsThatAreNotSold(t *testing.T) {
	options := map[string]cloud.ProductOptions{}
	for _, key := range paid {
		options[key] = cloud.ProductOptions{Months: []int{12}}
	}
	c, e := stocked(t, cloud.Options{Products: options})
	for _, key := range paid {
		_, err := pay(t.Context(), c, one(t, c, key, key+"-one"))
		if e := classed(t, err, renewal.Terminal); e.OtherTerms != (key == "rds") {
			t.Errorf("%s: %+v", key, e)
		}
	}
	if len(e.Ledger()) != 0 {
		t.Errorf("%+v", e.Ledger())
	}
}

// Auto-renewal stays as it is through a renewal, also where leaving it out would
// switch it off.
func TestRenewalKeepsAutoRenewal(t *testing.T) {
	options := map[string]cloud.ProductOptions{}
	for _, key := range []string{"rds", "redis", "mongodb"} {
		options[key] = cloud.ProductOptions{RenewalOff: true}
	}
	c, e := stocked(t, cloud.Options{Products: options})
	for key := range options {
		for _, want := range []renewal.AutoState{{Mode: renewal.Auto, Term: renewal.Period{Months: 2}}, {Mode: renewal.Lapse}, {Mode: renewal.Manual}} {
			in := one(t, c, key, key+"-one")
			if err := c.Product(key).SetState(t.Context(), hangzhou, []renewal.Instance{rowOf(t, c, in.ID)}, want); err != nil {
				t.Fatal(err)
			}
			in.Mode, in.Auto = want.Mode, want.Term
			if _, err := c.Product(key).Renew(t.Context(), hangzhou, in, aMonth, string(want.Mode)+key, time.Second); err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			if got, err := c.Product(key).States(t.Context(), hangzhou, []string{in.ID}); err != nil || got[in.ID] != want {
				t.Errorf("%s: %v %v, want %v", key, got, err, want)
			}
		}
		if e.Charges(key+"-one") != 3 {
			t.Errorf("%s: %d charges", key, e.Charges(key+"-one"))
		}
	}
}

// What an instance is locked for, and whether an order of it is pending.
func TestLocksAndPendingOrders(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	for key, tt := range map[string]struct{ lock, want string }{
		"rds": {"ManualLock", "manuallock"}, "mongodb": {"LockByRestoration", "lockbyrestoration"}, "polardb": {"ManualLock", "manuallock"}, "eip": {"security", "security"},
	} {
		e.SetLocks(key+"-one", tt.lock)
		if in := one(t, c, key, key+"-one"); !slices.Equal(in.Locks, []string{tt.want}) {
			t.Errorf("%s: %v", key, in.Locks)
		}
	}
	e.SetLocks("rds-two", "LockByDiskQuota")
	if in := one(t, c, "rds", "rds-two"); in.Locks != nil {
		t.Errorf("a full disk is no reason not to renew: %v", in.Locks)
	}
	for _, key := range native {
		id := key + "-expired"
		e.AddInstance(cloud.Instance{ID: id, Product: key, Account: account, Region: hangzhou, Expires: time.Now().Add(-renewal.Day)})
		if in := one(t, c, key, id); !slices.Equal(in.Locks, []string{"financial"}) {
			t.Errorf("%s: %v", id, in.Locks)
		}
	}
	for key, want := range map[string]string{"mongodb": "order_wait_for_produce", "redis": "HasRenewChangeOrder", "eip": "RENEWCHANGE", "cbwp": "RENEWCHANGE", "clb": "RENEWCHANGE"} {
		id := key + "-changes"
		e.AddInstance(cloud.Instance{ID: id, Product: key, Account: account, Region: hangzhou, PendingOrder: "RENEWCHANGE"})
		if in := one(t, c, key, id); in.Pending != want {
			t.Errorf("%s: %q", id, in.Pending)
		}
	}
}

// Two rows of one instance are both given, so that whoever looks can see that
// they differ; and a read is of all pages.
func TestTwinsAndPagesOfProducts(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	e.Fail(cloud.Fault{Kind: cloud.TwinRow})
	for _, key := range native[:6] { // of load balancers each is asked for alone
		found, err := c.Product(key).Instances(t.Context(), hangzhou, []string{key + "-one"})
		if err != nil || len(found) != 2 || found[0].Expires.Equal(found[1].Expires) {
			t.Errorf("%s: %+v %v", key, found, err)
		}
	}
	e.ClearFaults()
	for _, key := range []string{"mongodb", "cbwp"} {
		ids := []string{}
		for i := range 120 {
			id := key + "-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
			kind := map[bool]string{true: "sharding"}[i%2 == 0 && key == "mongodb"]
			e.AddInstance(cloud.Instance{ID: id, Product: key, Account: account, Region: hangzhou, Kind: kind})
			ids = append(ids, id)
		}
		found, err := c.Product(key).Instances(t.Context(), hangzhou, ids)
		if err != nil || len(found) != 120 {
			t.Errorf("%s: %d of 120, %v", key, len(found), err)
		}
		if in := one(t, c, key, ids[0]); in.ID != ids[0] {
			t.Errorf("%+v", in)
		}
	}
}

// One that is gone is left out, among a few and among many; a refusal of another
// kind is no absence.
func TestGoneAmongDatabases(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	ids := []string{"rds-one", "rds-gone"}
	read := func(want int) {
		t.Helper()
		found, err := c.Product("rds").Instances(t.Context(), hangzhou, ids)
		if err != nil || len(found) != want {
			t.Errorf("%d of %d, %v", len(found), want, err)
		}
		for _, in := range found {
			if in.Unnamed || in.Tags["env"] != "prod" {
				t.Errorf("%+v", in)
			}
		}
	}
	read(1)
	for i := range 120 {
		id := fmt.Sprintf("rds-%d", i)
		e.AddInstance(cloud.Instance{ID: id, Product: "rds", Account: account, Region: hangzhou, Tags: map[string]string{"env": "prod"}})
		if i%2 == 0 {
			ids = append(ids, id)
		}
	}
	e.ForgetCalls()
	read(61)
	if e.CallCount("DescribeDBInstances") != 2 || e.CallCount("ListTagResources") != 2 {
		t.Errorf("%d and %d calls", e.CallCount("DescribeDBInstances"), e.CallCount("ListTagResources"))
	}
	e.Fail(cloud.Fault{Action: "rds:DescribeDBInstances", Instance: "rds-gone", Kind: cloud.RefuseBefore, Status: 404, Code: "InvalidDBInstanceId.NotFound"})
	ids = ids[:2]
	read(1)
	e.SetDenied(account, "rds:DescribeDBInstances")
	_, err := c.Product("rds").Instances(t.Context(), hangzhou, ids)
	classed(t, err, renewal.Halt)
}

// Tags of databases are read by another call. Without it they are not known,
// which is not the same as none, and all else is.
func TestTagsOfDatabases(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	e.AddInstance(cloud.Instance{ID: "rds-bare", Product: "rds", Account: account, Region: hangzhou})
	if in := one(t, c, "rds", "rds-bare"); in.Unnamed || in.Tags != nil {
		t.Errorf("%+v", in)
	}
	for _, fault := range []cloud.FaultKind{cloud.RefuseBefore, cloud.NoList, cloud.NullList, cloud.LoseAnswer, cloud.HTMLBody, cloud.EndlessToken} {
		e.Fail(cloud.Fault{Action: "rds:ListTagResources", Kind: fault})
		if in := one(t, c, "rds", "rds-one"); !in.Unnamed || in.Tags != nil || in.Name != "one" || in.Expires.IsZero() || in.Unreadable != "" {
			t.Errorf("%s: %+v", fault, in)
		}
		e.ClearFaults()
	}
	e.SetDenied(account, "rds:ListTagResources")
	if in := one(t, c, "rds", "rds-one"); !in.Unnamed {
		t.Errorf("%+v", in)
	}
}

// What the billing lists and the product's own API does not know is not there.
func TestStoragePackage(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	e.AddInstance(cloud.Instance{ID: "polardb-storage", Product: "polardb", Account: account, Region: hangzhou, BillingOnly: true})
	if row := rowOf(t, c, "polardb-storage"); row.Product != "polardb" {
		t.Errorf("%+v", row)
	}
	if found, err := c.Product("polardb").Instances(t.Context(), hangzhou, []string{"polardb-storage"}); err != nil || len(found) != 0 {
		t.Errorf("%+v %v", found, err)
	}
}

// A read-only instance expires by itself, and is renewed by itself.
func TestReplicaOfADatabase(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	e.AddInstance(cloud.Instance{ID: "rds-replica", Product: "rds", Account: account, Region: hangzhou, Primary: "rds-one", Expires: time.Now().Add(renewal.Day)})
	before := one(t, c, "rds", "rds-one")
	if _, err := pay(t.Context(), c, one(t, c, "rds", "rds-replica")); err != nil {
		t.Fatal(err)
	}
	if after := one(t, c, "rds", "rds-one"); !after.Expires.Equal(before.Expires) || e.Charges("rds-replica") != 1 || e.Charges("rds-one") != 0 {
		t.Errorf("%+v", e.Ledger())
	}
}

// Prices are those of the term; of MongoDB that of a month, times the months.
func TestPricesOfProducts(t *testing.T) {
	c, e := stocked(t, cloud.Options{})
	price := func(key string, months int) (renewal.Amount, error) {
		return c.Product(key).Price(t.Context(), hangzhou, renewal.Instance{ID: key + "-one"}, term(0, months, 0))
	}
	for _, key := range []string{"rds", "redis", "mongodb"} {
		month, err := price(key, 1)
		if err != nil || month.String() != "100.00" || month.Currency != "CNY" {
			t.Errorf("%s: %v %v", key, month, err)
		}
		year, err := price(key, 12)
		if err != nil || year.Value.LessThanOrEqual(month.Value) || key == "mongodb" && year.String() != "1200.00" {
			t.Errorf("%s: %v %v", key, year, err)
		}
		for _, odd := range []string{"null", `""`, `"free"`, "-1", "{}"} {
			e.SetPrice(key+"-one", odd, "CNY")
			_, err := price(key, 1)
			classed(t, err, renewal.Terminal)
		}
		e.SetPrice(key+"-one", "99.89999999999999", "USD")
		if month, err := price(key, 1); err != nil || month.String() != "99.90" || month.Currency != "USD" {
			t.Errorf("%s: %v %v", key, month, err)
		}
		e.SetPrice(key+"-one", "", "")
	}
	for code, class := range map[string]renewal.Class{"SomethingNew": renewal.Terminal, "PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE": renewal.Halt, "InternalError": renewal.Terminal} {
		e.SetPrice("redis-one", `{"Code":"`+code+`","Message":"no","TradeAmount":"1.00","Currency":"CNY"}`, "")
		_, err := price("redis", 1)
		if e := classed(t, err, class); e.Code != code {
			t.Errorf("%v", err)
		}
	}
}

// What SetRenewal says of a batch is all or nothing, and what it does is not
// always what it says: a read tells.
func TestSetRenewalThatHalfWorks(t *testing.T) {
	for _, mode := range []string{"", "partial", "silent"} {
		c, e := stocked(t, cloud.Options{Billing: cloud.BillingOptions{SetRenewal: mode}})
		batch := []renewal.Instance{{ID: "eip-one", Product: "eip"}, {ID: "eip-gone", Product: "eip"}, {ID: "eip-two", Product: "eip"}}
		err := c.Product("eip").SetState(t.Context(), hangzhou, batch, renewal.AutoState{Mode: renewal.Lapse})
		if mode == "silent" && err != nil {
			t.Errorf("%v", err)
		} else if mode != "silent" {
			classed(t, err, renewal.Terminal)
		}
		want := map[bool]renewal.Mode{true: renewal.Manual, false: renewal.Lapse}[mode == ""]
		got, err := c.Product("eip").States(t.Context(), hangzhou, []string{"eip-one", "eip-two"})
		if err != nil || got["eip-one"].Mode != want || got["eip-two"].Mode != want {
			t.Errorf("%q: %v %v", mode, got, err)
		}
		e.AddInstance(cloud.Instance{ID: "eip-soon", Product: "eip", Account: account, Region: hangzhou, Expires: time.Now().Add(time.Hour)})
		err = c.Product("eip").SetState(t.Context(), hangzhou, []renewal.Instance{{ID: "eip-soon"}}, renewal.AutoState{Mode: renewal.Auto, Term: renewal.Period{Months: 1}})
		if mode != "silent" {
			classed(t, err, renewal.Terminal)
		}
	}
}

// Names, tags and groups of what has no API of its own here.
func TestNames(t *testing.T) {
	c, e := stocked(t, cloud.Options{PageCap: 7})
	e.AddInstance(cloud.Instance{ID: "waf-hidden", Product: "waf", Account: account, Uncatalogued: true})
	e.AddInstance(cloud.Instance{ID: "waf-bare", Product: "waf", Account: account})
	e.AddInstance(cloud.Instance{ID: "waf-other", Product: "waf", Account: other, Tags: map[string]string{"a": "b"}})
	var rows []renewal.Instance
	for i := range 250 {
		id := "waf-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		e.AddInstance(cloud.Instance{ID: id, Name: "n-" + id, Product: "waf", Account: account})
		rows = append(rows, renewal.Instance{ID: id, Product: "waf", Account: account, Unnamed: true})
	}
	for _, id := range []string{"waf-one", "waf-hidden", "waf-bare", "waf-other"} {
		rows = append(rows, renewal.Instance{ID: id, Product: "waf", Account: account, Unnamed: true, Mode: renewal.Auto})
	}
	before := slices.Clone(rows)
	named, err := c.Names(t.Context(), rows)
	if err != nil || len(named) != len(rows) {
		t.Fatalf("%d of %d, %v", len(named), len(rows), err)
	}
	if diff := cmp.Diff(before, rows); diff != "" {
		t.Errorf("what was given is changed: %s", diff)
	}
	for _, in := range named[:250] {
		if in.Unnamed || in.Name != "n-"+in.ID {
			t.Errorf("%+v", in)
		}
	}
	want := []renewal.Instance{
		{ID: "waf-one", Product: "waf", Account: account, Mode: renewal.Auto, Name: "one", ResourceGroup: "rg-1", Tags: map[string]string{"env": "prod"}},
		rows[251],
		{ID: "waf-bare", Product: "waf", Account: account, Mode: renewal.Auto, Name: "waf-bare"},
		rows[253],
	}
	if diff := cmp.Diff(want, named[250:]); diff != "" {
		t.Error(diff)
	}
	for _, kind := range []cloud.FaultKind{cloud.NoList, cloud.NullList, cloud.EndlessToken, cloud.RefuseBefore} {
		e.Fail(cloud.Fault{Action: "SearchResources", Kind: kind})
		if _, err := c.Names(t.Context(), rows); failed(t, err).Action != "resourcecenter:SearchResources" {
			t.Errorf("%v", err)
		}
		e.ClearFaults()
	}
	e.AddAccount(cloud.Account{ID: account, AccessKeyID: keys.ID, AccessKeySecret: keys.Secret, SecurityToken: keys.Token, NoResourceCenter: true})
	_, err = c.Names(t.Context(), rows)
	if e := classed(t, err, renewal.Terminal); e.Advice.Empty() {
		t.Errorf("%v", err)
	}
}
