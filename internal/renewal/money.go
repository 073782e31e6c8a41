package renewal

import (
	"cmp"
	"strings"

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

// ParseAmount reads "5000" or "5000 CNY". Without a currency it is the site's. It
// keeps out what decimals would also read: signs, exponents, commas.
func ParseAmount(text string, site Site) (Amount, error) {
	number := strings.TrimRight(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	currency := text[len(number):]
	if len(currency) > 0 {
		number = strings.TrimSuffix(number, " ")
	}
	whole, cents, pointed := strings.Cut(number, ".")
	if !digits(whole, 15) || pointed && !digits(cents, 4) || currency != "" && len(currency) != 3 {
		return Amount{}, lang.Err("%q is no amount of money; write 5000 or 5000 CNY", "%q 不是金额；请写成 5000 或 5000 CNY", text)
	}
	value, err := decimal.NewFromString(number)
	if err != nil {
		return Amount{}, lang.Err("%q is no amount of money: %v", "%q 不是金额：%v", text, err)
	}
	return Amount{Value: value, Currency: cmp.Or(currency, site.Currency())}, nil
}

// digits says whether text is one to so many digits.
func digits(text string, most int) bool {
	return text != "" && len(text) <= most && strings.Trim(text, "0123456789") == ""
}
