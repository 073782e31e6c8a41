package handler_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
	"github.com/fc-renewer/fc-renewer/internal/soak"
)

// A rehearsal is held against the real thing: a fleet and a policy that a seed
// draws are played for sixty days by the rehearsal, and then by the function
// itself, run after run in fake time, against a cloud with a ledger, whose
// provider deducts on its days. Both come to the same payments on the same days,
// to the cent, to the same stops for the same reasons, and to the same modes.
func TestSoakRehearsalAgainstTheRealThing(t *testing.T) {
	t.Parallel()
	soak.Play(t, 2, func(t *testing.T, s *soak.Scenario) {
		site := pick(s, cloud.China, cloud.China, cloud.China, cloud.Intl)
		policy, every := drawnPolicy(s, site)
		for !readable(policy) { // what would be due again at once, for ever, is refused
			policy, every = drawnPolicy(s, site)
		}
		options := cloud.Options{Site: site, AutoRenewals: true, ExpiryDelay: pick(s, 0, 5*time.Second)}
		inBubble(t, options, policy, func(t *testing.T, w *bubble) {
			first := time.Now()
			for i := range 1 + s.IntN(24) {
				w.add(drawnInstance(s, site, i, first))
			}
			fleet := w.cloud.Instances()
			played := w.rehearsed(first)
			reasons := w.runFor(first, every)
			judge := &comparison{t: t, w: w, fleet: fleet, first: first, played: played}
			judge.payments()
			judge.stops(reasons)
			judge.modes()
			s.Played("runs", int(rehearsedDays*renewal.Day/every))
			s.Played("payments", len(played.Payments))
			s.Played("stops", len(played.Stops))
			if t.Failed() {
				t.Logf("policy: %v", policy)
			}
		})
	})
}

const rehearsedDays = 60

// drawnPolicy gives settings, and the time between two runs.
func drawnPolicy(s *soak.Scenario, site cloud.Site) (policy settings, every time.Duration) {
	every = pick(s, renewal.Day, renewal.Day, renewal.Day, 12*time.Hour, 2*renewal.Day)
	maybe := func(name string, values ...string) {
		if value := pick(s, values...); value != "" {
			policy[name] = value
		}
	}
	policy = settings{"RENEW_SITE": string(site), "RENEW_REGIONS": pick(s, "all", "all", hangzhou), "RENEW_NEXT_RUN": fmt.Sprintf("%dh", every/time.Hour)}
	maybe("RENEW_ACTION", "renew", "renew", "renew", "renew", "renew", "auto-renew", "auto-renew", "report", "auto-renew-off", "let-lapse")
	weekly := site == cloud.China && s.IntN(5) == 0
	if weekly {
		maybe("RENEW_PERIOD", "1w", "2w")
		maybe("RENEW_WINDOW", "2d", "3d", "5d")
	} else {
		maybe("RENEW_PERIOD", "", "1m", "1m", "2m", "3m", "1y")
		maybe("RENEW_WINDOW", "", "3d", "5d", "10d", "20d")
		maybe("RENEW_RESCUE", "", "", "3d", "10d")
		maybe("RENEW_BACKSTOP", "", "", "2d", "5d")
		maybe("RENEW_UPCOMING", "", "", "5d")
		maybe("RENEW_RULES", "", drawnRules(s, site), drawnRules(s, site))
	}
	maybe("RENEW_AUTO_PERIOD", "", "1m", "2m", "1y")
	if s.IntN(2) == 0 {
		policy["RENEW_PRODUCTS"] = "all"
		maybe("RENEW_PRICES", "", "eip=1000,clb=1000,cbwp=1000,polardb=1000")
	}
	maybe("RENEW_TOO_LATE", "", "renew")
	maybe("RENEW_FREEZE", "", "", "12-03..12-09", "2026-12-05", "12-30..01-02", "2026-12-01..2026-12-12, 01-10")
	maybe("RENEW_MAX_COUNT", "", "1", "2", "3", "unlimited", "unlimited")
	maybe("RENEW_MAX_SPEND", "", "", "", "350", "1000")
	maybe("RENEW_MAX_PRICE", "", "", "", "", "300")
	maybe("RENEW_MIN_BALANCE", "", "", "", "98000", "99500") // of 100,000
	maybe("RENEW_TAG_TRUST", "", "off", "full")
	maybe("RENEW_TZ", "", "UTC", "America/New_York")
	maybe("RENEW_EXCLUDE_TAGS", "", "", "env=test")
	maybe("RENEW_EXCLUDE_NAMES", "", "", "db-*")
	maybe("RENEW_TAGS", "", "", "", "", "env")
	maybe("RENEW_APPROVAL", "", "", "", "", "all", "200")
	if policy["RENEW_APPROVAL"] != "" {
		maybe("RENEW_APPROVAL_UNTIL", "", "2d", "4d")
	}
	return policy, every
}

