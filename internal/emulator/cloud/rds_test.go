package cloud

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRDSList(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, i := range []Instance{
		{ID: "rm-1", Product: "rds", Name: "orders", Expires: days(3), Tags: map[string]string{"env": "prod"}, ResourceGroup: "rg-1"},
		{ID: "rr-1", Product: "rds", Primary: "rm-1", Expires: days(2)},
		{ID: "rm-late", Product: "rds", Expires: days(-2)},
		{ID: "rm-payg", Product: "rds", ChargeType: "PostPaid"},
		{ID: "rm-locked", Product: "rds", Locks: []string{"ManualLock"}, Expires: days(200)},
		{ID: "rm-backups", Product: "rds", Expires: days(-8)}, // only its backups are left
		{ID: "rm-index", Product: "rds", BillingOnly: true},
		{ID: "rm-far", Product: "rds", Region: "cn-beijing"},
		{ID: "i-1"},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	const rows = "Items.DBInstance"
	r := cl.expect(200, "", "rds:DescribeDBInstances")
	for name, want := range map[string]string{
		"DBInstanceId":   "rm-1 rr-1 rm-late rm-payg rm-locked",
		"DBInstanceType": "Primary Readonly Primary Primary Primary",
		"PayType":        "Prepaid Prepaid Prepaid Postpaid Prepaid",
		"LockMode":       "Unlock Unlock LockByExpiration Unlock ManualLock",
		"ExpireTime":     "2026-11-26T02:00:00Z 2026-11-25T02:00:00Z 2026-11-21T02:00:00Z <nil> 2027-06-11T02:00:00Z",
	} {
		if got := column(r.rows(rows), name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if strings.Contains(r.raw, "Tag") {
		t.Error("the list of RDS has no tags")
	}
	for _, tt := range []struct {
		pairs []string
		want  string
	}{
		{[]string{"PayType=Postpaid"}, "rm-payg"},
		{[]string{"DBInstanceType=Readonly"}, "rr-1"},
		{[]string{"Expired=True"}, "rm-late"},
		{[]string{"RegionId=cn-beijing"}, "rm-far"},
		{[]string{"DBInstanceId=rm-index"}, ""},
		{[]string{"PageSize=2", "PageNumber=2"}, "rm-late rm-payg"},
	} {
		if got := column(cl.expect(200, "", "rds:DescribeDBInstances", tt.pairs...).rows(rows), "DBInstanceId"); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.pairs, got, tt.want)
		}
	}
	first := cl.expect(200, "", "rds:DescribeDBInstances", "MaxResults=3")
	second := cl.expect(200, "", "rds:DescribeDBInstances", "MaxResults=3", "NextToken="+first.body["NextToken"].(string))
	if got := column(second.rows(rows), "DBInstanceId"); got != "rm-payg rm-locked" || second.body["NextToken"] != nil {
		t.Errorf("second page: %v", second)
	}
	cl.expect(400, "InvalidParameter", "rds:DescribeDBInstances", "MaxResults=101")
	due := cl.expect(200, "", "rds:DescribeDBInstancesByExpireTime", "ExpirePeriod=3")
	if got := column(due.rows("Items.DBInstanceExpireTime"), "DBInstanceId"); got != "rm-1 rr-1" {
		t.Errorf("due within three days: %s", got)
	}
	if got := column(cl.expect(200, "", "rds:DescribeDBInstanceAttribute", "DBInstanceId=rm-1,rr-1").rows("Items.DBInstanceAttribute"), "DBInstanceId"); got != "rm-1 rr-1" {
		t.Errorf("attributes: %s", got)
	}
	cl.expect(404, "InvalidDBInstanceId.NotFound", "rds:DescribeDBInstanceAttribute", "DBInstanceId=rm-index")
	tags := cl.expect(200, "", "rds:ListTagResources", "ResourceType=INSTANCE", "ResourceId.1=rm-1", "ResourceId.2=rr-1").rows("TagResources.TagResource")
	if len(tags) != 1 || tags[0]["ResourceId"] != "rm-1" || tags[0]["TagKey"] != "env" || tags[0]["TagValue"] != "prod" {
		t.Errorf("tags %v", tags)
	}
	c.SetDenied("", "rds:*")
	cl.expect(403, "Forbidden.RAM", "rds:DescribeDBInstances")
	cl.expect(403, "Forbidden.RAM", "rds:ListTagResources", "ResourceType=INSTANCE")
}

func TestRDSPrice(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "rm-1", Product: "rds", MonthlyPrice: "300"})
	c.AddInstance(Instance{ID: "rm-payg", Product: "rds", ChargeType: "PostPaid"})
	cl := newClient(t, c)
	for _, tt := range []struct {
		id, unit, n string
		status      int
		want        string
	}{
		{"rm-1", "Month", "1", 200, "300 CNY"},
		{"rm-1", "Month", "9", 200, "2700 CNY"},
		{"rm-1", "Year", "3", 200, "5400 CNY"},
		{"rm-1", "Month", "12", 400, "InvalidParameter"}, // a year is asked for as one
		{"rm-1", "Year", "4", 400, "InvalidParameter"},   // and 48 months have no quote
		{"rm-payg", "Month", "1", 404, "InvalidOrderCharge.NotSupport"},
		{"rm-2", "Month", "1", 404, "InvalidDBInstanceId.NotFound"},
	} {
		r := cl.ask("rds:DescribeRenewalPrice", "DBInstanceId="+tt.id, "TimeType="+tt.unit, "UsedTime="+tt.n, "OrderType=BUY")
		got := r.code()
		if info, ok := r.body["PriceInfo"].(map[string]any); ok {
			got = fmt.Sprintf("%.0f %v", info["TradePrice"], info["Currency"]) // a JSON number, or this fails
		}
		if r.status != tt.status || got != tt.want {
			t.Errorf("%s %s %s: %d %s, want %d %s", tt.id, tt.n, tt.unit, r.status, got, tt.status, tt.want)
		}
	}
	c.SetPrice("rm-1", "null", "USD")
	if r := cl.ask("rds:DescribeRenewalPrice", "DBInstanceId=rm-1", "TimeType=Month", "UsedTime=1"); !strings.Contains(r.raw, `"TradePrice":null`) || !strings.Contains(r.raw, `"USD"`) {
		t.Errorf("scripted quote: %v", r)
	}
}

