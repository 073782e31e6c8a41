package handler_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const theirs = "2222222222222222"

// inARole gives a world whose function works in another account, by a role
// whose first credentials have to be fetched anew after some time. The second
// AssumeRole then takes its time.
func inARole(t *testing.T, options cloud.Options, env map[string]string, freshFor, fetching time.Duration) (w *world, start time.Time) {
	t.Helper()
	all := map[string]string{"RENEW_ACCOUNTS": "acs:ram::" + theirs + ":role/renewer"}
	for k, v := range env {
		all[k] = v
	}
	w = newWorldWith(t, options, all)
	w.cloud.AddAccount(cloud.Account{ID: theirs, Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account}}}})
	w.cloud.AddKey(theirs, cloud.Key{AccessKeyID: "STS.short", AccessKeySecret: "shortsecret", SecurityToken: "shorttoken"})
	start = time.Now()
	w.cloud.Fail(cloud.Fault{Action: "AssumeRole", Kind: cloud.HTMLBody, Call: 1, Body: fmt.Sprintf(
		`{"RequestId":"R","Credentials":{"AccessKeyId":"STS.short","AccessKeySecret":"shortsecret","SecurityToken":"shorttoken","Expiration":%q}}`,
		start.Add(freshFor*4/3).UTC().Format(time.RFC3339))}) // they are fetched anew for the last quarter of their life
	w.cloud.Fail(cloud.Fault{Action: "AssumeRole", Kind: cloud.SlowAfter, Call: 2, Delay: fetching})
	return w, start
}

// Fetching credentials is part of signing, and comes between the look and the
// money call: a payment does not wait for it on an old look, or into its deadline.
func TestCredentialsFetchedBeforeThePayment(t *testing.T) {
	t.Parallel()
	const n = 12
	w, start := inARole(t, cloud.Options{}, map[string]string{"RENEW_CONCURRENCY": "1"}, 20*time.Second, 18*time.Second)
	for i := range n {
		in := expiring(fmt.Sprintf("i-%02d", i), 3*renewal.Day+time.Duration(i)*time.Minute)
		in.Account = theirs
		w.cloud.AddInstance(in)
	}
	w.fn.Timeout = time.Minute
	w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.Slow, Call: 1, Count: 7, Delay: 3 * time.Second})
	w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.SlowAfter, Call: 8, Count: 99})
	w.run("")
	if assumed := w.cloud.CallCount("AssumeRole"); assumed < 2 {
		t.Fatalf("the role was assumed %d times: nothing was fetched anew", assumed)
	}
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
			if left := time.Minute - call.Wall.Sub(start); left < 30*time.Second {
				t.Errorf("%s: a payment began %v before the deadline", id, left)
			}
		}
	}
}

// Nor does the token of the day wait: meanwhile the cause of the refusal passes,
// and another run pays with the first token.
func TestCredentialsFetchedBeforeTheTokenOfTheDay(t *testing.T) {
	t.Parallel()
	w, _ := inARole(t, cloud.Options{ExpiryDelay: time.Minute}, map[string]string{"RENEW_VERIFY": "20s"}, 13*time.Second, 12*time.Second)
	in := due("i-1")
	in.Account = theirs
	w.cloud.AddInstance(in)
	w.cloud.SetNoStock("i-1", true)
	w.fn.Timeout = 2 * time.Minute
	w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.Slow, Call: 2, Delay: 5 * time.Second})
	other, assumed := make(chan error, 1), 0
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action != "AssumeRole" {
			return
		}
		if assumed++; assumed != 2 {
			return
		}
		w.cloud.SetNoStock("i-1", false)
		go func() {
			environ := []string{"RENEW_ACTION=renew", "RENEW_VERIFY=2s", "RENEW_ENDPOINT=" + w.server.URL()}
			h := &handler.Handler{Connect: connect, Environ: func() []string { return environ }, Out: new(bytes.Buffer), Now: time.Now}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			_, err := h.Answer(ctx, handler.Invocation{
				RequestID: "other", AccountID: theirs, Region: hangzhou, Keys: handler.Keys{ID: "STS.short", Secret: "shortsecret", Token: "shorttoken"},
			}, nil)
			other <- err
		}()
	})
	w.run("")
	if assumed < 2 {
		t.Fatalf("the role was assumed %d times: nothing was fetched anew", assumed)
	}
	if err := <-other; err != nil {
		t.Error(err)
	}
	w.charged("i-1", 1)
}

// Whatever hangs for one account, the others are renewed.
func TestWhatHangsStopsNoOtherAccount(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   map[string]string
		fault cloud.Fault
	}{
		"its role":    {map[string]string{"RENEW_ACCOUNTS": "self,acs:ram::" + theirs + ":role/renewer"}, cloud.Fault{Action: "AssumeRole", Kind: cloud.SlowAfter}},
		"its balance": {map[string]string{"RENEW_ACTION": "auto-renew", "RENEW_MIN_BALANCE": "1"}, cloud.Fault{Action: "QueryAccountBalance", Kind: cloud.SlowAfter}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.env, expiring("i-1", 5*renewal.Day))
			w.env["RENEW_RESERVE"] = "15s"
			w.cloud.AddAccount(cloud.Account{ID: theirs, Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account}}}})
			w.fn.Timeout = time.Minute
			w.cloud.Fail(tt.fault)
			r := w.run("")
			if n := r.Counts.Renewed + r.Counts.AutoRenewOn; n != 1 {
				t.Errorf("%+v %+v", r.Counts, r.Scopes)
			}
		})
	}
}
