package runner

import "github.com/fc-renewer/fc-renewer/internal/lang"

// Kind is why a run ended before it changed anything. The words are public:
// they are the function's error types.
type Kind string

// The kinds.
const (
	BadEvent    Kind = "bad-event"
	BadConfig   Kind = "bad-config"
	Denied      Kind = "denied"
	Unavailable Kind = "unavailable"
)

// A Stop is the error of a run that ended before it changed anything.
type Stop struct {
	Kind Kind
	Err  error
}

// Error says what is wrong and what to do.
func (s *Stop) Error() string { return s.Err.Error() }

// In says it in a language.
func (s *Stop) In(l lang.Language) string { return lang.Of(s.Err, l) }

// Unwrap gives the cause.
func (s *Stop) Unwrap() error { return s.Err }
