package bench

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// BenchmarkCoverage looks through 100,000 listed instances, none of them due, with
// 30 rules and 40 entries that select or exclude, and without them: by turns, so
// that what else the machine does is in both.
func BenchmarkCoverage(b *testing.B) {
	const listed, rounds = 100_000, 3
	list := regions(20)
	env := map[string]string{"RENEW_REGIONS": join(list), "RENEW_ACTION": "report"}
	plain := newWorld(b, cloud.Options{Regions: list}, env, fleet("far", listed, far, list...)...)
	plain.unfiltered(b)
	covered := &world{cloud: plain.cloud, server: plain.server, fn: plain.fn}
	covered.fn.Env = settings(plain.fn.Env)
	var ratios, seconds []float64
	for b.Loop() {
		for range rounds {
			without, with := plain.lookThrough(b, listed), covered.lookThrough(b, listed)
			ratios, seconds = append(ratios, with/without), append(seconds, with)
		}
	}
	report(b,
		figure{median(ratios), "×of-without", 1.1},
		figure{value: median(seconds), unit: "CPU-s"},
		// The compiled rules, however many are listed.
		figure{value: float64(statusOf(b, covered.rt.PID(), "VmHWM")-statusOf(b, plain.rt.PID(), "VmHWM")) / 1000, unit: "MB-more"},
	)
}

// lookThrough gives the processor time of a run, in seconds.
func (w *world) lookThrough(b *testing.B, listed int) float64 {
	b.Helper()
	w.deploy(b)
	if w.rt.PID() == 0 {
		w.invoke(b) // the process starts with the first event
	}
	before := processorTime(b, w.rt.PID())
	if r, _ := w.invoke(b); r.Counts.Listed != listed {
		b.Fatalf("%+v", r.Counts)
	}
	return processorTime(b, w.rt.PID()) - before
}

// settings are those of a large company: 30 rules, and 40 entries.
func settings(base map[string]string) map[string]string {
	env := maps.Clone(base)
	var rules, ids, names, tags []string
	for i := range 30 {
		rules = append(rules, fmt.Sprintf(`{name: rule-%d, when: 'tags["team"] == "team-%d" and region startsWith "cn-"', action: renew}`, i, i))
	}
	for i := range 15 {
		ids = append(ids, fmt.Sprintf("i-far%06d", 1000*i))
		names = append(names, fmt.Sprintf("tmp-%d-*", i))
	}
	for i := range 10 {
		tags = append(tags, fmt.Sprintf("env=test-%d", i))
	}
	env["RENEW_RULES"] = "[" + strings.Join(rules, ", ") + "]"
	env["RENEW_EXCLUDE_IDS"], env["RENEW_EXCLUDE_NAMES"], env["RENEW_EXCLUDE_TAGS"] = strings.Join(ids, ","), strings.Join(names, ","), strings.Join(tags, ",")
	return env
}

// processorTime is what a process has used so far, user and system, in seconds.
func processorTime(tb testing.TB, pid int) float64 {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Skip("the processor time of a process is read from /proc, which is not here")
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields, ticks := strings.Fields(rest), 0
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			tb.Fatal(err)
		}
		ticks += n
	}
	return float64(ticks) / 100 // a tick is a hundredth of a second wherever Linux tells it
}
