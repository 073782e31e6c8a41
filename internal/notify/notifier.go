package notify

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Options are what a Notifier needs.
type Options struct {
	Channels  []Channel
	Heartbeat Heartbeat
	When      message.When  // "" = message.Changes
	Style     message.Style // of messages to chats
	// Transport carries the requests, and must give up when their context ends.
	// nil = one with TLS, timeouts and no kept connections.
	Transport http.RoundTripper
	Now       func() time.Time // for signatures; nil = time.Now
}

// A Notifier tells a run to all channels. It is safe for concurrent use.
type Notifier struct {
	channels  []Channel
	couriers  []courier // one for each channel
	heartbeat Heartbeat
	monitor   courier
	when      message.When
	style     message.Style
}

// New makes a Notifier. It calls nobody.
func New(o Options) *Notifier {
	if o.Now == nil {
		o.Now = time.Now
	}
	client := newClient(o.Transport)
	n := &Notifier{
		channels:  o.Channels,
		heartbeat: o.Heartbeat,
		monitor:   courier{client: client, now: o.Now, pause: firstPause},
		when:      o.When,
		style:     o.Style,
	}
	n.style.Chat = true
	for _, c := range o.Channels {
		p := c.kind.protocol()
		n.couriers = append(n.couriers, courier{
			client: client, now: o.Now, pause: firstPause, pace: rate.NewLimiter(p.pace, p.burst),
		})
	}
	return n
}

// Tell sends r to all channels, if it is a run that RENEW_NOTIFY_ON wants told.
// It returns what went wrong, a line for each channel that failed.
func (n *Notifier) Tell(ctx context.Context, r renewal.Report) []string {
	if len(n.channels) == 0 || !n.when.Wants(r) {
		return nil
	}
	return n.all(ctx, news{
		document: sync.OnceValue(func() message.Document { return n.style.Report(r) }),
		json:     r,
	})
}

// TellError sends an error that stopped a run before it started. It is always
// told: whoever asked for problems only has one.
func (n *Notifier) TellError(ctx context.Context, p message.Problem) []string {
	return n.all(ctx, news{
		document: sync.OnceValue(func() message.Document { return n.style.Problem(p) }),
		json:     stopped(p),
	})
}

// news is what is to be told, for people and for programs.
type news struct {
	document func() message.Document
	json     any
}

// all tells every channel at the same time and waits for all of them.
func (n *Notifier) all(ctx context.Context, what news) []string {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	outcomes := make([]string, len(n.channels))
	var running sync.WaitGroup
	for i := range n.channels {
		running.Go(func() { outcomes[i] = n.one(ctx, i, what) })
	}
	running.Wait()
	var warnings []string
	for _, outcome := range outcomes {
		if outcome != "" {
			warnings = append(warnings, outcome)
		}
	}
	return warnings
}

// one tells channel i and returns the warning, if any. A panic ends here, and
// what it says is not shown: it may hold an address.
func (n *Notifier) one(ctx context.Context, i int, what news) (warning string) {
	c := n.channels[i]
	defer func() {
		if recover() != nil {
			warning = c.String() + ": an error inside fc-renewer kept the message back"
		}
	}()
	protocol := c.kind.protocol()
	switch {
	case c.to == nil:
		return c.String() + ": it is no channel that was parsed"
	case ctx.Err() != nil: // writing a long message takes time, too
		return c.String() + ": there was no time left for a message"
	}
	letters, err := lettersTo(c, protocol, what)
	if err != nil {
		return c.String() + ": the report could not be encoded"
	}
	for k, write := range letters {
		if f := n.couriers[i].deliver(ctx, write, protocol.judge); f != nil {
			return fmt.Sprintf("%s: %s not delivered: %s", c, which(k, len(letters)), f)
		}
	}
	return ""
}

// which names the message that failed. The ones after it are not tried: what
// stopped one would stop them too.
func which(k, of int) string {
	switch {
	case of == 1:
		return "the message was"
	case k == of-1:
		return fmt.Sprintf("message %d of %d was", of, of)
	}
	return fmt.Sprintf("messages %d to %d of %d were", k+1, of, of)
}

func lettersTo(c Channel, p protocol, what news) ([]func(time.Time) letter, error) {
	if c.kind == Webhook {
		body, err := encode(what.json)
		return []func(time.Time) letter{func(time.Time) letter { return webhookLetter(**c.to, body) }}, err
	}
	var letters []func(time.Time) letter
	for _, page := range what.document().Pages(p.fits) {
		letters = append(letters, func(now time.Time) letter { return p.letter(**c.to, page, now) })
	}
	return letters, nil
}
