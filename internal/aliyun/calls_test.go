package aliyun

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What every request carries, besides what its action takes.
var common = []string{
	"AccessKeyId", "Format", "RegionId", "SecurityToken", "SignatureMethod", "SignatureNonce", "SignatureType", "SignatureVersion", "Timestamp", "Version",
}

var from = time.Date(2026, 11, 23, 1, 2, 59, 0, time.FixedZone("UTC+8", 8*3600))

func term(weeks, months, day int) renewal.Term {
	return renewal.Term{Period: renewal.Period{Weeks: weeks, Months: months}, UntilDay: day}
}

// TestOnTheWire: what each method sends, all of it, and how.
func TestOnTheWire(t *testing.T) {
	renewFor := func(term renewal.Term) func(context.Context, *Cloud) error {
		return func(ctx context.Context, c *Cloud) error {
			_, err := c.Renew(ctx, "cn-beijing", "i-1", term, token64, 5*time.Second)
			return err
		}
	}
	priceFor := func(term renewal.Term) func(context.Context, *Cloud) error {
		return func(ctx context.Context, c *Cloud) error {
			_, err := c.Price(ctx, "cn-beijing", "i-1", term)
			return err
		}
	}
	set := func(state renewal.AutoState, ids ...string) func(context.Context, *Cloud) error {
		return func(ctx context.Context, c *Cloud) error { return c.SetState(ctx, "cn-beijing", ids, state) }
	}
	auto := func(weeks, months int) renewal.AutoState {
		return renewal.AutoState{Mode: renewal.Auto, Term: renewal.Period{Weeks: weeks, Months: months}}
	}
	page := func(next string) func(context.Context, *Cloud) error {
		return func(ctx context.Context, c *Cloud) error {
			_, _, err := c.Page(ctx, "cn-beijing", from, from.Add(25*time.Hour), next)
			return err
		}
	}
	const ecs, sts, bss = "2014-05-26", "2015-04-01", "2017-12-14"
	for name, tt := range map[string]struct {
		call    func(context.Context, *Cloud) error
		action  string
		version string
		region  string
		want    string // the parameters of its own, as a query
	}{
		"identity": {methods["Identity"].call, "GetCallerIdentity", sts, "cn-shanghai", ""},
		"regions":  {methods["Regions"].call, "DescribeRegions", ecs, "cn-shanghai", ""},
		"balance":  {methods["Balance"].call, "QueryAccountBalance", bss, "cn-shanghai", ""},
		"assume": {methods["Assume"].call, "AssumeRole", sts, "cn-shanghai",
			"RoleArn=" + role + "&RoleSessionName=fc-renewer&DurationSeconds=3600&ExternalId=ext-1"},
		"assume without an external id": {func(ctx context.Context, c *Cloud) error { _, err := c.Assume(ctx, role, ""); return err },
			"AssumeRole", sts, "cn-shanghai", "RoleArn=" + role + "&RoleSessionName=fc-renewer&DurationSeconds=3600"},
		"the first page": {page(""), "DescribeInstances", ecs, "cn-beijing",
			"InstanceChargeType=PrePaid&MaxResults=100&Filter.3.Key=ExpiredStartTime&Filter.3.Value=2026-11-22T17:02Z&Filter.4.Key=ExpiredEndTime&Filter.4.Value=2026-11-23T18:02Z"},
		"the next page": {page("caeba0/bb=="), "DescribeInstances", ecs, "cn-beijing",
			"InstanceChargeType=PrePaid&MaxResults=100&NextToken=caeba0/bb%3D%3D&Filter.3.Key=ExpiredStartTime&Filter.3.Value=2026-11-22T17:02Z&Filter.4.Key=ExpiredEndTime&Filter.4.Value=2026-11-23T18:02Z"},
		"may list": {func(ctx context.Context, c *Cloud) error { return c.MayList(ctx, "cn-beijing") }, "DescribeInstances", ecs, "cn-beijing", "DryRun=true"},
		"instances": {func(ctx context.Context, c *Cloud) error {
			_, err := c.Instances(ctx, "cn-beijing", []string{"i-1", "i-2"})
			return err
		}, "DescribeInstances", ecs, "cn-beijing", `InstanceIds=["i-1","i-2"]&MaxResults=100`},
		"states": {func(ctx context.Context, c *Cloud) error {
			_, err := c.States(ctx, "cn-beijing", []string{"i-1", "i-2"})
			return err
		}, "DescribeInstanceAutoRenewAttribute", ecs, "cn-beijing", "InstanceId=i-1,i-2&PageNumber=1&PageSize=100"},
		"auto-renew off":        {set(renewal.AutoState{Mode: renewal.Manual}, "i-1", "i-2"), "ModifyInstanceAutoRenewAttribute", ecs, "cn-beijing", "InstanceId=i-1,i-2&RenewalStatus=Normal"},
		"let lapse":             {set(renewal.AutoState{Mode: renewal.Lapse}, "i-1"), "ModifyInstanceAutoRenewAttribute", ecs, "cn-beijing", "InstanceId=i-1&RenewalStatus=NotRenewal"},
		"auto-renew weekly":     {set(auto(2, 0), "i-1"), "ModifyInstanceAutoRenewAttribute", ecs, "cn-beijing", "InstanceId=i-1&RenewalStatus=AutoRenewal&Duration=2&PeriodUnit=Week"},
		"auto-renew monthly":    {set(auto(0, 6), "i-1"), "ModifyInstanceAutoRenewAttribute", ecs, "cn-beijing", "InstanceId=i-1&RenewalStatus=AutoRenewal&Duration=6&PeriodUnit=Month"},
		"auto-renew for a year": {set(auto(0, 12), "i-1"), "ModifyInstanceAutoRenewAttribute", ecs, "cn-beijing", "InstanceId=i-1&RenewalStatus=AutoRenewal&Duration=12&PeriodUnit=Month"},
		"auto-renew for years":  {set(auto(0, 36), "i-1"), "ModifyInstanceAutoRenewAttribute", ecs, "cn-beijing", "InstanceId=i-1&RenewalStatus=AutoRenewal&Duration=3&PeriodUnit=Year"},
		"tag": {func(ctx context.Context, c *Cloud) error {
			return c.Tag(ctx, "cn-beijing", "i-1", "renew:refused", "2026-12-31T16:00Z/1")
		}, "TagResources", ecs, "cn-beijing", "ResourceType=instance&ResourceId.1=i-1&Tag.1.Key=renew:refused&Tag.1.Value=2026-12-31T16:00Z/1"},
		"price of months":        {priceFor(term(0, 9, 0)), "DescribeRenewalPrice", ecs, "cn-beijing", "ResourceType=instance&ResourceId=i-1&Period=9&PriceUnit=Month"},
		"price of a year":        {priceFor(term(0, 12, 0)), "DescribeRenewalPrice", ecs, "cn-beijing", "ResourceType=instance&ResourceId=i-1&Period=1&PriceUnit=Year"},
		"price of three years":   {priceFor(term(0, 36, 0)), "DescribeRenewalPrice", ecs, "cn-beijing", "ResourceType=instance&ResourceId=i-1&Period=3&PriceUnit=Year"},
		"price up to a day":      {priceFor(term(0, 0, 28)), "DescribeRenewalPrice", ecs, "cn-beijing", "ResourceType=instance&ResourceId=i-1&ExpectedRenewDay=28"},
		"renew for weeks":        {renewFor(term(3, 0, 0)), "RenewInstance", ecs, "cn-beijing", "InstanceId=i-1&Period=3&PeriodUnit=Week&ClientToken=" + token64},
		"renew for a month":      {renewFor(term(0, 1, 0)), "RenewInstance", ecs, "cn-beijing", "InstanceId=i-1&Period=1&PeriodUnit=Month&ClientToken=" + token64},
		"renew for a year":       {renewFor(term(0, 12, 0)), "RenewInstance", ecs, "cn-beijing", "InstanceId=i-1&Period=12&PeriodUnit=Month&ClientToken=" + token64},
		"renew for five years":   {renewFor(term(0, 60, 0)), "RenewInstance", ecs, "cn-beijing", "InstanceId=i-1&Period=60&PeriodUnit=Month&ClientToken=" + token64},
		"renew up to a day":      {renewFor(term(0, 0, 5)), "RenewInstance", ecs, "cn-beijing", "InstanceId=i-1&ExpectedRenewDay=5&ClientToken=" + token64},
		"a day wins over months": {renewFor(term(0, 1, 5)), "RenewInstance", ecs, "cn-beijing", "InstanceId=i-1&ExpectedRenewDay=5&ClientToken=" + token64},
	} {
		t.Run(name, func(t *testing.T) {
			sends(t, tt.call, tt.action, tt.version, tt.region, tt.want)
		})
	}
}

