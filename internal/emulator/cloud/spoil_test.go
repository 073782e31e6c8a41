package cloud

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestListsThatLie(t *testing.T) {
	for _, tt := range []struct {
		kind        FaultKind
		list, total string
	}{
		{NoList, "absent", "3"}, {NullList, "null", "3"}, {TextList, `""`, "3"}, {ShortList, "2 rows", "3"}, {EmptyList, "0 rows", "0"},
		{NoTotal, "3 rows", "absent"}, {HighTotal, "3 rows", "4"}, {LowTotal, "3 rows", "2"},
	} {
		for _, called := range []string{
			"bss:QueryAvailableInstances", "bss:QueryOrders", "rds:DescribeDBInstances", "kvstore:DescribeInstances", "dds:DescribeDBInstances",
			"polardb:DescribeDBClusters", "vpc:DescribeEipAddresses", "vpc:DescribeCommonBandwidthPackages", "slb:DescribeLoadBalancers",
			"resourcecenter:SearchResources", "resourcemanager:ListAccounts", "ecs:DescribeInstances",
		} {
			c, cl := organisation(t, 3)
			products := map[string]string{
				"rds": "rds", "kvstore": "redis", "dds": "mongodb", "polardb": "polardb", "slb": "clb", "resourcecenter": "eip", "bss": "eip",
			}
			var act action
			for _, a := range actions() {
				if isAction(called, a.product, a.name) {
					act = a
				}
			}
			product := products[act.product]
			switch act.name {
			case "DescribeEipAddresses":
				product = "eip"
			case "DescribeCommonBandwidthPackages":
				product = "cbwp"
			}
			for n := range 3 {
				c.AddInstance(Instance{ID: fmt.Sprint("x-", n), Product: product, Account: "1"})
				c.AddOrder(Order{Instance: fmt.Sprint("x-", n)})
			}
			c.Fail(Fault{Kind: tt.kind, Action: called, Call: 1})
			r := cl.expect(200, "", called)
			if got := there(r, act.list); got != tt.list {
				t.Errorf("%s of %s: list is %s, want %s", tt.kind, called, got, tt.list)
			}
			if got := there(r, act.total); act.total != "" && got != tt.total {
				t.Errorf("%s of %s: total is %s, want %s", tt.kind, called, got, tt.total)
			}
			if got := there(cl.expect(200, "", called), act.list); got != "3 rows" {
				t.Errorf("%s of %s: the next answer has %s", tt.kind, called, got)
			}
		}
	}
}

// there says what an answer has at a path.
func there(r reply, path string) string {
	object, name := holder(r.body, path)
	v, ok := object[name]
	if list, is := v.([]any); is {
		return fmt.Sprint(len(list), " rows")
	}
	if !ok {
		return "absent"
	}
	text, _ := json.Marshal(v)
	return string(text)
}

func TestTwinRowsOfOtherProducts(t *testing.T) {
	c := New(Options{Now: frozen, TwinRows: true, ExpiryDelay: -1})
	c.AddInstance(Instance{ID: "rm-1", Product: "rds", Expires: days(3)})
	cl := newClient(t, c)
	ends := func() string { return column(cl.ask("rds:DescribeDBInstances").rows("Items.DBInstance"), "ExpireTime") }
	if got := ends(); got != "2026-11-26T02:00:00Z" {
		t.Errorf("before: %s", got)
	}
	cl.expect(200, "", "rds:RenewInstance", "DBInstanceId=rm-1", "Period=1", "AutoPay=True")
	if got := ends(); got != "2026-11-26T02:00:00Z 2026-12-26T02:00:00Z" {
		t.Errorf("two ends at once: %s", got)
	}
}

func TestEndlessTokensOfOtherProducts(t *testing.T) {
	c := New(Options{Now: frozen})
	for n := range 3 {
		c.AddInstance(Instance{ID: fmt.Sprint("rm-", n), Product: "rds"})
	}
	c.Fail(Fault{Kind: EndlessToken, Action: "rds:DescribeDBInstances"})
	cl := newClient(t, c)
	first := cl.expect(200, "", "rds:DescribeDBInstances", "MaxResults=1")
	second := cl.expect(200, "", "rds:DescribeDBInstances", "MaxResults=1", "NextToken="+first.body["NextToken"].(string))
	if first.body["NextToken"] != second.body["NextToken"] || column(second.rows("Items.DBInstance"), "DBInstanceId") != "rm-0" {
		t.Errorf("%v %v", first, second)
	}
}
