package message

import (
	"fmt"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The reports that tests tell.

var (
	began = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
)

func entry(id string, left time.Duration, outcome renewal.Outcome, reason renewal.Reason) renewal.Entry {
	return renewal.Entry{
		ID: "i-bp1" + id, Name: id, Account: "1234567890123456", Region: "cn-hangzhou", Product: "ecs",
		Expires: renewal.Moment{Time: began.Add(left)}, DaysLeft: float64(int(left.Hours()/2.4)) / 10, Mode: renewal.Manual,
		Decision: renewal.Renew, Reason: reason, Period: "1m", Price: "250.00", Outcome: outcome,
	}
}

func alone(id string, left time.Duration, reason renewal.Reason) renewal.Entry {
	e := entry(id, left, renewal.NothingToDo, reason)
	e.Decision, e.Period, e.Price = renewal.None, "", ""
	return e
}

func paid(id string, left time.Duration) renewal.Entry {
	e := entry(id, left, renewal.Renewed, renewal.Due)
	e.OrderID, e.NewExpires = "2213"+id, e.Expires.AddDate(0, 1, 0).Format(time.RFC3339)
	return e
}

func report(status renewal.Status, entries ...renewal.Entry) renewal.Report {
	return renewal.Report{
		Status: status, Trigger: "timer", RequestID: "1-6922-req", Action: renewal.Renew,
		StartedAt: began, FinishedAt: began.Add(21 * time.Second),
		Counts: renewal.Counts{Listed: 42}, Money: renewal.Money{Currency: "CNY", Planned: "0.00", Spent: "0.00", Unverified: "0.00", Held: "0.00"},
		Scopes:    []renewal.Scope{{Account: "1234567890123456", Region: "cn-hangzhou", Complete: true, Listed: 42}},
		Instances: entries, Lapsing: []string{}, Warnings: []string{},
	}
}

const day = 24 * time.Hour

func nothingDue() renewal.Report {
	return report(renewal.OK, alone("auto", 5*day, renewal.ProviderRenews), alone("tmp", 6*day, renewal.Excluded))
}

func allGood() renewal.Report {
	r := report(renewal.OK, paid("web-1", 2*day), paid("web-2", 3*day), alone("auto", 5*day, renewal.ProviderRenews))
	switched := entry("cache", 4*day, renewal.AutoRenewOn, renewal.Due)
	switched.Decision, switched.Price = renewal.AutoRenew, ""
	r.Instances = append(r.Instances, switched)
	r.Counts.Due, r.Counts.Renewed, r.Counts.AutoRenewOn = 3, 2, 1
	r.Money.Planned, r.Money.Spent, r.Money.Balance = "500.00", "500.00", "8000.00"
	return r
}

// everyProblem has each kind of problem once.
func everyProblem() renewal.Report {
	failed := entry("db", 9*time.Hour, renewal.OutcomeFailed, renewal.Due)
	failed.Error = "InvalidAccountStatus.NotEnoughBalance (request id A-1): top up the account, then run again"
	unknown := entry("mq", 30*time.Hour, renewal.OutcomeUnknown, renewal.Backstop)
	unknown.Error = "no answer within 30s"
	unverified := entry("es", 3*day, renewal.Unverified, renewal.Due)
	unverified.OrderID = "2213es"
	switching := entry("kv", 4*day, renewal.Unverified, renewal.Due)
	switching.Decision, switching.Price = renewal.AutoRenew, ""
	gone := entry("old", -5*time.Hour, renewal.OutcomeFailed, renewal.Rescue)
	gone.Error = "InvalidInstanceId.NotFound"
	late := alone("late", 20*time.Hour, renewal.TooLateForAuto)
	unread := alone("odd", 6*day, renewal.StateUnknown)
	unread.Expires = renewal.Moment{}
	settled := entry("theirs", 2*day, renewal.Stale, renewal.Due)
	settled.NewExpires = settled.Expires.AddDate(0, 1, 0).Format(time.RFC3339)
	r := report(renewal.Partial, gone, failed, late, unknown, settled,
		entry("stale", 2*day, renewal.Stale, renewal.Due), paid("web-1", 3*day), unverified, switching,
		entry("slow", 5*day, renewal.NotTried, renewal.Due), entry("big", 6*day, renewal.Held, renewal.OverMaxSpend), unread)
	r.Counts = renewal.Counts{Listed: 42, Due: 12, Renewed: 1, Unverified: 2, Unknown: 1, Failed: 2, Stale: 2, NotTried: 1, Held: 1}
	r.Money = renewal.Money{Currency: "CNY", Planned: "1500.00", Spent: "250.00", Unverified: "500.00", Held: "250.00", Cap: "1500.00", Balance: "8000.00"}
	r.Scopes = append(r.Scopes,
		renewal.Scope{Account: "1234567890123456", Region: "cn-beijing", Error: "Throttling (request id B-1)"},
		renewal.Scope{Account: "1234567890123456", Region: "cn-shanghai", Error: "Throttling (request id B-1)"},
		renewal.Scope{Account: "9876543210987654", Region: "cn-hangzhou", Error: "Forbidden.RAM: grant ecs:DescribeInstances"})
	r.Lapsing = []string{"i-bp1db", "i-bp1late", "i-bp1beyond"}
	r.Warnings = []string{"i-bp1mq: its price is in USD; the sums are in CNY and leave it out"}
	return r
}

func dryRun() renewal.Report {
	planned := entry("web-1", 2*day, renewal.Planned, renewal.Due)
	planned.NewExpires = planned.Expires.AddDate(0, 1, 0).Format(time.RFC3339)
	r := report(renewal.Partial, planned, entry("big", 6*day, renewal.Held, renewal.OverMaxPrice))
	r.DryRun, r.Counts.Due, r.Counts.Planned, r.Counts.Held = true, 2, 1, 1
	r.Money.Planned, r.Money.Held = "250.00", "250.00"
	return r
}

func failedRun() renewal.Report {
	failed := entry("db", 50*time.Minute, renewal.OutcomeFailed, renewal.Due)
	failed.Error = "InvalidAccountStatus.NotEnoughBalance (request id A-1): top up the account, then run again"
	r := report(renewal.Failed, failed)
	r.Counts.Due, r.Counts.Failed = 1, 1
	r.Money.Planned, r.Lapsing = "250.00", []string{failed.ID}
	return r
}

func onlyReported() renewal.Report {
	r := report(renewal.OK, alone("web-1", 2*day, renewal.OnlyReported))
	r.Action, r.Counts.Due = renewal.ReportOnly, 1
	return r
}

func unreadLists() renewal.Report {
	r := report(renewal.Partial)
	r.Counts.Listed, r.Scopes[0].Complete, r.Scopes[0].Error = 0, false, "Forbidden.RAM"
	return r
}

// huge has n problems.
func huge(n int) renewal.Report {
	r := report(renewal.Failed)
	for i := range n {
		e := entry(fmt.Sprintf("node-%03d", i), time.Duration(i+1)*time.Hour, renewal.OutcomeFailed, renewal.Due)
		e.Error = fmt.Sprintf("IncorrectInstanceStatus (request id R-%03d): start or stop it, then run again", i)
		r.Instances = append(r.Instances, e)
	}
	r.Counts.Due, r.Counts.Failed = n, n
	return r
}
