package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/soak"
)

// Fleets over years, drawn by a seed: the real Run, in fake time, against a
// cloud that is written here from what the API's documents say and from what
// they leave open (how long it remembers tokens and refusals, how late it shows
// an expiry). Everything that can go wrong in years does; its ledger judges.
//
// In the classes of cloud that docs/money.md promises nothing for, a second
// charge for one expiry is counted and not judged. A seed fixes the world; the
// order of what happens at one instant, and the jitter of waits, it does not.
func TestSoakYears(t *testing.T) {
	soak.Play(t, 10, func(t *testing.T, s *soak.Scenario) {
		synctest.Test(t, func(t *testing.T) { newYear(t, s).play() })
	})
}

const forEver = 100 * 365 * renewal.Day

// A year is a fleet, its cloud, and what came of a year with them.
type year struct {
	t *testing.T
	s *soak.Scenario

	tokens   time.Duration // for how long accepted tokens are remembered
	refusals time.Duration // for how long refusals are; 0 = never
	shows    time.Duration // until a new expiry shows, at most
	verify   time.Duration
	every    time.Duration // between two runs of the first function
	faults   float64       // share of calls that go wrong
	length   time.Duration

	mu       sync.Mutex
	servers  map[string]*server
	balances map[string]int
	memory   map[string]*memory // by account and token
	outages  map[string]time.Time
	denied   map[string]time.Time // rights by account
	ledger   []charged
	stories  map[string][]string
	told     map[string]bool // by the last report of the first function
	listed   map[string]bool // regions that it had complete
	admitted int
}

// A server is one instance as the cloud knows it.
type server struct {
	id, account, region string
	mode                renewal.Mode
	tags                map[string]string
	price               int

	born           time.Time
	expires, shown time.Time // shown until showsAt
	showsAt        time.Time
	refused        string // tag
	refusedShown   string
	refusedAt      time.Time

	ordering   bool
	refusal    error // by itself, until heals
	heals      time.Time
	noTerm     renewal.Term // is refused
	byFunction map[int64]int
}

type charged struct {
	id   string
	by   *player // nil = a person or the provider
	cost int
}

// memory is what an account remembers of a token.
type memory struct {
	term    renewal.Term
	running bool
	paid    bool
	refusal error
	until   time.Time
}

func oneOf[T any](s *soak.Scenario, from ...T) T { return from[s.IntN(len(from))] }

func upTo(s *soak.Scenario, most time.Duration) time.Duration {
	return time.Duration(s.Int64N(int64(most) + 1))
}

// upTo and oneIn draw while others may.
func (y *year) upTo(most time.Duration) time.Duration {
	y.mu.Lock()
	defer y.mu.Unlock()
	return upTo(y.s, most)
}

func (y *year) oneIn(n int) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.s.IntN(n) == 0
}

func newYear(t *testing.T, s *soak.Scenario) *year {
	y := &year{
		t: t, s: s,
		tokens:   oneOf(s, 10*time.Minute, renewal.Day, 36*time.Hour, forEver, forEver),
		refusals: oneOf(s, 0, 10*time.Minute, renewal.Day, 36*time.Hour, forEver),
		shows:    oneOf(s, 5*time.Second, 20*time.Second, time.Minute, 10*time.Minute, renewal.Day, 3*renewal.Day),
		verify:   oneOf(s, 90*time.Second, 90*time.Second, 4*time.Minute),
		every:    oneOf(s, time.Hour, 6*time.Hour, renewal.Day, renewal.Day, renewal.Day, 7*renewal.Day),
		faults:   oneOf(s, 0, 0.02, 0.1, 0.3),
		length:   365 * renewal.Day,
		servers:  map[string]*server{}, balances: map[string]int{}, memory: map[string]*memory{}, outages: map[string]time.Time{}, denied: map[string]time.Time{}, stories: map[string][]string{},
	}
	if y.every < 6*time.Hour {
		y.length = 60 * renewal.Day
	}
	for i := range 50 + s.IntN(oneOf(s, 1, 100)) {
		y.addServer(i)
	}
	for _, account := range []string{"1", "2"} {
		y.balances[account] = s.IntN(20_000)
	}
	return y
}

