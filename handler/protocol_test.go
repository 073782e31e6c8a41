package handler_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// More of what only the built binary can show (see built_test.go): TLS, and what
// the platform does between an event and its answer.

// The function speaks TLS to a cloud that it has a reason to trust, and says
// nothing to one that it has none for.
func TestSpeaksTLS(t *testing.T) {
	t.Parallel()
	over := func(t *testing.T, trusted string) *world {
		w := newWorld(t, nil, due("i-1"))
		w.env["RENEW_ENDPOINT"] = w.server.TLSURL()
		file := filepath.Join(t.TempDir(), "authorities.pem")
		if trusted == "" {
			trusted = string(w.server.CAPEM())
		}
		if err := os.WriteFile(file, []byte(trusted), 0o600); err != nil {
			t.Fatal(err)
		}
		w.fn.BaseEnv = []string{"SSL_CERT_FILE=" + file, "SSL_CERT_DIR=" + t.TempDir()}
		return w
	}
	t.Run("trusted", func(t *testing.T) {
		t.Parallel()
		w := over(t, "")
		outcome(t, w.run(""), "i-1", renewal.Renewed)
		w.charged("i-1", 1)
		for _, call := range w.cloud.Calls() {
			if !call.TLS {
				t.Errorf("%s was not sent over TLS", call.Action)
			}
		}
	})
	t.Run("not trusted", func(t *testing.T) {
		t.Parallel()
		w := over(t, "# nobody\n")
		if message := w.refused("", "unavailable"); !strings.Contains(message, "certificate") {
			t.Error(message)
		}
		if n := w.cloud.CallCount(""); n != 0 {
			t.Errorf("%d calls were sent", n)
		}
	})
}

// The process dies before the cloud has its money call, and the platform delivers
// the event again.
func TestCrashBeforeTheChargePaysOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, due("i-1"))
	var died atomic.Bool
	w.cloud.OnCall(func(c cloud.Call) {
		if c.Action == "DescribeRenewalPrice" && died.CompareAndSwap(false, true) {
			w.rt.Kill()
		}
	})
	results, err := w.runtime().InvokeAsync(context.Background(), nil)
	if err != nil || len(results) != 2 || !results[0].Crashed {
		t.Fatalf("want a crash and a second attempt: %v, %+v", err, results)
	}
	outcome(t, w.report(results[1]), "i-1", renewal.Renewed)
	w.charged("i-1", 1)
}

// The run is over and paid, and the process dies before the platform has its
// result: the event is delivered again.
func TestResultThatIsLostPaysOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, due("i-1"))
	w.fn.Fault = func(c fc.Call) fc.Fault {
		if c.Kind == fc.CallResponse && c.Attempt == 0 {
			return fc.Die
		}
		return fc.NoFault
	}
	results, err := w.runtime().InvokeAsync(context.Background(), nil)
	if err != nil || len(results) != 2 || !results[0].Crashed {
		t.Fatalf("want a crash and a second attempt: %v, %+v", err, results)
	}
	if r := w.report(results[1]); r.Status != renewal.OK || r.Counts.Due != 0 {
		t.Errorf("the second attempt finds something to do: %+v", r.Counts)
	}
	w.charged("i-1", 1)
}

// A process lives on between events, and the role's keys do not: every event is
// signed for with its own.
func TestEveryEventHasItsOwnKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, due("i-1"))
	w.run("")
	next := fc.Credentials{AccessKeyID: "STS.NTestAccessKeyId0002", AccessKeySecret: "TestAccessKeySecretOfTheRole0002", SecurityToken: "CAISTestSecurityTokenOfTheRole+/=0002"}
	w.cloud.AddAccount(cloud.Account{ID: account, AccessKeyID: next.AccessKeyID, AccessKeySecret: next.AccessKeySecret, SecurityToken: next.SecurityToken})
	w.cloud.RemoveKey(keyID)
	w.add(due("i-2"))
	result, err := w.runtime().InvokeWith(context.Background(), nil, fc.Options{Credentials: &next})
	if err != nil {
		t.Fatal(err)
	}
	outcome(t, w.report(result), "i-2", renewal.Renewed)
	w.charged("i-1", 1)
	w.charged("i-2", 1)
	if all := w.rt.Logs() + string(result.Payload); strings.Contains(all, next.AccessKeySecret) || strings.Contains(all, next.SecurityToken) {
		t.Error("a secret got out")
	}
}
