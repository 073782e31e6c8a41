package cloud

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serve starts c and closes it with the test.
func serve(t *testing.T, c *Cloud) *Server {
	t.Helper()
	s, err := c.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// browser is an HTTP client that trusts the server and keeps no connections.
func browser(t *testing.T, s *Server) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CAPEM()) {
		t.Fatal("CAPEM is no certificate")
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (cl *client) post(hc *http.Client, ctx context.Context, base, action string, pairs ...string) (reply, error) {
	cl.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/?"+cl.params(http.MethodPost, action, pairs...).Encode(), http.NoBody)
	if err != nil {
		cl.t.Fatal(err)
	}
	res, err := hc.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{status: res.StatusCode, raw: string(raw)}, err
	}
	res.Body = io.NopCloser(strings.NewReader(string(raw)))
	return readReply(cl.t, res), nil
}

func TestOnePortForHTTPAndTLS(t *testing.T) {
	c := New(Options{})
	s := serve(t, c)
	cl, hc := newClient(t, c), browser(t, s)
	for _, base := range []string{s.URL(), s.TLSURL()} {
		r, err := cl.post(hc, t.Context(), base, "DescribeRegions")
		if err != nil || r.status != 200 {
			t.Errorf("%s: %v %v", base, r, err)
		}
	}
	if calls := c.Calls(); len(calls) != 2 || calls[0].TLS || !calls[1].TLS || calls[0].RemoteConn == calls[1].RemoteConn {
		t.Errorf("calls %+v", calls)
	}
	stranger := &http.Client{Transport: &http.Transport{}}
	var unknown x509.UnknownAuthorityError
	if _, err := cl.post(stranger, t.Context(), s.TLSURL(), "DescribeRegions"); !errors.As(err, &unknown) {
		t.Errorf("without the CA: %v", err)
	}
	// A client that connects and says nothing holds up neither others nor Close.
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := cl.post(hc, t.Context(), s.URL(), "DescribeRegions"); err != nil {
		t.Error(err)
	}
}

func TestStartOnlyOnLoopback(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "192.0.2.1:80", "example.com:80", "nonsense"} {
		if s, err := New(Options{}).Start(addr); err == nil {
			_ = s.Close()
			t.Errorf("%q: no error", addr)
		}
	}
}

// What a fault does to the client, and what was bought behind its back.
func TestFaults(t *testing.T) {
	const slow = 30 * time.Millisecond
	for _, tt := range []struct {
		fault  Fault
		bought int
		want   string // in the answer or in the error
	}{
		{Fault{Kind: RefuseBefore, Status: 403, Code: "LastTokenProcessing"}, 0, `403 {"Code":"LastTokenProcessing"`},
		{Fault{Kind: RefuseBefore}, 0, `400 {"Code":"InternalError"`},
		{Fault{Kind: ResetBefore}, 0, "reset"},
		{Fault{Kind: BadGateway}, 0, "502 <html>"},
		{Fault{Kind: Redirect, Location: "/elsewhere"}, 0, "307 "},
		{Fault{Kind: Throttle}, 0, `"Throttling.User"`},
		{Fault{Kind: OddCode}, 0, `400 {"Code":400,`},
		{Fault{Kind: OddDetail}, 0, `403 {"AccessDeniedDetail":"none"`},
		{Fault{Kind: ErrorAfter}, 1, `500 {"Code":"InternalError"`},
		{Fault{Kind: ErrorAfter, Body: "{}", Status: 503}, 1, "503 {}"},
		{Fault{Kind: LoseAnswer}, 1, "EOF"},
		{Fault{Kind: ResetAfter}, 1, "reset"},
		{Fault{Kind: EmptyBody}, 1, "200 "},
		{Fault{Kind: CutBody}, 1, "unexpected EOF"},
		{Fault{Kind: HTMLBody}, 1, "200 <html>"},
		{Fault{Kind: BadGatewayAfter}, 1, "502 <html>"},
		{Fault{Kind: Slow, Delay: slow}, 1, "200 {"},
		{Fault{Kind: SlowAfter, Delay: slow}, 1, "200 {"},
		{Fault{Kind: LateCommit, Delay: slow}, 1, "200 {"},
		{Fault{Kind: Hook}, 1, "200 {"},
	} {
		for _, secure := range []bool{false, true} {
			c := New(Options{Now: frozen})
			c.AddInstance(Instance{ID: "i-1"})
			c.Fail(tt.fault)
			s := serve(t, c)
			base := s.URL()
			if secure {
				base = s.TLSURL()
			}
			r, err := newClient(t, c).post(browser(t, s), t.Context(), base, "RenewInstance", "InstanceId=i-1", "Period=1")
			got := r.String()
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("%s (TLS %v): got %q, want %q in it", tt.fault.Kind, secure, got, tt.want)
			}
			if strings.HasPrefix(string(tt.fault.Kind), "reset") && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s (TLS %v): %v is no reset", tt.fault.Kind, secure, err)
			}
			if n := c.Charges("i-1"); n != tt.bought {
				t.Errorf("%s (TLS %v): bought %d, want %d", tt.fault.Kind, secure, n, tt.bought)
			}
			if call := c.Calls()[0]; call.Fault != tt.fault.Kind || call.Status != r.status {
				t.Errorf("%s: filed as %+v", tt.fault.Kind, call)
			}
		}
	}
}

