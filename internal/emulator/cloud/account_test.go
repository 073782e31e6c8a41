package cloud

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDescribeRenewalPrice(t *testing.T) {
	c := New(Options{Now: frozen, Site: Intl})
	c.AddInstance(Instance{ID: "i-1", MonthlyPrice: "99.99", Expires: days(30)})
	c.AddInstance(Instance{ID: "i-payg", ChargeType: "PostPaid"})
	cl := newClient(t, c)
	for _, tt := range []struct {
		pairs  []string
		status int
		want   string // code or price
	}{
		{nil, 200, "99.99 USD"},
		{[]string{"Period=3", "PriceUnit=Month"}, 200, "299.97 USD"},
		{[]string{"Period=1", "PriceUnit=Year"}, 200, "1019.90 USD"}, // 15 % off
		{[]string{"ExpectedRenewDay=15"}, 200, "179.98 USD"},         // 54 days begun, from 23 December to the beginning of 15 February
		{[]string{"Period=12"}, 400, "InvalidPeriod"},
		{[]string{"Period=0"}, 400, "InvalidPeriod"},
		{[]string{"Period=4", "PriceUnit=Year"}, 400, "InvalidPeriod"},
		{[]string{"Period=1", "PriceUnit=Week"}, 400, "InvalidPriceUnit.ValueNotSupported"},
		{[]string{"Period=1", "PeriodUnit=Month"}, 400, "UnsupportedParameter"},
		{[]string{"Period=1", "ExpectedRenewDay=15"}, 400, "InvalidParameter"},
		{[]string{"ResourceType=disk"}, 400, "InvalidResourceType.ValueNotSupported"},
		{[]string{"ResourceId="}, 400, "MissingParameter"},
		{[]string{"ResourceId=i-2"}, 404, "InvalidInstanceId.NotFound"},
		{[]string{"ResourceId=i-payg"}, 403, "ChargeTypeViolation"},
	} {
		r := cl.call("DescribeRenewalPrice", append([]string{"ResourceId=i-1"}, tt.pairs...)...)
		got := r.code()
		if r.status == 200 {
			p := r.body["PriceInfo"].(map[string]any)["Price"].(map[string]any)
			got = fmt.Sprintf("%.2f %v", p["TradePrice"], p["Currency"]) // a JSON number, or this fails
		}
		if r.status != tt.status || got != tt.want {
			t.Errorf("%v: got %d %s, want %d %s", tt.pairs, r.status, got, tt.status, tt.want)
		}
	}
	c.SetPrice("i-1", `"12.5"`, "JPY")
	if r := cl.call("DescribeRenewalPrice", "ResourceId=i-1"); !strings.Contains(r.raw, `"TradePrice":"12.5"`) || !strings.Contains(r.raw, `"JPY"`) {
		t.Errorf("scripted price: %v", r)
	}
	cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=12")
	if got := c.Ledger()[0]; got.Amount != "1019.90" || got.Currency != "USD" {
		t.Errorf("charged %s %s", got.Amount, got.Currency)
	}
}

func TestQueryAccountBalance(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "12345.6", Credit: "1000000"})
	c.AddAccount(Account{ID: "2", AccessKeyID: "abroad", AccessKeySecret: "abroad", Site: Intl})
	cl := newClient(t, c)
	data := cl.want(200, "200", "QueryAccountBalance").body["Data"].(map[string]any)
	if data["QuotaLimit"] != "0.00" {
		t.Errorf("QuotaLimit is %v", data["QuotaLimit"])
	}
	if data["AvailableAmount"] != "1,012,345.60" || data["AvailableCashAmount"] != "12,345.60" || data["Currency"] != "CNY" {
		t.Errorf("got %v", data)
	}
	c.SetBalance("", "-11.19")
	data = cl.want(200, "200", "QueryAccountBalance").body["Data"].(map[string]any)
	if data["AvailableCashAmount"] != "-11.19" {
		t.Errorf("got %v", data)
	}
	abroad := &client{t: t, cloud: c, id: "abroad", secret: "abroad"}
	abroad.want(400, "NotApplicable", "QueryAccountBalance")
	c.SetDenied("", "bssapi:*")
	cl.want(400, "NotAuthorized", "QueryAccountBalance")
}

