package cloud

import (
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- the scheme of the API is HMAC-SHA1
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	maxSkew      = 15 * time.Minute
	timestampFmt = "2006-01-02T15:04:05Z"
)

// stringToSign is what both sides sign: the method and all parameters except
// Signature itself, sorted by name and percent-encoded twice.
func stringToSign(method string, params url.Values) string {
	names := make([]string, 0, len(params))
	for name := range params {
		if name != "Signature" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var query strings.Builder
	for _, name := range names {
		if query.Len() > 0 {
			query.WriteByte('&')
		}
		query.WriteString(percentEncode(name) + "=" + percentEncode(params.Get(name)))
	}
	return method + "&%2F&" + percentEncode(query.String())
}

func signature(method string, params url.Values, secret string) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(stringToSign(method, params)))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// percentEncode encodes by RFC 3986: only letters, digits and -_.~ stay.
func percentEncode(s string) string {
	s = url.QueryEscape(s)
	return strings.ReplaceAll(strings.ReplaceAll(s, "+", "%20"), "*", "%2A")
}

// authenticate finds who sent the request and makes sure that it was them, just
// now, for the first time. The key is returned beside an error as soon as it is
// known, so that the call can be filed under its account.
func (c *Cloud) authenticate(rq *request, wall time.Time) (*key, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.defaultAccount()
	strict := !c.opts.SkipSignature

	id := rq.get("AccessKeyId")
	if id == "" && !strict {
		return c.accounts[c.firstID].first, nil
	}
	if strict {
		for _, name := range []string{"AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp"} {
			if rq.get(name) == "" {
				return c.keys[id], missing(name)
			}
		}
		if m, v := rq.get("SignatureMethod"), rq.get("SignatureVersion"); m != "HMAC-SHA1" || v != "1.0" {
			// The cloud spells this code so.
			return c.keys[id], refuse(400, "InvalidParamater", "The signature method %q version %q is not supported.", m, v)
		}
		at, err := time.Parse(timestampFmt, rq.get("Timestamp"))
		if err != nil {
			return c.keys[id], refuse(400, "InvalidTimeStamp.Format", "The timestamp %q is not of the form yyyy-MM-ddTHH:mm:ssZ.", rq.get("Timestamp"))
		}
		if wall.Sub(at).Abs() > maxSkew {
			return c.keys[id], refuse(400, "InvalidTimeStamp.Expired", "The timestamp %q is more than 15 minutes off.", rq.get("Timestamp"))
		}
	}

	k := c.keys[id]
	if k == nil {
		status := 404
		if rq.get("Version") == ecsVersion {
			status = 400
		}
		return nil, refuse(status, "InvalidAccessKeyId.NotFound", "There is no such access key.")
	}
	if k.Disabled {
		return k, refuse(400, "InvalidAccessKeyId.Inactive", "The access key is disabled.")
	}
	switch token := rq.get("SecurityToken"); {
	case k.SecurityToken != "" && token == "":
		return k, refuse(400, "MissingSecurityToken", "A temporary access key needs its SecurityToken.")
	case token != k.SecurityToken:
		return k, refuse(400, "InvalidSecurityToken.MismatchWithAccessKey", "The SecurityToken does not belong to the access key.")
	case !k.Expires.IsZero() && !wall.Before(k.Expires):
		return k, refuse(400, "InvalidSecurityToken.Expired", "The SecurityToken has expired.")
	}
	if !strict {
		return k, nil
	}

	want := signature(rq.method, rq.params, k.AccessKeySecret)
	if !hmac.Equal([]byte(want), []byte(rq.get("Signature"))) {
		return k, refuse(400, "SignatureDoesNotMatch", "The signature is not the one computed here. server string to sign is:%s", stringToSign(rq.method, rq.params))
	}
	nonce := id + "\n" + rq.get("SignatureNonce")
	if _, used := c.nonces[nonce]; used {
		return k, refuse(400, "SignatureNonceUsed", "The signature nonce was used before.")
	}
	c.remember(nonce, wall)
	return k, nil
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
