package aliyun

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Numbers, booleans, texts and empty lists in places of one another are read as
// what they mean.
func TestOddItemsAreReadAsWhatTheyMean(t *testing.T) {
	plain := renewal.Instance{ID: "i-1", Region: hangzhou, Subscription: true}
	with := func(change func(*renewal.Instance)) renewal.Instance { in := plain; change(&in); return in }
	for fields, want := range map[string]renewal.Instance{
		`"InstanceName":1`:    with(func(in *renewal.Instance) { in.Name = "1" }),
		`"InstanceName":true`: with(func(in *renewal.Instance) { in.Name = "true" }),
		`"InstanceName":1.50`: with(func(in *renewal.Instance) { in.Name = "1.50" }), // as it is written
		`"InstanceName":[]`:   plain,
		`"InstanceName":{}`:   plain,
		`"Tags":{"Tag":[{"TagKey":"count","TagValue":1}]}`:    with(func(in *renewal.Instance) { in.Tags = map[string]string{"count": "1"} }),
		`"Tags":{"Tag":[{"TagKey":7,"TagValue":false}]}`:      with(func(in *renewal.Instance) { in.Tags = map[string]string{"7": "false"} }),
		`"Tags":{"Tag":[{"TagKey":"empty","TagValue":null}]}`: with(func(in *renewal.Instance) { in.Tags = map[string]string{"empty": ""} }),
		`"Tags":{"Tag":{"TagKey":"only","TagValue":"one"}}`:   with(func(in *renewal.Instance) { in.Tags = map[string]string{"only": "one"} }),
		`"Tags":[{"TagKey":"a","TagValue":"b"}]`:              with(func(in *renewal.Instance) { in.Tags = map[string]string{"a": "b"} }),
		`"Tags":""`:                                           plain,
		`"Tags":{"Tag":""}`:                                   plain,
		`"OperationLocks":[]`:                                 plain,
		`"OperationLocks":""`:                                 plain,
		`"OperationLocks":{"LockReason":[]}`:                  plain,
		`"OperationLocks":{"LockReason":""}`:                  plain,
		`"OperationLocks":[{"LockReason":"security"}]`:        with(func(in *renewal.Instance) { in.Locks = []string{"security"} }),
		`"VpcAttributes":[]`:                                  plain,
		`"VpcAttributes":""`:                                  plain,
		`"VpcAttributes":{"VpcId":1}`:                         with(func(in *renewal.Instance) { in.VPC = "1" }),
		`"SecurityGroupIds":[]`:                               plain,
		`"SecurityGroupIds":["sg-1"]`:                         with(func(in *renewal.Instance) { in.SecurityGroups = []string{"sg-1"} }),
		`"SecurityGroupIds":{"SecurityGroupId":"sg-1"}`:       with(func(in *renewal.Instance) { in.SecurityGroups = []string{"sg-1"} }),
		`"ResourceGroupId":12`:                                with(func(in *renewal.Instance) { in.ResourceGroup = "12" }),
		`"Cpu":"two","Memory":[],"Other":{"a":[1,{}]}`:        plain, // nobody asks for these
	} {
		c, _ := serve(t, says(200, listed(`{"InstanceId":"i-1",`+fields+`}`)))
		list, _, err := c.Page(t.Context(), hangzhou, from, from, "")
		if err != nil {
			t.Errorf("%s: %v", fields, err)
		} else if diff := cmp.Diff([]renewal.Instance{want}, list); diff != "" {
			t.Errorf("%s: %s", fields, diff)
		}
	}
}

// What cannot be read is told of the one instance that it is of.
func TestOddItemIsOneInstance(t *testing.T) {
	good := func(id string) string { return `{"InstanceId":"` + id + `","ExpiredTime":"2026-12-10T16:00Z"}` }
	for odd, keys := range map[string]string{
		`"ExpiredTime":{"a":1}`: "ExpiredTime",
		`"Tags":5`:              "Tags",
		`"Tags":"env=prod"`:     "Tags",
		`"Tags":{"Other":[]}`:   "Tags",
		`"Tags":{"Tag":[7]}`:    "Tags",
		`"Tags":{"Tag":[{"TagKey":"a","TagValue":["b"]}]}`: "TagValue",
		`"OperationLocks":true`:                            "OperationLocks",
		`"OperationLocks":{"LockReason":["security"]}`:     "OperationLocks",
		`"VpcAttributes":"vpc-1"`:                          "VpcAttributes",
		`"InstanceName":{"en":"x"},"ZoneId":[1]`:           "InstanceName, ZoneId",
		`"InstanceChargeType":["PrePaid"]`:                 "InstanceChargeType",
	} {
		item := `{"InstanceId":"i-odd",` + odd + `}`
		c, _ := serve(t, says(200, listed(good("i-1"), item, good("i-2"))))
		list, _, err := c.Page(t.Context(), hangzhou, from, from, "")
		if err != nil || len(list) != 3 {
			t.Fatalf("%s: %v %v", odd, list, err)
		}
		if list[1].ID != "i-odd" || list[1].Unreadable != keys || !list[1].Subscription {
			t.Errorf("%s: %+v", odd, list[1])
		}
		for _, in := range []renewal.Instance{list[0], list[2]} {
			if in.Unreadable != "" || in.Expires.IsZero() {
				t.Errorf("beside %s: %+v", odd, in)
			}
		}
	}
}

