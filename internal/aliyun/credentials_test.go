package aliyun

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/credentials-go/credentials"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func TestAssume(t *testing.T) {
	c, e := emulated(t, cloud.Options{})
	e.AddInstance(cloud.Instance{ID: "i-theirs", Account: other, Expires: time.Now().Add(renewal.Day)})
	theirs, err := c.Assume(t.Context(), role, "ext-1")
	if err != nil {
		t.Fatal(err)
	}
	if id, err := theirs.Identity(t.Context()); err != nil || id != other {
		t.Errorf("%s %v", id, err)
	}
	if id, err := c.Identity(t.Context()); err != nil || id != account {
		t.Errorf("the own account became %s: %v", id, err)
	}
	for range 3 {
		if list, err := theirs.Instances(t.Context(), hangzhou, []string{"i-theirs", "i-1"}); err != nil || len(list) != 1 || list[0].ID != "i-theirs" {
			t.Errorf("%v %v", list, err)
		}
	}
	if n := e.CallCount("AssumeRole"); n != 1 {
		t.Errorf("the role was assumed %d times", n)
	}

	for name, tt := range map[string]struct {
		prepare func()
		role    string
		id      string
		code    string
		class   renewal.Class
		denied  bool
		words   string
	}{
		"a wrong external id": {role: role, id: "ext-2", code: "NoPermission", class: renewal.Halt, denied: true, words: "RENEW_EXTERNAL_ID"},
		"no external id":      {role: role, code: "NoPermission", class: renewal.Halt, denied: true, words: "RENEW_EXTERNAL_ID"},
		"a missing role":      {role: role + "x", id: "ext-1", code: "EntityNotExist.Role", class: renewal.Halt, denied: true, words: "RENEW_ACCOUNTS"},
		"a missing account":   {role: "acs:ram::1000000000000009:role/renewer", id: "ext-1", code: "EntityNotExist.Role", class: renewal.Halt, denied: true, words: "RENEW_ACCOUNTS"},
		"no right to assume":  {prepare: func() { e.SetDenied(account, "sts:AssumeRole") }, role: role, id: "ext-1", class: renewal.Halt, denied: true, words: "sts:AssumeRole"},
		"no role at all":      {prepare: func() { e.SetDenied(account) }, role: "renewer", id: "ext-1", code: "InvalidParameter.RoleArn", class: renewal.Terminal},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.prepare != nil {
				tt.prepare()
			}
			got, err := c.Assume(t.Context(), tt.role, tt.id)
			if got != nil {
				t.Error("there is a cloud all the same")
			}
			e := classed(t, err, tt.class)
			if e.Action != "sts:AssumeRole" || tt.code != "" && e.Code != tt.code || e.Denied != tt.denied || !strings.Contains(e.Error(), tt.words) {
				t.Errorf("%+v", e)
			}
			if tt.id != "" && strings.Contains(fmt.Sprintf("%+v %#v", err, err), tt.id) {
				t.Errorf("the external id is a kind of password: %v", err)
			}
		})
	}
}

// A roleServer is a stub that gives roles out, for as long as the test says.
type roleServer struct {
	life   atomic.Int64 // of credentials; < 0 = no Expiration
	answer atomic.Value // another answer, http.HandlerFunc
	issued atomic.Int32
	others atomic.Int32
	signed sync.Map // AccessKeyId of calls with the role's credentials
}

func (s *roleServer) handle(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("Action") != "AssumeRole" {
		s.others.Add(1)
		s.signed.Store(q.Get("AccessKeyId"), true)
		says(200, `{"RequestId":"r","OrderId":"1","AccountId":"`+other+`"}`)(w, r)
		return
	}
	if answer, ok := s.answer.Load().(http.HandlerFunc); ok {
		answer(w, r)
		return
	}
	issued := map[string]string{
		"AccessKeyId": fmt.Sprintf("STS.NeverShown%d", s.issued.Add(1)), "AccessKeySecret": "NeverShownRoleSecret", "SecurityToken": "NeverShownRoleToken",
	}
	if life := time.Duration(s.life.Load()); life >= 0 {
		issued["Expiration"] = time.Now().Add(life).UTC().Format(time.RFC3339)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"RequestId": "r", "Credentials": issued})
}

func assume(t *testing.T, life time.Duration) (*Cloud, *roleServer) {
	t.Helper()
	s := &roleServer{}
	s.life.Store(int64(life))
	c, _ := serve(t, s.handle)
	assumed, err := c.Assume(t.Context(), role, "")
	if err != nil {
		t.Fatal(err)
	}
	return assumed, s
}

func TestRoleIsRefreshedNearItsEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		life   time.Duration
		calls  int
		issued int32
	}{
		"an hour ahead":    {time.Hour, 3, 1},
		"minutes ahead":    {4 * time.Minute, 3, 1}, // a quarter of it is still ahead
		"over":             {0, 3, 4},
		"said by no means": {-1, 3, 4},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := assume(t, tt.life)
			for range tt.calls {
				if err := renew(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			if n := s.issued.Load(); n != tt.issued {
				t.Errorf("the role was assumed %d times, want %d", n, tt.issued)
			}
			if _, ok := s.signed.Load(fmt.Sprintf("STS.NeverShown%d", tt.issued)); !ok {
				t.Error("the fresh credentials did not sign")
			}
		})
	}
}

// Credentials that are still good sign on when fresh ones cannot be had.
func TestRoleThatCannotBeRefreshed(t *testing.T) {
	c, s := assume(t, time.Hour)
	s.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusBadGateway) }))
	c.role.fresh = time.Time{}
	if err := renew(t.Context(), c); err != nil {
		t.Errorf("an hour before their end: %v", err)
	}
	c.role.until = time.Now().Add(time.Second)
	err := renew(t.Context(), c)
	if e := renewal.Classify(err); err == nil || e.Class != renewal.Retryable || e.Action != "sts:AssumeRole" {
		t.Errorf("at their end: %v", err)
	}
}

// Whoever asks for a change has just looked, and knows the time left. If signing
// takes long, both are void, and nothing is sent.
func TestChangeIsSentPromptlyOrNotAtAll(t *testing.T) {
	t.Parallel()
	c, s := assume(t, time.Hour)
	s.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(promptly + 100*time.Millisecond):
		case <-r.Context().Done():
		}
		_, _ = fmt.Fprintf(w, `{"Credentials":{"AccessKeyId":"STS.Fresh","AccessKeySecret":"s","SecurityToken":"t","Expiration":%q}}`,
			time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	c.role.fresh = time.Time{}
	err := renew(t.Context(), c)
	if e := renewal.Classify(err); err == nil || e.Class != renewal.Retryable || e.Code != "" {
		t.Errorf("signed late: %v", err)
	}
	if _, sent := s.signed.Load("STS.Fresh"); sent {
		t.Error("it was sent all the same")
	}
	if err := renew(t.Context(), c); err != nil {
		t.Errorf("with fresh credentials: %v", err)
	}
	if _, sent := s.signed.Load("STS.Fresh"); !sent {
		t.Error("the fresh credentials did not sign")
	}
}

// The time of a call is from its beginning, signing included.
func TestSigningIsWithinTheTimeOfTheCall(t *testing.T) {
	t.Parallel()
	c, s := assume(t, time.Hour)
	s.answer.Store(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	c.role.fresh, c.role.until = time.Time{}, time.Now()
	begun := time.Now()
	_, err := c.Renew(t.Context(), hangzhou, "i-1", renewal.Term{Period: renewal.Period{Months: 1}}, "token", 200*time.Millisecond)
	if took := time.Since(begun); took > 5*time.Second || err == nil || renewal.Classify(err).Class != renewal.Retryable {
		t.Errorf("after %v: %v", took, err)
	}
}

// So is the waiting for credentials that another call is fetching.
func TestWaitingForAnothersCredentialsIsWithinTheTimeOfTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := cloud.New(cloud.Options{})
		e.AddAccount(cloud.Account{ID: account, AccessKeyID: keys.ID, AccessKeySecret: keys.Secret, SecurityToken: keys.Token})
		e.AddAccount(cloud.Account{ID: other, Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account}}}})
		listener := cloud.NewMemory()
		server, err := e.Serve(listener)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = server.Close() }()
		base, err := url.Parse(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		self, err := New(Options{Endpoint: base, Dial: listener.Dial}, keys)
		if err != nil {
			t.Fatal(err)
		}
		defer self.Close()
		c, err := self.Assume(t.Context(), role, "")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		e.Fail(cloud.Fault{Action: "AssumeRole", Kind: cloud.SlowAfter, Delay: 15 * time.Second})
		begun := time.Now()
		var group sync.WaitGroup
		group.Go(func() { _, _ = c.Identity(t.Context()) })
		group.Go(func() {
			time.Sleep(time.Second)
			_, err := c.Renew(t.Context(), hangzhou, "i-1", aMonth, token64, 2*time.Second)
			if took := time.Since(begun); took != 3*time.Second || renewal.Classify(err).Class != renewal.Retryable {
				t.Errorf("after %v: %v", took, err)
			}
		})
		group.Wait()
		if n := e.CallCount("RenewInstance"); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

func TestUnreadableExpirationIsAnError(t *testing.T) {
	c, _ := serve(t, says(200, `{"Credentials":{"AccessKeyId":"NeverShown","AccessKeySecret":"NeverShown","SecurityToken":"NeverShown","Expiration":"tomorrow NeverShown"}}`))
	_, err := c.Assume(t.Context(), role, "")
	failed(t, err)
}

// When a role cannot be refreshed nothing is sent with it; and a money call that
// was never sent did not happen, so it is not ambiguous.
func TestRefreshThatFails(t *testing.T) {
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		class  renewal.Class
	}{
		"refused":   {refuses(403, "NoPermission"), renewal.Halt},
		"throttled": {refuses(400, "Throttling.User"), renewal.Retryable},
		"down":      {refuses(500, "InternalError"), renewal.Retryable},
		"lost":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, renewal.Retryable},
		"a page":    {says(200, "<html>"), renewal.Retryable},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := assume(t, 0)
			s.answer.Store(tt.answer)
			e := classed(t, renew(t.Context(), c), tt.class)
			if e.Action != "sts:AssumeRole" {
				t.Errorf("it does not say what failed: %v", e)
			}
			if s.others.Load() != 0 {
				t.Errorf("%d requests were sent", s.others.Load())
			}
		})
	}
}

