package notify

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Parse reads RENEW_NOTIFY: webhooks separated by commas. All problems are told
// at once, each with its place in the list and never with the address. An empty
// list is no channel. With an error come the channels that could be read, so
// that they can be told of it.
//
// A comma always separates; inside an address it is written %2C. loopback says
// whether a host is this machine itself, the only one that is spoken to by http.
func Parse(list string, loopback func(host string) bool) ([]Channel, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var channels []Channel
	var problems []error
	for i, text := range strings.Split(list, ",") {
		kind, to, err := parseChannel(strings.TrimSpace(text), loopback)
		if err != nil {
			problems = append(problems, fmt.Errorf("entry %d: %w", i+1, err))
			continue
		}
		channels = append(channels, Channel{kind: kind, place: i + 1, to: to})
	}
	return channels, inOneLine(problems)
}

// inOneLine keeps several problems of one setting behind its name.
func inOneLine(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, len(problems))
	for i, problem := range problems {
		texts[i] = problem.Error()
	}
	return errors.New(strings.Join(texts, "; "))
}

// ParseHeartbeat reads RENEW_HEARTBEAT as Parse reads a webhook; "" is none.
func ParseHeartbeat(text string, loopback func(host string) bool) (Heartbeat, error) {
	if text = strings.TrimSpace(text); text == "" {
		return Heartbeat{}, nil
	}
	u, err := parseURL(text, loopback)
	if err != nil {
		return Heartbeat{}, err
	}
	return Heartbeat{to: seal(address{url: u.String()})}, nil
}

func parseChannel(text string, loopback func(string) bool) (Kind, sealed, error) {
	if text == "" {
		return "", nil, errors.New("is empty; leave out the comma that is too many")
	}
	kind, text, err := cutPrefix(text)
	if err != nil {
		return "", nil, err
	}
	u, err := parseURL(secretToQuery(text), loopback)
	if err != nil {
		return "", nil, err
	}
	if kind == "" {
		kind = kindOfHost(u.Hostname())
	}
	secret, err := takeSecret(u)
	if err != nil {
		return "", nil, err
	}
	return kind, seal(address{url: u.String(), secret: secret}), nil
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
	return "", "", fmt.Errorf("what is written in front of the + is no kind of channel; the kinds are %s", kindList())
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

// parseURL never wraps what url.Parse says, for that repeats the URL.
func parseURL(text string, loopback func(string) bool) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is no URL that can be read")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("has no host; write it like https://host/path")
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, errors.New("uses http, which is only for this machine itself (127.0.0.1); use https")
	default:
		return nil, errors.New("must begin with https://")
	}
	if strings.Contains(text, "#") {
		return nil, errors.New("has a # in it, and nothing behind that is ever sent; write it as %23, or leave it out")
	}
	return u, nil
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
			return "", errors.New("has a secret that is not written in small letters, and so would be sent; write &secret=…")
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
	return "", errors.New("has more than one secret")
}

func readSecret(escaped string) (string, error) {
	// Not QueryUnescape: a + in a secret is a plus, not a space.
	secret, err := url.PathUnescape(escaped)
	switch {
	case err != nil:
		return "", errors.New("has a secret with a broken % escape; write % itself as %25")
	case secret == "":
		return "", errors.New("has an empty secret")
	case strings.ContainsFunc(secret, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return "", errors.New("has a secret with spaces or unprintable characters in it")
	}
	return secret, nil
}
