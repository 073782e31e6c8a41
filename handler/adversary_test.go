package handler_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Keys of account B in the environment of a function in account A, and B also as a role.
func TestKeysOfAnotherAccountPayOnce(t *testing.T) {
	t.Parallel()
	const other = "2222222222222222"
	w := newWorldWith(t, cloud.Options{ExpiryDelay: 3 * time.Second}, nil)
	w.cloud.AddAccount(cloud.Account{ID: other, AccessKeyID: "LTAIother", AccessKeySecret: "othersecretothersecret",
		Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account, other}}}})
	in := due("i-b")
	in.Account = other
	w.cloud.AddInstance(in)
	// two functions/places: one in FC of account A with env keys of B, one with the same keys in B.
	w.fn.CredentialsIn = fc.EnvOnly
	w.fn.EnvCredentials = &fc.Credentials{AccessKeyID: "LTAIother", AccessKeySecret: "othersecretothersecret"}
	w.run("")
	w.env["RENEW_ACCOUNTS"] = "self,acs:ram::" + other + ":role/renewer"
	w.cloud.SetExpiry("i-b", time.Now().Add(2*renewal.Day))
	before := w.cloud.Charges("i-b")
	w.restart()
	if result := w.invoke(""); result.Error == nil || result.Error.Type != "bad-config" {
		t.Errorf("one account twice: %+v", result)
	}
	if n := w.cloud.Charges("i-b") - before; n != 0 {
		t.Errorf("one account under two names: %d charges", n)
	}
}

// First token refused, heals, token of the day pays, lag; the next run pays with the first token. No poisoning.
func TestHealedRefusalThenNextRunPaysOnce(t *testing.T) {
	t.Parallel()
	for _, poison := range []bool{true, false} {
		t.Run(fmt.Sprint("poison ", poison), func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, cloud.Options{ExpiryDelay: -1, PoisonTokens: poison}, nil, due("i-1"))
			w.cloud.SetBalance(account, "0")
			var once sync.Once
			w.cloud.OnCall(func(c cloud.Call) {
				if c.Action == "RenewInstance" {
					once.Do(func() { time.AfterFunc(time.Second, func() { w.cloud.SetBalance(account, "1000") }) })
				}
			})
			w.inProcess(lastNoon())
			w.charged("i-1", 1)
			w.inProcess(lastNoon().Add(time.Minute))
			w.charged("i-1", 1)
		})
	}
}

// The same by one asynchronous event: crash after the second-step charge, redelivered.
func TestHealedRefusalCrashAndRedeliveryPayOnce(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{ExpiryDelay: 15 * time.Second}, map[string]string{"RENEW_VERIFY": "30s"}, due("i-1"))
	w.cloud.SetNoStock("i-1", true)
	var once sync.Once
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "RenewInstance" {
			once.Do(func() { time.AfterFunc(3*time.Second, func() { w.cloud.SetNoStock("i-1", false) }) })
		}
	})
	var killed atomic.Bool
	w.cloud.OnCommit(func(cloud.Charge) {
		if !killed.Swap(true) {
			w.rt.Kill()
		}
	})
	w.fn.Timeout = 2 * time.Minute
	_, err := w.runtime().InvokeAsync(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w.charged("i-1", 1)
}

// A's first token refused; B pays with it; lag 30s (normal by the sheet); A's second step pays again.
func TestHealedRefusalBesideAnotherRunPaysOnce(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{ExpiryDelay: 30 * time.Second}, map[string]string{"RENEW_VERIFY": "40s"}, due("i-1"))
	w.cloud.SetBalance(account, "0")
	done := make(chan renewal.Report, 1)
	var once sync.Once
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "RenewInstance" {
			once.Do(func() {
				time.AfterFunc(2*time.Second, func() {
					w.cloud.SetBalance(account, "1000") // the person tops up
					done <- w.inProcess(lastNoon())     // and starts it by hand
				})
			})
		}
	})
	w.inProcess(lastNoon())
	<-done
	w.charged("i-1", 1)
}

// The look is old when it comes: states at once, instances throttled for 40 s.
func TestNoPaymentOnAnOldLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, due("i-1"))
	w.fn.Timeout = 3 * time.Minute
	var states atomic.Int32
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "DescribeInstanceAutoRenewAttribute" && states.Add(1) == 2 {
			time.AfterFunc(time.Second, func() { w.cloud.SetRenewalStatus("i-1", "NotRenewal") })
		}
	})
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.Throttle, Call: 2, Count: 9})
	w.run("")
	w.charged("i-1", 0)
}

