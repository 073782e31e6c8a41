package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

const (
	period = 100 * time.Millisecond
	quota  = 5 * time.Millisecond // of every period: 0.05 vCPU
)

// BenchmarkSlow renews what a small fleet has due in a day (5 regions, 50 instances) over TLS, with a
// cold start, on 1/20 of a processor: in a cgroup where one can be made (version
// 2 or 1), else with the process stopped for 95 ms of every 100.
func BenchmarkSlow(b *testing.B) {
	var idle, busy, quick, many time.Duration
	var calls int
	grouped := 0.0
	for b.Loop() {
		var limited bool
		quick, _, _ = slowRun(b, 50, soon, false)
		idle, _, _ = slowRun(b, 50, far, true)
		many, _, _ = slowRun(b, 1000, soon, true)
		busy, calls, limited = slowRun(b, 50, soon, true)
		if limited {
			grouped = 1
		}
	}
	report(b,
		figure{value: busy.Seconds(), unit: "s-50-due"},
		figure{value: idle.Seconds(), unit: "s-none-due"},
		figure{value: many.Seconds(), unit: "s-1000-due"},
		figure{value: quick.Seconds(), unit: "s-50-due-whole-cpu"},
		figure{value: float64(busy) / float64(quick), unit: "×whole-cpu"},
		figure{value: float64(calls), unit: "calls"},
		figure{value: grouped, unit: "cgroup"},
	)
}

func slowRun(b *testing.B, n int, in time.Duration, slow bool) (wall time.Duration, calls int, grouped bool) {
	b.Helper()
	list := regions(5)
	w := newWorld(b, cloud.Options{Regions: list, Latency: latency}, map[string]string{"RENEW_REGIONS": join(list)}, fleet("x", n, in, list...)...)
	w.overTLS(b)
	if slow {
		if procs, err := slowGroup(b); err == nil {
			// The shell enters the group before it becomes the function.
			w.fn.Path, w.fn.Args = "/bin/sh", []string{"-c", `echo $$ >"$0" && exec "$1"`, procs, function()}
			grouped = true
		} else {
			w.deploy(b)
			stop := make(chan struct{})
			defer close(stop)
			go dutyCycle(w, stop)
		}
	}
	begun := time.Now()
	r, _ := w.invoke(b)
	wall = time.Since(begun)
	if in == soon && r.Counts.Renewed != n || in == far && r.Counts.Due != 0 {
		b.Fatalf("%+v", r.Counts)
	}
	calls = w.cloud.CallCount("")
	_ = w.rt.Close()
	return wall, calls, grouped
}

// slowGroup makes a cgroup with a limit and gives the file that takes processes.
func slowGroup(b *testing.B) (procs string, err error) {
	b.Helper()
	var problems []error
	for _, kind := range []struct {
		root  string
		limit map[string]string
	}{
		{"/sys/fs/cgroup", map[string]string{"cpu.max": fmt.Sprintf("%d %d", quota.Microseconds(), period.Microseconds())}},
		{"/sys/fs/cgroup/cpu", map[string]string{
			"cpu.cfs_period_us": fmt.Sprint(period.Microseconds()), "cpu.cfs_quota_us": fmt.Sprint(quota.Microseconds()),
		}},
	} {
		if _, err := os.Stat(filepath.Join(kind.root, "cgroup.procs")); err != nil {
			problems = append(problems, err)
			continue
		}
		dir, err := os.MkdirTemp(kind.root, "fc-renewer-bench")
		if err != nil {
			problems = append(problems, err)
			continue
		}
		b.Cleanup(func() { _ = os.Remove(dir) })
		err = nil
		for name, value := range kind.limit {
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(value), 0o600))
		}
		if err == nil {
			return filepath.Join(dir, "cgroup.procs"), nil
		}
		problems = append(problems, err)
	}
	return "", errors.Join(problems...)
}

// dutyCycle lets the function's process run for quota of every period.
func dutyCycle(w *world, stop <-chan struct{}) {
	signal := func(s syscall.Signal) {
		for _, pid := range w.rt.PIDs() {
			_ = syscall.Kill(pid, s)
		}
	}
	for {
		signal(syscall.SIGCONT)
		time.Sleep(quota)
		signal(syscall.SIGSTOP)
		select {
		case <-stop:
			signal(syscall.SIGCONT)
			return
		case <-time.After(period - quota):
		}
	}
}
