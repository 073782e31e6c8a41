package message

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func style(l lang.Language) Style { return Style{Language: l} }

func TestTexts(t *testing.T) {
	for _, l := range []lang.Language{lang.English, lang.Chinese} {
		for name, r := range map[string]func() (text string){
			"nothing-due":   func() string { return style(l).Report(nothingDue()).String() },
			"all-good":      func() string { return style(l).Report(allGood()).String() },
			"every-problem": func() string { return style(l).Report(everyProblem()).String() },
			"dry-run":       func() string { return style(l).Report(dryRun()).String() },
			"failed":        func() string { return style(l).Report(failedRun()).String() },
			"report-only":   func() string { return style(l).Report(onlyReported()).String() },
			"unread-lists":  func() string { return style(l).Report(unreadLists()).String() },
			"sample":        func() string { return style(l).Report(Sample(l)).String() },
			"not-started": func() string {
				return style(l).Problem(Problem{
					Type:      "bad-config",
					Err:       errors.New("RENEW_WINDOW: \"7\" has no unit; write 7d\nRENEW_MAX_SPENT: no such setting; did you mean RENEW_MAX_SPEND?"),
					RequestID: "1-6922-req",
				}).String()
			},
		} {
			t.Run(name+"/"+string(l), func(t *testing.T) { golden(t, name+"."+string(l)+".txt", r()) })
		}
	}
}

func TestDatesAreShownInTheZone(t *testing.T) {
	for name, tt := range map[string]struct{ zone, want string }{
		"whole hours": {"America/New_York", "expires 2026-11-23 05:00 UTC-5, in 9 h"},
		"half hours":  {"Asia/Kolkata", "expires 2026-11-23 15:30 UTC+5:30, in 9 h"},
		"none":        {"UTC", "expires 2026-11-23 10:00 UTC, in 9 h"},
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Skip("no zone files here")
			}
			got := Style{Zone: zone}.Report(everyProblem()).String()
			if !strings.Contains(got, tt.want) || !strings.Contains(got, "Time zone: "+tt.zone) {
				t.Errorf("lacks %q in\n%s", tt.want, got)
			}
		})
	}
}

// TestTheManualShowsTheSample keeps docs/notifications.md true.
func TestTheManualShowsTheSample(t *testing.T) {
	const file = "../../docs/notifications.md"
	manual, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []lang.Language{lang.English, lang.Chinese} {
		if text := style(l).Report(Sample(l)).String(); !strings.Contains(string(manual), "```\n"+text+"```\n") {
			t.Errorf("%s does not show the sample in %q:\n%s", file, l, text)
		}
	}
}
