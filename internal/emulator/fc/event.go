package fc

import (
	"crypto/rand"
	"fmt"
	"time"
)

// An event is one attempt to deliver one invocation to one process.
type event struct {
	requestID   string
	payload     []byte
	attempt     int
	timeout     time.Duration
	credentials Credentials
	qualifier   string

	delivered chan struct{} // closed when a process has taken the event
	deadline  time.Time     // set before delivered is closed
	taken     time.Time     // likewise

	answer   *answer       // guarded by the mutex of the instance; nil while there is none
	answered chan struct{} // closed when the function knows that its answer was taken
}

type answer struct {
	body   []byte
	failed bool
	at     time.Time
}

func (r *Runtime) newEvent(payload []byte, o Options) *event {
	ev := &event{
		requestID:   o.RequestID,
		payload:     payload,
		attempt:     o.RetryCount,
		timeout:     o.Timeout,
		credentials: r.f.Credentials,
		qualifier:   o.Qualifier,
		delivered:   make(chan struct{}),
		answered:    make(chan struct{}),
	}
	if ev.requestID == "" {
		ev.requestID = newUUID()
	}
	if ev.timeout == 0 {
		ev.timeout = r.f.Timeout
	}
	if o.Credentials != nil {
		ev.credentials = *o.Credentials
	}
	if ev.qualifier == "" {
		ev.qualifier = "LATEST"
	}
	return ev
}

func (ev *event) wasDelivered() bool {
	select {
	case <-ev.delivered:
		return true
	default:
		return false
	}
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
