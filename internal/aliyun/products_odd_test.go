package aliyun

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// An answer of each product with one item, as far as its list goes.
var shapes = map[string]struct {
	form form
	list string // with a place for the items
	tags string // how it writes a tag
}{
	"rds":     {rdsForm, `{"TotalRecordCount":1,"Items":{"DBInstance":[%s]}}`, ""},
	"redis":   {redisForm, `{"TotalCount":1,"Instances":{"KVStoreInstance":[%s]}}`, `{"Key":"a","Value":"b"}`},
	"mongodb": {mongodbForm, `{"TotalCount":"1","DBInstances":{"DBInstance":[%s]}}`, `{"Key":"a","Value":"b"}`},
	"polardb": {polardbForm, `{"TotalRecordCount":1,"Items":{"DBCluster":[%s]}}`, `{"Key":"a","Value":"b"}`},
	"eip":     {eipForm, `{"TotalCount":1,"EipAddresses":{"EipAddress":[%s]}}`, `{"Key":"a","Value":"b"}`},
	"cbwp":    {cbwpForm, `{"TotalCount":1,"CommonBandwidthPackages":{"CommonBandwidthPackage":[%s]}}`, `{"Key":"a","Value":"b"}`},
	"clb":     {clbForm, `%s`, `{"TagKey":"a","TagValue":"b"}`},
}

const noTags = `{"TagResources":{"TagResource":[]}}`

// shaped asks for x-1 where every list has the given items.
func shaped(t *testing.T, key, items string) ([]renewal.Instance, error) {
	t.Helper()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body := fmt.Sprintf(shapes[key].list, items)
		if r.URL.Query().Get("Action") == "ListTagResources" {
			body = noTags
		}
		says(200, body)(w, r)
	})
	return c.Product(key).Instances(t.Context(), hangzhou, []string{"x-1", "x-2"}[:1])
}

// item writes an item of a product: what all tell, and some more.
func item(f form, more string) string {
	return fmt.Sprintf(`{%q:"x-1",%q:"web",%q:%q,%q:"2026-12-10T16:00Z","ResourceGroupId":"rg-1","Tags":{"Tag":[]}%s}`, f.id, f.name, f.charge, f.prepaid, f.expiry, more)
}

func TestOddItemsOfProducts(t *testing.T) {
	ends := time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC)
	for key, shape := range shapes {
		f := shape.form
		plain := renewal.Instance{Product: key, ID: "x-1", Name: "web", Region: hangzhou, Subscription: true, Expires: ends, ResourceGroup: "rg-1"}
		with := func(change func(*renewal.Instance)) renewal.Instance { in := plain; change(&in); return in }
		for more, want := range map[string]renewal.Instance{
			``:                                                       plain,
			fmt.Sprintf(`,%q:7`, f.name):                             with(func(in *renewal.Instance) { in.Name = "7" }),
			fmt.Sprintf(`,%q:[]`, f.name):                            with(func(in *renewal.Instance) { in.Name = "" }),
			fmt.Sprintf(`,%q:null`, f.name):                          with(func(in *renewal.Instance) { in.Name, in.Unnamed = "", true }),
			`,"ResourceGroupId":null`:                                with(func(in *renewal.Instance) { in.ResourceGroup, in.Unnamed = "", true }),
			fmt.Sprintf(`,%q:"postpaid"`, f.charge):                  with(func(in *renewal.Instance) { in.Subscription = false }),
			fmt.Sprintf(`,%q:null`, f.charge):                        plain,
			fmt.Sprintf(`,%q:"PREPAID"`, f.charge):                   with(func(in *renewal.Instance) { in.Subscription = strings.EqualFold(f.prepaid, "PREPAID") }),
			fmt.Sprintf(`,%q:1796918400000`, f.expiry):               plain,
			fmt.Sprintf(`,%q:"2026-12-11T00:00:00+08:00"`, f.expiry): plain,
			fmt.Sprintf(`,%q:"soon"`, f.expiry):                      with(func(in *renewal.Instance) { in.Expires, in.Unreadable = time.Time{}, f.expiry }),
			fmt.Sprintf(`,%q:0`, f.expiry):                           with(func(in *renewal.Instance) { in.Expires, in.Unreadable = time.Time{}, f.expiry }),
			fmt.Sprintf(`,%q:{"a":1}`, f.status):                     with(func(in *renewal.Instance) { in.Unreadable = f.status }),
			`,"RegionId":"cn-b"`:                                     with(func(in *renewal.Instance) { in.Region = "cn-b" }),
			`,"Tags":5`:                                              with(func(in *renewal.Instance) { in.Unreadable = "Tags" }),
			`,"Other":{"a":[1]}`:                                     plain,
		} {
			if shape.form.untagged && strings.Contains(more, `"Tags"`) {
				want.Unreadable = "Tags" // nobody writes them there
			}
			got, err := shaped(t, key, item(f, more))
			if diff := cmp.Diff([]renewal.Instance{want}, got); err != nil || diff != "" {
				t.Errorf("%s with %s: %v %s", key, more, err, diff)
			}
		}
		if f.untagged {
			continue
		}
		for tags, want := range map[string]renewal.Instance{
			`{"Tag":[` + shape.tags + `]}`: with(func(in *renewal.Instance) { in.Tags = map[string]string{"a": "b"} }),
			`[` + shape.tags + `]`:         with(func(in *renewal.Instance) { in.Tags = map[string]string{"a": "b"} }),
			`[]`:                           plain, `""`: plain, `{"Tag":""}`: plain,
			`null`: with(func(in *renewal.Instance) { in.Unnamed = true }),
		} {
			got, err := shaped(t, key, item(f, `,"Tags":`+tags))
			if diff := cmp.Diff([]renewal.Instance{want}, got); err != nil || diff != "" {
				t.Errorf("%s with tags %s: %v %s", key, tags, err, diff)
			}
		}
	}
}

