package config

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// entries splits a list at its commas: without the spaces around its entries,
// without empty ones, and each of them once.
func entries(value string) ([]string, error) {
	if strings.Contains(value, ";") {
		return nil, lang.Err("has a semicolon; between the entries of a list stand commas: a,b", "中含有分号；列表各项之间请用英文逗号分隔：a,b")
	}
	var list []string
	for entry := range strings.SplitSeq(value, ",") {
		if entry = strings.TrimSpace(entry); entry != "" && !slices.Contains(list, entry) {
			list = append(list, entry)
		}
	}
	if len(list) == 0 {
		return nil, lang.Err("holds no entry; remove it or give it one", "中没有任何一项；请删除该设置，或填写至少一项")
	}
	return list, nil
}

// A form is what the entries of a list look like.
type form struct {
	pattern func() *regexp.Regexp
	no      func(entry string) error // says what entry is not
}

func (f form) is(text string) bool { return f.pattern().MatchString(text) }

// lazily compiles an expression when it is first used: most settings are not
// set, and the function starts on a twentieth of a processor.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

var (
	regionForm = form{lazily(`^[a-z]{2,3}(-[a-z0-9]+)+$`), func(entry string) error {
		return lang.Err("%q is no region id; write ids such as cn-hangzhou,cn-beijing, or all by itself", "%q 不是地域 ID；请填写 cn-hangzhou,cn-beijing 这样的 ID，或单独填写 all", entry)
	}}
	instanceForm = form{lazily(`^[A-Za-z0-9][A-Za-z0-9_-]{1,63}$`), func(entry string) error {
		return lang.Err("%q is no instance id", "%q 不是实例 ID", entry)
	}}
	resourceForm = form{lazily(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`), func(entry string) error {
		return lang.Err("%q is no id", "%q 不是 ID", entry)
	}}
	accountForm = form{lazily(`^[0-9]{1,20}$`), func(entry string) error {
		return lang.Err("%q is no account id; it is a number, such as 1234567890123456", "%q 不是账号 ID；账号 ID 是一串数字，例如 1234567890123456", entry)
	}}
	roleForm = form{lazily(`^acs:ram::[0-9]{1,20}:role/[A-Za-z0-9._-]{1,64}$`), func(entry string) error {
		return lang.Err("%q is neither self nor the ARN of a role, such as acs:ram::1234567890123456:role/renewer, nor organization/ and the name of a role, such as organization/renewer",
			"%q 既不是 self，也不是角色 ARN（例如 acs:ram::1234567890123456:role/renewer），也不是 organization/ 加角色名（例如 organization/renewer）", entry)
	}}
	roleNameForm = form{lazily(`^[A-Za-z0-9._-]{1,64}$`), func(entry string) error {
		if i := strings.LastIndex(entry, ":role/"); i >= 0 {
			return lang.Err("organization/%s holds the ARN of a role; the same role is assumed in every member, so write its name alone: organization/%s", "organization/%s 中是角色 ARN；每个成员账号中扮演同名角色，请只写角色名：organization/%s", entry, entry[i+len(":role/"):])
		}
		return lang.Err("organization/%s names no role; write organization/ and the name of the role that every member has, such as organization/renewer", "organization/%s 中没有有效的角色名；请写 organization/ 加各成员账号中的角色名，例如 organization/renewer", entry)
	}}
)

// IsInstanceID says whether text can be an instance's id.
func IsInstanceID(text string) bool { return instanceForm.is(text) }

// IsAccount says whether text can be an account's id.
func IsAccount(text string) bool { return accountForm.is(text) }

// IsRegion says whether text can be a region's id.
func IsRegion(text string) bool { return regionForm.is(text) }

// listOf takes a list whose entries all have a form.
func listOf(f form, store func(c *Config, values []string)) parser {
	return func(c *Config, value string) error {
		list, err := entries(value)
		if err != nil {
			return err
		}
		for _, entry := range list {
			if !f.is(entry) {
				return f.no(entry)
			}
		}
		store(c, list)
		return nil
	}
}

func ids(field func(*Config) *[]string) parser {
	return listOf(instanceForm, func(c *Config, values []string) { *field(c) = values })
}

func regions(c *Config, value string) error {
	if list, err := entries(value); err == nil && slices.Equal(list, []string{"all"}) {
		c.AllRegions = true
		return nil
	}
	return listOf(regionForm, func(c *Config, values []string) { c.Regions = values })(c, value)
}

func accounts(c *Config, value string) error {
	list, err := entries(value)
	if err != nil {
		return err
	}
	organization := ""
	for _, entry := range list {
		role, ofAll := strings.CutPrefix(entry, renewal.Organization)
		switch {
		case ofAll && !roleNameForm.is(role):
			return roleNameForm.no(role)
		case ofAll && organization != "":
			return lang.Err("names the organisation twice, %s and %s; an account is entered by one role: keep one of them", "中有两个组织项 %s 和 %s；每个账号只用一个角色进入：请只保留一个", organization, entry)
		case ofAll:
			organization = entry
		case entry != renewal.Self && !roleForm.is(entry):
			return roleForm.no(entry)
		}
	}
	c.Accounts = list
	return nil
}

func accountIDs(field func(*Config) *[]string) parser {
	return listOf(accountForm, func(c *Config, values []string) { *field(c) = values })
}

func resourceID(field func(*Config) *string) parser {
	return func(c *Config, value string) error {
		if !resourceForm.is(value) {
			return resourceForm.no(value)
		}
		*field(c) = value
		return nil
	}
}

// names are with wildcards, which have a full-width look-alike, too.
func names(field func(*Config) *[]renewal.Pattern) parser {
	return func(c *Config, value string) error {
		list, err := entries(value)
		if err != nil {
			return err
		}
		if !utf8.ValidString(value) {
			return lang.Err("is not valid UTF-8", "不是有效的 UTF-8 文本")
		}
		if err := fullWidth(value, "＊", "*", "？", "?"); err != nil {
			return err
		}
		for _, entry := range list {
			*field(c) = append(*field(c), renewal.NewPattern(entry))
		}
		return nil
	}
}

// tags are key=value or key, with spaces around the sign or not.
func tags(field func(*Config) *[]renewal.Tag) parser {
	return func(c *Config, value string) error {
		list, err := entries(value)
		if err != nil {
			return err
		}
		var all []renewal.Tag
		for _, entry := range list {
			key, val, given := strings.Cut(entry, "=")
			t := renewal.Tag{Key: strings.TrimSpace(key), Value: strings.TrimSpace(val), Any: !given}
			if t.Key == "" {
				return lang.Err("%q is no tag; write key=value or key", "%q 不是标签；请写成 key=value 或 key", entry)
			}
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
		*field(c) = all
		return nil
	}
}

// allTags are tags of which an instance must have every one, so that two values
// of one key would select nothing at all.
func allTags(field func(*Config) *[]renewal.Tag) parser {
	return func(c *Config, value string) error {
		if err := tags(field)(c, value); err != nil {
			return err
		}
		values := map[string]string{}
		for _, t := range *field(c) {
			if other, found := values[t.Key]; found && !t.Any && other != t.Value {
				return lang.Err("asks for %s=%s and for %[1]s=%[3]s; it needs all of its entries, and a tag has one value: for either of them write a rule",
					"同时要求 %s=%s 和 %[1]s=%[3]s；各项须同时满足，而一个标签只有一个值：如需满足其一，请使用规则", t.Key, other, t.Value)
			}
			if !t.Any {
				values[t.Key] = t.Value
			}
		}
		return nil
	}
}

// fullWidth refuses characters that look like those that mean something here;
// look-alikes and what they are meant for come in turn.
func fullWidth(value string, pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if strings.Contains(value, pairs[i]) {
			return lang.Err("has a full-width %s; write %s", "中含有全角字符 %s；请改用半角 %s", pairs[i], pairs[i+1])
		}
	}
	return nil
}

// quotes are pairs that people put around a value, where a shell or a file
// would take them away and the console does not.
var quotes = []string{`""`, "''", "``", "“”", "‘’", "「」", "„“", "«»"}

// unquoted gives what stands between the quotes around a value.
func unquoted(value string) (inside string, yes bool) {
	for _, pair := range quotes {
		opens, size := utf8.DecodeRuneInString(pair)
		closes := pair[size:]
		if strings.HasPrefix(value, string(opens)) && strings.HasSuffix(value, closes) && len(value) >= len(pair) {
			return value[size : len(value)-len(closes)], true
		}
	}
	return "", false
}

// misshapen finds what is wrong with a value whatever setting it is of: quotes
// around it, full-width punctuation, and two addresses where one is taken.
func misshapen(name, value string) error {
	if inside, yes := unquoted(value); yes {
		const longest = 60
		if secret(name) || strings.Contains(value, "://") || len(inside) > longest || strings.TrimSpace(inside) == "" {
			return lang.Err("is in quotes, which are no part of it; write it without them", "整体带有引号，引号会被当作内容；请去掉引号")
		}
		return lang.Err("is in quotes, which are no part of it; write it without them: %s", "整体带有引号，引号会被当作内容；请去掉引号：%s", inside)
	}
	if name == "RENEW_RULES" || name == "RENEW_RULES_FILE" {
		return nil // texts in rules, and names of files, may hold anything
	}
	if err := fullWidth(value, "，", ",", "；", ",", "：", ":", "＝", "="); err != nil {
		return err
	}
	if takesAddresses(name) && twoInOne().MatchString(value) {
		return lang.Err("has an address that goes on behind a semicolon, a blank or a |; between addresses stand commas: https://…,https://…",
			"中有地址在分号、空格或 | 之后接着另一个地址；多个地址请用英文逗号分隔：https://…,https://…")
	}
	return nil
}

// twoInOne finds a second address within one entry.
var twoInOne = lazily(`://[^,]*[;|\s][^,]*://`)

// takesAddresses says whether a setting holds URLs, which may be secrets.
func takesAddresses(name string) bool {
	return name == "RENEW_NOTIFY" || name == "RENEW_HEARTBEAT" || name == "RENEW_ENDPOINT"
}

// secret says whether the value of a setting is never to be repeated.
func secret(name string) bool { return takesAddresses(name) || name == "RENEW_EXTERNAL_ID" }
