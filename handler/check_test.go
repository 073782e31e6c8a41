package handler_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// checked sends the event that asks for a check, and makes sure that nothing
// came of it but calls that change nothing.
func (w *world) checked() runner.CheckResult {
	w.t.Helper()
	result := w.invoke(`{"check":true}`)
	if result.Error != nil || result.Crashed || result.TimedOut {
		w.t.Fatalf("no result: %+v\n%s", result, result.Log)
	}
	return w.readCheck(result.Payload)
}

// checked is the same in a bubble.
func (w *bubble) checked() runner.CheckResult {
	w.t.Helper()
	payload, err := w.begin(`{"check":true}`).answer()
	if err != nil {
		w.t.Fatalf("no result: %v", err)
	}
	return w.readCheck(payload)
}

func (w *emulated) readCheck(payload []byte) runner.CheckResult {
	w.t.Helper()
	var got runner.CheckResult
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		w.t.Fatalf("the result is not readable: %v\n%s", err, payload)
	}
	w.unchanged()
	for _, call := range w.cloud.Calls() {
		harmless := strings.HasPrefix(call.Action, "Describe") || strings.HasPrefix(call.Action, "Query") || call.Action == "GetCallerIdentity" || call.Action == "AssumeRole" || strings.HasPrefix(call.Action, "List")
		if !harmless {
			w.t.Errorf("a check calls %s", call.Action)
		}
	}
	all := true
	for _, p := range got.Probes {
		all = all && p.OK
		if p.Name == "" || p.Message == "" {
			w.t.Errorf("%+v says nothing", p)
		}
	}
	if got.OK != all || got.Says == "" {
		w.t.Errorf("ok is %v, and of the probes %v; it says %q", got.OK, all, got.Says)
	}
	return got
}

// probe gives one probe of a check.
func probe(t *testing.T, r runner.CheckResult, name, scope string) runner.Probe {
	t.Helper()
	for _, p := range r.Probes {
		if p.Name == name && p.Scope == scope {
			return p
		}
	}
	t.Fatalf("there is no probe %s of %q: %+v", name, scope, r.Probes)
	return runner.Probe{}
}

// gap gives one thing that a check did not try.
func gap(t *testing.T, r runner.CheckResult, name, scope string) runner.Gap {
	t.Helper()
	for _, g := range r.NotTried {
		if g.Name == name && g.Scope == scope {
			return g
		}
	}
	t.Fatalf("it is not said that %s of %q was not tried: %+v", name, scope, r.NotTried)
	return runner.Gap{}
}

func TestCheckNeverPays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_MIN_BALANCE": "10", "RENEW_EXPECT_ACCOUNTS": account, "RENEW_MAX_SPEND": "5000"},
		due("i-1"), expiring("i-2", 40*renewal.Day))
	for _, event := range []string{`{"check":true}`, `{"triggerTime":"2026-11-23T01:00:00Z","triggerName":"t","payload":"{\"check\":true}"}`} {
		if result := w.invoke(event); result.Error != nil {
			t.Errorf("%s: %+v", event, result.Error)
		}
	}
	got := w.checked()
	if !got.OK || !strings.Contains(got.Says, "Renews for 1 month what expires within 7 days") || !strings.Contains(got.Says, "5000 CNY a run") {
		t.Errorf("%+v", got)
	}
	here := account + "/" + hangzhou
	for _, tt := range []struct{ name, scope, words string }{
		{"identity", account, account}, {"balance", account, "100000.00 CNY"}, {"list", here, "may list"}, {"instances", here, "2"},
		{"renewal-status", here, "i-1: manual"}, {"price", here, "i-1: 100.00 CNY (1m)"}, {"endpoints", "", "3"}, {"clock", "", "15 minutes"},
	} {
		if p := probe(t, got, tt.name, tt.scope); !p.OK || !strings.Contains(p.Message, tt.words) {
			t.Errorf("%+v, want %q in it", p, tt.words)
		}
	}
	// What a check cannot try is said to be untried, and is no ok.
	for name, words := range map[string]string{"rights-to-change": "ecs:RenewInstance", "right-to-tag": "ecs:TagResources"} {
		if g := gap(t, got, name, ""); !strings.Contains(g.Message, words) {
			t.Errorf("%+v, want %q in it", g, words)
		}
	}
	// The log has the result as one line, with what belongs to every line.
	var line struct {
		Time, Msg, Level, RequestID string
		Check                       runner.CheckResult
	}
	found := 0
	for text := range strings.Lines(w.rt.Logs()) {
		if !strings.Contains(text, `"msg":"check"`) {
			continue
		}
		found++
		if err := json.Unmarshal([]byte(text), &line); err != nil || line.Time == "" || line.RequestID == "" || line.Level != "INFO" || len(line.Check.Probes) != len(got.Probes) {
			t.Errorf("%v: %s", err, text)
		}
	}
	if found != 3 {
		t.Errorf("%d lines of the log say check, want 3", found)
	}
}

