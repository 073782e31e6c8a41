package cloud

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// Site is the site an account belongs to. It decides periods, currency and
// what happens around expiry; the region of an instance does not matter.
type Site string

// The sites.
const (
	China Site = "china" // aliyun.com
	Intl  Site = "intl"  // alibabacloud.com
)

// beijing is the time zone in which terms begin and end.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// defaultRegions is what DescribeRegions lists when Options.Regions is nil.
var defaultRegions = []string{
	"cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen", "cn-qingdao", "cn-zhangjiakou",
	"cn-huhehaote", "cn-chengdu", "cn-guangzhou", "cn-hongkong", "ap-southeast-1", "ap-northeast-1",
	"us-west-1", "us-east-1", "eu-central-1",
}

// Options are the switches of a Cloud. The zero value is a strict cloud of the
// China site without any delay.
type Options struct {
	Site    Site             `yaml:"-"` // "" = China
	Now     func() time.Time `yaml:"-"` // where the domain clock starts and how it runs; nil = time.Now
	Regions []string         `yaml:"-"` // known regions, as DescribeRegions lists them; nil = fifteen usual ones

	// Delays are in real time; what the domain clock is advanced by counts too.
	ExpiryDelay    time.Duration `yaml:"expiryDelay" fleet:"never"`    // from a renewal until DescribeInstances, or the own reads of another product, show the new expiry; negative = never
	AttributeDelay time.Duration `yaml:"attributeDelay" fleet:"never"` // real time until a changed auto-renewal setting can be read back; negative = never
	TagDelay       time.Duration `yaml:"tagDelay" fleet:"never"`       // real time until a written or removed tag shows in DescribeInstances; negative = never
	Latency        time.Duration `yaml:"latency"`                      // real time added to every answer
	Processing     time.Duration `yaml:"processing"`                   // real time RenewInstance works between accepting a request and charging

	SkipSignature bool `yaml:"skipSignature"` // accept any or no signature, nonce and timestamp; an AccessKeyId, if sent, must still exist

	ExclusiveBounds    bool `yaml:"exclusiveBounds"`              // expiry and creation filters leave out the bounds themselves; default inclusive
	RequireBothFilters bool `yaml:"requireBothFilters"`           // ExpiredStartTime without ExpiredEndTime, or the reverse, is refused
	PageDefault        int  `yaml:"pageDefault" fleet:"most=100"` // PageSize when none is sent; 0 = 10. It cuts explicit id lists of DescribeInstanceAutoRenewAttribute too
	PageCap            int  `yaml:"pageCap" fleet:"most=100"`     // most instances in one page of token paging, whatever MaxResults says; 0 = no cap
	TwinRows           bool `yaml:"twinRows"`                     // until a new expiry shows by itself, DescribeInstances lists its instance twice: with the old one and with the new one
	MixedSeconds       bool `yaml:"mixedSeconds"`                 // an instance's ExpiredTime is written in turn as 2026-12-10T16:00Z and as 2026-12-10T16:00:00Z
	BlankNextToken     bool `yaml:"blankNextToken"`               // the last page says NextToken "" instead of leaving it out

	BatchPartial       bool `yaml:"batchPartial"`       // ModifyInstanceAutoRenewAttribute applies what is valid, then reports the error; default all or nothing
	SkipUnknownIDs     bool `yaml:"skipUnknownIds"`     // DescribeInstanceAutoRenewAttribute leaves out unknown ids; default the call fails
	RefuseSecurityLock bool `yaml:"refuseSecurityLock"` // RenewInstance refuses security-locked instances (2021 error table); default it renews them

	NumericOrderIDs bool          `yaml:"numericOrderIds"` // OrderId is a JSON number instead of a string
	PoisonTokens    bool          `yaml:"poisonTokens"`    // a definite refusal of RenewInstance is remembered by its ClientToken and replayed when the cause is gone
	PoisonCode      string        `yaml:"poisonCode"`      // code of the replay; "" = that of the first refusal
	TokenLife       time.Duration `yaml:"tokenLife"`       // domain time for which the ClientToken of an accepted order is remembered; 0 = for ever
	RefusalLife     time.Duration `yaml:"refusalLife"`     // domain time for which PoisonTokens remembers a refusal with its ClientToken; 0 = for ever

	// The provider renews instances in AutoRenewal by itself as the domain clock
	// passes its attempts, 08:00 UTC+8: of ECS on the China site daily
	// from 9 days before expiry, on the international one 3 and 1 days before, on
	// the day, 6 and 14 days after. Default: it never does.
	AutoRenewals bool `yaml:"autoRenewals"`

	UnifiedDay int `yaml:"unifiedDay" fleet:"most=28"` // the unified expiry day of the accounts, for ExpectedRenewDay; 0 = none set

	Billing  BillingOptions            `yaml:"-"`
	Products map[string]ProductOptions `yaml:"-"` // by key of the product: one of ecs, rds, redis, mongodb, polardb, eip, cbwp, clb, or a billing code

	Budget map[string]Budget `yaml:"-"` // by action, as RenewInstance or ecs:RenewInstance: calls allowed; no entry = unlimited
}

