package handler

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func settings(t rapid.TB, environ ...string) config.Config {
	t.Helper()
	c, err := config.Read(config.Environment{Variables: environ})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNarrow(t *testing.T) {
	const roles = "RENEW_ACCOUNTS=self,acs:ram::2222222222222222:role/renewer"
	home := Invocation{Region: "cn-hangzhou", AccountID: "1000000000000001", RequestID: "r-1"}
	for name, tt := range map[string]struct {
		environ []string
		request Request
		in      Invocation
		check   func(runner.Job) bool // of a job that is to be
		kind    runner.Kind           // of an error that is to be
		words   []string
	}{
		"without settings the function's own region": {in: home,
			check: func(j runner.Job) bool { return slices.Equal(j.Regions, []string{"cn-hangzhou"}) && !j.AllRegions }},
		"no region at all": {kind: runner.BadConfig, words: []string{"RENEW_REGIONS", "all"}},
		"all regions, and none of the function's own": {environ: []string{"RENEW_REGIONS=all"},
			check: func(j runner.Job) bool { return j.AllRegions && j.Regions == nil }},
		"all regions, narrowed": {environ: []string{"RENEW_REGIONS=all"}, request: Request{Regions: []string{"cn-beijing"}},
			check: func(j runner.Job) bool { return j.AllRegions && slices.Equal(j.Regions, []string{"cn-beijing"}) }},
		"a region of several": {environ: []string{"RENEW_REGIONS=cn-beijing,cn-hangzhou"}, in: home, request: Request{Regions: []string{"cn-beijing"}},
			check: func(j runner.Job) bool { return slices.Equal(j.Regions, []string{"cn-beijing"}) }},
		"a region that is not configured": {environ: []string{"RENEW_REGIONS=cn-beijing"}, in: home, request: Request{Regions: []string{"cn-beijing", "cn-hangzhou"}},
			kind: runner.BadEvent, words: []string{"cn-hangzhou", "cn-beijing"}},
		"a region that is not the function's own": {in: home, request: Request{Regions: []string{"cn-beijing"}},
			kind: runner.BadEvent, words: []string{"cn-beijing", "cn-hangzhou"}},
		"a window as long as the configured one": {in: home, request: Request{Window: 7 * renewal.Day},
			check: func(j runner.Job) bool { return j.Policy.EventWindow == 7*renewal.Day }},
		"a second longer": {in: home, request: Request{Window: 7*renewal.Day + time.Second},
			kind: runner.BadEvent, words: []string{"window", "RENEW_WINDOW"}},
		"a shorter one shortens every window, and the backstop": {environ: []string{"RENEW_BACKSTOP=5d"}, in: home, request: Request{Window: 2 * renewal.Day},
			check: func(j runner.Job) bool {
				return j.Policy.EventWindow == 2*renewal.Day
			}},
		"no window leaves the configured one": {environ: []string{"RENEW_WINDOW=3d"}, in: home,
			check: func(j runner.Job) bool { return j.Policy.Window == 3*renewal.Day && j.Policy.EventWindow == 0 }},
		"a dry run": {in: home, request: Request{DryRun: new(true)},
			check: func(j runner.Job) bool { return j.Policy.DryRun }},
		"a dry run under the brake": {environ: []string{"RENEW_DRY_RUN=true"}, in: home, request: Request{DryRun: new(true)},
			check: func(j runner.Job) bool { return j.Policy.DryRun }},
		"nothing said under the brake": {environ: []string{"RENEW_DRY_RUN=true"}, in: home,
			check: func(j runner.Job) bool { return j.Policy.DryRun }},
		"dryRun:false without the brake": {in: home, request: Request{DryRun: new(false)},
			check: func(j runner.Job) bool { return !j.Policy.DryRun }},
		"dryRun:false under the brake": {environ: []string{"RENEW_DRY_RUN=true"}, in: home, request: Request{DryRun: new(false)},
			kind: runner.BadEvent, words: []string{"dryRun:false", "RENEW_DRY_RUN"}},
		"an instance": {in: home, request: Request{IDs: []string{one}},
			check: func(j runner.Job) bool {
				return slices.Equal(j.Policy.Named, []string{one}) && j.Policy.Include.IDs == nil
			}},
		"an instance of those in the settings": {environ: []string{"RENEW_IDS=" + one + "," + two}, in: home, request: Request{IDs: []string{two}},
			check: func(j runner.Job) bool {
				return slices.Equal(j.Policy.Named, []string{two}) && slices.Equal(j.Policy.Include.IDs, []string{one, two})
			}},
		"an instance that the settings leave out": {environ: []string{"RENEW_IDS=" + one}, in: home, request: Request{IDs: []string{one, two}},
			kind: runner.BadEvent, words: []string{two, "RENEW_IDS"}},
		"the same, in an event of the cloud": {environ: []string{"RENEW_IDS=" + one}, in: home, request: Request{Trigger: byEvent, IDs: []string{one, two}},
			check: func(j runner.Job) bool {
				return j.FromCloud && slices.Equal(j.Policy.Named, []string{one, two}) && slices.Equal(j.Policy.Include.IDs, []string{one})
			}},
		"an account of several": {environ: []string{roles}, in: home, request: Request{Accounts: []string{"2222222222222222"}},
			check: func(j runner.Job) bool {
				return slices.Equal(j.Only, []string{"2222222222222222"}) && len(j.Accounts) == 2
			}},
		"the function's own account": {in: home, request: Request{Accounts: []string{home.AccountID}},
			check: func(j runner.Job) bool { return slices.Equal(j.Only, []string{home.AccountID}) }},
		"an account that is not configured": {environ: []string{roles}, in: home, request: Request{Accounts: []string{"2222222222222222", "3333333333333333"}},
			kind: runner.BadEvent, words: []string{"3333333333333333", home.AccountID, "2222222222222222"}},
		"an account that may be the function's own": {in: Invocation{Region: "cn-hangzhou"}, request: Request{Accounts: []string{"3333333333333333"}},
			check: func(j runner.Job) bool { return slices.Equal(j.Only, []string{"3333333333333333"}) }},
		"a product that is looked after": {in: home, request: Request{Products: []string{"ecs"}},
			check: func(runner.Job) bool { return true }},
		"one that is not": {in: home, request: Request{Products: []string{"ecs", "rds"}},
			kind: runner.BadEvent, words: []string{"rds", "ecs"}},
		"what belongs to the call": {in: home, request: Request{Trigger: byTimer},
			check: func(j runner.Job) bool {
				return j.Trigger == byTimer && j.RequestID == "r-1" && j.Account == "1000000000000001"
			}},
	} {
		t.Run(name, func(t *testing.T) {
			job, err := narrow(settings(t, append(tt.environ, "RENEW_ACTION=renew")...), tt.request, tt.in)
			if tt.kind == "" {
				if err != nil || !tt.check(job) {
					t.Errorf("%+v %v", job, err)
				}
				return
			}
			s, ok := errors.AsType[*runner.Stop](err)
			if !ok || s.Kind != tt.kind {
				t.Fatalf("got %v of %T, want a %s", err, err, tt.kind)
			}
			for _, word := range tt.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("the error does not say %q: %v", word, err)
				}
			}
		})
	}
}

