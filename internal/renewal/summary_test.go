package renewal

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

var update = flag.Bool("update", false, "write the golden files anew")

// came is what came of a decision.
func came(d Decision, o Outcome, changes ...func(*Result)) Result {
	r := Result{Decision: d, Outcome: o}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func settled(r *Result) { r.Settled = true }

// done is a run of a policy that ended as the results say.
func done(p Policy, results ...Result) Run {
	return Run{
		Policy: p, Trigger: "timer", RequestID: "r-1", StartedAt: now, FinishedAt: now.Add(21 * time.Second),
		Scopes: []Scope{{Account: owner, Region: "cn-hangzhou", Complete: true, Listed: 7}}, Results: results,
	}
}

func incomplete(run Run) Run {
	run.Scopes = append(run.Scopes, Scope{Account: owner, Region: "cn-beijing", Error: "denied"})
	return run
}

func TestSummarizeStatus(t *testing.T) {
	pay := policy(Renew)
	due := func(o Outcome, changes ...func(*Result)) Result {
		return came(decideOne(pay, ending(Day)), o, changes...)
	}
	held := func(r Reason) Result {
		d := decideOne(pay, ending(Day))
		d.Reason = r
		return came(d, Held)
	}
	notDue := came(decideOne(pay, ending(9*Day)), NothingToDo)
	shown := came(decideOne(policy(ReportOnly), ending(Day)), NothingToDo)
	for name, tt := range map[string]struct {
		run  Run
		want Status
	}{
		"nothing was listed":                        {done(pay), OK},
		"nothing was due":                           {done(pay, notDue), OK},
		"all was renewed":                           {done(pay, due(Renewed), due(Renewed), notDue), OK},
		"auto-renewal was switched on":              {done(policy(AutoRenew), came(decideOne(policy(AutoRenew), ending(3*Day)), AutoRenewOn)), OK},
		"auto-renewal was switched off":             {done(policy(AutoRenewOff), came(decideOne(policy(AutoRenewOff), ending(3*Day, mode(Auto))), AutoRenewIsOff)), OK},
		"do-not-renew was set":                      {done(policy(LetLapse), came(decideOne(policy(LetLapse), ending(3*Day)), LapseSet)), OK},
		"it moved, and is settled":                  {done(pay, due(Stale, settled)), OK},
		"it moved, and is still due":                {done(pay, due(Stale)), Failed},
		"one of two moved, and is still due":        {done(pay, due(Stale), due(Renewed)), Partial},
		"one was refused":                           {done(pay, due(OutcomeFailed)), Failed},
		"one of two was refused":                    {done(pay, due(OutcomeFailed), due(Renewed)), Partial},
		"one of two was not reached":                {done(pay, due(NotTried), due(Renewed)), Partial},
		"none was reached":                          {done(pay, due(NotTried), due(NotTried)), Failed},
		"one is held":                               {done(pay, held(OverMaxCount)), Failed},
		"one of two is held":                        {done(pay, held(OverMaxSpend), due(Renewed)), Partial},
		"nobody knows, and that is no failure":      {done(pay, due(OutcomeUnknown)), Partial},
		"it does not show yet":                      {done(pay, due(Unverified)), Partial},
		"nobody knows of one, another was refused":  {done(pay, due(OutcomeUnknown), due(OutcomeFailed)), Partial},
		"a locked one needs a person":               {done(pay, came(decideOne(pay, ending(Day, locked("security"))), NothingToDo)), Failed},
		"a mode that could not be read":             {done(pay, came(decideOne(pay, ending(Day, mode(Unknown))), NothingToDo), due(Renewed)), Partial},
		"an expiry that could not be read":          {done(pay, came(decideOne(pay, ending(0, undated)), NothingToDo), due(Renewed)), Partial},
		"too late for auto-renewal":                 {done(policy(AutoRenew), came(decideOne(policy(AutoRenew), ending(Day)), NothingToDo)), Failed},
		"too late for one of two":                   {done(policy(AutoRenew), came(decideOne(policy(AutoRenew), ending(Day)), NothingToDo), due(AutoRenewOn)), Partial},
		"only reported":                             {done(policy(ReportOnly), shown), OK},
		"only reported, by a rule":                  {done(pay, shown), OK},
		"all would be renewed":                      {done(policy(Renew, dryRun), due(Planned), due(Planned)), OK},
		"one of two would be held":                  {done(policy(Renew, dryRun), due(Planned), held(OverMaxCount)), Partial},
		"all would be held":                         {done(policy(Renew, dryRun), held(OverMaxCount)), Failed},
		"all would wait for a person":               {done(policy(Renew, dryRun), held(NotApproved)), Partial},
		"one would be tried, a locked one not":      {done(policy(Renew, dryRun), due(Planned), came(decideOne(pay, ending(Day, locked("security"))), NothingToDo)), Partial},
		"one would be renewed for too short a time": {done(policy(Renew, dryRun), due(Planned, func(r *Result) { r.NewExpires = now.Add(time.Hour) })), Partial},
		"auto-renewal would be on":                  {done(policy(AutoRenew, dryRun), came(decideOne(policy(AutoRenew), ending(3*Day)), Planned)), OK},
		"too late for it":                           {done(policy(AutoRenew, dryRun), came(decideOne(policy(AutoRenew), ending(Day)), NothingToDo)), Failed},
		"manual renewal again, and over soon":       {done(policy(AutoRenewOff, dryRun), came(decideOne(policy(AutoRenewOff), ending(2*time.Hour, mode(Auto))), Planned)), Partial},
		"do-not-renew would be set":                 {done(policy(LetLapse, dryRun), came(decideOne(policy(LetLapse), ending(2*time.Hour)), Planned)), OK},
		"only reported, and the brake":              {done(policy(ReportOnly, dryRun), shown), OK},
		"only reported, with an incomplete scope":   {incomplete(done(policy(ReportOnly), shown)), Partial},
		"the brake, with an incomplete scope":       {incomplete(done(policy(Renew, dryRun), due(Planned))), Partial},
		"nothing due, with an incomplete scope":     {incomplete(done(pay, notDue)), Partial},
		"all renewed, with an incomplete scope":     {incomplete(done(pay, due(Renewed))), Partial},
		"all refused, with an incomplete scope":     {incomplete(done(pay, due(OutcomeFailed))), Failed},
		"nobody knows, with an incomplete scope":    {incomplete(done(pay, due(OutcomeUnknown))), Partial},
		"stopped before anything":                   {func() Run { r := done(pay); r.Stopped = errors.New("denied"); return r }(), Failed},
		"let go, excluded and the provider's alone": {done(pay, came(decideOne(pay, ending(Day, mode(Lapse))), NothingToDo), came(decideOne(pay, ending(3*Day, mode(Auto))), NothingToDo), came(decideOne(pay, ending(Day, tagged("renew:action", "skip"))), NothingToDo)), OK},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Summarize(tt.run).Status; got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestSummarizeStopped(t *testing.T) {
	run := done(policy(Renew))
	run.Stopped, run.Warnings = errors.New("no list could be read"), []Warning{{Text: lang.Plain("first")}}
	r := Summarize(run)
	if diff := cmp.Diff([]string{"first", "no list could be read"}, r.Warnings); diff != "" || r.Status != Failed {
		t.Errorf("%s, -want +got:\n%s", r.Status, diff)
	}
	if len(run.Warnings) != 1 {
		t.Error("the warnings that were handed in were changed")
	}
}

// Every outcome is counted in its own place, and in no other.
func TestSummarizeCounts(t *testing.T) {
	pay := policy(Renew)
	for o, place := range map[Outcome]func(*Counts) *int{
		Renewed: func(c *Counts) *int { return &c.Renewed }, AutoRenewOn: func(c *Counts) *int { return &c.AutoRenewOn },
		AutoRenewIsOff: func(c *Counts) *int { return &c.AutoRenewOff }, LapseSet: func(c *Counts) *int { return &c.LetLapse },
		Planned: func(c *Counts) *int { return &c.Planned }, Unverified: func(c *Counts) *int { return &c.Unverified },
		OutcomeUnknown: func(c *Counts) *int { return &c.Unknown }, OutcomeFailed: func(c *Counts) *int { return &c.Failed },
		Stale: func(c *Counts) *int { return &c.Stale }, NotTried: func(c *Counts) *int { return &c.NotTried },
		Held: func(c *Counts) *int { return &c.Held }, NothingToDo: func(*Counts) *int { return new(int) },
	} {
		want := Counts{Listed: 9, Due: 1}
		*place(&want) = 1
		run := done(pay, came(decideOne(pay, ending(Day)), o))
		run.Scopes = append(run.Scopes, Scope{Region: "cn-beijing", Listed: 2})
		if diff := cmp.Diff(want, Summarize(run).Counts); diff != "" {
			t.Errorf("%s: -want +got:\n%s", o, diff)
		}
	}
	none := Summarize(done(pay, came(decideOne(pay, ending(9*Day)), NothingToDo))).Counts
	if diff := cmp.Diff(Counts{Listed: 7}, none); diff != "" {
		t.Errorf("not due: -want +got:\n%s", diff)
	}
}

func TestSummarizeMoney(t *testing.T) {
	capped := policy(Renew, func(p *Policy) { p.Caps.MaxSpend = cny("1000") })
	heldAt := func(price Amount) Result {
		d := bill("h", price)
		d.Reason = OverMaxSpend
		return came(d, Held)
	}
	for name, tt := range map[string]struct {
		run      Run
		want     Money
		warnings int
	}{
		"nothing is known": {done(policy(Renew)), Money{Planned: "0.00", Spent: "0.00", Unverified: "0.00", Held: "0.00"}, 0},
		"each in its place": {done(capped,
			came(bill("a", cny("250.10")), Renewed), came(bill("b", cny("250.15")), Renewed), came(bill("c", cny("100")), Unverified),
			came(bill("d", cny("50")), OutcomeUnknown), came(bill("e", cny("10")), OutcomeFailed), came(bill("f", cny("1")), NotTried),
			came(bill("g", cny("2")), Stale), heldAt(cny("800.5")), came(decideOne(capped, ending(9*Day)), NothingToDo)),
			Money{Currency: "CNY", Planned: "663.25", Spent: "500.25", Unverified: "150.00", Held: "800.50", Cap: "1000.00"}, 0},
		"what is only planned": {done(policy(Renew, dryRun), came(bill("a", cny("3")), Planned), came(bill("b", cny("4")), Planned)),
			Money{Currency: "CNY", Planned: "7.00", Spent: "0.00", Unverified: "0.00", Held: "0.00"}, 0},
		"the currency is that of the first price": {done(policy(Renew), came(bill("a", Amount{}), Renewed), came(bill("b", usd("4")), Renewed), came(bill("c", cny("5")), Renewed)),
			Money{Currency: "USD", Planned: "4.00", Spent: "4.00", Unverified: "0.00", Held: "0.00", Unpriced: 1}, 1},
		"the currency is that of the cap": {done(capped, heldAt(usd("4")), came(bill("i", cny("5")), Renewed)),
			Money{Currency: "CNY", Planned: "5.00", Spent: "5.00", Unverified: "0.00", Held: "0.00", Cap: "1000.00"}, 1},
		"more than two decimals": {done(policy(Renew), came(bill("a", cny("0.105")), Renewed), came(bill("b", cny("0.105")), Renewed), came(bill("c", cny("0.001")), Unverified)),
			Money{Currency: "CNY", Planned: "0.211", Spent: "0.21", Unverified: "0.001", Held: "0.00"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := Summarize(tt.run)
			if diff := cmp.Diff(tt.want, r.Money); diff != "" || len(r.Warnings) != tt.warnings {
				t.Errorf("warnings %q, -want +got:\n%s", r.Warnings, diff)
			}
		})
	}
	for name, tt := range map[string]struct {
		balances Balances
		want     string
	}{
		"not asked for":              {nil, ""},
		"one account":                {Balances{owner: cny("1.5")}, "1.50"},
		"two accounts":               {Balances{owner: cny("1.5"), "2": cny("-2")}, "-0.50"},
		"two currencies":             {Balances{owner: cny("1.5"), "2": usd("2")}, ""},
		"one that could not be read": {Balances{owner: cny("1.5"), "2": {}}, ""},
	} {
		run := done(policy(Renew))
		run.Balances = tt.balances
		if got := Summarize(run).Money.Balance; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// Lapsing is what ends before the next run without its owner having chosen so.
func TestSummarizeLapsing(t *testing.T) {
	pay, narrow := policy(Renew), policy(Renew, window(time.Hour))
	alone := func(p Policy, in Instance) Result { return came(decideOne(p, in), NothingToDo) }
	for name, tt := range map[string]struct {
		p      Policy
		result Result
		want   bool
	}{
		"refused":                                {pay, came(decideOne(pay, ending(time.Hour)), OutcomeFailed), true},
		"refused, an hour after the next run":    {pay, came(decideOne(pay, ending(Day+time.Hour)), OutcomeFailed), false},
		"refused, a second less":                 {pay, came(decideOne(pay, ending(Day+time.Hour-time.Second)), OutcomeFailed), true},
		"renewed":                                {pay, came(decideOne(pay, ending(time.Hour)), Renewed), false},
		"does not show yet":                      {pay, came(decideOne(pay, ending(time.Hour)), Unverified), true},
		"only reported":                          {policy(ReportOnly), alone(policy(ReportOnly), ending(time.Hour)), true},
		"only planned":                           {policy(Renew, dryRun), came(decideOne(pay, ending(time.Hour)), Planned), true},
		"too late for auto-renewal":              {policy(AutoRenew), alone(policy(AutoRenew), ending(time.Hour)), true},
		"locked":                                 {pay, alone(pay, ending(time.Hour, locked("security"))), true},
		"outside the window":                     {narrow, alone(narrow, ending(2*time.Hour)), true},
		"outside the window, and the provider's": {narrow, alone(narrow, ending(2*time.Hour, mode(Auto))), true},
		"the provider's, unpaid":                 {pay, alone(pay, ending(time.Hour, mode(Auto))), true},
		"let go":                                 {pay, alone(pay, ending(time.Hour, mode(Lapse))), false},
		"excluded":                               {pay, alone(pay, ending(time.Hour, tagged("renew:action", "skip"))), false},
		"held for a tag that is misread":         {pay, came(decideOne(pay, ending(time.Hour, tagged("renew:action", "x"))), Held), true},
		"its end date has come":                  {pay, alone(pay, ending(time.Hour, tagged("renew:until", "2026-11-20"))), false},
		"moved, and settled":                     {pay, came(decideOne(pay, ending(time.Hour)), Stale, settled), false},
		"pay-as-you-go":                          {pay, alone(pay, ending(time.Hour, payAsYouGo)), false},
		"an expiry that could not be read":       {pay, alone(pay, ending(0, undated)), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := len(Summarize(done(tt.p, tt.result)).Lapsing) > 0; got != tt.want {
				t.Errorf("lapsing is %v (%s)", got, tt.result.Decision.Reason)
			}
		})
	}
}

// Whoever gave an instance an end date lets it go on purpose, whether or not
// the window has reached it.
func TestSummarizeNothingLapsesThatItsOwnerLetsGo(t *testing.T) {
	narrow := policy(Renew, window(time.Hour))
	lets := policy(LetLapse)
	for name, tt := range map[string]struct {
		p      Policy
		result Result
	}{
		"an end date, outside the window": {narrow, came(decideOne(narrow, ending(2*time.Hour, tagged("renew:until", "2026-11-20"))), NothingToDo)},
		"to be let go, and not reached":   {lets, came(decideOne(lets, ending(2*time.Hour)), NotTried)},
		"to be let go, by plan":           {policy(LetLapse, dryRun), came(decideOne(lets, ending(2*time.Hour)), Planned)},
		"to be let go, not due yet":       {policy(LetLapse, window(time.Hour)), came(decideOne(policy(LetLapse, window(time.Hour)), ending(2*time.Hour)), NothingToDo)},
	} {
		if got := Summarize(done(tt.p, tt.result)).Lapsing; len(got) > 0 {
			t.Errorf("%s: lapsing (%s)", name, tt.result.Decision.Reason)
		}
	}
}

func TestSummarizeShows(t *testing.T) {
	p := policy(Renew, window(Day), backstop(2*Day), nextRun(3*Day), func(p *Policy) { p.Include.IDs = []string{"i-set", "i-a"} })
	for name, tt := range map[string]struct {
		in   Instance
		want bool
	}{
		"at the window's edge":                {ending(Day), true},
		"a second past it":                    {ending(Day+time.Second, called("i-b")), false},
		"a second past it, named":             {ending(Day+time.Second, called("i-set")), true},
		"past it, and in the backstop":        {ending(2*Day, mode(Auto)), true},
		"within it, and excluded":             {ending(Day, tagged("renew:action", "skip")), true},
		"within it, and not selected":         {ending(Day, called("i-b")), true},
		"long expired":                        {ending(-20 * Day), true},
		"without a date":                      {ending(0, undated), true},
		"past it, and before the next run":    {ending(2*Day, called("i-b")), false},
		"past it, with a tag that is misread": {ending(2*Day, called("i-b"), tagged("renew:acton", "x")), false},
	} {
		r := Summarize(done(p, came(decideOne(p, tt.in), NothingToDo)))
		if got := len(r.Instances) == 1; got != tt.want {
			t.Errorf("%s: shown is %v", name, got)
		}
		if !tt.want && len(r.Warnings) > 0 {
			t.Errorf("%s: warnings %q", name, r.Warnings)
		}
	}
}

// Days are rounded down: nothing looks further away than it is.
func TestSummarizeDaysLeft(t *testing.T) {
	for want, left := range map[float64]time.Duration{
		2.6: 2*Day + 15*time.Hour, 1: Day, 0.9: Day - time.Second, 0: time.Minute, -0.1: -time.Second, -1: -Day, -1.1: -Day - time.Second, 6.9: 7*Day - 1,
	} {
		r := Summarize(done(policy(Renew), came(decideOne(policy(Renew), ending(left)), NothingToDo)))
		if got := r.Instances[0].DaysLeft; got != want {
			t.Errorf("%v is %v days, want %v", left, got, want)
		}
	}
}

// The whole report, as people and programs read it. The file is the contract:
// keys, their order, and how times, money and empty lists are written.
func TestSummarizeGolden(t *testing.T) {
	p := policy(Renew, func(p *Policy) {
		p.Caps.MaxSpend, p.Caps.MinBalance = cny("1000"), cny("100")
		p.Rules = []Rule{{Name: "payments", When: func(in Instance, _ time.Time) (bool, error) { return in.Tags["team"] == "pay", nil }, Period: threeMonths}}
	})
	inBeijing := func(i *Instance) { i.Expires = i.Expires.In(Beijing) }
	paid := decideOne(p, ending(2*Day+15*time.Hour, called("i-bp1"), tagged("team", "pay"), inBeijing))
	paid.Price = cny("250")
	paidUntil := paid.Expected()
	waiting := decideOne(p, ending(3*Day, called("i-bp2")))
	waiting.Price = cny("250")
	over := decideOne(p, ending(4*Day, called("i-bp3")))
	over.Price = cny("800")
	over = afford([]Decision{over}, Caps{NoMaxCount: true, MaxSpend: cny("500")}, nil)[0]
	refused := decideOne(p, ending(20*time.Hour, called("i-bp7")))
	refused.Price = cny("250")
	run := done(p,
		came(over, Held),
		came(waiting, Unverified, func(r *Result) {
			r.OrderID, r.Error = "o-2", lang.Plain("accepted, and the new expiry does not show yet")
		}),
		came(refused, OutcomeFailed, func(r *Result) {
			r.Error = lang.Plain("ecs:RenewInstance: LastOrderProcessing (request id R7); pay or cancel the open order")
		}),
		came(paid, Renewed, func(r *Result) { r.OrderID, r.NewExpires = "o-1", paidUntil.In(Beijing) }),
		came(decideOne(p, ending(5*Day, called("i-bp4"), auto(oneMonth))), NothingToDo),
		came(decideOne(p, ending(6*Day, called("i-bp5"), tagged("renew:acton", "skip"))), Held),
		came(decideOne(p, ending(30*Day, called("i-bp6"))), NothingToDo),
	)
	run = incomplete(run)
	run.Balances, run.Warnings = Balances{owner: cny("1234.5")}, []Warning{{Text: lang.Plain("the run says so")}}
	run.StartedAt, run.FinishedAt = run.StartedAt.In(Beijing), run.FinishedAt.In(Beijing)
	golden(t, "report.json", Summarize(run))
}

// Nothing at all is still a whole report: no key is missing, no list is null.
func TestSummarizeGoldenOfNothing(t *testing.T) { golden(t, "report-empty.json", Summarize(Run{})) }

func golden(t *testing.T, name string, report Report) {
	t.Helper()
	got, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got (go test -update writes it anew):\n%s", diff)
	}
	if strings.Contains(string(got), "null") {
		t.Error("something is null")
	}
}

// The keys, spelt out here besides, in their order.
func TestReportKeys(t *testing.T) {
	for name, tt := range map[string]struct {
		of   any
		want string
	}{
		"report":   {Report{}, "status trigger requestId dryRun action startedAt finishedAt counts money scopes instances lapsing version warnings"},
		"counts":   {Counts{}, "listed due renewed autoRenewOn autoRenewOff letLapse planned unverified unknown failed stale notTried held"},
		"money":    {Money{}, "currency planned spent unverified held cap balance unpriced"},
		"scope":    {Scope{}, "account region product complete listed error"},
		"instance": {Entry{}, "id name account region product expires daysLeft mode decision reason rule period price outcome orderId paid newExpires approval notify error"},
	} {
		text, err := json.Marshal(tt.of)
		if err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		var keys []string
		depth, key := 0, true
		for token, err := decoder.Token(); err == nil; token, err = decoder.Token() {
			switch token {
			case json.Delim('{'), json.Delim('['):
				depth, key = depth+1, true
			case json.Delim('}'), json.Delim(']'):
				depth, key = depth-1, true
			default:
				if depth == 1 && key {
					keys = append(keys, token.(string))
				}
				key = depth != 1 || !key
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(keys, " ")); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}
