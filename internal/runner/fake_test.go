package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// fakeCloud stands in where time is the question: in a synctest bubble its
// calls take as long as they say, and no time at all. Whether money is spent
// twice is asked of the emulator, over the wire, by the tests of package handler.
type fakeCloud struct {
	Billing         // is not asked
	identity  error // of asking whose the credentials are
	mu        sync.Mutex
	instances map[string]renewal.Instance
	took      time.Duration                // of a money call
	renew     func(id, token string) error // before it is charged; nil = never refuses
	set       func(ids []string) error     // before it is done; nil = never refuses
	calls     []string                     // "renew i-1", in order
	at        map[string][]time.Time       // when each kind of call was made
	charges   map[string]int               // by token
	looked    map[string]time.Time         // when an instance was last read by id
	oldest    time.Duration                // the oldest look that a money call relied on
}

func newFakeCloud(n int, expires time.Duration) *fakeCloud {
	f := &fakeCloud{instances: map[string]renewal.Instance{}, at: map[string][]time.Time{}, charges: map[string]int{}, looked: map[string]time.Time{}}
	for i := range n {
		end := time.Now().Add(expires + time.Duration(i)*time.Minute).UTC()
		id := fmt.Sprintf("i-%03d", i)
		f.instances[id] = renewal.Instance{
			ID: id, Region: "cn-hangzhou", Subscription: true, Expires: end, Mode: renewal.Manual,
		}
	}
	return f
}

func (f *fakeCloud) record(kind, id string) {
	f.calls = append(f.calls, kind+" "+id)
	f.at[kind] = append(f.at[kind], time.Now())
}

func (f *fakeCloud) Identity(context.Context) (string, error) { return "1", f.identity }
func (f *fakeCloud) Members(context.Context, int) ([]renewal.Member, int, error) {
	return nil, 0, errors.New("there is no organisation")
}
func (f *fakeCloud) Regions(context.Context) ([]string, error) { return []string{"cn-hangzhou"}, nil }
func (f *fakeCloud) MayList(context.Context, string) error     { return nil }
func (f *fakeCloud) Balance(context.Context) (renewal.Amount, error) {
	return renewal.Amount{}, errors.New("none")
}

func (f *fakeCloud) Index(context.Context, int, []string) (renewal.IndexPage, error) {
	return renewal.IndexPage{}, &renewal.CallError{Action: "bss:DescribeInstances", Class: renewal.Terminal, Denied: true, Err: errors.New("no right")}
}

func (f *fakeCloud) SetState(_ context.Context, _ string, ids []string, state renewal.AutoState) error {
	f.mu.Lock()
	f.record("set", fmt.Sprint(len(ids)))
	for _, id := range ids {
		f.oldest = max(f.oldest, time.Since(f.looked[id]))
	}
	f.mu.Unlock()
	time.Sleep(f.took)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set != nil {
		if err := f.set(ids); err != nil {
			return err
		}
	}
	for _, id := range ids {
		in := f.instances[id]
		in.Mode, in.Auto = state.Mode, state.Term
		f.instances[id] = in
	}
	return nil
}

// Product gives the calls to ECS: there is nothing else here.
func (f *fakeCloud) Product(string) Product { return fakeServers{f} }

// servers are what a fake says of ECS alone, by ids.
type servers interface {
	Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error)
	States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error)
	Price(ctx context.Context, region, id string, term renewal.Term) (renewal.Amount, error)
	Renew(ctx context.Context, region, id string, term renewal.Term, token string, timeout time.Duration) (string, error)
	SetState(ctx context.Context, region string, ids []string, state renewal.AutoState) error
}

// fakeServers are the calls to ECS of any fake.
type fakeServers struct{ of servers }

func (f fakeServers) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	return f.of.Instances(ctx, region, ids)
}

func (f fakeServers) States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error) {
	return f.of.States(ctx, region, ids)
}

func (f fakeServers) Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error) {
	return f.of.Price(ctx, region, in.ID, term)
}

func (f fakeServers) Renew(ctx context.Context, region string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error) {
	return f.of.Renew(ctx, region, in.ID, term, token, timeout)
}

