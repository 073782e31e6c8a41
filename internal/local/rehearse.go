package local

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// rehearse plays the coming year.
type rehearse struct {
	Fleet       string `placeholder:"FILE" help:"Play the fleet of a file, in the emulator's form, instead of the account's. Nothing leaves this machine."`
	Days        int    `default:"365" help:"How many days to play: 1 to 3650."`
	Against     string `placeholder:"FILE" help:"Play a second policy, NAME=value lines or an s.yaml, and print the difference."`
	JSON        bool   `name:"json" help:"Print the play as JSON."`
	Markdown    bool   `help:"Print it as Markdown, for a pull request."`
	HTML        string `name:"html" placeholder:"FILE" help:"Write it as one self-contained web page with charts, too."`
	Save        string `placeholder:"FILE" help:"Write the fleet that was read as a fleet file, without secrets."`
	NoPrices    bool   `help:"Ask no prices; what is paid is not known then."`
	NoApprovals bool   `help:"Take approvals for refused. Otherwise they are taken as given."`
	Lang        string `placeholder:"en|zh" help:"Language of what people read, instead of RENEW_LANG."`
}

// Help is shown by rehearse --help.
func (*rehearse) Help() string {
	return `Plays the runs of the coming year with the settings of the environment, without changing anything: what is renewed and what it costs, by whom, what will stop, and why. Prices are those of today. Without credentials and without --fleet it plays the sample fleet.

  RENEW_ACTION=renew RENEW_REGIONS=all go run . rehearse
  RENEW_ACTION=renew go run . rehearse --fleet fleet.yaml --days 90
  RENEW_ACTION=renew go run . rehearse --against other.env --markdown
  RENEW_ACTION=renew go run . rehearse --html year.html
  RENEW_ACTION=renew go run . rehearse --save fleet.yaml

Exit codes: 0, 1 something in scope stops that nobody chose to let go, 2 it could not be played; go run makes 1 of both, go build keeps them apart.`
}

const longestPlay = 3650 // days

func (r *rehearse) run(ctx context.Context, p *program) (int, error) {
	if err := p.useLanguage(r.Lang); err != nil {
		return exitFailed, err
	}
	play, err := r.prepare(p)
	if err != nil {
		return exitFailed, err
	}
	out, err := r.outputs()
	if err != nil {
		return exitFailed, err
	}
	defer out.close()
	end, err := play.stage(ctx, p)
	if err != nil {
		return exitFailed, err
	}
	defer end()
	err = p.handler.WithFleet(ctx, play.in, play.listed(p), func(f *runner.Fleet) error {
		play.endProgress()
		return play.perform(ctx, p, f)
	})
	play.endProgress()
	if err != nil {
		if stop, ok := errors.AsType[*runner.Stop](err); ok {
			err = refused(stop.Kind, err)
		}
		return exitFailed, err
	}
	if err := r.show(p, play, out); err != nil {
		return exitFailed, err
	}
	if play.result.Unchosen() > 0 && play.policy.Action != renewal.ReportOnly {
		return exitPartial, nil
	}
	return exitOK, nil
}

// A play is one rehearsal on its way.
type play struct {
	flags    *rehearse
	policy   renewal.Policy
	zone     *time.Location
	second   *renewal.Policy // of --against
	warnings []lang.Text     // of it
	sample   bool            // the sample fleet is played
	in       handler.Invocation
	now      time.Time

	endProgress func()
	fleet       *runner.Fleet
	monthly     []renewal.Amount // what a month of each instance costs, for --save; nil = not asked
	result      renewal.Rehearsal
}

// prepare reads everything that a mistake can be in, before any call.
func (r *rehearse) prepare(p *program) (*play, error) {
	if r.Days < 1 || r.Days > longestPlay {
		return nil, lang.Err("--days %d: write 1 to %d", "--days %d：请填写 1 到 %d", r.Days, longestPlay)
	}
	if r.JSON && r.Markdown {
		return nil, lang.Err("--json and --markdown: one of them", "--json 与 --markdown 只能选一个")
	}
	settings, err := p.handler.ReadSettings()
	if err != nil {
		return nil, refused(runner.BadConfig, err)
	}
	y := &play{flags: r, policy: r.rehearsed(settings.Policy), zone: settings.Policy.Zone, now: p.handler.Now(), endProgress: func() {}}
	if r.Against != "" {
		second, err := r.secondPolicy(p)
		if err != nil {
			return nil, lang.Err("--against %s: %v", "--against %s：%v", r.Against, err)
		}
		policy := r.rehearsed(second.Policy)
		y.second, y.warnings = &policy, otherScope(settings.Config, second)
	}
	y.in = handler.Invocation{RequestID: "rehearse", Region: p.region(), Trigger: "command"}
	return y, nil
}

