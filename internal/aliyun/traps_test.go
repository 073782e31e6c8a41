package aliyun

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

var errDial = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("not in this test")}

// Without an endpoint every request goes by HTTPS, to the host that the
// documents name; nothing at all goes to port 80.
func TestHTTPSToTheRightHostByDefault(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options Options
		region  string
		want    string
	}{
		{"Renew", Options{}, "cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com"},
		{"Renew", Options{}, "cn-beijing", "ecs.cn-beijing.aliyuncs.com"},
		{"Renew", Options{}, "cn-shanghai", "ecs.cn-shanghai.aliyuncs.com"},
		{"Renew", Options{}, "ap-southeast-1", "ecs.ap-southeast-1.aliyuncs.com"},
		{"Renew", Options{}, "cn-shanghai-finance-1", "ecs-cn-hangzhou.aliyuncs.com"},
		{"Renew", Options{}, "cn-shenzhen-finance-1", "ecs-cn-hangzhou.aliyuncs.com"},
		{"Renew", Options{}, "cn-hangzhou-finance", "ecs.aliyuncs.com"},
		{"Renew", Options{}, "cn-beijing-finance-1", "ecs.cn-beijing-finance-1.aliyuncs.com"},
		{"Renew", Options{Network: "vpc"}, "cn-hangzhou", "ecs-vpc.cn-hangzhou.aliyuncs.com"},
		{"Renew", Options{Network: "vpc"}, "cn-beijing", "ecs-vpc.cn-beijing.aliyuncs.com"},
		{"Renew", Options{Network: "public", Site: renewal.China}, "cn-beijing", "ecs.cn-beijing.aliyuncs.com"},
		{"Regions", Options{}, "", "ecs-cn-hangzhou.aliyuncs.com"},
		{"Regions", Options{Region: "cn-beijing"}, "", "ecs.cn-beijing.aliyuncs.com"},
		{"Identity", Options{Region: "cn-beijing"}, "", "sts.aliyuncs.com"},
		{"Identity", Options{Region: "cn-beijing", Network: "vpc"}, "", "sts-vpc.cn-beijing.aliyuncs.com"},
		{"Identity", Options{Network: "vpc"}, "", "sts-vpc.cn-hangzhou.aliyuncs.com"},
		{"Assume", Options{}, "", "sts.aliyuncs.com"},
		{"Balance", Options{}, "", "business.aliyuncs.com"},
		{"Balance", Options{Region: "ap-southeast-1", Site: renewal.China}, "", "business.aliyuncs.com"},
		{"Balance", Options{Region: "cn-beijing", Site: renewal.Intl}, "", "business.ap-southeast-1.aliyuncs.com"},
	} {
		c, err := New(tt.options, keys)
		if err != nil {
			t.Fatal(err)
		}
		var dialled []string
		c.transport.Proxy = nil
		c.transport.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			return nil, errDial
		}
		if tt.name == "Renew" {
			_, err = c.Renew(t.Context(), tt.region, "i-1", aMonth, token64, time.Second)
		} else {
			err = methods[tt.name].call(t.Context(), c)
		}
		classed(t, err, renewal.Retryable)
		if len(dialled) != 1 || dialled[0] != tt.want+":443" {
			t.Errorf("%s %+v in %q goes to %v, want %s:443", tt.name, tt.options, tt.region, dialled, tt.want)
		}
	}
}

