package handler_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// inARole plays a scenario with a function that works in another account, by a
// role whose first credentials have to be fetched anew after some time. The
// second AssumeRole then takes its time.
func inARole(t *testing.T, options cloud.Options, s settings, freshFor, fetching time.Duration, play func(t *testing.T, w *bubble)) {
	t.Helper()
	inBubble(t, options, s, func(t *testing.T, w *bubble) {
		w.env["RENEW_ACCOUNTS"] = "acs:ram::" + second + ":role/renewer"
		w.cloud.AddAccount(cloud.Account{ID: second, Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account}}}})
		w.cloud.AddKey(second, cloud.Key{AccessKeyID: "STS.short", AccessKeySecret: "shortsecret", SecurityToken: "shorttoken"})
		w.cloud.Fail(cloud.Fault{Action: "AssumeRole", Kind: cloud.HTMLBody, Call: 1, Body: fmt.Sprintf(
			`{"RequestId":"R","Credentials":{"AccessKeyId":"STS.short","AccessKeySecret":"shortsecret","SecurityToken":"shorttoken","Expiration":%q}}`,
			time.Now().Add(freshFor*4/3).UTC().Format(time.RFC3339))}) // they are fetched anew for the last quarter of their life
		w.cloud.Fail(cloud.Fault{Action: "AssumeRole", Kind: cloud.SlowAfter, Call: 2, Delay: fetching})
		play(t, w)
		if assumed := w.cloud.CallCount("AssumeRole"); assumed < 2 {
			t.Errorf("the role was assumed %d times: nothing was fetched anew", assumed)
		}
	})
}

// theirs is an instance of the account whose role is assumed.
func theirs(in cloud.Instance) cloud.Instance {
	in.Account = second
	return in
}

// Fetching credentials is part of signing, and comes between the look and the
// money call: a payment does not wait for it on an old look, or into its deadline.
func TestCredentialsFetchedBeforeThePayment(t *testing.T) {
	t.Parallel()
	inARole(t, cloud.Options{}, settings{"RENEW_CONCURRENCY": "1"}, 20*time.Second, 18*time.Second, func(t *testing.T, w *bubble) {
		const n = 12
		for i := range n {
			w.add(theirs(expiring(fmt.Sprintf("i-%02d", i), 3*renewal.Day+time.Duration(i)*time.Minute)))
		}
		w.timeout = 90 * time.Second
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.Slow, Call: 1, Count: 7, Delay: 3 * time.Second})
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.SlowAfter, Call: 8, Count: 99})
		deadline := time.Now().Add(w.timeout)
		w.run("")
		looked := map[string]time.Time{}
		for _, call := range w.cloud.Calls() {
			switch id := call.Params.Get("InstanceId"); call.Action {
			case "DescribeInstances":
				for i := range n {
					if id := fmt.Sprintf("i-%02d", i); strings.Contains(call.Params.Get("InstanceIds"), id) {
						looked[id] = call.Wall
					}
				}
			case "RenewInstance":
				if age := call.Wall.Sub(looked[id]); age > 30*time.Second {
					t.Errorf("%s was paid for on a look %v old", id, age)
				}
				if left := deadline.Sub(call.Wall); left < 30*time.Second {
					t.Errorf("%s: a payment began %v before the deadline", id, left)
				}
			}
		}
	})
}

// Nor does a second token wait: meanwhile the cause of the refusal passes, and
// another run pays with the first.
func TestCredentialsFetchedBeforeASecondToken(t *testing.T) {
	t.Parallel()
	inARole(t, cloud.Options{ExpiryDelay: time.Minute}, nil, 13*time.Second, 12*time.Second, func(_ *testing.T, w *bubble) {
		w.add(theirs(due("i-1")))
		w.cloud.SetNoStock("i-1", true)
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.Slow, Call: 2, Delay: 5 * time.Second})
		var assumed atomic.Int32
		w.cloud.OnCall(func(c cloud.Call) {
			if c.Action == "AssumeRole" && assumed.Add(1) == 2 {
				w.cloud.SetNoStock("i-1", false)
				there := w.in
				there.AccountID, there.Keys = second, renewal.Keys{ID: "STS.short", Secret: "shortsecret", Token: "shorttoken"}
				w.beginAs(there, settings{"RENEW_ACTION": "renew", "RENEW_ENDPOINT": w.env["RENEW_ENDPOINT"]}, "")
			}
		})
		w.run("")
		w.ended()
		w.charged("i-1", 1)
	})
}

// Whatever hangs for one account, the others are renewed.
func TestWhatHangsStopsNoOtherAccount(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   map[string]string
		fault cloud.Fault
	}{
		"its role":    {map[string]string{"RENEW_ACCOUNTS": "self,acs:ram::" + second + ":role/renewer"}, cloud.Fault{Action: "AssumeRole", Kind: cloud.SlowAfter}},
		"its balance": {map[string]string{"RENEW_ACTION": "auto-renew", "RENEW_MIN_BALANCE": "1"}, cloud.Fault{Action: "QueryAccountBalance", Kind: cloud.SlowAfter}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
				w.add(expiring("i-1", 5*renewal.Day))
				w.env["RENEW_RESERVE"] = "15s"
				w.cloud.AddAccount(cloud.Account{ID: second, Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account}}}})
				w.timeout = time.Minute
				w.cloud.Fail(tt.fault)
				r := w.run("")
				if n := r.Counts.Renewed + r.Counts.AutoRenewOn; n != 1 {
					t.Errorf("%+v %+v", r.Counts, r.Scopes)
				}
			})
		})
	}
}
