package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Paying stops when the account cannot pay: the API is not hammered, and what
// was not reached is named.
func TestNoBalanceStopsPaying(t *testing.T) {
	t.Parallel()
	for _, concurrency := range []int{1, 8} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{"RENEW_CONCURRENCY": fmt.Sprint(concurrency)})
			for i := range 10 {
				w.cloud.AddInstance(expiring(fmt.Sprintf("i-%d", i), time.Duration(i+1)*12*time.Hour))
			}
			w.cloud.SetBalance(account, "300")
			r := w.run("")
			if n := len(w.cloud.Ledger()); n != 3 {
				t.Errorf("%d charges, want 3", n)
			}
			if n := w.cloud.CallCount("RenewInstance"); n > 3+concurrency+2 {
				t.Errorf("%d money calls", n)
			}
			if c := r.Counts; c.Renewed != 3 || c.Failed < 1 || c.Failed+c.NotTried != 7 || r.Status != renewal.Partial {
				t.Errorf("%s %+v", r.Status, c)
			}
			for _, e := range r.Instances {
				if e.Outcome != renewal.Renewed && !strings.Contains(e.Error, "NotEnoughBalance") {
					t.Errorf("%s does not say why: %+v", e.ID, e)
				}
			}
		})
	}
}

// A permission that is missing for the money call says nothing about the next
// instance: rights can be given by tag and by instance.
func TestNoPermissionToRenew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_CONCURRENCY": "1"}, due("i-1"), due("i-2"), due("i-3"))
	w.cloud.SetDenied(account, "ecs:RenewInstance")
	r := w.run("")
	if n := w.cloud.CallCount("RenewInstance"); n != 3 {
		t.Errorf("%d money calls, want 3", n)
	}
	if r.Status != renewal.Failed || r.Counts.Failed != 3 {
		t.Errorf("%s %+v", r.Status, r.Counts)
	}
	if e := r.Instances[0]; !strings.Contains(e.Error, "ecs:RenewInstance") || !strings.Contains(e.Error, "request id") {
		t.Errorf("the error does not say what to do: %s", e.Error)
	}
}

func TestRefusedInstanceDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	broken := due("i-1")
	broken.UnpaidOrder = true
	w := newWorld(t, nil, broken, expiring("i-2", 4*renewal.Day))
	r := w.run("")
	w.charged("i-1", 0)
	w.charged("i-2", 1)
	outcome(t, r, "i-1", renewal.OutcomeFailed)
	outcome(t, r, "i-2", renewal.Renewed)
	if e := entry(t, r, "i-1"); !strings.Contains(e.Error, "Instance.UnPaidOrder") || !strings.Contains(e.Error, "order") {
		t.Errorf("%s", e.Error)
	}
	if r.Status != renewal.Partial {
		t.Errorf("status %s", r.Status)
	}
}

func TestOneRegionOfFourFails(t *testing.T) {
	t.Parallel()
	regions := []string{"cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen"}
	w := newWorld(t, map[string]string{"RENEW_REGIONS": strings.Join(regions, ",")})
	for _, region := range regions {
		in := due("i-" + region)
		in.Region = region
		w.cloud.AddInstance(in)
	}
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-shanghai", Kind: cloud.BadGateway})
	r := w.run("")
	if r.Status != renewal.Partial || r.Counts.Renewed != 3 {
		t.Errorf("%s %+v", r.Status, r.Counts)
	}
	for _, scope := range r.Scopes {
		if scope.Complete == (scope.Region == "cn-shanghai") || (scope.Error == "") != scope.Complete {
			t.Errorf("%+v", scope)
		}
	}
	w.charged("i-cn-shanghai", 0)
}

// A list that breaks off is not a list: its part is shown and not acted upon.
func TestPartOfAListIsNotTheWhole(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{PageCap: 2}, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"},
		due("i-1"), due("i-2"), due("i-3"), cloud.Instance{ID: "i-b", Region: "cn-beijing", Expires: time.Now().Add(renewal.Day)})
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-hangzhou", Kind: cloud.BadGateway, Call: 2, Count: 100})
	r := w.run("")
	w.charged("i-1", 0)
	w.charged("i-2", 0)
	w.charged("i-b", 1)
	outcome(t, r, "i-1", renewal.NotTried)
	if r.Status != renewal.Partial {
		t.Errorf("status %s", r.Status)
	}
}

// Of the only list a part could be read: what is in it is reported, and told to
// lapse where it does; nothing is changed.
func TestPartOfTheOnlyListIsReported(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{PageCap: 2}, nil, expiring("i-1", 9*time.Hour), due("i-2"), due("i-3"))
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.BadGateway, Call: 2, Count: 100})
	r := w.run("")
	outcome(t, r, "i-1", renewal.NotTried)
	if r.Status == renewal.OK || r.Scopes[0].Complete || len(r.Lapsing) != 1 || r.Lapsing[0] != "i-1" {
		t.Errorf("%s %+v %v", r.Status, r.Scopes, r.Lapsing)
	}
	w.unchanged()
}

