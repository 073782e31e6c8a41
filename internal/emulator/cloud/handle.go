package cloud

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// request is one request on its way through the cloud.
type request struct {
	name    string // Action
	version string
	proof   proof  // of who sent it
	act     action // what the Action and Version are; zero when there is none
	method  string
	host    string
	params  url.Values // query and form together, without what is in headers
	region  string
	id      string // RequestId of the answer
	key     *key
	account *account
	call    *Call
	fault   *Fault // the scripted fault that hits it, or nil

	// ctx ends when the client goes away, running when the server closes:
	// work that was accepted goes on without its client.
	ctx, running context.Context
}

func (rq *request) get(name string) string { return rq.params.Get(name) }

func (rq *request) names() []string { return slices.Sorted(maps.Keys(rq.params)) }

// is reports whether the request is for an action, named as faults and budgets
// name it: RenewInstance is that of any product, ecs:RenewInstance of one.
func (rq *request) is(name string) bool {
	return isAction(name, rq.act.product, rq.name)
}

// buys reports whether the request asks for a renewal, which is what late-commit
// delays the effect of.
func (rq *request) buys() bool { return rq.act.buys }

func isAction(pattern, product, name string) bool {
	return pattern == name || product != "" && pattern == product+":"+name
}

func (rq *request) hit(kind FaultKind) bool { return rq.fault != nil && rq.fault.Kind == kind }

// runningKey leads from a request's context to the context of its Server.
type runningKey struct{}

// ServeHTTP answers one API request: GET or POST, parameters in the query, the
// form, or both, on any path and for any host.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rq := &request{method: r.Method, host: r.Host, ctx: r.Context(), running: context.Background()}
	if ctx, ok := r.Context().Value(runningKey{}).(context.Context); ok {
		rq.running = ctx
	}
	unreadable := rq.read(w, r)

	key, refusal := c.authenticate(rq, time.Now())
	rq.key = key
	if key != nil {
		rq.account = key.account
	}
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		refusal = refuse(403, "UnsupportedHTTPMethod", "The method %s is not supported.", r.Method)
	case unreadable != nil:
		refusal = refuse(400, "InvalidParameter", "The parameters cannot be read: %v.", unreadable)
	}
	hooks := c.record(rq, r)
	for _, hook := range hooks {
		hook(rq.call.clone())
	}

	a, done := c.before(w, rq)
	if done {
		return
	}
	if a == nil {
		var body any
		if refusal == nil {
			body, refusal = c.handle(rq)
		}
		if refusal != nil {
			a = failed(rq, refusal)
		} else {
			a = succeeded(rq, body)
		}
		if a, done = c.after(w, rq, a); done {
			return
		}
	}
	c.mu.Lock()
	latency := c.opts.Latency
	c.mu.Unlock()
	if !sleep(rq.ctx, latency) {
		panic(http.ErrAbortHandler)
	}
	c.answered(rq, a)
	a.write(w)
}

// read takes the request apart: parameters, action and proof, which the old
// signature has in the parameters and the new one in headers.
func (rq *request) read(w http.ResponseWriter, r *http.Request) error {
	const longest = 1 << 20
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longest))
	r.Body = io.NopCloser(bytes.NewReader(body))
	err = errors.Join(err, r.ParseForm())
	rq.params = r.Form
	rq.proof = readProof(rq, r, body)
	rq.name, rq.version = rq.get("Action"), rq.get("Version")
	if rq.v3() {
		rq.name = cmp.Or(r.Header.Get("x-acs-action"), rq.name)
		rq.version = cmp.Or(r.Header.Get("x-acs-version"), rq.version)
	}
	rq.act = actions()[actionKey{rq.version, rq.name}]
	rq.region = cmp.Or(rq.get("RegionId"), r.Header.Get("x-acs-region-id"), regionOfHost(rq.host))
	return err
}

// v3 reports whether the request is signed with the new signature.
func (rq *request) v3() bool { return strings.HasPrefix(rq.proof.scheme, "ACS3-") }

