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
	in := Instance{ID: "i-bp1", Account: owner, Region: "cn-hangzhou", ExpiresText: "2026-11-25T16:00Z"}
	const text = "renew|v1|1234567890123456|cn-hangzhou|i-bp1|2026-11-25T16:00Z"
	const vector = "f49961ba8907ad92687af0cfd3730a5f0330044ba00cc5de20bff52ca2a0277d"
	const vectorOfTheDay = "1d93101d53b0094044a36aeaaa25ad4a24b05a8e09abdf5f345ba1ca73c530e7"
	byHand := func(text string) string { sum := sha256.Sum256([]byte(text)); return hex.EncodeToString(sum[:]) }
	if got := Token(in); got != byHand(text) || got != vector {
		t.Errorf("token %s, by hand %s", got, byHand(text))
	}
	day := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	if got := TokenOfTheDay(in, day); got != byHand(text+"|2026-11-23") || got != vectorOfTheDay {
		t.Errorf("token of the day %s, by hand %s", got, byHand(text+"|2026-11-23"))
	}
	for _, token := range []string{Token(in), TokenOfTheDay(in, day)} {
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(token) {
			t.Errorf("%q is not 64 characters of hex", token)
		}
	}
}

// One expiry, one token: whoever asks, in whatever state, for whatever term.
func TestTokenGoesByAccountRegionIDAndExpiryAlone(t *testing.T) {
	in := ending(Day)
	for name, change := range map[string]func(*Instance){
		"mode":   mode(Auto),
		"locks":  locked("financial"),
		"tags":   tagged("renew:period", "3m"),
		"name":   func(i *Instance) { i.Name = "other" },
		"zone":   func(i *Instance) { i.Zone = "cn-hangzhou-h" },
		"expiry": func(i *Instance) { i.Expires = i.Expires.Add(time.Hour) }, // not as the API writes it
	} {
		if same := ending(Day, change); Token(same) != Token(in) || TokenOfTheDay(same, now) != TokenOfTheDay(in, now) {
			t.Errorf("%s changes the token", name)
		}
	}
	for name, change := range map[string]func(*Instance){
		"account":     func(i *Instance) { i.Account = "2" },
		"region":      func(i *Instance) { i.Region = "cn-beijing" },
		"id":          called("i-b"),
		"expiry text": func(i *Instance) { i.ExpiresText += " " },
	} {
		if other := ending(Day, change); Token(other) == Token(in) || TokenOfTheDay(other, now) == TokenOfTheDay(in, now) {
			t.Errorf("%s does not change the token", name)
		}
	}
}

func TestTokenOfTheDay(t *testing.T) {
	in := ending(Day)
	midnight := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC) // in Beijing
	if TokenOfTheDay(in, midnight.Add(-time.Nanosecond)) == TokenOfTheDay(in, midnight) {
		t.Error("the token does not change at midnight UTC+8")
	}
	if TokenOfTheDay(in, midnight) != TokenOfTheDay(in, midnight.Add(24*time.Hour-time.Nanosecond)) {
		t.Error("the token changes within a day of UTC+8")
	}
	if utc := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC); TokenOfTheDay(in, utc) != TokenOfTheDay(in, utc.Add(-time.Second)) {
		t.Error("the token changes at midnight UTC")
	}
	if other := midnight.In(time.FixedZone("", -5*60*60)); TokenOfTheDay(in, midnight) != TokenOfTheDay(in, other) {
		t.Error("the token goes by the zone of the time that was handed in")
	}
	for name, tt := range map[string]struct {
		at   time.Time
		want bool
	}{
		"a second before midnight":      {midnight.Add(-time.Second), true},
		"midnight":                      {midnight, false},
		"a nanosecond short of ten":     {midnight.Add(10*time.Minute - time.Nanosecond), false},
		"ten minutes past":              {midnight.Add(10 * time.Minute), true},
		"midnight, told in UTC":         {time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), true},
		"midnight, told in a third":     {midnight.In(time.FixedZone("", -5*60*60)), false},
		"the midnight of another month": {time.Date(2026, 11, 30, 16, 5, 0, 0, time.UTC), false},
	} {
		if got := TokenOfTheDayAllowed(tt.at); got != tt.want {
			t.Errorf("%s: allowed is %v", name, got)
		}
	}
}
