package config

import (
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// asks says whether a rule holds for an instance; the rule must compile.
func asks(t *testing.T, in renewal.Instance, when string, more ...string) bool {
	t.Helper()
	yes, err := rulesOf(t, "- when: |-\n    "+strings.ReplaceAll(when, "\n", "\n    ")+"\n", more...)[0].When(in, now)
	if err != nil {
		t.Errorf("%s: %v", when, err)
	}
	return yes
}

// A comparison means what a reader takes it for. The instance ends in 2.9 days,
// at 2026-11-26 06:36 in the zone of the rules, and has the tags team=payments,
// env=prod and empty=.
func TestComparisonsMeanWhatTheySay(t *testing.T) {
	in := ending(69*time.Hour + 36*time.Minute)
	in.Tags["empty"] = ""
	for when, want := range map[string]bool{
		// A tag that is not there.
		`tags["owner"] == nil`: true, `tags["team"] == nil`: false, `tags["empty"] == nil`: false,
		`tags["owner"] != nil`: false, `tags["team"] != nil`: true, `nil == tags["owner"]`: true, `nil != tags["owner"]`: false,
		`tags.owner == nil`: true, `tags?.owner == nil`: true, `tags?.["team"] != nil`: true, `get(tags, "owner") == nil`: true, `get(tags, "team") == nil`: false,
		`not (tags["owner"] == nil)`: false, `tags["owner"] == nil and tags["team"] == "payments"`: true,
		`(tags["owner"] ?? "nobody") == "nobody"`: true, `(tags["team"] ?? "nobody") == "nobody"`: false, `(tags["empty"] ?? "nobody") == ""`: true,
		`(tags["owner"] ?? tags["team"] ?? "nobody") == "payments"`: true, `(tags["owner"] ?? tags["boss"]) == nil`: true, `(tags["owner"] ?? tags["team"]) == nil`: false,
		`let o = tags["owner"]; o == nil`: true, `let o = tags["team"]; o == nil`: false, `let o = tags["owner"] ?? "x"; o == "x"`: true,
		`any(["owner", "boss"], tags[#] == nil)`: true, `all(["team", "env"], tags[#] != nil)`: true,
		// Functions see an empty text there.
		`lower(tags["owner"]) == ""`: true, `len(tags["owner"]) == 0`: true, `trim(get(tags, "owner")) == ""`: true, `tags["owner"] startsWith "a"`: false,
		`tags["owner"] matches "^$"`: true, `split(tags["owner"], ",")[0] == ""`: true, `not (tags["owner"] contains "x")`: true, `tags["owner"] == ""`: true, `tags["owner"] in ["", "none"]`: true,
		// Days left have decimals.
		`daysLeft in 1..7`: true, `daysLeft in 1..2`: false, `daysLeft in 3..7`: false, `daysLeft not in 1..7`: false, `not (daysLeft in 1..2)`: true, `daysLeft in 0.5..2.95`: true,
		`floor(daysLeft) == 2`: true, `ceil(daysLeft) == 3`: true, `round(daysLeft) == 3`: true, `int(daysLeft) in [2, 5]`: true, `floor(daysLeft) in 2..3`: true,
		`let d = floor(daysLeft); d == 2`: true, `daysLeft + 1 in 3..4`: true, `daysLeft >= 2 and daysLeft < 3`: true,
		// Dates and times are those of the zone.
		`expires >= date("2026-11-26")`: true, `expires < date("2026-11-26 06:37")`: true, `expires > date("2026-11-25T22:35:00Z")`: true, `expires < date("2026-11-26T00:00:00+08:00")`: false,
		`expires.Format("2006-01-02 15:04") == "2026-11-26 06:36"`: true, `expires.Hour() == 6`: true, `expires.Day() == 26`: true, `now.Hour() == 9`: true, `now < expires`: true, `now > created`: true,
		`expires - now < duration("3d")`: true, `expires - now > duration("69h")`: true, `expires < now + duration("2w")`: true, `expires < date("26.11.2026", "02.01.2006")`: false,
		`expires.Month() == 11`: true, `expires.Month() in [10, 11]`: true, `expires.Weekday() == 4`: true, `expires.Weekday() in 1..5`: true, `expires.Month() > 10`: true, `expires.Year() == 2026`: true,
		`date("2026-11-26").Day() == 26`: true, `date(tags["team"] == "payments" ? "2026-11-26" : "2026-01-01") < expires`: true,
		// Closed words.
		`mode == "manual"`: true, `mode in ["auto", "lapse"]`: false, `product == "ecs"`: true, `product in ["rds", "waf"]`: false, `mode startsWith "man"`: true,
	} {
		if got := asks(t, in, when); got != want {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
}

// A day begins where the reader's day does: an expiry that the reports show as
// 2026-12-01 00:00 is 16:00 of the day before in UTC.
func TestDatesAreThoseOfTheZone(t *testing.T) {
	in := ending(0)
	in.Expires = time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)
	for zone, want := range map[string]bool{"Asia/Shanghai": true, "UTC": false, "Europe/Berlin": false} {
		if got := asks(t, in, `expires >= date("2026-12-01")`, "RENEW_TZ="+zone); got != want {
			t.Errorf("%s: %v", zone, got)
		}
		if got := asks(t, in, `expires.Format("2006-01-02") == "2026-12-01"`, "RENEW_TZ="+zone); got != want {
			t.Errorf("the day in %s: %v", zone, got)
		}
	}
}

// What can never hold, or not when a reader thinks, is refused with the form
// that works.
func TestComparisonsThatAreRefused(t *testing.T) {
	for when, words := range map[string][]string{
		`daysLeft == 3`:                {"column 10", "daysLeft >= 3 and daysLeft < 4", "daysLeft ▶== 3"},
		`3 != daysLeft`:                {"daysLeft >= 3 and daysLeft < 4"},
		`daysLeft == 2.5`:              {"daysLeft in 3..4"},
		`daysLeft in [1, 2, 3]`:        {"daysLeft >= 3 and daysLeft < 4"},
		`daysLeft * 24 == 72`:          {"daysLeft >= 72"},
		`let d = daysLeft; d == 3`:     {"daysLeft >= 3 and daysLeft < 4"},
		`-daysLeft == 3`:               {"decimals"},
		`any(1..7, # == daysLeft)`:     {"decimals"},
		`daysLeft in 7..1`:             {"smaller one first"},
		`(expires - now).Hours() == 3`: {"decimals"},

		`expires == date("2026-12-01")`:       {`expires >= date("2026-12-01") and expires < date("2026-12-02")`},
		`expires != now`:                      {`expires >= date(`},
		`created in [date("2026-12-01")]`:     {`expires >= date(`},
		`expires.Equal(date("2026-12-01"))`:   {`expires >= date(`},
		`expires - now == duration("3d")`:     {`hardly ever`},
		`expires >= "2026-12-01"`:             {`date("2026-12-01")`},
		`expires > date("2026-13-01")`:        {"column 11", `"2026-13-01" is no date`, "2026-12-31T16:00:00+08:00"},
		`expires > date("1.12.2026")`:         {`is no date`},
		`expires > date("15:04:05")`:          {`is no date`},
		`expires > date("2026-12-01", "x")`:   {`is no date of that form`},
		`expires - now < duration("3 days")`:  {`"3 days" is no duration`, "7d"},
		`expires > now()`:                     {"without brackets"},
		`mode == "Auto"`:                      {`column 9`, `mode is never "Auto"`, "manual, auto, lapse, unknown"},
		`mode in ["manual", "autorenew"]`:     {`"autorenew"`},
		`"AutoRenewal" != mode`:               {`"AutoRenewal"`},
		`product == "ecss"`:                   {`"ecss"`, "cbwp, clb, ecs, eip, mongodb, polardb, rds, redis"},
		`product in ["ecs", "RDS"]`:           {`"RDS"`},
		`product == "redisa"`:                 {"called redis"},
		`product == "slb"`:                    {"called clb"},
		`name == "tmp-*"`:                     {`name startsWith "tmp-"`},
		`region in ["cn-*"]`:                  {`region startsWith "cn-"`},
		`name startsWith "tmp-*"`:             {"to the letter"},
		`name contains "?"`:                   {"to the letter"},
		`name == nil`:                         {"only a tag can be missing"},
		`(name ?? "x") == "x"`:                {"only a tag can be"},
		`tags == nil`:                         {"only a tag can be missing"},
		`tags["x"] in [nil, ""]`:              {"nil can only stand beside a tag"},
		`let x = nil; tags["a"] == x`:         {"nil can only"},
		`tags == {"a": "b"}`:                  {"len(tags) == 0"},
		`securityGroups == ["sg-1"]`:          {`"sg-1" in securityGroups`},
		`account in [1234567890123456, "x"]`:  {"in quotes"},
		`name in []`:                          {"the list is empty"},
		`tags["days"] > "5"`:                  {"float(…) > 5"},
		`$env["nme"] == "x"`:                  {"no $env"},
		`$env.name == "x"`:                    {"no $env"},
		"name == \"a\"\n  and mode == \"on\"": {"line 2 column 15", `▶"on"`},
	} {
		t.Run(when, func(t *testing.T) {
			_, err := read("RENEW_RULES=- name: mine\n  when: |-\n    " + strings.ReplaceAll(when, "\n", "\n    ") + "\n")
			refused(t, err, append(words, `RENEW_RULES: rule "mine": when: `)...)
			if err != nil {
				inChinese(t, err)
			}
		})
	}
}

// A rule that fails for one instance says why, in every language.
func TestRulesThatCannotBeEvaluated(t *testing.T) {
	in := ending(renewal.Day)
	for when, words := range map[string]string{
		`date(tags["until"]) < now`:              `"" is no date`,
		`int(tags["team"]) > 3`:                  `invalid operation: int(payments)`,
		`split(name, "-")[9] == "x"`:             `out of range`,
		`expires - now < duration(tags["team"])`: `"payments" is no duration`,
	} {
		yes, err := rulesOf(t, quoted(when))[0].When(in, now)
		if err == nil || yes {
			t.Errorf("%s: %v", when, yes)
			continue
		}
		refused(t, err, words)
	}
}
