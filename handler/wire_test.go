package handler_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The tests of this file and its neighbours drive the built binary: the real
// runtime protocol on one side, signed requests to the emulated cloud on the
// other. What happened is read from the ledger of that cloud.

// binary is the function, built once: as it is deployed, but with the command line,
// whose policy command is tried against what the function calls. Under the race
// detector it is built with it, too.
//
// go run gives it to cp instead of starting it, since it keeps what it has linked:
// where nothing has changed since the last time, nothing is linked again.
var (
	binary     string
	buildFlags = []string{"run", "-exec=cp", "-tags=nethttpomithttp2", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}
)

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

// atOnce is how many tests run side by side where -parallel does not say it: they
// wait far more than they compute, whatever the number of processors.
const atOnce = "32"

func buildAndRun(m *testing.M) int {
	debug.SetGCPercent(400)                                   // there is more memory than time
	if err := flag.Set("test.parallel", atOnce); err != nil { // before the flags are read
		panic(err)
	}
	dir, err := os.MkdirTemp("", "fc-renewer")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "main")
	build := exec.Command("go", append(buildFlags, "github.com/fc-renewer/fc-renewer", binary)...)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic("the function does not build: " + err.Error())
	}
	return m.Run()
}

// A world is an emulated cloud on the wire, and the built function that runs
// against it in real time.
type world struct {
	emulated
	server *cloud.Server
	fn     fc.Function
	rt     *fc.Runtime
}

// settings that make tests quick, and act.
var quick = map[string]string{
	"RENEW_ACTION": "renew", "RENEW_VERIFY": "2s", "RENEW_RESERVE": "1s", "RENEW_MAX_COUNT": "unlimited",
}

func newWorld(t *testing.T, env map[string]string, instances ...cloud.Instance) *world {
	t.Helper()
	return newWorldWith(t, cloud.Options{}, env, instances...)
}

func newWorldWith(t *testing.T, options cloud.Options, env map[string]string, instances ...cloud.Instance) *world {
	t.Helper()
	w := &world{emulated: newEmulated(t, options)}
	w.add(instances...)
	server, err := w.cloud.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.server = server
	t.Cleanup(func() { _ = server.Close() })
	w.set(quick, map[string]string{"RENEW_ENDPOINT": server.URL()}, env)
	w.fn = fc.Function{
		Path: binary, Env: w.env, Region: hangzhou, AccountID: account, Timeout: time.Minute,
		Credentials: fc.Credentials{AccessKeyID: keyID, AccessKeySecret: keySecret, SecurityToken: keyToken},
	}
	return w
}

func (w *world) runtime() *fc.Runtime {
	w.t.Helper()
	if w.rt == nil {
		rt, err := fc.Start(context.Background(), w.fn)
		if err != nil {
			w.t.Fatal(err)
		}
		w.rt = rt
		w.t.Cleanup(func() {
			_ = rt.Close()
			w.noSecrets(rt.Logs())
			if violations := rt.Violations(); len(violations) > 0 {
				w.t.Errorf("the runtime protocol was violated: %v", violations)
			}
		})
	}
	return w.rt
}

// invoke delivers an event and gives what came back.
func (w *world) invoke(event string) fc.Result {
	w.t.Helper()
	result, err := w.runtime().Invoke(context.Background(), []byte(event))
	if err != nil {
		w.t.Fatal(err)
	}
	w.noSecrets(string(result.Payload))
	if result.Error != nil {
		w.noSecrets(result.Error.Message)
	}
	return result
}

// run delivers an event that must give a report.
func (w *world) run(event string) renewal.Report {
	w.t.Helper()
	result := w.invoke(event)
	return w.report(result)
}

func (w *world) report(result fc.Result) renewal.Report {
	w.t.Helper()
	if result.Error != nil || result.Crashed || result.TimedOut {
		w.t.Fatalf("no report: %+v\n%s", result, result.Log)
	}
	return w.read(result.Payload)
}

// refused delivers an event that must end in an error of the given type.
func (w *world) refused(event, kind string) string {
	w.t.Helper()
	result := w.invoke(event)
	if result.Error == nil || result.Error.Type != kind {
		w.t.Fatalf("got %+v, want an error of type %s", result, kind)
	}
	w.unchanged()
	return result.Error.Message
}

type fcCredentials = fc.Credentials

const (
	envOnly = fc.EnvOnly
	nowhere = fc.None
)