// Without a readable id nobody can tell whose it is: in a list it has none, and
// among instances read by id it may be any of those that are missing.
func TestOddItemWithoutAnID(t *testing.T) {
	for _, odd := range []string{`{}`, `null`, `5`, `"i-3"`, `[]`, `{"InstanceId":{"a":1}}`, `{"InstanceId":"","ExpiredTime":"2026-12-10T16:00Z"}`} {
		c, _ := serve(t, says(200, listed(`{"InstanceId":"i-1"}`, odd)))
		list, _, err := c.Page(t.Context(), hangzhou, from, from, "")
		if err != nil || len(list) != 2 || list[0].ID != "i-1" || list[1].ID != "" || list[1].Unreadable == "" {
			t.Errorf("%s: %+v %v", odd, list, err)
		}
		found, err := c.Instances(t.Context(), hangzhou, []string{"i-1", "i-2", "i-3"})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		for _, in := range found {
			got[in.ID] = in.Unreadable != ""
		}
		if diff := cmp.Diff(map[string]bool{"i-1": false, "i-2": true, "i-3": true}, got); diff != "" {
			t.Errorf("%s: %s", odd, diff)
		}
	}
}

// The list itself may be odd, too; what cannot be one is no empty list.
func TestOddLists(t *testing.T) {
	for body, want := range map[string]int{
		`{"Instances":[]}`:                                     0,
		`{"Instances":""}`:                                     0,
		`{"Instances":{"Instance":""}}`:                        0,
		`{"Instances":[{"InstanceId":"i-1"}]}`:                 1,
		`{"Instances":{"Instance":{"InstanceId":"i-1"}}}`:      1,
		`{"Instances":{"Instance":[]},"NextToken":[]}`:         0,
		`{"Instances":{"Instance":[]},"TotalCount":"many"}`:    0,
		`{"Instances":{"Others":[]}}`:                          -1,
		`{"Instances":5}`:                                      -1,
		`{"Instances":"none"}`:                                 -1,
		`{"Instances":{"Instance":[]},"NextToken":{"page":2}}`: -1,
	} {
		c, _ := serve(t, says(200, body))
		list, next, err := c.Page(t.Context(), hangzhou, from, from, "")
		switch {
		case want < 0 && err == nil:
			t.Errorf("%s is a list of %d", body, len(list))
		case want < 0:
			failed(t, err)
		case err != nil || len(list) != want || next != "":
			t.Errorf("%s: %v %q %v", body, list, next, err)
		}
	}
	c, _ := serve(t, says(200, `{"Instances":{"Instance":[]},"NextToken":12}`))
	if _, next, err := c.Page(t.Context(), hangzhou, from, from, ""); err != nil || next != "12" {
		t.Errorf("%q %v", next, err)
	}
}

