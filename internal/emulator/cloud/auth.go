package cloud

import (
	"crypto/hmac"
	"net/http"
	"strings"
	"time"
)

const (
	maxSkew      = 15 * time.Minute
	timestampFmt = "2006-01-02T15:04:05Z"
)

// proof is what a request carries to show who sent it, and when. Both signature
// schemes give the same: the old one in parameters, the new one in headers.
type proof struct {
	scheme      string // HMAC-SHA1 or ACS3-HMAC-SHA256; "" when the request is not signed
	id, token   string // AccessKeyId and SecurityToken
	date, nonce string
	signature   string
	incomplete  *apiError // what is missing or malformed; nil = nothing
	expected    func(secret string) string
	refusal     func() *apiError // of another signature than the expected one
}

// readProof finds the scheme of a request by its Authorization header.
func readProof(rq *request, r *http.Request, body []byte) proof {
	if authorization := r.Header.Get("Authorization"); strings.HasPrefix(authorization, "ACS3-") {
		return readACS3(r, authorization, body)
	}
	return readOldProof(rq)
}

// authenticate finds who sent the request and makes sure that it was them, just
// now, for the first time. The key is returned beside an error as soon as it is
// known, so that the call can be filed under its account.
func (c *Cloud) authenticate(rq *request, wall time.Time) (*key, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.defaultAccount()
	strict, p := !c.opts.SkipSignature, rq.proof
	if p.id == "" && !strict {
		return c.accounts[c.firstID].first, nil
	}
	k := c.keys[p.id]
	if strict {
		if err := p.timely(wall); err != nil {
			return k, err
		}
	}
	if k == nil {
		status := 404
		if rq.version == ecsVersion {
			status = 400
		}
		return nil, refuse(status, "InvalidAccessKeyId.NotFound", "There is no such access key.")
	}
	if err := k.accepts(p.token, wall); err != nil || !strict {
		return k, err
	}
	if !hmac.Equal([]byte(p.expected(k.AccessKeySecret)), []byte(p.signature)) {
		return k, p.refusal()
	}
	nonce := p.id + "\n" + p.nonce
	if _, used := c.nonces[nonce]; used {
		return k, refuse(400, "SignatureNonceUsed", "The signature nonce was used before.")
	}
	c.remember(nonce, wall)
	return k, nil
}

// timely refuses a proof that is incomplete, or not from now.
func (p proof) timely(wall time.Time) *apiError {
	if p.incomplete != nil {
		return p.incomplete
	}
	at, err := time.Parse(timestampFmt, p.date)
	if err != nil {
		return refuse(400, "InvalidTimeStamp.Format", "The timestamp %q is not of the form yyyy-MM-ddTHH:mm:ssZ.", p.date)
	}
	if wall.Sub(at).Abs() > maxSkew {
		return refuse(400, "InvalidTimeStamp.Expired", "The timestamp %q is more than 15 minutes off.", p.date)
	}
	return nil
}

// accepts refuses a key that is no longer valid, or not with this token.
func (k *key) accepts(token string, wall time.Time) *apiError {
	switch {
	case k.Disabled:
		return refuse(400, "InvalidAccessKeyId.Inactive", "The access key is disabled.")
	case k.SecurityToken != "" && token == "":
		return refuse(400, "MissingSecurityToken", "A temporary access key needs its SecurityToken.")
	case token != k.SecurityToken:
		return refuse(400, "InvalidSecurityToken.MismatchWithAccessKey", "The SecurityToken does not belong to the access key.")
	case !k.Expires.IsZero() && !wall.Before(k.Expires):
		return refuse(400, "InvalidSecurityToken.Expired", "The SecurityToken has expired.")
	}
	return nil
}

// remember keeps a nonce. Old ones go when there are many: a request older than
// the allowed skew is refused by its timestamp.
func (c *Cloud) remember(nonce string, wall time.Time) {
	if len(c.nonces) >= 100_000 {
		for n, at := range c.nonces {
			if wall.Sub(at) > 2*maxSkew {
				delete(c.nonces, n)
			}
		}
	}
	c.nonces[nonce] = wall
}
