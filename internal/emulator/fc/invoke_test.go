package fc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEventArrivesWhole(t *testing.T) {
	r := start(t, Function{Name: "renew", Region: "cn-beijing", AccountID: "42", MemoryMB: 192, Timeout: 90 * time.Second})
	if r.Starts() != 0 || r.PID() != 0 {
		t.Fatal("a process runs before the first event")
	}
	before := time.Now()
	res, err := r.InvokeWith(t.Context(), []byte("no json at all"), Options{RequestID: "id-1", Qualifier: "prod", RetryCount: 2})
	if err != nil {
		t.Fatal(err)
	}
	s := decode(t, res)
	if s.Payload != "no json at all" {
		t.Errorf("payload %q", s.Payload)
	}
	c := s.Context
	got := []any{c.RequestID, c.Region, c.AccountID, c.RetryCount, c.Service.Qualifier,
		c.Function.Name, c.Function.Handler, c.Function.Memory, c.Function.Timeout}
	want := []any{"id-1", "cn-beijing", "42", 2, "prod", "renew", "main", "192", 90}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("context (-want +got):\n%s", diff)
	}
	if d := time.UnixMilli(s.Deadline).Sub(before); d < 89*time.Second || d > 150*time.Second {
		t.Errorf("deadline %s after the invocation", d)
	}
	if res.PID != r.PID() || !res.Delivered || res.Attempt != 2 {
		t.Errorf("result %+v", res)
	}
}

func TestEmptyEvent(t *testing.T) {
	r := start(t, Function{})
	if s := decode(t, invoke(t, r, "")); s.Payload != "" {
		t.Errorf("payload %q", s.Payload)
	}
}

func TestHowAnAttemptEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		do            string
		message, kind string
		stack         bool
		crashed       bool
		timedOut      bool
		startsAfter   int // two more events
	}{
		{do: "echo", startsAfter: 1},
		{do: "error", message: "no luck", kind: "errorString", startsAfter: 1},
		{do: "panic", message: "out of cheese", kind: "string", stack: true, startsAfter: 1},
		{do: "exit", message: "Process exited unexpectedly before completing request (duration: ", crashed: true, startsAfter: 2},
		{do: "hang", message: "Function timed out after 0.3 seconds", timedOut: true, startsAfter: 2},
	} {
		t.Run(tt.do, func(t *testing.T) {
			t.Parallel()
			r := start(t, Function{})
			o := Options{}
			if tt.do == "hang" {
				o.Timeout = 300 * time.Millisecond
			}
			res, err := r.InvokeWith(t.Context(), []byte(`{"do":"`+tt.do+`"}`), o)
			if err != nil {
				t.Fatal(err)
			}
			if res.Crashed != tt.crashed || res.TimedOut != tt.timedOut || !res.Delivered {
				t.Errorf("crashed %t, timed out %t, delivered %t", res.Crashed, res.TimedOut, res.Delivered)
			}
			if tt.message == "" {
				if res.Failed() || res.Error != nil {
					t.Errorf("failed: %+v", res)
				}
			} else {
				if res.ErrorType != UnhandledInvocationError {
					t.Errorf("error type %q", res.ErrorType)
				}
				if !strings.HasPrefix(res.Error.Message, tt.message) || res.Error.Type != tt.kind || (res.Error.Stack != nil) != tt.stack {
					t.Errorf("error %+v", res.Error)
				}
			}
			if !strings.Contains(res.Log, "event 1: "+tt.do+"\n") {
				t.Errorf("log %q", res.Log)
			}
			if want := "FC Invoke End RequestId: " + res.RequestID; !tt.crashed && !tt.timedOut && !strings.Contains(res.Log, want) {
				t.Errorf("no %q in the log %q", want, res.Log)
			}
			decode(t, invoke(t, r, "{}"))
			last := decode(t, invoke(t, r, "{}"))
			if r.Starts() != tt.startsAfter {
				t.Errorf("%d starts, want %d", r.Starts(), tt.startsAfter)
			}
			if want := 4 - tt.startsAfter; last.Events != want {
				t.Errorf("the process counts %d events, want %d", last.Events, want)
			}
			if v := r.Violations(); v != nil {
				t.Errorf("violations: %v", v)
			}
			if len(r.Results()) != 3 {
				t.Errorf("%d results", len(r.Results()))
			}
		})
	}
}

func TestAsynchronousRetries(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, do string
		retries  int
		attempts int
		fails    bool
	}{
		{"success needs one", "echo", 0, 1, false},
		{"four by default", "error", 0, 4, true},
		{"none", "error", -1, 1, true},
		{"as many as wanted", "panic", 5, 6, true},
		{"crashes count", "exit", 2, 3, true},
		{"no more after the first success", "succeed at retry 2", 0, 3, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, Function{MaxAsyncRetries: tt.retries})
			results, err := r.InvokeAsync(t.Context(), []byte(`{"do":"`+tt.do+`"}`))
			if err != nil {
				t.Fatal(err)
			}
			if len(results) != tt.attempts {
				t.Fatalf("%d attempts, want %d", len(results), tt.attempts)
			}
			for i, res := range results {
				if res.Attempt != i || res.RequestID != results[0].RequestID {
					t.Errorf("attempt %d: %+v", i, res)
				}
			}
			if last := results[len(results)-1]; last.Failed() != tt.fails {
				t.Errorf("last attempt: %+v", last)
			}
		})
	}
}