// Cloud is an emulated Alibaba Cloud. It is an http.Handler and safe for
// concurrent use. Create it with New.
type Cloud struct {
	mu   sync.Mutex
	opts Options
	skew time.Duration // domain clock = opts.Now() + skew

	autoUntil time.Time // the provider's auto-renewal was done up to here

	accounts   map[string]*account
	accountIDs []string // in the order of adding
	firstID    string   // the account used when a request or instance names none
	keys       map[string]*key
	lastIssued int

	instances []*instance // in the order of adding, which is the order of listings
	byID      map[string]*instance

	nonces map[string]time.Time
	spent  map[budgetKey]int // calls made per minute

	charges    []Charge
	orders     []*orderRecord
	lastOrder  int
	changes    []Change
	tagChanges []TagChange
	calls      []*Call
	requests   int // answered or not; ForgetCalls does not reset it
	faults     []*fault

	onCall   []func(Call)
	onCommit []func(Charge)
}

// New returns a Cloud without instances. Until an account is added it has one
// by default: id 1234567890123456, key id and secret "emulator".
func New(opts Options) *Cloud {
	c := &Cloud{
		opts:     opts,
		accounts: map[string]*account{},
		keys:     map[string]*key{},
		byID:     map[string]*instance{},
		nonces:   map[string]time.Time{},
		spent:    map[budgetKey]int{},
	}
	if c.opts.Now == nil {
		c.opts.Now = time.Now
	}
	c.opts.Site = cmp.Or(c.opts.Site, China)
	c.opts.PageDefault = cmp.Or(c.opts.PageDefault, 10)
	c.autoUntil = c.now()
	return c
}

// Now is the domain clock.
func (c *Cloud) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Cloud) now() time.Time { return c.opts.Now().Add(c.skew) }

// Advance moves the domain clock by d. What expires on the way stops, and what
// is past its grace period is released.
func (c *Cloud) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.autoRenew()
	c.skew += d
	c.hasten(d)
	c.autoRenew()
}

// SetClock sets the domain clock to t; it runs on from there as before.
func (c *Cloud) SetClock(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.autoRenew()
	c.hasten(t.Sub(c.now()))
	c.skew = t.Sub(c.opts.Now())
	c.autoRenew()
}

// SetOptions changes switches while the cloud runs. Site and Now should be
// left as they are.
func (c *Cloud) SetOptions(change func(*Options)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.opts)
	if c.opts.Now == nil {
		c.opts.Now = time.Now
	}
	c.opts.Site = cmp.Or(c.opts.Site, China)
	c.opts.PageDefault = cmp.Or(c.opts.PageDefault, 10)
}

// OnCall adds a hook that is called with every request before it is handled,
// without any lock held: it may use the Cloud, for example to change an
// instance between a client's plan and its act.
func (c *Cloud) OnCall(hook func(Call)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onCall = append(c.onCall, hook)
}

// OnCommit adds a hook that is called after a charge is in the ledger and
// before the answer leaves. Until it returns, the request counts as being
// processed: the same ClientToken gets LastTokenProcessing.
func (c *Cloud) OnCommit(hook func(Charge)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onCommit = append(c.onCommit, hook)
}

// knownRegion reports whether region is offered or has an instance.
func (c *Cloud) knownRegion(region string) bool {
	if slices.Contains(c.regions(), region) {
		return true
	}
	return slices.ContainsFunc(c.instances, func(i *instance) bool { return i.Region == region })
}

func (c *Cloud) regions() []string {
	if c.opts.Regions != nil {
		return c.opts.Regions
	}
	return defaultRegions
}