func readable(policy settings) bool {
	var environ []string
	for name, value := range policy {
		environ = append(environ, name+"="+value)
	}
	_, err := config.Read(config.Environment{Variables: environ})
	return err == nil
}

// drawnRules gives up to three rules.
func drawnRules(s *soak.Scenario, site cloud.Site) string {
	rules := []string{
		`{name: soon, when: daysLeft < 3, period: 2m}`,
		`{name: payments, when: 'tags["team"] == "payments"', action: renew, period: 3m, max-price: 800, max-spend: 900}`,
		`{name: web, when: 'name startsWith "web-"', window: 15d, max-price: 150}`,
		`{name: late, when: expired, action: skip}`,
		`{name: test, when: 'tags["env"] == "test"', action: report}`,
		`{name: keep, when: 'mode == "manual" and region == "cn-beijing"', action: auto-renew, period: 1m}`,
		`{name: asks, when: 'name matches "^db-"', approval: true}`,
		`{name: year, when: 'now >= date("2026-12-20")', period: 1y}`,
		`{name: off, when: 'mode == "auto" and tags["team"] == "payments"', action: auto-renew-off}`,
		`{name: gone, when: 'name == "db-3"', action: let-lapse}`,
	}
	if site == cloud.China {
		rules = append(rules, `{name: other, when: 'region == "cn-beijing"', window: 3d, period: 1w}`)
	}
	s.Shuffle(len(rules), func(i, j int) { rules[i], rules[j] = rules[j], rules[i] })
	return "[" + strings.Join(rules[:1+s.IntN(3)], ", ") + "]"
}

func drawnInstance(s *soak.Scenario, site cloud.Site, i int, now time.Time) cloud.Instance {
	in := cloud.Instance{
		ID: fmt.Sprintf("i-%02d", i), Name: fmt.Sprintf("%s-%d", pick(s, "web", "db", "tmp"), i),
		Region: pick(s, hangzhou, "cn-beijing"), Expires: now.Add(time.Duration(s.IntN(85*24)-10*24) * time.Hour),
		MonthlyPrice: pick(s, "", "33.33", "120.50", "250", "999.99", "unknown"), Tags: map[string]string{},
	}
	if s.IntN(3) > 0 { // most real terms end at midnight in UTC+8
		in.Expires = in.Expires.Truncate(renewal.Day).Add(16 * time.Hour)
	}
	for key, values := range map[string][]string{
		"env": {"", "prod", "test"}, "team": {"", "", "payments"}, "renew:action": {"", "", "", "", "skip", "report", "auto-renew", "renew", "let-lapse", "odd"},
		"renew:period": {"", "", "", "1w", "2m", "1y"}, "renew:until": {"", "", "", "2026-12-24", "2027-01-31"},
	} {
		if value := values[(int(s.Seed)*31+i*7+len(key))%len(values)]; value != "" { //nolint:gosec // the order of a map must not draw
			in.Tags[key] = value
		}
	}
	switch s.IntN(10) {
	case 0, 1, 2:
		in.RenewalStatus, in.AutoDuration, in.AutoUnit = "AutoRenewal", pick(s, 1, 1, 2, 3), "Month"
		if site == cloud.China && s.IntN(4) == 0 {
			in.AutoUnit = "Week"
		}
	case 3:
		in.RenewalStatus = "NotRenewal"
	case 4:
		in.NoAttribute = s.IntN(2) == 0
	}
	if s.IntN(3) == 0 {
		in.Product = pick(s, "rds", "redis", "mongodb", "polardb", "eip", "clb", "waf")
		in.AutoUnit = "Month"
		in.Tags = map[string]string{}
	} else if s.IntN(12) == 0 {
		in.Locks = []string{pick(s, "security", "recycling")}
	}
	if s.IntN(20) == 0 {
		in.ChargeType = "PostPaid"
	}
	return in
}

