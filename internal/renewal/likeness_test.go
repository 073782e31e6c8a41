package renewal

import (
	"regexp"
	"strings"
	"testing"

	"github.com/agnivade/levenshtein"
	"pgregory.net/rapid"
)

func TestLikeness(t *testing.T) {
	for _, row := range []struct {
		pattern, text string
		slips         int // -1 = not near
	}{
		{"prod", "Prod", 0}, {"tmp_*", "tmp-1", 0}, {"tmp_*", "TMP.7", 0}, {"web 1", "web-1", 0}, {`"prod"`, "prod", 0}, {"prod", "'prod'", 0}, {"env:test", "env=test", 0}, {"ｐｒｏｄ", "prod", 0},
		{"prdo", "prod", 1}, {"prd", "prod", 1}, {"proud", "prod", 1}, {"plod", "prod", 1}, {"tpm-*", "tmp-12", 1}, {"webb-*", "web-1", 1}, {"productoin", "production", 1}, {"poduction", "production", 1},
		{"prodctoin", "production", 2}, {"*-staging", "web-staigng", 1}, {"数据库-*", "数据-库-1", 1}, {"paymens-?", "payments-3", 1},
		{"web-1", "web-2", -1}, {"web-1", "web-12", -1}, {"i-bp1a", "i-bp2a", -1}, {"web1-*", "web2-x", -1}, {"Web-1", "web-2", -1},
		{"prod", "production", -1}, {"qa", "uat", -1}, {"db-*", "web-1", -1}, {"dev", "sit", -1}, {"test", "rust", -1}, {"a*", "b", -1}, {"*", "x", 0}, {"prod", "", -1},
		{"i-bp67f6d1f0", "i-bp67f6e1f0", 1}, {"i-bp67f6d1f0", "i-bp1a2b3c4d", -1},
	} {
		slips, nearly := likenessOf(row.pattern).distance(shapeOf(row.text))
		if nearly != (row.slips >= 0) || nearly && slips != row.slips {
			t.Errorf("%q and %q: %d, %v; want %d", row.pattern, row.text, slips, nearly, row.slips)
		}
	}
}

// Without wildcards and swaps it is the distance of a library, and it never
// gives up on what is near.
func TestEditsAreTheDistanceOfLevenshtein(t *testing.T) {
	word := rapid.StringOfN(rapid.RuneFrom([]rune("abc数")), 0, 7, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		want := levenshtein.ComputeDistance(a, b)
		got := edits([]rune(a), []rune(b), 9)
		if got > want || 2*got < want { // a swap is one here and two there
			t.Errorf("%q, %q: %d, and the library says %d", a, b, got, want)
		}
		if limited := edits([]rune(a), []rune(b), 2); (limited <= 2) != (got <= 2) || limited <= 2 && limited != got {
			t.Errorf("%q, %q: %d, and %d where two are the most", a, b, got, limited)
		}
	})
}

// A pattern matches what the regular expression matches that it stands for.
func TestPatternsMatchWhatTheyStandFor(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab*?数\n.")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		pattern, name := text.Draw(t, "pattern"), text.Draw(t, "name")
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile(`(?s)^(?:` + expression + `)$`).MatchString(name)
		if got := NewPattern(pattern).Matches(name); got != want {
			t.Errorf("%q on %q: %v, want %v", pattern, name, got, want)
		}
		if want {
			if slips, _ := likenessOf(pattern).distance(shapeOf(name)); slips != 0 {
				t.Errorf("%q matches %q, and is %d slips away", pattern, name, slips)
			}
		}
	})
}
