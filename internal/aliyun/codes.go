package aliyun

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A verdict is what an error code means for the money.
type verdict struct {
	class      renewal.Class
	denied     bool
	rights     bool // denied for want of rights, and not for the signature
	skewed     bool
	heals      bool
	otherTerms bool
	money      bool
	busy       bool
	mismatch   bool
	noAction   bool
	gone       bool // what was asked about is not there, which a read takes for an answer
	advice     lang.Text
}

// Kinds of verdicts. A row of a table adds what the operator can do.
var (
	inDoubt  = verdict{class: renewal.Ambiguous}                        // it may have been done
	tooMany  = verdict{class: renewal.Retryable, busy: true}            // it was not done: throttled
	refused  = verdict{class: renewal.Terminal}                         // for a cause in this instance, or in what was asked
	mayHeal  = verdict{class: renewal.Terminal, heals: true}            // for a cause that may pass
	notThere = verdict{class: renewal.Terminal, gone: true}             // for what it is about is gone
	badTerm  = verdict{class: renewal.Terminal, otherTerms: true}       // for the term that was asked for
	noAction = verdict{class: renewal.Terminal, noAction: true}         // nobody knows this call there
	halted   = verdict{class: renewal.Halt}                             // for a cause in the account
	badKeys  = verdict{class: renewal.Halt, denied: true}               // for the credentials
	noRight  = verdict{class: renewal.Halt, denied: true, rights: true} // terminal where the call names an instance
	noMoney  = verdict{class: renewal.Halt, heals: true, money: true}   // the account has less than this costs
	debts    = verdict{class: renewal.Halt, heals: true}                // the account can pay for nothing as it is
	skewed   = verdict{class: renewal.Halt, denied: true, skewed: true} // for the time it was signed at
	otherAsk = verdict{class: renewal.Ambiguous, mismatch: true}        // the token was used with other terms
	noPage   = verdict{class: renewal.Ambiguous, noAction: true}        // a 404 without a code
)

// say gives v with an advice.
func (v verdict) say(english, chinese string) verdict {
	v.advice = lang.Say(english, chinese)
	return v
}

// gateway is what every product answers: the common errors of RPC APIs (ECS:
// common errors, signature) and of flow control. It is made when the first code is
// looked up, since most starts of the function meet none.
var gateway = sync.OnceValue(func() map[string]verdict {
	server := inDoubt.say("the provider's API failed, and what came of the call is not known: the next run looks again", "接口内部错误，调用结果未知：下次运行会重新核对")
	slower := tooMany.say("the API has more calls than it takes: it is called more slowly; spread what else calls it", "接口限流：已自动降低调用频率；请错开其他程序的调用")
	keys := badKeys.say("the credentials are not accepted: check the function's role, or the access key", "凭证无效，请检查函数角色或 AccessKey")
	stale := badKeys.say("the credentials have expired or do not belong together: start again with new ones", "临时凭证已过期或不匹配，请更换凭证后重试")
	clock := skewed.say("the clock here is more than 15 minutes off", "本机时钟偏差超过 15 分钟")
	request := refused.say("the API does not take the request as it is: report it as a bug, with the request id", "接口不接受该请求：请附上请求 ID 反馈问题")
	noCall := noAction.say("the API at this endpoint does not know the call: check RENEW_ENDPOINT", "该接入点没有此接口：请检查 RENEW_ENDPOINT")
	return map[string]verdict{
		"InternalError":                        server,
		"UnknownError":                         server,
		"UndefinedError":                       server,
		"ServiceUnavailable":                   server,
		"ServiceUnavailable.RegionMaintaining": inDoubt.say("the region is being maintained: the next run looks again", "该地域正在维护：下次运行会重新核对"),
		"OperationConflict":                    inDoubt.say("it conflicts with another request that is under way: the next run looks again", "与进行中的其他请求冲突：下次运行会重新核对"),
		// Every call has a nonce of its own: a copy of this one came before it.
		"SignatureNonceUsed": inDoubt.say("something between here and the API sends requests twice: look at the proxy", "请求在途中被重复发送：请检查代理"),

		"Throttling":                         slower,
		"Throttling.User":                    slower,
		"Throttling.Api":                     slower,
		"Throttling.ConcurrentLimitExceeded": slower,
		"Rejected.Throttling":                slower,

		"Forbidden":                  noRight, // the advice names the right
		"Forbidden.RAM":              noRight,
		"Forbidden.Unauthorized":     noRight,
		"NoPermission":               noRight,
		"InvalidAction.Unauthorized": noRight,
		"Forbidden.NotSupportRAM":    badKeys.say("this call cannot be made by a role or a RAM user", "该接口不支持以 RAM 身份调用"),
		"Forbidden.SubUser":          badKeys.say("this call is not open to RAM users: let a role make it that may", "RAM 用户不能调用该接口，请改用有权限的角色"),
		"Forbidden.RiskControl":      halted.say("the provider's risk control stops the account: verify the account, or ask the provider's support", "账号触发了风控：请完成账号核验，或联系阿里云客服"),

		"Forbidden.AccessKeyDisabled":                badKeys.say("the access key is disabled: enable it, or use another", "AccessKey 已被禁用：请启用，或更换 AccessKey"),
		"InvalidAccessKeyId.Inactive":                badKeys.say("the access key is disabled: enable it, or use another", "AccessKey 已被禁用：请启用，或更换 AccessKey"),
		"InvalidAccessKeyId.NotFound":                badKeys.say("there is no such access key: check the function's role, or the access key", "AccessKey 不存在：请检查函数角色或 AccessKey"),
		"InvalidAccessKeyId":                         keys,
		"InvalidAccessKeySecret":                     keys,
		"SignatureDoesNotMatch":                      keys,
		"IncompleteSignature":                        keys,
		"MissingSecurityToken":                       keys,
		"InvalidSecurityToken":                       stale,
		"InvalidSecurityToken.Expired":               stale,
		"InvalidSecurityToken.Malformed":             stale,
		"InvalidSecurityToken.MismatchWithAccessKey": stale,
		"InvalidTimeStamp.Expired":                   clock,
		"InvalidTimeStamp.Format":                    request,
		"IllegalTimestamp":                           clock,

		"MissingParameter":        request,
		"InvalidParameter":        request,
		"InvalidParameter.IsNull": request,
		"InvalidParamater":        request, // spelt so by the API
		"UnsupportedParameter":    request,
		"UnsupportedHTTPMethod":   request,
		"InvalidAction":           noCall,
		"InvalidAction.NotFound":  noCall,
		"InvalidApi.NotFound":     noCall,
	}
})

