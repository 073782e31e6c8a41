package cloud

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// v3Request is a request of signature V3 before it is signed.
type v3Request struct {
	method, host, id, secret string
	query, form              url.Values
	header                   map[string]string
	bodyHash                 string              // the last line of what is signed; "" = as the header says
	unsigned                 []string            // headers that are sent and not signed
	after                    func(*http.Request) // changes the request after signing
}

func newV3(action string, pairs ...string) v3Request {
	v := v3Request{
		method: "POST", host: "ecs.cn-hangzhou.aliyuncs.com", id: "emulator", secret: "emulator",
		query: url.Values{}, form: url.Values{},
		header: map[string]string{
			"x-acs-action": action, "x-acs-version": versionOf(action),
			"x-acs-date": time.Now().UTC().Format(timestampFmt), "x-acs-signature-nonce": fmt.Sprint("nonce-", nonces.Add(1)),
		},
	}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		v.query.Set(name, value)
	}
	return v
}

func sha(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }

// request signs as the official page says, on its own: nothing here is shared
// with what is tested.
func (v v3Request) request() *http.Request {
	body := v.form.Encode()
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	var query []string
	for name := range v.query {
		query = append(query, escape(name)+"="+escape(v.query.Get(name)))
	}
	slices.Sort(query)
	r := httptest.NewRequest(v.method, "/?"+v.query.Encode(), strings.NewReader(body))
	r.Host = v.host
	sent := map[string]string{"host": v.host, "x-acs-content-sha256": sha(body)}
	if body != "" {
		sent["content-type"] = "application/x-www-form-urlencoded"
	}
	for name, value := range v.header {
		sent[name] = value
	}
	var names []string
	lines := ""
	for name, value := range sent {
		if name != "host" {
			r.Header.Set(name, value)
		}
		if !slices.Contains(v.unsigned, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		lines += name + ":" + sent[name] + "\n"
	}
	signed := strings.Join(names, ";")
	canonical := v.method + "\n/\n" + strings.Join(query, "&") + "\n" + lines + "\n" + signed + "\n" + cmp.Or(v.bodyHash, sent["x-acs-content-sha256"])
	mac := hmac.New(sha256.New, []byte(v.secret))
	mac.Write([]byte("ACS3-HMAC-SHA256\n" + sha(canonical)))
	r.Header.Set("Authorization", fmt.Sprintf("ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%x", v.id, signed, mac.Sum(nil)))
	if v.after != nil {
		v.after(r)
	}
	return r
}

func (v v3Request) send(t *testing.T, c *Cloud) reply {
	t.Helper()
	w := httptest.NewRecorder()
	c.ServeHTTP(w, v.request())
	return readReply(t, w.Result())
}

// The example of the official page "V3 request structure and signature".
func TestACS3Vector(t *testing.T) {
	r := httptest.NewRequest("POST", "/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", http.NoBody)
	r.Host = "ecs.cn-shanghai.aliyuncs.com"
	for name, value := range map[string]string{
		"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
		"x-acs-content-sha256":  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	} {
		r.Header.Set(name, value)
	}
	const signed = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
	const want = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	p := readACS3(r, "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders="+signed+",Signature="+want, nil)
	if p.incomplete != nil {
		t.Error(p.incomplete)
	}
	if got := p.expected("YourAccessKeySecret"); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if got := hashed([]byte(canonicalRequest(r, strings.Split(signed, ";"), hashed(nil)))); got != "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259" {
		t.Errorf("hash of the canonical request: %s", got)
	}
	if p.id != "YourAccessKeyId" || p.scheme != "ACS3-HMAC-SHA256" {
		t.Errorf("read as %s of %s", p.scheme, p.id)
	}
}

func TestACS3IsAccepted(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddKey("", Key{AccessKeyID: "STS.a", AccessKeySecret: "s", SecurityToken: "to/k+e=n"})
	c.AddInstance(Instance{ID: "i-1", Name: "web *~+ é"})
	c.AddInstance(Instance{ID: "i-2", Region: "cn-beijing"})

	get := newV3("DescribeInstances", "RegionId=cn-hangzhou", "InstanceName=web *~+ é")
	get.method = "GET"
	if got := get.send(t, c); got.ids() != "i-1" { // JSON, though no Format is sent
		t.Errorf("GET: %v", got)
	}
	form := newV3("RenewInstance")
	form.form = url.Values{"InstanceId": {"i-1"}, "Period": {"1"}, "ClientToken": {"a token*~+"}}
	if got := form.send(t, c); got.status != 200 {
		t.Errorf("form: %v", got)
	}
	temporary := newV3("DescribeInstances", "RegionId=cn-hangzhou")
	temporary.id, temporary.secret = "STS.a", "s"
	temporary.header["x-acs-security-token"] = "to/k+e=n"
	if got := temporary.send(t, c); got.ids() != "i-1" {
		t.Errorf("temporary key: %v", got)
	}
	host := newV3("RenewInstance", "InstanceId=i-2", "Period=1")
	host.host = "ecs.cn-beijing.aliyuncs.com"
	if got := host.send(t, c); got.status != 200 {
		t.Errorf("region of the host: %v", got)
	}
	header := newV3("RenewInstance", "InstanceId=i-2", "Period=1")
	header.header["x-acs-region-id"] = "cn-beijing"
	if got := header.send(t, c); got.status != 200 {
		t.Errorf("region of the header: %v", got)
	}
	for action, host := range map[string]string{"GetCallerIdentity": "sts.aliyuncs.com", "QueryAccountBalance": "business.aliyuncs.com"} {
		other := newV3(action)
		other.host = host
		if got := other.send(t, c); got.status != 200 {
			t.Errorf("%s: %v", action, got)
		}
	}
	if got := newV3("DescribeRegions", "Format=xml").send(t, c); !strings.HasPrefix(got.raw, "<?xml") {
		t.Errorf("Format=xml: %v", got)
	}
	for _, call := range c.Calls() {
		if call.Scheme != "ACS3-HMAC-SHA256" || call.AccessKey == "" || call.Version == "" || call.Action == "" {
			t.Errorf("filed as %+v", call)
		}
	}

	// One order, whichever way it is signed.
	if got := newClient(t, c).want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1", "ClientToken=a token*~+"); c.Charges("i-1") != 1 {
		t.Errorf("paid %d times: %v", c.Charges("i-1"), got)
	}
}

