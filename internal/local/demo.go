package local

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/emulator/fc"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// demo is the demonstration.
type demo struct {
	JSON     bool   `name:"json" help:"Print the report itself, as JSON."`
	Message  bool   `help:"Print also what a message about the run says."`
	Approval bool   `help:"Show how payments wait for a person, and how they are approved."`
	Lang     string `placeholder:"en|zh" default:"en" help:"Language of the tables and of the message."`
}

// Help is shown by demo --help.
func (*demo) Help() string {
	return `An emulated Function Compute starts this very program as the function and sends it a timer event; the function renews a sample fleet in an emulated cloud. All of it stays on this machine and takes seconds. What is in the environment does not matter, but for RENEW_TZ.

  go run .
  go run . --message
  go run . demo --approval
  go run . --json`
}

//go:embed fleet.yaml
var sampleFleet []byte

// settings are the function's, and show what settings look like.
var settings = []string{
	"RENEW_ACTION=renew",
	"RENEW_REGIONS=cn-hangzhou,cn-beijing",
	"RENEW_PRODUCTS=all",
	"RENEW_PRICES=eip=30",
	"RENEW_PERIOD=1m",
	"RENEW_WINDOW=7d",
	"RENEW_EXCLUDE_TAGS=env=test",
	`RENEW_RULES=[{name: payments, when: 'tags["team"] == "payments"', period: 3m, max-price: 800}]`,
	"RENEW_MAX_SPEND=5000 CNY",
	"RENEW_VERIFY=3s",
}

const (
	demoTimeout = 2 * time.Minute // of the function: no less, since no charge starts shortly before it
	demoLimit   = 3 * time.Minute // of everything
)

// A stage is what the demonstration runs on.
type stage struct {
	cloud    *cloud.Cloud
	server   *cloud.Server
	settings []string
	config   config.Config
	now      time.Time
}

func (d *demo) run(ctx context.Context, p *program) (int, error) {
	language, err := lang.Parse(d.Lang)
	if err != nil {
		return exitFailed, lang.Err("--lang: %v", "--lang：%v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, demoLimit)
	defer cancel()
	var more []string
	if d.Approval {
		more = append(more, demoApproval)
	}
	if language != lang.English {
		more = append(more, "RENEW_LANG="+string(language))
	}
	s, err := p.newStage(more...)
	if err != nil {
		return exitFailed, err
	}
	defer func() { _ = s.server.Close() }()

	end := p.progress(func() lang.Text {
		return lang.Say("the function runs: %d calls to the emulated cloud, %d renewals paid", "函数运行中：已调用模拟云 %d 次，已支付续费 %d 笔", s.cloud.CallCount(""), len(s.cloud.Ledger()))
	})
	end = once(end)
	defer end()
	paper := p.paper(s.config.Policy.Zone, language)
	if d.Approval {
		r, err := s.round(ctx, p)
		if end(); err != nil {
			return exitFailed, err
		}
		if d.JSON {
			return exitOK, errors.Join(append(r.offScript(), printJSON(p.stdout, r.answer))...)
		}
		r.show(paper)
		return exitOK, errors.Join(r.offScript()...)
	}
	report, err := s.play(ctx, p)
	if end(); err != nil {
		return exitFailed, err
	}
	bought := purchases(s.cloud)
	wrong := offScript(report, bought)
	if d.JSON {
		err = printJSON(p.stdout, report)
	} else {
		s.tell(paper, report, bought, d.Message)
	}
	return exitOK, errors.Join(append(wrong, err)...)
}

// newStage starts the cloud with the sample fleet, for a function that has more
// settings besides its own.
func (p *program) newStage(more ...string) (*stage, error) {
	s := &stage{now: p.handler.Now()}
	fleet, err := cloud.LoadFleet(bytes.NewReader(sampleFleet), s.now)
	if err != nil {
		return nil, err
	}
	s.cloud = cloud.New(cloud.Options{})
	fleet.Apply(s.cloud)
	if s.server, err = s.cloud.Start("127.0.0.1:0"); err != nil {
		return nil, err
	}
	s.settings = append(slices.Concat(settings, more), "RENEW_ENDPOINT="+s.server.URL())
	if zone := p.variable("RENEW_TZ"); zone != "" {
		s.settings = append(s.settings, "RENEW_TZ="+zone)
	}
	if s.config, err = config.Read(config.Environment{Variables: s.settings}); err != nil {
		return nil, errors.Join(err, s.server.Close())
	}
	return s, nil
}

// deploy makes a function of this program.
func (s *stage) deploy(ctx context.Context, p *program) (*fc.Runtime, error) {
	binary, err := p.executable()
	if err != nil {
		return nil, err
	}
	return fc.Start(ctx, fc.Function{
		Path: binary, Name: "fc-renewer", AccountID: s.cloud.Instances()[0].Account, Timeout: demoTimeout,
		Env: s.variables(), Credentials: s.role(), MaxAsyncRetries: -1,
	})
}

// play sends the function a timer event.
func (s *stage) play(ctx context.Context, p *program) (report renewal.Report, err error) {
	platform, err := s.deploy(ctx, p)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, platform.Close()) }()
	results, err := platform.Timer(ctx, "", "every-morning", s.now)
	if err != nil {
		return report, err
	}
	return reportOf(results[len(results)-1])
}

