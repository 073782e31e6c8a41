package runner

import (
	"context"
	"sync"
)

// A gate stands before the changing calls of an account. It is open; or paused,
// while one refused instance finds out whether the account can pay after all;
// or closed, for the rest of the run.
type gate struct {
	mu     sync.Mutex
	paused chan struct{} // nil = not paused; closed when the pause ends
	closed error
}

func newGate() *gate { return &gate{} }

// pass waits while the gate is paused. It gives why the gate is closed, or nil.
func (g *gate) pass(ctx context.Context) error {
	for {
		g.mu.Lock()
		paused, closed := g.paused, g.closed
		g.mu.Unlock()
		if closed != nil || paused == nil {
			return closed
		}
		select {
		case <-paused:
		case <-ctx.Done():
			return nil // the caller looks at the time
		}
	}
}

// pause makes the caller the one who finds out; false when somebody else does,
// or the gate is closed.
func (g *gate) pause() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.paused != nil || g.closed != nil {
		return false
	}
	g.paused = make(chan struct{})
	return true
}

// resume ends a pause; with an error the gate is closed for good.
func (g *gate) resume(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = err
	}
	if g.paused != nil {
		close(g.paused)
		g.paused = nil
	}
}

// isClosed says whether the gate is closed for good.
func (g *gate) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed != nil
}
