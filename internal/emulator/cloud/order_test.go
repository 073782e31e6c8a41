package cloud

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

const orderRows = "Data.OrderList.Order"

func TestOrderBookHasEveryRenewal(t *testing.T) {
	c := New(Options{Now: frozen, AutoRenewals: true})
	c.AddInstance(Instance{ID: "i-1", MonthlyPrice: "100"})
	c.AddInstance(Instance{ID: "rm-1", Product: "rds", MonthlyPrice: "200"})
	c.AddInstance(Instance{ID: "eip-1", Product: "eip", MonthlyPrice: "30"})
	c.AddInstance(Instance{ID: "lb-1", Product: "clb", MonthlyPrice: "40", RenewalStatus: "AutoRenewal", AutoDuration: 1})
	cl := newClient(t, c)
	cl.expect(200, "", "ecs:RenewInstance", "InstanceId=i-1", "Period=12")
	cl.expect(200, "", "rds:RenewInstance", "DBInstanceId=rm-1", "Period=1") // not paid
	cl.expect(200, "", "bss:RenewInstance", "ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1")
	c.Deduct("lb-1")
	rows := cl.expect(200, "Success", "bss:QueryOrders").rows(orderRows)
	for name, want := range map[string]string{
		"ProductCode":       "slb eip rds ecs", // newest first
		"PaymentStatus":     "Paid Paid Unpaid Paid",
		"OrderType":         "Renew Renew Renew Renew",
		"PretaxGrossAmount": "40.00 30.00 200.00 1020.00",
		"PretaxAmount":      "40.00 30.00 200.00 1020.00",
		"PaymentTime":       "2026-11-23T02:00:00Z 2026-11-23T02:00:00Z - 2026-11-23T02:00:00Z",
		"InstanceIDs":       "- - - -", // those are in the detail alone
	} {
		if got := column(rows, name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	l := c.Ledger()
	if len(l) != 3 || !l[2].AutoRenewal || l[2].Product != "clb" || column(rows[:1], "OrderId") != l[2].Order || column(rows[3:], "OrderId") != l[0].Order {
		t.Errorf("ledger %+v, orders %s", l, column(rows, "OrderId"))
	}
	detail := cl.expect(200, "Success", "bss:GetOrderDetail", "OrderId="+l[1].Order).rows(orderRows)
	if len(detail) != 1 || detail[0]["InstanceIDs"] != `["eip-1"]` || detail[0]["UsageEndTime"] != l[1].NewExpires.Format(secondFmt) || detail[0]["PretaxAmount"] != "30.00" {
		t.Errorf("detail %v", detail)
	}
	if none := cl.expect(200, "Success", "bss:GetOrderDetail", "OrderId=7").rows(orderRows); len(none) != 0 {
		t.Errorf("an order that is not there: %v", none)
	}
	for _, tt := range []struct {
		pairs []string
		want  int
	}{
		{[]string{"ProductCode=eip"}, 1},
		{[]string{"PaymentStatus=Unpaid"}, 1},
		{[]string{"OrderType=New"}, 0},
		{[]string{"ProductCode=rds", "OrderType=Renew", "PaymentStatus=Paid"}, 0},
		{[]string{"PageSize=3", "PageNum=2"}, 1},
		{[]string{"SubscriptionType=PayAsYouGo"}, 0},
	} {
		if got := len(cl.expect(200, "Success", "bss:QueryOrders", tt.pairs...).rows(orderRows)); got != tt.want {
			t.Errorf("%v: %d orders, want %d", tt.pairs, got, tt.want)
		}
	}
	c.SetDenied("", "bss:DescribeOrderList")
	cl.expect(400, "NotAuthorized", "bss:QueryOrders")
}

// By itself the list goes back an hour; whoever wants more says so.
func TestOrderBookLooksBackAnHour(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "eip-1", Product: "eip", UnpaidOrder: true})
	old := c.AddOrder(Order{Instance: "eip-1", Status: Paid, Created: days(-2), Amount: "17.5"})
	c.AddOrder(Order{Instance: "eip-1", Type: "Upgrade", Status: Paid, Created: t0.Add(-time.Hour), Amount: "1"})
	cl := newClient(t, c)
	since := func(at time.Time) string {
		return column(cl.expect(200, "Success", "bss:QueryOrders", "CreateTimeStart="+at.Format(secondFmt)).rows(orderRows), "OrderType")
	}
	if got := column(cl.expect(200, "Success", "bss:QueryOrders").rows(orderRows), "OrderType"); got != "Upgrade" {
		t.Errorf("by itself: %s", got)
	}
	if got := since(t0.Add(-2 * time.Hour)); got != "Upgrade Renew" {
		t.Errorf("two hours: %s", got)
	}
	if got := since(days(-3)); got != "Upgrade Renew Renew" {
		t.Errorf("three days: %s", got)
	}
	if got := cl.expect(200, "Success", "bss:GetOrderDetail", "OrderId="+old).rows(orderRows); len(got) != 1 || got[0]["PretaxAmount"] != "17.5" {
		t.Errorf("the old one: %v", got)
	}
	cl.expect(400, "InvalidParameter", "bss:QueryOrders", "CreateTimeStart=2026-11-20")
}

func TestOrdersShowLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Billing: BillingOptions{OrderDelay: time.Minute, PaidDelay: 2 * time.Minute}})
		c.AddInstance(Instance{ID: "eip-1", Product: "eip"})
		cl := newClient(t, c)
		r := cl.expect(200, "Success", "bss:RenewInstance", "ProductCode=eip", "InstanceId=eip-1", "RenewPeriod=1")
		for _, want := range []string{"", "Unpaid", "Paid"} {
			got := column(cl.ask("bss:QueryOrders").rows(orderRows), "PaymentStatus")
			detail := column(cl.ask("bss:GetOrderDetail", "OrderId="+orderID(r)).rows(orderRows), "PaymentStatus")
			if got != want || detail != want {
				t.Errorf("%s, detail %s, want %s", got, detail, want)
			}
			time.Sleep(time.Minute)
		}
		if c.Charges("eip-1") != 1 {
			t.Error("what shows late was charged at once")
		}
	})
}

func TestSomebodyPaysAndCancels(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1", UnpaidOrder: true})
	c.AddInstance(Instance{ID: "dds-1", Product: "mongodb", MonthlyPrice: "50"})
	cl := newClient(t, c)
	cl.expect(403, "Instance.UnPaidOrder", "ecs:RenewInstance", "InstanceId=i-1", "Period=1")
	id := c.AddOrder(Order{Instance: "dds-1", Months: 3})
	cl.expect(400, "Order.InstHasUnpaidOrder", "dds:RenewDBInstance", "DBInstanceId=dds-1", "Period=1")
	var committed []Charge
	c.OnCommit(func(ch Charge) { committed = append(committed, ch) })
	c.PayOrder(id)
	c.PayOrder(c.Orders()[0].ID)
	if fmt.Sprint(c.Charges("i-1"), c.Charges("dds-1"), len(committed)) != "1 1 2" || committed[0].Amount != "150.00" || committed[0].Period != 3 || committed[0].Order != id {
		t.Errorf("ledger %+v", c.Ledger())
	}
	cl.expect(200, "", "ecs:RenewInstance", "InstanceId=i-1", "Period=1")
	c.SetUnpaidOrder("i-1", true)
	c.SetUnpaidOrder("i-1", false)
	if o := c.Orders(); o[len(o)-1].Status != Cancelled {
		t.Errorf("orders %+v", o)
	}
}

func TestPayerOfAMember(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{ID: "1", AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "500"})
	c.AddAccount(Account{ID: "2", AccessKeyID: "two", AccessKeySecret: "two", Balance: "0", Payer: "1"})
	c.AddInstance(Instance{ID: "i-2", Account: "2", MonthlyPrice: "100"})
	c.AddInstance(Instance{ID: "eip-2", Account: "2", Product: "eip", MonthlyPrice: "300"})
	cl := &client{t: t, cloud: c, id: "two", secret: "two"}
	cl.expect(200, "", "ecs:RenewInstance", "InstanceId=i-2", "Period=1")
	cl.expect(200, "Success", "bss:RenewInstance", "ProductCode=eip", "InstanceId=eip-2", "RenewPeriod=1")
	cl.expect(403, "InvalidAccountStatus.NotEnoughBalance", "ecs:RenewInstance", "InstanceId=i-2", "Period=2")
	data := cl.expect(200, "200", "bss:QueryAccountBalance").body["Data"].(map[string]any)
	if c.Balance("1") != "100.00" || data["AvailableAmount"] != "0.00" {
		t.Errorf("payer %s, the member says %v", c.Balance("1"), data["AvailableAmount"])
	}
}
