package local_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/aliyun"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/local"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// TestMain lets the test binary be the program too, as the command line and as
// the function.
func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"fc-renewer": program})
}

// leakChecked fails tests that leave goroutines behind.
type leakChecked struct{ *testing.M }

// atOnce is how many tests run side by side where -parallel does not say it: they
// wait for emulated clouds more than they compute.
const atOnce = "16"

// Run implements testscript.TestingM.
func (m leakChecked) Run() int {
	if err := flag.Set("test.parallel", atOnce); err != nil { // before the flags are read
		panic(err)
	}
	code := m.M.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// program is what main does.
func program() {
	h := &handler.Handler{Connect: connect, Environ: os.Environ, ReadFile: os.ReadFile, Now: time.Now, Out: os.Stdout, Rights: aliyun.Rights(), Version: "v0.0.0-test"}
	if os.Getenv("FC_RUNTIME_API") != "" {
		h.Serve()
	}
	os.Exit(local.Main(os.Args[1:], h))
}

func connect(_ context.Context, in handler.Invocation, c config.Config) (handler.Accounts, error) {
	self, err := aliyun.New(aliyun.Options{Endpoint: c.Endpoint, Site: c.Policy.Site, Region: in.Region, Profile: in.Profile}, in.Keys)
	if err != nil {
		return nil, err
	}
	return account{self}, nil
}

// account is the one of the keys, whichever is asked for.
type account struct{ *aliyun.Cloud }

func (a account) Open(context.Context, string) (runner.Cloud, error) { return a, nil }

func (a account) Product(key string) runner.Product { return a.Cloud.Product(key) }

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Values[servedKey{}] = &served{}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "serve": serve, "interrupt": interrupt,
		},
	})
}

// exits runs a command and wants an exit code: exits 2 fc-renewer run
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// A served is an emulator that runs beside a script.
type served struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	text  strings.Builder
}

type servedKey struct{}

// serve starts fc-renewer emulate on a free port and sets $ENDPOINT:
// serve [--fleet fleet.yaml]
func serve(ts *testscript.TestScript, _ bool, args []string) {
	binary, err := exec.LookPath("fc-renewer")
	ts.Check(err)
	s := ts.Value(servedKey{}).(*served)
	s.cmd = exec.Command(binary, append([]string{"emulate", "--listen", "127.0.0.1:0"}, args...)...)
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(s.cmd.Start())
	ts.Defer(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	s.lines = bufio.NewScanner(out)
	for s.lines.Scan() {
		s.text.WriteString(s.lines.Text() + "\n")
		if _, after, ok := strings.Cut(s.lines.Text(), "listens on "); ok {
			url, _, _ := strings.Cut(after, " ")
			ts.Setenv("ENDPOINT", url)
		}
		if strings.HasPrefix(s.lines.Text(), "Ctrl-C") {
			return
		}
	}
	ts.Fatalf("the emulator did not start:\n%s", s.text.String())
}

// interrupt ends the emulator as Ctrl-C does, and shows what it printed.
func interrupt(ts *testscript.TestScript, _ bool, _ []string) {
	s := ts.Value(servedKey{}).(*served)
	ts.Check(s.cmd.Process.Signal(os.Interrupt))
	for s.lines.Scan() {
		s.text.WriteString(s.lines.Text() + "\n")
	}
	ts.Check(s.cmd.Wait())
	ts.Check(os.WriteFile(ts.MkAbs("served.txt"), []byte(s.text.String()), 0o600))
}
