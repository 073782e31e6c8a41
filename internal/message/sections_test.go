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

// A role that no member has is one line, in however many accounts; and accounts
// are named as such, also those that nobody knows.
func TestAccountsWithOneCauseAreOneLine(t *testing.T) {
	r := report(renewal.Partial)
	for i := range 15 {
		e := &renewal.CallError{Action: "sts:AssumeRole", Code: "EntityNotExist.Role", RequestID: fmt.Sprintf("4AD6-%d", i)}
		r.Scopes = append(r.Scopes, renewal.Scope{Account: fmt.Sprintf("20000%05d", i), Error: e.Error()})
	}
	r.Scopes = append(r.Scopes, renewal.Scope{Error: "resourcemanager:ListAccounts: NoPermission"})
	lines := Style{Chat: true}.Report(r).sections[0].Lines
	if len(lines) != 2 || !strings.Contains(lines[0], "account 2000000014") || !strings.Contains(lines[1], "List of accounts that are not known is incomplete") {
		t.Errorf("%q", lines)
	}
}
