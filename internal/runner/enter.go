package runner

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/pace"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// A scope is a region of an account, for one product: where calls go, and what is
// paced and refused together. A list has one, too; that of the billing is not of
// one product, and what it has is acted upon in scopes of its own.
type scope struct {
	*account
	index      int    // in the run
	title      string // its name where it has neither account nor region; "" = that of the account
	region     string
	list       *scope             // that its instances are from; nil = it is a list itself
	others     map[string]int     // how many that list has of each product that is not looked after
	places     map[string]int     // and of those that are, in each region, looked at or not
	traits     renewal.Traits     // of its product; those of no product for the billing's list
	calls      Product            // to its product; nil = the account could not be entered
	instances  []renewal.Instance // that matter, from a complete list or the part that could be read
	listedAt   time.Time          // when the list had been read
	report     renewal.Scope
	err        error            // why the list is not complete
	nameless   int              // entries of it that have no readable id
	tally      *renewal.Tally   // of what the settings fit in it; nil = not asked for
	next       renewal.Instance // that expires next; only a check asks
	statesErr  error            // why renewal modes are not known
	nativeErr  error            // why its product's own API could not be read
	unnamedErr error            // why names and tags could not be read
	pace       *pace.Pace
	look       look
	queue      queue // of payments; the line's
	denials    denials
	verifier   *verifier
}

func (s *scope) name() string {
	account := cmp.Or(s.report.Account, s.title, "self")
	name := account
	if s.traits.Key != renewal.TraitsOf("").Key {
		name += "/" + s.traits.Key
	}
	if s.region != "" {
		name += "/" + s.region
	}
	return name
}

// trouble says why the scope is incomplete; nil = it is complete.
func (s *scope) trouble() error {
	if s.err == nil && s.nameless > 0 {
		return lang.Err("entries of the list without a readable id: %d", "列表中没有可读 ID 的项：%d", s.nameless)
	}
	return s.err
}

// fail marks the scope as incomplete.
func (s *scope) fail(err error) {
	s.err = err
	s.report.Complete = false
}

func (r *run) newScope(a *account, traits renewal.Traits, region string) *scope {
	s := &scope{account: a, region: region, traits: traits, pace: pace.New(r.Now), look: look{turn: make(chan struct{}, 1)}, report: renewal.Scope{Account: a.id, Region: region, Product: traits.Key}}
	if a.cloud != nil {
		s.calls = a.cloud.Product(s.traits.Key)
	}
	return s
}

// atOnce bounds how many accounts are entered, and lists read, at a time.
const atOnce = callsAtOnce

// enter opens the accounts and settles their regions. One that stays closed
// is reported as incomplete; the others go on. The error is a *Stop.
func (r *run) enter(ctx context.Context) error {
	ctx, done := r.itsShare(ctx)
	defer done()
	entrances := r.entrances(ctx)
	entered := make([]opened, len(entrances))
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for i, e := range entrances {
		group.Go(func() error {
			o, err := r.open(ctx, e)
			if err != nil {
				failed := r.newScope(newAccount(accountOf(e.name, r.job.Account), nil), renewal.TraitsOf(""), "")
				failed.fail(err)
				o = opened{failed.account, []*scope{failed}}
			}
			entered[i] = o
			return nil
		})
	}
	_ = group.Wait() // every failure is in a scope
	if r.members.err != nil {
		unlisted := r.unlisted()
		entered = append(entered, opened{unlisted.account, []*scope{unlisted}})
	}
	entered = slices.DeleteFunc(entered, func(o opened) bool { return o.account == nil })
	if len(entered) == 0 {
		return cmp.Or[error](r.checkNamedAccounts(), r.nobody())
	}
	for _, o := range entered {
		r.scopes = append(r.scopes, o.scopes...)
	}
	for i, s := range r.scopes {
		s.index = i
	}
	if err := r.checkEntered(); err != nil {
		return err
	}
	return r.checkRegions(entered)
}

// An opened account, and where it is looked at.
type opened struct {
	account *account // nil = it is left out
	scopes  []*scope
}

// checkEntered refuses what would read or pay for an account twice over, and
// accounts of an event that are none of ours.
func (r *run) checkEntered() error {
	seen := map[string]bool{}
	for _, s := range r.scopes {
		if s.err == nil && seen[s.name()] {
			return &Stop{BadConfig, lang.Err("RENEW_ACCOUNTS leads to account %s twice; name every account once", "RENEW_ACCOUNTS 两次指向账号 %s；每个账号只写一次", s.id)}
		}
		seen[s.name()] = true
	}
	return r.checkNamedAccounts()
}

// checkNamedAccounts refuses an account of an event that is none of ours, and warns of
// one that is left alone.
func (r *run) checkNamedAccounts() error {
	for _, id := range r.job.Only {
		known := slices.ContainsFunc(r.scopes, func(s *scope) bool { return s.id == id || s.id == "" })
		switch {
		case known:
		case r.members.leaving[id]:
			r.warn(lang.Say("account %s is left alone: it is leaving the organisation, or has not joined", "不处理账号 %s：正在退出资源目录，或尚未加入", id))
		case slices.Contains(r.job.Exclude, id) && (!r.members.asked || r.members.ids[id]):
			r.warn(lang.Say("account %s is left alone: RENEW_EXCLUDE_ACCOUNTS names it", "不处理账号 %s：在 RENEW_EXCLUDE_ACCOUNTS 中", id))
		default:
			ours, _ := r.job.KnownAccounts()
			return &Stop{BadEvent, lang.Err("the event names the account %s, which is none of the configured ones%v", "事件指定的账号 %s 不在已配置的账号中%v", id, nearestSaid(id, slices.AppendSeq(ours, maps.Keys(r.members.ids))))}
		}
	}
	return nil
}

