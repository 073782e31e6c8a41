package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
)

// SignatureHeader carries "sha256=" and the HMAC-SHA256 of the body in hex, keyed
// with the secret of the webhook.
const SignatureHeader = "X-FC-Renewer-Signature"

// webhookLetter is a JSON body for whoever reads it.
func webhookLetter(to address, body []byte) letter {
	l := letter{url: to.url, body: body}
	if to.secret != "" {
		mac := hmac.New(sha256.New, []byte(to.secret))
		mac.Write(body)
		l.header = http.Header{SignatureHeader: {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
	}
	return l
}

// stopped is what a webhook gets instead of a report: an error in the words of
// the function's answer.
type stopped struct {
	Type      string `json:"errorType"`
	Message   string `json:"errorMessage"`
	RequestID string `json:"requestId"`
}

func (n *Notifier) stopped(p message.Problem) stopped {
	return stopped{Type: p.Type, Message: lang.Of(p.Err, n.style.Language), RequestID: p.RequestID}
}
