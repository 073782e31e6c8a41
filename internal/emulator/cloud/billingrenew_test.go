package cloud

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// inside checks that an answer refuses inside a success.
func (cl *client) inside(code, name string, pairs ...string) reply {
	cl.t.Helper()
	r := cl.expect(200, code, name, pairs...)
	if r.body["Success"] != false {
		cl.t.Errorf("%s %v: %v is no refusal", name, pairs, r)
	}
	return r
}

func orderID(r reply) string {
	data, _ := r.body["Data"].(map[string]any)
	return fmt.Sprint(data["OrderId"])
}

func TestBillingRenewalBuys(t *testing.T) {
	for _, product := range []string{"eip", "cbwp", "clb", "polardb", "mongodb", "waf"} {
		c := New(Options{Now: frozen})
		c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "100"})
		c.AddInstance(Instance{ID: "x-1", Product: product, Expires: days(3), MonthlyPrice: "30"})
		cl := newClient(t, c)
		in, _ := c.Instance("x-1")
		order := []string{"ProductCode=" + in.Code, "ProductType=" + in.CodeType, "InstanceId=x-1", "RenewPeriod=2", "ClientToken=tok"}
		r := cl.expect(200, "Success", "bss:RenewInstance", order...)
		want := Charge{
			Seq: 1, At: t0, Account: defaultAccountID, Region: in.Region, Product: product, Instance: "x-1", Order: orderID(r), Token: "tok",
			Period: 2, Unit: "Month", Amount: "60.00", Currency: "CNY", OldExpires: days(3), NewExpires: days(3).AddDate(0, 2, 0),
		}
		if l := c.Ledger(); len(l) != 1 || l[0] != want {
			t.Errorf("%s: ledger\n got %+v\nwant %+v", product, l, want)
		}
		if got := c.Balance(""); got != "40.00" {
			t.Errorf("%s: balance %s", product, got)
		}
	}
}

