package renewal

import (
	"regexp"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// An Amount is money in one currency. The zero Amount is no amount: nothing is
// known, or nothing is set.
type Amount struct {
	Value    decimal.Decimal
	Currency string // ISO 4217: CNY, USD; "" = no amount
}

// Known says whether a is an amount at all.
func (a Amount) Known() bool { return a.Currency != "" }

// Times gives n times a.
func (a Amount) Times(n int) Amount {
	return Amount{Value: a.Value.Mul(decimal.NewFromInt(int64(n))), Currency: a.Currency}
}

// MoreThan says whether a is known to be more than b, or in another currency.
func (a Amount) MoreThan(b Amount) bool {
	return a.Known() && b.Known() && (a.Currency != b.Currency || a.Value.GreaterThan(b.Value))
}

func (a Amount) same(b Amount) bool { return a.Currency == b.Currency && a.Value.Equal(b.Value) }

// String writes the value with at least two decimals, and "" for no amount. The
// currency is told beside it.
func (a Amount) String() string {
	if !a.Known() {
		return ""
	}
	return format(a.Value)
}

func format(v decimal.Decimal) string {
	if v.Exponent() < -2 && !v.Equal(v.Round(2)) {
		return v.String()
	}
	return v.StringFixed(2)
}

// moneyForm keeps out what decimals would also read: signs, exponents, commas. It
// is made when it is first needed: a start costs nothing, and a price little.
var moneyForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,4})?)(?: ?([A-Z]{3}))?$`)
})

// ParseAmount reads "5000" or "5000 CNY". Without a currency it is the site's.
func ParseAmount(text string, site Site) (Amount, error) {
	m := moneyForm().FindStringSubmatch(text)
	if m == nil {
		return Amount{}, lang.Err("%q is no amount of money; write 5000 or 5000 CNY", "%q 不是金额；请写成 5000 或 5000 CNY", text)
	}
	value, err := decimal.NewFromString(m[1])
	if err != nil {
		return Amount{}, lang.Err("%q is no amount of money: %v", "%q 不是金额：%v", text, err)
	}
	if m[2] == "" {
		m[2] = site.Currency()
	}
	return Amount{Value: value, Currency: m[2]}, nil
}
