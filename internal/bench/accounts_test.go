package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	members       = 1000 // of the organisation
	memberRegions = 4
	dueEvery      = 20 // one account in so many has something due
	dueThere      = 5  // and so many instances of it
	atOnce        = 64 // calls of a run on their way
)

func memberID(n int) string { return fmt.Sprintf("20000000000%05d", n) }

// organisation makes a world whose function looks after every member of an
// organisation.
func organisation(tb testing.TB, members int, options cloud.Options) *world {
	tb.Helper()
	list := regions(memberRegions)
	options.Regions = list
	w := newWorld(tb, options, map[string]string{
		"RENEW_ACCOUNTS": "organization/renewer", "RENEW_REGIONS": join(list), "GOMEMLIMIT": "96MiB",
	})
	for n := range members {
		w.cloud.AddAccount(cloud.Account{
			ID: memberID(n), Balance: "1000000.00", Member: cloud.Member{Of: account},
			Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account}}},
		})
		if n%dueEvery != 0 {
			continue
		}
		for _, in := range fleet(fmt.Sprintf("m%d-", n), dueThere, soon, list...) {
			in.Account = memberID(n)
			w.cloud.AddInstance(in)
		}
	}
	return w
}

// BenchmarkAccounts looks after 1,000 accounts in 4 regions each, where every
// call takes 30 ms: in one run, and shared out over ten side by side.
func BenchmarkAccounts(b *testing.B) {
	var one, ten, needed, peak, peakOfTen float64
	var calls, perAccount, mapped int
	for b.Loop() {
		w := organisation(b, members, cloud.Options{Latency: latency})
		r, took := w.invoke(b)
		checkMembers(b, w, members, r)
		calls, perAccount = w.cloud.CallCount(""), mostWhereNothingIsDue(w, members)
		ideal := time.Duration(calls) * latency / atOnce
		one, needed = took.Seconds(), float64(took)/float64(ideal)
		peak = float64(statusOf(b, w.rt.PID(), "VmHWM")) / 1024
		_ = w.rt.Close()

		w = organisation(b, members, cloud.Options{Latency: latency})
		var reports []renewal.Report
		reports, took, peakOfTen = w.invokeEach(b, groupsOf(members, 10))
		checkMembers(b, w, members, reports...)
		ten, mapped = took.Seconds(), w.cloud.CallCount("")
	}
	report(b,
		figure{needed, "×needed", 1.3},
		figure{value: one, unit: "s"},
		figure{value: float64(calls), unit: "calls"},
		figure{float64(perAccount), "calls/account", 2 + 2*memberRegions},
		figure{peak, "MB", 128},
		figure{value: ten, unit: "s-of-ten"},
		figure{value: float64(mapped), unit: "calls-of-ten"},
		figure{peakOfTen, "MB-of-ten", 128},
	)
}

// How many calls an account costs is a fact, whatever time it takes; and a run that
// is shared out by events pays for everything once.
func TestCallsOfAnOrganisation(t *testing.T) {
	const members = 40
	t.Run("in one run", func(t *testing.T) {
		t.Parallel()
		w := organisation(t, members, cloud.Options{})
		r, _ := w.invoke(t)
		checkMembers(t, w, members, r)
		if n := mostWhereNothingIsDue(w, members); n > 2+2*memberRegions {
			t.Errorf("%d calls for an account with nothing due: %v", n, byAction(w.cloud))
		}
	})
	t.Run("in ten side by side", func(t *testing.T) {
		t.Parallel()
		w := organisation(t, members, cloud.Options{})
		reports, _, _ := w.invokeEach(t, groupsOf(members, 10))
		checkMembers(t, w, members, reports...)
		if n := mostWhereNothingIsDue(w, members); n > 2+2*memberRegions {
			t.Errorf("%d calls for an account with nothing due: %v", n, byAction(w.cloud))
		}
	})
}

// groupsOf shares the members out, as events.
func groupsOf(members, groups int) []string {
	ids := make([][]string, groups)
	for n := range members {
		ids[n%groups] = append(ids[n%groups], memberID(n))
	}
	events := make([]string, groups)
	for i, group := range ids {
		events[i] = `{"accounts":["` + strings.Join(group, `","`) + `"]}`
	}
	return events
}

// invokeEach delivers events at once, each to an instance of the function of its
// own, and gives the reports, how long it took, and the most memory that one held,
// in MB.
func (w *world) invokeEach(tb testing.TB, events []string) (reports []renewal.Report, took time.Duration, peak float64) {
	tb.Helper()
	running := make([]*fc.Runtime, len(events))
	for i := range events {
		rt, err := fc.Start(context.Background(), w.fn)
		if err != nil {
			tb.Fatal(err)
		}
		running[i] = rt
		tb.Cleanup(func() { _ = rt.Close() })
	}
	reports, failures := make([]renewal.Report, len(events)), make([]error, len(events))
	begun := time.Now()
	var all sync.WaitGroup
	for i, event := range events {
		all.Go(func() {
			result, err := running[i].Invoke(context.Background(), []byte(event))
			if err == nil {
				err = json.Unmarshal(result.Payload, &reports[i])
			}
			failures[i] = err
		})
	}
	all.Wait()
	took = time.Since(begun)
	for i, err := range failures {
		if err != nil {
			tb.Fatal(err)
		}
		peak = max(peak, float64(statusOf(tb, running[i].PID(), "VmHWM"))/1024)
		_ = running[i].Close()
	}
	return reports, took, peak
}

// checkMembers makes sure that everything due was paid for, once, and that every
// region of every account was read.
func checkMembers(tb testing.TB, w *world, members int, reports ...renewal.Report) {
	tb.Helper()
	due := (members + dueEvery - 1) / dueEvery * dueThere
	renewed, scopes := 0, 0
	for _, r := range reports {
		renewed += r.Counts.Renewed
		for _, s := range r.Scopes {
			if s.Complete {
				scopes++
			}
		}
	}
	paid := map[string]bool{}
	for _, c := range w.cloud.Ledger() {
		if paid[c.Instance] {
			tb.Errorf("%s was paid for twice", c.Instance)
		}
		paid[c.Instance] = true
	}
	if renewed != due || len(paid) != due || scopes != members*memberRegions {
		tb.Fatalf("%d renewed, %d paid for, want %d; %d scopes were complete, want %d", renewed, len(paid), due, scopes, members*memberRegions)
	}
}

// mostWhereNothingIsDue gives the most calls that an account took in which nothing is
// due, the one for its role included.
func mostWhereNothingIsDue(w *world, members int) (most int) {
	calls := map[string]int{}
	for _, call := range w.cloud.Calls() {
		switch call.Action {
		case "ListAccounts": // of all of them
		case "AssumeRole":
			calls[strings.Split(call.Params.Get("RoleArn"), ":")[3]]++
		default:
			calls[call.Account]++
		}
	}
	for n := range members {
		if n%dueEvery != 0 {
			most = max(most, calls[memberID(n)])
		}
	}
	return most
}