// What is locked and what is pending, in other words than the emulator's.
func TestOddLocksOfProducts(t *testing.T) {
	for key, words := range map[string]map[string][]string{
		"rds":     {`"LockMode":"Unlock"`: nil, `"LockMode":""`: nil, `"LockMode":null`: nil, `"LockMode":"LockByExpiration"`: {"financial"}, `"LockMode":"SomethingNew"`: {"somethingnew"}, `"LockMode":"LockReadInstanceByDiskQuota"`: nil},
		"mongodb": {`"LockMode":"LockByRestoration"`: {"lockbyrestoration"}},
		"polardb": {`"LockMode":"LockByExpiration"`: {"financial"}},
		"redis":   {`"InstanceStatus":"Inactive"`: {"financial"}, `"InstanceStatus":"Changing"`: nil},
		"eip": {`"OperationLocks":{"LockReason":[{"LockReason":"Security"},{"LockReason":"financial"}]},"BusinessStatus":"FinancialLocked"`: {"financial", "security"},
			`"BusinessStatus":"FinancialLocked"`: {"financial"}, `"OperationLocks":[],"BusinessStatus":"Normal"`: nil},
		"cbwp": {`"BusinessStatus":"FinancialLocked"`: {"financial"}, `"BusinessStatus":"Unactivated"`: nil},
		"clb":  {`"BusinessStatus":"FinancialLocked","LoadBalancerStatus":"locked"`: {"financial"}, `"LoadBalancerStatus":"locked"`: {"locked"}, `"LoadBalancerStatus":"inactive"`: nil},
	} {
		for more, want := range words {
			got, err := shaped(t, key, item(shapes[key].form, ","+more))
			if err != nil || len(got) != 1 || !slices.Equal(got[0].Locks, want) || got[0].Pending != "" {
				t.Errorf("%s with %s: %+v %v", key, more, got, err)
			}
		}
	}
	for key, words := range map[string]map[string]string{
		"redis":   {`"HasRenewChangeOrder":true`: "HasRenewChangeOrder", `"HasRenewChangeOrder":"True"`: "HasRenewChangeOrder", `"HasRenewChangeOrder":"false"`: "", `"HasRenewChangeOrder":null`: ""},
		"eip":     {`"HasReservationData":true`: "HasReservationData", `"HasReservationData":"true","ReservationOrderType":"RENEW"`: "RENEW", `"HasReservationData":"false","ReservationOrderType":"RENEW"`: "", `"HasReservationData":"true","ReservationOrderType":"a secret, perhaps"`: "HasReservationData"},
		"cbwp":    {`"HasReservationData":"True","ReservationOrderType":"TEMP_UPGRADE"`: "TEMP_UPGRADE"},
		"clb":     {`"HasReservedInfo":"true"`: "HasReservedInfo", `"HasReservedInfo":"false"`: ""},
		"mongodb": {`"DBInstanceOrderStatus":"order_unpaid"`: "order_unpaid", `"DBInstanceOrderStatus":"ORDER_WAIT_FOR_PRODUCE"`: "ORDER_WAIT_FOR_PRODUCE", `"DBInstanceOrderStatus":"all_completed"`: "", `"DBInstanceOrderStatus":""`: ""},
	} {
		for more, want := range words {
			got, err := shaped(t, key, item(shapes[key].form, ","+more))
			if err != nil || len(got) != 1 || got[0].Pending != want {
				t.Errorf("%s with %s: %+v %v", key, more, got, err)
			}
		}
	}
}

