package cloud

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func attributes(r reply) string {
	outer, _ := r.body["InstanceRenewAttributes"].(map[string]any)
	list, _ := outer["InstanceRenewAttribute"].([]any)
	var out []string
	for _, item := range list {
		a := item.(map[string]any)
		if a["EnableExpectedRenewDay"] != false {
			out = append(out, fmt.Sprintf("EnableExpectedRenewDay=%v", a["EnableExpectedRenewDay"]))
		}
		out = append(out, fmt.Sprintf("%v:%v/%v%v", a["InstanceId"], a["RenewalStatus"], a["Duration"], a["PeriodUnit"]))
	}
	return strings.Join(out, " ")
}

func renewalFleet(opts Options) *Cloud {
	opts.Now = frozen
	c := New(opts)
	c.AddInstance(Instance{ID: "i-1"})
	c.AddInstance(Instance{ID: "i-2", RenewalStatus: "AutoRenewal", AutoDuration: 3})
	c.AddInstance(Instance{ID: "i-payg", ChargeType: "PostPaid"})
	c.AddInstance(Instance{ID: "i-late", Expires: days(-1), RenewalStatus: "NotRenewal"})
	c.AddInstance(Instance{ID: "i-blank", NoAttribute: true})
	c.AddInstance(Instance{ID: "i-far", Region: "cn-beijing"})
	return c
}

func TestDescribeAttributes(t *testing.T) {
	c := renewalFleet(Options{})
	cl := newClient(t, c)
	many := strings.TrimSuffix(strings.Repeat("i-1,", 101), ",")
	for _, tt := range []struct {
		pairs  []string
		status int
		want   string // code or attributes
	}{
		{[]string{"InstanceId=i-1,i-2, i-late,i-1"}, 200, "i-1:Normal/0Month i-2:AutoRenewal/3Month i-late:NotRenewal/0Month"},
		{[]string{"InstanceId=i-blank,i-1"}, 200, "i-1:Normal/0Month"},
		{[]string{"InstanceId=i-1,i-2", "RenewalStatus=AutoRenewal"}, 200, "i-2:AutoRenewal/3Month"},
		{[]string{"RenewalStatus=Normal"}, 200, "i-1:Normal/0Month"},
		{[]string{"InstanceId=i-1,i-2", "PageSize=1", "PageNumber=2"}, 200, "i-2:AutoRenewal/3Month"},
		{nil, 403, "InvalidParameter.RenewalStatusInstanceId"},
		{[]string{"RenewalStatus=Auto"}, 403, "InvalidParameter.RenewalStatus"},
		{[]string{"InstanceId=" + many}, 403, "InvalidParameter.ToManyInstanceIds"},
		{[]string{"InstanceId=i-1,i-payg"}, 403, "ChargeTypeViolation"},
		{[]string{"InstanceId=i-1,i-nope"}, 403, "InvalidParameter.InvalidInstanceId"},
		{[]string{"InstanceId=i-far"}, 403, "InvalidParameter.InvalidInstanceId"},
		{[]string{"InstanceId=i-1", "PageSize=101"}, 400, "InvalidParameter"},
		{[]string{"InstanceIds=i-1"}, 400, "UnsupportedParameter"},
	} {
		r := cl.call("DescribeInstanceAutoRenewAttribute", tt.pairs...)
		got := attributes(r)
		if r.status != 200 {
			got = r.code()
		}
		if r.status != tt.status || got != tt.want {
			t.Errorf("%v: got %d %q, want %d %q", tt.pairs, r.status, got, tt.status, tt.want)
		}
	}
	c.SetOptions(func(o *Options) { o.SkipUnknownIDs = true })
	if got := attributes(cl.call("DescribeInstanceAutoRenewAttribute", "InstanceId=i-1,i-nope")); got != "i-1:Normal/0Month" {
		t.Errorf("with unknown ids skipped: %s", got)
	}
	c.SetDenied("", "ecs:DescribeInstanceAutoRenewAttribute")
	cl.want(403, "Forbidden.RAM", "DescribeInstanceAutoRenewAttribute", "InstanceId=i-1")

	// The default page is ten, and it cuts lists of ids.
	c = New(Options{Now: frozen})
	var ids []string
	for n := range 12 {
		ids = append(ids, fmt.Sprint("i-", n))
		c.AddInstance(Instance{ID: ids[n]})
	}
	r := newClient(t, c).call("DescribeInstanceAutoRenewAttribute", "InstanceId="+strings.Join(ids, ","))
	if got := len(strings.Fields(attributes(r))); got != 10 || r.body["TotalCount"] != 12.0 {
		t.Errorf("without PageSize: %d of %v", got, r.body["TotalCount"])
	}
}