// rehearsed is a policy as it is played: approvals are given or refused, and
// the brake is no matter.
func (r *rehearse) rehearsed(p renewal.Policy) renewal.Policy {
	p.DryRun = false
	p.Approval.Given = !r.NoApprovals
	return p
}

// secondPolicy reads the settings of --against, in place of all RENEW_*.
func (r *rehearse) secondPolicy(p *program) (config.Config, error) {
	text, err := readText(r.Against)
	if err != nil {
		return config.Config{}, err
	}
	variables, err := config.FromFile(text)
	if err != nil {
		return config.Config{}, err
	}
	for _, v := range p.handler.Environ() {
		if !strings.HasPrefix(v, "RENEW_") {
			variables = append(variables, v)
		}
	}
	other := *p.handler
	other.Environ = func() []string { return variables }
	settings, err := other.ReadSettings()
	return settings.Config, config.AtLines(text, err)
}

// scope is where settings look.
func scope(c config.Config) map[string][]string {
	regions := c.Regions
	if c.AllRegions {
		regions = []string{"all"}
	}
	return map[string][]string{"RENEW_REGIONS": regions, "RENEW_ACCOUNTS": c.Accounts}
}

// otherScope says where the second policy looks elsewhere: it is played on what
// the first one lists.
func otherScope(here, there config.Config) (warnings []lang.Text) {
	first, second := scope(here), scope(there)
	for _, name := range sortedKeys(first) {
		if !slices.Equal(slices.Sorted(slices.Values(first[name])), slices.Sorted(slices.Values(second[name]))) {
			warnings = append(warnings, lang.Say("%s is another one there; both policies are played on what the first one lists", "对比方案的 %s 不同；两套策略都基于当前设置所列的资源预演", name))
		}
	}
	return warnings
}