func TestBillingRenewalRefuses(t *testing.T) {
	c := New(Options{Now: frozen, Products: map[string]ProductOptions{"clb": {Months: []int{1, 12}}}})
	for _, i := range []Instance{
		{ID: "i-1"}, {ID: "rm-1", Product: "rds"}, {ID: "r-1", Product: "redis"}, {ID: "eip-1", Product: "eip"}, {ID: "lb-1", Product: "clb"},
		{ID: "payg", Product: "eip", ChargeType: "PostPaid"},
		{ID: "refunded", Product: "eip", BillingStatus: "Creating"},
		{ID: "unpaid", Product: "eip", UnpaidOrder: true},
		{ID: "unlisted", Product: "eip", Unlisted: true},
		{ID: "typed", Product: "polardb"},
		{ID: "pending", Product: "eip", PendingOrder: "RENEW"},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	for _, tt := range []struct{ code, id, months, want string }{
		{"ecs", "i-1", "1", "NotApplicable"},
		{"rds", "rm-1", "1", "NotApplicable"},
		{"RDS", "rm-1", "1", "NotApplicable"},
		{"redisa", "r-1", "1", "NotApplicable"},
		{"eip", "eip-1", "10", "InvalidParameter"},
		{"eip", "eip-1", "48", "InvalidParameter"},
		{"slb", "lb-1", "2", "InvalidParameter"}, // that is not sold
		{"eip", "lb-1", "1", "ResourceNotExists"},
		{"eip", "nobody", "1", "ResourceNotExists"},
		{"eip", "unlisted", "1", "ResourceNotExists"},
		{"eip", "payg", "1", "ResourceStatusError"},
		{"eip", "refunded", "1", "ResourceStatusError"},
		{"eip", "unpaid", "1", "ResourceStatusError"},
		{"", "eip-1", "1", "MissingParameter"},
		{"eip", "eip-1", "", "MissingParameter"},
	} {
		cl.expect(400, tt.want, "bss:RenewInstance", "ProductCode="+tt.code, "InstanceId="+tt.id, "RenewPeriod="+tt.months)
	}
	cl.expect(400, "ResourceNotExists", "bss:RenewInstance", "ProductCode=polardb", "ProductType=other", "InstanceId=typed", "RenewPeriod=1")
	c.SetDenied("", "bss:ModifyInstance")
	cl.expect(400, "NotAuthorized", "bss:RenewInstance", "ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1")
	if n := len(c.Ledger()); n != 0 {
		t.Errorf("refused calls bought %d", n)
	}
	c.SetDenied("")
	// The billing API does not see what was bought and is not in force yet.
	cl.expect(200, "Success", "bss:RenewInstance", "ProductCode=eip", "InstanceId=pending", "RenewPeriod=1")
	cl.expect(200, "Success", "bss:RenewInstance", "ProductCode=polardb", "ProductType=ONLINE", "InstanceId=typed", "RenewPeriod=36")
}

func TestPaymentThatFailsCancelsItsOrder(t *testing.T) {
	c := New(Options{Now: frozen, Products: map[string]ProductOptions{"polardb": {KeepUnpaid: true, ShortCode: "NotEnoughBalance"}}})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "99.99"})
	c.AddInstance(Instance{ID: "eip-1", Product: "eip", MonthlyPrice: "100"})
	c.AddInstance(Instance{ID: "pc-1", Product: "polardb", MonthlyPrice: "100"})
	cl := newClient(t, c)
	order := []string{"ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1", "ClientToken=tok"}
	cl.inside("PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", "bss:RenewInstance", order...)
	cl.inside("NotEnoughBalance", "bss:RenewInstance", "ProductCode=polardb", "InstanceId=pc-1", "RenewPeriod=1")
	o := c.Orders()
	if len(o) != 2 || o[0].Status != Cancelled || o[0].Instance != "eip-1" || o[1].Status != Unpaid || o[1].Instance != "pc-1" || len(c.Ledger()) != 0 {
		t.Fatalf("orders %+v, ledger %+v", o, c.Ledger())
	}
	c.SetBalance("", "1000")
	cl.expect(200, "Success", "bss:RenewInstance", order...) // the same token: a refusal is not remembered
	cl.expect(400, "ResourceStatusError", "bss:RenewInstance", "ProductCode=polardb", "InstanceId=pc-1", "RenewPeriod=1")
	if c.Charges("eip-1") != 1 || c.Charges("pc-1") != 0 {
		t.Errorf("ledger %+v", c.Ledger())
	}
}

func TestFormsOfOrderID(t *testing.T) {
	for form, want := range map[OrderForm]string{"": "string", OrderText: "string", OrderNumber: "float64", OrderZero: "float64", OrderNone: "<nil>"} {
		c := New(Options{Now: frozen, Products: map[string]ProductOptions{"eip": {OrderID: form}}})
		c.AddInstance(Instance{ID: "eip-1", Product: "eip"})
		r := newClient(t, c).expect(200, "Success", "bss:RenewInstance", "ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1")
		id := r.body["Data"].(map[string]any)["OrderId"]
		if got := fmt.Sprintf("%T", id); got != want || (form == OrderZero) != (id == 0.0) || c.Charges("eip-1") != 1 {
			t.Errorf("%q: %v (%s), %d charges", form, id, got, c.Charges("eip-1"))
		}
	}
}

