package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/aliyun"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// callerURL makes this test binary a caller of the cloud: a process that does
// nothing else, so that its CPU time is that of the calls.
const callerURL = "BENCH_CALLER_URL"

// A spent is the CPU time of one call, user and system, in nanoseconds.
type spent struct{ Renew, Price, Page, Bare, Fresh float64 }

func beCaller() {
	base, err := url.Parse(os.Getenv(callerURL))
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	open := func() *aliyun.Cloud {
		c, err := aliyun.New(aliyun.Options{Endpoint: base, Region: hangzhou}, renewal.Keys{ID: "emulator", Secret: "emulator"})
		must(err)
		return c
	}
	c := open()
	id := func(i int) string { return fmt.Sprintf("i-due%06d", i) }
	var s spent
	s.Price = each(300, func(i int) { _, err := c.Price(ctx, hangzhou, id(i), month); must(err) })
	s.Renew = each(300, func(i int) { _, err := c.Renew(ctx, hangzhou, id(i), month, "token-"+id(i), time.Minute); must(err) })
	s.Page = each(50, func(int) {
		_, _, err := c.Page(ctx, hangzhou, time.Now(), time.Now().Add(100*24*time.Hour), "")
		must(err)
	})
	form := url.Values{"Action": {"DescribeRegions"}, "Version": {"2014-05-26"}, "AccessKeyId": {"emulator"}}.Encode()
	s.Bare = each(300, func(int) {
		answer, err := http.Post(base.String(), "application/x-www-form-urlencoded", strings.NewReader(form))
		must(err)
		_, err = io.Copy(io.Discard, answer.Body)
		must(err)
		must(answer.Body.Close())
	})
	s.Fresh = each(50, func(i int) { // a connection of its own
		c := open()
		_, err := c.Price(ctx, hangzhou, id(i), month)
		must(err)
		c.Close()
	})
	must(json.NewEncoder(os.Stdout).Encode(s))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// each gives the CPU time of do, of many calls after a few to warm up.
func each(n int, do func(i int)) float64 {
	const warm = 20
	for i := range warm {
		do(i)
	}
	before := cpuTime()
	for i := range n {
		do(warm + i)
	}
	return float64(cpuTime()-before) / float64(n)
}

// BenchmarkCall is what one call costs in CPU time, with one processor.
func BenchmarkCall(b *testing.B) {
	w := newWorld(b, cloud.Options{SkipSignature: true}, nil, fleet("due", 500, soon, hangzhou)...)
	call := func(at string, env ...string) (s spent) {
		c := exec.Command(os.Args[0])
		c.Env = append(append(os.Environ(), env...), "GOMAXPROCS=1", callerURL+"="+at)
		c.Stderr = os.Stderr
		out, err := c.Output()
		if err != nil {
			b.Fatal(err)
		}
		if err := json.Unmarshal(out, &s); err != nil {
			b.Fatal(err)
		}
		return s
	}
	env := trust(b, w.server)
	var plain, tls []spent
	for b.Loop() {
		for range 5 {
			plain = append(plain, call(w.server.URL()))
			tls = append(tls, call(w.server.TLSURL(), env...))
		}
	}
	ms := func(list []spent, of func(spent) float64) float64 {
		values := make([]float64, len(list))
		for i, s := range list {
			values[i] = of(s) / 1e6
		}
		return median(values)
	}
	renew := func(s spent) float64 { return s.Renew }
	report(b,
		figure{ms(plain, renew), "ms", 0.6},
		figure{value: ms(plain, func(s spent) float64 { return s.Renew / s.Bare * 1e6 }), unit: "×bare"},
		figure{value: ms(tls, renew) - ms(plain, renew), unit: "ms-tls"},
		figure{value: ms(tls, func(s spent) float64 { return s.Fresh - s.Price }), unit: "ms-handshake"},
		figure{value: ms(plain, func(s spent) float64 { return s.Price }), unit: "ms-price"},
		figure{value: ms(plain, func(s spent) float64 { return s.Page }), unit: "ms-page-of-100"},
	)
}
