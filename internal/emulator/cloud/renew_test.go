package cloud

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRenewInstanceBuys(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "1000"})
	c.AddInstance(Instance{ID: "i-1", Expires: time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC), MonthlyPrice: "99.90"})
	cl := newClient(t, c)
	r := cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=2", "PeriodUnit=Month", "ClientToken=tok")
	want := Charge{
		Seq: 1, At: t0, Account: defaultAccountID, Region: "cn-hangzhou", Instance: "i-1",
		Order: r.body["OrderId"].(string), Token: "tok", Period: 2, Unit: "Month", Amount: "199.80", Currency: "CNY",
		OldExpires: time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC), NewExpires: time.Date(2027, 2, 10, 16, 0, 0, 0, time.UTC),
	}
	if got := c.Ledger(); len(got) != 1 || got[0] != want {
		t.Errorf("ledger:\n got %+v\nwant %+v", got, want)
	}
	if got := c.Balance(""); got != "800.20" {
		t.Errorf("balance %s, want 800.20", got)
	}
	got := cl.want(200, "", "DescribeInstances").instances()[0]["ExpiredTime"]
	if got != "2027-02-10T16:00Z" {
		t.Errorf("listed as expiring %v", got)
	}
}

func TestRenewInstanceRefuses(t *testing.T) {
	c := New(Options{Now: frozen, UnifiedDay: 15})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "5000"})
	c.AddAccount(Account{ID: "2", AccessKeyID: "two", AccessKeySecret: "two"})
	c.AddAccount(Account{ID: "3", AccessKeyID: "three", AccessKeySecret: "three", Arrears: true})
	for _, i := range []Instance{
		{ID: "i-1"},
		{ID: "i-late", Expires: days(-2)},
		{ID: "i-gone", Expires: days(-15)},
		{ID: "i-payg", ChargeType: "PostPaid"},
		{ID: "i-far", Region: "cn-beijing"},
		{ID: "i-two", Account: "2"},
		{ID: "i-three", Account: "3"},
		{ID: "i-unpaid", UnpaidOrder: true},
		{ID: "i-nostock", NoStock: true, Expires: days(-3)},
		{ID: "i-refunded", Locks: []string{"refunded"}},
		{ID: "i-recycling", Locks: []string{"Recycling"}},
		{ID: "i-dear", MonthlyPrice: "5000.01"},
		{ID: "i-starter", Starter: true},
		{ID: "i-max", MaxExpires: days(60)},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	month := []string{"Period=1", "PeriodUnit=Month"}
	for _, tt := range []struct {
		id     string
		pairs  []string
		status int
		code   string
	}{
		{"", month, 400, "MissingParameter"},
		{"i-1", nil, 400, "MissingParamter"},
		{"i-1", []string{"Period=one"}, 400, "InvalidParameter"},
		{"i-1", []string{"Period=0"}, 400, "InvalidPeriod"},
		{"i-1", []string{"Period=10"}, 400, "InvalidPeriod"},
		{"i-1", []string{"Period=5", "PeriodUnit=Week"}, 400, "InvalidPeriod"},
		{"i-1", []string{"Period=1", "PeriodUnit=Year"}, 400, "InvalidPeriodUnit.ValueNotSupported"},
		{"i-1", []string{"Period=1", "ExpectedRenewDay=15"}, 400, "InvalidParameter"},
		{"i-1", []string{"ExpectedRenewDay=14"}, 400, "InvalidParameter"},
		{"i-1", []string{"ExpectedRenewDay=29"}, 400, "InvalidParameter"},
		{"i-late", []string{"ExpectedRenewDay=15"}, 403, "IncorrectInstanceStatus"},
		{"i-1", append(month, "PeriodUnits=Month"), 400, "UnsupportedParameter"},
		{"i-1", append(month, "ClientToken="+strings.Repeat("a", 65)), 400, "InvalidClientToken.ValueNotSupported"},
		{"i-1", append(month, "ClientToken=é"), 400, "InvalidClientToken.ValueNotSupported"},
		{"i-1", append(month, "RegionId=moon-1"), 404, "InvalidRegionId.NotFound"},
		{"i-1", append(month, "Version=2017-12-15"), 404, "InvalidApi.NotFound"},
		{"i-0", month, 404, "InvalidInstanceId.NotFound"},
		{"i-far", month, 404, "InvalidInstanceId.NotFound"},
		{"i-two", month, 404, "InvalidInstanceId.NotFound"},
		{"i-gone", month, 404, "InvalidInstanceId.NotFound"},
		{"i-1,i-late", month, 404, "InvalidInstanceId.NotFound"},
		{"i-payg", month, 403, "ChargeTypeViolation"},
		{"i-refunded", month, 403, "IncorrectInstanceStatus"},
		{"i-recycling", month, 403, "IncorrectInstanceStatus"},
		{"i-unpaid", month, 403, "Instance.UnPaidOrder"},
		{"i-nostock", month, 403, "OperationDenied.NoStock"},
		{"i-dear", month, 403, "InvalidAccountStatus.NotEnoughBalance"},
		{"i-starter", []string{"Period=1", "PeriodUnit=Week"}, 403, "InvalidPeriod.StarterPackage"},
		{"i-max", []string{"Period=2"}, 400, "InvalidPeriod.ExceededMaximumExpirationDate"},
	} {
		cl.want(tt.status, tt.code, "RenewInstance", append([]string{"InstanceId=" + tt.id}, tt.pairs...)...)
	}
	three := &client{t: t, cloud: c, id: "three", secret: "three"}
	three.want(400, "Account.Arrearage", "RenewInstance", "InstanceId=i-three", "Period=1")
	c.SetDenied("", "ecs:Renew*")
	r := cl.want(403, "Forbidden.RAM", "RenewInstance", "InstanceId=i-1", "Period=1")
	if detail, ok := r.body["AccessDeniedDetail"].(map[string]any); !ok || detail["AuthAction"] != "ecs:RenewInstance" {
		t.Errorf("no detail: %v", r)
	}
	if got := c.Ledger(); len(got) != 0 {
		t.Errorf("bought by refused calls: %+v", got)
	}
	if got := c.Balance(""); got != "5000.00" {
		t.Errorf("balance %s", got)
	}
}

