package cloud

import (
	"maps"
	"net/url"
	"slices"
	"time"
)

// A Charge is one renewal that was paid for.
type Charge struct {
	Seq         int       // from 1
	At          time.Time // domain clock
	Account     string
	Region      string
	Product     string // as in Instance: "" = ecs
	Instance    string
	Order       string // OrderId
	Token       string // ClientToken; "" = none was sent
	Period      int    // 0 when RenewDay is set
	Unit        string // Week or Month
	RenewDay    int    // ExpectedRenewDay; 0 when Period is set
	Amount      string // decimal, two places
	Currency    string
	OldExpires  time.Time // UTC, the true ones, visible or not
	NewExpires  time.Time
	AutoRenewal bool // taken by the provider's auto-renewal, not by a call
}

// A Change is one auto-renewal setting that was applied to an instance.
type Change struct {
	Seq       int       // from 1
	At        time.Time // domain clock
	Account   string
	Region    string
	Product   string // as in Instance: "" = ecs
	Instance  string
	OldStatus string
	Status    string // AutoRenewal, Normal or NotRenewal
	Duration  int
	Unit      string
}

// A TagChange is one tag that was written to an instance or taken from it.
type TagChange struct {
	Seq      int       // from 1
	At       time.Time // domain clock
	Account  string
	Region   string
	Instance string
	Key      string
	Value    string // "" when it was taken away
	Old      string // "" when there was none
	Removed  bool
}

// A Call is one request that arrived, answered or not.
type Call struct {
	Seq        int       // from 1, in order of arrival
	At         time.Time // domain clock
	Wall       time.Time // wall clock
	Method     string
	Host       string // as the Host header had it
	Product    string // ecs, sts, bss …; "" when the action is unknown
	Action     string
	Version    string
	Region     string
	Account    string     // "" when the key is unknown
	AccessKey  string     // its id, as sent
	Scheme     string     // HMAC-SHA1 or, in headers, ACS3-HMAC-SHA256; "" when it was not signed
	Params     url.Values // all but Signature
	TLS        bool
	RemoteConn string    // the client's address: one per connection
	Fault      FaultKind // the scripted fault that hit it, if any

	Status    int // HTTP status; 0 = no answer was sent (yet)
	Code      string
	RequestID string
}

// Ledger returns everything that was bought, oldest first.
func (c *Cloud) Ledger() []Charge {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.charges)
}

// Charges counts how often the instance was paid for.
func (c *Cloud) Charges(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, ch := range c.charges {
		if ch.Instance == id {
			n++
		}
	}
	return n
}

// Changes returns the auto-renewal settings that were applied, oldest first.
func (c *Cloud) Changes() []Change {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.changes)
}

// TagChanges returns every tag that was written or taken away by a call, oldest
// first.
func (c *Cloud) TagChanges() []TagChange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.tagChanges)
}

// Calls returns every request so far, in order of arrival.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := make([]Call, 0, len(c.calls))
	for _, call := range c.calls {
		calls = append(calls, call.clone())
	}
	return calls
}

func (call *Call) clone() Call {
	copied := *call
	copied.Params = maps.Clone(call.Params)
	return copied
}

// CallCount counts the requests for an action: RenewInstance counts those of
// every product, ecs:RenewInstance those of one, "" all requests.
func (c *Cloud) CallCount(action string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, call := range c.calls {
		if action == "" || isAction(action, call.Product, call.Action) {
			n++
		}
	}
	return n
}

// ForgetCalls empties the list of calls, not the ledger. Sequence numbers start
// again; use it between two runs, when no request is under way.
func (c *Cloud) ForgetCalls() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = nil
}
