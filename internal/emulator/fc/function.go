package fc

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	defaultRetries = 3
	mostRetries    = 8
	longestTimeout = 24 * time.Hour
)

// Function says what is deployed and how. Only Path is needed.
type Function struct {
	Path string   // the compiled binary
	Args []string // nil on the platform, which passes none
	Dir  string   // working directory; empty means the directory of Path

	Env     map[string]string // the user's variables, checked as the platform checks them
	BaseEnv []string          // KEY=value pairs of the image, such as PATH; unchecked

	Name      string        // empty means "function"
	Handler   string        // empty means "main"
	Region    string        // empty means "cn-hangzhou"
	AccountID string        // empty means "1234567890123456"
	MemoryMB  int           // 0 means 128; told to the function, not enforced
	Timeout   time.Duration // of one invocation; 0 means a minute. Parts of a second are allowed

	Credentials    Credentials  // of the function's role
	CredentialsIn  Where        // the zero value is Both
	EnvCredentials *Credentials // what the environment holds instead; nil means the same as the context

	OmitHeaders []string // headers missing from every event

	MaxAsyncRetries int           // 0 means 3, which is the platform's own default; -1 means none
	RetryDelay      time.Duration // pause before each retry; 0 means none
	StartTimeout    time.Duration // how long a process may take to ask for work; 0 means 30 seconds

	// Fault is asked before each runtime API call of the function is answered.
	// Nil means that nothing ever fails. It may be called from several goroutines.
	Fault func(Call) Fault
}

// Credentials are temporary ones, as a role yields them.
type Credentials struct {
	AccessKeyID, AccessKeySecret, SecurityToken string
}

// Where says which ways the credentials take to the function.
type Where int

const (
	Both        Where = iota // with each event, and in the environment
	ContextOnly              // with each event
	EnvOnly                  // in the environment, as old as the process
	None                     // the function has no role
)

func (w Where) inContext() bool { return w == Both || w == ContextOnly }
func (w Where) inEnv() bool     { return w == Both || w == EnvOnly }

// complete returns f with its defaults filled in, or says why the platform
// would not have taken it.
func (f Function) complete() (Function, error) {
	path, err := filepath.Abs(f.Path)
	if err != nil {
		return f, fmt.Errorf("path of the function: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return f, fmt.Errorf("binary of the function: %w", err)
	}
	if info.IsDir() {
		return f, fmt.Errorf("binary of the function: %s is a directory", path)
	}
	f.Path = path
	f.Dir = cmp.Or(f.Dir, filepath.Dir(path))
	f.Name = cmp.Or(f.Name, "function")
	f.Handler = cmp.Or(f.Handler, "main")
	f.Region = cmp.Or(f.Region, "cn-hangzhou")
	f.AccountID = cmp.Or(f.AccountID, "1234567890123456")
	f.MemoryMB = cmp.Or(f.MemoryMB, 128)
	f.Timeout = cmp.Or(f.Timeout, time.Minute)
	f.StartTimeout = cmp.Or(f.StartTimeout, 30*time.Second)
	switch {
	case f.MaxAsyncRetries == 0:
		f.MaxAsyncRetries = defaultRetries
	case f.MaxAsyncRetries == -1:
		f.MaxAsyncRetries = 0
	case f.MaxAsyncRetries < -1 || f.MaxAsyncRetries > mostRetries:
		return f, fmt.Errorf("asynchronous retries: %d is not between -1 and %d", f.MaxAsyncRetries, mostRetries)
	}
	if f.Timeout < 0 || f.Timeout > longestTimeout {
		return f, fmt.Errorf("timeout: %s is not between 0 and %s", f.Timeout, longestTimeout)
	}
	if f.MemoryMB < 0 || f.RetryDelay < 0 || f.StartTimeout < 0 {
		return f, errors.New("memory, retry delay and start timeout cannot be negative")
	}
	return f, checkEnv(f)
}