// checkRegions refuses a region of an event that no account has, whatever products
// are looked after: with a letter wrong, the run would look at nothing. Which regions
// an account has that could not be entered, or not to the end of their list, nobody
// knows: then what the event names besides goes on, and the region is told.
func (r *run) checkRegions(entered []opened) error {
	if !r.job.AllRegions {
		return nil // those of the event are among the configured ones
	}
	var there []string
	whole := true
	for _, o := range entered {
		there = append(there, o.account.regions...)
		whole = whole && o.account.regions != nil && !slices.Contains(o.account.regions, "")
	}
	is := func(region string) bool { return slices.Contains(there, region) }
	for _, region := range r.job.Regions {
		if is(region) || len(there) == 0 {
			continue
		}
		near := nearestSaid(region, there)
		wrong := lang.Err("the event names the region %s, which none of the accounts has%v", "事件指定的地域 %s 不属于任何账号%v", region, near)
		if !whole {
			wrong = lang.Err("the event names the region %s, which none of the accounts has that could be entered%v", "事件指定的地域 %s 不属于任何已进入的账号%v", region, near)
		}
		if whole || !slices.ContainsFunc(r.job.Regions, is) {
			return &Stop{BadEvent, wrong}
		}
		r.warn(lang.Say("%v", "%v", wrong))
	}
	return nil
}

// open enters one account and gives its scopes.
func (r *run) open(ctx context.Context, e entrance) (o opened, err error) {
	if r.shutsOut(e) {
		return o, errShutOut
	}
	cloud, err := r.reach(ctx, e.name)
	if err != nil {
		return o, err
	}
	id, err := r.identify(ctx, e.name, cloud)
	if err != nil || r.job.leavesOut(id) {
		return o, err
	}
	a := newAccount(id, cloud)
	a.other = e.name != renewal.Self
	regions := r.job.Regions
	if r.job.AllRegions {
		if a.regions, err = read(ctx, func() ([]string, error) { return cloud.Regions(ctx) }); err != nil {
			return o, err
		}
		regions = narrow(a.regions, r.job.Regions)
	}
	var scopes []*scope
	for _, region := range regions {
		if !r.job.Policy.Products.Listed() {
			break
		}
		s := r.newScope(a, renewal.TraitsOf(""), region)
		if region == "" {
			s.fail(errNoRegion)
		}
		scopes = append(scopes, s)
	}
	if r.job.Policy.Products.Billed() {
		scopes = append(scopes, r.newScope(a, renewal.Traits{Key: billing}, ""))
	}
	return opened{a, scopes}, nil
}

// errNoRegion: what is in that region is looked after by nobody, and the others go on.
var errNoRegion = lang.Err("an entry of the list of regions has no readable id", "地域列表中有一项没有可读的 ID")

func narrow(all, to []string) []string {
	if to == nil {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(region string) bool { return region != "" && !slices.Contains(to, region) })
}

// identify settles whose account the credentials are. What a setting or the
// invocation claims is believed only where nobody asks for a guard: the guard
// goes by what the credentials really are.
func (r *run) identify(ctx context.Context, name string, cloud Cloud) (string, error) {
	claimed := accountOf(name, r.job.Account)
	if r.believes(name) {
		return claimed, nil
	}
	id, err := read(ctx, func() (string, error) { return cloud.Identity(ctx) })
	return r.admit(claimed, id, err)
}

// admit says by what STS answered whether an account is entered, and as which.
func (r *run) admit(claimed, id string, err error) (string, error) {
	switch {
	case err != nil && r.job.Expect == nil && r.job.Loopback && noSTS(err):
		return claimed, nil
	case err != nil:
		return "", lang.Err("the account of the credentials is not known: %v", "无法确认凭证所属账号：%v", err)
	case r.job.Expect != nil && !slices.Contains(r.job.Expect, id):
		return "", &renewal.CallError{Action: "RENEW_EXPECT_ACCOUNTS", Class: renewal.Halt, Denied: true,
			Err: lang.Err("the credentials belong to account %s, which it does not name", "凭证属于账号 %s，不在其列", id)}
	}
	return id, nil
}

// believes says whether the account that name stands for is believed, and STS
// need not be asked.
func (r *run) believes(name string) bool {
	doubtful := name == renewal.Self && r.job.Doubtful
	return accountOf(name, r.job.Account) != "" && r.job.Expect == nil && !doubtful
}

// noSTS says whether err comes from an emulator that has no STS. Then the
// claimed account is believed; where there is none, tokens lack it, and are
// still the same for every run against that emulator. The real STS knows the
// action, and what it refuses must not make anybody guess: a token with a
// guessed account would be a second token. Nor does a server that was busy, or
// refused the keys, say that it has none.
func noSTS(err error) bool {
	e := renewal.Classify(err)
	return e.NoSuchAction || e.Class == renewal.Terminal
}

// accountOf gives the account that a name in RENEW_ACCOUNTS stands for, as far
// as the name tells: acs:ram::<account>:role/<role>.
func accountOf(name, self string) string {
	if name == renewal.Self {
		return self
	}
	if parts := strings.Split(name, ":"); len(parts) > 3 {
		return parts[3]
	}
	return name
}
