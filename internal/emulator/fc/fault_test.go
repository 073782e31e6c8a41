package fc

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault Fault
		crash bool
	}{{"refused", Refuse, false}, {"dropped", Drop, false}, {"dead", Die, true}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, Function{Timeout: 500 * time.Millisecond, Fault: func(c Call) Fault {
				if c.Kind == CallResponse && c.Attempt == 0 {
					return tt.fault
				}
				return NoFault
			}})
			results, err := r.InvokeAsync(t.Context(), []byte("{}"))
			if err != nil || len(results) != 2 {
				t.Fatal(results, err)
			}
			if first := results[0]; first.Crashed != tt.crash || first.TimedOut == tt.crash || !strings.Contains(first.Log, "FC Invoke End") && !tt.crash {
				t.Errorf("first attempt %+v", first)
			}
			if results[1].Failed() || r.Starts() != 2 {
				t.Errorf("second attempt %+v", results[1])
			}
		})
	}
}

func TestFaultyPollsAreBounded(t *testing.T) {
	for _, fault := range []Fault{Refuse, Drop} {
		var polls atomic.Int32
		r := start(t, Function{Fault: func(c Call) Fault {
			if c.Kind == CallNext {
				polls.Add(1)
				return fault
			}
			return NoFault
		}})
		decode(t, invoke(t, r, "{}"))
		if n := polls.Load(); n < mostPollFaults {
			t.Errorf("%d polls failed", n)
		}
		if !strings.Contains(r.Logs(), "failed to get invoke request due to") {
			t.Errorf("logs %q", r.Logs())
		}
	}
}

func TestHookMayKill(t *testing.T) {
	var r *Runtime
	r = start(t, Function{Fault: func(c Call) Fault {
		if c.Kind == CallResponse {
			r.Kill()
		}
		return NoFault
	}})
	if res := invoke(t, r, "{}"); !res.Crashed {
		t.Errorf("result %+v", res)
	}
	if v := r.Violations(); v != nil {
		t.Errorf("violations %v", v)
	}
}

// The function gives its second answer before it returns, and takes one event after
// the other: once it has answered the next event, the emulator has heard all of it.
// That it asks for the next event tells nothing: the SDK does so at once.
func TestAnswersToNothing(t *testing.T) {
	r := start(t, Function{})
	if res := invoke(t, r, `{"do":"answer twice"}`); string(res.Payload) != "{}" {
		t.Errorf("result %+v", res)
	}
	res := invoke(t, r, `{"do":"answer another"}`)
	if res.Error == nil || res.Error.Message != "400 Bad Request" {
		t.Errorf("result %+v", res)
	}
	v := strings.Join(r.Violations(), "\n")
	if !strings.Contains(v, "response for another, which is not in flight") {
		t.Errorf("violations: %s", v)
	}
	if !strings.Contains(v, "response for "+r.Results()[0].RequestID) {
		t.Errorf("the second answer was taken: %s", v)
	}
}

func TestOmittedHeader(t *testing.T) {
	t.Parallel()
	// The SDK drops such an event without a word.
	r := start(t, Function{OmitHeaders: []string{"x-fc-function-deadline"}, Timeout: 200 * time.Millisecond})
	if res := invoke(t, r, "{}"); !res.TimedOut || !strings.Contains(res.Log, "x-fc-function-deadline") {
		t.Errorf("result %+v", res)
	}
}
