package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// A failure says why something was not delivered, in our own words and numbers
// only. It wraps nothing: the errors of net/http hold the URL, and answers can
// repeat it.
type failure struct {
	status int // HTTP; 0 = there was no answer
	code   int64
	coded  bool // code was read from the answer
	words  string
	again  bool          // worth trying again
	wait   time.Duration // not before; 0 = as usual
}

// Error says it in one line.
func (f *failure) Error() string {
	var parts []string
	if f.status != 0 {
		parts = append(parts, fmt.Sprintf("HTTP %d", f.status))
	}
	if f.coded {
		parts = append(parts, fmt.Sprintf("code %d", f.code))
	}
	if len(parts) == 0 {
		return f.words
	}
	return strings.Join(parts, ", ") + ": " + f.words
}

// unreachable puts an error of the transport into our words. A message whose
// answer was lost may have arrived; it is sent again all the same, for two of
// them are better than none.
func unreachable(err error) *failure {
	f := &failure{words: "it could not be reached", again: true}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		f.words = "its host name could not be resolved"
	case errors.As(err, &certificate):
		f.words, f.again = "its TLS certificate is not trusted", false
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		f.words = "it did not answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.words = "the connection was refused"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		f.words = "the answer broke off"
	}
	return f
}
