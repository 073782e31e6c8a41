package config

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Every row of the contract's table: its default, values it takes and values it
// refuses. A row that is added to the settings and not here fails the test.
func TestEverySetting(t *testing.T) {
	amount := func(a renewal.Amount) string { return strings.TrimSpace(a.String() + " " + a.Currency) }
	patterns := func(list []renewal.Pattern) string { return fmt.Sprint(len(list)) }
	const day = renewal.Day
	type values map[string]string // as written → as read
	tested := map[string]bool{}
	for name, row := range map[string]struct {
		shown string // the default, as it is shown
		get   func(c Config) any
		def   string // the default, as it is read
		good  values
		bad   []string
	}{
		"RENEW_ACTION": {"report", func(c Config) any { return c.Policy.Action }, "report",
			values{"report": "report", "renew": "renew", "auto-renew": "auto-renew", "auto-renew-off": "auto-renew-off", "let-lapse": "let-lapse", " renew ": "renew"},
			[]string{"yes", "Renew", "skip", "none", "renew,report", "autorenew", "true"}},
		"RENEW_DRY_RUN": {"false", func(c Config) any { return c.Policy.DryRun }, "false",
			values{"true": "true", "false": "false"}, []string{"yes", "1", "0", "True", "TRUE", "on"}},
		"RENEW_PERIOD": {"1m", func(c Config) any { return c.Policy.Term.Period }, "1m",
			values{"1w": "1w", "4w": "4w", "9m": "9m", "12m": "1y", "1y": "1y", "5y": "5y"},
			[]string{"0m", "10m", "5w", "6y", "1", "month", "1M", "1m,2m", "30d"}},
		"RENEW_AUTO_PERIOD": {"1m", func(c Config) any { return c.Policy.AutoPeriod }, "1m",
			values{"1w": "1w", "6m": "6m", "12m": "1y", "5y": "5y"}, []string{"4m", "5m", "9m", "10m", "0w", "x"}},
		"RENEW_UNTIL_DAY": {"", func(c Config) any { return c.Policy.Term.UntilDay }, "0",
			values{"1": "1", "28": "28"}, []string{"0", "29", "-1", "1.5", "first", "1st", "1,2"}},
		"RENEW_WINDOW": {"7d", func(c Config) any { return c.Policy.Window }, (7 * day).String(),
			values{"1s": "1s", "90s": "1m30s", "10m": "10m0s", "36h": "36h0m0s", "2w": (14 * day).String(), "365d": (365 * day).String()},
			[]string{"soon", "0", "0s", "7", "-7d", "7.5d", "1h30m", "7D", "7 d", "366d", "53w", "999999999w", "9999999999s", "P7D", "∞"}},
		"RENEW_FREEZE": {"", func(c Config) any { return c.Policy.Freeze }, "[]",
			values{"11-11": "[11-11]", "11-10..11-12": "[11-10..11-12]", "12-30..01-02": "[12-30..01-02]", "2026-12-31": "[2026-12-31]", "2026-12-30..2027-01-02": "[2026-12-30..2027-01-02]",
				"11-11, 2026-12-31,,11-11": "[11-11 2026-12-31]", "02-29": "[02-29]", "2028-02-29": "[2028-02-29]", "11-10 .. 11-12": "[11-10..11-12]", "01-01..12-30": "[01-01..12-30]"},
			[]string{"02-30", "2026-02-29", "13-01", "00-10", "11-00", "1-1", "11/11", "11-10-11-12", "11-10..", "..11-12", "11-10...11-12", "2026-11-12..2026-11-10", "2026-12-30..01-02", "11-10..2026-11-12",
				"01-01..12-31", "03-01..02-28", "01-01..06-30,07-01..12-31", "2026-01-01..2026-12-31", "26-01-01", "0000-01-01", "today", "+1-01", "November", "11-11;11-12"}},
		"RENEW_UPCOMING": {"0", func(c Config) any { return c.Policy.Upcoming }, "0s", values{"0": "0s", "3d": (3 * day).String()}, []string{"-1d", "366d", "soon", "3"}},
		"RENEW_RESCUE": {"0", func(c Config) any { return c.Policy.Rescue }, "0s",
			values{"0": "0s", "0d": "0s", "15d": (15 * day).String()}, []string{"-1d", "366d", "x", "false"}},
		"RENEW_BACKSTOP": {"0", func(c Config) any { return c.Policy.Backstop }, "0s",
			values{"0": "0s", "36h": "36h0m0s"}, []string{"-1d", "366d", "x"}},
		"RENEW_TOO_LATE": {"report", func(c Config) any { return c.Policy.TooLate }, "report",
			values{"report": "report", "renew": "renew"}, []string{"auto-renew", "yes", "Renew"}},
		"RENEW_REGIONS": {"", func(c Config) any { return fmt.Sprint(c.Regions, c.AllRegions) }, "[] false",
			values{"all": "[] true", "all, all,": "[] true", "cn-hangzhou": "[cn-hangzhou] false", "cn-hangzhou,": "[cn-hangzhou] false", "cn-hangzhou,cn-hangzhou": "[cn-hangzhou] false", "cn-hangzhou , us-west-1": "[cn-hangzhou us-west-1] false", "cn-hangzhou-finance": "[cn-hangzhou-finance] false"},
			[]string{"all,cn-hangzhou", ",", "CN-HANGZHOU", "hangzhou", "cn hangzhou", "cn-hangzhou;cn-beijing", "*", "https://x", "cn-hangzhou/.."}},
		"RENEW_PRODUCTS": {"ecs", func(c Config) any { return fmt.Sprint(c.Policy.Products.List()) }, "[ecs]",
			values{"ecs": "[ecs]", "all": "[all]", "all,all": "[all]", "ecs, rds,": "[ecs rds]", "rds": "[rds]", "redis,mongodb,polardb,eip,cbwp,clb": "[redis mongodb polardb eip cbwp clb]", "waf,ecs": "[waf ecs]", "cas": "[cas]"},
			[]string{"rdss", "bss", "RDS", "redisa", "dds", "slb", "all,ecs", "ecs,all", "ecs;rds", "*", "none", "ecs rds", ","}},
		"RENEW_PRICES": {"", func(c Config) any { return len(c.money.prices) }, "0",
			values{"eip=30": "1", "eip=30, clb=120 CNY,": "2", "eip = 30.50 USD": "1", "polardb=1,cbwp=2": "2"},
			[]string{"eip", "eip=", "=30", "eip=x", "eip=-1", "eip=0", "eip=1,eip=2", "rds=30", "ecs=1", "slb=3", "waf=100", "eips=30", "eip:30", "eip=30;clb=2", "eip＝30"}},
		"RENEW_ACCOUNTS": {"self", func(c Config) any { return c.Accounts }, "[self]",
			values{"self": "[self]", "self,self,": "[self]", "acs:ram::1234567890123456:role/renewer": "[acs:ram::1234567890123456:role/renewer]", "self, acs:ram::1234567890123456:role/r": "[self acs:ram::1234567890123456:role/r]",
				"organization/renewer": "[organization/renewer]", "self,organization/renewer, organization/renewer": "[self organization/renewer]"},
			[]string{"Self", "1234567890123456", "acs:ram::1234567890123456:user/x", "acs:ram::x:role/r", "arn:aws:iam::1:role/x", "acs:ram::1234567890123456:role/",
				"organization", "organization/", "organisation/renewer", "organization/a b", "organization/*", "organization/acs:ram::1234567890123456:role/r", "organization/a,organization/b"}},
		"RENEW_EXCLUDE_ACCOUNTS": {"", func(c Config) any { return c.ExcludeAccounts }, "[]",
			values{"1234567890123456": "[1234567890123456]", "1234567890123456, ,2234567890123456": "[1234567890123456 2234567890123456]"}, []string{"self", "web-*", "acs:ram::1234567890123456:role/r"}},
		"RENEW_EXPECT_COUNT": {"0", func(c Config) any { return c.Policy.ExpectCount }, "0", values{"0": "0", "300": "300"}, []string{"-1", "many", "1.5", "20000000"}},
		"RENEW_EXTERNAL_ID": {"", func(c Config) any { return c.ExternalID }, "",
			values{"Ab+=,.@:/_-9": "Ab+=,.@:/_-9", strings.Repeat("x", 1224): strings.Repeat("x", 1224)}, []string{"x", "a b", "a;b", "ä€", strings.Repeat("x", 1225)}},
		"RENEW_EXPECT_ACCOUNTS": {"", func(c Config) any { return c.ExpectAccounts }, "[]",
			values{"1234567890123456": "[1234567890123456]", "1234567890123456, 2234567890123456": "[1234567890123456 2234567890123456]", "123456,,123456": "[123456]"}, []string{"self", "12a", "-1", "123456789012345678901"}},
		"RENEW_IDS": {"", func(c Config) any { return c.Policy.Include.IDs }, "[]",
			values{"i-bp1": "[i-bp1]", "i-bp1, i-bp2": "[i-bp1 i-bp2]", "i-bp1,": "[i-bp1]", "i-bp1,i-bp1": "[i-bp1]"}, []string{"i bp1", "*", "i-bp*", "i-bp1;i-bp2"}},
		"RENEW_EXCLUDE_IDS": {"", func(c Config) any { return c.Policy.Exclude.IDs }, "[]",
			values{"i-bp1": "[i-bp1]", "i-bp1,,i-bp2": "[i-bp1 i-bp2]"}, []string{"i bp1", "?"}},
		"RENEW_NAMES": {"", func(c Config) any { return patterns(c.Policy.Include.Names) }, "0",
			values{"web-*": "1", "web-*, 数据?": "2", "(": "1", "[a": "1", "web-*,": "1", ",a, a": "1"}, []string{"a;b", "web-＊", "web-？", ", ,"}},
		"RENEW_EXCLUDE_NAMES": {"", func(c Config) any { return patterns(c.Policy.Exclude.Names) }, "0",
			values{"tmp-*": "1", "a,,b": "2"}, []string{"a;b", "tmp-＊"}},
		"RENEW_TAGS": {"", func(c Config) any { return fmt.Sprint(c.Policy.Include.Tags) }, "[]",
			values{"team=pay": "[team=pay]", "team": "[team]", "team=": "[team=]", "a=b=c, d": "[a=b=c d]", "team = pay": "[team=pay]", "team= pay,team =pay,": "[team=pay]", "team=pay,team": "[team=pay team]", "a:b": "[a:b]"}, []string{"=pay", " = pay", "a,=b", "a=b;c=d", "a＝b", "a=b，c=d", "a=b,a=c"}},
		"RENEW_EXCLUDE_TAGS": {"", func(c Config) any { return fmt.Sprint(c.Policy.Exclude.Tags) }, "[]",
			values{"keep=no": "[keep=no]", "keep = no,, a=b,a=c": "[keep=no a=b a=c]"}, []string{"=", "a=b;c"}},
		"RENEW_RESOURCE_GROUP": {"", func(c Config) any { return c.Policy.Include.ResourceGroup }, "", values{"rg-acfm1": "rg-acfm1"}, []string{"rg 1", "rg-1,rg-2", "*", "-"}},
		"RENEW_SECURITY_GROUP": {"", func(c Config) any { return c.Policy.Include.SecurityGroup }, "", values{"sg-1": "sg-1"}, []string{"sg 1", "sg-1,sg-2"}},
		"RENEW_VPC":            {"", func(c Config) any { return c.Policy.Include.VPC }, "", values{"vpc-1": "vpc-1"}, []string{"vpc 1", "vpc-1,vpc-2"}},
		"RENEW_TAG_PREFIX":     {"renew:", func(c Config) any { return c.Policy.TagPrefix }, "renew:", values{"ops/renew.": "ops/renew."}, nil},
		"RENEW_TAG_TRUST":      {"lower", func(c Config) any { return c.Policy.TagTrust }, "lower", values{"off": "off", "lower": "lower", "full": "full"}, []string{"none", "Full", "true", "all"}},
		"RENEW_RULES": {"", func(c Config) any { return len(c.Policy.Rules) }, "0",
			values{`[{"when":"true","action":"skip"}]`: "1", "- when: expired\n  action: skip\n- when: not expired\n": "2"}, []string{"[]", "null", "skip", "{}", "- when:", "[{", "%"}},
		"RENEW_RULES_FILE": {"", func(c Config) any { return len(c.Policy.Rules) }, "0",
			values{"rules.yaml": "1"}, []string{"missing.yaml", "unreadable.yaml", "empty.yaml", "comment.yaml", "broken.yaml"}},
		"RENEW_MAX_COUNT": {"20", func(c Config) any { return fmt.Sprint(c.Policy.Caps.MaxCount, c.Policy.Caps.NoMaxCount) }, "20 false",
			values{"0": "0 false", "1": "1 false", "100000": "100000 false", "unlimited": "0 true"}, []string{"-1", "+1", "1.5", "all", "none", "Unlimited", "1e3", "99999999999", "1,000"}},
		"RENEW_MAX_SPEND": {"", func(c Config) any { return amount(c.Policy.Caps.MaxSpend) }, "",
			values{"5000": "5000.00 CNY", "5000 USD": "5000.00 USD", "0": "0.00 CNY", "99.99": "99.99 CNY"}, []string{"5,000", "-5", "5k", "CNY", "unlimited", "1e3", "5000 cny", "¥5000"}},
		"RENEW_MAX_PRICE":   {"", func(c Config) any { return amount(c.Policy.Caps.MaxPrice) }, "", values{"800.50": "800.50 CNY"}, []string{"-1", "x", "NaN"}},
		"RENEW_MIN_BALANCE": {"", func(c Config) any { return amount(c.Policy.Caps.MinBalance) }, "", values{"0": "0.00 CNY", "100 CNY": "100.00 CNY"}, []string{"-1", "x", "0x10"}},
		"RENEW_APPROVAL": {"none", func(c Config) any { return fmt.Sprint(c.Policy.Approval.All, amount(c.Policy.Approval.Above)) }, "false",
			values{"all": "true", "1000": "false1000.00 CNY", "10 USD": "false10.00 USD"}, []string{"some", "-1", "All", "1,000"}},
		"RENEW_APPROVAL_UNTIL": {"0", func(c Config) any { return c.Policy.Approval.Until }, "0s", nil, []string{"-1d", "x", "366d"}},
		"RENEW_NEXT_RUN":       {"24h", func(c Config) any { return c.Policy.NextRun }, "24h0m0s", values{"1h": "1h0m0s", "2w": (14 * day).String()}, []string{"0", "x", "366d"}},
		"RENEW_RESERVE":        {"15s", func(c Config) any { return c.Reserve }, "15s", values{"0": "0s", "1h": "1h0m0s"}, []string{"-1s", "61m", "15", "x"}},
		"RENEW_VERIFY":         {"90s", func(c Config) any { return c.Verify }, "1m30s", values{"0": "0s", "10m": "10m0s"}, []string{"-1s", "2h", "90"}},
		"RENEW_CONCURRENCY":    {"8", func(c Config) any { return c.Concurrency }, "8", values{"1": "1", "64": "64"}, []string{"0", "65", "-1", "many", "1.5"}},
		"RENEW_NOTIFY":         {"", func(c Config) any { return len(c.Policy.Channels) }, "0", values{"https://example.com/a,slack+https://x/b": "2"}, nil},
		"RENEW_NOTIFY_ON":      {"changes", func(c Config) any { return c.NotifyOn }, "changes", values{"always": "always", "problems": "problems"}, []string{"never", "Always"}},
		"RENEW_HEARTBEAT":      {"", func(c Config) any { return c.given["RENEW_HEARTBEAT"] }, "false", values{"https://hc.example/x": "true"}, nil},
		"RENEW_LANG":           {"en", func(c Config) any { return c.Policy.Lang }, "en", values{"zh": "zh"}, []string{"de", "EN", "zh-CN"}},
		"RENEW_TZ":             {"Asia/Shanghai", func(c Config) any { return c.Policy.Zone }, "Asia/Shanghai", values{"UTC": "UTC", "Europe/Berlin": "Europe/Berlin"}, []string{"Local", "Beijing", "+8", "../etc/passwd", "/etc/localtime"}},
		"RENEW_LOG":            {"info", func(c Config) any { return c.LogLevel }, slog.LevelInfo.String(), values{"debug": "DEBUG", "warn": "WARN", "error": "ERROR"}, []string{"trace", "INFO", "0", "warning"}},
		"RENEW_SITE":           {"china", func(c Config) any { return c.Policy.Site }, "china", values{"intl": "intl"}, []string{"cn", "China", "international"}},
		"RENEW_NETWORK":        {"public", func(c Config) any { return c.Network }, "public", values{"vpc": "vpc"}, []string{"internet", "VPC"}},
		"RENEW_ENDPOINT": {"", func(c Config) any {
			if c.Endpoint == nil {
				return ""
			}
			return c.Endpoint.String()
		}, "",
			values{"https://proxy.example.com": "https://proxy.example.com", "https://p.example.com:8443/base": "https://p.example.com:8443/base", "http://127.0.0.1:8080": "http://127.0.0.1:8080", "http://[::1]:8080": "http://[::1]:8080", "http://localhost:1": "http://localhost:1", "http://LocalHost:9": "http://LocalHost:9", "http://[::ffff:127.0.0.1]:1": "http://[::ffff:127.0.0.1]:1", "http://127.9.9.9": "http://127.9.9.9"},
			[]string{"http://proxy.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://localhost.example.com", "http://[::ffff:10.0.0.1]", "http://0.0.0.0", "http://2130706433", "ftp://x", "proxy.example.com", "//proxy.example.com", "https://", "https:///x", "https://:443", "https:x", "https://x?y=1", "https://x#y", "https://user@x", "https://user:pw@x", "https://%zz", "unix:///x"}},
	} {
		tested[name] = true
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(Settings(), func(s Setting) bool { return s.Name == name })
			if i < 0 {
				t.Fatal("there is no such setting")
			}
			if s := Settings()[i]; s.Default != row.shown || s.Meaning == "" {
				t.Errorf("the default is %q, want %q; the meaning is %q", s.Default, row.shown, s.Meaning)
			}
			reader := files(map[string]string{"rules.yaml": "- when: expired\n", "empty.yaml": "", "comment.yaml": "# nothing yet\n", "broken.yaml": "- when: [\n"})
			if got := fmt.Sprint(row.get(mustRead(t))); got != row.def {
				t.Errorf("without it: %q, want %q", got, row.def)
			}
			for value, want := range row.good {
				c, err := Read(environment(reader, name+"="+value))
				if err != nil {
					t.Errorf("%q: %v", value, err)
				}
				if got := fmt.Sprint(row.get(c)); got != want {
					t.Errorf("%q is read as %q, want %q", value, got, want)
				}
			}
			for _, value := range row.bad {
				_, err := Read(environment(reader, name+"="+value))
				if err == nil || !strings.HasPrefix(err.Error(), name+": ") || strings.Contains(err.Error(), "\n") {
					t.Errorf("%q: %v", value, err)
				}
				inChinese(t, err)
			}
			for _, empty := range []string{"", " ", "\t\n"} {
				_, err := read(name + "=" + empty)
				refused(t, err, name+": is set, but empty")
			}
		})
	}
	for _, s := range Settings() {
		if !tested[s.Name] {
			t.Errorf("%s is not tested", s.Name)
		}
	}
}

