package aliyun

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func listed(instances ...string) string {
	return `{"RequestId":"r","Instances":{"Instance":[` + strings.Join(instances, ",") + `]}}`
}

func TestInstancesAreRead(t *testing.T) {
	at := time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		answer string
		want   renewal.Instance
	}{
		"all of it": {`{"InstanceId":"i-1","InstanceName":"web-1","RegionId":"cn-beijing","ZoneId":"cn-hangzhou-g","InstanceType":"ecs.g7.large","InstanceChargeType":"PrePaid",
			"Status":"Running","CreationTime":"2025-12-10T04:04Z","ExpiredTime":"2026-12-10T16:00Z","ResourceGroupId":"rg-1","SecurityGroupIds":{"SecurityGroupId":["sg-1","sg-2"]},
			"VpcAttributes":{"VpcId":"vpc-1","PrivateIpAddress":{"IpAddress":["192.0.2.1"]}},"Tags":{"Tag":[{"TagKey":"env","TagValue":"prod"},{"TagKey":"empty","TagValue":""}]},
			"OperationLocks":{"LockReason":[{"LockReason":"Recycling","LockMsg":"x"},{"LockReason":"FINANCIAL"}]},"Cpu":2,"SpotPriceLimit":0.0,"DeletionProtection":false}`,
			renewal.Instance{ID: "i-1", Name: "web-1", Region: "cn-beijing", Zone: "cn-hangzhou-g", Type: "ecs.g7.large", Subscription: true, Status: "Running",
				Created: time.Date(2025, 12, 10, 4, 4, 0, 0, time.UTC), Expires: at, ResourceGroup: "rg-1",
				SecurityGroups: []string{"sg-1", "sg-2"}, VPC: "vpc-1", Tags: map[string]string{"env": "prod", "empty": ""}, Locks: []string{"financial", "recycling"}}},
		"next to nothing":    {`{"InstanceId":"i-1"}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true}},
		"nulls":              {`{"InstanceId":"i-1","Tags":null,"OperationLocks":null,"SecurityGroupIds":null,"VpcAttributes":null,"InstanceName":null,"ExpiredTime":null}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true}},
		"empty lists":        {`{"InstanceId":"i-1","Tags":{"Tag":[]},"OperationLocks":{"LockReason":[]}}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true}},
		"null lists":         {`{"InstanceId":"i-1","Tags":{"Tag":null},"OperationLocks":{"LockReason":null}}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true}},
		"tags as a list":     {`{"InstanceId":"i-1","Tags":[]}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true}},
		"pay-as-you-go":      {`{"InstanceId":"i-1","InstanceChargeType":"PostPaid","ExpiredTime":"2099-12-31T15:59Z"}`, renewal.Instance{ID: "i-1", Region: hangzhou, Expires: time.Date(2099, 12, 31, 15, 59, 0, 0, time.UTC)}},
		"with seconds":       {`{"InstanceId":"i-1","ExpiredTime":"2026-12-10T16:00:00Z"}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true, Expires: at}},
		"in another zone":    {`{"InstanceId":"i-1","ExpiredTime":"2026-12-11T00:00+08:00"}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true, Expires: at}},
		"an unreadable time": {`{"InstanceId":"i-1","ExpiredTime":"soon"}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true}},
		"a month of 13":      {`{"InstanceId":"i-1","ExpiredTime":"2026-13-10T16:00Z"}`, renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true}},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, says(200, listed(tt.answer)))
			got, err := c.Instances(t.Context(), hangzhou, []string{"i-1"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]renewal.Instance{tt.want}, got); diff != "" {
				t.Error(diff)
			}
			if got[0].Expires.Location() != time.UTC {
				t.Errorf("the expiry is in %v", got[0].Expires.Location())
			}
			page, _, err := c.Page(t.Context(), hangzhou, from, from, "")
			if diff := cmp.Diff(got, page); err != nil || diff != "" {
				t.Errorf("as a page: %v %s", err, diff)
			}
		})
	}
}

// An answer that holds no list is not an empty list: what it stands for would
// never be looked at, and "nothing is due" be said.
func TestAnswerWithoutAListIsNoList(t *testing.T) {
	for _, body := range []string{`{}`, `null`, `{"RequestId":"r"}`, `{"RequestId":"r","Instances":null}`, `{"RequestId":"r","TotalCount":7}`} {
		c, _ := serve(t, says(200, body))
		if list, next, err := c.Page(t.Context(), hangzhou, from, from, "token-of-page-2"); err == nil {
			t.Errorf("%s is the last page, with %d instances, next %q", body, len(list), next)
		}
	}
	c, _ := serve(t, says(200, listed()))
	if list, next, err := c.Page(t.Context(), hangzhou, from, from, ""); err != nil || len(list) != 0 || next != "" {
		t.Errorf("a list of none: %v %q %v", list, next, err)
	}
}

