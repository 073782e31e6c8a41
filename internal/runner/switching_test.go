package runner

import (
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// switchingJob is a job that switches auto-renewal on.
func switchingJob(concurrency int) Job {
	j := job(concurrency)
	j.Policy.Action, j.Policy.AutoPeriod = renewal.AutoRenew, renewal.Period{Months: 1}
	return j
}

// What the role may not do at all is not tried for one instance after another.
func TestRefusedAccountEndsAllChanges(t *testing.T) {
	inBubble(t, time.Hour, switchingJob(8), func() *fakeCloud {
		f := newFakeCloud(40, 5*renewal.Day)
		f.set = func(ids []string) error {
			if len(ids) > 1 {
				return refusal(renewal.Terminal, "ChargeTypeViolation", false)
			}
			return refusal(renewal.Halt, "Forbidden.RAM", false)
		}
		return f
	}, func(f *fakeCloud, r renewal.Report) {
		if n := len(f.at["set"]); n != 2 || r.Counts.Failed != 1 || r.Counts.NotTried != 39 {
			t.Errorf("%d calls, %+v", n, r.Counts)
		}
	})
}

// One by one, a refused batch takes time: whoever's turn comes late is looked at
// once more.
func TestNoChangeOnTheOldLookOfABatch(t *testing.T) {
	inBubble(t, time.Hour, switchingJob(8), func() *fakeCloud {
		f := newFakeCloud(20, 5*renewal.Day)
		f.took = 4 * time.Second
		f.set = func(ids []string) error {
			if len(ids) > 1 {
				return refusal(renewal.Terminal, "ChargeTypeViolation", false)
			}
			return nil
		}
		return f
	}, func(f *fakeCloud, r renewal.Report) {
		if f.oldest > 13*time.Second || r.Counts.AutoRenewOn != 20 {
			t.Errorf("a change on a look %v old; %+v", f.oldest, r.Counts)
		}
	})
}

// What an earlier call may have done is read back, whatever stands against
// asking again.
func TestChangeInDoubtIsReadBack(t *testing.T) {
	for name, then := range map[string]func(f *fakeCloud, id string) error{
		"the repetition is refused": func(*fakeCloud, string) error { return refusal(renewal.Terminal, "IncorrectInstanceStatus", false) },
		"the account is refused":    func(*fakeCloud, string) error { return refusal(renewal.Halt, "Forbidden.RAM", false) },
		"it never answers":          func(*fakeCloud, string) error { return noAnswer("ecs:ModifyInstanceAutoRenewAttribute") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, time.Hour, switchingJob(1), func() *fakeCloud {
				f := newFakeCloud(1, 5*renewal.Day)
				f.set = func(ids []string) error {
					if len(f.at["set"]) > 1 {
						return then(f, ids[0])
					}
					in := f.instances[ids[0]]
					in.Mode, in.Auto = renewal.Auto, renewal.Period{Months: 1}
					f.instances[ids[0]] = in
					return &renewal.CallError{Action: "ecs:ModifyInstanceAutoRenewAttribute", Class: renewal.Ambiguous}
				}
				return f
			}, func(f *fakeCloud, r renewal.Report) {
				if r.Counts.AutoRenewOn != 1 {
					t.Errorf("%+v %+v", r.Counts, r.Instances)
				}
			})
		})
	}
}

// A payment in doubt is repeated only after a look that is younger than the
// doubt: somebody may have spoken, or paid, meanwhile.
func TestLooksAgainBeforeRepeatingAPayment(t *testing.T) {
	inBubble(t, time.Hour, job(1), func() *fakeCloud {
		f := newFakeCloud(1, renewal.Day)
		f.renew = func(id, _ string) error {
			in := f.instances[id]
			in.Mode = renewal.Lapse
			f.instances[id] = in
			return &renewal.CallError{Action: "ecs:RenewInstance", Class: renewal.Ambiguous}
		}
		return f
	}, func(f *fakeCloud, r renewal.Report) {
		if n := len(f.at["renew"]); n != 1 || r.Counts.Unknown != 1 {
			t.Errorf("%d payments asked for, %+v", n, r.Counts)
		}
	})
}

// A refusal that is true of the account ends its payments, also where it comes
// after an answer in doubt.
func TestRefusedAccountAfterDoubtEndsAllPayments(t *testing.T) {
	inBubble(t, time.Hour, job(1), func() *fakeCloud {
		f := newFakeCloud(10, renewal.Day)
		f.renew = func(string, string) error {
			if len(f.at["renew"]) == 1 {
				return &renewal.CallError{Action: "ecs:RenewInstance", Class: renewal.Ambiguous}
			}
			return refusal(renewal.Halt, "Forbidden.RAM", false)
		}
		return f
	}, func(f *fakeCloud, r renewal.Report) {
		if n := len(f.at["renew"]); n != 2 || r.Counts.Unknown != 1 || r.Counts.NotTried != 9 {
			t.Errorf("%d payments asked for, %+v", n, r.Counts)
		}
	})
}

// An API that is busy for longer than a look is good is asked again, under
// another look.
func TestBusyChangeIsAskedForAgain(t *testing.T) {
	inBubble(t, time.Hour, switchingJob(1), func() *fakeCloud {
		f := newFakeCloud(1, 3*renewal.Day)
		begun := time.Now()
		f.set = func([]string) error {
			if time.Since(begun) < 20*time.Second {
				return refusal(renewal.Retryable, "Throttling.User", false)
			}
			return nil
		}
		return f
	}, func(f *fakeCloud, r renewal.Report) {
		if r.Counts.AutoRenewOn != 1 || f.oldest > 13*time.Second {
			t.Errorf("%+v, on a look %v old: %s", r.Counts, f.oldest, r.Instances[0].Error)
		}
	})
}
