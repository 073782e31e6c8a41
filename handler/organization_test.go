package handler_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// inOrganisation plays a scenario with a function in the management account of an
// organisation: its own instance is i-self, and that of the member memberID(n) is
// instanceOf(n), where it has one: of a large organisation, only the first and those
// of a second page do.
func inOrganisation(t *testing.T, members int, s settings, play func(t *testing.T, w *bubble)) {
	t.Helper()
	all := settings{"RENEW_ACCOUNTS": "self,organization/renewer", "RENEW_MAX_COUNT": "unlimited"}
	maps.Copy(all, s)
	inBubble(t, cloud.Options{}, all, func(t *testing.T, w *bubble) {
		w.cloud.AddAccount(cloud.Account{ID: account, AccessKeyID: keyID, AccessKeySecret: keySecret, SecurityToken: keyToken, Directory: true})
		w.add(due("i-self"))
		for n := range members {
			w.member(n, cloud.Member{})
		}
		play(t, w)
	})
}

func memberID(n int) string   { return fmt.Sprintf("20000000000%05d", n) }
func instanceOf(n int) string { return fmt.Sprintf("i-m%05d", n) }

// member adds an account to the organisation, with the role of the function and one
// instance that is due.
func (w *emulated) member(n int, m cloud.Member) {
	m.Of = account
	w.cloud.AddAccount(cloud.Account{ID: memberID(n), Member: m, Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account}}}})
	if !has(n) {
		return
	}
	in := due(instanceOf(n))
	in.Account = memberID(n)
	w.add(in)
}

// has says whether a member has an instance.
func has(n int) bool { return n < 10 || n >= 100 }

// have counts those of the first n members that have one.
func have(n int) (number int) {
	for i := range n {
		if has(i) {
			number++
		}
	}
	return number
}

// lists counts the calls for the list of members.
func (w *emulated) lists() int { return w.cloud.CallCount("ListAccounts") }

// scopesOf gives the scopes of an account.
func scopesOf(r renewal.Report, id string) []renewal.Scope {
	return slices.DeleteFunc(slices.Clone(r.Scopes), func(s renewal.Scope) bool { return s.Account != id })
}

// warned gives the warnings that hold all the words.
func warned(r renewal.Report, words ...string) (found []string) {
	for _, text := range r.Warnings {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) }) {
			found = append(found, text)
		}
	}
	return found
}

// Every member that stays is looked after, whatever kind of account it is, and
// nobody else is entered. (ListAccounts of the resource directory: Status,
// DeletionStatus, Type.)
func TestEveryMemberThatStays(t *testing.T) {
	t.Parallel()
	inOrganisation(t, 0, nil, func(t *testing.T, w *bubble) {
		kinds := []struct {
			cloud.Member
			stays bool
		}{
			{cloud.Member{}, true},
			{cloud.Member{Invited: true}, true},
			{cloud.Member{Type: "ResourceAccount"}, true},
			{cloud.Member{Status: "PromoteSuccess"}, true},
			{cloud.Member{Status: "PromoteVerifying"}, true},
			{cloud.Member{Status: "CreateVerifying"}, false},
			{cloud.Member{Status: "InviteVerifying"}, false},
			{cloud.Member{Deletion: "Checking"}, false},
			{cloud.Member{Deletion: "Deleting"}, false},
		}
		for n, kind := range kinds {
			w.member(n, kind.Member)
		}
		r := w.run("")
		w.charged("i-self", 1)
		for n, kind := range kinds {
			want := 0
			if kind.stays {
				want = 1
			}
			w.charged(instanceOf(n), want)
			if got := len(scopesOf(r, memberID(n))); got != want {
				t.Errorf("%+v: %d scopes", kind.Member, got)
			}
		}
		if r.Status != renewal.OK || len(r.Warnings) > 0 {
			t.Errorf("%s %q", r.Status, r.Warnings)
		}
	})
}

// Without self, the function's own account is left alone.
func TestOrganisationWithoutItsManagementAccount(t *testing.T) {
	t.Parallel()
	inOrganisation(t, 2, settings{"RENEW_ACCOUNTS": "organization/renewer"}, func(t *testing.T, w *bubble) {
		w.run("")
		w.charged("i-self", 0)
		w.charged(instanceOf(0), 1)
		w.charged(instanceOf(1), 1)
	})
}

