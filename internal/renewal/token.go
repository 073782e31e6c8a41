package renewal

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// Token is the ClientToken of a renewal of in. For a product of which it is
// documented what a repeated token does, it is that of Generation n; for any other
// there is one for every expiry, whatever n.
func Token(in Instance, n int) string {
	if in.Traits().Once {
		return onceToken(in)
	}
	return repeatableToken(in, n)
}

// onceToken goes by the day of the expiry, since the billing and a product's own
// API spell one expiry in several ways; and not by the region, which the billing
// may leave out.
func onceToken(in Instance) string {
	day := in.Expires.In(Beijing).Add(12 * time.Hour).Format(time.DateOnly) // that begins at the nearest midnight
	return hash("renew", "v2", in.Traits().Key, in.Account, in.ID, day)
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(sum[:])
}

// repeatableToken is the ClientToken of RenewInstance of ECS: one for every instance,
// expiry and generation, whoever asks and for whatever term. Whoever repeats the
// call with it gets the first answer again, and whoever asks with other terms is
// refused; neither is charged (ECS: how to ensure idempotence). No clock is in
// it, and the expiry is written in one way however the API spells it, so that
// one instant has one token. 64 ASCII characters.
//
// Generation n is how many tokens of this expiry were refused and given up for
// good, see Generation.
func repeatableToken(in Instance, n int) string {
	parts := []string{"renew", "v1", in.Account, in.Region, in.ID, minute(in.Expires)}
	if n > 0 {
		parts = append(parts, strconv.Itoa(n))
	}
	return hash(parts...)
}

// minute writes an expiry as tokens and the tag of refusals do: in UTC, to the
// minute.
func minute(at time.Time) string { return at.UTC().Format("2006-01-02T15:04Z") }

const (
	// RefusedKey is the key of the tag that says how many tokens of an instance's
	// expiry were refused. It is fixed, so that every function, whatever its
	// settings are, knows what any other has given up.
	RefusedKey = "renew:refused"

	// MostGenerations is how many tokens of one expiry are ever given up.
	MostGenerations = 20
)

// RefusedValue is the value of that tag for generation n of in's expiry, as in
// 2026-12-31T16:00Z/1.
func RefusedValue(in Instance, n int) string {
	return minute(in.Expires) + "/" + strconv.Itoa(n)
}

// Generation reads the tag of refusals: how many tokens of the present expiry
// were given up. A tag that names another expiry counts as none. The error says
// that the tag cannot be read; then nobody knows which tokens are dead.
func (in Instance) Generation() (int, error) {
	if in.Refused == "" {
		return 0, nil
	}
	unreadable := lang.Err("its tag %s is %q, which is not <expiry>/<number up to %d>, as in 2026-12-31T16:00Z/1", "标签 %s 的值 %q 不是“<到期时间>/<不超过 %d 的次数>”的形式，例如 2026-12-31T16:00Z/1",
		RefusedKey, in.Refused, MostGenerations)
	expiry, number, found := strings.Cut(in.Refused, "/")
	at, err := time.Parse("2006-01-02T15:04Z", expiry)
	n, notANumber := strconv.Atoi(number)
	if !found || err != nil || minute(at) != expiry || notANumber != nil || n < 0 || n > MostGenerations || strconv.Itoa(n) != number {
		return 0, unreadable
	}
	if expiry != minute(in.Expires) {
		return 0, nil
	}
	return n, nil
}
