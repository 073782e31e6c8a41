package local

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- the scheme of the API is HMAC-SHA1
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// oldPython sends what a script on aliyun-python-sdk-core and -ecs sends: the old
// signature, Format=json, True and False, parameters in the URL as quote_plus
// writes them. It signs on its own; nothing is shared with the emulator.
type oldPython struct {
	t        *testing.T
	endpoint string
	client   *http.Client
	sent     int
}

// call sends a request as the SDK does, GET unless form parameters are given, and
// gives the answer, which must be JSON.
func (p *oldPython) call(action string, query, form url.Values) (status int, answer map[string]any) {
	p.t.Helper()
	p.sent++
	all := url.Values{
		"Action": {action}, "Version": {"2014-05-26"}, "Format": {"json"}, "RegionId": {"cn-hangzhou"},
		"AccessKeyId": {"emulator"}, "SignatureMethod": {"HMAC-SHA1"}, "SignatureType": {""}, "SignatureVersion": {"1.0"},
		"SignatureNonce": {fmt.Sprintf("a5f2c9d4-0000-11f1-9d6b-%012d", p.sent)}, "Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
	}
	for name, values := range query {
		all[name] = values
	}
	method, body := http.MethodGet, ""
	inURL := url.Values{}
	for name, values := range all {
		inURL[name] = values
	}
	if form != nil {
		method, body = http.MethodPost, form.Encode()
		for name, values := range form {
			all[name] = values
		}
	}
	inURL.Set("Signature", oldSignature(method, all, "emulator"))
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.endpoint+"/?"+inURL.Encode(), strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("x-sdk-client", "python/2.0.0")
	request.Header.Set("x-acs-action", action)
	request.Header.Set("x-acs-version", "2014-05-26")
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := p.client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		p.t.Fatalf("%s: no JSON: %s", action, text) // json.loads raises
	}
	return response.StatusCode, answer
}

// ok is call for what must succeed.
func (p *oldPython) ok(action string, query, form url.Values) map[string]any {
	p.t.Helper()
	status, answer := p.call(action, query, form)
	if status != http.StatusOK {
		p.t.Fatalf("%s: %d %v", action, status, answer)
	}
	return answer
}

func oldSignature(method string, params url.Values, secret string) string {
	quote := func(s string) string {
		return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
	}
	var pairs []string
	for name := range params {
		pairs = append(pairs, quote(name)+"="+quote(params.Get(name)))
	}
	slices.Sort(pairs)
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(method + "&%2F&" + quote(strings.Join(pairs, "&"))))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// instances are those of an answer, indexed as scripts do: without looking.
func (p *oldPython) instances(query url.Values) (ids []string, expires map[string]time.Time) {
	p.t.Helper()
	answer := p.ok("DescribeInstances", query, nil)
	expires = map[string]time.Time{}
	for _, item := range answer["Instances"].(map[string]any)["Instance"].([]any) {
		i := item.(map[string]any)
		id := i["InstanceId"].(string)
		at, err := time.Parse("2006-01-02T15:04Z", i["ExpiredTime"].(string)) // time.strptime(…, '%Y-%m-%dT%H:%MZ')
		if err != nil {
			p.t.Error(err)
		}
		address := i["VpcAttributes"].(map[string]any)["PrivateIpAddress"].(map[string]any)["IpAddress"].([]any)[0]
		card := i["NetworkInterfaces"].(map[string]any)["NetworkInterface"].([]any)[0].(map[string]any)
		if card["PrimaryIpAddress"] != address || i["ImageId"] == "" || i["SerialNumber"] == "" {
			p.t.Errorf("%s is %v", id, i)
		}
		ids, expires[id] = append(ids, id), at
	}
	return ids, expires
}

func (p *oldPython) attribute(id string) string {
	p.t.Helper()
	answer := p.ok("DescribeInstanceAutoRenewAttribute", url.Values{"InstanceId": {id}}, nil)
	a := answer["InstanceRenewAttributes"].(map[string]any)["InstanceRenewAttribute"].([]any)[0].(map[string]any)
	return fmt.Sprintf("%v %v %v %v", a["AutoRenewEnabled"], a["RenewalStatus"], a["Duration"], a["PeriodUnit"])
}

const oldScriptFleet = `
instances:
  - {id: i-1, name: web 1, expires: 3d, price: "250.00", resourceGroup: rg-1, securityGroups: [sg-1]}
  - {id: i-2, name: web 2, expires: 5d, resourceGroup: rg-2, securityGroups: [sg-1, sg-2]}
  - {id: i-3, expires: 40d, resourceGroup: rg-1}
`

