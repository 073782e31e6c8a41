package local

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// check says what a run would do, and tries what it would need.
type check struct {
	JSON bool   `name:"json" help:"Print the result as JSON, as the function answers {\"check\":true}."`
	Lang string `placeholder:"en|zh" help:"Language of what people read, instead of RENEW_LANG."`
}

// Help is shown by check --help.
func (*check) Help() string {
	return `Reads the settings, says in words what they do, and tries everything that a run would need: credentials, the rights to list and to read, a price, the balance where a setting asks for it, clock and endpoints. Nothing is changed, whatever RENEW_ACTION says.

  RENEW_REGIONS=cn-hangzhou go run . check
  RENEW_REGIONS=all RENEW_ACTION=renew go run . check --json

The deployed function does the same for the event {"check":true}. Exit codes: 0 ok, 1 something is not ok, 2 refused; go run makes 1 of both, go build keeps them apart.`
}

func (k *check) run(ctx context.Context, p *program) (int, error) {
	if err := p.useLanguage(k.Lang); err != nil {
		return exitFailed, err
	}
	c, err := p.handler.ReadSettings()
	if err != nil {
		return exitFailed, refused(runner.BadConfig, err)
	}
	paper := p.paper(c.Policy.Zone, c.Policy.Lang)
	if !k.JSON {
		paper.line("%s\n", config.Describe(c.Config, c.Policy.Lang))
	}
	end := p.progress(func() lang.Text { return lang.Say("checking", "正在检查") })
	result, err := p.handler.Check(ctx, handler.Invocation{RequestID: rand.Text(), Region: p.region()})
	end()
	if err != nil {
		if stop, ok := errors.AsType[*runner.Stop](err); ok {
			err = refused(stop.Kind, err)
		}
		return exitFailed, err
	}
	if k.JSON {
		err = printJSON(p.stdout, result)
	} else {
		paper.probes(result)
	}
	if !result.OK {
		return exitPartial, err
	}
	return exitOK, err
}

// useLanguage lets a --lang win over RENEW_LANG; "" leaves it.
func (p *program) useLanguage(name string) error {
	if name == "" {
		return nil
	}
	if _, err := lang.Parse(name); err != nil {
		return lang.Err("--lang: %v", "--lang：%v", err)
	}
	p.override("RENEW_LANG", name)
	return nil
}

// probes prints one line a probe, and what it comes to.
func (p paper) probes(r runner.CheckResult) {
	names, scopes, wrong := 0, 0, 0
	for _, probe := range r.Probes {
		names = max(names, text.StringWidth(p.probeName(probe.Name)))
		scopes = max(scopes, text.StringWidth(probe.Scope))
		if !probe.OK {
			wrong++
		}
	}
	for _, probe := range r.Probes {
		p.line("%s%s  %s  %s", p.verdict(probe.OK), text.Pad(p.probeName(probe.Name), names, ' '), text.Pad(probe.Scope, scopes, ' '), probe.Message)
	}
	if wrong == 0 {
		p.line("\n%s", p.say(lang.Say("All is ok.", "全部正常。")))
		return
	}
	p.line("\n%s", p.say(lang.Say("Not ok: %d of %d.", "%d 项异常，共 %d 项。", wrong, len(r.Probes))))
}

// verdict begins a line: in one column, and in a colour where there are some.
func (p paper) verdict(ok bool) string {
	shown, colour := p.say(lang.Say("ok     ", "正常  ")), text.FgGreen
	if !ok {
		shown, colour = p.say(lang.Say("WRONG  ", "异常  ")), text.FgRed
	}
	if p.colours {
		return colour.Sprint(shown)
	}
	return shown
}

// probeName is the name of a probe for people; one that is not known here is shown
// as it is.
func (p paper) probeName(name string) string {
	for known, t := range map[string]lang.Text{
		"role":             lang.Say("role", "角色"),
		"identity":         lang.Say("identity", "身份"),
		"balance":          lang.Say("balance", "余额"),
		"regions":          lang.Say("regions", "地域"),
		"list":             lang.Say("list", "查询权限"),
		"instances":        lang.Say("instances", "实例"),
		"renewal-status":   lang.Say("renewal status", "续费状态"),
		"price":            lang.Say("price", "询价"),
		"endpoints":        lang.Say("endpoints", "接入点"),
		"clock":            lang.Say("clock", "时钟"),
		"rights-to-change": lang.Say("rights to change", "变更权限"),
	} {
		if known == name {
			return p.say(t)
		}
	}
	return name
}
