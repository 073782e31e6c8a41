package notify

import (
	"fmt"
	"io"
	"log/slog"
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
	kind  Kind
	place int // in RENEW_NOTIFY, from 1
	to    sealed
}

// Kind says which protocol c speaks.
func (c Channel) Kind() Kind { return c.kind }

// String names c as warnings do.
func (c Channel) String() string { return fmt.Sprintf("RENEW_NOTIFY entry %d (%s)", c.place, c.kind) }

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
