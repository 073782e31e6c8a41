// Package aliyun is the edge to Alibaba Cloud, and the only package that knows
// alibaba-cloud-sdk-go and credentials-go. Every method is one call and one
// send, but for reads of what comes in pages or one by one, for a change of
// auto-renewal of several kinds, and for fetching a role's credentials when it is
// time: it never retries, never decides, and never logs.
// Its errors are
// *renewal.CallError, classified by code, and hold neither an address nor
// anything that was signed.
package aliyun

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Options say where the cloud is.
type Options struct {
	Endpoint *url.URL     // one base URL for every API; nil = the real cloud
	Network  string       // "vpc" = the endpoints inside VPCs; else the public ones
	Site     renewal.Site // whose billing host to ask
	Region   string       // where STS and DescribeRegions are asked; "" = cn-hangzhou
	Profile  string       // of the aliyun CLI, to be used and nothing else; "" = the default chain

	// Dial opens the connections of all calls, those for credentials included; nil =
	// over the network. It must give up when ctx ends.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Cloud makes calls with the credentials of one account. It is safe for
// concurrent use. Close it when the run is over.
type Cloud struct {
	options   Options
	transport *http.Transport
	keys      *signer
	role      *assumedRole // nil = the credentials are not those of a role that was assumed here
}

// New gives the cloud as keys see it. Its error says that there are none.
func New(options Options, keys renewal.Keys) (*Cloud, error) {
	if options.Region == "" {
		options.Region = "cn-hangzhou"
	}
	found, err := credential(keys, options.Profile)
	if err != nil {
		return nil, err
	}
	return &Cloud{options: options, transport: newTransport(options.Dial), keys: &signer{credential: found, profile: options.Profile}}, nil
}

// Close ends the idle connections. A frozen function would lose them anyway.
func (c *Cloud) Close() { c.transport.CloseIdleConnections() }

const (
	connectTimeout = 5 * time.Second
	readTimeout    = 20 * time.Second // of calls that change nothing or can be repeated

	// promptly is within what a changing call must be on its way: signing may have
	// to fetch credentials first, and who asked for the call relied on a look and on
	// the time that was left.
	promptly = 2 * time.Second
)

var errNoRegion = lang.Err("the region id is not valid", "地域 ID 无效")

// call makes one call, within timeout from beginning to end.
func (c *Cloud) call(ctx context.Context, a api, region string, params map[string]string, timeout time.Duration, out any) (err error) {
	if !isRegion(region) {
		return a.failed(renewal.Terminal, 0, errNoRegion)
	}
	trip := &trip{caller: ctx, transport: c.transport}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	trip.ctx = ctx
	if a.changes {
		trip.by = time.Now().Add(promptly)
	}
	if c.role != nil {
		if err := c.role.refresh(ctx); err != nil {
			return classify(a, trip, err)
		}
	}
	defer func() {
		if recover() != nil { // a fault of ours, or of a library: nobody knows what came of it
			err = a.failed(renewal.Ambiguous, trip.status, trip.odd())
		}
	}()
	request, err := c.request(ctx, a, region, params)
	if err != nil {
		return classify(a, trip, err)
	}
	answer, err := trip.send(request)
	if err != nil {
		return classify(a, trip, err)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return a.unreadable("", trip.odd())
	}
	return nil
}
