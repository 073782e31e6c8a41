package notify

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/fc-renewer/fc-renewer/internal/lang"
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

// Tell sends r to all channels, to those with a name what is their own of it,
// where it is a run that RENEW_NOTIFY_ON wants told. It returns what went wrong, a
// line for each channel that failed, in the language of the messages.
func (n *Notifier) Tell(ctx context.Context, r renewal.Report) []string {
	whole := sync.OnceValue(func() message.Document { return n.style.Report(r) })
	return n.all(ctx, func(c Channel) (what news, tell bool) {
		own, heard := message.AsSeenBy(c.name, r)
		if !heard || !n.when.Wants(own) {
			return news{}, false
		}
		if c.name == "" {
			return news{document: whole, json: r}, true
		}
		return news{document: func() message.Document { return n.style.Report(own) }, json: own}, true
	})
}

// TellError sends an error that stopped a run before it started to the channels
// without a name, or to all where there is none. It is always told: whoever asked
// for problems only has one.
func (n *Notifier) TellError(ctx context.Context, p message.Problem) []string {
	what := news{
		document: sync.OnceValue(func() message.Document { return n.style.Problem(p) }),
		json:     n.stopped(p),
	}
	everybody := !slices.ContainsFunc(n.channels, func(c Channel) bool { return c.name == "" })
	return n.all(ctx, func(c Channel) (news, bool) { return what, c.name == "" || everybody })
}

// Try sends all of r to every channel, whatever its name and whenever it wants to
// be told.
func (n *Notifier) Try(ctx context.Context, r renewal.Report) []string {
	what := news{document: sync.OnceValue(func() message.Document { return n.style.Report(r) }), json: r}
	return n.all(ctx, func(Channel) (news, bool) { return what, true })
}

// news is what is to be told, for people and for programs.
type news struct {
	document func() message.Document
	json     any
}

// all tells every channel what there is for it, at the same time, and waits for
// all of them.
func (n *Notifier) all(ctx context.Context, whatFor func(Channel) (news, bool)) []string {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	outcomes := make([]lang.Text, len(n.channels))
	var running sync.WaitGroup
	for i, c := range n.channels {
		if what, tell := whatFor(c); tell {
			running.Go(func() { outcomes[i] = n.one(ctx, i, what) })
		}
	}
	running.Wait()
	var warnings []string
	for _, outcome := range outcomes {
		if !outcome.Empty() {
			warnings = append(warnings, outcome.In(n.style.Language))
		}
	}
	return warnings
}

// one tells channel i and returns the warning, if any. A panic ends here, and
// what it says is not shown: it may hold an address.
func (n *Notifier) one(ctx context.Context, i int, what news) (warning lang.Text) {
	c := n.channels[i]
	defer func() {
		if recover() != nil {
			warning = lang.Say("%s: an error inside fc-renewer kept the message back", "%s：fc-renewer 内部错误，消息未发送", c)
		}
	}()
	protocol := c.kind.protocol()
	switch {
	case c.to == nil:
		return lang.Say("%s: it is no channel that was parsed", "%s：该渠道未经解析", c)
	case ctx.Err() != nil: // writing a long message takes time, too
		return lang.Say("%s: there was no time left for a message", "%s：剩余时间不足，消息未发送", c)
	}
	letters, err := lettersTo(c, protocol, what)
	if err != nil {
		return lang.Say("%s: the report could not be encoded", "%s：报告无法编码", c)
	}
	for k, write := range letters {
		if f := n.couriers[i].deliver(ctx, write, protocol.judge); f != nil {
			return undelivered(c, k, len(letters), f)
		}
	}
	return lang.Text{}
}

// undelivered names the message that failed. The ones after it are not tried:
// what stopped one would stop them too.
func undelivered(c Channel, k, of int, f *failure) lang.Text {
	switch {
	case of == 1:
		return lang.Say("%s: the message was not delivered: %s", "%s：消息未送达：%s", c, f.text())
	case k == of-1:
		return lang.Say("%s: message %d of %d was not delivered: %s", "%s：第 %d 条消息（共 %d 条）未送达：%s", c, of, of, f.text())
	}
	return lang.Say("%s: messages %d to %d of %d were not delivered: %s", "%s：第 %d 至 %d 条消息（共 %d 条）未送达：%s", c, k+1, of, of, f.text())
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