// The whole job of a check in the order of the settings, in Chinese.
func TestCheckInChinese(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_LANG": "zh"}, due("i-1"))
	got := w.checked()
	if !got.OK || !strings.Contains(got.Says, "续费 1 个月") || probe(t, got, "clock", "").Message != "偏差小于 15 分钟，符合签名要求" {
		t.Errorf("%+v", got)
	}
}

// Everything that is wrong is told, with what to do, and where.
func TestCheckTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	here := account + "/" + hangzhou
	other := "2222222222222222"
	for name, tt := range map[string]struct {
		env     map[string]string
		prepare func(w *bubble)
		probe   string
		scope   string
		words   []string
		more    []string // other probes that are not ok, too
	}{
		"may not list": {prepare: func(w *bubble) { w.cloud.SetDenied(account, "ecs:DescribeInstances") },
			probe: "list", scope: here, words: []string{"Forbidden.RAM", "grant ecs:DescribeInstances"}},
		"may not read the renewal status": {prepare: func(w *bubble) { w.cloud.SetDenied(account, "ecs:DescribeInstanceAutoRenewAttribute") },
			probe: "renewal-status", scope: here, words: []string{"grant ecs:DescribeInstanceAutoRenewAttribute"}},
		"may not read prices": {prepare: func(w *bubble) { w.cloud.SetDenied(account, "ecs:DescribeRenewalPrice") },
			probe: "price", scope: here, words: []string{"grant ecs:DescribeRenewalPrice"}},
		"weeks have no price, and a cap needs one": {env: map[string]string{"RENEW_PERIOD": "2w", "RENEW_MAX_PRICE": "500"},
			probe: "price", scope: here, words: []string{"no price"}},
		"may not read the balance": {env: map[string]string{"RENEW_MIN_BALANCE": "1"}, prepare: func(w *bubble) { w.cloud.SetDenied(account, "bss:DescribeAcccount") },
			probe: "balance", scope: account, words: []string{"NotAuthorized", "grant bss:DescribeAcccount"}},
		"the balance is below what must stay": {env: map[string]string{"RENEW_MIN_BALANCE": "200000"},
			probe: "balance", scope: account, words: []string{"100000.00", "200000.00", "top the account up"}},
		"the balance is in another currency": {env: map[string]string{"RENEW_MIN_BALANCE": "1 USD"},
			probe: "balance", scope: account, words: []string{"CNY", "USD", "currencies"}},
		"another account": {env: map[string]string{"RENEW_EXPECT_ACCOUNTS": "9999999999999999"},
			probe: "identity", scope: account, words: []string{account, "RENEW_EXPECT_ACCOUNTS"}},
		"an unknown key": {prepare: func(w *bubble) { w.cloud.RemoveKey(keyID) },
			probe: "identity", scope: account, words: []string{"InvalidAccessKeyId.NotFound", "role"}, more: []string{"clock"}},
		"a clock that is off": {prepare: func(w *bubble) {
			w.cloud.Fail(cloud.Fault{Kind: cloud.RefuseBefore, Status: 400, Code: "InvalidTimeStamp.Expired"})
		}, probe: "clock", words: []string{"15 minutes", "NTP"}, more: []string{"identity"}},
		"nobody is there": {prepare: func(w *bubble) { w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.ResetBefore}) },
			probe: "endpoints", words: []string{"ECS " + hangzhou, "RENEW_NETWORK=vpc"}, more: []string{"list"}},
		"no list of regions": {env: map[string]string{"RENEW_REGIONS": "all"}, prepare: func(w *bubble) { w.cloud.SetDenied(account, "ecs:DescribeRegions") },
			probe: "regions", scope: account, words: []string{"grant ecs:DescribeRegions"}},
		"no list of regions, and no servers": {env: map[string]string{"RENEW_REGIONS": "all", "RENEW_PRODUCTS": "rds"}, prepare: func(w *bubble) { w.cloud.SetDenied(account, "ecs:DescribeRegions") },
			probe: "regions", scope: account, words: []string{"grant ecs:DescribeRegions"}},
		"a role that does not exist": {env: map[string]string{"RENEW_ACCOUNTS": "self,acs:ram::" + other + ":role/nobody"},
			probe: "role", scope: other, words: []string{"EntityNotExist.Role", "RENEW_ACCOUNTS"}},
		"another external id": {env: map[string]string{"RENEW_ACCOUNTS": "self,acs:ram::" + other + ":role/r", "RENEW_EXTERNAL_ID": "another-one"},
			prepare: func(w *bubble) {
				w.cloud.AddAccount(cloud.Account{ID: other, Roles: []cloud.Role{{Name: "r", ExternalID: "the-right-one", TrustedAccounts: []string{account}}}})
			}, probe: "role", scope: other, words: []string{"NoPermission", "RENEW_EXTERNAL_ID", "sts:AssumeRole"}},
		"one region of two": {env: map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-nowhere-1"},
			probe: "list", scope: account + "/cn-nowhere-1", words: []string{"InvalidRegionId.NotFound", "RENEW_REGIONS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				if tt.prepare != nil {
					tt.prepare(w)
				}
				got := w.checked()
				p := probe(t, got, tt.probe, tt.scope)
				for _, word := range tt.words {
					if !strings.Contains(p.Message, word) {
						t.Errorf("it does not say %q: %s", word, p.Message)
					}
				}
				for _, p := range got.Probes {
					if wrong := p.Name == tt.probe && p.Scope == tt.scope || slices.Contains(tt.more, p.Name); p.OK == wrong {
						t.Errorf("%+v", p)
					}
				}
				if log := w.logs(); !strings.Contains(log, `"level":"WARN","msg":"check"`) {
					t.Errorf("the log does not warn: %s", log)
				}
			})
		})
	}
}

