package message

import (
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A database is no server: the first line counts what is due by what it is, and a
// line names the product.
func TestProductsHaveTheirNames(t *testing.T) {
	of := func(product, name string) renewal.Entry {
		e := entry(name, 2*day, renewal.OutcomeFailed, renewal.Due)
		e.Product = product
		return e
	}
	mixed := report(renewal.Failed, of("ecs", "a"), of("ecs", "b"), of("rds", "c"), of("eip", "d"), of("waf", "e"))
	mixed.Counts.Due = 5
	servers := report(renewal.Failed, of("ecs", "a"), of("", "b"))
	servers.Counts.Due = 2
	for _, tt := range []struct {
		r    renewal.Report
		l    lang.Language
		want string
	}{
		{mixed, lang.English, "5 due (2 servers, 1 database, 1 address, 1 other), 0 done"},
		{mixed, lang.Chinese, "需处理 5 个（服务器 2 台、数据库 1 个、公网 IP 1 个、其他 1 个），已完成 0 台"},
		{servers, lang.English, "2 due, 0 done"},
		{servers, lang.Chinese, "需处理 2 台，已完成 0 台"},
	} {
		if line := firstOf(tt.r, tt.l); !strings.Contains(line, tt.want) {
			t.Errorf("%q, want %q", line, tt.want)
		}
	}
	text := style(lang.English).Report(mixed).String()
	if !strings.Contains(text, "c (i-bp1c), rds, cn-hangzhou") || strings.Contains(text, "a (i-bp1a), ecs") {
		t.Error(text)
	}
}

// What an order says was paid is what is told, and no "at least" where it is known.
func TestWhatWasPaidIsTold(t *testing.T) {
	e := paid("gate", 2*day)
	e.Product, e.Price, e.Paid = "eip", "30.00", "26.50"
	r := report(renewal.OK, e)
	r.Money.Spent = "26.50"
	if text := style(lang.English).Report(r).String(); !strings.Contains(text, "; 26.50 CNY") || strings.Contains(text, "30.00") {
		t.Error(text)
	}
	r.Instances[0].Price = ""
	if line := firstOf(r, lang.English); strings.Contains(line, "at least") || !strings.Contains(line, "26.50 CNY paid") {
		t.Error(line)
	}
}

// The billing's list is named as what it is.
func TestBillingListThatIsIncomplete(t *testing.T) {
	r := report(renewal.Partial)
	r.Scopes = []renewal.Scope{{Account: "1234567890123456", Product: "billing", Error: "NotAuthorized"}}
	if text := style(lang.English).Report(r).String(); !strings.Contains(text, "List of all products but servers") {
		t.Error(text)
	}
	if text := style(lang.Chinese).Report(r).String(); !strings.Contains(text, "服务器以外的所有产品") {
		t.Error(text)
	}
}