// rehearsed plays the days that are to come, with the fleet read and the prices
// asked over the wire, as the command does.
func (w *bubble) rehearsed(first time.Time) renewal.Rehearsal {
	w.t.Helper()
	h := w.handler(&process{w: w}, w.env)
	read, err := h.ReadSettings()
	if err != nil {
		w.t.Fatalf("settings: %v", err)
	}
	var played renewal.Rehearsal
	err = h.WithFleet(context.Background(), w.in, nil, func(f *runner.Fleet) error {
		played = renewal.Rehearse(read.Policy, renewal.Script{
			From: first, Days: rehearsedDays, Fleet: f.Instances, Balances: f.Balances,
			Prices: func(quotes []renewal.Quote) []renewal.Amount { return f.Prices(context.Background(), quotes, nil) },
		})
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.unchanged()
	return played
}

// runFor runs the function for the days of the rehearsal, and gives the reason
// that the last report before it gave for each expiry of each instance.
func (w *bubble) runFor(first time.Time, every time.Duration) map[string]renewal.Reason {
	w.t.Helper()
	reasons := map[string]renewal.Reason{}
	end := first.AddDate(0, 0, rehearsedDays)
	for at := first; at.Before(end); at = at.Add(every) {
		time.Sleep(time.Until(at))
		for _, e := range w.run("").Instances {
			if at.Before(e.Expires.Time) {
				reasons[e.ID+" "+e.Expires.UTC().Format(time.RFC3339)] = e.Reason
			}
		}
		w.cloud.ForgetCalls()
	}
	time.Sleep(time.Until(end))
	w.run(`{"dryRun":true}`) // the provider looks when it is called
	return reasons
}

// A comparison holds what was played against what happened.
type comparison struct {
	t      *testing.T
	w      *bubble
	fleet  []cloud.Instance
	first  time.Time
	played renewal.Rehearsal
}

func (c *comparison) end() time.Time { return c.first.AddDate(0, 0, rehearsedDays) }

// charges are those of the days, regions and products that were played.
func (c *comparison) charges() []cloud.Charge {
	return slices.DeleteFunc(c.w.cloud.Ledger(), func(charge cloud.Charge) bool {
		return !charge.At.Before(c.end()) || !c.listed(charge.Region, charge.Product)
	})
}

func (c *comparison) listed(region, product string) bool {
	here := c.w.env["RENEW_REGIONS"] == "all" || region == hangzhou
	return here && (c.w.env["RENEW_PRODUCTS"] == "all" || product == "")
}

// payments are the same on the same days, to the cent where the price can be had.
func (c *comparison) payments() {
	c.t.Helper()
	monthly, assumed := map[string]string{}, map[string]bool{}
	for _, in := range c.fleet {
		monthly[in.ID] = in.MonthlyPrice
		assumed[in.ID] = !slices.Contains([]string{"", "rds", "redis"}, in.Product) // by RENEW_PRICES, or from the price of a month
	}
	var paid, played []string
	for _, charge := range c.charges() {
		amount := charge.Amount
		if charge.Unit == "Week" || monthly[charge.Instance] == "unknown" || assumed[charge.Instance] {
			amount = ""
		}
		paid = append(paid, line(charge.At, charge.Instance, amount, charge.AutoRenewal))
	}
	for _, p := range c.played.Payments {
		id, amount := c.played.Fates[p.Fate].ID, p.Price.String()
		if assumed[id] {
			amount = ""
		}
		played = append(played, line(p.At, id, amount, p.Provider))
	}
	c.same("payments", paid, played)
}

func line(at time.Time, id, amount string, provider bool) string {
	return fmt.Sprintf("%s %s %s %v", at.UTC().Format(time.DateOnly), id, cmp.Or(amount, "unknown"), provider)
}

// stops are the terms that ended before anybody had paid for the next.
func (c *comparison) stops(reasons map[string]renewal.Reason) {
	c.t.Helper()
	var stopped, played []string
	unselected := c.played.UnselectedStops
	for _, in := range c.fleet {
		if in.ChargeType == "PostPaid" || !c.listed(in.Region, in.Product) {
			continue
		}
		expires := in.Expires
		stop := func() {
			at := expires.UTC().Format(time.RFC3339)
			reason, told := reasons[in.ID+" "+at]
			if !told { // not selected, or excluded before the window
				reason = c.playedReason(in.ID, expires)
			}
			if reason == renewal.NotSelected {
				unselected--
				return
			}
			stopped = append(stopped, fmt.Sprintf("%s %s %s", at, in.ID, reason))
		}
		for _, charge := range c.charges() {
			if charge.Instance != in.ID {
				continue
			}
			if !charge.At.Before(expires) && expires.After(c.first) {
				stop()
			}
			expires = charge.NewExpires
		}
		if expires.After(c.first) && expires.Before(c.end()) {
			stop()
		}
	}
	for _, stop := range c.played.Stops {
		played = append(played, fmt.Sprintf("%s %s %s", stop.At.Format(time.RFC3339), stop.ID, stop.Reason))
	}
	c.same("stops", stopped, played)
	if unselected != 0 {
		c.t.Errorf("%d more stop that are not selected than the rehearsal has", -unselected)
	}
}

// playedReason is what the rehearsal says of a stop that no report tells.
func (c *comparison) playedReason(id string, at time.Time) renewal.Reason {
	for _, stop := range c.played.Stops {
		if stop.ID == id && stop.At.Equal(at) {
			return stop.Reason
		}
	}
	return renewal.NotSelected
}

// modes are what auto-renewal is set to in the end.
func (c *comparison) modes() {
	c.t.Helper()
	words := map[renewal.Mode]string{renewal.Auto: "AutoRenewal", renewal.Manual: "Normal", renewal.Lapse: "NotRenewal"}
	for _, f := range c.played.Fates {
		in, _ := c.w.cloud.Instance(f.ID)
		if want := words[f.Mode]; want != "" && in.RenewalStatus != want {
			c.t.Errorf("%s is %s in the end, and %s in the rehearsal", f.ID, in.RenewalStatus, want)
		}
		if in.ChargeType != "PostPaid" && !f.Expires.Equal(in.Expires) && !f.Released {
			c.t.Errorf("%s expires at %v in the end, and at %v in the rehearsal", f.ID, in.Expires, f.Expires)
		}
	}
}

// same tells what is in one list and not in the other.
func (c *comparison) same(what string, happened, played []string) {
	c.t.Helper()
	for _, line := range happened {
		if i := slices.Index(played, line); i >= 0 {
			played = slices.Delete(played, i, i+1)
		} else {
			c.t.Errorf("%s: it happened, and was not played: %s", what, line)
		}
	}
	for _, line := range played {
		c.t.Errorf("%s: it was played, and did not happen: %s", what, line)
	}
}
