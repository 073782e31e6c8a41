package runner

import (
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A token that the cloud calls used up is of no use to anybody: the token of the
// day follows it, and nothing is waited for.
func TestSpentTokenIsFollowedByTheTokenOfTheDay(t *testing.T) {
	for name, tt := range map[string]struct {
		moves    bool // before the token of the day can be used
		calls    int
		outcomes renewal.Counts
	}{
		"at once":                          {false, 2, renewal.Counts{Listed: 1, Due: 1, Renewed: 1}},
		"not where somebody spoke by then": {true, 1, renewal.Counts{Listed: 1, Due: 1, Stale: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, time.Hour, job(1), func() *fakeCloud {
				f := newFakeCloud(1, renewal.Day)
				f.took = time.Second
				in := f.instances["i-000"]
				in.Account = "1"
				f.renew = func(id, token string) error {
					if token != renewal.Token(in) {
						return nil
					}
					if tt.moves {
						moved := f.instances[id]
						moved.Mode = renewal.Lapse
						f.instances[id] = moved
					}
					return &renewal.CallError{Code: "IdempotentFailed", Class: renewal.Terminal, Heals: true, Spent: true}
				}
				return f
			}, func(f *fakeCloud, r renewal.Report) {
				if n := len(f.at["renew"]); n != tt.calls || r.Counts != tt.outcomes {
					t.Fatalf("%d calls, %+v", n, r.Counts)
				}
				if tt.calls == 2 && f.at["renew"][1].Sub(f.at["renew"][0]) > 2*time.Second {
					t.Errorf("it waited: %v", f.at["renew"])
				}
			})
		})
	}
}
