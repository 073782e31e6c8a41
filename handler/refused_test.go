package handler_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What follows on a definite refusal: the token is given up for good, and
// everybody knows it by the tag renew:refused.

// refuse makes the cloud refuse one instance by itself until the cause is gone.
func (w *bubble) soldOut(id string, gone time.Duration) {
	w.cloud.SetNoStock(id, true)
	time.AfterFunc(gone, func() { w.cloud.SetNoStock(id, false) })
}

// generation is what the tag of refusals says at the cloud, "" for nothing.
func (w *bubble) generation(id string) string {
	in, _ := w.cloud.Instance(id)
	_, n, _ := strings.Cut(in.Tags[renewal.RefusedKey], "/")
	return n
}

// The cause passes while the run waits: paid once, with the next token.
func TestRefusedTokenIsFollowedByTheNext(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PoisonTokens: true}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.soldOut("i-1", 30*time.Second)
		outcome(t, w.run(""), "i-1", renewal.Renewed)
		w.charged("i-1", 1)
		if tokens := slices.Compact(w.tokens("i-1")); len(tokens) != 2 || w.cloud.CallCount("RenewInstance") != 3 {
			t.Errorf("%d tokens in %d calls, want the first, again, and the next", len(tokens), w.cloud.CallCount("RenewInstance"))
		}
		in, _ := w.cloud.Instance("i-1")
		if want := "2026-12-02T22:23Z/1"; in.Tags[renewal.RefusedKey] != want {
			t.Errorf("the tag says %q, want %q", in.Tags[renewal.RefusedKey], want)
		}
	})
}

// Refused for a day, remembered for as long as the class says, the new expiry
// late, an event delivered again, a second function hours later: whatever the
// cloud remembers, one charge.
func TestRefusedTokensOverDays(t *testing.T) {
	t.Parallel()
	for _, memory := range []time.Duration{0, 10 * time.Minute, renewal.Day, 36 * time.Hour} {
		for _, shows := range []time.Duration{5 * time.Second, 80 * time.Second} {
			t.Run(fmt.Sprintf("remembered for %v, shows after %v", memory, shows), func(t *testing.T) {
				t.Parallel()
				inBubble(t, cloud.Options{PoisonTokens: true, RefusalLife: memory, ExpiryDelay: shows}, nil, func(t *testing.T, w *bubble) {
					w.add(expiring("i-1", 5*renewal.Day))
					w.soldOut("i-1", 20*time.Hour)
					w.daily(4, func(int, renewal.Report) {
						w.run("") // delivered once more
						second := w.begin("")
						time.Sleep(3 * time.Hour)
						second.end()
					})
					w.charged("i-1", 1)
				})
			})
		}
	}
}

// The same where refusals are remembered for ever and the new expiry is days late.
func TestRefusalsRememberedForEverAndALateExpiry(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PoisonTokens: true, ExpiryDelay: 3 * renewal.Day}, nil, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 6*renewal.Day))
		w.soldOut("i-1", 20*time.Hour)
		w.daily(5, func(int, renewal.Report) { w.run("") })
		w.charged("i-1", 1)
	})
}

// Around midnight of UTC+8, where the date in a token would change; and with a
// clock that is twelve minutes fast.
func TestNoTokenKnowsMidnight(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)
	for name, starts := range map[string][]time.Duration{
		"five minutes before, ten after":  {-5 * time.Minute, 10*time.Minute + 30*time.Second},
		"seconds apart":                   {-20 * time.Second, -10 * time.Second},
		"on both sides, with a fast twin": {-12 * time.Minute, 5 * time.Second, 12 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{PoisonTokens: true, ExpiryDelay: 8 * time.Hour}, nil, func(t *testing.T, w *bubble) {
				w.add(expiring("i-1", 4*renewal.Day))
				time.Sleep(time.Until(midnight.Add(-time.Hour)))
				w.soldOut("i-1", 58*time.Minute)
				w.run("") // refused for certain, and remembered
				var running []*invocation
				for _, at := range starts {
					time.Sleep(time.Until(midnight.Add(at)))
					running = append(running, w.begin(""))
				}
				for _, run := range running {
					run.end()
				}
				w.charged("i-1", 1)
			})
		})
	}
}

