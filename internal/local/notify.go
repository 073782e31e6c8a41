package local

import (
	"context"
	"sync"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/notify"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// tell sends a sample message.
type tell struct {
	Test bool   `help:"Send a sample message to every channel of RENEW_NOTIFY."`
	Lang string `placeholder:"en|zh" help:"Language of the message, instead of RENEW_LANG."`
}

// Help is shown by notify --help.
func (*tell) Help() string {
	return `The message says that it is a sample. The heartbeat is not fetched: its monitor would take that for a complete run.

  RENEW_NOTIFY='https://oapi.dingtalk.com/robot/send?access_token=…' go run . notify --test --lang zh

Exit codes: 0 all channels have taken it, 1 one has not, 2 refused; go run makes 1 of both, go build keeps them apart.`
}

func (t *tell) run(ctx context.Context, p *program) (int, error) {
	if !t.Test {
		return exitFailed, lang.Err("what is to be sent? notify --test sends a sample message to every channel of RENEW_NOTIFY", "要发送什么？notify --test 会向 RENEW_NOTIFY 的每个渠道发送一条测试消息")
	}
	if err := p.useLanguage(t.Lang); err != nil {
		return exitFailed, err
	}
	c, err := p.handler.ReadSettings()
	if err != nil {
		return exitFailed, refused(runner.BadConfig, err)
	}
	channels := c.Notify.Channels
	if len(channels) == 0 {
		return exitFailed, lang.Err("there is nobody to tell: set RENEW_NOTIFY to the URLs of webhooks, with commas between them; docs/notifications.md says where to get one",
			"没有可通知的渠道：请将 RENEW_NOTIFY 设置为 webhook 地址，多个地址用半角逗号分隔；获取方法见 docs/notifications.md")
	}
	paper := p.paper(c.Policy.Zone, c.Policy.Lang)
	end := p.progress(func() lang.Text { return lang.Say("sending", "正在发送") })
	failed := make([]string, len(channels))
	var sending sync.WaitGroup
	for i, channel := range channels {
		sending.Go(func() {
			// One by one, so that each has its own result.
			options := c.Notify
			options.Channels = []notify.Channel{channel}
			one := notify.New(options)
			for _, warning := range one.Try(ctx, message.Sample(c.Policy.Lang)) {
				failed[i] = warning
			}
		})
	}
	sending.Wait()
	end()
	code, width := exitOK, max(text.StringWidth(paper.stateName(fine)), text.StringWidth(paper.stateName(wrong)))+gap
	for i, channel := range channels {
		if failed[i] != "" {
			code = exitPartial
			paper.line("%s%s", paper.verdict(wrong, width), failed[i])
			continue
		}
		paper.line("%s%s", paper.verdict(fine, width), paper.say(lang.Say("%s: the message was delivered", "%s：消息已送达", channel)))
	}
	return code, nil
}
