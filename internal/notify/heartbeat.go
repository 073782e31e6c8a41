package notify

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Beat fetches the heartbeat, with the run's counts as query parameters. It
// stays silent after a run that is not complete, so that the monitor raises the
// alarm: a list that could not be read, no instance listed anywhere, which is
// what a missing permission looks like, fewer than are expected, or none that
// the settings select.
func (n *Notifier) Beat(ctx context.Context, r renewal.Report) (warnings []string) {
	if !n.heartbeat.Set() || !message.Complete(r) || r.Counts.Listed == 0 || r.Coverage != nil && (r.Coverage.AtNothing() || r.Coverage.TooFew()) {
		return nil
	}
	defer func() {
		if recover() != nil {
			warnings = n.said(lang.Say("RENEW_HEARTBEAT: an error inside fc-renewer kept it back", "RENEW_HEARTBEAT：fc-renewer 内部错误，未能访问"))
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	defer cancel()
	beat := letter{url: withCounts((*n.heartbeat.to).url, r)}
	if f := n.monitor.deliver(ctx, func(time.Time) letter { return beat }, judgeStatus); f != nil {
		return n.said(lang.Say("RENEW_HEARTBEAT: not fetched: %s", "RENEW_HEARTBEAT：访问失败：%s", f.text()))
	}
	return nil
}

func (n *Notifier) said(warning lang.Text) []string { return []string{warning.In(n.style.Language)} }

// withCounts appends to the query as it is written.
func withCounts(to string, r renewal.Report) string {
	c := r.Counts
	counts := url.Values{"status": {string(r.Status)}, "dryRun": {strconv.FormatBool(r.DryRun)}}
	for name, n := range map[string]int{
		"listed": c.Listed, "due": c.Due, "renewed": c.Renewed, "autoRenewOn": c.AutoRenewOn,
		"autoRenewOff": c.AutoRenewOff, "letLapse": c.LetLapse, "planned": c.Planned,
		"unverified": c.Unverified, "unknown": c.Unknown, "failed": c.Failed, "stale": c.Stale,
		"notTried": c.NotTried, "held": c.Held, "lapsing": len(r.Lapsing),
	} {
		counts.Set(name, strconv.Itoa(n))
	}
	mark := "?"
	if strings.Contains(to, "?") {
		mark = "&"
	}
	return to + mark + counts.Encode()
}