func TestReadTellsAllProblemsAtOnce(t *testing.T) {
	_, err := read("RENEW_WINDOW=soon", "RENEW_ACTION=yes", "RENEW_MAXCOUNT=5", "RENEW_REGIONS=", "RENEW_ENDPOINT=http://example.com",
		"RENEW_UNTIL_DAY=5", "RENEW_PERIOD=1m", "RENEW_RULES=- {when: nme}", "DEBUG=sdk", "renew_lang=zh")
	refused(t, err, "RENEW_WINDOW: ", "RENEW_ACTION: ", "RENEW_MAXCOUNT: ", "RENEW_REGIONS: ", "RENEW_ENDPOINT: ", "RENEW_UNTIL_DAY and RENEW_PERIOD",
		"RENEW_RULES: ", "DEBUG: ", "renew_lang: ")
	if lines := strings.Count(err.Error(), "\n") + 1; lines != 9 {
		t.Errorf("%d lines for 9 problems:\n%v", lines, err)
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 9 {
		t.Errorf("they cannot be told apart: %#v", err)
	}
}

// Bad input that people bring, and words that say how to mend it.
func TestReadSaysHowToMend(t *testing.T) {
	for variable, words := range map[string][]string{
		"RENEW_WINDOW=soon":                 {`"soon" is no duration`, "7d"},
		"RENEW_ACTION=yes":                  {`"yes" is not accepted`, "report, renew, auto-renew, auto-renew-off, let-lapse"},
		"RENEW_DRY_RUN=1":                   {`"1" is not accepted`, "true or false"},
		"RENEW_PERIOD=10m":                  {`"10m" is no period`, "1m to 9m"},
		"RENEW_AUTO_PERIOD=4m":              {"4m is not offered for auto-renewal", "1m, 2m, 3m, 6m"},
		"RENEW_REGIONS=all,cn-beijing":      {`"all"`, "all by itself"},
		"RENEW_ENDPOINT=http://example.com": {"only for this machine", "https:", "127.0.0.1"},
		"RENEW_MAX_COUNT=none":              {`"none"`, "0 for none", "unlimited"},
		"RENEW_MAX_SPEND=5,000":             {"5000 CNY"},
		"RENEW_TZ=Beijing":                  {"Asia/Shanghai"},
		"RENEW_CONCURRENCY=100":             {"from 1 to 64"},
		"RENEW_UNTIL_DAY=31":                {"from 1 to 28"},
		"RENEW_IDS=i-1;i-2":                 {"semicolon", "commas"},
		"RENEW_IDS=,":                       {"holds no entry"},
		"RENEW_EXCLUDE_TAGS=\"env=test\"":   {"quotes", "without them: env=test"},
		"RENEW_TAGS=env＝prod":               {"full-width ＝", "write ="},
		"RENEW_TAGS=env=a,env=b":            {"env=a", "env=b", "write a rule"},
		"RENEW_VERIFY=2h":                   {"the least is 0s, the most 1h"},
		"RENEW_ACCOUNTS=123":                {"acs:ram::", "organization/"},
		"RENEW_ACCOUNTS=organization/acs:ram::1234567890123456:role/renewer": {"ARN", "write its name alone: organization/renewer"},
		"RENEW_ACCOUNTS=organization/renewer,organization/other":             {"twice", "organization/renewer", "organization/other"},
		"RENEW_ACCOUNTS=organization/":                                       {"names no role"},
		"RENEW_RULES_FILE=rules.yaml":                                        {"no files"},
	} {
		_, err := read(variable)
		refused(t, err, words...)
	}
	_, err := Read(Environment{Variables: []string{"RENEW_RULES_FILE=gone.yaml"}, ReadFile: files(nil)})
	refused(t, err, "RENEW_RULES_FILE: ", `"gone.yaml"`, "beside the code")
}

func TestReadRefusesUnknownNames(t *testing.T) {
	for name, nearest := range map[string]string{
		"RENEW_MAXCOUNT": "RENEW_MAX_COUNT", "RENEW_MAX_COUNTS": "RENEW_MAX_COUNT", "RENEW_DRYRUN": "RENEW_DRY_RUN",
		"RENEW_EXCLUDE_TAG": "RENEW_EXCLUDE_TAGS", "RENEW_REGION": "RENEW_REGIONS", "renew_action": "RENEW_ACTION",
		"Renew_Window": "RENEW_WINDOW", "RENEW_ACTION ": "RENEW_ACTION", "RENEW_RULE_FILE": "RENEW_RULES_FILE", "RENEW_": "RENEW_",
		"RENEW_MAX_PRIZE": "RENEW_MAX_PRICE", "RENEW_TIMEZONE": "RENEW_",
	} {
		for _, value := range []string{"", "x", "5"} {
			_, err := read(name + "=" + value)
			refused(t, err, name+": there is no such setting; the nearest is "+nearest)
		}
	}
	mustRead(t, "PATH=/bin", "RENEWAL=x", "XRENEW_ACTION=yes", "FC_RUNTIME_API=127.0.0.1:9001", "=C:=C:\\", "NOVALUE", "")
}

// As for a process: of two variables of one name the first counts.
func TestReadTakesTheFirstOfAName(t *testing.T) {
	if c := mustRead(t, "RENEW_ACTION=report", "RENEW_ACTION=renew"); c.Policy.Action != renewal.ReportOnly {
		t.Error(c.Policy.Action)
	}
}

func TestReadRefusesWhatMakesTheSDKsPrintRequests(t *testing.T) {
	for _, value := range []string{"sdk", "credential", "x,sdk", "credential,sdk"} {
		_, err := read("DEBUG=" + value)
		refused(t, err, "DEBUG: ", "signed requests")
	}
	for _, value := range []string{"", "*", "true", "sdk2", "express:*"} {
		mustRead(t, "DEBUG="+value)
	}
}

// What may hold a secret is in no error, whatever is wrong with it.
func TestReadNeverEchoesSecrets(t *testing.T) {
	const secret = "S3cretThatNobodyMaySee"
	for _, variables := range [][]string{
		{"RENEW_EXTERNAL_ID=" + secret + " " + secret}, {"RENEW_EXTERNAL_ID=" + secret + ";"},
		{"RENEW_ENDPOINT=https://user:" + secret + "@proxy.example.com"}, {"RENEW_ENDPOINT=http://user:" + secret + "@proxy.example.com"},
		{"RENEW_ENDPOINT=https://proxy.example.com/?key=" + secret}, {"RENEW_ENDPOINT=https://proxy.example.com/#" + secret},
		{"RENEW_ENDPOINT=ftp://" + secret + "@x"}, {"RENEW_ENDPOINT=https://user:" + secret + "@proxy.example.com:port"},
		{"RENEW_ENDPOINT=" + secret}, {"RENEW_ENDPOINT=https://x/%zz" + secret}, {"RENEW_ENDPOINT=http://x/" + secret},
		{"RENEW_NOTIFY=https://x/" + secret, "RENEW_WINDOW=soon"}, {"RENEW_HEARTBEAT=https://x/" + secret, "RENEW_WINDOW=soon"},
		{"RENEW_NOTIFYS=https://x/" + secret}, {"RENEW_EXTERNALID=" + secret}, {"renew_notify=" + secret},
		{"DEBUG=sdk," + secret},
	} {
		_, err := read(variables...)
		if err == nil {
			t.Errorf("%q is accepted", variables)
			continue
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, secret) {
				t.Errorf("%s", text)
			}
		}
	}
}

