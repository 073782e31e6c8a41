package config

import (
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A window that is shorter than the time between two runs leaves out what
// expires in between.
func TestAWindowReachesTheNextRun(t *testing.T) {
	for name, tt := range map[string]struct {
		variables []string
		refused   bool
	}{
		"shorter, and it pays":             {[]string{"RENEW_ACTION=renew", "RENEW_WINDOW=3d", "RENEW_NEXT_RUN=7d"}, true},
		"shorter by the default":           {[]string{"RENEW_ACTION=renew", "RENEW_WINDOW=23h"}, true},
		"shorter, and it changes":          {[]string{"RENEW_ACTION=auto-renew", "RENEW_NEXT_RUN=8d"}, true},
		"as long":                          {[]string{"RENEW_ACTION=renew", "RENEW_WINDOW=24h"}, false},
		"longer":                           {[]string{"RENEW_ACTION=renew"}, false},
		"shorter, and it only reports":     {[]string{"RENEW_WINDOW=3d", "RENEW_NEXT_RUN=7d"}, false},
		"shorter, and it is a dry run":     {[]string{"RENEW_ACTION=renew", "RENEW_DRY_RUN=true", "RENEW_WINDOW=3d", "RENEW_NEXT_RUN=7d"}, false},
		"shorter, and nothing may be done": {[]string{"RENEW_ACTION=renew", "RENEW_MAX_COUNT=0", "RENEW_WINDOW=3d", "RENEW_NEXT_RUN=7d"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(tt.variables...)
			if !tt.refused && err != nil {
				t.Error(err)
			} else if tt.refused {
				refused(t, err, "RENEW_WINDOW (", "is shorter than RENEW_NEXT_RUN (")
				inChinese(t, err)
			}
		})
	}
}

// A dry run may look at all that there is: what would renew for ever is worth a
// warning there, and no refusal.
func TestADryRunMayReachAsFarAsItLikes(t *testing.T) {
	const rule = "RENEW_RULES=- {name: a, when: expired, period: 1w, action: renew}"
	c := mustRead(t, "RENEW_ACTION=renew", "RENEW_DRY_RUN=true", "RENEW_WINDOW=365d", "RENEW_BACKSTOP=28d", rule)
	if len(c.Warnings) != 4 || c.Policy.Window != 365*renewal.Day {
		t.Errorf("%d warnings, want one each for window and backstop of the settings and of the rule: %v", len(c.Warnings), c.Warnings)
	}
	for _, w := range c.Warnings {
		if said := w.In(lang.English); !strings.Contains(said, "is as long as the period") || !strings.Contains(said, "RENEW_DRY_RUN=true pays for nothing") {
			t.Error(said)
		}
		if said := w.In(lang.Chinese); !strings.Contains(said, "不短于") {
			t.Error(said)
		}
	}
	if c := mustRead(t, "RENEW_ACTION=renew"); c.Warnings != nil {
		t.Errorf("%v", c.Warnings)
	}
	_, err := read("RENEW_ACTION=renew", "RENEW_WINDOW=365d", rule)
	refused(t, err, "RENEW_WINDOW is as long as the period (", `the period of rule "a"`)
}

// What the environment holds is counted: the platform takes 4 KB.
func TestBytesOfTheEnvironment(t *testing.T) {
	c := mustRead(t, "RENEW_ACTION=report", "PATH=/bin", "RENEW_NAMES=数")
	if want := len("RENEW_ACTIONreport") + len("RENEW_NAMES数"); c.Bytes != want {
		t.Errorf("%d, want %d", c.Bytes, want)
	}
}