// reportOf reads the report that the function has answered.
func reportOf(r fc.Result) (report renewal.Report, err error) {
	if r.Failed() {
		return report, lang.Err("the function failed: %s: %v\nits log:\n%s", "函数执行失败：%s：%v\n日志：\n%s", cmp.Or(r.Error.Type, r.ErrorType), r.Error, r.Log)
	}
	return report, json.Unmarshal(r.Payload, &report)
}

// role gives the function temporary credentials, as the platform does.
func (s *stage) role() fc.Credentials {
	account := s.cloud.Instances()[0].Account
	c := fc.Credentials{AccessKeyID: "STS.sample", AccessKeySecret: "sample", SecurityToken: "sample"}
	s.cloud.AddKey(account, cloud.Key{
		AccessKeyID: c.AccessKeyID, AccessKeySecret: c.AccessKeySecret, SecurityToken: c.SecurityToken, Role: "fc-renewer",
	})
	return c
}

func (s *stage) variables() map[string]string {
	values := map[string]string{}
	for _, v := range s.settings {
		name, value, _ := strings.Cut(v, "=")
		values[name] = value
	}
	return values
}

// tell prints how it went: first what came of it and where the money went.
func (s *stage) tell(p paper, r renewal.Report, bought []*purchase, message bool) {
	p.paragraph(0, p.verdictOn(r, bought))
	p.paragraph(0, p.say(lang.Say("A timer event, the function, and a fleet of %d: all emulated, all on this machine.",
		"定时事件、函数和 %d 个实例：全部在本机模拟。", len(s.cloud.Instances()))))
	p.shortLedger(bought)
	p.shortInstances(r.Instances, s.unlisted(r))
	p.demoSums(r)
	if message {
		p.message(r)
	}
	p.heading(p.say(lang.Say("Settings of the function", "函数的设置")))
	for _, v := range s.settings {
		p.indented("  ", 4, v)
	}
	p.line("\n%s", p.say(lang.Say("Next: go run . --message        what a message about this run says\n"+
		"      go run . demo --approval  how payments wait for a person\n"+
		"      go run . emulate          this cloud, for a CLI or an SDK\n"+
		"      go run . run --help       one run with your own credentials\n"+
		"      README.md                 how to deploy the function",
		"接下来：go run . --message        查看本次运行的消息内容\n"+
			"        go run . demo --approval  查看续费如何等待人工批准\n"+
			"        go run . emulate          保持这套模拟云运行，供 CLI 或 SDK 调用\n"+
			"        go run . run --help       用自己的凭证运行一次\n"+
			"        README.zh-CN.md           如何部署")))
}

