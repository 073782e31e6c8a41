package notify

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// address is what must not be shown: whoever has it can write to the channel.
type address struct {
	url    string
	secret string // signs, and is never sent; "" = none
}

// sealed is how an address is kept in other structs. fmt calls no methods of
// unexported fields, and with a verb that does not fit, such as %s, it prints
// what a pointer points to. A pointer to a pointer it prints as a number.
type sealed = **address

func seal(a address) sealed {
	p := &a
	return &p
}

const hidden = "(address hidden)"

// String keeps the address out of whatever is printed.
func (address) String() string { return hidden }

// Format does so for every verb.
func (address) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue does so for slog.
func (address) LogValue() slog.Value { return slog.StringValue(hidden) }

// A Channel is one webhook of RENEW_NOTIFY. However it is printed, it shows its
// kind and place in the list, never its address.
type Channel struct {
	name  string // "" = it has none, and hears of everything
	kind  Kind
	place int // in RENEW_NOTIFY, from 1
	to    sealed
}

// Name is what c is called in rules and tags; "" = it has no name.
func (c Channel) Name() string { return c.name }

// Kind says which protocol c speaks.
func (c Channel) Kind() Kind { return c.kind }

// In names c as warnings do.
func (c Channel) In(l lang.Language) string {
	if c.name != "" {
		return lang.Say("RENEW_NOTIFY entry %d (%s, %s)", "RENEW_NOTIFY 第 %d 项（%s，%s）", c.place, c.name, string(c.kind)).In(l)
	}
	return lang.Say("RENEW_NOTIFY entry %d (%s)", "RENEW_NOTIFY 第 %d 项（%s）", c.place, string(c.kind)).In(l)
}

// String names c in English.
func (c Channel) String() string { return c.In(lang.English) }

// GoString is String.
func (c Channel) GoString() string { return c.String() }

// Format writes String for every verb.
func (c Channel) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String, for slog.
func (c Channel) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Heartbeat is the URL of a monitor that expects to be fetched; the zero
// Heartbeat is none. It never shows the URL.
type Heartbeat struct{ to sealed }

// Set says whether there is a URL.
func (h Heartbeat) Set() bool { return h.to != nil }

// String names h as warnings do.
func (h Heartbeat) String() string { return "RENEW_HEARTBEAT" }

// GoString is String.
func (h Heartbeat) GoString() string { return h.String() }

// Format writes String for every verb.
func (h Heartbeat) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue is String, for slog.
func (h Heartbeat) LogValue() slog.Value { return slog.StringValue(h.String()) }
