package handler_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

const second, third = "2222222222222222", "3333333333333333"

// inThreeAccounts plays a scenario with a function that works in its own account
// (i-1) and, by roles, in two more (i-2 and i-3).
func inThreeAccounts(t *testing.T, s settings, play func(t *testing.T, w *bubble)) {
	t.Helper()
	all := maps.Clone(threeAccounts)
	maps.Copy(all, s)
	inBubble(t, cloud.Options{}, all, func(t *testing.T, w *bubble) {
		w.addThreeAccounts()
		play(t, w)
	})
}

const externalID = "shared-between-us"

var threeAccounts = settings{
	"RENEW_ACCOUNTS":    "self,acs:ram::" + second + ":role/renewer,acs:ram::" + third + ":role/renewer",
	"RENEW_EXTERNAL_ID": externalID,
}

func (w *emulated) addThreeAccounts() {
	w.add(due("i-1"))
	for _, id := range []string{second, third} {
		w.cloud.AddAccount(cloud.Account{ID: id, Roles: []cloud.Role{{Name: "renewer", ExternalID: externalID, TrustedAccounts: []string{account}}}})
		in := due("i-" + id[:1])
		in.Account = id
		w.add(in)
	}
}

// The second of three accounts cannot be entered: it is incomplete, and never
// touched with other credentials.
func TestSecondOfThreeAccountsFails(t *testing.T) {
	t.Parallel()
	for name, breakIt := range map[string]func(*bubble){
		"it may not be assumed": func(w *bubble) { w.env["RENEW_EXTERNAL_ID"] = "another-secret" },
		"there is no such role": func(w *bubble) {
			w.env["RENEW_ACCOUNTS"] = "self,acs:ram::" + second + ":role/nobody,acs:ram::" + third + ":role/renewer"
		},
		"STS breaks for it": func(w *bubble) { w.cloud.Fail(cloud.Fault{Action: "AssumeRole", Kind: cloud.HTMLBody}) },
		"its list is forbidden": func(w *bubble) {
			w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Account: second, Kind: cloud.RefuseBefore, Status: 403, Code: "Forbidden.RAM"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inThreeAccounts(t, nil, func(t *testing.T, w *bubble) {
				breakIt(w)
				r := w.run("")
				w.charged("i-1", 1)
				w.charged("i-2", 0)
				if r.Status != renewal.Partial {
					t.Errorf("status %s", r.Status)
				}
				for _, s := range r.Scopes {
					if s.Account == second && (s.Complete || s.Error == "") || s.Account == account && !s.Complete {
						t.Errorf("%+v", s)
					}
				}
				if all := fmt.Sprint(r) + w.logs(); strings.Contains(all, "another-secret") || strings.Contains(all, externalID) {
					t.Error("the external id got out")
				}
			})
		})
	}
}

// The cap is for the run as a whole.
func TestCapHoldsOverAllAccounts(t *testing.T) {
	t.Parallel()
	inThreeAccounts(t, settings{"RENEW_MAX_SPEND": "200"}, func(t *testing.T, w *bubble) {
		r := w.run("")
		if got := w.spent().String(); got != "200" || r.Counts.Held != 1 {
			t.Errorf("spent %s, %+v", got, r.Counts)
		}
	})
}

// A halt is of one account.
func TestHaltStopsOneAccountOnly(t *testing.T) {
	t.Parallel()
	inThreeAccounts(t, nil, func(t *testing.T, w *bubble) {
		w.cloud.SetArrears(second, true)
		r := w.run("")
		w.charged("i-1", 1)
		w.charged("i-3", 1)
		outcome(t, r, "i-2", renewal.OutcomeFailed)
	})
}

func TestWrongAccountChangesNothing(t *testing.T) {
	t.Parallel()
	expecting := func(name, accounts string, play func(t *testing.T, w *bubble)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_EXPECT_ACCOUNTS": accounts}, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				play(t, w)
			})
		})
	}
	expecting("all of it", "9999999999999999", func(t *testing.T, w *bubble) {
		if message := w.refused("", "denied"); !strings.Contains(message, account) || !strings.Contains(message, "RENEW_EXPECT_ACCOUNTS") {
			t.Errorf("%s", message)
		}
	})
	expecting("what the invocation claims does not count", "9999999999999999", func(_ *testing.T, w *bubble) {
		w.in.AccountID = "9999999999999999"
		w.refused("", "denied")
	})
	expecting("the right one", account, func(_ *testing.T, w *bubble) {
		w.run("")
		w.charged("i-1", 1)
	})
	t.Run("one of three", func(t *testing.T) {
		t.Parallel()
		inThreeAccounts(t, settings{"RENEW_EXPECT_ACCOUNTS": account + "," + third}, func(t *testing.T, w *bubble) {
			r := w.run("")
			w.charged("i-1", 1)
			w.charged("i-2", 0)
			w.charged("i-3", 1)
			if r.Status != renewal.Partial {
				t.Errorf("%s", r.Status)
			}
		})
	})
}

// Keys of account B in the environment of a function in account A, and B also as a role.
func TestKeysOfAnotherAccountPayOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: 3 * time.Second}, nil, func(t *testing.T, w *bubble) {
		w.cloud.AddAccount(cloud.Account{ID: second, AccessKeyID: "LTAIother", AccessKeySecret: "othersecretothersecret",
			Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account, second}}}})
		in := due("i-b")
		in.Account = second
		w.add(in)
		w.in.Keys, w.in.Doubtful = renewal.Keys{ID: "LTAIother", Secret: "othersecretothersecret"}, true
		w.run("")
		w.charged("i-b", 1)
		w.env["RENEW_ACCOUNTS"] = "self,acs:ram::" + second + ":role/renewer"
		w.cloud.SetExpiry("i-b", time.Now().Add(2*renewal.Day))
		before := w.cloud.Charges("i-b")
		if payload, err := w.begin("").answer(); kindOf(err) != runner.BadConfig {
			t.Errorf("one account twice: %s %v", payload, err)
		}
		if n := w.cloud.Charges("i-b") - before; n != 0 {
			t.Errorf("one account under two names: %d charges", n)
		}
	})
}
