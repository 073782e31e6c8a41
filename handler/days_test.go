package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// Scenarios of hours and days.

// The answer is lost, and the new expiry shows some hours later: the next day's
// run finds nothing to do.
func TestNextDayFindsThePaymentOfALostAnswer(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: 5 * time.Hour}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.LoseAnswer})
		outcome(t, w.run(""), "i-1", renewal.OutcomeUnknown)
		w.charged("i-1", 1)
		w.cloud.ClearFaults()
		time.Sleep(renewal.Day)
		if r := w.run(""); r.Status != renewal.OK || r.Counts.Due != 0 {
			t.Errorf("%s %+v", r.Status, r.Counts)
		}
		w.kept()
	})
}

// An answer was lost, and the next day its new expiry still does not show: the
// cloud knows the token, and nothing is paid.
func TestNextDayAsksAgainWithTheSameToken(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: 30 * time.Hour}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.LoseAnswer, Count: 9})
		w.run("")
		w.cloud.ClearFaults()
		time.Sleep(renewal.Day)
		outcome(t, w.run(""), "i-1", renewal.Unverified)
		w.oneToken("i-1")
		time.Sleep(renewal.Day)
		if r := w.run(""); r.Counts.Due != 0 {
			t.Errorf("%+v", r.Counts)
		}
		w.kept()
	})
}

// The cloud forgets a token after an hour. By then the new expiry shows, and a
// run by hand in between does no harm.
func TestTokenIsForgottenAfterAnHour(t *testing.T) {
	t.Parallel()
	for _, shown := range []time.Duration{0, 5 * time.Minute, 50 * time.Minute} {
		t.Run("shown after "+shown.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{TokenLife: time.Hour, RefusalLife: time.Hour, ExpiryDelay: shown}, nil, func(_ *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.LoseAnswer, Count: 2})
				for _, pause := range []time.Duration{10 * time.Minute, 2 * time.Hour, renewal.Day} {
					w.run("")
					time.Sleep(pause)
				}
				w.run("")
				w.charged("i-1", 1)
				w.kept()
			})
		})
	}
}

// A refusal is remembered with its token for an hour: the next day it is
// forgotten, and the cause has passed.
func TestRefusalIsForgottenAfterAnHour(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PoisonTokens: true, RefusalLife: time.Hour}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.SetNoStock("i-1", true)
		outcome(t, w.run(""), "i-1", renewal.OutcomeFailed)
		w.cloud.SetNoStock("i-1", false)
		time.Sleep(renewal.Day)
		outcome(t, w.run(""), "i-1", renewal.Renewed)
		w.charged("i-1", 1)
		w.kept()
	})
}

// Money calls are throttled for twenty minutes. A run that has the time waits for
// it, without hammering; the others leave it to the next, and say so.
func TestThrottledForTwentyMinutes(t *testing.T) {
	t.Parallel()
	const n = 5
	throttled := func(w *bubble) {
		for i := range n {
			w.add(due(fmt.Sprintf("i-%d", i)))
		}
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.Throttle})
		time.AfterFunc(20*time.Minute, w.cloud.ClearFaults)
	}
	t.Run("a run of an hour", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			throttled(w)
			w.timeout = time.Hour
			if r := w.run(""); r.Counts.Renewed != n {
				t.Errorf("%+v", r.Counts)
			}
			if calls := w.cloud.CallCount("RenewInstance"); calls > n+20*60/5 {
				t.Errorf("%d money calls", calls)
			}
			w.kept()
		})
	})
	t.Run("runs of ten minutes", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			throttled(w)
			if r := w.run(""); r.Counts.NotTried != n || r.Status == renewal.OK {
				t.Errorf("%s %+v", r.Status, r.Counts)
			}
			w.unpaid()
			time.Sleep(renewal.Day)
			if r := w.run(""); r.Counts.Renewed != n {
				t.Errorf("%+v", r.Counts)
			}
			w.kept()
		})
	})
}

// So are the lists: the run ends in an error that the platform may try again,
// and that is no harm.
func TestListsThrottledForTwentyMinutes(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(_ *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.Throttle})
		time.AfterFunc(20*time.Minute, w.cloud.ClearFaults)
		w.refused("", runner.Unavailable)
		time.Sleep(20 * time.Minute)
		w.in.Attempt++
		w.run("")
		w.charged("i-1", 1)
		w.kept()
	})
}

