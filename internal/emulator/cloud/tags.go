package cloud

import (
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What TagResources takes: at most so many resources and tags in a call, tags on
// a resource, and characters in a key or a value.
const (
	maxTagged   = 50
	maxTags     = 20
	maxTagChars = 128
)

// tagResources writes tags to instances: to all that are named, or to none. It
// has no ClientToken: it sets a state.
func (c *Cloud) tagResources(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tags, err := writtenTags(rq)
	if err != nil {
		return nil, err
	}
	tagged, err := c.taggable(rq)
	if err != nil {
		return nil, err
	}
	after := make([]map[string]string, len(tagged))
	for n, i := range tagged {
		after[n] = map[string]string{}
		maps.Copy(after[n], i.Tags)
		maps.Copy(after[n], tags)
		if len(after[n]) > maxTags {
			return nil, refuse(400, "NumberExceed.Tags", "The instance %q would have more than %d tags.", i.ID, maxTags)
		}
	}
	for n, i := range tagged {
		for _, key := range sortedKeys(tags) {
			c.noteTag(i, TagChange{Key: key, Value: tags[key], Old: i.Tags[key]})
		}
		i.setTags(after[n], c.opts.TagDelay)
	}
	return fields{}, nil
}

// untagResources takes tags away: those named, or all of them. A tag that is not
// there is none of its business.
func (c *Cloud) untagResources(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys, err := repeated(rq, "TagKey", maxTags)
	if err != nil {
		return nil, err
	}
	all := rq.get("All") == "true" && len(keys) == 0 // keys win
	if len(keys) == 0 && !all {
		return nil, refuse(400, "MissingParameter.TagKey", "The parameter TagKey.N is mandatory and was not sent.")
	}
	tagged, err := c.taggable(rq)
	if err != nil {
		return nil, err
	}
	for _, i := range tagged {
		gone := keys
		if all {
			gone = sortedKeys(i.Tags)
		}
		after := maps.Clone(i.Tags)
		for _, key := range gone {
			if old, there := i.Tags[key]; there {
				c.noteTag(i, TagChange{Key: key, Old: old, Removed: true})
				delete(after, key)
			}
		}
		i.setTags(after, c.opts.TagDelay)
	}
	return fields{}, nil
}

// noteTag puts a change into the record.
func (c *Cloud) noteTag(i *instance, change TagChange) {
	change.Seq, change.At = len(c.tagChanges)+1, c.now()
	change.Account, change.Region, change.Instance = i.Account, i.Region, i.ID
	c.tagChanges = append(c.tagChanges, change)
}

// taggable finds the instances whose tags a request is to change, and refuses
// who may not.
func (c *Cloud) taggable(rq *request) (found []*instance, err *apiError) {
	if kind := rq.get("ResourceType"); kind != "instance" {
		return nil, refuse(404, "InvalidResourceType.NotFound", "The resource type %q is not supported.", kind)
	}
	ids, err := repeated(rq, "ResourceId", maxTagged)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, missing("ResourceId")
	}
	if err := c.permitted(rq); err != nil {
		return nil, err
	}
	for _, id := range ids {
		i := c.find(rq, id)
		if i == nil {
			return nil, refuse(404, "InvalidResourceId.NotFound", "There is no instance %q in this region.", id)
		}
		found = append(found, i)
	}
	return found, nil
}

// writtenTags reads Tag.N.Key and Tag.N.Value. The value may be empty, the key
// may not.
func writtenTags(rq *request) (map[string]string, *apiError) {
	sent := map[int]bool{}
	for _, name := range rq.names() {
		if rest, ok := strings.CutPrefix(name, "Tag."); ok {
			number, _, _ := strings.Cut(rest, ".")
			n, _ := strconv.Atoi(number) // its form was checked
			sent[n] = true
		}
	}
	if len(sent) > maxTags {
		return nil, refuse(400, "NumberExceed.Tags", "More than %d tags were sent.", maxTags)
	}
	tags := map[string]string{}
	for n := range sent {
		prefix := "Tag." + strconv.Itoa(n) + "."
		key := rq.get(prefix+"Key") + rq.get(prefix+"key")
		value := rq.get(prefix+"Value") + rq.get(prefix+"value")
		if key == "" {
			return nil, refuse(400, "MissingParameter.TagKey", "The parameter Tag.%d.Key is mandatory and was not sent.", n)
		}
		if _, twice := tags[key]; twice {
			return nil, refuse(400, "Duplicate.TagKey", "The tag key %q was sent twice.", key)
		}
		if !validTagKey(key) {
			return nil, refuse(400, "InvalidTagKey.Malformed", "The tag key %q is not valid.", key)
		}
		if utf8.RuneCountInString(value) > maxTagChars {
			return nil, refuse(400, "InvalidTagValue.Malformed", "The value of the tag %q is longer than %d characters.", key, maxTagChars)
		}
		tags[key] = value
	}
	if len(tags) == 0 {
		return nil, refuse(400, "MissingParameter.TagKey", "The parameter Tag.N.Key is mandatory and was not sent.")
	}
	return tags, nil
}

func validTagKey(key string) bool {
	return utf8.RuneCountInString(key) <= maxTagChars &&
		!strings.HasPrefix(key, "aliyun") && !strings.HasPrefix(key, "acs:") &&
		!strings.Contains(key, "http://") && !strings.Contains(key, "https://")
}

// repeated reads name.1, name.2 and so on, in that order; empty ones and
// repetitions are left out.
func repeated(rq *request, name string, most int) (values []string, err *apiError) {
	seen := map[string]bool{}
	for n := 1; n <= most; n++ {
		if value := rq.get(name + "." + strconv.Itoa(n)); value != "" && !seen[value] {
			seen[value] = true
			values = append(values, value)
		}
	}
	for _, sent := range rq.names() {
		rest, ok := strings.CutPrefix(sent, name+".")
		if n, _ := strconv.Atoi(rest); ok && n > most {
			return nil, invalid(sent, rq.get(sent), "at most "+strconv.Itoa(most)+" may be sent")
		}
	}
	return values, nil
}
