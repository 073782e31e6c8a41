package handler_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Every look is at most 30 s older than the money call it is for. The calls are
// so slow that one look cannot serve all.
func TestLooksAgainJustBeforePaying(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{Processing: 4 * time.Second}, settings{"RENEW_CONCURRENCY": "2", "RENEW_MAX_COUNT": "30"}, func(t *testing.T, w *bubble) {
		for i := range 30 {
			w.add(due(fmt.Sprintf("i-%d", i)))
		}
		if r := w.run(""); r.Counts.Renewed != 30 {
			t.Errorf("%+v", r.Counts)
		}
		seen := map[string]time.Time{}
		for _, call := range w.cloud.Calls() {
			switch call.Action {
			case "DescribeInstances", "DescribeInstanceAutoRenewAttribute":
				for i := range 30 {
					id := fmt.Sprintf("i-%d", i)
					if strings.Contains(call.Params.Get("InstanceIds")+",", `"`+id+`"`) {
						seen[id] = call.Wall
					}
				}
			case "RenewInstance":
				id := call.Params.Get("InstanceId")
				if at, ok := seen[id]; !ok || call.Wall.Sub(at) > 30*time.Second {
					t.Errorf("%s was paid for without a look just before", id)
				}
			}
		}
	})
}

// Somebody acts between the plan and the payment.
func TestMovedSinceThePlanIsStale(t *testing.T) {
	t.Parallel()
	moves := map[string]struct {
		move    func(*cloud.Cloud)
		settled bool
	}{
		"renewed by hand":         {func(c *cloud.Cloud) { c.SetExpiry("i-1", time.Now().Add(40*renewal.Day)) }, true},
		"moved within the window": {func(c *cloud.Cloud) { c.SetExpiry("i-1", time.Now().Add(5*renewal.Day)) }, false},
		"auto-renewal on":         {func(c *cloud.Cloud) { c.SetRenewalStatus("i-1", "AutoRenewal") }, true},
		"do not renew":            {func(c *cloud.Cloud) { c.SetRenewalStatus("i-1", "NotRenewal") }, true},
		"locked":                  {func(c *cloud.Cloud) { c.SetLocks("i-1", "security") }, false},
		"pay-as-you-go":           {func(c *cloud.Cloud) { c.SetChargeType("i-1", "PostPaid") }, true},
		"gone":                    {func(c *cloud.Cloud) { c.RemoveInstance("i-1") }, false},
	}
	for name, tt := range moves {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				w.cloud.OnCall(func(call cloud.Call) {
					if call.Action == "DescribeRenewalPrice" {
						tt.move(w.cloud)
					}
				})
				r := w.run("")
				w.unchanged()
				outcome(t, r, "i-1", renewal.Stale)
				if settled := r.Status == renewal.OK; settled != tt.settled {
					t.Errorf("status %s, settled should be %v", r.Status, tt.settled)
				}
			})
		})
	}
}

// The look is old when it comes: states at once, instances throttled for 40 s.
func TestNoPaymentOnAnOldLook(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.timeout = 3 * time.Minute
		var states atomic.Int32
		w.cloud.OnCall(func(c cloud.Call) {
			if c.Action == "DescribeInstanceAutoRenewAttribute" && states.Add(1) == 2 {
				time.AfterFunc(time.Second, func() { w.cloud.SetRenewalStatus("i-1", "NotRenewal") })
			}
		})
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.Throttle, Call: 2, Count: 9})
		w.run("")
		w.charged("i-1", 0)
	})
}

// SetState throttled for 40 s; meanwhile its owner says NotRenewal.
func TestNoChangeOnAnOldLook(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_ACTION": "auto-renew"}, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 5*renewal.Day))
		w.timeout = 3 * time.Minute
		var once sync.Once
		w.cloud.OnCall(func(c cloud.Call) {
			if c.Action == "ModifyInstanceAutoRenewAttribute" {
				once.Do(func() { time.AfterFunc(time.Second, func() { w.cloud.SetRenewalStatus("i-1", "NotRenewal") }) })
			}
		})
		w.cloud.Fail(cloud.Fault{Action: "ModifyInstanceAutoRenewAttribute", Kind: cloud.Throttle, Call: 1, Count: 9})
		w.run("")
		if s := w.status("i-1"); !strings.HasPrefix(s, "NotRenewal") {
			t.Errorf("do-not-renew was undone: %s", s)
		}
	})
}

// The tags change between price and payment, so that a rule with a lower cap on
// the price holds.
func TestTagsChangeUnderTheCapOfARule(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_RULES": `[
		{name: a, when: 'tags["team"] == "a"', max-price: 800},
		{name: others, when: 'true', max-price: 50}]`}, func(t *testing.T, w *bubble) {
		in := due("i-1")
		in.Tags = map[string]string{"team": "a"}
		w.add(in)
		w.cloud.OnCall(func(c cloud.Call) {
			if c.Action == "DescribeRenewalPrice" {
				w.cloud.SetTags("i-1", map[string]string{"team": "b"})
			}
		})
		r := w.run("")
		w.charged("i-1", 0)
		outcome(t, r, "i-1", renewal.Stale)
	})
}

// It expires between the plan and the look.
func TestExpiresDuringTheRunIsNotSilent(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", time.Minute))
		time.Sleep(58 * time.Second)
		w.cloud.Fail(cloud.Fault{Action: "DescribeRenewalPrice", Kind: cloud.SlowAfter, Delay: 3 * time.Second})
		r := w.run("")
		if w.cloud.Charges("i-1") == 0 && (r.Status == renewal.OK || len(r.Lapsing) == 0) {
			t.Errorf("it ended unpaid, and the report says %s, lapsing %v", r.Status, r.Lapsing)
		}
	})
}

// A new expiry that shows at once is seen at once; one that takes the usual ten
// seconds is not asked for all the time, and seen soon after.
func TestNewExpiryIsReadSoonAndNotTooOften(t *testing.T) {
	t.Parallel()
	for shows, want := range map[time.Duration]struct {
		reads int
		took  time.Duration
	}{
		0:                {1, 250 * time.Millisecond},
		time.Second:      {2, 2 * time.Second},
		10 * time.Second: {5, 12 * time.Second},
	} {
		t.Run(shows.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{ExpiryDelay: shows}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"))
				begun := time.Now()
				r := w.run("")
				outcome(t, r, "i-1", renewal.Renewed)
				if took := time.Since(begun); took > want.took {
					t.Errorf("it took %v", took)
				}
				calls := w.cloud.Calls()
				paid := slices.IndexFunc(calls, func(c cloud.Call) bool { return c.Action == "RenewInstance" })
				if reads := len(calls) - paid - 1; reads > want.reads {
					t.Errorf("%d reads", reads)
				}
			})
		})
	}
}