// The timer runs daily for two weeks. One instance after another comes due;
// one is sold out for some days, and the account is empty for others.
func TestDailyForTwoWeeks(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: 10 * time.Second, PoisonTokens: true, RefusalLife: 6 * time.Hour}, settings{"RENEW_RESERVE": "30s"}, func(t *testing.T, w *bubble) {
		const n = 14
		for i := range n {
			w.add(expiring(fmt.Sprintf("i-%02d", i), time.Duration(i+4)*renewal.Day+7*time.Hour))
		}
		w.daily(14, func(day int, r renewal.Report) {
			switch day {
			case 1: // i-05 comes due on day 3, and is sold out
				w.cloud.SetNoStock("i-05", true)
			case 5: // the account is empty
				w.cloud.SetBalance(account, "0")
			case 7:
				w.cloud.SetBalance(account, "100000")
				w.cloud.SetNoStock("i-05", false)
			}
			wrong := day >= 3 && day <= 7
			if (r.Status == renewal.OK) == wrong {
				t.Errorf("day %d: %s %+v", day, r.Status, r.Counts)
			}
			if len(r.Lapsing) > 0 {
				t.Errorf("day %d: %v is said to lapse", day, r.Lapsing)
			}
		})
		w.kept()
		for i := range n {
			w.charged(fmt.Sprintf("i-%02d", i), 1)
		}
	})
}

// A refusal that lasts: every run says so, and the last ones that it lapses.
func TestDailyUntilItLapses(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 5*renewal.Day+time.Hour))
		w.cloud.SetNoStock("i-1", true)
		w.daily(6, func(day int, r renewal.Report) {
			outcome(t, r, "i-1", renewal.OutcomeFailed)
			if lapses := len(r.Lapsing) > 0; r.Status == renewal.OK || lapses != (day >= 5) {
				t.Errorf("day %d: %s, lapsing %v", day, r.Status, r.Lapsing)
			}
		})
		w.charged("i-1", 0)
	})
}

// The provider deducts by itself, at 08:00 in UTC+8, after the timer: what it
// renews is never paid for by the function, even with a backstop.
func TestDailyBesideTheProvider(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{AutoRenewals: true}, settings{"RENEW_BACKSTOP": "2d", "RENEW_WINDOW": "14d"}, func(t *testing.T, w *bubble) {
		for i := range 10 {
			in := expiring(fmt.Sprintf("i-%d", i), time.Duration(i+10)*renewal.Day)
			in.RenewalStatus, in.AutoDuration = "AutoRenewal", 1
			w.add(in)
		}
		w.daily(14, func(int, renewal.Report) {})
		for _, c := range w.cloud.Ledger() {
			if !c.AutoRenewal {
				t.Errorf("the function paid for %s on %s", c.Instance, c.At)
			}
		}
		w.kept()
	})
}

// A day that is not the account's own is refused with a code that says nothing by
// itself; what is told names the setting. With the right day it is paid, once.
func TestAWrongUnifiedDayIsNamed(t *testing.T) {
	t.Parallel()
	for language, words := range map[string]string{"en": "RENEW_UNTIL_DAY, or until-day of a rule, must be the account's unified expiry day", "zh": "须与账号设置的统一到期日一致"} {
		for name, s := range map[string]settings{
			"setting": {"RENEW_UNTIL_DAY": "15"},
			"rule":    {"RENEW_RULES": `[{name: all, when: "true", until-day: 15}]`},
		} {
			t.Run(language+" "+name, func(t *testing.T) {
				t.Parallel()
				s["RENEW_LANG"] = language
				inBubble(t, cloud.Options{UnifiedDay: 1}, s, func(t *testing.T, w *bubble) {
					w.add(due("i-1"))
					r := w.run("")
					outcome(t, r, "i-1", renewal.OutcomeFailed)
					if told := r.Instances[0].Error; !strings.Contains(told, "InvalidParameter") || !strings.Contains(told, words) {
						t.Errorf("it does not name the setting: %s", told)
					}
					w.charged("i-1", 0)
					delete(w.env, "RENEW_RULES")
					w.env["RENEW_UNTIL_DAY"] = "1"
					time.Sleep(renewal.Day)
					outcome(t, w.run(""), "i-1", renewal.Renewed)
					w.charged("i-1", 1)
				})
			})
		}
	}
}

// Of any other term the same code says nothing about a day.
func TestAnInvalidParameterWithoutADayIsABug(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.RefuseBefore, Status: 400, Code: "InvalidParameter"})
		if told := w.run("").Instances[0].Error; strings.Contains(told, "RENEW_UNTIL_DAY") || !strings.Contains(told, "report it as a bug") {
			t.Error(told)
		}
	})
}
