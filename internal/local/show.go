package local

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// show prints a report that somebody has kept.
type show struct {
	File string `arg:"" placeholder:"FILE" help:"The report, or what s invoke or the log printed around it; - for standard input."`
	Lang string `placeholder:"en|zh" help:"Language of what people read, instead of RENEW_LANG."`
}

// Help is shown by show --help.
func (*show) Help() string {
	return `Prints the report as the table that run prints. The report may stand in whatever s invoke printed, or in a line of the log.

  s invoke | go run . show -

Exit codes: 0, 2 for what is no report.`
}

func (s *show) run(_ context.Context, p *program) (int, error) {
	if err := p.useLanguage(s.Lang); err != nil {
		return exitFailed, err
	}
	var text []byte
	var err error
	if s.File == "-" {
		text, err = io.ReadAll(p.stdin)
	} else {
		text, err = os.ReadFile(s.File)
	}
	if err != nil {
		return exitFailed, err
	}
	report, found := reportIn(text)
	if !found {
		return exitFailed, lang.Err("%s holds no report of fc-renewer: show takes the JSON that the function returned", "%s 中没有 fc-renewer 的报告：show 读取函数返回的 JSON", s.File)
	}
	p.printReport(report)
	return exitOK, nil
}

// reportIn finds the first report in a text: an object that has what every report
// has, by itself or as the report of a log line.
func reportIn(text []byte) (renewal.Report, bool) {
	for at := bytes.IndexByte(text, '{'); at >= 0; {
		var object map[string]json.RawMessage
		var whole json.RawMessage
		if json.NewDecoder(bytes.NewReader(text[at:])).Decode(&whole) == nil && json.Unmarshal(whole, &object) == nil {
			if inner, isLine := object["report"]; isLine {
				whole = inner
			}
			if report, ok := asReport(whole); ok {
				return report, true
			}
		}
		next := bytes.IndexByte(text[at+1:], '{')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return renewal.Report{}, false
}

func asReport(text json.RawMessage) (report renewal.Report, ok bool) {
	var keys map[string]json.RawMessage
	if json.Unmarshal(text, &keys) != nil || keys["status"] == nil || keys["counts"] == nil || keys["money"] == nil || keys["startedAt"] == nil {
		return report, false
	}
	return report, json.Unmarshal(text, &report) == nil
}

// printVersion says which build this is.
type printVersion struct {
	JSON bool `name:"json" help:"Print it as JSON."`
}

func (v *printVersion) run(_ context.Context, p *program) (int, error) {
	if v.JSON {
		return exitOK, printJSON(p.stdout, map[string]string{"version": p.handler.Version})
	}
	_, err := io.WriteString(p.stdout, "fc-renewer "+p.handler.Version+"\n")
	return exitOK, err
}
