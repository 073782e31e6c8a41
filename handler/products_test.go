package handler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// product is a subscription of another product than ECS, due in three days.
func product(key, id string) cloud.Instance {
	in := due(id)
	in.Product = key
	return in
}

// paying are the products that are paid for, with an id of each.
var paying = map[string]string{"rds": "rm-1", "redis": "r-1", "mongodb": "dds-1", "polardb": "pc-1", "eip": "eip-1", "cbwp": "cbwp-1", "clb": "lb-1"}

// everything looks after all products, and has a price for what the cloud quotes
// none for.
var everything = settings{"RENEW_PRODUCTS": "all", "RENEW_PRICES": "polardb=200,eip=200,cbwp=200,clb=200"}

func TestEveryProductIsRenewedOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		for key, id := range paying {
			w.add(product(key, id))
		}
		w.add(product("waf", "waf-1"), product("cas", "cas-1"))
		r := w.run("")
		for key, id := range paying {
			e := entry(t, r, id)
			if e.Outcome != renewal.Renewed || e.Product != key || e.Paid != "100.00" || e.OrderID == "" {
				t.Errorf("%+v", e)
			}
			w.charged(id, 1)
		}
		w.charged("i-1", 1)
		for _, id := range []string{"waf-1", "cas-1"} {
			if e := entry(t, r, id); e.Reason != renewal.Unsupported || e.Outcome != renewal.Held || !strings.Contains(e.Error, "console") {
				t.Errorf("%+v", e)
			}
		}
		if len(r.Scopes) != 2 || r.Scopes[1].Product != "billing" || r.Scopes[1].Region != "" || r.Scopes[1].Listed != 9 || !r.Scopes[1].Complete {
			t.Errorf("%+v", r.Scopes)
		}
		if r.Counts.Listed != 10 || r.Money.Spent != "800.00" || r.Status != renewal.Partial {
			t.Errorf("%+v %+v %s", r.Counts, r.Money, r.Status)
		}
		time.Sleep(24 * time.Hour)
		w.run("")
		for _, id := range paying {
			w.charged(id, 1)
		}
	})
}

// what a cloud may do with a repeated token. Where it is ignored, every call with it
// is charged: so long as nothing is charged twice there, no token was repeated after
// its charge, and what else a cloud does with one makes no difference.
var (
	anything = []cloud.TokenRule{cloud.Replay, cloud.Reject, cloud.Ignored}
	theWorst = []cloud.TokenRule{cloud.Ignored}
)

// each plays a scenario with each paying product, under each of these rules for a
// repeated token.
func each(t *testing.T, options cloud.Options, rules []cloud.TokenRule, play func(t *testing.T, w *bubble, key, id string, rule cloud.TokenRule)) {
	t.Helper()
	for key, id := range paying {
		for _, rule := range rules {
			t.Run(key+", repeated token: "+string(rule), func(t *testing.T) {
				t.Parallel()
				options := options
				options.Products = map[string]cloud.ProductOptions{key: {Token: rule}}
				inBubble(t, options, everything, func(t *testing.T, w *bubble) {
					w.add(product(key, id))
					play(t, w, key, id, rule)
				})
			})
		}
	}
}

// Whatever is not clear about a payment, it is not asked for again in that run, and
// what the next runs do costs nothing.
func TestProductInDoubtIsPaidOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]cloud.Fault{
		"no answer":       {Kind: cloud.LoseAnswer},
		"a 500 after it":  {Kind: cloud.ErrorAfter},
		"a busy order":    {Kind: cloud.RefuseInsideAfter},
		"half an answer":  {Kind: cloud.CutBody},
		"a 500 before it": {Kind: cloud.RefuseBefore, Status: 500},
	} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, shows late: %v", name, late), func(t *testing.T) {
				t.Parallel()
				options := cloud.Options{}
				if late {
					options.ExpiryDelay, options.Billing.Delay = 26*time.Hour, 26*time.Hour
				}
				rules := theWorst
				if fault.Kind == cloud.LoseAnswer {
					rules = anything
				}
				for _, rule := range rules {
					inDoubt(t, options, rule, fault)
				}
			})
		}
	}
}