// It expires between the plan and the look.
func TestExpiresDuringTheRunIsNotSilent(t *testing.T) {
	t.Parallel()
	expiry := time.Now().UTC().Truncate(time.Minute)
	start := expiry.Add(-2 * time.Second)
	w := newWorld(t, nil)
	w.cloud.SetClock(start)
	w.cloud.AddInstance(cloud.Instance{ID: "i-1", Expires: expiry})
	w.cloud.Fail(cloud.Fault{Action: "DescribeRenewalPrice", Kind: cloud.SlowAfter, Delay: 3 * time.Second})
	r := w.inProcess(start)
	if w.cloud.Charges("i-1") == 0 && (r.Status == renewal.OK || len(r.Lapsing) == 0) {
		t.Errorf("it ended unpaid, and the report says %s, lapsing %v", r.Status, r.Lapsing)
	}
}

// Short pages for reads by id.
func TestShortPagesOfReadsByID(t *testing.T) {
	t.Parallel()
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		w := newWorldWith(t, cloud.Options{PageCap: 2}, nil, due("i-1"), due("i-2"), due("i-3"), due("i-4"), due("i-5"))
		r := w.run("")
		if r.Counts.Renewed != 5 {
			t.Errorf("%+v", r.Counts)
		}
	})
	t.Run("named", func(t *testing.T) {
		t.Parallel()
		w := newWorldWith(t, cloud.Options{PageCap: 2}, nil, due("i-1"), due("i-2"), due("i-3"))
		res := w.invoke(`{"instanceIds":["i-1","i-2","i-3"]}`)
		if res.Error != nil {
			t.Errorf("%+v", res.Error)
		}
	})
}

// An expiry that JSON cannot say: an error after spending.
func TestNoErrorAfterSpendingForAnOddYear(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, due("i-1"), expiring("i-odd", 50*renewal.Day))
	in, _ := w.cloud.Instance("i-1")
	body := fmt.Sprintf(`{"RequestId":"R","Instances":{"Instance":[
	 {"InstanceId":"i-1","InstanceChargeType":"PrePaid","ExpiredTime":%q},
	 {"InstanceId":"i-odd","InstanceChargeType":"PrePaid","ExpiredTime":"0000-01-01T00:00+08:00"}]}}`, in.Expires.UTC().Format("2006-01-02T15:04Z"))
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.HTMLBody, Body: body, Call: 1})
	res := w.invoke("")
	if res.Error != nil && w.cloud.Charges("i-1") > 0 {
		t.Error("an error after spending")
	}
}

// One region hangs; the others go on.
func TestOneRegionThatHangsStopsNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing", "RENEW_RESERVE": "15s"}, due("i-1"))
	w.fn.Timeout = time.Minute
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-beijing", Kind: cloud.SlowAfter})
	w.run("")
	w.charged("i-1", 1)
}

// The price API hangs, and no money setting is in force.
func TestPriceThatHangsIsAWarning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_RESERVE": "15s"}, due("i-1"))
	w.fn.Timeout = time.Minute
	w.cloud.Fail(cloud.Fault{Action: "DescribeRenewalPrice", Kind: cloud.SlowAfter})
	w.run("")
	w.charged("i-1", 1)
}

// Auto-renewal: first answer lost though set, then throttled / refused: called failed.
func TestChangeInDoubtIsNotCalledFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_ACTION": "auto-renew"}, expiring("i-1", 5*renewal.Day))
	w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 1, Kind: cloud.LoseAnswer})
	w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 2, Kind: cloud.RefuseBefore, Status: 403, Code: "IncorrectInstanceStatus"})
	r := w.run("")
	if e := entry(t, r, "i-1"); e.Outcome == renewal.OutcomeFailed && strings.HasPrefix(w.status("i-1"), "AutoRenewal") {
		t.Errorf("called failed, and it is %s", w.status("i-1"))
	}
}

