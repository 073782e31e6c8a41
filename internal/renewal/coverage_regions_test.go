package renewal

import (
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

func TestRegionDoubts(t *testing.T) {
	for name, tt := range map[string]struct {
		asked string
		there map[string]int
		want  []string // words of each
	}{
		"all there":                         {"cn-hangzhou,cn-beijing", map[string]int{"cn-hangzhou": 1, "cn-beijing": 2}, nil},
		"one of them has nothing":           {"cn-hangzhou,cn-shanghai", map[string]int{"cn-hangzhou": 1}, nil},
		"two letters swapped":               {"cn-hangzhuo", map[string]int{"cn-hangzhou": 3}, []string{"in cn-hangzhuo; perhaps cn-hangzhou is meant, where there are 3"}},
		"a letter too few, beside another":  {"cn-hangzhou,cn-bejing", map[string]int{"cn-hangzhou": 1, "cn-beijing": 2}, []string{"in cn-bejing; perhaps cn-beijing"}},
		"what is near is asked for, too":    {"cn-beijing,cn-bejing", map[string]int{"cn-beijing": 2}, nil},
		"everything is elsewhere":           {"cn-shanghai,cn-qingdao", map[string]int{"cn-beijing": 2, "cn-hangzhou": 1}, []string{"in cn-shanghai, cn-qingdao; there are 2 in cn-beijing"}},
		"another one of the kind":           {"us-east-1,cn-hangzhou", map[string]int{"us-west-1": 2, "cn-hangzhou": 1}, nil},
		"a digit":                           {"us-west-1,cn-hangzhou", map[string]int{"us-west-2": 2, "cn-hangzhou": 1}, nil},
		"what has no region is looked at":   {"cn-shanghai", map[string]int{"": 1, "cn-beijing": 2}, nil},
		"nothing is listed":                 {"cn-hangzhou", nil, nil},
		"a letter wrong in one, in a digit": {"cn-hangzhou1", map[string]int{"cn-hangzhou": 2}, []string{"there are 2 in cn-hangzhou"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := said(RegionDoubts(strings.Split(tt.asked, ","), tt.there, true))
			if len(got) != len(tt.want) {
				t.Fatalf("%q", got)
			}
			if inPart := RegionDoubts(strings.Split(tt.asked, ","), tt.there, false); len(inPart) > 0 && !strings.Contains(inPart[0].In(lang.English), "perhaps") {
				t.Errorf("where a list broke off: %q", said(inPart))
			}
			for i, words := range tt.want {
				if !strings.Contains(got[i], words) {
					t.Errorf("no %q in %q", words, got[i])
				}
			}
		})
	}
}