// One instant has one token, however the API writes it.
func TestOneTokenForOneInstant(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{MixedSeconds: true, ExpiryDelay: 30 * time.Hour}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		for range 4 {
			w.run("")
		}
		w.charged("i-1", 1)
		w.oneToken("i-1")
	})
}

// A look that shows one instance twice shows nothing.
func TestShownTwiceIsNotPaid(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Call: 2, Count: 100, Kind: cloud.TwinRow})
		r := w.run("")
		outcome(t, r, "i-1", renewal.Stale)
		if e := entry(t, r, "i-1"); strings.Count(e.Error, "-02T22:23:00Z") != 2 {
			t.Errorf("both expiries are to be told: %q", e.Error)
		}
		w.charged("i-1", 0)
	})
}

// Refused for its period: the next run, with another, pays.
func TestRefusedTermsAreFollowedByOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PoisonTokens: true}, settings{"RENEW_PERIOD": "5m"}, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.RefuseBefore, Status: 400, Code: "InvalidPeriod"})
		r := w.run("")
		outcome(t, r, "i-1", renewal.OutcomeFailed)
		if w.generation("i-1") != "1" || w.cloud.CallCount("RenewInstance") != 2 {
			t.Errorf("generation %q after %d calls; other terms are for the next run", w.generation("i-1"), w.cloud.CallCount("RenewInstance"))
		}
		w.cloud.ClearFaults()
		w.env["RENEW_PERIOD"] = "3m"
		outcome(t, w.run(""), "i-1", renewal.Renewed)
		w.charged("i-1", 1)
	})
}

// What is refused for good is not asked for again.
func TestFinalRefusalWritesNoTag(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.RefuseBefore, Status: 403, Code: "ChargeTypeViolation"})
		outcome(t, w.run(""), "i-1", renewal.OutcomeFailed)
		if w.generation("i-1") != "" || w.cloud.CallCount("RenewInstance") != 1 {
			t.Errorf("generation %q, %d calls", w.generation("i-1"), w.cloud.CallCount("RenewInstance"))
		}
	})
}

// A tag that cannot be written, or does not show, leaves the old token; and it
// is said.
func TestTagThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	full := map[string]string{}
	for i := range 20 {
		full[fmt.Sprint("k", i)] = "v"
	}
	for name, prepare := range map[string]func(w *bubble){
		"no right":     func(w *bubble) { w.cloud.SetDenied(account, "ecs:TagResources") },
		"twenty tags":  func(w *bubble) { w.cloud.SetTags("i-1", full) },
		"never shown":  func(w *bubble) { w.cloud.SetOptions(func(o *cloud.Options) { o.TagDelay = -1 }) },
		"never sent":   func(w *bubble) { w.cloud.Fail(cloud.Fault{Action: "TagResources", Kind: cloud.ResetBefore}) },
		"no time left": func(w *bubble) { w.timeout = 100 * time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{PoisonTokens: true}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				prepare(w)
				w.soldOut("i-1", 15*time.Second)
				r := w.run("")
				outcome(t, r, "i-1", renewal.OutcomeFailed)
				if e := entry(t, r, "i-1"); !strings.Contains(e.Error, "NoStock") {
					t.Errorf("the refusal is to be told: %q", e.Error)
				}
				w.charged("i-1", 0)
				w.oneToken("i-1")
			})
		})
	}
}

// The answer to the writing is lost: what is read back counts.
func TestTagInDoubtCountsByWhatIsRead(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PoisonTokens: true, TagDelay: 3 * time.Second}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "TagResources", Kind: cloud.LoseAnswer})
		w.soldOut("i-1", 30*time.Second)
		outcome(t, w.run(""), "i-1", renewal.Renewed)
		w.charged("i-1", 1)
	})
}

// The tag is written under a look as fresh as that of a payment, or not at all:
// a run that is held up before it must not lower what others have raised since,
// for then two tokens are right at the same time.
func TestTagIsNotWrittenUnderAnOldLook(t *testing.T) {
	t.Parallel()
	for name, heldUp := range map[string]cloud.Fault{
		"the tag is throttled":     {Action: "TagResources", Kind: cloud.Throttle},
		"the refusal comes slowly": {Action: "RenewInstance", Kind: cloud.Slow, Call: 2, Delay: 25 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.soldOut("i-1", time.Hour)
				w.cloud.Fail(heldUp)
				first := w.begin("")
				time.Sleep(30 * time.Second)
				before, _ := w.cloud.Instance("i-1")
				w.cloud.SetTags("i-1", map[string]string{renewal.RefusedKey: renewal.RefusedValue(renewal.Instance{Expires: before.Expires}, 2)})
				time.Sleep(20 * time.Second)
				w.cloud.ClearFaults()
				outcome(t, first.end(), "i-1", renewal.Stale)
				if n := w.generation("i-1"); n != "2" {
					t.Errorf("the tag says %s, and said 2", n)
				}
			})
		})
	}
}

