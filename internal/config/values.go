package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

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
			return fmt.Errorf("%q is not accepted; write %s", value, strings.Join(list, ", "))
		}
		*field(c) = T(value)
		return nil
	}
}

func flag(field func(*Config) *bool) parser {
	return func(c *Config, value string) error {
		if value != "true" && value != "false" {
			return fmt.Errorf("%q is not accepted; write true or false", value)
		}
		*field(c) = value == "true"
		return nil
	}
}

func whole(field func(*Config) *int, least, most int) parser {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return fmt.Errorf("%q is not accepted; write a whole number from %d to %d", value, least, most)
		}
		*field(c) = n
		return nil
	}
}

func period(field func(*Config) *renewal.Period) parser {
	return func(c *Config, value string) (err error) {
		*field(c), err = renewal.ParsePeriod(value)
		return err
	}
}

// lazily compiles an expression when it is first used: most settings are not
// set, and the function starts on a twentieth of a processor.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

var durationForm = lazily(`^([0-9]{1,9})([smhdw])$`)

// ParseDuration reads 90s, 10m, 36h, 7d, 2w and 0.
func ParseDuration(value string) (time.Duration, error) {
	if value == "0" {
		return 0, nil
	}
	m := durationForm().FindStringSubmatch(value)
	if m == nil {
		return 0, fmt.Errorf("%q is no duration; write a number and a unit: 90s, 10m, 36h, 7d, 2w", value)
	}
	n, _ := strconv.Atoi(m[1])
	unit := map[string]time.Duration{"s": second, "m": time.Minute, "h": hour, "d": renewal.Day, "w": 7 * renewal.Day}[m[2]]
	if time.Duration(n) > farthest/unit {
		return 0, fmt.Errorf("%q is too long; the most is 365d", value)
	}
	return time.Duration(n) * unit, nil
}

func duration(field func(*Config) *time.Duration, least, most time.Duration) parser {
	return func(c *Config, value string) error {
		d, err := ParseDuration(value)
		if err != nil {
			return err
		}
		if d < least || d > most {
			return fmt.Errorf("%q is out of range; the least is %v, the most %v", value, least, most)
		}
		*field(c) = d
		return nil
	}
}

// list splits at commas; an empty element is a slip, not nothing.
func list(value string) ([]string, error) {
	parts := strings.Split(value, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
		if parts[i] == "" {
			return nil, errors.New("has an empty element; write values with a comma between them")
		}
	}
	return parts, nil
}

func listOf(form func() *regexp.Regexp, what string, store func(c *Config, values []string)) parser {
	return func(c *Config, value string) error {
		values, err := list(value)
		if err != nil {
			return err
		}
		for i, v := range values {
			if !form().MatchString(v) {
				return fmt.Errorf("%q is no %s", v, what)
			}
			if slices.Contains(values[:i], v) {
				return fmt.Errorf("%q is named twice", v)
			}
		}
		store(c, values)
		return nil
	}
}

var (
	regionForm   = lazily(`^[a-z]{2,3}(-[a-z0-9]+)+$`)
	instanceForm = lazily(`^[A-Za-z0-9][A-Za-z0-9_-]{1,63}$`)
	resourceForm = lazily(`^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$`)
	accountForm  = lazily(`^[0-9]{1,20}$`)
	roleForm     = lazily(`^acs:ram::[0-9]{1,20}:role/[A-Za-z0-9._-]{1,64}$`)
	externalForm = lazily(`^[\w+=,.@:/-]{2,}$`)
)

// IsInstanceID says whether text can be an instance's id.
func IsInstanceID(text string) bool { return instanceForm().MatchString(text) }

// IsRegion says whether text can be a region's id.
func IsRegion(text string) bool { return regionForm().MatchString(text) }

func ids(field func(*Config) *[]string) parser {
	return listOf(instanceForm, "instance id", func(c *Config, values []string) { *field(c) = values })
}

func regions(c *Config, value string) error {
	if value == "all" {
		c.AllRegions = true
		return nil
	}
	return listOf(regionForm, "region id; write ids such as cn-hangzhou,cn-beijing, or all by itself",
		func(c *Config, values []string) { c.Regions = values })(c, value)
}

func accounts(c *Config, value string) error {
	values, err := list(value)
	if err != nil {
		return err
	}
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("%q is named twice", v)
		}
		if v != Self && !roleForm().MatchString(v) {
			return fmt.Errorf("%q is neither self nor the ARN of a role, such as acs:ram::1234567890123456:role/renewer", v)
		}
	}
	c.Accounts = values
	return nil
}

// externalID never repeats the value: it is a kind of password.
func externalID(c *Config, value string) error {
	if !externalForm().MatchString(value) || len(value) > 1224 {
		return errors.New("is no external id: 2 to 1224 letters, digits and + = , . @ : / _ -")
	}
	c.ExternalID = value
	return nil
}

var accountIDs = listOf(accountForm, "account id; it is a number, such as 1234567890123456",
	func(c *Config, values []string) { c.ExpectAccounts = values })

func names(field func(*Config) *[]renewal.Pattern) parser {
	return func(c *Config, value string) error {
		values, err := list(value)
		if !utf8.ValidString(value) {
			err = errors.New("is not valid UTF-8")
		}
		for _, v := range values {
			*field(c) = append(*field(c), renewal.NewPattern(v))
		}
		return err
	}
}

func tags(field func(*Config) *[]renewal.Tag) parser {
	return func(c *Config, value string) error {
		values, err := list(value)
		for _, v := range values {
			key, val, given := strings.Cut(v, "=")
			if key == "" {
				return fmt.Errorf("%q is no tag; write key=value or key", v)
			}
			*field(c) = append(*field(c), renewal.Tag{Key: key, Value: val, Any: !given})
		}
		return err
	}
}

func resourceID(field func(*Config) *string) parser {
	return func(c *Config, value string) error {
		if !resourceForm().MatchString(value) {
			return fmt.Errorf("%q is no id", value)
		}
		*field(c) = value
		return nil
	}
}

func tagPrefix(c *Config, value string) error {
	if strings.TrimSpace(value) != value {
		return fmt.Errorf("%q begins or ends with a space", value)
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
		return fmt.Errorf("%q is not accepted; write a whole number, 0 for none, or unlimited", value)
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

func zone(c *Config, value string) error {
	z, err := time.LoadLocation(value)
	if err != nil || value == "Local" {
		return fmt.Errorf("%q is no time zone; write one such as Asia/Shanghai or UTC", value)
	}
	c.Policy.Zone = z
	return nil
}

func logLevel(c *Config, value string) error {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[value]
	if !ok {
		return fmt.Errorf("%q is not accepted; write debug, info, warn, error", value)
	}
	c.LogLevel = level
	return nil
}

// endpoint never repeats the value: it may hold a password.
func endpoint(c *Config, value string) error {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("is no base URL; write one such as https://proxy.example.com or http://127.0.0.1:8080")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("is to be a base URL alone: no user, no query, no fragment")
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return errors.New("is http: off this machine; requests are signed, so write https:, or a loopback address such as http://127.0.0.1:8080")
	}
	c.Endpoint = u
	return nil
}

// Loopback says whether the cloud is said to be on this machine.
func (c Config) Loopback() bool { return c.Endpoint != nil && IsLoopback(c.Endpoint.Hostname()) }

// IsLoopback says whether a host is this machine itself, the only one that is
// spoken to by http. It goes by the text alone: what a name resolves to can change.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
