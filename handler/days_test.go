package handler_test

import (
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Scenarios of hours and days.

// The answer is lost, and the new expiry shows some hours later: the next day's
// run finds nothing to do.
func TestNextDayFindsThePaymentOfALostAnswer(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{ExpiryDelay: 5 * time.Hour}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.LoseAnswer})
		outcome(t, w.run(""), "i-1", renewal.OutcomeUnknown)
		w.charged("i-1", 1)
		w.cloud.ClearFaults()
		time.Sleep(renewal.Day)
		if r := w.run(""); r.Status != renewal.OK || r.Counts.Due != 0 {
			t.Errorf("%s %+v", r.Status, r.Counts)
		}
		w.charged("i-1", 1)
	})
}
