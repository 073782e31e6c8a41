package page

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A calendar shows how much is due on each day.
type calendar struct {
	Week   []string // names of its days, from Monday on
	Months []calendarMonth
	Scale  []level
	Busy   []busyDay
}

type calendarMonth struct {
	Title string
	Weeks [][]cell // of seven
}

// A cell is a day, or the place of one before or after the month.
type cell struct {
	Day, Level int  // 0 = no day; nothing is due
	Off        bool // the day is not played
	Held       bool
	Title      string
	Said       string // to those who do not see the colour
}

// A level is a shade: what is due on its days.
type level struct {
	Level int
	Text  string
}

type busyDay struct {
	Day, Money string
	Due, Held  int
}

const (
	shades   = 4
	mostBusy = 31
)

func (v View) calendar() calendar {
	c := calendar{}
	for _, day := range []lang.Text{
		lang.Say("Mo", "一"), lang.Say("Tu", "二"), lang.Say("We", "三"), lang.Say("Th", "四"), lang.Say("Fr", "五"), lang.Say("Sa", "六"), lang.Say("Su", "日"),
	} {
		c.Week = append(c.Week, v.say(day))
	}
	most := v.Play.Peak.Due
	from := 1
	for l := 1; l <= shades; l++ {
		if to := most * l / shades; to >= from {
			text := strconv.Itoa(from)
			if to > from {
				text += "–" + strconv.Itoa(to)
			}
			c.Scale = append(c.Scale, level{l, text})
			from = to + 1
		}
	}
	days := map[string]renewal.PlayedDay{}
	for _, d := range v.Play.Played {
		days[d.Day] = d
		if d.Due > 0 {
			c.Busy = append(c.Busy, busyDay{d.Day, v.needed(d), d.Due, d.Held})
		}
	}
	slices.SortStableFunc(c.Busy, func(a, b busyDay) int { return cmp.Compare(b.Due, a.Due) })
	c.Busy = c.Busy[:min(len(c.Busy), mostBusy)]
	for _, m := range v.Play.Months {
		c.Months = append(c.Months, v.calendarMonth(v.monthOf(m.Month), days, c.Scale))
	}
	return c
}

func nameOf(m time.Month) lang.Text {
	return []lang.Text{
		lang.Say("January", "1 月"), lang.Say("February", "2 月"), lang.Say("March", "3 月"), lang.Say("April", "4 月"),
		lang.Say("May", "5 月"), lang.Say("June", "6 月"), lang.Say("July", "7 月"), lang.Say("August", "8 月"),
		lang.Say("September", "9 月"), lang.Say("October", "10 月"), lang.Say("November", "11 月"), lang.Say("December", "12 月"),
	}[m-1]
}

// needed is what all that is due on a day would cost.
func (v View) needed(d renewal.PlayedDay) string {
	known, err := decimal.NewFromString(d.Money)
	if err != nil {
		return d.Money // it is the play's own
	}
	return v.money(sum{known: known, renewals: d.Renewals, unpriced: d.Unpriced})
}

func (v View) calendarMonth(first time.Time, days map[string]renewal.PlayedDay, scale []level) calendarMonth {
	m := calendarMonth{Title: v.say(lang.Say("%v %d", "%[2]d 年 %[1]v", nameOf(first.Month()), first.Year()))}
	before := (int(first.Weekday()) + 6) % 7 // Mondays come first
	week := make([]cell, before, 7)
	for day := first; day.Month() == first.Month(); day = day.AddDate(0, 0, 1) {
		week = append(week, v.cell(day, days[day.Format(time.DateOnly)], scale))
		if len(week) == 7 {
			m.Weeks, week = append(m.Weeks, week), nil
		}
	}
	if len(week) > 0 {
		m.Weeks = append(m.Weeks, append(week, make([]cell, 7-len(week))...))
	}
	return m
}

func (v View) cell(day time.Time, played renewal.PlayedDay, scale []level) cell {
	from, to := v.Play.From, v.Play.From.AddDate(0, 0, v.Play.Days)
	c := cell{Day: day.Day(), Held: played.Held > 0, Off: !day.AddDate(0, 0, 1).After(from) || !day.Before(to)}
	if played.Due == 0 {
		return c
	}
	for _, l := range slices.Backward(scale) {
		if played.Due*shades <= v.Play.Peak.Due*l.Level || c.Level == 0 {
			c.Level = l.Level
		}
	}
	c.Said = v.say(lang.Say("%d due, %s", "%d 个到期，%s", played.Due, v.needed(played)))
	if played.Held > 0 {
		c.Said = v.say(lang.Say("%s, %d held by a cap", "%s，%d 个因上限推迟", c.Said, played.Held))
	}
	c.Title = fmt.Sprintf("%s: %s", day.Format(time.DateOnly), c.Said)
	return c
}
