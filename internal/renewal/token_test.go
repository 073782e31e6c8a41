package renewal

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"testing"
	"time"
)

// The text of the contract, hashed by hand.
func TestToken(t *testing.T) {
	in := Instance{ID: "i-bp1", Account: owner, Region: "cn-hangzhou", Expires: time.Date(2026, 11, 25, 16, 0, 0, 0, time.UTC)}
	const text = "renew|v1|1234567890123456|cn-hangzhou|i-bp1|2026-11-25T16:00Z"
	const vector = "f49961ba8907ad92687af0cfd3730a5f0330044ba00cc5de20bff52ca2a0277d"
	byHand := func(text string) string { sum := sha256.Sum256([]byte(text)); return hex.EncodeToString(sum[:]) }
	if got := Token(in, 0); got != byHand(text) || got != vector {
		t.Errorf("token %s, by hand %s", got, byHand(text))
	}
	for n, suffix := range map[int]string{1: "|1", 2: "|2", 20: "|20"} {
		if got := Token(in, n); got != byHand(text+suffix) {
			t.Errorf("token of generation %d is %s, by hand %s", n, got, byHand(text+suffix))
		}
	}
	for n := range MostGenerations + 1 {
		if token := Token(in, n); !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(token) {
			t.Errorf("%q is not 64 characters of hex", token)
		}
	}
}

// One instant, one token: whoever asks, in whatever state, for whatever term,
// however the expiry is written.
func TestTokenGoesByAccountRegionIDAndExpiryAlone(t *testing.T) {
	in := ending(Day)
	for name, change := range map[string]func(*Instance){
		"mode":            mode(Auto),
		"locks":           locked("financial"),
		"tags":            tagged("renew:period", "3m"),
		"refusals":        func(i *Instance) { i.Refused = RefusedValue(*i, 3) },
		"name":            func(i *Instance) { i.Name = "other" },
		"zone":            func(i *Instance) { i.Zone = "cn-hangzhou-h" },
		"scope":           func(i *Instance) { i.Scope = 7 },
		"another zone":    func(i *Instance) { i.Expires = i.Expires.In(Beijing) },
		"seconds, of it":  func(i *Instance) { i.Expires = i.Expires.Add(59 * time.Second) },
		"no nanoseconds":  func(i *Instance) { i.Expires = i.Expires.Truncate(time.Second) },
		"monotonic clock": func(i *Instance) { i.Expires = i.Expires.Round(0) },
	} {
		for n := range 3 {
			if same := ending(Day, change); Token(same, n) != Token(in, n) {
				t.Errorf("%s changes the token of generation %d", name, n)
			}
		}
	}
	seen := map[string]string{}
	for name, change := range map[string]func(*Instance){
		"nothing": func(*Instance) {},
		"account": func(i *Instance) { i.Account = "2" },
		"region":  func(i *Instance) { i.Region = "cn-beijing" },
		"id":      called("i-b"),
		"expiry":  func(i *Instance) { i.Expires = i.Expires.Add(time.Minute) },
	} {
		for n := range 3 {
			token := Token(ending(Day, change), n)
			if other, found := seen[token]; found {
				t.Errorf("%s and %s have one token", name, other)
			}
			seen[token] = name
		}
	}
}

func TestGeneration(t *testing.T) {
	in := ending(Day) // 2026-11-24T01:00Z
	for value, want := range map[string]int{
		"":                     0,
		"2026-11-24T01:00Z/0":  0,
		"2026-11-24T01:00Z/1":  1,
		"2026-11-24T01:00Z/20": 20,
		"2026-10-24T01:00Z/3":  0, // of another expiry
	} {
		in.Refused = value
		if n, err := in.Generation(); n != want || err != nil {
			t.Errorf("%q: %d (%v), want %d", value, n, err, want)
		}
	}
	for _, value := range []string{
		"1", "/1", "2026-11-24T01:00Z", "2026-11-24T01:00Z/", "2026-11-24T01:00Z/-1", "2026-11-24T01:00Z/21", "2026-11-24T01:00Z/01", "2026-11-24T01:00Z/ 1",
		"2026-11-24T01:00Z/+1", "2026-11-24T01:00Z/1/2", "2026-11-24T01:00:00Z/1", "2026-11-24T09:00+08:00/1", "2026-11-24 01:00/1", "2026-13-24T01:00Z/1",
		"2026-10-24T01:00Z/x", " 2026-11-24T01:00Z/1", "2026-11-24T01:00z/1", "2026-11-24T01:00Z/１",
	} {
		in.Refused = value
		if n, err := in.Generation(); err == nil {
			t.Errorf("%q is read as %d", value, n)
		}
		if d := decideOne(policy(Renew), in); d.Reason != Unreadable || d.Wanted() || len(d.Notes) != 1 {
			t.Errorf("%q: %s, %q", value, d.Reason, d.Notes)
		}
	}
	for n := range MostGenerations + 1 {
		in.Refused = RefusedValue(in, n)
		if got, err := in.Generation(); got != n || err != nil {
			t.Errorf("%q is read as %d (%v)", in.Refused, got, err)
		}
	}
}
