package cloud

import (
	"testing"
	"time"
)

// The day on which the provider first takes the money, at 08:00 UTC+8, of a term
// that ends on 9 January at 24:00 there.
func TestProvidersDayByProduct(t *testing.T) {
	end := time.Date(2027, 1, 9, 16, 0, 0, 0, time.UTC)
	for product, want := range map[string]time.Time{
		"ecs":     time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		"mongodb": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		"polardb": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		"eip":     time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		"waf":     time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		"redis":   time.Date(2027, 1, 3, 0, 0, 0, 0, time.UTC),
		"rds":     time.Date(2027, 1, 7, 0, 0, 0, 0, time.UTC), // 2 days and 16 hours before
	} {
		c := New(Options{Now: func() time.Time { return time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC) }, AutoRenewals: true})
		c.AddInstance(Instance{ID: "x-1", Product: product, Expires: end, RenewalStatus: "AutoRenewal", AutoDuration: 1})
		c.SetClock(want.Add(-time.Second))
		if n := c.Charges("x-1"); n != 0 {
			t.Errorf("%s: deducted before %v: %+v", product, want, c.Ledger())
		}
		c.Advance(time.Second)
		if l := c.Ledger(); len(l) != 1 || !l[0].AutoRenewal || !l[0].At.Equal(want) || !l[0].NewExpires.Equal(end.AddDate(0, 1, 0)) {
			t.Errorf("%s: at %v: %+v", product, want, l)
		}
		if o := c.Orders(); len(o) != 1 || o[0].Status != Paid || !o[0].Created.Equal(want) {
			t.Errorf("%s: orders %+v", product, o)
		}
		c.SetClock(end.Add(day))
		if n := c.Charges("x-1"); n != 1 {
			t.Errorf("%s: deducted %d times", product, n)
		}
	}
}

// Without money it tries every day, and the last time 16 hours before the end.
func TestProviderTriesAgain(t *testing.T) {
	end := time.Date(2027, 1, 9, 16, 0, 0, 0, time.UTC)
	c := New(Options{Now: func() time.Time { return time.Date(2027, 1, 6, 0, 0, 0, 0, time.UTC) }, AutoRenewals: true})
	c.AddAccount(Account{Balance: "0"})
	c.AddInstance(Instance{ID: "rm-1", Product: "rds", Expires: end, RenewalStatus: "AutoRenewal", AutoDuration: 3})
	c.AddInstance(Instance{ID: "rm-2", Product: "rds", Expires: end, RenewalStatus: "AutoRenewal", AutoDuration: 1, UnpaidOrder: true})
	c.SetClock(end.Add(-17 * time.Hour))
	c.SetBalance("", "1000")
	c.Advance(time.Hour)
	if l := c.Ledger(); len(l) != 1 || l[0].Instance != "rm-1" || l[0].Period != 3 || !l[0].At.Equal(end.Add(-16*time.Hour)) {
		t.Errorf("ledger %+v", l)
	}
}

// A setting works from the day after it was made.
func TestSetRenewalWorksTheNextDay(t *testing.T) {
	c := New(Options{Now: func() time.Time { return time.Date(2027, 1, 7, 23, 0, 0, 0, time.UTC) }, AutoRenewals: true}) // 07:00 in UTC+8
	c.AddInstance(Instance{ID: "eip-1", Product: "eip", Expires: time.Date(2027, 1, 10, 16, 0, 0, 0, time.UTC)})
	newClient(t, c).expect(200, "Success", "bss:SetRenewal", "ProductCode=eip", "InstanceIDs=eip-1",
		"RenewalStatus=AutoRenewal", "RenewalPeriod=1", "RenewalPeriodUnit=M")
	c.Advance(2 * time.Hour)
	if n := c.Charges("eip-1"); n != 0 {
		t.Errorf("deducted on the day it was set: %d", n)
	}
	c.Advance(day)
	if n := c.Charges("eip-1"); n != 1 {
		t.Errorf("deducted the next day: %d", n)
	}
}

// The provider deducts between a client's look and its call: two charges, unless
// the client looks at the order book.
func TestDeductBetweenLookAndCall(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "r-1", Product: "redis", Expires: days(2), RenewalStatus: "AutoRenewal", AutoDuration: 1})
	c.AddInstance(Instance{ID: "r-2", Product: "redis", Expires: days(2)})
	c.Fail(Fault{Kind: Hook, Action: "kvstore:RenewInstance", Do: func(Call) { c.Deduct("r-1") }})
	newClient(t, c).expect(200, "", "kvstore:RenewInstance", "InstanceId=r-1", "Period=1")
	if l := c.Ledger(); len(l) != 2 || !l[0].AutoRenewal || l[1].AutoRenewal {
		t.Errorf("ledger %+v", l)
	}
	c.Deduct("r-2") // its auto-renewal is off
	if n := c.Charges("r-2"); n != 0 {
		t.Errorf("deducted %d", n)
	}
}
