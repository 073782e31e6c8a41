package fc

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const tailBytes = 4 << 10 // of the log, for an invoker that asks for it

// Handler is the invocation API, which URL serves too.
func (r *Runtime) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2023-03-30/functions/{name}/invocations", r.serveInvocation)
	return mux
}

func (r *Runtime) serveInvocation(w http.ResponseWriter, req *http.Request) {
	o := Options{RequestID: newUUID(), Qualifier: req.URL.Query().Get("qualifier")}
	w.Header().Set("X-Fc-Request-Id", o.RequestID)
	if name := req.PathValue("name"); name != r.f.Name {
		refuseInvocation(w, o, http.StatusNotFound, "FunctionNotFound", "function '"+name+"' does not exist")
		return
	}
	async := strings.EqualFold(req.Header.Get("X-Fc-Invocation-Type"), "Async")
	most := int64(mostSyncBytes)
	if async {
		most = mostAsyncBytes
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, req.Body, most))
	if err != nil {
		refuseInvocation(w, o, http.StatusRequestEntityTooLarge, "PayloadTooLarge", err.Error())
		return
	}
	// An invoker who hangs up does not stop the function.
	ctx := context.WithoutCancel(req.Context())
	if async {
		r.serveAsync(ctx, w, payload, o)
		return
	}
	res, err := r.InvokeWith(ctx, payload, o)
	if err != nil {
		refuseInvocation(w, o, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	}
	writeResult(w, res, strings.EqualFold(req.Header.Get("X-Fc-Log-Type"), "Tail"))
}

func (r *Runtime) serveAsync(ctx context.Context, w http.ResponseWriter, payload []byte, o Options) {
	if err := r.enter(); err != nil {
		refuseInvocation(w, o, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	}
	r.enqueue(1)
	go func() {
		defer r.running.Done()
		defer r.enqueue(-1)
		// The invoker has gone; the attempts are in Results, and an error
		// means that the runtime was closed or the function does not start.
		_, _ = r.InvokeAsyncWith(ctx, payload, o)
	}()
	w.WriteHeader(http.StatusAccepted)
}

// Drain waits until every event accepted as asynchronous by Handler is done with.
func (r *Runtime) Drain(ctx context.Context) error {
	r.mu.Lock()
	if r.queued == 0 {
		r.mu.Unlock()
		return nil
	}
	if r.drained == nil {
		r.drained = make(chan struct{})
	}
	drained := r.drained
	r.mu.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Runtime) enqueue(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queued += n
	if r.queued == 0 && r.drained != nil {
		close(r.drained)
		r.drained = nil
	}
}

// writeResult answers 200 even for a failure: the invocation as such went well.
func writeResult(w http.ResponseWriter, res Result, tail bool) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Fc-Instance-Id", res.InstanceID)
	h.Set("X-Fc-Invocation-Duration", strconv.FormatInt(res.Duration.Milliseconds(), 10))
	if res.Failed() {
		h.Set("X-Fc-Error-Type", res.ErrorType)
	}
	if tail {
		text := res.Log[max(0, len(res.Log)-tailBytes):]
		h.Set("X-Fc-Log-Result", base64.StdEncoding.EncodeToString([]byte(text)))
	}
	_, _ = w.Write(res.Payload)
}

func refuseInvocation(w http.ResponseWriter, o Options, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"RequestId": o.RequestID, "Code": code, "Message": message})
}