// Every account has regions. An answer without any would take the account out
// of a run over all regions without a word.
func TestNoRegionsAreAnError(t *testing.T) {
	for _, body := range []string{`{}`, `{"RequestId":"r","Regions":{"Region":[]}}`, `{"RequestId":"r","Regions":null}`} {
		c, _ := serve(t, says(200, body))
		if regions, err := c.Regions(t.Context()); err == nil {
			t.Errorf("%s: %v", body, regions)
		}
	}
	c, _ := serve(t, says(200, `{"Regions":{"Region":[{"RegionId":"cn-b"},{"RegionId":"cn-a","Status":"available"},{"RegionId":"cn-b"}]}}`))
	if regions, err := c.Regions(t.Context()); err != nil || !slices.Equal(regions, []string{"cn-a", "cn-b"}) {
		t.Errorf("%v %v", regions, err)
	}
}

func TestStatesAreRead(t *testing.T) {
	c, _ := serve(t, says(200, `{"RequestId":"r","InstanceRenewAttributes":{"InstanceRenewAttribute":[
		{"InstanceId":"i-week","RenewalStatus":"AutoRenewal","Duration":2,"PeriodUnit":"week","AutoRenewEnabled":true},
		{"InstanceId":"i-month","RenewalStatus":"AutoRenewal","Duration":3,"PeriodUnit":"Month"},
		{"InstanceId":"i-year","RenewalStatus":"AutoRenewal","Duration":2,"PeriodUnit":"YEAR"},
		{"InstanceId":"i-odd","RenewalStatus":"AutoRenewal","Duration":2,"PeriodUnit":"Decade"},
		{"InstanceId":"i-normal","RenewalStatus":"Normal","Duration":1,"PeriodUnit":"Month"},
		{"InstanceId":"i-lapse","RenewalStatus":"NotRenewal","Duration":null},
		{"InstanceId":"i-new","RenewalStatus":"SomethingNew"},
		{"InstanceId":"i-none"}]}}`))
	got, err := c.States(t.Context(), hangzhou, []string{"i-week"})
	if err != nil {
		t.Fatal(err)
	}
	auto := func(p renewal.Period) renewal.AutoState { return renewal.AutoState{Mode: renewal.Auto, Term: p} }
	want := map[string]renewal.AutoState{
		"i-week": auto(renewal.Period{Weeks: 2}), "i-month": auto(renewal.Period{Months: 3}), "i-year": auto(renewal.Period{Months: 24}), "i-odd": auto(renewal.Period{}),
		"i-normal": {Mode: renewal.Manual}, "i-lapse": {Mode: renewal.Lapse}, "i-new": {Mode: renewal.Unknown}, "i-none": {Mode: renewal.Unknown},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whether a list of ids is cut into pages is not documented: whoever is left out
// of the first is on another.
func TestStatesInPages(t *testing.T) {
	const size = 10
	var ids []string
	for i := range 25 {
		ids = append(ids, fmt.Sprintf("i-%02d", i))
	}
	for name, tt := range map[string]struct{ there, pages int }{"all are there": {25, 3}, "some are not": {21, 3}, "one page holds them": {10, 1}} {
		t.Run(name, func(t *testing.T) {
			c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				page, _ := strconv.Atoi(r.URL.Query().Get("PageNumber"))
				var rows []string
				for _, id := range ids[min((page-1)*size, tt.there):min(page*size, tt.there)] {
					rows = append(rows, fmt.Sprintf(`{"InstanceId":%q,"RenewalStatus":"Normal"}`, id))
				}
				says(200, fmt.Sprintf(`{"TotalCount":%d,"InstanceRenewAttributes":{"InstanceRenewAttribute":[%s]}}`, tt.there, strings.Join(rows, ",")))(w, r)
			})
			states, err := c.States(t.Context(), hangzhou, ids)
			if err != nil || len(states) != tt.there || len(s.seen) != tt.pages {
				t.Errorf("%d states in %d pages, %v", len(states), len(s.seen), err)
			}
		})
	}
	c, s := serve(t, says(200, `{"TotalCount":99,"InstanceRenewAttributes":{"InstanceRenewAttribute":[{"InstanceId":"i-00"}]}}`))
	if _, err := c.States(t.Context(), hangzhou, ids); err != nil || len(s.seen) != 2 {
		t.Errorf("a page that comes again and again: %d pages, %v", len(s.seen), err)
	}
}

