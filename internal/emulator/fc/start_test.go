package fc

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCredentialsGoWhereTheyShould(t *testing.T) {
	old := &Credentials{AccessKeyID: "STS.old", AccessKeySecret: "old-secret", SecurityToken: "old-token"}
	for _, tt := range []struct {
		name         string
		where        Where
		env          *Credentials
		inCtx, inEnv string
	}{
		{"both", Both, nil, "STS.role", "STS.role"},
		{"both, differing", Both, old, "STS.role", "STS.old"},
		{"context", ContextOnly, nil, "STS.role", ""},
		{"environment", EnvOnly, nil, "", "STS.role"},
		{"none", None, nil, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, Function{CredentialsIn: tt.where, EnvCredentials: tt.env})
			s := decode(t, invoke(t, r, "{}"))
			if got := s.Context.Credentials["AccessKeyId"]; got != tt.inCtx {
				t.Errorf("in the context: %q", got)
			}
			if got := lookup(s.Env, "ALIBABA_CLOUD_ACCESS_KEY_ID"); got != tt.inEnv {
				t.Errorf("in the environment: %q", got)
			}
		})
	}
}

func TestCredentialsOfOneEvent(t *testing.T) {
	r := start(t, Function{})
	res, err := r.InvokeWith(t.Context(), nil, Options{Credentials: &Credentials{AccessKeyID: "STS.new"}})
	if err != nil {
		t.Fatal(err)
	}
	s := decode(t, res)
	if s.Context.Credentials["AccessKeyId"] != "STS.new" || lookup(s.Env, "ALIBABA_CLOUD_ACCESS_KEY_ID") != "STS.role" {
		t.Errorf("credentials %v", s.Context.Credentials)
	}
}

func TestEnvironmentIsNotInherited(t *testing.T) {
	t.Setenv("FROM_THE_PARENT", "1")
	r := start(t, Function{Env: map[string]string{"LEVEL": "debug", "TZ": "Asia/Shanghai"}, BaseEnv: []string{"PATH=/bin"}, Region: "cn-x"})
	env := decode(t, invoke(t, r, "{}")).Env
	for name, want := range map[string]string{
		"FROM_THE_PARENT": "", "LEVEL": "debug", "TZ": "Asia/Shanghai", "PATH": "/bin", "FC_REGION": "cn-x",
		"FC_FUNCTION_NAME": "function", "FC_FUNCTION_HANDLER": "main", "FC_FUNCTION_MEMORY_SIZE": "128",
		"FC_ACCOUNT_ID": "1234567890123456", "ALIBABA_CLOUD_SECURITY_TOKEN": "role-token",
	} {
		if got := lookup(env, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if lookup(env, "FC_INSTANCE_ID") == "" || lookup(env, "FC_RUNTIME_API") == "" {
		t.Errorf("environment %v", env)
	}
}

func lookup(env []string, name string) string {
	i := slices.IndexFunc(env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	if i < 0 {
		return ""
	}
	return env[i][len(name)+1:]
}

func TestRefusedFunctions(t *testing.T) {
	for _, tt := range []struct {
		f    Function
		want string
	}{
		{Function{Path: "testdata/missing"}, "no such file"},
		{Function{Path: "testdata"}, "is a directory"},
		{Function{Env: map[string]string{"FC_X": ""}}, "FC_X"},
		{Function{Env: map[string]string{"1X": ""}}, "1X"},
		{Function{Env: map[string]string{"X": strings.Repeat("x", 4096)}}, "4097 bytes"},
		{Function{Credentials: role, Env: map[string]string{"ALIBABA_CLOUD_SECURITY_TOKEN": "x"}}, "ALIBABA_CLOUD_SECURITY_TOKEN"},
		{Function{MaxAsyncRetries: 9}, "9"},
		{Function{Timeout: -time.Second}, "-1s"},
	} {
		if tt.f.Path == "" {
			tt.f.Path = binary
		}
		r, err := Start(t.Context(), tt.f)
		if err == nil {
			t.Errorf("%+v: taken", tt.f)
			_ = r.Close()
		} else if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v does not say %q", err, tt.want)
		}
	}
	f := Function{Path: binary, Env: map[string]string{"X": strings.Repeat("x", 4095)}}
	if _, err := f.complete(); err != nil {
		t.Errorf("exactly 4 KB: %v", err)
	}
}

func TestFunctionThatDoesNotStart(t *testing.T) {
	t.Parallel()
	r := start(t, Function{Env: map[string]string{"AT_START": "exit"}})
	results, err := r.InvokeAsync(t.Context(), nil)
	if err != nil || len(results) != 4 {
		t.Fatal(results, err)
	}
	for _, res := range results {
		if !res.Crashed || res.Delivered || !strings.Contains(res.Log, "no start today") {
			t.Errorf("result %+v", res)
		}
	}
	for range mostStartFailures - 4 {
		invoke(t, r, "")
	}
	if _, err := r.Invoke(t.Context(), nil); !errors.Is(err, ErrStartLoop) {
		t.Errorf("error %v", err)
	}
	if r.Starts() != mostStartFailures {
		t.Errorf("%d starts", r.Starts())
	}
}

func TestFunctionThatNeverAsks(t *testing.T) {
	t.Parallel()
	r := start(t, Function{Env: map[string]string{"AT_START": "hang"}, StartTimeout: 100 * time.Millisecond})
	if res := invoke(t, r, ""); !res.Crashed || res.Delivered {
		t.Errorf("result %+v", res)
	}
}

func TestBinaryThatIsNone(t *testing.T) {
	r, err := Start(t.Context(), Function{Path: "doc.go"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Invoke(t.Context(), nil); err == nil {
		t.Error("a text file ran")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
