// Package lang is the one way in which something is said to a person: a
// sentence in English and, beside it, in Chinese, made by Say, or by Err where
// it is an error. Whoever shows it to a person picks the language then.
//
// It decides nothing and knows nothing of ours: words that stand for
// something (reasons, outcomes, settings, ids, codes) are the same in every
// language, and go in as arguments.
package lang

import (
	"errors"
	"fmt"
	"strings"
)

// A Language is one that people are spoken to in.
type Language string

// The languages, as RENEW_LANG names them. The zero Language is English.
const (
	English Language = "en"
	Chinese Language = "zh"
)

// Parse reads the name of a language; "" is English.
func Parse(text string) (Language, error) {
	switch l := Language(text); l {
	case "":
		return English, nil
	case English, Chinese:
		return l, nil
	}
	return "", Err("%q is no language of messages; there are %s and %s", "%q 不是可用的语言；可选 %s 和 %s", text, English, Chinese)
}

// A Speaker can say what it has to say in every language.
type Speaker interface {
	In(l Language) string
}

// A Text is a sentence in all languages. The zero Text says nothing.
type Text struct {
	en, zh string // formats, as of package fmt
	args   []any
}

// Say makes a text of its formats, which take the same arguments; where a
// language wants them in another order it numbers them, as in %[2]s. Arguments
// that are Speakers or errors are said in the language of the whole.
func Say(en, zh string, args ...any) Text { return Text{en, zh, args} }

// Plain makes a text that is the same in every language: an id, a name, what
// somebody else has said.
func Plain(text string) Text { return Say("%s", "%s", text) }

// Join says texts one after the other, with sep between them.
func Join(texts []Text, sep Text) Text {
	var args []any
	for i, t := range texts {
		if i > 0 {
			args = append(args, sep)
		}
		args = append(args, t)
	}
	format := strings.Repeat("%s", len(args))
	return Say(format, format, args...)
}

// Empty says whether t says nothing.
func (t Text) Empty() bool { return t.en == "" && t.zh == "" }

// String gives t in English.
func (t Text) String() string { return t.In(English) }

// In gives t in a language.
func (t Text) In(l Language) string {
	format := t.en
	if l == Chinese {
		format = t.zh
	}
	said := make([]any, len(t.args))
	for i, arg := range t.args {
		said[i] = arg
		switch arg := arg.(type) {
		case Speaker:
			said[i] = arg.In(l)
		case error:
			said[i] = Of(arg, l)
		}
	}
	return fmt.Sprintf(format, said...)
}

// Equal says whether t and other say the same in every language.
func (t Text) Equal(other Text) bool {
	return t.In(English) == other.In(English) && t.In(Chinese) == other.In(Chinese)
}

// failure is an error that is said in every language.
type failure struct {
	Text
}

// Err makes an error like Say makes a text. Errors among the arguments are
// wrapped by it. Like one of errors.New it is itself alone.
func Err(en, zh string, args ...any) error { return &failure{Say(en, zh, args...)} }

// Error says the error in English.
func (f *failure) Error() string { return f.In(English) }

// Unwrap gives the errors among the arguments.
func (f *failure) Unwrap() []error {
	var causes []error
	for _, arg := range f.args {
		if err, ok := arg.(error); ok {
			causes = append(causes, err)
		}
	}
	return causes
}

// ErrorIn makes err say itself in a language, to those who ask for none.
func ErrorIn(err error, l Language) error {
	if err == nil {
		return nil
	}
	return spoken{err, l}
}

// spoken is an error that is shown in one language.
type spoken struct {
	error
	language Language
}

// Error says it in its language.
func (s spoken) Error() string { return Of(s.error, s.language) }

// In says it in another one.
func (s spoken) In(l Language) string { return Of(s.error, l) }

// Unwrap gives the error itself.
func (s spoken) Unwrap() error { return s.error }

// Of says err in a language, as far as it can: what comes from elsewhere has
// one language only.
func Of(err error, l Language) string {
	if err == nil {
		return ""
	}
	if s, ok := err.(Speaker); ok { //nolint:errorlint // the whole is to be said, not a part of it
		return s.In(l)
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // of errors.Join
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, errors.New(Of(e, l)))
		}
		return errors.Join(all...).Error()
	}
	return err.Error()
}
