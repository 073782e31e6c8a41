package cloud

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

const (
	defaultAccountID = "1234567890123456"
	defaultKey       = "emulator" // id and secret
)

// Account is one cloud account with its first access key. More keys are added
// with AddKey.
type Account struct {
	ID              string    `yaml:"id" fleet:"name"`           // "" = 1234567890123456
	AccessKeyID     string    `yaml:"accessKeyId"`               // of the first key; "" = none, and of the only account of all "emulator"
	AccessKeySecret string    `yaml:"accessKeySecret"`           // of the first key
	SecurityToken   string    `yaml:"securityToken"`             // if set, requests with the first key must carry it; "" = a long-lived key
	TokenExpires    time.Time `yaml:"tokenExpires" fleet:"wall"` // when that token expires; zero = never

	Site     Site   `yaml:"site" fleet:"oneof=china|intl"` // "" = that of the cloud
	Currency string `yaml:"currency"`                      // "" = CNY, on the international site USD
	Balance  string `yaml:"balance" fleet:"amount"`        // "" = 100000.00
	Credit   string `yaml:"credit" fleet:"amount"`         // spendable on top of Balance; "" = 0
	Arrears  bool   `yaml:"arrears"`                       // has an overdue bill: nothing can be renewed

	Payer     string `yaml:"payer"`     // id of the account that its bills are paid from; "" = itself. Its own balance then says nothing
	Member    Member `yaml:"member"`    // what it is in a resource directory
	Directory bool   `yaml:"directory"` // it has a resource directory, even if nobody is in it

	NoResourceCenter bool `yaml:"noResourceCenter"` // Resource Center is not switched on

	Denied  []string `yaml:"denied"`  // RAM actions the first key lacks, such as "ecs:RenewInstance"; * is a wildcard
	Allowed []string `yaml:"allowed"` // if set, only these
	Roles   []Role   `yaml:"roles"`   // that can be assumed, see there
	Keys    []Key    `yaml:"keys"`    // further keys
}

// Key is an access key of an account.
type Key struct {
	AccessKeyID     string    `yaml:"accessKeyId" fleet:"name,needed"` // its id
	AccessKeySecret string    `yaml:"accessKeySecret"`                 // its secret
	SecurityToken   string    `yaml:"securityToken"`                   // if set, requests must carry it
	Expires         time.Time `yaml:"expires" fleet:"wall"`            // of the SecurityToken; zero = never
	Denied          []string  `yaml:"denied"`                          // RAM actions it lacks, as of an account
	Allowed         []string  `yaml:"allowed"`                         // if set, only these
	Root            bool      `yaml:"root"`                            // belongs to the account itself and not to a RAM user: may not assume roles
	Disabled        bool      `yaml:"disabled"`                        // is refused
	Role            string    `yaml:"role"`                            // name of the role it was issued for; "" = a RAM user, or some role when SecurityToken is set
	Session         string    `yaml:"session"`                         // its session name
}

// Role can be assumed by other accounts (STS AssumeRole).
type Role struct {
	Name            string        `yaml:"name" fleet:"name,needed"` // as in its ARN, acs:ram::ACCOUNT:role/NAME
	TrustedAccounts []string      `yaml:"trustedAccounts"`          // account ids; nil = only its own account, an empty list = nobody may assume it
	ExternalID      string        `yaml:"externalId"`               // if set, callers must send it
	Denied          []string      `yaml:"denied"`                   // RAM actions that its sessions lack, as of an account
	Allowed         []string      `yaml:"allowed"`                  // if set, only these
	MaxSession      time.Duration `yaml:"maxSession"`               // the longest session; 0 = an hour
}

type account struct {
	Account
	first   *key
	balance decimal.Decimal
	credit  decimal.Decimal
	tokens  map[string]*tokenRecord

	manages  bool // another account is a member of its directory
	listings int  // how often its members were listed
}

type key struct {
	Key
	account *account
}

// AddAccount adds an account, or replaces the one with this id together with
// its balance, roles and client tokens. Keys of the replaced account stop
// working. The first account is the default of instances: add accounts before
// them. It panics on an unreadable amount.
func (c *Cloud) AddAccount(a Account) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addAccount(a)
}

