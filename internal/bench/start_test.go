package bench

import (
	"archive/zip"
	"compress/flate"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// BenchmarkStart compares the start of the process, to its first call for work,
// with that of a function that does nothing, and of one that does nothing but
// holds the same libraries.
func BenchmarkStart(b *testing.B) {
	var ours, least, libraries, ourCPU, leastCPU []time.Duration
	for b.Loop() {
		for range 21 { // by turns, since machines have moods
			wall, cpu := startOf(b, function())
			ours, ourCPU = append(ours, wall), append(ourCPU, cpu)
			wall, cpu = startOf(b, empty())
			least, leastCPU = append(least, wall), append(leastCPU, cpu)
			wall, _ = startOf(b, linked())
			libraries = append(libraries, wall)
		}
	}
	report(b,
		figure{float64(median(ours)) / float64(median(least)), "×empty", 1.25},
		figure{value: float64(median(ours)) / float64(median(libraries)), unit: "×linked"},
		figure{value: float64(median(ourCPU)) / float64(median(leastCPU)), unit: "×empty-cpu"},
		figure{value: median(ours).Seconds() * 1000, unit: "ms"},
		figure{value: median(least).Seconds() * 1000, unit: "ms-empty"},
		figure{value: median(ourCPU).Seconds() * 1000, unit: "ms-cpu"},
		figure{value: median(leastCPU).Seconds() * 1000, unit: "ms-cpu-empty"},
	)
}

// startOf gives the time from the start of a process to its first call for
// work, and the CPU time that it took.
func startOf(b *testing.B, path string) (wall, cpu time.Duration) {
	b.Helper()
	asked := make(chan time.Time, 1)
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- time.Now():
		default:
		}
		<-r.Context().Done() // there is no work
	}))
	defer api.Close()
	c := exec.Command(path)
	c.Env = []string{"FC_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"), "GOMAXPROCS=1"}
	begun := time.Now()
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	select {
	case at := <-asked:
		wall = at.Sub(begun)
	case <-time.After(10 * time.Second):
		b.Fatal("it does not ask for work")
	}
	_ = c.Process.Kill()
	_ = c.Wait()
	return wall, c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}

// BenchmarkZip is the size of what is deployed.
func BenchmarkZip(b *testing.B) {
	var size, bare, plain float64
	for b.Loop() {
		size, bare = zipped(b, function()), zipped(b, empty())
		info, err := os.Stat(function())
		if err != nil {
			b.Fatal(err)
		}
		plain = float64(info.Size()) / 1e6
	}
	report(b, figure{size, "MB", 6}, figure{value: size / bare, unit: "×empty"}, figure{value: plain, unit: "MB-unpacked"})
}

// zipped gives the size in MB of a zip with one file.
func zipped(b *testing.B, path string) float64 {
	b.Helper()
	counter := new(counter)
	z := zip.NewWriter(counter)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	file, err := z.Create("main")
	if err != nil {
		b.Fatal(err)
	}
	from, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	if _, err := io.Copy(file, from); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return float64(counter.n) / 1e6
}

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}