// A load balancer tells its end twice, one of them in milliseconds.
func TestEndOfALoadBalancer(t *testing.T) {
	for more, want := range map[string]time.Time{
		`"EndTimeStamp":1796918400000`:                   time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC),
		`"EndTime":null,"EndTimeStamp":"1796918400000"`:  time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC),
		`"EndTime":"2026-12-11T16:00Z","EndTimeStamp":0`: time.Date(2026, 12, 11, 16, 0, 0, 0, time.UTC),
	} {
		got, err := shaped(t, "clb", `{"LoadBalancerId":"x-1","PayType":"PrePay",`+more+`}`)
		if err != nil || len(got) != 1 || !got[0].Expires.Equal(want) {
			t.Errorf("%s: %+v %v", more, got, err)
		}
	}
}

// An item without an id may be the one that was asked for; one of another id is
// not.
func TestItemsOfNobody(t *testing.T) {
	for key, shape := range shapes {
		for _, odd := range []string{`{}`, `null`, `5`, `"x-1"`, `[]`} {
			if key == "clb" && (odd == "null" || odd == "5" || odd == `"x-1"`) {
				continue // a whole answer that is none
			}
			got, err := shaped(t, key, odd)
			if err != nil || len(got) != 1 || got[0].ID != "x-1" || got[0].Unreadable == "" || !got[0].Unnamed || got[0].Product != key {
				t.Errorf("%s: %s: %+v %v", key, odd, got, err)
			}
		}
		got, err := shaped(t, key, strings.Replace(item(shape.form, ""), "x-1", "x-9", 1))
		if err != nil || len(got) != 0 {
			t.Errorf("%s: another one: %+v %v", key, got, err)
		}
	}
}

// An answer without its list says nothing about anybody.
func TestProductsWithoutAList(t *testing.T) {
	for _, key := range native {
		for _, body := range []string{`null`, `{"RequestId":"r","TotalCount":1}`, `{"Items":null,"Instances":null,"DBInstances":null,"EipAddresses":null,"CommonBandwidthPackages":null}`,
			`{"Items":{},"Instances":{},"DBInstances":{},"EipAddresses":{},"CommonBandwidthPackages":{}}`, `{"Items":5,"Instances":5,"DBInstances":5,"EipAddresses":5,"CommonBandwidthPackages":5}`,
			`{"Items":{"Other":[]},"Instances":{"Other":[]},"DBInstances":{"Other":[]},"EipAddresses":{"Other":[]},"CommonBandwidthPackages":{"Other":[]}}`} {
			c, _ := serve(t, says(200, body))
			got, err := c.Product(key).Instances(t.Context(), hangzhou, []string{"x-1"})
			if key == "clb" && err == nil && len(got) == 1 && got[0].Unreadable != "" {
				continue // its answer is the item
			}
			if classed(t, err, renewal.Ambiguous); len(got) != 0 {
				t.Errorf("%s: %s: %+v", key, body, got)
			}
		}
	}
	for _, body := range []string{`{"Resources":null}`, `{}`, `{"Resources":5}`} {
		c, _ := serve(t, says(200, body))
		if _, err := c.Names(t.Context(), []renewal.Instance{{ID: "x-1"}}); err == nil {
			t.Errorf("%s is a list", body)
		}
	}
}

