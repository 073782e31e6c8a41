package renewal

import (
	"time"
)

// Report is what a run says about itself: the function's result, the line in
// the log and the source of every message. Its JSON form is public interface.
// Times are UTC, money is a decimal string.
type Report struct {
	Status     Status    `json:"status"`
	Trigger    string    `json:"trigger"` // what started the run: timer, manual, event or command
	RequestID  string    `json:"requestId"`
	DryRun     bool      `json:"dryRun"`
	Action     Action    `json:"action"` // RENEW_ACTION; single instances may differ by rule or tag
	StartedAt  time.Time `json:"startedAt"`
	FinishedAt time.Time `json:"finishedAt"`
	Counts     Counts    `json:"counts"`
	Money      Money     `json:"money"`
	Scopes     []Scope   `json:"scopes"`
	Instances  []Entry   `json:"instances"`          // nearest expiry first
	Lapsing    []string  `json:"lapsing"`            // ids, nearest expiry first
	Version    string    `json:"version"`            // which build wrote it
	Coverage   *Coverage `json:"coverage,omitempty"` // nil = the run was narrowed by an event, or did not begin
	Warnings   []string  `json:"warnings"`

	Quiet int               `json:"-"` // how many of the warnings start no message by themselves
	Own   map[string]Report `json:"-"` // the same as each channel with a name sees it; none for one that hears nothing
}

// Status is a run in one word.
type Status string

// The statuses of a run.
const (
	OK      Status = "ok"      // everything due is secured, or nothing was due, or the run only planned
	Partial Status = "partial" // something due is not secured, a scope is incomplete, or the settings leave nothing of what was listed
	Failed  Status = "failed"  // there was something due, and none of it is secured
)

// Counts are numbers of instances.
type Counts struct {
	Listed       int `json:"listed"`
	Due          int `json:"due"`
	Renewed      int `json:"renewed"`
	AutoRenewOn  int `json:"autoRenewOn"`
	AutoRenewOff int `json:"autoRenewOff"`
	LetLapse     int `json:"letLapse"`
	Planned      int `json:"planned"`
	Unverified   int `json:"unverified"`
	Unknown      int `json:"unknown"`
	Failed       int `json:"failed"`
	Stale        int `json:"stale"`
	NotTried     int `json:"notTried"`
	Held         int `json:"held"`
}

// Money is sums in one currency, with two decimals; "" where nothing is known.
type Money struct {
	Currency   string `json:"currency"`   // CNY, USD; "" when no price was read
	Planned    string `json:"planned"`    // what the run set out to pay
	Spent      string `json:"spent"`      // for instances that are renewed
	Unverified string `json:"unverified"` // for instances that are unverified or unknown
	Held       string `json:"held"`       // what the held instances would have cost
	Cap        string `json:"cap"`        // RENEW_MAX_SPEND; "" when there is none
	Balance    string `json:"balance"`    // available before the run; "" when it was not asked for
	Unpriced   int    `json:"unpriced"`   // renewals whose price is not known: the sums leave them out
}

// Scope is one list that was read: a region of an account.
type Scope struct {
	Account  string `json:"account"`
	Region   string `json:"region"`
	Product  string `json:"product"`  // ecs; billing: the list of all other products of the account
	Complete bool   `json:"complete"` // the list was read to its end
	Listed   int    `json:"listed"`
	Error    string `json:"error"` // why it is not complete

	Own map[string]int `json:"-"` // how many of the list each channel with a name hears of; "" = those that none does; nil = not counted
}

// Entry is what the run decided about one instance, and what came of it.
type Entry struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Account    string   `json:"account"`
	Region     string   `json:"region"`
	Product    string   `json:"product"`
	Expires    Moment   `json:"expires"`  // before the run; "" = could not be read
	DaysLeft   float64  `json:"daysLeft"` // at the start of the run, one decimal; negative after expiry
	Mode       Mode     `json:"mode"`
	Decision   Action   `json:"decision"` // None for an instance that is left alone
	Reason     Reason   `json:"reason"`
	Rule       string   `json:"rule"`   // name of the rule that decided
	Period     string   `json:"period"` // as in the settings: 1m
	Price      string   `json:"price"`  // "" when unknown
	Currency   string   `json:"-"`      // of Price; "" = that of Money. Where it is another, a warning tells
	Outcome    Outcome  `json:"outcome"`
	OrderID    string   `json:"orderId"`
	Paid       string   `json:"paid"`       // what the order says was charged; "" = it was not read
	NewExpires string   `json:"newExpires"` // RFC 3339, read back; while planned, the expiry to be expected
	Approval   string   `json:"approval"`   // the code that approves it; "" = it does not wait
	Notify     []string `json:"notify"`     // names of the channels that hear of it
	Error      string   `json:"error"`      // code and request id of the API, with advice where there is one
}

// A Moment is a time that may not be known: the zero Moment is "" in JSON.
type Moment struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (m Moment) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte(`""`), nil
	}
	return m.Time.MarshalJSON()
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Moment) UnmarshalJSON(text []byte) error {
	if string(text) == `""` {
		*m = Moment{}
		return nil
	}
	return m.Time.UnmarshalJSON(text)
}
