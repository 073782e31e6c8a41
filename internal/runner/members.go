package runner

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// An entrance is one account that a run is to enter.
type entrance struct {
	name   string // Self, or the ARN of a role
	member bool   // of the organisation, by whose list it is known
}

// Members are what is known of the organisation.
type members struct {
	asked   bool
	err     error           // why the list is not complete; nil = it is
	ids     map[string]bool // that were listed, whatever they are
	leaving map[string]bool // those of them that are being deleted, or have not joined
	own     bool            // the function's own account is one of them
	self    string          // id of that account, where STS was asked for it
}

// entrances gives one entrance for each account that RENEW_ACCOUNTS names, but for
// those that are left out; an organisation stands for the members that stay in
// it. An account that is also named by itself is entered as it is named there.
func (r *run) entrances(ctx context.Context) []entrance {
	var all []entrance
	named, role := map[string]bool{}, ""
	for _, name := range r.job.Accounts {
		if of, ok := strings.CutPrefix(name, renewal.Organization); ok {
			role = of
			continue
		}
		id := accountOf(name, r.job.Account)
		named[id] = true
		if !r.job.leavesOut(id) || name == renewal.Self && !r.believes(name) {
			all = append(all, entrance{name: name})
		}
	}
	if role != "" {
		for _, m := range r.listMembers(ctx) {
			if !m.Leaving && !named[m.ID] && !r.job.leavesOut(m.ID) {
				all = append(all, entrance{"acs:ram::" + m.ID + ":role/" + role, true})
			}
		}
	}
	r.doubtMembers(ctx, named)
	return all
}

// own gives the account whose credentials the run has: as the invocation says it,
// or, where that does not or is in doubt, as STS does.
func (r *run) own(ctx context.Context) (string, error) {
	if r.job.Account != "" && !r.job.Doubtful {
		return r.job.Account, nil
	}
	if r.members.self != "" {
		return r.members.self, nil
	}
	cloud, err := r.reach(ctx, renewal.Self)
	if err != nil {
		return "", err
	}
	id, err := read(ctx, func() (string, error) { return cloud.Identity(ctx) })
	if err != nil {
		return "", lang.Err("the account of the credentials is not known: %v", "无法确认凭证所属账号：%v", err)
	}
	r.members.self = id
	return id, nil
}

// listMembers reads the members of the organisation, each once, without the
// account whose credentials read them: that is Self. Who joins or leaves meanwhile
// moves the pages, so that fewer are seen than there are said to be; then the list
// is begun again.
func (r *run) listMembers(ctx context.Context) []renewal.Member {
	known := &r.members
	known.asked, known.ids, known.leaving = true, map[string]bool{}, map[string]bool{}
	cloud, err := r.reach(ctx, renewal.Self)
	if err != nil {
		known.err = err
		return nil
	}
	own, err := r.own(ctx)
	if err != nil {
		known.err = err
		return nil
	}
	latest := map[string]renewal.Member{}
	const tries = 3
	for range tries {
		known.err = r.memberPages(ctx, cloud, latest)
		if !errors.Is(known.err, errMoving) {
			break
		}
	}
	var all []renewal.Member
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		m := latest[id]
		known.ids[id], known.leaving[id] = true, m.Leaving
		if known.own = known.own || id == own; id != own {
			all = append(all, m)
		}
	}
	return all
}

// What is wrong with a list of members.
var (
	errMoving   = lang.Err("fewer members were listed than there are said to be, so some were not seen", "列出的成员少于返回的总数，可能有成员未被看到")
	errNameless = lang.Err("an entry of the list of members has no readable id", "成员列表中有一项没有可读的 ID")
)

// fullPage is what a page of members holds at most: behind such a one there may
// be more, whatever the list promises.
const fullPage = 100

