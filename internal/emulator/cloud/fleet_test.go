package cloud

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"
	"time"
)

// docExample is the indented part of the comment on a type.
func docExample(t *testing.T, file, name string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	ast.Inspect(f, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		if !ok || d.Doc == nil || len(d.Specs) == 0 {
			return true
		}
		if spec, ok := d.Specs[0].(*ast.TypeSpec); ok && spec.Name.Name == name {
			for line := range strings.Lines(d.Doc.Text()) {
				if code, ok := strings.CutPrefix(line, "\t"); ok {
					lines = append(lines, code)
				}
			}
		}
		return true
	})
	return strings.Join(lines, "")
}

func TestFleetFileOfTheDocs(t *testing.T) {
	text := docExample(t, "fleet.go", "Fleet")
	if !strings.Contains(text, "instances:") {
		t.Fatalf("no example in the docs: %q", text)
	}
	f, err := LoadFleet(strings.NewReader(text), t0)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Now: frozen})
	f.Apply(c)
	in, ok := c.Instance("i-web1")
	if !ok || in.Expires.Format(minuteFmt) != "2026-11-26T16:00Z" || in.Tags["env"] != "prod" || in.MonthlyPrice != "250.00" || in.Name != "web-1" {
		t.Errorf("i-web1 is %+v", in)
	}
	if in, _ := c.Instance("rm-1"); in.Product != "rds" {
		t.Errorf("rm-1 is %+v", in)
	}
	if in, _ := c.Instance("i-old"); in.Expires.Format(minuteFmt) != "2026-11-21T16:00Z" || in.RenewalStatus != "NotRenewal" {
		t.Errorf("i-old is %+v", in)
	}
	if got := c.Balance(defaultAccountID); got != "5000.00" {
		t.Errorf("balance %s", got)
	}
	if c.opts.ExpiryDelay != 2*time.Second || c.opts.Products["rds"].Token != Ignored || !c.opts.PoisonTokens || len(c.opts.Regions) != 2 || c.opts.Budget["ecs:RenewInstance"] != (Budget{30, true}) {
		t.Errorf("options %+v", c.opts)
	}
	if len(c.faults) != 1 || c.faults[0].Kind != LoseAnswer || c.faults[0].Instance != "i-web1" {
		t.Errorf("faults %+v", c.faults)
	}
	sts := &client{t: t, cloud: c, id: "STS.fc", secret: "s", securityToken: "t"}
	newClient(t, c).want(403, "Forbidden.RAM", "ModifyInstanceAutoRenewAttribute", "InstanceId=i-web1", "RenewalStatus=Normal")
	if got := sts.want(200, "", "DescribeInstances").ids(); got != "i-web1 i-old" {
		t.Errorf("listed %q", got)
	}
}

func TestFleetFileMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"unknown key", "instances:\n  - id: i-1\n    expire: 3d\n", "fleet: line 3: instance i-1: expire: there is no such key; there are id, name, account"},
		{"unknown key at the top", "fleet: []\n", "fleet: line 1: fleet: there is no such key; there are site, regions"},
		{"unknown option", "options:\n  expireDelay: 2s\n", "fleet: line 2: options: expireDelay: there is no such key"},
		{"unknown key of a key", "accounts:\n  - keys:\n      - {accessKeyId: k, secret: s}\n", "fleet: line 3: account 1: key k: secret: there is no such key"},
		{"a list for an object", "options: [2s]\n", "fleet: line 1: options: [2s] is written where keys and values belong"},
		{"an object for a list", "instances: {id: i-1}\n", "fleet: line 1: instances: {id: i-1} is written where a list belongs"},
		{"a list for a text", "instances:\n  - {id: [a, b]}\n", "is written where a single value belongs"},
		{"an object for a text in a list", "regions: [{a: b}]\n", "fleet: line 1: regions: {a: b} is written where a single value belongs"},
		{"bool", "options: {poisonTokens: maybe}\n", `options: poisonTokens: "maybe" is neither true nor false`},
		{"number", "options: {pageCap: ten}\n", `options: pageCap: "ten" is not a whole number`},
		{"status", "instances:\n  - {id: i-1, status: Up}\n", `line 2: instance i-1: status: "Up" is not one of Pending, Running`},
		{"numbers", "products:\n  rds: {months: [1, two]}\n", `line 2: product rds: months: "two" is not a whole number`},
		{"rule of tokens", "products:\n  rds: {token: twice}\n", `token: "twice" is not one of replay, reject, charge`},
		{"range", "options: {unifiedDay: 29}\n", `options: unifiedDay: "29" is not between 1 and 28`},
		{"never", "options: {latency: never}\n", `options: latency: "never" is not a duration`},
		{"negative", "options: {latency: -2s}\n", `options: latency: "-2s" is not a duration`},
		{"balance", "accounts:\n  - {balance: much}\n", `fleet: line 2: account 1: balance: "much" is not an amount`},
		{"role", "accounts:\n  - roles: [{externalId: x}]\n", "fleet: line 2: account 1: role 1: name: missing"},
		{"action", "faults:\n  - {kind: slow, action: sts:RenewInstance}\n", `fault 1: action: there is no action "sts:RenewInstance"`},
		{"no anchor", "instances:\n  - {id: i-1, tags: *none}\n", "instance i-1: tags: there is no anchor"},
		{"the same key twice", "site: china\nsite: intl\n", "fleet: "},
		{"two documents", "site: china\n---\nsite: intl\n", "fleet: there is more than one document"},
		{"no yaml", "instances: [", "fleet: "},
		{"bad time", "instances:\n  - id: i-1\n  - id: i-2\n    expires: soon\n", `fleet: line 4: instance i-2: expires: "soon" is neither`},
		{"no id", "instances:\n  - name: web\n", "fleet: line 2: instance 1: id: missing"},
		{"twice", "instances:\n  - id: i-1\n  - id: i-1\n", "fleet: line 3: instance i-1: id: this instance is there twice"},
		{"price", "instances:\n  - {id: i-1, price: cheap}\n", `line 2: instance i-1: price: "cheap" is not an amount, nor unknown`},
		{"enum", "instances:\n  - {id: i-1, renewalStatus: On}\n", `renewalStatus: "On" is not one of AutoRenewal, Normal, NotRenewal`},
		{"lock", "instances:\n  - id: i-1\n    locks: [secure]\n", `line 3: instance i-1: locks: "secure"`},
		{"account", "instances:\n  - {id: i-1, account: 7}\n", `line 2: instance i-1: account: there is no account "7"`},
		{"fault", "faults:\n  - {kind: oops}\n", `line 2: fault 1: kind: "oops" is not one of refuse, reset`},
		{"hook", "faults:\n  - {kind: hook}\n", `line 2: fault 1: kind: "hook"`},
		{"delay", "options:\n  expiryDelay: 2\n", `line 2: options: expiryDelay: "2" is not a duration`},
		{"budget", "budgets:\n  Renew: {perMinute: 1}\n", "line 2: budgets: Renew: there is no such action"},
		{"site", "site: moon\n", `fleet: line 1: site: "moon" is not one of china, intl`},
		{"two at once", "site: moon\ninstances:\n  - {id: i-1, price: cheap}\n", "\nfleet: line 3:"},
	} {
		_, err := LoadFleet(strings.NewReader(tt.text), t0)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q in it", tt.name, err, tt.want)
		}
	}
	for _, text := range []string{"", "# nothing\n", "instances: []\n"} {
		if _, err := LoadFleet(strings.NewReader(text), t0); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whoever adds a switch says how a fleet file writes it, or that it does not.
func TestEveryFieldOfAFleetHasItsKey(t *testing.T) {
	for _, of := range []reflect.Type{
		reflect.TypeFor[fleetFile](), reflect.TypeFor[Options](), reflect.TypeFor[ProductOptions](), reflect.TypeFor[BillingOptions](), reflect.TypeFor[Order](), reflect.TypeFor[Budget](),
		reflect.TypeFor[Account](), reflect.TypeFor[Key](), reflect.TypeFor[Role](), reflect.TypeFor[Instance](), reflect.TypeFor[Fault](),
	} {
		keys := map[string]bool{}
		for _, f := range reflect.VisibleFields(of) {
			key, ok := f.Tag.Lookup("yaml")
			if !ok || key != "-" && keys[key] {
				t.Errorf("%s.%s has no key of its own", of.Name(), f.Name)
			}
			keys[key] = true
			delay := f.Type == reflect.TypeFor[time.Duration]() && strings.HasSuffix(f.Name, "Delay") && of != reflect.TypeFor[Fault]()
			if delay != (f.Tag.Get("fleet") == "never") {
				t.Errorf("%s.%s: may it be never?", of.Name(), f.Name)
			}
		}
	}
}

// terms is the end of a day in UTC+8.
func terms(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t.Add(16 * time.Hour)
}

func TestATermOfWholeDaysEndsAtAMidnight(t *testing.T) {
	for _, hour := range []int{0, 7, 8, 15, 16, 23} {
		now := time.Date(2026, 11, 23, hour, 30, 0, 0, time.UTC)
		f, err := LoadFleet(strings.NewReader("instances: [{id: i-1, expires: 3d}, {id: i-2}]"), now)
		if err != nil {
			t.Fatal(err)
		}
		c := New(Options{Now: func() time.Time { return now }})
		f.Apply(c)
		for _, in := range c.Instances() {
			if in.Expires.Format("15:04:05") != "16:00:00" {
				t.Errorf("at %s %s ends at %s", now, in.ID, in.Expires)
			}
		}
		if left := c.Instances()[0].Expires.Sub(now); left < 3*day || left >= 4*day {
			t.Errorf("at %s there are %s left of three days", now, left)
		}
	}
	if at := terms("2026-11-26"); !endOfDay(at).Equal(at) || !endOfDay(at.Add(time.Second)).Equal(at.Add(day)) {
		t.Error("the end of a day is not its own end")
	}
}

func TestFleetFileWithAnchors(t *testing.T) {
	f, err := LoadFleet(strings.NewReader(`
accounts:
  - &first {id: 0123, balance: 250.00, denied: "ecs:*"}
  - {<<: *first, id: 7}
instances:
  - &web
    id: i-1
    account: 0123
    price: unknown
    tags: &tags {env: prod, "n": 1}
    autoDuration: ~
  - <<: *web
    id: i-2
    expires: 36h
  - {id: i-3, tags: *tags, account: 7, locks: [security, refunded]}
`), t0)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%+v\n%+v", f.Accounts, f.Instances)
	want := fmt.Sprintf("%+v\n%+v", []Account{
		{ID: "0123", Balance: "250.00", Denied: []string{"ecs:*"}},
		{ID: "7", Balance: "250.00", Denied: []string{"ecs:*"}},
	}, []Instance{
		{ID: "i-1", Account: "0123", MonthlyPrice: "unknown", Tags: map[string]string{"env": "prod", "n": "1"}},
		{ID: "i-2", Account: "0123", MonthlyPrice: "unknown", Tags: map[string]string{"env": "prod", "n": "1"}, Expires: days(1.5)},
		{ID: "i-3", Account: "7", Tags: map[string]string{"env": "prod", "n": "1"}, Locks: []string{"security", "refunded"}},
	})
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAPriceThatCannotBeHad(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1", MonthlyPrice: "unknown"})
	cl := newClient(t, c)
	if r := cl.want(200, "", "DescribeRenewalPrice", "ResourceId=i-1"); !strings.Contains(r.raw, `"TradePrice":null`) {
		t.Errorf("quoted %v", r)
	}
	cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1")
	if got := c.Ledger()[0].Amount; got != "100.00" {
		t.Errorf("paid %s", got)
	}
}

func TestFleetTimes(t *testing.T) {
	for text, want := range map[string]time.Time{
		// t0 is 10:00 of 23 November in UTC+8: whole days end with their day there.
		"3d": terms("2026-11-26"), "-2d": terms("2026-11-21"), "2w": terms("2026-12-07"), "1w1d": terms("2026-12-01"), "0d": terms("2026-11-23"),
		"36h": days(1.5), "1d12h": days(1.5), "-90m": t0.Add(-90 * time.Minute), "24h": days(1), "0h": t0,
		"2026-12-10T16:00Z":         time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC),
		"2026-12-11T00:00:00+08:00": time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC),
	} {
		f, err := LoadFleet(strings.NewReader("instances:\n  - id: i-1\n    expires: "+text+"\n"), t0)
		if err != nil || !f.Instances[0].Expires.Equal(want) {
			t.Errorf("%s: %v %v, want %v", text, f.Instances, err, want)
		}
	}
}

