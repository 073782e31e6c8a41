package cloud

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"html"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind names one way for the cloud to misbehave. A kind ending in After,
// and every kind that spoils the answer, lets the request take effect first:
// the client cannot tell, and the ledger can.
type FaultKind string

// The kinds of faults.
const (
	// Nothing happens to the order or the reading.
	RefuseBefore FaultKind = "refuse"        // API error Status (400) and Code (InternalError)
	ResetBefore  FaultKind = "reset"         // connection reset
	BadGateway   FaultKind = "bad-gateway"   // Status (502) with an HTML page
	Redirect     FaultKind = "redirect"      // Status (307) to Location
	Throttle     FaultKind = "throttle"      // 400 Throttling.User
	OddCode      FaultKind = "odd-code"      // Status (400) with a Code that is a number, which makes the SDK panic
	OddDetail    FaultKind = "odd-detail"    // 403 Forbidden.RAM with an AccessDeniedDetail that is a string: likewise
	RefuseInside FaultKind = "refuse-inside" // 200 with Success false and Code (SYSTEM.CONCURRENT_OPERATE), as the billing API refuses
	TokenError   FaultKind = "token-error"   // Status (400), Code (InvalidParameter); counts only calls that carry a NextToken

	// The request takes effect, the answer does not arrive as it should.
	ErrorAfter        FaultKind = "error-after"         // API error Status (500) and Code (InternalError)
	RefuseInsideAfter FaultKind = "refuse-inside-after" // 200 with Success false and Code (SYSTEM.CONCURRENT_OPERATE)
	LoseAnswer        FaultKind = "lose-answer"         // the connection is closed without an answer
	ResetAfter        FaultKind = "reset-after"         // connection reset
	EmptyBody         FaultKind = "empty-body"          // 200, nothing in it
	CutBody           FaultKind = "cut-body"            // 200, half the body, then the connection closes
	HTMLBody          FaultKind = "html-body"           // 200 with an HTML page
	BadGatewayAfter   FaultKind = "bad-gateway-after"   // Status (502) with an HTML page
	SlowAfter         FaultKind = "slow-after"          // the answer comes after Delay, never when Delay is 0

	// The request takes effect late.
	Slow       FaultKind = "slow"        // it is handled after Delay; never, when Delay is 0 or the client goes away before
	LateCommit FaultKind = "late-commit" // it is accepted, and takes effect after Delay though nobody may be waiting; meanwhile its ClientToken is "processing"

	// The answer is well formed and wrong.
	TwinRow      FaultKind = "twin-row"      // DescribeInstances and the own reads of other products list every instance a second time, with its other expiry: the one that does not show yet, else that of the term before, else one a month later
	EndlessToken FaultKind = "endless-token" // a list that is paged by tokens gives its first page and the same NextToken again and again

	// Of actions that list something: the list or the number of rows it promises
	// says less, or more, than there is.
	NoList    FaultKind = "no-list"    // the list is left out
	NullList  FaultKind = "null-list"  // it is null
	TextList  FaultKind = "text-list"  // it is ""
	ShortList FaultKind = "short-list" // its last row is missing
	EmptyList FaultKind = "empty-list" // it is empty and the total is 0
	NoTotal   FaultKind = "no-total"   // the total is left out
	HighTotal FaultKind = "high-total" // the total is one more than there are
	LowTotal  FaultKind = "low-total"  // the total is one less than there are

	Hook FaultKind = "hook" // Fault.Do is called, then all is well
)

// FaultKinds lists all kinds.
func FaultKinds() []FaultKind {
	return []FaultKind{
		RefuseBefore, ResetBefore, BadGateway, Redirect, Throttle, OddCode, OddDetail, RefuseInside, TokenError,
		ErrorAfter, RefuseInsideAfter, LoseAnswer, ResetAfter, EmptyBody, CutBody, HTMLBody, BadGatewayAfter, SlowAfter,
		Slow, LateCommit, TwinRow, EndlessToken,
		NoList, NullList, TextList, ShortList, EmptyList, NoTotal, HighTotal, LowTotal, Hook,
	}
}

