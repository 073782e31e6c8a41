package local

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Names, tags and errors are written by others; a terminal must not obey them.
func TestTerminalDoesNotObeyForeignText(t *testing.T) {
	const bad = "web\x1b[2J\nforged line \u202egnp"
	var out bytes.Buffer
	p := paper{out: &out, zone: time.UTC, width: 80}
	r := renewal.Report{
		Instances: []renewal.Entry{{ID: "i-1", Name: bad, Rule: bad, Error: bad}},
		Scopes:    []renewal.Scope{{Account: "1", Region: "cn-x", Error: bad}},
		Warnings:  []string{bad},
	}
	p.instances(r.Instances)
	p.totals(r)
	if text := out.String(); strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "\nforged") {
		t.Errorf("%q", text)
	}
}
