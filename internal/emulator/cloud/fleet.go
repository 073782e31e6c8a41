package cloud

// A Fleet is what a fleet file describes: accounts, instances and faults to
// put into a Cloud.
//
// The file is YAML. Every key may be left out except an instance's id and a
// fault's kind; a key that does not exist is an error. Names and defaults are
// those of Options, Account, Key, Role, Instance and Fault, written in camel
// case:
//
//	site: china                  # or intl
//	regions: [cn-hangzhou, cn-beijing]
//	options:
//	  expiryDelay: 2s            # real time; never = the new expiry does not show
//	  poisonTokens: true
//	budgets:
//	  RenewInstance: {perMinute: 30, headers: true}
//	accounts:
//	  - id: "1234567890123456"
//	    accessKeyId: emulator
//	    accessKeySecret: emulator
//	    balance: "5000.00"
//	    denied: ["ecs:ModifyInstanceAutoRenewAttribute"]
//	    roles:
//	      - {name: renewer, externalId: ext-1, trustedAccounts: ["1234567890123456"]}
//	    keys:
//	      - {accessKeyId: STS.fc, accessKeySecret: s, securityToken: t, role: fc, expires: 1h}
//	instances:
//	  - id: i-web1
//	    name: web-1
//	    region: cn-hangzhou
//	    expires: 3d              # from now; also -2d, 36h, 2w, 1d12h, or 2026-12-10T16:00Z
//	    price: "250.00"          # a month
//	    tags: {env: prod}
//	  - id: i-old
//	    expires: -2d
//	    renewalStatus: NotRenewal
//	faults:
//	  - {kind: lose-answer, action: RenewInstance, instance: i-web1, call: 1}
//
// A time is counted from now (for keys by the wall clock, as they live by it),
// or written out in RFC 3339 with or without seconds. A duration is a number with ms, s, m, h, d or w, or several of them.
type Fleet struct {
	Accounts  []Account
	Keys      map[string][]Key // further keys, by account id
	Instances []Instance
	Orders    []Order // that somebody else has made
	Faults    []Fault

	options []func(*Options)
}

// Apply puts the fleet into a cloud: first its options, then accounts,
// instances and faults. What is there already stays, unless it has the same id.
func (f Fleet) Apply(c *Cloud) {
	c.SetOptions(func(o *Options) {
		for _, set := range f.options {
			set(o)
		}
	})
	for _, a := range f.Accounts {
		c.AddAccount(a)
		for _, k := range f.Keys[a.ID] {
			c.AddKey(a.ID, k)
		}
	}
	for _, i := range f.Instances {
		c.AddInstance(i)
	}
	for _, o := range f.Orders {
		c.AddOrder(o)
	}
	for _, fault := range f.Faults {
		c.Fail(fault)
	}
}

type fleetFile struct {
	Site    Site         `yaml:"site"`
	Regions []string     `yaml:"regions"`
	Options fleetOptions `yaml:"options"`
	Budgets map[string]struct {
		PerMinute int  `yaml:"perMinute"`
		Headers   bool `yaml:"headers"`
	} `yaml:"budgets"`
	Accounts  []fleetAccount  `yaml:"accounts"`
	Instances []fleetInstance `yaml:"instances"`
	Faults    []fleetFault    `yaml:"faults"`

	Billing  fleetBilling                   `yaml:"billing"`
	Products map[string]fleetProductOptions `yaml:"products"`
	Orders   []fleetOrder                   `yaml:"orders"`
}

type fleetOptions struct {
	ExpiryDelay        string `yaml:"expiryDelay"`
	AttributeDelay     string `yaml:"attributeDelay"`
	TagDelay           string `yaml:"tagDelay"`
	Latency            string `yaml:"latency"`
	Processing         string `yaml:"processing"`
	TokenLife          string `yaml:"tokenLife"`
	RefusalLife        string `yaml:"refusalLife"`
	SkipSignature      *bool  `yaml:"skipSignature"`
	ExclusiveBounds    *bool  `yaml:"exclusiveBounds"`
	RequireBothFilters *bool  `yaml:"requireBothFilters"`
	BatchPartial       *bool  `yaml:"batchPartial"`
	SkipUnknownIDs     *bool  `yaml:"skipUnknownIds"`
	RefuseSecurityLock *bool  `yaml:"refuseSecurityLock"`
	NumericOrderIDs    *bool  `yaml:"numericOrderIds"`
	TwinRows           *bool  `yaml:"twinRows"`
	MixedSeconds       *bool  `yaml:"mixedSeconds"`
	PoisonTokens       *bool  `yaml:"poisonTokens"`
	BlankNextToken     *bool  `yaml:"blankNextToken"`
	AutoRenewals       *bool  `yaml:"autoRenewals"`
	PoisonCode         string `yaml:"poisonCode"`
	PageDefault        int    `yaml:"pageDefault"`
	PageCap            int    `yaml:"pageCap"`
	UnifiedDay         int    `yaml:"unifiedDay"`
}