func (c *Cloud) addAccount(a Account) *account {
	a.ID = cmp.Or(a.ID, defaultAccountID)
	a.Site = cmp.Or(a.Site, c.opts.Site)
	if a.Currency == "" {
		a.Currency = "CNY"
		if a.Site == Intl {
			a.Currency = "USD"
		}
	}
	a.Balance = cmp.Or(a.Balance, "100000.00")
	a.Credit = cmp.Or(a.Credit, "0.00")
	a.Roles = slices.Clone(a.Roles)

	acc := &account{
		Account: a,
		balance: amount(a.Balance),
		credit:  amount(a.Credit),
		tokens:  map[string]*tokenRecord{},
	}
	if old := c.accounts[a.ID]; old != nil {
		for id, k := range c.keys {
			if k.account == old {
				delete(c.keys, id)
			}
		}
	}
	if c.accounts[a.ID] == nil {
		c.accountIDs = append(c.accountIDs, a.ID)
	}
	c.accounts[a.ID] = acc
	for _, other := range c.accounts {
		if management := c.accounts[other.Member.Of]; management != nil {
			management.manages = true
		}
	}
	c.firstID = cmp.Or(c.firstID, a.ID)
	acc.first = &key{account: acc, Key: Key{
		AccessKeyID: a.AccessKeyID, AccessKeySecret: a.AccessKeySecret,
		SecurityToken: a.SecurityToken, Expires: a.TokenExpires,
		Denied: a.Denied, Allowed: a.Allowed,
	}}
	if a.AccessKeyID != "" {
		c.keys[a.AccessKeyID] = acc.first
	}
	for _, k := range a.Keys {
		c.keys[k.AccessKeyID] = &key{Key: k, account: acc}
	}
	return acc
}

// defaultAccount returns the first account, which it creates if there is none.
func (c *Cloud) defaultAccount() *account {
	if c.firstID == "" {
		return c.addAccount(Account{AccessKeyID: defaultKey, AccessKeySecret: defaultKey})
	}
	return c.accounts[c.firstID]
}

// AddKey adds an access key to an account, or replaces the one with its id.
func (c *Cloud) AddKey(accountID string, k Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[k.AccessKeyID] = &key{Key: k, account: c.mustAccount(accountID)}
}

// RemoveKey deletes an access key: requests with it are refused from now on.
func (c *Cloud) RemoveKey(accessKeyID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.keys, accessKeyID)
}

// SetBalance sets the cash of an account.
func (c *Cloud) SetBalance(accountID, cash string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mustAccount(accountID).balance = amount(cash)
}

// purse is the account that pays for what an account buys.
func (c *Cloud) purse(acc *account) *account {
	if payer := c.accounts[acc.Payer]; payer != nil {
		return payer
	}
	return acc
}

// affords reports whether an account can pay an amount.
func (c *Cloud) affords(acc *account, cost decimal.Decimal) bool {
	purse := c.purse(acc)
	return !acc.Arrears && !purse.Arrears && !purse.balance.Add(purse.credit).LessThan(cost)
}

// take takes an amount from who pays for an account.
func (c *Cloud) take(acc *account, cost decimal.Decimal) {
	purse := c.purse(acc)
	purse.balance = purse.balance.Sub(cost)
}

// Balance returns the cash left in an account, with two places.
func (c *Cloud) Balance(accountID string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mustAccount(accountID).balance.StringFixed(2)
}

// SetArrears says whether the account has an overdue bill.
func (c *Cloud) SetArrears(accountID string, arrears bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mustAccount(accountID).Arrears = arrears
}

// SetDenied replaces what the account's first key may not do.
func (c *Cloud) SetDenied(accountID string, denied ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mustAccount(accountID).first.Denied = denied
}

func (c *Cloud) mustAccount(id string) *account {
	first := c.defaultAccount()
	if id == "" {
		return first
	}
	acc := c.accounts[id]
	if acc == nil {
		panic("cloud: no account " + id)
	}
	return acc
}

func amount(s string) decimal.Decimal {
	d, err := decimal.NewFromString(s)
	if err != nil {
		panic("cloud: amount " + s + " is not a number")
	}
	return d
}

// may reports whether the key has a permission, which may go by several names:
// one that is denied is enough to refuse it, one that is allowed to grant it.
func (k *key) may(names ...string) bool {
	for _, name := range names {
		if matchAny(k.Denied, name) {
			return false
		}
	}
	return k.Allowed == nil || slices.ContainsFunc(names, func(name string) bool { return matchAny(k.Allowed, name) })
}

func matchAny(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := path.Match(strings.ToLower(p), strings.ToLower(action))
		return err == nil && ok
	})
}