// sends checks what a call sends, all of it, and how: want are the parameters of
// its own, as a query.
func sends(t *testing.T, call func(context.Context, *Cloud) error, action, version, region, want string) {
	t.Helper()
	c, s := serve(t, says(200, `{"RequestId":"r"}`))
	c.options.Region = "cn-shanghai"
	_ = call(t.Context(), c) // the answer is no answer
	if s.count() != 1 {
		t.Fatalf("%d requests", s.count())
	}
	r := s.requests()[0]
	if r.Method != http.MethodPost || r.ContentLength != 0 {
		t.Errorf("a %s with %d bytes", r.Method, r.ContentLength)
	}
	got := r.URL.Query()
	for key, want := range map[string]string{
		"Action": action, "Version": version, "RegionId": region, "Format": "JSON", "AccessKeyId": keys.ID, "SecurityToken": keys.Token,
	} {
		if got.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, got.Get(key), want)
		}
	}
	if got.Get("Signature") == "" || got.Get("SignatureNonce") == "" || got.Get("Timestamp") == "" || strings.Contains(r.URL.RawQuery, keys.Secret) {
		t.Error("it is not signed as it must be")
	}
	for _, key := range append([]string{"Action", "Signature"}, common...) {
		got.Del(key)
	}
	own, err := url.ParseQuery(want)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(own, got); diff != "" {
		t.Error(diff)
	}
}