func (y *year) addServer(i int) {
	s := y.s
	end := time.Now().Add(upTo(s, 60*renewal.Day)).UTC().Truncate(renewal.Day).Add(16 * time.Hour)
	v := &server{
		id: fmt.Sprintf("i-%05d", i), account: oneOf(s, "1", "1", "2"), region: oneOf(s, "a", "b"), price: 10 + s.IntN(200),
		mode: oneOf(s, renewal.Manual, renewal.Manual, renewal.Manual, renewal.Manual, renewal.Auto, renewal.Lapse),
		tags: map[string]string{"team": oneOf(s, "x", "y")}, born: time.Now(), expires: end, shown: end, byFunction: map[int64]int{},
	}
	if s.IntN(20) == 0 {
		v.tags["renew:action"] = oneOf(s, "skip", "report")
	}
	y.servers[v.id] = v
}

// promised says whether docs/money.md promises one charge for one expiry in this
// class of cloud.
func (y *year) promised() bool {
	// From a look until its payment shows: the call is on its way within half a
	// minute, is carried out up to a minute and a half later, and then shows.
	showsAfterLook := 2*time.Minute + y.shows
	rememberedUntilItShows := y.tokens == forEver || y.tokens > showsAfterLook
	return rememberedUntilItShows && (y.refusals == forEver || showsAfterLook < y.verify)
}

func (y *year) class() string {
	return fmt.Sprintf("tokens remembered for %v, refusals for %v, an expiry shows within %v, a run every %v", y.tokens, y.refusals, y.shows, y.every)
}

func (y *year) broken(format string, args ...any) {
	y.t.Errorf("%s (%s): %s", time.Now().UTC().Format("01-02 15:04:05"), y.class(), fmt.Sprintf(format, args...))
}

// tell adds to the story of a server: what to read when it was charged twice.
func (y *year) tell(id, format string, args ...any) {
	const longest = 24
	story := append(y.stories[id], time.Now().UTC().Format("01-02 15:04:05 ")+fmt.Sprintf(format, args...))
	y.stories[id] = story[max(0, len(story)-longest):]
}