type fleetAccount struct {
	ID              string      `yaml:"id"`
	AccessKeyID     string      `yaml:"accessKeyId"`
	AccessKeySecret string      `yaml:"accessKeySecret"`
	SecurityToken   string      `yaml:"securityToken"`
	TokenExpires    string      `yaml:"tokenExpires"`
	Site            Site        `yaml:"site"`
	Currency        string      `yaml:"currency"`
	Balance         string      `yaml:"balance"`
	Credit          string      `yaml:"credit"`
	Arrears         bool        `yaml:"arrears"`
	Denied          []string    `yaml:"denied"`
	Allowed         []string    `yaml:"allowed"`
	Roles           []fleetRole `yaml:"roles"`
	Keys            []fleetKey  `yaml:"keys"`
}

type fleetRole struct {
	Name            string   `yaml:"name"`
	TrustedAccounts []string `yaml:"trustedAccounts"`
	ExternalID      string   `yaml:"externalId"`
	Denied          []string `yaml:"denied"`
	Allowed         []string `yaml:"allowed"`
	MaxSession      string   `yaml:"maxSession"`
}

type fleetKey struct {
	AccessKeyID     string   `yaml:"accessKeyId"`
	AccessKeySecret string   `yaml:"accessKeySecret"`
	SecurityToken   string   `yaml:"securityToken"`
	Expires         string   `yaml:"expires"`
	Denied          []string `yaml:"denied"`
	Allowed         []string `yaml:"allowed"`
	Root            bool     `yaml:"root"`
	Disabled        bool     `yaml:"disabled"`
	Role            string   `yaml:"role"`
	Session         string   `yaml:"session"`
}

type fleetInstance struct {
	ID             string            `yaml:"id"`
	Name           string            `yaml:"name"`
	Account        string            `yaml:"account"`
	Region         string            `yaml:"region"`
	Zone           string            `yaml:"zone"`
	Type           string            `yaml:"type"`
	ChargeType     string            `yaml:"chargeType"`
	Status         string            `yaml:"status"`
	Expires        string            `yaml:"expires"`
	Created        string            `yaml:"created"`
	Tags           map[string]string `yaml:"tags"`
	ResourceGroup  string            `yaml:"resourceGroup"`
	VPC            string            `yaml:"vpc"`
	VSwitch        string            `yaml:"vSwitch"`
	SecurityGroups []string          `yaml:"securityGroups"`
	PrivateIP      string            `yaml:"privateIp"`
	InternetCharge string            `yaml:"internetChargeType"`
	Image          string            `yaml:"image"`
	KeyPair        string            `yaml:"keyPair"`
	Locks          []string          `yaml:"locks"`
	RenewalStatus  string            `yaml:"renewalStatus"`
	AutoDuration   int               `yaml:"autoDuration"`
	AutoUnit       string            `yaml:"autoUnit"`
	Price          string            `yaml:"price"`
	MaxExpires     string            `yaml:"maxExpires"`
	NoAttribute    bool              `yaml:"noAttribute"`
	UnpaidOrder    bool              `yaml:"unpaidOrder"`
	NoStock        bool              `yaml:"noStock"`
	Starter        bool              `yaml:"starter"`
	ExpiryDelay    string            `yaml:"expiryDelay"`

	Of fleetProduct `yaml:",inline"` // what belongs to its product
}

type fleetFault struct {
	Kind     FaultKind `yaml:"kind"`
	Action   string    `yaml:"action"`
	Region   string    `yaml:"region"`
	Instance string    `yaml:"instance"`
	Account  string    `yaml:"account"`
	Call     int       `yaml:"call"`
	Count    int       `yaml:"count"`
	Status   int       `yaml:"status"`
	Code     string    `yaml:"code"`
	Message  string    `yaml:"message"`
	Body     string    `yaml:"body"`
	Delay    string    `yaml:"delay"`
	Location string    `yaml:"location"`
}
