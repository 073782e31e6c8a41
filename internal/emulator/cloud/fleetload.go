package cloud

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/shopspring/decimal"
)

// LoadFleet reads a fleet file. Relative times count from now. The error names
// every mistake with its line.
func LoadFleet(r io.Reader, now time.Time) (Fleet, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Fleet{}, err
	}
	var file fleetFile
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return Fleet{}, fmt.Errorf("fleet: %s", strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return Fleet{}, fmt.Errorf("fleet: %w", err)
	}
	l := &fleetLoader{tree: tree, now: now}
	f := l.load(file)
	if len(l.errs) > 0 {
		return Fleet{}, errors.Join(l.errs...)
	}
	return f, nil
}

// fleetLoader turns a decoded file into a Fleet and collects what is wrong.
type fleetLoader struct {
	tree *ast.File
	now  time.Time
	errs []error
}

// at is a place in the file: a YAML path, and what to call it.
type at struct{ path, what string }

func (l *fleetLoader) fail(where at, field, format string, args ...any) {
	// A field that is missing has no line; then that of its owner serves.
	line := l.line(where.path + "." + field)
	if line == 0 {
		line = l.line(where.path)
	}
	prefix := "fleet: "
	if line > 0 {
		prefix += "line " + strconv.Itoa(line) + ": "
	}
	if where.what != "" {
		prefix += where.what + ": "
	}
	l.errs = append(l.errs, errors.New(prefix+field+": "+fmt.Sprintf(format, args...)))
}

func (l *fleetLoader) line(path string) int {
	p, err := yaml.PathString(path)
	if err != nil {
		return 0
	}
	node, err := p.FilterFile(l.tree)
	if err != nil || node == nil || node.GetToken() == nil {
		return 0
	}
	if m, ok := node.(*ast.MappingNode); ok && len(m.Values) > 0 {
		return m.Values[0].Key.GetToken().Position.Line
	}
	return node.GetToken().Position.Line
}

func (l *fleetLoader) load(file fleetFile) Fleet {
	f := Fleet{Keys: map[string][]Key{}}
	top := at{path: "$"}
	l.oneOf(top, "site", string(file.Site), string(China), string(Intl))
	if file.Site != "" {
		f.options = append(f.options, func(o *Options) { o.Site = file.Site })
	}
	if file.Regions != nil {
		f.options = append(f.options, func(o *Options) { o.Regions = file.Regions })
	}
	f.options = append(f.options, l.options(file.Options)...)
	for action, b := range file.Budgets {
		if !knownAction(action) {
			l.fail(at{"$.budgets", "budgets"}, action, "there is no such action")
		}
		f.options = append(f.options, func(o *Options) {
			if o.Budget == nil {
				o.Budget = map[string]Budget{}
			}
			o.Budget[action] = Budget{PerMinute: b.PerMinute, Headers: b.Headers}
		})
	}

	known := map[string]bool{"": true}
	for n, a := range file.Accounts {
		where := at{fmt.Sprintf("$.accounts[%d]", n), "account " + a.ID}
		acc := l.account(where, a)
		if known[acc.ID] {
			l.fail(where, "id", "this account is there twice")
		}
		known[acc.ID] = true
		f.Accounts = append(f.Accounts, acc)
		for m, k := range a.Keys {
			f.Keys[acc.ID] = append(f.Keys[acc.ID], l.key(at{fmt.Sprintf("%s.keys[%d]", where.path, m), where.what + ": key " + k.AccessKeyID}, k))
		}
	}
	if len(file.Accounts) == 0 {
		known[defaultAccountID] = true
	}
	ids := map[string]bool{}
	for n, i := range file.Instances {
		where := at{fmt.Sprintf("$.instances[%d]", n), "instance " + i.ID}
		if i.ID == "" {
			where.what = fmt.Sprintf("instance %d", n+1)
			l.fail(where, "id", "missing")
		} else if ids[i.ID] {
			l.fail(where, "id", "this instance is there twice")
		}
		ids[i.ID] = true
		if !known[i.Account] {
			l.fail(where, "account", "there is no account %q in this file", i.Account)
		}
		f.Instances = append(f.Instances, l.instance(where, i))
	}
	f.options = append(f.options, l.billing(file.Billing), l.products(file.Products))
	for n, o := range file.Orders {
		f.Orders = append(f.Orders, l.order(at{fmt.Sprintf("$.orders[%d]", n), fmt.Sprintf("order %d", n+1)}, o, ids))
	}
	for n, x := range file.Faults {
		f.Faults = append(f.Faults, l.fault(at{fmt.Sprintf("$.faults[%d]", n), fmt.Sprintf("fault %d", n+1)}, x))
	}
	return f
}

