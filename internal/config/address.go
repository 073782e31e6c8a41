package config

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// ParseAddress reads a URL that something is sent to: a webhook, the heartbeat,
// the endpoint. Its errors repeat nothing of it, since it may be a secret; that
// of url.Parse would.
func ParseAddress(text string) (*url.URL, error) {
	if err := oneAddress(text); err != nil {
		return nil, err
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, lang.Err("is no URL that can be read", "不是可以解析的 URL")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, lang.Err("has no host; write it like https://host/path", "缺少主机名；格式如 https://host/path")
	case u.Scheme == "https":
	case u.Scheme == "http" && IsLoopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, lang.Err("uses http, which is only for this machine itself, such as http://127.0.0.1:8080; use https:",
			"使用了 http，http 只能用于本机（如 http://127.0.0.1:8080）；请使用 https:")
	default:
		return nil, lang.Err("must begin with https://", "必须以 https:// 开头")
	}
	if strings.Contains(text, "#") {
		return nil, lang.Err("has a # in it, and nothing behind that is ever sent; write it as %%23, or leave it out",
			"含有 #，其后的内容不会发送；请写成 %%23，或去掉")
	}
	return u, nil
}

// oneAddress refuses what looks like several addresses, or one in quotes: the
// first host would get the others, which are secrets.
func oneAddress(text string) error {
	if strings.ContainsAny(text, "，；：＝") {
		return lang.Err("has full-width punctuation in it; write , ; : and = as on an English keyboard, as in https://host/path,https://host/path",
			"含有全角标点；请使用半角的 , ; : =，如 https://host/path,https://host/path")
	}
	if first, _ := utf8.DecodeRuneInString(text); strings.ContainsRune("\"'“‘`", first) {
		return lang.Err("begins with a quotation mark; write the address without quotes, as in https://host/path",
			"以引号开头；请去掉引号，如 https://host/path")
	}
	_, rest, found := strings.Cut(text, "://")
	end := strings.LastIndex(rest, "://")
	if !found || end < 0 {
		return nil
	}
	if strings.ContainsFunc(rest[:end], func(r rune) bool { return strings.ContainsRune(";|,", r) || unicode.IsSpace(r) }) {
		return lang.Err("holds more than one address; RENEW_NOTIFY takes several, with a comma between them: https://host/path,https://host/path (inside of one, a ; | , or blank is written %%3B, %%7C, %%2C or %%20)",
			"含有多个地址；只有 RENEW_NOTIFY 可以填写多个，用半角逗号分隔：https://host/path,https://host/path（地址内的 ; | , 和空格请写成 %%3B、%%7C、%%2C 和 %%20）")
	}
	return nil
}

// IsLoopback says whether a host is this machine itself, the only one that is
// spoken to by http. It goes by the text alone: what a name resolves to can change.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