// inDoubt plays four days of all paying products, with a fault at the first money
// call of each.
func inDoubt(t *testing.T, options cloud.Options, rule cloud.TokenRule, fault cloud.Fault) {
	t.Helper()
	late, charged := options.ExpiryDelay > 0, fault.Kind != cloud.RefuseBefore
	want := renewal.Renewed
	if late || !charged {
		want = renewal.OutcomeUnknown
	}
	options.Products = map[string]cloud.ProductOptions{}
	for key := range paying {
		options.Products[key] = cloud.ProductOptions{Token: rule}
	}
	inBubble(t, options, everything, func(t *testing.T, w *bubble) {
		for key, id := range paying {
			w.add(product(key, id))
			fault.Action, fault.Instance, fault.Call = renewAction(key), id, 1
			w.cloud.Fail(fault)
		}
		r := w.run("")
		for key, id := range paying {
			e := entry(t, r, id)
			if e.Outcome != want {
				t.Errorf("%s, repeated token: %s: %s: %s", id, rule, e.Outcome, e.Error)
			}
			if e.Outcome == renewal.Renewed && (e.Paid != "100.00" || e.OrderID == "") {
				t.Errorf("its order was not found: %+v", e)
			}
			if n := w.moneyCallsFor(key, id); n != 1 {
				t.Errorf("%s, repeated token: %s: asked %d times", id, rule, n)
			}
		}
		for range 3 {
			time.Sleep(23 * time.Hour)
			w.run("")
		}
		for _, id := range paying {
			w.charged(id, 1)
		}
	})
}

// The process dies when it has been charged, and the platform delivers the event
// again at once.
func TestProductAfterACrashIsPaidOnce(t *testing.T) {
	t.Parallel()
	each(t, cloud.Options{ExpiryDelay: time.Hour, Billing: cloud.BillingOptions{Delay: time.Hour}}, theWorst, func(t *testing.T, w *bubble, _, id string, _ cloud.TokenRule) {
		var first *invocation
		started := make(chan struct{})
		crashed := false
		w.cloud.OnCommit(func(cloud.Charge) {
			if !crashed {
				crashed = true
				<-started
				first.crash()
			}
		})
		first = w.begin("")
		close(started)
		_, _ = first.answer()
		r := w.run("")
		if e := entry(t, r, id); e.Outcome != renewal.Unverified {
			t.Errorf("%s: %s", e.Outcome, e.Error)
		}
		w.charged(id, 1)
		time.Sleep(24 * time.Hour)
		w.run("")
		w.charged(id, 1)
	})
}

// Two runs at once: where a repeated token is harmless, that is what keeps it to one
// charge; where it is not, the order book does, if the second has read it after the
// order of the first.
func TestTwoRunsPayForAProductOnce(t *testing.T) {
	t.Parallel()
	each(t, cloud.Options{}, anything, func(t *testing.T, w *bubble, _, id string, rule cloud.TokenRule) {
		w.env["RENEW_CONCURRENCY"] = "1"
		first := w.begin("")
		if rule == cloud.Ignored {
			time.Sleep(45 * time.Second)
		}
		second := w.begin("")
		first.end()
		second.end()
		w.charged(id, 1)
	})
}

// Somebody pays after the plan was made, and the new expiry shows late: the order
// book is read again before the payment, and nothing is bought twice, whatever a
// repeated token does.
func TestOrderOfAPersonAfterThePlan(t *testing.T) {
	t.Parallel()
	each(t, cloud.Options{ExpiryDelay: time.Hour, Billing: cloud.BillingOptions{Delay: time.Hour}}, anything, func(t *testing.T, w *bubble, _, id string, _ cloud.TokenRule) {
		paid := false
		w.cloud.OnCall(func(c cloud.Call) {
			if c.Action == "QueryAccountBalance" && !paid {
				paid = true
				w.cloud.PayOrder(w.cloud.AddOrder(cloud.Order{Instance: id, Months: 1}))
			}
		})
		w.cloud.Fail(cloud.Fault{Action: "QueryAccountBalance", Call: 1, Count: 11, Kind: cloud.Throttle}) // for more than half a minute
		w.env["RENEW_CONCURRENCY"] = "1"
		if e := entry(t, w.run(""), id); e.Outcome != renewal.Unverified {
			t.Errorf("%+v", e)
		}
		w.charged(id, 1)
	})
}

