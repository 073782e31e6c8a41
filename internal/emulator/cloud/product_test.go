package cloud

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ask calls an action of a product, written as in a fault: rds:RenewInstance.
func (cl *client) ask(name string, pairs ...string) reply {
	cl.t.Helper()
	product, action, _ := strings.Cut(name, ":")
	for key, act := range actions() {
		if act.product == product && act.name == action {
			return cl.call(action, append([]string{"Version=" + key.version}, pairs...)...)
		}
	}
	cl.t.Fatalf("there is no action %s", name)
	return reply{}
}

// expect asks and checks status and code; code "" is any.
func (cl *client) expect(status int, code, name string, pairs ...string) reply {
	cl.t.Helper()
	r := cl.ask(name, pairs...)
	if r.status != status || code != "" && r.code() != code {
		cl.t.Errorf("%s %v: got %v, want %d %s", name, pairs, r, status, code)
	}
	return r
}

// rows are the items of a list in an answer, found by its path.
func (r reply) rows(path string) (rows []map[string]any) {
	var at any = r.body
	for name := range strings.SplitSeq(path, ".") {
		object, _ := at.(map[string]any)
		at = object[name]
	}
	list, _ := at.([]any)
	for _, item := range list {
		rows = append(rows, item.(map[string]any))
	}
	return rows
}

// column are the values that a member has in rows, with blanks between them.
func column(rows []map[string]any, name string) string {
	var values []string
	for _, row := range rows {
		if v, there := row[name]; there {
			values = append(values, fmt.Sprint(v))
		} else {
			values = append(values, "-")
		}
	}
	return strings.Join(values, " ")
}

func TestRepeatedTokens(t *testing.T) {
	for _, tt := range []struct {
		rule    TokenRule
		second  string
		charges int
	}{{"", "same", 1}, {Replay, "same", 1}, {Reject, "TokenServiceError", 1}, {Ignored, "other", 2}} {
		c := New(Options{Now: frozen, Products: map[string]ProductOptions{"rds": {Token: tt.rule}}})
		c.AddInstance(Instance{ID: "rm-1", Product: "rds"})
		cl := newClient(t, c)
		order := []string{"DBInstanceId=rm-1", "Period=1", "AutoPay=True", "ClientToken=tok"}
		first := cl.expect(200, "", "rds:RenewInstance", order...)
		second := cl.ask("rds:RenewInstance", order...)
		got := second.code()
		switch {
		case second.status != 200:
		case second.body["OrderId"] == first.body["OrderId"]:
			got = "same"
		default:
			got = "other"
		}
		if got != tt.second || c.Charges("rm-1") != tt.charges {
			t.Errorf("%q: %s, %d charges, want %s, %d", tt.rule, got, c.Charges("rm-1"), tt.second, tt.charges)
		}
		cl.expect(200, "", "rds:RenewInstance", append(order, "ClientToken=other")...)
		if n := c.Charges("rm-1"); n != tt.charges+1 {
			t.Errorf("%q: another token buys: %d charges", tt.rule, n)
		}
	}
}

func TestNewEndShowsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{Billing: BillingOptions{Delay: 5 * time.Minute}, Products: map[string]ProductOptions{"rds": {ExpiryDelay: day}}})
		c.AddInstance(Instance{ID: "rm-1", Product: "rds"})
		cl := newClient(t, c)
		ends := func() string {
			native := column(cl.ask("rds:DescribeDBInstances").rows("Items.DBInstance"), "ExpireTime")
			billing := column(cl.ask("bss:QueryAvailableInstances").rows(billingRows), "EndTime")
			in, _ := c.Instance("rm-1")
			said := func(end string) string {
				if end == in.Expires.Format(secondFmt) {
					return "new"
				}
				return "old"
			}
			return said(native) + " " + said(billing)
		}
		cl.expect(200, "", "rds:RenewInstance", "DBInstanceId=rm-1", "Period=1", "AutoPay=True")
		for _, want := range []string{"old old", "old new"} {
			if got := ends(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			time.Sleep(5 * time.Minute)
		}
		c.Advance(day) // what the clock is advanced by counts like time that passed
		if got := ends(); got != "new new" {
			t.Errorf("a day later: %s", got)
		}
	})
}

// A host of the cloud belongs to a product; what is none is everybody's.
func TestHostsOfProducts(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "rm-1", Product: "rds", Region: "cn-beijing"})
	cl := newClient(t, c)
	for _, tt := range []struct {
		host, name string
		status     int
	}{
		{"rds.cn-beijing.aliyuncs.com", "rds:DescribeDBInstances", 200},
		{"rds.aliyuncs.com", "rds:DescribeDBInstances", 200},
		{"r-kvstore.aliyuncs.com", "kvstore:DescribeInstances", 200},
		{"mongodb.cn-beijing.aliyuncs.com", "dds:DescribeDBInstances", 200},
		{"vpc-vpc.cn-beijing.aliyuncs.com", "vpc:DescribeEipAddresses", 200},
		{"business.aliyuncs.com", "bss:QueryAvailableInstances", 200},
		{"resourcecenter-intl.aliyuncs.com", "resourcecenter:SearchResources", 200},
		{"sts.cn-beijing.aliyuncs.com", "sts:GetCallerIdentity", 200},
		{"localhost:8080", "rds:DescribeDBInstances", 200},
		{"ecs.aliyuncs.com", "rds:DescribeDBInstances", 404},
		{"rds.aliyuncs.com", "bss:QueryAvailableInstances", 404},
		{"rdsx.aliyuncs.com", "rds:DescribeDBInstances", 404},
	} {
		product, name, _ := strings.Cut(tt.name, ":")
		var version string
		for key, act := range actions() {
			if act.product == product && act.name == name {
				version = key.version
			}
		}
		v := cl.params("POST", name, "Version="+version)
		r := httptest.NewRequest("POST", "/?"+v.Encode(), http.NoBody)
		r.Host = tt.host
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		if w.Code != tt.status {
			t.Errorf("%s at %s: %d %s", tt.name, tt.host, w.Code, w.Body)
		}
	}
	v := cl.params("POST", "DescribeDBInstanceAttribute", "DBInstanceId=rm-1")
	v.Del("RegionId")
	v.Set("Signature", signature("POST", v, cl.secret))
	r := httptest.NewRequest("POST", "/?"+v.Encode(), http.NoBody)
	r.Host = "rds.cn-beijing.aliyuncs.com"
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	if w.Code != 200 {
		t.Errorf("the region is that of the host: %d %s", w.Code, w.Body)
	}
}
