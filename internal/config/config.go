package config

import (
	"errors"
	"fmt"
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

// Self stands in RENEW_ACCOUNTS for the account of the function's own credentials.
const Self = "self"

// A Config is the settings of a run. It is read once and not changed; what an
// event narrows is narrowed in a copy.
type Config struct {
	Policy renewal.Policy

	Regions        []string // nil = the function's own, or all of them
	AllRegions     bool
	Accounts       []string // Self, or ARNs of roles
	ExternalID     string   // a kind of password: never shown
	ExpectAccounts []string // nil = any

	Reserve     time.Duration
	Verify      time.Duration
	Concurrency int

	Channels []string // the channels of RENEW_NOTIFY by name; "" is one without a name
	NotifyOn string
	Lang     lang.Language
	LogLevel slog.Level
	Network  string
	Endpoint *url.URL // nil = the real cloud

	given map[string]bool // names that were set
	money struct{ spend, price, balance moneyText }
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
	problem := func(name string, err error) { problems = append(problems, fmt.Errorf("%s: %w", name, err)) }

	values := variables(env.Variables)
	var names []string
	for _, s := range settings() {
		names = append(names, s.Name)
		value, given := values[s.Name]
		delete(values, s.Name)
		c.given[s.Name] = given
		if given && strings.TrimSpace(value) == "" {
			problem(s.Name, errors.New("is set, but empty; remove it or give it a value"))
			continue
		}
		if !given {
			value = s.Default
		}
		if value == "" {
			continue
		}
		value = trim(s.Name, value)
		if err := s.parse(&c, value); err != nil {
			problem(s.Name, withoutURL(s.Name, value, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if unknown(name) {
			nearest, _ := Nearest(strings.ToUpper(name), names)
			problem(name, fmt.Errorf("there is no such setting; the nearest is %s", nearest))
		}
	}
	if debugPrints(values["DEBUG"]) {
		problem("DEBUG", errors.New("makes the SDKs print signed requests; remove sdk and credential from it"))
	}
	problems = append(problems, c.finish()...)
	return c, errors.Join(problems...)
}

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
	takes := name == "RENEW_NOTIFY" || name == "RENEW_HEARTBEAT" || name == "RENEW_ENDPOINT"
	if takes || !strings.Contains(value, "://") {
		return err
	}
	return errors.New("holds a URL, which is not what it takes (and is not repeated here, since it may be a secret)")
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

// unknown says whether name is meant for us, in whatever case of letters.
func unknown(name string) bool { return strings.HasPrefix(strings.ToUpper(name), Prefix) }

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

// finish settles what depends on more than one setting.
func (c *Config) finish() (problems []error) {
	p := &c.Policy
	p.Widest = max(p.Window, p.Backstop)
	p.Caps.MaxSpend = c.money.spend.amount(p.Site)
	p.Caps.MaxPrice = c.money.price.amount(p.Site)
	p.Caps.MinBalance = c.money.balance.amount(p.Site)
	if c.given["RENEW_UNTIL_DAY"] && c.given["RENEW_PERIOD"] {
		problems = append(problems, errors.New("RENEW_UNTIL_DAY and RENEW_PERIOD are both set; a renewal is for a period or up to a day: remove one"))
	}
	if p.Term.UntilDay > 0 {
		p.Term.Period = renewal.Period{}
	}
	if err := p.Term.Period.OfferedForRenewal(p.Site); err != nil {
		problems = append(problems, fmt.Errorf("RENEW_PERIOD: %w", err))
	}
	if err := p.AutoPeriod.OfferedForAutoRenewal(p.Site); err != nil && p.AutoPeriod != (renewal.Period{}) {
		problems = append(problems, fmt.Errorf("RENEW_AUTO_PERIOD: %w", err))
	}
	problems = append(problems, c.readRules()...)
	return append(problems, c.endless()...)
}

// endless finds renewals that would be due again as soon as they are paid.
func (c *Config) endless() (problems []error) {
	p := c.Policy
	refuse := func(whose string, term renewal.Term, names ...string) {
		reach := map[string]time.Duration{"RENEW_WINDOW": p.Window, "RENEW_BACKSTOP": p.Backstop, "RENEW_RESCUE": p.Rescue}
		for _, name := range names {
			if shortest := term.Shortest(); shortest > 0 && reach[name] >= shortest {
				problems = append(problems, fmt.Errorf("%s is as long as %s (%s, at least %d days): what is renewed would be due again, for ever; shorten the one or lengthen the other",
					name, whose, term, shortest/renewal.Day))
			}
		}
	}
	all := []string{"RENEW_WINDOW", "RENEW_BACKSTOP", "RENEW_RESCUE"}
	switch {
	case p.Action == renewal.ReportOnly:
		return nil
	case p.Action == renewal.Renew:
		refuse("the period", p.Term, all...)
	case p.Action == renewal.AutoRenew && p.TooLate == renewal.Renew:
		// What is paid for expires within two days: only a rescue can repeat.
		refuse("the period", p.Term, "RENEW_RESCUE")
	}
	for _, rule := range p.Rules {
		term := p.Term
		if rule.Period != (renewal.Period{}) {
			term = renewal.Term{Period: rule.Period}
		}
		pays := rule.Action == renewal.Renew || rule.Action == "" && p.Action == renewal.Renew
		if pays && (term != p.Term || p.Action != renewal.Renew) {
			refuse(fmt.Sprintf("the period of rule %q", rule.Name), term, all...)
		}
	}
	return problems
}

func webhooks(c *Config, value string) (err error) {
	if c.webhooks != nil {
		c.Channels, err = c.webhooks(value)
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
	c.Lang, err = lang.Parse(value)
	return err
}

func rulesText(c *Config, value string) error {
	c.rules, c.from = []byte(value), "RENEW_RULES"
	return nil
}

func rulesFile(c *Config, value string) error {
	if c.from != "" {
		return errors.New("and RENEW_RULES are both set; remove one")
	}
	if c.read == nil {
		return errors.New("there are no files here")
	}
	text, err := c.read(value)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no file %q beside the code", value)
	}
	if err != nil {
		return fmt.Errorf("cannot read %q: %w", value, err)
	}
	c.rules, c.from = text, "RENEW_RULES_FILE"
	return nil
}
