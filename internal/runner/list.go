package runner

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// list reads all scopes, whole before anything is done. What fails is in the
// scope; the error, a *Stop, is that nothing could be read.
func (r *run) list(ctx context.Context) error {
	ctx, done := r.itsShare(ctx)
	defer done()
	r.Progress.note(func(p *Standing) { p.Scopes = len(r.scopes) })
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	parts := make([][]*scope, len(r.scopes))
	for i, s := range r.scopes {
		if s.err != nil {
			continue
		}
		group.Go(func() (err error) {
			if s.traits.Key == billing {
				parts[i], err = r.listIndex(ctx, s)
			} else {
				err = r.listScope(ctx, s)
			}
			if err != nil {
				s.fail(err)
			}
			r.Progress.note(func(p *Standing) { p.Read++ })
			return nil
		})
	}
	_ = group.Wait()
	for _, s := range slices.Concat(parts...) {
		s.index = len(r.scopes)
		for i := range s.instances {
			s.instances[i].Scope = s.index
		}
		r.scopes = append(r.scopes, s)
	}
	r.oncePerAccount()
	return r.nothingListed()
}

// nothingListed stops a run in which nothing of any list could be read. A part
// of one is reported: what is in it may be about to lapse.
func (r *run) nothingListed() error {
	if len(r.scopes) == 0 {
		return &Stop{Unavailable, lang.Err("there is no region to list: the account was said to have none", "没有可查询的地域：账号未返回任何地域")}
	}
	kind := Denied
	var reasons []error
	for _, s := range r.lists() {
		if s.report.Complete || s.report.Listed > 0 {
			return nil
		}
		if s.err != nil && !renewal.Classify(s.err).Denied {
			kind = Unavailable
		}
		reasons = append(reasons, lang.Err("%s: %v", "%s：%v", s.name(), reason(s.trouble())))
	}
	const shown = 3
	all := reasons[0]
	for _, next := range reasons[1:min(shown, len(reasons))] {
		all = lang.Err("%v; %v", "%v；%v", all, next)
	}
	if more := len(reasons) - shown; more > 0 {
		all = lang.Err("%v; and %d more", "%v；另有 %d 个", all, more)
	}
	return &Stop{kind, lang.Err("no list of instances could be read, so nothing was done: %v", "未能查询到任何实例列表，因此未执行任何操作：%v", all)}
}

func (r *run) listScope(ctx context.Context, s *scope) error {
	found, err := r.find(ctx, s)
	s.listedAt = r.Now()
	for _, in := range found {
		in.Account, in.Scope = s.id, s.index
		s.instances = append(s.instances, in)
	}
	if err == nil && s.report.Listed == 0 {
		err = do(ctx, func() error { return s.cloud.MayList(ctx, s.region) })
	}
	s.readStates(ctx, r.start, r.job.Concurrency)
	s.report.Complete = err == nil && s.nameless == 0
	return err
}

// oncePerAccount keeps an instance that several regions of an account list in
// one of them: in the one that it says it is in, else in the first by name. Its
// token names the region that it says it is in, whichever is asked about it.
func (r *run) oncePerAccount() {
	type key struct{ account, id string }
	home := map[key]*scope{}
	for _, s := range r.scopes {
		if s.list != nil {
			continue // the billing's list is of the whole account
		}
		for _, in := range s.instances {
			k := key{in.Account, in.ID}
			best := home[k]
			if best == nil || in.Region == s.region || in.Region != best.region && s.region < best.region {
				home[k] = s
			}
		}
	}
	for _, s := range r.scopes {
		if s.list != nil {
			continue
		}
		s.instances = slices.DeleteFunc(s.instances, func(in renewal.Instance) bool {
			elsewhere := home[key{in.Account, in.ID}] != s
			if elsewhere {
				s.report.Listed--
			}
			return elsewhere
		})
	}
}

// find gives the instances that matter. An event that names instances is about
// those alone; ids in the settings are read besides, since the list may not
// hold them: they may not be due, or not subscriptions.
func (r *run) find(ctx context.Context, s *scope) ([]renewal.Instance, error) {
	p := r.job.Policy
	if p.Named != nil {
		found, err := s.byID(ctx, p.Named)
		s.report.Listed = len(found)
		return found, err
	}
	found, err := r.pages(ctx, s)
	if err != nil {
		return found, err
	}
	missing := slices.DeleteFunc(slices.Clone(p.Include.IDs), func(id string) bool {
		return slices.ContainsFunc(found, func(in renewal.Instance) bool { return in.ID == id })
	})
	more, err := s.byID(ctx, missing)
	s.report.Listed += len(more)
	return append(found, more...), err
}

// byID reads instances by their ids. One that an answer has twice is kept once.
func (s *scope) byID(ctx context.Context, ids []string) ([]renewal.Instance, error) {
	var found []renewal.Instance
	kept := map[string]bool{}
	for batch := range slices.Chunk(ids, s.traits.Read) {
		part, err := read(ctx, func() ([]renewal.Instance, error) { return s.calls.Instances(ctx, s.region, batch) })
		if err != nil {
			return found, err
		}
		for _, in := range part {
			if !kept[in.ID] {
				kept[in.ID] = true
				found = append(found, in)
			}
		}
	}
	return found, nil
}