// The kinds in which the client gives up first.
func TestFaultsOutliveTheClient(t *testing.T) {
	order := []string{"InstanceId=i-1", "Period=1", "ClientToken=t"}
	for _, tt := range []struct {
		fault  Fault
		bought int
	}{
		{Fault{Kind: Slow}, 0},
		{Fault{Kind: SlowAfter}, 1},
		{Fault{Kind: LateCommit, Delay: 300 * time.Millisecond}, 1},
	} {
		c := New(Options{Now: frozen})
		c.AddInstance(Instance{ID: "i-1"})
		c.Fail(Fault{Kind: tt.fault.Kind, Delay: tt.fault.Delay, Call: 1})
		s := serve(t, c)
		cl, hc := newClient(t, c), browser(t, s)
		ctx, leave := context.WithCancel(t.Context())
		committed := make(chan struct{})
		c.OnCommit(func(Charge) { leave(); close(committed) })
		c.OnCall(func(Call) {
			if tt.fault.Kind != SlowAfter {
				leave()
			}
		})
		if _, err := cl.post(hc, ctx, s.URL(), "RenewInstance", order...); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", tt.fault.Kind, err)
		}
		if tt.fault.Kind == LateCommit {
			for !claimed(c, "t") {
				time.Sleep(time.Millisecond) // the client is gone, so nothing tells when the server has it
			}
			// It was accepted: nothing shows yet, and its token is taken.
			if n := c.Charges("i-1"); n != 0 {
				t.Errorf("bought %d before the delay", n)
			}
			cl.want(403, "LastTokenProcessing", "RenewInstance", order...)
			cl.want(400, "LastOrderProcessing", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=u")
			<-committed
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if n := c.Charges("i-1"); n != tt.bought {
			t.Errorf("%s: bought %d, want %d", tt.fault.Kind, n, tt.bought)
		}
	}
}

func claimed(c *Cloud, token string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.defaultAccount().tokens[token] != nil
}

func TestCloseEndsWhatIsSlow(t *testing.T) {
	for _, kind := range []FaultKind{Slow, SlowAfter, LateCommit} {
		c := New(Options{Now: frozen})
		c.AddInstance(Instance{ID: "i-1"})
		c.Fail(Fault{Kind: kind, Delay: time.Hour})
		s := serve(t, c)
		arrived := make(chan struct{})
		c.OnCall(func(Call) { close(arrived) })
		cl, hc := newClient(t, c), browser(t, s)
		failed := make(chan error)
		go func() {
			_, err := cl.post(hc, context.Background(), s.URL(), "RenewInstance", "InstanceId=i-1", "Period=1")
			failed <- err
		}()
		<-arrived
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-failed; err == nil {
			t.Errorf("%s: an answer after Close", kind)
		}
		if n := c.Charges("i-1"); kind == LateCommit && n != 0 {
			t.Errorf("%s: bought %d after Close", kind, n)
		}
	}
}

func TestFaultCounting(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, id := range []string{"i-1", "i-2"} {
		c.AddInstance(Instance{ID: id})
	}
	c.Fail(Fault{Kind: Throttle, Action: "RenewInstance", Instance: "i-1", Call: 2, Count: 2})
	c.Fail(Fault{Kind: RefuseBefore, Code: "First", Action: "DescribeInstances", Instance: "i-2", Count: 1})
	c.Fail(Fault{Kind: RefuseBefore, Code: "Every", Action: "DescribeRegions"})
	c.Fail(Fault{Kind: RefuseBefore, Code: "Elsewhere", Region: "cn-beijing"})
	cl := newClient(t, c)
	for n, code := range []string{"", "Throttling.User", "Throttling.User", ""} {
		if r := cl.call("RenewInstance", "InstanceId=i-2", "Period=1"); r.status != 200 {
			t.Errorf("i-2: %v", r)
		}
		if r := cl.call("RenewInstance", "InstanceId=i-1", "Period=1"); r.code() != code {
			t.Errorf("call %d: %v, want %q", n+1, r, code)
		}
	}
	cl.want(200, "", "DescribeInstances", `InstanceIds=["i-1"]`)
	cl.want(400, "First", "DescribeInstances", `InstanceIds=["i-1","i-2"]`)
	cl.want(200, "", "DescribeInstances", `InstanceIds=["i-1","i-2"]`)
	for range 3 {
		cl.want(400, "Every", "DescribeRegions")
	}
	cl.want(400, "Elsewhere", "DescribeInstances", "RegionId=cn-beijing")
	c.ClearFaults()
	cl.want(200, "", "DescribeRegions")
	if got := c.CallCount("RenewInstance"); got != 8 {
		t.Errorf("%d calls, want 8", got)
	}
}

func TestListingFaults(t *testing.T) {
	c := New(Options{Now: frozen})
	for _, id := range strings.Fields("a b c d e f g h i j k l") {
		c.AddInstance(Instance{ID: "i-" + id})
	}
	cl := newClient(t, c)
	c.Fail(Fault{Kind: TokenError, Count: 1})
	next := "NextToken=" + cl.want(200, "", "DescribeInstances", "MaxResults=10").body["NextToken"].(string)
	cl.want(400, "InvalidParameter", "DescribeInstances", "MaxResults=10", next)
	cl.want(200, "", "DescribeInstances", "MaxResults=10", next)
	c.Fail(Fault{Kind: EndlessToken, Action: "DescribeInstances"})
	first := cl.want(200, "", "DescribeInstances", "MaxResults=10").body["NextToken"].(string)
	again := cl.want(200, "", "DescribeInstances", "MaxResults=10", "NextToken="+first)
	if again.body["NextToken"] != first || len(again.instances()) != 10 {
		t.Errorf("got %v", again)
	}
}

func TestHooks(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1"})
	var seen []string
	c.OnCall(func(call Call) {
		seen = append(seen, call.Action+" "+call.Account)
		if call.Action == "RenewInstance" {
			c.RemoveInstance("i-1") // no lock is held
		}
	})
	c.Fail(Fault{Kind: Hook, Action: "DescribeRegions", Do: func(call Call) { seen = append(seen, "hook "+call.Action) }})
	cl := newClient(t, c)
	cl.want(200, "", "DescribeRegions")
	cl.want(404, "InvalidInstanceId.NotFound", "RenewInstance", "InstanceId=i-1", "Period=1")
	(&client{t: t, cloud: c, id: "stranger"}).want(400, "InvalidAccessKeyId.NotFound", "DescribeRegions")
	want := "DescribeRegions 1234567890123456, hook DescribeRegions, RenewInstance 1234567890123456, DescribeRegions , hook DescribeRegions"
	if got := strings.Join(seen, ", "); got != want {
		t.Errorf("seen %s", got)
	}
	calls := c.Calls()
	last := calls[len(calls)-1]
	if last.Seq != 3 || last.Status != 400 || last.Code != "InvalidAccessKeyId.NotFound" || last.Params.Has("Signature") || last.Params.Get("Action") != "DescribeRegions" {
		t.Errorf("last call %+v", last)
	}
}

// The answer must be complete at the moment the connection is handed back.
func TestKeepAlive(t *testing.T) {
	c := New(Options{})
	s := serve(t, c)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	r := bufio.NewReader(conn)
	for range 3 {
		v := newClient(t, c).params("POST", "DescribeRegions")
		if _, err := io.WriteString(conn, "POST /?"+v.Encode()+" HTTP/1.1\r\nHost: ecs-cn-hangzhou.aliyuncs.com\r\nContent-Length: 0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := readReply(t, res); got.status != 200 {
			t.Errorf("got %v", got)
		}
	}
	calls := c.Calls()
	if calls[0].RemoteConn != calls[2].RemoteConn || calls[0].Host != "ecs-cn-hangzhou.aliyuncs.com" {
		t.Errorf("calls %+v", calls)
	}
}

// Whoever can reach it can change everything in it.
func TestListensOnLoopbackAlone(t *testing.T) {
	for addr, taken := range map[string]bool{
		"127.0.0.1:0": true, "127.9.9.9:0": true, "localhost:0": true, "LocalHost:0": true,
		":0": false, "0.0.0.0:0": false, "[::]:0": false, "203.0.113.1:0": false, "nonsense": false, "127.0.0.1": false,
	} {
		s, err := New(Options{}).Start(addr)
		if (err == nil) != taken {
			t.Errorf("%s: %v", addr, err)
		}
		if err == nil {
			_ = s.Close()
		}
	}
}
