package config

import (
	"slices"
	"strings"
	"testing"
)

func TestSettingsFromAFile(t *testing.T) {
	t.Parallel()
	manifest := "edition: 3.0.0\nresources:\n  renewer:\n    props:\n      environmentVariables:\n        RENEW_ACTION: renew\n        RENEW_MAX_COUNT: 5\n        OTHER: x\n"
	for name, c := range map[string]struct {
		text, wrong string
		want        []string
	}{
		"lines":         {"\ufeff# a comment\r\n\r\nexport RENEW_ACTION=renew\r\nRENEW_TAGS = env=prod\r\n", "", []string{"RENEW_ACTION=renew", "RENEW_TAGS=env=prod"}},
		"s.yaml":        {manifest, "", []string{"RENEW_ACTION=renew", "RENEW_MAX_COUNT=5"}},
		"nothing":       {"", "", nil},
		"two functions": {manifest + "  second:\n    props:\n      environmentVariables: {}\n", "2 functions", nil},
		"no variables":  {"edition: 3.0.0\n", "no environmentVariables", nil},
		"all mistakes":  {"RENEW_ACTION=renew\nwhat\nis this\nRENEW_ACTION=report\n", "line 2 is no NAME=value; line 3 is no NAME=value; line 4 sets RENEW_ACTION, as line 1 does", nil},
		"no YAML":       {"a: [\n", "no readable YAML", nil},
	} {
		got, err := FromFile([]byte(c.text))
		switch {
		case c.wrong == "" && (err != nil || !slices.Equal(got, c.want)):
			t.Errorf("%s: %q, %v", name, got, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s: %v, want %s", name, err, c.wrong)
		}
	}
}

// Every problem is told with its line, in either form.
func TestProblemsOfAFileHaveTheirLine(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"# first\nRENEW_WINDOW=soon\n\nexport RENEW_PERIOD=never\n",
		"a:\n  environmentVariables:\n    RENEW_PERIOD: never\n\n    'RENEW_WINDOW': soon\n",
	} {
		variables, err := FromFile([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Read(Environment{Variables: variables})
		if err == nil {
			t.Fatal("it is read")
		}
		said := AtLines([]byte(text), err).Error()
		for _, name := range []string{"RENEW_WINDOW", "RENEW_PERIOD"} {
			for n, line := range strings.Split(text, "\n") {
				if strings.Contains(line, name) && !strings.Contains(said, "line "+string(rune('1'+n))+": "+name) {
					t.Errorf("line %d is not named in %s", n+1, said)
				}
			}
		}
	}
}
