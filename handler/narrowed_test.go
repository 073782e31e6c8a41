package handler_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// An event names an instance that is not there, or that the settings leave
// out: found out only by a list, and still before anything is changed.
func TestEventCannotWiden(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   map[string]string
		event string
	}{
		"an unknown instance":   {nil, `{"instanceIds":["i-nowhere"]}`},
		"one without the tag":   {map[string]string{"RENEW_TAGS": "env=prod"}, `{"instanceIds":["i-1"]}`},
		"one in and one out":    {nil, `{"instanceIds":["i-1","i-nowhere"]}`},
		"one of another region": {nil, `{"instanceIds":["i-beijing"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
				beijing := due("i-beijing")
				beijing.Region = "cn-beijing"
				w.add(due("i-1"), beijing)
				w.refused(tt.event, "bad-event")
			})
		})
	}
	t.Run("the named one alone is renewed", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"), due("i-2"))
			r := w.run(`{"instanceIds":["i-2"]}`)
			w.charged("i-1", 0)
			w.charged("i-2", 1)
			if len(r.Instances) != 1 {
				t.Errorf("%+v", r.Instances)
			}
		})
	})
}

// Two cloud events, one says its region.
func TestCloudEventsWithAndWithoutRegion(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"}, func(t *testing.T, w *bubble) {
		b := due("i-b")
		b.Region = "cn-beijing"
		w.add(due("i-1"), b)
		w.run(`[{"specversion":"1.0","source":"acs.ecs","type":"t","subject":"acs:ecs:cn-hangzhou:1234567890123456:instance/i-1"},{"specversion":"1.0","source":"acs.ecs","type":"t","data":{"instanceId":"i-b"}}]`)
		w.charged("i-1", 1)
		w.charged("i-b", 1)
	})
}

// A brake inside an event of the cloud is not overlooked.
func TestBrakeInTheDataOfACloudEvent(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.refused(`{"id":"1","specversion":"1.0","source":"my.app","type":"renew","data":{"instanceId":"i-1","dryRun":true}}`, "bad-event")
		w.refused(`{"id":"1","specversion":"1.0","source":"my.app","type":"renew","subject":"i-1","data":{"content":{"dryRun":false}}}`, "bad-event")
	})
}

const cloudEvent = `{"specversion":"1.0","source":"acs.ecs","type":"ecs:Instance:StateChange","subject":"acs:ecs:cn-hangzhou:1234567890123456:instance/%s","aliyunregionid":"cn-hangzhou","data":{"resourceId":"%[1]s","state":"Deleted"}}`

// Something happened to an instance that is gone, or nothing of ours. That is no
// error of the function: it would be delivered again, and an alarm ring.
func TestCloudEventAboutNothingOfOursIsAnswered(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   settings
		id    string
		found bool // it is in the report
	}{
		"gone":                        {nil, "i-gone", false},
		"of another region":           {nil, "i-beijing", false},
		"without the tag":             {settings{"RENEW_TAGS": "env=prod"}, "i-1", true},
		"not among the ids":           {settings{"RENEW_IDS": "i-2"}, "i-1", true},
		"gone, and not among the ids": {settings{"RENEW_IDS": "i-2"}, "i-gone", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
				beijing := due("i-beijing")
				beijing.Region = "cn-beijing"
				w.add(due("i-1"), due("i-2"), beijing)
				r := w.run(fmt.Sprintf(cloudEvent, tt.id))
				w.unchanged()
				if r.Status != renewal.OK || r.Trigger != "event" || len(r.Lapsing) != 0 {
					t.Errorf("%s %+v", r.Status, r)
				}
				if tt.found {
					if e := entry(t, r, tt.id); len(r.Instances) != 1 || e.Reason != renewal.NotSelected || e.Outcome != renewal.NothingToDo {
						t.Errorf("%+v", r.Instances)
					}
				} else if len(r.Instances) != 0 || !strings.Contains(strings.Join(r.Warnings, "\n"), tt.id) {
					t.Errorf("%+v %v", r.Instances, r.Warnings)
				}
			})
		})
	}
	t.Run("beside one of ours", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"), due("i-2"))
			r := w.run("[" + fmt.Sprintf(cloudEvent, "i-gone") + "," + fmt.Sprintf(cloudEvent, "i-1") + "]")
			w.charged("i-1", 1)
			w.charged("i-2", 0)
			if !strings.Contains(strings.Join(r.Warnings, "\n"), "i-gone") {
				t.Errorf("%v", r.Warnings)
			}
		})
	})
	t.Run("a role that may not list is an error all the same", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			w.cloud.SetDenied(account, "ecs:DescribeInstances")
			w.refused(fmt.Sprintf(cloudEvent, "i-1"), "denied")
		})
	})
}

// Where a record was made is not where the instance is.
func TestRegionOfARecordDoesNotNarrow(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]string{
		"EventBridge": fmt.Sprintf(cloudEvent, "i-b"),
		"ActionTrail": `{"eventName":"ModifyInstanceAutoRenewAttribute","eventSource":"ecs.aliyuncs.com","acsRegion":"us-west-1","requestParameters":{"InstanceId":"i-b"}}`,
		"RawData":     `{"resourceId":"i-b","resourceType":"ALIYUN::ECS::Instance","regionId":"us-west-1","state":"Stopped"}`,
		"a queue":     `[{"specversion":"1.0","source":"acs.mns","type":"mns:Queue:SendMessage","aliyunregionid":"us-west-1","data":{"messageBody":"{\"product\":\"ECS\",\"name\":\"Instance:StateChange\",\"regionId\":\"us-west-1\",\"content\":{\"resourceId\":\"i-b\"}}"}}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"}, func(t *testing.T, w *bubble) {
				b := due("i-b")
				b.Region = "cn-beijing"
				w.add(due("i-1"), b)
				w.run(event)
				w.charged("i-1", 0)
				w.charged("i-b", 1)
			})
		})
	}
}

