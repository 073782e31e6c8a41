package runner

import (
	"slices"
	"sync"
)

// Progress is how far a run has come, for a person who watches it. The nil Progress
// is watched by nobody. It decides nothing.
type Progress struct {
	mu       sync.Mutex
	state    Standing
	underWay map[string]bool
}

// Standing is how far a run has come at one moment.
type Standing struct {
	Scopes   int      // to be listed
	Read     int      // of them, to their end or as far as it went
	Listed   int      // subscriptions
	Payments int      // that are planned
	Asked    int      // of them, whose money call was made
	Accepted int      // of them, that the cloud has accepted
	UnderWay []string // ids of those whose money call is on its way
}

// Standing says how far the run has come.
func (p *Progress) Standing() Standing {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	for id, now := range p.underWay {
		if now {
			s.UnderWay = append(s.UnderWay, id)
		}
	}
	s.Asked = len(p.underWay)
	slices.Sort(s.UnderWay)
	return s
}

func (p *Progress) note(change func(s *Standing)) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.state)
}

// sending tells that the money call for an instance is about to be made.
func (p *Progress) sending(id string) {
	p.note(func(*Standing) {
		if p.underWay == nil {
			p.underWay = map[string]bool{}
		}
		p.underWay[id] = true
	})
}

// answered tells that the money call has come back.
func (p *Progress) answered(id string, accepted bool) {
	p.note(func(s *Standing) {
		p.underWay[id] = false
		if accepted {
			s.Accepted++
		}
	})
}
