package fc

import (
	"encoding/json"
	"fmt"
	"time"
)

// UnhandledInvocationError is the error type of every failure of a Go function.
const UnhandledInvocationError = "UnhandledInvocationError"

// A Result tells how one attempt ended.
type Result struct {
	RequestID  string
	Attempt    int    // retry count the function was told
	InstanceID string // the process that had the event
	PID        int

	Payload   []byte         // what the invoker gets: the answer or the error body
	ErrorType string         // empty means success
	Error     *FunctionError // the decoded error body; nil means success

	Crashed   bool // the process ended before it answered
	TimedOut  bool // the deadline came first, and the process was killed
	Delivered bool // false means that no process ever had the event

	Log      string        // lines of the process from its start, if this was its first event, or from delivery
	Duration time.Duration // from delivery to the end
}

// A FunctionError is the body that describes a failure.
type FunctionError struct {
	Message string          `json:"errorMessage"`
	Type    string          `json:"errorType,omitempty"`
	Stack   json.RawMessage `json:"stackTrace,omitempty"` // nil unless the handler panicked
}

func (e *FunctionError) Error() string {
	if e.Type == "" {
		return e.Message
	}
	return e.Type + ": " + e.Message
}

// Failed reports whether the platform counts the attempt as a failure.
func (r Result) Failed() bool { return r.ErrorType != "" }

func (r *Result) fail(body []byte) {
	r.Payload = body
	r.ErrorType = UnhandledInvocationError
	r.Error = &FunctionError{}
	if err := json.Unmarshal(body, r.Error); err != nil {
		// The platform passes any body on; the text is worth more than a decoding error.
		r.Error = &FunctionError{Message: string(body)}
	}
}

func (r *Result) failWith(message string) {
	body, err := json.Marshal(FunctionError{Message: message})
	if err != nil {
		body = []byte(`{"errorMessage":""}`) // never: two strings and no raw message
	}
	r.fail(body)
}

// crash and timeOut use the platform's words. Memory is not measured.
func (r *Result) crash() {
	r.Crashed = true
	r.failWith(fmt.Sprintf("Process exited unexpectedly before completing request (duration: %dms, maxMemoryUsage: 0MB)",
		r.Duration.Milliseconds()))
}

func (r *Result) timeOut(limit time.Duration) {
	r.TimedOut = true
	r.failWith(fmt.Sprintf("Function timed out after %g seconds (maxMemoryUsage: 0MB)", limit.Seconds()))
}
