package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// TestSplittingLosesNoLine: every line is on one page, whole and in order, or
// counted on the last page; and no page is larger than its limit in bytes.
func TestSplittingLosesNoLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := documentOf(t)
		limit := rapid.IntRange(600, 6000).Draw(t, "limit")
		size := func(p page) int { return len(wecomText(p)) }
		pages := split(d, func(p page) bool { return size(p) <= limit })

		if len(pages) < 1 || len(pages) > maxPages {
			t.Fatalf("%d pages", len(pages))
		}
		var got []string
		for i, p := range pages {
			if n := size(p); n > limit {
				t.Fatalf("page %d has %d bytes, limit %d", i+1, n, limit)
			}
			if !utf8.ValidString(wecomText(p)) {
				t.Fatalf("page %d is broken UTF-8", i+1)
			}
			for _, s := range p.sections {
				got = append(got, s.lines...)
			}
		}
		whole, vital := 0, 0
		for _, s := range d.sections {
			for _, line := range s.lines {
				if whole < len(got) {
					if start, cut := strings.CutSuffix(got[whole], "…"); got[whole] != line && (!cut || !strings.HasPrefix(line, start)) {
						t.Fatalf("line %d is %q, want %q", whole, got[whole], line)
					}
				} else if s.vital {
					vital++
				}
				whole++
			}
		}
		left := whole - len(got)
		counted := strings.Contains(pages[len(pages)-1].foot, fmt.Sprintf(d.phrases.overflow, left, vital, d.run))
		if (left > 0) != counted {
			t.Fatalf("%d lines left out, %d problems; the foot says %q", left, vital, pages[len(pages)-1].foot)
		}
	})
}

func documentOf(t *rapid.T) document {
	lang := rapid.SampledFrom([]Language{English, Chinese}).Draw(t, "language")
	d := document{head: "head", sum: "sum", foot: "foot", run: "1-run", phrases: lang.phrases()}
	for i := range rapid.IntRange(0, 5).Draw(t, "sections") {
		s := section{heading: fmt.Sprintf("section %d", i), vital: rapid.Bool().Draw(t, "vital")}
		for j := range rapid.IntRange(1, 80).Draw(t, "lines") {
			text := rapid.StringOfN(rapid.RuneFrom([]rune("ab 续费😀é")), 0, 120, -1).Draw(t, "line")
			if rapid.IntRange(0, 99).Draw(t, "long") == 0 {
				text = strings.Repeat(text, 40)
			}
			s.lines = append(s.lines, fmt.Sprintf("%d.%d %s", i, j, text))
		}
		d.sections = append(d.sections, s)
	}
	return d
}

// TestEveryProblemReachesEveryChat: as many problems as fit are told whole, in
// bodies that the chats accept.
func TestEveryProblemReachesEveryChat(t *testing.T) {
	for _, kind := range prefixes {
		for _, lang := range []Language{English, Chinese} {
			for _, n := range []int{1, 20, 60, 500} {
				t.Run(fmt.Sprintf("%s/%s/%d", kind, lang, n), func(t *testing.T) {
					protocol := kind.protocol()
					pages := split(Text{Language: lang}.writer(true).report(huge(n)), protocol.fits)
					all, foot := "", pages[len(pages)-1].foot
					for _, p := range pages {
						l := protocol.letter(address{url: "https://x/", secret: "s"}, p, began)
						if problem := refused(kind, l.body); problem != "" {
							t.Error(problem)
						}
						all += string(l.body)
					}
					told := strings.Count(all, "i-bp1node-")
					if n <= 60 && told != n {
						t.Errorf("%d problems told of %d", told, n)
					}
					if told < n {
						counted := fmt.Sprintf(lang.phrases().overflow, n-told+1, n-told, "1-6922-req") // and the line of the rest
						if !strings.Contains(foot, counted) {
							t.Errorf("%d told; the foot lacks %q: %q", told, counted, foot)
						}
					}
				})
			}
		}
	}
}

// refused says what a chat has against a body: its size by the documented
// limits, not by ours.
func refused(kind Kind, body []byte) string {
	var m struct {
		Markdown struct{ Content, Text string }
		Blocks   []struct{ Text struct{ Text string } }
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return err.Error()
	}
	switch kind {
	case DingTalk, Feishu, Lark:
		if len(body) > 20_000 {
			return fmt.Sprintf("a body of %d bytes", len(body))
		}
	case WeCom:
		if n := len(m.Markdown.Content); n > 4096 || n == 0 {
			return fmt.Sprintf("a content of %d bytes", n)
		}
	case Slack:
		if len(m.Blocks) > 50 || len(body) > 13_000 {
			return fmt.Sprintf("%d blocks, %d bytes", len(m.Blocks), len(body))
		}
		for _, b := range m.Blocks {
			if n := utf8.RuneCountInString(b.Text.Text); n > 3000 {
				return fmt.Sprintf("a block of %d characters", n)
			}
		}
	}
	return ""
}
