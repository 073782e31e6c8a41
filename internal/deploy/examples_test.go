package deploy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The events of docs/events.md are accepted, or refused where it says so.
func TestEventExamples(t *testing.T) {
	text := read(t, "docs/events.md")
	accepted, refused := fenced(text, "json"), fenced(text, "json refused")
	if len(accepted) < 8 || len(refused) < 6 {
		t.Fatalf("only %d events and %d refusals were found", len(accepted), len(refused))
	}
	for _, b := range accepted {
		if _, err := handler.ParseEvent([]byte(b.text)); err != nil {
			t.Errorf("docs/events.md:%d: refused: %v", b.line, err)
		}
	}
	for _, b := range refused {
		if request, err := handler.ParseEvent([]byte(b.text)); err == nil {
			t.Errorf("docs/events.md:%d: accepted as %+v", b.line, request)
		}
	}
}

// Events that documents send with `s invoke -e` are accepted.
func TestInvokedEvents(t *testing.T) {
	found := 0
	for _, name := range documents(t) {
		for _, command := range commands(read(t, name)) {
			_, event, invokes := strings.Cut(command, " -e '")
			if !invokes {
				continue
			}
			found++
			if _, err := handler.ParseEvent([]byte(strings.TrimSuffix(event, "'"))); err != nil {
				t.Errorf("%s: %s: %v", name, command, err)
			}
		}
	}
	if found < 3 {
		t.Errorf("only %d were found", found)
	}
}

// The token that docs/money.md shows is the one that is sent.
func TestTokenExample(t *testing.T) {
	examples := fenced(read(t, "docs/money.md"), "token")
	if len(examples) != 1 {
		t.Fatalf("docs/money.md shows %d tokens", len(examples))
	}
	facts := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(examples[0].text), "\n") {
		key, value, _ := strings.Cut(line, "=")
		facts[key] = value
	}
	in := renewal.Instance{ID: facts["instance"], Account: facts["account"], Region: facts["region"]}
	var err error
	if in.Expires, err = time.Parse("2006-01-02T15:04Z07:00", facts["expires"]); err != nil {
		t.Fatal(err)
	}
	if got := renewal.Token(in, 0); got != facts["token"] {
		t.Errorf("docs/money.md:%d: the token is %s", examples[0].line, got)
	}
}

// Numbers that documents give are those of the code's own words, as far as a
// test can reach them.
func TestNumbersInDocuments(t *testing.T) {
	if want := fmt.Sprintf("less than %s days", map[time.Duration]string{2 * renewal.Day: "two"}[renewal.LateForAuto]); !strings.Contains(read(t, "docs/policy.md"), want) {
		t.Errorf("docs/policy.md does not say %q", want)
	}
}
