package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// checkCloud is a fake cloud that can refuse or stay silent. What a check finds
// over the wire is tested in package handler.
type checkCloud struct {
	*fakeCloud
	identity error
	list     func(ctx context.Context, region string) error
	states   map[string]renewal.AutoState
}

func (c *checkCloud) Product(string) Product { return fakeServers{c} }

func (c *checkCloud) Identity(context.Context) (string, error) { return "1", c.identity }

func (c *checkCloud) MayList(ctx context.Context, region string) error {
	if c.list == nil {
		return nil
	}
	return c.list(ctx, region)
}

func (c *checkCloud) States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error) {
	if c.states != nil {
		return c.states, nil
	}
	return c.fakeCloud.States(ctx, region, ids)
}

// checked checks a job in a bubble, and makes sure that nothing was paid.
func checked(t *testing.T, timeout time.Duration, j Job, prepare func(*checkCloud), look func(CheckResult)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		f := &checkCloud{fakeCloud: newFakeCloud(2, renewal.Day)}
		prepare(f)
		r := &Runner{
			Open: func(context.Context, string) (Cloud, error) { return f, nil },
			Now:  time.Now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		}
		result, err := r.Check(ctx, j)
		if err != nil {
			t.Fatal(err)
		}
		if ctx.Err() != nil {
			t.Error("the check went past its deadline")
		}
		if len(f.charges) > 0 {
			t.Errorf("it paid: %v", f.charges)
		}
		look(result)
	})
}

func find(t *testing.T, r CheckResult, name string) Probe {
	t.Helper()
	for _, p := range r.Probes {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no probe %s: %+v", name, r.Probes)
	return Probe{}
}

func noAnswer(action string) error {
	return &renewal.CallError{Action: action, Class: renewal.Retryable, Err: errors.New("no connection: dial failed")}
}

func TestCheckEndsInTime(t *testing.T) {
	checked(t, time.Minute, job(8), func(c *checkCloud) {
		c.list = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	}, func(r CheckResult) {
		if p := find(t, r, "list"); r.OK || p.OK || p.Message != "the time was up" {
			t.Errorf("%+v", p)
		}
	})
}

func TestCheckWithoutSTS(t *testing.T) {
	j := job(8)
	j.Loopback = true
	checked(t, time.Minute, j, func(c *checkCloud) {
		c.identity = &renewal.CallError{Action: "sts:GetCallerIdentity", Code: "InvalidAction.NotFound", Status: 404, Class: renewal.Terminal, NoSuchAction: true}
	}, func(r CheckResult) {
		if len(r.NotTried) != 1 || r.NotTried[0].Name != "identity" || !r.OK || !strings.Contains(r.NotTried[0].Message, "no STS") {
			t.Errorf("%+v", r)
		}
	})
}

// A run that knows its account goes on without STS; so does a check, and tells.
func TestCheckGoesOnWhereARunWould(t *testing.T) {
	for _, guarded := range []bool{false, true} {
		j := job(8)
		if guarded {
			j.Expect = []string{"1"}
		}
		checked(t, time.Minute, j, func(c *checkCloud) { c.identity = noAnswer("sts:GetCallerIdentity") }, func(r CheckResult) {
			listed := false
			for _, p := range r.Probes {
				listed = listed || p.Name == "list"
			}
			if p := find(t, r, "endpoints"); r.OK || listed == guarded || p.OK || !strings.Contains(p.Message, "STS (no connection: dial failed)") {
				t.Errorf("guarded %v: %+v", guarded, r.Probes)
			}
		})
	}
}

func TestCheckCountsSilentEndpoints(t *testing.T) {
	j := job(8)
	for i := range 5 {
		j.Regions = append(j.Regions, fmt.Sprintf("cn-silent-%d", i))
	}
	checked(t, 5*time.Minute, j, func(c *checkCloud) {
		c.list = func(_ context.Context, region string) error {
			if strings.HasPrefix(region, "cn-silent") {
				return noAnswer("ecs:DescribeInstances")
			}
			return nil
		}
	}, func(r CheckResult) {
		p := find(t, r, "endpoints")
		if p.OK || !strings.Contains(p.Message, "ECS cn-silent-2") || strings.Contains(p.Message, "ECS cn-silent-3") || !strings.Contains(p.Message, "and 2 more") {
			t.Errorf("%+v", p)
		}
		if clock := find(t, r, "clock"); !clock.OK {
			t.Errorf("%+v", clock)
		}
	})
}

func TestCheckOfAStatusThatIsNotTold(t *testing.T) {
	for name, states := range map[string]map[string]renewal.AutoState{
		"left out": {}, "a word that nobody knows": {"i-000": {Mode: renewal.Unknown}},
	} {
		checked(t, time.Minute, job(8), func(c *checkCloud) { c.states = states }, func(r CheckResult) {
			if p := find(t, r, "renewal-status"); p.OK || !strings.Contains(p.Message, "i-000") {
				t.Errorf("%s: %+v", name, p)
			}
		})
	}
}

func TestCheckRefusesAnAccountTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &checkCloud{fakeCloud: newFakeCloud(1, renewal.Day)}
		r := &Runner{Open: func(context.Context, string) (Cloud, error) { return f, nil }, Now: time.Now}
		j := job(8)
		j.Accounts = []string{renewal.Self, "acs:ram::1:role/r"}
		_, err := r.Check(t.Context(), j)
		if stop, ok := errors.AsType[*Stop](err); !ok || stop.Kind != BadConfig || !strings.Contains(err.Error(), "twice") {
			t.Errorf("%v", err)
		}
	})
}
