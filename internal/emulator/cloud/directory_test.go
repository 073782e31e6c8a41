package cloud

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const memberRows = "Accounts.Account"

func organisation(t *testing.T, members int) (*Cloud, *client) {
	c := New(Options{Now: frozen})
	c.AddAccount(Account{ID: "1", AccessKeyID: "emulator", AccessKeySecret: "emulator"})
	for n := range members {
		c.AddAccount(Account{ID: fmt.Sprint(100 + n), Member: Member{Of: "1"}})
	}
	return c, newClient(t, c)
}

func TestListAccountsPages(t *testing.T) {
	c, cl := organisation(t, 12)
	for _, api := range []string{"resourcemanager", "resourcedirectory"} {
		r := cl.expect(200, "", api+":ListAccounts")
		if rows := r.rows(memberRows); len(rows) != 10 || r.body["TotalCount"] != 12.0 || strings.Contains(" "+column(rows, "AccountId")+" ", " 1 ") {
			t.Errorf("%s: ten a page, and not the management account itself: %v", api, r)
		}
		if got := column(cl.expect(200, "", api+":ListAccounts", "PageNumber=2").rows(memberRows), "AccountId"); got != "110 111" {
			t.Errorf("%s: second page %s", api, got)
		}
		if got := len(cl.expect(200, "", api+":ListAccounts", "PageSize=100").rows(memberRows)); got != 12 {
			t.Errorf("%s: %d members", api, got)
		}
		cl.expect(400, "InvalidParameter", api+":ListAccounts", "PageSize=101")
	}
	first := cl.expect(200, "", "resourcedirectory:ListAccounts", "MaxResults=8")
	second := cl.expect(200, "", "resourcedirectory:ListAccounts", "MaxResults=8", "NextToken="+first.body["NextToken"].(string))
	if got := column(second.rows(memberRows), "AccountId"); got != "108 109 110 111" {
		t.Errorf("by token: %s", got)
	}
	cl.expect(400, "UnsupportedParameter", "resourcemanager:ListAccounts", "MaxResults=8")
	c.SetDenied("1", "resourcemanager:ListAccounts")
	cl.expect(403, "Forbidden.RAM", "resourcemanager:ListAccounts")
}

func TestMembersOfEveryKind(t *testing.T) {
	c, cl := organisation(t, 0)
	for n, m := range []Member{
		{}, {Name: "invited", Invited: true}, {Type: "ResourceAccount"}, {Status: "PromoteSuccess"}, {Status: "CreateVerifying"},
		{Deletion: "Deleting"}, {Deletion: "Checking"}, {Joins: t0.Add(time.Hour)},
	} {
		m.Of = "1"
		c.AddAccount(Account{ID: fmt.Sprint(100 + n), Member: m})
	}
	rows := cl.expect(200, "", "resourcemanager:ListAccounts").rows(memberRows)
	for name, want := range map[string]string{
		"AccountId":      "100 101 102 103 104 105 106",
		"DisplayName":    "100 invited 102 103 104 105 106",
		"Status":         "CreateSuccess InviteSuccess CreateSuccess PromoteSuccess CreateVerifying CreateSuccess CreateSuccess",
		"Type":           "CloudAccount CloudAccount ResourceAccount CloudAccount CloudAccount CloudAccount CloudAccount",
		"JoinMethod":     "created invited created created created created created",
		"DeletionStatus": "- - - - - Deleting Checking",
	} {
		if got := column(rows, name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	c.Advance(time.Hour)
	if got := column(cl.ask("resourcemanager:ListAccounts").rows(memberRows), "AccountId"); !strings.HasPrefix(got, "107 100") {
		t.Errorf("one has joined: %s", got)
	}
}

// A member that joins between two pages moves the others: one is told twice, and
// the total is another.
func TestMemberThatJoinsBetweenTwoPages(t *testing.T) {
	c, cl := organisation(t, 12)
	c.AddAccount(Account{ID: "999", Member: Member{Of: "1", JoinsAtCall: 2}})
	first := cl.expect(200, "", "resourcemanager:ListAccounts")
	second := cl.expect(200, "", "resourcemanager:ListAccounts", "PageNumber=2")
	if got := column(second.rows(memberRows), "AccountId"); first.body["TotalCount"] != 12.0 || second.body["TotalCount"] != 13.0 || got != "109 110 111" {
		t.Errorf("%v of %v, then %s of %v", column(first.rows(memberRows), "AccountId"), first.body["TotalCount"], got, second.body["TotalCount"])
	}
	if got := column(cl.ask("resourcemanager:ListAccounts").rows(memberRows), "AccountId"); !strings.HasPrefix(got, "999 100") {
		t.Errorf("read again: %s", got)
	}
}

func TestWhoMayNotListAccounts(t *testing.T) {
	c, _ := organisation(t, 0)
	c.AddAccount(Account{ID: "2", AccessKeyID: "member", AccessKeySecret: "member", Member: Member{Of: "1"}})
	c.AddAccount(Account{ID: "3", AccessKeyID: "alone", AccessKeySecret: "alone"})
	c.AddAccount(Account{ID: "4", AccessKeyID: "empty", AccessKeySecret: "empty", Directory: true})
	for _, tt := range []struct {
		key    string
		status int
		code   string
	}{{"member", 409, "NoPermission.ResourceDirectory.MemberAccount"}, {"alone", 404, "ResourceDirectoryNotInUse"}, {"empty", 200, ""}} {
		(&client{t: t, cloud: c, id: tt.key, secret: tt.key}).expect(tt.status, tt.code, "resourcemanager:ListAccounts")
	}
}

// A role that the member has and that nobody may assume.
func TestRoleThatNobodyMayAssume(t *testing.T) {
	f, err := LoadFleet(strings.NewReader(`
accounts:
  - {id: "1", accessKeyId: emulator, accessKeySecret: emulator}
  - {id: "2", member: {of: "1"}, roles: [{name: renewer, trustedAccounts: ["1"]}]}
  - {id: "3", member: {of: "1", type: ResourceAccount}, roles: [{name: renewer, trustedAccounts: []}]}
  - {id: "4", member: {of: "1", deletion: Deleting}}
`), t0)
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Now: frozen})
	f.Apply(c)
	cl := newClient(t, c)
	if got := column(cl.expect(200, "", "resourcemanager:ListAccounts").rows(memberRows), "AccountId"); got != "2 3 4" {
		t.Errorf("members %s", got)
	}
	for id, want := range map[string]string{"2": "", "3": "NoPermission", "4": "EntityNotExist.Role"} {
		if r := cl.ask("sts:AssumeRole", "RoleArn=acs:ram::"+id+":role/renewer", "RoleSessionName=test"); r.code() != want {
			t.Errorf("member %s: %v, want %q", id, r, want)
		}
	}
}
