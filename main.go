// Fc-renewer renews subscription servers on Alibaba Cloud before they expire.
// Under Function Compute it is the function; elsewhere it is a command.
package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
	_ "time/tzdata" // the platform's image may have no time zones

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/aliyun"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

func main() {
	log.SetOutput(aliyun.WithoutAnswers(os.Stderr))
	h := &handler.Handler{Connect: connect, Environ: os.Environ, ReadFile: readBeside, Now: time.Now, Out: os.Stdout, Rights: aliyun.Rights(), Version: build()}
	if os.Getenv("FC_RUNTIME_API") != "" {
		h.Serve()
	}
	os.Exit(commandLine(h))
}

// version is set by a release: -ldflags "-X main.version=v1.2.0".
var version string

// build says which build this is: the version of a release, else what the go
// command knows of the sources, else devel.
func build() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision, changed := "", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = setting.Value[:min(len(setting.Value), 12)]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changed = "-changed"
		}
	}
	if revision == "" {
		return "devel"
	}
	return "devel-" + revision + changed
}

// connect joins the run to the cloud: with the keys of the invocation, or, on a
// laptop, with whatever the default chain finds.
func connect(_ context.Context, in handler.Invocation, c config.Config) (handler.Accounts, error) {
	options := aliyun.Options{Endpoint: c.Endpoint, Network: c.Network, Site: c.Policy.Site, Region: in.Region, Profile: in.Profile}
	self, err := aliyun.New(options, in.Keys)
	if err != nil {
		return nil, err
	}
	return accounts{self, c.ExternalID}, nil
}

// accounts are those that the credentials of a run lead to.
type accounts struct {
	*aliyun.Cloud // their own
	externalID    string
}

// Open gives the account itself, or assumes a role in another.
func (a accounts) Open(ctx context.Context, name string) (runner.Cloud, error) {
	if name == runner.Self {
		return account{a.Cloud}, nil
	}
	other, err := a.Assume(ctx, name, a.externalID)
	return account{other}, err
}

// account is one of them as a run wants it: neither package knows the other.
type account struct{ *aliyun.Cloud }

// Product gives the calls to a product.
func (a account) Product(key string) runner.Product { return a.Cloud.Product(key) }

// readBeside reads a file that is shipped with the code.
func readBeside(name string) ([]byte, error) {
	if dir := os.Getenv("FC_FUNC_CODE_PATH"); dir != "" && !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	return os.ReadFile(name)
}
