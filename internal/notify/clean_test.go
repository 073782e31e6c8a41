package notify

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func TestCleanText(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"as it is":               {"web-1", "web-1"},
		"Chinese":                {"支付网关", "支付网关"},
		"a new line":             {"a\nb\r\n\tc", "a b c"},
		"a line separator":       {"a\u2028b", "a b"},
		"an escape sequence":     {"\x1b[31mred", "[31mred"},
		"what reorders the text": {"a\u202eb\u200bc", "abc"},
		"broken UTF-8":           {"a\xffb", "ab"},
		"absurdly long":          {strings.Repeat("长", 200), strings.Repeat("长", maxName-1) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := clean(tt.in, maxName); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestNamesMeanNothingToAChat(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"web_server_1", "web_server_1"},
		{"_a_", "＿a＿"},
		{"<!channel> <@all> <at id=all></at>", "＜!channel＞ ＜＠all＞ ＜at id=all＞＜/at＞"},
		{"@all", "＠all"},
		{"[pay](https://evil.example/)", "［pay］(https:／／evil.example/)"},
		{"**b** ~s~ `c` # | \\ &lt;", "＊＊b＊＊ ～s～ ｀c｀ ＃ ｜ ＼ ＆lt;"},
	} {
		if got := neutral(tt.in); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestForeignTextInEveryField puts a mention and a control character wherever
// others may write.
func TestForeignTextInEveryField(t *testing.T) {
	evil := "<!channel>@all\x1b[2J\n" + strings.Repeat("x", 5000)
	r := everyProblem()
	for i := range r.Instances {
		e := &r.Instances[i]
		e.Name, e.ID, e.Region, e.Account, e.Error, e.Period, e.OrderID, e.Rule = evil, evil, evil, evil, evil, evil, evil, evil
		e.Price, e.Reason = evil, renewal.Reason(evil)
	}
	for i := range r.Scopes {
		r.Scopes[i].Region, r.Scopes[i].Error = evil, evil
	}
	r.RequestID, r.Trigger, r.Status, r.Money.Currency, r.Warnings, r.Lapsing = evil, evil, renewal.Status(evil), evil, []string{evil}, []string{evil}
	for _, kind := range prefixes {
		for _, p := range split(Text{}.writer(true).report(r), kind.protocol().fits) {
			body := string(kind.protocol().letter(address{}, p, began).body)
			for _, bad := range []string{"<!", "@all", "\x1b", strings.Repeat("x", 1000)} {
				if strings.Contains(body, bad) {
					t.Errorf("%s: %q got through", kind, bad)
				}
			}
			if !utf8.ValidString(body) {
				t.Errorf("%s: broken UTF-8", kind)
			}
		}
	}
	if text := Render(r, English, nil); strings.Contains(text, "\x1b") {
		t.Error("a control character reaches the terminal")
	}
}