// verdictOn looks a code up: among those of the product, then among those of the
// gateway. What nobody knows is terminal below 500 and ambiguous above, and
// ambiguous, too, where there is no code at all.
func verdictOn(p product, code string, status int) verdict {
	if v, ok := p.codes()[code]; ok {
		return v
	}
	if v, ok := gateway()[code]; ok {
		return v
	}
	switch {
	case code == "" && status == http.StatusNotFound:
		return noPage
	case code == "":
		return inDoubt
	case status == http.StatusTooManyRequests:
		return tooMany
	case status >= http.StatusInternalServerError:
		return family(code, inDoubt)
	case status >= http.StatusBadRequest:
		return family(code, refused)
	}
	return inDoubt
}

// family gives the class of an unknown code whose like goes by many names: which
// of them the money call uses is not documented. An advice would be a guess.
func family(code string, otherwise verdict) verdict {
	has := func(part string) bool { return strings.Contains(strings.ToLower(code), part) }
	switch {
	case has("throttling"):
		return tooMany
	case otherwise.class == renewal.Ambiguous:
		return otherwise
	case has("unpaidorder"):
		return mayHeal
	case has("notenoughbalance"), has("insufficient") && has("balance"):
		return noMoney
	case has("arrearage"):
		return debts
	}
	return otherwise
}

// classify turns whatever a call ends with into a CallError.
func classify(a api, t *trip, err error) error {
	if e, ok := errors.AsType[*renewal.CallError](err); ok {
		// Of assuming a role, at signing: this call itself was never sent.
		unsent := *e
		if unsent.Class == renewal.Ambiguous {
			unsent.Class = renewal.Retryable
		}
		return &unsent
	}
	answer, ok := errors.AsType[*refusal](err)
	if !ok {
		return unanswered(a, t, err)
	}
	code, requestID, odd := answer.read()
	if odd {
		return a.failed(renewal.Ambiguous, t.status, t.odd())
	}
	e := newCallError(a, code, t.status, requestID)
	e.After = askedToWait(answer.header)
	if e.Code == "" && t.page {
		e.Err = lang.Err("HTTP status %d: %s", "HTTP 状态码 %d：%s", e.Status, errPage)
	}
	return e
}

func newCallError(a api, code string, status int, requestID string) *renewal.CallError {
	code, requestID = codeOf(code), plain(requestID)
	v := verdictOn(a.product, code, status)
	if a.changes && status >= http.StatusInternalServerError && v.class != renewal.Ambiguous {
		// Whatever code such a status comes with, it does not say that nothing was done.
		v = verdict{class: renewal.Ambiguous, busy: v.busy}
	}
	if a.changes && v.rights {
		// Rights can be given by region, by tag and by instance, so that one that is
		// missing says nothing about the next instance.
		v.class = renewal.Terminal
	}
	if v.rights && v.advice.Empty() {
		v.advice = lang.Say("grant %s to the role%s", "请为角色授予权限 %s%s", a.ram[0], a.granted)
	}
	return &renewal.CallError{
		Action: a.ram[0], Code: code, Status: status, RequestID: requestID,
		Class: v.class, Denied: v.denied, Unpermitted: v.rights, Skewed: v.skewed,
		Heals: v.heals, OtherTerms: v.otherTerms, Money: v.money,
		Busy: v.busy, Mismatch: v.mismatch, NoSuchAction: v.noAction, Advice: v.advice,
	}
}

// codeOf keeps what can be a code. A number is none: it comes from something in
// front of the API.
func codeOf(text string) string {
	if strings.Trim(text, "0123456789") == "" {
		return ""
	}
	return plain(text)
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

// longestWait is the most that a server is believed when it asks to wait:
// quotas are counted by the minute.
const longestWait = 2 * time.Minute

// askedToWait reads the gateway's rate headers: Limit:1,Remain:0,TimeLeft:2000 in
// milliseconds.
func askedToWait(headers http.Header) time.Duration {
	for _, name := range []string{"X-Ratelimit-User-Api", "X-Ratelimit-User"} {
		for _, field := range strings.Split(headers.Get(name), ",") {
			key, value, _ := strings.Cut(strings.TrimSpace(field), ":")
			ms, err := strconv.Atoi(value)
			if key == "TimeLeft" && err == nil && ms > 0 && ms <= int(longestWait/time.Millisecond) {
				return time.Duration(ms) * time.Millisecond
			}
		}
	}
	return 0
}
