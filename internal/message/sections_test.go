package message

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// One missing permission is one line, in however many regions: every refusal
// has a request id of its own.
func TestOneCauseIsOneLine(t *testing.T) {
	r := report(renewal.Partial)
	for i := range 15 {
		e := &renewal.CallError{Action: "ecs:DescribeInstances", Code: "Forbidden.RAM", RequestID: fmt.Sprintf("4AD6-%d", i), Advice: lang.Plain("grant it")}
		r.Scopes = append(r.Scopes, renewal.Scope{Account: "1234567890123456", Region: fmt.Sprintf("cn-%d", i), Error: e.Error()})
	}
	lines := Style{Chat: true}.Report(r).sections[0].Lines
	if len(lines) != 1 || !strings.Contains(lines[0], "cn-14") || !strings.Contains(lines[0], "4AD6-0") {
		t.Errorf("%q", lines)
	}
}
