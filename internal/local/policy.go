package local

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// policy prints what RAM must allow.
type policy struct {
	Account string `placeholder:"ID" help:"Id of the function's account; without it, policies hold for any."`
	Role    string `default:"fc-renewer" help:"Name of the function's role, for what other accounts must trust."`
	JSON    bool   `name:"json" help:"Print one object: policy, trust, accounts, notes."`
}

// Help is shown by policy --help.
func (*policy) Help() string {
	return `Prints the least that the settings of the environment need, and nothing that they cannot reach: for the function's role, and for the role in every further account of RENEW_ACCOUNTS. It asks nobody, so it also works without credentials.

  RENEW_ACTION=renew RENEW_REGIONS=cn-hangzhou go run . policy --account 1234567890123456
  RENEW_ACTION=auto-renew go run . policy --json | jq .policy

Exit codes: 0 ok, 2 refused (1 for everything under go run).`
}

var (
	accountForm  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{1,20}$`) })
	roleNameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`) })
)

func (o *policy) run(_ context.Context, p *program) (int, error) {
	if o.Account != "" && !accountForm().MatchString(o.Account) {
		return exitFailed, fmt.Errorf("--account: %q is no account id; it is a number, such as 1234567890123456", o.Account)
	}
	if !roleNameForm().MatchString(o.Role) {
		return exitFailed, fmt.Errorf("--role: %q is no name of a role", o.Role)
	}
	c, err := p.handler.ReadSettings()
	if err != nil {
		return exitFailed, fmt.Errorf("%s: %w", runner.BadConfig, err)
	}
	g := granter{Config: c.Config, rights: p.handler.Rights, account: o.Account, role: o.Role}.grants()
	if o.JSON {
		return exitOK, printJSON(p.stdout, g)
	}
	return exitOK, g.print(p.paper(nil, lang.English))
}

// A document is a policy of RAM.
type document struct {
	Version   string
	Statement []statement
}

// A statement allows something: in a policy on resources, in the trust policy
// of a role to somebody.
type statement struct {
	Effect    string
	Action    []string
	Resource  oneOrMore                    `json:",omitempty"`
	Principal map[string][]string          `json:",omitempty"`
	Condition map[string]map[string]string `json:",omitempty"`
}

// oneOrMore writes a list of one as that one.
type oneOrMore []string

// MarshalJSON implements json.Marshaler.
func (l oneOrMore) MarshalJSON() ([]byte, error) {
	if len(l) == 1 {
		return json.Marshal(l[0])
	}
	return json.Marshal([]string(l))
}

func allow(actions, resources []string) statement {
	return statement{Effect: "Allow", Action: actions, Resource: resources}
}

// trust lets somebody take on a role.
func trust(kind, who string) statement {
	return statement{Effect: "Allow", Action: []string{"sts:AssumeRole"}, Principal: map[string][]string{kind: {who}}}
}

func newDocument(statements ...statement) document {
	return document{Version: "1", Statement: statements}
}

// grants are what RAM must allow for some settings.
type grants struct {
	Policy   document       `json:"policy"` // of the function's role
	Trust    document       `json:"trust"`  // of the function's role
	Accounts []otherAccount `json:"accounts"`
	Notes    []string       `json:"notes"`
}

// otherAccount is an account that the function enters by a role there.
type otherAccount struct {
	Account string   `json:"account"`
	Role    string   `json:"role"` // the ARN
	Policy  document `json:"policy"`
	Trust   document `json:"trust"`
}

const (
	anyAccount = "*"
	// Stand-ins in the trust of other accounts: what is not known here, and
	// what is a kind of password.
	theAccount    = "<id of the function's account>"
	theExternalID = "<value of RENEW_EXTERNAL_ID>"
)

// A granter knows what the settings need, and as which rights.
type granter struct {
	config.Config
	rights        []renewal.Right
	account, role string // the function's own; account "" = not known
}

// actions gives the rights that are for one of some uses.
func (g granter) actions(uses ...renewal.Use) (all []string) {
	for _, right := range g.rights {
		if slices.Contains(uses, right.Use) {
			all = append(all, right.Action)
		}
	}
	return all
}

// grants gives what the settings need.
func (g granter) grants() grants {
	out := grants{
		Trust:    newDocument(trust("Service", "fc.aliyuncs.com")),
		Accounts: []otherAccount{},
	}
	var roles []string
	for _, name := range g.Accounts {
		if name == config.Self {
			out.Policy = newDocument(g.inAccount(cmp.Or(g.account, anyAccount))...)
			continue
		}
		roles = append(roles, name)
		id := strings.Split(name, ":")[3]
		trusted := trust("RAM", "acs:ram::"+cmp.Or(g.account, theAccount)+":role/"+g.role)
		if g.ExternalID != "" {
			trusted.Condition = map[string]map[string]string{"StringEquals": {"sts:ExternalId": theExternalID}}
		}
		out.Accounts = append(out.Accounts, otherAccount{
			Account: id, Role: name, Policy: newDocument(g.inAccount(id)...), Trust: newDocument(trusted),
		})
	}
	if len(roles) > 0 {
		out.Policy = newDocument(append(out.Policy.Statement, allow(g.actions(renewal.ToAssume), roles))...)
	}
	out.Notes = g.notes()
	return out
}

// inAccount is what a run needs within one account: a statement for what is
// granted on the same resources of a product.
func (g granter) inAccount(account string) (statements []statement) {
	type place struct{ product, resource string }
	at := map[place]int{}
	for _, right := range g.rights {
		if !g.needs(right.Use) {
			continue
		}
		p := place{right.Product, right.Resource}
		i, begun := at[p]
		if !begun {
			i = len(statements)
			at[p] = i
			statements = append(statements, allow(nil, resources(right.Resource, g.Regions, account)))
		}
		statements[i].Action = append(statements[i].Action, right.Action)
	}
	return statements
}

