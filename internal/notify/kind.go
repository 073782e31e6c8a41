package notify

import "strings"

// Kind is the protocol a channel speaks.
type Kind string

// The kinds of channels.
const (
	DingTalk Kind = "dingtalk"
	Feishu   Kind = "feishu"
	Lark     Kind = "lark" // Feishu outside China: another host, the same protocol
	WeCom    Kind = "wecom"
	Slack    Kind = "slack"
	Webhook  Kind = "webhook" // any other URL: gets the report as JSON
)

// hosts are the public addresses by which a kind is known.
var hosts = map[string]Kind{
	"oapi.dingtalk.com":   DingTalk,
	"open.feishu.cn":      Feishu,
	"open.larksuite.com":  Lark,
	"qyapi.weixin.qq.com": WeCom,
	"hooks.slack.com":     Slack,
}

// prefixes are the kinds that can be written in front of a URL. A URL without
// one on an unknown host is a Webhook, so that kind needs no prefix.
var prefixes = []Kind{DingTalk, Feishu, Lark, WeCom, Slack}

func kindOfHost(host string) Kind {
	if kind, ok := hosts[strings.ToLower(host)]; ok {
		return kind
	}
	return Webhook
}
