package cloud

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSignatureVectors(t *testing.T) {
	for _, v := range []struct {
		method, query, secret, text, want string
	}{
		{
			"GET",
			"AccessKeyId=testid&Action=DescribeRegions&Format=XML&SignatureMethod=HMAC-SHA1&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&SignatureVersion=1.0&Timestamp=2016-02-23T12:46:24Z&Version=2014-05-26",
			"testsecret",
			"GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion%3D1.0%26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26",
			"OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
		},
		{
			"POST",
			"AccessKeyId=ak&Action=RenewInstance&ClientToken=tok~*%2B%20/%C3%A9&Format=JSON&InstanceId=i-1&Period=1&PeriodUnit=Month&RegionId=cn-hangzhou&SecurityToken=tok&SignatureMethod=HMAC-SHA1&SignatureNonce=6ac219ad4bac55fc736cdaea095427ff&SignatureType=&SignatureVersion=1.0&Timestamp=2026-11-23T02:30:27Z&Version=2014-05-26",
			"sk",
			"POST&%2F&AccessKeyId%3Dak%26Action%3DRenewInstance%26ClientToken%3Dtok~%252A%252B%2520%252F%25C3%25A9%26Format%3DJSON%26InstanceId%3Di-1%26Period%3D1%26PeriodUnit%3DMonth%26RegionId%3Dcn-hangzhou%26SecurityToken%3Dtok%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D6ac219ad4bac55fc736cdaea095427ff%26SignatureType%3D%26SignatureVersion%3D1.0%26Timestamp%3D2026-11-23T02%253A30%253A27Z%26Version%3D2014-05-26",
			"Dj7h7x6koZs/NAL0zT4mbttxN08=",
		},
	} {
		params, err := url.ParseQuery(v.query)
		if err != nil {
			t.Fatal(err)
		}
		params.Set("Signature", "is not signed itself")
		if got := stringToSign(v.method, params); got != v.text {
			t.Errorf("string to sign:\n got %s\nwant %s", got, v.text)
		}
		if got := signature(v.method, params, v.secret); got != v.want {
			t.Errorf("signature: got %s, want %s", got, v.want)
		}
	}
}

func TestAuthentication(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddKey("", Key{AccessKeyID: "STS.a", AccessKeySecret: "s", SecurityToken: "t"})
	c.AddKey("", Key{AccessKeyID: "STS.old", AccessKeySecret: "s", SecurityToken: "t", Expires: time.Now().Add(-time.Minute)})
	c.AddKey("", Key{AccessKeyID: "off", AccessKeySecret: "s", Disabled: true})
	long := newClient(t, c)
	key := func(id, secret, token string) *client {
		return &client{t: t, cloud: c, id: id, secret: secret, securityToken: token}
	}
	skewed := func(d time.Duration) string { return "Timestamp=" + time.Now().Add(d).UTC().Format(timestampFmt) }
	for _, tt := range []struct {
		client *client
		pair   string
		status int
		code   string
	}{
		{long, "", 200, ""},
		{long, skewed(-14 * time.Minute), 200, ""},
		{long, skewed(-16 * time.Minute), 400, "InvalidTimeStamp.Expired"},
		{long, skewed(16 * time.Minute), 400, "InvalidTimeStamp.Expired"},
		{long, "Timestamp=2026-11-23 02:00:00", 400, "InvalidTimeStamp.Format"},
		{long, "SignatureMethod=HMAC-SHA256", 400, "InvalidParamater"},
		{long, "SignatureNonce=", 400, "MissingParameter"},
		{long, "SecurityToken=x", 400, "InvalidSecurityToken.MismatchWithAccessKey"},
		{key("emulator", "wrong", ""), "", 400, "SignatureDoesNotMatch"},
		{key("nobody", "x", ""), "", 400, "InvalidAccessKeyId.NotFound"},
		{key("off", "s", ""), "", 400, "InvalidAccessKeyId.Inactive"},
		{key("STS.a", "s", "t"), "", 200, ""},
		{key("STS.a", "s", ""), "", 400, "MissingSecurityToken"},
		{key("STS.a", "s", "u"), "", 400, "InvalidSecurityToken.MismatchWithAccessKey"},
		{key("STS.old", "s", "t"), "", 400, "InvalidSecurityToken.Expired"},
	} {
		if tt.pair == "" {
			tt.client.want(tt.status, tt.code, "DescribeRegions")
		} else {
			tt.client.want(tt.status, tt.code, "DescribeRegions", tt.pair)
		}
	}

	v := long.params("POST", "DescribeRegions", "SignatureNonce=once")
	long.send(v)
	if r := long.send(v); r.code() != "SignatureNonceUsed" {
		t.Errorf("the same request again: %v", r)
	}
	v = long.params("POST", "DescribeRegions")
	v.Set("AcceptLanguage", "ja") // after signing
	r := long.send(v)
	if want := "server string to sign is:" + stringToSign("POST", v); r.code() != "SignatureDoesNotMatch" || !strings.HasSuffix(r.body["Message"].(string), want) {
		t.Errorf("a changed parameter: %v, want a message ending in %q", r, want)
	}
	for _, field := range []string{"RequestId", "HostId", "Recommend"} {
		if r.body[field] == "" || r.body[field] == nil {
			t.Errorf("error without %s: %v", field, r)
		}
	}
}

