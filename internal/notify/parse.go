package notify

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// A ParseAddress reads the URL of a webhook or of the heartbeat, as all
// addresses are read: see package config. Its error repeats nothing of it.
type ParseAddress = func(text string) (*url.URL, error)

// Parse reads RENEW_NOTIFY: webhooks separated by commas, each perhaps with a
// name in front. All problems are told at once, each with its place in the list
// and never with the address. An empty list is no channel. With an error come
// the channels that could be read, so that they can be told of it.
//
// A comma always separates; inside an address it is written %2C.
func Parse(list string, address ParseAddress) ([]Channel, error) {
	var channels []Channel
	var problems []lang.Text
	place := 0
	for text := range strings.SplitSeq(list, ",") {
		place++
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		c, err := parseChannel(text, address)
		switch {
		case err != nil:
		case slices.ContainsFunc(channels, c.same):
			continue // given twice, it is one
		case c.name != "" && slices.ContainsFunc(channels, func(other Channel) bool { return other.name == c.name }):
			err = lang.Err("there is another channel of the name %s", "渠道名称 %s 重复", c.name)
		}
		if err != nil {
			problems = append(problems, lang.Say("entry %d: %s", "第 %d 项：%s", place, err))
			continue
		}
		c.place = place
		channels = append(channels, c)
	}
	if len(problems) == 0 {
		return channels, nil
	}
	// In one line, behind the setting's name.
	return channels, lang.Err("%s", "%s", lang.Join(problems, lang.Say("; ", "；")))
}

// same says whether other is the same channel.
func (c Channel) same(other Channel) bool {
	return c.name == other.name && c.kind == other.kind && **c.to == **other.to
}

// ParseHeartbeat reads RENEW_HEARTBEAT as Parse reads a webhook; "" is none.
func ParseHeartbeat(text string, parse ParseAddress) (Heartbeat, error) {
	if text = strings.TrimSpace(text); text == "" {
		return Heartbeat{}, nil
	}
	u, err := parse(text)
	if err != nil {
		return Heartbeat{}, err
	}
	return Heartbeat{to: seal(address{url: u.String()})}, nil
}

func parseChannel(text string, parse ParseAddress) (Channel, error) {
	name, text, err := cutName(text)
	if err != nil {
		return Channel{}, err
	}
	kind, text, err := cutPrefix(text)
	if err != nil {
		return Channel{}, err
	}
	u, err := parse(secretToQuery(text))
	if err != nil {
		return Channel{}, err
	}
	if kind == "" {
		kind = kindOfHost(u.Hostname())
	}
	secret, err := takeSecret(u)
	if err != nil {
		return Channel{}, err
	}
	return Channel{name: name, kind: kind, to: seal(address{url: u.String(), secret: secret})}, nil
}

var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]+$`) })

// cutName takes "payments=" off. A wrong name is not repeated in the error: in a
// garbled list it may be part of an address.
func cutName(text string) (name, rest string, err error) {
	before, _, _ := strings.Cut(text, "://")
	name, _, found := strings.Cut(before, "=")
	if !found {
		return "", text, nil
	}
	rest = strings.TrimSpace(text[len(name)+1:])
	if name = strings.TrimSpace(name); !nameForm().MatchString(name) {
		return "", "", lang.Err("the name in front of the = is none: it may have a-z, 0-9 and - in it, as in payments=https://host/path",
			"= 前面的渠道名称无效：只能使用 a-z、0-9 和 -，如 payments=https://host/path")
	}
	return name, rest, nil
}

// cutPrefix takes "dingtalk+" off. A wrong prefix is not repeated in the error:
// in a garbled list it may be part of an address.
func cutPrefix(text string) (Kind, string, error) {
	scheme, _, _ := strings.Cut(text, "://")
	prefix, _, found := strings.Cut(scheme, "+")
	if !found {
		return "", text, nil
	}
	for _, kind := range prefixes {
		if strings.EqualFold(prefix, string(kind)) {
			return kind, text[len(prefix)+1:], nil
		}
	}
	return "", "", lang.Err("what is written in front of the + is no kind of channel; the kinds are %s", "+ 前面的不是渠道类型；可选类型为 %s", kindList())
}

func kindList() string {
	names := make([]string, len(prefixes))
	for i, kind := range prefixes {
		names[i] = string(kind)
	}
	return strings.Join(names, ", ")
}

// secretToQuery lets a secret be appended as &secret=… to whatever the console
// shows. A Feishu address has no query at all, and read as written, the secret
// would become part of the path and be sent.
func secretToQuery(text string) string {
	at := max(strings.Index(text, "&secret="), strings.Index(text, "?secret="))
	if at < 0 {
		return text
	}
	mark := "&"
	if !strings.Contains(text[:at], "?") {
		mark = "?"
	}
	return text[:at] + mark + text[at+1:]
}

// takeSecret removes secret=… from the query, and leaves the rest of it as it
// was written, in order and escaping: some services sign or compare it.
func takeSecret(u *url.URL) (string, error) {
	if u.RawQuery == "" {
		return "", nil
	}
	var secrets, rest []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		if value, ok := strings.CutPrefix(part, "secret="); ok {
			secrets = append(secrets, value)
			continue
		}
		if name, _, _ := strings.Cut(part, "="); strings.EqualFold(name, "secret") {
			return "", lang.Err("has a secret that is not written in small letters, and so would be sent; write &secret=…",
				"secret 未用小写书写，会被当作地址发送出去；请写成 &secret=…")
		}
		rest = append(rest, part)
	}
	u.RawQuery = strings.Join(rest, "&")
	switch len(secrets) {
	case 0:
		return "", nil
	case 1:
		return readSecret(secrets[0])
	}
	return "", lang.Err("has more than one secret", "含有多个 secret")
}

func readSecret(escaped string) (string, error) {
	// Not QueryUnescape: a + in a secret is a plus, not a space.
	secret, err := url.PathUnescape(escaped)
	switch {
	case err != nil:
		return "", lang.Err("has a secret with a broken %% escape; write %% itself as %%25", "secret 中的 %% 转义有误；%% 本身请写成 %%25")
	case secret == "":
		return "", lang.Err("has an empty secret", "secret 为空")
	case strings.ContainsFunc(secret, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return "", lang.Err("has a secret with spaces or unprintable characters in it", "secret 中含有空格或不可见字符")
	}
	return secret, nil
}
