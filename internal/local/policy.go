package local

import (
	"cmp"
	"context"
	"encoding/json"
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
		return exitFailed, lang.Err("--account: %q is no account id; it is a number, such as 1234567890123456", "--account：%q 不是账号 ID；账号 ID 是数字，如 1234567890123456", o.Account)
	}
	if !roleNameForm().MatchString(o.Role) {
		return exitFailed, lang.Err("--role: %q is no name of a role", "--role：%q 不是角色名", o.Role)
	}
	c, err := p.handler.ReadSettings()
	if err != nil {
		return exitFailed, refused(runner.BadConfig, err)
	}
	rights := slices.DeleteFunc(slices.Clone(p.handler.Rights), func(r renewal.Right) bool { return !r.For(c.Policy.Products) })
	g := granter{Config: c.Config, rights: rights, account: o.Account, role: o.Role}.grants()
	if o.JSON {
		return exitOK, printJSON(p.stdout, g)
	}
	return exitOK, g.print(p.paper(nil, c.Policy.Lang))
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
	Account string   `json:"account"` // * = every member of the organisation
	Role    string   `json:"role"`    // the ARN
	Policy  document `json:"policy"`
	Trust   document `json:"trust"`
}

const (
	anyAccount = "*"
	// Stand-ins in the trust of other accounts: what is not known here, and
	// what is a kind of password.
	theAccount    = "<account-id-of-the-function>"
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
	members := false
	for _, name := range g.Accounts {
		if name == renewal.Self {
			out.Policy = newDocument(g.inAccount(cmp.Or(g.account, anyAccount))...)
			continue
		}
		id := anyAccount
		if role, ofAll := strings.CutPrefix(name, renewal.Organization); ofAll {
			name, members = "acs:ram::"+anyAccount+":role/"+role, true
		} else {
			id = strings.Split(name, ":")[3]
		}
		roles = append(roles, name)
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
	if members {
		out.Policy = newDocument(append(out.Policy.Statement, allow(g.actions(renewal.ToListMembers), []string{anyAccount}))...)
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
	case renewal.ToList, renewal.ToName:
		return true
	case renewal.ToFindRegions:
		return g.AllRegions
	case renewal.ToPrice, renewal.ToSeeOrders:
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

// notes say what a policy cannot say, in the language of the settings.
func (g granter) notes() []string {
	c, p := g.Config, g.Policy
	all := []string{lang.Say("sts:GetCallerIdentity, which tells whose the credentials are, needs no grant.", "sts:GetCallerIdentity 用于查询凭证属于哪个账号，无需授权。").In(p.Lang)}
	add := func(holds bool, note lang.Text) {
		if holds {
			all = append(all, note.In(p.Lang))
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
	others := len(c.Accounts) > 1 || c.Accounts[0] != renewal.Self
	missing := g.actions(uses...)
	add(p.Action == renewal.ReportOnly, lang.Say("RENEW_ACTION=report: with this policy nothing can be paid for or changed. Another action needs more: set it, and print the policy again.",
		"RENEW_ACTION=report：此权限策略下无法支付或变更任何内容。其他操作需要更多权限：设置后请重新生成。"))
	add(p.DryRun && missing != nil, lang.Say("RENEW_DRY_RUN=true: this is enough to plan. To act, also grant %s on the same instances.",
		"RENEW_DRY_RUN=true：以上权限足以试运行。如需实际执行，还须在相同实例上授予 %s。", strings.Join(missing, ", ")))
	add(!p.DryRun && !changes(p) && missing != nil, lang.Say("RENEW_MAX_COUNT=0: nothing is changed. To act, also grant %s on the same instances.",
		"RENEW_MAX_COUNT=0：不做任何变更。如需实际执行，还须在相同实例上授予 %s。", strings.Join(missing, ", ")))
	add(pays && changes(p) && g.actions(renewal.ToTag) != nil, lang.Say("%s lets the function write down, in the tag renew:refused, that a renewal was refused; without it, one that was refused once may go on being refused after the account was topped up.",
		"%s 让函数用标签 renew:refused 记下续费曾被拒绝；没有该权限，被拒绝过的续费在账户充值后仍可能继续被拒绝。", strings.Join(g.actions(renewal.ToTag), ", ")))
	_, byTags := p.Reachable()
	add(changes(p) && !sets && slices.Contains(byTags, renewal.AutoRenew), lang.Say("The tag %saction=auto-renew may lessen a renewal to auto-renewal (RENEW_TAG_TRUST=lower). Where that tag is used, grant %s on the same instances, too.",
		"标签 %saction=auto-renew 可以把续费改为自动续费（RENEW_TAG_TRUST=lower）。使用该标签时，还须在相同实例上授予 %s。", p.TagPrefix, strings.Join(g.actions(renewal.ToSwitch), ", ")))
	add(p.Caps.MinBalance.Known(), lang.Say("The balance goes by two names, and documents differ on which is asked for: both are granted.",
		"查询余额的权限有两个名称，文档说法不一，因此两个都授予。"))
	add(pays || sets, lang.Say("Documents do not give the form of the resource for every call: where one is refused although it is granted, grant it on * and see whether that helps.",
		"文档并未给出每个接口的资源格式：如果已授权的接口仍被拒绝，请改为对 * 授权再试。"))
	add(g.account == "" && slices.Contains(c.Accounts, renewal.Self) && (pays || sets), lang.Say("--account ID narrows the resources to one account.", "--account ID 可将资源限定在一个账号内。"))
	add(len(c.Regions) == 0 && (pays || sets), lang.Say("RENEW_REGIONS=cn-… narrows the resources to regions.", "RENEW_REGIONS=cn-… 可将资源限定在若干地域内。"))
	add(others, lang.Say("The roles of the other accounts trust the role %s of the function's account; --account and --role name another.",
		"其他账号的角色信任函数所在账号的角色 %s；可用 --account 和 --role 另行指定。", g.role))
	add(c.ExternalID != "", lang.Say("The value of RENEW_EXTERNAL_ID is not shown: put it in place of %s.", "RENEW_EXTERNAL_ID 的值不予显示：请将其填入 %s 处。", theExternalID))
	add(c.ExternalID == "" && others, lang.Say("With RENEW_EXTERNAL_ID, the other accounts would ask for it besides: print the policies again once it is set.",
		"如果使用 RENEW_EXTERNAL_ID，其他账号还会校验它：设置后请重新生成权限策略。"))
	add(true, lang.Say("The log: where the function writes it with this role, allow log:PostLogStoreLogs on acs:log:*:*:project/<project>/logstore/<logstore>, too.",
		"日志：如果函数用此角色写日志，还须授予 log:PostLogStoreLogs，资源为 acs:log:*:*:project/<project>/logstore/<logstore>。"))
	return all
}

// print shows the grants in parts, each under its heading.
func (g grants) print(p paper) error {
	type part struct {
		title lang.Text
		doc   document
	}
	parts := []part{
		{lang.Say("Policy of the function's role", "函数角色的权限策略"), g.Policy},
		{lang.Say("Who may take on the function's role (its trust policy)", "谁可以扮演函数角色（信任策略）"), g.Trust},
	}
	for _, a := range g.Accounts {
		if a.Account == anyAccount {
			parts = append(parts,
				part{lang.Say("In every member of the organisation: policy of %s", "资源目录的每个成员账号：%s 的权限策略", a.Role), a.Policy},
				part{lang.Say("In every member of the organisation: trust policy of %s", "资源目录的每个成员账号：%s 的信任策略", a.Role), a.Trust})
			continue
		}
		parts = append(parts,
			part{lang.Say("In account %s: policy of %s", "账号 %s：%s 的权限策略", a.Account, a.Role), a.Policy},
			part{lang.Say("In account %s: trust policy of %s", "账号 %s：%s 的信任策略", a.Account, a.Role), a.Trust})
	}
	for _, part := range parts {
		p.heading(p.say(part.title))
		if err := printJSON(p.out, part.doc); err != nil {
			return err
		}
	}
	p.heading(p.say(lang.Say("Notes", "说明")))
	for _, note := range g.Notes {
		p.line("- %s", note)
	}
	return nil
}