func (l *fleetLoader) options(x fleetOptions) (set []func(*Options)) {
	where := at{"$.options", "options"}
	for _, d := range []struct {
		name, text string
		to         func(*Options) *time.Duration
	}{
		{"expiryDelay", x.ExpiryDelay, func(o *Options) *time.Duration { return &o.ExpiryDelay }},
		{"attributeDelay", x.AttributeDelay, func(o *Options) *time.Duration { return &o.AttributeDelay }},
		{"tagDelay", x.TagDelay, func(o *Options) *time.Duration { return &o.TagDelay }},
		{"latency", x.Latency, func(o *Options) *time.Duration { return &o.Latency }},
		{"processing", x.Processing, func(o *Options) *time.Duration { return &o.Processing }},
		{"tokenLife", x.TokenLife, func(o *Options) *time.Duration { return &o.TokenLife }},
		{"refusalLife", x.RefusalLife, func(o *Options) *time.Duration { return &o.RefusalLife }},
	} {
		if d.text != "" {
			value := l.duration(where, d.name, d.text)
			set = append(set, func(o *Options) { *d.to(o) = value })
		}
	}
	for _, b := range []struct {
		value *bool
		to    func(*Options) *bool
	}{
		{x.SkipSignature, func(o *Options) *bool { return &o.SkipSignature }},
		{x.ExclusiveBounds, func(o *Options) *bool { return &o.ExclusiveBounds }},
		{x.RequireBothFilters, func(o *Options) *bool { return &o.RequireBothFilters }},
		{x.BatchPartial, func(o *Options) *bool { return &o.BatchPartial }},
		{x.SkipUnknownIDs, func(o *Options) *bool { return &o.SkipUnknownIDs }},
		{x.RefuseSecurityLock, func(o *Options) *bool { return &o.RefuseSecurityLock }},
		{x.NumericOrderIDs, func(o *Options) *bool { return &o.NumericOrderIDs }},
		{x.PoisonTokens, func(o *Options) *bool { return &o.PoisonTokens }},
		{x.TwinRows, func(o *Options) *bool { return &o.TwinRows }},
		{x.MixedSeconds, func(o *Options) *bool { return &o.MixedSeconds }},
		{x.BlankNextToken, func(o *Options) *bool { return &o.BlankNextToken }},
		{x.AutoRenewals, func(o *Options) *bool { return &o.AutoRenewals }},
	} {
		if b.value != nil {
			set = append(set, func(o *Options) { *b.to(o) = *b.value })
		}
	}
	for _, n := range []struct {
		name        string
		value, most int
		to          func(*Options) *int
	}{
		{"pageDefault", x.PageDefault, maxListed, func(o *Options) *int { return &o.PageDefault }},
		{"pageCap", x.PageCap, maxListed, func(o *Options) *int { return &o.PageCap }},
		{"unifiedDay", x.UnifiedDay, 28, func(o *Options) *int { return &o.UnifiedDay }},
	} {
		if n.value < 0 || n.value > n.most {
			l.fail(where, n.name, "%d is not between 1 and %d", n.value, n.most)
		}
		if n.value != 0 {
			set = append(set, func(o *Options) { *n.to(o) = n.value })
		}
	}
	if x.PoisonCode != "" {
		set = append(set, func(o *Options) { o.PoisonCode = x.PoisonCode })
	}
	return set
}

func (l *fleetLoader) account(where at, a fleetAccount) Account {
	if a.ID == "" {
		a.ID = defaultAccountID
	}
	l.oneOf(where, "site", string(a.Site), string(China), string(Intl))
	l.amount(where, "balance", a.Balance)
	l.amount(where, "credit", a.Credit)
	acc := Account{
		ID: a.ID, AccessKeyID: a.AccessKeyID, AccessKeySecret: a.AccessKeySecret,
		SecurityToken: a.SecurityToken, TokenExpires: l.wallTime(where, "tokenExpires", a.TokenExpires),
		Site: a.Site, Currency: a.Currency, Balance: a.Balance, Credit: a.Credit, Arrears: a.Arrears,
		Denied: a.Denied, Allowed: a.Allowed,
	}
	for n, r := range a.Roles {
		at := at{fmt.Sprintf("%s.roles[%d]", where.path, n), where.what + ": role " + r.Name}
		if r.Name == "" {
			l.fail(at, "name", "missing")
		}
		acc.Roles = append(acc.Roles, Role{
			Name: r.Name, TrustedAccounts: r.TrustedAccounts, ExternalID: r.ExternalID,
			Denied: r.Denied, Allowed: r.Allowed, MaxSession: l.duration(at, "maxSession", r.MaxSession),
		})
	}
	return acc
}