func TestSTS(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{ID: "1", AccessKeyID: "emulator", AccessKeySecret: "emulator"})
	c.AddAccount(Account{ID: "2", Roles: []Role{
		{Name: "renewer", TrustedAccounts: []string{"1"}, ExternalID: "ext-1", Denied: []string{"ecs:RenewInstance"}},
		{Name: "private"},
	}})
	c.AddKey("1", Key{AccessKeyID: "root", AccessKeySecret: "root", Root: true})
	c.AddInstance(Instance{ID: "i-1", Account: "1"})
	c.AddInstance(Instance{ID: "i-2", Account: "2"})
	cl := newClient(t, c)
	arn, session := "RoleArn=acs:ram::2:role/renewer", "RoleSessionName=test"
	for _, tt := range []struct {
		pairs  []string
		status int
		code   string
	}{
		{[]string{session}, 400, "MissingParameter"},
		{[]string{"RoleArn=renewer", session}, 400, "InvalidParameter.RoleArn"},
		{[]string{arn, "RoleSessionName=a b"}, 400, "InvalidParameter.RoleSessionName"},
		{[]string{arn, session}, 403, "NoPermission"},
		{[]string{arn, session, "ExternalId=ext-2"}, 403, "NoPermission"},
		{[]string{arn, session, "ExternalId=ext-1", "DurationSeconds=899"}, 400, "InvalidParameter.DurationSeconds"},
		{[]string{arn, session, "ExternalId=ext-1", "DurationSeconds=3601"}, 400, "InvalidParameter.DurationSeconds"},
		{[]string{arn, session, "ExternalId=ext-1", "Policy={"}, 400, "InvalidParameter.PolicyGrammar"},
		{[]string{"RoleArn=acs:ram::2:role/nobody", session}, 404, "EntityNotExist.Role"},
		{[]string{"RoleArn=acs:ram::3:role/renewer", session}, 404, "EntityNotExist.Role"},
		{[]string{"RoleArn=acs:ram::2:role/private", session}, 403, "NoPermission"},
	} {
		cl.want(tt.status, tt.code, "AssumeRole", tt.pairs...)
	}
	root := &client{t: t, cloud: c, id: "root", secret: "root"}
	root.want(403, "NoPermission", "AssumeRole", arn, session, "ExternalId=ext-1")

	r := cl.want(200, "", "AssumeRole", arn, session, "ExternalId=ext-1", "DurationSeconds=900")
	creds := r.body["Credentials"].(map[string]any)
	until, err := time.Parse(timestampFmt, creds["Expiration"].(string))
	if left := time.Until(until); err != nil || left < 14*time.Minute || left > 15*time.Minute {
		t.Errorf("expires %v", creds["Expiration"])
	}
	role := &client{t: t, cloud: c, id: creds["AccessKeyId"].(string), secret: creds["AccessKeySecret"].(string), securityToken: creds["SecurityToken"].(string)}
	if got := role.want(200, "", "DescribeInstances").ids(); got != "i-2" {
		t.Errorf("the role sees %q, want the instances of its account", got)
	}
	role.want(403, "Forbidden.RAM", "RenewInstance", "InstanceId=i-2", "Period=1")
	id := role.want(200, "", "GetCallerIdentity").body
	if id["AccountId"] != "2" || id["IdentityType"] != "AssumedRoleUser" || id["Arn"] != "acs:ram::2:assumed-role/renewer/test" {
		t.Errorf("identity %v", id)
	}
	id = cl.want(200, "", "GetCallerIdentity").body
	if id["AccountId"] != "1" || id["IdentityType"] != "RAMUser" {
		t.Errorf("identity %v", id)
	}
	role.securityToken = ""
	role.want(400, "MissingSecurityToken", "DescribeInstances")
}

func TestBudget(t *testing.T) {
	c := New(Options{Now: frozen, Budget: map[string]Budget{"RenewInstance": {PerMinute: 2, Headers: true}}})
	c.AddInstance(Instance{ID: "i-1"})
	c.AddInstance(Instance{ID: "i-2", Region: "cn-beijing"})
	cl := newClient(t, c)
	order := []string{"InstanceId=i-1", "Period=1"}
	cl.want(200, "", "RenewInstance", order...)
	cl.want(200, "", "RenewInstance", order...)
	r := cl.want(400, "Throttling.User", "RenewInstance", order...)
	if got := r.header.Get("x-ratelimit-user-api"); !strings.HasPrefix(got, "Limit:2,Remain:0,TimeLeft:60000,") {
		t.Errorf("header %q", got)
	}
	cl.want(200, "", "RenewInstance", "InstanceId=i-2", "Period=1", "RegionId=cn-beijing")
	cl.want(200, "", "DescribeInstances")
	c.Advance(59 * time.Second)
	cl.want(400, "Throttling.User", "RenewInstance", order...)
	c.Advance(time.Second)
	cl.want(200, "", "RenewInstance", order...)
	if got := c.Charges("i-1"); got != 3 {
		t.Errorf("bought %d, want 3", got)
	}
}
