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

	"github.com/aliyun/fc-runtime-go-sdk/fc"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
)

type order struct {
	Do, URL string
}

var events int // by this process

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
		if err := post("http://" + os.Getenv("FC_RUNTIME_API") + "/2020-11-11/runtime/invocation/" + fctx.RequestID + "/response"); err != nil {
			return nil, err
		}
	case "answer another":
		return nil, post("http://" + os.Getenv("FC_RUNTIME_API") + "/2020-11-11/runtime/invocation/another/response")
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
