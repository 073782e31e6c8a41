package message

import (
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// group is the section of a message an instance is told in. Each is told once,
// in the first that fits.
type group int

const (
	inRest     group = iota // only counted
	inProblems              // not secured, or not known
	inLapsing               // ends before the next run
	inDone
	inPlanned
	inHeld     // or for a person to decide
	inReported // due, and the action is report
	inUpcoming // due soon
)

// groupOf sorts e into its section; ok says whether everything due is secured.
func groupOf(e renewal.Entry, lapsing, ok bool) group {
	if lapsing {
		return inLapsing // the most urgent, whatever became of it
	}
	switch e.Outcome {
	case renewal.OutcomeFailed, renewal.OutcomeUnknown, renewal.Unverified, renewal.NotTried:
		return inProblems
	case renewal.Stale:
		if !ok && !prolonged(e) {
			return inProblems
		}
		return inRest
	}
	switch {
	case e.Outcome == renewal.Planned:
		return inPlanned
	case e.Outcome == renewal.Held || needsPerson(e):
		return inHeld
	case e.Reason == renewal.OnlyReported:
		return inReported
	case e.Reason == renewal.Upcoming:
		return inUpcoming
	case e.Outcome == renewal.NothingToDo || e.Outcome == "":
		return inRest
	}
	return inDone
}

// needsPerson says whether e is left alone and a person had better look: it is
// due, and a guard stands before it that does not call it held; or it is over,
// and not yet released.
func needsPerson(e renewal.Entry) bool {
	if e.Outcome != renewal.NothingToDo && e.Outcome != "" {
		return false
	}
	switch e.Reason {
	case renewal.StateUnknown, renewal.TooLateForAuto, renewal.Locked, renewal.Expired, renewal.WindowCoversPeriod,
		renewal.OverMaxCount, renewal.OverMaxSpend, renewal.OverMaxPrice, renewal.PriceUnknown,
		renewal.BalanceTooLow, renewal.PeriodNotOffered:
		return true
	}
	return false
}

// prolonged says whether e was read back with a later expiry: whoever renewed
// it, it is safe. A run whose status is ok has no other stale instances.
func prolonged(e renewal.Entry) bool {
	to, err := time.Parse(time.RFC3339, e.NewExpires)
	return err == nil && to.After(e.Expires.Time)
}

// sorted deals the instances of r out, keeping their order.
func sorted(r renewal.Report) map[group][]renewal.Entry {
	lapsing := make(map[string]bool, len(r.Lapsing))
	for _, id := range r.Lapsing {
		lapsing[id] = true
	}
	groups, told := map[group][]renewal.Entry{}, map[string]bool{}
	for _, e := range r.Instances {
		g := groupOf(e, lapsing[e.ID], r.Status == renewal.OK)
		groups[g] = append(groups[g], e)
		told[e.ID] = true
	}
	// One that is outside the window and lapses all the same has no entry.
	for _, id := range r.Lapsing {
		if !told[id] {
			groups[inLapsing] = append(groups[inLapsing], renewal.Entry{ID: id})
		}
	}
	return groups
}
