// Package page writes a rehearsal as one self-contained web page: the verdict,
// what stops, money by month, a calendar, the comparison and a list of
// everything. It opens from a disk; nothing is loaded from anywhere, which the
// page itself forbids (Content-Security-Policy). It decides nothing, and counts
// nothing that the rehearsal does not say.
package page

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"html/template"
	"io"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

var (
	//go:embed page.html
	frame string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// A View is a rehearsal as it is to be seen.
type View struct {
	Play     renewal.Rehearsal
	Language lang.Language
	Zone     *time.Location // of days and times, as the play counts them
	Verdict  lang.Text
	Well     bool        // nothing stops that nobody chose to let go
	Notes    []lang.Text // below the verdict
}

// Write writes the page.
func (v View) Write(w io.Writer) error {
	page, err := template.New("page").Funcs(template.FuncMap{"say": v.said}).Parse(frame)
	if err != nil {
		return err
	}
	return page.Execute(w, v.content())
}

func (v View) say(t lang.Text) string { return t.In(v.Language) }

// said is how the frame says something: {{say "english" "中文"}}.
func (v View) said(en, zh string, args ...any) string { return v.say(lang.Say(en, zh, args...)) }

// content is what the frame is filled with. Money is written for people.
type content struct {
	Lang                  lang.Language
	Style                 template.CSS
	Script                template.JS
	StyleHash, ScriptHash string
	Days                  int
	From, To, Zone        string
	Version, Currency     string
	Verdict               string
	Well                  bool
	Notes, Warnings       []string
	Facts                 []fact
	Stops                 stops
	Charts                []chart
	Months                []month
	Calendar              calendar
	Against               *against
	Endings               []word
	Products              []string
	Columns               []column
	Data                  data
}

// A fact is one figure below the verdict.
type fact struct{ Name, Value, Unit, More string }

// A word is a word of ours with what it says to people.
type word struct{ Key, Name string }

// A month is a row of the table of months.
type month struct {
	Month                           string
	Renewals, Held, Stops, Released int
	ByFunction, ByProvider          string
}

func (v View) content() content {
	r := v.Play
	last := r.From.AddDate(0, 0, r.Days).Add(-time.Nanosecond)
	tally := v.tally()
	c := content{
		Lang: v.Language, Style: template.CSS(style), Script: template.JS(script), //nolint:gosec // they are ours
		StyleHash: hash(style), ScriptHash: hash(script),
		Days: r.Days, From: v.date(r.From), To: v.date(last), Zone: v.Zone.String(), Version: r.Version, Currency: r.Currency,
		Verdict: v.say(v.Verdict), Well: v.Well, Warnings: r.Warnings,
		Facts: v.facts(tally), Stops: v.stops(), Charts: v.charts(tally), Months: v.months(tally), Calendar: v.calendar(), Against: v.against(),
		Columns: v.columns(), Data: v.data(tally),
	}
	if c.Lang == "" {
		c.Lang = lang.English
	}
	for _, note := range v.Notes {
		c.Notes = append(c.Notes, v.say(note))
	}
	for _, e := range []renewal.Ending{renewal.Stops, renewal.RenewedHere, renewal.Provided, renewal.Stays} {
		c.Endings = append(c.Endings, word{string(e), v.say(ending(e))})
	}
	seen := map[string]bool{}
	for _, f := range r.Fates {
		if !seen[f.Product] {
			seen[f.Product] = true
			c.Products = append(c.Products, f.Product)
		}
	}
	return c
}

// hash is what the policy of the page allows by.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// date gives the day of t; "" for a time that is not known.
func (v View) date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.Zone).Format(time.DateOnly)
}

func (v View) minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(v.Zone).Format("2006-01-02 15:04")
}