func (f fakeServers) SetState(ctx context.Context, region string, instances []renewal.Instance, state renewal.AutoState) error {
	ids := make([]string, len(instances))
	for i, in := range instances {
		ids[i] = in.ID
	}
	return f.of.SetState(ctx, region, ids, state)
}

func (f *fakeCloud) Tag(_ context.Context, _, id, key, value string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record("tag", id)
	in := f.instances[id]
	if key != renewal.RefusedKey {
		return errors.New("no other tag is ever written")
	}
	in.Refused = value
	f.instances[id] = in
	return nil
}

func (f *fakeCloud) Price(context.Context, string, string, renewal.Term) (renewal.Amount, error) {
	return renewal.ParseAmount("100", renewal.China)
}

func (f *fakeCloud) Page(context.Context, string, time.Time, time.Time, string) ([]renewal.Instance, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []renewal.Instance
	for _, in := range f.instances {
		all = append(all, in)
	}
	return all, "", nil
}

func (f *fakeCloud) Instances(_ context.Context, _ string, ids []string) ([]renewal.Instance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.record("look", fmt.Sprint(len(ids)))
	var found []renewal.Instance
	for _, id := range ids {
		f.looked[id] = time.Now()
		if in, ok := f.instances[id]; ok {
			found = append(found, in)
		}
	}
	return found, nil
}

func (f *fakeCloud) States(_ context.Context, _ string, ids []string) (map[string]renewal.AutoState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	states := map[string]renewal.AutoState{}
	for _, id := range ids {
		states[id] = renewal.AutoState{Mode: f.instances[id].Mode, Term: f.instances[id].Auto}
	}
	return states, nil
}

func (f *fakeCloud) Renew(_ context.Context, _, id string, term renewal.Term, token string, timeout time.Duration) (string, error) {
	f.mu.Lock()
	f.record("renew", id)
	f.oldest = max(f.oldest, time.Since(f.looked[id]))
	f.mu.Unlock()
	if f.took > timeout {
		time.Sleep(timeout)
		return "", &renewal.CallError{Action: "ecs:RenewInstance", Class: renewal.Ambiguous, Err: errors.New("no answer in time")}
	}
	time.Sleep(f.took)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.renew != nil {
		if err := f.renew(id, token); err != nil {
			return "", err
		}
	}
	if f.charges[token]++; f.charges[token] == 1 {
		in := f.instances[id]
		in.Expires = term.After(in.Expires)
		f.instances[id] = in
	}
	return "order", nil
}

func job(concurrency int) Job {
	return Job{
		Policy: renewal.Policy{
			Action: renewal.Renew, Term: renewal.Term{Period: renewal.Period{Months: 1}}, Site: renewal.China,
			Window: 7 * renewal.Day, NextRun: renewal.Day, Zone: time.UTC, Caps: renewal.Caps{NoMaxCount: true},
		},
		Accounts: []string{renewal.Self}, Account: "1", Regions: []string{"cn-hangzhou"},
		Reserve: 15 * time.Second, Verify: 90 * time.Second, Concurrency: concurrency,
	}
}

// inBubble runs a job against a fake cloud in fake time. Goroutines that the
// run leaves behind make the bubble fail.
func inBubble(t *testing.T, timeout time.Duration, j Job, prepare func() *fakeCloud, check func(*fakeCloud, renewal.Report)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		f := prepare()
		r := &Runner{
			Open: func(context.Context, string) (Cloud, error) { return f, nil },
			Now:  time.Now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		}
		report, err := r.Run(ctx, j)
		if err != nil {
			t.Fatal(err)
		}
		if ctx.Err() != nil {
			t.Error("the run went past its deadline")
		}
		check(f, report)
	})
}

func refusal(class renewal.Class, code string, heals bool) error {
	return &renewal.CallError{Action: "ecs:RenewInstance", Code: code, Class: class, Heals: heals, Busy: strings.HasPrefix(code, "Throttling"), Money: strings.HasSuffix(code, "Balance"), RequestID: "R-1"}
}

// order gives the ids of the money calls in the order they were made.
func (f *fakeCloud) order() []string {
	var ids []string
	for _, call := range f.calls {
		if id, ok := cut(call, "renew "); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func cut(s, prefix string) (string, bool) {
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return "", false
}
