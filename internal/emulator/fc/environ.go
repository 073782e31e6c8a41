package fc

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const mostEnvBytes = 4 << 10 // names and values of all user variables together

var envName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`) })

// checkEnv refuses user variables that a deployment would refuse.
func checkEnv(f Function) error {
	var errs []error
	total := 0
	injected := credentialEnv(f)
	for _, name := range slices.Sorted(maps.Keys(f.Env)) {
		total += len(name) + len(f.Env[name])
		switch {
		case !envName().MatchString(name):
			errs = append(errs, fmt.Errorf("variable %q: a name is a letter, then letters, digits and underscores", name))
		case strings.HasPrefix(name, "FC_"):
			errs = append(errs, fmt.Errorf("variable %s: names beginning with FC_ belong to the platform", name))
		case injected[name] != "":
			// Nobody has written down which of the two values would win.
			errs = append(errs, fmt.Errorf("variable %s: the platform sets it for the role", name))
		case strings.ContainsRune(f.Env[name], 0):
			errs = append(errs, fmt.Errorf("variable %s: the value contains a zero byte", name))
		}
	}
	if total > mostEnvBytes {
		errs = append(errs, fmt.Errorf("variables: %d bytes, and %d are the most", total, mostEnvBytes))
	}
	return errors.Join(errs...)
}

// environ is the whole environment of one process. Of equal names the last wins.
func environ(f Function, api, instanceID string) []string {
	env := []string{"TZ=UTC"} // the clock of an instance, wherever the emulator runs
	env = append(env, f.BaseEnv...)
	env = appendPairs(env, f.Env)
	env = appendPairs(env, credentialEnv(f))
	return appendPairs(env, map[string]string{
		"FC_RUNTIME_API":          api,
		"FC_FUNC_CODE_PATH":       f.Dir,
		"FC_ACCOUNT_ID":           f.AccountID,
		"FC_FUNCTION_HANDLER":     f.Handler,
		"FC_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.MemoryMB),
		"FC_FUNCTION_NAME":        f.Name,
		"FC_REGION":               f.Region,
		"FC_CUSTOM_LISTEN_PORT":   "9000",
		"FC_INSTANCE_ID":          instanceID,
		"FC_VER_ID":               "",
	})
}

// credentialEnv is empty when the role's credentials do not go that way.
func credentialEnv(f Function) map[string]string {
	if !f.CredentialsIn.inEnv() {
		return nil
	}
	c := f.Credentials
	if f.EnvCredentials != nil {
		c = *f.EnvCredentials
	}
	if c == (Credentials{}) {
		return nil
	}
	return map[string]string{
		"ALIBABA_CLOUD_ACCESS_KEY_ID":     c.AccessKeyID,
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET": c.AccessKeySecret,
		"ALIBABA_CLOUD_SECURITY_TOKEN":    c.SecurityToken,
	}
}

func appendPairs(env []string, pairs map[string]string) []string {
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		env = append(env, name+"="+pairs[name])
	}
	return env
}
