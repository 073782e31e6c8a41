package renewal

import (
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// readInPart settles an instance of which the cloud's answer could be read in
// part only. Its id and what is known of it may take it out of the run, and its
// expiry may be far away; nothing else that a selection, a rule or a tag goes by
// is certain, so that it is nobody's to act upon and somebody's to look at.
func readInPart(p Policy, now time.Time, d Decision) ruling {
	in := d.Instance
	outside := func(ids []string) bool { return ids != nil && !slices.Contains(ids, in.ID) }
	switch {
	case in.Unreadable == "" && !in.Strange:
		return ruling{}
	case outside(p.Named), outside(p.Include.IDs):
		return ruling{reason: NotSelected}
	case p.Exclude.touches(in):
		return ruling{reason: Excluded}
	case !in.Expires.IsZero() && !p.within(now, d):
		return ruling{reason: NotDue}
	case in.Strange && over(p, now, d).reason != "":
		return ruling{reason: Expired} // and released by now, most likely
	}
	return ruling{reason: StateUnknown, notes: []lang.Text{notRead(in)}}
}

func notRead(in Instance) lang.Text {
	if in.Strange {
		return lang.Say("the billing lists it, and its own API does not know it: it is released, elsewhere, or hidden from the role", "账单列表中有该实例，但产品自身的接口查不到：已释放、位于其他地域，或角色无权查看")
	}
	return lang.Say("what the cloud says of it could not be read: %s", "云平台返回的该实例信息无法读取：%s", in.Unreadable)
}