// The same over real TLS: the host is in the certificate and in the request.
func TestOverTLS(t *testing.T) {
	e := cloud.New(cloud.Options{})
	e.AddAccount(cloud.Account{ID: account, AccessKeyID: keys.ID, AccessKeySecret: keys.Secret, SecurityToken: keys.Token})
	server, err := e.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	open := func(trusted *tls.Config) *Cloud {
		c, err := New(Options{}, keys)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		c.transport.Proxy = nil
		c.transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server.Addr())
		}
		if trusted != nil {
			c.transport.TLSClientConfig = trusted
		}
		return c
	}
	_, err = open(nil).Regions(t.Context())
	if e := classed(t, err, renewal.Retryable); e.Status != 0 {
		t.Errorf("a certificate that nobody signed is trusted: %v", err)
	}
	if e.CallCount("") != 0 {
		t.Fatalf("%d requests were sent to a server that nobody vouches for", e.CallCount(""))
	}
	authority := x509.NewCertPool()
	authority.AppendCertsFromPEM(server.CAPEM())
	if _, err := open(&tls.Config{RootCAs: authority}).Regions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if call := e.Calls()[0]; !call.TLS || call.Host != "ecs-cn-hangzhou.aliyuncs.com" {
		t.Errorf("%+v", call)
	}
}

func TestBaseURLs(t *testing.T) {
	for base, want := range map[string]string{"": "/", "/": "/", "/proxy": "/proxy/", "/proxy/": "/proxy/", "/a/b": "/a/b/", "/a b": "/a b/"} {
		_, s := serve(t, says(200, `{}`))
		c := clientOf(t, s.URL+strings.ReplaceAll(base, " ", "%20"))
		for name, m := range methods {
			before := s.count()
			_ = m.call(t.Context(), c)
			if n := s.count() - before; n != 1 {
				t.Fatalf("%s: %d requests", name, n)
			}
			r := s.requests()[before]
			if r.URL.Path != want || r.Host != strings.TrimPrefix(s.URL, "http://") || r.URL.Query().Get("Action") != m.action {
				t.Errorf("%s at %q: %s %s", name, base, r.Host, r.URL.Path)
			}
		}
	}
}

func TestRegionThatCannotBeOne(t *testing.T) {
	c, s := serve(t, says(200, `{}`))
	for _, region := range []string{"evil.example.com/", "cn hangzhou", "a?b", "@x"} {
		_, err := c.Renew(t.Context(), region, "i-1", aMonth, token64, time.Second)
		classed(t, err, renewal.Terminal)
	}
	if s.count() != 0 {
		t.Errorf("%d requests", s.count())
	}
}

// One call is one send, whatever the answer.
func TestOneCallIsOneSend(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]http.HandlerFunc{
		"500": refuses(500, "InternalError"), "502": says(502, "<html>bad gateway</html>"), "503": refuses(503, "ServiceUnavailable"),
		"504": says(504, ""), "429": says(429, ""), "throttled": refuses(400, "Throttling.User"), "408": says(408, ""),
		"empty": says(200, ""), "page": says(200, "<html>"), "processing": refuses(403, "LastTokenProcessing"),
		"closed":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no length":   func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "100") },
		"retry-after": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "0"); w.WriteHeader(503) },
	} {
		_, s := serve(t, handle)
		s.Config.ErrorLog = nil
		for method, m := range methods {
			t.Run(name+" "+method, func(t *testing.T) {
				before := s.count()
				failed(t, m.call(t.Context(), clientOf(t, s.URL)))
				if n := s.count() - before; n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		}
	}
}

// A connection that was kept and dies with the next request on it: net/http
// sends some requests a second time then. Not this one.
func TestDeadConnectionIsNoSecondSend(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var requests atomic.Int32
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = conn.Close() }()
				in := bufio.NewReader(conn)
				for {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					if requests.Add(1) > 1 {
						return // read, perhaps carried out, and no answer
					}
					_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n"+`{"RequestId":"r","OrderId":"12345"}`[:34])
				}
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close(); serving.Wait() })
	c := clientOf(t, "http://"+listener.Addr().String())
	_ = renew(t.Context(), c)
	classed(t, renew(t.Context(), c), renewal.Ambiguous)
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests for two calls", n)
	}
	c.Close()
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for _, name := range []string{"Renew", "Instances", "Assume"} {
			elsewhere := &stub{}
			elsewhere.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				elsewhere.mu.Lock()
				defer elsewhere.mu.Unlock()
				elsewhere.seen = append(elsewhere.seen, nil)
				says(200, `{"OrderId":"1","RequestId":"r"}`)(w, nil)
			}))
			c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", elsewhere.URL+"/?"+r.URL.RawQuery)
				w.WriteHeader(status)
			})
			e := classed(t, methods[name].call(t.Context(), c), renewal.Ambiguous)
			if e.Status != status || e.Code != "" {
				t.Errorf("%d: %+v", status, e)
			}
			if s.count() != 1 || elsewhere.count() != 0 {
				t.Errorf("%d: %d requests, %d of them elsewhere", status, s.count()+elsewhere.count(), elsewhere.count())
			}
			elsewhere.Close()
		}
	}
}

