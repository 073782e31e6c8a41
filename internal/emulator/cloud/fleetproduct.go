package cloud

import (
	"maps"
	"slices"
	"strings"
)

// What a fleet file may say of an instance depends on its product.

func (r *fleetReader) checkProduct(n int, i Instance) {
	fail := func(field, format string, args ...any) { r.fail(item("instances", n, i.ID, field), format, args...) }
	oneOf := func(field, value string, words ...string) {
		if value != "" && !slices.Contains(words, value) {
			fail(field, "%q is not one of %s", value, strings.Join(words, ", "))
		}
	}
	p := productOf(i.Product)
	if kept := slices.IndexFunc(products, func(row *product) bool { return row != p && row.code == i.Product }); kept >= 0 {
		fail("product", "%q is a billing code; the product is called %q", i.Product, products[kept].key)
	}
	if row := slices.Contains(products, p) || slices.Contains(codes, i.Product); !row && i.Code == "" {
		fail("product", "there is no product %q here; if it is a billing code, say code: %s, too", i.Product, i.Product)
	}
	for _, field := range i.BillingBlank {
		oneOf("billingBlank", field, slices.Sorted(maps.Keys(blank))...)
	}
	if i.Primary != "" && p != rds {
		fail("primary", "only RDS has read-only instances")
	}
	if i.Kind != "" && p != mongodb {
		fail("kind", "only MongoDB has kinds")
	}
	if p != ecs {
		return // the words for state and locks are the product's own
	}
	oneOf("status", i.Status, ecsStatuses...)
	for _, lock := range i.Locks {
		oneOf("locks", lock, "financial", "security", "Recycling", "dedicatedhostfinancial", "refunded")
	}
}

// checkDirectory finds members and payers whose other account is not there.
func (r *fleetReader) checkDirectory(accounts []Account, known map[string]bool) {
	for n, a := range accounts {
		if a.Member != (Member{}) && a.Member.Of == "" {
			r.fail(item("accounts", n, a.ID, "member"), "of is missing: the id of the management account")
		}
		for field, id := range map[string]string{"payer": a.Payer, "member": a.Member.Of} {
			if !known[id] {
				r.fail(item("accounts", n, a.ID, field), "there is no account %q in this file", id)
			}
		}
	}
}
