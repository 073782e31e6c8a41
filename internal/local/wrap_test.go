package local

import (
	"slices"
	"testing"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text        string
		first, rest int
		want        []string
	}{
		{"", 10, 10, []string{""}},
		{"one two three", 7, 5, []string{"one two", "three"}},
		{"4 笔续费等待批准。", 10, 10, []string{"4 笔续费等", "待批准。"}},
		{"没有响应；请检查", 9, 9, []string{"没有响", "应；请检", "查"}},
		{"i-bp1web1 的续费", 12, 8, []string{"i-bp1web1 的", "续费"}},
		{"x https://example.com/a/long/address y", 10, 10, []string{"x", "https://example.com/a/long/address", "y"}},
		{"word", 2, 10, []string{"", "word"}},
		{"two  spaces", 20, 20, []string{"two  spaces"}},
	} {
		if got := wrap(tt.text, tt.first, tt.rest); !slices.Equal(got, tt.want) {
			t.Errorf("%q in %d and %d: %q, want %q", tt.text, tt.first, tt.rest, got, tt.want)
		}
	}
}
