package message

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What waits for approval is told with its code and its sum, and with an event
// that approves all of it, ready to copy.
func TestWhatWaitsIsReadyToCopy(t *testing.T) {
	for _, l := range []lang.Language{lang.English, lang.Chinese} {
		var entries []renewal.Entry
		var want []string
		for i := range 25 {
			e := entry(fmt.Sprint("web-", i), 3*day, renewal.Held, renewal.NotApproved)
			e.Approval = fmt.Sprintf("k7w2m4fz%04d", i+2222)
			entries, want = append(entries, e), append(want, e.Approval)
		}
		r := report(renewal.Partial, entries...)
		r.Counts.Due, r.Counts.Held, r.Money.Held = 25, 25, "2500.00"
		text := Style{Language: l, Zone: renewal.Beijing}.Report(r).String()
		if !strings.Contains(text, "2,500.00") && !strings.Contains(text, "2500.00") {
			t.Errorf("%s: the sum is missing", l)
		}
		var got []string
		for line := range strings.Lines(text) {
			_, event, found := strings.Cut(line, "s invoke -e '")
			if !found {
				continue
			}
			var approved struct{ Approve []string }
			if err := json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimSpace(event), "'")), &approved); err != nil {
				t.Errorf("%s: %q: %v", l, line, err)
			}
			got = append(got, approved.Approve...)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %d codes are to copy, want %d", l, len(got), len(want))
		}
	}
}
