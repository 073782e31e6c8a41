package renewal

import (
	"maps"
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// RegionDoubts says where a region that is asked for is perhaps none: nothing of what
// is looked after is there, and something is in one that differs by a letter, or
// nothing is in any and all of it elsewhere. The billing's list knows no regions: it
// takes any text for one in which there is nothing. There is how many were listed in
// each region; "" = they have none, and belong to every selection. Where not the whole
// of every list was read, what is elsewhere may be in the region that is asked for, too.
func RegionDoubts(asked []string, there map[string]int, whole bool) (doubts []lang.Text) {
	met := there[""] > 0
	for _, region := range asked {
		met = met || there[region] > 0
		if near := besides(region, asked, there); near != "" && there[region] == 0 {
			doubts = append(doubts, lang.Say("RENEW_REGIONS: nothing that was listed is in %s; perhaps %s is meant, where there are %d", "RENEW_REGIONS：查询到的资源都不在 %s 中；是否应为 %s（有 %d 个）", region, near, there[near]))
		}
	}
	if whole && len(there) > 0 && !met && doubts == nil {
		most := slices.MaxFunc(slices.Sorted(maps.Keys(there)), func(a, b string) int { return there[a] - there[b] })
		doubts = append(doubts, lang.Say("RENEW_REGIONS: nothing that was listed is in %s; there are %d in %s", "RENEW_REGIONS：查询到的资源都不在 %s 中；%[3]s 中有 %[2]d 个", strings.Join(asked, ", "), there[most], most))
	}
	return doubts
}

// besides gives the region that is not asked for, has something, and is a letter away
// from one; "" = there is none. Two letters are those between us-east and us-west.
func besides(region string, asked []string, there map[string]int) string {
	like := likenessOf(region)
	for _, other := range slices.Sorted(maps.Keys(there)) {
		slips, nearly := like.distance(shapeOf(other))
		if nearly && slips == 1 && !slices.Contains(asked, other) {
			return other
		}
	}
	return ""
}
