package handler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// fleetOf120 is 101 servers called web-… with env=prod, of which seven end in 20
// hours, and 19 called tmp-… with env=test, of which two end in two days.
func (w *bubble) fleetOf120() {
	for i := range 120 {
		in := cloud.Instance{ID: fmt.Sprintf("i-bp%03dx", i+1), Name: fmt.Sprintf("web-%d", i+1), Expires: time.Now().Add(60 * renewal.Day), Tags: map[string]string{"env": "prod"}, VPC: "vpc-main"}
		switch {
		case i < 7:
			in.Expires = time.Now().Add(20 * time.Hour)
		case i >= 101:
			in.Name, in.Tags = fmt.Sprintf("tmp-%d", i+1), map[string]string{"env": "test"}
		}
		if i >= 118 {
			in.Expires = time.Now().Add(2 * renewal.Day)
		}
		w.add(in)
	}
}

// A policy that does not mean what was meant is seen: in the report, by the
// people who are told, and by the monitor that hears no heartbeat.
func TestASettingThatFitsNothingIsSeen(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		s     settings
		words string // of a warning
		paid  int
		told  bool // also where nothing is selected
	}{
		"tags":           {settings{"RENEW_TAGS": "env=production"}, "RENEW_TAGS: env=production fits none of the 120 that were listed; perhaps env=prod is meant, which 101 of them have", 0, true},
		"names":          {settings{"RENEW_NAMES": "webb-*"}, "RENEW_NAMES: webb-* fits none of the 120 that were listed; perhaps web-1 is meant", 0, true},
		"a VPC":          {settings{"RENEW_VPC": "vpc-none"}, "RENEW_VPC: vpc-none fits none", 0, true},
		"a group":        {settings{"RENEW_RESOURCE_GROUP": "rg-nobody"}, "RENEW_RESOURCE_GROUP: rg-nobody fits none", 0, true},
		"a second group": {settings{"RENEW_SECURITY_GROUP": "sg-nobody"}, "RENEW_SECURITY_GROUP: sg-nobody fits none", 0, true},
		"an id":          {settings{"RENEW_IDS": "i-bpOO1x"}, "RENEW_IDS: i-bpOO1x fits none", 0, true},
		"in report mode": {settings{"RENEW_TAGS": "env=production", "RENEW_ACTION": "report"}, "perhaps env=prod is meant", 0, true},
		"in a dry run":   {settings{"RENEW_TAGS": "env=production", "RENEW_DRY_RUN": "true"}, "perhaps env=prod is meant", 0, true},
		"all excluded":   {settings{"RENEW_NAMES": "web-*", "RENEW_EXCLUDE_TAGS": "env=prod"}, "select 101 and exclude all of them", 0, true},
		"too few":        {settings{"RENEW_EXPECT_COUNT": "121"}, "only 120 subscriptions were listed, and RENEW_EXPECT_COUNT expects at least 121", 9, true},

		"excluded by name": {settings{"RENEW_EXCLUDE_NAMES": "tmp_*"}, "RENEW_EXCLUDE_NAMES: tmp_* fits none of the 120 that were listed; perhaps tmp-102 is meant", 9, false},
		"excluded by tag":  {settings{"RENEW_EXCLUDE_TAGS": "Env=test"}, "RENEW_EXCLUDE_TAGS: Env=test fits none of the 120 that were listed; perhaps env=test is meant", 9, false},
		"a rule":           {settings{"RENEW_RULES": `[{name: leave, when: 'name matches "^tmp_"', action: skip}]`}, `rule "leave" holds for none of the 120 that were listed; it asks for tmp_*, and there is tmp-102`, 9, false},
		"an account":       {settings{"RENEW_RULES": `[{name: other, when: 'account == "123456789012345"', action: skip}]`}, `rule "other" asks for the account 123456789012345, where nothing is looked at; RENEW_ACCOUNTS stands for 1234567890123456`, 9, false},
		"a region":         {settings{"RENEW_RULES": `[{name: far, when: 'region == "cn-hangzuo"', action: skip}]`}, `asks for the region cn-hangzuo, where nothing is looked at`, 9, false},
		"a rule too late":  {settings{"RENEW_RULES": "[{name: all, when: 'true'}, {name: never, when: 'name startsWith \"tmp-\"', action: skip}]"}, `rule "never" holds for 19 and decides none`, 9, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.s, func(t *testing.T, w *bubble) {
				hook, heart := w.listening(8001, `{"errcode":0}`), w.listening(8002, "OK")
				w.env["RENEW_NOTIFY"], w.env["RENEW_HEARTBEAT"] = "wecom+"+hook.URL+"/send?key="+hookToken, heart.URL+"/ping"
				w.fleetOf120()
				r := w.run("")
				if !slices.ContainsFunc(r.Warnings, func(warning string) bool { return strings.Contains(warning, tt.words) }) {
					t.Errorf("warnings %q lack %q", r.Warnings, tt.words)
				}
				if n := len(w.cloud.Ledger()); n != tt.paid {
					t.Errorf("%d were paid for, want %d", n, tt.paid)
				}
				if want := tt.told; (r.Status == renewal.Partial) != want || (len(heart.got()) == 0) != want {
					t.Errorf("status %s, heartbeats %q", r.Status, heart.got())
				}
				if len(hook.got()) != 1 || !strings.Contains(hook.got()[0], strings.Fields(tt.words)[0]) {
					t.Errorf("told: %q", hook.got())
				}
			})
		})
	}
}

