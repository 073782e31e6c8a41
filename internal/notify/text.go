package notify

import (
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Text writes messages as people read them.
type Text struct {
	Language Language       // "" = English
	Zone     *time.Location // of the dates shown; nil = Asia/Shanghai
}

// A Problem is an error that stopped a run before it started, in the words of
// the function's answer.
type Problem struct {
	Type      string // bad-event, bad-config, denied or unavailable
	Message   string // what is wrong and what to do; one line each
	RequestID string
}

// Render writes the whole message about r as plain text, as a terminal shows it.
func Render(r renewal.Report, lang Language, zone *time.Location) string {
	return Text{Language: lang, Zone: zone}.Report(r)
}

// Report writes the whole message about r as plain text.
func (t Text) Report(r renewal.Report) string {
	return plain(t.writer(false).report(r))
}

// Problem writes the whole message about p as plain text.
func (t Text) Problem(p Problem) string {
	return plain(t.writer(false).problem(p))
}

func (t Text) writer(chat bool) writer {
	w := writer{phrases: t.Language.phrases(), zone: t.Zone, chat: chat}
	if w.zone == nil {
		// China has had no summer time since 1991, so this needs no zone files.
		w.zone = time.FixedZone("Asia/Shanghai", 8*60*60)
	}
	return w
}
