package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/soak"
)

// A simulation is several runs at once against a cloud that misbehaves in every
// way it can, in fake time and by a seed: what holds for one schedule of events
// by thought has to hold for thousands. The emulator does the same over the
// wire, for the schedules that somebody has thought of.
type simulation struct {
	t       *testing.T
	seed    uint64
	latency time.Duration // of reads, at most
	slow    time.Duration // of parts of a money call, at most
	lag     time.Duration // until a new expiry shows, at most
	faults  float64       // share of calls that go wrong
	poison  bool          // refusals are remembered with their token

	mu        sync.Mutex
	random    *rand.Rand
	instances map[string]*simulated
	tokens    map[string]*remembered
}

type simulated struct {
	now, shown renewal.Instance // as it is, and as it is read until showAt
	showAt     time.Time
	refusal    error // until heals
	heals      time.Time
	ordering   bool
	charges    map[string]int // by the expiry that was paid for
}

type remembered struct {
	term          renewal.Term
	running, paid bool
	refusal       error
}

func (s *simulation) chance() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.Float64()
}

func (s *simulation) upTo(most time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.random.Int64N(int64(most) + 1))
}

func pick[T any](s *simulation, list ...T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return list[s.random.IntN(len(list))]
}

func (s *simulation) broken(format string, args ...any) {
	s.t.Errorf("seed %d: %s", s.seed, fmt.Sprintf(format, args...))
}

// A simulatedRun is the cloud as one run sees it, and what that run is to know.
type simulatedRun struct {
	Billing
	*simulation
	name     string
	deadline time.Time
	reserve  time.Duration
	looked   map[string]time.Time
	asked    map[string]bool // at least one money call
	doubt    map[string]bool // an answer that may have been a charge
	paid     map[string]bool // an answer that was one
}

func unanswered() error {
	return &renewal.CallError{Action: "x", Class: renewal.Ambiguous, Err: errors.New("no answer in time")}
}

func internalError() error {
	return &renewal.CallError{Action: "x", Class: renewal.Ambiguous, Status: 500, Code: "InternalError"}
}

// read takes its time and may fail.
func (r *simulatedRun) read(ctx context.Context) error {
	wait, err := r.upTo(r.latency), error(nil)
	switch x := r.chance(); {
	case x < r.faults*0.3:
		wait, err = 20*time.Second, unanswered()
	case x < r.faults*0.6:
		err = &renewal.CallError{Action: "x", Class: renewal.Retryable, Busy: true, Status: 400, Code: "Throttling"}
	case x < r.faults:
		err = internalError()
	}
	if !sleep(ctx, wait) {
		return &renewal.CallError{Action: "x", Class: renewal.Retryable, Err: ctx.Err()}
	}
	return err
}

func (s *simulation) view(i *simulated) renewal.Instance {
	if !time.Now().Before(i.showAt) {
		i.shown = i.now
	}
	return i.shown
}

func (r *simulatedRun) Identity(context.Context) (string, error) { return "1", nil }
func (r *simulatedRun) Members(context.Context, int) ([]renewal.Member, int, error) {
	return nil, 0, nil
}
func (r *simulatedRun) Product(string) Product                      { return fakeServers{r} }
func (r *simulatedRun) Regions(context.Context) ([]string, error)   { return []string{"a", "b"}, nil }
func (r *simulatedRun) MayList(ctx context.Context, _ string) error { return r.read(ctx) }
func (r *simulatedRun) Balance(context.Context) (a renewal.Amount, _ error) {
	return a, internalError()
}

func (r *simulatedRun) Page(ctx context.Context, region string, _, _ time.Time, _ string) (all []renewal.Instance, _ string, _ error) {
	if err := r.read(ctx); err != nil {
		return nil, "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, i := range r.instances {
		if i.now.Region == region {
			all = append(all, r.view(i))
		}
	}
	return all, "", nil
}

func (r *simulatedRun) Instances(ctx context.Context, _ string, ids []string) (all []renewal.Instance, _ error) {
	at := time.Now()
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		r.looked[id] = at
		all = append(all, r.view(r.instances[id]))
	}
	return all, nil
}

func (r *simulatedRun) States(ctx context.Context, _ string, ids []string) (map[string]renewal.AutoState, error) {
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	states := map[string]renewal.AutoState{}
	for _, id := range ids {
		states[id] = renewal.AutoState{Mode: renewal.Manual}
	}
	return states, nil
}

