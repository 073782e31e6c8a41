package fc

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
)

func post(t *testing.T, r *Runtime, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func TestSynchronousInvocationOverHTTP(t *testing.T) {
	r := start(t, Function{Name: "f"})
	resp, body := post(t, r, "/2023-03-30/functions/f/invocations?qualifier=prod", "{}", "X-Fc-Log-Type", "Tail")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("X-Fc-Error-Type") != "" || !strings.Contains(body, `"Qualifier":"prod"`) {
		t.Errorf("%s: %s", resp.Status, body)
	}
	tail, err := base64.StdEncoding.DecodeString(resp.Header.Get("X-Fc-Log-Result"))
	if err != nil || !strings.Contains(string(tail), "FC Invoke End RequestId: "+resp.Header.Get("X-Fc-Request-Id")) {
		t.Errorf("tail %q, %v", tail, err)
	}

	resp, body = post(t, r, "/2023-03-30/functions/f/invocations", `{"do":"error"}`)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("X-Fc-Error-Type") != UnhandledInvocationError ||
		body != `{"errorMessage":"no luck","errorType":"errorString"}` || resp.Header.Get("X-Fc-Log-Result") != "" {
		t.Errorf("%s %v: %s", resp.Status, resp.Header, body)
	}
}

func TestAsynchronousInvocationOverHTTP(t *testing.T) {
	r := start(t, Function{Name: "f"})
	resp, body := post(t, r, "/2023-03-30/functions/f/invocations", `{"do":"error"}`, "X-Fc-Invocation-Type", "Async")
	if resp.StatusCode != http.StatusAccepted || body != "" {
		t.Errorf("%s: %s", resp.Status, body)
	}
	if err := r.Drain(testContext(t)); err != nil {
		t.Fatal(err)
	}
	results := r.Results()
	if len(results) != 4 || results[3].RequestID != resp.Header.Get("X-Fc-Request-Id") {
		t.Errorf("results %+v", results)
	}
}

func TestRefusedInvocationsOverHTTP(t *testing.T) {
	t.Parallel()
	r := start(t, Function{Name: "f"})
	if resp, body := post(t, r, "/2023-03-30/functions/g/invocations", ""); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, "FunctionNotFound") {
		t.Errorf("%s: %s", resp.Status, body)
	}
	long := strings.Repeat("x", mostAsyncBytes+1)
	if resp, _ := post(t, r, "/2023-03-30/functions/f/invocations", long, "X-Fc-Invocation-Type", "Async"); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Error(resp.Status)
	}
	if r.Starts() != 0 {
		t.Error("a process was started")
	}
}
