package renewal

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// A Rehearsal is what a play of runs over days has shown. Its JSON form is public
// interface. Times are UTC, days and months those of RENEW_TZ, money is a decimal
// string.
type Rehearsal struct {
	From            time.Time   `json:"from"`
	Days            int         `json:"days"`
	Currency        string      `json:"currency"`
	Version         string      `json:"version"`
	Total           Total       `json:"total"`
	By              Breakdown   `json:"by"`
	Months          []Month     `json:"months"`
	UnselectedStops int         `json:"unselectedStops"` // of what the settings do not look after
	Stops           []Lapsed    `json:"stops"`           // in the order of time
	Peak            Peak        `json:"peak"`
	FirstHeld       string      `json:"firstHeld"`   // the first day on which a cap of the run holds something back; "" = none does
	BalanceEnds     string      `json:"balanceEnds"` // the day on which a known balance ends; "" = on none, or none is known
	Warnings        []string    `json:"warnings"`
	Against         *Comparison `json:"against,omitempty"`

	Played   []PlayedDay     `json:"-"` // every day with a run
	Payments []PlayedPayment `json:"-"` // every renewal, in the order of time
	Fates    []Fate          `json:"-"` // of every instance
}

// Total sums a play up.
type Total struct {
	Renewals   int    `json:"renewals"` // by the function
	ByFunction string `json:"byFunction"`
	ByProvider string `json:"byProvider"`
	Unpriced   int    `json:"unpriced"` // renewals of either whose price is not known
}

// Month is what a month of a play comes to.
type Month struct {
	Month      string `json:"month"` // 2026-12
	Renewals   int    `json:"renewals"`
	ByFunction string `json:"byFunction"`
	ByProvider string `json:"byProvider"`
	Held       int    `json:"held"` // instances that were held at least once
	Stops      int    `json:"stops"`
	Released   int    `json:"released"`
}

// Lapsed is a subscription that expires unrenewed.
type Lapsed struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Account string    `json:"account"`
	Region  string    `json:"region"`
	Product string    `json:"product"`
	At      time.Time `json:"at"`
	Reason  Reason    `json:"reason"` // of the last run before it
	Chosen  bool      `json:"chosen"` // its owner let it go
}

// Peak is the day on which most is due.
type Peak struct {
	Day      string `json:"day"`
	Due      int    `json:"due"`
	Cap      *int   `json:"cap"`   // RENEW_MAX_COUNT; null = unlimited
	Money    string `json:"money"` // what all that is due then would cost
	MoneyCap string `json:"moneyCap"`
}

// Breakdown is the money of a play, and its renewals, by what they are for.
type Breakdown struct {
	Product []Share `json:"product"`
	Rule    []Share `json:"rule"` // "" = no rule
	Account []Share `json:"account"`
	Region  []Share `json:"region"`
}

// Share is one row of a breakdown.
type Share struct {
	Name       string `json:"name"`
	Renewals   int    `json:"renewals"`
	ByFunction string `json:"byFunction"`
	ByProvider string `json:"byProvider"`

	function, provider decimal.Decimal
}

// A PlayedPayment is one renewal of a play.
type PlayedPayment struct {
	At       time.Time
	Fate     int    // whose it is: an index of Fates
	Price    Amount // zero = not known, or in a second currency
	Provider bool   // the provider has renewed it by itself
	Rule     string // that decided; "" = none, or it is the provider's
}

// PlayedDay is a day with a run.
type PlayedDay struct {
	Day      string
	Due      int
	Held     int    // of them, by a cap of the run
	Renewals int    // of them, to be paid for
	Unpriced int    // of those, without a known price
	Money    string // what all that is due would cost

	sum decimal.Decimal
}

// An Ending is what became of an instance in a play.
type Ending string

// The endings. The first that holds counts.
const (
	Stops       Ending = "stops"
	RenewedHere Ending = "renewed"         // by the function
	Provided    Ending = "provider-renews" // by the provider's auto-renewal alone
	Stays       Ending = "none"            // nothing happened to it
)

// Fate is what became of one instance.
type Fate struct {
	ID, Name, Account, Region, Product string
	Mode                               Mode
	Expires                            time.Time // at the end of the play
	Ending                             Ending
	At                                 time.Time // of the first such event; zero = there was none
	Reason                             Reason    // of the last decision, or of the last before it first stopped
	Released                           bool      // it is gone by the end of the play
}

// A Comparison is how a second policy would fare.
type Comparison struct {
	File      string            `json:"file"`
	Instances []Difference      `json:"instances"` // that fare otherwise, in the order of time
	Months    []MonthDifference `json:"months"`
}

// Difference is an instance that fares otherwise under the second policy.
type Difference struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Here  Ending    `json:"here"`
	There Ending    `json:"there"`
	At    time.Time `json:"at"` // when it stops under one of them, else when it is first renewed
}

// MonthDifference is what a month costs under either policy, by function and
// provider together.
type MonthDifference struct {
	Month      string `json:"month"`
	Here       string `json:"here"`
	There      string `json:"there"`
	Difference string `json:"difference"` // there less here
}

// Compare holds a play of a second policy, of the same fleet and time, against
// r. File names where its settings come from.
func (r Rehearsal) Compare(file string, there Rehearsal) *Comparison {
	c := &Comparison{File: file, Instances: []Difference{}, Months: []MonthDifference{}}
	for i, here := range r.Fates {
		other := there.Fates[i]
		if here.Ending == other.Ending {
			continue
		}
		at := here.At
		if other.Ending == Stops || at.IsZero() {
			at = other.At
		}
		c.Instances = append(c.Instances, Difference{here.ID, here.Name, here.Ending, other.Ending, at})
	}
	slices.SortStableFunc(c.Instances, func(a, b Difference) int { return a.At.Compare(b.At) })
	for i, month := range r.Months {
		here, other := month.money(), there.Months[i].money()
		c.Months = append(c.Months, MonthDifference{month.Month, format(here), format(other), format(other.Sub(here))})
	}
	return c
}

func (m Month) money() decimal.Decimal {
	return decimal.RequireFromString(m.ByFunction).Add(decimal.RequireFromString(m.ByProvider))
}

// Unchosen counts what stops although nobody chose to let it go.
func (r Rehearsal) Unchosen() (n int) {
	for _, stop := range r.Stops {
		if !stop.Chosen {
			n++
		}
	}
	return n
}
