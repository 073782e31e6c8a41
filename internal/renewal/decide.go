package renewal

import (
	"cmp"
	"slices"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A Decision is what is to be done about one instance, and why.
type Decision struct {
	Instance   Instance
	Action     Action // None = it is left alone
	Reason     Reason
	Rule       string   // name of the rule that held; "" = none
	Term       Term     // of Renew
	AutoPeriod Period   // of AutoRenew
	MaxPrice   Amount   // for this renewal, by its rule; zero = none
	MaxSpend   Amount   // for all renewals of its rule in one run; zero = none
	Price      Amount   // zero = not asked for, or could not be had
	Notify     []string // names of the channels that hear of it
	Ordered    bool     // an order for it is paid already, and its new expiry does not show yet: nothing is done about it in this run
	Partial    bool     // the list that it is from broke off: nothing is done about it in this run
	Notes      []lang.Text

	asked      Action        // what settings, rule and tags ask for together
	window     time.Duration // due when it expires within this time, by settings and rule
	upcoming   bool          // not due yet, and soon: decided as if it were
	until      time.Time     // end date by tag
	unreadable bool          // its rule or tags cannot be read
	tagPeriod  bool          // Term comes from a tag
	approval   *bool         // what its rule says of waiting for a person; nil = nothing
	uncapped   Reason        // the reason before a cap held it; "" = none does
}

// Held says whether d is due, and stopped by the cap or guard that its reason
// names.
func (d Decision) Held() bool { return d.Reason.Held() }

// Due says whether something is to be done, whether or not it can be.
func (d Decision) Due() bool { return d.Reason.Due() }

func (d *Decision) note(t lang.Text) { d.Notes = append(d.Notes, t) }

// LateForAuto is how long before expiry auto-renewal must be on to work: a
// setting takes effect the next day, and the provider's own guide asks for two
// days (ECS: enable auto-renewal).
const LateForAuto = 2 * Day

// Decide settles every instance of list as of now: one decision and one reason
// each, in the order of acting. Caps come after it: see Plan.
func Decide(now time.Time, p Policy, list []Instance) []Decision {
	decisions := make([]Decision, 0, len(list))
	for _, in := range list {
		decisions = append(decisions, p.decide(now, in))
	}
	order := ActingOrder(now)
	slices.SortFunc(decisions, func(a, b Decision) int { return order(a.Instance, b.Instance) })
	return decisions
}

// Moved says what has changed about the instance of d in live, the same
// instance read once more at time now: the empty text when nothing did that
// matters. Whatever rules, tags and selections go by may have changed, so live is
// decided as the instance was, as of the time of the plan.
func (d Decision) Moved(planned, now time.Time, p Policy, live Instance) lang.Text {
	if why := moved(d.Instance, live, now); !why.Empty() {
		return why
	}
	if d.Action == Renew && d.Instance.Mode == Auto && deducting(now) {
		return lang.Say("the provider may be deducting for it right now", "阿里云此刻可能正在为其扣款")
	}
	again := p.decide(planned, live)
	if again.Action == d.Action && again.Term == d.Term && again.AutoPeriod == d.AutoPeriod &&
		again.MaxPrice.same(d.MaxPrice) && again.MaxSpend.same(d.MaxSpend) && !again.Held() {
		return lang.Text{}
	}
	return lang.Say("its name, tags or place changed, and with them what is to be done", "名称、标签或所在位置已改变，应执行的操作也随之改变")
}

// Settled says whether nothing is due any more about live, an instance that
// has moved since it was decided. What is over by now, or was left to the
// provider too late, is not settled.
func (p Policy) Settled(now time.Time, live Instance) bool {
	left := live.Expires.Sub(now)
	d := p.decide(now, live)
	return !d.Due() && d.Reason != Expired && (live.Mode != Auto || left >= LateForAuto)
}

// Expected gives the expiry that carrying d out should bring; zero for what
// does not pay.
func (d Decision) Expected() time.Time {
	if d.Action != Renew || !d.Instance.Traits().Renewed {
		return time.Time{}
	}
	return d.Term.After(d.Instance.Expires)
}

// AsAsked says whether an expiry that was read back at time now is what d asked
// for, within some days.
func (d Decision) AsAsked(expires, now time.Time) bool {
	return d.Term.asAsked(d.Instance.Expires, expires, now)
}

// Target is the state that d is to bring about, for what sets one.
func (d Decision) Target() AutoState {
	switch d.Action {
	case AutoRenew:
		return AutoState{Mode: Auto, Term: d.AutoPeriod}
	case AutoRenewOff:
		return AutoState{Mode: Manual}
	case LetLapse:
		return AutoState{Mode: Lapse}
	}
	return AutoState{}
}

func (p Policy) decide(now time.Time, in Instance) Decision {
	if in.Mode == "" {
		in.Mode = Unknown
	}
	d := p.ask(now, Decision{Instance: in, Action: None, asked: p.Action, Term: p.Term, AutoPeriod: p.AutoPeriod, window: p.Window})
	for _, check := range checks {
		if d.take(check(p, now, d)) {
			break
		}
	}
	switch {
	case d.upcoming && d.Wanted():
		d.Reason = Upcoming
	case d.upcoming:
		d.Reason, d.Action = NotDue, None // what would not be acted upon is not announced
	case d.Wanted() && p.frozen(now, d):
		d.Reason = Frozen
	}
	return d
}

// ask puts together what is asked for: the settings, over them the first rule
// that holds, and last the tags as far as they are trusted.
func (p Policy) ask(now time.Time, d Decision) Decision {
	var decides *Rule
	for i, rule := range p.Rules {
		if d.Instance.Unnamed && rule.asksForNames() {
			d.window = max(d.window, p.widest()) // nobody knows what holds for it
			break
		}
		holds, err := rule.When(d.Instance, now)
		if err != nil {
			d.unreadable = true
			d.note(lang.Say("rule %q cannot be evaluated for it: %v, so it is held", "规则 %q 无法对该实例求值：%v，因此暂不处理", rule.Name, err))
			break
		}
		if !holds {
			continue
		}
		d.Rule, d.MaxPrice, d.approval = rule.Name, rule.MaxPrice, rule.Approval
		decides = &p.Rules[i]
		if rule.Action != "" {
			d.asked = rule.Action
		}
		if rule.Term() != (Term{}) {
			d.Term = rule.Term()
		}
		if rule.Period != (Period{}) {
			d.AutoPeriod = rule.Period
		}
		if rule.Window > 0 {
			d.window = rule.Window
		}
		d.MaxSpend = rule.MaxSpend
		break
	}
	p.route(&d, decides)
	if _, err := d.Instance.Generation(); err != nil {
		d.unreadable = true
		d.note(lang.Say("%v, so it is held", "%v，因此暂不处理", err))
	}
	if p.TagTrust == TrustOff || p.TagTrust == "" {
		return d
	}
	return readTags(d.Instance.Tags, p.TagPrefix, p.Zone).apply(d, p)
}

// A check says what follows for a decision from one thing, and changes nothing.
type check func(p Policy, now time.Time, d Decision) ruling

// A ruling is what a check says. One without a reason passes the decision on.
type ruling struct {
	reason Reason
	action Action // that it is the reason for, or against; "" = none
	soon   bool   // it is not due yet, and is decided as if it were
	notes  []lang.Text
}

// take takes a ruling into d, and says whether that settles it.
func (d *Decision) take(r ruling) (settled bool) {
	d.Reason, d.Action = r.reason, cmp.Or(r.action, d.Action)
	d.upcoming = d.upcoming || r.soon
	d.Notes = append(d.Notes, r.notes...)
	return r.reason != ""
}

// checks are asked in this order, and the first that answers decides. The
// order matters: what somebody has said is asked before any date is, and
// nothing is acted upon before everything that speaks against it was asked.
var checks = []check{
	noSubscription,
	readInPart, // what cannot be read is neither outside, nor excluded, nor far away
	withoutNames,
	outOfScope,
	excluded,
	letGo,
	withoutDate,
	paidToItsEnd,
	notDue, // from here on the dates speak: most instances of a fleet end here
	over,
	notReadable, // due from here on: whoever is named below without an action needs a person
	modeUnknown,
	provided,
	lockedUp,
	act,
}

// noSubscription: it has no term that could end.
func noSubscription(_ Policy, _ time.Time, d Decision) ruling {
	return when(!d.Instance.Subscription, NotSubscription)
}

// outOfScope: others may look after it.
func outOfScope(p Policy, _ time.Time, d Decision) ruling {
	named := p.Named == nil || slices.Contains(p.Named, d.Instance.ID)
	return when(!named || !p.Include.selects(d.Instance), NotSelected)
}

// excluded: somebody said, not this one.
func excluded(p Policy, _ time.Time, d Decision) ruling {
	return when(p.Exclude.touches(d.Instance) || d.asked == Skip, Excluded)
}

// letGo: its owner lets it end. No action undoes that.
func letGo(_ Policy, _ time.Time, d Decision) ruling {
	return when(d.Instance.Mode == Lapse, either(d.asked == LetLapse, AlreadySo, DoNotRenew))
}

// withoutDate: a date that cannot be read can be neither due nor far away.
func withoutDate(_ Policy, _ time.Time, d Decision) ruling {
	return when(d.Instance.Expires.IsZero(), StateUnknown)
}

// paidToItsEnd: its end date has come, or what is paid already reaches it.
func paidToItsEnd(_ Policy, now time.Time, d Decision) ruling {
	covered := !now.Before(d.until) || !d.Instance.Expires.Before(d.until)
	if d.until.IsZero() || d.asked == AutoRenewOff || d.asked == LetLapse || !covered {
		return ruling{}
	}
	r := ruling{reason: UntilPassed}
	if d.Instance.Mode == Auto {
		r.note(lang.Say("its end date has come, yet its auto-renewal is on", "已到截止日期，但自动续费仍处于开启状态"))
	}
	return r
}

// notDue: it expires after the window. What is announced goes on, to see what
// would be done about it.
func notDue(p Policy, now time.Time, d Decision) ruling {
	switch {
	case p.within(now, d), p.inBackstop(now, d):
		return ruling{}
	case p.soon(now, d):
		return ruling{soon: true}
	}
	return ruling{reason: NotDue}
}

// over: and not to be rescued. Renewing it may fail, or start it unasked.
func over(p Policy, now time.Time, d Decision) ruling {
	return when(d.Instance.ended(now) && !p.rescues(now, d), Expired)
}

// notReadable: a rule or tag that cannot be read may have meant, not this one.
func notReadable(_ Policy, _ time.Time, d Decision) ruling { return when(d.unreadable, Unreadable) }

// modeUnknown: never act upon what could not be read.
func modeUnknown(_ Policy, _ time.Time, d Decision) ruling {
	return when(d.Instance.Mode == Unknown, StateUnknown)
}

// lockedUp: a security lock, a refund, a debt. A person must look.
func lockedUp(_ Policy, now time.Time, d Decision) ruling {
	return when(d.Instance.lockedBy(now) != "", Locked)
}

// inBackstop says whether in is the provider's to renew and unpaid so late
// that it is not left to the provider.
func (p Policy) inBackstop(now time.Time, d Decision) bool {
	return d.asked == Renew && d.Instance.Mode == Auto && p.Backstop > 0 &&
		!d.Instance.ended(now) && d.Instance.Expires.Sub(now) <= p.Backstop && p.inEvent(now, d.Instance)
}

// besideProvider says whether what the provider renews may be paid for beside it
// at now: after its first try, and not while it may be trying again.
func besideProvider(now time.Time, in Instance) bool {
	return providerHasTried(now, in) && !deducting(now)
}

// rescues says whether an expired instance is still to be renewed. One that the
// provider renews is only paid for beside it where a backstop is wanted: on the
// international site the provider goes on trying after expiry.
func (p Policy) rescues(now time.Time, d Decision) bool {
	pays := d.asked == Renew || d.asked == AutoRenew && p.TooLate == Renew
	theirs := d.Instance.Mode == Auto && (p.Backstop == 0 || deducting(now))
	return pays && !theirs && p.Rescue > 0 && now.Sub(d.Instance.Expires) <= p.Rescue
}

// provided: the provider keeps it, so nothing is due unless a person said
// otherwise.
func provided(p Policy, now time.Time, d Decision) ruling {
	if d.Instance.Mode != Auto {
		return ruling{}
	}
	switch {
	case d.asked == AutoRenewOff, d.asked == LetLapse:
		return ruling{}
	case d.asked == AutoRenew && !d.Instance.auto().Is(AutoState{Auto, d.AutoPeriod}) && !d.Instance.ended(now):
		return ruling{} // on, but for another term
	case p.inBackstop(now, d) && besideProvider(now, d.Instance), d.Instance.ended(now):
		return ruling{}
	}
	r := ruling{reason: either(d.asked == AutoRenew, AlreadySo, ProviderRenews)}
	if p.inBackstop(now, d) && deducting(now) {
		r.note(lang.Say("RENEW_BACKSTOP pays nothing between 07:45 and 08:30 UTC+8, when the provider deducts: move the timer to another hour, such as 09:00",
			"阿里云在北京时间 08:00 扣款，07:45 至 08:30 之间 RENEW_BACKSTOP 不会续费：请将定时触发器移到其他时间，例如 09:00"))
	}
	if p.overBeforeNextRun(now, d.Instance.Expires) {
		r.note(lang.Say("its auto-renewal is on, and it is still unpaid before the next run; RENEW_BACKSTOP renews such ones by hand where the action is renew",
			"自动续费已开启，但下次运行之前仍未扣款；RENEW_ACTION 为 renew 时，可用 RENEW_BACKSTOP 手动续费"))
	}
	return r
}

// act: everything speaks for acting now, if acting is wanted at all.
func act(p Policy, now time.Time, d Decision) ruling {
	if d.Instance.Traits().Buys && d.asked != ReportOnly {
		return p.decided(d.asked, Unsupported)
	}
	switch d.asked {
	case Renew:
		return p.renew(now, d, p.dueReason(now, d))
	case AutoRenew:
		switch {
		case d.Instance.ended(now):
			return p.renew(now, d, Rescue) // it got here to be rescued, and nothing can be set on it
		case d.Instance.Mode != Auto && d.Instance.Expires.Sub(now) < LateForAuto:
			if p.TooLate == Renew {
				return p.renew(now, d, TooLateForAuto)
			}
			return ruling{reason: TooLateForAuto}
		}
		if d.Instance.Traits().OffersAuto(d.AutoPeriod, p.Site) != nil {
			return p.decided(AutoRenew, PeriodNotOffered)
		}
	case AutoRenewOff:
		if d.Instance.Mode != Auto {
			return ruling{reason: AlreadySo}
		}
	case LetLapse:
	default:
		return ruling{reason: OnlyReported}
	}
	return p.decided(d.asked, Due)
}

func (p Policy) dueReason(now time.Time, d Decision) Reason {
	switch {
	case d.Instance.ended(now):
		return Rescue
	case d.Instance.Mode == Auto:
		return Backstop
	}
	return Due
}

func (p Policy) renew(now time.Time, d Decision, why Reason) ruling {
	traits := d.Instance.Traits()
	switch {
	case !traits.Renewed:
		return p.decided(Renew, Unsupported)
	case d.Instance.Pending != "":
		return p.decided(Renew, OrderPending)
	case d.Term.UntilDay > 0 && d.Instance.ended(now):
		return p.decided(Renew, PeriodNotOffered) // up to a day is for what has not expired
	case traits.Offers(d.Term, p.Site) != nil:
		return p.decided(Renew, PeriodNotOffered)
	case p.endless(d):
		return p.decided(Renew, WindowCoversPeriod)
	}
	return p.decided(Renew, why)
}

// endless says whether d, renewed, would be due again at once, and so for ever.
// The settings and rules were checked for this when they were read, except for a
// dry run, which may look as far as it likes; tags were not.
func (p Policy) endless(d Decision) bool {
	if p.DryRun && !d.tagPeriod {
		return false
	}
	shortest := d.Term.Shortest()
	return (d.asked == Renew || d.tagPeriod) && p.longestReach(d.window) >= shortest || p.Rescue >= shortest
}

// decided names the action. While RENEW_ACTION is report, what rules and tags
// ask for is shown, and is only reported.
func (p Policy) decided(a Action, why Reason) ruling {
	return ruling{reason: either(p.onlyReports(), OnlyReported, why), action: a}
}

func (r *ruling) note(t lang.Text) { r.notes = append(r.notes, t) }

func when(holds bool, why Reason) ruling { return ruling{reason: either(holds, why, "")} }

func either[T any](holds bool, yes, no T) T {
	if holds {
		return yes
	}
	return no
}
