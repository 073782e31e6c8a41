package page

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// These tests look at the page in a real browser, without a window: Debian's
// chromium, or what else of its kind is there. There is one browser with one tab, in
// which one page is shown after the other: a tab costs more than a page.

// A tab shows a page, and keeps what went wrong.
type tab struct {
	t   *testing.T      // that looks at it
	ctx context.Context // what the browser's library calls a tab

	mu      sync.Mutex
	address string // of the page
	wrong   []string
}

const (
	narrow = 375
	wide   = 1280
)

func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	at := openTab(t, startBrowser(t))
	for name, look := range map[string]func(t *testing.T, open func(v View, width int, dark bool) *tab){
		"the numbers are the report's": lookAtNumbers,
		"the filter filters":           lookAtFilter,
		"what is not known":            lookAtUnknown,
		"names of others":              lookAtNames,
		"small fleets":                 lookAtSmallFleets,
		"widths and themes":            lookAtWidths,
		"keyboard and screen reader":   lookWithoutMouse,
		"paper":                        lookAtPaper,
	} {
		t.Run(name, func(t *testing.T) {
			at.t = t
			defer at.nothingWrong()
			look(t, at.show)
		})
	}
}

// startBrowser gives the browser; without one the test is skipped, unless it is
// played where everything has to be there.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	var found string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			found = path
			break
		}
	}
	if found == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no chromium; .ci/run installs it")
		}
		t.Skip("there is no chromium: apt-get install chromium")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(found), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	all, end := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(all); err != nil {
			t.Errorf("the browser does not end: %v", err)
		}
		end()
		endAllocator()
	})
	if _, err := chromedp.Run(all, chromedp.Title()); err != nil {
		t.Fatalf("%s does not start: %v", found, err)
	}
	return all
}

func openTab(t *testing.T, all context.Context) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(all)
	t.Cleanup(end)
	at := &tab{t: t, ctx: ctx}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			at.fail("exception: %s", e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			at.fail("console: %s", e.Type)
		case *log.EventEntryAdded:
			at.fail("log: %s", e.Entry.Text)
		case *network.EventRequestWillBeSent:
			at.requested(e.Request.URL)
		}
	})
	at.must(err)
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	at.must(err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	at.must(err)
	return at
}

