package renewal

import (
	"testing"
	"time"
)

// The token of another product goes by the day that begins at the midnight nearest
// to its expiry, however that is spelt, and by neither region nor generation.
func TestTokenOfOtherProducts(t *testing.T) {
	at := func(clock string) Instance {
		end, err := time.ParseInLocation("2006-01-02 15:04:05", clock, Beijing)
		if err != nil {
			t.Fatal(err)
		}
		return Instance{Product: "rds", Account: "1", ID: "rm-1", Expires: end.UTC()}
	}
	next := Token(at("2026-12-01 00:00:00"), 0)
	if next != hash("renew", "v2", "rds", "1", "rm-1", "2026-12-01") {
		t.Error(next)
	}
	for clock, same := range map[string]bool{
		"2026-11-30 23:59:59": true, "2026-11-30 21:30:00": true, "2026-12-01 03:00:00": true, "2026-11-30 12:00:00": true, "2026-12-01 11:59:59": true,
		"2026-12-01 12:00:00": false, "2026-11-30 11:59:59": false, "2026-11-30 03:00:00": false,
	} {
		if got := Token(at(clock), 0) == next; got != same {
			t.Errorf("%s has the token of 1 December: %t", clock, got)
		}
	}
	for name, change := range map[string]func(*Instance){
		"product": func(in *Instance) { in.Product = "redis" }, "account": func(in *Instance) { in.Account = "2" }, "id": func(in *Instance) { in.ID = "rm-2" },
	} {
		other := at("2026-12-01 00:00:00")
		change(&other)
		if Token(other, 0) == next {
			t.Errorf("another %s has the same token", name)
		}
	}
	elsewhere := at("2026-12-01 00:00:00")
	elsewhere.Region, elsewhere.Name = "cn-beijing", "x"
	if Token(elsewhere, 0) != next || Token(elsewhere, 3) != next {
		t.Error("the region, or a generation, makes another token")
	}
}

// What each product's page says of its terms, its provider's first deduction and
// its end.
func TestTraitsOfProducts(t *testing.T) {
	months := func(n int) Term { return Term{Period: Period{Months: n}} }
	for key, tt := range map[string]struct {
		offers, refuses []Term
		first           string // of what expires 2026-12-11 00:00, UTC+8
		china, intl     int    // days until it is released
	}{
		"ecs":     {[]Term{months(60), {Period: Period{Weeks: 1}}, {UntilDay: 3}}, nil, "2026-12-02 08:00", 15, 30},
		"rds":     {[]Term{months(1), months(9), months(48), months(60)}, []Term{{Period: Period{Weeks: 1}}, {UntilDay: 3}}, "2026-12-08 08:00", 15, 15},
		"redis":   {[]Term{months(12), months(36)}, []Term{months(48), {UntilDay: 3}}, "2026-12-04 08:00", 15, 30},
		"mongodb": {[]Term{months(24)}, []Term{months(60)}, "2026-12-02 08:00", 15, 15},
		"polardb": {[]Term{months(2)}, []Term{months(60)}, "2026-12-02 08:00", 15, 30},
		"eip":     {[]Term{months(36)}, []Term{months(48), {Period: Period{Weeks: 4}}}, "2026-12-02 08:00", 7, 7},
		"cbwp":    {[]Term{months(9)}, []Term{months(60)}, "2026-12-02 08:00", 7, 7},
		"clb":     {[]Term{months(9)}, []Term{months(60)}, "2026-12-02 08:00", 7, 7},
	} {
		end := time.Date(2026, 12, 11, 0, 0, 0, 0, Beijing)
		in := Instance{Product: key, Expires: end.UTC()}
		for _, term := range tt.offers {
			if err := in.Traits().Offers(term, China); err != nil {
				t.Errorf("%s, %s: %v", key, term, err)
			}
		}
		for _, term := range tt.refuses {
			if in.Traits().Offers(term, China) == nil {
				t.Errorf("%s offers %s", key, term)
			}
		}
		if got := firstDeduction(in).In(Beijing).Format("2006-01-02 15:04"); got != tt.first {
			t.Errorf("%s: first deduction %s, want %s", key, got, tt.first)
		}
		if china, intl := in.Release(China).Sub(end)/Day, in.Release(Intl).Sub(end)/Day; int(china) != tt.china || int(intl) != tt.intl {
			t.Errorf("%s: released after %d and %d days", key, china, intl)
		}
	}
}
