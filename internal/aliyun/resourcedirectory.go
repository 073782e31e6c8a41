package aliyun

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// directory is the resource directory of an organisation. Of the two APIs with its
// list this is the one that tells which members are being deleted.
var directory = product{name: "ResourceDirectoryMaster", version: "2022-04-19", key: "resourcemanager", host: directoryHost, codes: directoryCodes}

// What the resource directory is asked, by its management account.
var listMembers = api{product: directory, action: "ListAccounts", ram: []string{"resourcemanager:ListAccounts"}, use: renewal.ToListMembers}

// directoryHost gives the endpoint (ResourceDirectoryMaster: endpoints), which
// is one for each site and none inside VPCs.
func directoryHost(o Options, _ string) string {
	if o.Site == renewal.Intl {
		return "resourcedirectory-intl.aliyuncs.com"
	}
	return "resourcedirectory.aliyuncs.com"
}

// directoryCodes is what the resource directory refuses with (ListAccounts).
var directoryCodes = sync.OnceValue(func() map[string]verdict {
	none := badKeys.say("this account has no resource directory: take organization/… out of RENEW_ACCOUNTS, or deploy in the management account",
		"本账号没有资源目录：请从 RENEW_ACCOUNTS 中去掉 organization/…，或部署到管理账号")
	return map[string]verdict{
		"ResourceDirectoryNotInUse":         none,
		"EntityNotExists.ResourceDirectory": none,
		"NoPermission.ResourceDirectory.MemberAccount": badKeys.say("only the management account of the organisation, or its delegated administrator, may list the members: deploy there",
			"只有资源目录的管理账号或委派管理员可以查询成员：请部署到该账号"),
	}
})

// membersSize is how many members a page holds: the most that there can be, and not
// the ten that come unasked.
const membersSize = 100

// Members gives a page, from 1, of the accounts of the organisation whose
// management account the credentials belong to, itself not among them, and how
// many there are in all pages (ResourceDirectoryMaster ListAccounts). A member
// whose id cannot be read has none.
func (c *Cloud) Members(ctx context.Context, page int) ([]renewal.Member, int, error) {
	params := map[string]string{"PageNumber": strconv.Itoa(page), "PageSize": strconv.Itoa(membersSize)}
	var answer struct {
		RequestId  scalar
		TotalCount raw
		Accounts   raw
	}
	if err := c.call(ctx, listMembers, c.options.Region, params, readTimeout, &answer); err != nil {
		return nil, 0, err
	}
	r := new(reader)
	total, rows := r.number("TotalCount", answer.TotalCount), r.list("Accounts", answer.Accounts, "Account")
	if answer.Accounts == nil || answer.TotalCount == nil {
		r.odd("Accounts")
	}
	if odd := r.fault(); odd != "" {
		return nil, 0, listMembers.unreadable(string(answer.RequestId), lang.Err("the answer holds no list of members: %s", "响应中没有成员列表：%s", odd))
	}
	members := make([]renewal.Member, len(rows))
	for i, row := range rows {
		members[i] = memberOf(row)
	}
	return members, total, nil
}

// memberOf reads one row of the list. What of it cannot be read is left empty.
func memberOf(row raw) renewal.Member {
	var fields struct{ AccountId, DisplayName, Status, DeletionStatus raw }
	r := new(reader)
	r.object("Account", row, &fields)
	status, deletion := r.text("Status", fields.Status), r.text("DeletionStatus", fields.DeletionStatus)
	return renewal.Member{
		ID: r.text("AccountId", fields.AccountId), Name: r.text("DisplayName", fields.DisplayName),
		Leaving: deletion != "" || status != "" && !belongs(status),
	}
}

// belongs says whether a member with this status can be entered. The status of
// one on its way to an account of its own begins with Promote.
func belongs(status string) bool {
	return slices.Contains([]string{"CreateSuccess", "InviteSuccess"}, status) || strings.HasPrefix(status, "Promote")
}
