package renewal

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Token is the ClientToken of RenewInstance for in: one for every instance and
// expiry, whoever asks and for whatever term. Whoever repeats the call with it
// gets the first answer again, and whoever asks with other terms is refused;
// neither is charged (ECS: how to ensure idempotence). 64 ASCII characters.
func Token(in Instance) string { return hash(tokenText(in)) }

// TokenOfTheDay is the token for asking once more after a definite refusal,
// since a refusal may be remembered with the token that met it. It changes at
// midnight UTC+8.
func TokenOfTheDay(in Instance, now time.Time) string {
	return hash(tokenText(in) + "|" + now.In(Beijing).Format(time.DateOnly))
}

// afterMidnight is for how long after midnight UTC+8 no token of the day is
// used: a run that began before may still be using the one of yesterday.
const afterMidnight = 10 * time.Minute

// TokenOfTheDayAllowed says whether now is far enough from midnight UTC+8.
func TokenOfTheDayAllowed(now time.Time) bool {
	local := now.In(Beijing)
	year, month, day := local.Date()
	return local.Sub(time.Date(year, month, day, 0, 0, 0, 0, Beijing)) >= afterMidnight
}

func tokenText(in Instance) string {
	return strings.Join([]string{"renew", "v1", in.Account, in.Region, in.ID, in.ExpiresText}, "|")
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
