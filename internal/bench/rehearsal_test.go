package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/page"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const played = 10_000 // subscriptions

// BenchmarkRehearsal plays a year of daily runs over 10,000 subscriptions under 30
// rules, and compares with a tenth of them.
func BenchmarkRehearsal(b *testing.B) {
	p := rehearsedPolicy(b, 30)
	var took, tenth time.Duration
	var most uint64
	for b.Loop() {
		begun := time.Now()
		rehearse(p, played/10, nil)
		tenth = time.Since(begun)
		runtime.GC()
		begun = time.Now()
		r := rehearse(p, played, func(day int) {
			var m runtime.MemStats
			if day%30 == 0 {
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		})
		took = time.Since(begun)
		if r.Total.Renewals < 10*played || len(r.Stops) != 0 {
			b.Fatalf("%+v, %d stop", r.Total, len(r.Stops))
		}
	}
	report(b,
		figure{took.Seconds(), "s", 5},
		figure{float64(took) / float64(tenth), "×a-tenth", 12},
		figure{float64(most) / 1e6, "MB", 200},
	)
}

// BenchmarkPage writes that year as a page, and opens it in a browser, where
// there is one.
func BenchmarkPage(b *testing.B) {
	play := rehearse(rehearsedPolicy(b, 30), played, nil)
	v := page.View{Play: play, Zone: renewal.Beijing, Verdict: lang.Say("It is seen.", "可以看到。"), Well: true}
	var written, opened time.Duration
	var text bytes.Buffer
	for b.Loop() {
		text.Reset()
		begun := time.Now()
		if err := v.Write(&text); err != nil {
			b.Fatal(err)
		}
		written = time.Since(begun)
		opened = open(b, text.Bytes())
	}
	figures := []figure{{written.Seconds(), "s-written", 1}, {float64(text.Len()) / 1e6, "MB", 5}}
	if opened > 0 {
		figures = append(figures, figure{opened.Seconds(), "s-opened", 2})
	}
	report(b, figures...)
}

// open gives the time from asking for the page to its last element; 0 = there is
// no browser.
func open(b *testing.B, text []byte) time.Duration {
	b.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		return 0
	}
	name := filepath.Join(b.TempDir(), "page.html")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		b.Fatal(err)
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)...)
	defer end()
	ctx, endTab := chromedp.NewContext(allocator)
	defer endTab()
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+name)); err != nil {
		b.Fatal(err)
	}
	took, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`performance.getEntriesByType("navigation")[0].domComplete`))
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(took * float64(time.Millisecond))
}

// rehearsedPolicy renews everything by the last of n rules that are asked in turn.
func rehearsedPolicy(b *testing.B, n int) renewal.Policy {
	b.Helper()
	var rules []string
	for i := range n - 1 {
		rules = append(rules, fmt.Sprintf(`{name: rule-%02d, when: 'tags["team"] == "team-%d" and region startsWith "cn-" and daysLeft < %d', period: %dm}`, i, i+100, 5+i%3, 1+i%3))
	}
	rules = append(rules, `{name: rest, when: 'name matches "^web-"', period: 1m}`)
	c, err := config.Read(config.Environment{Variables: []string{"RENEW_ACTION=renew", "RENEW_MAX_COUNT=unlimited", "RENEW_RULES=[" + strings.Join(rules, ", ") + "]"}})
	if err != nil {
		b.Fatal(err)
	}
	return c.Policy
}

// rehearse plays a year of n subscriptions, whose terms end on all days of a
// month; every tenth is renewed by the provider.
func rehearse(p renewal.Policy, n int, progress func(int)) renewal.Rehearsal {
	first := time.Date(2026, 11, 26, 22, 23, 0, 0, time.UTC)
	fleet := make([]renewal.Instance, n)
	for i := range fleet {
		fleet[i] = renewal.Instance{
			ID: fmt.Sprintf("i-bp1%017d", i), Name: fmt.Sprintf("web-server-%05d", i), Account: "1234567890123456", Region: []string{"cn-hangzhou", "cn-beijing"}[i%2],
			Tags: map[string]string{"team": fmt.Sprintf("team-%d", i%50)}, Subscription: true, Mode: renewal.Manual,
			Expires: time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC).AddDate(0, 0, 1+i%30),
		}
		if i%10 == 0 {
			fleet[i].Mode, fleet[i].Auto = renewal.Auto, renewal.Period{Months: 1}
		}
	}
	return renewal.Rehearse(p, renewal.Script{
		From: first, Days: 365, Fleet: fleet, Progress: progress,
		Prices: func(quotes []renewal.Quote) []renewal.Amount {
			prices := make([]renewal.Amount, len(quotes))
			for i, q := range quotes {
				prices[i] = renewal.Amount{Value: decimal.New(12050, -2).Mul(decimal.NewFromInt(int64(q.Term.Period.Months))), Currency: "CNY"}
			}
			return prices
		},
	})
}