func TestFleetFileOfOtherProducts(t *testing.T) {
	f, err := LoadFleet(strings.NewReader(`
billing: {delay: 5m, orderDelay: 1s, pageCap: 100, setRenewal: silent, wrongSiteEmpty: true}
products:
  redis: {token: charge, expiryDelay: 1d, orderId: none, months: [1, 12], keepUnpaid: true, renewalOff: true, oldEnd: true, poison: true, shortCode: Poor}
instances:
  - {id: i-1, billingDelay: never}
  - {id: rr-1, product: rds, primary: rm-1, status: Rebooting, locks: [ManualLock], expiryForm: minutes}
  - {id: sh-1, product: mongodb, kind: sharding, billingOnly: true}
  - {id: eip-1, product: eip, expires: 2026-12-10T15:59:59Z, pendingOrder: RENEW, billingBlank: [EndTime], stubborn: true, uncatalogued: true}
  - {id: waf-1, product: waf, code: WAF, codeType: waf_x, billingStatus: Creating, unlisted: true}
orders:
  - {id: "7", instance: eip-1, created: -2d, months: 3, amount: "9.50"}
`), t0)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Now: frozen})
	f.Apply(c)
	if c.opts.Billing != (BillingOptions{Delay: 5 * time.Minute, OrderDelay: time.Second, PageCap: 100, WrongSiteEmpty: true, SetRenewal: "silent"}) {
		t.Errorf("billing %+v", c.opts.Billing)
	}
	p := c.opts.Products["redis"]
	if p.Token != Ignored || p.ExpiryDelay != day || p.OrderID != OrderNone || len(p.Months) != 2 || !p.KeepUnpaid || !p.RenewalOff || !p.OldEnd || p.ShortCode != "Poor" || !p.Poison {
		t.Errorf("redis %+v", p)
	}
	for id, ok := range map[string]func(Instance) bool{
		"i-1":  func(i Instance) bool { return i.Product == "" && i.BillingDelay < 0 },
		"rr-1": func(i Instance) bool { return i.Product == "rds" && i.Primary == "rm-1" && i.ExpiryForm == "minutes" },
		"sh-1": func(i Instance) bool { return i.Kind == "sharding" && i.BillingOnly },
		"eip-1": func(i Instance) bool {
			return i.Expires.Second() == 59 && i.PendingOrder == "RENEW" && i.BillingBlank != nil && i.Stubborn && i.Uncatalogued && i.UnpaidOrder
		},
		"waf-1": func(i Instance) bool {
			return i.Code == "WAF" && i.CodeType == "waf_x" && i.BillingStatus == "Creating" && i.Unlisted && i.Region == ""
		},
	} {
		if in, _ := c.Instance(id); !ok(in) {
			t.Errorf("%s is %+v", id, in)
		}
	}
	if o := c.Orders(); len(o) != 1 || o[0].ID != "7" || o[0].Status != Unpaid || o[0].Amount != "9.50" || o[0].Months != 3 || !o[0].Created.Equal(days(-2)) {
		t.Errorf("orders %+v", o)
	}
	for text, want := range map[string]string{
		"instances: [{id: r, product: redisa}]":                    `"redisa" is a billing code; the product is called "redis"`,
		"instances: [{id: r, product: rdss}]":                      `there is no product "rdss" here; if it is a billing code, say code: rdss, too`,
		"instances: [{id: r, product: redis, primary: x}]":         "only RDS has read-only instances",
		"instances: [{id: r, product: redis, kind: sharding}]":     "only MongoDB has kinds",
		"instances: [{id: r, product: mongodb, kind: shard}]":      `"shard" is not one of replicate`,
		"instances: [{id: r, product: eip, expiryForm: text}]":     `"text" is not one of seconds`,
		"instances: [{id: r, billingBlank: [End]}]":                `"End" is not one of EndTime`,
		"products: {rds: {token: maybe}}":                          `product rds: token: "maybe" is not one of replay, reject, charge`,
		"products: {rds: {orderId: 0}}":                            `orderId: "0" is not one of string`,
		"billing: {setRenewal: half}":                              `"half" is not one of partial, silent`,
		"billing: {pageCap: 301}":                                  `"301" is not between 1 and 300`,
		"orders: [{instance: r}]":                                  `there is no instance "r" in this file`,
		"instances: [{id: r}]\norders: [{instance: r, status: x}]": `"x" is not one of Unpaid, Paid, Cancelled`,
	} {
		if _, err := LoadFleet(strings.NewReader(text), t0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", text, err, want)
		}
	}
}