// Somebody has ordered the renewal, and not paid: nothing is bought beside it, its
// order is named, and left as it is.
func TestUnpaidOrderOfAPerson(t *testing.T) {
	t.Parallel()
	each(t, cloud.Options{}, theWorst, func(t *testing.T, w *bubble, key, id string, _ cloud.TokenRule) {
		order := w.cloud.AddOrder(cloud.Order{Instance: id, Months: 1, Created: time.Now().Add(-40 * time.Hour)})
		e := entry(t, w.run(""), id)
		if e.Reason != renewal.OrderPending || e.Outcome != renewal.Held || e.OrderID != order || !strings.Contains(e.Error, order) {
			t.Errorf("%+v", e)
		}
		if n := w.moneyCalls(key); n != 0 {
			t.Errorf("asked %d times", n)
		}
		w.cloud.PayOrder(order)
		time.Sleep(24 * time.Hour)
		w.run("")
		w.charged(id, 1)
	})
}

// An order book that cannot be read holds every payment.
func TestNoOrderBookNoPayment(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"QueryOrders", "GetOrderDetail"} {
		for _, kind := range []cloud.FaultKind{cloud.RefuseBefore, cloud.NoList, cloud.NullList, cloud.ShortList, cloud.HighTotal} {
			if action == "GetOrderDetail" && kind != cloud.RefuseBefore {
				continue
			}
			t.Run(action+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
					for key, id := range paying {
						w.add(product(key, id))
						w.cloud.PayOrder(w.cloud.AddOrder(cloud.Order{Instance: id, Months: 1, Created: time.Now().Add(-time.Hour)}))
						w.cloud.SetExpiry(id, time.Now().Add(3*renewal.Day))
					}
					bought := len(w.cloud.Ledger())
					w.cloud.Fail(cloud.Fault{Action: action, Kind: kind})
					r := w.run("")
					for _, id := range paying {
						if e := entry(t, r, id); e.Reason != renewal.StateUnknown || e.Outcome != renewal.Held {
							t.Errorf("%+v", e)
						}
					}
					if n := len(w.cloud.Ledger()); n != bought {
						t.Errorf("%d were bought", n-bought)
					}
				})
			})
		}
	}
}

// The provider deducts between the look and the call, or between the list and the
// look.
func TestProviderDeductsMeanwhile(t *testing.T) {
	t.Parallel()
	for key, id := range paying {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
				w.env["RENEW_BACKSTOP"] = "2d"
				in := product(key, id)
				in.Expires, in.RenewalStatus, in.AutoDuration = time.Now().Add(30*time.Hour), "AutoRenewal", 1
				w.add(in)
				w.cloud.Fail(cloud.Fault{Action: "QueryOrders", Call: 1, Kind: cloud.Hook, Do: func(cloud.Call) { w.cloud.Deduct(id) }})
				e := entry(t, w.run(""), id)
				if e.Outcome != renewal.Stale && e.Outcome != renewal.Unverified {
					t.Errorf("%+v", e)
				}
				w.charged(id, 1)
			})
		})
	}
}