// What is as it was meant is not doubted.
func TestASettingThatFitsIsNotDoubted(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_EXCLUDE_TAGS": "env = test", "RENEW_NAMES": "web-*,tmp-*", "RENEW_EXPECT_COUNT": "120",
		"RENEW_RULES": `[{name: first, when: 'name == "web-1"'}, {name: prod, when: 'tags["env"] == "prod"'}]`}, func(t *testing.T, w *bubble) {
		heart := w.listening(8002, "OK")
		w.env["RENEW_HEARTBEAT"] = heart.URL + "/ping"
		w.fleetOf120()
		w.cloud.AddInstance(cloud.Instance{ID: "i-other", Name: "db-1", Expires: time.Now().Add(20 * time.Hour)})
		r := w.run("")
		if r.Status != renewal.OK || len(r.Warnings) > 0 || len(heart.got()) != 1 || len(w.cloud.Ledger()) != 7 {
			t.Errorf("%s %q, %d heartbeats, %d paid for", r.Status, r.Warnings, len(heart.got()), len(w.cloud.Ledger()))
		}
		want := &renewal.Coverage{
			Listed: 121, Selected: 120, Excluded: 19, NotSelected: 1, LapsingUnselected: 1,
			Entries: []renewal.CoveredEntry{{Setting: "RENEW_NAMES", Entry: "web-*", Matched: 101}, {Setting: "RENEW_NAMES", Entry: "tmp-*", Matched: 19}, {Setting: "RENEW_EXCLUDE_TAGS", Entry: "env=test", Matched: 19}},
			Rules:   []renewal.CoveredRule{{Name: "first", Holds: 1, Decides: 1}, {Name: "prod", Holds: 101, Decides: 100}},
		}
		if diff := cmp.Diff(want, r.Coverage); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// In a run that an event has narrowed, the settings as a whole are not judged.
func TestANarrowedRunIsNotJudgedAsAWhole(t *testing.T) {
	t.Parallel()
	for event, judged := range map[string]bool{
		``: true, `{}`: true, `{"dryRun":true}`: true, `{"instanceIds":["i-bp120x"]}`: false, `{"regions":["cn-hangzhou"]}`: false, `{"window":"6d"}`: false,
	} {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_NAMES": "tmp-*,nobody-*", "RENEW_EXPECT_COUNT": "500"}, func(t *testing.T, w *bubble) {
				w.fleetOf120()
				r := w.run(event)
				if (r.Coverage != nil) != judged || (r.Status == renewal.Partial) != judged || (len(r.Warnings) > 0) != judged {
					t.Errorf("%s %q %+v", r.Status, r.Warnings, r.Coverage)
				}
			})
		})
	}
}

