package fc

import (
	"net/http"
	"strconv"
	"time"
)

// writeHeaders describes the event the way the platform does. Things that
// FC 3.0 has no more, such as services, are present and empty.
func writeHeaders(h http.Header, f Function, ev *event, deadline time.Time) {
	for name, value := range map[string]string{
		"x-fc-request-id":        ev.requestID,
		"x-fc-function-deadline": strconv.FormatInt(deadline.UnixMilli(), 10),
		"x-fc-function-timeout":  strconv.Itoa(wholeSeconds(ev.timeout)),
		"x-fc-function-type":     "0", // an invocation, none of the lifecycle calls
		"x-fc-function-name":     f.Name,
		"x-fc-function-handler":  f.Handler,
		"x-fc-function-memory":   strconv.Itoa(f.MemoryMB),
		"x-fc-region":            f.Region,
		"x-fc-account-id":        f.AccountID,
		"x-fc-qualifier":         ev.qualifier,
		"x-fc-version-id":        "",
		"x-fc-retry-count":       strconv.Itoa(ev.attempt),
		"x-fc-service-name":      "", "x-fc-service-logproject": "", "x-fc-service-logstore": "",
		"x-fc-tracing-opentracing-span-context":  "",
		"x-fc-tracing-opentracing-span-baggages": "",
		"x-fc-tracing-jaeger-endpoint":           "",
		"x-fc-trace-id":                          ev.requestID,
		"x-fc-client-ip":                         "127.0.0.1",
	} {
		h.Set(name, value)
	}
	if f.CredentialsIn.inContext() {
		h.Set("x-fc-access-key-id", ev.credentials.AccessKeyID)
		h.Set("x-fc-access-key-secret", ev.credentials.AccessKeySecret)
		h.Set("x-fc-security-token", ev.credentials.SecurityToken)
	}
	for _, name := range f.OmitHeaders {
		h.Del(name)
	}
}

// wholeSeconds rounds up: the header cannot say less than a second, and zero
// would look like no time at all. The deadline is exact.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