// While the provider may be deducting, nothing is paid beside it: of any product.
func TestNothingIsPaidBesideTheProvider(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		at    string // of the day, UTC+8
		acts  bool
		ahead time.Duration // to the expiry
	}{
		{"07:44", true, 30 * time.Hour}, {"07:45", false, 30 * time.Hour}, {"08:00", false, 30 * time.Hour}, {"08:29", false, 30 * time.Hour}, {"08:30", true, 30 * time.Hour},
		{"09:00", false, 4 * 24 * time.Hour}, // of rds: before its first try
	} {
		t.Run(tt.at, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_PRODUCTS": "ecs,rds", "RENEW_BACKSTOP": "5d", "RENEW_WINDOW": "5d"}, func(t *testing.T, w *bubble) {
				clock, _ := time.ParseInLocation("15:04", tt.at, renewal.Beijing)
				now := time.Now().In(renewal.Beijing)
				time.Sleep(time.Until(time.Date(now.Year(), now.Month(), now.Day()+1, clock.Hour(), clock.Minute(), 0, 0, renewal.Beijing)))
				for key, id := range map[string]string{"ecs": "i-1", "rds": "rm-1"} {
					in := product(key, id)
					in.Expires, in.RenewalStatus, in.AutoDuration = time.Now().Add(tt.ahead), "AutoRenewal", 1
					w.add(in)
				}
				r := w.run("")
				for _, id := range []string{"i-1", "rm-1"} {
					e := entry(t, r, id)
					acts := tt.acts || tt.ahead > 3*24*time.Hour && id == "i-1"
					if want := either(acts, renewal.Backstop, renewal.ProviderRenews); e.Reason != want {
						t.Errorf("%+v, want %s", e, want)
					}
					w.charged(id, either(acts, 1, 0))
				}
				if warned := strings.Contains(strings.Join(r.Warnings, "\n"), "timer"); warned == (tt.acts || tt.ahead > 3*24*time.Hour) {
					t.Errorf("%q", r.Warnings)
				}
			})
		})
	}
}

func either[T any](holds bool, yes, no T) T {
	if holds {
		return yes
	}
	return no
}

// The money runs out in the middle: what expires first is paid.
func TestShortBalanceOverProducts(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
		w.cloud.SetBalance(account, "250")
		for i, id := range []string{"rm-1", "eip-1", "r-1", "i-1"} {
			in := due(id)
			in.Product = map[string]string{"rm-1": "rds", "eip-1": "eip", "r-1": "redis"}[id]
			in.Expires = time.Now().Add(time.Duration(i+1) * renewal.Day)
			w.add(in)
		}
		w.run("")
		w.charged("rm-1", 1)
		w.charged("eip-1", 1)
		w.charged("r-1", 0)
		w.charged("i-1", 0)
	})
}

// Every way in which the billing's list can lie makes it incomplete, and never
// "nothing due".
func TestBillingListThatLies(t *testing.T) {
	t.Parallel()
	for _, kind := range []cloud.FaultKind{
		cloud.NoList, cloud.NullList, cloud.TextList, cloud.ShortList, cloud.EmptyList, cloud.NoTotal, cloud.HighTotal, cloud.LowTotal,
		cloud.RefuseBefore, cloud.RefuseInside, cloud.HTMLBody, cloud.EmptyBody, cloud.LoseAnswer,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{Billing: cloud.BillingOptions{PageCap: 2}}, everything, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				for key, id := range paying {
					w.add(product(key, id))
				}
				w.cloud.Fail(cloud.Fault{Action: "QueryAvailableInstances", Kind: kind, Call: 2, Count: 1000})
				r := w.run("")
				if len(r.Scopes) != 2 || r.Scopes[1].Complete || r.Scopes[1].Error == "" || r.Status == renewal.OK {
					t.Errorf("%+v %s", r.Scopes, r.Status)
				}
				w.charged("i-1", 1)
			})
		})
	}
}

// A list that is empty is believed only where one may read it.
func TestEmptyBillingList(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		if r := w.run(""); !r.Scopes[1].Complete || r.Status != renewal.OK {
			t.Errorf("%+v", r.Scopes)
		}
	})
	inBubble(t, cloud.Options{Site: cloud.Intl, Billing: cloud.BillingOptions{WrongSiteEmpty: true}}, everything, func(t *testing.T, w *bubble) {
		w.env["RENEW_PRODUCTS"] = "rds"
		delete(w.env, "RENEW_PRICES")
		w.add(product("rds", "rm-1"))
		w.cloud.SetDenied(account, "bss:DescribeInstances", "bssapi:QueryAvailableInstances")
		w.refused("", "denied")
	})
}