// show opens a page, and with it the look at the one before ends.
func (at *tab) show(v View, width int, dark bool) *tab {
	at.t.Helper()
	at.nothingWrong()
	at.mu.Lock()
	at.address = "file://" + v.file(at.t)
	at.mu.Unlock()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	at.do(chromedp.EmulateViewport(int64(width), 900))
	at.media(emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	at.do(chromedp.Navigate(at.address))
	return at
}

// nothingWrong says what went wrong in the page, and forgets it.
func (at *tab) nothingWrong() {
	at.t.Helper()
	at.mu.Lock()
	defer at.mu.Unlock()
	for _, what := range at.wrong {
		at.t.Error(what)
	}
	at.wrong = nil
}

// requested is called with every address that the page asks for: its own alone.
func (at *tab) requested(address string) {
	at.mu.Lock()
	own := address == at.address
	at.mu.Unlock()
	if !own {
		at.fail("a request to %s", address)
	}
}

// media sets what the page is shown on.
// Nothing moves of itself: a click on what is being scrolled to misses it.
func (at *tab) media(params emulation.SetEmulatedMediaParams) {
	at.t.Helper()
	params.Features = append(params.Features, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	_, err := chromedp.Call(at.ctx, emulation.SetEmulatedMedia, params)
	at.must(err)
}

func (at *tab) must(err error) {
	at.t.Helper()
	if err != nil {
		at.t.Fatal(err)
	}
}

func (at *tab) fail(format string, args ...any) {
	at.mu.Lock()
	defer at.mu.Unlock()
	at.wrong = append(at.wrong, fmt.Sprintf(format, args...))
}

// longest is how long a step may take.
const longest = time.Minute

func (at *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	at.t.Helper()
	ctx, stop := context.WithTimeout(at.ctx, longest)
	defer stop()
	at.must(chromedp.Do(ctx, steps...))
}

// script lets the page do something.
func (at *tab) script(statements string) {
	at.t.Helper()
	eval[int](at, statements+"; 0")
}

// eval gives what an expression of the page comes to.
func eval[T any](at *tab, expression string) T {
	at.t.Helper()
	ctx, stop := context.WithTimeout(at.ctx, longest)
	defer stop()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	at.must(err)
	return value
}

func money(t *testing.T, text string) decimal.Decimal {
	t.Helper()
	d, err := decimal.NewFromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// cells gives the text of a table's cells, row by row.
func (at *tab) cells(table string) [][]string {
	at.t.Helper()
	return eval[[][]string](at, `[...document.querySelectorAll('`+table+` tbody tr')].map(tr => [...tr.cells].map(c => c.textContent.trim()))`)
}

// lookAtNumbers: the tables of the charts, and that of the months, say what the
// report says.
func lookAtNumbers(t *testing.T, open func(View, int, bool) *tab) {
	v := view(mixed(), policy(), priced("120.50", "CNY"))
	at := open(v, wide, false)
	var months, payers [][]string
	for _, m := range v.Play.Months {
		function, provider := plain(m.ByFunction), plain(m.ByProvider)
		months = append(months, []string{m.Month, fmt.Sprint(m.Renewals), function, provider, fmt.Sprint(m.Held), fmt.Sprint(m.Stops), fmt.Sprint(m.Released)})
		both := sum{known: money(t, m.ByFunction).Add(money(t, m.ByProvider))}
		payers = append(payers, []string{m.Month, function, provider, v.money(both)})
	}
	if diff := cmp.Diff(months, at.cells("#months")); diff != "" {
		t.Errorf("months: %s", diff)
	}
	if diff := cmp.Diff(payers, at.cells("#chart-payer table")); diff != "" {
		t.Errorf("by who pays: %s", diff)
	}
	for i, row := range at.cells("#chart-rule table") {
		if want := plain(v.Play.Months[i].ByFunction); row[len(row)-1] != want {
			t.Errorf("by rule: %q, want %s", row, want)
		}
	}
	for i, row := range at.cells("#chart-product table") {
		if want := payers[i][3]; row[len(row)-1] != want {
			t.Errorf("by product: %q, want %s", row, want)
		}
	}
	bars := eval[[]float64](at, `[...document.querySelectorAll('#chart-payer g')].map(g => [...g.querySelectorAll('rect')].reduce((s, r) => s + +r.getAttribute('height'), 0))`)
	top := money(t, strings.ReplaceAll(v.charts(v.tally())[0].Ticks[0], ",", ""))
	for i, height := range bars {
		want := share(money(t, v.Play.Months[i].ByFunction).Add(money(t, v.Play.Months[i].ByProvider)), top)
		if height < want-0.01 || height > want+0.01 {
			t.Errorf("the bar of %s is %v high, want %v", v.Play.Months[i].Month, height, want)
		}
	}
	if stops := at.cells("#stops table"); len(stops) != len(v.Play.Stops) || stops[0][6] != "no" {
		t.Errorf("%d stop, want %d: %q", len(stops), len(v.Play.Stops), stops)
	}
}

// lookAtFilter: words, what becomes of it, the product, and sorting.
func lookAtFilter(t *testing.T, open func(View, int, bool) *tab) {
	v := view(mixed(), policy(), priced("120.50", "CNY"))
	at := open(v, wide, false)
	count := func(want int, what string) {
		t.Helper()
		if got := len(at.cells("#list")); got != want {
			t.Errorf("%s: %d rows, want %d", what, got, want)
		}
	}
	count(len(v.Play.Fates), "all")
	at.do(chromedp.SendKeys("#words", "WEB cn-beijing"))
	count(4, "words")
	if said := eval[string](at, `document.getElementById('found').textContent`); said != "4 of 4 shown" {
		t.Errorf("it says %q", said)
	}
	at.script(`document.getElementById('words').value = ''; document.getElementById('ending').value = 'stops'; document.getElementById('filter').dispatchEvent(new Event('input'))`)
	count(len(v.Play.Stops), "what stops")
	at.script(`document.getElementById('ending').value = ''; document.getElementById('product').value = 'ecs'; document.getElementById('filter').dispatchEvent(new Event('input'))`)
	count(len(v.Play.Fates), "of a product")
	for _, want := range []string{"ascending", "descending"} {
		at.do(chromedp.Click(`#list th:last-child button`))
		sorted := eval[string](at, `document.querySelector('#list th:last-child').getAttribute('aria-sort')`)
		first := eval[float64](at, `parseFloat(document.querySelector('#list tbody tr td:last-child').textContent.replace(',', '') || 0)`)
		last := eval[float64](at, `parseFloat(document.querySelector('#list tbody tr:last-child td:last-child').textContent.replace(',', '') || 0)`)
		if sorted != want || (want == "ascending") != (first < last) {
			t.Errorf("%s: sorted %s, from %v to %v", want, sorted, first, last)
		}
	}
	if row := eval[string](at, `[...document.querySelectorAll('#list tbody tr')].find(r => r.textContent.includes('i-auto')).textContent`); !strings.Contains(row, "renewed by the provider") {
		t.Errorf("%q", row)
	}
	at.do(chromedp.SendKeys("#words", "no such thing"))
	count(0, "nothing")
}

// lookAtUnknown: a price that is not known is never 0.
func lookAtUnknown(t *testing.T, open func(View, int, bool) *tab) {
	v := view([]renewal.Instance{endingIn(10, "i-1"), endingIn(11, "i-2", automatic)}, policy(), nil)
	at := open(v, wide, false)
	for _, row := range at.cells("#months")[1:3] {
		if row[2] != "unknown" || row[3] != "unknown" {
			t.Errorf("%q", row)
		}
	}
	for _, row := range at.cells("#list") {
		if row[len(row)-1] != "unknown" {
			t.Errorf("%q", row)
		}
	}
	facts := eval[string](at, `document.querySelector('.facts').textContent`)
	if strings.Contains(facts, "0.00") || strings.Count(facts, "unknown") != 2 {
		t.Errorf("%q", facts)
	}
	v = view(mixed(), policy(), partly)
	at = open(v, wide, false)
	if facts := eval[string](at, `document.querySelector('.facts').textContent`); !strings.Contains(facts, "at least") {
		t.Errorf("%q", facts)
	}
	if n := eval[int](at, `document.querySelectorAll('#chart-payer .ticks b').length`); n == 0 {
		t.Error("no month is marked")
	}
}

// lookAtNames: whatever a name holds is text.
func lookAtNames(t *testing.T, open func(View, int, bool) *tab) {
	names := []string{
		`<script>window.broken=1</script>`, `"><img src=x onerror="window.broken=1">`, `</script><script>window.broken=1</script>`, `'; window.broken=1; '`,
		"emoji 🦄🧪", "expired", "provider-renews", "__proto__", "خادم الويب", "שרת", "{{.Script}}", `\u003cscript\u003e`, "<!-- <script>", "a&amp;b",
	}
	var fleet []renewal.Instance
	for i, name := range names {
		fleet = append(fleet, endingIn(5+i, fmt.Sprintf("i-%02d", i), named(name), locked))
	}
	fleet = append(fleet, endingIn(30, "i-control", named("control\x00\x1b[31m\u202Ered\u2028line"), locked))
	v := view(fleet, policy(), priced("1", "CNY"))
	at := open(v, wide, false)
	if eval[bool](at, `'broken' in window`) || eval[int](at, `document.scripts.length`) != 2 || eval[int](at, `document.images.length`) != 0 {
		t.Error("a name was taken for a part of the page")
	}
	shown := map[string]bool{}
	for _, table := range []string{"#stops", "#list"} {
		for _, name := range eval[[]string](at, `[...document.querySelectorAll('`+table+` tbody bdi')].map(b => b.textContent)`) {
			shown[table+name] = true
		}
		for _, name := range append(slices.Clone(names), "control [31mred line") {
			if !shown[table+name] {
				t.Errorf("%s does not show %q among %q", table, name, slices.Collect(maps.Keys(shown)))
			}
		}
	}
}

// lookAtSmallFleets: of one, of none, with everything expired, and in dollars.
func lookAtSmallFleets(t *testing.T, open func(View, int, bool) *tab) {
	for name, c := range map[string]struct {
		fleet    []renewal.Instance
		currency string
		stops    int
	}{
		"none": {nil, "CNY", 0}, "one": {[]renewal.Instance{endingIn(10, "i-1")}, "CNY", 0}, "one stops": {[]renewal.Instance{endingIn(10, "i-1", locked)}, "CNY", 1},
		"all expired": {[]renewal.Instance{endingIn(-3, "i-1"), endingIn(-20, "i-2")}, "CNY", 0}, "dollars": {[]renewal.Instance{endingIn(10, "i-1")}, "USD", 0},
	} {
		v := view(c.fleet, policy(), priced("10", c.currency))
		at := open(v, narrow, true)
		if n := len(at.cells("#stops table")); n != c.stops {
			t.Errorf("%s: %d stop, want %d", name, n, c.stops)
		}
		if n := len(at.cells("#list")); n != len(c.fleet) {
			t.Errorf("%s: %d rows, want %d", name, n, len(c.fleet))
		}
		if c.currency == "USD" && !strings.Contains(eval[string](at, `document.querySelector('.facts').textContent`), "USD") {
			t.Errorf("%s: no USD", name)
		}
		at.fits(name)
	}
}

// fits checks that nothing has to be scrolled sideways.
func (at *tab) fits(what string) {
	at.t.Helper()
	size := eval[[]int](at, `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`)
	if size[0] > size[1] {
		at.t.Errorf("%s: the page is %d wide, the window %d", what, size[0], size[1])
	}
}

// lookAtWidths: on a phone and on a desk, by day and by night, in both languages.
func lookAtWidths(t *testing.T, open func(View, int, bool) *tab) {
	v := view(append(mixed(), endingIn(8, "i-"+strings.Repeat("long", 20), named(strings.Repeat("x", 128)), locked)), policy(), priced("123456.78", "CNY"))
	there := renewal.Rehearse(policy(func(p *renewal.Policy) { p.Exclude.IDs = []string{"i-web01"} }), renewal.Script{From: first, Days: 365, Fleet: mixed(), Prices: priced("123456.78", "CNY")})
	v.Play.Against = view(mixed(), policy(), priced("123456.78", "CNY")).Play.Compare("other.env", there)
	backgrounds := map[string]bool{}
	for _, width := range []int{narrow, wide} {
		for _, dark := range []bool{false, true} {
			v.Language = map[bool]lang.Language{false: lang.English, true: lang.Chinese}[dark]
			what := fmt.Sprintf("%d %v", width, dark)
			at := open(v, width, dark)
			for _, panel := range []string{"payer", "product", "rule"} {
				at.do(chromedp.Click("label[for=by-" + panel + "]"))
				if shown := eval[[]string](at, `[...document.querySelectorAll('.panel')].filter(p => p.offsetHeight > 0).map(p => p.id)`); !slices.Equal(shown, []string{"chart-" + panel}) {
					t.Errorf("%s: %q are shown", what, shown)
				}
				at.script(`document.querySelectorAll('details').forEach(d => d.open = true)`)
				at.fits(what + " " + panel)
			}
			texts := "caption:not(.vh), .facts div"
			if width == narrow {
				texts += ", .cards td"
			}
			if n := eval[int](at, `[...document.querySelectorAll('`+texts+`')].filter(e => e.offsetHeight > 0 && !e.closest('.month') && e.offsetWidth < 60).length`); n > 0 {
				t.Errorf("%s: %d texts have no room", what, n)
			}
			background := func() string { return eval[string](at, `getComputedStyle(document.documentElement).backgroundColor`) }
			before := background()
			backgrounds[before] = true
			at.do(chromedp.Click("#theme"))
			if after := background(); after == before {
				t.Errorf("%s: the switch switches nothing: %s", what, after)
			}
			at.do(chromedp.Click("#theme"))
			if after := background(); after != before {
				t.Errorf("%s: the switch does not switch back: %s and %s", what, before, after)
			}
			at.script(`localStorage.clear()`)
		}
	}
	if len(backgrounds) != 2 {
		t.Errorf("%d themes: %v", len(backgrounds), backgrounds)
	}
}

// lookWithoutMouse: everything is reached by keys, and has a name.
func lookWithoutMouse(t *testing.T, open func(View, int, bool) *tab) {
	at := open(view(mixed(), policy(), priced("120.50", "CNY")), wide, false)
	reached := map[string]bool{}
	for range 40 {
		at.do(chromedp.KeyEvent(kb.Tab))
		focus := eval[[]string](at, `(e => [e.id || e.tagName + ' ' + (e.getAttribute('href') || ''), getComputedStyle(e.matches('.pick') ? e.nextElementSibling : e).outlineStyle])(document.activeElement)`)
		reached[focus[0]] = true
		if focus[1] == "none" && focus[0] != "BODY " {
			t.Errorf("nobody sees that %s has the focus", focus[0])
		}
		if focus[0] == "by-payer" {
			at.do(chromedp.KeyEvent(kb.ArrowRight))
			if !eval[bool](at, `document.getElementById('chart-product').offsetHeight > 0`) {
				t.Error("the arrow does not change the chart")
			}
			at.do(chromedp.KeyEvent(kb.ArrowLeft))
		}
	}
	for _, id := range []string{"theme", "A #stops", "by-payer", "SUMMARY ", "words", "ending", "product"} {
		if !reached[id] {
			t.Errorf("%s is not reached: %q", id, slices.Sorted(maps.Keys(reached)))
		}
	}
	for what, expression := range map[string]string{
		"tables without a caption":     `[...document.querySelectorAll('table')].filter(t => !t.caption || !t.caption.textContent.trim()).length`,
		"headers without a scope":      `document.querySelectorAll('th:not([scope])').length`,
		"fields without a label":       `[...document.querySelectorAll('input, select')].filter(f => !f.labels.length).length`,
		"buttons without a name":       `[...document.querySelectorAll('button')].filter(b => !b.textContent.trim()).length`,
		"regions without a name":       `[...document.querySelectorAll('[role=region], section, figure, nav')].filter(r => !r.getAttribute('aria-label') && !(document.getElementById(r.getAttribute('aria-labelledby')) || {}).textContent).length`,
		"pictures without a table":     `[...document.querySelectorAll('.plot')].filter(p => !p.parentElement.querySelector('table')).length`,
		"ids that are there twice":     `(all => all.length - new Set(all).size)([...document.querySelectorAll('[id]')].map(e => e.id))`,
		"first headings but for one":   `document.querySelectorAll('h1').length - 1`,
		"sections without a heading":   `[...document.querySelectorAll('section')].filter(s => !s.querySelector('h2')).length`,
		"days that say nothing":        `[...document.querySelectorAll('.month td.l1, .month td.l2, .month td.l3, .month td.l4')].filter(d => !d.querySelector('.vh')).length`,
		"links that lead to nowhere":   `[...document.querySelectorAll('a')].filter(a => !document.querySelector(a.getAttribute('href'))).length`,
		"places that should be opened": `document.querySelectorAll('[tabindex]:not([tabindex="0"])').length`,
	} {
		if n := eval[int](at, expression); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

// lookAtPaper: what cannot be pressed on paper is not there.
func lookAtPaper(t *testing.T, open func(View, int, bool) *tab) {
	at := open(view(mixed(), policy(), priced("120.50", "CNY")), 700, true)
	at.media(emulation.SetEmulatedMediaParams{Media: "print"})
	if shown := eval[int](at, `[...document.querySelectorAll('nav, form, button')].filter(e => e.offsetHeight > 0 && !e.closest('thead')).length`); shown != 0 {
		t.Errorf("%d things to press are on paper", shown)
	}
	if colour := eval[string](at, `getComputedStyle(document.documentElement).backgroundColor`); colour != "rgb(255, 255, 255)" {
		t.Errorf("the paper is %s", colour)
	}
	at.fits("paper")
}