func TestNoListAtAllIsAnError(t *testing.T) {
	t.Parallel()
	t.Run("the API is down", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"}, due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.BadGateway})
		w.refused("", "unavailable")
	})
	t.Run("the role may not list, and gets an empty list", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"))
		w.cloud.SetDenied(account, "ecs:DescribeInstances")
		if message := w.refused("", "denied"); !strings.Contains(message, "ecs:DescribeInstances") {
			t.Errorf("it does not say what to grant: %s", message)
		}
	})
	t.Run("the key is unknown", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"))
		w.cloud.RemoveKey(keyID)
		w.refused("", "denied")
	})
}

func TestListThatNeverEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, due("i-1"))
	w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.EndlessToken})
	r := w.run("")
	outcome(t, r, "i-1", renewal.NotTried)
	if r.Scopes[0].Complete || r.Status == renewal.OK {
		t.Errorf("%s %+v", r.Status, r.Scopes)
	}
	w.unchanged()
}

func TestNothingDueIsSaidOnlyAfterACompleteList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	r := w.run("")
	if r.Status != renewal.OK || !r.Scopes[0].Complete {
		t.Errorf("%+v", r)
	}
	if n := w.cloud.CallCount("DescribeInstances"); n != 2 {
		t.Errorf("%d calls; an empty list must be proven by a second", n)
	}
}

// No charge starts when the time left is shorter than a call and the reserve.
func TestDeadlineNear(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"RENEW_RESERVE": "15s"}, due("i-1"), due("i-2"))
	w.fn.Timeout = 12 * time.Second
	r := w.run("")
	w.unchanged()
	if r.Counts.NotTried != 2 || r.Status != renewal.Failed || len(r.Lapsing) != 0 {
		t.Errorf("%s %+v", r.Status, r)
	}
}

// The money calls are slow: charges stop in time, nearest expiry first, and the
// next run takes the rest.
func TestStopsInTimeAndGoesOnNextTime(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, cloud.Options{Processing: 1500 * time.Millisecond}, map[string]string{"RENEW_CONCURRENCY": "1"})
	for i := range 8 {
		w.cloud.AddInstance(expiring(fmt.Sprintf("i-%d", i), time.Duration(i+1)*12*time.Hour))
	}
	w.fn.Timeout = 13 * time.Second // a call 6 s, the reserve 1 s
	start := time.Now()
	r := w.run("")
	if took := time.Since(start); took > w.fn.Timeout {
		t.Errorf("it took %v", took)
	}
	if r.Counts.Renewed == 0 || r.Counts.NotTried == 0 || r.Counts.Renewed+r.Counts.NotTried != 8 {
		t.Fatalf("%+v", r.Counts)
	}
	for i, e := range r.Instances {
		if want := i < r.Counts.Renewed; (e.Outcome == renewal.Renewed) != want {
			t.Errorf("%s: %s, out of order", e.ID, e.Outcome)
		}
	}
	if first := r.Counts.Renewed; w.run("").Counts.Renewed == 0 || w.cloud.Charges(fmt.Sprintf("i-%d", first)) != 1 {
		t.Error("the next run did not go on with the nearest")
	}
	for i := range 8 {
		if w.cloud.Charges(fmt.Sprintf("i-%d", i)) > 1 {
			t.Errorf("i-%d was paid for twice", i)
		}
	}
}

// No setting but the one makes it spend, and the brake beats that one.
func TestNothingIsChangedWithoutTheOneSwitch(t *testing.T) {
	t.Parallel()
	rule := `[{"name":"all","when":"true","action":"renew"}]`
	for name, env := range map[string]map[string]string{
		"no setting at all":              {"RENEW_ACTION": unset},
		"report, with a rule to renew":   {"RENEW_ACTION": "report", "RENEW_RULES": rule, "RENEW_TAG_TRUST": "full"},
		"renew, with the brake":          {"RENEW_DRY_RUN": "true"},
		"auto-renew, with the brake":     {"RENEW_ACTION": "auto-renew", "RENEW_DRY_RUN": "true"},
		"let-lapse, with the brake":      {"RENEW_ACTION": "let-lapse", "RENEW_DRY_RUN": "true"},
		"auto-renew-off, with the brake": {"RENEW_ACTION": "auto-renew-off", "RENEW_DRY_RUN": "true"},
		"the brake and trusted tags":     {"RENEW_DRY_RUN": "true", "RENEW_TAG_TRUST": "full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tagged, auto := due("i-tagged"), due("i-auto")
			tagged.Tags = map[string]string{"renew:action": "renew"}
			auto.RenewalStatus = "AutoRenewal"
			w := newWorld(t, env, due("i-1"), tagged, auto)
			r := w.run("")
			w.unchanged()
			if r.Status != renewal.OK || len(r.Instances) != 3 {
				t.Errorf("%s %+v", r.Status, r.Instances)
			}
		})
	}
	t.Run("renew, with an event that asks for a dry run", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"))
		r := w.run(`{"dryRun":true}`)
		w.unchanged()
		outcome(t, r, "i-1", renewal.Planned)
		if e := r.Instances[0]; !r.DryRun || e.Price != "100.00" || e.NewExpires == "" || r.Money.Planned != "100.00" {
			t.Errorf("%+v", r)
		}
	})
}

func TestBadInputStopsBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   map[string]string
		event string
		kind  string
		words []string
	}{
		"a window in words":        {env: map[string]string{"RENEW_WINDOW": "soon"}, kind: "bad-config", words: []string{"RENEW_WINDOW", "7d"}},
		"an unknown action":        {env: map[string]string{"RENEW_ACTION": "yes"}, kind: "bad-config", words: []string{"RENEW_ACTION", "auto-renew"}},
		"an unknown name":          {env: map[string]string{"RENEW_MAXCOUNT": "5"}, kind: "bad-config", words: []string{"RENEW_MAXCOUNT", "RENEW_MAX_COUNT"}},
		"two problems":             {env: map[string]string{"RENEW_MAXCOUNT": "5", "RENEW_WINDOW": "x"}, kind: "bad-config", words: []string{"RENEW_MAXCOUNT", "RENEW_WINDOW"}},
		"http off this machine":    {env: map[string]string{"RENEW_ENDPOINT": "http://example.com"}, kind: "bad-config", words: []string{"RENEW_ENDPOINT", "https"}},
		"an empty region list":     {env: map[string]string{"RENEW_REGIONS": ""}, kind: "bad-config", words: []string{"RENEW_REGIONS"}},
		"printing of requests":     {env: map[string]string{"DEBUG": "sdk"}, kind: "bad-config", words: []string{"DEBUG"}},
		"a key in lower case":      {event: `{"dryrun":true}`, kind: "bad-event", words: []string{"dryrun", "dryRun"}},
		"a payload in words":       {event: `{"triggerTime":"2026-11-23T01:00:00Z","triggerName":"t","payload":"awesome"}`, kind: "bad-event", words: []string{"payload", "JSON"}},
		"no instances":             {event: `{"instanceIds":[]}`, kind: "bad-event", words: []string{"instanceIds", "empty"}},
		"no regions":               {event: `{"regions":[]}`, kind: "bad-event", words: []string{"regions", "empty"}},
		"the console's sample":     {event: `{"key1":"value1","key2":"value2"}`, kind: "bad-event", words: []string{"key1", "dryRun"}},
		"another region":           {event: `{"regions":["cn-beijing"]}`, kind: "bad-event", words: []string{"cn-beijing", "cn-hangzhou"}},
		"a longer window":          {event: `{"window":"8d"}`, kind: "bad-event", words: []string{"window"}},
		"the brake lifted":         {env: map[string]string{"RENEW_DRY_RUN": "true"}, event: `{"dryRun":false}`, kind: "bad-event", words: []string{"RENEW_DRY_RUN"}},
		"an instance not selected": {env: map[string]string{"RENEW_IDS": "i-1"}, event: `{"instanceIds":["i-2"]}`, kind: "bad-event", words: []string{"i-2", "RENEW_IDS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.env, due("i-1"), due("i-2"))
			message := w.refused(tt.event, tt.kind)
			for _, word := range tt.words {
				if !strings.Contains(message, word) {
					t.Errorf("the message lacks %q: %s", word, message)
				}
			}
			if n := w.cloud.CallCount(""); n != 0 {
				t.Errorf("%d calls were made", n)
			}
			if !strings.Contains(w.rt.Logs(), `"msg":"report"`) {
				t.Error("the report was not logged")
			}
		})
	}
}

// An event names an instance that is not there, or that the settings leave
// out: found out only by a list, and still before anything is changed.
func TestEventCannotWiden(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   map[string]string
		event string
	}{
		"an unknown instance":   {nil, `{"instanceIds":["i-nowhere"]}`},
		"one without the tag":   {map[string]string{"RENEW_TAGS": "env=prod"}, `{"instanceIds":["i-1"]}`},
		"one in and one out":    {nil, `{"instanceIds":["i-1","i-nowhere"]}`},
		"one of another region": {nil, `{"instanceIds":["i-beijing"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			beijing := due("i-beijing")
			beijing.Region = "cn-beijing"
			w := newWorld(t, tt.env, due("i-1"), beijing)
			w.refused(tt.event, "bad-event")
		})
	}
	t.Run("the named one alone is renewed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil, due("i-1"), due("i-2"))
		r := w.run(`{"instanceIds":["i-2"]}`)
		w.charged("i-1", 0)
		w.charged("i-2", 1)
		if len(r.Instances) != 1 {
			t.Errorf("%+v", r.Instances)
		}
	})
}