// An empty list that nothing proves is no empty list.
func TestEmptyBillingListWithoutAProof(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), product("rds", "rm-1"))
		w.cloud.Fail(cloud.Fault{Action: "QueryAvailableInstances", Kind: cloud.EmptyList, Call: 1})
		w.cloud.Fail(cloud.Fault{Action: "QueryAvailableInstances", Kind: cloud.RefuseInside, Code: "NotAuthorized", Call: 2, Count: 100})
		if r := w.run(""); r.Scopes[1].Complete || r.Status != renewal.Partial {
			t.Errorf("%+v", r.Scopes)
		}
	})
}

// Names and tags that could not be read are not none: where the policy asks for
// them, the instance is held, and elsewhere it is not.
func TestTagsThatWereNotRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		set  settings
		held bool
	}{
		"nothing asks":              {settings{"RENEW_TAG_TRUST": "off"}, false},
		"trust in tags":             {settings{"RENEW_TAG_TRUST": "lower"}, true},
		"full trust in tags":        {settings{"RENEW_TAG_TRUST": "full"}, true},
		"an exclusion by tag":       {settings{"RENEW_TAG_TRUST": "off", "RENEW_EXCLUDE_TAGS": "env=test"}, true},
		"a selection by tag":        {settings{"RENEW_TAG_TRUST": "off", "RENEW_TAGS": "env=prod"}, true},
		"a selection by name":       {settings{"RENEW_TAG_TRUST": "off", "RENEW_NAMES": "name-*"}, true},
		"an exclusion by name":      {settings{"RENEW_TAG_TRUST": "off", "RENEW_EXCLUDE_NAMES": "tmp-*"}, true},
		"a selection by group":      {settings{"RENEW_TAG_TRUST": "off", "RENEW_RESOURCE_GROUP": "rg-1"}, true},
		"a rule that mentions tags": {settings{"RENEW_TAG_TRUST": "off", "RENEW_RULES": "- when: tags[\"env\"] == \"test\"\n  action: skip"}, true},
		"a rule that does not":      {settings{"RENEW_TAG_TRUST": "off", "RENEW_RULES": "- when: product == \"rds\"\n  action: auto-renew"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_PRODUCTS": "rds,waf"}, func(t *testing.T, w *bubble) {
				for k, v := range tt.set {
					w.env[k] = v
				}
				w.env["RENEW_ACTION"] = "auto-renew"
				w.add(product("rds", "rm-1"), product("waf", "waf-1"))
				w.cloud.SetDenied(account, "rds:ListTagResources", "resourcecenter:SearchResources")
				r := w.run("")
				for _, id := range []string{"rm-1", "waf-1"} {
					e := entry(t, r, id)
					held := e.Reason == renewal.TagsUnknown && e.Outcome == renewal.Held
					if held != tt.held || !held && e.Outcome != renewal.AutoRenewOn {
						t.Errorf("%+v", e)
					}
				}
			})
		})
	}
}