func TestRDSRenewalBuys(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "1000"})
	end := time.Date(2026, 12, 10, 15, 59, 59, 0, time.UTC)
	c.AddInstance(Instance{ID: "rm-1", Product: "rds", Expires: end, MonthlyPrice: "99.90"})
	cl := newClient(t, c)
	r := cl.expect(200, "", "rds:RenewInstance", "DBInstanceId=rm-1", "Period=2", "AutoPay=True", "ClientToken=tok")
	id := fmt.Sprintf("%.0f", r.body["OrderId"]) // a number, or this fails
	want := Charge{
		Seq: 1, At: t0, Account: defaultAccountID, Region: "cn-hangzhou", Product: "rds", Instance: "rm-1", Order: id, Token: "tok",
		Period: 2, Unit: "Month", Amount: "199.80", Currency: "CNY", OldExpires: end, NewExpires: end.AddDate(0, 2, 0),
	}
	if got := c.Ledger(); len(got) != 1 || got[0] != want {
		t.Errorf("ledger:\n got %+v\nwant %+v", got, want)
	}
	if got := c.Balance(""); got != "800.20" {
		t.Errorf("balance %s", got)
	}
	if o := c.Orders(); len(o) != 1 || o[0].ID != id || o[0].Status != Paid || o[0].Months != 2 || !o[0].To.Equal(want.NewExpires) {
		t.Errorf("orders %+v", o)
	}
	if got := column(cl.ask("rds:DescribeDBInstances").rows("Items.DBInstance"), "ExpireTime"); got != "2027-02-10T15:59:59Z" {
		t.Errorf("listed as ending %s", got)
	}
}

