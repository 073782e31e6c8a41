package aliyun

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// atOnce is how many of the tests that wait do so side by side, where -parallel does
// not say it.
const atOnce = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil { // before the flags are read
		panic(err)
	}
	debug.SetGCPercent(400) // memory there is, and a fifth of the time went into collecting
	goleak.VerifyTestMain(m)
}

const (
	account  = "1000000000000001"
	other    = "1000000000000002"
	hangzhou = "cn-hangzhou"
	role     = "acs:ram::" + other + ":role/renewer"
	token64  = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// The parts of keys are such that a text that holds one holds a secret.
var keys = renewal.Keys{ID: "STS.NNeverShownKeyId", Secret: "NeverShownSecret", Token: "CAISNeverShown+Token/=="}

// A stub is an API of the test's own making. It keeps what it was asked.
type stub struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func (s *stub) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.seen...)
}

func (s *stub) count() int { return len(s.requests()) }

// serve answers with handle, and gives the cloud that asks there.
func serve(t *testing.T, handle http.HandlerFunc) (*Cloud, *stub) {
	t.Helper()
	s := &stub{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Clone(context.WithoutCancel(r.Context())))
		s.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return clientOf(t, s.URL), s
}

func clientOf(t *testing.T, base string) *Cloud {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Endpoint: u}, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// says answers every request with a status and a body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// refuses answers as the gateway does, with a text that repeats secrets.
func refuses(status int, code string) http.HandlerFunc {
	return says(status, fmt.Sprintf(`{"RequestId":"6E1D0000-0000-4000-8000-000000000001","HostId":"ecs-cn-hangzhou.aliyuncs.com","Code":%q,"Message":"Refused %s %s","Recommend":"https://example.com/?AccessKeyId=%s"}`,
		code, keys.ID, keys.Token, keys.ID))
}

// emulated is a cloud with two accounts, of which keys belong to the first.
func emulated(t *testing.T, options cloud.Options) (*Cloud, *cloud.Cloud) {
	t.Helper()
	e := cloud.New(options)
	e.AddAccount(cloud.Account{ID: account, AccessKeyID: keys.ID, AccessKeySecret: keys.Secret, SecurityToken: keys.Token})
	e.AddAccount(cloud.Account{ID: other, AccessKeyID: "other", AccessKeySecret: "other", Roles: []cloud.Role{
		{Name: "renewer", TrustedAccounts: []string{account}, ExternalID: "ext-1"},
	}})
	e.AddInstance(cloud.Instance{ID: "i-1", Name: "web-1", Account: account, Expires: time.Now().Add(3 * 24 * time.Hour)})
	server, err := e.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return clientOf(t, server.URL()), e
}

// A method is one of the calls that a Cloud makes.
type method struct {
	action string
	call   func(context.Context, *Cloud) error
	ram    string // as RAM names it; "" = that of ECS
}

var aMonth = renewal.Term{Period: renewal.Period{Months: 1}}

func renew(ctx context.Context, c *Cloud) error {
	_, err := c.Renew(ctx, hangzhou, "i-1", aMonth, token64, 5*time.Second)
	return err
}

// methods are all of them.
var methods = withProducts(map[string]method{
	"Identity": {"GetCallerIdentity", func(ctx context.Context, c *Cloud) error { _, err := c.Identity(ctx); return err }, "sts:GetCallerIdentity"},
	"Regions":  {"DescribeRegions", func(ctx context.Context, c *Cloud) error { _, err := c.Regions(ctx); return err }, ""},
	"Page": {"DescribeInstances", func(ctx context.Context, c *Cloud) error {
		_, _, err := c.Page(ctx, hangzhou, time.Now(), time.Now().Add(renewal.Day), "")
		return err
	}, ""},
	"MayList": {"DescribeInstances", func(ctx context.Context, c *Cloud) error { return c.MayList(ctx, hangzhou) }, ""},
	"Instances": {"DescribeInstances", func(ctx context.Context, c *Cloud) error {
		_, err := c.Instances(ctx, hangzhou, []string{"i-1"})
		return err
	}, ""},
	"States": {"DescribeInstanceAutoRenewAttribute", func(ctx context.Context, c *Cloud) error {
		_, err := c.States(ctx, hangzhou, []string{"i-1"})
		return err
	}, ""},
	"SetState": {"ModifyInstanceAutoRenewAttribute", func(ctx context.Context, c *Cloud) error {
		return c.SetState(ctx, hangzhou, []string{"i-1"}, renewal.AutoState{Mode: renewal.Lapse})
	}, ""},
	"Tag": {"TagResources", func(ctx context.Context, c *Cloud) error {
		return c.Tag(ctx, hangzhou, "i-1", "renew:refused", "2026-12-31T16:00Z/1")
	}, ""},
	"Price": {"DescribeRenewalPrice", func(ctx context.Context, c *Cloud) error {
		_, err := c.Price(ctx, hangzhou, "i-1", aMonth)
		return err
	}, ""},
	"Balance": {"QueryAccountBalance", func(ctx context.Context, c *Cloud) error { _, err := c.Balance(ctx); return err }, "bss:DescribeAcccount"},
	"Renew":   {"RenewInstance", renew, ""},
	"Assume":  {"AssumeRole", func(ctx context.Context, c *Cloud) error { _, err := c.Assume(ctx, role, "ext-1"); return err }, "sts:AssumeRole"},
})