// What an order really costs counts under the cap; where it is more than was
// assumed, nothing without a quote follows.
func TestPriceThatWasTooLow(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"1", "8", "64"} {
		inBubble(t, cloud.Options{}, settings{"RENEW_PRODUCTS": "ecs,eip,rds", "RENEW_PRICES": "eip=30", "RENEW_MAX_SPEND": "350", "RENEW_CONCURRENCY": n}, func(t *testing.T, w *bubble) {
			for i := range 4 {
				in := product("eip", fmt.Sprint("eip-", i)) // costs 100
				in.Expires = time.Now().Add(renewal.Day + time.Duration(i)*time.Hour)
				w.add(in)
			}
			late := due("i-late")
			late.Expires = time.Now().Add(5 * renewal.Day)
			w.add(late)
			later := product("rds", "rm-late")
			later.Expires = time.Now().Add(6 * renewal.Day)
			w.add(later)
			r := w.run("")
			w.charged("eip-0", 1)
			for i := 1; i < 4; i++ {
				id := fmt.Sprint("eip-", i)
				w.charged(id, 0)
				if e := entry(t, r, id); e.Reason != renewal.PriceUnknown || e.Outcome != renewal.Held || !strings.Contains(e.Error, "eip-0") {
					t.Errorf("%+v", e)
				}
			}
			if spent := w.spent(); spent.GreaterThan(decimal.NewFromInt(350)) {
				t.Errorf("%v were spent", spent)
			}
			if warned := strings.Join(r.Warnings, "\n"); !strings.Contains(warned, "RENEW_PRICES") {
				t.Errorf("it is not said: %q", warned)
			}
			if e := entry(t, r, "eip-0"); e.Price != "30.00" || e.Paid != "100.00" {
				t.Errorf("%+v", e)
			}
		})
	}
}

// What was paid in another currency than its price cannot be counted under a cap:
// nothing that the cap is about follows.
func TestPaidInAnotherCurrency(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{Site: cloud.Intl}, settings{"RENEW_PRODUCTS": "ecs,eip", "RENEW_PRICES": "eip=300 CNY", "RENEW_MAX_SPEND": "1000 CNY", "RENEW_SITE": "intl"}, func(t *testing.T, w *bubble) {
		first := product("eip", "eip-1")
		first.Expires = time.Now().Add(renewal.Day)
		w.add(first, due("i-1"))
		w.cloud.SetPrice("i-1", "100", "CNY")
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.Slow, Call: 2, Delay: 8 * time.Second}) // the look
		r := w.run("")
		w.charged("eip-1", 1)
		w.charged("i-1", 0)
		if e := entry(t, r, "eip-1"); e.Paid != "100.00" {
			t.Errorf("%+v", e)
		}
		if e := entry(t, r, "i-1"); e.Reason != renewal.OverMaxSpend || e.Outcome != renewal.Held {
			t.Errorf("%+v", e)
		}
	})
}

// Auto-renewal of every product, in every direction, and read back; what did not
// come to pass is not called done.
func TestAutoRenewalOfProducts(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]struct {
		outcome renewal.Outcome
		status  string
	}{
		"auto-renew": {renewal.AutoRenewOn, "AutoRenewal"}, "auto-renew-off": {renewal.AutoRenewIsOff, "Normal"}, "let-lapse": {renewal.LapseSet, "NotRenewal"},
	} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{Billing: cloud.BillingOptions{SetRenewal: "silent"}}, settings{"RENEW_PRODUCTS": "all", "RENEW_ACTION": action}, func(t *testing.T, w *bubble) {
				add := func(key, id string, stubborn bool) {
					in := product(key, id)
					in.Stubborn = stubborn
					if action == "auto-renew-off" {
						in.RenewalStatus, in.AutoDuration = "AutoRenewal", 1
					}
					w.add(in)
				}
				for key, id := range paying {
					add(key, id, false)
				}
				add("waf", "waf-1", false)
				add("eip", "eip-stubborn", true)
				add("cas", "cas-1", false)
				r := w.run("")
				for _, id := range append([]string{"waf-1"}, "rm-1", "r-1", "dds-1", "pc-1", "eip-1", "cbwp-1", "lb-1") {
					if e := entry(t, r, id); e.Outcome != want.outcome {
						t.Errorf("%+v", e)
					}
					if in, _ := w.cloud.Instance(id); in.RenewalStatus != want.status {
						t.Errorf("%s is %s", id, in.RenewalStatus)
					}
				}
				if e := entry(t, r, "eip-stubborn"); e.Outcome != renewal.Unverified {
					t.Errorf("%+v", e)
				}
				if e := entry(t, r, "cas-1"); e.Reason != renewal.Unsupported {
					t.Errorf("%+v", e)
				}
				if len(w.cloud.Ledger()) != 0 {
					t.Error("something was bought")
				}
			})
		})
	}
}

