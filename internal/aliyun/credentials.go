package aliyun

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	sdkcredentials "github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/credentials-go/credentials"
	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// credential puts keys into credentials-go. Without a security token they are a
// long-lived key; without any, the profile of the aliyun CLI is taken, or, where
// none is named, what the default chain finds.
func credential(k renewal.Keys, profile string) (credentials.Credential, error) {
	switch {
	case k != (renewal.Keys{}):
	case profile != "":
		return profileOf(profile)
	default:
		return defaultChain()
	}
	config := new(credentials.Config).SetAccessKeyId(k.ID).SetAccessKeySecret(k.Secret)
	if k.Token != "" {
		return credentials.NewCredential(config.SetType("sts").SetSecurityToken(k.Token))
	}
	return credentials.NewCredential(config.SetType("access_key"))
}

// defaultChain gives the credentials of a laptop, from wherever credentials-go
// finds them. The metadata address of ECS is only asked where a variable of
// its own says so: elsewhere it hangs, or belongs to somebody else.
func defaultChain() (credentials.Credential, error) {
	_, told := os.LookupEnv("ALIBABA_CLOUD_ECS_METADATA")
	_, decided := os.LookupEnv("ALIBABA_CLOUD_ECS_METADATA_DISABLED")
	if !told && !decided {
		if err := os.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"); err != nil {
			return nil, err
		}
	}
	credential, err := credentials.NewCredential(nil)
	if err != nil || !gives(credential) {
		return nil, whyNone("")
	}
	return credential, nil
}

// profileOf gives the credentials of a profile of the aliyun CLI, whatever the
// environment has: somebody has asked for this one.
func profileOf(name string) (credentials.Credential, error) {
	if err := incomplete(name); err != nil {
		return nil, err
	}
	provider, err := providers.NewCLIProfileCredentialsProviderBuilder().WithProfileName(name).Build()
	if err != nil {
		return nil, whyNone(name)
	}
	credential := credentials.FromCredentialsProvider("cli_profile", provider)
	if !gives(credential) {
		return nil, whyNone(name)
	}
	return credential, nil
}

// gives says whether there are credentials to be had. The reasons of the chain may
// repeat what it read, and over an odd profile it panics.
func gives(credential credentials.Credential) (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	model, err := credential.GetCredential()
	there := func(p *string) bool { return p != nil && *p != "" }
	return err == nil && there(model.AccessKeyId) && there(model.AccessKeySecret)
}

// signer hands the credentials of credentials-go to alibaba-cloud-sdk-go, one
// consistent triple at a time.
type signer struct {
	mu         sync.Mutex
	credential credentials.Credential
	profile    string // that was asked for; "" = none
}

// GetProviderName implements the SDK's CredentialsProvider.
func (s *signer) GetProviderName() string { return *s.credential.GetType() }

// GetCredentials implements the SDK's CredentialsProvider. It is asked at every
// signature.
func (s *signer) GetCredentials() (*sdkcredentials.Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	model, err := s.credential.GetCredential()
	if err != nil {
		if _, ok := errors.AsType[*renewal.CallError](err); ok {
			return nil, err
		}
		return nil, &renewal.CallError{Action: "credentials", Class: renewal.Halt, Denied: true, Err: whyNone(s.profile)}
	}
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	return &sdkcredentials.Credentials{
		AccessKeyId: text(model.AccessKeyId), AccessKeySecret: text(model.AccessKeySecret),
		SecurityToken: text(model.SecurityToken), ProviderName: s.GetProviderName(),
	}, nil
}

// Assume gives the cloud as the role sees it. The role is assumed here and
// now, so that one that cannot be is known before anything is read.
//
// The call is our own and not that of credentials-go: that one knows no
// deadline, gives an error without a code, and insists on https to a bare host,
// so that it could not be led to an emulator or a proxy.
func (c *Cloud) Assume(ctx context.Context, role, externalID string) (*Cloud, error) {
	assumed := newAssumedRole(c, role, externalID)
	if err := assumed.refresh(ctx); err != nil {
		return nil, err
	}
	return &Cloud{
		options: c.options, transport: c.transport, role: assumed,
		keys: &signer{credential: credentials.FromCredentialsProvider("ram_role_arn", assumed)},
	}, nil
}

// assumedRole is a provider of credentials-go. It hands out what it has, and
// fetches anew only when a call asks it to, within the time of that call.
type assumedRole struct {
	from             *Cloud
	role, externalID string

	turn chan struct{} // has room for the one who fetches; unlike that for a lock, waiting for it ends with a call

	mu      sync.Mutex
	current *providers.Credentials // nil = none were fetched yet
	fresh   time.Time              // until then nothing need be fetched
	until   time.Time              // until then they are good
}

func newAssumedRole(from *Cloud, role, externalID string) *assumedRole {
	return &assumedRole{from: from, role: role, externalID: externalID, turn: make(chan struct{}, 1)}
}

// renewBefore is how long before their end credentials are fetched anew, or a
// quarter of their life, if that is shorter.
const renewBefore = 5 * time.Minute

// refresh fetches credentials where those at hand are near their end. If that
// fails and they are still good, they go on.
func (r *assumedRole) refresh(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	now := time.Now()
	fresh, good := r.state(now)
	if fresh {
		return nil
	}
	got, until, err := r.from.assume(ctx, r.role, r.externalID)
	if err != nil {
		if good {
			return nil
		}
		return err
	}
	got.ProviderName = r.GetProviderName()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current, r.until = got, until
	r.fresh = until.Add(-min(renewBefore, until.Sub(now)/4))
	return nil
}

// state says whether the credentials at hand need not be fetched anew at now,
// and whether they will do for a call that begins then.
func (r *assumedRole) state(now time.Time) (fresh, good bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == nil {
		return false, false
	}
	return now.Before(r.fresh), now.Before(r.until.Add(-readTimeout))
}

// GetProviderName implements CredentialsProvider.
func (r *assumedRole) GetProviderName() string { return "ram_role_arn" }

// GetCredentials implements CredentialsProvider.
func (r *assumedRole) GetCredentials() (*providers.Credentials, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current, nil
}
