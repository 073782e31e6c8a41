package runner

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func TestNoChargeStartsWithoutTimeForIt(t *testing.T) {
	for _, concurrency := range []int{1, 8} {
		start := time.Time{}
		inBubble(t, 5*time.Minute, job(concurrency), func() *fakeCloud {
			start = time.Now()
			f := newFakeCloud(200, renewal.Day)
			f.took = 20 * time.Second
			return f
		}, func(f *fakeCloud, r renewal.Report) {
			last := slices.MaxFunc(f.at["renew"], time.Time.Compare)
			if left := 5*time.Minute - last.Sub(start); left < 45*time.Second {
				t.Errorf("a charge began %v before the deadline; a call may take 30s, and the reserve is 15s", left)
			}
			if r.Counts.NotTried == 0 || r.Counts.Renewed == 0 || r.Counts.Renewed+r.Counts.NotTried != 200 {
				t.Errorf("%+v", r.Counts)
			}
			if !slices.IsSorted(f.order()) && concurrency == 1 {
				t.Error("not nearest expiry first")
			}
		})
	}
}

// Every money call relies on a look that is at most 30 s old, however slow the
// calls are, and 100 instances share one look while they are quick.
func TestLooksAreFreshAndShared(t *testing.T) {
	for name, tt := range map[string]struct {
		took  time.Duration
		looks int
	}{
		"quick calls": {100 * time.Millisecond, 2 + 3},
		"slow calls":  {9 * time.Second, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 24*time.Hour, job(4), func() *fakeCloud {
				f := newFakeCloud(150, renewal.Day)
				f.took = tt.took
				return f
			}, func(f *fakeCloud, r renewal.Report) {
				if f.oldest > 30*time.Second {
					t.Errorf("a look was %v old", f.oldest)
				}
				if n := len(f.at["look"]); n > tt.looks {
					t.Errorf("%d reads", n)
				}
				if r.Counts.Renewed != 150 {
					t.Errorf("%+v", r.Counts)
				}
			})
		})
	}
}

// Throttled for most of a minute: waited for, not hammered, and paid once.
func TestThrottlingIsWaitedFor(t *testing.T) {
	var open time.Time
	inBubble(t, 10*time.Minute, job(8), func() *fakeCloud {
		open = time.Now().Add(50 * time.Second)
		f := newFakeCloud(20, renewal.Day)
		f.took = 30 * time.Millisecond
		f.renew = func(string, string) error {
			if time.Now().Before(open) {
				return refusal(renewal.Retryable, "Throttling.User", false)
			}
			return nil
		}
		return f
	}, func(f *fakeCloud, r renewal.Report) {
		if r.Counts.Renewed != 20 {
			t.Errorf("%+v", r.Counts)
		}
		if n := len(f.at["renew"]); n > 20+40 {
			t.Errorf("%d money calls for 20 instances", n)
		}
	})
}

// Throttled to the end: nothing was paid, and nothing is called failed for it.
func TestThrottledToTheEnd(t *testing.T) {
	inBubble(t, 3*time.Minute, job(8), func() *fakeCloud {
		f := newFakeCloud(5, renewal.Day)
		f.renew = func(string, string) error { return refusal(renewal.Retryable, "Throttling.User", false) }
		return f
	}, func(_ *fakeCloud, r renewal.Report) {
		if r.Counts.NotTried != 5 || r.Status != renewal.Failed {
			t.Errorf("%s %+v", r.Status, r.Counts)
		}
	})
}

// Money calls that never answer: unknown, with one token each, and in time.
func TestCallsThatNeverAnswer(t *testing.T) {
	inBubble(t, 4*time.Minute, job(2), func() *fakeCloud {
		f := newFakeCloud(2, renewal.Day)
		f.took = time.Hour
		return f
	}, func(f *fakeCloud, r renewal.Report) {
		if r.Counts.Unknown != 2 || r.Status != renewal.Partial {
			t.Errorf("%s %+v", r.Status, r.Counts)
		}
		for token, n := range f.charges {
			t.Errorf("%s was charged %d times", token, n)
		}
	})
}

// Many are refused at once: they are watched together, not one after another,
// each is asked for with its token again before that of the next generation, and
// these wait together, too.
func TestRefusedOnesShareTheirWatch(t *testing.T) {
	start := time.Time{}
	tokens := map[string][]string{}
	inBubble(t, time.Hour, job(8), func() *fakeCloud {
		start = time.Now()
		f := newFakeCloud(100, renewal.Day)
		f.renew = func(id, token string) error {
			tokens[id] = append(tokens[id], token)
			return refusal(renewal.Terminal, "OperationDenied.NoStock", true)
		}
		return f
	}, func(_ *fakeCloud, r renewal.Report) {
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("it took %v", took)
		}
		if r.Counts.Failed != 100 {
			t.Errorf("%+v", r.Counts)
		}
		for id, list := range tokens {
			if len(list) != 3 || list[0] != list[1] || list[1] == list[2] {
				t.Errorf("%s was asked for %d times; want its token, again, and that of the next generation", id, len(list))
			}
		}
	})
}

