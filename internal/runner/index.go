package runner

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// billing is what reports call the list of all products but servers.
const billing = "billing"

const (
	indexIDs      = 100 // that the index takes at a time
	indexReadings = 2   // of a list that changes while it is read
)

var (
	errIndexShort = lang.Err("the billing's list broke off: it has fewer entries than it says", "账单列表不完整：实际条目少于其声明的数量")
	errIndexMoves = lang.Err("the billing's list changed while it was read, twice", "账单列表在读取期间两次发生变化")
)

// listIndex reads the billing's list of an account, and then what matters of it
// from the products' own APIs, which decide. The scopes in which that is acted
// upon, one for each product and region, are the result.
func (r *run) listIndex(ctx context.Context, list *scope) (parts []*scope, err error) {
	rows, err := r.indexed(ctx, list)
	if err == nil && list.report.Listed == 0 && len(list.others) == 0 {
		err = do(ctx, func() error { return list.cloud.MayIndex(ctx) })
	}
	list.report.Complete = err == nil && list.nameless == 0
	parts = r.partsOf(list, rows)
	group := errgroup.Group{}
	group.SetLimit(r.job.Concurrency)
	for _, part := range parts {
		group.Go(func() error { r.complete(ctx, part); return nil })
	}
	_ = group.Wait()
	for _, part := range parts {
		part.listedAt = r.Now()
	}
	return parts, err
}

// indexed gives the rows that matter; the rest is only counted.
func (r *run) indexed(ctx context.Context, list *scope) (rows []renewal.Instance, err error) {
	list.others = map[string]int{}
	if named := r.job.Policy.Named; named != nil {
		seen := map[string]bool{}
		for batch := range slices.Chunk(named, indexIDs) {
			for number, count := 1, 0; ; number++ {
				page, err := read(ctx, func() (renewal.IndexPage, error) { return list.cloud.Index(ctx, number, batch) })
				if err != nil {
					return rows, err
				}
				kept, _ := r.keep(list, page.Rows, seen)
				rows = append(rows, kept...)
				if count += page.Read; count >= page.Total {
					break
				}
				if page.Read == 0 {
					return rows, errIndexShort
				}
			}
		}
		return rows, nil
	}
	had := false
	for range indexReadings {
		rows, err = r.wholeIndex(ctx, list)
		if err == nil && had && list.report.Listed+len(list.others) == 0 {
			return rows, errIndexMoves // it cannot all be gone
		}
		if err != errIndexMoves { //nolint:errorlint // it is that very one
			return rows, err
		}
		had = had || list.report.Listed+len(list.others) > 0
	}
	return rows, err
}

// wholeIndex reads the list to its end, which is when as many entries have come as
// it says that there are. Its pages are no snapshot: where that number changes, the
// list may have moved under the reading.
func (r *run) wholeIndex(ctx context.Context, list *scope) (rows []renewal.Instance, err error) {
	list.report.Listed, list.nameless, list.tally, list.others, list.places = 0, 0, r.newTally(), map[string]int{}, map[string]int{}
	seen := map[string]bool{}
	count, total := 0, -1
	for number := 1; ; number++ {
		page, err := read(ctx, func() (renewal.IndexPage, error) { return list.cloud.Index(ctx, number, nil) })
		switch {
		case err != nil:
			return rows, err
		case total >= 0 && page.Total != total:
			return rows, errIndexMoves
		}
		total = page.Total
		count += page.Read
		kept, rest := r.keep(list, page.Rows, seen)
		rows = append(rows, kept...)
		r.countRest(ctx, list, rest)
		r.Progress.note(func(p *Standing) { p.Listed += page.Read })
		if listed := r.count.Add(int64(page.Read)); r.listing != nil {
			r.listing(int(listed))
		}
		switch {
		case count > total:
			return rows, errIndexMoves
		case count == total && (page.Read < page.Size || page.Read == 0):
			return rows, nil
		case count < total && page.Read == 0:
			return rows, errIndexShort
		}
	}
}

// countRest counts rows that do not matter, by their names where the settings or
// the rules go by those: what is counted shows that they mean what was meant.
func (r *run) countRest(ctx context.Context, list *scope, rows []renewal.Instance) {
	if len(rows) == 0 || list.tally == nil {
		return
	}
	if r.job.Policy.CountsNames() {
		named, err := read(ctx, func() ([]renewal.Instance, error) { return list.cloud.Names(ctx, rows) })
		if err == nil {
			rows = named
		} else {
			list.unnamedErr = err
		}
	}
	for _, in := range rows {
		list.count(in)
	}
}

