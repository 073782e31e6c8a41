package cloud

import (
	"fmt"
	"strings"
)

// apiError is a refusal as the gateway writes it.
type apiError struct {
	status  int
	code    string
	message string
	denied  string // the RAM action, for AccessDeniedDetail; "" = no detail
	header  map[string]string
	inside  bool // it comes in an answer of 200 with Success false, as the billing API does
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message) }

func refuse(status int, code, format string, args ...any) *apiError {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// refuseInside is a refusal of the billing API that looks like a success to
// whoever goes by the HTTP status.
func refuseInside(code, format string, args ...any) *apiError {
	e := refuse(200, code, format, args...)
	e.inside = true
	return e
}

func missing(name string) *apiError {
	return refuse(400, "MissingParameter", "The parameter %q is mandatory for this action and was not sent.", name)
}

func invalid(name, value, want string) *apiError {
	return refuse(400, "InvalidParameter", "The parameter %s=%q is not valid: %s.", name, value, want)
}

func instanceNotFound(id string) *apiError {
	return refuse(404, "InvalidInstanceId.NotFound", "There is no instance %q in this region.", id)
}

func forbidden(action string) *apiError {
	e := refuse(403, "Forbidden.RAM", "The identity has no permission for %s.", action)
	e.denied = action
	return e
}

// definite reports whether a refused money call will be refused again for as
// long as its cause lasts: what PoisonTokens remembers. Throttling, faulty
// credentials and requests in progress are no verdict on the order.
func (e *apiError) definite() bool {
	if e.status < 400 || e.status >= 500 {
		return false
	}
	for _, part := range []string{
		"Throttling", "Processing", "Forbidden", "Signature", "Token", "AccessKey", "TimeStamp", "Idempoten", "Conflict", "UnknownError",
	} {
		if strings.Contains(e.code, part) {
			return false
		}
	}
	return true
}