// The account cannot pay, and then it can: one instance finds out, and the rest
// goes on.
func TestAccountThatCanPayAgain(t *testing.T) {
	for _, concurrency := range []int{1, 8, 64} {
		refused := 0
		inBubble(t, time.Hour, job(concurrency), func() *fakeCloud {
			f := newFakeCloud(30, renewal.Day)
			f.took = 50 * time.Millisecond
			refused = 0
			f.renew = func(string, string) error {
				if refused++; refused == 4 {
					return refusal(renewal.Halt, "InvalidAccountStatus.NotEnoughBalance", true)
				}
				return nil
			}
			return f
		}, func(_ *fakeCloud, r renewal.Report) {
			if r.Counts.Renewed != 30 {
				t.Errorf("at %d: %+v", concurrency, r.Counts)
			}
		})
	}
}

// The account cannot pay at all: the run ends, and every instance says why.
func TestAccountThatCannotPay(t *testing.T) {
	for _, concurrency := range []int{1, 8, 64} {
		inBubble(t, time.Hour, job(concurrency), func() *fakeCloud {
			f := newFakeCloud(100, renewal.Day)
			f.renew = func(string, string) error {
				return refusal(renewal.Halt, "InvalidAccountStatus.NotEnoughBalance", true)
			}
			return f
		}, func(f *fakeCloud, r renewal.Report) {
			if n := len(f.at["renew"]); n > concurrency+2 {
				t.Errorf("at %d: %d money calls", concurrency, n)
			}
			if r.Counts.Failed+r.Counts.NotTried != 100 || r.Status != renewal.Failed {
				t.Errorf("at %d: %+v", concurrency, r.Counts)
			}
		})
	}
}

// An emulator without STS does not know the account, and is entered all the
// same; whatever else STS says, the account is not.
func TestAccountThatNobodyKnows(t *testing.T) {
	for name, tt := range map[string]struct {
		err     error
		here    bool // the cloud is on this machine
		entered bool
		claimed string
	}{
		"refused as a parameter, here":     {err: &renewal.CallError{Code: "InvalidParameter", Status: 400, Class: renewal.Terminal}, here: true, claimed: "1", entered: true},
		"refused as a parameter, far away": {err: &renewal.CallError{Code: "InvalidParameter", Status: 400, Class: renewal.Terminal}, claimed: "1"},
		"a page that is not there, here":   {err: &renewal.CallError{Status: 404, Class: renewal.Ambiguous, NoSuchAction: true}, here: true, claimed: "1", entered: true},
		"no answer, here":                  {err: &renewal.CallError{Class: renewal.Ambiguous}, here: true, claimed: "1"},
		"no such action, here":             {err: &renewal.CallError{Code: "InvalidAction.NotFound", Class: renewal.Terminal, NoSuchAction: true}, here: true, entered: true},
		"unknown keys, here":               {err: &renewal.CallError{Code: "InvalidAccessKeyId.NotFound", Status: 404, Class: renewal.Halt, Denied: true}, here: true, claimed: "1"},
		"too busy to say, here":            {err: &renewal.CallError{Code: "Throttling.User", Status: 400, Class: renewal.Retryable, Busy: true}, here: true, claimed: "1"},
		"a proxy that wants keys, here":    {err: &renewal.CallError{Status: 407, Class: renewal.Ambiguous}, here: true, claimed: "1"},
		"no such action, far away":         {err: &renewal.CallError{Code: "InvalidAction.NotFound", Class: renewal.Terminal, NoSuchAction: true}},
		"refused for want of rights, here": {err: &renewal.CallError{Code: "Forbidden.RAM", Status: 403, Class: renewal.Halt, Denied: true}, here: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeCloud(1, renewal.Day)
				f.identity = tt.err
				j := job(1)
				j.Account, j.Doubtful, j.Loopback = tt.claimed, true, tt.here
				r := &Runner{Open: func(context.Context, string) (Cloud, error) { return f, nil }, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
				report, err := r.Run(t.Context(), j)
				if entered := err == nil && report.Counts.Renewed == 1; entered != tt.entered {
					t.Errorf("entered: %v, %v", entered, err)
				}
			})
		})
	}
}
