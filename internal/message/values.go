package message

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A writer puts values into words.
type writer struct {
	*phrases
	zone *time.Location
	chat bool // foreign text must also mean nothing to a chat
}

// foreign makes text that others wrote fit to be shown.
func (w writer) foreign(text string, longest int) string {
	text = clean(text, longest)
	if w.chat {
		return neutral(text)
	}
	return text
}

// words makes an error or a warning fit to be shown, in the writer's language.
func (w writer) words(text string, longest int) string {
	if w.own != nil {
		text = w.own(text)
	}
	return w.foreign(text, longest)
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

// stretch writes how long d is, rounded down: nobody is to think there is more
// time than there is.
func (w writer) stretch(d time.Duration) string {
	switch d = max(d, -d); {
	case d >= 48*time.Hour:
		tenths := math.Floor(d.Hours() / 24 * 10)
		return fmt.Sprintf(w.days, strconv.FormatFloat(tenths/10, 'f', -1, 64))
	case d >= time.Hour:
		return fmt.Sprintf(w.hours, int(d.Hours()))
	}
	return fmt.Sprintf(w.minutes, int(d.Minutes()))
}

// money writes an amount with its currency, which the report keeps beside it.
func (w writer) money(amount, currency string) string {
	if amount == "" {
		return w.noAmount
	}
	if name, ok := w.currencies[currency]; ok {
		currency = name
	}
	return strings.TrimSpace(w.foreign(amount+" "+currency, maxName))
}

// zero says whether an amount is 0.00 or not known.
func zero(amount string) bool { return strings.Trim(amount, "0.") == "" }

// word looks a word of the report up; one that is not in the table is shown as
// it is, so that a new word is told rather than lost.
func word[K ~string](w writer, table map[K]string, key K) string {
	if phrase, ok := table[key]; ok {
		return phrase
	}
	return w.foreign(string(key), maxName)
}