// memberPages reads the list of members from its first page to its last. It is
// whole when as many were seen as it promised.
func (r *run) memberPages(ctx context.Context, cloud Cloud, into map[string]renewal.Member) error {
	type answer struct {
		members []renewal.Member
		total   int
	}
	seen, nameless := map[string]bool{}, 0
	for page := 1; ; page++ {
		got, err := read(ctx, func() (a answer, err error) {
			a.members, a.total, err = cloud.Members(ctx, page)
			return a, err
		})
		if err != nil {
			return err
		}
		before := len(seen) + nameless
		for _, m := range got.members {
			if m.ID == "" {
				nameless++
				continue
			}
			seen[m.ID], into[m.ID] = true, m
		}
		switch now := len(seen) + nameless; {
		case now > before && (now < got.total || len(got.members) >= fullPage):
		case now < got.total: // nothing new: it has come to its end, or goes round
			return errMoving
		case nameless > 0:
			return errNameless
		default:
			return nil
		}
	}
}

// doubtMembers warns of what the settings say of accounts that are not there.
func (r *run) doubtMembers(ctx context.Context, named map[string]bool) {
	if r.members.own && !slices.Contains(r.job.Accounts, renewal.Self) {
		r.warn(lang.Say("the function's own account is a member of the organisation, and is looked after only where RENEW_ACCOUNTS names self, too", "函数所在账号也是资源目录的成员；只有 RENEW_ACCOUNTS 中还写有 self 时才会处理它"))
	}
	if r.members.err != nil || r.job.Exclude == nil {
		return // who is not seen may still be there
	}
	own, err := r.own(ctx)
	if err != nil {
		return // which is told where it is entered
	}
	there := slices.Collect(maps.Keys(r.members.ids))
	for id := range named {
		there = append(there, cmp.Or(id, own))
	}
	for _, id := range r.job.Exclude {
		if len(there) == 0 || slices.Contains(there, id) || id == own {
			continue
		}
		r.warn(lang.Say("RENEW_EXCLUDE_ACCOUNTS names %s, which is none of the accounts that are looked after%v", "RENEW_EXCLUDE_ACCOUNTS 中的 %s 不在所处理的账号中%v", id, nearestSaid(id, there)))
	}
}

// nearestSaid ends a sentence about what is not there by what was perhaps meant.
func nearestSaid(word string, there []string) lang.Text {
	there = slices.DeleteFunc(slices.Clone(there), func(text string) bool { return text == "" })
	if len(there) == 0 {
		return lang.Text{}
	}
	near := slices.MinFunc(there, func(a, b string) int {
		return cmp.Or(levenshtein.ComputeDistance(word, a)-levenshtein.ComputeDistance(word, b), cmp.Compare(a, b))
	})
	return lang.Say("; the nearest is %s", "；最接近的是 %s", near)
}

// shutsOut says whether a member is not entered because RENEW_EXPECT_ACCOUNTS does
// not name it.
func (r *run) shutsOut(e entrance) bool {
	return e.member && r.job.Expect != nil && !slices.Contains(r.job.Expect, accountOf(e.name, ""))
}

var errShutOut = &renewal.CallError{Action: "RENEW_EXPECT_ACCOUNTS", Class: renewal.Halt, Denied: true,
	Err: lang.Err("denied, it does not name this account", "denied，其中没有这个账号")}

// unlisted is the scope of the members that could not be listed.
func (r *run) unlisted() *scope {
	s := r.newScope(newAccount("", nil), renewal.TraitsOf(""), "")
	s.title = "organization"
	s.fail(r.members.err)
	return s
}

// nobody says why there is no account to enter.
func (r *run) nobody() *Stop {
	switch {
	case r.job.Only != nil:
		return &Stop{BadEvent, lang.Err("every account that the event names is left alone: RENEW_EXCLUDE_ACCOUNTS names it, or it is leaving the organisation", "事件指定的账号都不处理：在 RENEW_EXCLUDE_ACCOUNTS 中，或正在退出资源目录")}
	case r.members.asked:
		return &Stop{BadConfig, lang.Err("the organisation has no account to look after: of %d members, those that RENEW_EXCLUDE_ACCOUNTS names and those that are being deleted are left out", "资源目录中没有可处理的账号：共 %d 个成员，均在 RENEW_EXCLUDE_ACCOUNTS 中或正在删除", len(r.members.ids))}
	}
	return &Stop{BadConfig, lang.Err("RENEW_EXCLUDE_ACCOUNTS leaves out every account of RENEW_ACCOUNTS", "RENEW_EXCLUDE_ACCOUNTS 排除了 RENEW_ACCOUNTS 中的所有账号")}
}