// record files the call and finds the fault that hits it.
func (c *Cloud) record(rq *request, r *http.Request) []func(Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.autoRenew()
	params := maps.Clone(rq.params)
	delete(params, "Signature")
	rq.call = &Call{
		Seq: len(c.calls) + 1, At: c.now(), Wall: time.Now(),
		Method: r.Method, Host: r.Host, Product: rq.act.product, Action: rq.name, Version: rq.version, Region: rq.region,
		AccessKey: rq.proof.id, Scheme: rq.proof.scheme, Params: params, TLS: r.TLS != nil, RemoteConn: r.RemoteAddr,
	}
	if rq.account != nil {
		rq.call.Account = rq.account.ID
	}
	c.requests++
	rq.id = requestID(c.requests)
	rq.fault = c.strike(rq)
	if rq.fault != nil {
		rq.call.Fault = rq.fault.Kind
	}
	c.calls = append(c.calls, rq.call)
	return slices.Clone(c.onCall)
}

func (c *Cloud) answered(rq *request, a *answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rq.call.Status, rq.call.Code, rq.call.RequestID = a.status, a.code, rq.id
}

// handle checks what all actions have in common, then lets the action decide.
func (c *Cloud) handle(rq *request) (any, *apiError) {
	if rq.name == "" {
		return nil, missing("Action")
	}
	if rq.version == "" {
		return nil, missing("Version")
	}
	if !knownAction(rq.name) {
		return nil, refuse(404, "InvalidAction.NotFound", "There is no action %q.", rq.name)
	}
	if rq.act.do == nil {
		return nil, refuse(404, "InvalidApi.NotFound", "There is no action %q in version %q.", rq.name, rq.version)
	}
	if strange(rq.host, rq.act.product) {
		return nil, refuse(404, "InvalidVersion", "The version %q is not one of the product at %s.", rq.version, rq.host)
	}
	if err := c.throttle(rq); err != nil {
		return nil, err
	}
	if err := rq.act.takes(rq); err != nil {
		return nil, err
	}
	if rq.act.regions {
		c.mu.Lock()
		known := c.knownRegion(rq.region)
		c.mu.Unlock()
		if !known {
			return nil, refuse(404, "InvalidRegionId.NotFound", "There is no region %q.", rq.region)
		}
	}
	return rq.act.do(c, rq)
}

// permitted refuses a request whose key lacks the permission for its action.
// The caller holds c.mu.
func (c *Cloud) permitted(rq *request) *apiError {
	if len(rq.act.ram) > 0 && !rq.key.may(rq.act.ram...) {
		return forbidden(rq.act.ram[0])
	}
	return nil
}

var regionHost = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(ecs|rds|r-kvstore|mongodb|dds|polardb|vpc|eip|slb)(?:-vpc)?[.-]([a-z0-9-]+)\.aliyuncs\.com(?::\d+)?$`)
})

// hosts are how the hosts of a product begin, where it is not its own name.
var hosts = map[string][]string{
	"bss": {"business"}, "kvstore": {"r-kvstore"}, "dds": {"mongodb", "dds"}, "vpc": {"vpc", "eip"},
}

// strange reports whether a host of the cloud is not one of the product's. What is
// no host of the cloud, such as the emulator's own address, is everybody's.
func strange(host, product string) bool {
	name, _, _ := strings.Cut(host, ":")
	name, ofCloud := strings.CutSuffix(name, ".aliyuncs.com")
	if !ofCloud {
		return false
	}
	begins := hosts[product]
	if begins == nil {
		begins = []string{product}
	}
	return !slices.ContainsFunc(begins, func(own string) bool {
		rest, ok := strings.CutPrefix(name, own)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '-')
	})
}

// regionOfHost is the region that a request without RegionId is for: that of the
// host it was sent to, else that of the central host.
func regionOfHost(host string) string {
	if m := regionHost().FindStringSubmatch(host); m != nil {
		return m[2]
	}
	return "cn-hangzhou"
}

// requestID looks like the cloud's and is the same for the same history.
func requestID(n int) string {
	h := strings.ToUpper(fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "request %d", n))))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}

// sleep waits for d of real time. It returns false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
