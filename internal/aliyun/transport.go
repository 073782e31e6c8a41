package aliyun

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// newTransport is shared by all calls of a Cloud, so that connections are
// reused. HTTP/1.1 alone, since its rules on what may be sent again are plain: a
// POST is never repeated once a byte of it was written.
func newTransport(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectTimeout}).DialContext
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: proxyFor,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return &proxyRefusal{answer.StatusCode}
			}
			return nil
		},
		DialContext:         dial,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     time.Minute,
		Protocols:           protocols,
	}
}

// proxyFor gives the proxy that the environment names for a request, as curl and Go
// read it: a scheme may be left out, and what is at loopback has none. net/http
// takes an address that is none for no proxy; who has set it means one.
func proxyFor(r *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(r)
	named := cmp.Or(os.Getenv("HTTPS_PROXY"), os.Getenv("https_proxy"))
	_, asItIs := url.Parse(named)
	_, asHost := url.Parse("http://" + named)
	if err != nil || proxy == nil && r.URL.Scheme == "https" && asItIs != nil && asHost != nil {
		return nil, errProxyVariable
	}
	return proxy, nil
}

// WithoutAnswers gives a writer for the log of libraries that leaves out what net/http
// writes there by itself: what came on a connection on which nothing was asked, such
// as a second answer, word by word. It may repeat what was signed.
func WithoutAnswers(w io.Writer) io.Writer { return withoutAnswers{w} }

type withoutAnswers struct{ io.Writer }

// Write implements io.Writer. A line is written at once.
func (w withoutAnswers) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("Unsolicited response")) {
		return len(line), nil
	}
	return w.Writer.Write(line)
}

// A trip is one request on its way. It remembers what the classification of a
// failure needs.
type trip struct {
	ctx       context.Context // ends with the caller's, or when the call has had its time
	caller    context.Context
	transport *http.Transport
	by        time.Time // later than this it is not sent any more; zero = whenever

	sent   bool // a connection was had, so the server may have got the request
	status int  // of the answer; 0 = none
	page   bool // the answer is a web page
}

// errRedirected: to follow it would send a signed request a second time, or to
// somebody else.
var errRedirected = lang.Err("redirected, which is not followed", "响应是重定向，不予跟随")

// errLate: whoever asked for the call can no longer rely on what it was asked for.
var errLate = lang.Err("signing took too long, so it was not sent", "签名耗时过长，请求未发送")

// mostBody bounds what is read of an answer; a page of 100 instances has about 200 KB.
const mostBody = 64 << 20

// send sends the request once and reads the answer to its end. An answer of
// another status than 2xx is a *refusal.
func (t *trip) send(request *http.Request) ([]byte, error) {
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	if !t.by.IsZero() && time.Now().After(t.by) {
		return nil, errLate
	}
	request = request.WithContext(httptrace.WithClientTrace(t.ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { t.sent = true },
	}))
	response, err := t.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	t.status = response.StatusCode
	switch {
	case response.StatusCode < 200: // its body is the connection, and no context ends the reading of it
		return nil, &refusal{response.Header, nil}
	case response.StatusCode >= 300 && response.StatusCode < 400:
		return nil, errRedirected
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody))
	if err != nil {
		return nil, lang.Err("the answer was cut off: %v", "响应不完整：%v", err)
	}
	t.page = bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
	if response.StatusCode < 200 || response.StatusCode >= 300 {
		return nil, &refusal{response.Header, body}
	}
	return body, nil
}

// A refusal is an answer of another status than 2xx.
type refusal struct {
	header http.Header
	body   []byte
}

// Error tells nothing of it: it may repeat what was signed.
func (*refusal) Error() string { return "refused" }

// read gives the code and the request id. A body that is no object has neither;
// odd says that it has them otherwise than the API writes an error, so that
// nobody knows who wrote it.
func (f *refusal) read() (code, requestID string, odd bool) {
	var fields map[string]raw
	if json.Unmarshal(f.body, &fields) != nil {
		return "", "", false
	}
	for _, name := range []string{"Code", "RequestId", "HostId", "Message", "Recommend"} {
		odd = odd || !absent(fields[name]) && fields[name][0] != '"'
	}
	detail := fields["AccessDeniedDetail"]
	odd = odd || !absent(detail) && detail[0] != '{'
	r := new(reader)
	return r.text("Code", fields["Code"]), r.text("RequestId", fields["RequestId"]), odd
}
