package renewal

import (
	"errors"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A Class tells what to make of a failed call.
type Class int

// The classes. The zero Class is the careful one: an error that nobody
// classified may have happened.
const (
	Ambiguous Class = iota // perhaps carried out: only a read can tell, and only the same token may be sent again
	Retryable              // not carried out, for a passing cause: throttling, no connection
	Terminal               // not carried out, for a cause in this instance
	Halt                   // not carried out, for a cause in the account: it makes no further money call
)

// String names the class as the documents do.
func (c Class) String() string {
	return [...]string{"ambiguous", "retryable", "terminal", "halt"}[c]
}

// A CallError is a failed call to the cloud. It is made where the call is made
// and decided upon by its fields, never by its text, and holds no text of the
// server: that may repeat what was sent.
type CallError struct {
	Action       string        // as RAM names it: ecs:RenewInstance
	Code         string        // the API's code; "" when there was no readable answer
	Status       int           // of HTTP; 0 when there was no answer
	RequestID    string        // the API's; "" when there was none
	Class        Class         //
	Denied       bool          // permission or credentials
	Unpermitted  bool          // permission alone: the signature, and with it the clock, was in order
	Skewed       bool          // the signature was refused for the time it was made
	Heals        bool          // a definite refusal that may pass by itself, or be an older one replayed with the token
	OtherTerms   bool          // a definite refusal that a change of terms may heal
	Money        bool          // for want of money: nothing dearer can be paid for in this account now
	Busy         bool          // the API has more calls than it takes: the pace is to be slowed
	NoSuchAction bool          // the server does not know the action at all, or has nothing where it was asked
	Mismatch     bool          // the token was used for this expiry before, with other terms
	Advice       lang.Text     // what the operator can do; empty when the code says it
	After        time.Duration // how long the server asks to wait; 0 = it does not say
	Err          error         // the cause below the API, without addresses and secrets; may be nil
}

// Error tells action, code, request id and advice, in this order, in English.
func (e *CallError) Error() string { return e.In(lang.English) }

// In says the same in a language. Action, code and id are as they are.
func (e *CallError) In(l lang.Language) string {
	what := lang.Say("answer without a code, HTTP status %d", "响应中没有错误码，HTTP 状态码 %d", e.Status)
	switch {
	case e.Code != "":
		what = lang.Plain(e.Code)
	case e.Err != nil:
		what = lang.Say("%s", "%s", e.Err)
	}
	var id, advice lang.Text
	if e.RequestID != "" {
		id = lang.Say(" (request id %s)", "（请求 ID %s）", e.RequestID)
	}
	if !e.Advice.Empty() {
		advice = lang.Say("; %s", "；%s", e.Advice)
	}
	return lang.Say("%s: %s%s%s", "%s：%s%s%s", e.Action, what, id, advice).In(l)
}

// Unwrap gives the cause.
func (e *CallError) Unwrap() error { return e.Err }

// Classify gives the CallError in err; an error without one counts as an
// ambiguous call.
func Classify(err error) *CallError {
	if e, ok := errors.AsType[*CallError](err); ok {
		return e
	}
	return &CallError{Action: "call", Class: Ambiguous, Err: err}
}
