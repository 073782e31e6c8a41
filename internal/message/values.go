package message

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A writer puts values into words.
type writer struct {
	language lang.Language
	zone     *time.Location
	chat     bool // foreign text must also mean nothing to a chat
}

// say gives a text in the writer's language.
func (w writer) say(t lang.Text) string { return t.In(w.language) }

// foreign makes text that others wrote fit to be shown.
func (w writer) foreign(text string, longest int) string {
	text = clean(text, longest)
	if w.chat {
		return neutral(text)
	}
	return text
}

// date writes t with its distance from UTC: zone names such as CST are shared
// by zones half a day apart.
func (w writer) date(t time.Time) string {
	t = t.In(w.zone)
	_, seconds := t.Zone()
	name := "UTC"
	if seconds != 0 {
		name += fmt.Sprintf("%+d", seconds/3600)
		if minutes := seconds / 60 % 60; minutes != 0 {
			name += fmt.Sprintf(":%02d", max(minutes, -minutes))
		}
	}
	return t.Format("2006-01-02 15:04 ") + name
}

// stretch says how long d is, rounded down: nobody is to think there is more
// time than there is.
func stretch(d time.Duration) lang.Text {
	switch d = max(d, -d); {
	case d >= 48*time.Hour:
		tenths := math.Floor(d.Hours() / 24 * 10)
		return lang.Say("%s days", "%s 天", strconv.FormatFloat(tenths/10, 'f', -1, 64))
	case d >= time.Hour:
		return lang.Say("%d h", "%d 小时", int(d.Hours()))
	}
	return lang.Say("%d min", "%d 分钟", int(d.Minutes()))
}

// money says an amount with its currency, which the report keeps beside it.
func (w writer) money(amount, currency string) lang.Text {
	shown := w.foreign(amount, maxName)
	switch {
	case amount == "":
		return lang.Say("amount not known:", "（金额未知）")
	case currency == "CNY":
		return lang.Say("%s CNY", "%s 元", shown)
	case currency == "USD":
		return lang.Say("%s USD", "%s 美元", shown)
	}
	return lang.Plain(strings.TrimSpace(shown + " " + w.foreign(currency, maxName)))
}

// zero says whether an amount is 0.00 or not known.
func zero(amount string) bool { return strings.Trim(amount, "0.") == "" }

// term says how long something is renewed for; the report has it as the settings
// do.
func (w writer) term(e renewal.Entry) lang.Text {
	var day int
	if _, err := fmt.Sscanf(e.Period, "until-day-%d", &day); err == nil {
		return lang.Say("up to the unified expiry day, the %d of a month", "续至统一到期日 %d 号", day)
	}
	if e.Decision == renewal.AutoRenew {
		return lang.Say("each time for %s", "自动续费周期 %s", w.period(e.Period))
	}
	return lang.Say("for %s", "续费时长 %s", w.period(e.Period))
}

func (w writer) period(text string) lang.Text {
	switch p, err := renewal.ParsePeriod(text); {
	case err != nil:
		return lang.Plain(w.foreign(text, maxName))
	case p.Weeks > 0:
		return lang.Say("%dw", "%d 周", p.Weeks)
	case p.Months%12 == 0:
		return lang.Say("%dy", "%d 年", p.Months/12)
	default:
		return lang.Say("%dm", "%d 个月", p.Months)
	}
}