// Who joins while the list is read moves it by one: one member is shown twice, and
// the new one not at all.
func TestMemberJoinsBetweenTwoPages(t *testing.T) {
	t.Parallel()
	const members = 102
	inOrganisation(t, members, nil, func(t *testing.T, w *bubble) {
		w.member(members, cloud.Member{JoinsAtCall: 2})
		r := w.run("")
		for n := range members + 1 {
			if has(n) {
				w.charged(instanceOf(n), 1)
			}
			if len(scopesOf(r, memberID(n))) != 1 {
				t.Errorf("%s: %+v", memberID(n), scopesOf(r, memberID(n)))
			}
		}
		if w.once(); r.Status != renewal.OK || w.lists() != 5 { // two pages, nothing on a third, and both again
			t.Errorf("%s after %d pages: %q", r.Status, w.lists(), r.Warnings)
		}
		for _, call := range w.cloud.Calls() {
			if call.Action == "ListAccounts" && call.Params.Get("PageSize") != "100" {
				t.Errorf("a page of %q", call.Params.Get("PageSize"))
			}
		}
	})
}

// Who joins between two runs is looked after from the second on.
func TestMemberJoinsBetweenTwoRuns(t *testing.T) {
	t.Parallel()
	inOrganisation(t, 1, nil, func(t *testing.T, w *bubble) {
		w.member(1, cloud.Member{Joins: time.Now().Add(12 * time.Hour)})
		w.run("")
		w.charged(instanceOf(1), 0)
		time.Sleep(24 * time.Hour)
		if r := w.run(""); r.Status != renewal.OK {
			t.Errorf("%s %q", r.Status, r.Warnings)
		}
		w.charged(instanceOf(1), 1)
		w.charged(instanceOf(0), 1)
	})
}

// Who leaves while the list is read moves it by one, too: whoever moves up from the
// second page to the first is on neither, and as many were seen as the second page
// promises, since the one who left is among them.
func TestMemberLeavesBetweenTwoPages(t *testing.T) {
	t.Parallel()
	const members = 102
	inOrganisation(t, members, nil, func(t *testing.T, w *bubble) {
		w.cloud.OnCall(func(call cloud.Call) {
			if call.Action == "ListAccounts" && call.Params.Get("PageNumber") == "2" {
				w.cloud.AddAccount(cloud.Account{ID: memberID(0), Member: cloud.Member{}})
			}
		})
		r := w.run("")
		for n := 1; n < members; n++ {
			if has(n) {
				w.charged(instanceOf(n), 1)
			}
			if len(scopesOf(r, memberID(n))) != 1 {
				t.Errorf("%s: %+v", memberID(n), scopesOf(r, memberID(n)))
			}
		}
		if w.once(); len(scopesOf(r, "")) != 0 || w.lists() != 4 { // two pages, and both again
			t.Errorf("after %d pages: %+v", w.lists(), scopesOf(r, ""))
		}
	})
}

// One role that is not to be had is one incomplete scope, with its reason.
func TestMembersThatCannotBeEntered(t *testing.T) {
	t.Parallel()
	inOrganisation(t, 3, nil, func(t *testing.T, w *bubble) {
		w.cloud.AddAccount(cloud.Account{ID: memberID(0), Member: cloud.Member{Of: account}}) // no role
		w.cloud.AddAccount(cloud.Account{ID: memberID(1), Member: cloud.Member{Of: account}, Roles: []cloud.Role{{Name: "renewer"}}})
		r := w.run("")
		w.charged("i-self", 1)
		w.charged(instanceOf(2), 1)
		for n, code := range map[int]string{0: "EntityNotExist.Role", 1: "NoPermission"} {
			if s := scopesOf(r, memberID(n)); len(s) != 1 || s[0].Complete || !strings.Contains(s[0].Error, code) {
				t.Errorf("%+v", s)
			}
		}
		if r.Status != renewal.Partial {
			t.Errorf("%s", r.Status)
		}
	})
}

