package fc

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// outputGrace is how long the output of a dead process may be held open by a
// child that escaped its group.
const outputGrace = 2 * time.Second

// An instance is one process with a runtime API of its own.
type instance struct {
	rt   *Runtime
	id   string
	cmd  *exec.Cmd
	srv  *http.Server
	mark int // its place in the journal when it started

	up      chan struct{} // closed when the start is over, well or badly
	failure error         // why it did not start; read after up
	mailbox chan *event   // holds one event at most: see Runtime.hand
	ready   chan struct{} // closed when the process first asks for work
	exited  chan struct{} // closed when it is gone and its output read

	mu         sync.Mutex
	inFlight   *event
	asked      bool // ready is closed
	reaped     bool // its pid may belong to somebody else
	pollFaults int  // faulty answers to next in a row
	served     int  // events handed to it
}

// spawn starts a process. The caller holds r.mu, so that Close cannot miss it.
func (r *Runtime) spawn() (*instance, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("runtime API: %w", err)
	}
	output, input, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("output of the function: %w", err), ln.Close())
	}
	in := &instance{
		rt: r, id: "c-" + newUUID(), mark: r.log.mark(),
		up: make(chan struct{}), mailbox: make(chan *event, 1), ready: make(chan struct{}), exited: make(chan struct{}),
	}
	in.cmd = exec.Command(r.f.Path, r.f.Args...)
	in.cmd.Dir = r.f.Dir
	in.cmd.Env = environ(r.f, ln.Addr().String(), in.id)
	in.cmd.Stdout, in.cmd.Stderr = input, input // one pipe keeps the order of the lines
	ownGroup(in.cmd)

	in.srv = r.serve(ln, in.api())
	r.running.Go(func() { in.live(output, input) })
	<-in.up
	if in.failure != nil {
		return nil, fmt.Errorf("start of the function: %w", in.failure)
	}
	r.starts++
	r.instances = append(r.instances, in)
	return in, nil
}

// live is the whole life of the process. It keeps its thread, because Linux
// takes the end of the thread that started a process for the end of the parent.
func (in *instance) live(output, input *os.File) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(in.exited)
	defer in.srv.Close() // after the process: its client spins when the API is gone
	defer output.Close()

	in.failure = in.cmd.Start()
	input.Close() // else the output would never end
	close(in.up)
	if in.failure != nil {
		return
	}
	read := make(chan struct{})
	in.rt.running.Go(func() {
		defer close(read)
		in.rt.log.copyFrom(output, in.id)
	})
	_ = in.cmd.Wait() // how it ended does not matter, only that it did
	in.mu.Lock()
	in.reaped = true
	in.mu.Unlock()
	killGroup(in.cmd) // children it may have left
	_ = output.SetReadDeadline(time.Now().Add(outputGrace))
	<-read
	in.rt.forget(in)
}

// kill ends the process and returns when it is gone.
func (in *instance) kill() {
	<-in.up
	in.mu.Lock()
	if !in.reaped {
		killGroup(in.cmd)
	}
	in.mu.Unlock()
	<-in.exited
}

// pid may be asked for by the first request of a process whose start is still
// being written down.
func (in *instance) pid() int {
	<-in.up
	return in.cmd.Process.Pid
}

func (in *instance) alive() bool {
	select {
	case <-in.exited:
		return false
	default:
		return true
	}
}

// fresh reports whether the process has had no event yet.
func (in *instance) fresh() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.served == 0
}

// silent swallows what the servers say about connections cut on purpose.
var silent = log.New(io.Discard, "", 0)