// play plays the year: the world's doings and the runs, in the order of time.
func (y *year) play() {
	begun := time.Now()
	var beside sync.WaitGroup
	twin := y.oneIn(3)
	for next := begun.Add(22 * time.Hour); time.Since(begun) < y.length; next = next.Add(y.every) {
		for day := time.Now(); day.Before(next); day = day.Add(12 * time.Hour) {
			time.Sleep(min(12*time.Hour, time.Until(next)))
			y.world()
		}
		y.lapsed()
		if twin && y.oneIn(3) {
			wait := y.upTo(4 * time.Minute)
			beside.Go(func() {
				time.Sleep(wait)
				y.deliver("twin", renewal.Period{Months: 2})
			})
		}
		y.deliver("first", renewal.Period{Months: 1})
		beside.Wait()
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	y.s.Played("days", int(y.length/renewal.Day))
	y.s.Played("charges", len(y.ledger))
	y.s.Played("second charges where none is promised", y.admitted)
}

// world lets half a day happen: people, money, the provider, the hardware.
func (y *year) world() {
	y.mu.Lock()
	defer y.mu.Unlock()
	s, now := y.s, time.Now()
	for _, account := range []string{"1", "2"} {
		if s.IntN(30) == 0 {
			y.balances[account] += s.IntN(60_000)
		}
		if s.IntN(200) == 0 {
			y.denied[account+oneOf(s, "/renew", "/tag", "/balance")] = now.Add(upTo(s, 5*renewal.Day))
		}
		if s.IntN(100) == 0 {
			y.outages[account+oneOf(s, "/a", "/b")] = now.Add(upTo(s, 2*renewal.Day))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(y.servers)) {
		v := y.servers[id]
		switch left := v.expires.Sub(now); {
		case left < -15*renewal.Day:
			delete(y.servers, id)
			y.addServer(len(y.ledger) + 1000 + s.IntN(50_000))
			continue
		case v.mode == renewal.Auto && left > 0 && left < 9*renewal.Day && y.balances[v.account] >= v.price:
			y.pay(v, renewal.Term{Period: renewal.Period{Months: 1}}, nil)
		case left < 5*renewal.Day && s.IntN(200) == 0: // a person
			y.pay(v, renewal.Term{Period: renewal.Period{Months: oneOf(s, 1, 12)}}, nil)
		}
		if v.refusal == nil && v.expires.Sub(now) < 9*renewal.Day && s.IntN(25) == 0 {
			v.refusal = oneOf(s,
				refusal(renewal.Terminal, "OperationDenied.NoStock", true), refusal(renewal.Terminal, "Instance.UnPaidOrder", true),
				refusal(renewal.Terminal, "IncorrectInstanceStatus", true), refusal(renewal.Terminal, "ChargeTypeViolation", false))
			v.heals = now.Add(upTo(s, 4*renewal.Day))
		}
		if s.IntN(300) == 0 {
			v.noTerm = renewal.Term{Period: renewal.Period{Months: oneOf(s, 1, 2)}}
		} else if s.IntN(20) == 0 {
			v.noTerm = renewal.Term{}
		}
		if v.refusal != nil && now.After(v.heals) {
			v.refusal = nil
		}
	}
}

// lapsed judges what has ended since the last run: who was to be kept was told
// of by it.
func (y *year) lapsed() {
	y.mu.Lock()
	defer y.mu.Unlock()
	for id, v := range y.servers {
		over := time.Since(v.expires)
		if over < 0 || over > y.every || y.told == nil || time.Since(v.born) < y.every+time.Hour || v.mode == renewal.Lapse || v.tags["renew:action"] != "" || !y.listed[v.account+"/"+v.region] {
			continue
		}
		if !y.told[id] {
			y.broken("%s (%s) lapsed at %v, and nobody was told", id, v.mode, v.expires)
		}
	}
}

// deliver is one event, delivered again when the process dies.
func (y *year) deliver(name string, period renewal.Period) {
	for range 3 {
		p := &player{year: y, name: name}
		p.dies = 1 << 30
		y.mu.Lock()
		if y.s.IntN(15) == 0 {
			p.dies = 1 + y.s.IntN(60)
		}
		y.mu.Unlock()
		if p.run(period) {
			return
		}
		time.Sleep(y.upTo(time.Minute))
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if name == "first" {
		y.told = nil // nobody has heard of it
	}
}

// A player is one process of the function.
type player struct {
	*year
	name  string
	dies  int // at this call
	calls int
	dead  bool
	kill  context.CancelFunc
	spent map[string]int
}

func (p *player) run(period renewal.Period) (alive bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	p.kill, p.spent = cancel, map[string]int{}
	j := job(8)
	j.Accounts, j.Account, j.Regions, j.Verify = []string{renewal.Self, "acs:ram::2:role/r"}, "1", []string{"a", "b"}, p.verify
	j.Policy.Term, j.Policy.NextRun = renewal.Term{Period: period}, p.every
	j.Policy.Window = max(5*renewal.Day, p.every+renewal.Day)
	j.Policy.TagPrefix, j.Policy.TagTrust = "renew:", renewal.TrustLower
	limit := []renewal.Caps{{NoMaxCount: true}, {MaxCount: 5}, {MaxCount: 20}, {NoMaxCount: true, MaxSpend: yuan(800)}}[p.pick(4)]
	j.Policy.Caps = limit
	r := &Runner{Open: p.open, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	report, err := r.Run(ctx, j)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.s.Played("runs", 1)
	if p.dead {
		return false
	}
	p.judge(report, err, limit)
	return true
}

func yuan(n int) renewal.Amount {
	return renewal.Amount{Value: decimal.NewFromInt(int64(n)), Currency: "CNY"}
}

// judge holds what a run says against the ledger.
func (p *player) judge(report renewal.Report, err error, limit renewal.Caps) {
	sum := 0
	for _, cost := range p.spent {
		sum += cost
	}
	switch {
	case err != nil && len(p.spent) > 0:
		p.broken("%s ends in an error after it has spent: %v", p.name, err)
	case !limit.NoMaxCount && len(p.spent) > limit.MaxCount:
		p.broken("%s paid for %d, and %d is the cap", p.name, len(p.spent), limit.MaxCount)
	case limit.MaxSpend.Known() && decimal.NewFromInt(int64(sum)).GreaterThan(limit.MaxSpend.Value):
		p.broken("%s paid %d, and %s is the cap", p.name, sum, limit.MaxSpend)
	}
	told, listed, open := map[string]bool{}, map[string]bool{}, decimal.Zero
	for _, e := range report.Instances {
		maybe := e.Outcome == renewal.Renewed || e.Outcome == renewal.Unverified || e.Outcome == renewal.OutcomeUnknown
		switch cost, paid := p.spent[e.ID]; {
		case paid && !maybe && e.Outcome != renewal.Stale:
			p.broken("%s paid for %s, and calls it %s: %s", p.name, e.ID, e.Outcome, e.Error)
		case paid && maybe:
			open = open.Add(decimal.NewFromInt(int64(cost)))
		}
		told[e.ID] = e.Outcome != renewal.Renewed
	}
	if said := sumOf(report.Money.Spent, report.Money.Unverified); said.LessThan(open) && report.Money.Unpriced == 0 {
		p.broken("%s paid %v, and its report says %v", p.name, open, said)
	}
	for _, id := range report.Lapsing {
		told[id] = true
	}
	for _, scope := range report.Scopes {
		listed[scope.Account+"/"+scope.Region] = scope.Complete
	}
	if p.name == "first" {
		p.told, p.listed = told, listed
		if err != nil {
			p.told = nil // the error was told, with everything in it
		}
	}
}

func sumOf(texts ...string) (sum decimal.Decimal) {
	for _, text := range texts {
		if text != "" {
			sum = sum.Add(decimal.RequireFromString(text))
		}
	}
	return sum
}

func (p *player) pick(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.s.IntN(n)
}

func (p *player) open(_ context.Context, account string) (Cloud, error) {
	return &view{player: p, account: map[bool]string{true: "1", false: "2"}[account == renewal.Self]}, nil
}

// A view is the cloud as one process sees one account of it.
type view struct {
	Billing
	*player
	account string
}

var errDead = &renewal.CallError{Action: "x", Class: renewal.Ambiguous, Err: errors.New("nobody hears it any more")}

// call is one call on its way: it takes its time, the process may die at it, and
// it may go wrong without being carried out.
func (v *view) call(ctx context.Context, takes time.Duration) error {
	v.mu.Lock()
	v.calls++
	if v.calls >= v.dies && !v.dead {
		v.dead = true
		v.kill()
	}
	dead, x := v.dead, v.s.Float64()
	v.mu.Unlock()
	if dead {
		return errDead
	}
	if !sleep(ctx, takes) {
		return &renewal.CallError{Action: "x", Class: renewal.Retryable, Err: ctx.Err()}
	}
	switch {
	case x < v.faults*0.4:
		return &renewal.CallError{Action: "x", Class: renewal.Retryable, Busy: true, Status: 400, Code: "Throttling"}
	case x < v.faults*0.6:
		return internalError()
	case x < v.faults*0.7:
		time.Sleep(10 * time.Second)
		return unanswered()
	}
	return nil
}

func (v *view) without(right string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if time.Now().Before(v.denied[v.account+"/"+right]) {
		return &renewal.CallError{Action: right, Code: "Forbidden.RAM", Status: 403, Class: renewal.Terminal, Denied: true, Unpermitted: true}
	}
	return nil
}

func (v *view) Identity(context.Context) (string, error)                    { return v.account, nil }
func (v *view) Members(context.Context, int) ([]renewal.Member, int, error) { return nil, 0, nil }
func (v *view) Regions(context.Context) ([]string, error)                   { return []string{"a", "b"}, nil }
func (v *view) MayList(ctx context.Context, _ string) error                 { return v.call(ctx, 20*time.Millisecond) }
func (v *view) Product(string) Product                                      { return fakeServers{v} }
func (v *view) SetState(ctx context.Context, _ string, _ []string, _ renewal.AutoState) error {
	return v.call(ctx, 20*time.Millisecond)
}

func (v *view) Balance(ctx context.Context) (renewal.Amount, error) {
	if err := errors.Join(v.call(ctx, 20*time.Millisecond), v.without("balance")); err != nil {
		return renewal.Amount{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return yuan(v.balances[v.account]), nil
}

func (v *view) Price(ctx context.Context, _, id string, term renewal.Term) (renewal.Amount, error) {
	if err := v.call(ctx, 20*time.Millisecond); err != nil {
		return renewal.Amount{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if in := v.servers[id]; in != nil {
		return yuan(in.price * term.Period.Months), nil
	}
	return renewal.Amount{}, refusal(renewal.Terminal, "InvalidInstanceId.NotFound", false)
}

// as is a server as it is read now, perhaps by a replica that is behind.
func (y *year) as(v *server) renewal.Instance {
	if now := time.Now(); !now.Before(v.showsAt) {
		v.shown = v.expires
	}
	if time.Since(v.refusedAt) > 3*time.Second {
		v.refusedShown = v.refused
	}
	return renewal.Instance{
		ID: v.id, Name: v.id, Region: v.region, Subscription: true, Expires: v.shown, Tags: v.tags, Refused: v.refusedShown,
	}
}

func (v *view) Page(ctx context.Context, region string, _, _ time.Time, next string) (page []renewal.Instance, token string, _ error) {
	if err := v.call(ctx, 20*time.Millisecond); err != nil {
		return nil, "", err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if time.Now().Before(v.outages[v.account+"/"+region]) {
		return nil, "", internalError()
	}
	var all []*server
	for _, in := range v.servers {
		if in.account == v.account && in.region == region {
			all = append(all, in)
		}
	}
	slices.SortFunc(all, func(a, b *server) int { return cmp.Compare(a.id, b.id) })
	half := len(all) / 2
	if next == "" && half > 0 {
		all, token = all[:half], "2"
	} else {
		all = all[max(0, half-v.s.IntN(2)):] // a page that has moved by one
	}
	for _, in := range all {
		page = append(page, v.as(in))
	}
	return page, token, nil
}

func (v *view) Instances(ctx context.Context, _ string, ids []string) (all []renewal.Instance, _ error) {
	if err := v.call(ctx, 20*time.Millisecond); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, id := range ids {
		in := v.servers[id]
		if in == nil {
			continue
		}
		all = append(all, v.as(in))
		if in.shown != in.expires && v.s.IntN(30) == 0 { // two replicas answer at once
			twin := v.as(in)
			twin.Expires = in.expires
			all = append(all, twin)
		}
	}
	return all, nil
}

func (v *view) States(ctx context.Context, _ string, ids []string) (map[string]renewal.AutoState, error) {
	if err := v.call(ctx, 20*time.Millisecond); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	states := map[string]renewal.AutoState{}
	for _, id := range ids {
		if in := v.servers[id]; in != nil {
			states[id] = renewal.AutoState{Mode: in.mode, Term: renewal.Period{Months: 1}}
		}
	}
	return states, nil
}

func (v *view) Tag(ctx context.Context, _, id, key, value string) error {
	err := errors.Join(v.call(ctx, 20*time.Millisecond), v.without("tag"))
	v.mu.Lock()
	defer v.mu.Unlock()
	in := v.servers[id]
	if in == nil || key != renewal.RefusedKey || err != nil && (renewal.Classify(err).Class != renewal.Ambiguous || v.dead || v.s.IntN(2) == 0) {
		return err
	}
	v.as(in)
	in.refused, in.refusedAt = value, time.Now()
	v.tell(id, "%s writes %s", v.name, value)
	return err // perhaps in doubt, and done
}

func (v *view) Renew(ctx context.Context, _, id string, term renewal.Term, token string, timeout time.Duration) (string, error) {
	if err := v.call(context.WithoutCancel(ctx), 100*time.Millisecond); err != nil {
		return "", err
	}
	if err := v.without("renew"); err != nil {
		return "", err
	}
	v.mu.Lock()
	x, takes := v.s.Float64(), upTo(v.s, 90*time.Second)
	v.mu.Unlock()
	if x >= v.faults {
		return v.commit(id, term, token, 50*time.Millisecond)
	}
	if x < v.faults/2 {
		takes = 50 * time.Millisecond
	}
	answered := make(chan error, 1)
	go func() { // it is carried out, whoever still waits for it
		_, err := v.commit(id, term, token, takes)
		answered <- err
	}()
	select {
	case <-answered:
	case <-time.After(timeout):
	}
	return "", unanswered()
}

// commit is the cloud's side of a payment: what it refuses, remembers and sells.
func (v *view) commit(id string, term renewal.Term, token string, takes time.Duration) (string, error) {
	doubt := func(code string, mismatch bool) (string, error) {
		return "", &renewal.CallError{Action: "renew", Class: renewal.Ambiguous, Code: code, Status: 400, Mismatch: mismatch}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	in, key := v.servers[id], v.account+token
	known := v.memory[key]
	if known != nil && !known.running && time.Now().After(known.until) {
		delete(v.memory, key)
		known = nil
	}
	switch {
	case in == nil:
		return "", refusal(renewal.Terminal, "InvalidInstanceId.NotFound", false)
	case known != nil && known.running:
		return doubt("LastTokenProcessing", false)
	case known != nil && known.term != term:
		return doubt("IdempotenceParamNotMatch", true)
	case known != nil && known.paid:
		return "order", nil
	case known != nil:
		v.tell(id, "%s is refused with %.4s from memory", v.name, token)
		return "", known.refusal
	case in.ordering:
		return doubt("LastOrderProcessing", false)
	}
	if why := v.refuses(in, term); why != nil {
		v.tell(id, "%s is refused with %.4s: %v", v.name, token, why)
		if v.refusals > 0 {
			v.memory[key] = &memory{term: term, refusal: why, until: time.Now().Add(v.refusals)}
		}
		return "", why
	}
	known = &memory{term: term, running: true}
	v.memory[key], in.ordering = known, true
	v.mu.Unlock()
	time.Sleep(takes)
	v.mu.Lock()
	in.ordering = false
	if why := v.refuses(in, term); why != nil && renewal.Classify(why).Money {
		delete(v.memory, key)
		return "", why
	}
	known.running, known.paid, known.until = false, true, time.Now().Add(v.tokens)
	v.pay(in, term, v.player)
	return "order", nil
}

func (y *year) refuses(in *server, term renewal.Term) error {
	switch {
	case in.noTerm == term:
		return &renewal.CallError{Action: "renew", Code: "InvalidPeriod", Status: 400, Class: renewal.Terminal, OtherTerms: true}
	case in.refusal != nil && time.Now().Before(in.heals):
		return in.refusal
	case y.balances[in.account] < in.price*term.Period.Months:
		return refusal(renewal.Halt, "InvalidAccountStatus.NotEnoughBalance", true)
	}
	return nil
}

// pay takes the money and moves the expiry.
func (y *year) pay(in *server, term renewal.Term, by *player) {
	cost := in.price * term.Period.Months
	who := "somebody else"
	if by != nil {
		who = by.name
	}
	y.tell(in.id, "%s pays for %v, for %v", who, term, in.expires.UTC().Format("01-02"))
	y.balances[in.account] -= cost
	y.ledger = append(y.ledger, charged{in.id, by, cost})
	if by != nil {
		by.spent[in.id] += cost
		if in.byFunction[in.expires.Unix()]++; in.byFunction[in.expires.Unix()] > 1 {
			if y.admitted++; y.promised() {
				y.broken("%s was charged %d times for the expiry %v, last by %s:\n%s", in.id, in.byFunction[in.expires.Unix()], in.expires, by.name, strings.Join(y.stories[in.id], "\n"))
			}
		}
	}
	y.as(in)
	in.expires = term.After(in.expires)
	in.showsAt = time.Now().Add(upTo(y.s, y.shows))
}