func TestPeriodsBySite(t *testing.T) {
	for _, tt := range []struct {
		site   Site
		unit   string
		n      int
		status int
	}{
		{China, "Week", 4, 200}, {China, "Month", 9, 200}, {China, "Month", 12, 200}, {China, "Month", 60, 200}, {China, "Month", 11, 400},
		{Intl, "Week", 1, 400}, {Intl, "Month", 12, 200}, {Intl, "Month", 24, 400}, {Intl, "Year", 1, 400},
	} {
		c := New(Options{Now: frozen, Site: tt.site})
		c.AddInstance(Instance{ID: "i-1"})
		r := newClient(t, c).call("RenewInstance", "InstanceId=i-1", "PeriodUnit="+tt.unit, "Period="+strconv.Itoa(tt.n))
		if r.status != tt.status {
			t.Errorf("%s %d %s: %v", tt.site, tt.n, tt.unit, r)
		}
	}
}

func TestTerms(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(minuteFmt, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct {
		name    string
		site    Site
		expires string
		auto    bool
		pair    string
		want    string
	}{
		{"month", China, "2026-12-10T16:00Z", false, "Period=1", "2027-01-10T16:00Z"},
		{"year", China, "2026-12-10T16:00Z", false, "Period=12", "2027-12-10T16:00Z"},
		{"month end in UTC+8", China, "2027-01-30T16:00Z", false, "Period=1", "2027-02-27T16:00Z"},
		{"clock time stays", China, "2027-01-31T03:17Z", false, "Period=1", "2027-02-28T03:17Z"},
		{"late", China, "2026-11-20T16:00Z", false, "Period=1", "2026-12-20T16:00Z"},
		{"late abroad", Intl, "2026-11-20T16:00Z", false, "Period=1", "2026-12-23T16:00Z"},
		{"late abroad, kept running", Intl, "2026-11-20T16:00Z", true, "Period=1", "2026-12-20T16:00Z"},
		{"in time abroad", Intl, "2026-11-25T16:00Z", false, "Period=1", "2026-12-25T16:00Z"},
		{"to a day", China, "2026-12-09T16:00Z", false, "ExpectedRenewDay=15", "2027-01-14T16:00Z"},
		{"to the same day", China, "2026-12-14T16:00Z", false, "ExpectedRenewDay=15", "2027-01-14T16:00Z"},
		{"to a day, a month and not a minute off", China, "2026-12-14T16:01Z", false, "ExpectedRenewDay=15", "2027-02-14T16:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := New(Options{Now: frozen, Site: tt.site, UnifiedDay: 15})
			i := Instance{ID: "i-1", Expires: at(tt.expires)}
			if tt.auto {
				i.RenewalStatus, i.AutoDuration = "AutoRenewal", 1
			}
			c.AddInstance(i)
			newClient(t, c).want(200, "", "RenewInstance", "InstanceId=i-1", tt.pair)
			if got := c.Ledger()[0].NewExpires.Format(minuteFmt); got != tt.want {
				t.Errorf("from %s to %s, want %s", tt.expires, got, tt.want)
			}
		})
	}
	for _, tt := range []struct {
		expires string
		day     int
		want    string
	}{
		{"2026-10-07T16:00Z", 12, "2026-11-11T16:00Z"}, // 8 October to 12 November, in UTC+8
		{"2026-09-09T16:00Z", 1, "2026-10-31T16:00Z"},  // 10 September to 1 November
		{"2027-01-31T16:00Z", 1, "2027-02-28T16:00Z"},  // 1 February to 1 March
		{"2027-01-30T16:00Z", 28, "2027-02-27T16:00Z"}, // 31 January to 28 February
		{"2026-12-30T16:00Z", 1, "2027-01-31T16:00Z"},  // 31 December to 1 February
	} {
		if got := nextRenewDay(at(tt.expires), tt.day).Format(minuteFmt); got != tt.want {
			t.Errorf("from %s to day %d: %s, want %s", tt.expires, tt.day, got, tt.want)
		}
	}
	if got := addPeriod(at("2026-12-10T16:00Z"), 2, "Week"); got != at("2026-12-24T16:00Z") {
		t.Errorf("two weeks: %v", got)
	}
}

