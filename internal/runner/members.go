package runner

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"golang.org/x/sync/errgroup"

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
// moves the pages; then the list is begun again.
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
	errMoving   = lang.Err("the list of members changed while it was read, or has fewer entries than it says, so some may not have been seen", "成员列表在读取期间发生变化，或条目少于其声明的数量，可能有成员未被看到")
	errNameless = lang.Err("an entry of the list of members has no readable id", "成员列表中有一项没有可读的 ID")
)

// fullPage is what a page of members holds at most: behind such a one there may
// be more, whatever the list promises.
const fullPage = 100

// A memberPage is one page of the list of members.
type memberPage struct {
	members []renewal.Member
	total   int // in all pages, as this one promises
	err     error
}

// A memberList is the list of members as it is read.
type memberList struct {
	into     map[string]renewal.Member
	seen     map[string]bool
	nameless int
	pages    int
	size     int  // of the largest page
	total    int  // that the last page promised
	moved    bool // the pages promised different totals, so they are not of one list
}

// memberPages reads the list of members from its first page to its last: that one
// by itself, and those that it promises side by side. The list is whole when as
// many were seen as every one of its pages promised.
func (r *run) memberPages(ctx context.Context, cloud Cloud, into map[string]renewal.Member) error {
	list := memberList{into: into, seen: map[string]bool{}}
	for several := 1; ; several = max(1, min(list.promised(), r.job.Concurrency)) {
		more := false
		for _, page := range r.readMembers(ctx, cloud, list.pages+1, several) {
			if page.err != nil {
				return page.err
			}
			more = list.take(page)
		}
		if !more {
			return list.fault()
		}
	}
}

// readMembers reads several pages at once.
func (r *run) readMembers(ctx context.Context, cloud Cloud, from, several int) []memberPage {
	pages := make([]memberPage, several)
	group := errgroup.Group{}
	for i := range pages {
		group.Go(func() error {
			page, err := read(ctx, func() (p memberPage, err error) {
				p.members, p.total, err = cloud.Members(ctx, from+i)
				return p, err
			})
			page.err = err
			pages[i] = page
			return nil
		})
	}
	_ = group.Wait() // every error is in its page
	return pages
}

// take adds a page, and says whether another may follow.
func (l *memberList) take(page memberPage) (more bool) {
	before := l.count()
	for _, m := range page.members {
		if m.ID == "" {
			l.nameless++
			continue
		}
		l.seen[m.ID], l.into[m.ID] = true, m
	}
	l.moved = l.moved || l.pages > 0 && page.total != l.total
	l.total, l.size = page.total, max(l.size, len(page.members))
	l.pages++
	return l.count() > before && (l.count() < l.total || len(page.members) >= fullPage)
}

func (l *memberList) count() int { return len(l.seen) + l.nameless }

// promised is how many pages are still to come, by what the list promises: with the
// one that shows that a full page was the last.
func (l *memberList) promised() int {
	missing := l.total - l.count()
	if l.size >= fullPage {
		return missing/l.size + 1
	}
	return (missing + l.size - 1) / l.size
}

// fault says why a list that has come to its end is not whole; nil = it is.
func (l *memberList) fault() error {
	switch {
	case l.count() < l.total, l.moved: // or it goes round
		return errMoving
	case l.nameless > 0:
		return errNameless
	}
	return nil
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