// Where the list of members cannot be read to its end, what could be read of it
// goes on, and the rest is an incomplete scope of no account.
func TestMembersThatCannotBeListed(t *testing.T) {
	t.Parallel()
	page := func(n int, kind cloud.FaultKind) []cloud.Fault {
		f := cloud.Fault{Action: "ListAccounts", Kind: kind, Call: n, Count: 99}
		if kind == cloud.RefuseBefore {
			f.Status, f.Code = 403, "NoPermission"
		}
		return []cloud.Fault{f}
	}
	for name, tt := range map[string]struct {
		faults  []cloud.Fault
		entered int // of 102 members
	}{
		"no right":                      {page(1, cloud.RefuseBefore), 0},
		"no right from the second page": {page(2, cloud.RefuseBefore), 100},
		"a web page":                    {page(1, cloud.HTMLBody), 0},
		"no answer":                     {page(2, cloud.LoseAnswer), 100},
		"no list":                       {page(1, cloud.NoList), 0},
		"a text for the list":           {page(1, cloud.TextList), 0},
		"no total":                      {page(1, cloud.NoTotal), 0},
		"a row too few on each page":    {page(1, cloud.ShortList), 100},
		"more are promised":             {page(1, cloud.HighTotal), 102},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inOrganisation(t, 102, nil, func(t *testing.T, w *bubble) {
				for _, f := range tt.faults {
					w.cloud.Fail(f)
				}
				r := w.run("")
				w.charged("i-self", 1)
				if entered := w.cloud.CallCount("AssumeRole"); entered != tt.entered {
					t.Errorf("%d members were entered, want %d", entered, tt.entered)
				}
				if s := scopesOf(r, ""); len(s) != 1 || s[0].Complete || s[0].Region != "" || s[0].Error == "" {
					t.Errorf("%+v", s)
				}
				if r.Status != renewal.Partial {
					t.Errorf("%s", r.Status)
				}
			})
		})
	}
	t.Run("a total too low", func(t *testing.T) { // who believes it misses the second page
		t.Parallel()
		inOrganisation(t, 101, nil, func(t *testing.T, w *bubble) {
			w.cloud.Fail(cloud.Fault{Action: "ListAccounts", Kind: cloud.LowTotal})
			w.run("")
			w.charged(instanceOf(100), 1)
		})
	})
	t.Run("and there is nothing else", func(t *testing.T) {
		t.Parallel()
		inOrganisation(t, 3, settings{"RENEW_ACCOUNTS": "organization/renewer"}, func(t *testing.T, w *bubble) {
			w.cloud.SetDenied(account, "resourcemanager:ListAccounts")
			if message := w.refused("", runner.Denied); !strings.Contains(message, "resourcemanager:ListAccounts") {
				t.Error(message)
			}
		})
	})
	t.Run("of an account without a directory", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, settings{"RENEW_ACCOUNTS": "organization/renewer"}, func(t *testing.T, w *bubble) {
			if message := w.refused("", runner.Denied); !strings.Contains(message, "no resource directory") {
				t.Error(message)
			}
		})
	})
}

// STS lets a hundred calls a second through, and a large organisation asks for more.
func TestThrottledWhileEntering(t *testing.T) {
	t.Parallel()
	const members = 90
	inOrganisation(t, members, nil, func(t *testing.T, w *bubble) {
		w.cloud.Fail(cloud.Fault{Action: "AssumeRole", Kind: cloud.Throttle, Call: 40, Count: 40})
		if r := w.run(""); r.Status != renewal.OK || len(r.Scopes) != members+1 || r.Counts.Renewed != have(members)+1 {
			t.Errorf("%s %+v", r.Status, r.Counts)
		}
	})
}

// A member outside RENEW_EXPECT_ACCOUNTS is told and not touched.
func TestMemberThatIsNotExpected(t *testing.T) {
	t.Parallel()
	inOrganisation(t, 2, settings{"RENEW_EXPECT_ACCOUNTS": account + "," + memberID(0)}, func(t *testing.T, w *bubble) {
		r := w.run("")
		w.charged("i-self", 1)
		w.charged(instanceOf(0), 1)
		w.charged(instanceOf(1), 0)
		if s := scopesOf(r, memberID(1)); len(s) != 1 || s[0].Complete || !strings.Contains(s[0].Error, "denied") || !strings.Contains(s[0].Error, "RENEW_EXPECT_ACCOUNTS") {
			t.Errorf("%+v", s)
		}
		if n := w.cloud.CallCount("AssumeRole"); n != 1 || r.Status != renewal.Partial {
			t.Errorf("%d roles were assumed, %s", n, r.Status)
		}
	})
}

