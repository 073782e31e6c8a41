package local

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

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
	text, err := p.readText(s.File)
	if err != nil {
		return exitFailed, err
	}
	report, found := reportIn(text)
	if !found {
		report, found = reportIn(unescaped(text))
	}
	if !found {
		return exitFailed, lang.Err("%s holds no report of fc-renewer: show takes the JSON that the function returned", "%s 中没有 fc-renewer 的报告：show 读取函数返回的 JSON", s.File)
	}
	p.printReport(report)
	return exitOK, nil
}

// reportIn finds the report in a text: an object that has what every report has, by
// itself or as the report of a log line, in whatever stands around it. Of several it
// is the one with most instances, and of these the last: s invoke prints the log
// first, whose line leaves the instances of a long report to lines of their own.
func reportIn(text []byte) (report renewal.Report, found bool) {
	parts := map[string][]renewal.Entry{} // of long reports, by request
	for len(text) > 0 {
		at := bytes.IndexByte(text, '{')
		if at < 0 {
			break
		}
		text = text[at:]
		var line struct {
			Msg       string          `json:"msg"`
			RequestID string          `json:"requestId"`
			Report    json.RawMessage `json:"report"`
			Instances []renewal.Entry `json:"instances"`
		}
		var whole json.RawMessage
		decoder := json.NewDecoder(bytes.NewReader(text))
		if decoder.Decode(&whole) != nil {
			text = text[1:]
			continue
		}
		isLine := json.Unmarshal(whole, &line) == nil
		if isLine && line.Msg == "report-part" {
			parts[line.RequestID] = append(parts[line.RequestID], line.Instances...)
		}
		if isLine && line.Report != nil {
			whole = line.Report
		}
		next, is := asReport(whole)
		if !is {
			text = text[1:] // it may hold one
			continue
		}
		text = text[decoder.InputOffset():]
		if !found || len(next.Instances) >= len(report.Instances) {
			report, found = next, true
		}
	}
	if len(report.Instances) == 0 {
		report.Instances = parts[report.RequestID]
	}
	return report, found
}

// unescaped gives the text of a JSON string that holds a report, as some tools
// print what a function has answered.
func unescaped(text []byte) []byte {
	at := bytes.Index(text, []byte(`"{\"`))
	if at < 0 {
		return nil
	}
	var inner string
	if json.NewDecoder(bytes.NewReader(text[at:])).Decode(&inner) != nil {
		return nil
	}
	return []byte(inner)
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