// While the first request is under way a second is refused, whatever is known of
// tokens, and what was accepted takes effect though its client has gone.
func TestRenewalsInFlight(t *testing.T) {
	for _, tt := range []struct {
		product, action string
		order           []string
		code            string
	}{
		{"eip", "bss:RenewInstance", []string{"ProductCode=eip", "InstanceId=x-1", "RenewPeriod=1"}, "SYSTEM.CONCURRENT_OPERATE"},
		{"rds", "rds:RenewInstance", []string{"DBInstanceId=x-1", "Period=1", "AutoPay=True"}, "InvalidConcurrentOperate"},
		{"redis", "kvstore:RenewInstance", []string{"InstanceId=x-1", "Period=1"}, "IncorrectDBInstanceState"},
		{"mongodb", "dds:RenewDBInstance", []string{"DBInstanceId=x-1", "Period=1"}, "TokenServiceError"},
	} {
		for _, rule := range []TokenRule{Replay, Reject, Ignored} {
			synctest.Test(t, func(t *testing.T) {
				c := New(Options{Products: map[string]ProductOptions{tt.product: {Token: rule}}})
				c.AddInstance(Instance{ID: "x-1", Product: tt.product})
				c.Fail(Fault{Kind: LateCommit, Action: tt.action, Instance: "x-1", Call: 1, Delay: 10 * time.Second})
				cl := newClient(t, c)
				order := append(tt.order, "ClientToken=tok")
				done := make(chan reply)
				go func() { done <- cl.ask(tt.action, order...) }()
				time.Sleep(5 * time.Second)
				want := tt.code
				if rule == Reject {
					want = "TokenServiceError"
				}
				if r := cl.ask(tt.action, order...); r.code() != want {
					t.Errorf("%s, %s, in flight: %v, want %s", tt.product, rule, r, want)
				}
				if r := <-done; r.status != 200 || c.Charges("x-1") != 1 {
					t.Errorf("%s, %s: %v, %d charges", tt.product, rule, r, c.Charges("x-1"))
				}
			})
		}
	}
}

