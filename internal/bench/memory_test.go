package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// BenchmarkMemory renews 1,000 instances in 20 regions, of lists that hold up to
// 100,000: the cloud here ignores the filters of a list, so that everything is
// sent and has to be looked through.
func BenchmarkMemory(b *testing.B) {
	const most = 100_000
	peak := map[int]float64{}
	var manyDue float64
	for b.Loop() {
		for _, listed := range []int{1000, 10_000, 50_000, most} {
			peak[listed] = peakOf(b, listed, due)
		}
		manyDue = peakOf(b, 10*due, 10*due)
	}
	report(b,
		figure{peak[most], "MB", 64},
		figure{value: peak[1000], unit: "MB-of-1k"},
		figure{value: peak[10_000], unit: "MB-of-10k"},
		figure{value: peak[50_000], unit: "MB-of-50k"},
		figure{peak[most] / peak[10_000], "×of-10k", 1.1},
		figure{value: (manyDue - peak[1000]) * 1024 / (9 * due), unit: "KB/due"},
	)
}

// peakOf gives the most memory that the process ever held, in MB, renewing the
// due ones of a list.
func peakOf(b *testing.B, listed, due int) float64 {
	b.Helper()
	list := regions(20)
	w := newWorld(b, cloud.Options{Regions: list}, map[string]string{"RENEW_REGIONS": join(list)}, fleet("due", due, soon, list...)...)
	for _, in := range fleet("far", listed-due, far, list...) {
		w.cloud.AddInstance(in)
	}
	w.unfiltered(b)
	r, _ := w.invoke(b)
	if r.Counts.Listed != listed || r.Counts.Renewed != due {
		b.Fatalf("%+v", r.Counts)
	}
	kb := statusOf(b, w.rt.PID(), "VmHWM")
	_ = w.rt.Close()
	return float64(kb) / 1024
}

// statusOf reads a figure in kB of what Linux tells about a process.
func statusOf(tb testing.TB, pid int, name string) int {
	tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		tb.Skip("the memory of a process is read from /proc, which is not here")
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name+":" {
			n, err := strconv.Atoi(fields[1])
			if err != nil {
				tb.Fatal(err)
			}
			return n
		}
	}
	tb.Fatalf("there is no %s", name)
	return 0
}
