package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/aliyun"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	account  = "1234567890123456"
	hangzhou = "cn-hangzhou"
	latency  = 30 * time.Millisecond // of every call, where calls take time
)

// scratch is where binaries are built. It is removed at the end.
var scratch string

func TestMain(m *testing.M) {
	if os.Getenv(callerURL) != "" {
		beCaller()
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	scratch = dir
	debug.SetGCPercent(400) // of the emulated cloud; the function has a process of its own
	return m.Run()
}

// The binaries are built once, as the function is deployed.
var (
	function = sync.OnceValue(func() string { return build("function", "github.com/fc-renewer/fc-renewer") })
	empty    = sync.OnceValue(func() string { return build("empty", "./testdata/empty") })
	linked   = sync.OnceValue(func() string { return build("linked", "./testdata/linked") })
)

func build(name, pkg string) string {
	path := filepath.Join(scratch, name)
	c := exec.Command("go", "build", "-tags=nethttpomithttp2,function", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", path, pkg)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		panic(pkg + " does not build: " + err.Error())
	}
	return path
}

// A world is an emulated cloud and the function that runs against it.
type world struct {
	cloud  *cloud.Cloud
	server *cloud.Server
	fn     fc.Function
	rt     *fc.Runtime
}

var keys = fc.Credentials{AccessKeyID: "emulator", AccessKeySecret: "emulator"}

func newWorld(tb testing.TB, options cloud.Options, env map[string]string, instances ...cloud.Instance) *world {
	tb.Helper()
	w := &world{cloud: cloud.New(options)}
	w.cloud.AddAccount(cloud.Account{ID: account, AccessKeyID: "emulator", AccessKeySecret: "emulator", Balance: "100000000.00"})
	for _, in := range instances {
		w.cloud.AddInstance(in)
	}
	server, err := w.cloud.Start("127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = server.Close() })
	w.server = server
	w.fn = fc.Function{
		Path: function(), Region: hangzhou, AccountID: account, Timeout: 10 * time.Minute, Credentials: keys,
		Env: map[string]string{
			"RENEW_ENDPOINT": server.URL(), "RENEW_ACTION": "renew", "RENEW_MAX_COUNT": "unlimited", "GOMEMLIMIT": "96MiB",
		},
	}
	maps.Copy(w.fn.Env, env)
	return w
}

// overTLS makes the function speak TLS. It trusts the emulated cloud beside all
// authorities that this system trusts, since reading those takes time, too.
func (w *world) overTLS(tb testing.TB) {
	tb.Helper()
	w.fn.Env["RENEW_ENDPOINT"] = w.server.TLSURL()
	w.fn.BaseEnv = append(w.fn.BaseEnv, trust(tb, w.server)...)
}

func trust(tb testing.TB, server *cloud.Server) []string {
	tb.Helper()
	dir := tb.TempDir()
	bundle := server.CAPEM()
	if system, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt"); err == nil {
		bundle = slices.Concat(system, []byte("\n"), bundle)
	}
	file := filepath.Join(dir, "bundle.pem")
	if err := os.WriteFile(file, bundle, 0o600); err != nil {
		tb.Fatal(err)
	}
	return []string{"SSL_CERT_FILE=" + file, "SSL_CERT_DIR=" + tb.TempDir()}
}

// deploy makes the function ready for events. Its process starts with the first.
func (w *world) deploy(tb testing.TB) {
	tb.Helper()
	if w.rt != nil {
		return
	}
	rt, err := fc.Start(context.Background(), w.fn)
	if err != nil {
		tb.Fatal(err)
	}
	w.rt = rt
	tb.Cleanup(func() { _ = rt.Close() })
}

// invoke delivers an empty event and gives the report and how long it took.
func (w *world) invoke(tb testing.TB) (renewal.Report, time.Duration) {
	tb.Helper()
	w.deploy(tb)
	result, err := w.rt.Invoke(context.Background(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	var report renewal.Report
	if err := json.Unmarshal(result.Payload, &report); err != nil || result.Failed() {
		tb.Fatalf("no report: %v\n%.2000s", err, result.Payload)
	}
	return report, result.Duration
}

// client calls the emulated cloud from this process.
func (w *world) client(tb testing.TB) *aliyun.Cloud {
	tb.Helper()
	endpoint, err := url.Parse(w.server.URL())
	if err != nil {
		tb.Fatal(err)
	}
	c, err := aliyun.New(aliyun.Options{Endpoint: endpoint, Region: hangzhou}, renewal.Keys{ID: "emulator", Secret: "emulator"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

// unfiltered serves the cloud without the filters of a list, as if the cloud did
// not know them: everything is listed, and the function must see what is due.
func (w *world) unfiltered(tb testing.TB) {
	tb.Helper()
	w.cloud.SetOptions(func(o *cloud.Options) { o.SkipSignature = true })
	server := httptest.NewServer(ignoreFilters(w.cloud))
	tb.Cleanup(server.Close)
	w.fn.Env["RENEW_ENDPOINT"] = server.URL
}

// fleet gives n instances, in turn in each of the regions, that expire at about
// the same time.
func fleet(prefix string, n int, in time.Duration, regions ...string) []cloud.Instance {
	list := make([]cloud.Instance, n)
	for i := range list {
		list[i] = cloud.Instance{
			ID: fmt.Sprintf("i-%s%06d", prefix, i), Region: regions[i%len(regions)], Expires: time.Now().Add(in + time.Duration(i)*time.Second),
			Tags: map[string]string{"team": "payments", "env": "production"}, VPC: "vpc-1", SecurityGroups: []string{"sg-1"},
		}
	}
	return list
}

func regions(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("cn-region-%d", i+1)
	}
	return list
}

const (
	soon = 3 * renewal.Day
	far  = 60 * renewal.Day
)

// connections counts those that were opened to the cloud, and how many calls
// were on their way at the same time.
func (w *world) connections() (opened, atOnce int) {
	seen := map[string]bool{}
	var answered []time.Time
	for _, call := range w.cloud.Calls() { // in the order of arrival
		seen[call.RemoteConn] = true
		answered = slices.DeleteFunc(answered, func(at time.Time) bool { return at.Before(call.Wall) })
		answered = append(answered, call.Wall.Add(latency))
		atOnce = max(atOnce, len(answered))
	}
	return len(seen), atOnce
}

func median[T ~int64 | ~float64](values []T) T {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// A figure is something measured, beside what it should come to.
type figure struct {
	value  float64
	unit   string
	target float64 // 0 = none
}

func report(b *testing.B, figures ...figure) {
	b.ReportMetric(0, "ns/op") // says nothing here
	for _, f := range figures {
		b.ReportMetric(f.value, f.unit)
		if f.target != 0 {
			b.ReportMetric(f.target, f.unit+"(target)")
		}
	}
}

func join(list []string) string { return strings.Join(list, ",") }