func TestPricesAreRead(t *testing.T) {
	for price, want := range map[string]string{
		`"TradePrice":3712.8,"Currency":"CNY","OriginalPrice":4368`: "3712.80 CNY",
		`"TradePrice":"12.345","Currency":"USD"`:                    "12.345 USD",
		`"TradePrice":0.1,"Currency":"CNY"`:                         "0.10 CNY", // not a float
		`"TradePrice":12345678901234.56,"Currency":"CNY"`:           "12345678901234.56 CNY",
		`"TradePrice":0,"Currency":"CNY"`:                           "0.00 CNY",
		`"TradePrice":99.89999999999999,"Currency":"CNY"`:           "99.90 CNY", // as binary floating point has it
		`"TradePrice":3.3000000000000003,"Currency":"CNY"`:          "3.30 CNY",
		`"TradePrice":-5,"Currency":"CNY"`:                          "",
		`"TradePrice":null,"Currency":"CNY"`:                        "",
		`"TradePrice":"","Currency":"CNY"`:                          "",
		`"TradePrice":"free","Currency":"CNY"`:                      "",
		`"TradePrice":12`:                                           "",
		`"TradePrice":12,"Currency":""`:                             "",
		`"TradePrice":12,"Currency":"<b>"`:                          "",
		`"Currency":"CNY"`:                                          "",
		`"TradePrice":true,"Currency":"CNY"`:                        "",
		`"TradePrice":{},"Currency":"CNY"`:                          "",
	} {
		c, _ := serve(t, says(200, `{"RequestId":"r","PriceInfo":{"Price":{`+price+`}}}`))
		got, err := c.Price(t.Context(), hangzhou, "i-1", aMonth)
		if want == "" {
			failed(t, err)
			continue
		}
		if err != nil || got.String()+" "+got.Currency != want {
			t.Errorf("%s: %v %s %v", price, got, got.Currency, err)
		}
	}
	c, _ := serve(t, says(200, `{"RequestId":"r"}`))
	if _, err := c.Price(t.Context(), hangzhou, "i-1", aMonth); err == nil {
		t.Error("no price at all is a price")
	}
}

func TestBalanceIsRead(t *testing.T) {
	for body, want := range map[string]string{
		`"Code":"200","Success":true,"Data":{"AvailableAmount":"12,345.60","AvailableCashAmount":"2,345.60","Currency":"CNY","QuotaLimit":"0"}`: "12345.60 CNY",
		`"Code":"200","Success":true,"Data":{"AvailableAmount":"1,234,567.8","Currency":"USD"}`:                                                 "1234567.80 USD",
		`"Code":"Success","Success":true,"Data":{"AvailableAmount":"-11.19","Currency":"CNY"}`:                                                  "-11.19 CNY",
		`"Code":"200","Success":true,"Data":{"AvailableAmount":"-1,011.19","Currency":"CNY"}`:                                                   "-1011.19 CNY",
		`"Success":true,"Data":{"AvailableAmount":12.5,"Currency":"JPY"}`:                                                                       "12.50 JPY",
		`"Success":true,"Data":{"AvailableAmount":"0.00","Currency":"CNY"}`:                                                                     "0.00 CNY",
		`"Success":true,"Data":{"AvailableAmount":"","Currency":"CNY"}`:                                                                         "",
		`"Success":true,"Data":{"AvailableAmount":"12.00"}`:                                                                                     "",
		`"Success":true,"Data":null`: "",
		`"Success":true`:             "",
		`"Code":"200","Data":{"AvailableAmount":"12.00","Currency":"CNY"}`:                                             "", // it does not say that it is one
		`"Code":"SYSTEM.CONCURRENT_OPERATE","Success":false,"Data":{"AvailableAmount":"12.00","Currency":"CNY"}`:       "",
		`"Code":"200","Success":false,"Message":"no","Data":{"AvailableAmount":"12.00","Currency":"CNY"}`:              "",
		`"Code":"NotAuthorized","Success":false,"Message":"NeverShown","Data":{"AvailableAmount":"","Currency":"CNY"}`: "",
	} {
		c, _ := serve(t, says(200, `{"RequestId":"r-1",`+body+`}`))
		got, err := c.Balance(t.Context())
		if want == "" {
			failed(t, err)
			continue
		}
		if err != nil || got.String()+" "+got.Currency != want {
			t.Errorf("%s: %v %s %v", body, got, got.Currency, err)
		}
	}
}

