package message

import "github.com/fc-renewer/fc-renewer/internal/renewal"

// AsSeenBy gives a report as a channel sees it: all of it without a name, else
// what is its own. heard says whether there is anything for it to hear of.
func AsSeenBy(channel string, r renewal.Report) (own renewal.Report, heard bool) {
	if channel == "" {
		return r, true
	}
	own, heard = r.Own[channel]
	return own, heard
}
