package aliyun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A verdict is what an error code means for the money.
type verdict struct {
	class    renewal.Class
	denied   bool
	rights   bool // denied for want of rights, and not for the signature
	skewed   bool
	heals    bool
	busy     bool
	mismatch bool
	noAction bool
	advice   string
}

var (
	ambiguous = verdict{class: renewal.Ambiguous}
	busy      = verdict{class: renewal.Retryable, busy: true}
	terminal  = verdict{class: renewal.Terminal}
	mayHeal   = verdict{class: renewal.Terminal, heals: true}
	noMoney   = verdict{class: renewal.Halt, heals: true, advice: "the account cannot pay: top it up or settle its debts"}
	badTerm   = verdict{class: renewal.Terminal, advice: "this period is not offered for it: choose another RENEW_PERIOD"}
	denied    = verdict{class: renewal.Halt, denied: true, rights: true} // terminal where the call names an instance
	skewed    = verdict{class: renewal.Halt, denied: true, skewed: true, advice: "the clock here is more than 15 minutes off"}
	badKeys   = verdict{class: renewal.Halt, denied: true, advice: "the credentials are not accepted: check the function's role, or the access key"}
	otherAsk  = verdict{class: renewal.Ambiguous, mismatch: true, advice: "somebody asked for this expiry with other terms: look at the instance and its orders before anything else"}
	noAction  = verdict{class: renewal.Terminal, noAction: true}
	noPage    = verdict{class: renewal.Ambiguous, noAction: true}
	unpaid    = verdict{class: renewal.Terminal, heals: true, advice: "an unpaid order blocks it: pay or cancel that order in the console"}
)