// Names are taken from what is that very instance, and can be read.
func TestOddNames(t *testing.T) {
	in := renewal.Instance{ID: "x-1", Account: account, Unnamed: true}
	named := in
	named.Name, named.ResourceGroup, named.Unnamed = "web", "rg-1", false
	const good = `{"ResourceId":"x-1","AccountId":1000000000000001,"ResourceName":"web","ResourceGroupId":"rg-1","Tags":[]}`
	for list, want := range map[string]renewal.Instance{
		good:              named,
		good + `,` + good: named,
		good + `,` + strings.Replace(good, "web", "db", 1):                                     in,
		good + `,` + strings.Replace(good, `"Tags":[]`, `"Tags":[{"Key":"a","Value":"b"}]`, 1): in,
		good + `,` + strings.Replace(good, account, other, 1):                                  named,
		strings.Replace(good, account, other, 1):                                               in,
		strings.Replace(good, `"AccountId":1000000000000001,`, "", 1):                          named,
		strings.Replace(good, `"Tags":[]`, `"Tags":7`, 1):                                      in,
		strings.Replace(good, `"web"`, `["web"]`, 1):                                           in,
		strings.Replace(good, "x-1", "X-1", 1):                                                 in,
		`null,7,{},` + good:                                                                    named,
	} {
		c, _ := serve(t, says(200, `{"Resources":[`+list+`]}`))
		got, err := c.Names(t.Context(), []renewal.Instance{in})
		if diff := cmp.Diff([]renewal.Instance{want}, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", list, err, diff)
		}
	}
}

// Without an id there is nothing to ask for: without values everything would fit.
func TestNamesOfNobody(t *testing.T) {
	c, s := serve(t, says(200, `{"Resources":[{"ResourceId":"","ResourceName":"web"}]}`))
	got, err := c.Names(t.Context(), []renewal.Instance{{Unnamed: true}})
	if err != nil || len(got) != 1 || !got[0].Unnamed || s.count() != 0 {
		t.Errorf("%+v %v, %d requests", got, err, s.count())
	}
}

// An answer to a renewal is one of success only where it names an order and has
// no code of anything else.
func TestAnswersToRenewalsOfProducts(t *testing.T) {
	for _, key := range paid {
		for body, order := range map[string]string{
			`"OrderId":"209999999999999"`:                  "209999999999999",
			`"OrderId":209999999999999`:                    "209999999999999",
			`"OrderId":0`:                                  "",
			`"OrderId":"000"`:                              "",
			`"OrderId":null`:                               "",
			`"OrderId":""`:                                 "",
			`"OrderId":["1"]`:                              "",
			`"OrderId":"AccessKeyId=NeverShown"`:           "",
			`"OrderId":1e15`:                               "1e15",
			`"EndTime":"2027-12-10T16:00:00Z"`:             "",
			`"EndTime":"2027-12-10T16:00:00Z","OrderId":0`: "",
			`"Other":1`:                                    "",
		} {
			if renewal.TraitsOf(key).Quoted {
				body = `{` + body + `}`
			} else {
				body = `{"Success":true,"Code":"Success","Data":{` + body + `}}`
			}
			c, s := serve(t, says(200, body))
			got, err := pay(t.Context(), c, renewal.Instance{ID: "x-1", Product: key})
			if got != order || s.count() != 1 {
				t.Errorf("%s: %s: %q %v", key, body, got, err)
			}
			if order == "" {
				classed(t, err, renewal.Ambiguous)
			} else if err != nil {
				t.Errorf("%s: %s: %v", key, body, err)
			}
		}
		for _, body := range []string{
			`{"OrderId":"17","Code":"SomethingNew","Success":true,"Data":{"OrderId":"17"}}`, `{"OrderId":"17","Code":"ResourceNotExists","Success":true,"Data":{"OrderId":"17"}}`,
		} {
			c, _ := serve(t, says(200, body))
			got, err := pay(t.Context(), c, renewal.Instance{ID: "x-1", Product: key})
			if classed(t, err, renewal.Ambiguous); got != "" {
				t.Errorf("%s: %s: %q %v", key, body, got, err)
			}
		}
	}
}
