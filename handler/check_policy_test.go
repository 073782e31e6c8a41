package handler_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A check counts the whole fleet as a run does, and tells every slip that a run
// would: what a run looks after too little is not ok, the rest is a warning.
func TestCheckTellsASettingThatFitsNothing(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		s       settings
		words   string
		ok      bool
		nearest string // of the first entry, or rule where there is no entry
	}{
		"tags":             {settings{"RENEW_TAGS": "env=production"}, "RENEW_TAGS: env=production fits none of the 120 that were listed; perhaps env=prod is meant, which 101 of them have", false, "env=prod"},
		"names":            {settings{"RENEW_NAMES": "webb-*"}, "perhaps web-1 is meant", false, "web-1"},
		"a VPC":            {settings{"RENEW_VPC": "vpc-none"}, "RENEW_VPC: vpc-none fits none", false, ""},
		"a group":          {settings{"RENEW_RESOURCE_GROUP": "rg-nobody"}, "RENEW_RESOURCE_GROUP: rg-nobody fits none", false, ""},
		"one of two names": {settings{"RENEW_NAMES": "webb-*,web-*"}, "RENEW_NAMES: webb-* fits none", false, "web-1"},
		"in report mode":   {settings{"RENEW_TAGS": "env=production", "RENEW_ACTION": "report"}, "perhaps env=prod is meant", false, "env=prod"},
		"all excluded":     {settings{"RENEW_NAMES": "web-*", "RENEW_EXCLUDE_TAGS": "env=prod"}, "select 101 and exclude all of them", false, ""},
		"too few":          {settings{"RENEW_EXPECT_COUNT": "121"}, "RENEW_EXPECT_COUNT expects at least 121", false, ""},
		"excluded by name": {settings{"RENEW_EXCLUDE_NAMES": "tmp_*"}, "perhaps tmp-102 is meant", true, "tmp-102"},
		"excluded by tag":  {settings{"RENEW_EXCLUDE_TAGS": "Env=test"}, "perhaps env=test is meant", true, "env=test"},
		"a rule":           {settings{"RENEW_RULES": `[{name: leave, when: 'name matches "^tmp_"', action: skip}]`}, "it asks for tmp_*, and there is tmp-102", true, "tmp-102"},
		"an account":       {settings{"RENEW_RULES": `[{name: other, when: 'account == "123456789012345"', action: skip}]`}, "RENEW_ACCOUNTS stands for 1234567890123456", true, ""},
		"a long dry run":   {settings{"RENEW_DRY_RUN": "true", "RENEW_WINDOW": "365d"}, "RENEW_WINDOW", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.s, func(t *testing.T, w *bubble) {
				w.fleetOf120()
				got := w.checked()
				if got.OK != tt.ok {
					t.Errorf("ok is %v: %+v", got.OK, got)
				}
				told := slices.Clone(got.Warnings)
				if !tt.ok {
					for told = nil; len(got.Probes) > 0; got.Probes = got.Probes[1:] {
						if !got.Probes[0].OK {
							told = append(told, got.Probes[0].Name+" "+got.Probes[0].Message)
						}
					}
				}
				if !strings.Contains(strings.Join(told, "\n"), tt.words) {
					t.Errorf("no %q in %q", tt.words, told)
				}
				if c := got.Coverage; c == nil || c.Listed != 120 {
					t.Fatalf("coverage %+v", c)
				} else if len(c.Entries) > 0 && c.Entries[0].Nearest != tt.nearest || len(c.Entries) == 0 && len(c.Rules) > 0 && c.Rules[0].Nearest != tt.nearest {
					t.Errorf("nearest: %+v %+v", c.Entries, c.Rules)
				}
			})
		})
	}
}

// The coverage of a check is that of the report.
func TestCheckCountsAsTheReportDoes(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_EXCLUDE_TAGS": "env = test", "RENEW_NAMES": "web-*,tmp-*", "RENEW_ACTION": "report", "RENEW_FREEZE": "12-30..01-02",
		"RENEW_RULES": `[{name: first, when: 'name == "web-1"'}, {name: prod, when: 'tags["env"] == "prod"'}]`}, func(t *testing.T, w *bubble) {
		w.fleetOf120()
		w.cloud.AddInstance(cloud.Instance{ID: "i-other", Name: "db-1", Expires: time.Now().Add(20 * time.Hour)})
		checked, run := w.checked(), w.run("")
		if diff := cmp.Diff(*run.Coverage, checked.Coverage.Coverage, cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Entries" || p.String() == "Rules" }, cmp.Ignore())); diff != "" || !checked.OK {
			t.Errorf("(-report +check)\n%s", diff)
		}
		for i, e := range run.Coverage.Entries {
			if checked.Coverage.Entries[i].CoveredEntry != e {
				t.Errorf("%+v, and in the report %+v", checked.Coverage.Entries[i], e)
			}
		}
		for i, rule := range run.Coverage.Rules {
			if checked.Coverage.Rules[i].CoveredRule != rule {
				t.Errorf("%+v, and in the report %+v", checked.Coverage.Rules[i], rule)
			}
		}
	})
}

