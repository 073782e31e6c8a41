package runner

import (
	"context"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// bookCloud is the orders of an account.
type bookCloud struct {
	Cloud
	orders []renewal.Order
}

func (c *bookCloud) Orders(_ context.Context, _ string, from, to time.Time) (listed []renewal.Order, err error) {
	for _, o := range c.orders {
		if !o.Created.Before(from) && !o.Created.After(to) {
			listed = append(listed, o)
		}
	}
	return listed, nil
}

func (c *bookCloud) Order(_ context.Context, id string) (renewal.Order, error) {
	for _, o := range c.orders {
		if o.ID == id {
			return o, nil
		}
	}
	panic(id)
}

// However long it is since the book was read: nothing that was ordered meanwhile is
// missed.
func TestBookThatWasReadLongAgo(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	cloud := &bookCloud{}
	r := &run{Runner: &Runner{Now: func() time.Time { return now }}, job: Job{Concurrency: 1}}
	b := r.book(&scope{account: newAccount("1", cloud), traits: renewal.TraitsOf("eip")})
	if err := b.open(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	cloud.orders = append(cloud.orders, renewal.Order{ID: "17", Renewal: true, State: renewal.OrderPaid, Created: now.Add(time.Minute), IDs: []string{"eip-1"}})
	now = now.Add(3 * time.Hour)
	if err := b.renewed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o, found := b.of(renewal.Instance{ID: "eip-1", Expires: now}); !found || o.ID != "17" {
		t.Errorf("%+v", o)
	}
}