// One row of many: a mode is read or unknown, and a row without an id is nobody's.
func TestOddStates(t *testing.T) {
	auto := renewal.AutoState{Mode: renewal.Auto, Term: renewal.Period{Months: 1}}
	c, _ := serve(t, says(200, `{"TotalCount":"9","InstanceRenewAttributes":{"InstanceRenewAttribute":[
		{"InstanceId":"i-text","RenewalStatus":"AutoRenewal","Duration":"1","PeriodUnit":"Month"},
		{"InstanceId":"i-float","RenewalStatus":"AutoRenewal","Duration":1.0,"PeriodUnit":"Month"},
		{"InstanceId":"i-none","RenewalStatus":"Normal","Duration":"","PeriodUnit":[]},
		{"InstanceId":"i-odd","RenewalStatus":"Normal","Duration":{"n":1}},
		{"InstanceId":"i-words","RenewalStatus":"AutoRenewal","Duration":"one","PeriodUnit":"Month"},
		{"InstanceId":"i-half","RenewalStatus":"AutoRenewal","Duration":1.5,"PeriodUnit":"Month"},
		{"InstanceId":"i-list","RenewalStatus":["Normal"]},
		{"RenewalStatus":"Normal"}, {"InstanceId":[1],"RenewalStatus":"Normal"}, null, 7]}}`))
	got, err := c.States(t.Context(), hangzhou, []string{"i-text"})
	if err != nil {
		t.Fatal(err)
	}
	unknown := renewal.AutoState{Mode: renewal.Unknown}
	if diff := cmp.Diff(map[string]renewal.AutoState{
		"i-text": auto, "i-float": auto, "i-none": {Mode: renewal.Manual},
		"i-odd": unknown, "i-words": unknown, "i-half": unknown, "i-list": unknown,
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOddRegions(t *testing.T) {
	for body, want := range map[string][]string{
		`{"Regions":{"Region":[{"RegionId":"cn-b"},{"RegionId":["cn-a"]}]}}`: {"", "cn-b"},
		`{"Regions":{"Region":[{"RegionId":"cn-b"},7]}}`:                     {"", "cn-b"},
		`{"Regions":[{"RegionId":"cn-b"}]}`:                                  {"cn-b"},
	} {
		c, _ := serve(t, says(200, body))
		if got, err := c.Regions(t.Context()); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q %v", body, got, err)
		}
	}
}

// Other answers are read so, too.
func TestOddScalars(t *testing.T) {
	c, _ := serve(t, says(200, `{"AccountId":1000000000000001}`))
	if id, err := c.Identity(t.Context()); err != nil || id != account {
		t.Errorf("%s %v", id, err)
	}
	c, _ = serve(t, says(200, `{"Success":"true","Code":200,"Data":{"AvailableAmount":12.5,"Currency":"CNY"}}`))
	if balance, err := c.Balance(t.Context()); err != nil || balance.String() != "12.50" {
		t.Errorf("%v %v", balance, err)
	}
	for _, body := range []string{`{"RequestId":5}`, `{"RequestId":[]}`, `{}`} {
		c, _ = serve(t, says(200, body))
		if err := c.SetState(t.Context(), hangzhou, []string{"i-1"}, renewal.AutoState{Mode: renewal.Manual}); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if err := c.Tag(t.Context(), hangzhou, "i-1", "k", "v"); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	c, _ = serve(t, says(200, `{"PriceInfo":[]}`))
	if _, err := c.Price(t.Context(), hangzhou, "i-1", aMonth); err == nil || !strings.Contains(err.Error(), "no price") {
		t.Errorf("%v", err)
	}
}

// Members are read one by one, and a list that is not there is not an empty one.
func TestOddMembers(t *testing.T) {
	for body, want := range map[string][]renewal.Member{
		`{"TotalCount":2,"Accounts":{"Account":[{"AccountId":"1","DisplayName":"a","Status":"CreateSuccess"},{"AccountId":2}]}}`:       {{ID: "1", Name: "a"}, {ID: "2"}},
		`{"TotalCount":"1","Accounts":{"Account":{"AccountId":"1","Status":"InviteSuccess","DeletionStatus":""}}}`:                     {{ID: "1"}},
		`{"TotalCount":1,"Accounts":[{"AccountId":"1","Status":"PromoteExpired"}]}`:                                                    {{ID: "1"}},
		`{"TotalCount":2,"Accounts":{"Account":[{"AccountId":"1","DeletionStatus":"Checking"},{"AccountId":"2","Status":"Invited"}]}}`: {{ID: "1", Leaving: true}, {ID: "2", Leaving: true}},
		`{"TotalCount":3,"Accounts":{"Account":[5,{},{"AccountId":["x"]}]}}`:                                                           {{}, {}, {}},
		`{"TotalCount":0,"Accounts":{"Account":[]}}`:                                                                                   {},
		`{"TotalCount":0,"Accounts":{}}`:                  {},
		`{"TotalCount":1}`:                                nil,
		`{"Accounts":{"Account":[]}}`:                     nil,
		`{"TotalCount":1,"Accounts":{"Member":[]}}`:       nil,
		`{"TotalCount":"many","Accounts":{"Account":[]}}`: nil,
		`[]`: nil,
	} {
		c, _ := serve(t, says(200, body))
		got, _, err := c.Members(t.Context(), 1)
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%s: %v %s", body, err, diff)
		}
	}
}
