package message

import (
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// sampleID stands for the request id in what is only a sample.
const sampleID = "sample"

// Sample is an invented report with a bit of everything, in a language, to see that a channel
// works and how a message looks. It says that it is a sample.
func Sample(l lang.Language) renewal.Report {
	start := time.Date(2026, 1, 5, 1, 0, 0, 0, time.UTC)
	sample := func(name string, hours int, e renewal.Entry) renewal.Entry {
		e.ID, e.Name, e.Account, e.Region, e.Product = "i-sample-"+name, name, "1234567890123456", "cn-hangzhou", "ecs"
		e.Expires.Time = start.Add(time.Duration(hours) * time.Hour)
		e.DaysLeft = float64(int(float64(hours)/24*10)) / 10
		e.Mode, e.Decision, e.Period, e.Price = renewal.Manual, renewal.Renew, "1m", "250.00"
		return e
	}
	return renewal.Report{
		Status: renewal.Partial, Trigger: "command", RequestID: sampleID, Action: renewal.Renew,
		StartedAt: start, FinishedAt: start.Add(21 * time.Second),
		Counts: renewal.Counts{Listed: 42, Due: 3, Renewed: 1, Failed: 1, Held: 1},
		Money: renewal.Money{
			Currency: "CNY", Planned: "500.00", Spent: "250.00", Unverified: "0.00", Held: "250.00", Cap: "500.00",
		},
		Scopes: []renewal.Scope{{Account: "1234567890123456", Region: "cn-hangzhou", Complete: true, Listed: 42}},
		Instances: []renewal.Entry{
			sample("database", 18, renewal.Entry{
				Reason: renewal.Due, Outcome: renewal.OutcomeFailed,
				Error: lang.Say("IncorrectInstanceStatus (request id SAMPLE): start or stop it, then run again", "IncorrectInstanceStatus（请求 ID SAMPLE）：请启动或停止该实例后再运行一次").In(l),
			}),
			sample("web", 60, renewal.Entry{
				Reason: renewal.Due, Outcome: renewal.Renewed, OrderID: "200000000000001",
				NewExpires: start.Add(60*time.Hour).AddDate(0, 1, 0).Format(time.RFC3339),
			}),
			sample("worker", 150, renewal.Entry{Reason: renewal.OverMaxSpend, Outcome: renewal.Held}),
		},
		Lapsing:  []string{"i-sample-database"},
		Warnings: []string{lang.Say("This is a sample: nothing was read, changed or paid.", "这是一条测试消息，未查询、未变更、未支付。").In(l)},
	}
}