func TestRefreshAtOnce(t *testing.T) {
	c, s := assume(t, time.Hour)
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			if err := renew(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if s.issued.Load() != 1 {
		t.Errorf("the role was assumed %d times", s.issued.Load())
	}
}

// An unsafeCredential is asked by one at a time, as those of credentials-go
// that fetch what they give out must be.
type unsafeCredential struct {
	credentials.Credential
	inside atomic.Int32
	twice  atomic.Bool
}

func (u *unsafeCredential) GetType() *string { return new("test") }

func (u *unsafeCredential) GetCredential() (*credentials.CredentialModel, error) {
	if u.inside.Add(1) > 1 {
		u.twice.Store(true)
	}
	time.Sleep(time.Millisecond) // others get the chance to come in
	u.inside.Add(-1)
	return &credentials.CredentialModel{AccessKeyId: new("id"), AccessKeySecret: new("secret")}, nil
}

func TestCredentialsAreAskedByOneAtATime(t *testing.T) {
	u := &unsafeCredential{}
	s := &signer{credential: u}
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			if got, err := s.GetCredentials(); err != nil || got.AccessKeyId != "id" || got.AccessKeySecret != "secret" || got.SecurityToken != "" {
				t.Errorf("%v", err)
			}
		})
	}
	group.Wait()
	if u.twice.Load() {
		t.Error("two asked at once")
	}
}

// noEnvironment takes away whatever the default chain could find.
func noEnvironment(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "ALIBABA_CLOUD_") || strings.HasPrefix(name, "ALICLOUD_") {
			unset(t, name)
		}
	}
	unset(t, "ALIBABA_CLOUD_ECS_METADATA_DISABLED") // New sets it: restored at the end
	unset(t, "ALIBABA_CLOUD_ECS_METADATA")
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
}

func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "")
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

// watchHTTP leads all requests of credentials-go by the test, and gives the
// hosts that they are for.
func watchHTTP(t *testing.T) func() []string {
	t.Helper()
	var mu sync.Mutex
	var hosts []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		hosts = append(hosts, r.Host)
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	before := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = before })
	http.DefaultTransport = &http.Transport{Proxy: http.ProxyURL(u), DisableKeepAlives: true}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), hosts...)
	}
}

const metadata = "100.100.100.200"

func TestNothingToSignWith(t *testing.T) {
	noEnvironment(t)
	asked := watchHTTP(t)
	begun := time.Now()
	c, err := New(Options{}, renewal.Keys{})
	if c != nil || !errors.Is(err, ErrNoCredentials) {
		t.Errorf("%v %v", c, err)
	}
	if took := time.Since(begun); took > 4*time.Second { // connecting to nowhere takes five
		t.Errorf("it took %v to find nothing", took)
	}
	if hosts := asked(); len(hosts) != 0 {
		t.Errorf("it asked %v", hosts)
	}
	if os.Getenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED") != "true" {
		t.Error("the metadata address is not switched off")
	}
}

