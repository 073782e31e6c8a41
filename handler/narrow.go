package handler

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// narrow makes the job of a run from the settings and the event, which may
// only narrow them. The error is a *runner.Stop.
func narrow(c config.Config, request Request, in Invocation) (runner.Job, error) {
	job := runner.Job{
		Policy: c.Policy, Accounts: c.Accounts, Exclude: c.ExcludeAccounts, Expect: c.ExpectAccounts, Account: in.AccountID, Doubtful: in.Doubtful, Loopback: c.Loopback(),
		Regions: c.Regions, AllRegions: c.AllRegions,
		Reserve: c.Reserve, Verify: c.Verify, Concurrency: c.Concurrency,
		Trigger: cmp.Or(in.Trigger, request.Trigger), RequestID: in.RequestID, Warnings: c.Warnings,
	}
	job.Policy.Narrowed = request.narrows()
	if job.Regions == nil && !job.AllRegions {
		if in.Region == "" {
			return job, &runner.Stop{Kind: runner.BadConfig, Err: lang.Err("RENEW_REGIONS is not set, and there is no region of the function's own; set it to region ids, or to all",
				"未设置 RENEW_REGIONS，也没有函数所在地域；请设置为地域 ID，或 all")}
		}
		job.Regions = []string{in.Region}
	}
	for _, narrow := range []func(*runner.Job, Request) error{narrowAccounts, narrowProducts, narrowScope} {
		if err := narrow(&job, request); err != nil {
			return job, err
		}
	}
	p := &job.Policy
	if request.Window > p.Window {
		return job, badEvent(lang.Err("the event's window is longer than RENEW_WINDOW; an event can only shorten it", "事件的 window 比 RENEW_WINDOW 长；事件只能缩短它"))
	}
	if request.Window > 0 {
		p.EventWindow = request.Window
	}
	if request.Codes != nil {
		if !p.AsksForApproval() {
			return job, badEvent(lang.Err("the event approves payments, and no setting or rule asks for approval; set RENEW_APPROVAL first", "事件中有 approve，但没有任何设置或规则要求批准；请先设置 RENEW_APPROVAL"))
		}
		p.Approved = request.Codes
	}
	if request.DryRun != nil {
		if !*request.DryRun && p.DryRun {
			return job, badEvent(lang.Err("the event asks for dryRun:false, and RENEW_DRY_RUN=true beats it; remove that setting to let the function act",
				"事件要求 dryRun:false，但 RENEW_DRY_RUN=true 优先；如需实际执行，请去掉该设置"))
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
			return badEvent(lang.Err("the event names the region %s; the configured ones are %s, and an event can only narrow them",
				"事件指定了地域 %s；已配置的地域为 %s，事件只能缩小范围", region, strings.Join(job.Regions, ", ")))
		}
	}
	if request.Regions != nil {
		job.Regions = request.Regions
	}
	selected := job.Policy.Include.IDs
	for _, id := range request.IDs {
		if selected != nil && !request.ofTheCloud() && !slices.Contains(selected, id) {
			return badEvent(lang.Err("the event names %s, which is not among RENEW_IDS; an event can only narrow them", "事件指定了 %s，但它不在 RENEW_IDS 中；事件只能缩小范围", id))
		}
	}
	job.Policy.Named, job.FromCloud = request.IDs, request.ofTheCloud()
	return nil
}

// narrowAccounts narrows a run to the accounts that the event names. Whose the
// run's own credentials are may be known only when they are used; then the run
// itself says what is wrong.
func narrowAccounts(job *runner.Job, request Request) error {
	known, all := job.KnownAccounts()
	for _, id := range request.Accounts {
		if all && !slices.Contains(known, id) {
			return badEvent(lang.Err("the event names the account %s; the configured ones are %s, and an event can only narrow them",
				"事件指定了账号 %s；已配置的账号为 %s，事件只能缩小范围", id, strings.Join(known, ", ")))
		}
	}
	job.Only = request.Accounts
	return nil
}

// narrowProducts narrows a run to the products that the event names.
func narrowProducts(job *runner.Job, request Request) error {
	for _, product := range request.Products {
		if !job.Policy.Products.Has(product) {
			return badEvent(lang.Err("the event names the product %s; the configured ones are %s, and an event can only narrow them",
				"事件指定了产品 %s；已配置的产品为 %s，事件只能缩小范围", product, strings.Join(job.Policy.Products.List(), ", ")))
		}
	}
	if request.Products != nil {
		job.Policy.Products = renewal.Products{Keys: request.Products}
	}
	return nil
}

func badEvent(err error) error { return &runner.Stop{Kind: runner.BadEvent, Err: err} }
