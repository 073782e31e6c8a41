package runner

import (
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Denials are the answers of a region that the role may not pay there. Rights
// can be given by region, tag and instance, so that one such answer is about one
// instance; some in a row, where nothing was ever accepted, are about the region.
type denials struct {
	mu       sync.Mutex
	inARow   int
	anything bool // was accepted
	door     door
}

const denialsInARow = 3

func (d *denials) accepted() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.anything = true
}

// heed takes an answer to a money call that was not accepted.
func (d *denials) heed(e *renewal.CallError) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case e.Class == renewal.Retryable:
	case e.Unpermitted:
		if d.inARow++; d.inARow >= denialsInARow && !d.anything {
			d.door.shut(e)
		}
	default:
		d.inARow = 0
	}
}