// What the settings do not need is not asked for, or is no failure.
func TestCheckNeedsNoMoreThanTheRun(t *testing.T) {
	t.Parallel()
	t.Run("without RENEW_MIN_BALANCE no balance", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			if got := w.checked(); !got.OK || w.cloud.CallCount("QueryAccountBalance") != 0 {
				t.Errorf("%+v", got)
			}
		})
	})
	t.Run("a report needs no price", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, map[string]string{"RENEW_ACTION": "report"}, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			w.cloud.SetDenied(account, "ecs:DescribeRenewalPrice")
			if p := probe(t, w.checked(), "price", account+"/"+hangzhou); !p.OK || !strings.Contains(p.Message, "not needed") || !strings.Contains(p.Message, "ecs:DescribeRenewalPrice") {
				t.Errorf("%+v", p)
			}
		})
	})
	t.Run("nothing to ask about", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			payg, over := due("i-payg"), expiring("i-over", -renewal.Day)
			payg.ChargeType = "PostPaid"
			w.add(payg, over)
			got := w.checked()
			if g := gap(t, got, "price", account+"/"+hangzhou); !got.OK || g.Message != "no instance to price" {
				t.Errorf("%+v", got)
			}
			gap(t, got, "renewal-status", account+"/"+hangzhou)
		})
	})
	t.Run("no cap needs the price that weeks do not have", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, map[string]string{"RENEW_PERIOD": "2w"}, func(t *testing.T, w *bubble) {
			w.add(due("i-1"))
			if p := probe(t, w.checked(), "price", account+"/"+hangzhou); !p.OK || !strings.Contains(p.Message, "no price") {
				t.Errorf("%+v", p)
			}
		})
	})
}

