package message

import (
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func phrasesIn(l lang.Language) *phrases {
	if l == lang.Chinese {
		return chinese()
	}
	return english()
}

// phrases is everything a message says, in one language. The texts that take
// values are formats: both languages take the same ones, which a test checks.
type phrases struct {
	// The first line.
	title       string // of the message, before everything else
	sample      string // an invented report
	dryRun      string
	stopped     string // a run that did not start
	expired     string // urgency by the time left, the worst first
	urgent      string
	soon        string
	statuses    map[renewal.Status]string
	reportMode  string // instead of the status ok, where nothing was to be done
	unknownDue  string // the lists are incomplete, and nothing due was found in them
	nothing     string // listed
	noneListed  string
	planned     string // due, planned
	reported    string // due
	done        string // due, done
	incomplete  string
	wouldPay    string // money
	paid        string // money
	unconfirmed string // money
	noCharge    string
	noAmount    string // something was bought, its price is not known
	atLeast     string // money; the price of something else is not known
	lapse       string // number

	nearestProblem string // time left
	ended          string // time since
	nextExpiry     string // time left, where there is no problem
	page           string // number, of

	// Headings, each with a number.
	problems     string
	lapsing      string
	paidFor      string
	plannedFor   string
	held         string
	heldSum      string // money
	heldCap      string // money
	onlyReported string
	warnings     string
	rest         string
	continued    string // heading

	// One instance in one line.
	named     string // name, id
	where     string // instance, region
	account   string // region, account
	expires   string // date, time left
	overSince string // date, time since
	noExpiry  string
	because   string // reason
	price     string // money
	term      string // period
	autoTerm  string // period, of auto-renewal
	until     string // date
	order     string // id
	join      string // between the parts of a line
	stop      string // at the end of what is joined, before an error
	more      string // number of lines left out of a section

	// Periods.
	weeks, months, years string // number
	untilDay             string // day of the month

	actions  map[renewal.Action]string // as a noun, for the outcomes
	noAction string                    // where it is not known which
	outcomes map[renewal.Outcome]string
	// charges are the outcomes of what may have cost money.
	charges map[renewal.Outcome]string
	reasons map[renewal.Reason]string

	scopes    string // regions, error
	and       string // between the names in a list
	noScope   string // no list was read at all
	leftAlone string // number, listed, scopes
	counted   string // reason, number
	settled   string // number
	balance   string // money

	// Time and money.
	days, hours, minutes string
	currencies           map[string]string

	// The last lines.
	foot     string // request id, trigger, finish
	zone     string // name
	triggers map[string]string
	overflow string // lines, problems, request id

	// A run that did not start.
	notStarted string
	wrong      string
	errors     map[string]string
	request    string // id

	// own puts what this program itself says in errors and warnings into the
	// language; nil = it is in it already. Codes, ids and settings stay.
	own func(text string) string
}