// The check of the check: told to, the chain does ask there, and the test sees it.
func TestMetadataWhenToldTo(t *testing.T) {
	noEnvironment(t)
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA", "renewer")
	asked := watchHTTP(t)
	if _, err := New(Options{}, renewal.Keys{}); err == nil || !strings.Contains(err.Error(), "metadata service") {
		t.Errorf("%v", err)
	}
	if hosts := asked(); len(hosts) == 0 || hosts[0] != metadata {
		t.Errorf("it asked %v", hosts)
	}
}

func TestKeysOfTheEnvironment(t *testing.T) {
	noEnvironment(t)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "env-secret")
	t.Setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "env-token")
	asked := watchHTTP(t)
	seen := make(chan url.Values, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.URL.Query()
		says(200, `{"AccountId":"1"}`)(w, r)
	}))
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		keys      renewal.Keys
		id, token string
	}{
		{renewal.Keys{}, "env-id", "env-token"},
		{keys, keys.ID, keys.Token}, // given keys win
		{renewal.Keys{ID: "long", Secret: "lived"}, "long", ""},
	} {
		c, err := New(Options{Endpoint: base}, tt.keys)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Identity(t.Context()); err != nil {
			t.Error(err)
		}
		c.Close()
		if q := <-seen; q.Get("AccessKeyId") != tt.id || q.Get("SecurityToken") != tt.token {
			t.Errorf("signed by %s with token %q", q.Get("AccessKeyId"), q.Get("SecurityToken"))
		}
	}
	if hosts := asked(); len(hosts) != 0 {
		t.Errorf("it asked %v", hosts)
	}
}

// A profile of the CLI that is there and cannot be used is not told as none.
func TestProfileThatCannotBeUsed(t *testing.T) {
	const ak = `{"name":"work","mode":"AK","access_key_id":"NeverShownId","access_key_secret":"NeverShownSecret"}`
	for name, tt := range map[string]struct {
		config, profile string
		words           []string
	}{
		"broken JSON":           {`{"current":"work","profiles":[` + ak, "", []string{"config.json", "not valid JSON"}},
		"no current":            {`{"profiles":[` + ak + `]}`, "", []string{"config.json", "no current profile"}},
		"another current":       {`{"current":"home","profiles":[` + ak + `]}`, "", []string{`"home"`, "work"}},
		"another in a variable": {`{"current":"work","profiles":[` + ak + `]}`, "home", []string{`"home"`, "ALIBABA_CLOUD_PROFILE"}},
		"no profiles":           {`{"current":"work"}`, "", []string{`"work"`}},
		"null as a profile":     {`{"current":"work","profiles":[null]}`, "", []string{`"work"`}},
		"no key":                {`{"current":"work","profiles":[{"name":"work","mode":"AK","access_key_id":"NeverShownId"}]}`, "", []string{`"work"`, "access key"}},
		"CloudSSO, expired": {`{"current":"work","profiles":[{"name":"work","mode":"CloudSSO","access_token":"NeverShown","cloud_sso_access_token_expire":1700000000,
			"cloud_sso_sign_in_url":"https://signin-cn-shanghai.alibabacloudsso.com/x/login","cloud_sso_account_id":"1","cloud_sso_access_config":"ac"}]}`, "", []string{`"work"`, "has expired", "aliyun configure --mode CloudSSO"}},
		"OAuth":        {`{"current":"work","profiles":[{"name":"work","mode":"OAuth","oauth_site_type":"XX","oauth_refresh_token":"NeverShown"}]}`, "", []string{`"work"`, "aliyun configure --mode OAuth"}},
		"unknown mode": {`{"current":"work","profiles":[{"name":"work","mode":"Telepathy"}]}`, "", []string{`"work"`, "Telepathy"}},
	} {
		t.Run(name, func(t *testing.T) {
			noEnvironment(t)
			asked := watchHTTP(t)
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("USERPROFILE", home)
			t.Setenv("ALIBABA_CLOUD_PROFILE", tt.profile)
			if err := os.Mkdir(filepath.Join(home, ".aliyun"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(home, ".aliyun", "config.json"), []byte(tt.config), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := New(Options{}, renewal.Keys{})
			if err == nil || errors.Is(err, ErrNoCredentials) {
				t.Fatalf("%v", err)
			}
			for _, l := range []lang.Language{lang.English, lang.Chinese} {
				if text := lang.Of(err, l); strings.Contains(text, "NeverShown") || strings.Contains(text, "%!") {
					t.Error(text)
				}
			}
			for _, word := range tt.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%v lacks %s", err, word)
				}
			}
			if hosts := asked(); len(hosts) != 0 {
				t.Errorf("it asked %v", hosts)
			}
		})
	}
	t.Run("a file that is not there", func(t *testing.T) {
		noEnvironment(t)
		t.Setenv("ALIBABA_CLOUD_CONFIG_FILE", filepath.Join(t.TempDir(), "nowhere.json"))
		if _, err := New(Options{}, renewal.Keys{}); err == nil || !strings.Contains(err.Error(), "nowhere.json") {
			t.Errorf("%v", err)
		}
	})
	t.Run("switched off", func(t *testing.T) {
		noEnvironment(t)
		t.Setenv("ALIBABA_CLOUD_CONFIG_FILE", filepath.Join(t.TempDir(), "nowhere.json"))
		t.Setenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true")
		if _, err := New(Options{}, renewal.Keys{}); !errors.Is(err, ErrNoCredentials) {
			t.Errorf("%v", err)
		}
	})
}