// shortInstances prints a line for each instance that something was, or was to be,
// done about, and names the others with the reason.
func (p paper) shortInstances(list, others []renewal.Entry) {
	acted := slices.DeleteFunc(slices.Clone(list), func(e renewal.Entry) bool { return e.Decision == renewal.None })
	p.heading(p.say(lang.Say("Instances (times in %s)", "实例（时间：%s）", p.zoneName())))
	of := func(title lang.Text, cell func(renewal.Entry) string) column {
		return columnOf(p.say(title), 0, acted, cell)
	}
	p.table([]column{
		p.idOf(acted), p.nameOf(acted),
		of(lang.Say("product", "产品"), productAmong(acted)),
		of(lang.Say("days", "天数"), daysLeft).toTheRight(),
		p.reasonsOf(acted),
		of(lang.Say("for", "时长"), func(e renewal.Entry) string { return e.Period }),
		of(lang.Say("price", "价格"), func(e renewal.Entry) string { return e.Price }).toTheRight(),
		of(lang.Say("outcome", "结果"), p.outcome),
	})
	var reasons []string
	ids := map[string][]string{}
	for _, e := range slices.Concat(list, others) {
		if e.Decision != renewal.None {
			continue
		}
		if ids[string(e.Reason)] == nil {
			reasons = append(reasons, string(e.Reason))
		}
		ids[string(e.Reason)] = append(ids[string(e.Reason)], e.ID)
	}
	var left []lang.Text
	for _, reason := range reasons {
		left = append(left, lang.Say("%s %s", "%s %s", reason, strings.Join(ids[reason], " ")))
	}
	p.paragraph(2, p.say(lang.Say("Left alone: %v.", "不处理：%v。", lang.Join(left, lang.Say(", ", "，")))))
}

// demoSums prints what the run comes to, and what it has to say besides.
func (p paper) demoSums(r renewal.Report) {
	if m := r.Money; m.Currency != "" {
		p.paragraph(2, p.sums(m))
	}
	for _, e := range r.Instances {
		if paid := paidOtherwise(e); paid != "" {
			p.paragraph(2, p.say(lang.Say("%s was taken to cost %s at most (RENEW_PRICES); its order says %s.", "%s 按不超过 %s 计（RENEW_PRICES），订单实付 %s。", e.ID, e.Price, paid)))
		}
	}
	p.paragraph(2, p.say(lang.Say("Status: %s. Warnings: %d. Details: --json, --message.", "状态：%s。警告 %d 条。详情见 --json、--message。", string(r.Status), len(r.Warnings))))
}

// unlisted gives the instances of the fleet that the report only counts or does
// not know, with what is known of them here.
func (s *stage) unlisted(r renewal.Report) (out []renewal.Entry) {
	for _, in := range s.cloud.Instances() {
		if slices.ContainsFunc(r.Instances, func(e renewal.Entry) bool { return e.ID == in.ID }) {
			continue
		}
		e := renewal.Entry{ID: in.ID, Name: in.Name, Region: in.Region, Decision: renewal.None, Outcome: renewal.NothingToDo}
		switch {
		case in.ChargeType == "PostPaid":
			e.Reason = renewal.NotSubscription
		case in.Expires.Sub(s.now) > s.config.Policy.Window:
			e.Reason = renewal.NotDue
		}
		if in.ChargeType != "PostPaid" {
			e.Expires.Time, e.DaysLeft = in.Expires, math.Floor(in.Expires.Sub(s.now).Hours()/24*10)/10 // as the report has it
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b renewal.Entry) int { return b.Expires.Compare(a.Expires.Time) })
	return out
}