func TestModifyAttributes(t *testing.T) {
	for _, tt := range []struct {
		site   Site
		pairs  []string
		status int
		want   string // code, or what was changed
	}{
		{China, []string{"InstanceId=i-1", "RenewalStatus=AutoRenewal", "Duration=2"}, 200, "i-1:AutoRenewal/2Month"},
		{China, []string{"InstanceId=i-1,i-2", "RenewalStatus=AutoRenewal", "Duration=1", "PeriodUnit=Year"}, 200, "i-1:AutoRenewal/1Year i-2:AutoRenewal/1Year"},
		{China, []string{"InstanceId=i-1", "AutoRenew=true", "Duration=1"}, 200, "i-1:AutoRenewal/1Month"},
		{China, []string{"InstanceId=i-2", "Duration=1"}, 200, "i-2:Normal/0"}, // the trap
		{China, []string{"InstanceId=i-2", "AutoRenew=true", "RenewalStatus=NotRenewal"}, 200, "i-2:NotRenewal/0"},
		{China, []string{"InstanceId=i-1", "RenewalStatus=AutoRenewal"}, 403, "InvalidParameter.Duration"},
		{China, []string{"InstanceId=i-1", "RenewalStatus=AutoRenewal", "Duration=4"}, 403, "InvalidParameter.Duration"},
		{China, []string{"InstanceId=i-1", "RenewalStatus=AutoRenewal", "Duration=4", "PeriodUnit=Week"}, 200, "i-1:AutoRenewal/4Week"},
		{Intl, []string{"InstanceId=i-1", "RenewalStatus=AutoRenewal", "Duration=4", "PeriodUnit=Week"}, 403, "InvalidPeriodUnit.ValueNotSupported"},
		{China, []string{"InstanceId=i-1", "RenewalStatus=On"}, 403, "InvalidParameter.RenewalStatus"},
		{China, []string{"InstanceId=", "RenewalStatus=Normal"}, 403, "MissingParameter.InstanceId"},
		{China, []string{"InstanceId=i-1,i-payg", "RenewalStatus=Normal"}, 403, "ChargeTypeViolation"},
		{China, []string{"InstanceId=i-1,i-late", "RenewalStatus=Normal"}, 403, "IncorrectInstanceStatus"},
		{China, []string{"InstanceId=i-1,i-far", "RenewalStatus=Normal"}, 403, "InvalidParameter.InvalidInstanceId"},
		{China, []string{"InstanceId=i-1", "RenewalStatus=Normal", "ClientToken=t"}, 400, "UnsupportedParameter"},
	} {
		c := renewalFleet(Options{Site: tt.site})
		r := newClient(t, c).call("ModifyInstanceAutoRenewAttribute", tt.pairs...)
		got := r.code()
		if r.status == 200 {
			got = changed(c)
		}
		if r.status != tt.status || got != tt.want {
			t.Errorf("%v: got %d %q, want %d %q", tt.pairs, r.status, got, tt.status, tt.want)
		}
		if r.status != 200 && changed(c) != "" {
			t.Errorf("%v: refused, and changed %s", tt.pairs, changed(c))
		}
	}
}

func changed(c *Cloud) string {
	var out []string
	for _, ch := range c.Changes() {
		out = append(out, fmt.Sprintf("%s:%s/%d%s", ch.Instance, ch.Status, ch.Duration, ch.Unit))
	}
	return strings.Join(out, " ")
}

func TestModifyAttributesPartly(t *testing.T) {
	c := renewalFleet(Options{BatchPartial: true})
	newClient(t, c).want(403, "ChargeTypeViolation", "ModifyInstanceAutoRenewAttribute",
		"InstanceId=i-payg,i-1", "RenewalStatus=AutoRenewal", "Duration=1")
	if got := changed(c); got != "i-1:AutoRenewal/1Month" {
		t.Errorf("changed %q", got)
	}
}

func TestAttributeDelay(t *testing.T) { synctest.Test(t, testAttributeDelay) }

func testAttributeDelay(t *testing.T) {
	c := renewalFleet(Options{AttributeDelay: 20 * time.Second})
	cl := newClient(t, c)
	cl.want(200, "", "ModifyInstanceAutoRenewAttribute", "InstanceId=i-1", "RenewalStatus=AutoRenewal", "Duration=1")
	read := func() string { return attributes(cl.call("DescribeInstanceAutoRenewAttribute", "InstanceId=i-1")) }
	if got := read(); got != "i-1:Normal/0Month" {
		t.Errorf("at once: %s", got)
	}
	if in, _ := c.Instance("i-1"); in.RenewalStatus != "AutoRenewal" {
		t.Errorf("truly: %s", in.RenewalStatus)
	}
	time.Sleep(21 * time.Second) // of fake time
	if got := read(); got != "i-1:AutoRenewal/1Month" {
		t.Errorf("later: %s", got)
	}
}