// A report changes nothing, and tells of everything.
func TestReportOfEverySubscription(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_PRODUCTS": "all", "RENEW_REGIONS": "all", "RENEW_ACTION": "report"}, func(t *testing.T, w *bubble) {
		all := []string{"i-1", "waf-1"}
		w.add(due("i-1"), product("waf", "waf-1"))
		for key, id := range paying {
			w.add(product(key, id))
			all = append(all, id)
		}
		r := w.run("")
		for _, id := range all {
			if e := entry(t, r, id); e.Reason != renewal.OnlyReported || e.Mode != renewal.Manual || e.DaysLeft != 2.9 && e.DaysLeft != 3 {
				t.Errorf("%+v", e)
			}
		}
		if e := entry(t, r, "waf-1"); e.Error == "" {
			t.Errorf("no advice: %+v", e)
		}
		w.unchanged()
	})
}

// A row of the billing's list that its product does not know is nothing to act upon.
func TestRowThatItsProductDoesNotKnow(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
		for key, id := range paying {
			in := product(key, id)
			in.BillingOnly = true
			w.add(in)
		}
		r := w.run("")
		for _, id := range paying {
			if e := entry(t, r, id); e.Reason != renewal.StateUnknown || e.Outcome != renewal.Held {
				t.Errorf("%+v", e)
			}
		}
		if len(w.cloud.Ledger()) != 0 {
			t.Error("something was bought")
		}
	})
}

// An event of another product's instance narrows the run to it.
func TestEventOfAnotherProduct(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, everything, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), product("rds", "rm-1"), product("rds", "rm-2"))
		w.run(`{"specversion":"1.0","id":"1","source":"acs.rds","type":"rds:DBInstance:Expiring","subject":"acs:rds:cn-hangzhou:1234567890123456:dbinstance/rm-1","data":{"instanceId":"rm-1"}}`)
		w.charged("rm-1", 1)
		w.charged("rm-2", 0)
		w.charged("i-1", 0)
		w.run(`{"products":["rds"]}`)
		w.charged("rm-2", 1)
		w.charged("i-1", 0)
	})
}

// An event that names something of a product that is not looked after is answered,
// and one by hand refused; a list of the named ones that lies is incomplete.
func TestEventOfAProductThatIsNotLookedAfter(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_PRODUCTS": "ecs,rds"}, func(t *testing.T, w *bubble) {
		w.add(product("rds", "rm-1"), product("eip", "eip-1"))
		w.refused(`{"instanceIds":["eip-1"]}`, "bad-event")
		r := w.run(`{"specversion":"1.0","id":"1","source":"acs.eip","type":"eip:Expiring","subject":"acs:eip:cn-hangzhou:1234567890123456:eip/eip-1","data":{}}`)
		if len(r.Instances) != 0 || !strings.Contains(strings.Join(r.Warnings, "\n"), "eip-1") {
			t.Errorf("%+v %q", r.Instances, r.Warnings)
		}
		w.unchanged()
		w.cloud.Fail(cloud.Fault{Action: "QueryAvailableInstances", Kind: cloud.ShortList})
		if r := w.run(`{"instanceIds":["rm-1"]}`); r.Scopes[1].Complete || r.Status == renewal.OK {
			t.Errorf("%+v %s", r.Scopes, r.Status)
		}
	})
}

// renewAction is the money call of a product.
func renewAction(key string) string {
	if key == "mongodb" {
		return "RenewDBInstance"
	}
	return "RenewInstance"
}

func (w *emulated) moneyCalls(key string) int { return w.cloud.CallCount(renewAction(key)) }

// moneyCallsFor counts those of one subscription.
func (w *emulated) moneyCallsFor(key, id string) (n int) {
	for _, call := range w.cloud.Calls() {
		if call.Action == renewAction(key) && slices.Contains([]string{call.Params.Get("InstanceId"), call.Params.Get("DBInstanceId")}, id) {
			n++
		}
	}
	return n
}
