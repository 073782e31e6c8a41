package handler

import (
	"encoding/json"
	"io"
	"log/slog"
	"sort"
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
// line is written at every level. If it is too long it leaves the instances out,
// and they follow in lines of their own.
func (l *logger) report(r renewal.Report) {
	for _, e := range r.Instances {
		l.Info("instance", "id", e.ID, "region", e.Region, "decision", e.Decision, "reason", e.Reason,
			"outcome", e.Outcome, "orderId", e.OrderID, "newExpires", e.NewExpires, "error", e.Error)
	}
	if len(r.Lapsing) > 0 {
		l.Error("lapsing", "count", len(r.Lapsing), "ids", r.Lapsing[:min(len(r.Lapsing), 100)])
	}
	line := l.line(r.Status, "report", r)
	if len(line) <= longestLine {
		l.write(line)
		return
	}
	// The instances follow in lines of their own, and so, should the rest still be
	// too long, does one other list after another, the longest first.
	head := struct {
		renewal.Report
		Instances *struct{}       `json:"instances,omitzero"`
		Scopes    []renewal.Scope `json:"scopes,omitzero"`
		Lapsing   []string        `json:"lapsing,omitzero"`
		Warnings  []string        `json:"warnings,omitzero"`
	}{Report: r, Scopes: r.Scopes, Lapsing: r.Lapsing, Warnings: r.Warnings}
	parts := []func(){func() { writeParts(l, r.Status, "instances", r.Instances) }}
	lists := []struct {
		size  int
		leave func() // out of the line
		write func()
	}{
		{length(r.Scopes), func() { head.Scopes = nil }, func() { writeParts(l, r.Status, "scopes", r.Scopes) }},
		{length(r.Lapsing), func() { head.Lapsing = nil }, func() { writeParts(l, r.Status, "lapsing", r.Lapsing) }},
		{length(r.Warnings), func() { head.Warnings = nil }, func() { writeParts(l, r.Status, "warnings", r.Warnings) }},
	}
	sort.SliceStable(lists, func(i, j int) bool { return lists[i].size > lists[j].size })
	line = l.line(r.Status, "report", head)
	for i := 0; len(line) > longestLine && i < len(lists); i++ {
		lists[i].leave()
		parts = append(parts, lists[i].write)
		line = l.line(r.Status, "report", head)
	}
	l.write(line)
	for _, write := range parts {
		write()
	}
}

// length is that of v in JSON.
func length(v any) int {
	text, _ := json.Marshal(v) // texts and numbers
	return len(text)
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
	head, _ := json.Marshal(struct {
		Time      string `json:"time"`
		Level     string `json:"level"`
		Msg       string `json:"msg"`
		RequestID string `json:"requestId"`
	}{l.now().UTC().Format(time.RFC3339Nano), level.String(), msg, l.requestID})
	return append(append(append(head[:len(head)-1], `,"`+key+`":`...), text...), '}')
}

// write writes a whole line at once, so that lines of others do not get between.
func (l *logger) write(line []byte) { _, _ = l.out.Write(append(line, '\n')) }
