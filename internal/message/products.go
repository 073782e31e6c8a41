package message

import (
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A kind is what people call some products.
type kind struct {
	products []string // by key; nil = all others
	one      lang.Text
	many     func(n int) lang.Text
}

// kinds are in the order in which a message counts them.
var kinds = []kind{
	{[]string{"ecs"}, lang.Say("1 server", "服务器 1 台"), func(n int) lang.Text { return lang.Say("%d servers", "服务器 %d 台", n) }},
	{[]string{"rds", "redis", "mongodb", "polardb"}, lang.Say("1 database", "数据库 1 个"), func(n int) lang.Text { return lang.Say("%d databases", "数据库 %d 个", n) }},
	{[]string{"eip"}, lang.Say("1 address", "公网 IP 1 个"), func(n int) lang.Text { return lang.Say("%d addresses", "公网 IP %d 个", n) }},
	{[]string{"cbwp"}, lang.Say("1 shared bandwidth", "共享带宽 1 个"), func(n int) lang.Text { return lang.Say("%d shared bandwidths", "共享带宽 %d 个", n) }},
	{[]string{"clb"}, lang.Say("1 load balancer", "负载均衡 1 个"), func(n int) lang.Text { return lang.Say("%d load balancers", "负载均衡 %d 个", n) }},
	{nil, lang.Say("1 other", "其他 1 个"), func(n int) lang.Text { return lang.Say("%d others", "其他 %d 个", n) }},
}

// dueByKind counts what is due, by what people call it; the empty text where it is
// servers alone.
func (t teller) dueByKind() lang.Text {
	counts := make([]int, len(kinds))
	for _, e := range t.r.Instances {
		if e.Reason.Due() {
			i := slices.IndexFunc(kinds, func(k kind) bool {
				return k.products == nil || slices.Contains(k.products, renewal.TraitsOf(e.Product).Key)
			})
			counts[i]++
		}
	}
	var parts []lang.Text
	for i, n := range counts {
		switch {
		case n == 1:
			parts = append(parts, kinds[i].one)
		case n > 1:
			parts = append(parts, kinds[i].many(n))
		}
	}
	if len(parts) == 0 || len(parts) == 1 && counts[0] > 0 {
		return lang.Text{}
	}
	return lang.Join(parts, lang.Say(", ", "、"))
}

// due says how much is due.
func (t teller) due() lang.Text {
	n := t.r.Counts.Due
	if kinds := t.dueByKind(); !kinds.Empty() {
		return lang.Say("%d due (%v)", "需处理 %d 个（%v）", n, kinds)
	}
	return lang.Say("%d due", "需处理 %d 台", n)
}

// product names the product of an instance where its words do not: the empty text
// for a server.
func (t teller) product(e renewal.Entry) lang.Text {
	if renewal.TraitsOf(e.Product).Listed {
		return lang.Text{}
	}
	return lang.Plain(t.foreign(strings.TrimSpace(e.Product), maxName))
}