func TestACS3IsRefused(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddKey("", Key{AccessKeyID: "STS.a", AccessKeySecret: "s", SecurityToken: "t"})
	c.AddKey("", Key{AccessKeyID: "off", AccessKeySecret: "s", Disabled: true})
	c.AddInstance(Instance{ID: "i-1"})
	key := func(id, secret string) func(*v3Request) {
		return func(v *v3Request) { v.id, v.secret = id, secret }
	}
	header := func(name, value string) func(*v3Request) {
		return func(v *v3Request) {
			if value == "" {
				v.after = func(r *http.Request) { r.Header.Del(name) }
			}
			v.header[name] = value
		}
	}
	unsigned := func(name string) func(*v3Request) {
		return func(v *v3Request) { v.unsigned = []string{name} }
	}
	authorization := func(old, replacement string) func(*v3Request) {
		return func(v *v3Request) {
			v.after = func(r *http.Request) {
				r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), old, replacement))
			}
		}
	}
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(timestampFmt) }
	for name, x := range map[string]struct {
		change func(*v3Request)
		code   string
		says   string
	}{
		"wrong secret":         {key("emulator", "wrong"), "SignatureDoesNotMatch", "ACS3-HMAC-SHA256"},
		"nobody":               {key("nobody", "x"), "InvalidAccessKeyId.NotFound", ""},
		"disabled":             {key("off", "s"), "InvalidAccessKeyId.Inactive", ""},
		"token missing":        {key("STS.a", "s"), "MissingSecurityToken", ""},
		"token of another key": {header("x-acs-security-token", "t"), "InvalidSecurityToken.MismatchWithAccessKey", ""},
		"too old":              {header("x-acs-date", at(-16*time.Minute)), "InvalidTimeStamp.Expired", ""},
		"too new":              {header("x-acs-date", at(16*time.Minute)), "InvalidTimeStamp.Expired", ""},
		"another form of time": {header("x-acs-date", "Mon, 23 Nov 2026 02:00:00 GMT"), "InvalidTimeStamp.Format", ""},
		"no date":              {header("x-acs-date", ""), "MissingParameter", "x-acs-date"},
		"no nonce":             {header("x-acs-signature-nonce", ""), "MissingParameter", "x-acs-signature-nonce"},
		"no action":            {header("x-acs-action", ""), "MissingParameter", "x-acs-action"},
		"no version":           {header("x-acs-version", ""), "MissingParameter", "x-acs-version"},
		"wrong body hash":      {header("x-acs-content-sha256", sha("other")), "SignatureDoesNotMatch", "x-acs-content-sha256"},
		"a body hash that is signed, and not the header's": {func(v *v3Request) {
			v.header["x-acs-content-sha256"], v.bodyHash = sha("other"), sha("")
		}, "SignatureDoesNotMatch", "x-acs-content-sha256"},
		"hash of nothing": {func(v *v3Request) {
			v.form = url.Values{"AcceptLanguage": {"ja"}}
			v.header["x-acs-content-sha256"] = sha("")
		}, "SignatureDoesNotMatch", "x-acs-content-sha256"},
		"unsigned action": {unsigned("x-acs-action"), "IncompleteSignature", "x-acs-action"},
		"unsigned host":   {unsigned("host"), "IncompleteSignature", "host"},
		"added header": {func(v *v3Request) {
			v.after = func(r *http.Request) { r.Header.Set("x-acs-security-token", "t") }
		}, "IncompleteSignature", "x-acs-security-token"},
		"changed query": {func(v *v3Request) {
			v.after = func(r *http.Request) { r.URL.RawQuery = "AcceptLanguage=ja" }
		}, "SignatureDoesNotMatch", "server StringToSign is [ACS3-HMAC-SHA256\n"},
		"changed action": {func(v *v3Request) {
			v.after = func(r *http.Request) { r.Header.Set("x-acs-action", "RenewInstance") }
		}, "SignatureDoesNotMatch", "server CanonicalRequest is [POST\n/\n"},
		"changed method": {func(v *v3Request) { v.after = func(r *http.Request) { r.Method = "GET" } }, "SignatureDoesNotMatch", ""},
		"another scheme": {authorization("ACS3-HMAC-SHA256", "ACS3-HMAC-SM3"), "IncompleteSignature", "ACS3-HMAC-SHA256"},
		"no credential":  {authorization("Credential", "Key"), "IncompleteSignature", "Credential"},
		"no signature":   {authorization("Signature=", "Sig="), "IncompleteSignature", "Signature"},
	} {
		v := newV3("DescribeRegions")
		x.change(&v)
		got := v.send(t, c)
		if got.status != 400 || got.code() != x.code || !strings.Contains(fmt.Sprint(got.body["Message"]), x.says) {
			t.Errorf("%s: %v, want %s saying %q", name, got, x.code, x.says)
		}
	}

	// Every action of every product is found by its version.
	for _, a := range allActions() {
		v := newV3(a.name)
		v.header["x-acs-version"] = a.version
		if got := v.send(t, c).code(); strings.HasSuffix(got, "NotFound") || strings.Contains(got, "Signature") {
			t.Errorf("%s:%s: %s", a.product, a.name, got)
		}
		if call := c.Calls()[c.CallCount("")-1]; call.Product != a.product || call.Action != a.name {
			t.Errorf("%s:%s was filed as %s:%s", a.product, a.name, call.Product, call.Action)
		}
	}

	once := newV3("DescribeRegions")
	once.send(t, c)
	if got := once.send(t, c); got.code() != "SignatureNonceUsed" {
		t.Errorf("the same nonce again: %v", got)
	}
	if got := newV3("DescribeMars", "x=y").send(t, c); got.code() != "MissingParameter" {
		t.Errorf("an action without version: %v", got)
	}
}
