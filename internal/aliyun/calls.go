package aliyun

import (
	"context"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Calls are the calls to one product of one account. How many instances each
// takes is among the product's traits.
type Calls interface {
	// Instances reads instances; those that are gone are left out.
	Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error)
	// States reads the renewal modes of subscriptions.
	States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error)
	// Price gives what a renewal would cost.
	Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error)
	// Renew pays: one send. It gives the order's id; see Cloud.Renew.
	Renew(ctx context.Context, region string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error)
	// SetState switches auto-renewal of subscriptions of one kind. Repeating it is harmless.
	SetState(ctx context.Context, region string, instances []renewal.Instance, state renewal.AutoState) error
}

// products makes the calls to the products that have an API of their own besides
// ECS, by key. What is not here the billing alone knows.
var products = map[string]func(billed) Calls{
	"rds":     func(b billed) Calls { return databases{b} },
	"redis":   func(b billed) Calls { return caches{b} },
	"mongodb": func(b billed) Calls { return documents{b} },
	"polardb": func(b billed) Calls { return clusters{paidByBilling{b}} },
	"eip":     func(b billed) Calls { return addresses{paidByBilling{b}} },
	"cbwp":    func(b billed) Calls { return bandwidths{paidByBilling{b}} },
	"clb":     func(b billed) Calls { return balancers{paidByBilling{b}} },
}

// Product gives the calls to a product by its key, or by its billing code; "" is
// ecs.
func (c *Cloud) Product(key string) Calls {
	known, _ := renewal.ProductOf(key)
	b := billed{c, renewal.TraitsOf(known)}
	if b.traits.Key == ecs.key {
		return servers{c}
	}
	if calls, found := products[b.traits.Key]; found {
		return calls(b)
	}
	return b
}
