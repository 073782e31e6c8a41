package renewal

// Action is what a setting, a rule or a tag asks for.
type Action string

// The actions. Only Renew pays.
const (
	ReportOnly   Action = "report"         // change nothing
	Renew        Action = "renew"          // renew now
	AutoRenew    Action = "auto-renew"     // switch auto-renewal on
	AutoRenewOff Action = "auto-renew-off" // switch auto-renewal off, back to manual
	LetLapse     Action = "let-lapse"      // set do-not-renew
	Skip         Action = "skip"           // leave alone; for rules and tags only
	None         Action = "none"           // the decision for an instance that is left alone
)

// A Mode tells who sees to it that an instance goes on.
type Mode string

// The modes and the API's RenewalStatus that each stands for
// (DescribeInstanceAutoRenewAttribute).
const (
	Manual  Mode = "manual"  // Normal: somebody must renew it
	Auto    Mode = "auto"    // AutoRenewal: the provider renews it
	Lapse   Mode = "lapse"   // NotRenewal: its owner lets it end
	Unknown Mode = "unknown" // could not be read: never acted upon
)

// Reason is why an instance is acted upon or left alone.
type Reason string

// The reasons.
const (
	Due                Reason = "due"
	Rescue             Reason = "rescue"               // expired, and within RENEW_RESCUE
	Backstop           Reason = "backstop"             // auto-renewing, still unpaid, and within RENEW_BACKSTOP
	TooLateForAuto     Reason = "too-late-for-auto"    // auto-renewal would come too late
	NotDue             Reason = "not-due"              // expires after the window
	Excluded           Reason = "excluded"             // a setting, rule or tag says so
	AlreadySo          Reason = "already-so"           // has what the action would set
	NotSelected        Reason = "not-selected"         // outside what the settings or the event select
	OnlyReported       Reason = "report-only"          // due, and the action is report
	ProviderRenews     Reason = "provider-renews"      // auto-renewal is on
	DoNotRenew         Reason = "do-not-renew"         // its owner lets it end
	UntilPassed        Reason = "until-passed"         // paid up to the end date in its tag
	Locked             Reason = "locked"               // the provider has locked it
	Expired            Reason = "expired"              // and not within RENEW_RESCUE
	NotSubscription    Reason = "not-subscription"     // pay-as-you-go
	StateUnknown       Reason = "state-unknown"        // its renewal status, or what else must be known, could not be read
	Unreadable         Reason = "unreadable"           // its rule, its tags or what is known of it cannot be read
	WindowCoversPeriod Reason = "window-covers-period" // would be due again at once, for ever
	OverMaxCount       Reason = "over-max-count"
	OverMaxSpend       Reason = "over-max-spend"
	OverMaxPrice       Reason = "over-max-price"
	PriceUnknown       Reason = "price-unknown"
	BalanceTooLow      Reason = "balance-too-low"
	PeriodNotOffered   Reason = "period-not-offered"
	NotApproved        Reason = "not-approved"  // waits for a person
	Frozen             Reason = "frozen"        // waits for the end of RENEW_FREEZE
	TagsUnknown        Reason = "tags-unknown"  // its name and tags could not be read, and the policy asks for them
	OrderPending       Reason = "order-pending" // an order of it is not paid, or not in force yet
	Unsupported        Reason = "unsupported"   // it cannot be renewed from here
	Upcoming           Reason = "upcoming"      // not due yet, and within RENEW_UPCOMING of it
)

// Held says whether an instance with this reason is due, and stopped by a cap
// or a guard.
func (r Reason) Held() bool {
	switch r {
	case StateUnknown, Unreadable, WindowCoversPeriod, OverMaxCount, OverMaxSpend, OverMaxPrice, PriceUnknown, BalanceTooLow, PeriodNotOffered, NotApproved, Frozen, TagsUnknown, OrderPending, Unsupported:
		return true
	}
	return false
}

// waits says whether what is held for this reason only waits for a person or a
// day.
func (r Reason) waits() bool { return r == NotApproved || r == Frozen }

// Due says whether something is to be done about an instance with this reason,
// whether or not it can be.
func (r Reason) Due() bool {
	switch r {
	case Due, Rescue, Backstop, TooLateForAuto, OnlyReported, Locked:
		return true
	}
	return r.Held()
}

// Outcome is what came of a decision.
type Outcome string

// The outcomes.
const (
	Renewed        Outcome = "renewed" // and the new expiry was read back
	AutoRenewOn    Outcome = "auto-renew-on"
	AutoRenewIsOff Outcome = "auto-renew-off"
	LapseSet       Outcome = "let-lapse"
	Planned        Outcome = "planned"    // a dry run: nothing was changed
	Unverified     Outcome = "unverified" // accepted; not, or not as asked, visible when read back
	OutcomeUnknown Outcome = "unknown"    // may have happened; a read has not shown it
	OutcomeFailed  Outcome = "failed"     // refused
	Stale          Outcome = "stale"      // moved since the plan; not acted upon
	NotTried       Outcome = "not-tried"  // not reached
	Held           Outcome = "held"       // due, and a cap or guard stands before it, which Reason names
	NothingToDo    Outcome = "none"
)