func TestTermsWithoutAPrice(t *testing.T) {
	c, s := serve(t, says(200, `{}`))
	for _, tt := range []renewal.Term{term(1, 0, 0), term(4, 0, 0), term(0, 10, 0), term(0, 48, 0), term(0, 60, 0), {}} {
		_, err := c.Price(t.Context(), hangzhou, "i-1", tt)
		classed(t, err, renewal.Terminal)
		if !strings.Contains(err.Error(), "no price") {
			t.Errorf("%v: %v", tt, err)
		}
	}
	if s.count() != 0 {
		t.Errorf("%d requests", s.count())
	}
}

// The emulator checks signatures, nonces and every parameter.
func TestAgainstTheEmulator(t *testing.T) {
	c, e := emulated(t, cloud.Options{Regions: []string{"cn-beijing", hangzhou}})
	ctx := t.Context()
	if id, err := c.Identity(ctx); err != nil || id != account {
		t.Errorf("%s %v", id, err)
	}
	if regions, err := c.Regions(ctx); err != nil || !slices.Equal(regions, []string{"cn-beijing", hangzhou}) {
		t.Errorf("%v %v", regions, err)
	}
	list, next, err := c.Page(ctx, hangzhou, time.Now(), time.Now().Add(7*renewal.Day), "")
	if err != nil || next != "" || len(list) != 1 || list[0].ID != "i-1" || list[0].Name != "web-1" || !list[0].Subscription || list[0].Region != hangzhou {
		t.Fatalf("%+v %q %v", list, next, err)
	}
	before := list[0]
	if err := c.MayList(ctx, hangzhou); err != nil {
		t.Error(err)
	}
	if price, err := c.Price(ctx, hangzhou, "i-1", aMonth); err != nil || price.String() != "100.00" || price.Currency != "CNY" {
		t.Errorf("%v %v", price, err)
	}
	if balance, err := c.Balance(ctx); err != nil || balance.String() != "100000.00" || balance.Currency != "CNY" {
		t.Errorf("%v %v", balance, err)
	}
	if states, err := c.States(ctx, hangzhou, []string{"i-1"}); err != nil || states["i-1"] != (renewal.AutoState{Mode: renewal.Manual}) {
		t.Errorf("%v %v", states, err)
	}
	want := renewal.AutoState{Mode: renewal.Auto, Term: renewal.Period{Months: 3}}
	if err := c.SetState(ctx, hangzhou, []string{"i-1"}, want); err != nil {
		t.Error(err)
	}
	if states, err := c.States(ctx, hangzhou, []string{"i-1"}); err != nil || states["i-1"] != want {
		t.Errorf("%v %v", states, err)
	}
	order, err := c.Renew(ctx, hangzhou, "i-1", aMonth, token64, 5*time.Second)
	if err != nil || order == "" || e.Charges("i-1") != 1 {
		t.Errorf("%q %v, %d charges", order, err, e.Charges("i-1"))
	}
	again, err := c.Renew(ctx, hangzhou, "i-1", aMonth, token64, 5*time.Second)
	if err != nil || again != order || e.Charges("i-1") != 1 {
		t.Errorf("the same token: %q %v, %d charges", again, err, e.Charges("i-1"))
	}
	after, err := c.Instances(ctx, hangzhou, []string{"i-1", "i-gone"})
	if err != nil || len(after) != 1 || !after[0].Expires.After(before.Expires) {
		t.Errorf("%+v %v", after, err)
	}

	e.SetDenied(account, "ecs:DescribeInstances")
	if list, _, err := c.Page(ctx, hangzhou, time.Now(), time.Now().Add(renewal.Day), ""); err != nil || len(list) != 0 {
		t.Errorf("a list that is denied: %v %v", list, err)
	}
	if e := classed(t, c.MayList(ctx, hangzhou), renewal.Halt); !e.Denied || e.Code != "Forbidden.RAM" || !strings.Contains(e.Error(), "ecs:DescribeInstances") {
		t.Errorf("%v", e)
	}
	for _, call := range e.Calls() {
		if call.Method != http.MethodPost {
			t.Errorf("%s by %s", call.Action, call.Method)
		}
	}
}