func (l *fleetLoader) key(where at, k fleetKey) Key {
	if k.AccessKeyID == "" {
		l.fail(where, "accessKeyId", "missing")
	}
	return Key{
		AccessKeyID: k.AccessKeyID, AccessKeySecret: k.AccessKeySecret,
		SecurityToken: k.SecurityToken, Expires: l.wallTime(where, "expires", k.Expires),
		Denied: k.Denied, Allowed: k.Allowed, Root: k.Root, Disabled: k.Disabled, Role: k.Role, Session: k.Session,
	}
}

func (l *fleetLoader) instance(where at, i fleetInstance) Instance {
	l.oneOf(where, "chargeType", i.ChargeType, "PrePaid", "PostPaid")
	l.oneOf(where, "renewalStatus", i.RenewalStatus, renewalStatuses...)
	l.oneOf(where, "internetChargeType", i.InternetCharge, "PayByTraffic", "PayByBandwidth")
	l.oneOf(where, "autoUnit", i.AutoUnit, "Week", "Month", "Year")
	l.locks(where, i)
	l.amount(where, "price", i.Price)
	in := Instance{
		ID: i.ID, Name: i.Name, Account: i.Account, Region: i.Region, Zone: i.Zone, Type: i.Type,
		ChargeType: i.ChargeType, Status: i.Status,
		Expires: l.time(where, "expires", i.Expires), Created: l.time(where, "created", i.Created),
		Tags: i.Tags, ResourceGroup: i.ResourceGroup, VPC: i.VPC, VSwitch: i.VSwitch,
		SecurityGroups: i.SecurityGroups, Locks: i.Locks,
		PrivateIP: i.PrivateIP, InternetCharge: i.InternetCharge, Image: i.Image, KeyPair: i.KeyPair,
		RenewalStatus: i.RenewalStatus, AutoDuration: i.AutoDuration, AutoUnit: i.AutoUnit,
		MonthlyPrice: i.Price, MaxExpires: l.time(where, "maxExpires", i.MaxExpires),
		NoAttribute: i.NoAttribute, UnpaidOrder: i.UnpaidOrder, NoStock: i.NoStock, Starter: i.Starter,
		ExpiryDelay: l.duration(where, "expiryDelay", i.ExpiryDelay),
	}
	l.ofProduct(where, i.Of, &in)
	return in
}

func (l *fleetLoader) fault(where at, x fleetFault) Fault {
	if !slices.Contains(FaultKinds(), x.Kind) || x.Kind == Hook {
		var kinds []string
		for _, k := range FaultKinds() {
			if k != Hook { // code cannot be written in a file
				kinds = append(kinds, string(k))
			}
		}
		l.fail(where, "kind", "%q is not one of %s", x.Kind, strings.Join(kinds, ", "))
	}
	if x.Action != "" && !knownAction(x.Action) {
		l.fail(where, "action", "there is no action %q", x.Action)
	}
	return Fault{
		Kind: x.Kind, Action: x.Action, Region: x.Region, Instance: x.Instance, Account: x.Account,
		Call: x.Call, Count: x.Count, Status: x.Status, Code: x.Code, Message: x.Message, Body: x.Body,
		Delay: l.duration(where, "delay", x.Delay), Location: x.Location,
	}
}

func (l *fleetLoader) oneOf(where at, field, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		l.fail(where, field, "%q is not one of %s", value, strings.Join(allowed, ", "))
	}
}

func (l *fleetLoader) amount(where at, field, value string) {
	if _, err := decimal.NewFromString(value); value != "" && err != nil {
		l.fail(where, field, "%q is not an amount", value)
	}
}

// time reads a point in time: an offset from now, or RFC 3339 with or without
// seconds.
func (l *fleetLoader) time(where at, field, value string) time.Time {
	if value == "" {
		return time.Time{}
	}
	if d, ok := parseDuration(value); ok {
		return l.now.Add(d)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t
		}
	}
	l.fail(where, field, "%q is neither a time from now, such as 3d or -36h, nor one like 2026-12-10T16:00Z", value)
	return time.Time{}
}

// wallTime is time for what is measured by the wall clock.
func (l *fleetLoader) wallTime(where at, field, value string) time.Time {
	wall := *l
	wall.now, wall.errs = time.Now(), nil
	t := wall.time(where, field, value)
	l.errs = append(l.errs, wall.errs...)
	return t
}

func (l *fleetLoader) duration(where at, field, value string) time.Duration {
	switch value {
	case "", "0":
		return 0
	case "never":
		return -1
	}
	d, ok := parseDuration(value)
	if !ok || d < 0 {
		l.fail(where, field, "%q is not a duration such as 90s, 36h or 2d", value)
	}
	return d
}

var (
	durationForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(?:[0-9]+(?:ms|s|m|h|d|w))+$`) })
	durationPart = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([0-9]+)(ms|s|m|h|d|w)`) })
	durationUnit = map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day,
	}
)

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