func TestCheckOfThreeAccounts(t *testing.T) {
	t.Parallel()
	inThreeAccounts(t, settings{"RENEW_REGIONS": "cn-hangzhou,cn-beijing", "RENEW_MIN_BALANCE": "1"}, func(t *testing.T, w *bubble) {
		got := w.checked()
		if !got.OK {
			t.Errorf("%+v", got)
		}
		for _, id := range []string{account, second, third} {
			probe(t, got, "identity", id)
			probe(t, got, "balance", id)
			probe(t, got, "price", id+"/cn-hangzhou")
			gap(t, got, "price", id+"/cn-beijing")
		}
		if strings.Contains(got.Says+w.logs(), externalID) {
			t.Error("the external id is shown")
		}
	})
}

// What stops a run stops a check, with the same error.
func TestCheckErrors(t *testing.T) {
	t.Parallel()
	t.Run("bad settings", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, settings{"RENEW_WINDOW": "soon"}, func(_ *testing.T, w *bubble) { w.refused(`{"check":true}`, runner.BadConfig) })
	})
	t.Run("a check and more", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(_ *testing.T, w *bubble) { w.refused(`{"check":true,"dryRun":true}`, runner.BadEvent) })
	})
	t.Run("no credentials", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		w.fn.Credentials = fc.Credentials{}
		if message := w.refused(`{"check":true}`, "denied"); !strings.Contains(message, "role") {
			t.Error(message)
		}
	})
	t.Run("an account twice", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"RENEW_ACCOUNTS": "self,acs:ram::" + account + ":role/r"}, due("i-1"))
		w.cloud.AddAccount(cloud.Account{ID: account, AccessKeyID: keyID, AccessKeySecret: keySecret, SecurityToken: keyToken, Roles: []cloud.Role{{Name: "r"}}})
		if message := w.refused(`{"check":true}`, "bad-config"); !strings.Contains(message, "twice") {
			t.Error(message)
		}
	})
}

// A check of very many regions fits into a line of the log; what is wrong is
// what it keeps.
func TestCheckOfManyRegionsFitsALine(t *testing.T) {
	t.Parallel()
	var regions []string
	for i := range 120 {
		regions = append(regions, fmt.Sprintf("cn-region-%03d", i))
	}
	w := newWorldWith(t, cloud.Options{Regions: regions}, map[string]string{"RENEW_REGIONS": "all"})
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-region-007", Kind: cloud.RefuseBefore, Status: 403, Code: "Forbidden.RAM"})
	got := w.checked()
	if len(got.Probes)+len(got.NotTried) < 4*len(regions)-10 || got.OK {
		t.Errorf("%d probes", len(got.Probes))
	}
	found := false
	for line := range strings.Lines(w.rt.Logs()) {
		if len(line) > 32<<10 {
			t.Errorf("a line of %d bytes", len(line))
		}
		found = found || strings.Contains(line, `"msg":"check"`) && strings.Contains(line, "cn-region-007")
	}
	if !found {
		t.Error("the log does not name the region")
	}
}

// grants are what the policy command prints.
type grants struct {
	Policy, Trust policyDocument
	Accounts      []struct {
		Account, Role string
		Policy, Trust policyDocument
	}
	Notes []string
}

type policyDocument struct {
	Version   string
	Statement []struct {
		Effect    string
		Action    []string
		Resource  any
		Principal map[string][]string
		Condition any
	}
}

// actions are all that a policy allows; each must say on what.
func (d policyDocument) actions(t *testing.T) (all []string) {
	t.Helper()
	for _, s := range d.Statement {
		if s.Effect != "Allow" || s.Resource == nil || len(s.Action) == 0 {
			t.Errorf("%+v", s)
		}
		all = append(all, s.Action...)
	}
	return all
}