// A list that is truly empty is ok; with an expectation it is not.
func TestAnEmptyListIsNoSignOfASlip(t *testing.T) {
	t.Parallel()
	for expected, status := range map[string]renewal.Status{"0": renewal.OK, "1": renewal.Partial} {
		t.Run(expected, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_TAGS": "env=prod", "RENEW_EXCLUDE_NAMES": "tmp_*", "RENEW_EXPECT_COUNT": expected}, func(t *testing.T, w *bubble) {
				if r := w.run(""); r.Status != status || (len(r.Warnings) > 0) != (expected == "1") || r.Coverage == nil || r.Coverage.Listed != 0 {
					t.Errorf("%s %q %+v", r.Status, r.Warnings, r.Coverage)
				}
			})
		})
	}
}

// What is excluded and renews by itself is told, in one line with its number:
// its owner may think that it ends.
func TestExcludedButRenewedByTheProviderIsTold(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_EXCLUDE_TAGS": "keep=no"}, func(t *testing.T, w *bubble) {
		gone := map[string]string{"keep": "no"}
		w.add(due("i-kept"),
			cloud.Instance{ID: "i-year", Tags: gone, Expires: time.Now().Add(20 * time.Hour), RenewalStatus: "AutoRenewal", AutoDuration: 12},
			cloud.Instance{ID: "i-more", Tags: gone, Expires: time.Now().Add(3 * renewal.Day), RenewalStatus: "AutoRenewal", AutoDuration: 1},
			cloud.Instance{ID: "i-far", Tags: gone, Expires: time.Now().Add(30 * renewal.Day), RenewalStatus: "AutoRenewal", AutoDuration: 1},
			cloud.Instance{ID: "i-ends", Tags: gone, Expires: time.Now().Add(20 * time.Hour)})
		r := w.run("")
		if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "excluded, yet their auto-renewal is on") || !strings.Contains(r.Warnings[0], "2 (i-year, i-more)") {
			t.Errorf("%q", r.Warnings)
		}
	})
}

// Every list is counted once, also one that breaks off and is begun again.
func TestCoverageOfAListThatIsBegunAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_NAMES": "web-*"}, func(t *testing.T, w *bubble) {
		w.fleetOf120()
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Call: 2, Count: 1, Kind: cloud.RefuseBefore, Status: 400, Code: "InvalidParameter"})
		r := w.run("")
		if r.Coverage == nil || r.Coverage.Listed != 120 || r.Counts.Listed != 120 || r.Coverage.Selected != 101 || r.Coverage.Entries[0].Matched != 101 {
			t.Errorf("%+v %+v", r.Coverage, r.Counts)
		}
	})
}

// Settings as people write them, on what they bought by it before.
func TestListsAreReadAsTheyAreMeantByTheLedger(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, settings{"RENEW_EXCLUDE_TAGS": "env = test , ,env=test"}, func(t *testing.T, w *bubble) {
		w.add(due("i-kept"), cloud.Instance{ID: "i-test", Tags: map[string]string{"env": "test"}, Expires: time.Now().Add(renewal.Day)})
		w.run("")
		w.charged("i-kept", 1)
		w.charged("i-test", 0)
	})
	for name, value := range map[string]string{"RENEW_EXCLUDE_TAGS": `"env=test"`, "RENEW_EXCLUDE_NAMES": "tmp-*；test-*", "RENEW_TAGS": "env=prod;team=a", "RENEW_IDS": "i-1，i-2"} {
		inBubble(t, cloud.Options{}, settings{name: value}, func(t *testing.T, w *bubble) {
			w.add(due("i-kept"))
			if said := w.refused("", "bad-config"); !strings.Contains(said, name) {
				t.Error(said)
			}
		})
	}
}

