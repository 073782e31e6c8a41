package config

import (
	commandline "flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

var update = commandline.Bool("update", false, "write the golden files")

// described are settings whose descriptions are kept as golden files.
var described = map[string][]string{
	"nothing-set": nil,
	"renew": {
		"RENEW_ACTION=renew", "RENEW_REGIONS=cn-hangzhou,cn-beijing", "RENEW_MAX_SPEND=5000 CNY",
	},
	"dry-run": {
		"RENEW_ACTION=renew", "RENEW_DRY_RUN=true", "RENEW_REGIONS=all", "RENEW_MAX_COUNT=unlimited", "RENEW_WINDOW=36h",
	},
	"auto-renew": {
		"RENEW_ACTION=auto-renew", "RENEW_AUTO_PERIOD=1y", "RENEW_WINDOW=60d", "RENEW_MAX_COUNT=unlimited", "RENEW_REGIONS=cn-beijing",
	},
	"auto-renew-or-renew": {
		"RENEW_ACTION=auto-renew", "RENEW_TOO_LATE=renew", "RENEW_PERIOD=2w", "RENEW_RESCUE=3d", "RENEW_MAX_PRICE=99.90",
	},
	"auto-renew-off": {"RENEW_ACTION=auto-renew-off", "RENEW_TAGS=env=test,temporary"},
	"let-lapse":      {"RENEW_ACTION=let-lapse", "RENEW_MAX_COUNT=1", "RENEW_NAMES=tmp-*"},
	"stopped":        {"RENEW_ACTION=renew", "RENEW_MAX_COUNT=0"},
	"rules": {
		"RENEW_ACTION=report", "RENEW_TAG_TRUST=full", "RENEW_TAG_PREFIX=ops:",
		`RENEW_RULES=[{name: payments, when: 'tags["team"] == "payments"', action: renew, period: 3m, max-price: 800}, {name: temporary, when: 'name matches "^tmp-"', action: skip}, {when: expired, action: let-lapse}, {when: 'daysLeft > 5', max-price: 1}, {name: databases, when: 'region == "cn-beijing"', until-day: 12, window: 14d, max-spend: 500}]`,
	},
	"everything": {
		"RENEW_ACTION=renew", "RENEW_UNTIL_DAY=15", "RENEW_AUTO_PERIOD=6m", "RENEW_WINDOW=5d", "RENEW_UPCOMING=3d", "RENEW_FREEZE=11-10..11-12,2026-12-31", "RENEW_RESCUE=12h", "RENEW_BACKSTOP=90m",
		"RENEW_REGIONS=cn-hangzhou,cn-beijing,cn-shanghai", "RENEW_ACCOUNTS=self,acs:ram::2234567890123456:role/renewer,acs:ram::3234567890123456:role/renewer",
		"RENEW_EXTERNAL_ID=secret-external-id", "RENEW_EXPECT_ACCOUNTS=1234567890123456,2234567890123456,3234567890123456",
		"RENEW_IDS=i-1,i-2,i-3,i-4,i-5,i-6,i-7,i-8,i-9,i-10", "RENEW_EXCLUDE_IDS=i-11", "RENEW_NAMES=web-*,db-?", "RENEW_EXCLUDE_NAMES=tmp-*",
		"RENEW_TAGS=env=prod,owner", "RENEW_EXCLUDE_TAGS=keep=no", "RENEW_RESOURCE_GROUP=rg-1", "RENEW_SECURITY_GROUP=sg-1", "RENEW_VPC=vpc-1",
		"RENEW_TAG_TRUST=off", "RENEW_RULES=[{name: cache, when: 'name == \"cache\"', action: auto-renew}]",
		"RENEW_MAX_COUNT=50", "RENEW_MAX_SPEND=5000", "RENEW_MAX_PRICE=800.50", "RENEW_MIN_BALANCE=1000 USD",
		"RENEW_NEXT_RUN=6h", "RENEW_RESERVE=30s", "RENEW_VERIFY=2m", "RENEW_CONCURRENCY=16",
		"RENEW_NOTIFY=https://oapi.dingtalk.com/robot/send?access_token=secret-token,https://hooks.slack.com/services/secret-path", "RENEW_NOTIFY_ON=problems",
		"RENEW_HEARTBEAT=https://hc.example/secret-heartbeat", "RENEW_LANG=zh", "RENEW_TZ=Europe/Berlin", "RENEW_LOG=debug",
		"RENEW_SITE=intl", "RENEW_NETWORK=vpc", "RENEW_ENDPOINT=https://proxy.example.com/secret-base",
	},
}

func TestDescribe(t *testing.T) {
	for name, variables := range described {
		for _, l := range []lang.Language{lang.English, lang.Chinese} {
			t.Run(name+"/"+string(l), func(t *testing.T) {
				got := Describe(mustRead(t, variables...), l) + "\n"
				file := filepath.Join("testdata", "describe", name+"."+string(l)+".txt")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if strings.Contains(got, "secret") {
					t.Errorf("a secret is shown: %s", got)
				}
				if strings.Contains(got, "%!") {
					t.Errorf("a sentence is not filled in: %s", got)
				}
			})
		}
	}
}

// Every setting that is not as by default shows. A row that is added to the
// settings and not here fails the test.
func TestDescribeShowsEverySetting(t *testing.T) {
	renews := []string{"RENEW_ACTION=renew"}
	with := func(more ...string) []string { return append(more, renews...) }
	for _, s := range Settings() {
		change := map[string]struct {
			before []string
			value  string
		}{
			"RENEW_ACTION":           {nil, "let-lapse"},
			"RENEW_DRY_RUN":          {renews, "true"},
			"RENEW_PERIOD":           {renews, "3m"},
			"RENEW_AUTO_PERIOD":      {renews, "3m"}, // by a tag
			"RENEW_UNTIL_DAY":        {renews, "15"},
			"RENEW_WINDOW":           {renews, "6d"},
			"RENEW_FREEZE":           {renews, "11-10..11-12"},
			"RENEW_UPCOMING":         {renews, "3d"},
			"RENEW_RESCUE":           {renews, "1d"},
			"RENEW_BACKSTOP":         {renews, "1d"},
			"RENEW_TOO_LATE":         {[]string{"RENEW_ACTION=auto-renew"}, "renew"},
			"RENEW_REGIONS":          {renews, "all"},
			"RENEW_PRODUCTS":         {renews, "ecs,rds"},
			"RENEW_PRICES":           {with("RENEW_PRODUCTS=eip"), "eip=30"},
			"RENEW_ACCOUNTS":         {renews, "acs:ram::2234567890123456:role/r"},
			"RENEW_EXPECT_COUNT":     {renews, "300"},
			"RENEW_EXTERNAL_ID":      {with("RENEW_ACCOUNTS=acs:ram::2234567890123456:role/r"), "xx"},
			"RENEW_EXPECT_ACCOUNTS":  {renews, "2234567890123456"},
			"RENEW_EXCLUDE_ACCOUNTS": {renews, "2234567890123456"},
			"RENEW_IDS":              {renews, "i-1"},
			"RENEW_EXCLUDE_IDS":      {renews, "i-1"},
			"RENEW_NAMES":            {renews, "web-*"},
			"RENEW_EXCLUDE_NAMES":    {renews, "web-*"},
			"RENEW_TAGS":             {renews, "a=b"},
			"RENEW_EXCLUDE_TAGS":     {renews, "a=b"},
			"RENEW_RESOURCE_GROUP":   {renews, "rg-1"},
			"RENEW_SECURITY_GROUP":   {renews, "sg-1"},
			"RENEW_VPC":              {renews, "vpc-1"},
			"RENEW_TAG_PREFIX":       {renews, "ops:"},
			"RENEW_TAG_TRUST":        {renews, "full"},
			"RENEW_RULES":            {renews, "[{when: expired}]"},
			"RENEW_RULES_FILE":       {renews, "rules.yaml"},
			"RENEW_MAX_COUNT":        {renews, "21"},
			"RENEW_MAX_SPEND":        {renews, "1"},
			"RENEW_MAX_PRICE":        {renews, "1"},
			"RENEW_MIN_BALANCE":      {renews, "1"},
			"RENEW_APPROVAL":         {renews, "all"},
			"RENEW_APPROVAL_UNTIL":   {with("RENEW_APPROVAL=all"), "1d"},
			"RENEW_NEXT_RUN":         {renews, "1h"},
			"RENEW_RESERVE":          {renews, "1m"},
			"RENEW_VERIFY":           {renews, "0"},
			"RENEW_CONCURRENCY":      {renews, "1"},
			"RENEW_NOTIFY":           {renews, "https://example.com"},
			"RENEW_NOTIFY_ON":        {with("RENEW_NOTIFY=https://example.com"), "always"},
			"RENEW_HEARTBEAT":        {renews, "https://example.com"},
			"RENEW_LANG":             {renews, "zh"},
			"RENEW_TZ":               {renews, "UTC"},
			"RENEW_LOG":              {renews, "warn"},
			"RENEW_SITE":             {renews, "intl"},
			"RENEW_NETWORK":          {renews, "vpc"},
			"RENEW_ENDPOINT":         {renews, "https://example.com"},
		}[s.Name]
		for _, l := range []lang.Language{lang.English, lang.Chinese} {
			reader := files(map[string]string{"rules.yaml": "- when: expired\n"})
			after, err := Read(environment(reader, append([]string{s.Name + "=" + change.value}, change.before...)...))
			if err != nil {
				t.Errorf("%s: %v", s.Name, err)
				continue
			}
			if before := mustRead(t, change.before...); Describe(before, l) == Describe(after, l) {
				t.Errorf("%s=%s does not show in %s", s.Name, change.value, l)
			}
		}
	}
}
