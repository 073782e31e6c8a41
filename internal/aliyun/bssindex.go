package aliyun

import (
	"context"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

var errSoon = lang.Err("not there", "尚无")

// Index gives a page.
func (c *Cloud) Index(ctx context.Context, page int, ids []string) (renewal.IndexPage, error) {
	return renewal.IndexPage{}, errSoon
}

// MayIndex says whether.
func (c *Cloud) MayIndex(ctx context.Context) error { return errSoon }

// Orders lists orders.
func (c *Cloud) Orders(ctx context.Context, code string, from, to time.Time, unpaid bool) ([]renewal.Order, error) {
	return nil, errSoon
}

// Order reads one.
func (c *Cloud) Order(ctx context.Context, id string) (renewal.Order, error) {
	return renewal.Order{}, errSoon
}

// Names completes.
func (c *Cloud) Names(ctx context.Context, instances []renewal.Instance) ([]renewal.Instance, error) {
	return instances, errSoon
}
