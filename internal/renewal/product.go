package renewal

import "slices"

// productKeys are the products that have a code of our own, and the codes that
// the billing calls them by (BSS QueryAvailableInstances, ProductCode).
var productKeys = map[string]string{
	"ecs": "ecs", "rds": "rds", "redis": "redisa", "mongodb": "dds", "polardb": "polardb",
	"eip": "eip", "cbwp": "cbwp", "clb": "slb",
}

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
	for key, billing := range productKeys {
		if billing == code {
			return key, true
		}
	}
	return code, slices.Contains(billingCodes, code)
}

// IsProduct says whether word can be the product of an instance.
func IsProduct(word string) bool {
	_, key := productKeys[word]
	return key || slices.Contains(billingCodes, word)
}

// ProductKeys gives the products that have a key, in the order of the alphabet.
func ProductKeys() []string {
	keys := make([]string, 0, len(productKeys))
	for key := range productKeys {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
