package fc

// A Fault is what goes wrong with one call of the function to the runtime API.
type Fault int

const (
	NoFault Fault = iota
	Refuse        // answered 500; a result that came with the call is lost
	Drop          // the connection ends without an answer; the result is lost
	Die           // the process is killed before it has an answer; the result is lost
)

// The three calls that a function makes.
const (
	CallNext     = "next"
	CallResponse = "response"
	CallError    = "error"
)

// A Call describes a runtime API call to Function.Fault.
type Call struct {
	Kind      string // CallNext, CallResponse or CallError
	PID       int    // process that calls
	RequestID string // empty for CallNext
	Attempt   int    // retry count of the event; 0 for CallNext
	Body      []byte // what the function says; nil for CallNext
}

// mostPollFaults bounds the faulty answers one process gets in a row: the SDK
// asks again at once and for ever, and a hook may be careless.
const mostPollFaults = 20

func (r *Runtime) fault(c Call) Fault {
	if r.f.Fault == nil {
		return NoFault
	}
	return r.f.Fault(c)
}
