package runner

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Whatever RENEW_RESERVE says, a report can follow on every payment.
func TestReserveIsNeverNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const all = 61 * time.Second
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), all)
		defer cancel()
		f := newFakeCloud(40, renewal.Day)
		f.took = time.Hour // no answer, ever
		j := job(4)
		j.Reserve = 0
		r := &Runner{Open: func(context.Context, string) (Cloud, error) { return f, nil }, Now: time.Now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
		if _, err := r.Run(ctx, j); err != nil {
			t.Fatal(err)
		}
		if left := all - time.Since(begun); left < leastReserve {
			t.Errorf("ended %v before the deadline", left)
		}
	})
}

// echo answers every read by id twice over, and knows no regions: whichever is
// asked has everything.
type echo struct{ *fakeCloud }

func (e echo) Product(string) Product { return fakeServers{e} }

func (e echo) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	found, err := e.fakeCloud.Instances(ctx, region, ids)
	return append(found, found...), err
}

// An instance is one, however often and wherever it is listed: it is asked for
// with one token, and counted once.
func TestInstanceThatIsListedTwice(t *testing.T) {
	for name, prepare := range map[string]func(*Job){
		"by its id":                 func(j *Job) { j.Policy.Named = []string{"i-000"} },
		"in several regions":        func(j *Job) { j.Regions = []string{"cn-a", "cn-hangzhou", "cn-z"} },
		"in regions without it":     func(j *Job) { j.Regions = []string{"cn-z", "cn-a"} },
		"by its id, in two of them": func(j *Job) { j.Regions, j.Policy.Named = []string{"cn-a", "cn-hangzhou"}, []string{"i-000"} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeCloud(1, renewal.Day)
				before := f.instances["i-000"]
				j := job(4)
				prepare(&j)
				r := &Runner{Open: func(context.Context, string) (Cloud, error) { return echo{f}, nil }, Now: time.Now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
				report, err := r.Run(t.Context(), j)
				if err != nil || report.Money.Spent != "100.00" || report.Counts.Listed != 1 || len(report.Instances) != 1 || len(f.charges) != 1 {
					t.Fatalf("%v %+v %+v, tokens %d", err, report.Counts, report.Money, len(f.charges))
				}
				if got := report.Instances[0].Region; got != "cn-hangzhou" {
					t.Errorf("in %s", got)
				}
				before.Account = "1"
				if f.charges[renewal.Token(before, 0)] != 1 {
					t.Error("not the token of the region that it says it is in")
				}
			})
		})
	}
}

// faulty ends in a fault of ours once it has been paid.
type faulty struct{ *fakeCloud }

func (f faulty) Product(string) Product { return fakeServers{f} }

func (f faulty) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	if len(f.charges) > 0 {
		panic("a fault of ours while reading back")
	}
	return f.fakeCloud.Instances(ctx, region, ids)
}

// A report follows on every payment, whatever fails: without one, the platform
// would run the event again.
func TestFaultOfOursAfterAPayment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeCloud(1, renewal.Day)
		r := &Runner{Open: func(context.Context, string) (Cloud, error) { return faulty{f}, nil }, Now: time.Now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))}
		report, err := r.Run(t.Context(), job(1))
		if err != nil || report.Counts.Unknown != 1 || report.Status != renewal.Partial || len(report.Warnings) != 1 {
			t.Errorf("%v %s %+v %q", err, report.Status, report.Counts, report.Warnings)
		}
	})
}

// Whoever reads Chinese is told so of an interrupt, whose name the runtime knows in
// English alone.
func TestInterruptIsSaidInEveryLanguage(t *testing.T) {
	wrapped := fmt.Errorf("ecs:DescribePrice: %w", context.Canceled)
	if said := lang.Of(reason(wrapped), lang.Chinese); said != "运行被中断" {
		t.Error(said)
	}
}

// What the billing lists in a region that is not looked at says nothing about the
// same subscription where the run does look.
func TestRowThatIsListedElsewhere(t *testing.T) {
	row := func(region string) renewal.Instance {
		return renewal.Instance{Product: "rds", ID: "rm-1", Region: region, Subscription: true, Expires: time.Now().Add(renewal.Day)}
	}
	for _, regions := range [][]string{{"cn-z", "cn-a"}, {"cn-a", "cn-z"}, {"cn-z", "cn-z", "cn-a", "cn-a"}} {
		j := job(1)
		j.Regions = []string{"cn-a"}
		j.Policy.Products = renewal.Products{All: true}
		r := (&Runner{Now: time.Now}).newRun(j)
		list := r.newScope(newAccount("1", nil), renewal.Traits{Key: billing}, "")
		list.others, list.places = map[string]int{}, map[string]int{}
		var rows []renewal.Instance
		for _, region := range regions {
			rows = append(rows, row(region))
		}
		kept, _ := r.keep(list, rows, map[string]bool{})
		if len(kept) != 1 || kept[0].Region != "cn-a" || list.report.Listed != 1 {
			t.Errorf("%v: of them %d are listed, and kept %+v", regions, list.report.Listed, kept)
		}
	}
}
