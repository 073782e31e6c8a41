package config

import (
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

type parser = func(c *Config, value string) error

const (
	second   = time.Second
	hour     = time.Hour
	farthest = 365 * renewal.Day // for windows: further ahead nothing is decided
)

// oneOf takes one of some words, to the letter.
func oneOf[T ~string](field func(*Config) *T, words ...T) parser {
	return func(c *Config, value string) error {
		if !slices.Contains(words, T(value)) {
			list := make([]string, len(words))
			for i, w := range words {
				list[i] = string(w)
			}
			return lang.Err("%q is not accepted; write %s", "%q 不可用；可选值：%s", value, strings.Join(list, ", "))
		}
		*field(c) = T(value)
		return nil
	}
}

func flag(field func(*Config) *bool) parser {
	return func(c *Config, value string) error {
		if value != "true" && value != "false" {
			return lang.Err("%q is not accepted; write true or false", "%q 不可用；请填写 true 或 false", value)
		}
		*field(c) = value == "true"
		return nil
	}
}

func whole(field func(*Config) *int, least, most int) parser {
	return func(c *Config, value string) (err error) {
		*field(c), err = wholeNumber(value, least, most)
		return err
	}
}

func wholeNumber(value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, lang.Err("%q is not accepted; write a whole number from %d to %d", "%q 不可用；请填写 %d 到 %d 之间的整数", value, least, most)
	}
	return n, nil
}

func period(field func(*Config) *renewal.Period) parser {
	return func(c *Config, value string) (err error) {
		*field(c), err = renewal.ParsePeriod(value)
		return err
	}
}

var externalForm = lazily(`^[\w+=,.@:/-]{2,}$`)

var durationForm = lazily(`^([0-9]{1,9})([smhdw])$`)

// ParseDuration reads 90s, 10m, 36h, 7d, 2w and 0.
func ParseDuration(value string) (time.Duration, error) {
	if value == "0" {
		return 0, nil
	}
	m := durationForm().FindStringSubmatch(value)
	if m == nil {
		return 0, lang.Err("%q is no duration; write a number and a unit: 90s, 10m, 36h, 7d, 2w", "%q 不是时长；请填写数字加单位：90s、10m、36h、7d、2w", value)
	}
	n, _ := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"s": second, "m": time.Minute, "h": hour, "d": renewal.Day, "w": 7 * renewal.Day}[m[2]]
	if time.Duration(n) > farthest/unit {
		return 0, lang.Err("%q is too long; the most is 365d", "%q 太长；最长为 365d", value)
	}
	return time.Duration(n) * unit, nil
}

// inUnits writes a duration as the settings do.
func inUnits(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		letter string
	}{{renewal.Day, "d"}, {hour, "h"}, {time.Minute, "m"}} {
		if d > 0 && d%unit.length == 0 {
			return strconv.FormatInt(int64(d/unit.length), 10) + unit.letter
		}
	}
	return strconv.FormatInt(int64(d/second), 10) + "s"
}

func duration(field func(*Config) *time.Duration, least, most time.Duration) parser {
	return func(c *Config, value string) (err error) {
		*field(c), err = durationWithin(value, least, most)
		return err
	}
}

func durationWithin(value string, least, most time.Duration) (time.Duration, error) {
	d, err := ParseDuration(value)
	if err == nil && (d < least || d > most) {
		err = lang.Err("%q is out of range; the least is %s, the most %s", "%q 超出范围；最短为 %s，最长为 %s", value, inUnits(least), inUnits(most))
	}
	if err != nil {
		return 0, err
	}
	return d, nil
}

// externalID never repeats the value: it is a kind of password.
func externalID(c *Config, value string) error {
	if !externalForm().MatchString(value) || len(value) > 1224 {
		return lang.Err("is no external id: 2 to 1224 letters, digits and + = , . @ : / _ -", "不是有效的外部 ID：2 到 1224 个字母、数字或 + = , . @ : / _ -")
	}
	c.ExternalID = value
	return nil
}

func tagPrefix(c *Config, value string) error {
	if strings.TrimSpace(value) != value {
		return lang.Err("%q begins or ends with a space", "%q 的首尾有空格", value)
	}
	c.Policy.TagPrefix = value
	return nil
}

func maxCount(c *Config, value string) error {
	if value == "unlimited" {
		c.Policy.Caps.NoMaxCount = true
		return nil
	}
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return lang.Err("%q is not accepted; write a whole number, 0 for none, or unlimited", "%q 不可用；请填写整数，0 表示不处理，unlimited 表示不限", value)
	}
	c.Policy.Caps.MaxCount = int(n)
	return nil
}

// moneyText is an amount whose currency may depend on the site, which is
// another setting.
type moneyText string

func money(field func(*Config) *moneyText) parser {
	return func(c *Config, value string) error {
		_, err := renewal.ParseAmount(value, renewal.China)
		*field(c) = moneyText(value)
		return err
	}
}

func (m moneyText) amount(site renewal.Site) renewal.Amount {
	if m == "" {
		return renewal.Amount{}
	}
	a, _ := renewal.ParseAmount(string(m), site) // read once before
	return a
}

// approval reads which payments wait for a person.
func approval(c *Config, value string) error {
	switch value {
	case "none":
		return nil
	case "all":
		c.Policy.Approval.All = true
		return nil
	}
	if _, err := renewal.ParseAmount(value, renewal.China); err != nil {
		return lang.Err("%q is not accepted; write none, all, or an amount such as 1000 CNY", "%q 不可用；请填写 none、all，或 1000 CNY 这样的金额", value)
	}
	c.money.approval = moneyText(value)
	return nil
}

func zone(c *Config, value string) error {
	z, err := time.LoadLocation(value)
	if err != nil || value == "Local" {
		return lang.Err("%q is no time zone; write one such as Asia/Shanghai or UTC", "%q 不是时区；请填写 Asia/Shanghai、UTC 这样的时区", value)
	}
	c.Policy.Zone = z
	return nil
}

func logLevel(c *Config, value string) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[value]
	if !ok {
		return lang.Err("%q is not accepted; write %s", "%q 不可用；可选值：%s", value, "debug, info, warn, error")
	}
	c.LogLevel = level
	return nil
}

// endpoint never repeats the value: it may hold a password.
func endpoint(c *Config, value string) error {
	u, err := ParseAddress(value)
	switch {
	case err != nil:
		return err
	case u.User != nil || u.RawQuery != "" || u.ForceQuery:
		return lang.Err("is to be a base URL alone, such as https://proxy.example.com or http://127.0.0.1:8080: no user, no query, no fragment",
			"只能是基础地址，如 https://proxy.example.com 或 http://127.0.0.1:8080：不带用户名、查询参数和片段")
	}
	c.Endpoint = u
	return nil
}

// Loopback says whether the cloud is said to be on this machine.
func (c Config) Loopback() bool { return c.Endpoint != nil && IsLoopback(c.Endpoint.Hostname()) }
