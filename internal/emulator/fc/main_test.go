package fc

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var binary string // of testdata/function

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

// atOnce is how many of the tests that wait do so side by side, where -parallel does
// not say it.
const atOnce = "8"

func runAll(m *testing.M) int {
	if err := flag.Set("test.parallel", atOnce); err != nil { // before the flags are read
		panic(err)
	}
	dir, err := os.MkdirTemp("", "fc-emulator")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "main")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "./testdata/function").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

var role = Credentials{AccessKeyID: "STS.role", AccessKeySecret: "role-secret", SecurityToken: "role-token"}

func start(t *testing.T, f Function) *Runtime {
	t.Helper()
	f.Path = binary
	if f.Credentials == (Credentials{}) {
		f.Credentials = role
	}
	r, err := Start(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if pids := r.PIDs(); pids != nil {
			t.Errorf("still alive after Close: %v", pids)
		}
		if t.Failed() {
			t.Logf("output of the function:\n%s", r.Logs())
		}
	})
	return r
}

func invoke(t *testing.T, r *Runtime, payload string) Result {
	t.Helper()
	res, err := r.Invoke(t.Context(), []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// seen is what the test function tells about its surroundings.
type seen struct {
	Events   int
	Payload  string
	Deadline int64
	Env      []string
	Context  struct {
		RequestID, Region, AccountID string
		RetryCount                   int
		Credentials                  map[string]string
		Function                     struct {
			Name, Handler, Memory string
			Timeout               int
		}
		Service struct{ Qualifier string }
	}
}

func decode(t *testing.T, res Result) seen {
	t.Helper()
	if res.Failed() {
		t.Fatalf("the function failed: %+v", res)
	}
	var s seen
	if err := json.Unmarshal(res.Payload, &s); err != nil {
		t.Fatalf("%v in %s", err, res.Payload)
	}
	return s
}

// testContext bounds what a broken emulator would never end.
func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
