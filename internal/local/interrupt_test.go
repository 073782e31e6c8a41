package local_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Ctrl-C while a payment is on its way: it is said which, that payment ends as it
// would have, nothing new begins, the report tells all, and the next run pays for
// the rest, for each instance once.
func TestInterruptedRun(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted there from outside")
	}
	for language, words := range map[string][]string{
		"en": {"interrupted: no further payment begins", "1 under way", "i-0", "none is paid for twice"},
		"zh": {"已中断：不再发起新的续费", "进行中 1 笔", "i-0", "不会重复扣款"},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			c := cloud.New(cloud.Options{ExpiryDelay: 50 * time.Millisecond})
			c.AddAccount(cloud.Account{AccessKeyID: "emulator", AccessKeySecret: "emulator"})
			for i := range 4 {
				c.AddInstance(cloud.Instance{ID: fmt.Sprintf("i-%d", i), Region: "cn-hangzhou", Expires: time.Now().Add(time.Duration(i+2) * renewal.Day), MonthlyPrice: "100.00"})
			}
			server, err := c.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = server.Close() }()
			run := func(onLine func(line string), begun func(*os.Process)) (renewal.Report, int) {
				t.Helper()
				binary, err := exec.LookPath("fc-renewer")
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				command := exec.CommandContext(t.Context(), binary, "run", "--json")
				command.Stdout = &out
				command.Env = []string{"ALIBABA_CLOUD_ACCESS_KEY_ID=emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator", "RENEW_ENDPOINT=" + server.URL(),
					"RENEW_REGIONS=cn-hangzhou", "RENEW_ACTION=renew", "RENEW_CONCURRENCY=1", "RENEW_VERIFY=5s", "RENEW_LANG=" + language}
				said, err := command.StderrPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := command.Start(); err != nil {
					t.Fatal(err)
				}
				begun(command.Process)
				lines := bufio.NewScanner(said)
				for lines.Buffer(nil, 1<<20); lines.Scan(); {
					onLine(lines.Text())
				}
				code := 0
				if err := command.Wait(); err != nil {
					exit, ok := errors.AsType[*exec.ExitError](err)
					if !ok {
						t.Fatal(err)
					}
					code = exit.ExitCode()
				}
				var r renewal.Report
				if err := json.Unmarshal(out.Bytes(), &r); err != nil {
					t.Fatalf("%v: %s", err, out.String())
				}
				return r, code
			}
			var process *os.Process
			started, heard := make(chan struct{}), make(chan struct{})
			var once sync.Once
			c.OnCall(func(call cloud.Call) {
				if call.Action != "RenewInstance" {
					return
				}
				once.Do(func() {
					<-started
					if err := process.Signal(os.Interrupt); err != nil {
						t.Error(err)
					}
					select {
					case <-heard: // the answer leaves when the interrupt was heeded
					case <-time.After(time.Minute):
						t.Error("nothing is said about the interrupt")
					}
				})
			})
			told := ""
			r, code := run(func(line string) {
				if told == "" && strings.HasPrefix(line, "fc-renewer") {
					told = line
					close(heard)
				}
			}, func(p *os.Process) { process = p; close(started) })
			for _, word := range words {
				if !strings.Contains(told, word) {
					t.Errorf("no %q in %q", word, told)
				}
			}
			if code != 1 || r.Counts.NotTried != 3 || r.Counts.Renewed+r.Counts.Unverified != 1 || len(c.Ledger()) != 1 {
				t.Errorf("exit code %d, %+v, %d charges", code, r.Counts, len(c.Ledger()))
			}
			if r, code = run(func(string) {}, func(*os.Process) {}); code != 0 || r.Counts.Renewed != 3 {
				t.Errorf("the next run: exit code %d, %+v", code, r.Counts)
			}
			for i := range 4 {
				if n := c.Charges(fmt.Sprintf("i-%d", i)); n != 1 {
					t.Errorf("i-%d was charged %d times", i, n)
				}
			}
		})
	}
}
