package cloud

import (
	"regexp"
	"strconv"
	"sync"
	"time"
)

var (
	durationForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(?:[0-9]+(?:ms|s|m|h|d|w))+$`) })
	durationPart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([0-9]+)(ms|s|m|h|d|w)`) })
	durationUnit = map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day,
	}
)

// parseDuration reads a number with a unit, or several of them: 90s, 1d12h, -2w.
func parseDuration(s string) (time.Duration, bool) {
	if !durationForm().MatchString(s) {
		return 0, false
	}
	var d time.Duration
	for _, part := range durationPart().FindAllStringSubmatch(s, -1) {
		n, err := strconv.Atoi(part[1])
		if err != nil || n > 1_000_000 {
			return 0, false
		}
		d += time.Duration(n) * durationUnit[part[2]]
	}
	if s[0] == '-' {
		d = -d
	}
	return d, true
}

// endOfDay is the midnight in UTC+8 that ends t's day, where terms end; a time
// that is one stays.
func endOfDay(t time.Time) time.Time {
	end := midnightAfter(t)
	if begun := end.Add(-day); begun.Equal(t) {
		return begun
	}
	return end
}
