package runner

import (
	"cmp"
	"slices"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// newTally begins to count what the settings fit in a list, in a run that is
// about everything; nil in one that an event has narrowed.
func (r *run) newTally() *renewal.Tally {
	if r.job.Policy.Narrowed {
		return nil
	}
	return r.job.Policy.NewTally(r.start)
}

// count counts an instance of the list that is not looked at any further.
func (s *scope) count(in renewal.Instance) {
	if s.tally != nil {
		in.Account = s.id
		s.tally.Add(in)
	}
}

// cover says what the settings and rules fit of everything that was listed, and
// where they perhaps do not mean what was meant. What matters was not counted
// with its page, but is now, that its renewal mode is known.
func (r *run) cover() (doubts renewal.Doubts) {
	if r.job.Policy.Narrowed {
		return doubts
	}
	all := r.newTally()
	instances := map[*scope][]renewal.Instance{}
	for _, s := range r.scopes {
		list := cmp.Or(s.list, s)
		instances[list] = append(instances[list], s.instances...)
	}
	for _, s := range r.lists() {
		tally := s.tally
		if s.tally = nil; tally == nil {
			tally = r.newTally()
		}
		for _, in := range instances[s] {
			tally.Add(in)
		}
		s.report.Own = tally.Own()
		all.Merge(tally)
	}
	c := all.Coverage()
	r.coverage, r.shares = &c, all.Shares()
	doubts = all.Doubts(r.places())
	doubts.Lost = append(doubts.Lost, r.doubtRegions()...)
	for _, doubt := range slices.Concat(doubts.Lost, doubts.Entries) {
		r.warn(doubt)
	}
	for _, doubt := range doubts.Rules {
		r.warnings = append(r.warnings, renewal.Warning{Text: doubt, Quiet: true})
	}
	return doubts
}

// doubtRegions doubts the regions of the settings where no list but the billing's was
// asked about them: servers' own refuses a region that does not exist.
func (r *run) doubtRegions() []lang.Text {
	there, whole := map[string]int{}, true
	for _, s := range r.lists() {
		whole = whole && s.trouble() == nil
		for region, n := range s.places {
			there[region] += n
		}
	}
	if r.job.AllRegions || r.job.Policy.Products.Listed() {
		return nil
	}
	return renewal.RegionDoubts(r.job.Regions, there, whole)
}

// places are where this run looks.
func (r *run) places() renewal.Places {
	var p renewal.Places
	if products := r.job.Policy.Products; !products.All {
		p.Products = products.List()
	}
	for _, s := range r.scopes {
		p.Accounts, p.Regions = append(p.Accounts, s.id), append(p.Regions, s.region)
	}
	for _, list := range []*[]string{&p.Accounts, &p.Regions} {
		slices.Sort(*list)
		*list = slices.DeleteFunc(slices.Compact(*list), func(place string) bool { return place == "" })
	}
	return p
}