// A Fault is one scripted misbehaviour. Every fault counts the calls that match
// it; of several that are due for one call the first scripted wins.
type Fault struct {
	Action   string `yaml:"action"`   // as RenewInstance, or ecs:RenewInstance where it must be one product's; "" = any
	Region   string `yaml:"region"`   // "" = any
	Instance string `yaml:"instance"` // "" = any; else the call must name it, alone or in a list
	Account  string `yaml:"account"`  // "" = any
	Call     int    `yaml:"call"`     // the matching call it starts with, from 1; 0 = from the first
	Count    int    `yaml:"count"`    // how many calls in a row; 0 = one, or with Call 0 all of them

	Kind     FaultKind     `yaml:"kind" fleet:"needed"` // must be there
	Status   int           `yaml:"status"`              // HTTP status, where the kind has one; 0 = the kind's own
	Code     string        `yaml:"code"`                // error code; "" = the kind's own
	Message  string        `yaml:"message"`             // "" = some text
	Body     string        `yaml:"body"`                // sent in place of the kind's own body
	Delay    time.Duration `yaml:"delay"`               // real time waited: before anything happens, for kinds that take effect before the answer
	Location string        `yaml:"location"`            // where Redirect leads
	Do       func(Call)    `yaml:"-"`                   // for Hook
}

type fault struct {
	Fault
	seen int
}

// Fail scripts a fault.
func (c *Cloud) Fail(f Fault) {
	if !slices.Contains(FaultKinds(), f.Kind) {
		panic("cloud: no fault kind " + string(f.Kind))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, &fault{Fault: f})
}

// ClearFaults forgets all scripted faults.
func (c *Cloud) ClearFaults() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
}

// strike counts the request at every fault it matches and returns the first
// that is due. The caller holds c.mu.
func (c *Cloud) strike(rq *request) *Fault {
	var due *Fault
	for _, f := range c.faults {
		if !f.matches(rq) {
			continue
		}
		f.seen++
		first, last := f.Call, f.Call+max(f.Count, 1)-1
		if f.Call == 0 {
			first, last = 1, f.Count
		}
		if due == nil && f.seen >= first && (f.seen <= last || last == 0) {
			copied := f.Fault
			due = &copied
		}
	}
	return due
}

func (f *Fault) matches(rq *request) bool {
	return (f.Action == "" || rq.is(f.Action)) &&
		(f.Region == "" || f.Region == rq.region) &&
		(f.Account == "" || rq.account != nil && rq.account.ID == f.Account) &&
		(f.Instance == "" || slices.Contains(named(rq), f.Instance)) &&
		(f.Kind != TokenError || rq.get("NextToken") != "")
}

// named lists the instances a request names.
func named(rq *request) []string {
	var ids []string
	for _, name := range []string{
		"InstanceId", "InstanceIDs", "ResourceId", "DBInstanceId", "DBClusterIds", "AllocationId", "BandwidthPackageId", "LoadBalancerId",
	} {
		ids = append(ids, splitList(rq.get(name))...)
	}
	for _, name := range rq.names() {
		if strings.HasPrefix(name, "ResourceId.") || strings.HasPrefix(name, "Filter.") && strings.Contains(name, ".Value.") {
			ids = append(ids, rq.get(name))
		}
	}
	var list []string
	if json.Unmarshal([]byte(rq.get("InstanceIds")), &list) == nil { // as ECS has it
		return append(ids, list...)
	}
	return append(ids, splitList(rq.get("InstanceIds"))...)
}

// before does what happens ahead of handling. It returns an answer that stands
// in for handling, or done when there will be none at all.
func (c *Cloud) before(w http.ResponseWriter, rq *request) (a *answer, done bool) {
	f := rq.fault
	if f == nil {
		return nil, false
	}
	switch f.Kind {
	case RefuseBefore, ResetBefore, BadGateway, Redirect, Throttle, OddCode, OddDetail, RefuseInside, TokenError, Slow, Hook:
		f.wait(rq.ctx)
	case LateCommit:
		if !rq.buys() && !sleep(rq.running, f.Delay) {
			panic(http.ErrAbortHandler)
		}
	}
	switch f.Kind {
	case RefuseBefore:
		e := f.refusal(400, "InternalError")
		c.poison(rq, e)
		return f.instead(failed(rq, e)), false
	case RefuseInside:
		return f.instead(failed(rq, f.refusalInside())), false
	case Throttle:
		e := throttled()
		e.message = cmp.Or(f.Message, e.message)
		return f.instead(failed(rq, e)), false
	case TokenError:
		return f.instead(failed(rq, f.refusal(400, "InvalidParameter"))), false
	case BadGateway:
		return f.page(502), false
	case Redirect:
		return f.instead(&answer{status: cmp.Or(f.Status, 307), header: http.Header{"Location": {f.Location}}}), false
	case OddCode:
		status := cmp.Or(f.Status, 400)
		return f.instead(encode(rq, status, strconv.Itoa(status), "Error", fields{
			"RequestId": rq.id, "HostId": rq.host, "Code": status, "Message": cmp.Or(f.Message, "The code of this error is a number."),
		})), false
	case OddDetail:
		return f.instead(encode(rq, cmp.Or(f.Status, 403), cmp.Or(f.Code, "Forbidden.RAM"), "Error", fields{
			"RequestId": rq.id, "HostId": rq.host, "Code": cmp.Or(f.Code, "Forbidden.RAM"),
			"Message": cmp.Or(f.Message, "No permission."), "AccessDeniedDetail": "none",
		})), false
	case ResetBefore:
		reset(w)
		return nil, true
	case Hook:
		if f.Do != nil {
			f.Do(rq.call.clone())
		}
	}
	return nil, false
}

