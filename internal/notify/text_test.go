package notify

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

func TestTexts(t *testing.T) {
	for _, lang := range []Language{English, Chinese} {
		for name, r := range map[string]func() (text string){
			"nothing-due":   func() string { return Render(nothingDue(), lang, nil) },
			"all-good":      func() string { return Render(allGood(), lang, nil) },
			"every-problem": func() string { return Render(everyProblem(), lang, nil) },
			"dry-run":       func() string { return Render(dryRun(), lang, nil) },
			"failed":        func() string { return Render(failedRun(), lang, nil) },
			"report-only":   func() string { return Render(onlyReported(), lang, nil) },
			"unread-lists":  func() string { return Render(unreadLists(), lang, nil) },
			"huge":          func() string { return hugeInWeCom(lang) },
			"sample":        func() string { return Render(Sample(), lang, nil) },
			"not-started": func() string {
				return Text{Language: lang}.Problem(Problem{
					Type:      "bad-config",
					Message:   "RENEW_WINDOW: \"7\" has no unit; write 7d\nRENEW_MAX_SPENT: no such setting; did you mean RENEW_MAX_SPEND?",
					RequestID: "1-6922-req",
				})
			},
		} {
			t.Run(name+"/"+string(lang), func(t *testing.T) { golden(t, name+"."+string(lang)+".txt", r()) })
		}
	}
}

// hugeInWeCom is what the channel with the smallest messages gets of 500
// problems.
func hugeInWeCom(lang Language) string {
	var texts []string
	for _, p := range split(Text{Language: lang}.writer(true).report(huge(500)), wecomFits) {
		texts = append(texts, wecomText(p))
	}
	return strings.Join(texts, "\n\n==========\n\n") + "\n"
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
			got := Render(everyProblem(), English, zone)
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
	for _, lang := range []Language{English, Chinese} {
		if text := Render(Sample(), lang, nil); !strings.Contains(string(manual), "```\n"+text+"```\n") {
			t.Errorf("%s does not show the sample in %q:\n%s", file, lang, text)
		}
	}
}