var (
	allIDs     = []string{"i-1", "i-2", "i-3", "i-4", "i-5", "i-6"}
	allRegions = []string{"cn-hangzhou", "cn-beijing", "ap-southeast-1"}
)

func sublist(all []string) *rapid.Generator[[]string] {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, len(all), rapid.ID)
}

// environs draws settings as a function may have them.
func environs(t *rapid.T) []string {
	days := []string{"1d", "2d", "3d", "5d", "7d", "9d", "20d"}
	inDays := func(name string, most int) string {
		return name + "=" + rapid.SampledFrom(days[:most]).Draw(t, name)
	}
	window := rapid.IntRange(0, len(days)-1).Draw(t, "RENEW_WINDOW") // not shorter than the time to the next run
	environ := []string{
		"RENEW_ACTION=" + rapid.SampledFrom([]string{"report", "renew", "renew", "auto-renew", "auto-renew-off", "let-lapse"}).Draw(t, "action"),
		"RENEW_TOO_LATE=" + rapid.SampledFrom([]string{"report", "renew"}).Draw(t, "too late"),
		"RENEW_DRY_RUN=" + rapid.SampledFrom([]string{"false", "false", "true"}).Draw(t, "brake"),
		"RENEW_TAG_TRUST=" + rapid.SampledFrom([]string{"off", "lower", "full"}).Draw(t, "trust"),
		"RENEW_MAX_SPEND=1000",
		"RENEW_WINDOW=" + days[window], inDays("RENEW_NEXT_RUN", window+1),
	}
	for _, name := range []string{"RENEW_BACKSTOP", "RENEW_RESCUE"} {
		if rapid.Bool().Draw(t, name+" is set") {
			environ = append(environ, inDays(name, 5))
		}
	}
	switch rapid.IntRange(0, 2).Draw(t, "regions are set") {
	case 1:
		environ = append(environ, "RENEW_REGIONS="+strings.Join(sublist(allRegions).Draw(t, "configured regions"), ","))
	case 2:
		environ = append(environ, "RENEW_REGIONS=all")
	}
	for _, name := range []string{"RENEW_IDS", "RENEW_EXCLUDE_IDS"} {
		if rapid.IntRange(0, 2).Draw(t, name+" is set") == 0 {
			environ = append(environ, name+"="+strings.Join(sublist(allIDs).Draw(t, name), ","))
		}
	}
	return environ
}

