package handler_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What only the built binary can show, in real time: the runtime protocol,
// crashes and redelivery, and what the kernel does to a connection. Whatever
// waits, and whatever is about the money alone, is in a bubble (bubble_test.go).

func TestRenewsWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, due("i-1"), expiring("i-far", 30*renewal.Day))
	r := w.run("")
	w.charged("i-1", 1)
	w.charged("i-far", 0)
	outcome(t, r, "i-1", renewal.Renewed)
	if r.Status != renewal.OK || r.Counts.Renewed != 1 || r.Money.Spent != "100.00" {
		t.Errorf("%+v", r)
	}
	again := w.run("")
	w.charged("i-1", 1)
	if again.Status != renewal.OK || again.Counts.Due != 0 {
		t.Errorf("the next run finds something to do: %+v", again)
	}
}

// An answer is lost as the kernel loses it.
func TestLostConnectionPaysOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []cloud.FaultKind{cloud.LoseAnswer, cloud.ResetBefore, cloud.ResetAfter, cloud.CutBody} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil, due("i-1"))
			w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: kind, Call: 1})
			r := w.run("")
			w.charged("i-1", 1)
			outcome(t, r, "i-1", renewal.Renewed)
			w.oneToken("i-1")
		})
	}
}

// The process dies right after the cloud has charged, and the platform
// delivers the event again.
func TestCrashAfterTheChargePaysOnce(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{ExpiryDelay: time.Second}, nil, due("i-1"), due("i-2"))
	died := false
	w.cloud.OnCommit(func(cloud.Charge) {
		if !died {
			died = true
			w.rt.Kill()
		}
	})
	w.env["RENEW_CONCURRENCY"] = "1"
	results, err := w.runtime().InvokeAsync(context.Background(), nil)
	if err != nil || len(results) != 2 || !results[0].Crashed {
		t.Fatalf("want a crash and a second attempt: %v, %+v", err, results)
	}
	w.charged("i-1", 1)
	w.charged("i-2", 1)
	if r := w.report(results[1]); r.Status != renewal.OK {
		t.Errorf("%+v", r)
	}
}

// The platform delivers two events at once, to two processes.
func TestTwoProcessesAtOncePayOnce(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{Processing: 20 * time.Millisecond}, map[string]string{"RENEW_CONCURRENCY": "64"})
	for i := range 12 {
		w.add(due(fmt.Sprintf("i-%d", i)))
	}
	results, err := w.runtime().InvokeTwice(context.Background(), nil, fc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range results {
		if r := w.report(result); r.Counts.Failed+r.Counts.Unknown+r.Counts.Unverified > 0 {
			t.Errorf("%+v", r)
		}
	}
	for i := range 12 {
		w.charged(fmt.Sprintf("i-%d", i), 1)
	}
}

func TestThreePagesAreRenewedWhole(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{PageCap: 20}, map[string]string{"RENEW_CONCURRENCY": "16"})
	const n = 50
	for i := range n {
		w.cloud.AddInstance(expiring(fmt.Sprintf("i-%03d", i), time.Duration(24+i%100)*time.Hour))
	}
	r := w.run("")
	if r.Counts.Listed != n || r.Counts.Renewed != n || r.Status != renewal.OK {
		t.Errorf("%+v", r.Counts)
	}
	for i := range n {
		w.charged(fmt.Sprintf("i-%03d", i), 1)
	}
}

func TestNoListAtAllIsAnError(t *testing.T) {
	t.Parallel()
	t.Run("the API is down", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"}, due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.BadGateway})
		w.refused("", "unavailable")
	})
	t.Run("the role may not list, and gets an empty list", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"))
		w.cloud.SetDenied(account, "ecs:DescribeInstances")
		if message := w.refused("", "denied"); !strings.Contains(message, "ecs:DescribeInstances") {
			t.Errorf("it does not say what to grant: %s", message)
		}
	})
	t.Run("the key is unknown", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"))
		w.cloud.RemoveKey(keyID)
		w.refused("", "denied")
	})
}

func TestThreeAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, threeAccounts)
	w.addThreeAccounts()
	r := w.run("")
	for _, id := range []string{"i-1", "i-2", "i-3"} {
		w.charged(id, 1)
		outcome(t, r, id, renewal.Renewed)
	}
	if entry(t, r, "i-2").Account != second || len(r.Scopes) != 3 {
		t.Errorf("%+v", r)
	}
}

// Credentials: the context's, else the environment's, else none.
func TestCredentials(t *testing.T) {
	t.Parallel()
	t.Run("the context wins over the environment", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"))
		w.fn.EnvCredentials = &fcCredentials{AccessKeyID: "STS.OtherKeyInTheEnvironment", AccessKeySecret: "other-secret-in-the-environment", SecurityToken: "other-token-in-the-environment"}
		w.run("")
		w.charged("i-1", 1)
	})
	t.Run("the environment where the context has none", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"))
		w.fn.CredentialsIn = envOnly
		w.run("")
		w.charged("i-1", 1)
	})
	t.Run("none at all", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"))
		w.fn.CredentialsIn = nowhere
		if message := w.refused("", "denied"); !strings.Contains(message, "role") {
			t.Errorf("%s", message)
		}
		if n := w.cloud.CallCount(""); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}

// Nothing secret in any output, for every way the cloud can fail in every call.
func TestNoSecretLeavesOnAnyFault(t *testing.T) {
	t.Parallel()
	actions := []string{"DescribeInstances", "DescribeInstanceAutoRenewAttribute", "DescribeRenewalPrice", "RenewInstance"}
	quiet := []cloud.FaultKind{cloud.Hook, cloud.Slow, cloud.SlowAfter, cloud.LateCommit}
	loud := slices.DeleteFunc(cloud.FaultKinds(), func(kind cloud.FaultKind) bool { return slices.Contains(quiet, kind) })
	for kinds := range slices.Chunk(loud, 5) { // in one process
		t.Run(fmt.Sprint(kinds), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{"RENEW_LOG": "debug", "RENEW_VERIFY": "0"}, due("i-1"))
			for _, kind := range kinds {
				for _, action := range actions {
					w.cloud.ClearFaults()
					w.cloud.SetExpiry("i-1", time.Now().Add(3*renewal.Day))
					echo := fmt.Sprintf("%s %s %s Signature=x", keyID, keySecret, keyToken)
					w.cloud.Fail(cloud.Fault{Action: action, Kind: kind, Call: 1, Message: echo, Location: w.server.URL() + "/?" + echo})
					w.invoke("") // every output is searched
				}
			}
			w.noSecrets(w.rt.Logs())
		})
	}
}