func TestSetRenewal(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, i := range []Instance{
		{ID: "i-1"}, {ID: "rm-1", Product: "rds"}, {ID: "eip-1", Product: "eip"}, {ID: "eip-2", Product: "eip", RenewalStatus: "NotRenewal"},
		{ID: "eip-late", Product: "eip", Expires: days(-1)}, {ID: "eip-today", Product: "eip", Expires: t0.Add(23 * time.Hour)},
		{ID: "eip-payg", Product: "eip", ChargeType: "PostPaid"},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	on := []string{"RenewalStatus=AutoRenewal", "RenewalPeriod=3", "RenewalPeriodUnit=M", "SubscriptionType=Subscription"}
	set := func(status int, code, product, ids string, pairs ...string) {
		t.Helper()
		cl.expect(status, code, "bss:SetRenewal", append([]string{"ProductCode=" + product, "InstanceIDs=" + ids}, pairs...)...)
	}
	state := func(id string) string {
		in, _ := c.Instance(id)
		return fmt.Sprint(in.RenewalStatus, " ", in.AutoDuration, in.AutoUnit)
	}
	set(200, "Success", "eip", "eip-1,eip-2", on...)
	set(200, "Success", "ecs", "i-1", "RenewalStatus=AutoRenewal", "RenewalPeriod=1", "RenewalPeriodUnit=Y")
	set(200, "Success", "rds", "rm-1", "RenewalStatus=NotRenewal")
	for id, want := range map[string]string{"eip-1": "AutoRenewal 3Month", "eip-2": "AutoRenewal 3Month", "i-1": "AutoRenewal 1Year", "rm-1": "NotRenewal 0"} {
		if got := state(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	set(200, "Success", "eip", "eip-2", "RenewalStatus=ManualRenewal")
	if got := state("eip-2"); got != "Normal 0" {
		t.Errorf("eip-2: %s", got)
	}
	for _, tt := range []struct {
		product, ids string
		pairs        []string
		code         string
	}{
		{"eip", "eip-1,nobody", on, "ResourceNotExists"},
		{"eip", "i-1", on, "ResourceNotExists"}, // of another code
		{"eip", "eip-late", on, "ResourceStatusError"},
		{"eip", "eip-today", on, "ResourceStatusError"}, // less than a day is left
		{"eip", "eip-payg", on, "ResourceStatusError"},
		{"eip", "eip-1", []string{"RenewalStatus=Normal"}, "InvalidParameter"},
		{"eip", "eip-1", []string{"RenewalStatus=AutoRenewal"}, "MissingParameter"},
		{"eip", "eip-1", []string{"RenewalStatus=AutoRenewal", "RenewalPeriod=1"}, "MissingParameter"},
		{"eip", "eip-1", []string{"RenewalStatus=AutoRenewal", "RenewalPeriod=4", "RenewalPeriodUnit=M"}, "InvalidParameter"},
		{"eip", "eip-1", []string{"RenewalStatus=AutoRenewal", "RenewalPeriod=1", "RenewalPeriodUnit=W"}, "InvalidParameter"},
	} {
		set(400, tt.code, tt.product, tt.ids, tt.pairs...)
	}
	set(200, "Success", "eip", "eip-today", "RenewalStatus=NotRenewal")
	if n := len(c.Changes()); n != 6 { // and none of the refused ones
		t.Errorf("%d changes: %+v", n, c.Changes())
	}
	c.SetDenied("", "bss:ModifyPrepaidInstanceAutoRenew")
	set(400, "NotAuthorized", "eip", "eip-1", on...)
}

func TestSetRenewalThatHalfWorks(t *testing.T) {
	for _, tt := range []struct {
		mode    string
		status  int
		code    string
		changed string
	}{
		{"", 400, "ResourceNotExists", "Normal Normal"},
		{"partial", 400, "ResourceNotExists", "NotRenewal Normal"},
		{"silent", 200, "Success", "NotRenewal Normal"},
	} {
		c := New(Options{Now: frozen, Billing: BillingOptions{SetRenewal: tt.mode}})
		c.AddInstance(Instance{ID: "eip-1", Product: "eip"})
		c.AddInstance(Instance{ID: "eip-2", Product: "eip", Stubborn: true})
		cl := newClient(t, c)
		cl.expect(tt.status, tt.code, "bss:SetRenewal", "ProductCode=eip", "InstanceIDs=eip-1,nobody,eip-2", "RenewalStatus=NotRenewal")
		one, _ := c.Instance("eip-1")
		two, _ := c.Instance("eip-2") // says yes, and stays as it was
		if got := one.RenewalStatus + " " + two.RenewalStatus; got != tt.changed {
			t.Errorf("%q: %s, want %s", tt.mode, got, tt.changed)
		}
	}
}

func TestRefusalsInsideASuccess(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "eip-1", Product: "eip"})
	c.Fail(Fault{Kind: RefuseInside, Action: "bss:RenewInstance", Call: 1, Code: "ResourceStatusError"})
	c.Fail(Fault{Kind: RefuseInsideAfter, Action: "bss:RenewInstance", Call: 2})
	cl := newClient(t, c)
	order := []string{"ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1", "ClientToken=tok"}
	for n, code := range []string{"ResourceStatusError", "SYSTEM.CONCURRENT_OPERATE"} {
		cl.inside(code, "bss:RenewInstance", order...)
		if got := c.Charges("eip-1"); got != n { // the second was refused after it was charged
			t.Errorf("%s: %d charges", code, got)
		}
	}
	if calls := c.Calls(); calls[0].Status != 200 || calls[0].Code != "ResourceStatusError" || calls[1].Fault != RefuseInsideAfter {
		t.Errorf("calls %+v", calls)
	}
}

func TestRefusalThatIsRemembered(t *testing.T) {
	c := New(Options{Now: frozen, Products: map[string]ProductOptions{"eip": {Poison: true}}})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "0"})
	c.AddInstance(Instance{ID: "eip-1", Product: "eip"})
	cl := newClient(t, c)
	order := []string{"ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1", "ClientToken=tok"}
	cl.inside("PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", "bss:RenewInstance", order...)
	c.SetBalance("", "1000")
	cl.inside("PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", "bss:RenewInstance", order...)
	cl.expect(200, "Success", "bss:RenewInstance", append(order, "ClientToken=other")...)
	if n := c.Charges("eip-1"); n != 1 {
		t.Errorf("%d charges", n)
	}
}
