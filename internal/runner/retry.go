package runner

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	readTries     = 4                // of a read that fails otherwise than by throttling
	throttledTime = 90 * time.Second // a quota is counted by the minute, so the next one is waited for
)

// read makes a call that changes nothing, or nothing more when it is repeated,
// and repeats it while that can help.
func read[T any](ctx context.Context, call func() (T, error)) (T, error) {
	tries := 0
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval, wait.Multiplier = 200*time.Millisecond, 10*time.Second, 2
	value, err := backoff.Retry(ctx, func() (T, error) {
		value, err := call()
		if err == nil {
			return value, nil
		}
		tries++
		e := renewal.Classify(err)
		if e.Class == renewal.Terminal || e.Class == renewal.Halt || !e.Busy && tries >= readTries {
			return value, backoff.Permanent(err)
		}
		if e.After > 0 {
			_ = sleep(ctx, e.After)
		}
		return value, err
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(throttledTime))
	return value, err
}

// do is read for a call without a value.
func do(ctx context.Context, call func() error) error {
	_, err := read(ctx, func() (struct{}, error) { return struct{}{}, call() })
	return err
}
