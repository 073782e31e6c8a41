package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A failure says why something was not delivered, in our own words and numbers
// only. It wraps nothing: the errors of net/http hold the URL, and answers can
// repeat it.
type failure struct {
	status int // HTTP; 0 = there was no answer
	code   int64
	coded  bool // code was read from the answer
	words  lang.Text
	again  bool          // worth trying again
	limit  bool          // it is a rate limit
	wait   time.Duration // not before; 0 = as usual
}

// text says it in one line.
func (f *failure) text() lang.Text {
	switch {
	case f.coded:
		return lang.Say("HTTP %d, code %d: %s", "HTTP %d，错误码 %d：%s", f.status, f.code, f.words)
	case f.status != 0:
		return lang.Say("HTTP %d: %s", "HTTP %d：%s", f.status, f.words)
	}
	return f.words
}

// Error says it in English, for whoever debugs.
func (f *failure) Error() string { return f.text().String() }

// unreachable puts an error of the transport into our words. A message whose
// answer was lost may have arrived; it is sent again all the same, for two of
// them are better than none.
func unreachable(err error) *failure {
	f := &failure{words: lang.Say("it could not be reached", "无法连接"), again: true}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		f.words = lang.Say("its host name could not be resolved", "域名无法解析")
	case errors.As(err, &certificate):
		f.words, f.again = lang.Say("its TLS certificate is not trusted", "TLS 证书不受信任"), false
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		f.words = lang.Say("it did not answer in time", "响应超时")
	case errors.Is(err, syscall.ECONNREFUSED):
		f.words = lang.Say("the connection was refused", "连接被拒绝")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		f.words = lang.Say("the answer broke off", "连接中断，响应不完整")
	}
	return f
}
