package handler

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// narrow makes the job of a run from the settings and the event, which may
// only narrow them. The error is a *runner.Stop.
func narrow(c config.Config, request Request, in Invocation) (runner.Job, error) {
	job := runner.Job{
		Policy: c.Policy, Accounts: c.Accounts, Expect: c.ExpectAccounts, Account: in.AccountID, Doubtful: in.Doubtful, Loopback: c.Loopback(),
		Regions: c.Regions, AllRegions: c.AllRegions,
		Reserve: c.Reserve, Verify: c.Verify, Concurrency: c.Concurrency,
		Trigger: cmp.Or(in.Trigger, request.Trigger), RequestID: in.RequestID,
	}
	if job.Regions == nil && !job.AllRegions {
		if in.Region == "" {
			return job, stop(runner.BadConfig, "RENEW_REGIONS is not set, and there is no region of the function's own; set it to region ids, or to all")
		}
		job.Regions = []string{in.Region}
	}
	if err := narrowScope(&job, request); err != nil {
		return job, err
	}
	p := &job.Policy
	if request.Window > p.Window {
		return job, stop(runner.BadEvent, "the event's window is longer than RENEW_WINDOW; an event can only shorten it")
	}
	if request.Window > 0 {
		p.Window, p.Backstop = request.Window, min(p.Backstop, request.Window)
	}
	if request.DryRun != nil {
		if !*request.DryRun && p.DryRun {
			return job, stop(runner.BadEvent, "the event asks for dryRun:false, and RENEW_DRY_RUN=true beats it; remove that setting to let the function act")
		}
		p.DryRun = *request.DryRun
	}
	return job, nil
}

// narrowScope narrows regions and instances. What is named twice over, by the
// settings and the event, must be in both.
func narrowScope(job *runner.Job, request Request) error {
	for _, region := range request.Regions {
		if !job.AllRegions && !slices.Contains(job.Regions, region) {
			return stop(runner.BadEvent, "the event names the region %s; the configured ones are %s, and an event can only narrow them", region, strings.Join(job.Regions, ", "))
		}
	}
	if request.Regions != nil {
		job.Regions = request.Regions
	}
	selected := job.Policy.Include.IDs
	for _, id := range request.IDs {
		if selected != nil && !slices.Contains(selected, id) {
			return stop(runner.BadEvent, "the event names %s, which is not among RENEW_IDS; an event can only narrow them", id)
		}
	}
	job.Policy.Named = request.IDs
	return nil
}

func stop(kind runner.Kind, format string, args ...any) error {
	return &runner.Stop{Kind: kind, Err: fmt.Errorf(format, args...)}
}