// Instance is one subscription: an ECS instance, or one of another product.
// Empty fields get the defaults named here.
type Instance struct {
	ID      string `yaml:"id" fleet:"name,needed"` // must be there
	Name    string `yaml:"name"`                   // "" = the ID
	Account string `yaml:"account"`                // "" = the first account
	Product string `yaml:"product"`                // "" = ecs; or rds, redis, mongodb, polardb, eip, cbwp, clb, or the billing code of any other product
	Region  string `yaml:"region"`                 // "" = cn-hangzhou, of a product that belongs to no region none
	Zone    string `yaml:"zone"`                   // "" = Region + "-b"
	Type    string `yaml:"type"`                   // "" = ecs.g7.large, of other products some class

	ChargeType string    `yaml:"chargeType" fleet:"oneof=PrePaid|PostPaid"` // "" = PrePaid
	Status     string    `yaml:"status"`                                    // "" = Running, of other products their word for it. An expired ECS instance shows Stopped whatever is set here
	Expires    time.Time `yaml:"expires" fleet:"term"`                      // of ECS cut to the minute, of others to the second; zero = the end of the day in 30 days, UTC+8
	Created    time.Time `yaml:"created"`                                   // zero = 90 days ago

	Tags           map[string]string `yaml:"tags"`                                                         // keys and values
	ResourceGroup  string            `yaml:"resourceGroup"`                                                // "" = none
	VPC            string            `yaml:"vpc"`                                                          // of ECS; "" = "vpc-" + Region
	VSwitch        string            `yaml:"vSwitch"`                                                      // of ECS; "" = "vsw-" + Zone
	Classic        bool              `yaml:"classic"`                                                      // is in the classic network instead of a VPC
	SecurityGroups []string          `yaml:"securityGroups"`                                               // ids
	PrivateIP      string            `yaml:"privateIp"`                                                    // "" = one in 10.0.0.0/8 that is always the same for the ID; of a classic instance it is the inner address
	InternetCharge string            `yaml:"internetChargeType" fleet:"oneof=PayByTraffic|PayByBandwidth"` // InternetChargeType; "" = PayByTraffic
	Image          string            `yaml:"image"`                                                        // ImageId; "" = a public one
	KeyPair        string            `yaml:"keyPair"`                                                      // KeyPairName; "" = none
	Locks          []string          `yaml:"locks"`                                                        // of ECS security, Recycling, refunded, dedicatedhostfinancial; financial is added by itself on expiry. RDS, MongoDB and PolarDB show the first as LockMode

	RenewalStatus string `yaml:"renewalStatus" fleet:"oneof=AutoRenewal|Normal|NotRenewal"` // "" = Normal
	AutoDuration  int    `yaml:"autoDuration"`                                              // auto-renewal term, in AutoUnit
	AutoUnit      string `yaml:"autoUnit" fleet:"oneof=Week|Month|Year"`                    // "" = Month when AutoDuration is set

	MonthlyPrice string    `yaml:"price" fleet:"price"`     // of a month; "" = 100.00; unknown = as much, and no price is quoted
	MaxExpires   time.Time `yaml:"maxExpires" fleet:"term"` // renewals may not go past it; zero = no limit

	NoAttribute bool `yaml:"noAttribute"` // missing in DescribeInstanceAutoRenewAttribute
	UnpaidOrder bool `yaml:"unpaidOrder"` // has an unpaid order, two hours old: RenewInstance refuses
	NoStock     bool `yaml:"noStock"`     // cannot be renewed for want of stock
	Starter     bool `yaml:"starter"`     // starter package: months only

	ExpiryDelay time.Duration `yaml:"expiryDelay" fleet:"never"` // as Options.ExpiryDelay for this instance; 0 = that one, negative = never

	// Of other products, as their own reads show them.
	Primary      string `yaml:"primary"`                                                       // of a read-only RDS instance: the id of the one it belongs to
	Kind         string `yaml:"kind" fleet:"oneof=replicate|sharding|serverless"`              // of MongoDB; "" = replicate
	PendingOrder string `yaml:"pendingOrder"`                                                  // a change that was bought and is not in force yet, as RENEWCHANGE; no other read shows it
	ExpiryForm   string `yaml:"expiryForm" fleet:"oneof=seconds|minutes|ms|null|empty|absent"` // how its expiry is written; "" = as its API does
	BillingOnly  bool   `yaml:"billingOnly"`                                                   // the billing list has it, the product's own reads do not

	// As the billing list and Resource Center show it.
	Code          string        `yaml:"code"`                                                              // ProductCode; "" = that of the product
	CodeType      string        `yaml:"codeType"`                                                          // ProductType; "" = that of the product
	BillingStatus string        `yaml:"billingStatus" fleet:"oneof=Creating|WaitForExpire|Normal|Expired"` // "" = Normal, or Expired when it is
	BillingBlank  []string      `yaml:"billingBlank"`                                                      // fields its row lacks, such as EndTime or RenewStatus
	BillingDelay  time.Duration `yaml:"billingDelay" fleet:"never"`                                        // as BillingOptions.Delay for this instance; 0 = that one, negative = never
	Unlisted      bool          `yaml:"unlisted"`                                                          // missing in the billing list
	Uncatalogued  bool          `yaml:"uncatalogued"`                                                      // missing in Resource Center
	Stubborn      bool          `yaml:"stubborn"`                                                          // SetRenewal says that it was changed, and it was not
}

