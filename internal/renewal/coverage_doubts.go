package renewal

import (
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// Places are where a run looks: what a rule asks for outside of them can hold
// for nothing.
type Places struct {
	Accounts, Regions, Products []string
}

// Doubts says where settings and rules perhaps do not mean what was meant.
type Doubts struct {
	Lost    []lang.Text // less is looked after than was meant: entries that select and fit nothing, a list that is too short, nothing left
	Entries []lang.Text // of settings that exclude
	Rules   []lang.Text
}

// All gives all doubts.
func (d Doubts) All() []lang.Text { return slices.Concat(d.Lost, d.Entries, d.Rules) }

// Doubts says what is to be doubted after everything was counted. Of a list that
// is truly empty there is nothing to say.
func (t *Tally) Doubts(places Places) Doubts {
	var d Doubts
	if c := t.counts; c.Listed < t.policy.ExpectCount {
		d.Lost = append(d.Lost, lang.Say("only %d subscriptions were listed, and RENEW_EXPECT_COUNT expects at least %d: perhaps the role sees a part of them only, or a region or an account is not configured",
			"只查询到 %d 个包年包月实例，少于 RENEW_EXPECT_COUNT 预期的 %d 个：角色可能只能看到一部分，或有地域、账号未配置", c.Listed, t.policy.ExpectCount))
	}
	if t.counts.Listed == 0 {
		d.Lost = append(d.Lost, t.missingIDs()...)
		d.Rules = t.misplaced(places)
		return d
	}
	for i := range t.entries {
		switch e := &t.entries[i]; {
		case e.matched > 0, t.unread > 0 && e.kind != entryID:
		case e.excludes:
			d.Entries = appendSaid(d.Entries, t.entryDoubt(e))
		default:
			d.Lost = appendSaid(d.Lost, t.entryDoubt(e))
		}
	}
	if c := t.counts; c.AtNothing() && c.Selected == 0 {
		d.Lost = append(d.Lost, lang.Say("of the %d subscriptions that were listed the settings select none, so nothing is looked after",
			"查询到 %d 个包年包月实例，但按设置一个也没有选中，因此没有任何实例得到处理", c.Listed))
	} else if c.AtNothing() {
		d.Lost = append(d.Lost, lang.Say("of the %d subscriptions that were listed the settings select %d and exclude all of them, so nothing is looked after",
			"查询到 %d 个包年包月实例，按设置选中 %d 个又全部排除，因此没有任何实例得到处理", c.Listed, c.Selected))
	}
	if t.unread > 0 {
		d.Rules = append(d.Rules, lang.Say("the names and tags of %d could not be read, so that what fits nothing by name, tag or group is not told", "有 %d 个资源的名称和标签无法读取，因此不提示未匹配的名称、标签和资源组条目", t.unread))
	}
	for i := range t.rules {
		d.Rules = appendSaid(d.Rules, t.ruleDoubt(&t.rules[i]))
	}
	d.Rules = append(d.Rules, t.unmet()...)
	d.Rules = append(d.Rules, t.misplaced(places)...)
	return d
}

// missingIDs tells of ids in the settings where nothing at all was listed: other
// settings may well fit nothing then.
func (t *Tally) missingIDs() (all []lang.Text) {
	for _, id := range t.policy.Include.IDs {
		all = append(all, lang.Say("RENEW_IDS: %s was not found in any configured region", "RENEW_IDS：在已配置的地域中未找到 %s", id))
	}
	return all
}

func appendSaid(all []lang.Text, text lang.Text) []lang.Text {
	if text.Empty() {
		return all
	}
	return append(all, text)
}

// A suggestion is what was perhaps meant.
type suggestion struct {
	text string
	n    int // how many have it; 0 = not counted
	sure bool
}

// suggestion gives what is in the list in place of the entry: what is nearly the
// same, else, of a tag that selects, the value that most of the others have.
func (e *entryTally) suggestion() suggestion {
	if e.matched > 0 {
		return suggestion{}
	}
	if e.kin.best.found {
		s := suggestion{text: e.kin.best.text, sure: true}
		for tag, n := range e.kin.tags {
			if tag.String() == s.text {
				s.n = n
			}
		}
		return s
	}
	if key, value, found := strings.Cut(e.text, ":"); found && e.kind == entryTag && e.tag.Any && key != "" && value != "" {
		return suggestion{text: key + "=" + value, sure: true}
	}
	if e.kind == entryTag && !e.excludes {
		text, n := e.kin.commonest()
		return suggestion{text: text, n: n}
	}
	return suggestion{}
}

func (t *Tally) entryDoubt(e *entryTally) lang.Text {
	s := e.suggestion()
	listed := t.counts.Listed
	switch {
	case e.excludes && !s.sure:
		return lang.Text{} // nothing is there that it could have meant
	case s.text == "":
		return lang.Say("%s: %s fits none of the %d that were listed", "%s：%s 在查询到的 %d 个实例中没有匹配", e.setting, e.text, listed)
	case s.n > 0:
		return lang.Say("%s: %s fits none of the %d that were listed; perhaps %s is meant, which %d of them have", "%s：%s 在查询到的 %d 个实例中没有匹配；是否应为 %s（有 %d 个实例符合）", e.setting, e.text, listed, s.text, s.n)
	}
	return lang.Say("%s: %s fits none of the %d that were listed; perhaps %s is meant", "%s：%s 在查询到的 %d 个实例中没有匹配；是否应为 %s", e.setting, e.text, listed, s.text)
}

// suggestion gives the word of a rule that was perhaps meant otherwise, if the
// rule holds for nothing.
func (r *ruleTally) suggestion() kin {
	var best kin
	if r.ever {
		return best
	}
	for _, k := range r.kins {
		if !k.fits && k.best.better(best.best) {
			best = k
		}
	}
	return best
}

func (t *Tally) ruleDoubt(r *ruleTally) lang.Text {
	switch k := r.suggestion(); {
	case k.best.found:
		return lang.Say("rule %q holds for none of the %d that were listed; it asks for %s, and there is %s", "规则 %q 对查询到的 %d 个实例都不成立；规则中写的是 %s，而实际有 %s",
			r.name, t.counts.Listed, k.word, k.best.text)
	case r.ever && !r.everDecides:
		return lang.Say("rule %q holds for %d and decides none: a rule before it holds for them, or they are not selected", "规则 %q 对 %d 个实例成立，但没有决定任何实例：排在前面的规则先成立，或这些实例未被选中",
			r.name, r.holds)
	}
	return lang.Text{}
}

// counted are facts whose words are told where nothing in the list has them.
var counted = []string{"status", "product"}

func factOf(in *Instance, fact string) string {
	if fact == "status" {
		return in.Status
	}
	return in.Traits().Key
}

// unmet tells of each word for a status, and of each billing code, that nothing
// in the list has.
func (t *Tally) unmet() (all []lang.Text) {
	for _, rule := range t.policy.Rules {
		for _, word := range rule.Words {
			there := t.met.values[word.Fact+" there"]
			key := slices.Contains(ProductKeys(), word.Text)
			if !slices.Contains(counted, word.Fact) || word.Open || there[word.Text] || word.Fact == "product" && key {
				continue
			}
			all = append(all, lang.Say("rule %q asks for the %s %s, which none of the %d that were listed has; there is %s", "规则 %q 中的 %s %s，查询到的 %d 个实例都不具有；实际有 %s",
				rule.Name, word.Fact, word.Text, t.counts.Listed, listOf(there)))
		}
	}
	return all
}

// misplaced tells of each account, region and product that a rule asks for, and
// that nobody looks at.
func (t *Tally) misplaced(places Places) (all []lang.Text) {
	configured := map[string]struct {
		setting string
		list    []string
	}{"account": {"RENEW_ACCOUNTS", places.Accounts}, "region": {"RENEW_REGIONS", places.Regions}, "product": {"RENEW_PRODUCTS", places.Products}}
	for _, rule := range t.policy.Rules {
		for _, word := range rule.Words {
			where, known := configured[word.Fact]
			if !known || word.Open || len(where.list) == 0 || slices.Contains(where.list, word.Text) {
				continue
			}
			all = append(all, lang.Say("rule %q asks for the %s %s, where nothing is looked at; %s stands for %s", "规则 %q 中的 %s %s 不在查询范围内；%s 对应 %s",
				rule.Name, word.Fact, word.Text, where.setting, someOf(where.list, word.Text)))
		}
	}
	return all
}

// someOf names the first of a list, those that are like word before the others.
func someOf(list []string, word string) string {
	like := likenessOf(word)
	like.slips = 2
	distance := func(text string) int {
		if slips := edits(like.folded, shapeOf(text).folded, like.slips); slips <= like.slips {
			return slips
		}
		return like.slips + 1
	}
	sorted := slices.SortedStableFunc(slices.Values(list), func(a, b string) int { return distance(a) - distance(b) })
	const shown = 5
	if len(sorted) > shown {
		sorted = append(sorted[:shown], "…")
	}
	return strings.Join(sorted, ", ")
}

func listOf(set map[string]bool) string {
	var list []string
	for text := range set {
		if text != "" {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return someOf(list, "")
}