func TestClientToken(t *testing.T) {
	c := New(Options{Now: frozen, TokenLife: time.Hour})
	c.AddInstance(Instance{ID: "i-1"})
	c.AddInstance(Instance{ID: "i-2"})
	c.AddKey("", Key{AccessKeyID: "other", AccessKeySecret: "other"})
	cl := newClient(t, c)
	order := []string{"InstanceId=i-1", "Period=1", "ClientToken=t"}
	first := cl.want(200, "", "RenewInstance", order...)
	again := (&client{t: t, cloud: c, id: "other", secret: "other"}).want(200, "", "RenewInstance", order...)
	if first.body["OrderId"] != again.body["OrderId"] || first.body["RequestId"] == again.body["RequestId"] {
		t.Errorf("first %v\nagain %v", first, again)
	}
	cl.want(400, "IdempotenceParamNotMatch", "RenewInstance", "InstanceId=i-1", "Period=2", "ClientToken=t")
	cl.want(400, "IdempotenceParamNotMatch", "RenewInstance", "InstanceId=i-2", "Period=1", "ClientToken=t")
	cl.want(200, "", "RenewInstance", "InstanceId=i-2", "Period=1", "ClientToken=T") // case matters
	if a, b := c.Charges("i-1"), c.Charges("i-2"); a != 1 || b != 1 {
		t.Errorf("charges %d and %d, want one each", a, b)
	}
	c.Advance(time.Hour)
	cl.want(200, "", "RenewInstance", order...)
	if got := c.Charges("i-1"); got != 2 {
		t.Errorf("charges after the token was forgotten: %d, want 2", got)
	}
	for range 2 {
		cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1")
	}
	if got := c.Charges("i-1"); got != 4 {
		t.Errorf("charges without a token: %d, want 4", got)
	}
}