// What is no text is refused, or read; it is no panic.
func TestReadNeverPanicsOnWhatIsNoText(t *testing.T) {
	for _, s := range Settings() {
		for _, value := range []string{"\xff", "a\xffb", "\xff,\xfe", "\x00", "[\xff]", "k=\xff"} {
			t.Run(fmt.Sprintf("%s=%+q", s.Name, value), func(t *testing.T) {
				defer noPanic(t)
				_, _ = Read(Environment{Variables: []string{s.Name + "=" + value}, ReadFile: files(map[string]string{value: value})})
			})
		}
	}
}

// Another package knows the form of addresses: it is asked, for what is set.
func TestReadHasAddressesRead(t *testing.T) {
	var asked []string
	env := Environment{
		Webhooks: func(value string) ([]string, error) {
			asked = append(asked, value)
			if value == "bad" {
				return nil, errors.New("entry 1: is bad")
			}
			return []string{"", "dba"}, nil
		},
		Heartbeat: func(value string) error {
			asked = append(asked, value)
			return nil
		},
	}
	if c, err := Read(env); err != nil || len(asked) > 0 || len(c.Policy.Channels) > 0 {
		t.Errorf("%v, asked %q", err, asked)
	}
	env.Variables = []string{"RENEW_NOTIFY= good ", "RENEW_HEARTBEAT=beat"}
	if c, err := Read(env); err != nil || !slices.Equal(asked, []string{"good", "beat"}) || !slices.Equal(c.Policy.Channels, []string{"", "dba"}) {
		t.Errorf("%v, asked %q, channels %q", err, asked, c.Policy.Channels)
	}
	env.Variables = []string{"RENEW_NOTIFY=bad"}
	_, err := Read(env)
	refused(t, err, "RENEW_NOTIFY: entry 1: is bad")
}

