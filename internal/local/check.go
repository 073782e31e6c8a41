package local

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// check says what a run would do, and tries what it would need.
type check struct {
	JSON    bool   `name:"json" help:"Print the result as JSON, as the function answers {\"check\":true}."`
	Verbose bool   `short:"v" help:"A line for every account and region, also where they are alike."`
	Profile string `placeholder:"NAME" help:"Profile of the aliyun CLI whose credentials to use, instead of those of the environment."`
	Lang    string `placeholder:"en|zh" help:"Language of what people read, instead of RENEW_LANG."`
}

// Help is shown by check --help.
func (*check) Help() string {
	return `Reads the settings, says in words what they do, and tries everything that a run would need: credentials, the rights to list and to read, a price, the balance where a setting asks for it, clock and endpoints. It reads the whole list and counts what every entry of a setting and every rule fits in it, with the nearest where it fits nothing. Nothing is changed, whatever RENEW_ACTION says.

  RENEW_REGIONS=cn-hangzhou go run . check
  RENEW_REGIONS=all RENEW_ACTION=renew go run . check -v
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
		for line := range strings.Lines(config.Describe(c.Config, c.Policy.Lang)) {
			paper.paragraph(2, strings.TrimSuffix(line, "\n"))
		}
		paper.line("")
	}
	end := p.progress(func() lang.Text { return lang.Say("checking", "正在检查") })
	result, err := p.handler.Check(ctx, handler.Invocation{RequestID: rand.Text(), Region: p.region(), Profile: k.Profile})
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
		paper.checked(result, k.Verbose)
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
