package fc

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ErrNotReady means that a fresh process ended, or was ended, before it asked
// for work. Only InvokeTwice returns it; elsewhere that is a Result.
var ErrNotReady = errors.New("fc: the process never asked for work")

// acquire returns an instance that waits for an event, and starts one if all
// are busy. With ErrNotReady it also returns the instance that failed.
func (r *Runtime) acquire(ctx context.Context) (*instance, error) {
	in, warm, err := r.pick()
	if err != nil || warm {
		return in, err
	}
	late := time.NewTimer(r.f.StartTimeout)
	defer late.Stop()
	select {
	case <-in.ready:
		return in, nil
	case <-in.exited:
	case <-late.C:
	case <-ctx.Done():
		in.kill()
		return nil, ctx.Err()
	}
	in.kill()
	if r.isClosed() {
		return nil, ErrClosed
	}
	r.countStart(false)
	return in, ErrNotReady
}

// pick prefers the instance used last, as the platform does.
func (r *Runtime) pick() (in *instance, warm bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, false, ErrClosed
	}
	if n := len(r.idle); n > 0 {
		in, r.idle = r.idle[n-1], r.idle[:n-1]
		return in, true, nil
	}
	if r.startFailures >= mostStartFailures {
		return nil, false, ErrStartLoop
	}
	in, err = r.spawn()
	return in, false, err
}

func (r *Runtime) countStart(good bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if good {
		r.startFailures = 0
	} else {
		r.startFailures++
	}
}

// release makes the instance available again, unless it has died meanwhile.
func (r *Runtime) release(in *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.instances, in) {
		r.idle = append(r.idle, in)
	}
}

// forget removes a process that has died.
func (r *Runtime) forget(in *instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	same := func(other *instance) bool { return other == in }
	r.instances = slices.DeleteFunc(r.instances, same)
	r.idle = slices.DeleteFunc(r.idle, same)
}
