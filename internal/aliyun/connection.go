package aliyun

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// unanswered classifies a failure without an answer. What never had a
// connection did not happen; anything later may have.
func unanswered(a api, t *trip, err error) *renewal.CallError {
	class := renewal.Ambiguous
	if !t.sent {
		class = renewal.Retryable
	}
	return a.failed(class, t.status, cause(t, err))
}

// cause says what went wrong in words of its own: the text of a *url.Error holds
// the signed request, and that of a proxy's address perhaps a password.
func cause(t *trip, err error) error {
	netError, isNet := errors.AsType[net.Error](err)
	for _, own := range []error{errRedirected, errLate, errProxyVariable} {
		if errors.Is(err, own) {
			return own
		}
	}
	if refusal, ok := errors.AsType[*proxyRefusal](err); ok {
		return lang.Err("no connection: %s", "无法连接：%s", refusal.reason())
	}
	switch {
	case t.caller.Err() != nil:
		return t.caller.Err()
	case t.ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isNet && netError.Timeout():
		if !t.sent {
			return lang.Err("no connection in time", "连接超时")
		}
		return lang.Err("no answer in time", "请求超时")
	case !t.sent:
		return lang.Err("no connection: %s", "无法连接：%s", reason(err))
	}
	return lang.Err("the connection broke before the answer was complete", "连接中断，响应不完整")
}

// reason says why there is no connection, and what to do where that is known.
func reason(err error) lang.Text {
	if e, ok := errors.AsType[*net.OpError](err); ok && (e.Op == "proxyconnect" || strings.HasPrefix(e.Op, "socks")) {
		return lang.Say("the proxy cannot be used, %s; look at HTTPS_PROXY", "代理不可用，%s；请检查 HTTPS_PROXY", direct(e.Err))
	}
	return direct(err)
}

func direct(err error) lang.Text {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return lang.Say("the server's certificate is not trusted: where a proxy opens connections, SSL_CERT_FILE names its authority", "服务器证书不受信任：如经过会解密流量的代理，请用 SSL_CERT_FILE 指定其根证书")
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return lang.Say("the server's certificate is that of another host: look at the proxy, and at RENEW_ENDPOINT", "服务器证书与主机名不符：请检查代理和 RENEW_ENDPOINT")
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return lang.Say("the server's certificate has expired or is not valid yet: look at the clock here", "服务器证书已过期或尚未生效：请检查本机时钟")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return lang.Say("the server's certificate is not valid", "服务器证书无效")
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return lang.Say("the server does not speak TLS: look at the proxy, and at RENEW_ENDPOINT", "服务器不支持 TLS：请检查代理和 RENEW_ENDPOINT")
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return lang.Say("the name %s does not resolve", "域名 %s 无法解析", e.Name)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return lang.Say("it is refused, nobody listens there", "连接被拒绝，对方没有监听")
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return lang.Say("%s failed", "%s 失败", e.Op)
	}
	return lang.Say("the cause is not known", "原因未知")
}

// errProxyVariable: the address itself is not repeated, since it may hold a
// password.
var errProxyVariable = lang.Err("no connection: the proxy that HTTPS_PROXY or HTTP_PROXY names is no address; write it as http://host:port", "无法连接：HTTPS_PROXY 或 HTTP_PROXY 中的代理地址无效，应写作 http://host:port")

// A proxyRefusal is a proxy's answer of another status than 200 to being asked
// for a connection.
type proxyRefusal struct{ status int }

// Error tells the reason.
func (p *proxyRefusal) Error() string { return p.reason().String() }

func (p *proxyRefusal) reason() lang.Text {
	if p.status == 407 {
		return lang.Say("the proxy wants a user and a password (HTTP status 407): write them into HTTPS_PROXY", "代理要求用户名和密码（HTTP 状态码 407）：请写入 HTTPS_PROXY")
	}
	return lang.Say("the proxy refuses it (HTTP status %d): let it through to aliyuncs.com, or go round it with NO_PROXY", "代理拒绝了连接（HTTP 状态码 %d）：请放行 aliyuncs.com，或用 NO_PROXY 绕过代理", p.status)
}

// odd says what is wrong with an answer that nobody can read: perhaps something
// answered that is not the API.
func (t *trip) odd() error {
	if t.page {
		return errPage
	}
	return errOdd
}

var errOdd = lang.Err("the answer could not be read", "无法读取响应")

var errPage = lang.Err("a web page came instead of an answer: look at the proxy, and at RENEW_ENDPOINT", "返回的是网页而不是接口响应：请检查代理和 RENEW_ENDPOINT")
