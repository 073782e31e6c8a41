package fc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

var (
	// ErrClosed is returned by calls that Close came before, or cut short.
	ErrClosed = errors.New("fc: the runtime is closed")
	// ErrStartLoop is returned once the function has failed to start too often in a row.
	ErrStartLoop = errors.New("fc: the function does not start")
)

// mostStartFailures in a row, over all invocations. More would tell nothing new.
const mostStartFailures = 8

// A Runtime is a deployed function with its instances. Its methods may be
// called from several goroutines, and all but Close from Function.Fault.
type Runtime struct {
	f       Function
	url     string
	front   *http.Server
	log     *journal
	running sync.WaitGroup // goroutines of the emulator and calls of its users
	once    sync.Once      // of Close
	unwatch func() bool
	ended   chan struct{} // closed when Close begins

	mu            sync.Mutex
	closed        bool
	instances     []*instance // living processes, oldest first
	idle          []*instance // those without an event
	starts        int
	startFailures int
	violations    []string
	results       []Result
	queued        int           // asynchronous invocations not finished
	drained       chan struct{} // closed when queued falls to zero; nil when nobody waits
}

// Start deploys the function. No process runs before the first event. The end
// of ctx closes the runtime; waiting for that still takes a call of Close.
func Start(ctx context.Context, f Function) (*Runtime, error) {
	f, err := f.complete()
	if err != nil {
		return nil, fmt.Errorf("fc: %w", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fc: %w", err)
	}
	r := &Runtime{f: f, url: "http://" + ln.Addr().String(), log: newJournal(), ended: make(chan struct{})}
	r.front = r.serve(ln, r.Handler())
	r.mu.Lock() // Close may run at once, if ctx has ended
	r.unwatch = context.AfterFunc(ctx, func() { _ = r.Close() })
	r.mu.Unlock()
	return r, nil
}

// Close kills what runs, waits until it is gone, and then stops listening.
func (r *Runtime) Close() error {
	var err error
	r.once.Do(func() {
		r.mu.Lock()
		r.unwatch()
		r.closed = true
		r.mu.Unlock()
		close(r.ended)
		r.Kill()
		err = r.front.Close()
		r.running.Wait()
	})
	return err
}

// serve answers on ln until the server is closed. Its connections count as
// running, since net/http keeps one for a while after it has refused a body.
func (r *Runtime) serve(ln net.Listener, h http.Handler) *http.Server {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent,
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew: // within Serve, which is counted itself
				r.running.Add(1)
			case http.StateClosed, http.StateHijacked:
				r.running.Done()
			}
		},
	}
	r.running.Go(func() { _ = srv.Serve(ln) })
	return srv
}

// enter counts a caller, so that Close can wait for it to leave.
func (r *Runtime) enter() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	r.running.Add(1)
	return nil
}

// Kill ends all processes with their groups, whatever they are doing, and
// returns when they are gone. The next event starts a fresh one.
func (r *Runtime) Kill() {
	r.mu.Lock()
	doomed := slices.Clone(r.instances)
	r.mu.Unlock()
	for _, in := range doomed {
		in.kill()
	}
}

// KillPID ends one process like Kill, and reports whether it was there.
func (r *Runtime) KillPID(pid int) bool {
	r.mu.Lock()
	i := slices.IndexFunc(r.instances, func(in *instance) bool { return in.pid() == pid })
	var doomed *instance
	if i >= 0 {
		doomed = r.instances[i]
	}
	r.mu.Unlock()
	if doomed == nil {
		return false
	}
	doomed.kill()
	return true
}

// URL is the base address of the invocation API.
func (r *Runtime) URL() string { return r.url }

// Logs is the output of all processes, line by line as it came.
func (r *Runtime) Logs() string { return r.log.since(0, "") }

// PID is the process started last of those that live, or 0.
func (r *Runtime) PID() int {
	if pids := r.PIDs(); len(pids) > 0 {
		return pids[len(pids)-1]
	}
	return 0
}

// PIDs are the living processes, oldest first.
func (r *Runtime) PIDs() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	var pids []int
	for _, in := range r.instances {
		pids = append(pids, in.pid())
	}
	return pids
}

// Starts counts the processes so far; a warm invocation adds none.
func (r *Runtime) Starts() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.starts
}

// Violations are the runtime API calls that no correct client makes. A call
// that lost a race against its deadline is among them.
func (r *Runtime) Violations() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.violations)
}

// Results are all attempts so far, in the order they ended.
func (r *Runtime) Results() []Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.results)
}

func (r *Runtime) violated(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violations = append(r.violations, what)
}

func (r *Runtime) record(res Result) Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results = append(r.results, res)
	return res
}

func (r *Runtime) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}
