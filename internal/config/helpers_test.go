package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

var now = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// read reads settings: name=value.
func read(variables ...string) (Config, error) { return Read(environment(nil, variables...)) }

// environment has webhooks whose names stand before their addresses.
func environment(reader func(string) ([]byte, error), variables ...string) Environment {
	return Environment{Variables: variables, ReadFile: reader, Webhooks: func(value string) (names []string, err error) {
		for entry := range strings.SplitSeq(value, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(entry), "https://")
			names = append(names, strings.TrimSuffix(name, "="))
		}
		return names, nil
	}}
}

func mustRead(t testing.TB, variables ...string) Config {
	t.Helper()
	c, err := read(variables...)
	if err != nil {
		t.Fatalf("%q: %v", variables, err)
	}
	return c
}

// refused checks that the settings are refused with all of these words.
func refused(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Error("it is accepted")
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q lacks %q", err, word)
		}
	}
}

// inChinese checks that a problem is told in Chinese as well.
func inChinese(t testing.TB, err error) {
	t.Helper()
	for _, line := range strings.Split(lang.Of(err, lang.Chinese), "\n") {
		if !strings.ContainsFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.Contains(line, "%!") {
			t.Errorf("it is not Chinese: %s", line)
		}
	}
}

// files gives a reader of some files.
func files(texts map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if name == "unreadable.yaml" {
			return nil, errors.New("input/output error")
		}
		text, found := texts[name]
		if !found {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}
}

// ending is a manual subscription instance that ends a while from now.
func ending(in time.Duration) renewal.Instance {
	expires := now.Add(in)
	return renewal.Instance{
		ID: "i-a", Name: "web-1", Account: "1234567890123456", Region: "cn-hangzhou", Zone: "cn-hangzhou-h", Type: "ecs.c7.large",
		Status: "Running", ResourceGroup: "rg-1", VPC: "vpc-1", SecurityGroups: []string{"sg-1", "sg-2"},
		Tags: map[string]string{"team": "payments", "env": "prod"}, Created: now.Add(-100 * renewal.Day),
		Subscription: true, Mode: renewal.Manual, Expires: expires,
	}
}

// noPanic makes a panic an error of this one test; it is deferred.
func noPanic(t *testing.T) {
	t.Helper()
	if r := recover(); r != nil {
		t.Errorf("panic: %+q", fmt.Sprint(r))
	}
}
