package handler

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aliyun/fc-runtime-go-sdk/fc"
	"github.com/aliyun/fc-runtime-go-sdk/fc/messages"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/notify"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// Accounts are the accounts of one run.
type Accounts interface {
	// Open opens an account by its name in RENEW_ACCOUNTS.
	Open(ctx context.Context, name string) (runner.Cloud, error)
	// Close ends all connections.
	Close()
}

// A Connect opens the cloud for one run.
type Connect func(ctx context.Context, in Invocation, c config.Config) (Accounts, error)

// A Handler answers events. It is safe for concurrent use.
type Handler struct {
	Connect  Connect
	Environ  func() []string                   // name=value
	ReadFile func(name string) ([]byte, error) // for RENEW_RULES_FILE
	Now      func() time.Time
	Out      io.Writer        // where the log goes
	Version  string           // of this build
	Rights   []renewal.Right  // that the calls of what Connect opens can need
	Progress *runner.Progress // of a run that somebody watches; nil = nobody does, as under Function Compute

	Transport http.RoundTripper // carries messages and the heartbeat; nil = the network
}

// An Invocation is what is known of a call besides its event.
type Invocation struct {
	RequestID string
	AccountID string       // "" = not known
	Region    string       // the function's own; "" = not known
	Keys      renewal.Keys // zero = Connect finds some
	Profile   string       // of the aliyun CLI, for Connect to find them in; "" = wherever they are
	Attempt   int          // of an asynchronous event: 0 is the first
	Trigger   string       // "" = as the event says
	Doubtful  bool         // Keys may belong to another account than AccountID: they are of the environment
	Platform  bool         // of Function Compute: Connect must not look for keys
}

// Serve answers the events of Function Compute. It does not return.
func (h *Handler) Serve() {
	fc.Start(func(ctx context.Context, payload []byte) (any, error) {
		result, err := h.Answer(ctx, h.invocation(ctx), payload)
		return result, h.asError(err)
	})
}

// invocation takes what the platform says from the context, once: reading it
// from several goroutines is a race. Where the context has no credentials,
// those of the environment are used, and none from anywhere else.
func (h *Handler) invocation(ctx context.Context) Invocation {
	variable := h.variables()
	in := Invocation{Platform: true, Region: variable["FC_REGION"], AccountID: variable["FC_ACCOUNT_ID"]}
	if fctx, ok := fccontext.FromContext(ctx); ok && fctx != nil {
		in.RequestID, in.Attempt = fctx.RequestID, fctx.RetryCount
		if fctx.Region != "" {
			in.Region = fctx.Region
		}
		if fctx.AccountId != "" {
			in.AccountID = fctx.AccountId
		}
		in.Keys = renewal.Keys{ID: fctx.Credentials.AccessKeyId, Secret: fctx.Credentials.AccessKeySecret, Token: fctx.Credentials.SecurityToken}
	}
	if in.Keys.ID == "" || in.Keys.Secret == "" {
		in.Doubtful = true
		in.Keys = renewal.Keys{ID: variable["ALIBABA_CLOUD_ACCESS_KEY_ID"], Secret: variable["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], Token: variable["ALIBABA_CLOUD_SECURITY_TOKEN"]}
	}
	if in.Keys.ID == "" || in.Keys.Secret == "" {
		in.Keys = renewal.Keys{}
	}
	return in
}

func (h *Handler) variables() map[string]string {
	values := map[string]string{}
	for _, v := range h.Environ() {
		if name, value, ok := strings.Cut(v, "="); ok {
			values[name] = value
		}
	}
	return values
}

// asError gives an error the form in which the platform shows its type.
func (h *Handler) asError(err error) error {
	if err == nil {
		return nil
	}
	kind := runner.Unavailable
	if s, ok := errors.AsType[*runner.Stop](err); ok {
		kind = s.Kind
	}
	return messages.InvokeResponse_Error{Type: string(kind), Message: err.Error()}
}

// Answer carries out one event and gives the report, or the result of the check
// that the event asks for. The error is a *runner.Stop: then nothing was
// changed. Either way it has been logged before it returns, and is in the language
// of the settings, as far as that could be read.
func (h *Handler) Answer(ctx context.Context, in Invocation, payload []byte) (any, error) {
	c, configErr := h.ReadSettings()
	result, err := h.answer(ctx, in, c, configErr, payload)
	return result, lang.ErrorIn(err, c.Policy.Lang)
}

func (h *Handler) answer(ctx context.Context, in Invocation, c Settings, configErr error, payload []byte) (any, error) {
	request, eventErr := ParseEvent(payload)
	if in.Trigger == "" {
		in.Trigger = request.Trigger
	}
	log, people := h.logger(in, c.Config), notify.New(c.Notify)
	refuse := func(kind runner.Kind, err error) error {
		s, ok := errors.AsType[*runner.Stop](err)
		if !ok {
			s = &runner.Stop{Kind: kind, Err: err}
		}
		return h.refuse(ctx, in, people, log, h.stopped(in, c.Policy, s), s)
	}
	if configErr != nil {
		return nil, refuse(runner.BadConfig, configErr)
	}
	if eventErr != nil {
		return nil, refuse(runner.BadEvent, eventErr)
	}
	if request.Check {
		result, err := h.answerCheck(ctx, in, log)
		if err != nil {
			return nil, refuse(runner.Unavailable, err)
		}
		return result, nil
	}
	job, err := narrow(c.Config, request, in)
	job.Version = h.Version
	if err != nil {
		return nil, refuse(runner.BadEvent, err)
	}
	accounts, err := h.connect(ctx, in, c.Config)
	if err != nil {
		return nil, refuse(runner.Denied, err)
	}
	defer accounts.Close()
	log.Info("start", "version", h.Version, "trigger", job.Trigger, "attempt", in.Attempt, "action", job.Policy.Action, "dryRun", job.Policy.DryRun)
	run := &runner.Runner{Open: accounts.Open, Now: h.Now, Log: log.Logger, Progress: h.Progress}
	report, err := run.Run(ctx, job)
	if s, ok := errors.AsType[*runner.Stop](err); ok {
		return nil, h.refuse(ctx, in, people, log, report, s)
	}
	return h.finish(ctx, people, log, job, report), nil
}

// connect opens the cloud, unless there is nothing to sign with: under Function
// Compute credentials come with the invocation or the environment, and from
// nowhere else.
func (h *Handler) connect(ctx context.Context, in Invocation, c config.Config) (Accounts, error) {
	if in.Platform && in.Keys == (renewal.Keys{}) {
		return nil, lang.Err("the function has no credentials; give it a role that may renew instances", "函数没有凭证；请为其配置有权续费的角色")
	}
	return h.Connect(ctx, in, c)
}