// A person says "pay again" for a refunded renewal by raising the tag.
func TestPersonRaisesTheTag(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		before, _ := w.cloud.Instance("i-1")
		outcome(t, w.run(""), "i-1", renewal.Renewed)
		w.cloud.SetExpiry("i-1", before.Expires) // refunded
		outcome(t, w.run(""), "i-1", renewal.Unverified)
		w.charged("i-1", 1) // the old token answers with the old order
		w.cloud.SetTags("i-1", map[string]string{renewal.RefusedKey: before.Expires.UTC().Format("2006-01-02T15:04Z") + "/1"})
		outcome(t, w.run(""), "i-1", renewal.Renewed)
		w.charged("i-1", 2)
	})
}

// A tag of somebody who tried by hand and slipped holds the instance.
func TestUnreadableTagOfRefusalsHolds(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.SetTags("i-1", map[string]string{renewal.RefusedKey: "1"})
		r := w.run("")
		outcome(t, r, "i-1", renewal.Held)
		if e := entry(t, r, "i-1"); e.Reason != renewal.Unreadable || len(r.Warnings) != 1 {
			t.Errorf("%s, %q", e.Reason, r.Warnings)
		}
		w.charged("i-1", 0)
	})
}

// Two runs, the cause passing between their refusals, and the tag of one
// appearing while the other is under way: one charge, however they interleave.
func TestTwoRunsBesideARefusal(t *testing.T) {
	t.Parallel()
	for i, apart := range []time.Duration{0, time.Second, 5 * time.Second, 11 * time.Second, 12 * time.Second, 40 * time.Second, 100 * time.Second} {
		for j, gone := range []time.Duration{2 * time.Second, 9 * time.Second, 11 * time.Second, 13 * time.Second, 90 * time.Second, 105 * time.Second} {
			for _, poison := range []bool{true, false} {
				if poison && (i+j)%2 == 1 {
					continue // a cloud that forgets refusals is the one that could be paid twice
				}
				t.Run(fmt.Sprint(apart, gone, poison), func(t *testing.T) {
					t.Parallel()
					inBubble(t, cloud.Options{PoisonTokens: poison, ExpiryDelay: 50 * time.Second, TagDelay: 2 * time.Second}, nil, func(t *testing.T, w *bubble) {
						w.add(due("i-1"))
						w.soldOut("i-1", gone)
						first := w.begin("")
						time.Sleep(apart)
						second := w.begin("")
						first.end()
						second.end()
						time.Sleep(time.Hour)
						w.run("")
						w.charged("i-1", 1)
					})
				})
			}
		}
	}
}

// A process dies at every call of a payment that is refused at first, and the
// event is delivered again.
func TestCrashAtEveryCallOfARefusedPayment(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 14; n++ {
		t.Run(fmt.Sprint("call ", n), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{PoisonTokens: true, ExpiryDelay: 40 * time.Second}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.soldOut("i-1", 25*time.Second)
				var mu sync.Mutex
				calls := 0
				var first *invocation
				w.cloud.OnCall(func(cloud.Call) {
					mu.Lock()
					defer mu.Unlock()
					if calls++; calls == n && first != nil {
						first.crash()
					}
				})
				mu.Lock()
				first = w.begin("")
				mu.Unlock()
				<-first.done
				w.run("")
				time.Sleep(renewal.Day)
				w.run("")
				w.charged("i-1", 1)
			})
		})
	}
}

// 200 with an error code and no order is in doubt, every day.
func TestOKWithACodeIsInDoubt(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.RefuseBefore, Status: 200, Code: "InternalError"})
		outcome(t, w.run(""), "i-1", renewal.OutcomeUnknown)
		if n := w.cloud.CallCount("RenewInstance"); n != 1+renewal.Repeats {
			t.Errorf("%d calls, want one and %d repetitions", n, renewal.Repeats)
		}
		w.oneToken("i-1")
	})
}
