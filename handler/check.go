package handler

import (
	"context"
	"errors"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// Check says what a full run would do, and tries what it would need. It changes
// nothing, logs nothing and tells nobody. An error is a *runner.Stop.
func (h *Handler) Check(ctx context.Context, in Invocation) (runner.CheckResult, error) {
	c, err := h.ReadSettings()
	if err != nil {
		return runner.CheckResult{}, &runner.Stop{Kind: runner.BadConfig, Err: err}
	}
	job, wrong := narrow(c.Config, Request{}, in)
	accounts, err := h.connect(ctx, in, c.Config)
	if err == nil {
		defer accounts.Close()
	}
	switch {
	case wrong != nil && err != nil: // both, or whoever mends the one meets the other
		return runner.CheckResult{}, &runner.Stop{Kind: runner.BadConfig, Err: errors.Join(wrong, err)}
	case wrong != nil:
		return runner.CheckResult{}, wrong
	case err != nil:
		return runner.CheckResult{}, &runner.Stop{Kind: runner.Denied, Err: err}
	}
	result, err := (&runner.Runner{Open: accounts.Open, Now: h.Now, Rights: h.Rights}).Check(ctx, job)
	if err != nil {
		return runner.CheckResult{}, err
	}
	result.Says = config.Describe(c.Config, c.Policy.Lang)
	result.Add(environment(c.Config))
	return result, nil
}

// roomOfVariables is what the platform allows the variables of a function, names
// and values together, in bytes (Function Compute: environment variables).
const roomOfVariables = 4096

// environment says whether the settings fit into what the platform allows.
func environment(c config.Config) runner.Probe {
	p := runner.Probe{Name: "environment", OK: c.Bytes <= roomOfVariables, Count: c.Bytes}
	said := lang.Say("the settings take %d of the %d bytes that the platform has for variables", "设置占用 %d 字节，平台的环境变量上限为 %d 字节", c.Bytes, roomOfVariables)
	if !p.OK {
		said = lang.Say("the settings take %d bytes, and the platform has %d for all variables of a function, so it cannot be deployed: ship the rules beside the code (RENEW_RULES_FILE)", "设置占用 %d 字节，超过平台 %d 字节的环境变量上限，函数无法部署：请将规则随代码一起发布（RENEW_RULES_FILE）", c.Bytes, roomOfVariables)
	}
	p.Message = said.In(c.Policy.Lang)
	return p
}

// answerCheck answers an event that asks for a check.
func (h *Handler) answerCheck(ctx context.Context, in Invocation, log *logger) (runner.CheckResult, error) {
	result, err := h.Check(ctx, in)
	if err == nil {
		log.probes(result)
	}
	return result, err
}

// probes logs a line with the result of a check, at every level. One that is too long keeps
// what is wrong, as far as there is room.
func (l *logger) probes(result runner.CheckResult) {
	status := renewal.OK
	if !result.OK {
		status = renewal.Partial
	}
	line := l.line(status, "check", result)
	if len(line) > longestLine {
		result.NotTried = []runner.Gap{}
		wrong := []runner.Probe{}
		for _, p := range result.Probes {
			if !p.OK {
				wrong = append(wrong, p)
			}
		}
		result.Probes = wrong
		line = l.line(status, "check", result)
	}
	if len(line) > longestLine {
		result.Coverage = nil
		line = l.line(status, "check", result)
	}
	for len(line) > longestLine && len(result.Probes) > 1 {
		result.Probes = result.Probes[:len(result.Probes)/2]
		line = l.line(status, "check", result)
	}
	l.write(line)
}