// stage sets up where the fleet is read from: the account, or an emulated cloud
// with the fleet of a file, or the sample where there are no credentials.
func (y *play) stage(ctx context.Context, p *program) (end func(), err error) {
	if y.flags.Fleet == "" && p.hasCredentials(ctx, y.in) {
		return func() {}, nil
	}
	y.sample = y.flags.Fleet == ""
	e := &emulate{Fleet: y.flags.Fleet}
	c, keys, err := e.cloud(y.now)
	if err != nil {
		return nil, err
	}
	server, err := c.Start("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	instances := c.Instances()
	for name, value := range map[string]string{
		"RENEW_ENDPOINT": server.URL(), "ALIBABA_CLOUD_ACCESS_KEY_ID": keys.id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys.secret,
	} {
		p.override(name, value)
	}
	y.in.Keys = renewal.Keys{ID: keys.id, Secret: keys.secret}
	if len(instances) > 0 {
		y.in.AccountID = instances[0].Account
	}
	if p.variable("RENEW_REGIONS") == "" {
		p.override("RENEW_REGIONS", "all")
	}
	return func() { _ = server.Close() }, nil
}

// hasCredentials says whether there are credentials to read an account with.
func (p *program) hasCredentials(ctx context.Context, in handler.Invocation) bool {
	settings, err := p.handler.ReadSettings()
	if err != nil {
		return true // it is told when it is used
	}
	accounts, err := p.handler.Connect(ctx, in, settings.Config)
	if err != nil {
		return false
	}
	accounts.Close()
	return true
}

// listed shows how far the list is, to a person who watches.
func (y *play) listed(p *program) func(int) {
	var listed atomic.Int64
	y.endProgress = once(p.progress(func() lang.Text {
		return lang.Say("reading the fleet: %d subscriptions", "正在读取实例：%d 个", listed.Load())
	}))
	return func(n int) { listed.Store(int64(n)) }
}

func once(f func()) func() {
	done := false
	return func() {
		if !done {
			done = true
			f()
		}
	}
}

// perform plays, and asks the prices that it comes to.
func (y *play) perform(ctx context.Context, p *program, f *runner.Fleet) error {
	y.fleet = f
	var day, asked atomic.Int64
	end := once(p.progress(func() lang.Text {
		return lang.Say("playing: day %d of %d, %d prices asked", "正在预演：第 %d 天，共 %d 天，已询价 %d 次", day.Load(), y.flags.Days, asked.Load())
	}))
	defer end()
	script := renewal.Script{
		From: y.now.UTC().Truncate(time.Minute), Days: y.flags.Days, Fleet: f.Instances, Balances: f.Balances,
		Progress: func(n int) { day.Store(int64(n)) },
	}
	ask := func(quotes []renewal.Quote) []renewal.Amount {
		return f.Prices(ctx, quotes, func(n int) { asked.Store(int64(n)) })
	}
	if !y.flags.NoPrices {
		script.Prices = ask
	}
	y.result = renewal.Rehearse(y.policy, script)
	if y.second != nil {
		there := renewal.Rehearse(*y.second, script)
		y.result.Against = y.result.Compare(y.flags.Against, there)
	}
	if y.flags.Save != "" && !y.flags.NoPrices {
		y.monthly = ask(monthly(f.Instances))
	}
	y.result.Version = p.handler.Version
	for _, warning := range slices.Concat(y.warnings, f.Warnings) {
		y.result.Warnings = append(y.result.Warnings, warning.In(p.language()))
	}
	return ctx.Err()
}

// monthly are the quotes of a month of everything, as a fleet file has them.
func monthly(fleet []renewal.Instance) (quotes []renewal.Quote) {
	for _, in := range fleet {
		quotes = append(quotes, renewal.Quote{Instance: in, Term: renewal.Term{Period: renewal.Period{Months: 1}}})
	}
	return quotes
}

// show prints the play, and writes its files.
func (r *rehearse) show(p *program, y *play, out outputs) error {
	var err error
	switch {
	case r.JSON:
		err = printJSON(p.stdout, y.result)
	case r.Markdown:
		err = y.markdown(p.stdout, p.language())
	default:
		y.print(p.paper(y.zone, p.language()))
	}
	return errors.Join(err, out.html.write(y.page(p.language()).Write), out.save.write(y.save))
}

// save writes the fleet that was read as a fleet file.
func (y *play) save(w io.Writer) error {
	var fleet cloud.Fleet
	for _, id := range sortedKeys(y.fleet.Balances) {
		fleet.Accounts = append(fleet.Accounts, cloud.Account{ID: id, Balance: y.fleet.Balances[id].String(), Currency: y.fleet.Balances[id].Currency})
	}
	for i, in := range y.fleet.Instances {
		known := slices.ContainsFunc(fleet.Accounts, func(a cloud.Account) bool { return a.ID == in.Account })
		if !known {
			fleet.Accounts = append(fleet.Accounts, cloud.Account{ID: in.Account})
		}
		price := "unknown"
		if y.monthly != nil && y.monthly[i].Known() {
			price = y.monthly[i].String()
		}
		fleet.Instances = append(fleet.Instances, emulated(in, price))
	}
	return fleet.Write(w)
}

// emulated is an instance as the emulator has it.
func emulated(in renewal.Instance, price string) cloud.Instance {
	e := cloud.Instance{
		ID: in.ID, Name: in.Name, Account: in.Account, Region: in.Region, Zone: in.Zone, Type: in.Type, Expires: in.Expires, Created: in.Created,
		Tags: in.Tags, ResourceGroup: in.ResourceGroup, VPC: in.VPC, SecurityGroups: in.SecurityGroups, MonthlyPrice: price,
		Locks:         slices.DeleteFunc(slices.Clone(in.Locks), func(lock string) bool { return lock == "financial" }),
		RenewalStatus: map[renewal.Mode]string{renewal.Auto: "AutoRenewal", renewal.Lapse: "NotRenewal"}[in.Mode], NoAttribute: in.Mode == renewal.Unknown,
	}
	if !in.Subscription {
		e.ChargeType = "PostPaid"
	}
	switch {
	case in.Mode != renewal.Auto:
	case in.Auto.Weeks > 0:
		e.AutoDuration, e.AutoUnit = in.Auto.Weeks, "Week"
	default:
		e.AutoDuration, e.AutoUnit = in.Auto.Months, "Month"
	}
	return e
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
