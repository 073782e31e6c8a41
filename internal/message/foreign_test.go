package message

import (
	"strings"
	"testing"
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
