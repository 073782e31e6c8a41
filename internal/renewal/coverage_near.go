package renewal

import (
	"cmp"
	"slices"
)

// An entryKind is what an entry is compared with.
type entryKind int

const (
	entryID entryKind = iota
	entryName
	entryTag
	entryResourceGroup
	entrySecurityGroup
	entryVPC
)

// fact is the name by which rules ask for the same.
func (k entryKind) fact() string {
	return [...]string{"id", "name", "tags", "resourceGroup", "securityGroups", "vpc"}[k]
}

// An entryTally counts what one entry of a setting fits.
type entryTally struct {
	setting, text string
	kind          entryKind
	excludes      bool
	pattern       Pattern
	tag           Tag

	matched int
	kin     kin
}

// entriesOf gives the entries of all settings that select or exclude.
func entriesOf(p Policy) (all []entryTally) {
	add := func(setting, text string, kind entryKind, excludes bool, tag Tag) {
		word := Word{Fact: kind.fact(), Text: text}
		if kind == entryTag {
			word.Key, word.Text = tag.Key, tag.Value
			if tag.Any {
				word.Text = "*"
			}
		}
		all = append(all, entryTally{setting: setting, text: text, kind: kind, excludes: excludes, pattern: NewPattern(text), tag: tag, kin: newKin(word, text)})
	}
	for _, side := range []struct {
		selection Selection
		prefix    string
		excludes  bool
	}{{p.Include, "RENEW_", false}, {p.Exclude, "RENEW_EXCLUDE_", true}} {
		s := side.selection
		for _, id := range s.IDs {
			add(side.prefix+"IDS", id, entryID, side.excludes, Tag{})
		}
		for _, name := range s.Names {
			add(side.prefix+"NAMES", name.String(), entryName, side.excludes, Tag{})
		}
		for _, tag := range s.Tags {
			add(side.prefix+"TAGS", tag.String(), entryTag, side.excludes, tag)
		}
		for i, id := range []string{s.ResourceGroup, s.SecurityGroup, s.VPC} {
			if id != "" {
				add(side.prefix+[...]string{"RESOURCE_GROUP", "SECURITY_GROUP", "VPC"}[i], id, entryResourceGroup+entryKind(i), side.excludes, Tag{})
			}
		}
	}
	return all
}

func (e *entryTally) fits(in *Instance) bool {
	switch e.kind {
	case entryID:
		return e.text == in.ID
	case entryName:
		return e.pattern.Matches(in.Name)
	case entryTag:
		return e.tag.on(in.Tags)
	case entryResourceGroup:
		return e.text == in.ResourceGroup
	case entryVPC:
		return in.Traits().Network && e.text == in.VPC
	}
	return in.Traits().Network && slices.Contains(in.SecurityGroups, e.text)
}

func (e *entryTally) merge(other entryTally) {
	e.matched += other.matched
	e.kin.merge(other.kin)
}

// A ruleTally counts what one rule holds for.
type ruleTally struct {
	name        string
	holds       int
	decides     int
	always      bool // it holds for the instance at hand, whatever its mode
	ever        bool // it holds for something, in some mode
	everDecides bool // likewise
	kins        []kin
}

func newRuleTally(rule Rule) ruleTally {
	r := ruleTally{name: rule.Name}
	for _, word := range rule.Words {
		r.kins = append(r.kins, newKin(word, word.String()))
	}
	return r
}

func (r *ruleTally) merge(other ruleTally) {
	r.holds += other.holds
	r.decides += other.decides
	r.ever = r.ever || other.ever
	r.everDecides = r.everDecides || other.everDecides
	for i := range r.kins {
		r.kins[i].merge(other.kins[i])
	}
}

// String writes a word as an entry of a setting would be.
func (w Word) String() string {
	switch {
	case w.Fact != "tags":
		return w.Text
	case w.Text == "*":
		return w.Key
	}
	return w.Key + "=" + w.Text
}

// A near is something in the list that was perhaps meant.
type near struct {
	text  string
	slips int
	found bool
}

// better prefers fewer slips, and of as many what comes first in the alphabet,
// so that it does not depend on the order of a list.
func (n near) better(than near) bool {
	if !n.found || !than.found {
		return n.found
	}
	return cmp.Or(cmp.Compare(n.slips, than.slips), cmp.Compare(n.text, than.text)) < 0
}

// A kin looks in the list for what was perhaps meant by a word that fits
// nothing.
type kin struct {
	word  Word
	fits  bool // the word itself is in the list
	whole likeness
	key   likeness // of a tag
	value likeness
	keys  []string    // of tags that are in the list and like the word's
	tags  map[Tag]int // how often each tag of these keys is there
	best  near
}

func newKin(word Word, text string) kin {
	k := kin{word: word, whole: likenessOf(text)}
	if word.Fact == "tags" {
		k.key, k.value = likenessOf(word.Key), likenessOf(word.Text)
		k.keys, k.tags = []string{word.Key}, map[Tag]int{}
	}
	return k
}

func (k *kin) merge(other kin) {
	k.fits = k.fits || other.fits
	k.offer(other.best)
	for tag, n := range other.tags {
		k.tags[tag] += n
	}
}

func (k *kin) offer(n near) {
	if n.better(k.best) {
		k.best = n
	}
}

// compareText looks at something of an instance that is one text.
func (k *kin) compareText(text string, s shape) {
	if text == k.word.Text || k.word.Open && NewPattern(k.word.Text).Matches(text) {
		k.fits = true
		return
	}
	if slips, nearly := k.whole.distance(s); nearly {
		k.offer(near{text, slips, true})
	}
}