const (
	// A list reaches far, so that what is not due is counted: a run that lists
	// nothing at all is then a sign of trouble, and not of a quiet week. What is
	// due is decided here, since the filter's bounds are not documented.
	listBack  = 400 * renewal.Day      // nothing expired is kept that long
	listAhead = 20 * 365 * renewal.Day // nothing is paid that far ahead; pay-as-you-go shows 2099

	emptyPages = 100 // in a row, before a list counts as endless
)

var errEndless = lang.Err("the list does not end: a page token came twice, or page after page was empty", "列表没有尽头：分页标记重复出现，或连续多页为空")

// pages reads a list to its end. A list that breaks off with a refusal is begun
// again, once: its token may have grown old.
func (r *run) pages(ctx context.Context, s *scope) ([]renewal.Instance, error) {
	found, err := r.pagesOnce(ctx, s)
	if err != nil && s.report.Listed > 0 && renewal.Classify(err).Class == renewal.Terminal {
		found, err = r.pagesOnce(ctx, s)
	}
	return found, err
}

// pagesOnce keeps what matters of each page and only counts the rest, so that
// the memory of a run does not grow with what is not due. Instances that a
// moving list shows twice are kept once.
func (r *run) pagesOnce(ctx context.Context, s *scope) ([]renewal.Instance, error) {
	var found []renewal.Instance
	s.report.Listed, s.nameless, s.tally = 0, 0, r.newTally()
	kept, tokens := map[string]bool{}, map[string]bool{}
	from, to := r.start.Add(-listBack), r.start.Add(listAhead)
	for next, empty := "", 0; ; {
		type page struct {
			instances []renewal.Instance
			next      string
		}
		got, err := read(ctx, func() (p page, err error) {
			p.instances, p.next, err = s.cloud.Page(ctx, s.region, from, to, next)
			return p, err
		})
		if err != nil {
			return found, err
		}
		for _, in := range got.instances {
			if kept[in.ID] {
				continue
			}
			s.report.Listed++
			switch {
			case in.ID == "":
				s.nameless++ // nobody can look at it, and the rest goes on
				s.count(in)
			case r.keeps(s, in):
				kept[in.ID] = true
				found = append(found, in) // and counted when its renewal mode is known
			default:
				s.count(in)
			}
		}
		r.Progress.note(func(p *Standing) { p.Listed += len(got.instances) })
		if total := r.count.Add(int64(len(got.instances))); r.listing != nil {
			r.listing(int(total))
		}
		if empty++; len(got.instances) > 0 {
			empty = 0
		}
		if next = got.next; next == "" {
			return found, nil
		}
		if tokens[next] || empty >= emptyPages {
			return found, errEndless
		}
		tokens[next] = true
	}
}

// keeps says whether an instance of a list is looked at any further.
func (r *run) keeps(s *scope, in renewal.Instance) bool {
	more := r.keepsMore != nil && r.keepsMore(s, in)
	return more || r.job.Policy.Relevant(r.start, in)
}

// readStates reads the renewal modes of the instances that matter. One whose
// mode cannot be read stays unknown, and is never acted upon. Expired ones are
// asked for apart: the API may refuse a batch for one of them.
func (s *scope) readStates(ctx context.Context, now time.Time, atOnce int) {
	var current, expired []string
	for _, in := range s.instances {
		switch {
		case !in.Subscription:
		case in.Expires.After(now):
			current = append(current, in.ID)
		default:
			expired = append(expired, in.ID)
		}
	}
	states, err := s.states(ctx, atOnce, current, expired)
	s.statesErr = err
	for i := range s.instances {
		state := states[s.instances[i].ID]
		s.instances[i].Mode, s.instances[i].Auto = state.Mode, state.Term
		if state.Mode == "" {
			s.instances[i].Mode = renewal.Unknown
		}
	}
}

// states reads renewal modes in batches, of each list by itself. A batch that
// is refused is read one by one: one id can spoil it for all.
//
// The error is one of those that left ids out: one that says more than that a
// single id was refused, if there is such a one.
func (s *scope) states(ctx context.Context, atOnce int, lists ...[]string) (map[string]renewal.AutoState, error) {
	var batches [][]string
	for _, list := range lists {
		batches = slices.AppendSeq(batches, slices.Chunk(list, s.traits.Modes))
	}
	parts, errs := make([]map[string]renewal.AutoState, len(batches)), make([]error, len(batches))
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for i, batch := range batches {
		group.Go(func() error {
			parts[i], errs[i] = s.statesOf(ctx, batch)
			return nil
		})
	}
	_ = group.Wait()
	all := map[string]renewal.AutoState{}
	var err error
	for i, part := range parts {
		maps.Copy(all, part)
		err = graver(err, errs[i])
	}
	return all, err
}

// graver prefers an error that is not about one instance alone.
func graver(a, b error) error {
	if a == nil || b != nil && renewal.Classify(a).Class == renewal.Terminal {
		return cmp.Or(b, a)
	}
	return a
}

func (s *scope) statesOf(ctx context.Context, ids []string) (map[string]renewal.AutoState, error) {
	states, err := read(ctx, func() (map[string]renewal.AutoState, error) { return s.calls.States(ctx, s.region, ids) })
	if err == nil || len(ids) == 1 || renewal.Classify(err).Class != renewal.Terminal {
		return states, err
	}
	all := map[string]renewal.AutoState{}
	err = nil // unless one by itself is refused
	for _, id := range ids {
		one, oneErr := s.statesOf(ctx, []string{id})
		maps.Copy(all, one)
		err = graver(err, oneErr)
	}
	return all, err
}
