package cloud

import (
	"fmt"
	"strings"
	"testing"
)

func TestResourceCenter(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{ID: "1", AccessKeyID: "emulator", AccessKeySecret: "emulator"})
	c.AddAccount(Account{ID: "2", AccessKeyID: "two", AccessKeySecret: "two", NoResourceCenter: true})
	for _, i := range []Instance{
		{ID: "i-1", Name: "web"}, {ID: "rm-1", Product: "rds", Name: "orders", Tags: map[string]string{"env": "prod"}, ResourceGroup: "rg-1"},
		{ID: "r-1", Product: "redis", Region: "cn-beijing"}, {ID: "eip-1", Product: "eip"}, {ID: "waf-1", Product: "waf"},
		{ID: "hidden", Product: "eip", Uncatalogued: true}, {ID: "gone", Product: "eip", Expires: days(-7)}, {ID: "two", Product: "eip", Account: "2"},
	} {
		c.AddInstance(i)
	}
	cl := newClient(t, c)
	search := func(pairs ...string) string {
		return column(cl.expect(200, "", "resourcecenter:SearchResources", pairs...).rows("Resources"), "ResourceId")
	}
	filter := func(n int, key string, values ...string) (pairs []string) {
		pairs = []string{fmt.Sprintf("Filter.%d.Key=%s", n, key), fmt.Sprintf("Filter.%d.MatchType=Equals", n)}
		for m, v := range values {
			pairs = append(pairs, fmt.Sprintf("Filter.%d.Value.%d=%s", n, m+1, v))
		}
		return pairs
	}
	for _, tt := range []struct {
		pairs []string
		want  string
	}{
		{nil, "i-1 rm-1 r-1 eip-1 waf-1"},
		{filter(1, "ResourceId", "rm-1", "r-1", "nobody"), "rm-1 r-1"},
		{filter(1, "ResourceType", "ACS::EIP::EipAddress", "ACS::ECS::Instance"), "i-1 eip-1"},
		{append(filter(1, "ResourceId", "rm-1", "r-1"), filter(2, "RegionId", "cn-beijing")...), "r-1"},
		{[]string{"ResourceGroupId=rg-1"}, "rm-1"},
	} {
		if got := search(tt.pairs...); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.pairs, got, tt.want)
		}
	}
	row := cl.ask("resourcecenter:SearchResources", filter(1, "ResourceId", "rm-1")...).rows("Resources")[0]
	if row["ResourceName"] != "orders" || row["ResourceType"] != "ACS::RDS::DBInstance" || !strings.Contains(fmt.Sprint(row["Tags"]), "Key:env Value:prod") {
		t.Errorf("%v", row)
	}
	first := cl.expect(200, "", "resourcecenter:SearchResources", "MaxResults=3")
	if got := search("MaxResults=3", "NextToken="+first.body["NextToken"].(string)); got != "eip-1 waf-1" {
		t.Errorf("second page: %s", got)
	}
	if rows := first.rows("Resources"); len(rows) != 3 {
		t.Errorf("first page: %v", rows)
	}
	cl.expect(400, "InvalidParameter", "resourcecenter:SearchResources", "MaxResults=501")
	cl.expect(400, "UnsupportedParameter", "resourcecenter:SearchResources", filter(1, "IpAddress", "203.0.113.1")...)
	cl.expect(400, "MissingParameter", "resourcecenter:SearchResources", "Filter.1.Key=ResourceId")
	two := &client{t: t, cloud: c, id: "two", secret: "two"}
	two.expect(400, "ServiceNotEnabled", "resourcecenter:SearchResources")
	c.Fail(Fault{Kind: RefuseBefore, Action: "SearchResources", Instance: "rm-1", Call: 1})
	search(filter(1, "ResourceId", "r-1")...)
	cl.expect(400, "InternalError", "resourcecenter:SearchResources", filter(1, "ResourceId", "r-1", "rm-1")...)
	c.SetDenied("1", "resourcecenter:*")
	cl.expect(400, "NoPermission", "resourcecenter:SearchResources")
}