// compareTag looks at a tag that is in the list.
func (k *kin) compareTag(tag Tag, m *met) {
	if tag.Key == k.word.Key && (NewPattern(k.word.Text).Matches(tag.Value) || tag.Value == k.word.Text) {
		k.fits = true
		return
	}
	key, nearly := 0, true
	if tag.Key != k.word.Key {
		if key, nearly = k.key.distance(m.shape(tag.Key)); nearly && len(k.keys) < fewKeys && !slices.Contains(k.keys, tag.Key) {
			k.keys = append(k.keys, tag.Key)
		}
	}
	if k.word.Text == "*" {
		if nearly {
			k.offer(near{tag.Key, key, true})
		}
	} else if nearly {
		value := 0
		if tag.Value != k.word.Text {
			value, nearly = k.value.distance(m.shape(tag.Value))
		}
		if nearly && key+value <= 2 {
			k.offer(near{tag.String(), key + value, true})
		}
	}
	if slips, nearly := k.whole.distance(m.shape(tag.String())); nearly && slips == 0 { // another separator
		k.offer(near{tag.String(), 0, true})
	}
}

const (
	fewKeys = 8    // of tags that are like a word's
	fewTags = 256  // that are counted for a word
	many    = 4096 // different texts that are remembered
)

// countTags counts the tags of an instance that have a key like the word's.
func (k *kin) countTags(tags map[string]string) {
	for _, key := range k.keys {
		if value, there := tags[key]; there {
			if tag := (Tag{Key: key, Value: value}); k.tags[tag] > 0 || len(k.tags) < fewTags {
				k.tags[tag]++
			}
		}
	}
}

// commonest gives the tag that most instances have of those that have a key like
// the word's.
func (k *kin) commonest() (text string, n int) {
	for tag, count := range k.tags {
		if count > n || count == n && tag.String() < text {
			text, n = tag.String(), count
		}
	}
	return text, n
}

// A met remembers what was compared already: most of a list is the same again
// and again.
type met struct {
	tags   map[Tag]bool
	values map[string]map[string]bool // by fact
	shapes map[string]shape
}

func newMet() met {
	return met{tags: map[Tag]bool{}, values: map[string]map[string]bool{}, shapes: map[string]shape{}}
}

func (m *met) merge(other met) {
	for fact, values := range other.values {
		for value := range values {
			m.first(fact, value)
		}
	}
}

// first says whether a text is met for the first time as the value of a fact.
// Beyond very many, nothing is.
func (m *met) first(fact, value string) bool {
	values := m.values[fact]
	if values == nil {
		values = map[string]bool{}
		m.values[fact] = values
	}
	if values[value] || len(values) >= many {
		return false
	}
	values[value] = true
	return true
}

func (m *met) firstTag(tag Tag) bool {
	if m.tags[tag] || len(m.tags) >= many {
		return false
	}
	m.tags[tag] = true
	return true
}

func (m *met) shape(text string) shape {
	s, found := m.shapes[text]
	if !found {
		s = shapeOf(text)
		if len(m.shapes) < many {
			m.shapes[text] = s
		}
	}
	return s
}

// compare holds what fits nothing yet against an instance: entries and the words
// of rules.
func (t *Tally) compare(in *Instance) {
	t.open = t.open[:0]
	for i := range t.entries {
		if e := &t.entries[i]; e.matched == 0 {
			t.open = append(t.open, &e.kin)
		}
	}
	for i := range t.rules {
		for k := range t.rules[i].kins {
			if r := &t.rules[i]; !r.ever {
				t.open = append(t.open, &r.kins[k])
			}
		}
	}
	if len(t.open) == 0 {
		return
	}
	t.compareText("id", in.ID)
	t.compareText("name", in.Name)
	for _, fact := range []struct{ name, value string }{
		{"region", in.Region}, {"zone", in.Zone}, {"account", in.Account}, {"type", in.Type}, {"status", in.Status},
		{"resourceGroup", in.ResourceGroup}, {"vpc", in.VPC},
	} {
		t.compareValue(fact.name, fact.value)
	}
	for _, group := range in.SecurityGroups {
		t.compareValue("securityGroups", group)
	}
	t.compareTags(in.Tags)
}

// compareText is for texts of which each comes once.
func (t *Tally) compareText(fact, text string) {
	shaped := false
	for _, k := range t.open {
		if k.word.Fact != fact {
			continue
		}
		if !shaped {
			t.scratch, shaped = t.scratch.of(text), true
		}
		k.compareText(text, t.scratch)
	}
}

// compareValue is for texts that many instances share.
func (t *Tally) compareValue(fact, value string) {
	if value != "" && t.met.first(fact, value) {
		t.compareText(fact, value)
	}
}

func (t *Tally) compareTags(tags map[string]string) {
	asked := false
	for _, k := range t.open {
		asked = asked || k.word.Fact == "tags"
	}
	if !asked {
		return
	}
	for key, value := range tags {
		tag := Tag{Key: key, Value: value}
		if key == RefusedKey || !t.met.firstTag(tag) {
			continue
		}
		for _, k := range t.open {
			if k.word.Fact == "tags" {
				k.compareTag(tag, &t.met)
			}
		}
	}
	for i := range t.entries {
		if e := &t.entries[i]; e.kind == entryTag && e.matched == 0 && !e.excludes {
			e.kin.countTags(tags)
		}
	}
}
