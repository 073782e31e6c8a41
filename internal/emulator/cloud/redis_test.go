package cloud

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const redisRows = "Instances.KVStoreInstance"

func TestRedisList(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, i := range []Instance{
		{ID: "r-1", Product: "redis", Name: "cache", Tags: map[string]string{"env": "prod"}, Expires: days(3)},
		{ID: "r-change", Product: "redis", PendingOrder: "RENEWCHANGE"},
		{ID: "r-late", Product: "redis", Expires: days(-1)},
		{ID: "r-payg", Product: "redis", ChargeType: "PostPaid"},
		{ID: "rm-1", Product: "rds"},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	rows := cl.expect(200, "", "kvstore:DescribeInstances").rows(redisRows)
	for name, want := range map[string]string{
		"InstanceId":          "r-1 r-change r-late r-payg",
		"HasRenewChangeOrder": "false true false false",
		"InstanceStatus":      "Normal Normal Inactive Normal",
		"ChargeType":          "PrePaid PrePaid PrePaid PostPaid",
		"EndTime":             "2026-11-26T02:00:00Z 2026-12-23T16:00:00Z 2026-11-22T02:00:00Z ",
	} {
		if got := column(rows, name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if !strings.Contains(fmt.Sprint(rows[0]["Tags"]), "Key:env Value:prod") {
		t.Errorf("tags %v", rows[0]["Tags"])
	}
	for _, tt := range []struct{ pair, want string }{
		{"InstanceIds=r-1, r-late,r-x", "r-1 r-late"},
		{"ChargeType=PostPaid", "r-payg"},
		{"Expired=true", "r-late"},
		{"PageSize=3", "r-1 r-change r-late"},
	} {
		if got := column(cl.expect(200, "", "kvstore:DescribeInstances", tt.pair).rows(redisRows), "InstanceId"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.pair, got, tt.want)
		}
	}
	if got := column(cl.expect(200, "", "kvstore:DescribeInstances", "Tag.1.Key=env", "Tag.1.Value=prod").rows(redisRows), "InstanceId"); got != "r-1" {
		t.Errorf("by tag: %s", got)
	}
	cl.expect(400, "InvalidParameter", "kvstore:DescribeInstances", "PageSize=51")
}

func TestRedisPrice(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "r-1", Product: "redis", MonthlyPrice: "80"})
	cl := newClient(t, c)
	price := func(period string) string {
		r := cl.ask("kvstore:DescribePrice", "OrderType=RENEW", "InstanceId=r-1", "Period="+period, "ChargeType=PrePaid")
		order, _ := r.body["Order"].(map[string]any)
		return fmt.Sprintf("%s %s %v", r.code(), order["TradeAmount"], order["Code"]) // a text, or this shows it
	}
	if got := price("3"); got != " 240.00 <nil>" {
		t.Errorf("three months: %q", got)
	}
	if got := price("36"); got != " 1440.00 <nil>" {
		t.Errorf("three years: %q", got)
	}
	c.SetPrice("r-1", `{"Code":"PRICE.PRICING_PLAN_RESULT_NOT_FOUND","Message":"no"}`, "")
	if got := price("3"); !strings.Contains(got, "PRICING_PLAN") {
		t.Errorf("a refusal inside a success: %q", got)
	}
	cl.expect(400, "InvalidParameter", "kvstore:DescribePrice", "OrderType=RENEW", "InstanceId=r-1", "Period=48")
	cl.expect(400, "UnsupportedParameter", "kvstore:DescribePrice", "OrderType=BUY", "InstanceId=r-1", "Period=1")
}

