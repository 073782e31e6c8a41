package notify

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"golang.org/x/time/rate"
)

const (
	attempts    = 3                // for one letter
	attemptTime = 10 * time.Second // for one of them, from dialling to the end of the answer
	firstPause  = time.Second      // before the second attempt; then twice that, with jitter
	limitPause  = 4 * time.Second  // the same after a rate limit that names no time; then three times that
	totalTime   = time.Minute      // for all of a run's messages, where the context allows more
	answerBytes = 64 << 10         // of an answer are read
	userAgent   = "fc-renewer"
)

// newTransport is for a handful of requests per run. Connections are not kept:
// the platform freezes the process between runs, and what was kept is dead then.
func newTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: attemptTime,
		DisableKeepAlives:     true,
	}
}

// newClient follows no redirect: it would carry a message, and with some status
// the token, to somebody else.
func newClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = newTransport()
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A courier delivers to one channel at its pace.
type courier struct {
	client *http.Client
	pace   *rate.Limiter // every attempt counts; nil = any pace
	now    func() time.Time
	pause  time.Duration // before the second attempt
}

// deliver tries a few times, as far as ctx leaves time and the failure may pass.
// write is called for every attempt: a signature ages.
func (c courier) deliver(ctx context.Context, write func(now time.Time) letter, judge func(answer) *failure) *failure {
	var last *failure
	limited := limitPause
	_, err := backoff.Retry(ctx, func() (none struct{}, err error) {
		if c.pace != nil && c.pace.Wait(ctx) != nil {
			if last == nil { // else why the attempt before failed says more
				last = &failure{words: lang.Say("there was no time left to send it at the channel's pace", "剩余时间不足，来不及按渠道限速发送")}
			}
			return none, backoff.Permanent(last)
		}
		if last = c.attempt(ctx, write, judge); last == nil {
			return none, nil
		}
		if last.limit && last.wait == 0 {
			last.wait, limited = limited, 3*limited
		}
		return none, c.next(ctx, last)
	}, backoff.WithMaxTries(attempts), backoff.WithBackOff(c.pauses()), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return nil
	}
	return last
}

func (c courier) pauses() backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = c.pause
	b.Multiplier = 2
	return b
}

// next says whether there is another attempt after f: not where it would have
// to wait beyond the deadline. With jitter, a pause is half as long at least.
func (c courier) next(ctx context.Context, f *failure) error {
	deadline, limited := ctx.Deadline()
	if !f.again || ctx.Err() != nil || limited && time.Until(deadline) <= max(f.wait, c.pause/2) {
		return backoff.Permanent(f)
	}
	if f.wait > 0 {
		return &backoff.RetryAfterError{Duration: f.wait}
	}
	return f
}

func (c courier) attempt(ctx context.Context, write func(now time.Time) letter, judge func(answer) *failure) *failure {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	a, err := c.exchange(ctx, write(c.now()))
	if err != nil {
		return unreachable(err)
	}
	return judge(a)
}

// exchange sends l, by GET where it has no body. Its error is not to be shown.
func (c courier) exchange(ctx context.Context, l letter) (answer, error) {
	method := http.MethodPost
	if l.body == nil {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(ctx, method, l.url, bytes.NewReader(l.body))
	if err != nil {
		return answer{}, err
	}
	if l.header != nil {
		request.Header = l.header.Clone()
	}
	request.Header.Set("User-Agent", userAgent)
	if l.body != nil {
		request.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	response, err := c.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	// An answer that is cut off tells what it tells: the letter has arrived, and
	// would come twice if it were sent again.
	body, _ := io.ReadAll(io.LimitReader(response.Body, answerBytes))
	return answer{status: response.StatusCode, header: response.Header, body: body, now: c.now()}, nil
}