func TestExcludedMembers(t *testing.T) {
	t.Parallel()
	missing := memberID(1)[:15] + "7"
	inOrganisation(t, 3, settings{"RENEW_EXCLUDE_ACCOUNTS": memberID(0) + "," + missing}, func(t *testing.T, w *bubble) {
		r := w.run("")
		w.charged(instanceOf(0), 0)
		w.charged(instanceOf(1), 1)
		w.charged(instanceOf(2), 1)
		if n := w.cloud.CallCount("AssumeRole"); n != 2 || len(scopesOf(r, memberID(0))) != 0 {
			t.Errorf("%d roles were assumed: %+v", n, r.Scopes)
		}
		if got := warned(r, missing, memberID(0)[:11]); len(got) != 1 || len(r.Warnings) != 1 || r.Status != renewal.OK {
			t.Errorf("%s %q", r.Status, r.Warnings)
		}
		w.in.AccountID = "" // as on a laptop, where STS alone knows whose the credentials are
		if r = w.run(""); len(warned(r, missing, memberID(0)[:11])) != 1 || len(r.Warnings) != 1 {
			t.Errorf("%q", r.Warnings)
		}
		w.env["RENEW_EXCLUDE_ACCOUNTS"] = account
		if r = w.run(""); len(r.Warnings) != 0 {
			t.Errorf("%q", r.Warnings)
		}
		w.env["RENEW_ACCOUNTS"], w.env["RENEW_EXCLUDE_ACCOUNTS"] = "self", account[:15]+"7"
		if r = w.run(""); len(warned(r, "RENEW_EXCLUDE_ACCOUNTS", "the nearest is "+account)) != 1 {
			t.Errorf("%q", r.Warnings)
		}
	})
	for name, tt := range map[string]settings{
		"all of the organisation":   {"RENEW_ACCOUNTS": "organization/renewer", "RENEW_EXCLUDE_ACCOUNTS": memberID(0)},
		"all that are named":        {"RENEW_ACCOUNTS": "acs:ram::" + memberID(0) + ":role/renewer", "RENEW_EXCLUDE_ACCOUNTS": memberID(0)},
		"the function's own, alone": {"RENEW_ACCOUNTS": "self", "RENEW_EXCLUDE_ACCOUNTS": account},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inOrganisation(t, 1, tt, func(_ *testing.T, w *bubble) { w.refused("", runner.BadConfig) })
		})
	}
	t.Run("and its management account", func(t *testing.T) {
		t.Parallel()
		inOrganisation(t, 1, settings{"RENEW_EXCLUDE_ACCOUNTS": account}, func(t *testing.T, w *bubble) {
			if r := w.run(""); r.Status != renewal.OK || len(r.Warnings) > 0 {
				t.Errorf("%s %q", r.Status, r.Warnings)
			}
			w.charged("i-self", 0)
			w.charged(instanceOf(0), 1)
		})
	})
}

// An account that is named by itself, too, is entered as it is named there.
func TestMemberWithARoleOfItsOwn(t *testing.T) {
	t.Parallel()
	inOrganisation(t, 2, settings{"RENEW_ACCOUNTS": "self,organization/renewer,acs:ram::" + memberID(0) + ":role/special"}, func(t *testing.T, w *bubble) {
		w.cloud.AddAccount(cloud.Account{ID: memberID(0), Member: cloud.Member{Of: account}, Roles: []cloud.Role{{Name: "special", TrustedAccounts: []string{account}}}})
		r := w.run("")
		w.charged(instanceOf(0), 1)
		w.charged(instanceOf(1), 1)
		if r.Status != renewal.OK {
			t.Errorf("%s %+v", r.Status, r.Scopes)
		}
	})
}