func TestPoisonedToken(t *testing.T) {
	for _, tt := range []struct {
		name   string
		opts   Options
		again  string // code after the cause is gone
		bought int
	}{
		{"off", Options{}, "", 1},
		{"on", Options{PoisonTokens: true}, "InvalidAccountStatus.NotEnoughBalance", 0},
		{"with a code of its own", Options{PoisonTokens: true, PoisonCode: "IdempotentFailed"}, "IdempotentFailed", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.Now = frozen
			c := New(tt.opts)
			c.AddInstance(Instance{ID: "i-1"})
			cl := newClient(t, c)
			c.SetBalance("", "0")
			order := []string{"InstanceId=i-1", "Period=1", "ClientToken=t"}
			cl.want(403, "InvalidAccountStatus.NotEnoughBalance", "RenewInstance", order...)
			c.SetBalance("", "1000")
			if got := cl.call("RenewInstance", order...); got.code() != tt.again {
				t.Errorf("again: %v, want %q", got, tt.again)
			}
			if got := c.Charges("i-1"); got != tt.bought {
				t.Errorf("bought %d, want %d", got, tt.bought)
			}
			cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=u")
		})
	}
	t.Run("scripted refusal", func(t *testing.T) {
		c := New(Options{Now: frozen, PoisonTokens: true})
		c.AddInstance(Instance{ID: "i-1"})
		c.Fail(Fault{Kind: RefuseBefore, Call: 1, Status: 403, Code: "OperationDenied.NoStock"})
		c.Fail(Fault{Kind: Throttle, Call: 2})
		cl := newClient(t, c)
		for _, token := range []string{"t", "u"} {
			cl.call("RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken="+token)
		}
		cl.want(403, "OperationDenied.NoStock", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=t")
		cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=u") // throttling is no verdict
	})
	t.Run("missing permission", func(t *testing.T) {
		c := New(Options{Now: frozen, PoisonTokens: true})
		c.AddInstance(Instance{ID: "i-1"})
		c.SetDenied("", "ecs:*")
		cl := newClient(t, c)
		cl.want(403, "Forbidden.RAM", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=t")
		c.SetDenied("")
		cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=t")
	})
}

func TestSameTokenAtOnceBuysOnce(t *testing.T) {
	c := New(Options{Now: frozen, Processing: 5 * time.Millisecond})
	c.AddInstance(Instance{ID: "i-1"})
	cl := newClient(t, c)
	var wg sync.WaitGroup
	codes := make(chan string, 20)
	for range cap(codes) {
		v := cl.params("POST", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=t")
		wg.Go(func() { codes <- cl.send(v).code() })
	}
	wg.Wait()
	close(codes)
	for code := range codes {
		if code != "" && code != "LastTokenProcessing" {
			t.Errorf("got %s", code)
		}
	}
	if got := c.Charges("i-1"); got != 1 {
		t.Errorf("bought %d times, want once", got)
	}
}

// While the first order is worked on, the same token is in progress and another
// one for the same instance has to wait.
func TestProcessing(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1"})
	cl := newClient(t, c)
	var inside reply
	c.OnCommit(func(charge Charge) {
		if inside.status == 0 {
			inside = cl.call("RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=t")
		}
		if got := c.Ledger(); len(got) != 1 || got[0] != charge {
			t.Errorf("hook before the ledger: %+v", got)
		}
	})
	cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=t")
	if inside.status != 403 || inside.code() != "LastTokenProcessing" {
		t.Errorf("during the first request: %v", inside)
	}
	cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=t")
}

func TestExpiryDelay(t *testing.T) { synctest.Test(t, testExpiryDelay) }

func testExpiryDelay(t *testing.T) {
	c := New(Options{Now: frozen, ExpiryDelay: 30 * time.Second})
	c.AddInstance(Instance{ID: "i-1", Expires: days(3)})
	c.AddInstance(Instance{ID: "i-2", Expires: days(3), ExpiryDelay: -1})
	cl := newClient(t, c)
	shown := func(id string) string {
		return cl.call("DescribeInstances", `InstanceIds=["`+id+`"]`).instances()[0]["ExpiredTime"].(string)
	}
	for _, id := range []string{"i-1", "i-2"} {
		old := shown(id)
		cl.want(200, "", "RenewInstance", "InstanceId="+id, "Period=1")
		if got := shown(id); got != old {
			t.Errorf("%s shows %s at once", id, got)
		}
		// A second order builds on the true expiry, not on the one that shows.
		cl.want(200, "", "RenewInstance", "InstanceId="+id, "Period=1")
	}
	time.Sleep(31 * time.Second) // of fake time
	if got, want := shown("i-1"), addPeriod(days(3), 2, "Month").Format(minuteFmt); got != want {
		t.Errorf("after the delay %s, want %s", got, want)
	}
	if got := shown("i-2"); got != days(3).Format(minuteFmt) {
		t.Errorf("the one that never shows: %s", got)
	}
	if in, _ := c.Instance("i-2"); in.Expires != addPeriod(days(3), 2, "Month") {
		t.Errorf("true expiry %v", in.Expires)
	}
	c.ShowExpiry("i-2")
	if got := shown("i-2"); got == days(3).Format(minuteFmt) {
		t.Error("ShowExpiry did nothing")
	}
}

func TestNumericOrderID(t *testing.T) {
	c := New(Options{Now: frozen, NumericOrderIDs: true})
	c.AddInstance(Instance{ID: "i-1"})
	r := newClient(t, c).want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1")
	if _, ok := r.body["OrderId"].(float64); !ok {
		t.Errorf("OrderId is no number: %v", r)
	}
}

func TestProviderAutoRenews(t *testing.T) {
	for _, tt := range []struct {
		site Site
		want time.Time
	}{
		{China, time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)},
		{Intl, time.Date(2026, 12, 8, 0, 0, 0, 0, time.UTC)},
	} {
		c := New(Options{Now: frozen, Site: tt.site, AutoRenewals: true})
		c.AddInstance(Instance{ID: "i-1", Expires: time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC), RenewalStatus: "AutoRenewal", AutoDuration: 1})
		c.AddInstance(Instance{ID: "i-2", Expires: time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC)})
		c.Advance(25 * day)
		got := c.Ledger()
		if len(got) != 1 || got[0].Instance != "i-1" || !got[0].At.Equal(tt.want) || !got[0].AutoRenewal {
			t.Errorf("%s: %+v, want one charge at %v", tt.site, got, tt.want)
		}
	}
}
