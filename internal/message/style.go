package message

import (
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A Style is how messages are written.
type Style struct {
	Language lang.Language
	Zone     *time.Location // of the dates shown; nil = Asia/Shanghai
	Chat     bool           // what others wrote must also mean nothing to a chat
}

// A Problem is an error that stopped a run before it started.
type Problem struct {
	Type      string // bad-event, bad-config, denied or unavailable
	Err       error  // what is wrong and what to do; one line each
	RequestID string
}

// Report writes the message about a run.
func (s Style) Report(r renewal.Report) Document { return s.writer().report(r) }

// Problem writes the message about a run that did not start.
func (s Style) Problem(p Problem) Document { return s.writer().problem(p) }

func (s Style) writer() writer {
	w := writer{language: s.Language, zone: s.Zone, chat: s.Chat}
	if w.zone == nil {
		// China has had no summer time since 1991, so this needs no zone files.
		w.zone = time.FixedZone("Asia/Shanghai", 8*60*60)
	}
	return w
}
