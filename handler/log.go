package handler

import (
	"encoding/json"
	"io"
	"iter"
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
	line := l.line(r.Status, "report", "report", r)
	if len(line) <= longestLine {
		l.write(line)
		return
	}
	head := r
	head.Instances = nil
	l.write(l.line(r.Status, "report", "report", headOf(head)))
	for part := range l.parts(r.Instances) {
		l.write(l.line(r.Status, "report-part", "instances", part))
	}
}

// parts splits entries so that each part fits into a line: one at least.
func (l *logger) parts(entries []renewal.Entry) iter.Seq[[]json.RawMessage] {
	return func(yield func([]json.RawMessage) bool) {
		var part []json.RawMessage
		size := 0
		for _, e := range entries {
			text, err := json.Marshal(e)
			if err != nil {
				continue // an entry is texts and numbers
			}
			if size += len(text) + 1; size > longestLine-lineHead && len(part) > 0 {
				if !yield(part) {
					return
				}
				part, size = nil, len(text)+1
			}
			part = append(part, text)
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}

// headOf is a report without its instances.
func headOf(r renewal.Report) any {
	type plain renewal.Report
	return struct {
		plain
		Instances *struct{} `json:"instances,omitempty"`
	}{plain: plain(r)}
}

func (l *logger) line(s renewal.Status, msg, key string, value any) []byte {
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