// The API writes no such errors: nobody knows who did, and what came of the call.
func TestOddErrorsAreInDoubt(t *testing.T) {
	for _, body := range []string{
		`{"Code":400,"Message":"m","RequestId":"r"}`, `{"Code":true}`, `{"Code":["x"]}`, `{"Code":{"a":1}}`,
		`{"Code":"X","RequestId":5}`, `{"Code":"X","Message":7}`, `{"Code":"X","HostId":{}}`, `{"Code":"X","Recommend":[]}`,
		`{"Code":"Forbidden.RAM","AccessDeniedDetail":"none"}`, `{"Code":"Forbidden.RAM","AccessDeniedDetail":[]}`,
	} {
		for _, status := range []int{400, 403, 500} {
			c, s := serve(t, says(status, body))
			if e := classed(t, renew(t.Context(), c), renewal.Ambiguous); e.Status != status {
				t.Errorf("%d %s: %+v", status, body, e)
			}
			if s.count() != 1 {
				t.Errorf("%d requests", s.count())
			}
		}
	}
}

// A library that fails while it signs takes neither the process with it nor other
// calls, and nothing was sent.
func TestPanicWhileSigningIsAnError(t *testing.T) {
	c, s := serve(t, says(200, `{}`))
	good := c.keys
	c.keys = &signer{credential: struct{ credentials.Credential }{}} // none of its methods is there
	classed(t, renew(t.Context(), c), renewal.Ambiguous)
	if s.count() != 0 {
		t.Errorf("%d requests", s.count())
	}
	c.keys = good
	if _ = renew(t.Context(), c); s.count() != 1 {
		t.Errorf("%d requests", s.count())
	}
}

func TestNotSentIsRetryable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	_ = listener.Close()
	untrusted := httptest.NewTLSServer(says(200, `{"OrderId":"1","RequestId":"r"}`))
	untrusted.Config.ErrorLog = nil
	t.Cleanup(untrusted.Close)
	for name, c := range map[string]*Cloud{
		"refused": clientOf(t, "http://"+nobody), "a certificate that nobody signed": clientOf(t, untrusted.URL),
	} {
		t.Run(name, func(t *testing.T) {
			for method, m := range methods {
				if e := classed(t, m.call(t.Context(), c), renewal.Retryable); e.Status != 0 || !strings.Contains(e.Error(), "no connection") {
					t.Errorf("%s: %v", method, e)
				}
			}
		})
	}
	c := clientOf(t, "https://ecs.example.invalid")
	c.transport.Proxy = nil
	c.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: "ecs.example.invalid", Err: "no such host", IsNotFound: true}}
	}
	if e := classed(t, renew(t.Context(), c), renewal.Retryable); !strings.Contains(e.Error(), "ecs.example.invalid does not resolve") {
		t.Errorf("%v", e)
	}
}

