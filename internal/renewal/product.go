package renewal

import "slices"

// billingCodes are the other products that are sold as subscriptions, by the
// code that the billing calls them by: those that official tools renew or list
// (BSS QueryProductList is the account's own list).
var billingCodes = []string{
	"acr", "ads", "alikafka", "bastionhost", "bccluster", "cas", "cbn", "cdn", "cfw", "cms", "dbaudit", "dcdn", "ddos", "ddosbgp",
	"ddoscoo", "dns", "domain", "ecsrep", "elasticsearch", "gws", "hbase", "hitsdb", "kms", "learn", "lindorm", "mns", "mse", "nas", "nat", "nat_gw",
	"ons", "ri", "sas", "sddp", "swas", "vipcloudfw", "vpn", "waf", "yundisk",
}

// ProductOf gives the word by which reports and rules know a product that the
// billing calls by code: its key, else the code itself; known says whether it is
// of either kind.
func ProductOf(code string) (key string, known bool) {
	for _, t := range productTable {
		if t.Code == code {
			return t.Key, true
		}
	}
	return code, slices.Contains(billingCodes, code)
}

// IsProduct says whether word can be the product of an instance.
func IsProduct(word string) bool {
	return slices.Contains(ProductKeys(), word) || slices.Contains(billingCodes, word)
}

// ProductKeys gives the products that have a key, in the order of the alphabet.
func ProductKeys() []string {
	keys := make([]string, 0, len(productTable))
	for _, t := range productTable {
		keys = append(keys, t.Key)
	}
	slices.Sort(keys)
	return keys
}

// Products are those that are looked after. The zero Products are servers alone.
type Products struct {
	All  bool     // whatever there is
	Keys []string // keys, and billing codes of those without one; empty = ecs
}

// Has says whether a product is looked after.
func (p Products) Has(key string) bool {
	return p.All || slices.Contains(p.List(), TraitsOf(key).Key)
}

// List gives them as the settings name them.
func (p Products) List() []string {
	switch {
	case p.All:
		return []string{"all"}
	case len(p.Keys) == 0:
		return []string{TraitsOf("").Key}
	}
	return p.Keys
}

// Listed says whether any that has a list of its own is looked after.
func (p Products) Listed() bool {
	return slices.ContainsFunc(p.Known(), func(t Traits) bool { return t.Listed })
}

// Billed says whether any is looked after that only the billing's list has.
func (p Products) Billed() bool {
	return slices.ContainsFunc(p.Known(), func(t Traits) bool { return !t.Listed })
}

// Known gives the traits of those that are looked after, as far as they can be
// named.
func (p Products) Known() []Traits {
	if p.All {
		return productTable
	}
	all := make([]Traits, 0, len(p.Keys))
	for _, key := range p.List() {
		all = append(all, TraitsOf(key))
	}
	return all
}

// Offer says whether a renewal of any of them takes a term on this site; the
// error is that of the first.
func (p Products) Offer(term Term, site Site) error {
	return p.any(func(t Traits) error { return t.Offers(term, site) }, func(t Traits) bool { return t.Renewed })
}

// OfferAuto says the same of auto-renewal.
func (p Products) OfferAuto(period Period, site Site) error {
	return p.any(func(t Traits) error { return t.OffersAuto(period, site) }, func(t Traits) bool { return !t.Buys })
}

func (p Products) any(try func(Traits) error, counts func(Traits) bool) (first error) {
	for _, t := range p.Known() {
		if !counts(t) {
			continue
		}
		err := try(t)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// ProductWords gives every word that a setting or a rule can name a product by.
func ProductWords() []string { return append(ProductKeys(), billingCodes...) }

// UnquotedKeys gives the products that can be renewed, and that the cloud quotes
// no renewal price for.
func UnquotedKeys() (keys []string) {
	for _, t := range productTable {
		if t.Renewed && !t.Quoted {
			keys = append(keys, t.Key)
		}
	}
	slices.Sort(keys)
	return keys
}
