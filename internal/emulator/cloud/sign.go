package cloud

import (
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- the scheme of the API is HMAC-SHA1
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
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

// hmacSHA1 is the name of the old scheme, which pages call V1 or V2.
const hmacSHA1 = "HMAC-SHA1"

// readOldProof reads the proof from the parameters.
func readOldProof(rq *request) proof {
	p := proof{
		scheme: rq.get("SignatureMethod"), id: rq.get("AccessKeyId"), token: rq.get("SecurityToken"),
		date: rq.get("Timestamp"), nonce: rq.get("SignatureNonce"), signature: rq.get("Signature"),
		expected: func(secret string) string { return signature(rq.method, rq.params, secret) },
		refusal: func() *apiError {
			return refuse(400, "SignatureDoesNotMatch", "The signature is not the one computed here. server string to sign is:%s", stringToSign(rq.method, rq.params))
		},
	}
	for _, name := range []string{"AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp"} {
		if rq.get(name) == "" {
			p.incomplete = missing(name)
			return p
		}
	}
	if version := rq.get("SignatureVersion"); p.scheme != hmacSHA1 || version != "1.0" {
		// The cloud spells this code so.
		p.incomplete = refuse(400, "InvalidParamater", "The signature method %q version %q is not supported.", p.scheme, version)
	}
	return p
}
