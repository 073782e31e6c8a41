package config

import (
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A Config is the settings of a run. It is read once and not changed; what an
// event narrows is narrowed in a copy.
type Config struct {
	Policy renewal.Policy

	Regions         []string // nil = the function's own, or all of them
	AllRegions      bool
	Accounts        []string // Self, ARNs of roles, and Organization with the name of a role
	ExcludeAccounts []string
	ExternalID      string   // a kind of password: never shown
	ExpectAccounts  []string // nil = any

	Reserve     time.Duration
	Verify      time.Duration
	Concurrency int

	NotifyOn string
	LogLevel slog.Level
	Network  string
	Endpoint *url.URL // nil = the real cloud

	Warnings []lang.Text // what is let through, and worth a word
	Bytes    int         // what the settings take of the environment: names and values

	given map[string]bool // names that were set
	money struct {
		spend, price, balance, approval moneyText
		prices                          map[string]moneyText // of a month, by product
	}
	rules []byte // as written
	from  string // the setting that the rules come from; "" = there are none
	// As in the Environment, of which no more is kept: it holds secrets.
	read      func(name string) ([]byte, error)
	webhooks  func(value string) ([]string, error)
	heartbeat func(value string) error
}

// Prefix is what the names of all settings begin with.
const Prefix = "RENEW_"

// An Environment is what settings are read from.
type Environment struct {
	Variables []string                          // name=value, as os.Environ gives them
	ReadFile  func(name string) ([]byte, error) // for RENEW_RULES_FILE; nil = there are no files
	// Webhooks reads RENEW_NOTIFY and gives the name of each channel, and Heartbeat
	// reads RENEW_HEARTBEAT: another package knows their form, and keeps what is
	// secret of them. nil = they are not read.
	Webhooks  func(value string) (names []string, err error)
	Heartbeat func(value string) error
}

// Read reads the settings. Its error names every problem, one a line.
func Read(env Environment) (Config, error) {
	c := Config{given: map[string]bool{}, read: env.ReadFile, webhooks: env.Webhooks, heartbeat: env.Heartbeat}
	var problems []error
	problem := func(name string, err error) { problems = append(problems, about(name, err)) }

	values := variables(env.Variables)
	for name, value := range values {
		if ours(name) {
			c.Bytes += len(name) + len(value)
		}
	}
	var names []string
	for _, s := range settings() {
		names = append(names, s.Name)
		value, given := values[s.Name]
		delete(values, s.Name)
		c.given[s.Name] = given
		if given && strings.TrimSpace(value) == "" {
			problem(s.Name, lang.Err("is set, but empty; remove it or give it a value", "已设置但为空；请删除该设置，或填写一个值"))
			continue
		}
		if !given {
			value = s.Default
		}
		if value == "" {
			continue
		}
		value = trim(s.Name, value)
		err := misshapen(s.Name, value)
		if err == nil {
			err = s.parse(&c, value)
		}
		if err != nil {
			problem(s.Name, withoutURL(s.Name, value, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if ours(name) {
			nearest, _ := Nearest(strings.ToUpper(name), names)
			problem(name, lang.Err("there is no such setting; the nearest is %s", "没有这个设置；最接近的是 %s", nearest))
		}
	}
	if debugPrints(values["DEBUG"]) {
		problem("DEBUG", lang.Err("makes the SDKs print signed requests; remove sdk and credential from it", "会使 SDK 打印已签名的请求；请从中去掉 sdk 和 credential"))
	}
	problems = append(problems, c.finish()...)
	return c, errors.Join(problems...)
}

// about says which setting a problem is about.
func about(name string, err error) error {
	return settingError{lang.Err("%s: %v", "%s：%v", name, err), name}
}

// A settingError is a problem with a setting.
type settingError struct {
	error
	setting string
}

// In says it in a language.
func (p settingError) In(l lang.Language) string { return lang.Of(p.error, l) }

// Unwrap gives what is wrong.
func (p settingError) Unwrap() error { return p.error }

// trim takes the spaces around a value away; those at the beginning of a list
// of rules are its indentation.
func trim(name, value string) string {
	if name == "RENEW_RULES" {
		return strings.TrimRight(strings.TrimLeft(value, "\r\n"), " \t\r\n")
	}
	return strings.TrimSpace(value)
}

// withoutURL keeps an address out of an error. Webhooks are secrets, and one that
// is pasted into the setting next to its own is a secret still; the settings
// that take addresses repeat none.
func withoutURL(name, value string, err error) error {
	if takesAddresses(name) || !strings.Contains(value, "://") {
		return err
	}
	return lang.Err("holds a URL, which is not what it takes (and is not repeated here, since it may be a secret)", "中是一个 URL，这里不接受（可能含有密钥，因此不在此重复）")
}

// variables splits name=value; the first of a name wins, as for a process.
func variables(environ []string) map[string]string {
	values := map[string]string{}
	for _, v := range environ {
		if name, value, ok := strings.Cut(v, "="); ok {
			if _, twice := values[name]; !twice {
				values[name] = value
			}
		}
	}
	return values
}

// ours says whether name is meant for us, in whatever case of letters.
func ours(name string) bool { return strings.HasPrefix(strings.ToUpper(name), Prefix) }

// Nearest gives the known word that is the fewest letters away from word, and how
// many that are; known is not empty.
func Nearest(word string, known []string) (nearest string, letters int) {
	letters = math.MaxInt
	for _, k := range known {
		if d := levenshtein.ComputeDistance(word, k); d < letters {
			nearest, letters = k, d
		}
	}
	return nearest, letters
}

// debugPrints: alibaba-cloud-sdk-go and credentials-go read DEBUG when the
// process starts, and nothing can stop them later.
func debugPrints(value string) bool {
	parts := strings.Split(value, ",")
	return slices.Contains(parts, "sdk") || slices.Contains(parts, "credential")
}

func webhooks(c *Config, value string) (err error) {
	if c.webhooks != nil {
		c.Policy.Channels, err = c.webhooks(value)
	}
	return err
}

func heartbeat(c *Config, value string) error {
	if c.heartbeat == nil {
		return nil
	}
	return c.heartbeat(value)
}

func language(c *Config, value string) (err error) {
	c.Policy.Lang, err = lang.Parse(value)
	return err
}

func rulesText(c *Config, value string) error {
	c.rules, c.from = []byte(value), "RENEW_RULES"
	return nil
}

func rulesFile(c *Config, value string) error {
	if c.from != "" {
		return lang.Err("and RENEW_RULES are both set; remove one", "与 RENEW_RULES 同时设置；请删除其中一个")
	}
	if c.read == nil {
		return lang.Err("there are no files here", "此处没有文件可读")
	}
	text, err := c.read(value)
	if errors.Is(err, fs.ErrNotExist) {
		return lang.Err("there is no file %q beside the code", "代码目录中没有文件 %q", value)
	}
	if err != nil {
		return lang.Err("cannot read %q: %v", "无法读取 %q：%v", value, err)
	}
	c.rules, c.from = text, "RENEW_RULES_FILE"
	return nil
}