// policy has the program print the policy for some settings.
func policy(t *testing.T, env map[string]string, args ...string) (g grants) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, append([]string{"policy", "--json"}, args...)...)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		command.Env = append(command.Env, name+"="+env[name])
	}
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := json.Unmarshal(out, &g); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return g
}

// others are the names that an action also goes by: RAM asks for one of them.
var others = map[string]string{"bss:DescribeAcccount": "bssapi:QueryAccountBalance", "bssapi:QueryAccountBalance": "bss:DescribeAcccount"}

func outcomes(list ...renewal.Outcome) []renewal.Outcome { return list }

// A job is done with what its policy allows and nothing else; and with any one
// action taken out of it, what is missing is named.
func TestPolicyIsEnoughAndNoMore(t *testing.T) {
	t.Parallel()
	auto := func() []cloud.Instance {
		in := due("i-1")
		in.RenewalStatus = "AutoRenewal"
		return []cloud.Instance{in}
	}
	one := func() []cloud.Instance { return []cloud.Instance{due("i-1")} }
	none := func() []cloud.Instance { return nil }
	for name, tt := range map[string]struct {
		env     map[string]string
		fleet   func() []cloud.Instance
		outcome []renewal.Outcome // of the instances above
		actions string            // of the function's role
		others  string            // of the roles in other accounts
	}{
		"report": {map[string]string{"RENEW_ACTION": "report"}, one, outcomes(renewal.NothingToDo),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute", ""},
		"report, with rules that would act": {map[string]string{"RENEW_ACTION": "report", "RENEW_RULES": "[{when: 'true', action: renew}]", "RENEW_TAG_TRUST": "full"}, one, outcomes(renewal.NothingToDo),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute", ""},
		"renew": {map[string]string{}, one, outcomes(renewal.Renewed),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources", ""},
		"renew, with caps and balance": {map[string]string{"RENEW_MAX_SPEND": "5000", "RENEW_MAX_PRICE": "500", "RENEW_MIN_BALANCE": "100", "RENEW_EXPECT_ACCOUNTS": account}, one, outcomes(renewal.Renewed),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources bss:DescribeAcccount bssapi:QueryAccountBalance", ""},
		"renew, with the brake": {map[string]string{"RENEW_DRY_RUN": "true"}, one, outcomes(renewal.Planned),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice", ""},
		"auto-renew": {map[string]string{"RENEW_ACTION": "auto-renew"}, one, outcomes(renewal.AutoRenewOn),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:ModifyInstanceAutoRenewAttribute", ""},
		"auto-renew, and renew what it is too late for": {map[string]string{"RENEW_ACTION": "auto-renew", "RENEW_TOO_LATE": "renew"}, func() []cloud.Instance { return []cloud.Instance{due("i-1"), expiring("i-2", renewal.Day)} }, outcomes(renewal.AutoRenewOn, renewal.Renewed),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources ecs:ModifyInstanceAutoRenewAttribute", ""},
		"auto-renew-off": {map[string]string{"RENEW_ACTION": "auto-renew-off"}, auto, outcomes(renewal.AutoRenewIsOff),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:ModifyInstanceAutoRenewAttribute", ""},
		"let-lapse": {map[string]string{"RENEW_ACTION": "let-lapse"}, one, outcomes(renewal.LapseSet),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:ModifyInstanceAutoRenewAttribute", ""},
		"a rule that lets lapse": {map[string]string{"RENEW_RULES": "[{when: 'id == \"i-2\"', action: let-lapse}]"}, func() []cloud.Instance { return []cloud.Instance{due("i-1"), due("i-2")} }, outcomes(renewal.Renewed, renewal.LapseSet),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources ecs:ModifyInstanceAutoRenewAttribute", ""},
		"all regions": {map[string]string{"RENEW_REGIONS": "all"}, one, outcomes(renewal.Renewed),
			"ecs:DescribeRegions ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources", ""},
		"three accounts": {map[string]string{"RENEW_ACCOUNTS": "self,acs:ram::2222222222222222:role/renewer,acs:ram::3333333333333333:role/renewer", "RENEW_EXTERNAL_ID": "shared-between-us"}, one, outcomes(renewal.Renewed),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources sts:AssumeRole",
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources"},
		"every member of the organisation": {map[string]string{"RENEW_ACCOUNTS": "self,organization/renewer"}, one, outcomes(renewal.Renewed),
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources sts:AssumeRole resourcemanager:ListAccounts",
			"ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources"},
		"another account alone": {map[string]string{"RENEW_ACCOUNTS": "acs:ram::2222222222222222:role/renewer"}, none, nil,
			"sts:AssumeRole", "ecs:DescribeInstances ecs:DescribeInstanceAutoRenewAttribute ecs:DescribeRenewalPrice ecs:RenewInstance ecs:TagResources"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := settings{"RENEW_ACTION": "renew"}
			maps.Copy(env, tt.env)
			g := policy(t, env)
			for i := range g.Accounts {
				if g.Accounts[i].Account == "*" { // every member of the organisation: here it has one
					g.Accounts[i].Account = second
				}
			}
			// without plays what is left of this job when some actions are taken out of
			// what the policy of an account allows.
			without := func(t *testing.T, of string, taken []string, play func(t *testing.T, w *bubble)) {
				left := func(id string, d policyDocument) []string {
					return slices.DeleteFunc(d.actions(t), func(a string) bool { return id == of && slices.Contains(taken, a) })
				}
				inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
					w.add(tt.fleet()...)
					w.cloud.AddAccount(cloud.Account{ID: account, AccessKeyID: keyID, AccessKeySecret: keySecret, SecurityToken: keyToken, Allowed: left(account, g.Policy)})
					for _, other := range g.Accounts {
						w.cloud.AddAccount(cloud.Account{ID: other.Account, Member: cloud.Member{Of: account}, Roles: []cloud.Role{{
							Name: "renewer", ExternalID: w.env["RENEW_EXTERNAL_ID"], TrustedAccounts: []string{account}, Allowed: left(other.Account, other.Policy),
						}}})
						in := due("i-" + other.Account[:1])
						in.Account = other.Account
						w.add(in)
					}
					play(t, w)
				})
			}
			if got := strings.Join(g.Policy.actions(t), " "); got != tt.actions {
				t.Errorf("the policy allows\n%s, want\n%s", got, tt.actions)
			}
			without(t, "", nil, func(t *testing.T, w *bubble) {
				if checked := w.checked(); !checked.OK {
					t.Errorf("the check: %+v", checked)
				}
				r := w.run("")
				if r.Status != renewal.OK || len(r.Warnings) > 0 {
					t.Errorf("%s %q %+v", r.Status, r.Warnings, r.Instances)
				}
				for i, in := range tt.fleet() {
					outcome(t, r, in.ID, tt.outcome[i])
				}
				for _, other := range g.Accounts {
					outcome(t, r, "i-"+other.Account[:1], renewal.Renewed)
				}
			})
			mayEndWell := slices.Contains(tt.outcome, renewal.NothingToDo) || slices.Contains(tt.outcome, renewal.Planned)
			type grant struct{ account, action string }
			var all []grant
			for _, a := range g.Policy.actions(t) {
				all = append(all, grant{account, a})
			}
			for _, other := range g.Accounts {
				if got := strings.Join(other.Policy.actions(t), " "); got != tt.others {
					t.Errorf("in %s the policy allows\n%s, want\n%s", other.Account, got, tt.others)
				}
				for _, a := range other.Policy.actions(t) {
					all = append(all, grant{other.Account, a})
				}
			}
			for _, missing := range all {
				if missing.account == third || missing.action == "ecs:TagResources" {
					continue // as in the second account; or asked for only after a refusal
				}
				t.Run(missing.account[:1]+" without "+missing.action, func(t *testing.T) {
					t.Parallel()
					without(t, missing.account, []string{missing.action, others[missing.action]}, func(t *testing.T, w *bubble) {
						payload, err := w.begin("").answer()
						text := string(payload)
						if err != nil {
							text = err.Error()
							if kindOf(err) != runner.Denied {
								t.Errorf("an error of type %s", kindOf(err))
							}
						}
						named := strings.Contains(text, missing.action) || others[missing.action] != "" && strings.Contains(text, others[missing.action])
						if !named || !strings.Contains(text, "grant") {
							t.Errorf("it does not say what to grant: %s", text)
						}
						if prices := missing.action == "ecs:DescribeRenewalPrice"; !prices && err == nil && !mayEndWell && w.read(payload).Status == renewal.OK {
							t.Errorf("it ends well: %s", text)
						}
					})
				})
			}
		})
	}
}

// Either name of what goes by two is enough.
func TestPolicyNamesTheBalanceTwice(t *testing.T) {
	t.Parallel()
	for _, one := range slices.Sorted(maps.Keys(others)) {
		t.Run(one, func(t *testing.T) {
			t.Parallel()
			env := settings{"RENEW_ACTION": "renew", "RENEW_MIN_BALANCE": "100"}
			allowed := slices.DeleteFunc(policy(t, env).Policy.actions(t), func(a string) bool { return a == others[one] })
			inBubble(t, cloud.Options{}, env, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.cloud.AddAccount(cloud.Account{ID: account, AccessKeyID: keyID, AccessKeySecret: keySecret, SecurityToken: keyToken, Allowed: allowed})
				outcome(t, w.run(""), "i-1", renewal.Renewed)
			})
		})
	}
}

func TestPolicyResourcesAndTrust(t *testing.T) {
	t.Parallel()
	g := policy(t, map[string]string{
		"RENEW_ACTION": "renew", "RENEW_REGIONS": "cn-hangzhou,cn-beijing", "RENEW_EXTERNAL_ID": "shared-between-us",
		"RENEW_ACCOUNTS": "self,acs:ram::2222222222222222:role/renewer",
	}, "--account", account, "--role", "my-function")
	text, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`["acs:ecs:cn-hangzhou:` + account + `:instance/*","acs:ecs:cn-beijing:` + account + `:instance/*"]`,
		`["acs:ecs:cn-hangzhou:2222222222222222:instance/*","acs:ecs:cn-beijing:2222222222222222:instance/*"]`,
		`"Resource":"acs:ram::2222222222222222:role/renewer"`,
		`{"Service":["fc.aliyuncs.com"]}`, `{"RAM":["acs:ram::` + account + `:role/my-function"]}`, `{"StringEquals":{"sts:ExternalId":`,
		"sts:GetCallerIdentity",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(string(text), "shared-between-us") {
		t.Errorf("the external id is shown: %s", text)
	}
	for _, d := range []policyDocument{g.Policy, g.Trust, g.Accounts[0].Policy, g.Accounts[0].Trust} {
		if d.Version != "1" {
			t.Errorf("%+v", d)
		}
	}
}

// A tag that lessens needs more than the policy: a note says so.
func TestPolicyNotes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env  map[string]string
		note string
	}{
		"a tag can lessen":   {map[string]string{"RENEW_ACTION": "renew"}, "renew:action=auto-renew"},
		"report":             {map[string]string{}, "RENEW_ACTION=report"},
		"the brake":          {map[string]string{"RENEW_ACTION": "renew", "RENEW_DRY_RUN": "true"}, "also grant ecs:RenewInstance, ecs:TagResources"},
		"nothing is changed": {map[string]string{"RENEW_ACTION": "let-lapse", "RENEW_MAX_COUNT": "0"}, "also grant ecs:ModifyInstanceAutoRenewAttribute"},
	} {
		if notes := strings.Join(policy(t, tt.env).Notes, "\n"); !strings.Contains(notes, tt.note) {
			t.Errorf("%s: no %q in\n%s", name, tt.note, notes)
		}
	}
}
