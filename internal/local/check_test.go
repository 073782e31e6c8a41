package local

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// shownOf gives what a check shows, and makes sure that it fits a terminal.
func shownOf(t *testing.T, r runner.CheckResult, verbose bool, l lang.Language) (shown string) {
	t.Helper()
	var out bytes.Buffer
	paper{out: &out, width: 80, lang: l}.checked(r, verbose)
	for line := range strings.Lines(out.String()) {
		if n := text.StringWidth(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("a line of %d: %s", n, line)
		}
	}
	return out.String()
}

func checkOf(regions []string, accounts ...string) (r runner.CheckResult) {
	for _, account := range accounts {
		r.Add(runner.Probe{Name: "identity", Scope: account, OK: true, Message: "account " + account})
		for i, region := range regions {
			scope := account + "/" + region
			r.Add(runner.Probe{Name: "list", Scope: scope, OK: true, Message: "the role may list instances"})
			r.Add(runner.Probe{Name: "instances", Scope: scope, OK: true, Message: fmt.Sprintf("subscriptions found: %d", i), Count: i})
			r.NotTried = append(r.NotTried, runner.Gap{Name: "price", Scope: scope, Message: "no instance to price"})
		}
	}
	r.Add(runner.Probe{Name: "clock", OK: true, Message: "less than 15 minutes off"})
	return r
}

// want looks for whole lines that begin so, and counts them.
func want(t *testing.T, shown string, counts map[string]int) {
	t.Helper()
	for begin, n := range counts {
		got := 0
		for line := range strings.Lines(shown) {
			if strings.HasPrefix(strings.Join(strings.Fields(line), " "), begin) {
				got++
			}
		}
		if got != n {
			t.Errorf("%d lines begin with %q, want %d, in\n%s", got, begin, n, shown)
		}
	}
}

// What is alike in many regions is one line; what is wrong stays apart, unless the
// same is wrong; what was not tried is never ok.
func TestCheckFoldsRegions(t *testing.T) {
	t.Parallel()
	var regions []string
	for i := range 15 {
		regions = append(regions, fmt.Sprintf("cn-%d", i))
	}
	r := checkOf(regions, "1")
	r.Add(runner.Probe{Name: "list", Scope: "1/cn-bad", Message: "Forbidden.RAM"})
	r.Add(runner.Probe{Name: "list", Scope: "1/cn-worse", Message: "Forbidden.RAM"})
	r.Add(runner.Probe{Name: "list", Scope: "1/cn-worst", Message: "no answer"})
	want(t, shownOf(t, r, false, lang.English), map[string]int{
		"ok list 15 regions the role may list instances": 1, "ok instances 15 regions subscriptions found: 105": 1, "ok price": 0,
		"not tried price 15 regions no instance to price": 1, "WRONG list 2 regions Forbidden.RAM (1/cn-bad, 1/cn-worse)": 1, "WRONG list 1/cn-worst no answer": 1,
		"ok identity 1 account 1": 1, "ok clock less": 1, "Not ok: 3 of": 1,
	})
	r.Add(runner.Probe{Name: "orders", Scope: "1/rds/cn-a", OK: true, Message: "its orders can be read"})
	r.Add(runner.Probe{Name: "orders", Scope: "1/redis/cn-a", OK: true, Message: "its orders can be read"})
	want(t, shownOf(t, r, false, lang.English), map[string]int{"ok orders 2 places its orders can be read": 1})
	want(t, shownOf(t, r, true, lang.English), map[string]int{"ok list 1/cn-": 15, "ok instances 1/cn-": 15, "not tried price 1/cn-": 15, "WRONG list 1/cn-": 3})
	want(t, shownOf(t, r, false, lang.Chinese), map[string]int{"正常 查询权限 15 个地域": 1, "未验证 询价 15 个地域": 1, "异常 查询权限 2 个地域": 1})
}

// Of many accounts those that are well are one line, and each that fails is one.
func TestCheckFoldsAccounts(t *testing.T) {
	t.Parallel()
	r := checkOf([]string{"cn-a", "cn-b"}, "1", "2", "3", "4")
	r.Add(runner.Probe{Name: "role", Scope: "5", Message: "EntityNotExist.Role"})
	r.Add(runner.Probe{Name: "list", Scope: "3/cn-c", Message: "Forbidden.RAM"})
	r.Add(runner.Probe{Name: "list", Scope: "3/cn-d", Message: "Forbidden.RAM"})
	want(t, shownOf(t, r, false, lang.English), map[string]int{
		"ok accounts 3 accounts identity, list, instances; subscriptions": 1, "ok": 2,
		"WRONG account 5 role: EntityNotExist.Role": 1, "WRONG account 3 list in cn-c: Forbidden.RAM (and 1 more": 1, "WRONG": 2, "not tried price 8 regions": 1,
	})
	want(t, shownOf(t, r, true, lang.English), map[string]int{"ok list": 8, "WRONG": 3})
	r = checkOf([]string{"cn-a"}, "1", "2")
	want(t, shownOf(t, r, false, lang.Chinese), map[string]int{"正常 账号 2 个账号": 1, "异常": 0})
}

func TestCheckShowsTheCoverage(t *testing.T) {
	t.Parallel()
	r := checkOf([]string{"cn-a"}, "1")
	r.Warnings = []string{"a doubt"}
	r.Coverage = &runner.Coverage{
		Coverage: renewal.Coverage{Listed: 300, Selected: 251, NotSelected: 49, Excluded: 1, LapsingUnselected: 2},
		Entries: []runner.CoveredEntry{
			{CoveredEntry: renewal.CoveredEntry{Setting: "RENEW_NAMES", Entry: strings.Repeat("web-", 30) + "*", Matched: 251}},
			{CoveredEntry: renewal.CoveredEntry{Setting: "RENEW_EXCLUDE_TAGS", Entry: "Env=test"}, Nearest: "env=test"},
		},
		Rules: []runner.CoveredRule{{CoveredRule: renewal.CoveredRule{Name: "payments", Holds: 9, Decides: 8}}},
	}
	want(t, shownOf(t, r, false, lang.English), map[string]int{
		"Looked after: 250 of the 300 that were listed.": 1, "Not looked after: 50 (49 not selected, 1 excluded), of which 2 lapse": 1,
		"RENEW_NAMES web-web-": 1, "RENEW_EXCLUDE_TAGS Env=test 0 of 300 env=test": 1, "rule payments 9 of 300 8": 1, "warning: a doubt": 1, "All is ok.": 1,
	})
}
