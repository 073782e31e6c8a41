// Package notify delivers what package message writes: to chat groups (DingTalk,
// Feishu and Lark, WeCom, Slack), the report itself to any other webhook, and the
// heartbeat to a monitor.
//
// It never decides anything about instances, never changes a report, and never
// lets the address or the signing secret of a webhook out: not into an error, a
// warning, a log line or a panic, also not when a server's answer repeats it. A
// channel that fails costs a warning, never the run and never another channel.
package notify
