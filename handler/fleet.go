package handler

import (
	"context"
	"log/slog"

	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// WithFleet reads the whole fleet that the settings name, hands it over, and ends
// all connections when it comes back. Nothing is changed, whatever the settings
// say. The error is a *runner.Stop, or what it was handed over to gives back.
func (h *Handler) WithFleet(ctx context.Context, in Invocation, progress func(listed int), use func(*runner.Fleet) error) error {
	c, err := h.ReadSettings()
	if err != nil {
		return &runner.Stop{Kind: runner.BadConfig, Err: err}
	}
	job, err := narrow(c.Config, Request{}, in)
	if err != nil {
		return err
	}
	accounts, err := h.connect(ctx, in, c.Config)
	if err != nil {
		return &runner.Stop{Kind: runner.Denied, Err: err}
	}
	defer accounts.Close()
	run := &runner.Runner{Open: accounts.Open, Now: h.Now, Log: slog.New(slog.DiscardHandler)}
	fleet, err := run.ReadFleet(ctx, job, progress)
	if err != nil {
		return err
	}
	return use(fleet)
}