// An event narrows a run to accounts before any other is entered.
func TestEventNarrowsToMembers(t *testing.T) {
	t.Parallel()
	event := func(ids ...string) string { return `{"accounts":["` + strings.Join(ids, `","`) + `"]}` }
	inOrganisation(t, 4, settings{"RENEW_EXCLUDE_ACCOUNTS": memberID(3)}, func(t *testing.T, w *bubble) {
		w.member(4, cloud.Member{Deletion: "Deleting"})
		slip := memberID(1)[:15] + "7"
		if said := w.refused(event(slip), runner.BadEvent); !strings.Contains(said, slip+", which is none of the configured ones") || !strings.Contains(said, "the nearest is "+memberID(0)[:15]) {
			t.Error(said)
		}
		if said := w.refused(event(memberID(3)), runner.BadEvent); !strings.Contains(said, "RENEW_EXCLUDE_ACCOUNTS") {
			t.Error(said)
		}
		w.refused(event(memberID(4)), runner.BadEvent)
		w.refused(event(memberID(0), "9999999999999999"), runner.BadEvent)
		before := w.cloud.CallCount("AssumeRole")
		r := w.run(event(memberID(1)))
		w.charged(instanceOf(1), 1)
		if n := w.cloud.CallCount("AssumeRole") - before; n != 1 || len(r.Scopes) != 1 || len(w.cloud.Ledger()) != 1 {
			t.Errorf("%d roles were assumed: %+v", n, r.Scopes)
		}
		// Of a group, who is left alone is told, and the others go on.
		r = w.run(event(memberID(2), memberID(3), memberID(4)))
		w.charged(instanceOf(2), 1)
		if len(w.cloud.Ledger()) != 2 || len(warned(r, memberID(3), "RENEW_EXCLUDE_ACCOUNTS")) != 1 || len(warned(r, memberID(4))) != 1 {
			t.Errorf("%q", r.Warnings)
		}
	})
}

// Ten invocations side by side share an organisation out, and one of the whole comes
// in between: one ledger, and no expiry is paid for twice.
func TestMapOverTheOrganisation(t *testing.T) {
	t.Parallel()
	const members, groups = 40, 10
	inOrganisation(t, members, nil, func(t *testing.T, w *bubble) {
		var all []*invocation
		for g := range groups {
			var ids []string
			for n := g; n < members; n += groups {
				if !has(n) {
					in := due(instanceOf(n))
					in.Account = memberID(n)
					w.add(in)
				}
				ids = append(ids, `"`+memberID(n)+`"`)
			}
			all = append(all, w.begin(`{"accounts":[`+strings.Join(ids, ",")+`]}`))
		}
		all = append(all, w.begin(""))
		seen := map[string]bool{}
		for _, i := range all {
			for _, s := range i.end().Scopes {
				if !s.Complete {
					t.Errorf("%+v", s)
				}
				seen[s.Account] = true
			}
		}
		if w.once(); len(w.cloud.Ledger()) != members+1 || len(seen) != members+1 {
			t.Errorf("%d charges in %d accounts, want %d", len(w.cloud.Ledger()), len(seen), members+1)
		}
	})
}

// A member whose bills another account pays has a balance that says nothing of
// who pays. What it does not cover is held all the same, and one warning says why.
func TestBalanceOfWhoDoesNotPay(t *testing.T) {
	t.Parallel()
	broke := func(w *bubble, n int) {
		w.cloud.AddAccount(cloud.Account{ID: memberID(n), Balance: "0", Payer: account, Member: cloud.Member{Of: account}, Roles: []cloud.Role{{Name: "renewer", TrustedAccounts: []string{account}}}})
	}
	inOrganisation(t, 3, settings{"RENEW_MIN_BALANCE": "10"}, func(t *testing.T, w *bubble) {
		broke(w, 0)
		broke(w, 1)
		r := w.run("")
		w.charged(instanceOf(2), 1)
		for n := range 2 {
			w.charged(instanceOf(n), 0)
			if e := entry(t, r, instanceOf(n)); e.Reason != renewal.BalanceTooLow {
				t.Errorf("%+v", e)
			}
		}
		if got := warned(r, "RENEW_MIN_BALANCE", "another account pays", memberID(0), memberID(1)); len(got) != 1 {
			t.Errorf("%q", r.Warnings)
		}
	})
	inOrganisation(t, 2, nil, func(t *testing.T, w *bubble) { // where no setting asks for it, the payer pays
		broke(w, 0)
		w.run("")
		w.charged(instanceOf(0), 1)
	})
}

