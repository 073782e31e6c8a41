package fc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Options change one invocation. The zero value changes nothing.
type Options struct {
	RequestID   string        // empty means a new one
	Timeout     time.Duration // 0 means the function's
	Credentials *Credentials  // in the context of this event only; nil means the role's
	RetryCount  int           // what the function is told; asynchronous retries count on from it
	Qualifier   string        // empty means LATEST
}

// Invoke delivers one event and waits for its end. A function that fails is a
// Result, not an error; an error means that the emulator could not do its part,
// or that ctx ended, in which case the process is killed.
func (r *Runtime) Invoke(ctx context.Context, payload []byte) (Result, error) {
	return r.InvokeWith(ctx, payload, Options{})
}

// InvokeWith is Invoke with options.
func (r *Runtime) InvokeWith(ctx context.Context, payload []byte, o Options) (Result, error) {
	if len(payload) > mostSyncBytes {
		return Result{}, fmt.Errorf("fc: an event of %d bytes is too long", len(payload))
	}
	if err := r.enter(); err != nil {
		return Result{}, err
	}
	defer r.running.Done()
	return r.attempt(ctx, r.newEvent(payload, o))
}

// InvokeAsync delivers the event the way triggers do: again after each failure,
// with the same request id, until an attempt succeeds or none is left.
func (r *Runtime) InvokeAsync(ctx context.Context, payload []byte) ([]Result, error) {
	return r.InvokeAsyncWith(ctx, payload, Options{})
}

// InvokeAsyncWith is InvokeAsync with options.
func (r *Runtime) InvokeAsyncWith(ctx context.Context, payload []byte, o Options) ([]Result, error) {
	if len(payload) > mostAsyncBytes {
		return nil, fmt.Errorf("fc: an asynchronous event of %d bytes is too long", len(payload))
	}
	if err := r.enter(); err != nil {
		return nil, err
	}
	defer r.running.Done()
	if o.RequestID == "" {
		o.RequestID = newUUID()
	}
	var results []Result
	for left := r.f.MaxAsyncRetries; ; left-- {
		res, err := r.attempt(ctx, r.newEvent(payload, o))
		if err != nil {
			return results, err
		}
		results = append(results, res)
		if !res.Failed() || left == 0 {
			return results, nil
		}
		if err := r.pause(ctx); err != nil {
			return results, err
		}
		o.RetryCount++
	}
}

func (r *Runtime) pause(ctx context.Context) error {
	delay := time.NewTimer(r.f.RetryDelay)
	defer delay.Stop()
	select {
	case <-delay.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ended:
		return ErrClosed
	}
}

// InvokeTwice delivers the same event to two processes at the same time, as an
// at-least-once platform may. Nothing is retried. Both processes wait for work
// before either has the event, so a cold start cannot keep the runs apart.
func (r *Runtime) InvokeTwice(ctx context.Context, payload []byte, o Options) ([2]Result, error) {
	var results [2]Result
	if len(payload) > mostAsyncBytes {
		return results, fmt.Errorf("fc: an asynchronous event of %d bytes is too long", len(payload))
	}
	if err := r.enter(); err != nil {
		return results, err
	}
	defer r.running.Done()
	if o.RequestID == "" {
		o.RequestID = newUUID()
	}
	var ins [2]*instance
	for i := range ins {
		in, err := r.acquire(ctx)
		if err != nil {
			if i == 1 {
				r.release(ins[0])
			}
			return results, err
		}
		ins[i] = in
	}
	var errs [2]error
	var both sync.WaitGroup
	for i, in := range ins {
		both.Go(func() { results[i], errs[i] = r.deliver(ctx, in, r.newEvent(payload, o)) })
	}
	both.Wait()
	return results, errors.Join(errs[:]...)
}

func (r *Runtime) attempt(ctx context.Context, ev *event) (Result, error) {
	in, err := r.acquire(ctx)
	if errors.Is(err, ErrNotReady) {
		return r.record(r.conclude(in, ev, in.mark, false)), nil
	}
	if err != nil {
		return Result{}, err
	}
	return r.deliver(ctx, in, ev)
}

// deliver hands the event over. A warm process may have died unnoticed while it
// had nothing to do; then the event is still whole and goes to another one.
func (r *Runtime) deliver(ctx context.Context, in *instance, ev *event) (Result, error) {
	for {
		res, handed, err := r.hand(ctx, in, ev)
		if handed || err != nil {
			return res, err
		}
		if in.fresh() { // it asked for work and died at once: a loop, if it were tried again
			r.countStart(false)
			return r.record(r.conclude(in, ev, in.mark, false)), nil
		}
		if in, err = r.acquire(ctx); errors.Is(err, ErrNotReady) {
			return r.record(r.conclude(in, ev, in.mark, false)), nil
		} else if err != nil {
			return Result{}, err
		}
	}
}

// hand gives the event to a waiting instance and stays until the event is over.
// The instance is either idle again afterwards or dead.
func (r *Runtime) hand(ctx context.Context, in *instance, ev *event) (res Result, handed bool, err error) {
	mark := r.log.mark()
	if in.fresh() {
		mark = in.mark
	}
	in.mailbox <- ev // has room: one event per instance, and the last one was taken
	late := time.NewTimer(r.f.StartTimeout)
	defer late.Stop()
	select {
	case <-ev.delivered:
	case <-in.exited:
	case <-late.C:
	case <-ctx.Done():
	}
	if !ev.wasDelivered() {
		in.kill()
		select { // a poll may still get hold of the event; either it or we have it
		case <-in.mailbox:
			return Result{}, false, r.interrupted(ctx)
		case <-ev.delivered:
		}
	}
	r.countStart(true)

	overrun := time.NewTimer(time.Until(ev.deadline))
	defer overrun.Stop()
	timedOut := false
	select {
	case <-ev.answered:
	case <-in.exited:
	case <-overrun.C:
		timedOut = true
	case <-ctx.Done():
	}
	if in.settle(ev, nil) { // there was no answer, and there will be none
		in.kill()
		err = r.interrupted(ctx)
	} else {
		timedOut = false
		<-ev.answered
		r.awaitEnd(ctx, in, ev, mark)
	}
	res = r.record(r.conclude(in, ev, mark, timedOut))
	r.release(in)
	return res, true, err
}

// interrupted is why the emulator itself ended an attempt, or nil.
func (r *Runtime) interrupted(ctx context.Context) error {
	if r.isClosed() {
		return ErrClosed
	}
	return ctx.Err()
}

// awaitEnd waits for the line that the SDK writes just before it answers. A
// function without the SDK writes none, so the wait is short and bounded.
func (r *Runtime) awaitEnd(ctx context.Context, in *instance, ev *event, mark int) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r.log.await(ctx, mark, in.id, "FC Invoke End RequestId: "+ev.requestID)
}

func (r *Runtime) conclude(in *instance, ev *event, mark int, timedOut bool) Result {
	res := Result{
		RequestID:  ev.requestID,
		Attempt:    ev.attempt,
		InstanceID: in.id,
		PID:        in.pid(),
		Delivered:  ev.wasDelivered(),
		Log:        r.log.since(mark, in.id),
	}
	a := ev.answer // settled: nobody writes it any more
	switch {
	case a != nil:
		res.Duration = a.at.Sub(ev.taken)
	case res.Delivered:
		res.Duration = time.Since(ev.taken)
	}
	switch {
	case a == nil && timedOut:
		res.timeOut(ev.timeout)
	case a == nil:
		res.crash()
	case a.failed:
		res.fail(a.body)
	default:
		res.Payload = a.body
	}
	return res
}
