package cloud

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// t0 is the domain clock of the tests.
var t0 = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func frozen() time.Time { return t0 }

// client signs requests with one key and gives them to a Cloud.
type client struct {
	t             *testing.T
	cloud         http.Handler
	id, secret    string
	securityToken string
}

var nonces atomic.Int64

func newClient(t *testing.T, c *Cloud) *client {
	t.Helper()
	return &client{t: t, cloud: c, id: "emulator", secret: "emulator"}
}

// versionOf is the version that has the action; of several, that of ECS.
func versionOf(name string) string {
	if _, ok := actions()[actionKey{ecsVersion, name}]; ok {
		return ecsVersion
	}
	for key := range actions() {
		if key.name == name {
			return key.version
		}
	}
	return ""
}

// params makes the parameters of a request from "Name=value" pairs, signed.
func (cl *client) params(method, action string, pairs ...string) url.Values {
	v := url.Values{
		"Action": {action}, "Version": {versionOf(action)}, "Format": {"JSON"},
		"AccessKeyId": {cl.id}, "SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}, "SignatureType": {""},
		"SignatureNonce": {fmt.Sprint("nonce-", nonces.Add(1))}, "Timestamp": {time.Now().UTC().Format(timestampFmt)},
		"RegionId": {"cn-hangzhou"},
	}
	if cl.securityToken != "" {
		v.Set("SecurityToken", cl.securityToken)
	}
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		v.Set(name, value)
	}
	v.Set("Signature", signature(method, v, cl.secret))
	return v
}

type reply struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func (r reply) code() string {
	code, _ := r.body["Code"].(string)
	return code
}

func (r reply) String() string { return fmt.Sprintf("%d %s", r.status, r.raw) }

func (cl *client) send(v url.Values) reply {
	cl.t.Helper()
	w := httptest.NewRecorder()
	cl.cloud.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/?"+v.Encode(), http.NoBody))
	return readReply(cl.t, w.Result())
}

func readReply(t *testing.T, res *http.Response) reply {
	t.Helper()
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{status: res.StatusCode, header: res.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &r.body) // pages are no JSON
	return r
}

func (cl *client) call(action string, pairs ...string) reply {
	cl.t.Helper()
	return cl.send(cl.params(http.MethodPost, action, pairs...))
}

// want calls and checks status and code; code "" is any.
func (cl *client) want(status int, code, action string, pairs ...string) reply {
	cl.t.Helper()
	r := cl.call(action, pairs...)
	if r.status != status || code != "" && r.code() != code {
		cl.t.Errorf("%s %v: got %v, want %d %s", action, pairs, r, status, code)
	}
	return r
}

// ids are the instances of a DescribeInstances answer.
func (r reply) ids() string {
	var ids []string
	for _, i := range r.instances() {
		ids = append(ids, i["InstanceId"].(string))
	}
	return strings.Join(ids, " ")
}

func (r reply) instances() (list []map[string]any) {
	outer, _ := r.body["Instances"].(map[string]any)
	items, _ := outer["Instance"].([]any)
	for _, item := range items {
		list = append(list, item.(map[string]any))
	}
	return list
}

func days(n float64) time.Time { return t0.Add(time.Duration(n * float64(day))) }