// after spoils the answer to a request that has taken effect.
func (c *Cloud) after(w http.ResponseWriter, rq *request, a *answer) (spoilt *answer, done bool) {
	f := rq.fault
	if f == nil {
		return a, false
	}
	switch f.Kind {
	case ErrorAfter, RefuseInsideAfter, LoseAnswer, ResetAfter, EmptyBody, CutBody, HTMLBody, BadGatewayAfter, SlowAfter:
		f.wait(rq.ctx)
	}
	switch f.Kind {
	case ErrorAfter:
		return f.instead(failed(rq, f.refusal(500, "InternalError"))), false
	case RefuseInsideAfter:
		return f.instead(failed(rq, f.refusalInside())), false
	case NoList, NullList, TextList, ShortList, EmptyList, NoTotal, HighTotal, LowTotal:
		spoil(rq, a)
	case LoseAnswer:
		panic(http.ErrAbortHandler)
	case ResetAfter:
		reset(w)
		return nil, true
	case EmptyBody:
		return &answer{status: cmp.Or(f.Status, 200), header: a.header}, false
	case HTMLBody:
		return f.page(200), false
	case BadGatewayAfter:
		return f.page(502), false
	case CutBody:
		c.answered(rq, a)
		body := a.body
		if f.Body != "" {
			body = []byte(f.Body)
		}
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+64))
		w.WriteHeader(cmp.Or(f.Status, a.status))
		_, _ = w.Write(bytes.TrimSpace(body[:(len(body)+1)/2])) // the client may be gone
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	return a, false
}

// wait is the fault's delay. Without a Delay the slow kinds wait for good; when
// the client goes away or the server closes, the request ends there.
func (f *Fault) wait(ctx context.Context) {
	if f.Delay == 0 && (f.Kind == Slow || f.Kind == SlowAfter) {
		<-ctx.Done()
	}
	if !sleep(ctx, f.Delay) || ctx.Err() != nil {
		panic(http.ErrAbortHandler)
	}
}

func (f *Fault) refusal(status int, code string) *apiError {
	code = cmp.Or(f.Code, code)
	return refuse(cmp.Or(f.Status, status), code, "%s", cmp.Or(f.Message, "Scripted refusal: "+code+"."))
}

func (f *Fault) refusalInside() *apiError {
	code := cmp.Or(f.Code, "SYSTEM.CONCURRENT_OPERATE")
	return refuseInside(code, "%s", cmp.Or(f.Message, "Scripted refusal: "+code+"."))
}

// instead puts the scripted body into an answer.
func (f *Fault) instead(a *answer) *answer {
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	return a
}

func (f *Fault) page(status int) *answer {
	status = cmp.Or(f.Status, status)
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	text := cmp.Or(f.Message, title)
	return f.instead(&answer{
		status: status,
		header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		body:   []byte("<html><head><title>" + title + "</title></head><body><h1>" + html.EscapeString(text) + "</h1></body></html>\n"),
	})
}

// reset closes the connection so that the client sees a reset and not an end:
// unsent data is discarded, and TLS has no chance to say goodbye.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	for {
		wrapped, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = wrapped.NetConn()
	}
	if c, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		_ = c.SetLinger(0) // without it the close is an orderly one; the test then sees EOF
	}
	_ = conn.Close()
}
