package runner

import (
	"context"
	"time"
)

// A timetable is how the time of an invocation is shared out.
type timetable struct {
	deadline time.Time // zero = there is none
	reserve  time.Duration
	call     time.Duration // what a money call is allowed
}

const (
	longestCall  = 30 * time.Second // what a money call is allowed where time is plenty
	shortestCall = 5 * time.Second
	reportTime   = 8 * time.Second // of the reserve, for the report and its messages: on 1/20 of a core, thousands of lines take seconds
	leastTime    = 2 * time.Second // of them, whatever the reserve; package handler tells people within it
	leastReserve = time.Second     // whatever RENEW_RESERVE says: a report must follow on every payment
)

// newTimetable allows a money call less where the whole run is short, so that a
// short run can pay at all.
func newTimetable(ctx context.Context, now time.Time, reserve time.Duration) timetable {
	t := timetable{reserve: max(reserve, leastReserve), call: longestCall}
	deadline, ok := ctx.Deadline()
	if !ok {
		return t
	}
	t.deadline = deadline
	t.call = min(longestCall, max(shortestCall, (deadline.Sub(now)-t.reserve)/2))
	return t
}

// share gives the context of one part of what comes before acting, at now: half
// of the time in which a changing call may still start, so that no region and
// no price that hangs keeps the rest from being renewed.
func (t timetable) share(ctx context.Context, now time.Time) (context.Context, context.CancelFunc) {
	left := t.deadline.Add(-t.call - t.reserve).Sub(now)
	if t.deadline.IsZero() || left <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, left/2)
}

// mayStart says whether a changing call may start at now: its own time and the
// reserve must be left.
func (t timetable) mayStart(now time.Time) bool {
	return t.deadline.IsZero() || t.deadline.Sub(now) >= t.call+t.reserve
}

// untilReport gives the context of everything that is not a money call: it
// ends when the report must be written.
func (t timetable) untilReport(ctx context.Context) (context.Context, context.CancelFunc) {
	if t.deadline.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, t.deadline.Add(-min(reportTime, max(leastTime, t.reserve/2))))
}

// sleep waits for d, or until ctx ends; it says whether d has passed.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// waitUntil waits until a moment; false when ctx ends before it.
func (r *run) waitUntil(ctx context.Context, at time.Time) bool {
	return sleep(ctx, at.Sub(r.Now()))
}
