package fc

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Timer delivers what a timer trigger would have sent at the given moment.
func (r *Runtime) Timer(ctx context.Context, payloadText, triggerName string, at time.Time) ([]Result, error) {
	event, err := TimerEvent(payloadText, triggerName, at)
	if err != nil {
		return nil, err
	}
	return r.InvokeAsync(ctx, event)
}

// TimerEvent is the event of a timer trigger. The payload is a string for the
// platform, whatever it is for the function.
func TimerEvent(payloadText, triggerName string, at time.Time) ([]byte, error) {
	event := struct {
		TriggerTime string `json:"triggerTime"`
		TriggerName string `json:"triggerName"`
		Payload     string `json:"payload"`
	}{at.UTC().Format("2006-01-02T15:04:05Z"), triggerName, payloadText}

	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(event); err != nil {
		return nil, fmt.Errorf("timer event: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
