package cloud

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"
)

var (
	roleARN     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^acs:ram::([0-9]+):role/([A-Za-z0-9.@_-]+)$`) })
	sessionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9.@_-]{2,64}$`) })
	externalID  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@:/-]+$`) })
)

const (
	minSession     = 15 * time.Minute
	defaultSession = time.Hour
	maxPolicy      = 2048
)

// stsActions are the actions of STS.
func stsActions() []action {
	return of("sts", "2015-04-01", []action{
		{name: "GetCallerIdentity", do: (*Cloud).callerIdentity},
		{name: "AssumeRole", params: []param{
			must(str("RoleArn")), must(str("RoleSessionName")), num("DurationSeconds"), str("ExternalId"), str("Policy"), str("SourceIdentity"),
		}, do: (*Cloud).assumeRole},
	})
}

// principal is the kind of identity behind a key.
func (k *key) principal() string {
	switch {
	case k.Root:
		return "Account"
	case k.SecurityToken != "":
		return "AssumedRoleUser"
	}
	return "RAMUser"
}

// name is the identity behind a key, without its account.
func (k *key) name() string {
	switch k.principal() {
	case "Account":
		return "root"
	case "AssumedRoleUser":
		return cmp.Or(k.Role, "emulator") + "/" + cmp.Or(k.Session, "emulator")
	}
	return cmp.Or(k.AccessKeyID, "emulator")
}

func (k *key) arn() string {
	prefix := "acs:ram::" + k.account.ID + ":"
	switch k.principal() {
	case "Account":
		return prefix + "root"
	case "AssumedRoleUser":
		return prefix + "assumed-role/" + k.name()
	}
	return prefix + "user/" + k.name()
}

// callerIdentity tells who signed. It needs no permission.
func (c *Cloud) callerIdentity(rq *request) (any, *apiError) {
	k := rq.key
	body := fields{
		"AccountId": k.account.ID, "Arn": k.arn(), "IdentityType": k.principal(), "PrincipalId": numericID(k.name()),
	}
	switch k.principal() {
	case "AssumedRoleUser":
		body["RoleId"] = numericID(k.Role)
		body["PrincipalId"] = numericID(k.Role) + ":" + cmp.Or(k.Session, "emulator")
	case "RAMUser":
		body["UserId"] = numericID(k.name())
	case "Account":
		body["UserId"], body["PrincipalId"] = k.account.ID, k.account.ID
	}
	return body, nil
}

// assumeRole issues a temporary key for a role. It lives by the wall clock,
// because clients compare Expiration with theirs.
func (c *Cloud) assumeRole(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	arn := roleARN().FindStringSubmatch(rq.get("RoleArn"))
	session, external, policy := rq.get("RoleSessionName"), rq.get("ExternalId"), rq.get("Policy")
	switch {
	case arn == nil:
		return nil, refuse(400, "InvalidParameter.RoleArn", "The role ARN %q is not valid.", rq.get("RoleArn"))
	case !sessionName().MatchString(session):
		return nil, refuse(400, "InvalidParameter.RoleSessionName", "The session name %q is not valid.", session)
	case external != "" && (len(external) < 2 || len(external) > 1224 || !externalID().MatchString(external)):
		return nil, refuse(400, "InvalidParameter.ExternalId", "The external id is not valid.")
	case len(policy) > maxPolicy:
		return nil, refuse(400, "InvalidParameter.PolicySize", "The policy is longer than %d characters.", maxPolicy)
	case policy != "" && !json.Valid([]byte(policy)):
		return nil, refuse(400, "InvalidParameter.PolicyGrammar", "The policy is not valid.")
	}
	noPermission := refuse(403, "NoPermission", "You are not authorized to do this action. You should be authorized by RAM.")
	if rq.key.Root {
		return nil, refuse(403, "NoPermission", "Roles may not be assumed by root accounts.")
	}
	if !rq.key.may("sts:AssumeRole") {
		return nil, noPermission
	}
	acc := c.accounts[arn[1]]
	if acc == nil {
		return nil, refuse(404, "EntityNotExist.Role", "The role %q does not exist.", arn[0])
	}
	n := slices.IndexFunc(acc.Roles, func(r Role) bool { return r.Name == arn[2] })
	if n < 0 {
		return nil, refuse(404, "EntityNotExist.Role", "The role %q does not exist.", arn[0])
	}
	role := acc.Roles[n]
	life := defaultSession
	if text := rq.get("DurationSeconds"); text != "" {
		seconds, _ := strconv.Atoi(text) // its type was checked
		life = time.Duration(seconds) * time.Second
	}
	if life < minSession || life > cmp.Or(role.MaxSession, time.Hour) {
		return nil, refuse(400, "InvalidParameter.DurationSeconds", "The duration is not between 900 seconds and the longest session of the role.")
	}
	trusted := role.TrustedAccounts
	if trusted == nil {
		trusted = []string{acc.ID}
	}
	if !slices.Contains(trusted, rq.account.ID) || role.ExternalID != "" && role.ExternalID != external {
		return nil, noPermission
	}

	c.lastIssued++
	issued := &key{account: acc, Key: Key{
		AccessKeyID:     fmt.Sprintf("STS.emulated%08d", c.lastIssued),
		AccessKeySecret: secret("secret", c.lastIssued),
		SecurityToken:   "CAIS" + secret("token", c.lastIssued),
		Expires:         time.Now().Add(life).UTC().Truncate(time.Second),
		Denied:          role.Denied, Allowed: role.Allowed,
		Role: role.Name, Session: session,
	}}
	c.keys[issued.AccessKeyID] = issued
	return fields{
		"AssumedRoleUser": fields{
			"Arn": issued.arn(), "AssumedRoleId": numericID(role.Name) + ":" + session,
		},
		"Credentials": fields{
			"AccessKeyId": issued.AccessKeyID, "AccessKeySecret": issued.AccessKeySecret,
			"SecurityToken": issued.SecurityToken, "Expiration": issued.Expires.Format(timestampFmt),
		},
	}, nil
}

// secret is the same for the same history: nothing here is worth guarding.
func secret(what string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", what, n))
	return hex.EncodeToString(sum[:])
}

// numericID makes an id of digits, such as users and roles have, from a name.
func numericID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("3%017d", uint64(sum[0])<<40|uint64(sum[1])<<32|uint64(sum[2])<<24|uint64(sum[3])<<16|uint64(sum[4])<<8|uint64(sum[5]))
}
