package cloud

import (
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A Fleet is what a fleet file describes: accounts, instances and faults to
// put into a Cloud.
//
// The file is YAML. Every key may be left out except an instance's id and a
// fault's kind; a key that does not exist is an error. Names and defaults are
// those of Options, Account, Key, Role, Instance and Fault, written as their tags
// say; docs/emulator.md explains all of them:
//
//	site: china                  # or intl
//	regions: [cn-hangzhou, cn-beijing]
//	options:
//	  expiryDelay: 2s            # real time; never = the new expiry does not show
//	  poisonTokens: true
//	products:
//	  rds: {token: charge}       # what becomes of a repeated token
//	budgets:
//	  ecs:RenewInstance: {perMinute: 30, headers: true}
//	accounts:
//	  - id: "1234567890123456"
//	    accessKeyId: emulator
//	    accessKeySecret: emulator
//	    balance: "5000.00"
//	    denied: ["ecs:ModifyInstanceAutoRenewAttribute"]
//	    roles:
//	      - {name: renewer, externalId: ext-1, trustedAccounts: ["1234567890123456"]}
//	    keys:
//	      - {accessKeyId: STS.fc, accessKeySecret: s, securityToken: t, role: fc, expires: 1h}
//	instances:
//	  - id: i-web1
//	    name: web-1
//	    region: cn-hangzhou
//	    expires: 3d              # the day in three days; also -2d, 36h, 2w, 1d12h, or 2026-12-10T16:00Z
//	    price: "250.00"          # a month
//	    tags: {env: prod}
//	  - id: i-old
//	    expires: -2d
//	    renewalStatus: NotRenewal
//	  - {id: rm-1, product: rds, expires: 5d}
//	faults:
//	  - {kind: lose-answer, action: RenewInstance, instance: i-web1, call: 1}
//
// A time is counted from now (for keys by the wall clock, as they live by it),
// or written out in RFC 3339 with or without seconds. A term that is counted in
// whole days or weeks ends as all real ones do, at midnight in UTC+8
// (T16:00Z); one with hours in it ends to the minute. A duration is a number with
// ms, s, m, h, d or w, or several of them.
type Fleet struct {
	Accounts  []Account
	Instances []Instance
	Orders    []Order // that somebody else has made
	Faults    []Fault

	options func(*Options) // sets what the file says
}

// Apply puts the fleet into a cloud: first its options, then accounts,
// instances, orders and faults. What is there already stays, unless it has the same id.
func (f Fleet) Apply(c *Cloud) {
	if f.options != nil {
		c.SetOptions(f.options)
	}
	for _, a := range f.Accounts {
		c.AddAccount(a)
	}
	for _, i := range f.Instances {
		c.AddInstance(i)
	}
	for _, o := range f.Orders {
		c.AddOrder(o)
	}
	for _, fault := range f.Faults {
		c.Fail(fault)
	}
}

// fleetFile is a fleet file as it is written.
type fleetFile struct {
	Site      Site                      `yaml:"site" fleet:"oneof=china|intl"`
	Regions   []string                  `yaml:"regions"`
	Options   Options                   `yaml:"options"`
	Budgets   map[string]Budget         `yaml:"budgets"`
	Billing   BillingOptions            `yaml:"billing"`
	Products  map[string]ProductOptions `yaml:"products"`
	Accounts  []Account                 `yaml:"accounts"`
	Instances []Instance                `yaml:"instances"`
	Orders    []Order                   `yaml:"orders"`
	Faults    []Fault                   `yaml:"faults"`
}

// LoadFleet reads a fleet file. Relative times count from now. The error names
// every mistake with its line.
func LoadFleet(r io.Reader, now time.Time) (Fleet, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Fleet{}, err
	}
	reader := &fleetReader{now: now, wall: time.Now()}
	var file fleetFile
	reader.read(text, &file)
	if len(reader.errs) == 0 {
		reader.judge(&file)
	}
	if len(reader.errs) > 0 {
		return Fleet{}, errors.Join(reader.errs...)
	}
	written := reader.options
	return Fleet{
		Accounts: file.Accounts, Instances: file.Instances, Orders: file.Orders, Faults: file.Faults,
		options: func(o *Options) {
			for _, field := range written {
				reflect.ValueOf(o).Elem().FieldByIndex(field).Set(reflect.ValueOf(file.Options).FieldByIndex(field))
			}
			if file.Site != "" {
				o.Site = file.Site
			}
			if file.Regions != nil {
				o.Regions = file.Regions
			}
			if file.Billing != (BillingOptions{}) {
				o.Billing = file.Billing
			}
			o.Budget = merged(o.Budget, file.Budgets)
			o.Products = merged(o.Products, file.Products)
		},
	}, nil
}

// merged puts what a file says over what is there.
func merged[V any](there, written map[string]V) map[string]V {
	all := map[string]V{}
	maps.Copy(all, there)
	maps.Copy(all, written)
	return all
}

// judge finds what is wrong with a file whose values can all be read.
func (r *fleetReader) judge(file *fleetFile) {
	for action := range file.Budgets {
		if !knownAction(action) {
			r.fail(place{what: "budgets", path: "$.budgets", field: action}, "there is no such action")
		}
	}
	accounts := map[string]bool{"": true}
	for n := range file.Accounts {
		a := &file.Accounts[n]
		if a.ID == "" {
			a.ID = defaultAccountID
		}
		if accounts[a.ID] {
			r.fail(item("accounts", n, a.ID, "id"), "this account is there twice")
		}
		accounts[a.ID] = true
	}
	if len(file.Accounts) == 0 {
		accounts[defaultAccountID] = true
	}
	r.checkDirectory(file.Accounts, accounts)
	ids := map[string]bool{}
	for n, i := range file.Instances {
		if ids[i.ID] {
			r.fail(item("instances", n, i.ID, "id"), "this instance is there twice")
		}
		ids[i.ID] = true
		r.checkProduct(n, i)
		if !accounts[i.Account] {
			r.fail(item("instances", n, i.ID, "account"), "there is no account %q in this file", i.Account)
		}
	}
	for n, o := range file.Orders {
		if !ids[o.Instance] {
			r.fail(item("orders", n, o.ID, "instance"), "there is no instance %q in this file", o.Instance)
		}
	}
	r.checkFaults(file.Faults)
}

func (r *fleetReader) checkFaults(faults []Fault) {
	for n, x := range faults {
		if !slices.Contains(FaultKinds(), x.Kind) || x.Kind == Hook { // code cannot be written in a file
			r.fail(item("faults", n, "", "kind"), "%q is not one of %s", x.Kind, strings.Join(writableKinds(), ", "))
		}
		if x.Action != "" && !knownAction(x.Action) {
			r.fail(item("faults", n, "", "action"), "there is no action %q", x.Action)
		} else if x.Action != "" && spoilsList(x.Kind) && !lists(x.Action) {
			r.fail(item("faults", n, "", "action"), "%s lists nothing", x.Action)
		}
	}
}

// writableKinds are the kinds of faults that a file may have.
func writableKinds() (kinds []string) {
	for _, k := range FaultKinds() {
		if k != Hook {
			kinds = append(kinds, string(k))
		}
	}
	return kinds
}