func TestPagesAndTheirEnd(t *testing.T) {
	for _, blank := range []bool{false, true} {
		c, e := emulated(t, cloud.Options{PageCap: 2, BlankNextToken: blank})
		for _, id := range []string{"i-2", "i-3", "i-4", "i-5"} {
			e.AddInstance(cloud.Instance{ID: id, Account: account, Expires: time.Now().Add(renewal.Day)})
		}
		var got []string
		for next, pages := "", 0; ; pages++ {
			list, following, err := c.Page(t.Context(), hangzhou, time.Now(), time.Now().Add(7*renewal.Day), next)
			if err != nil || pages > 3 {
				t.Fatal(pages, err)
			}
			for _, in := range list {
				got = append(got, in.ID)
			}
			if next = following; next == "" {
				break
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, []string{"i-1", "i-2", "i-3", "i-4", "i-5"}) {
			t.Errorf("%v", got)
		}
	}
}

// One connection carries many calls, and every call has a nonce of its own.
func TestNoncesAndConnections(t *testing.T) {
	c, e := emulated(t, cloud.Options{})
	for range 5 {
		for _, name := range slices.Sorted(maps.Keys(methods)) {
			_ = methods[name].call(t.Context(), c)
		}
	}
	nonces, conns := map[string]bool{}, map[string]bool{}
	for _, call := range e.Calls() {
		nonces[call.Params.Get("SignatureNonce")] = true
		conns[call.RemoteConn] = true
	}
	if n := e.CallCount(""); n < 5*len(methods) || len(nonces) != n {
		t.Errorf("%d calls, %d nonces", n, len(nonces))
	}
	if len(conns) != 1 {
		t.Errorf("%d connections for calls one after the other", len(conns))
	}
}

// A Cloud is safe for concurrent use, also one of an assumed role.
func TestManyCallsAtOnce(t *testing.T) {
	c, e := emulated(t, cloud.Options{})
	assumed, err := c.Assume(t.Context(), role, "ext-1")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 64 {
		client, id := c, account
		if i%2 == 1 {
			client, id = assumed, other
		}
		group.Go(func() {
			for _, name := range []string{"Renew", "Instances", "Price", "Regions"} {
				if client == c {
					if err := methods[name].call(t.Context(), client); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
			if got, err := client.Identity(t.Context()); err != nil || got != id {
				t.Errorf("the calls of %s were made as %s: %v", id, got, err)
			}
		})
	}
	group.Wait()
	if e.Charges("i-1") != 1 {
		t.Errorf("%d charges for one token", e.Charges("i-1"))
	}
}