// Rules as people write them, by what was bought.
func TestRulesAreReadAsTheyAreMeantByTheLedger(t *testing.T) {
	t.Parallel()
	for when, left := range map[string][]string{ // what is skipped
		`tags["owner"] == nil`:                         {"i-a", "i-b", "i-d"},
		`(tags["owner"] ?? "nobody") == "nobody"`:      {"i-a", "i-b", "i-d"},
		`lower(tags["owner"]) == ""`:                   {"i-a", "i-b", "i-d"},
		`expires >= date("2026-12-03")`:                {"i-d"},
		`expires < date("2026-12-02 00:00")`:           {"i-a"},
		`daysLeft in 1..2`:                             {"i-a", "i-b"},
		`expires.Format("2006-01-02") == "2026-12-02"`: {"i-b", "i-c"},
		`expires - now < duration("1d")`:               {},
	} {
		inBubble(t, cloud.Options{}, settings{"RENEW_RULES": "- when: |\n    " + when + "\n  action: skip\n"}, func(t *testing.T, w *bubble) {
			at := func(text string) time.Time {
				when, err := time.ParseInLocation("2006-01-02 15:04", text, renewal.Beijing)
				if err != nil {
					t.Fatal(err)
				}
				return when
			}
			// The run is at 06:23 of 30 November in the zone of the rules.
			w.add(cloud.Instance{ID: "i-a", Expires: at("2026-12-01 23:59")}, cloud.Instance{ID: "i-b", Expires: at("2026-12-02 00:00")},
				cloud.Instance{ID: "i-c", Expires: at("2026-12-02 23:59"), Tags: map[string]string{"owner": "ann"}}, cloud.Instance{ID: "i-d", Expires: at("2026-12-03 00:00")})
			w.run("")
			for _, id := range []string{"i-a", "i-b", "i-c", "i-d"} {
				want := 1
				if slices.Contains(left, id) {
					want = 0
				}
				if got := w.cloud.Charges(id); got != want {
					t.Errorf("%s: %s was charged %d times, want %d", when, id, got, want)
				}
			}
		})
	}
}

// One letter is wrong in RENEW_REGIONS, and no server's list is there to refuse it: the
// billing's has everything else, in regions that nobody looks at.
func TestRegionWithALetterWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		products, regions, want string // "" = nothing is said
		charged                 int
		status                  renewal.Status
	}{
		"right":                     {"rds", "cn-hangzhou", "", 1, renewal.OK},
		"wrong":                     {"rds", "cn-hangzhuo", "perhaps cn-hangzhou is meant, where there are 1", 0, renewal.OK},
		"wrong beside a right one":  {"rds", "cn-hangzhou,cn-bejing", "perhaps cn-beijing is meant, where there are 1", 1, renewal.OK},
		"nothing is there":          {"rds", "cn-shanghai", "in cn-shanghai; there are 1 in", 0, renewal.OK},
		"all of them":               {"rds", "all", "", 1, renewal.OK},
		"of a product without more": {"waf", "cn-hangzhou", "", 0, renewal.OK},
		"with servers":              {"ecs,rds", "cn-hangzhou,cn-bejing", "", 1, renewal.Partial}, // their list is refused
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, settings{"RENEW_PRODUCTS": tt.products, "RENEW_REGIONS": tt.regions}, func(t *testing.T, w *bubble) {
				beijing := product("rds", "rm-2")
				beijing.Region = "cn-beijing"
				w.add(product("rds", "rm-1"), beijing)
				if tt.want != "" && w.checked().OK {
					t.Error("a check finds nothing wrong")
				}
				r := w.run("")
				w.charged("rm-1", tt.charged)
				if r.Status != tt.status {
					t.Errorf("%s %+v", r.Status, r.Scopes)
				}
				if got := warned(r, "RENEW_REGIONS: nothing that was listed"); len(got) > 1 || (tt.want == "") != (len(got) == 0) || len(got) == 1 && !strings.Contains(got[0], tt.want) {
					t.Errorf("%q", r.Warnings)
				}
			})
		})
	}
}

// One account that cannot be entered does not hide it.
func TestRegionWithALetterWrongBesideAClosedAccount(t *testing.T) {
	t.Parallel()
	inOrganisation(t, 1, settings{"RENEW_PRODUCTS": "rds", "RENEW_REGIONS": "cn-hangzhuo"}, func(t *testing.T, w *bubble) {
		w.add(product("rds", "rm-self"))
		w.cloud.AddAccount(cloud.Account{ID: memberID(0), Member: cloud.Member{Of: account}}) // no role
		if r := w.run(""); r.Status != renewal.Partial || len(warned(r, "perhaps cn-hangzhou is meant")) != 1 {
			t.Errorf("%s %q", r.Status, r.Warnings)
		}
	})
}