func TestRDSRenewalWithoutAutoPay(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "rm-1", Product: "rds", Expires: days(3)})
	cl := newClient(t, c)
	order := []string{"DBInstanceId=rm-1", "Period=1"}
	r := cl.expect(200, "", "rds:RenewInstance", order...) // an answer like any other
	if n := c.Charges("rm-1"); n != 0 || r.body["OrderId"] == nil {
		t.Errorf("%d charges, %v", n, r)
	}
	cl.expect(400, "Order.InstHasUnpaidOrder", "rds:RenewInstance", append(order, "AutoPay=True")...)
	id := c.Orders()[0].ID
	c.PayOrder(id)
	if in, _ := c.Instance("rm-1"); c.Charges("rm-1") != 1 || !in.Expires.Equal(days(3).AddDate(0, 1, 0)) || in.UnpaidOrder {
		t.Errorf("paid in the console: %+v", in)
	}
	cl.expect(200, "", "rds:RenewInstance", append(order, "AutoPay=False")...)
	c.CancelOrder(c.Orders()[1].ID)
	cl.expect(200, "", "rds:RenewInstance", append(order, "AutoPay=true")...)
	if n := c.Charges("rm-1"); n != 2 {
		t.Errorf("%d charges", n)
	}
}

func TestRDSRenewalRefuses(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "500"})
	for _, i := range []Instance{
		{ID: "rm-1", Product: "rds"},
		{ID: "rm-late", Product: "rds", Expires: days(-6)},
		{ID: "rm-backups", Product: "rds", Expires: days(-7)},
		{ID: "rm-payg", Product: "rds", ChargeType: "PostPaid"},
		{ID: "rm-unpaid", Product: "rds", UnpaidOrder: true},
		{ID: "rm-dear", Product: "rds", MonthlyPrice: "500.01"},
		{ID: "rm-far", Product: "rds", Region: "cn-beijing"},
		{ID: "i-1"},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	for _, tt := range []struct {
		id, period string
		status     int
		code       string
	}{
		{"rm-1", "10", 400, "Order.PeriodInvalid"},
		{"rm-1", "one", 400, "InvalidParameter"},
		{"rm-1", "", 400, "MissingParameter"},
		{"rm-2", "1", 404, "InvalidDBInstanceId.NotFound"},
		{"i-1", "1", 404, "InvalidDBInstanceId.NotFound"},
		{"rm-far", "1", 404, "InvalidDBInstanceId.NotFound"},
		{"rm-backups", "1", 404, "InvalidDBInstanceId.NotFound"},
		{"rm-payg", "1", 404, "InvalidOrderCharge.NotSupport"},
		{"rm-unpaid", "1", 400, "Order.InstHasUnpaidOrder"},
		{"rm-dear", "1", 400, "Pay.InsufficientBalance"},
	} {
		cl.expect(tt.status, tt.code, "rds:RenewInstance", "DBInstanceId="+tt.id, "Period="+tt.period, "AutoPay=True")
	}
	cl.expect(404, "InvalidInstanceId.NotFound", "ecs:RenewInstance", "InstanceId=rm-1", "Period=1") // ECS knows it not
	if n := len(c.Ledger()); n != 0 {
		t.Errorf("refused calls bought %d", n)
	}
	cl.expect(200, "", "rds:RenewInstance", "DBInstanceId=rm-late", "Period=1", "AutoPay=True")
	if in, _ := c.Instance("rm-late"); !in.Expires.Equal(days(-6).AddDate(0, 1, 0)) {
		t.Errorf("a late renewal of RDS counts from the old end: %v", in.Expires)
	}
	c.SetDenied("", "rds:RenewInstance")
	cl.expect(403, "Forbidden.RAM", "rds:RenewInstance", "DBInstanceId=rm-1", "Period=1", "AutoPay=True")
}
