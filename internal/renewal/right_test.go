package renewal

import "testing"

// A right is needed for what is looked after, and for nothing else: the billing
// pays for what has no renewal of its own.
func TestRightsOfTheProductsInForce(t *testing.T) {
	rights := map[string]Right{
		"list":    {Product: "ecs", Use: ToList},
		"rds":     {Product: "rds", Use: ToPay},
		"eip":     {Product: "eip", Use: ToList},
		"index":   {Product: "billing", Use: ToList},
		"switch":  {Product: "billing", Use: ToSwitch},
		"orders":  {Product: "billing", Use: ToSeeOrders},
		"pay":     {Product: "billing", Use: ToPay},
		"balance": {Product: "billing", Use: ToSeeBalance},
		"names":   {Product: "resourcecenter", Use: ToName},
		"assume":  {Product: "sts", Use: ToAssume},
	}
	always := []string{"balance", "assume"}
	for _, tt := range []struct {
		products Products
		needed   []string
	}{
		{Products{}, []string{"list"}},
		{Products{Keys: []string{"rds"}}, []string{"rds", "index", "switch", "orders", "names"}},
		{Products{Keys: []string{"ecs", "eip"}}, []string{"list", "eip", "index", "switch", "orders", "pay", "names"}},
		{Products{Keys: []string{"waf"}}, []string{"index", "switch", "names"}},
		{Products{All: true}, []string{"list", "rds", "eip", "index", "switch", "orders", "pay", "names"}},
	} {
		needed := map[string]bool{}
		for _, name := range append(tt.needed, always...) {
			needed[name] = true
		}
		for name, right := range rights {
			if right.For(tt.products) != needed[name] {
				t.Errorf("%s for %v: %t", name, tt.products.List(), !needed[name])
			}
		}
	}
}
