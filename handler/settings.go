package handler

import (
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/notify"
)

// Settings are those of package config, and with them who is told of a run and
// how: their secrets are in the hands of package notify alone.
type Settings struct {
	config.Config
	Notify notify.Options
}

// ReadSettings reads the settings of the environment, to the last check. With an
// error comes what could be read.
func (h *Handler) ReadSettings() (s Settings, err error) {
	s.Config, err = config.Read(config.Environment{
		Variables: h.Environ(), ReadFile: h.ReadFile,
		Webhooks: func(value string) (names []string, err error) {
			s.Notify.Channels, err = notify.Parse(value, config.ParseAddress)
			for _, channel := range s.Notify.Channels {
				names = append(names, channel.Name())
			}
			return names, err
		},
		Heartbeat: func(value string) (err error) {
			s.Notify.Heartbeat, err = notify.ParseHeartbeat(value, config.ParseAddress)
			return err
		},
	})
	// Problems of what is told to whom are in err; what of it can be used is used,
	// so that people can be told of them, too.
	s.Notify.When = message.When(s.NotifyOn)
	s.Notify.Style = message.Style{Language: s.Policy.Lang, Zone: s.Policy.Zone}
	s.Notify.Now, s.Notify.Transport = h.Now, h.Transport
	return s, err
}
