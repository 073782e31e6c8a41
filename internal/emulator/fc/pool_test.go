package fc

import (
	"errors"
	"testing"
)

// pickAndKill returns an instance that died after it was chosen.
func pickAndKill(t *testing.T, r *Runtime) *instance {
	t.Helper()
	in, err := r.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in.kill()
	return in
}

func TestEventOutlivesAWarmProcess(t *testing.T) {
	r := start(t, Function{})
	invoke(t, r, "{}")
	res, err := r.deliver(t.Context(), pickAndKill(t, r), r.newEvent([]byte("{}"), Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if s := decode(t, res); s.Events != 1 || r.Starts() != 2 || len(r.Results()) != 2 {
		t.Errorf("event %d of start %d, %d results", s.Events, r.Starts(), len(r.Results()))
	}
}

func TestDeathBeforeTheFirstEventIsAStartFailure(t *testing.T) {
	r := start(t, Function{})
	res, err := r.deliver(t.Context(), pickAndKill(t, r), r.newEvent(nil, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if !res.Crashed || res.Delivered || r.Starts() != 1 || r.startFailures != 1 {
		t.Errorf("%+v after %d starts", res, r.Starts())
	}
}

func TestInvokeTwiceNeedsTwoProcesses(t *testing.T) {
	r := start(t, Function{Env: map[string]string{"AT_START": "exit"}})
	if _, err := r.InvokeTwice(t.Context(), nil, Options{}); !errors.Is(err, ErrNotReady) {
		t.Errorf("error %v", err)
	}
}