// codes is the one table of what the APIs answer. Sources: the error tables of
// RenewInstance, ModifyInstanceAutoRenewAttribute, DescribeInstances,
// DescribeRenewalPrice and the common errors of ECS; how to ensure idempotence
// (ECS); AssumeRole (STS); QueryAccountBalance (BSS). It is made when the first
// code is looked up, since most starts of the function meet none.
var codes = sync.OnceValue(func() map[string]verdict {
	return map[string]verdict{
		// The answer to the first request with this token, or to an earlier order, is not there yet.
		"LastTokenProcessing":                  ambiguous,
		"Idempotence.Processing":               ambiguous,
		"IdempotentProcessing":                 ambiguous,
		"LastOrderProcessing":                  ambiguous,
		"LastRequestProcessing":                ambiguous,
		"OperationConflict":                    ambiguous,
		"SYSTEM.CONCURRENT_OPERATE":            ambiguous,
		"InternalError":                        ambiguous,
		"UnknownError":                         ambiguous,
		"UndefinedError":                       ambiguous,
		"ServiceUnavailable":                   ambiguous,
		"ServiceUnavailable.RegionMaintaining": ambiguous,

		// The same token with other terms.
		"IdempotentParameterMismatch":          otherAsk,
		"IdempotenceParamNotMatch":             otherAsk,
		"InvalidIdempotenceParameter.Mismatch": otherAsk,

		// The terms.
		"InvalidPeriod":                               badTerm,
		"InvalidPeriod.NotFound":                      badTerm,
		"InvalidPeriodUnit.ValueNotSupported":         badTerm,
		"InvalidPeriod.ExceededMaximumExpirationDate": {class: renewal.Terminal, advice: "the new expiry would be too far away: choose a shorter period"},
		"InvalidPeriod.ExceededDedicatedHost":         {class: renewal.Terminal, heals: true, advice: "it would outlive its dedicated host: renew the host first"},
		"InvalidPeriod.StarterPackage":                {class: renewal.Terminal, advice: "starter packages are renewed by the month only"},
		"RenewDateNotSupported.StarterPackage":        {class: renewal.Terminal, advice: "starter packages are renewed by the month only"},
		"MissingParamter":                             terminal, // spelt so by the API
		"MissingParameter":                            terminal,
		"InvalidParameter":                            terminal,
		"InvalidClientToken.ValueNotSupported":        terminal,
		"InvalidParam.ExpectedRenewDay":               {class: renewal.Terminal, advice: "RENEW_UNTIL_DAY must be the account's unified expiry day"},
		"NoPermission.Price":                          {class: renewal.Halt, denied: true, advice: "grant the role the right to read prices"},

		// The instance.
		"Instance.UnPaidOrder":                  unpaid,
		"InvalidInstance.UnPaidOrder":           unpaid,
		"OperationDenied.UnpaidOrder":           unpaid,
		"OperationDenied.UnfinishedOrder":       unpaid,
		"InvalidLoanOrderStatus.Uncompleted":    unpaid,
		"IdempotentFailed":                      mayHeal, // the previous request with this token failed
		"OperationDenied.NoStock":               {class: renewal.Terminal, heals: true, advice: "its resources were taken back and are sold out: try again later, or move the data to a new instance"},
		"IncorrectInstanceStatus":               mayHeal,
		"InvalidStatus.Upgrading":               mayHeal,
		"InstanceExpiredOrInArrears":            mayHeal,
		"InstanceLockedForSecurity":             {class: renewal.Terminal, heals: true, advice: "it is locked for security: see the security centre"},
		"InstanceSpecModification.NotEffective": {class: renewal.Terminal, advice: "a change of its type is waiting for the next term"},
		"InvalidRegionId.NotFound":              {class: renewal.Terminal, advice: "there is no such region: check RENEW_REGIONS"},
		"InvalidInstanceId.NotFound":            {class: renewal.Terminal, advice: "it is gone, or in another region"},
		"ChargeTypeViolation":                   {class: renewal.Terminal, advice: "it is no longer a subscription"},
		"InvalidChargeType.NotSupported":        {class: renewal.Terminal, advice: "it is no longer a subscription"},

		// The account: money.
		"InvalidAccountStatus.NotEnoughBalance": noMoney,
		"InsufficientBalance":                   noMoney,
		"Account.Arrearage":                     noMoney,
		"InvalidPayMethod":                      {class: renewal.Halt, heals: true, advice: "the account has no way to pay: set one in the console"},
		"RealNameAuthenticationError":           {class: renewal.Halt, denied: true, advice: "the account must complete its real-name registration"},

		// The account: rights and credentials.
		"Forbidden":                   denied,
		"Forbidden.RAM":               denied,
		"Forbidden.Unauthorized":      denied,
		"Forbidden.NotSupportRAM":     {class: renewal.Halt, denied: true, advice: "this call cannot be made with a role or by a RAM user"},
		"Forbidden.SubUser":           {class: renewal.Halt, denied: true, advice: "this call cannot be made by a RAM user: use a role that may make it"},
		"Forbidden.RiskControl":       {class: renewal.Halt, advice: "the provider's risk control has stopped the account: verify the account, or ask the provider's support"},
		"Forbidden.AccessKeyDisabled": badKeys,
		"Forbidden.InstanceNotFound":  {class: renewal.Terminal, advice: "it is gone, or in another region"},
		"NoPermission":                {class: renewal.Halt, denied: true, rights: true, advice: "the role to assume must trust this account, and this role must be granted sts:AssumeRole; check RENEW_EXTERNAL_ID"},
		"EntityNotExist.Role":         {class: renewal.Halt, denied: true, advice: "there is no such role: check RENEW_ACCOUNTS"},
		"NotAuthorized":               denied,
		"NotApplicable":               {class: renewal.Terminal, advice: "the account is of the other site: check RENEW_SITE"},
		"InvalidAction.Unauthorized":  denied,
		"Unauthorized.EmptyRegion":    denied,
		"SignatureDoesNotMatch":       badKeys,
		"IncompleteSignature":         badKeys,
		"MissingSecurityToken":        badKeys,
		"InvalidTimeStamp.Expired":    skewed,
		"IllegalTimestamp":            skewed,
		"InvalidAction.NotFound":      noAction,
		"InvalidApi.NotFound":         noAction,
		"InvalidAction":               noAction,
		"SignatureNonceUsed":          ambiguous, // every call has a nonce of its own: a copy of this one came before it
	}
})

// verdictOn looks a code up: first by its name, then by what families of codes
// have in common. What nobody knows is terminal below 500 and ambiguous above, and
// ambiguous, too, where there is no code at all.
func verdictOn(code string, status int) verdict {
	if v, ok := codes()[code]; ok {
		return v
	}
	has := func(part string) bool { return strings.Contains(strings.ToLower(code), part) }
	switch {
	case has("throttling"):
		return busy
	case code == "" && status == http.StatusNotFound:
		return noPage
	case code == "" || status >= http.StatusInternalServerError:
		return ambiguous
	case has("unpaidorder"):
		return unpaid
	case has("notenoughbalance"), has("insufficient") && has("balance"), has("arrearage"):
		return noMoney
	case strings.HasPrefix(code, "InvalidAccessKeyId"), strings.HasPrefix(code, "InvalidSecurityToken"):
		return badKeys
	case status == http.StatusTooManyRequests:
		return busy
	case status >= http.StatusBadRequest:
		return terminal
	}
	return ambiguous
}