// requests draws what an event may ask for.
func requests(t *rapid.T) Request {
	r := Request{Trigger: rapid.SampledFrom([]string{byHand, byEvent}).Draw(t, "trigger"), Window: time.Duration(rapid.SampledFrom([]int{0, 0, 1, 2, 4, 6, 8, 30}).Draw(t, "window")) * renewal.Day}
	if rapid.Bool().Draw(t, "says dryRun") {
		r.DryRun = new(rapid.Bool().Draw(t, "dryRun"))
	}
	if rapid.Bool().Draw(t, "names instances") {
		r.IDs = sublist(allIDs).Draw(t, "instances")
	}
	if rapid.Bool().Draw(t, "names regions") {
		r.Regions = sublist(allRegions).Draw(t, "regions")
	}
	if rapid.Bool().Draw(t, "names accounts") {
		r.Accounts = sublist([]string{"1000000000000001", "2222222222222222"}).Draw(t, "accounts")
	}
	return r
}

// TestNarrowCannotWiden: whatever settings there are and whatever an event
// asks for, the job is within the one that the settings alone would give.
func TestNarrowCannotWiden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, request := settings(t, environs(t)...), requests(t)
		in := Invocation{Region: "cn-hangzhou", AccountID: "1000000000000001", RequestID: "r-1"}
		whole, err := narrow(c, Request{Trigger: byHand}, in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := narrow(c, request, in)
		if s, ok := errors.AsType[*runner.Stop](err); err != nil {
			if !ok || s.Kind != runner.BadEvent {
				t.Fatalf("an event that does not fit is a bad-event, not %v", err)
			}
			return
		}
		within := func(part, all []string) bool {
			return !slices.ContainsFunc(part, func(s string) bool { return !slices.Contains(all, s) })
		}
		p, q := got.Policy, whole.Policy
		switch {
		case got.AllRegions != whole.AllRegions, !got.AllRegions && !within(got.Regions, whole.Regions), !got.AllRegions && len(got.Regions) == 0:
			t.Errorf("regions: %v of %v", got.Regions, whole.Regions)
		case p.Window != q.Window, p.EventWindow != request.Window, p.EventWindow > p.Window, p.Backstop != q.Backstop, p.Rescue != q.Rescue:
			t.Errorf("window %v of %v, %v asked for; backstop %v of %v, rescue %v of %v", p.EventWindow, p.Window, request.Window, p.Backstop, q.Backstop, p.Rescue, q.Rescue)
		case q.DryRun && !p.DryRun:
			t.Error("the brake is lifted")
		case request.DryRun != nil && *request.DryRun && !p.DryRun:
			t.Error("the event's dry run is lost")
		case q.Include.IDs != nil && !got.FromCloud && !within(p.Named, q.Include.IDs):
			t.Errorf("instances: %v of %v", p.Named, q.Include.IDs)
		case request.IDs != nil && !slices.Equal(p.Named, request.IDs), request.IDs == nil && p.Named != nil:
			t.Errorf("instances: %v, asked for %v", p.Named, request.IDs)
		}
		if got.Only != nil && !slices.Equal(got.Only, []string{in.AccountID}) {
			t.Errorf("accounts: %v", got.Only)
		}
		// All else is as the settings have it.
		got.Only, got.FromCloud, got.Trigger = nil, false, whole.Trigger
		got.Regions, p.EventWindow, p.DryRun, p.Named, p.Narrowed = whole.Regions, q.EventWindow, q.DryRun, q.Named, q.Narrowed
		got.Policy = p
		if !reflect.DeepEqual(got, whole) {
			t.Errorf("more than regions, window, dry run and instances has changed:\n%s", cmp.Diff(whole, got, cmp.Exporter(func(reflect.Type) bool { return true })))
		}
	})
}