func TestRedisRenewal(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, i := range []Instance{
		{ID: "r-1", Product: "redis", Expires: days(3)},
		{ID: "r-late", Product: "redis", Expires: time.Date(2026, 11, 18, 16, 0, 0, 0, time.UTC)},
		{ID: "r-change", Product: "redis", PendingOrder: "RENEWCHANGE"},
		{ID: "r-unpaid", Product: "redis", UnpaidOrder: true},
		{ID: "r-gone", Product: "redis", Expires: days(-7)},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	r := cl.expect(200, "", "kvstore:RenewInstance", "InstanceId=r-1", "Period=1", "ClientToken=tok")
	if in, _ := c.Instance("r-1"); r.body["EndTime"] != in.Expires.Format(secondFmt) || !in.Expires.Equal(days(3).AddDate(0, 1, 0)) {
		t.Errorf("AutoPay is on by itself, and the answer says the new end: %v, truly %v", r, in.Expires)
	}
	// It was disabled when it ended: the new month counts from the day it is paid.
	cl.expect(200, "", "kvstore:RenewInstance", "InstanceId=r-late", "Period=1")
	if in, _ := c.Instance("r-late"); !in.Expires.Equal(time.Date(2026, 12, 23, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("a late renewal ends %v", in.Expires)
	}
	for id, code := range map[string]string{
		"r-change": "HasRenewChangeOrder",
		"r-unpaid": "ORDER.ABNORMAL_RESOURCE_STATUS_FOR_RENEW",
		"r-gone":   "InvalidInstanceId.NotFound",
	} {
		if r := cl.ask("kvstore:RenewInstance", "InstanceId="+id, "Period=1"); r.code() != code || c.Charges(id) != 0 {
			t.Errorf("%s: %v, want %s", id, r, code)
		}
	}
	cl.expect(400, "UnsupportedParameter", "kvstore:RenewInstance", "InstanceId=r-1", "Period=1", "InstanceClass=tair.rdb.2g")
	cl.expect(200, "", "kvstore:RenewInstance", "InstanceId=r-1", "Period=1", "AutoPay=false")
	if n := c.Charges("r-1"); n != 1 {
		t.Errorf("%d charges, AutoPay is off", n)
	}

	abroad := New(Options{Now: frozen, Site: Intl})
	abroad.AddInstance(Instance{ID: "r-1", Product: "redis", Expires: days(-5)})
	newClient(t, abroad).expect(200, "", "kvstore:RenewInstance", "InstanceId=r-1", "Period=1")
	if in, _ := abroad.Instance("r-1"); !in.Expires.Equal(days(-5).AddDate(0, 1, 0)) {
		t.Errorf("abroad it still worked, and the month counts from the old end: %v", in.Expires)
	}
}

func TestRedisAnswersItsOldEnd(t *testing.T) {
	c := New(Options{Now: frozen, Products: map[string]ProductOptions{"redis": {OldEnd: true, OrderID: OrderNone}}})
	c.AddInstance(Instance{ID: "r-1", Product: "redis", Expires: days(3)})
	r := newClient(t, c).expect(200, "", "kvstore:RenewInstance", "InstanceId=r-1", "Period=1")
	if _, there := r.body["OrderId"]; there || r.body["EndTime"] != days(3).Format(secondFmt) || c.Charges("r-1") != 1 {
		t.Errorf("%v, %d charges", r, c.Charges("r-1"))
	}
}

// What AutoRenew is when nobody says it: off for Redis, RDS and MongoDB, on for
// PolarDB.
func TestAutoRenewalThatIsNotSaid(t *testing.T) {
	for _, tt := range []struct{ product, id, action, param, before, after string }{
		{"redis", "r-1", "kvstore:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=r-1", "AutoRenewal", "Normal"},
		{"rds", "rm-1", "rds:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=rm-1", "AutoRenewal", "Normal"},
		{"polardb", "pc-1", "polardb:ModifyAutoRenewAttribute", "DBClusterIds=pc-1", "Normal", "AutoRenewal"},
	} {
		c := New(Options{Now: frozen})
		c.AddInstance(Instance{ID: tt.id, Product: tt.product, RenewalStatus: tt.before, AutoDuration: 1})
		newClient(t, c).expect(200, "", tt.action, tt.param, "Duration=3")
		if in, _ := c.Instance(tt.id); in.RenewalStatus != tt.after {
			t.Errorf("%s is %s, want %s", tt.product, in.RenewalStatus, tt.after)
		}
		if ch := c.Changes(); len(ch) != 1 || ch[0].Product != tt.product || ch[0].OldStatus != tt.before {
			t.Errorf("changes %+v", ch)
		}
	}
	c := New(Options{Now: frozen, Products: map[string]ProductOptions{"redis": {RenewalOff: true}}})
	c.AddInstance(Instance{ID: "r-1", Product: "redis", RenewalStatus: "AutoRenewal", AutoDuration: 3})
	cl := newClient(t, c)
	cl.expect(200, "", "kvstore:RenewInstance", "InstanceId=r-1", "Period=1", "AutoRenew=true")
	if in, _ := c.Instance("r-1"); in.RenewalStatus != "AutoRenewal" || in.AutoDuration != 3 {
		t.Errorf("said: %s", in.RenewalStatus)
	}
	cl.expect(200, "", "kvstore:RenewInstance", "InstanceId=r-1", "Period=1")
	if in, _ := c.Instance("r-1"); in.RenewalStatus != "Normal" {
		t.Errorf("a renewal that does not say it leaves %s", in.RenewalStatus)
	}
}

func TestAutoRenewalOfDatabases(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, i := range []Instance{
		{ID: "r-1", Product: "redis"}, {ID: "r-2", Product: "redis", Expires: days(-1)},
		{ID: "rm-1", Product: "rds"}, {ID: "dds-1", Product: "mongodb"}, {ID: "sh-1", Product: "mongodb", Kind: "sharding"},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	cl.expect(200, "", "kvstore:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=r-1", "AutoRenew=true", "Duration=12")
	cl.expect(200, "", "rds:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=rm-1", "AutoRenew=True", "Duration=1")
	cl.expect(200, "", "dds:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=sh-1", "AutoRenew=true", "Duration=2")
	cl.expect(400, "MissingParameter", "dds:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=dds-1")
	cl.expect(400, "InstanceAutoRenewInvalid", "kvstore:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=r-2", "AutoRenew=true", "Duration=1")
	cl.expect(400, "InvalidDuration.Invalid", "kvstore:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=r-1", "AutoRenew=true", "Duration=13")
	cl.expect(400, "InvalidParameter", "rds:ModifyInstanceAutoRenewalAttribute", "DBInstanceId=rm-1,rm-2", "AutoRenew=True", "Duration=1")
	for _, tt := range []struct{ action, pair, column, want string }{
		{"kvstore:DescribeInstanceAutoRenewalAttribute", "PageSize=30", "AutoRenew", "true false"},
		{"rds:DescribeInstanceAutoRenewalAttribute", "DBInstanceId=rm-1", "AutoRenew", "True"},
		{"dds:DescribeInstanceAutoRenewalAttribute", "PageSize=100", "DbInstanceId", "dds-1"},
		{"dds:DescribeInstanceAutoRenewalAttribute", "DBInstanceType=sharding", "Duration", "2"},
	} {
		if got := column(cl.expect(200, "", tt.action, tt.pair).rows("Items.Item"), tt.column); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.action, tt.pair, got, tt.want)
		}
	}
	cl.expect(400, "InvalidParameter", "rds:DescribeInstanceAutoRenewalAttribute", "PageSize=99")
}