// The official sample "Renew an ECS instance", and what people made of it: list by
// window, by group, by id; renew; wait for the new expiry; ask for, set and cancel
// auto-renewal. What was bought is what the emulator says at the end.
func TestAScriptOnTheOldPythonSDK(t *testing.T) {
	t.Parallel()
	fleet := filepath.Join(t.TempDir(), "fleet.yaml")
	if err := os.WriteFile(fleet, []byte(oldScriptFleet), 0o600); err != nil {
		t.Fatal(err)
	}
	emulator := startEmulator(t, "--fleet", fleet, "--expiry-delay", "200ms")
	p := &oldPython{t: t, endpoint: emulator.url, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}

	minutes := func(d time.Duration) string { return time.Now().Add(d).UTC().Format("2006-01-02T15:04Z") }
	const day = 24 * time.Hour
	window := url.Values{
		"Filter.3.Key": {"ExpiredStartTime"}, "Filter.3.Value": {minutes(0)},
		"Filter.4.Key": {"ExpiredEndTime"}, "Filter.4.Value": {minutes(7 * day)},
		"InstanceChargeType": {"PrePaid"}, "PageNumber": {"1"}, "PageSize": {"100"},
	}
	for name, x := range map[string]struct {
		query url.Values
		want  string
	}{
		"window":         {window, "i-1 i-2"},
		"resource group": {url.Values{"ResourceGroupId": {"rg-1"}, "PageSize": {"100"}}, "i-1 i-3"},
		"security group": {url.Values{"SecurityGroupId": {"sg-1"}}, "i-1 i-2"},
		"name":           {url.Values{"InstanceName": {"web *"}}, "i-1 i-2"},
		"ids":            {url.Values{"InstanceIds": {`["i-1", "i-3"]`}}, "i-1 i-3"},
	} {
		if ids, _ := p.instances(x.query); strings.Join(ids, " ") != x.want {
			t.Errorf("by %s: %v, want %s", name, ids, x.want)
		}
	}

	_, before := p.instances(url.Values{"InstanceIds": {`["i-1"]`}})
	order := p.ok("RenewInstance", url.Values{"InstanceId": {"i-1"}, "Period": {"1"}, "PeriodUnit": {"Month"}, "ClientToken": {"3f2a ~*+ 1"}}, nil)
	if order["OrderId"] == "" {
		t.Errorf("renewed: %v", order)
	}
	moved := false
	for deadline := time.Now().Add(time.Minute); !moved && time.Now().Before(deadline); {
		_, after := p.instances(url.Values{"InstanceIds": {`["i-1"]`}})
		moved = after["i-1"].After(before["i-1"].Add(27 * day))
	}
	if !moved {
		t.Error("the new expiry never shows")
	}
	again := p.ok("RenewInstance", url.Values{"InstanceId": {"i-1"}, "Period": {"1"}, "PeriodUnit": {"Month"}, "ClientToken": {"3f2a ~*+ 1"}}, nil)
	if again["OrderId"] != order["OrderId"] {
		t.Errorf("the same token again: order %v, and it was %v", again["OrderId"], order["OrderId"])
	}

	if got := p.attribute("i-2"); got != "false Normal 0 Month" {
		t.Errorf("auto-renewal at first: %s", got)
	}
	p.ok("ModifyInstanceAutoRenewAttribute", url.Values{}, url.Values{"InstanceId": {"i-2"}, "AutoRenew": {"True"}, "Duration": {"1"}, "PeriodUnit": {"Month"}})
	if got := p.attribute("i-2"); got != "true AutoRenewal 1 Month" {
		t.Errorf("auto-renewal set: %s", got)
	}
	p.ok("ModifyInstanceAutoRenewAttribute", url.Values{"InstanceId": {"i-2"}, "AutoRenew": {"False"}}, nil)
	if got := p.attribute("i-2"); got != "false Normal 0 Month" {
		t.Errorf("auto-renewal cancelled: %s", got)
	}
	if status, answer := p.call("RenewInstance", url.Values{"InstanceId": {"i-none"}, "Period": {"1"}}, nil); status != 404 || answer["Code"] != "InvalidInstanceId.NotFound" {
		t.Errorf("an unknown instance: %d %v", status, answer)
	}

	said := emulator.interrupt(t)
	if n := strings.Count(said, "charged i-"); n != 1 || !strings.Contains(said, "charged i-1: 250.00 CNY") {
		t.Errorf("the emulator says that %d things were bought:\n%s", n, said)
	}
}

// A running emulator is the binary, as "go run . emulate" starts it.
type running struct {
	cmd  *exec.Cmd
	url  string
	text *bytes.Buffer
	read chan struct{} // closed when its output has ended
}

func startEmulator(t *testing.T, args ...string) *running {
	t.Helper()
	binary, err := exec.LookPath("fc-renewer")
	if err != nil {
		t.Fatal(err)
	}
	r := &running{cmd: exec.CommandContext(t.Context(), binary, append([]string{"emulate", "--listen", "127.0.0.1:0"}, args...)...), text: &bytes.Buffer{}, read: make(chan struct{})}
	r.cmd.Stderr = os.Stderr
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for r.url == "" && lines.Scan() {
		if _, after, ok := strings.Cut(lines.Text(), "listens on "); ok {
			r.url, _, _ = strings.Cut(after, " ")
		}
	}
	if r.url == "" {
		t.Fatal("the emulator did not start")
	}
	go func() {
		defer close(r.read)
		for lines.Scan() {
			r.text.WriteString(lines.Text() + "\n")
		}
	}()
	return r
}

// interrupt ends it as Ctrl-C does, and gives what it said.
func (r *running) interrupt(t *testing.T) string {
	t.Helper()
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-r.read
	if err := r.cmd.Wait(); err != nil {
		t.Error(err)
	}
	return r.text.String()
}