// ending says what becomes of a subscription.
func ending(e renewal.Ending) lang.Text {
	switch e {
	case renewal.Stops:
		return lang.Say("stops", "停止")
	case renewal.RenewedHere:
		return lang.Say("renewed by the function", "由本函数续费")
	case renewal.Provided:
		return lang.Say("renewed by the provider", "由云平台自动续费")
	case renewal.Stays:
		return lang.Say("nothing happens", "无变化")
	}
	return lang.Plain(string(e))
}

// facts are the figures that come first.
func (v View) facts(t tally) []fact {
	r := v.Play
	all := []fact{
		{v.say(lang.Say("Paid by the function", "本函数支付")), v.money(t.function), r.Currency, v.say(lang.Say("%d renewals", "续费 %d 次", r.Total.Renewals))},
		{v.say(lang.Say("Paid by auto-renewal", "云平台自动续费")), v.money(t.provider), r.Currency, v.say(lang.Say("%d renewals", "续费 %d 次", t.provider.renewals))},
		{v.say(lang.Say("Stop", "停止")), grouped(decimal.NewFromInt(int64(len(r.Stops))), 0), "", v.say(lang.Say("of %d subscriptions; %d that nobody chose to let go", "共 %d 个资源，其中 %d 个并非有意放弃", len(r.Fates), r.Unchosen()))},
	}
	if r.Peak.Due > 0 {
		limit := lang.Say("on %s; no limit to a run", "%s；单次运行无上限", r.Peak.Day)
		if r.Peak.Cap != nil {
			limit = lang.Say("on %s; a run takes at most %d", "%s；单次运行最多 %d 个", r.Peak.Day, *r.Peak.Cap)
		}
		all = append(all, fact{v.said("Most on one day", "单日高峰"), v.said("%d due", "%d 个到期", r.Peak.Due), "", v.say(limit)})
	}
	if r.FirstHeld != "" {
		all = append(all, fact{v.say(lang.Say("A cap first holds something back", "上限首次推迟续费")), r.FirstHeld, "", ""})
	}
	if r.BalanceEnds != "" {
		all = append(all, fact{v.say(lang.Say("The balance ends", "余额用尽")), r.BalanceEnds, "", v.say(lang.Say("if nobody tops it up", "若不充值"))})
	}
	for i := range all {
		if all[i].Value == v.unknown() {
			all[i].Unit = "" // nothing to be counted in it
		}
	}
	return all
}

// months are the rows of the table of months.
func (v View) months(t tally) (rows []month) {
	for i, m := range v.Play.Months {
		rows = append(rows, month{m.Month, m.Renewals, m.Held, m.Stops, m.Released, v.money(t.payers[i][0]), v.money(t.payers[i][1])})
	}
	return rows
}

// A stop is a row of what stops.
type stop struct {
	At, Name, ID, Product, Region, Why, Reason string
	Chosen                                     bool
}

type stops struct {
	Count, More, Unselected int
	Said                    string
	Rows                    []stop
}

// mostRows is how many rows a table has that is there without a script; the list
// of everything has the others.
const mostRows = 500

func (v View) stops() stops {
	r := v.Play
	s := stops{Count: len(r.Stops), More: max(0, len(r.Stops)-mostRows), Unselected: r.UnselectedStops}
	s.Said = v.say(lang.Say("%d stop. %d of them nobody chose to let go.", "共 %d 个停止，其中 %d 个并非有意放弃。", len(r.Stops), r.Unchosen()))
	for _, chosen := range []bool{false, true} {
		for _, lapsed := range r.Stops {
			if lapsed.Chosen == chosen && len(s.Rows) < mostRows {
				s.Rows = append(s.Rows, stop{
					At: v.minute(lapsed.At), Name: message.Clean(lapsed.Name), ID: message.Clean(lapsed.ID), Product: lapsed.Product, Region: lapsed.Region,
					Why: v.say(message.Reason(lapsed.Reason)), Reason: string(lapsed.Reason), Chosen: chosen,
				})
			}
		}
	}
	return s
}
