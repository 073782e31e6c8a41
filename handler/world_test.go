package handler_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	account   = "1234567890123456"
	hangzhou  = "cn-hangzhou"
	keyID     = "STS.NTestAccessKeyId0001"
	keySecret = "TestAccessKeySecretOfTheRole0001"
	keyToken  = "CAISTestSecurityTokenOfTheRole+/=0001"
)

// An emulated cloud is where the tests of this package happen, on the wire
// (wire_test.go) or in a bubble of fake time (bubble_test.go). What happened is
// read from its ledger.
type emulated struct {
	t     *testing.T
	cloud *cloud.Cloud
	env   map[string]string // the settings
}

func newEmulated(t *testing.T, options cloud.Options) emulated {
	e := emulated{t: t, cloud: cloud.New(options)}
	e.cloud.AddAccount(cloud.Account{ID: account, AccessKeyID: keyID, AccessKeySecret: keySecret, SecurityToken: keyToken})
	return e
}

func (w *emulated) add(instances ...cloud.Instance) {
	for _, in := range instances {
		w.cloud.AddInstance(in)
	}
}

// unset as a value takes a setting out of those before it.
const unset = "\x00"

// set makes settings of several tables, the later ones over the earlier.
func (w *emulated) set(tables ...map[string]string) {
	w.env = map[string]string{}
	for _, table := range tables {
		maps.Copy(w.env, table)
	}
	maps.DeleteFunc(w.env, func(_, value string) bool { return value == unset })
}

// read reads a report to the letter.
func (w *emulated) read(payload []byte) renewal.Report {
	w.t.Helper()
	var report renewal.Report
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(&report); err != nil {
		w.t.Fatalf("the report is not readable: %v\n%s", err, payload)
	}
	return report
}

// unchanged checks that nothing was bought and no changing call was made.
func (w *emulated) unchanged() {
	w.t.Helper()
	for _, action := range []string{"RenewInstance", "ModifyInstanceAutoRenewAttribute"} {
		if n := w.cloud.CallCount(action); n != 0 {
			w.t.Errorf("%s was called %d times; nothing was to be changed", action, n)
		}
	}
	if ledger := w.cloud.Ledger(); len(ledger) != 0 {
		w.t.Errorf("something was bought: %+v", ledger)
	}
}

// charged checks how often an instance was paid for.
func (w *emulated) charged(id string, want int) {
	w.t.Helper()
	if got := w.cloud.Charges(id); got != want {
		w.t.Errorf("%s was charged %d times, want %d", id, got, want)
	}
}

// noSecrets checks a text that leaves the function. Signatures and nonces are
// part of every request, and so of every address that must not be shown.
func (w *emulated) noSecrets(text string) {
	w.t.Helper()
	if strings.Contains(text, "DATA RACE") {
		w.t.Errorf("a data race: %s", text)
	}
	for _, secret := range []string{keyID, keySecret, keyToken, "Signature=", "SignatureNonce", "AccessKeyId=", "SecurityToken="} {
		if strings.Contains(text, secret) {
			w.t.Errorf("a secret got out (%s…) in: %s", secret[:8], text)
		}
	}
}

// entry gives an instance's place in the report.
func entry(t *testing.T, r renewal.Report, id string) renewal.Entry {
	t.Helper()
	for _, e := range r.Instances {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("%s is not in the report: %+v", id, r.Instances)
	return renewal.Entry{}
}

// due is an instance that expires within the default window.
func due(id string) cloud.Instance { return expiring(id, 3*24*time.Hour) }

func expiring(id string, in time.Duration) cloud.Instance {
	return cloud.Instance{ID: id, Name: "name-of-" + id, Expires: time.Now().Add(in)}
}

func outcome(t *testing.T, r renewal.Report, id string, want renewal.Outcome) {
	t.Helper()
	if e := entry(t, r, id); e.Outcome != want {
		t.Errorf("%s: outcome %s (%s), want %s", id, e.Outcome, e.Error, want)
	}
}

// oneToken checks that all money calls for an instance carried the same token.
func (w *emulated) oneToken(id string) {
	w.t.Helper()
	if tokens := w.tokens(id); len(tokens) != 1 {
		w.t.Errorf("%s was asked for with %d tokens, want one", id, len(tokens))
	}
}

// tokens gives the tokens of the money calls for an instance, in order of first use.
func (w *emulated) tokens(id string) []string {
	var tokens []string
	for _, call := range w.cloud.Calls() {
		token := call.Params.Get("ClientToken")
		if call.Action == "RenewInstance" && call.Params.Get("InstanceId") == id && !slices.Contains(tokens, token) {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// spent adds up the ledger.
func (w *emulated) spent() decimal.Decimal {
	var sum decimal.Decimal
	for _, charge := range w.cloud.Ledger() {
		sum = sum.Add(decimal.RequireFromString(charge.Amount))
	}
	return sum
}

// status gives the auto-renewal setting that is in force.
func (w *emulated) status(id string) string {
	w.t.Helper()
	in, ok := w.cloud.Instance(id)
	if !ok {
		w.t.Fatalf("%s is not there", id)
	}
	return fmt.Sprintf("%s %d %s", in.RenewalStatus, in.AutoDuration, in.AutoUnit)
}

// once checks that no expiry was paid for twice.
func (w *emulated) once() {
	w.t.Helper()
	type expiry struct {
		instance string
		at       time.Time
	}
	paid := map[expiry]int{}
	for _, c := range w.cloud.Ledger() {
		e := expiry{c.Instance, c.OldExpires}
		if paid[e]++; paid[e] > 1 {
			w.t.Errorf("%s was paid for %d times for one expiry: %+v", c.Instance, paid[e], w.cloud.Ledger())
		}
	}
}

// kept checks that nothing was paid for twice, or late, and nothing has lapsed.
func (w *emulated) kept() {
	w.t.Helper()
	w.once()
	for _, c := range w.cloud.Ledger() {
		if c.At.After(c.OldExpires) {
			w.t.Errorf("%s had lapsed on %s, before it was paid for", c.Instance, c.OldExpires)
		}
	}
	for _, in := range w.cloud.Instances() {
		if !in.Expires.After(w.cloud.Now()) {
			w.t.Errorf("%s has lapsed on %s", in.ID, in.Expires)
		}
	}
}

// unpaid checks that nothing was bought, whatever was asked for.
func (w *emulated) unpaid() {
	w.t.Helper()
	if ledger := w.cloud.Ledger(); len(ledger) != 0 {
		w.t.Errorf("something was bought: %+v", ledger)
	}
}