// verdictOn is the demonstration in one line.
func (p paper) verdictOn(r renewal.Report, bought []*purchase) string {
	c := r.Counts
	parts := []lang.Text{
		lang.Say("%d due, %d secured", "需处理 %d 台，已完成 %d 台", c.Due, c.Renewed+c.AutoRenewOn),
		some(c.Unverified, lang.Say("%d paid and not yet visible", "已支付、尚未显示 %d 台", c.Unverified)),
		some(c.Unknown, lang.Say("%d unknown", "结果未知 %d 台", c.Unknown)),
		some(c.Failed, lang.Say("%d refused", "被拒绝 %d 台", c.Failed)),
		some(c.Held, lang.Say("%d held", "暂缓 %d 台", c.Held)),
		some(c.Stale, lang.Say("%d stale", "已变化 %d 台", c.Stale)),
		some(c.NotTried, lang.Say("%d not tried", "未执行 %d 台", c.NotTried)),
	}
	sum := lang.Join(slices.DeleteFunc(parts, lang.Text.Empty), lang.Say(", ", "，"))
	var twice []string
	for _, x := range bought {
		if len(x.charges) > 1 {
			twice = append(twice, x.id)
		}
	}
	if twice != nil {
		return p.say(lang.Say("%s; CHARGED TWICE: %s", "%s；重复扣款：%s", sum, strings.Join(twice, ", ")))
	}
	return p.say(lang.Say("%s; nobody was charged twice.", "%s；没有任何一台被重复扣款。", sum))
}

// A part is how one instance of the sample fleet is to end.
type part struct {
	reason  renewal.Reason
	outcome renewal.Outcome
	charges int
}

// script is how the demonstration goes. Instances that are not in it are not
// in the report and not charged.
var script = map[string]part{
	"i-bp1web1":  {renewal.Due, renewal.Renewed, 1},
	"i-2ze0web2": {renewal.Due, renewal.Renewed, 1},
	"i-bp1pay1":  {renewal.Due, renewal.Renewed, 1},
	"i-bp1pay2":  {renewal.OverMaxPrice, renewal.Held, 0},
	"i-bp1lost":  {renewal.Due, renewal.Renewed, 1},
	"i-2ze0busy": {renewal.Due, renewal.Renewed, 1},
	"i-bp1slow":  {renewal.Due, renewal.Unverified, 1},
	"i-2ze0debt": {renewal.Due, renewal.OutcomeFailed, 0},
	"i-2ze0gpu":  {renewal.OverMaxSpend, renewal.Held, 0},
	"rm-orders":  {renewal.Due, renewal.Renewed, 1},
	"rr-read":    {renewal.Due, renewal.Renewed, 1},
	"r-cache":    {renewal.Due, renewal.Unverified, 1},
	"eip-gate":   {renewal.Due, renewal.Renewed, 1},
	"dds-logs":   {renewal.OrderPending, renewal.Held, 0},
	"waf-edge":   {renewal.Unsupported, renewal.Held, 0},
	"i-bp1auto":  {renewal.ProviderRenews, renewal.NothingToDo, 0},
	"i-bp1gone":  {renewal.DoNotRenew, renewal.NothingToDo, 0},
	"i-2ze0test": {renewal.Excluded, renewal.NothingToDo, 0},
	"i-2ze0skip": {renewal.Excluded, renewal.NothingToDo, 0},
	"i-bp1late":  {renewal.Expired, renewal.NothingToDo, 0},
}

// offScript names everything that went otherwise than written above.
func offScript(r renewal.Report, bought []*purchase) (wrong []error) {
	is := map[string]part{}
	for _, e := range r.Instances {
		is[e.ID] = part{e.Reason, e.Outcome, 0}
	}
	for _, x := range bought {
		is[x.id] = part{is[x.id].reason, is[x.id].outcome, len(x.charges)}
	}
	for _, id := range slices.Sorted(maps.Keys(is)) {
		if want := script[id]; is[id] != want {
			wrong = append(wrong, lang.Err("%s did not go by the script: %+v, want %+v", "%s 与剧本不符：%+v，应为 %+v", id, is[id], want))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(script)) {
		if _, ok := is[id]; !ok {
			wrong = append(wrong, lang.Err("%s is missing from the report", "报告中缺少 %s", id))
		}
	}
	return wrong
}
