package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A Setting is one row of the table.
type Setting struct {
	Name    string
	Default string // as it would be written; "" = nothing
	Meaning string
	parse   func(c *Config, value string) error
}

// Settings gives the table, in the order of the documents.
func Settings() []Setting { return settings() }

func settings() []Setting {
	return []Setting{
		{"RENEW_ACTION", "report", "`report`: change nothing · `renew`: renew now (pays) · `auto-renew`: switch auto-renewal on · `auto-renew-off`: switch it off (back to manual) · `let-lapse`: set do-not-renew",
			oneOf(func(c *Config) *renewal.Action { return &c.Policy.Action },
				renewal.ReportOnly, renewal.Renew, renewal.AutoRenew, renewal.AutoRenewOff, renewal.LetLapse)},
		{"RENEW_DRY_RUN", "false", "`true`: plan, price and report, change nothing", flag(func(c *Config) *bool { return &c.Policy.DryRun })},
		{"RENEW_PERIOD", "1m", "how long to renew for: `1w`…`4w` (China site), `1m`…`9m`, `1y`…`5y` (international site: `1y`)", period(func(c *Config) *renewal.Period { return &c.Policy.Term.Period })},
		{"RENEW_AUTO_PERIOD", "1m", "the term that auto-renewal is set to: `1w`…`4w` (China site), `1m`, `2m`, `3m`, `6m`, `1y`…`5y`", period(func(c *Config) *renewal.Period { return &c.Policy.AutoPeriod })},
		{"RENEW_UNTIL_DAY", "", "1–28: renew to the account's unified expiry day instead of for a period", whole(func(c *Config) *int { return &c.Policy.Term.UntilDay }, 1, 28)},
		{"RENEW_WINDOW", "7d", "due when it expires within this time; not shorter than `RENEW_NEXT_RUN`, unless nothing is changed", duration(func(c *Config) *time.Duration { return &c.Policy.Window }, second, farthest)},
		{"RENEW_FREEZE", "", "days on which nothing is changed but what could not be secured after them: `11-10..11-12` (every year), `2026-12-31`", freeze},
		{"RENEW_RESCUE", "0", "also renew what expired up to this long ago and is not yet released", duration(func(c *Config) *time.Duration { return &c.Policy.Rescue }, 0, farthest)},
		{"RENEW_BACKSTOP", "0", "renew by hand an auto-renewing instance that is still unpaid this close to its expiry", duration(func(c *Config) *time.Duration { return &c.Policy.Backstop }, 0, farthest)},
		{"RENEW_TOO_LATE", "report", "under `auto-renew`, for an instance that expires before auto-renewal can work (2 days): `report` or `renew`", oneOf(func(c *Config) *renewal.Action { return &c.Policy.TooLate }, renewal.ReportOnly, renewal.Renew)},
		{"RENEW_REGIONS", "", "region ids, or `all`: of subscriptions of every product; without it the function's own", regions},
		{"RENEW_PRODUCTS", "ecs", "products to look after: `ecs`, `rds`, `redis`, `mongodb`, `polardb`, `eip`, `cbwp`, `clb`, the billing's codes of others, or `all`", products},
		{"RENEW_PRICES", "", "for products that the cloud quotes no renewal price for: what a month costs at most, `eip=30, clb=120 CNY`", prices},
		{"RENEW_ACCOUNTS", "self", "`self` and/or ARNs of roles to assume, one per further account, and/or `organization/<role>`: that role in every member account of the resource directory", accounts},
		{"RENEW_EXCLUDE_ACCOUNTS", "", "account ids that are left alone", accountIDs(func(c *Config) *[]string { return &c.ExcludeAccounts })},
		{"RENEW_EXPECT_COUNT", "0", "fewer subscriptions listed than this is trouble: told, `status` not `ok`, no heartbeat (a role that sees a part only, a region that answers with an empty list)", whole(func(c *Config) *int { return &c.Policy.ExpectCount }, 0, 10_000_000)},
		{"RENEW_EXTERNAL_ID", "", "external id for assuming them", externalID},
		{"RENEW_EXPECT_ACCOUNTS", "", "account ids; credentials that belong to any other account end in `denied` before anything is changed there", accountIDs(func(c *Config) *[]string { return &c.ExpectAccounts })},
		{"RENEW_IDS", "", "instance ids: nothing else is acted upon", ids(func(c *Config) *[]string { return &c.Policy.Include.IDs })},
		{"RENEW_EXCLUDE_IDS", "", "instance ids that are left alone", ids(func(c *Config) *[]string { return &c.Policy.Exclude.IDs })},
		{"RENEW_NAMES", "", "names, with `*` and `?`: nothing else is acted upon", names(func(c *Config) *[]renewal.Pattern { return &c.Policy.Include.Names })},
		{"RENEW_EXCLUDE_NAMES", "", "names, with `*` and `?`, that are left alone", names(func(c *Config) *[]renewal.Pattern { return &c.Policy.Exclude.Names })},
		{"RENEW_TAGS", "", "`key=value` or `key`: only instances that have all of them are acted upon", allTags(func(c *Config) *[]renewal.Tag { return &c.Policy.Include.Tags })},
		{"RENEW_EXCLUDE_TAGS", "", "`key=value` or `key`: instances that have any of them are left alone", tags(func(c *Config) *[]renewal.Tag { return &c.Policy.Exclude.Tags })},
		{"RENEW_RESOURCE_GROUP", "", "id of the resource group that an instance must be in", resourceID(func(c *Config) *string { return &c.Policy.Include.ResourceGroup })},
		{"RENEW_SECURITY_GROUP", "", "id of a security group that an instance must be in", resourceID(func(c *Config) *string { return &c.Policy.Include.SecurityGroup })},
		{"RENEW_VPC", "", "id of the VPC that an instance must be in", resourceID(func(c *Config) *string { return &c.Policy.Include.VPC })},
		{"RENEW_TAG_PREFIX", "renew:", "instance tags `renew:action`, `renew:period`, `renew:until` (a date) change the policy for that instance, `renew:notify` names its channels; this is what they begin with", tagPrefix},
		{"RENEW_TAG_TRUST", "lower", "how far tags reach: `off` · `lower`: they can only lessen (skip < report < auto-renew < renew, and no other action; a shorter period; an end date) · `full`", oneOf(func(c *Config) *renewal.Trust { return &c.Policy.TagTrust }, renewal.TrustOff, renewal.TrustLower, renewal.TrustFull)},
		{"RENEW_RULES", "", "rules as a YAML or JSON list, see docs/policy.md", rulesText},
		{"RENEW_RULES_FILE", "", "the same in a file that is shipped with the code", rulesFile},
		{"RENEW_MAX_COUNT", "20", "most instances changed in one run; `0` = none, `unlimited`", maxCount},
		{"RENEW_MAX_SPEND", "", "most money in one run, `5000` or `5000 CNY`", money(func(c *Config) *moneyText { return &c.money.spend })},
		{"RENEW_MAX_PRICE", "", "most money for one renewal", money(func(c *Config) *moneyText { return &c.money.price })},
		{"RENEW_MIN_BALANCE", "", "what must stay available in the account after the run", money(func(c *Config) *moneyText { return &c.money.balance })},
		{"RENEW_APPROVAL", "none", "payments that wait for a person: `none`, `all`, or those above an amount (`1000 CNY`) or without a price, see docs/policy.md", approval},
		{"RENEW_APPROVAL_UNTIL", "0", "an approval that nobody gave is no longer waited for this close to the expiry; `0` = waited for to the end", duration(func(c *Config) *time.Duration { return &c.Policy.Approval.Until }, 0, farthest)},
		{"RENEW_UPCOMING", "0", "also tell what will be due within this time after the window, while its owner can still say no", duration(func(c *Config) *time.Duration { return &c.Policy.Upcoming }, 0, farthest)},
		{"RENEW_NEXT_RUN", "24h", "time to the next run; what lapses before it is called `lapsing`", duration(func(c *Config) *time.Duration { return &c.Policy.NextRun }, second, farthest)},
		{"RENEW_RESERVE", "15s", "time kept at the end for verification and the report", duration(func(c *Config) *time.Duration { return &c.Reserve }, 0, hour)},
		{"RENEW_VERIFY", "90s", "how long to wait for a new expiry to show", duration(func(c *Config) *time.Duration { return &c.Verify }, 0, hour)},
		{"RENEW_CONCURRENCY", "8", "calls at once, per account and region: 1–64", whole(func(c *Config) *int { return &c.Concurrency }, 1, 64)},
		{"RENEW_NOTIFY", "", "webhooks: DingTalk, Feishu/Lark, WeCom, Slack, or any URL, each perhaps with a name in front, see docs/notifications.md", webhooks},
		{"RENEW_NOTIFY_ON", "changes", "`always` · `changes`: something due, done, wrong or upcoming · `problems`", oneOf(func(c *Config) *string { return &c.NotifyOn }, "always", "changes", "problems")},
		{"RENEW_HEARTBEAT", "", "URL fetched after every complete run: every scope complete, report written", heartbeat},
		{"RENEW_LANG", "en", "language of messages: `en`, `zh`", language},
		{"RENEW_TZ", "Asia/Shanghai", "time zone of dates shown to people, and of the end dates in tags", zone},
		{"RENEW_LOG", "info", "`debug`, `info`, `warn`, `error`", logLevel},
		{"RENEW_SITE", "china", "`china` or `intl`: which site the account belongs to (periods, currency, billing host)", oneOf(func(c *Config) *renewal.Site { return &c.Policy.Site }, renewal.China, renewal.Intl)},
		{"RENEW_NETWORK", "public", "`public`, or `vpc`: use the VPC endpoints", oneOf(func(c *Config) *string { return &c.Network }, "public", "vpc")},
		{"RENEW_ENDPOINT", "", "one base URL for every cloud API: an emulator or a proxy; `http:` only to a loopback address", endpoint},
	}
}

// Table gives the settings as the table of the README, in Markdown.
func Table() string {
	var b strings.Builder
	b.WriteString("| name | default | meaning |\n|---|---|---|\n")
	for _, s := range settings() {
		def := s.Default
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, def, s.Meaning)
	}
	return b.String()
}