func (r *simulatedRun) Price(ctx context.Context, _, _ string, _ renewal.Term) (renewal.Amount, error) {
	if err := r.read(ctx); err != nil {
		return renewal.Amount{}, err
	}
	return renewal.ParseAmount("100", renewal.China)
}

func (r *simulatedRun) SetState(ctx context.Context, _ string, _ []string, _ renewal.AutoState) error {
	return r.read(ctx)
}

func (r *simulatedRun) Tag(ctx context.Context, _, id, _, value string) error {
	if err := r.read(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.instances[id]
	r.view(i)
	i.now.Refused, i.shown.Refused = value, value
	return nil
}

// Renew checks what the run owes to every payment, and then lets anything happen.
func (r *simulatedRun) Renew(_ context.Context, _, id string, term renewal.Term, token string, timeout time.Duration) (string, error) {
	begun := time.Now()
	r.mu.Lock()
	if age := begun.Sub(r.looked[id]); age > 13*time.Second { // up to 17 more until it is on its way
		r.broken("%s pays for %s on a look %v old", r.name, id, age)
	}
	if left := r.deadline.Sub(begun); left < timeout+r.reserve {
		r.broken("%s pays for %s %v before the deadline, %v are needed", r.name, id, left, timeout+r.reserve)
	}
	r.asked[id] = true
	r.mu.Unlock()

	doubtful := func(err error) (string, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.doubt[id] = true
		return "", err
	}
	never := func() (string, error) {
		time.Sleep(max(0, timeout-time.Since(begun)))
		return doubtful(unanswered())
	}
	time.Sleep(r.upTo(r.slow))
	x := r.chance()
	switch {
	case x < r.faults*0.1:
		return "", &renewal.CallError{Action: "renew", Class: renewal.Retryable, Busy: true, Code: "Throttling", Status: 400}
	case x < r.faults*0.2:
		return "", &renewal.CallError{Action: "renew", Class: renewal.Retryable, Err: errors.New("no connection")}
	case x < r.faults*0.3:
		return doubtful(internalError())
	case x < r.faults*0.4:
		return never()
	}
	order, err := r.commit(id, term, token)
	switch {
	case x < r.faults*0.7:
		return doubtful(internalError())
	case x < r.faults:
		return never()
	case err != nil && renewal.Classify(err).Class == renewal.Ambiguous:
		return doubtful(err)
	}
	return order, err
}

// commit is the cloud's side of a payment.
func (r *simulatedRun) commit(id string, term renewal.Term, token string) (string, error) {
	refuse := func(status int, code string, mismatch bool) (string, error) {
		return "", &renewal.CallError{Action: "renew", Class: renewal.Ambiguous, Code: code, Status: status, Mismatch: mismatch}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i, known := r.instances[id], r.tokens[token]
	switch {
	case known != nil && known.term != term:
		return refuse(400, "IdempotenceParamNotMatch", true)
	case known != nil && known.running:
		return refuse(403, "LastTokenProcessing", false)
	case known != nil && known.paid:
		r.paid[id] = true
		return "order", nil
	case known != nil && known.refusal != nil:
		return "", known.refusal
	case i.ordering:
		return refuse(400, "LastOrderProcessing", false)
	case i.refusal != nil && time.Now().Before(i.heals):
		if r.poison {
			r.tokens[token] = &remembered{term: term, refusal: i.refusal}
		}
		return "", i.refusal
	}
	known = &remembered{term: term, running: true}
	r.tokens[token], i.ordering = known, true
	takes := time.Duration(r.random.Int64N(int64(r.slow) + 1))
	r.mu.Unlock()
	time.Sleep(takes)
	r.mu.Lock()
	known.running, known.paid, i.ordering = false, true, false
	r.paid[id] = true
	expiry := i.now.Expires.Format(time.RFC3339)
	if i.charges[expiry]++; i.charges[expiry] > 1 {
		r.broken("%s was charged %d times for one expiry", id, i.charges[expiry])
	}
	if !time.Now().Before(i.showAt) { // else something older is still to show
		i.shown = i.now
	}
	i.now.Expires = term.After(i.now.Expires)
	i.showAt = time.Now().Add(time.Duration(r.random.Int64N(int64(r.lag) + 1)))
	return "order", nil
}

func newSimulation(t *testing.T, drawn *soak.Scenario) *simulation {
	s := &simulation{t: t, seed: drawn.Seed, random: drawn.Rand, instances: map[string]*simulated{}, tokens: map[string]*remembered{}}
	s.poison = pick(s, true, false)
	s.lag = pick(s, 0, 10*time.Second, time.Minute, 10*time.Minute)
	s.faults = pick(s, 0, 0.1, 0.3, 0.6)
	s.latency = pick(s, 10*time.Millisecond, time.Second, 8*time.Second)
	s.slow = pick(s, 0, time.Second, 8*time.Second)
	heal := pick(s, true, false)
	if heal {
		s.slow = 0 // what may happen within the moment of the token of the day is told in docs/money.md
	}
	for k := range 1 + s.random.IntN(30) {
		end := time.Now().Add(renewal.Day + s.upTo(80*time.Hour)).UTC().Truncate(time.Minute)
		id := fmt.Sprintf("i-%02d", k)
		in := renewal.Instance{ID: id, Region: pick(s, "a", "b"), Subscription: true, Expires: end, Mode: renewal.Manual}
		i := &simulated{now: in, shown: in, charges: map[string]int{}}
		if pick(s, true, false, false) {
			i.refusal = pick(s,
				refusal(renewal.Terminal, "OperationDenied.NoStock", true), refusal(renewal.Halt, "InsufficientBalance", true),
				refusal(renewal.Terminal, "InvalidPeriod", false), refusal(renewal.Halt, "Forbidden.RAM", false))
			i.heals = time.Now().Add(1000 * time.Hour)
			if heal {
				i.heals = time.Now().Add(s.upTo(time.Minute))
			}
		}
		s.instances[id] = i
	}
	return s
}

// run is one run; what its report says is held against what has happened.
func (s *simulation) run(t *testing.T, name string) {
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second+s.upTo(6*time.Minute))
	defer cancel()
	j := job(1 + pick(s, 0, 1, 3, 7, 15))
	j.Regions = []string{"a", "b"}
	j.Policy.Term = renewal.Term{Period: renewal.Period{Months: pick(s, 1, 3)}}
	j.Policy.Caps = renewal.Caps{MaxCount: pick(s, 3, 10, 40)}
	j.Verify = pick(s, 0, 5*time.Second, 90*time.Second)
	j.Reserve = pick(s, time.Second, 15*time.Second)
	deadline, _ := ctx.Deadline()
	c := &simulatedRun{
		simulation: s, name: name, deadline: deadline, reserve: j.Reserve,
		looked: map[string]time.Time{}, asked: map[string]bool{}, doubt: map[string]bool{}, paid: map[string]bool{},
	}
	r := &Runner{Open: func(context.Context, string) (Cloud, error) { return c, nil }, Now: time.Now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
	report, err := r.Run(ctx, j)
	if ctx.Err() != nil {
		s.broken("%s went past its deadline", name)
	}
	if err != nil && len(c.asked) > 0 {
		s.broken("%s ends in an error after a payment was asked for: %v", name, err)
	}
	if n := len(c.paid) + len(c.doubt); n > j.Policy.Caps.MaxCount && len(c.paid) > j.Policy.Caps.MaxCount {
		s.broken("%s paid for %d, and %d is the cap", name, len(c.paid), j.Policy.Caps.MaxCount)
	}
	seen := map[string]bool{}
	for _, e := range report.Instances {
		open := e.Outcome == renewal.Renewed || e.Outcome == renewal.Unverified || e.Outcome == renewal.OutcomeUnknown
		switch {
		case seen[e.ID], e.Reason == "", e.Outcome == "":
			s.broken("%s: %+v", name, e)
		case c.paid[e.ID] && !open:
			s.broken("%s paid for %s, and calls it %s: %s", name, e.ID, e.Outcome, e.Error)
		case c.doubt[e.ID] && !open && e.Outcome != renewal.Stale:
			s.broken("%s may have paid for %s, and calls it %s: %s", name, e.ID, e.Outcome, e.Error)
		case !c.asked[e.ID] && open:
			s.broken("%s never asked for %s, and calls it %s", name, e.ID, e.Outcome)
		}
		seen[e.ID] = true
	}
}

func TestSoakRunsBesideEachOther(t *testing.T) {
	soak.Play(t, 120, func(t *testing.T, drawn *soak.Scenario) {
		synctest.Test(t, func(t *testing.T) {
			s := newSimulation(t, drawn)
			var beside sync.WaitGroup
			for k := range 3 {
				starts := s.upTo(50 * time.Second)
				beside.Go(func() {
					time.Sleep(starts)
					s.run(t, fmt.Sprint("run ", k))
				})
			}
			beside.Wait()
			s.run(t, "the next run")
			drawn.Played("runs", 4)
		})
	})
}