// A profile that is asked for by its name is used and nothing else, whatever the
// environment has, and where it cannot be, nothing takes its place.
func TestNamedProfile(t *testing.T) {
	noEnvironment(t)
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "env-id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "NeverShown")
	t.Setenv("ALIBABA_CLOUD_PROFILE", "other")
	refused := func(name string, words ...string) {
		t.Helper()
		_, err := New(Options{Profile: name}, renewal.Keys{})
		for _, l := range []lang.Language{lang.English, lang.Chinese} {
			if text := lang.Of(err, l); err == nil || strings.Contains(text, "NeverShown") || strings.Contains(text, "%!") {
				t.Errorf("%s: %s", name, text)
			}
		}
		for _, word := range words {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v lacks %s", name, err, word)
			}
		}
	}
	refused("work", "config.json") // there is no such file
	if err := os.Mkdir(filepath.Join(home, ".aliyun"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aliyun", "config.json"), []byte(`{"current":"other","profiles":[
		{"name":"other","mode":"AK","access_key_id":"other-id","access_key_secret":"NeverShown"},
		{"name":"empty","mode":"AK"},
		{"name":"half","mode":"StsToken","access_key_id":"half-id","access_key_secret":"NeverShown"},
		{"name":"chained","mode":"ChainableRamRoleArn","source_profile":"empty","ram_role_arn":"acs:ram::1:role/r","ram_session_name":"s"},
		{"name":"work","mode":"AK","access_key_id":"work-id","access_key_secret":"NeverShown"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("home", `"home"`, "other, empty, half, chained, work")
	refused("half", `"half"`, "not complete")
	refused("chained", `"empty"`, "access key")
	refused("empty", `"empty"`, "access key")
	for name, want := range map[string]string{"work": "work-id", "other": "other-id", "": "env-id"} {
		c, err := New(Options{Profile: name}, renewal.Keys{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.keys.GetCredentials()
		if c.Close(); err != nil || got.AccessKeyId != want {
			t.Errorf("%q signs as %+v, %v, want %s", name, got.AccessKeyId, err, want)
		}
	}
	if c, err := New(Options{Profile: "work"}, keys); err != nil {
		t.Error(err)
	} else if got, err := c.keys.GetCredentials(); err != nil || got.AccessKeyId != keys.ID {
		t.Errorf("given keys do not win: %v", err)
	}
	t.Setenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true")
	refused("work", `"work"`, "ALIBABA_CLOUD_CLI_PROFILE_DISABLED")
}

func TestHalfAKey(t *testing.T) {
	noEnvironment(t)
	asked := watchHTTP(t)
	for _, half := range []renewal.Keys{{ID: "NeverShown"}, {Secret: "NeverShown"}, {Token: "NeverShown"}, {ID: "NeverShown", Token: "NeverShown"}} {
		if _, err := New(Options{}, half); err == nil || strings.Contains(fmt.Sprintf("%+v %#v", err, err), "NeverShown") {
			t.Errorf("%v", err)
		}
	}
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "NeverShown")
	if _, err := New(Options{}, renewal.Keys{}); err == nil || !strings.Contains(err.Error(), "only one is set") || strings.Contains(err.Error(), "NeverShown") {
		t.Errorf("%v", err)
	}
	if hosts := asked(); len(hosts) != 0 {
		t.Errorf("it asked %v", hosts)
	}
}

// What holds keys is not to show them when somebody prints it.
func TestNothingPrintsKeys(t *testing.T) {
	c, _ := serve(t, says(200, "{}"))
	for name, v := range map[string]any{"keys": keys, "a pointer": &keys, "the cloud": c, "its value": *c} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "NeverShown") {
				t.Errorf("%s with %s: %s", name, verb, text)
			}
		}
		if text, err := json.Marshal(v); err == nil && strings.Contains(string(text), "NeverShown") {
			t.Errorf("%s as JSON: %s", name, text)
		}
	}
}
