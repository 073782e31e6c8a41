package handler

import (
	"context"
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/notify"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

const (
	messageTime = 30 * time.Second // for all messages, where time is plenty
	// The run leaves two seconds at the least. Of these are kept:
	forResult = 500 * time.Millisecond
	forBeat   = 500 * time.Millisecond // the heartbeat, whatever a chat does
)

// telling gives the context in which people are told: whatever became of the
// run, but not beyond the function's own deadline, less what is kept for others.
func telling(ctx context.Context, kept time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if !ok {
		return context.WithTimeout(ctx, messageTime)
	}
	ctx, cancelDeadline := context.WithDeadline(ctx, deadline.Add(-kept))
	ctx, cancelTimeout := context.WithTimeout(ctx, messageTime)
	return ctx, func() { cancelTimeout(); cancelDeadline() }
}

// finish tells people, logs the report and only then lets the heartbeat beat.
// What fails in that is in the report's warnings. An event of the cloud about
// nothing of ours is in the log alone: there can be hundreds of these.
func (h *Handler) finish(ctx context.Context, n *notify.Notifier, log *logger, job runner.Job, report renewal.Report) renewal.Report {
	if job.FromCloud && nothingOfOurs(report) {
		log.report(report)
		return report
	}
	told, cancel := telling(ctx, forResult+forBeat)
	defer cancel()
	report.Warnings = append(report.Warnings, n.Tell(told, report)...)
	log.report(report)
	beat, cancelBeat := telling(ctx, forResult)
	defer cancelBeat()
	for _, warning := range n.Beat(beat, report) {
		log.Warn("heartbeat", "error", warning)
		report.Warnings = append(report.Warnings, warning)
	}
	return report
}

// nothingOfOurs says whether a run has found everywhere that what it was to look at is
// not there, or not selected.
func nothingOfOurs(r renewal.Report) bool {
	return r.Status == renewal.OK && message.Complete(r) &&
		!slices.ContainsFunc(r.Instances, func(e renewal.Entry) bool { return e.Reason != renewal.NotSelected })
}

// refuse tells people of an error that stops a run before it changed anything,
// logs its report, and gives the error back. People hear of it once, and not of
// every attempt of the platform; nor of events of the cloud that do not fit the
// settings, of which there can be hundreds: those are in the log alone.
func (h *Handler) refuse(ctx context.Context, in Invocation, n *notify.Notifier, log *logger, report renewal.Report, err *runner.Stop) error {
	ctx, cancel := telling(ctx, forResult)
	defer cancel()
	if unfit := err.Kind == runner.BadEvent && in.Trigger == byEvent; in.Attempt == 0 && !unfit {
		problem := message.Problem{Type: string(err.Kind), Err: err, RequestID: in.RequestID}
		report.Warnings = append(report.Warnings, n.TellError(ctx, problem)...)
	}
	log.report(report)
	return err
}

// stopped is the report of a run that did not begin.
func (h *Handler) stopped(in Invocation, p renewal.Policy, err error) renewal.Report {
	now := h.Now()
	return renewal.Summarize(renewal.Run{
		Policy: p, Trigger: in.Trigger, RequestID: in.RequestID, StartedAt: now, FinishedAt: now, Stopped: err, Version: h.Version,
	})
}