func TestSentAndLostIsAmbiguous(t *testing.T) {
	for _, kind := range []cloud.FaultKind{cloud.ResetBefore, cloud.ResetAfter, cloud.LoseAnswer, cloud.CutBody, cloud.EmptyBody, cloud.HTMLBody, cloud.ErrorAfter, cloud.BadGateway, cloud.BadGatewayAfter, cloud.Redirect, cloud.OddCode, cloud.OddDetail} {
		t.Run(string(kind), func(t *testing.T) {
			c, e := emulated(t, cloud.Options{})
			e.Fail(cloud.Fault{Action: "RenewInstance", Kind: kind, Call: 1})
			classed(t, renew(t.Context(), c), renewal.Ambiguous)
			if n := e.CallCount("RenewInstance"); n != 1 {
				t.Errorf("%d requests", n)
			}
			if err := renew(t.Context(), c); err != nil || e.Charges("i-1") != 1 {
				t.Errorf("again with the same token: %v, %d charges", err, e.Charges("i-1"))
			}
		})
	}
}

// A timeout is of one call, of all of it, and of no other call.
func TestTimeoutsDoNotStick(t *testing.T) {
	t.Parallel()
	var delay atomic.Int64
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if delay.Load() > 0 {
			select {
			case <-time.After(time.Duration(delay.Load())):
			case <-r.Context().Done():
			}
		}
		says(200, `{"OrderId":"1","RequestId":"r","Instances":{"Instance":[]}}`)(w, r)
	})
	renewWithin := func(timeout time.Duration) error {
		_, err := c.Renew(t.Context(), hangzhou, "i-1", aMonth, token64, timeout)
		return err
	}
	delay.Store(int64(time.Minute))
	begun := time.Now()
	e := classed(t, renewWithin(100*time.Millisecond), renewal.Ambiguous)
	if took := time.Since(begun); took < 90*time.Millisecond || took > 20*time.Second || !strings.Contains(e.Error(), "in time") {
		t.Errorf("after %v: %v", took, e)
	}
	delay.Store(int64(300 * time.Millisecond))
	if err := renewWithin(20 * time.Second); err != nil {
		t.Errorf("the short timeout sticks: %v", err)
	}
	if _, err := c.Instances(t.Context(), hangzhou, []string{"i-1"}); err != nil {
		t.Errorf("the short timeout sticks: %v", err)
	}
	classed(t, renewWithin(100*time.Millisecond), renewal.Ambiguous)
	if s.count() != 4 {
		t.Errorf("%d requests", s.count())
	}
}