// The calls of a run are bounded as a whole, and an account with nothing due costs
// two calls, and two for each region.
func TestCallsOverManyAccounts(t *testing.T) {
	t.Parallel()
	const members, atOnce = 80, 64
	regions := []string{"cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen"}
	inOrganisation(t, members, settings{"RENEW_REGIONS": strings.Join(regions, ","), "RENEW_CONCURRENCY": "64"}, func(t *testing.T, w *bubble) {
		w.cloud.SetOptions(func(o *cloud.Options) { o.Latency = 30 * time.Millisecond })
		for n := range members {
			if has(n) {
				w.cloud.SetExpiry(instanceOf(n), time.Now().Add(100*renewal.Day))
			}
		}
		for _, region := range regions { // one account with much to pay in every region
			for i := range 20 {
				in := due(fmt.Sprintf("i-%s-%d", region, i))
				in.Account, in.Region = memberID(7), region
				w.add(in)
			}
		}
		if r := w.run(""); r.Status != renewal.OK || r.Counts.Renewed != 81 {
			t.Fatalf("%s %+v", r.Status, r.Counts)
		}
		perAccount := map[string]int{}
		var underWay []time.Time
		most := 0
		for _, call := range w.cloud.Calls() {
			perAccount[call.Account]++
			underWay = slices.DeleteFunc(underWay, func(end time.Time) bool { return !end.After(call.Wall) })
			underWay = append(underWay, call.Wall.Add(30*time.Millisecond))
			most = max(most, len(underWay))
		}
		if most > 2*atOnce || most < atOnce/2 {
			t.Errorf("%d calls at once, want no more than %d reads and as many payments", most, atOnce)
		}
		for n := range members {
			if calls, want := perAccount[memberID(n)], 1+2*len(regions); n != 7 && calls > want { // and one to assume its role
				t.Errorf("%d calls in an account with nothing due, want %d at most", calls, want)
			}
		}
	})
}

// A check says what the list of members came to, and tries every member.
func TestCheckOfAnOrganisation(t *testing.T) {
	t.Parallel()
	inOrganisation(t, 3, settings{"RENEW_EXCLUDE_ACCOUNTS": memberID(0) + ",9999999999999999"}, func(t *testing.T, w *bubble) {
		w.member(3, cloud.Member{Deletion: "Checking"})
		w.cloud.AddAccount(cloud.Account{ID: memberID(2), Member: cloud.Member{Of: account}}) // no role
		got := w.checked()
		for _, want := range []struct {
			name, scope string
			ok          bool
			words       []string
		}{
			{"organization", "", true, []string{"4 members", "excluded: 1", "being deleted, or not joined: 1"}},
			{"role", memberID(1), true, nil},
			{"role", memberID(2), false, []string{"EntityNotExist.Role"}},
		} {
			at := slices.IndexFunc(got.Probes, func(p runner.Probe) bool { return p.Name == want.name && p.Scope == want.scope })
			if at < 0 || got.Probes[at].OK != want.ok || slices.ContainsFunc(want.words, func(word string) bool { return !strings.Contains(got.Probes[at].Message, word) }) {
				t.Errorf("%+v: %+v", want, got.Probes)
			}
		}
		for _, p := range got.Probes {
			if strings.HasPrefix(p.Scope, memberID(0)) || strings.HasPrefix(p.Scope, memberID(3)) {
				t.Errorf("%+v", p)
			}
		}
		if got.OK || !strings.Contains(got.Says, "every member of the organisation") {
			t.Errorf("%+v", got)
		}
		if told := strings.Join(got.Warnings, "\n"); !strings.Contains(told, "9999999999999999") || !strings.Contains(told, "the nearest is") {
			t.Errorf("warnings %q", got.Warnings)
		}
	})
	inOrganisation(t, 1, nil, func(t *testing.T, w *bubble) {
		w.cloud.SetDenied(account, "resourcemanager:ListAccounts")
		got := w.checked()
		if p := got.Probes[0]; got.OK || p.Name != "organization" || p.OK || !strings.Contains(p.Message, "resourcemanager:ListAccounts") {
			t.Errorf("%+v", got.Probes)
		}
	})
}