// The parameters may be anywhere, and everything is signed.
func TestParametersInQueryAndForm(t *testing.T) {
	c := New(Options{Now: frozen})
	cl := newClient(t, c)
	v := cl.params("POST", "DescribeRenewalPrice", "ResourceId=i-1")
	c.AddInstance(Instance{ID: "i-1"})
	form := url.Values{"ResourceId": v["ResourceId"], "RegionId": v["RegionId"]}
	v.Del("ResourceId")
	v.Del("RegionId")
	r := httptest.NewRequest("POST", "/any/path?"+v.Encode(), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	if got := readReply(t, w.Result()); got.status != 200 {
		t.Errorf("query and form: %v", got)
	}

	v = cl.params("GET", "DescribeRegions")
	w = httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest("GET", "/?"+v.Encode(), http.NoBody))
	if got := readReply(t, w.Result()); got.status != 200 {
		t.Errorf("GET: %v", got)
	}
	w = httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest("PUT", "/?"+v.Encode(), http.NoBody))
	if got := readReply(t, w.Result()); got.code() != "UnsupportedHTTPMethod" {
		t.Errorf("PUT: %v", got)
	}
	cl.want(200, "", "DescribeRegions", "OwnerId=", "ResourceOwnerAccount=")
	v = cl.params("POST", "DescribeRegions", "Format=")
	if got := cl.send(v); !strings.HasPrefix(got.raw, "<?xml") || !strings.Contains(got.raw, "<RegionId>cn-hangzhou</RegionId>") {
		t.Errorf("without Format: %v", got)
	}
}

func TestSkipSignature(t *testing.T) {
	c := New(Options{SkipSignature: true})
	for query, status := range map[string]int{
		"Action=DescribeRegions&Version=2014-05-26&Format=JSON":                       200,
		"Action=DescribeRegions&Version=2014-05-26&Format=JSON&AccessKeyId=emulator":  200,
		"Action=DescribeRegions&Version=2014-05-26&Format=JSON&AccessKeyId=stranger":  400,
		"Action=DescribeRegions&Version=2014-05-26&Format=JSON&RegionId=no-such-one":  200,
		"Action=DescribeInstances&Version=2014-05-26&Format=JSON&RegionId=no-such":    404,
		"Action=DescribeInstances&Version=2017-12-14&Format=JSON&RegionId=cn-beijing": 404,
		"Action=Nothing&Version=2014-05-26&Format=JSON":                               404,
		"Version=2014-05-26&Format=JSON":                                              400,
		"Action=DescribeRegions&Format=JSON":                                          400,
	} {
		w := httptest.NewRecorder()
		c.ServeHTTP(w, httptest.NewRequest("POST", "/?"+query, http.NoBody))
		if w.Code != status {
			t.Errorf("%s: %d %s, want %d", query, w.Code, w.Body, status)
		}
	}
}