// An event may name some of the configured accounts, and none besides.
func TestEventNarrowsToAccounts(t *testing.T) {
	t.Parallel()
	inThreeAccounts(t, nil, func(t *testing.T, w *bubble) {
		r := w.run(`{"accounts":["` + second + `"]}`)
		w.charged("i-1", 0)
		w.charged("i-2", 1)
		w.charged("i-3", 0)
		if len(r.Scopes) != 1 || r.Scopes[0].Account != second {
			t.Errorf("%+v", r.Scopes)
		}
		if n := w.cloud.CallCount("AssumeRole"); n != 1 {
			t.Errorf("%d roles were assumed", n)
		}
		w.run(`{"accounts":["` + account + `","` + third + `"],"products":["ecs"]}`)
		w.charged("i-1", 1)
		w.charged("i-2", 1)
		w.charged("i-3", 1)
	})
	for name, event := range map[string]string{
		"one that is not configured":         `{"accounts":["4444444444444444"]}`,
		"one that is and one that is not":    `{"accounts":["` + second + `","4444444444444444"]}`,
		"a product that is not looked after": `{"products":["rds"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inThreeAccounts(t, nil, func(t *testing.T, w *bubble) { w.refused(event, "bad-event") })
		})
	}
	t.Run("whose the credentials are is known only to STS", func(t *testing.T) {
		t.Parallel()
		inThreeAccounts(t, nil, func(t *testing.T, w *bubble) {
			w.in.AccountID = ""
			w.refused(`{"accounts":["4444444444444444"]}`, "bad-event")
			w.run(`{"accounts":["` + third + `"]}`)
			w.charged("i-1", 0)
			w.charged("i-3", 1)
			w.run(`{"accounts":["` + account + `"]}`)
			w.charged("i-1", 1)
			w.charged("i-2", 0)
		})
	})
}

// A region with one letter wrong is noticed, whatever products and accounts are
// looked after, and however it is said; with it the run would look at nothing.
func TestRegionOfAnEventThatNoAccountHas(t *testing.T) {
	t.Parallel()
	timer := `{"triggerTime":"2026-11-23T22:23:00Z","triggerName":"daily","payload":"{\"regions\":[\"cn-hangzhuo\"]}"}`
	for name, accounts := range map[string]string{"self": "self", "members": "organization/renewer", "all": "self,organization/renewer"} {
		for _, products := range []string{"ecs", "rds", "rds,eip", "waf", "ecs,rds", "all"} {
			t.Run(name+" "+products, func(t *testing.T) {
				t.Parallel()
				s := settings{"RENEW_ACCOUNTS": accounts, "RENEW_REGIONS": "all", "RENEW_PRODUCTS": products, "RENEW_PRICES": "eip=200,polardb=200,clb=200,cbwp=200"}
				if products != "all" && !strings.Contains(products, "eip") {
					s["RENEW_PRICES"] = unset
				}
				inOrganisation(t, 2, s, func(t *testing.T, w *bubble) {
					w.add(product("rds", "rm-self"))
					for _, event := range []string{`{"regions":["cn-hangzhuo"]}`, `{"regions":["cn-hangzhou","cn-hangzhuo"]}`, `{"regions":["cn-hangzhuo"],"instanceIds":["rm-self"]}`, timer} {
						if said := w.refused(event, runner.BadEvent); !strings.Contains(said, "cn-hangzhuo") || !strings.Contains(said, "the nearest is cn-hangzhou") {
							t.Errorf("%s: %s", event, said)
						}
					}
					w.run(`{"regions":["cn-hangzhou"]}`)
					if strings.Contains(accounts, "self") && (products == "all" || strings.Contains(products, "rds")) {
						w.charged("rm-self", 1)
					}
				})
			})
		}
	}
}

// What an account has that cannot be entered nobody knows: then the region is told,
// and the others go on.
func TestRegionOfAnEventWhereAnAccountStaysClosed(t *testing.T) {
	t.Parallel()
	for _, products := range []string{"ecs", "rds", "ecs,rds"} {
		t.Run(products, func(t *testing.T) {
			t.Parallel()
			inOrganisation(t, 2, settings{"RENEW_REGIONS": "all", "RENEW_PRODUCTS": products}, func(t *testing.T, w *bubble) {
				w.add(product("rds", "rm-self"))
				w.cloud.AddAccount(cloud.Account{ID: memberID(0), Member: cloud.Member{Of: account}}) // no role
				if said := w.refused(`{"regions":["cn-hangzhuo","cn-bejing"]}`, runner.BadEvent); !strings.Contains(said, "could be entered; the nearest is") {
					t.Error(said)
				}
				r := w.run(`{"regions":["cn-hangzhou","cn-hangzhuo"]}`)
				if r.Status != renewal.Partial || len(warned(r, "cn-hangzhuo", "the nearest is cn-hangzhou")) != 1 {
					t.Errorf("%s %q", r.Status, r.Warnings)
				}
				if strings.Contains(products, "rds") {
					w.charged("rm-self", 1)
				} else {
					w.charged("i-self", 1)
				}
				if r = w.run(`{"regions":["cn-hangzhou"]}`); len(r.Warnings) > 0 {
					t.Errorf("%q", r.Warnings)
				}
			})
		})
	}
}
