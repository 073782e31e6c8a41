package local

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// run is one real run from here.
type run struct {
	JSON  bool   `name:"json" help:"Print the report itself, as JSON."`
	Event string `placeholder:"FILE" help:"File with an event to answer, - for standard input. Like every event, it can only narrow what the settings say."`
	Lang  string `placeholder:"en|zh" help:"Language of what people read, instead of RENEW_LANG."`
}

// Help is shown by run --help.
func (*run) Help() string {
	return `Settings are the environment variables of the README, credentials come from the default chain (environment, profiles of the aliyun CLI). Nothing is spent unless RENEW_ACTION says so, nor under RENEW_DRY_RUN=true. The region, where RENEW_REGIONS does not say, is ALIBABA_CLOUD_REGION_ID.

  RENEW_REGIONS=cn-hangzhou go run . run
  RENEW_REGIONS=all RENEW_ACTION=renew RENEW_DRY_RUN=true go run . run --json
  echo '{"instanceIds":["i-bp1web1"]}' | go run . run --event -

Exit codes: 0 ok, 1 partial (something due is not secured), 2 failed or refused; go run makes 1 of both, go build keeps them apart. The log goes to standard error; to a person at a terminal only when RENEW_LOG is set.`
}

func (r *run) run(ctx context.Context, p *program) (int, error) {
	payload, err := r.payload(p)
	if err != nil {
		return exitFailed, err
	}
	if err := p.useLanguage(r.Lang); err != nil {
		return exitFailed, err
	}
	in := handler.Invocation{RequestID: rand.Text(), Region: p.region(), Trigger: "command"}
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
	switch r.Event {
	case "":
		return nil, nil
	case "-":
		return io.ReadAll(p.stdin)
	}
	return os.ReadFile(r.Event)
}

// answer has the handler do the run. The log goes to standard error; a person
// who did not ask for it sees one line that shows that something happens.
func (r *run) answer(ctx context.Context, p *program, in handler.Invocation, payload []byte) (any, error) {
	p.handler.Out = p.stderr
	if r.JSON || p.variable("RENEW_LOG") != "" || !isTerminal(p.stderr) {
		return p.handler.Answer(ctx, in, payload)
	}
	p.handler.Out = io.Discard
	defer p.progress(func() lang.Text {
		return lang.Say("running; RENEW_LOG=info shows the log", "正在运行；设置 RENEW_LOG=info 可查看日志")
	})()
	return p.handler.Answer(ctx, in, payload)
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