// instance is an Instance with what the cloud adds to it.
type instance struct {
	Instance
	product *product
	price   decimal.Decimal // MonthlyPrice
	mark    mark
	orders  []*orderRecord

	shown   time.Time // the expiry that can be read
	before  time.Time // the expiry before the last renewal; zero = not renewed yet
	shows   int       // how often it was listed
	pending []pendingExpiry

	billed        time.Time // the EndTime that the billing list shows
	billedPending []pendingExpiry

	setting        renewSetting // the auto-renewal setting that is in force
	shownSetting   renewSetting // and the one that can be read
	settingShownAt time.Time    // wall time from which setting can be read; zero = now

	shownTags map[string]string // the tags that can be read
	tagsAt    []pendingTags

	renewing bool // an order is being processed

	quote         string // TradePrice as scripted, raw JSON; "" = computed
	quoteCurrency string
}

type pendingExpiry struct {
	at      time.Time // wall time from which it shows
	expires time.Time
}

type pendingTags struct {
	at   time.Time // wall time from which they show
	tags map[string]string
}

type renewSetting struct {
	status   string
	duration int
	unit     string
	since    time.Time // domain clock; zero = from the start
}

// AddInstance adds an instance, or replaces the one with this ID. It panics on
// an instance without ID and on an unreadable price: both are mistakes of the
// test.
func (c *Cloud) AddInstance(in Instance) {
	if in.ID == "" {
		panic("cloud: an instance needs an ID")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	in.Account = cmp.Or(in.Account, c.defaultAccount().ID)
	if c.accounts[in.Account] == nil {
		panic("cloud: instance " + in.ID + " is in the unknown account " + in.Account)
	}
	p := productOf(in.Product)
	in.fill(p, c.now())
	price, quote := readMonthlyPrice(in)
	setting := renewSetting{status: in.RenewalStatus, duration: in.AutoDuration, unit: in.AutoUnit}
	i := &instance{
		Instance: in, product: p, price: price, mark: markOf(in.ID), shown: in.Expires, billed: in.Expires,
		setting: setting, shownSetting: setting, shownTags: in.Tags, quote: quote,
	}
	if old := c.byID[in.ID]; old != nil {
		c.setUnpaid(old, false)
		c.instances[slices.Index(c.instances, old)] = i
	} else {
		c.instances = append(c.instances, i)
	}
	c.byID[in.ID] = i
	c.setUnpaid(i, in.UnpaidOrder)
}

// fill gives the fields that are empty their defaults, and the others a form in
// which nobody else holds them.
func (in *Instance) fill(p *product, now time.Time) {
	in.Name = cmp.Or(in.Name, in.ID)
	if in.Product == ecs.key {
		in.Product = ""
	}
	if !p.global {
		in.Region = cmp.Or(in.Region, "cn-hangzhou")
		in.Zone = cmp.Or(in.Zone, in.Region+"-b")
	}
	if p == ecs {
		in.Type = cmp.Or(in.Type, "ecs.g7.large")
	}
	if p == ecs && !in.Classic {
		in.VPC = cmp.Or(in.VPC, "vpc-"+in.Region)
		in.VSwitch = cmp.Or(in.VSwitch, "vsw-"+in.Zone)
	}
	in.ChargeType = cmp.Or(in.ChargeType, "PrePaid")
	in.Status = cmp.Or(in.Status, p.status)
	in.Code, in.CodeType = cmp.Or(in.Code, p.code), cmp.Or(in.CodeType, p.kind)
	if in.Primary != "" && in.CodeType == p.kind {
		in.CodeType = readOnlyType
	}
	if in.Expires.IsZero() {
		in.Expires = endOfDay(now.Add(30 * day))
	}
	if in.Created.IsZero() {
		in.Created = now.Add(-90 * 24 * time.Hour)
	}
	// What the API does not show must not decide.
	in.Expires = in.Expires.UTC().Truncate(p.grain())
	in.Created = in.Created.UTC().Truncate(p.grain())
	in.RenewalStatus = cmp.Or(in.RenewalStatus, "Normal")
	if in.AutoDuration != 0 {
		in.AutoUnit = cmp.Or(in.AutoUnit, "Month")
	}
	in.MonthlyPrice = cmp.Or(in.MonthlyPrice, defaultPrice)
	in.InternetCharge = cmp.Or(in.InternetCharge, "PayByTraffic")
	in.Image = cmp.Or(in.Image, "aliyun_3_x64_20G_alibase_20260921.vhd")
	in.PrivateIP = cmp.Or(in.PrivateIP, markOf(in.ID).ip)
	in.Tags = maps.Clone(in.Tags)
	in.SecurityGroups = slices.Clone(in.SecurityGroups)
	in.Locks = slices.Clone(in.Locks)
}

// RemoveInstance takes the instance away, as when somebody refunds it.
func (c *Cloud) RemoveInstance(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byID, id)
	c.instances = slices.DeleteFunc(c.instances, func(i *instance) bool { return i.ID == id })
}

