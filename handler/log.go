package handler

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A logger writes one JSON object a line, time first and the request id in
// every one, as the platform's log wants it.
type logger struct {
	*slog.Logger
	out       io.Writer
	requestID string
	now       func() time.Time
}

func (h *Handler) logger(in Invocation, c config.Config) *logger {
	utc := func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.String(slog.TimeKey, h.Now().UTC().Format(time.RFC3339Nano))
		}
		return a
	}
	handler := slog.NewJSONHandler(h.Out, &slog.HandlerOptions{Level: c.LogLevel, ReplaceAttr: utc})
	return &logger{Logger: slog.New(handler).With("requestId", in.RequestID), out: h.Out, requestID: in.RequestID, now: h.Now}
}

// longestLine is less than what a line of the platform's log holds: 32 KB.
const (
	longestLine = 30 << 10
	lineHead    = 1 << 10 // what comes before the entries of a part
)

// report logs a line an instance, what lapses, and last the report itself. That
// line is written at every level. If it is too long it leaves the lists and the
// coverage out, and they follow in lines of their own.
func (l *logger) report(r renewal.Report) {
	l.instances(r)
	if len(r.Lapsing) > 0 {
		l.Error("lapsing", "count", len(r.Lapsing), "ids", r.Lapsing[:min(len(r.Lapsing), 100)])
	}
	line := l.line(r.Status, "report", r)
	if len(line) <= longestLine {
		l.write(line)
		return
	}
	// What grows with the fleet and the settings follows in lines of its own; what
	// lapses only where the rest is still too long.
	head := struct {
		renewal.Report
		Instances *struct{} `json:"instances,omitzero"`
		Scopes    *struct{} `json:"scopes,omitzero"`
		Coverage  *struct{} `json:"coverage,omitzero"`
		Warnings  *struct{} `json:"warnings,omitzero"`
		Lapsing   []string  `json:"lapsing,omitzero"`
	}{Report: r, Lapsing: r.Lapsing}
	line = l.line(r.Status, "report", head)
	if len(line) > longestLine {
		head.Lapsing = nil
		line = l.line(r.Status, "report", head)
	}
	l.write(line)
	writeParts(l, r.Status, "instances", r.Instances)
	writeParts(l, r.Status, "scopes", r.Scopes)
	l.coverage(r)
	writeParts(l, r.Status, "warnings", r.Warnings)
	if head.Lapsing == nil {
		writeParts(l, r.Status, "lapsing", r.Lapsing)
	}
}

// instances writes a line for every instance: its entry in the report, with the
// keys that it has there, and what only the report as a whole says of it. Log Service
// reads 16 KB of a line at most when it counts and adds up, and no lists: its queries
// (docs/operate.md) live on these lines, which are short.
func (l *logger) instances(r renewal.Report) {
	if !l.Enabled(context.Background(), slog.LevelInfo) {
		return
	}
	lapsing := map[string]bool{}
	for _, id := range r.Lapsing {
		lapsing[id] = true
	}
	for _, e := range r.Instances {
		line, err := json.Marshal(struct {
			lineStart
			Currency string `json:"currency"` // of the price
			Lapsing  bool   `json:"lapsing"`
			renewal.Entry
		}{l.start(slog.LevelInfo, "instance"), cmp.Or(e.Currency, r.Money.Currency), lapsing[e.ID], e})
		if err == nil { // texts and numbers
			l.write(line)
		}
	}
}

// coverage writes the coverage in a line of its own, or, with many rules, in
// several that each hold some of them.
func (l *logger) coverage(r renewal.Report) {
	if r.Coverage == nil {
		return
	}
	part := *r.Coverage
	for rules := r.Coverage.Rules; ; {
		const most = 100
		part.Rules = rules[:min(len(rules), most)]
		l.write(l.lineWith(r.Status, "report-part", "coverage", part))
		if rules = rules[len(part.Rules):]; len(rules) == 0 {
			return
		}
		part.Entries = nil
	}
}

// writeParts writes a list in lines that each hold as much of it as fits.
func writeParts[T any](l *logger, s renewal.Status, key string, list []T) {
	var part []json.RawMessage
	size := 0
	for _, v := range list {
		text, err := json.Marshal(v)
		if err != nil {
			continue // texts and numbers
		}
		if size += len(text) + 1; size > longestLine-lineHead && len(part) > 0 {
			l.write(l.lineWith(s, "report-part", key, part))
			part, size = nil, len(text)+1
		}
		part = append(part, text)
	}
	if len(part) > 0 {
		l.write(l.lineWith(s, "report-part", key, part))
	}
}

// A lineStart is what every line begins with.
type lineStart struct {
	Time      string `json:"time"`
	Level     string `json:"level"`
	Msg       string `json:"msg"`
	RequestID string `json:"requestId"`
}

func (l *logger) start(level slog.Level, msg string) lineStart {
	return lineStart{l.now().UTC().Format(time.RFC3339Nano), level.String(), msg, l.requestID}
}

// line writes msg with a value of that name.
func (l *logger) line(s renewal.Status, msg string, value any) []byte {
	return l.lineWith(s, msg, msg, value)
}

func (l *logger) lineWith(s renewal.Status, msg, key string, value any) []byte {
	level := map[renewal.Status]slog.Level{renewal.OK: slog.LevelInfo, renewal.Partial: slog.LevelWarn, renewal.Failed: slog.LevelError}[s]
	text, err := json.Marshal(value)
	if err != nil {
		return []byte(`{"msg":"report","level":"ERROR","error":"the report cannot be written"}`)
	}
	head, _ := json.Marshal(l.start(level, msg))
	return append(append(append(head[:len(head)-1], `,"`+key+`":`...), text...), '}')
}

// write writes a whole line at once, so that lines of others do not get between.
func (l *logger) write(line []byte) { _, _ = l.out.Write(append(line, '\n')) }