// What is excluded and renews by itself is told before it happens.
func TestCheckTellsOfExcludedOnesThatRenewThemselves(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_EXCLUDE_TAGS": "keep=no"}, func(t *testing.T, w *bubble) {
		w.add(due("i-kept"), cloud.Instance{ID: "i-auto", Expires: time.Now().Add(20 * time.Hour), RenewalStatus: "AutoRenewal", AutoDuration: 12, Tags: map[string]string{"keep": "no"}})
		if got := w.checked(); !got.OK || !strings.Contains(strings.Join(got.Warnings, "\n"), "1 (i-auto)") {
			t.Errorf("%+v", got.Warnings)
		}
	})
}

// It is the morning of 30 November 2026 in Shanghai.
func TestCheckTellsWhatAFreezeDelays(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, time.November, 29+n, 16, 0, 0, 0, time.UTC) }
	fleet := func() (all []cloud.Instance) {
		for id, n := range map[string]int{
			"i-today":  3,  // due now, and so before the days
			"i-over":   12, // due before them, too
			"i-before": 14, // the same, and it would still be there after them
			"i-waits":  16, // due on the second day, and still there after the last
			"i-waits2": 18, // due on the last day
			"i-after":  25, // due when they are over
		} {
			all = append(all, cloud.Instance{ID: id, Expires: day(n)})
		}
		return append(all, cloud.Instance{ID: "i-auto", Expires: day(16), RenewalStatus: "AutoRenewal", AutoDuration: 1})
	}
	for name, tt := range map[string]struct {
		s        settings
		from, to string
		delays   []string
		words    string
	}{
		"a sale":           {settings{"RENEW_FREEZE": "12-09..12-11"}, "2026-12-09", "2026-12-11", []string{"i-waits", "i-waits2"}, "2 wait for their end: i-waits, i-waits2"},
		"today":            {settings{"RENEW_FREEZE": "2026-11-30"}, "2026-11-30", "2026-11-30", []string{"i-today"}, "the next frozen day is 2026-11-30; 1 wait"},
		"far away":         {settings{"RENEW_FREEZE": "06-10..06-12"}, "2027-06-10", "2027-06-12", []string{}, "nothing that is listed has to wait"},
		"a wider rule":     {settings{"RENEW_FREEZE": "12-09..12-11", "RENEW_RULES": `[{name: early, when: 'id == "i-after"', window: 14d}]`}, "2026-12-09", "2026-12-11", []string{"i-after", "i-waits", "i-waits2"}, "3 wait"},
		"under report":     {settings{"RENEW_FREEZE": "12-09..12-11", "RENEW_ACTION": "report"}, "2026-12-09", "2026-12-11", []string{}, "nothing that is listed"},
		"one that is over": {settings{"RENEW_FREEZE": "2026-10-01"}, "", "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.s, func(t *testing.T, w *bubble) {
				w.add(fleet()...)
				got := w.checked()
				if tt.from == "" {
					if got.Freeze != nil {
						t.Errorf("%+v", got.Freeze)
					}
					return
				}
				if got.Freeze == nil || got.Freeze.From != tt.from || got.Freeze.To != tt.to {
					t.Fatalf("%+v", got.Freeze)
				}
				slices.Sort(got.Freeze.Delays)
				if !slices.Equal(got.Freeze.Delays, tt.delays) {
					t.Errorf("%v, want %v", got.Freeze.Delays, tt.delays)
				}
				if p := probe(t, got, "freeze", ""); !p.OK || !strings.Contains(p.Message, strings.Split(tt.words, ":")[0]) {
					t.Errorf("%+v", p)
				}
			})
		})
	}
}

// Only a renewal tells whether the day is the account's own.
func TestCheckDoesNotTryTheUnifiedDay(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{UnifiedDay: 1}, settings{"RENEW_UNTIL_DAY": "15", "RENEW_RULES": `[{name: others, when: 'name == "x"', until-day: 12}]`}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 3*renewal.Day))
		got := w.checked()
		all := ""
		for _, g := range got.NotTried {
			if g.Name == "until-day" {
				all += g.Message
			}
		}
		if !strings.Contains(all, "RENEW_UNTIL_DAY=15") || !strings.Contains(all, "until-day: 12 (others)") {
			t.Errorf("%+v", got.NotTried)
		}
	})
}

// The platform has 4 KB for all variables of a function.
func TestCheckCountsTheEnvironment(t *testing.T) {
	t.Parallel()
	rules := func(bytes int) string {
		return `[{name: one, when: 'name == "` + strings.Repeat("x", bytes) + `"', action: skip}]`
	}
	for bytes, ok := range map[int]bool{100: true, 5600: false} {
		inBubble(t, cloud.Options{}, settings{"RENEW_RULES": rules(bytes)}, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			got := w.checked()
			if p := probe(t, got, "environment", ""); p.OK != ok || got.OK != ok || p.Count < bytes || !strings.Contains(p.Message, "4096") {
				t.Errorf("%d: %+v", bytes, p)
			}
		})
	}
}