// SetState throttled for 40 s; meanwhile its owner says NotRenewal.
func TestNoChangeOnAnOldLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_ACTION": "auto-renew"}, expiring("i-1", 5*renewal.Day))
	w.fn.Timeout = 3 * time.Minute
	var once sync.Once
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "ModifyInstanceAutoRenewAttribute" {
			once.Do(func() { time.AfterFunc(time.Second, func() { w.cloud.SetRenewalStatus("i-1", "NotRenewal") }) })
		}
	})
	w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Kind: cloud.Throttle, Call: 1, Count: 9})
	w.run("")
	if s := w.status("i-1"); !strings.HasPrefix(s, "NotRenewal") {
		t.Errorf("do-not-renew was undone: %s", s)
	}
}

// Two cloud events, one says its region.
func TestCloudEventsWithAndWithoutRegion(t *testing.T) {
	t.Parallel()
	b := due("i-b")
	b.Region = "cn-beijing"
	w := newWorld(t, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"}, due("i-1"), b)
	res := w.invoke(`[{"specversion":"1.0","source":"acs.ecs","type":"t","subject":"acs:ecs:cn-hangzhou:1234567890123456:instance/i-1"},{"specversion":"1.0","source":"acs.ecs","type":"t","data":{"instanceId":"i-b"}}]`)
	if res.Error != nil {
		t.Errorf("%+v", res.Error)
	}
	w.charged("i-1", 1)
	w.charged("i-b", 1)
}

// What is due where the list broke off takes nothing of the caps from the rest.
func TestIncompleteListTakesNothingOfTheCaps(t *testing.T) {
	t.Parallel()
	b1, b2 := expiring("i-b1", renewal.Day), expiring("i-b2", renewal.Day)
	b1.Region, b2.Region = "cn-beijing", "cn-beijing"
	w := newWorldWith(t, cloud.Options{PageCap: 1}, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing", "RENEW_MAX_COUNT": "1"}, b1, b2, due("i-1"))
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-beijing", Kind: cloud.TokenError})
	r := w.run("")
	w.charged("i-1", 1)
	outcome(t, r, "i-1", renewal.Renewed)
	outcome(t, r, "i-b1", renewal.NotTried)
	if r.Money.Planned != "100.00" || r.Status != renewal.Partial {
		t.Errorf("%s %+v", r.Status, r.Money)
	}
}

// A list whose token was refused once is begun again, and is whole then.
func TestListIsBegunAgain(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{PageCap: 1}, nil, due("i-1"), due("i-2"), due("i-3"))
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.TokenError, Call: 2})
	r := w.run("")
	if r.Counts.Listed != 3 || r.Counts.Renewed != 3 || r.Status != renewal.OK {
		t.Errorf("%s %+v %+v", r.Status, r.Counts, r.Scopes)
	}
}

// A change in doubt, then refused for the batch and for each alone: what was set
// is not called failed.
func TestBatchInDoubtIsReadBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_ACTION": "auto-renew"}, expiring("i-1", 5*renewal.Day), expiring("i-2", 5*renewal.Day))
	w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 1, Kind: cloud.LoseAnswer})
	w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Call: 2, Count: 9, Kind: cloud.RefuseBefore, Status: 403, Code: "IncorrectInstanceStatus"})
	r := w.run("")
	for _, id := range []string{"i-1", "i-2"} {
		outcome(t, r, id, renewal.AutoRenewOn)
	}
}

// The tags change between price and payment, so that a rule with a lower cap on
// the price holds.
func TestTagsChangeUnderTheCapOfARule(t *testing.T) {
	t.Parallel()
	in := due("i-1")
	in.Tags = map[string]string{"team": "a"}
	w := newWorld(t, map[string]string{"RENEW_RULES": `[
		{name: a, when: 'tags["team"] == "a"', max-price: 800},
		{name: others, when: 'true', max-price: 50}]`}, in)
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "DescribeRenewalPrice" {
			w.cloud.SetTags("i-1", map[string]string{"team": "b"})
		}
	})
	r := w.run("")
	w.charged("i-1", 0)
	outcome(t, r, "i-1", renewal.Stale)
}

// A brake inside an event of the cloud is not overlooked.
func TestBrakeInTheDataOfACloudEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, due("i-1"))
	w.refused(`{"id":"1","specversion":"1.0","source":"my.app","type":"renew","data":{"instanceId":"i-1","dryRun":true}}`, "bad-event")
	w.refused(`{"id":"1","specversion":"1.0","source":"my.app","type":"renew","subject":"i-1","data":{"content":{"dryRun":false}}}`, "bad-event")
}
