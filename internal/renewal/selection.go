package renewal

import "slices"

// A Selection picks instances by what they are. Every field that is set must
// match; an empty field matches everything.
type Selection struct {
	IDs           []string
	Names         []Pattern
	Tags          []Tag
	ResourceGroup string
	SecurityGroup string
	VPC           string
}

// A Tag is a tag's key, and its value unless any will do.
type Tag struct {
	Key   string
	Value string
	Any   bool // any value will do
}

// String gives t as the settings write it.
func (t Tag) String() string {
	if t.Any {
		return t.Key
	}
	return t.Key + "=" + t.Value
}

// on says whether t is among the tags of an instance. Our own note of refused tokens is none of its tags.
func (t Tag) on(tags map[string]string) bool {
	value, ok := tags[t.Key]
	return ok && t.Key != RefusedKey && (t.Any || value == t.Value)
}

// network says whether s goes by what only servers have.
func (s Selection) network() bool { return s.SecurityGroup != "" || s.VPC != "" }

// selects says whether in is in scope: every field that is set matches.
func (s Selection) selects(in Instance) bool {
	named := func(p Pattern) bool { return p.Matches(in.Name) }
	missing := func(t Tag) bool { return !t.on(in.Tags) }
	return (len(s.IDs) == 0 || slices.Contains(s.IDs, in.ID)) &&
		(len(s.Names) == 0 || slices.ContainsFunc(s.Names, named)) &&
		!slices.ContainsFunc(s.Tags, missing) &&
		(s.ResourceGroup == "" || s.ResourceGroup == in.ResourceGroup) &&
		(s.SecurityGroup == "" || in.Traits().Network && slices.Contains(in.SecurityGroups, s.SecurityGroup)) &&
		(s.VPC == "" || in.Traits().Network && s.VPC == in.VPC)
}

// touches says whether any field of s matches in.
func (s Selection) touches(in Instance) bool {
	named := func(p Pattern) bool { return p.Matches(in.Name) }
	tagged := func(t Tag) bool { return t.on(in.Tags) }
	return slices.Contains(s.IDs, in.ID) || slices.ContainsFunc(s.Names, named) || slices.ContainsFunc(s.Tags, tagged)
}