func TestRenewReadsItsAnswer(t *testing.T) {
	type verdict struct {
		order string
		ok    bool
	}
	for body, want := range map[string]verdict{
		`{"OrderId":"240000000000001","RequestId":"r"}`:                {"240000000000001", true},
		`{"OrderId":240000000000001,"RequestId":"r"}`:                  {"240000000000001", true},
		`{"OrderId":9007199254740993001,"RequestId":"r"}`:              {"9007199254740993001", true}, // not a float
		`{"OrderId":"240000000000001"}`:                                {"240000000000001", true},
		`{"OrderId":"240000000000001","Code":"Success"}`:               {"240000000000001", true},
		`{"OrderId":"240000000000001","Code":"OK"}`:                    {"240000000000001", true},
		`{"OrderId":"240000000000001","Code":"200"}`:                   {"240000000000001", true},
		`{"OrderId":"240000000000001","Code":200}`:                     {"240000000000001", true},
		`{"OrderId":"240000000000001","RequestId":5}`:                  {"240000000000001", true},
		`{"OrderId":"240000000000001","Code":"InternalError"}`:         {},
		`{"OrderId":"240000000000001","Code":"Forbidden.RAM"}`:         {},
		`{"OrderId":"240000000000001","Code":"500"}`:                   {},
		`{"RequestId":"r","Code":"InsufficientBalance"}`:               {},
		`{"RequestId":"r","Code":"Success"}`:                           {},
		`{"RequestId":"r"}`:                                            {},
		`{"OrderId":null,"RequestId":"r"}`:                             {},
		`{"OrderId":"","RequestId":"r"}`:                               {},
		`{"OrderId":"0","RequestId":"r"}`:                              {},
		`{"OrderId":0,"RequestId":"r"}`:                                {},
		`{"OrderId":[],"RequestId":"r"}`:                               {},
		`{"OrderId":"https://x/?Signature=NeverShown","RequestId":""}`: {}, // not the form of an order
		`{}`:                           {},
		`null`:                         {},
		`[]`:                           {},
		`"ok"`:                         {},
		``:                             {},
		` `:                            {},
		`{"OrderId":"2400000`:          {},
		`{"OrderId":{"Id":1}}`:         {},
		`{"OrderId":["1"]}`:            {},
		`{"RequestId":5}`:              {},
		`<html><body>ok</body></html>`: {},
		"\xff\xfe":                     {},
		`{"OrderId":"1","RequestId":"r"}{"OrderId":"2"}`: {},
	} {
		c, s := serve(t, says(200, body))
		order, err := c.Renew(t.Context(), hangzhou, "i-1", aMonth, token64, 5*time.Second)
		if want.ok {
			if err != nil || order != want.order {
				t.Errorf("%s: %q %v", body, order, err)
			}
		} else if e := classed(t, err, renewal.Ambiguous); e.Status != http.StatusOK || order != "" {
			t.Errorf("%s: %q %+v", body, order, e)
		}
		if s.count() != 1 {
			t.Errorf("%s: %d requests", body, s.count())
		}
	}
}

func TestIdentityAndRoleNeedAnAnswer(t *testing.T) {
	for _, body := range []string{`{}`, `{"AccountId":""}`, `{"Credentials":{}}`, `{"Credentials":{"AccessKeyId":"a","AccessKeySecret":"b"}}`, `{"Credentials":null}`, `<html>`, ``} {
		c, _ := serve(t, says(200, body))
		_, err := c.Identity(t.Context())
		failed(t, err)
		_, err = c.Assume(t.Context(), role, "")
		failed(t, err)
	}
}

func TestMayListWantsTheWordOfTheDryRun(t *testing.T) {
	for _, status := range []int{400, 403, 404, 412} {
		c, _ := serve(t, refuses(status, "DryRunOperation"))
		if err := c.MayList(t.Context(), hangzhou); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
	c, _ := serve(t, says(200, `{"RequestId":"r","Code":"DryRunOperation"}`))
	if err := c.MayList(t.Context(), hangzhou); err != nil {
		t.Errorf("in a 200: %v", err)
	}
	for name, handle := range map[string]http.HandlerFunc{
		"an empty list": says(200, listed()), "nothing": says(200, ""), "a page": says(200, "<html>"), "no right": refuses(403, "Forbidden.RAM"), "down": says(502, "<html>"),
	} {
		c, _ := serve(t, handle)
		if err := c.MayList(t.Context(), hangzhou); err == nil {
			t.Errorf("%s proves the right to list", name)
		} else if e := failed(t, err); e.Action != "ecs:DescribeInstances" {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, _ = serve(t, refuses(400, "InvalidParameter"))
	if err := c.MayList(t.Context(), hangzhou); err == nil || errors.Is(err, errNoPrice) {
		t.Error("any refusal proves the right to list")
	}
}
