package handler_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// front puts something between the function and the cloud that changes an item of
// a list: an instance, or its row in the list of renewal modes.
func (w *bubble) front(change func(request *http.Request, item map[string]any)) {
	w.t.Helper()
	const address = "127.0.0.1:64999"
	listener := w.listen(address)
	behind := &http.Transport{DialContext: w.open[cloudAddress].Dial, DisableKeepAlives: true}
	server := &http.Server{Handler: http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		on := request.Clone(request.Context())
		on.URL.Scheme, on.URL.Host, on.RequestURI = "http", cloudAddress, ""
		response, err := behind.RoundTrip(on)
		if err != nil {
			w.t.Error(err)
			return
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			w.t.Error(err)
		}
		out.WriteHeader(response.StatusCode)
		_, _ = out.Write(changed(body, func(item map[string]any) { change(request, item) }))
	})}
	go func() { _ = server.Serve(listener) }()
	w.t.Cleanup(func() { _ = server.Close() })
	w.set(w.env, settings{"RENEW_ENDPOINT": "http://" + address})
}

// changed gives an answer with its items changed; one without a list as it is.
func changed(body []byte, change func(map[string]any)) []byte {
	var answer map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&answer) != nil {
		return body
	}
	for _, names := range [][2]string{{"Instances", "Instance"}, {"InstanceRenewAttributes", "InstanceRenewAttribute"}} {
		list, _ := answer[names[0]].(map[string]any)
		items, _ := list[names[1]].([]any)
		for _, item := range items {
			if fields, ok := item.(map[string]any); ok {
				change(fields)
			}
		}
	}
	out, err := json.Marshal(answer)
	if err != nil {
		return body
	}
	return out
}

// One odd item of four is read as what it means, or is one instance in doubt; the
// other three are renewed either way.
func TestOneOddItemIsOneOddInstance(t *testing.T) {
	type fields = map[string]any
	set := func(key string, value any) func(fields) { return func(item fields) { item[key] = value } }
	for name, tt := range map[string]struct {
		change   func(item fields)
		readable bool
		expires  bool // is known
	}{
		"a number as a tag":      {set("Tags", fields{"Tag": []any{fields{"TagKey": "n", "TagValue": 1}}}), true, true},
		"a number as a name":     {set("InstanceName", 1), true, true},
		"no locks, as a list":    {set("OperationLocks", []any{}), true, true},
		"no network, as a list":  {set("VpcAttributes", []any{}), true, true},
		"no network, as a text":  {set("VpcAttributes", ""), true, true},
		"tags that are none":     {set("Tags", "env=prod"), false, true},
		"locks that are none":    {set("OperationLocks", true), false, true},
		"an expiry that is none": {set("ExpiredTime", fields{"at": "noon"}), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"), due("i-2"), due("i-3"), due("i-4"))
				w.front(func(_ *http.Request, item fields) {
					if item["InstanceId"] == "i-3" {
						tt.change(item)
					}
				})
				r := w.run("")
				for _, id := range []string{"i-1", "i-2", "i-4"} {
					w.charged(id, 1)
					outcome(t, r, id, renewal.Renewed)
				}
				odd := entry(t, r, "i-3")
				if tt.readable {
					w.charged("i-3", 1)
					outcome(t, r, "i-3", renewal.Renewed)
					return
				}
				w.charged("i-3", 0)
				if odd.Reason != renewal.StateUnknown || r.Status != renewal.Partial || len(r.Warnings) == 0 {
					t.Errorf("%s %+v %v", r.Status, odd, r.Warnings)
				}
				if !r.Scopes[0].Complete || r.Counts.Listed != 4 {
					t.Errorf("%+v %+v", r.Scopes, r.Counts)
				}
				text, err := json.Marshal(odd)
				if known := !bytes.Contains(text, []byte(`"expires":""`)); err != nil || known != tt.expires {
					t.Errorf("%s %v", text, err)
				}
			})
		})
	}
}

// A term in quotes is a term, for all of the batch.
func TestOddDurationIsADuration(t *testing.T) {
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), due("i-2"))
		w.front(func(_ *http.Request, item map[string]any) {
			if _, there := item["Duration"]; there {
				item["Duration"] = "1"
			}
		})
		w.run("")
		w.charged("i-1", 1)
		w.charged("i-2", 1)
	})
}

// Whose item it is cannot be told without an id: the list is not complete, and
// what is known of it goes on.
func TestItemWithoutAnIDMakesTheListIncomplete(t *testing.T) {
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), due("i-2"), due("i-3"))
		w.front(func(_ *http.Request, item map[string]any) {
			if item["InstanceId"] == "i-3" {
				item["InstanceId"] = []any{"i-3"}
			}
		})
		r := w.run("")
		w.charged("i-1", 1)
		w.charged("i-2", 1)
		w.charged("i-3", 0)
		if s := r.Scopes[0]; s.Complete || s.Listed != 3 || s.Error == "" || r.Status != renewal.Partial {
			t.Errorf("%s %+v", r.Status, s)
		}
	})
}

// What was readable in the list and is not just before paying is not paid for.
func TestItemThatIsOddJustBeforePaying(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"its locks": func(item map[string]any) { item["OperationLocks"] = "yes" },
		"its id":    func(item map[string]any) { item["InstanceId"] = map[string]any{} },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
				w.add(due("i-1"), due("i-2"), due("i-3"))
				w.front(func(request *http.Request, item map[string]any) {
					if request.FormValue("InstanceIds") != "" && item["InstanceId"] == "i-3" {
						change(item)
					}
				})
				r := w.run("")
				w.charged("i-1", 1)
				w.charged("i-2", 1)
				w.charged("i-3", 0)
				outcome(t, r, "i-3", renewal.Stale)
			})
		})
	}
}