// Instance returns the instance as it truly is: with the expiry that was paid
// for and the auto-renewal setting in force, even where clients cannot read
// them yet. A released instance is still found.
func (c *Cloud) Instance(id string) (Instance, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.byID[id]
	if i == nil {
		return Instance{}, false
	}
	in := i.Instance
	in.RenewalStatus, in.AutoDuration, in.AutoUnit = i.setting.status, i.setting.duration, i.setting.unit
	in.UnpaidOrder = i.unpaid() != nil
	in.Tags = maps.Clone(in.Tags)
	in.SecurityGroups = slices.Clone(in.SecurityGroups)
	in.Locks = slices.Clone(in.Locks)
	return in, true
}

// Instances returns all instances, as Instance does, in the order of adding.
func (c *Cloud) Instances() []Instance {
	c.mu.Lock()
	ids := make([]string, 0, len(c.instances))
	for _, i := range c.instances {
		ids = append(ids, i.ID)
	}
	c.mu.Unlock()
	all := make([]Instance, 0, len(ids))
	for _, id := range ids {
		if in, ok := c.Instance(id); ok {
			all = append(all, in)
		}
	}
	return all
}

// SetExpiry sets the expiry, visible at once, as when somebody else renewed.
func (c *Cloud) SetExpiry(id string, t time.Time) {
	c.change(id, func(i *instance) {
		i.Expires = t.UTC().Truncate(i.product.grain())
		i.show()
	})
}

// SetRenewalStatus sets Normal, AutoRenewal or NotRenewal, visible at once, as
// when somebody uses the console. AutoRenewal gets one month unless a term was
// set before.
func (c *Cloud) SetRenewalStatus(id, status string) {
	c.change(id, func(i *instance) {
		i.setting.status, i.setting.since = status, c.now()
		if status == "AutoRenewal" && i.setting.duration == 0 {
			i.setting.duration, i.setting.unit = 1, "Month"
		}
		i.shownSetting, i.settingShownAt = i.setting, time.Time{}
	})
}

// SetLocks replaces the lock reasons.
func (c *Cloud) SetLocks(id string, reasons ...string) {
	c.change(id, func(i *instance) { i.Locks = slices.Clone(reasons) })
}

// SetTags replaces the tags, visible at once, as when somebody uses the console.
func (c *Cloud) SetTags(id string, tags map[string]string) {
	c.change(id, func(i *instance) { i.setTags(maps.Clone(tags), 0) })
}

// ShowTags makes the true tags of an instance visible now, whatever delay was
// set.
func (c *Cloud) ShowTags(id string) {
	c.change(id, func(i *instance) { i.setTags(i.Tags, 0) })
}

// SetChargeType makes the instance PrePaid or PostPaid.
func (c *Cloud) SetChargeType(id, chargeType string) {
	c.change(id, func(i *instance) { i.ChargeType = chargeType })
}

// SetUnpaidOrder says whether the instance has an unpaid order.
func (c *Cloud) SetUnpaidOrder(id string, unpaid bool) {
	c.change(id, func(i *instance) { c.setUnpaid(i, unpaid) })
}

// SetNoStock says whether the instance's hardware is sold out.
func (c *Cloud) SetNoStock(id string, soldOut bool) {
	c.change(id, func(i *instance) { i.NoStock = soldOut })
}

// SetExpiryDelay sets Instance.ExpiryDelay for the renewals to come.
func (c *Cloud) SetExpiryDelay(id string, d time.Duration) {
	c.change(id, func(i *instance) { i.ExpiryDelay = d })
}

// ShowExpiry makes the true expiry of an instance visible now, whatever delay
// was set.
func (c *Cloud) ShowExpiry(id string) {
	c.change(id, (*instance).show)
}

func (c *Cloud) change(id string, f func(*instance)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := c.byID[id]
	if i == nil {
		panic("cloud: no instance " + id)
	}
	f(i)
}

// splitList splits a comma-separated parameter; blanks around items are cut.
func splitList(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
