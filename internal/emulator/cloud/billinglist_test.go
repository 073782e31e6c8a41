package cloud

import (
	"fmt"
	"testing"
)

const billingRows = "Data.InstanceList"

func TestBillingListHasEverything(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator"})
	c.AddAccount(Account{ID: "2"})
	for _, i := range []Instance{
		{ID: "i-1", RenewalStatus: "AutoRenewal", AutoDuration: 1},
		{ID: "i-payg", ChargeType: "PostPaid"},
		{ID: "rm-1", Product: "rds", Region: "cn-beijing", Expires: days(3), RenewalStatus: "NotRenewal"},
		{ID: "rr-1", Product: "rds", Primary: "rm-1"},
		{ID: "r-1", Product: "redis"},
		{ID: "dds-1", Product: "mongodb"},
		{ID: "pc-1", Product: "polardb"},
		{ID: "eip-1", Product: "eip", Expires: days(-1)},
		{ID: "cbwp-1", Product: "cbwp"},
		{ID: "lb-1", Product: "clb", RenewalStatus: "AutoRenewal"}, // with no term
		{ID: "waf-1", Product: "waf", CodeType: "waf_pre"},
		{ID: "refunded", Product: "eip", BillingStatus: "Creating"},
		{ID: "odd", Product: "eip", BillingBlank: []string{"EndTime", "RenewStatus", "ProductType", "Region"}},
		{ID: "unlisted", Product: "eip", Unlisted: true},
		{ID: "gone", Product: "eip", Expires: days(-7)},
		{ID: "two", Product: "eip", Account: "2"},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	r := cl.expect(200, "Success", "bss:QueryAvailableInstances", "PageSize=300")
	rows := r.rows(billingRows)
	for name, want := range map[string]string{
		"InstanceID":       "i-1 i-payg rm-1 rr-1 r-1 dds-1 pc-1 eip-1 cbwp-1 lb-1 waf-1 refunded odd",
		"ProductCode":      "ecs ecs rds rds redisa dds polardb eip cbwp slb waf eip eip",
		"ProductType":      "- - rds roRDS - - online - - - waf_pre - -",
		"SubscriptionType": "Subscription PayAsYouGo Subscription Subscription Subscription Subscription Subscription Subscription Subscription Subscription Subscription Subscription Subscription",
		"RenewStatus":      "AutoRenewal - NotRenewal ManualRenewal ManualRenewal ManualRenewal ManualRenewal ManualRenewal ManualRenewal AutoRenewal ManualRenewal ManualRenewal -",
		"RenewalDuration":  "1 - - - - - - - - - - - -",
		"Status":           "Normal Normal Normal Normal Normal Normal Normal Expired Normal Normal Normal Creating Normal",
	} {
		if got := column(rows, name); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	if rows[0]["RenewalDurationUnit"] != "M" || rows[2]["EndTime"] != "2026-11-26T02:00:00Z" || rows[2]["Region"] != "cn-beijing" {
		t.Errorf("rows %v %v", rows[0], rows[2])
	}
	if rows[10]["Region"] != "" || rows[12]["Region"] != nil || rows[12]["EndTime"] != nil {
		t.Errorf("a row of no region, and one that lacks fields: %v %v", rows[10], rows[12])
	}
}

func TestBillingListPagesAndFilters(t *testing.T) {
	c := New(Options{Now: frozen})
	for n := range 45 {
		c.AddInstance(Instance{ID: fmt.Sprintf("eip-%02d", n), Product: "eip", Expires: days(float64(n))})
	}
	c.AddInstance(Instance{ID: "lb-1", Product: "clb", Expires: days(100), RenewalStatus: "AutoRenewal", AutoDuration: 1})
	c.AddInstance(Instance{ID: "payg", Product: "eip", ChargeType: "PostPaid"})
	cl := newClient(t, c)
	count := func(pairs ...string) string {
		r := cl.expect(200, "Success", "bss:QueryAvailableInstances", pairs...)
		data := r.body["Data"].(map[string]any)
		return fmt.Sprint(len(r.rows(billingRows)), " of ", data["TotalCount"], " at ", data["PageSize"])
	}
	within := []string{"EndTimeStart=" + days(3).Format(secondFmt), "EndTimeEnd=" + days(5).Format(secondFmt)}
	for _, tt := range []struct {
		pairs []string
		want  string
	}{
		{nil, "20 of 47 at 20"},
		{[]string{"PageNum=3"}, "7 of 47 at 20"},
		{[]string{"PageNum=9"}, "0 of 47 at 20"},
		{[]string{"PageSize=1000"}, "47 of 47 at 300"}, // the size that was meant, not that which was asked for
		{[]string{"SubscriptionType=Subscription"}, "20 of 46 at 20"},
		{[]string{"ProductCode=SLB"}, "1 of 1 at 20"},
		{[]string{"RenewStatus=AutoRenewal"}, "1 of 1 at 20"},
		{[]string{"InstanceIDs=eip-01, eip-07,nobody"}, "2 of 2 at 20"},
		{within, "3 of 3 at 20"},
		{[]string{"ProductCode=eip", "Region=cn-beijing"}, "0 of 0 at 20"}, // silence, not an error
		{[]string{"ProductCode=eip", "Region=cn-hangzhou"}, "20 of 46 at 20"},
	} {
		if got := count(tt.pairs...); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.pairs, got, tt.want)
		}
	}
	c.SetOptions(func(o *Options) { o.Billing.PageCap, o.ExclusiveBounds = 30, true })
	if got := count("PageSize=300"); got != "30 of 47 at 30" {
		t.Errorf("capped: %s", got)
	}
	if got := count(within...); got != "1 of 1 at 20" {
		t.Errorf("without the bounds: %s", got)
	}
	cl.expect(400, "MissingParameter", "bss:QueryAvailableInstances", "Region=cn-hangzhou")
	cl.expect(400, "InvalidParameter", "bss:QueryAvailableInstances", "EndTimeEnd=2026-11-26T02:00Z")
	c.SetDenied("", "bss:DescribeInstances")
	cl.expect(400, "NotAuthorized", "bss:QueryAvailableInstances")
}

func TestBillingListOfTheOtherSite(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Site: Intl})
	c.AddInstance(Instance{ID: "eip-1", Product: "eip"})
	cl := newClient(t, c)
	cl.expect(400, "NotApplicable", "bss:QueryAvailableInstances")
	cl.expect(400, "NotApplicable", "bss:QueryOrders")
	c.SetOptions(func(o *Options) { o.Billing.WrongSiteEmpty = true })
	if r := cl.expect(200, "Success", "bss:QueryAvailableInstances"); len(r.rows(billingRows)) != 0 {
		t.Errorf("the wrong site lists %v", r)
	}
}