func TestReadSettlesTheCurrencyBySite(t *testing.T) {
	money := []string{"RENEW_MAX_SPEND=5000", "RENEW_MAX_PRICE=800.50", "RENEW_MIN_BALANCE=100 CNY"}
	caps := mustRead(t, append(money, "RENEW_SITE=intl")...).Policy.Caps
	if got := caps.MaxSpend.Currency + caps.MaxPrice.Currency + caps.MinBalance.Currency; got != "USDUSDCNY" {
		t.Error(got)
	}
	caps = mustRead(t, money...).Policy.Caps
	if got := caps.MaxSpend.Currency + caps.MaxPrice.Currency + caps.MinBalance.Currency; got != "CNYCNYCNY" {
		t.Error(got)
	}
	if caps.MaxPrice.Value.String() != "800.5" {
		t.Error(caps.MaxPrice.Value)
	}
}

func TestReadChecksPeriodsBySite(t *testing.T) {
	for _, tt := range []struct {
		variables []string
		problem   string // "" = accepted
	}{
		{[]string{"RENEW_PERIOD=1w", "RENEW_SITE=intl"}, "RENEW_PERIOD: "},
		{[]string{"RENEW_PERIOD=2y", "RENEW_SITE=intl"}, "RENEW_PERIOD: "},
		{[]string{"RENEW_PERIOD=12m", "RENEW_SITE=intl"}, ""},
		{[]string{"RENEW_PERIOD=4m", "RENEW_SITE=intl"}, ""},
		{[]string{"RENEW_PERIOD=1w"}, ""},
		{[]string{"RENEW_AUTO_PERIOD=1w", "RENEW_SITE=intl"}, "RENEW_AUTO_PERIOD: "},
		{[]string{"RENEW_AUTO_PERIOD=5y", "RENEW_SITE=intl"}, ""},
		{[]string{"RENEW_AUTO_PERIOD=4m"}, "RENEW_AUTO_PERIOD: "},
		{[]string{"RENEW_UNTIL_DAY=5", "RENEW_SITE=intl"}, ""},
		{[]string{"RENEW_UNTIL_DAY=5", "RENEW_PERIOD=1m"}, "RENEW_UNTIL_DAY and RENEW_PERIOD are both set"},
	} {
		_, err := read(tt.variables...)
		if tt.problem == "" && err != nil {
			t.Errorf("%q: %v", tt.variables, err)
		} else if tt.problem != "" {
			refused(t, err, tt.problem)
		}
	}
	if c := mustRead(t, "RENEW_UNTIL_DAY=5"); c.Policy.Term != (renewal.Term{UntilDay: 5}) {
		t.Errorf("%+v", c.Policy.Term)
	}
}

