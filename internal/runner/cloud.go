package runner

import (
	"context"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Cloud is what a run needs of one account of Alibaba Cloud. Every method that
// changes something is one send, and none repeats a call that has failed; errors
// are *renewal.CallError. It is safe for concurrent use.
type Cloud interface {
	// Identity gives the id of the account that the credentials belong to.
	Identity(ctx context.Context) (string, error)
	// Members gives a page, from 1, of the members of the organisation that the
	// account manages, itself not among them, and how many there are in all pages.
	Members(ctx context.Context, page int) ([]renewal.Member, int, error)
	// Regions gives the regions that the account may use.
	Regions(ctx context.Context) ([]string, error)
	// Page gives a page of the subscriptions that expire between from and to
	// (give or take a minute), and the token of the next one, "" at the end.
	Page(ctx context.Context, region string, from, to time.Time, next string) ([]renewal.Instance, string, error)
	// MayList gives nil when the role may list the region, which an empty page
	// does not say.
	MayList(ctx context.Context, region string) error
	// Instances reads up to 100 instances; those that are gone are left out.
	Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error)
	// States reads the renewal modes of up to 50 subscriptions.
	States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error)
	// Price gives what a renewal would cost.
	Price(ctx context.Context, region, id string, term renewal.Term) (renewal.Amount, error)
	// Balance gives what the account can spend.
	Balance(ctx context.Context) (renewal.Amount, error)
	// Renew pays. The token makes a repetition harmless. It returns within
	// timeout, with the id of the order, which may be "".
	Renew(ctx context.Context, region, id string, term renewal.Term, token string, timeout time.Duration) (string, error)
	// SetState switches auto-renewal of up to 50 subscriptions. It spends
	// nothing, and repeating it is harmless.
	SetState(ctx context.Context, region string, ids []string, state renewal.AutoState) error
	// Tag writes one tag on one instance, over another value of the same key. It
	// spends nothing, and repeating it is harmless; a read may show it late.
	Tag(ctx context.Context, region, id, key, value string) error
}

const (
	readSize   = 100 // instances a read
	statesSize = 50  // subscriptions a call on auto-renewal
)
