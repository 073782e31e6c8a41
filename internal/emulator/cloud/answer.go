package cloud

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// answer is an HTTP answer before it is written.
type answer struct {
	status int
	code   string // of the error body; "" = none
	header http.Header
	body   []byte
}

func (a *answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone
}

// fields are the members of a JSON object that is built by hand.
type fields map[string]any

func succeeded(rq *request, body any) *answer {
	if f, ok := body.(fields); ok {
		f["RequestId"] = rq.id
	}
	return encode(rq, 200, "", rq.name+"Response", body)
}

func failed(rq *request, e *apiError) *answer {
	if e.inside {
		return encode(rq, 200, e.code, rq.name+"Response", fields{
			"RequestId": rq.id, "Code": e.code, "Message": e.message, "Success": false,
		})
	}
	body := fields{
		"RequestId": rq.id,
		"HostId":    rq.host,
		"Code":      e.code,
		"Message":   e.message,
		"Recommend": "https://api.aliyun.com/troubleshoot?q=" + e.code + "&requestId=" + rq.id,
	}
	if e.denied != "" {
		detail := fields{
			"AuthAction":       e.denied,
			"NoPermissionType": "ImplicitDeny",
			"PolicyType":       "AccountLevelIdentityBasedPolicy",
		}
		if rq.key != nil {
			detail["AuthPrincipalType"] = rq.key.principal()
			detail["AuthPrincipalOwnerId"] = rq.key.account.ID
			detail["AuthPrincipalDisplayName"] = rq.key.name()
		}
		body["AccessDeniedDetail"] = detail
	}
	a := encode(rq, e.status, e.code, "Error", body)
	for name, value := range e.header {
		a.header.Set(name, value)
	}
	return a
}

// json reports whether the answer is to be JSON rather than XML. Format is
// written in any case; without it the old signature gets XML and the new JSON.
func (rq *request) json() bool {
	if format := rq.get("Format"); format != "" {
		return strings.EqualFold(format, "JSON")
	}
	return rq.v3()
}

// encode writes body in the format asked for.
func encode(rq *request, status int, code, root string, body any) *answer {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		panic(err) // bodies are made here; this cannot fail on a client's account
	}
	text := bytes.TrimSpace(buf.Bytes())
	contentType := "application/json;charset=utf-8"
	if !rq.json() {
		text, contentType = toXML(root, text), "text/xml;charset=utf-8"
	}
	return &answer{status: status, code: code, body: text, header: http.Header{
		"Content-Type":     {contentType},
		"X-Acs-Request-Id": {rq.id},
	}}
}

// toXML writes JSON as the XML of the gateway: members become elements, a list
// repeats its element.
func toXML(root string, text []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		panic(err) // it was encoded a moment ago
	}
	var buf bytes.Buffer
	buf.WriteString("<?xml version='1.0' encoding='UTF-8'?>")
	writeXML(&buf, root, v)
	return buf.Bytes()
}

func writeXML(buf *bytes.Buffer, name string, v any) {
	if list, ok := v.([]any); ok {
		for _, item := range list {
			writeXML(buf, name, item)
		}
		return
	}
	buf.WriteString("<" + name + ">")
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for n := range v {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			writeXML(buf, n, v[n])
		}
	case string:
		_ = xml.EscapeText(buf, []byte(v)) // a Buffer does not fail
	case json.Number:
		buf.WriteString(v.String())
	case bool:
		buf.WriteString(strconv.FormatBool(v))
	}
	buf.WriteString("</" + name + ">")
}