// RenewInstance takes an expiry day for unexpired instances only.
func TestNoExpiredInstanceIsRenewedUpToADay(t *testing.T) {
	c, err := read("RENEW_ACTION=renew", "RENEW_UNTIL_DAY=5", "RENEW_RESCUE=5d")
	if err != nil {
		return
	}
	if d := renewal.Decide(now, c.Policy, []renewal.Instance{ending(-renewal.Day)})[0]; d.Wanted() {
		t.Errorf("it is over, and to be renewed (%s) %s", d.Reason, d.Term)
	}
}

// A window, backstop or rescue as long as the period would renew for ever.
func TestReadRefusesEndlessRenewal(t *testing.T) {
	rule := func(text string) string { return "RENEW_RULES=" + text }
	for name, tt := range map[string]struct {
		variables []string
		problem   string // "" = accepted
	}{
		"only reporting":                          {[]string{"RENEW_WINDOW=60d"}, ""},
		"a month, and a window below 28 days":     {[]string{"RENEW_ACTION=renew", "RENEW_WINDOW=2419199s"}, ""},
		"a month, and a window of 28 days":        {[]string{"RENEW_ACTION=renew", "RENEW_WINDOW=28d"}, "RENEW_WINDOW is as long as the period (1m, at least 28 days)"},
		"a week, and a window of a week":          {[]string{"RENEW_ACTION=renew", "RENEW_PERIOD=1w"}, "RENEW_WINDOW is as long"},
		"a week, and a window of six days":        {[]string{"RENEW_ACTION=renew", "RENEW_PERIOD=1w", "RENEW_WINDOW=6d"}, ""},
		"a backstop of 28 days":                   {[]string{"RENEW_ACTION=renew", "RENEW_BACKSTOP=28d"}, "RENEW_BACKSTOP is as long"},
		"a rescue of 28 days":                     {[]string{"RENEW_ACTION=renew", "RENEW_RESCUE=28d"}, "RENEW_RESCUE is as long"},
		"an expiry day, and a window of 28 days":  {[]string{"RENEW_ACTION=renew", "RENEW_UNTIL_DAY=5", "RENEW_WINDOW=28d"}, "RENEW_WINDOW is as long as the period (until-day-5, at least 28 days)"},
		"an expiry day, and a window of 27 days":  {[]string{"RENEW_ACTION=renew", "RENEW_UNTIL_DAY=5", "RENEW_WINDOW=27d"}, ""},
		"auto-renewal has no window of that kind": {[]string{"RENEW_ACTION=auto-renew", "RENEW_WINDOW=60d", "RENEW_TOO_LATE=renew"}, ""},
		"too late, and a rescue of 28 days":       {[]string{"RENEW_ACTION=auto-renew", "RENEW_RESCUE=28d", "RENEW_TOO_LATE=renew"}, "RENEW_RESCUE is as long"},
		"not too late, and a rescue of 28 days":   {[]string{"RENEW_ACTION=auto-renew", "RENEW_RESCUE=28d"}, ""},
		"a rule with a week":                      {[]string{"RENEW_ACTION=renew", rule("- {name: short, when: expired, period: 1w}")}, `RENEW_WINDOW is as long as the period of rule "short"`},
		"a rule with two weeks":                   {[]string{"RENEW_ACTION=renew", rule("- {name: short, when: expired, period: 2w}")}, ""},
		"a rule that renews, under auto-renew":    {[]string{"RENEW_ACTION=auto-renew", "RENEW_WINDOW=60d", rule("- {name: pays, when: expired, action: renew}")}, `RENEW_WINDOW is as long as the period of rule "pays"`},
		"a rule with a week that skips":           {[]string{"RENEW_ACTION=renew", rule("- {when: expired, action: skip, period: 1w}")}, ""},
		"a rule with a week, only reporting":      {[]string{rule("- {when: expired, action: renew, period: 1w}")}, ""},
		"a rule with a week beside an expiry day": {[]string{"RENEW_ACTION=renew", "RENEW_UNTIL_DAY=5", rule("- {name: short, when: expired, period: 1w}")}, `rule "short"`},
		"a rule with a week, let lapse":           {[]string{"RENEW_ACTION=let-lapse", rule("- {name: short, when: expired, action: renew, period: 1w}")}, `rule "short"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(tt.variables...)
			if tt.problem == "" && err != nil {
				t.Error(err)
			} else if tt.problem != "" {
				refused(t, err, tt.problem)
			}
		})
	}
}

// Where what is too late for auto-renewal is renewed, a rescue as long as the
// period repeats: by a rule's period, and by a rule's action, as by the
// settings. It is refused when it is read, or held when it is decided.
func TestNoRuleRescuesForEver(t *testing.T) {
	for name, variables := range map[string][]string{
		"a rule's period":                     {"RENEW_ACTION=auto-renew", "RENEW_TOO_LATE=renew", "RENEW_RESCUE=8d", "RENEW_RULES=- {name: short, when: 'true', period: 1w}"},
		"a rule's period, and its action":     {"RENEW_ACTION=renew", "RENEW_WINDOW=2d", "RENEW_TOO_LATE=renew", "RENEW_RESCUE=8d", "RENEW_RULES=- {name: short, when: 'true', action: auto-renew, period: 1w}"},
		"a rule's action, under let-lapse":    {"RENEW_ACTION=let-lapse", "RENEW_TOO_LATE=renew", "RENEW_RESCUE=28d", "RENEW_RULES=- {name: short, when: 'true', action: auto-renew}"},
		"a rule's action, under auto-renewal": {"RENEW_ACTION=auto-renew-off", "RENEW_TOO_LATE=renew", "RENEW_RESCUE=28d", "RENEW_RULES=- {name: short, when: 'true', action: auto-renew}"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := read(variables...)
			if err != nil {
				refused(t, err, "RENEW_RESCUE is as long as", `rule "short"`)
				return
			}
			if d := renewal.Decide(now, c.Policy, []renewal.Instance{ending(-c.Policy.Rescue)})[0]; d.Wanted() {
				t.Errorf("%s (%s) for %s brings %v", d.Action, d.Reason, d.Term, d.Expected())
			}
		})
	}
}

// The table of the README comes from the settings: one row each, in their order.
func TestTable(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(Table(), "\n"), "\n")
	if diff := cmp.Diff([]string{"| name | default | meaning |", "|---|---|---|"}, lines[:2]); diff != "" {
		t.Error(diff)
	}
	if len(lines)-2 != len(Settings()) {
		t.Fatalf("%d rows for %d settings", len(lines)-2, len(Settings()))
	}
	for i, s := range Settings() {
		row := lines[i+2]
		if cells := strings.Split(strings.Trim(row, "|"), "|"); len(cells) != 3 || !strings.HasPrefix(row, "| `"+s.Name+"` | ") || !strings.Contains(row, s.Meaning) {
			t.Errorf("%q", row)
		}
	}
	if first, second := Table(), Table(); first != second {
		t.Error("it is not the same twice")
	}
	if !strings.Contains(Table(), "| `RENEW_WINDOW` | `7d` | due when it expires within this time; not shorter than `RENEW_NEXT_RUN`, unless nothing is changed |\n") || !strings.Contains(Table(), "| `RENEW_REGIONS` |  | ") {
		t.Error(Table())
	}
}

// A shown default is what the setting takes: written out, nothing changes.
func TestDefaultsAreWhatTheyShow(t *testing.T) {
	var variables []string
	for _, s := range Settings() {
		if s.Default != "" {
			variables = append(variables, s.Name+"="+s.Default)
		}
	}
	without, with := mustRead(t), mustRead(t, variables...)
	without.given, with.given = nil, nil
	without.Bytes, with.Bytes = 0, 0
	if a, b := fmt.Sprintf("%+v", without), fmt.Sprintf("%+v", with); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	names := map[string]bool{}
	for _, s := range Settings() {
		if names[s.Name] || !strings.HasPrefix(s.Name, Prefix) {
			t.Errorf("%s", s.Name)
		}
		names[s.Name] = true
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "90s": 90 * time.Second, "10m": 10 * time.Minute, "36h": 36 * time.Hour, "7d": 7 * renewal.Day, "2w": 14 * renewal.Day,
		"365d": 365 * renewal.Day, "31536000s": 365 * renewal.Day, "52w": 364 * renewal.Day,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q is read as %v (%v)", text, got, err)
		}
	}
	for _, text := range []string{"", "7", "d", "-1d", "+1d", "1.5d", "1h30m", "1D", "1 d", " 1d", "1d\n", "1y", "1ms", "366d", "31536001s", "53w", "999999999w", "9999999999s", "0x1d", "１d"} {
		if got, err := ParseDuration(text); err == nil || got != 0 {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"0", "90s", "10m", "36h", "7d", "2w", "365d", "999999999w", "-1d", "1.5h", "", "soon", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		switch {
		case err != nil && d != 0:
			t.Errorf("%q is refused, and is %v", text, d)
		case err == nil && (d < 0 || d > farthest || d%time.Second != 0):
			t.Errorf("%q is read as %v", text, d)
		case err == nil:
			if again, err := ParseDuration(fmt.Sprintf("%ds", d/time.Second)); err != nil || again != d {
				t.Errorf("%q is read as %v, and that as %v (%v)", text, d, again, err)
			}
		}
	})
}

// Whatever is set: it is read without a panic, what is accepted once is accepted
// twice, and it is one of the values that are documented.
func FuzzRead(f *testing.F) {
	for _, s := range Settings() {
		f.Add(s.Name, s.Default)
		f.Add(s.Name, "x,,y")
	}
	for _, seed := range [][2]string{
		{"RENEW_MAXCOUNT", "5"}, {"RENEW_ENDPOINT", "http://user:pw@[::1]:1/x?y#z"}, {"RENEW_RULES", "- when: name ==\n"}, {"RENEW_RULES", `[{"when":"true","max-price":8e2}]`},
		{"RENEW_TAGS", "=,="}, {"RENEW_NAMES", "*?(["}, {"RENEW_TZ", "../../etc"}, {"DEBUG", "sdk"}, {"RENEW_\x00", "\xff"}, {"", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		defer noPanic(t)
		c, err := read(name+"="+value, "RENEW_ACTION=renew")
		_, again := read(name+"="+value, "RENEW_ACTION=renew")
		if (err == nil) != (again == nil) {
			t.Fatalf("%q is told once as %v, once as %v", value, err, again)
		}
		known := slices.ContainsFunc(Settings(), func(s Setting) bool { return s.Name == name })
		if err != nil {
			if (name == "RENEW_EXTERNAL_ID" || name == "RENEW_ENDPOINT" || name == "RENEW_NOTIFY" || name == "RENEW_HEARTBEAT") && len(value) > 30 && strings.Contains(err.Error(), value) {
				t.Errorf("the value is in the error: %v", err)
			}
			return
		}
		if !known && strings.HasPrefix(strings.ToUpper(name), Prefix) && !strings.Contains(name, "=") {
			t.Errorf("%q is accepted", name)
		}
		p := c.Policy
		if p.Window <= 0 || p.Window > farthest || max(p.Window, p.Backstop, p.Rescue) >= p.Term.Shortest() || c.Concurrency < 1 || c.Concurrency > 64 || p.Zone == nil ||
			p.TagPrefix == "" || p.NextRun <= 0 || p.Caps.MaxCount < 0 || len(c.Accounts) == 0 || c.Policy.Lang == "" || c.Network == "" {
			t.Errorf("%s=%q is accepted: %+v", name, value, c)
		}
		if c.Endpoint != nil && c.Endpoint.Scheme == "http" && !IsLoopback(c.Endpoint.Hostname()) {
			t.Errorf("%q is accepted", value)
		}
		renewal.Decide(now, p, []renewal.Instance{ending(renewal.Day)})
	})
}
