package aliyun

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// request makes and signs the request for a call. That is all that the SDK does
// here: its client would read the environment's proxy in its own way, follow
// redirects, send again, compile three expressions for every call, keep the whole
// call as text for a log that nobody asked for, and panic over an odd answer.
func (c *Cloud) request(ctx context.Context, a api, region string, params map[string]string) (*http.Request, error) {
	asked := new(requests.RpcRequest)
	asked.InitWithApiInfo(a.name, a.version, a.action, "", "")
	asked.QueryParams = params
	if err := sign(asked, region, c.keys); err != nil {
		return nil, err
	}
	to := url.URL{Scheme: "https", Host: a.host(c.options, region), Path: "/"}
	if base := c.options.Endpoint; base != nil {
		to = url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.JoinPath("/").Path}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.URL.RawQuery = strings.TrimPrefix(asked.BuildQueries(), "/?")
	for name, value := range asked.Headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("User-Agent", "fc-renewer")
	return request, nil
}

// sign signs on a stack of its own: to find the number of its goroutine, for the
// nonce, the SDK has the whole stack of who asks written out, and that of a run is
// deep.
func sign(asked *requests.RpcRequest, region string, keys *signer) (err error) {
	var fault any
	signed := make(chan struct{})
	go func() {
		defer close(signed)
		defer func() { fault = recover() }()
		err = auth.Sign(asked, nil, region, keys)
	}()
	if <-signed; fault != nil {
		panic(fault)
	}
	return err
}
