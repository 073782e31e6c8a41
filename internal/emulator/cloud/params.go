package cloud

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

type kind int

const (
	text    kind = iota
	integer      // a decimal number, possibly negative
	boolean      // true or false
	unknown      // exists in the API, not modelled here: refused rather than ignored
)

// param is one parameter of an action. In a name, # stands for the index of a
// repeated one: 1, 2, 3 …
type param struct {
	name     string
	kind     kind
	required bool
}

// action is one row of the API: what it is called, what it takes, who does it.
type action struct {
	product string // as RAM and faults name it: ecs, sts, bss …
	version string // of the product's API; no two products share one
	name    string
	ram     []string // permissions, any of which denied refuses it
	regions bool     // RegionId must be a known region
	buys    bool     // it spends money
	list    string   // where its answer has the list, as Items.DBInstance; "" = it lists nothing
	total   string   // where it says how long the whole list is
	params  []param
	do      func(*Cloud, *request) (any, *apiError)
}

// What rows of actions are written with: a text, a number, true or false, what
// exists and is not modelled, and what may not be missing.
func str(name string) param     { return param{name: name} }
func num(name string) param     { return param{name: name, kind: integer} }
func yes(name string) param     { return param{name: name, kind: boolean} }
func refused(name string) param { return param{name: name, kind: unknown} }
func must(p param) param        { p.required = true; return p }

var actionTable struct {
	once   sync.Once
	byCall map[actionKey]action
	names  map[string]bool // of all actions
}

// actionKey finds an action: its name alone does not, since several products
// have a RenewInstance.
type actionKey struct{ version, name string }

// actions has every action served. It is made by the first request: a process
// that serves none need not spend time on it.
func actions() map[actionKey]action {
	actionTable.once.Do(func() {
		actionTable.byCall, actionTable.names = map[actionKey]action{}, map[string]bool{}
		for _, a := range allActions() {
			actionTable.byCall[actionKey{a.version, a.name}] = a
			actionTable.names[a.name], actionTable.names[a.product+":"+a.name] = true, true
		}
	})
	return actionTable.byCall
}

// knownAction says whether there is an action of this name, with or without its
// product in front.
func knownAction(name string) bool {
	actions()
	return actionTable.names[name]
}

// allActions joins the tables of the products.
func allActions() []action {
	return slices.Concat(
		ecsActions(), stsActions(), bssActions(),
		rdsActions(), redisActions(), mongodbActions(), polardbActions(), eipActions(), cbwpActions(), clbActions(),
		resourceCenterActions(), directoryActions(),
	)
}

// common has the parameters that every action takes, legacy ones included.
var common = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(`AccessKeyId Action Format RegionId SecurityToken Signature SignatureMethod
		SignatureNonce SignatureType SignatureVersion Timestamp Version
		SourceIp SecureTransport OwnerAccount OwnerId ResourceOwnerAccount ResourceOwnerId`) {
		names[name] = true
	}
	return names
})

var index = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\.[1-9][0-9]{0,3}(\.|$)`) })

// takes refuses parameters that the action does not have, that are of the wrong
// type or that are missing. The real gateway ignores what it does not know; an
// emulator that did so would hide a misspelt parameter.
func (a action) takes(rq *request) *apiError {
	for name, values := range rq.params {
		if len(values) > 1 {
			return invalid(name, strings.Join(values, ","), "sent more than once")
		}
	}
	for _, name := range rq.names() {
		if common()[name] {
			continue
		}
		p, ok := a.param(index().ReplaceAllString(name, ".#$1"))
		value := rq.get(name)
		switch {
		case !ok:
			return refuse(400, "UnsupportedParameter", "The parameter %q does not exist for %s.", name, rq.name)
		case value == "": // counts as absent
		case p.kind == unknown:
			return refuse(400, "UnsupportedParameter", "The parameter %q of %s is not modelled by this emulator.", name, rq.name)
		case p.kind == integer:
			if _, err := strconv.Atoi(value); err != nil {
				return invalid(name, value, "not an integer")
			}
		case p.kind == boolean:
			// Python writes True and False, and the gateway takes them.
			if value = strings.ToLower(value); value != "true" && value != "false" {
				return invalid(name, rq.get(name), "neither true nor false")
			}
			rq.params.Set(name, value)
		}
	}
	for _, p := range a.params {
		if p.required && rq.get(p.name) == "" {
			return missing(p.name)
		}
	}
	return nil
}

func (a action) param(name string) (param, bool) {
	i := slices.IndexFunc(a.params, func(p param) bool { return p.name == name })
	if i < 0 {
		return param{}, false
	}
	return a.params[i], true
}
