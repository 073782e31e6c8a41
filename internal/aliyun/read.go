package aliyun

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// raw is a part of an answer that is not read yet.
type raw = json.RawMessage

// A reader reads parts of an answer by what they mean. What the documents call
// a text comes as a number or a boolean now and then, a number in quotes, and
// an object that holds nothing as [] or "". What cannot be meant is left empty,
// and its key noted, so that one odd part spoils no more than what it is of.
type reader struct {
	wrong []string // keys of what could not be read
}

// fault gives the keys of what could not be read, "" = all could be.
func (r *reader) fault() string { return strings.Join(r.wrong, ", ") }

func (r *reader) odd(key string) { r.wrong = append(r.wrong, key) }

// nothing says whether v stands for no value at all.
func nothing(v raw) bool {
	switch string(bytes.TrimSpace(v)) {
	case "", "null", `""`, "[]", "{}":
		return true
	}
	return false
}

// text reads a string, a number or a boolean as it is written.
func (r *reader) text(key string, v raw) string {
	if nothing(v) {
		return ""
	}
	switch v[0] {
	case '"':
		var s string
		if json.Unmarshal(v, &s) != nil {
			r.odd(key)
		}
		return s
	case '{', '[':
		r.odd(key)
		return ""
	}
	return string(v)
}

// number reads a whole number, also one in quotes. What is not there is 0.
func (r *reader) number(key string, v raw) int {
	text := strings.TrimSpace(r.text(key, v))
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != float64(int(n)) {
		r.odd(key)
		return 0
	}
	return int(n)
}

// flag reads a truth, which may be written in words of any case.
func (r *reader) flag(key string, v raw) bool { return strings.EqualFold(r.text(key, v), "true") }

// moment reads a time, UTC: as text, to the minute or finer, or as milliseconds
// since 1970. What is not there, or is no time, is the zero time.
func (r *reader) moment(key string, v raw) time.Time {
	text := r.text(key, v)
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return parseTime(text)
	}
	if t := time.UnixMilli(ms).UTC(); ms > 0 && t.Year() <= 9999 {
		return t
	}
	return time.Time{}
}

// absent says whether v is no value at all, not even an empty one.
func absent(v raw) bool { return len(v) == 0 || string(v) == "null" }

// unlisted says whether v, which is to be a list, or an object that has one as its
// inner value, has none, not even an empty one.
func unlisted(v raw, inner string) bool {
	var wrapped map[string]raw
	return absent(v) || inner != "" && v[0] == '{' && json.Unmarshal(v, &wrapped) == nil && absent(wrapped[inner])
}

// object reads an object into the fields of a struct, which are raw.
func (r *reader) object(key string, v raw, into any) {
	if !nothing(v) && json.Unmarshal(v, into) != nil {
		r.odd(key)
	}
}

// list reads the elements of a list, which stands alone or, as the API mostly
// has it, as the value named inner of an object. One element by itself is a list
// of one.
func (r *reader) list(key string, v raw, inner string) []raw {
	var wrapped map[string]raw
	if json.Unmarshal(v, &wrapped) == nil && inner != "" {
		within, there := wrapped[inner]
		if !there && len(wrapped) > 0 {
			r.odd(key) // an object of something else
		}
		return r.elements(within)
	}
	if !nothing(v) && v[0] != '[' {
		r.odd(key)
		return nil
	}
	return r.elements(v)
}

func (r *reader) elements(v raw) (all []raw) {
	if nothing(v) {
		return nil
	}
	if json.Unmarshal(v, &all) != nil {
		return []raw{v}
	}
	return all
}

// texts reads a list of texts.
func (r *reader) texts(key string, v raw, inner string) (all []string) {
	for _, element := range r.list(key, v, inner) {
		all = append(all, r.text(key, element))
	}
	return all
}

// scalar is a text where a whole answer is read at once: order ids, codes and
// amounts come in quotes and without.
type scalar string

// UnmarshalJSON implements json.Unmarshaler. What is no scalar is none.
func (s *scalar) UnmarshalJSON(v []byte) error {
	*s = scalar(new(reader).text("", v))
	return nil
}
