package cloud

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// acs3 is the scheme of signature V3, which current SDKs use: everything about
// the request is in its headers, and the headers are signed (official page
// "Request syntax and signature method V3").
const acs3 = "ACS3-HMAC-SHA256"

// readACS3 reads the proof of signature V3. An empty body has a hash, too.
func readACS3(r *http.Request, authorization string, body []byte) proof {
	scheme, rest, _ := strings.Cut(authorization, " ")
	part := map[string]string{}
	for item := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
		part[name] = value
	}
	p := proof{
		scheme: scheme, id: part["Credential"], token: r.Header.Get("x-acs-security-token"),
		date: r.Header.Get("x-acs-date"), nonce: r.Header.Get("x-acs-signature-nonce"), signature: part["Signature"],
	}
	signed := strings.Split(part["SignedHeaders"], ";")
	p.incomplete = acs3Incomplete(r, part, scheme, signed)
	hash := hashed(body)
	text := canonicalRequest(r, signed, hash)
	toSign := acs3 + "\n" + hashed([]byte(text))
	p.expected = func(secret string) string {
		mac := hmac.New(sha256.New, []byte(secret)) // the bare secret: no & behind it
		mac.Write([]byte(toSign))
		return hex.EncodeToString(mac.Sum(nil))
	}
	p.refusal = func() *apiError {
		if sent := r.Header.Get("x-acs-content-sha256"); sent != hash {
			return refuse(400, "SignatureDoesNotMatch", "The header x-acs-content-sha256 of %s is %q, and the hash of the body is %q.", acs3, sent, hash)
		}
		return refuse(400, "SignatureDoesNotMatch", "The signature is not the one computed here by %s. server StringToSign is [%s] server CanonicalRequest is [%s]", acs3, toSign, text)
	}
	// A hash that is not that of the body is refused as what it is: something else was signed.
	if r.Header.Get("x-acs-content-sha256") != hash {
		p.signature = ""
	}
	return p
}

// acs3Incomplete refuses what cannot be verified, or leaves out of the signature
// what must be in it: the host, and all x-acs headers that are there.
func acs3Incomplete(r *http.Request, part map[string]string, scheme string, signed []string) *apiError {
	if scheme != acs3 {
		return refuse(400, "IncompleteSignature", "The signature algorithm %q is not supported; %s is.", scheme, acs3)
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if part[name] == "" {
			return refuse(400, "IncompleteSignature", "The Authorization header of %s has no %s.", acs3, name)
		}
	}
	for _, name := range []string{"x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"} {
		if r.Header.Get(name) == "" {
			return missing(name)
		}
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-acs-") && !slices.Contains(signed, name) {
			return refuse(400, "IncompleteSignature", "The header %s is not among the SignedHeaders of %s.", name, acs3)
		}
	}
	if !slices.Contains(signed, "host") {
		return refuse(400, "IncompleteSignature", "The header host is not among the SignedHeaders of %s.", acs3)
	}
	return nil
}

// canonicalRequest is what is signed of a request, line by line.
func canonicalRequest(r *http.Request, signed []string, bodyHash string) string {
	var text strings.Builder
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	text.WriteString(r.Method + "\n" + path + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range slices.Sorted(slices.Values(signed)) {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" { // net/http keeps it elsewhere
			value = r.Host
		}
		text.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	text.WriteString("\n" + strings.Join(signed, ";") + "\n" + bodyHash)
	return text.String()
}

// canonicalQuery sorts parameters by name and encodes them by RFC 3986.
func canonicalQuery(params url.Values) string {
	var pairs []string
	for name, values := range params {
		for _, value := range values {
			pairs = append(pairs, percentEncode(name)+"="+percentEncode(value))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func hashed(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
