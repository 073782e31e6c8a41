package cloud

import (
	"fmt"
	"testing"
)

const mongodbRows = "DBInstances.DBInstance"

func TestMongoDBHasTwoLists(t *testing.T) {
	c := New(Options{Now: frozen})
	for n := range 31 {
		c.AddInstance(Instance{ID: fmt.Sprintf("dds-%02d", n), Product: "mongodb", Expires: days(float64(n))})
	}
	c.AddInstance(Instance{ID: "sh-1", Product: "mongodb", Kind: "sharding", Expires: days(-1)})
	cl := newClient(t, c)
	count := func(pairs ...string) string {
		r := cl.expect(200, "", "dds:DescribeDBInstances", pairs...)
		return fmt.Sprint(len(r.rows(mongodbRows)), " of ", r.body["TotalCount"])
	}
	for _, tt := range []struct {
		pairs []string
		want  string
	}{
		{nil, "30 of 31"}, // shards are in a list of their own
		{[]string{"PageNumber=2"}, "1 of 31"},
		{[]string{"PageSize=50"}, "31 of 31"},
		{[]string{"DBInstanceType=replicate", "PageSize=100"}, "31 of 31"},
		{[]string{"DBInstanceType=sharding"}, "1 of 1"},
		{[]string{"DBInstanceType=serverless"}, "0 of 0"},
		{[]string{"ExpireTime=" + days(3).Format(minuteFmt)}, "4 of 4"},
		{[]string{"DBInstanceId=dds-07"}, "1 of 1"},
	} {
		if got := count(tt.pairs...); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.pairs, got, tt.want)
		}
	}
	for _, size := range []string{"1", "20", "31", "99", "101"} {
		cl.expect(400, "InvalidParameter", "dds:DescribeDBInstances", "PageSize="+size)
	}
	if got := column(cl.expect(200, "", "dds:DescribeDBInstances", "DBInstanceType=sharding").rows(mongodbRows), "LockMode"); got != "LockByExpiration" {
		t.Errorf("expired: %s", got)
	}
}

func TestMongoDBRenewal(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "dds-1", Product: "mongodb", MonthlyPrice: "120"})
	cl := newClient(t, c)
	price := cl.expect(200, "", "dds:DescribeRenewalPrice", "DBInstanceId=dds-1").body["Order"].(map[string]any)
	if got := fmt.Sprintf("%.0f", price["TradeAmount"]); got != "120" { // of one month, a JSON number
		t.Errorf("price %v", price)
	}
	cl.expect(400, "UnsupportedParameter", "dds:DescribeRenewalPrice", "DBInstanceId=dds-1", "Period=12")

	order := []string{"DBInstanceId=dds-1", "Period=12", "ClientToken=tok"}
	if r := cl.expect(200, "", "dds:RenewDBInstance", order...); fmt.Sprintf("%T", r.body["OrderId"]) != "string" {
		t.Errorf("%v", r)
	}
	cl.expect(400, "TokenServiceError", "dds:RenewDBInstance", order...)
	if l := c.Ledger(); len(l) != 1 || l[0].Product != "mongodb" || l[0].Amount != "1224.00" { // a year is cheaper than twelve months
		t.Errorf("ledger %+v", l)
	}
	cl.expect(400, "InvalidParameter", "dds:RenewDBInstance", "DBInstanceId=dds-1", "Period=48")
	c.SetUnpaidOrder("dds-1", true)
	cl.expect(400, "Order.InstHasUnpaidOrder", "dds:RenewDBInstance", "DBInstanceId=dds-1", "Period=1")
	c.SetUnpaidOrder("dds-1", false)
	cl.expect(200, "", "dds:RenewDBInstance", "DBInstanceId=dds-1", "Period=1")
}