// classify turns whatever the SDK gives into a CallError.
func classify(a api, t *trip, err error) error {
	if e, ok := errors.AsType[*renewal.CallError](err); ok {
		// Of assuming a role, at signing: this call itself was never sent.
		unsent := *e
		if unsent.Class == renewal.Ambiguous {
			unsent.Class = renewal.Retryable
		}
		return &unsent
	}
	server, ok := errors.AsType[*sdkerrors.ServerError](err)
	if !ok {
		return unanswered(a, t, err)
	}
	e := newCallError(a, server.ErrorCode(), server.HttpStatus(), server.RequestId())
	e.After = askedToWait(server.RespHeaders)
	return e
}

func newCallError(a api, code string, status int, requestID string) *renewal.CallError {
	code, requestID = plain(code), plain(requestID)
	v := verdictOn(code, status)
	if a.changes && status >= http.StatusInternalServerError && v.class != renewal.Ambiguous {
		// Whatever code such a status comes with, it does not say that nothing was done.
		v = verdict{class: renewal.Ambiguous, busy: v.busy}
	}
	if a.changes && v.rights {
		// Rights can be given by region, by tag and by instance, so that one that is
		// missing says nothing about the next instance.
		v.class = renewal.Terminal
	}
	if v.denied && v.advice == "" || code == "NoPermission" && a.action != "AssumeRole" {
		v.advice = "grant " + a.ram + " to the role"
	}
	return &renewal.CallError{
		Action: a.ram, Code: code, Status: status, RequestID: requestID,
		Class: v.class, Denied: v.denied, Unpermitted: v.rights, Skewed: v.skewed, Heals: v.heals, Busy: v.busy, Mismatch: v.mismatch, NoSuchAction: v.noAction, Advice: v.advice,
	}
}

// plain keeps what looks like a code or an id. Anything else in its place may
// repeat what was sent.
func plain(text string) string {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-", r))
	}
	if len(text) > 100 || strings.ContainsFunc(text, odd) {
		return ""
	}
	return text
}

// unanswered classifies a failure without a readable answer. What never had a
// connection did not happen; anything later may have.
func unanswered(a api, t *trip, err error) *renewal.CallError {
	class := renewal.Ambiguous
	if !t.sent {
		class = renewal.Retryable
	}
	return &renewal.CallError{Action: a.ram, Status: t.status, Class: class, Err: cause(t, err)}
}

// cause says what went wrong in words of its own: the text of a *url.Error holds
// the signed request.
func cause(t *trip, err error) error {
	netError, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, errRedirected):
		return errRedirected
	case errors.Is(err, errLate):
		return errLate
	case t.caller.Err() != nil:
		return t.caller.Err()
	case t.ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), isNet && netError.Timeout():
		return errors.New("no answer in time")
	case !t.sent:
		return fmt.Errorf("no connection%s", operation(err))
	}
	return errors.New("the connection broke before the answer was complete")
}

// operation names what a connection failed at.
func operation(err error) string {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return ": the name " + e.Name + " does not resolve"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return ": " + e.Op + " failed"
	}
	return ""
}

// longestWait is the most that a server is believed when it asks to wait:
// quotas are counted by the minute.
const longestWait = 2 * time.Minute

// askedToWait reads the gateway's rate headers: Limit:1,Remain:0,TimeLeft:2000 in
// milliseconds.
func askedToWait(headers map[string][]string) time.Duration {
	for _, name := range []string{"X-Ratelimit-User-Api", "X-Ratelimit-User"} {
		for _, field := range strings.Split(http.Header(headers).Get(name), ",") {
			key, value, _ := strings.Cut(strings.TrimSpace(field), ":")
			ms, err := strconv.Atoi(value)
			if key == "TimeLeft" && err == nil && ms > 0 && ms <= int(longestWait/time.Millisecond) {
				return time.Duration(ms) * time.Millisecond
			}
		}
	}
	return 0
}

// decode reads a 200. One that cannot be read is ambiguous: it was accepted.
func decode(a api, body []byte, out any) error {
	if err := json.Unmarshal(body, out); err != nil {
		return &renewal.CallError{Action: a.ram, Status: http.StatusOK, Class: renewal.Ambiguous, Err: errors.New("the answer could not be read")}
	}
	return nil
}
