package local

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// run is one real run from here.
type run struct {
	JSON    bool   `name:"json" help:"Print the report itself, as JSON."`
	Event   string `placeholder:"FILE" help:"File with an event to answer, - for standard input. Like every event, it can only narrow what the settings say."`
	Profile string `placeholder:"NAME" help:"Profile of the aliyun CLI whose credentials to use, instead of those of the environment."`
	Lang    string `placeholder:"en|zh" help:"Language of what people read, instead of RENEW_LANG."`
}

// Help is shown by run --help.
func (*run) Help() string {
	return `Settings are the environment variables of the README, credentials come from the default chain (environment, profiles of the aliyun CLI). Nothing is spent unless RENEW_ACTION says so, nor under RENEW_DRY_RUN=true. The region, where RENEW_REGIONS does not say, is ALIBABA_CLOUD_REGION_ID.

  RENEW_REGIONS=cn-hangzhou go run . run
  RENEW_REGIONS=all RENEW_ACTION=renew RENEW_DRY_RUN=true go run . run --json
  RENEW_REGIONS=cn-hangzhou go run . run --profile production
  echo '{"instanceIds":["i-bp1web1"]}' | go run . run --event -

Exit codes: 0 ok, 1 partial (something due is not secured, or would not be in a dry run), 2 failed or refused; go run makes 1 of both, go build keeps them apart. The log goes to standard error; to a person at a terminal only when RENEW_LOG is set.`
}

func (r *run) run(ctx context.Context, p *program) (int, error) {
	payload, err := r.payload(p)
	if err != nil {
		return exitFailed, err
	}
	if err := p.useLanguage(r.Lang); err != nil {
		return exitFailed, err
	}
	in := handler.Invocation{RequestID: rand.Text(), Region: p.region(), Profile: r.Profile, Trigger: "command"}
	result, err := r.answer(ctx, p, in, payload)
	if err != nil {
		if stop, ok := errors.AsType[*runner.Stop](err); ok {
			err = refused(stop.Kind, err)
		}
		return exitFailed, err
	}
	report, ok := result.(renewal.Report)
	if r.JSON || !ok {
		if err := printJSON(p.stdout, result); err != nil {
			return exitFailed, err
		}
	} else {
		p.printReport(report)
	}
	if found, ok := result.(runner.CheckResult); ok && !found.OK { // of an event that asks for a check
		return exitPartial, nil
	}
	return exitCode(report.Status), nil
}

// payload is the event; nil stands for a full run.
func (r *run) payload(p *program) ([]byte, error) {
	if r.Event == "" {
		return nil, nil
	}
	return p.readText(r.Event)
}

// answer has the handler do the run. The log goes to standard error; a person
// who did not ask for it sees one line that shows how far it is. Whoever interrupts
// it is told what that means.
func (r *run) answer(ctx context.Context, p *program, in handler.Invocation, payload []byte) (any, error) {
	progress := &runner.Progress{}
	p.handler.Out, p.handler.Progress = p.stderr, progress
	end := func() {}
	if !r.JSON && p.variable("RENEW_LOG") == "" && isTerminal(p.stderr) {
		p.handler.Out = io.Discard
		end = once(p.progress(func() lang.Text { return standing(progress.Standing()) }))
	}
	told := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(told)
		end()
		p.tellInterrupt(progress.Standing())
	})
	result, err := p.handler.Answer(ctx, in, payload)
	if !stop() { // interrupted: the sentence is to be whole before the report
		<-told
	}
	end()
	return result, err
}

// standing says how far a run is.
func standing(s runner.Standing) lang.Text {
	if s.Payments > 0 {
		return lang.Say("paying: %d of %d accepted, %d under way", "正在续费：共 %[2]d 笔，已受理 %[1]d 笔，进行中 %[3]d 笔", s.Accepted, s.Payments, len(s.UnderWay))
	}
	return lang.Say("listing: %d of %d regions, %d subscriptions", "正在查询：地域 %d/%d，包年包月实例 %d 个", s.Read, s.Scopes, s.Listed)
}

// tellInterrupt says what an interrupt means for the money.
func (p *program) tellInterrupt(s runner.Standing) {
	said := lang.Say("interrupted: nothing was paid, and nothing is any more", "已中断：尚未支付任何费用，也不会再支付")
	if s.Asked > 0 {
		said = lang.Say("interrupted: no further payment begins; asked for: %d of %d, of which %d are accepted, and %d under way", "已中断：不再发起新的续费；计划 %[2]d 笔，已发起 %[1]d 笔，其中已受理 %[3]d 笔，进行中 %[4]d 笔",
			s.Asked, s.Payments, s.Accepted, len(s.UnderWay))
	}
	if len(s.UnderWay) > 0 {
		said = lang.Say("%v; these are waited for, half a minute at most: %s; interrupt again only if you must, then nobody hears how they end", "%v；正在等待其结束，最长半分钟：%s；除非必要请勿再次中断，否则无从得知其结果", said, strings.Join(s.UnderWay, ", "))
	}
	fmt.Fprintln(p.stderr, lang.Say("fc-renewer: %v. The next run looks at every instance again before it pays, and asks with the same tokens, so that none is paid for twice.",
		"fc-renewer：%v。下次运行付款前会重新核对每台实例，并使用相同的幂等 token，不会重复扣款。", said).In(p.language()))
}

// region is where the run is at home when the settings do not say.
func (p *program) region() string {
	return cmp.Or(p.variable("ALIBABA_CLOUD_REGION_ID"), p.variable("ALIBABA_CLOUD_REGION"),
		p.variable("ALIBABACLOUD_REGION_ID"), p.variable("ALICLOUD_REGION_ID"))
}

// override sets a variable for the handler and everything after it.
func (p *program) override(name, value string) {
	before := p.handler.Environ
	p.handler.Environ = func() []string { return append([]string{name + "=" + value}, before()...) }
}

func (p *program) printReport(r renewal.Report) {
	// The run went by these settings, so they can be read.
	c, _ := p.handler.ReadSettings()
	paper := p.paper(c.Policy.Zone, c.Policy.Lang)
	if len(r.Instances) > 0 {
		paper.instances(r.Instances)
	} else {
		paper.line("%s", paper.say(lang.Say("No instance expires within the window.", "没有即将到期的实例。")))
	}
	paper.totals(r)
	paper.message(r)
}

// message prints the text that a message about the run carries.
func (p paper) message(r renewal.Report) {
	p.heading(p.say(lang.Say("In a message", "消息内容")))
	for line := range strings.SplitSeq(strings.TrimRight(message.Style{Language: p.lang, Zone: p.zone}.Report(r).String(), "\n"), "\n") {
		p.paragraph(2, line)
	}
}

func exitCode(s renewal.Status) int {
	switch s {
	case renewal.Partial:
		return exitPartial
	case renewal.Failed:
		return exitFailed
	}
	return exitOK
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
