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

// prefixes are the kinds that can be written in front of a URL. A URL without
// one on an unknown host is a Webhook, so that kind needs no prefix.
var prefixes = []Kind{DingTalk, Feishu, Lark, WeCom, Slack}

// kindOfHost knows a kind by its public address.
func kindOfHost(host string) Kind {
	switch strings.ToLower(host) {
	case "oapi.dingtalk.com":
		return DingTalk
	case "open.feishu.cn":
		return Feishu
	case "open.larksuite.com":
		return Lark
	case "qyapi.weixin.qq.com":
		return WeCom
	case "hooks.slack.com":
		return Slack
	}
	return Webhook
}
