package cloud

import (
	"cmp"
	"slices"
	"time"
)

// A Member is what an account is in a resource directory: an organisation that
// its management account can list. The zero Member is in none.
type Member struct {
	Of       string `yaml:"of"`                                              // id of the management account; "" = in no directory
	Name     string `yaml:"name"`                                            // DisplayName; "" = the account's id
	Status   string `yaml:"status"`                                          // "" = CreateSuccess, of one that was invited InviteSuccess; also PromoteVerifying, PromoteSuccess …
	Type     string `yaml:"type" fleet:"oneof=CloudAccount|ResourceAccount"` // "" = CloudAccount
	Deletion string `yaml:"deletion"`                                        // DeletionStatus; "" = none. Checking and Deleting are members that are being deleted
	Folder   string `yaml:"folder"`                                          // FolderId; "" = the root
	Invited  bool   `yaml:"invited"`                                         // it existed before and was invited

	Joins       time.Time `yaml:"joins"`       // domain clock: it is not listed before; zero = from the start
	JoinsAtCall int       `yaml:"joinsAtCall"` // it is listed from this ListAccounts of its directory on, from 1; 0 = from the first
}

// directoryActions are the actions of the resource directory, which has two APIs
// for one list: that of Resource Management and, newer, one of its own.
func directoryActions() []action {
	list := func() action {
		return action{
			name: "ListAccounts", ram: []string{"resourcemanager:ListAccounts"}, list: "Accounts.Account", total: "TotalCount", do: (*Cloud).listAccounts,
			params: []param{num("PageNumber"), num("PageSize"), yes("IncludeTags"), refused("Tag.#.Key"), refused("Tag.#.Value")},
		}
	}
	newer := list()
	newer.params = append(newer.params, num("MaxResults"), str("NextToken"), refused("QueryKeyword"))
	return slices.Concat(
		of("resourcemanager", "2020-03-31", []action{list()}),
		of("resourcedirectory", "2022-04-19", []action{newer}),
	)
}

// listAccounts is ListAccounts: the members of the caller's directory, newest
// first, without the management account itself. The list is made anew for every
// page, so that one who joins meanwhile moves the rest.
func (c *Cloud) listAccounts(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	byToken := rq.get("MaxResults") != "" || rq.get("NextToken") != ""
	page, err := tokenPage(rq, 10, 100)
	if !byToken {
		page, err = numberedPage(rq, 10, upTo(100))
	}
	if err != nil {
		return nil, err
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	if rq.account.Member.Of != "" {
		return nil, refuse(409, "NoPermission.ResourceDirectory.MemberAccount", "A member account may not perform this operation.")
	}
	if !rq.account.manages && !rq.account.Directory {
		return nil, refuse(404, "ResourceDirectoryNotInUse", "The account has no resource directory.")
	}
	rq.account.listings++
	members := c.members(rq.account)
	list := []any{}
	for _, acc := range cut(members, page) {
		list = append(list, acc.asMember())
	}
	body := fields{"Accounts": fields{"Account": list}, "TotalCount": len(members)}
	if byToken {
		c.putToken(rq, body, page.offset+len(list), len(members))
	} else {
		body["PageNumber"], body["PageSize"] = page.number, page.size
	}
	return body, nil
}

// members are the accounts of a directory that have joined, newest first.
func (c *Cloud) members(management *account) (members []*account) {
	now := c.now()
	for _, id := range c.accountIDs {
		acc := c.accounts[id]
		if m := acc.Member; m.Of == management.ID && !now.Before(m.Joins) && m.JoinsAtCall <= management.listings {
			members = append(members, acc)
		}
	}
	slices.SortStableFunc(members, func(a, b *account) int {
		return cmp.Or(cmp.Compare(b.Member.JoinsAtCall, a.Member.JoinsAtCall), b.Member.Joins.Compare(a.Member.Joins))
	})
	return members
}

// asMember is an account as the list of its directory shows it.
func (acc *account) asMember() fields {
	m := acc.Member
	joined, status := "created", "CreateSuccess"
	if m.Invited {
		joined, status = "invited", "InviteSuccess"
	}
	at := m.Joins
	if at.IsZero() {
		at = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	folder, root := cmp.Or(m.Folder, "r-"+m.Of), "rd-"+m.Of
	row := fields{
		"AccountId": acc.ID, "DisplayName": cmp.Or(m.Name, acc.ID), "Status": cmp.Or(m.Status, status), "Type": cmp.Or(m.Type, "CloudAccount"),
		"JoinMethod": joined, "JoinTime": at.UTC().Format(secondFmt), "ModifyTime": at.UTC().Format(secondFmt),
		"FolderId": folder, "ResourceDirectoryId": root, "ResourceDirectoryPath": root + "/" + folder + "/" + acc.ID,
	}
	if m.Deletion != "" {
		row["DeletionStatus"] = m.Deletion
	}
	return row
}
