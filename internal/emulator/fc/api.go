package fc

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	apiRoot        = "/2020-11-11/runtime/"
	mostSyncBytes  = 32 << 20
	mostAsyncBytes = 128 << 10
)

// api is the runtime API as one process sees it.
func (in *instance) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+apiRoot+"invocation/next", in.next)
	mux.HandleFunc("POST "+apiRoot+"invocation/{id}/response", func(w http.ResponseWriter, req *http.Request) {
		in.finish(w, req, CallResponse)
	})
	mux.HandleFunc("POST "+apiRoot+"invocation/{id}/error", func(w http.ResponseWriter, req *http.Request) {
		in.finish(w, req, CallError)
	})
	// The Go SDK does not know this call, other runtimes do.
	mux.HandleFunc("POST "+apiRoot+"init/error", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		in.refuse(w, http.StatusNotFound, fmt.Sprintf("no such call: %s %s", req.Method, req.URL.Path))
	})
	return mux
}

// next holds the call until there is an event. The client asks again while its
// handler still works; that call waits too, because nobody posts a second event
// to a process that has one.
func (in *instance) next(w http.ResponseWriter, req *http.Request) {
	if in.failPoll(w) {
		return
	}
	in.mu.Lock()
	if !in.asked {
		in.asked = true
		close(in.ready)
	}
	in.mu.Unlock()

	var ev *event
	select {
	case ev = <-in.mailbox:
	case <-req.Context().Done():
		return
	}
	if req.Context().Err() != nil || !in.alive() {
		in.mailbox <- ev // nobody is left to hear of it; it has not been delivered
		return
	}
	ev.taken = time.Now()
	ev.deadline = ev.taken.Add(ev.timeout)
	in.mu.Lock()
	in.inFlight = ev
	in.served++
	in.mu.Unlock()
	close(ev.delivered)

	writeHeaders(w.Header(), in.rt.f, ev, ev.deadline)
	_, _ = w.Write(ev.payload) // a client that has gone is a process that is going
}

// failPoll applies the fault hook to a call of next.
func (in *instance) failPoll(w http.ResponseWriter) bool {
	in.mu.Lock()
	spent := in.pollFaults >= mostPollFaults
	in.mu.Unlock()
	fault := NoFault
	if !spent {
		fault = in.rt.fault(Call{Kind: CallNext, PID: in.pid()})
	}
	in.mu.Lock()
	if fault == NoFault {
		in.pollFaults = 0
	} else {
		in.pollFaults++
	}
	in.mu.Unlock()
	return in.fail(w, fault)
}

// fail does what the fault says and reports whether there was one.
func (in *instance) fail(w http.ResponseWriter, fault Fault) bool {
	switch fault {
	case Refuse:
		w.WriteHeader(http.StatusInternalServerError)
		return true
	case Die:
		in.kill()
		panic(http.ErrAbortHandler)
	case Drop:
		panic(http.ErrAbortHandler)
	default:
		return false
	}
}

// finish takes the answer to the event in flight, and to no other.
func (in *instance) finish(w http.ResponseWriter, req *http.Request, kind string) {
	id := req.PathValue("id")
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, mostSyncBytes))
	if err != nil {
		in.refuse(w, http.StatusBadRequest, fmt.Sprintf("%s for %s: %v", kind, id, err))
		return
	}
	ev := in.waitingFor(id)
	if ev == nil {
		in.refuse(w, http.StatusBadRequest, fmt.Sprintf("%s for %s, which is not in flight", kind, id))
		return
	}
	call := Call{Kind: kind, PID: in.pid(), RequestID: id, Attempt: ev.attempt, Body: body}
	if in.fail(w, in.rt.fault(call)) {
		return
	}
	if !in.alive() { // the hook has killed it; as with Die, its answer is lost
		panic(http.ErrAbortHandler)
	}
	if !in.settle(ev, &answer{body: body, failed: kind == CallError, at: time.Now()}) {
		in.refuse(w, http.StatusBadRequest, fmt.Sprintf("%s for %s came too late", kind, id))
		return
	}
	// The function hears first: its process may be killed as soon as the invoker knows.
	defer close(ev.answered)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
}

func (in *instance) waitingFor(id string) *event {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.inFlight == nil || in.inFlight.requestID != id {
		return nil
	}
	return in.inFlight
}

// settle ends the event in flight with an answer, or with nil for none. Only
// the first call for an event counts, and only that one returns true.
func (in *instance) settle(ev *event, a *answer) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.inFlight != ev {
		return false
	}
	in.inFlight, ev.answer = nil, a
	return true
}

// refuse answers what no correct client asks, and keeps a note for the test.
func (in *instance) refuse(w http.ResponseWriter, status int, what string) {
	in.rt.violated(fmt.Sprintf("process %d: %s", in.pid(), what))
	http.Error(w, what, status)
}
