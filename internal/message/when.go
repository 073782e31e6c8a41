package message

import (
	"slices"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// When says after which runs a message is sent.
type When string

// The values of RENEW_NOTIFY_ON.
const (
	Always   When = "always"
	Changes  When = "changes"  // something due, done, wrong or upcoming
	Problems When = "problems" // something not secured, lapsing or not known
)

// Wants says whether a run is to be told. An unknown When tells everything: too
// many messages are noticed, missing ones are not.
func (w When) Wants(r renewal.Report) bool {
	switch w {
	case Problems:
		return troubled(r)
	case Changes, "":
		return changed(r) || troubled(r)
	}
	return true
}

// changed says whether something was due or done, or is due soon.
func changed(r renewal.Report) bool {
	return r.Counts.Due > 0 || slices.ContainsFunc(r.Instances, func(e renewal.Entry) bool {
		return e.Outcome != renewal.NothingToDo && e.Outcome != "" || e.Reason == renewal.Upcoming
	})
}

// troubled says whether a person should look: also after a run that is ok in
// itself and could not read a price, or leaves something to lapse.
func troubled(r renewal.Report) bool {
	c := r.Counts
	if r.Status != renewal.OK || len(r.Lapsing) > 0 || len(r.Warnings) > r.Quiet || !Complete(r) {
		return true
	}
	if c.Unverified+c.Unknown+c.Failed+c.NotTried+c.Held > 0 {
		return true
	}
	return slices.ContainsFunc(r.Instances, func(e renewal.Entry) bool {
		g := groupOf(e, false, r.Status == renewal.OK)
		return g == inProblems || g == inHeld
	})
}

// Complete says whether every list was read to its end. A run without any list
// has read nothing.
func Complete(r renewal.Report) bool {
	return len(r.Scopes) > 0 && !slices.ContainsFunc(r.Scopes, func(s renewal.Scope) bool { return !s.Complete })
}
