// Command function does what each event tells it, good or bad.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/aliyun/fc-runtime-go-sdk/fc"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
)

type order struct {
	Do, URL string
}

var (
	events int        // by this process
	turn   sync.Mutex // the SDK takes the next event while one is still at work
)

func main() {
	switch os.Getenv("AT_START") {
	case "exit":
		fmt.Println("no start today")
		os.Exit(3)
	case "hang":
		select {}
	}
	fc.Start(handle)
}

func handle(ctx context.Context, payload []byte) (any, error) {
	turn.Lock()
	defer turn.Unlock()
	events++
	fctx, _ := fccontext.FromContext(ctx)
	var o order
	_ = json.Unmarshal(payload, &o) // what is no order is answered like any other event
	fmt.Fprintf(os.Stderr, "event %d: %s\n", events, o.Do)
	switch o.Do {
	case "error":
		return nil, errors.New("no luck")
	case "panic":
		panic("out of cheese")
	case "exit":
		os.Exit(1)
	case "hang":
		select {}
	case "succeed at retry 2":
		if fctx.RetryCount < 2 {
			return nil, errors.New("not yet")
		}
	case "call":
		if err := post(o.URL); err != nil {
			return nil, err
		}
	case "answer twice":
		if err := answer(fctx.RequestID); err != nil {
			return nil, err
		}
		_ = answer(fctx.RequestID) // refused, of which the emulator takes note
	case "answer another":
		return nil, answer("another")
	}
	deadline, _ := ctx.Deadline()
	return map[string]any{
		"events":   events,
		"payload":  string(payload),
		"deadline": deadline.UnixMilli(),
		"context":  fctx,
		"env":      os.Environ(),
	}, nil
}

// answer says {} to an event, past the SDK.
func answer(requestID string) error {
	return post("http://" + os.Getenv("FC_RUNTIME_API") + "/2020-11-11/runtime/invocation/" + requestID + "/response")
}

func post(url string) error {
	resp, err := http.Post(url, "application/json", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}
