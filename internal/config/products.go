package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// products takes the products that are looked after: keys, and billing codes of
// those without one, or all by itself.
func products(c *Config, value string) error {
	list, err := entries(value)
	if err != nil {
		return err
	}
	if slices.Equal(list, []string{"all"}) {
		c.Policy.Products = renewal.Products{All: true}
		return nil
	}
	for _, entry := range list {
		if err := product(entry); err != nil {
			return err
		}
	}
	c.Policy.Products = renewal.Products{Keys: list}
	return nil
}

// product says what is wrong with a word for a product; nil = nothing is.
func product(word string) error {
	if renewal.IsProduct(word) {
		return nil
	}
	if key, known := renewal.ProductOf(word); known {
		return lang.Err("%q is the billing's code; the product is called %s here", "%q 是计费代码；此处请写 %s", word, key)
	}
	if word == "all" {
		return lang.Err("all stands by itself", "all 只能单独填写")
	}
	nearest, _ := Nearest(word, renewal.ProductWords())
	return lang.Err("%q is no product; the nearest is %s; accepted are %s, the billing's code of another product, such as waf, and all by itself",
		"%q 不是产品；最接近的是 %s；可选值：%s，其他产品的计费代码（例如 waf），或单独填写 all", word, nearest, strings.Join(renewal.ProductKeys(), ", "))
}

// prices takes what a month costs at most of products that the cloud quotes no
// renewal price for: eip=30, clb=120 CNY.
func prices(c *Config, value string) error {
	list, err := entries(value)
	if err != nil {
		return err
	}
	c.money.prices = map[string]moneyText{}
	for _, entry := range list {
		key, amount, found := strings.Cut(entry, "=")
		key, amount = strings.TrimSpace(key), strings.TrimSpace(amount)
		if !found || key == "" || amount == "" {
			return lang.Err("%q is no price; write product=amount, as in eip=30, clb=120 CNY", "%q 不是价格；请写成 产品=金额，例如 eip=30, clb=120 CNY", entry)
		}
		if err := priced(key); err != nil {
			return err
		}
		if _, twice := c.money.prices[key]; twice {
			return lang.Err("%s has two prices; give it one", "%s 有两个价格；请只保留一个", key)
		}
		if a, err := renewal.ParseAmount(amount, renewal.China); err != nil {
			return lang.Err("%s: %v", "%s：%v", key, err)
		} else if !a.Value.IsPositive() {
			return lang.Err("%s: a price is above zero", "%s：价格须大于零", key)
		}
		c.money.prices[key] = moneyText(amount)
	}
	return nil
}

// priced says why a product takes no price of ours; nil = it does.
func priced(key string) error {
	if err := product(key); err != nil {
		return err
	}
	switch traits := renewal.TraitsOf(key); {
	case !traits.Renewed:
		return lang.Err("%s cannot be renewed from here, so that it needs no price", "%s 无法在此续费，不需要价格", key)
	case traits.Quoted:
		return lang.Err("the cloud quotes the price of %s itself; only what it does not quote takes one: %s", "云平台提供 %s 的询价；只有不提供询价的产品才需要价格：%s", key, strings.Join(renewal.UnquotedKeys(), ", "))
	}
	return nil
}

// finishProducts settles what depends on products and on other settings.
func (c *Config) finishProducts() (problems []error) {
	p := &c.Policy
	if c.money.prices != nil {
		p.Prices = map[string]renewal.Amount{}
	}
	for _, key := range slices.Sorted(maps.Keys(c.money.prices)) {
		text := c.money.prices[key]
		p.Prices[key] = text.amount(p.Site)
		if !p.Products.Has(key) {
			c.Warnings = append(c.Warnings, lang.Say("RENEW_PRICES: %s is none of the products that are looked after; add it to RENEW_PRODUCTS, or remove its price", "RENEW_PRICES：%s 不在所管理的产品中；请加入 RENEW_PRODUCTS，或删除其价格", key))
		}
	}
	if err := p.Products.Offer(p.Term, p.Site); err != nil {
		name := "RENEW_PERIOD"
		if p.Term.UntilDay > 0 {
			name = "RENEW_UNTIL_DAY"
		}
		problems = append(problems, about(name, err))
	}
	if err := p.Products.OfferAuto(p.AutoPeriod, p.Site); err != nil && p.AutoPeriod != (renewal.Period{}) {
		problems = append(problems, about("RENEW_AUTO_PERIOD", err))
	}
	return problems
}