// needs says whether the settings can come to use a right within an account.
func (g granter) needs(u renewal.Use) bool {
	pays, sets := reach(g.Policy)
	switch u {
	case renewal.ToList:
		return true
	case renewal.ToFindRegions:
		return g.AllRegions
	case renewal.ToPrice:
		return pays
	case renewal.ToPay, renewal.ToTag:
		return pays && changes(g.Policy)
	case renewal.ToSwitch:
		return sets && changes(g.Policy)
	case renewal.ToSeeBalance:
		return g.Policy.Caps.MinBalance.Known()
	}
	return false
}

// resources fills in the form of a resource for some regions; none = all.
func resources(form string, regions []string, account string) (all []string) {
	if form == "" {
		return []string{"*"}
	}
	if len(regions) == 0 || !strings.Contains(form, "{region}") {
		regions = []string{"*"}
	}
	for _, region := range regions {
		all = append(all, strings.NewReplacer("{region}", region, "{account}", account).Replace(form))
	}
	return all
}

// reach says whether a policy can come to price and pay, and to switch
// auto-renewal: by settings and rules, and by tags where they may ask for
// anything. What tags may only lessen is not counted: a note tells of it.
func reach(p renewal.Policy) (pays, sets bool) {
	all, byTags := p.Reachable()
	if p.TagTrust == renewal.TrustFull {
		all = append(all, byTags...)
	}
	return slices.Contains(all, renewal.Renew), slices.ContainsFunc(all, func(a renewal.Action) bool { return a != renewal.Renew })
}

// changes says whether a run changes anything, whatever is due.
func changes(p renewal.Policy) bool {
	return !p.DryRun && (p.Caps.NoMaxCount || p.Caps.MaxCount > 0)
}

// notes say what a policy cannot say.
func (g granter) notes() []string {
	c, p := g.Config, g.Policy
	all := []string{"sts:GetCallerIdentity, which tells whose the credentials are, needs no grant."}
	add := func(holds bool, format string, args ...any) {
		if holds {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	pays, sets := reach(p)
	var uses []renewal.Use
	if pays {
		uses = append(uses, renewal.ToPay, renewal.ToTag)
	}
	if sets {
		uses = append(uses, renewal.ToSwitch)
	}
	missing := g.actions(uses...)
	add(p.Action == renewal.ReportOnly, "RENEW_ACTION=report: with this policy nothing can be paid for or changed. Another action needs more: set it, and print the policy again.")
	add(p.DryRun && missing != nil, "RENEW_DRY_RUN=true: this is enough to plan. To act, also grant %s on the same instances.", strings.Join(missing, ", "))
	add(!p.DryRun && !changes(p) && missing != nil, "RENEW_MAX_COUNT=0: nothing is changed. To act, also grant %s on the same instances.", strings.Join(missing, ", "))
	add(pays && changes(p), "%s lets the function write down, in the tag renew:refused, that a renewal was refused; without it, one that was refused once may go on being refused after the account was topped up.", strings.Join(g.actions(renewal.ToTag), ", "))
	_, byTags := p.Reachable()
	add(changes(p) && !sets && slices.Contains(byTags, renewal.AutoRenew),
		"The tag %saction=auto-renew may lessen a renewal to auto-renewal (RENEW_TAG_TRUST=lower). Where that tag is used, grant %s on the same instances, too.", p.TagPrefix, strings.Join(g.actions(renewal.ToSwitch), ", "))
	add(p.Caps.MinBalance.Known(), "The balance goes by two names, and documents differ on which is asked for: both are granted.")
	add(pays || sets, "Documents do not give the form of the resource for every call: where one is refused although it is granted, grant it on * and see whether that helps.")
	add(g.account == "" && slices.Contains(c.Accounts, config.Self) && (pays || sets), "--account ID narrows the resources to one account.")
	add(len(c.Regions) == 0 && (pays || sets), "RENEW_REGIONS=cn-… narrows the resources to regions.")
	add(len(c.Accounts) > 1 || c.Accounts[0] != config.Self, "The roles of the other accounts trust the role %s of the function's account; --account and --role name another.", g.role)
	add(c.ExternalID != "", "The value of RENEW_EXTERNAL_ID is not shown: put it in place of %s.", theExternalID)
	add(c.ExternalID == "" && (len(c.Accounts) > 1 || c.Accounts[0] != config.Self), "With RENEW_EXTERNAL_ID, the other accounts would ask for it besides: print the policies again once it is set.")
	add(true, "The log: where the function writes it with this role, allow log:PostLogStoreLogs on acs:log:*:*:project/<project>/logstore/<logstore>, too.")
	return all
}

// print shows the grants in parts, each under its heading.
func (g grants) print(p paper) error {
	type part struct {
		title string
		doc   document
	}
	parts := []part{{"Policy of the function's role", g.Policy}, {"Who may take on the function's role (its trust policy)", g.Trust}}
	for _, a := range g.Accounts {
		parts = append(parts,
			part{"In account " + a.Account + ": policy of " + a.Role, a.Policy},
			part{"In account " + a.Account + ": trust policy of " + a.Role, a.Trust})
	}
	for _, part := range parts {
		p.heading(part.title)
		if err := printJSON(p.out, part.doc); err != nil {
			return err
		}
	}
	p.heading("Notes")
	for _, note := range g.Notes {
		p.line("- %s", note)
	}
	return nil
}
