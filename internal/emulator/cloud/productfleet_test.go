package cloud

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// What each row of the fleet of other products is there to show, asked for as a
// client does.
func TestFleetOfOtherProducts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, err := os.Open("testdata/products.yaml")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		fleet, err := LoadFleet(file, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		c := New(Options{})
		fleet.Apply(c)
		cl := newClient(t, c)
		if got := column(cl.expect(200, "", "bss:QueryAvailableInstances").rows(billingRows), "ProductCode"); got != "rds rds redisa eip dds waf" {
			t.Errorf("the billing list has %s", got)
		}
		cl.expect(200, "", "rds:RenewInstance", "DBInstanceId=rm-bp1orders", "Period=1", "AutoPay=True")
		if before, _ := c.Instance("rr-bp1orders"); c.Charges("rr-bp1orders") != 0 || before.Expires.After(time.Now().Add(6*day)) {
			t.Error("renewing an instance has renewed its replica")
		}
		end := func() string {
			return column(cl.ask("kvstore:DescribeInstances").rows(redisRows), "EndTime")
		}
		old := end()
		cl.expect(200, "", "kvstore:RenewInstance", "InstanceId=r-bp1cache", "Period=1")
		time.Sleep(time.Hour)
		if end() != old || c.Charges("r-bp1cache") != 1 {
			t.Error("the new end of the cache shows")
		}
		r := cl.expect(200, "Success", "bss:RenewInstance", "ProductCode=eip", "InstanceId=eip-bp1gate", "RenewPeriod=1")
		if got := column(cl.ask("bss:GetOrderDetail", "OrderId="+orderID(r)).rows(orderRows), "PretaxAmount"); got != "26.50" {
			t.Errorf("the order of the address says %s", got)
		}
		cl.expect(400, "Order.InstHasUnpaidOrder", "dds:RenewDBInstance", "DBInstanceId=dds-bp1logs", "Period=1", "RegionId=cn-beijing")
		if n := c.Charges("dds-bp1logs"); n != 0 {
			t.Errorf("%d charges beside an unpaid order", n)
		}
	})
}