// withProducts adds those to the billing, and to the products besides ECS.
func withProducts(all map[string]method) map[string]method {
	in := renewal.Instance{ID: "x-1", Region: hangzhou}
	add := func(name, action, ram string, call func(context.Context, *Cloud) error) {
		all[name] = method{action, call, ram}
	}
	instances := func(key, action, ram string) {
		add(key+" Instances", action, ram, func(ctx context.Context, c *Cloud) error {
			_, err := c.Product(key).Instances(ctx, hangzhou, []string{in.ID})
			return err
		})
	}
	price := func(key, action, ram string) {
		add(key+" Price", action, ram, func(ctx context.Context, c *Cloud) error {
			_, err := c.Product(key).Price(ctx, hangzhou, in, aMonth)
			return err
		})
	}
	renew := func(key, action, ram string) {
		add(key+" Renew", action, ram, func(ctx context.Context, c *Cloud) error {
			_, err := c.Product(key).Renew(ctx, hangzhou, in, aMonth, token64, 5*time.Second)
			return err
		})
	}
	instances("rds", "DescribeDBInstances", "rds:DescribeDBInstances")
	price("rds", "DescribeRenewalPrice", "rds:DescribeRenewalPrice")
	renew("rds", "RenewInstance", "rds:RenewInstance")
	instances("redis", "DescribeInstances", "kvstore:DescribeInstances")
	price("redis", "DescribePrice", "kvstore:DescribePrice")
	renew("redis", "RenewInstance", "kvstore:RenewInstance")
	instances("mongodb", "DescribeDBInstances", "dds:DescribeDBInstances")
	price("mongodb", "DescribeRenewalPrice", "dds:DescribeRenewalPrice")
	renew("mongodb", "RenewDBInstance", "dds:RenewDBInstance")
	instances("polardb", "DescribeDBClusters", "polardb:DescribeDBClusters")
	instances("eip", "DescribeEipAddresses", "vpc:DescribeEipAddresses")
	instances("cbwp", "DescribeCommonBandwidthPackages", "vpc:DescribeCommonBandwidthPackages")
	instances("clb", "DescribeLoadBalancerAttribute", "slb:DescribeLoadBalancerAttribute")
	instances("waf", "QueryAvailableInstances", "bss:DescribeInstances")
	for _, key := range []string{"polardb", "eip", "cbwp", "clb"} {
		renew(key, "RenewInstance", "bss:ModifyInstance")
	}
	add("rds States", "QueryAvailableInstances", "bss:DescribeInstances", func(ctx context.Context, c *Cloud) error {
		_, err := c.Product("rds").States(ctx, hangzhou, []string{in.ID})
		return err
	})
	add("rds SetState", "SetRenewal", "bss:ModifyPrepaidInstanceAutoRenew", func(ctx context.Context, c *Cloud) error {
		return c.Product("rds").SetState(ctx, hangzhou, []renewal.Instance{in}, renewal.AutoState{Mode: renewal.Lapse})
	})
	add("Index", "QueryAvailableInstances", "bss:DescribeInstances", func(ctx context.Context, c *Cloud) error {
		_, err := c.Index(ctx, 1, nil)
		return err
	})
	add("MayIndex", "QueryAvailableInstances", "bss:DescribeInstances", func(ctx context.Context, c *Cloud) error { return c.MayIndex(ctx) })
	add("Orders", "QueryOrders", "bss:DescribeOrderList", func(ctx context.Context, c *Cloud) error {
		_, err := c.Orders(ctx, "eip", time.Now().Add(-time.Hour), time.Now())
		return err
	})
	add("Order", "GetOrderDetail", "bss:DescribeOrderDetail", func(ctx context.Context, c *Cloud) error {
		_, err := c.Order(ctx, "200000000000001")
		return err
	})
	add("Names", "SearchResources", "resourcecenter:SearchResources", func(ctx context.Context, c *Cloud) error {
		_, err := c.Names(ctx, []renewal.Instance{in})
		return err
	})
	return all
}

// failed gives the CallError that every error of a Cloud is.
func failed(t *testing.T, err error) *renewal.CallError {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	e, ok := err.(*renewal.CallError) //nolint:errorlint // it is documented as the very type
	if !ok {
		t.Fatalf("a %T, not a *renewal.CallError: %v", err, err)
	}
	discreet(t, err)
	return e
}

// classed checks the class of a failure.
func classed(t *testing.T, err error, want renewal.Class) *renewal.CallError {
	t.Helper()
	e := failed(t, err)
	if e.Class != want {
		t.Errorf("%s, want %s: %v", e.Class, want, err)
	}
	return e
}

// discreet checks that nothing that was signed is in err, however it is printed.
func discreet(t *testing.T, err error) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for e := err; e != nil; {
			text := fmt.Sprintf(verb, e)
			for _, secret := range []string{
				keys.ID, keys.Secret, keys.Token, url.QueryEscape(keys.Token), "NeverShown", "Signature=", "SignatureNonce", "AccessKeyId=", "SecurityToken=", "127.0.0.1", "http:", "https:",
			} {
				if strings.Contains(text, secret) {
					t.Errorf("with %s it shows %q: %s", verb, secret, text)
				}
			}
			u, ok := e.(interface{ Unwrap() error })
			if !ok {
				break
			}
			e = u.Unwrap()
		}
	}
}