func TestTimeoutIsRetriedInAFreshProcess(t *testing.T) {
	t.Parallel()
	r := start(t, Function{MaxAsyncRetries: 1, Timeout: 200 * time.Millisecond})
	results, err := r.InvokeAsync(t.Context(), []byte(`{"do":"hang"}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 || !results[0].TimedOut || !results[1].TimedOut || results[0].PID == results[1].PID {
		t.Errorf("results %+v", results)
	}
}

func TestTimerEvent(t *testing.T) {
	r := start(t, Function{})
	at := time.Date(2026, 3, 5, 9, 0, 0, 7, time.FixedZone("", 8*3600))
	results, err := r.Timer(t.Context(), `{"a":"<b>"}`, "daily", at)
	if err != nil || len(results) != 1 {
		t.Fatal(results, err)
	}
	want := `{"triggerTime":"2026-03-05T01:00:00Z","triggerName":"daily","payload":"{\"a\":\"<b>\"}"}`
	if got := decode(t, results[0]).Payload; got != want {
		t.Errorf("event %s, want %s", got, want)
	}
}

// meeting is a server that answers nobody before n have come.
func meeting(t *testing.T, n int32) string {
	var arrived atomic.Int32
	all := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body) // a server notices only then that its client is gone
		if arrived.Add(1) == n {
			close(all)
		}
		select {
		case <-all:
		case <-req.Context().Done():
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestConcurrentEventsHaveAnInstanceEach(t *testing.T) {
	const n = 3
	r := start(t, Function{})
	payload := `{"do":"call","url":"` + meeting(t, n) + `"}`
	type end struct {
		res Result
		err error
	}
	ends := make(chan end, n)
	for range n {
		go func() {
			res, err := r.Invoke(testContext(t), []byte(payload))
			ends <- end{res, err}
		}()
	}
	pids := map[int]bool{}
	for range n {
		e := <-ends
		if e.err != nil || e.res.Failed() {
			t.Fatalf("%+v", e)
		}
		pids[e.res.PID] = true
	}
	if len(pids) != n || r.Starts() != n {
		t.Errorf("%d processes, %d starts", len(pids), r.Starts())
	}
	invoke(t, r, "{}")
	if r.Starts() != n {
		t.Error("a warm instance was not used")
	}
}

func TestInvokeTwiceMeets(t *testing.T) {
	r := start(t, Function{})
	payload := `{"do":"call","url":"` + meeting(t, 2) + `"}`
	both, err := r.InvokeTwice(testContext(t), []byte(payload), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if both[0].RequestID != both[1].RequestID || both[0].PID == both[1].PID || both[0].Failed() || both[1].Failed() {
		t.Errorf("results %+v", both)
	}
}

func TestKillDuringAnEvent(t *testing.T) {
	r := start(t, Function{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { r.Kill() }))
	defer srv.Close()
	res := invoke(t, r, `{"do":"call","url":"`+srv.URL+`"}`)
	if !res.Crashed || !res.Delivered {
		t.Errorf("result %+v", res)
	}
	if strings.Contains(res.Log, "FC Invoke End") {
		t.Errorf("the handler came to its end: %q", res.Log)
	}
	if s := decode(t, invoke(t, r, "{}")); s.Events != 1 || r.Starts() != 2 {
		t.Errorf("event %d of start %d", s.Events, r.Starts())
	}
}

func TestKillPIDWhileIdle(t *testing.T) {
	r := start(t, Function{})
	res := invoke(t, r, "{}")
	if !r.KillPID(res.PID) || r.KillPID(res.PID) {
		t.Error("the process is not dead once")
	}
	decode(t, invoke(t, r, "{}"))
}

// waitForHangUp reads the body first, for a server notices only then.
func waitForHangUp(req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body)
	<-req.Context().Done()
}

func TestEndOfContextKills(t *testing.T) {
	r := start(t, Function{})
	ctx, cancel := context.WithCancel(t.Context())
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		cancel()
		waitForHangUp(req)
	}))
	defer srv.Close()
	_, err := r.Invoke(ctx, []byte(`{"do":"call","url":"`+srv.URL+`"}`))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if r.PID() != 0 {
		t.Error("the process lives on")
	}
}

func TestCloseEndsAnEvent(t *testing.T) {
	r := start(t, Function{})
	closed := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		go func() { closed <- r.Close() }()
		waitForHangUp(req)
	}))
	defer srv.Close()
	_, err := r.Invoke(t.Context(), []byte(`{"do":"call","url":"`+srv.URL+`"}`))
	if !errors.Is(err, ErrClosed) {
		t.Errorf("error %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if _, err := r.Invoke(t.Context(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v", err)
	}
}