// keep counts the rows that are looked after, and gives those that matter and the
// rest.
func (r *run) keep(list *scope, rows []renewal.Instance, seen map[string]bool) (kept, rest []renewal.Instance) {
	p := r.job.Policy
	for _, in := range rows {
		in.Account = list.id
		key := in.Traits().Key + "|" + in.ID
		switch {
		case in.ID != "" && seen[key]:
			continue
		case !p.Products.Has(in.Traits().Key):
			seen[key] = true
			list.others[in.Traits().Key]++
			continue
		}
		r.place(list, in, seen)
		if !r.inRegions(in.Region) {
			continue // and not seen: the list may have it where the run looks, too
		}
		seen[key] = true
		list.report.Listed++
		switch {
		case in.ID == "":
			list.nameless++
			rest = append(rest, in)
		case r.keeps(list, in):
			kept = append(kept, in)
		default:
			rest = append(rest, in)
		}
	}
	return kept, rest
}

// place counts a row where it is, looked at or not.
func (r *run) place(list *scope, in renewal.Instance, seen map[string]bool) {
	key := in.Traits().Key + "|" + in.ID + "|" + in.Region
	if list.places != nil && !(in.ID != "" && seen[key]) {
		seen[key] = true
		list.places[in.Region]++
	}
}

// inRegions says whether a row's region is one that the run looks at. A
// subscription without a region belongs to every selection.
func (r *run) inRegions(region string) bool {
	return region == "" || r.job.AllRegions && r.job.Regions == nil || slices.Contains(r.job.Regions, region)
}

// partsOf makes the scopes in which rows are acted upon.
func (r *run) partsOf(list *scope, rows []renewal.Instance) (parts []*scope) {
	for _, in := range rows {
		n := slices.IndexFunc(parts, func(s *scope) bool { return s.traits.Key == in.Traits().Key && s.region == in.Region })
		if n < 0 {
			n = len(parts)
			part := r.newScope(list.account, in.Traits(), in.Region)
			part.list = list
			parts = append(parts, part)
		}
		parts[n].instances = append(parts[n].instances, in)
	}
	slices.SortFunc(parts, func(a, b *scope) int {
		return cmp.Or(cmp.Compare(a.traits.Key, b.traits.Key), cmp.Compare(a.region, b.region))
	})
	return parts
}

// complete reads the rows of a part where their product knows them; of what it
// does not know nothing is believed. Names of the others come from elsewhere.
func (r *run) complete(ctx context.Context, s *scope) {
	if !s.traits.Native {
		named, err := read(ctx, func() ([]renewal.Instance, error) { return s.cloud.Names(ctx, s.instances) })
		if err != nil {
			s.unnamedErr = err
			return
		}
		s.instances = named
		return
	}
	ids := make([]string, len(s.instances))
	for i, in := range s.instances {
		ids[i] = in.ID
	}
	live, err := s.byID(ctx, ids)
	s.nativeErr = err
	byID := map[string][]renewal.Instance{}
	for _, in := range live {
		byID[in.ID] = append(byID[in.ID], in)
	}
	for i, row := range s.instances {
		shown, twice := onlyOne(byID[row.ID])
		switch {
		case twice != nil:
			s.instances[i].Unreadable = "expiry" // it has two, and nobody knows which is true
		case len(byID[row.ID]) == 0:
			s.instances[i].Strange = err == nil
			if err != nil {
				s.instances[i].Unreadable = s.traits.Key
			}
		default:
			s.instances[i] = s.asIndexed(row, shown)
		}
	}
}

// asIndexed completes what a product's own API shows with what the billing alone
// tells.
func (s *scope) asIndexed(row, shown renewal.Instance) renewal.Instance {
	shown.Product, shown.Kind, shown.Account = row.Product, row.Kind, row.Account
	shown.Region = row.Region
	if !s.traits.Native {
		shown.Name, shown.Tags, shown.ResourceGroup, shown.Unnamed = row.Name, row.Tags, row.ResourceGroup, row.Unnamed
	}
	shown.Mode, shown.Auto = row.Mode, row.Auto
	if shown.Created.IsZero() {
		shown.Created = row.Created
	}
	if shown.Mode == "" {
		shown.Mode = renewal.Unknown
	}
	return shown
}