// An answer that begins in time and never ends is cut off, too.
func TestTimeoutCoversTheBody(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"OrderId":`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	begun := time.Now()
	_, err := c.Renew(t.Context(), hangzhou, "i-1", aMonth, token64, 100*time.Millisecond)
	classed(t, err, renewal.Ambiguous)
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestContexts(t *testing.T) {
	arrived := make(chan struct{}, 10)
	c, s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})

	over, cancel := context.WithCancel(t.Context())
	cancel()
	if e := classed(t, renew(over, c), renewal.Retryable); !errors.Is(e, context.Canceled) {
		t.Errorf("%v", e)
	}
	late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelLate()
	classed(t, renew(late, c), renewal.Retryable)
	if s.count() != 0 {
		t.Errorf("%d requests after the end", s.count())
	}

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- renew(ctx, c) }()
	<-arrived
	cancel()
	select {
	case err := <-done:
		if e := classed(t, err, renewal.Ambiguous); !errors.Is(e, context.Canceled) {
			t.Errorf("%v", e)
		}
	case <-time.After(3 * time.Second):
		t.Fatal("the call goes on after its context has ended")
	}

	short, cancelShort := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancelShort()
	if e := classed(t, renew(short, c), renewal.Ambiguous); !errors.Is(e, context.DeadlineExceeded) {
		t.Errorf("%v", e)
	}
}

// The environment's proxy is for the cloud; what is at loopback is not given
// to it. Requests are signed, so plain HTTP by a proxy must not happen either.
func TestProxy(t *testing.T) {
	c, err := New(Options{}, keys)
	if err != nil {
		t.Fatal(err)
	}
	for address, plain := range map[string]bool{"https://ecs-cn-hangzhou.aliyuncs.com/": false, "http://127.0.0.1:8080/": true} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		proxy, err := c.transport.Proxy(&http.Request{URL: u})
		if err != nil || plain && proxy != nil {
			t.Errorf("%s goes by %v: %v", address, proxy, err)
		}
	}
}

// TestNothingSecretInAnyError: every method, every way to misbehave, every way
// to print what comes of it.
func TestNothingSecretInAnyError(t *testing.T) {
	for _, kind := range cloud.FaultKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			wait := 300 * time.Millisecond
			if kind == cloud.Slow || kind == cloud.SlowAfter {
				wait /= 10 // which they use up
			}
			c, e := emulated(t, cloud.Options{})
			leak := fmt.Sprintf("string to sign: POST&%%2F&AccessKeyId=%s&SecurityToken=%s&Signature=x %s", keys.ID, keys.Token, keys.Secret)
			e.Fail(cloud.Fault{Kind: kind, Message: leak, Location: "https://example.com/?AccessKeyId=" + keys.ID})
			for name, m := range methods {
				before := len(e.Calls())
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				err := m.call(ctx, c)
				cancel()
				if err == nil {
					continue
				}
				failed(t, err)
				for _, call := range e.Calls()[before:] {
					for _, param := range []string{"SignatureNonce", "Timestamp"} {
						if value := call.Params.Get(param); value != "" && strings.Contains(fmt.Sprintf("%+v %#v", err, err), value) {
							t.Errorf("%s shows its %s: %v", name, param, err)
						}
					}
				}
			}
		})
	}
}

// A second answer to one request is nobody's: net/http closes the connection, and
// logs the answer.
func TestSecondAnswerIsNotLogged(t *testing.T) {
	var logged bytes.Buffer
	was := log.Writer()
	log.SetOutput(WithoutAnswers(&logged))
	defer log.SetOutput(was)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		in := bufio.NewReader(conn)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		const answer = `{"RequestId":"r","OrderId":"12345"}`
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%sHTTP/1.1 403 Forbidden\r\nX: %s\r\n\r\n", len(answer), answer, keys.Token)
		_, _ = in.ReadByte() // until the client closes it, which it does after it has logged
	}()
	if err := renew(t.Context(), clientOf(t, "http://"+listener.Addr().String())); err != nil {
		t.Error(err)
	}
	<-closed
	log.Print("something else")
	if text := logged.String(); strings.Contains(text, keys.Token) || !strings.HasSuffix(text, "something else\n") {
		t.Errorf("%s", text)
	}
}

// Wrong keys: the gateway repeats what was signed.
func TestWrongKeysAreNotRepeated(t *testing.T) {
	_, e := emulated(t, cloud.Options{})
	server, err := e.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	base, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	for code, wrong := range map[string]renewal.Keys{
		"SignatureDoesNotMatch":       {ID: keys.ID, Secret: "NeverShownEither", Token: keys.Token},
		"InvalidAccessKeyId.NotFound": {ID: "NeverShownNobody", Secret: keys.Secret, Token: keys.Token},
		"MissingSecurityToken":        {ID: keys.ID, Secret: keys.Secret, Token: ""},
		"":                            {ID: keys.ID, Secret: keys.Secret, Token: "NeverShownWrongToken"},
	} {
		c, err := New(Options{Endpoint: base}, wrong)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		if e := classed(t, renew(t.Context(), c), renewal.Halt); !e.Denied || code != "" && e.Code != code {
			t.Errorf("%s: %v", code, e)
		}
	}
}

// A server that changes to another protocol keeps the connection open, and net/http
// hands it over: nothing ends the reading of it.
func TestOtherProtocolIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	c, s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
		<-over
	})
	t.Cleanup(func() { close(over) })
	done := make(chan error, 1)
	go func() {
		_, err := c.Renew(t.Context(), hangzhou, "i-1", aMonth, token64, 200*time.Millisecond)
		done <- err
	}()
	select {
	case err := <-done:
		classed(t, err, renewal.Ambiguous)
	case <-time.After(20 * time.Second):
		t.Error("it is waited for without end")
	}
	if s.count() != 1 {
		t.Errorf("%d requests", s.count())
	}
}