// TestNarrowedRunActsOnNoMore is the same promise, seen at the decisions: no
// event makes a run do anything to an instance that a full run would not do.
func TestNarrowedRunActsOnNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, request := settings(t, environs(t)...), requests(t)
		in := Invocation{Region: "cn-hangzhou"}
		whole, err := narrow(c, Request{Trigger: byHand}, in)
		if err != nil {
			t.Fatal(err)
		}
		narrowed, err := narrow(c, request, in)
		if err != nil {
			return
		}
		fleet := make([]renewal.Instance, len(allIDs))
		for i, id := range allIDs {
			fleet[i] = instances(t, id)
		}
		all := acts(whole, fleet)
		for id, d := range acts(narrowed, fleet) {
			if full, ok := all[id]; !ok || full != d {
				t.Errorf("%s: the event makes it %s, a full run says %q", id, d, full)
			}
		}
	})
}

// A tag that asks for a period no longer than the window is held back, since
// it would be due again for ever. A shorter window in an event must not release
// it: the settings alone would not pay for it, at whatever time they run.
func TestEventWindowDoesNotReleaseWhatTheSettingsHold(t *testing.T) {
	c := settings(t, "RENEW_ACTION=renew", "RENEW_WINDOW=7d", "RENEW_TAG_TRUST=lower")
	fleet := []renewal.Instance{{
		ID: one, Region: "cn-hangzhou", Subscription: true, Expires: noon.Add(renewal.Day), Mode: renewal.Manual,
		Tags: map[string]string{"renew:period": "1w"},
	}}
	for _, request := range []Request{{}, {Window: 3 * renewal.Day}} {
		job, err := narrow(c, request, Invocation{Region: "cn-hangzhou"})
		if err != nil {
			t.Fatal(err)
		}
		if did := acts(job, fleet); len(did) != 0 {
			t.Errorf("with the event's window %v it is to be paid for: %v", request.Window, did)
		}
	}
}

func instances(t *rapid.T, id string) renewal.Instance {
	in := renewal.Instance{
		ID: id, Account: "1000000000000001", Region: rapid.SampledFrom(allRegions).Draw(t, "region of "+id), Subscription: true,
		Expires: noon.Add(time.Duration(rapid.IntRange(-6*24, 12*24).Draw(t, "hours left of "+id)) * time.Hour),
		Mode:    rapid.SampledFrom([]renewal.Mode{renewal.Manual, renewal.Manual, renewal.Auto, renewal.Lapse, renewal.Unknown}).Draw(t, "mode of "+id),
	}
	if in.Mode == renewal.Auto {
		in.Auto = renewal.Period{Months: 1}
	}
	switch rapid.IntRange(0, 4).Draw(t, "tags of "+id) {
	case 0:
		in.Tags = map[string]string{"renew:action": rapid.SampledFrom([]string{"skip", "report", "auto-renew", "renew"}).Draw(t, "action of "+id)}
	case 1:
		in.Tags = map[string]string{"renew:period": rapid.SampledFrom([]string{"1w", "2w", "1m"}).Draw(t, "period of "+id)}
	}
	return in
}

// acts gives what a job would do, by instance.
func acts(job runner.Job, fleet []renewal.Instance) map[string]string {
	did := map[string]string{}
	if job.Policy.DryRun {
		return did
	}
	fleet = slices.DeleteFunc(slices.Clone(fleet), func(in renewal.Instance) bool {
		return job.Regions != nil && !slices.Contains(job.Regions, in.Region)
	})
	for _, d := range renewal.Decide(noon, job.Policy, fleet) {
		if d.Wanted() {
			did[d.Instance.ID] = string(d.Action) + " for " + d.Term.String() + " " + d.AutoPeriod.String()
		}
	}
	return did
}
