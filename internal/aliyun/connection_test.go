package aliyun

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// by is a cloud whose calls go to the real hosts, by a proxy.
func by(t *testing.T, proxy string) *Cloud {
	t.Helper()
	c, err := New(Options{}, keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	c.transport.Proxy = http.ProxyURL(u)
	return c
}

// nobody is an address at which nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// What there is no connection for is said, in both languages, and the call did
// not happen.
func TestNoConnectionSaysItsCause(t *testing.T) {
	t.Parallel()
	quiet := func(s *httptest.Server) *httptest.Server {
		s.Config.ErrorLog = nil
		t.Cleanup(s.Close)
		return s
	}
	refusing := func(status int) *Cloud {
		s := quiet(httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html><h1>blocked</h1></html>"))
		})))
		return by(t, "http://user:NeverShownPassword@"+strings.TrimPrefix(s.URL, "http://"))
	}
	untrusted := quiet(httptest.NewTLSServer(says(200, `{}`)))
	otherHost := clientOf(t, untrusted.URL)
	pool := x509.NewCertPool()
	pool.AddCert(untrusted.Certificate())
	otherHost.transport.TLSClientConfig = &tls.Config{RootCAs: pool, ServerName: "ecs.aliyuncs.com"}
	expired := clientOf(t, untrusted.URL)
	expired.transport.TLSClientConfig = &tls.Config{RootCAs: pool, Time: func() time.Time { return time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC) }}
	plain := quiet(httptest.NewServer(says(200, `{}`)))
	noName := clientOf(t, "https://ecs.example.invalid")
	noName.transport.Proxy = nil
	noName.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: "ecs.example.invalid", Err: "no such host", IsNotFound: true}}
	}
	for name, tt := range map[string]struct {
		cloud            *Cloud
		english, chinese string
	}{
		"a certificate that nobody signed": {clientOf(t, untrusted.URL), "certificate is not trusted", "证书不受信任"},
		"a certificate of another host":    {otherHost, "certificate is that of another host", "证书与主机名不符"},
		"a certificate that has expired":   {expired, "certificate has expired", "证书已过期"},
		"no TLS":                           {clientOf(t, "https"+strings.TrimPrefix(plain.URL, "http")), "does not speak TLS", "不支持 TLS"},
		"nobody":                           {clientOf(t, "http://"+nobody(t)), "nobody listens", "没有监听"},
		"no such name":                     {noName, "ecs.example.invalid does not resolve", "无法解析"},
		"a proxy that wants a password":    {refusing(407), "wants a user and a password (HTTP status 407)", "代理要求用户名和密码"},
		"a proxy that refuses":             {refusing(403), "the proxy refuses it (HTTP status 403)", "代理拒绝了连接（HTTP 状态码 403）"},
		"a proxy that finds nobody":        {refusing(502), "the proxy refuses it (HTTP status 502)", "代理拒绝了连接（HTTP 状态码 502）"},
		"no proxy there":                   {by(t, "http://"+nobody(t)), "the proxy cannot be used, it is refused", "代理不可用"},
		"no SOCKS proxy there":             {by(t, "socks5://"+nobody(t)), "the proxy cannot be used", "代理不可用"},
		"a proxy with a bad certificate":   {by(t, untrusted.URL), "the proxy cannot be used, the server's certificate is not trusted", "证书不受信任"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"Renew", "Instances", "Identity"} {
				e := classed(t, methods[method].call(t.Context(), tt.cloud), renewal.Retryable)
				if text := e.In(lang.English); e.Status != 0 || !strings.Contains(text, "no connection") || !strings.Contains(text, tt.english) || strings.Contains(text, "NeverShown") {
					t.Errorf("%s: %s", method, text)
				}
				if text := e.In(lang.Chinese); !strings.Contains(text, "无法连接") || !strings.Contains(text, tt.chinese) || strings.Contains(text, "NeverShown") {
					t.Errorf("%s: %s", method, text)
				}
			}
		})
	}
}

// Something in front of the API that answers with a page is not the API.
func TestPagesAreToldAsSuch(t *testing.T) {
	for _, status := range []int{200, 403, 407, 502} {
		c, _ := serve(t, says(status, "\n <!DOCTYPE html><html>blocked</html>"))
		e := classed(t, renew(t.Context(), c), renewal.Ambiguous)
		if e.Status != status || !errors.Is(e, errPage) {
			t.Errorf("%d: %v", status, e)
		}
	}
	c, _ := serve(t, says(200, "{"))
	if e := failed(t, renew(t.Context(), c)); errors.Is(e, errPage) {
		t.Errorf("%v", e)
	}
}

// The variables of the proxy are what curl and Go take, whatever the SDK makes of
// them. net/http reads them once, so each case is a process of its own.
func TestProxyVariables(t *testing.T) {
	t.Parallel()
	if endpoint, child := os.LookupEnv("TEST_PROXY_CHILD"); child {
		options := Options{}
		if endpoint != "" {
			options.Endpoint, _ = url.Parse(endpoint)
		}
		c, err := New(options, renewal.Keys{ID: "id", Secret: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = c.Identity(t.Context())
		fmt.Printf("answer: %v\n", err)
		return
	}
	var connects atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect && r.Host == "sts.aliyuncs.com:443" {
			connects.Add(1)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(proxy.Close)
	here := httptest.NewServer(says(200, `{"AccountId":"1"}`))
	t.Cleanup(here.Close)
	host := strings.TrimPrefix(proxy.URL, "http://")
	for name, tt := range map[string]struct {
		environ  []string
		endpoint string
		proxied  bool
		words    string
	}{
		"with a scheme":         {[]string{"HTTPS_PROXY=http://" + host}, "", true, "HTTP status 418"},
		"without a scheme":      {[]string{"HTTPS_PROXY=" + host}, "", true, "HTTP status 418"},
		"in small letters":      {[]string{"https_proxy=" + host}, "", true, "HTTP status 418"},
		"no pattern":            {[]string{"HTTPS_PROXY=" + host, "NO_PROXY=(,10.0.0.0/8"}, "", true, "HTTP status 418"},
		"no address":            {[]string{"HTTPS_PROXY=http://%zzNeverShown"}, "", false, "is no address"},
		"never to loopback":     {[]string{"HTTP_PROXY=" + host, "HTTPS_PROXY=" + host}, here.URL, false, "answer: <nil>"},
		"nonsense is no matter": {[]string{"HTTP_PROXY=:", "NO_PROXY=*("}, here.URL, false, "answer: <nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			connects.Store(0)
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyVariables$")
			for _, v := range os.Environ() {
				if key, _, _ := strings.Cut(v, "="); !strings.HasSuffix(strings.ToLower(key), "_proxy") {
					child.Env = append(child.Env, v)
				}
			}
			child.Env = append(child.Env, append(tt.environ, "TEST_PROXY_CHILD="+tt.endpoint)...)
			out, err := child.CombinedOutput()
			if err != nil || !strings.Contains(string(out), tt.words) || strings.Contains(string(out), "NeverShown") {
				t.Errorf("%v\n%s", err, out)
			}
			if (connects.Load() > 0) != tt.proxied {
				t.Errorf("the proxy was asked %d times", connects.Load())
			}
		})
	}
}
