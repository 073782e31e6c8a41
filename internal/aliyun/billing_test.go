package aliyun

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// whole reads all pages of the index, as many as it promises.
func whole(t *testing.T, c *Cloud) (rows []renewal.Instance, read int) {
	t.Helper()
	for page := 1; page < 20; page++ {
		found, err := c.Index(t.Context(), page, nil)
		if err != nil {
			t.Fatal(err)
		}
		rows, read = append(rows, found.Rows...), read+found.Read
		if read >= found.Total || found.Read == 0 {
			return rows, read
		}
	}
	t.Fatal("the list does not end")
	return nil, 0
}

// The index has what is not a server and is a subscription, and counts the rest.
func TestIndex(t *testing.T) {
	for _, limit := range []int{0, 5} {
		c, e := stocked(t, cloud.Options{Billing: cloud.BillingOptions{PageCap: limit}})
		e.AddInstance(cloud.Instance{ID: "eip-postpaid", Product: "eip", Account: account, ChargeType: "PostPaid"})
		e.AddInstance(cloud.Instance{ID: "eip-other", Product: "eip", Account: other})
		rows, read := whole(t, c)
		if len(rows) != 2*len(goods) || read != len(rows)+1 { // the server; what is not asked for is not counted
			t.Errorf("%d rows, %d read", len(rows), read)
		}
		for _, in := range rows {
			if !slices.Contains(goods, in.Product) || !strings.HasPrefix(in.ID, in.Product) || !in.Unnamed || in.Name != "" || in.Tags != nil || in.Mode != renewal.Manual || in.Expires.IsZero() || in.Created.IsZero() || in.Status != "Normal" || !in.Subscription || in.Unreadable != "" {
				t.Errorf("%+v", in)
			}
		}
		if page, err := c.Index(t.Context(), 1, []string{"eip-one", "i-1", "gone"}); err != nil || len(page.Rows) != 1 || page.Read != 2 || page.Total != 2 {
			t.Errorf("%+v %v", page, err)
		}
		if err := c.MayIndex(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// Every way in which the list can be no list is an error, here and where it is
// read for some ids.
func TestIndexThatLies(t *testing.T) {
	for kind, lie := range map[cloud.FaultKind]struct{ index, ids bool }{
		cloud.NoList: {true, true}, cloud.NullList: {true, true}, cloud.TextList: {true, true}, cloud.NoTotal: {true, true},
		cloud.RefuseInside: {true, true}, cloud.RefuseInsideAfter: {true, true}, cloud.EmptyBody: {true, true}, cloud.HTMLBody: {true, true},
		cloud.ShortList: {false, true}, cloud.HighTotal: {false, true}, cloud.EmptyList: {}, cloud.LowTotal: {},
	} {
		c, e := stocked(t, cloud.Options{})
		e.Fail(cloud.Fault{Action: "QueryAvailableInstances", Kind: kind})
		page, err := c.Index(t.Context(), 1, nil)
		if (err != nil) != lie.index {
			t.Errorf("%s: %d rows of %d, %v", kind, len(page.Rows), page.Total, err)
		}
		if err == nil && page.Read == page.Total && kind != cloud.EmptyList {
			t.Errorf("%s: nobody can tell: %d of %d", kind, page.Read, page.Total)
		}
		if _, err := c.Product("eip").States(t.Context(), "", []string{"eip-one"}); (err != nil) != lie.ids {
			t.Errorf("%s, of an id: %v", kind, err)
		}
		if err := c.MayIndex(t.Context()); lie.index != (err != nil) {
			t.Errorf("%s: it may be listed: %v", kind, err)
		}
	}
}

// An empty list is believed of who may list, and of no one else.
func TestMayIndex(t *testing.T) {
	c, e := emulated(t, cloud.Options{})
	e.SetDenied(account, "bss:DescribeInstances", "bssapi:QueryAvailableInstances")
	if e := classed(t, c.MayIndex(t.Context()), renewal.Halt); !e.Unpermitted || e.Code != "NotAuthorized" || !strings.Contains(e.Error(), "grant bss:DescribeInstances") {
		t.Errorf("%v", e)
	}
	e.AddAccount(cloud.Account{ID: account, AccessKeyID: keys.ID, AccessKeySecret: keys.Secret, SecurityToken: keys.Token, Site: cloud.Intl})
	if e := classed(t, c.MayIndex(t.Context()), renewal.Terminal); e.Code != "NotApplicable" || !strings.Contains(e.Error(), "RENEW_SITE") {
		t.Errorf("%v", e)
	}
}

// A row that cannot be read in part is one in doubt, and never one without an end,
// or a server.
func TestOddRows(t *testing.T) {
	c, e := emulated(t, cloud.Options{})
	for _, field := range []string{"ProductCode", "ProductType", "Region", "Status", "SubscriptionType", "RenewStatus", "RenewalDuration", "EndTime", "InstanceID"} {
		e.AddInstance(cloud.Instance{
			ID: "pc-" + field, Product: "polardb", Account: account, Region: hangzhou, RenewalStatus: "AutoRenewal", AutoDuration: 1, BillingBlank: []string{field},
		})
	}
	e.AddInstance(cloud.Instance{ID: "pc-creating", Product: "polardb", Account: account, Region: hangzhou, BillingStatus: "Creating"})
	e.AddInstance(cloud.Instance{ID: "new-1", Product: "somethingnew", Account: account})
	e.AddInstance(cloud.Instance{ID: "pc-upper", Product: "polardb", Account: account, Code: "PolarDB"})
	rows, _ := whole(t, c)
	got := map[string]renewal.Instance{}
	for _, in := range rows {
		got[in.ID] = in
	}
	if len(got) != 12 {
		t.Fatalf("%+v", rows)
	}
	for id, want := range map[string]func(renewal.Instance) bool{
		"pc-ProductCode":      func(in renewal.Instance) bool { return in.Product == noProduct && in.Unreadable == "ProductCode" },
		"pc-ProductType":      func(in renewal.Instance) bool { return in.Kind == "" && in.Unreadable == "" },
		"pc-Region":           func(in renewal.Instance) bool { return in.Region == "" && in.Unreadable == "" },
		"pc-Status":           func(in renewal.Instance) bool { return in.Status == "" && in.Unreadable == "" },
		"pc-SubscriptionType": func(in renewal.Instance) bool { return in.Subscription && in.Unreadable == "" },
		"pc-RenewStatus":      func(in renewal.Instance) bool { return in.Mode == renewal.Unknown && in.Unreadable == "" },
		"pc-RenewalDuration":  func(in renewal.Instance) bool { return in.Mode == renewal.Auto && in.Auto == renewal.Period{} },
		"pc-EndTime":          func(in renewal.Instance) bool { return in.Expires.IsZero() && in.Unreadable == "EndTime" },
		"":                    func(in renewal.Instance) bool { return in.Unreadable == "InstanceID" },
		"pc-creating":         func(in renewal.Instance) bool { return in.Status == "Creating" },
		"new-1":               func(in renewal.Instance) bool { return in.Product == "somethingnew" && in.Kind == "somethingnew" },
		"pc-upper":            func(in renewal.Instance) bool { return in.Product == "polardb" },
	} {
		if in, there := got[id]; !there || !want(in) {
			t.Errorf("%s: %+v", id, in)
		}
	}
	states, err := c.Product("polardb").States(t.Context(), "", []string{"pc-RenewStatus", "pc-RenewalDuration", "pc-EndTime", "pc-gone"})
	want := map[string]renewal.AutoState{
		"pc-RenewStatus": {Mode: renewal.Unknown}, "pc-RenewalDuration": {Mode: renewal.Auto}, "pc-EndTime": {Mode: renewal.Auto, Term: renewal.Period{Months: 1}},
	}
	if diff := cmp.Diff(want, states); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// Rows as no emulator writes them: what they mean is read, the rest is in doubt.
func TestRowsAreReadAsWhatTheyMean(t *testing.T) {
	ends := time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC)
	plain := renewal.Instance{Product: "eip", ID: "eip-1", Subscription: true, Expires: ends, Mode: renewal.Manual, Unnamed: true}
	with := func(change func(*renewal.Instance)) *renewal.Instance { in := plain; change(&in); return &in }
	for fields, want := range map[string]*renewal.Instance{
		`"Region":[]`: &plain,
		`"Region":7`:  with(func(in *renewal.Instance) { in.Region = "7" }),
		`"RenewStatus":"AutoRenewal","RenewalDuration":"2","RenewalDurationUnit":"m"`: with(func(in *renewal.Instance) { in.Mode, in.Auto = renewal.Auto, renewal.Period{Months: 2} }),
		`"RenewStatus":"AutoRenewal","RenewalDuration":1.0,"RenewalDurationUnit":"Y"`: with(func(in *renewal.Instance) { in.Mode, in.Auto = renewal.Auto, renewal.Period{Months: 12} }),
		`"RenewStatus":"AutoRenewal","RenewalDuration":1,"RenewalDurationUnit":"D"`:   with(func(in *renewal.Instance) { in.Mode = renewal.Auto }),
		`"RenewStatus":"Normal"`:              with(func(in *renewal.Instance) { in.Mode = renewal.Unknown }),
		`"RenewStatus":["AutoRenewal"]`:       with(func(in *renewal.Instance) { in.Mode, in.Unreadable = renewal.Unknown, "RenewStatus" }),
		`"EndTime":1796918400000`:             &plain,
		`"EndTime":"1796918400000"`:           &plain,
		`"EndTime":"2026-12-10T16:00Z"`:       &plain,
		`"EndTime":0`:                         with(func(in *renewal.Instance) { in.Expires, in.Unreadable = time.Time{}, "EndTime" }),
		`"EndTime":"soon"`:                    with(func(in *renewal.Instance) { in.Expires, in.Unreadable = time.Time{}, "EndTime" }),
		`"ProductType":{"a":1}`:               with(func(in *renewal.Instance) { in.Unreadable = "ProductType" }),
		`"SubscriptionType":"subscription"`:   &plain,
		`"SubscriptionType":"PayAsYouGo"`:     nil,
		`"ProductCode":"ECS"`:                 nil,
		`"ProductCode":"slb"`:                 with(func(in *renewal.Instance) { in.Product = "clb" }),
		`"ProductCode":["eip"]`:               with(func(in *renewal.Instance) { in.Product, in.Unreadable = noProduct, "ProductCode, ProductCode" }),
		`"Other":{"a":[1]},"SellerId":"many"`: &plain,
	} {
		row := `{"InstanceID":"eip-1","ProductCode":"eip","SubscriptionType":"Subscription","RenewStatus":"ManualRenewal","EndTime":"2026-12-10T16:00:00Z",` + fields + `}`
		c, _ := serve(t, says(200, `{"Success":"true","Code":"Success","Data":{"TotalCount":"2","PageSize":"300","InstanceList":[null,`+row+`]}}`))
		page, err := c.Index(t.Context(), 1, nil)
		if err != nil || page.Read != 2 || page.Total != 2 || page.Size != 300 || len(page.Rows) == 0 || page.Rows[0].ID != "" {
			t.Errorf("%s: %+v %v", fields, page, err)
			continue
		}
		rest := []renewal.Instance{}
		if want != nil {
			rest = append(rest, *want)
		}
		if diff := cmp.Diff(rest, append([]renewal.Instance{}, page.Rows[1:]...)); diff != "" {
			t.Errorf("%s: %s", fields, diff)
		}
	}
}

// What the list is, around its rows.
func TestOddIndexes(t *testing.T) {
	for body, size := range map[string]int{
		`"Data":{"TotalCount":0,"PageSize":300,"InstanceList":[]}`:    300,
		`"Data":{"TotalCount":0,"InstanceList":[]}`:                   0,
		`"Data":{"TotalCount":2,"InstanceList":[{"InstanceID":"a"}]}`: 1,
		`"Data":{"TotalCount":2,"PageSize":-5,"InstanceList":[]}`:     0,
		`"Data":{"TotalCount":0,"PageSize":20,"InstanceList":{}}`:     20,
		`"Data":{"TotalCount":0,"InstanceList":null}`:                 -1,
		`"Data":{"TotalCount":0,"InstanceList":""}`:                   -1,
		`"Data":{"TotalCount":0}`:                                     -1,
		`"Data":{"InstanceList":[]}`:                                  -1,
		`"Data":{"TotalCount":null,"InstanceList":[]}`:                -1,
		`"Data":{"TotalCount":"many","InstanceList":[]}`:              -1,
		`"Data":{"TotalCount":0,"InstanceList":5}`:                    -1,
		`"Data":[]`:   -1,
		`"Data":""`:   -1,
		`"Data":null`: -1,
		`"Other":1`:   -1,
	} {
		c, _ := serve(t, says(200, `{"Success":true,"Code":"Success","RequestId":"r",`+body+`}`))
		page, err := c.Index(t.Context(), 1, nil)
		if size < 0 {
			if classed(t, err, renewal.Ambiguous); err == nil {
				t.Errorf("%s is a list", body)
			}
		} else if err != nil || page.Size != size {
			t.Errorf("%s: %+v %v", body, page, err)
		}
	}
	// Success alone tells, and a code that says something else is believed, too.
	for head, class := range map[string]renewal.Class{
		`"Success":false,"Code":"Success"`: renewal.Ambiguous, `"Code":"Success"`: renewal.Ambiguous, `"Success":null`: renewal.Ambiguous, `"Success":"no"`: renewal.Ambiguous,
		`"Success":true,"Code":"ResourceNotExists"`: renewal.Ambiguous, `"Success":false,"Code":"ResourceNotExists"`: renewal.Terminal,
		`"Success":false,"Code":"NotAuthorized"`: renewal.Halt, `"Success":false,"Code":"SomethingNew"`: renewal.Ambiguous, `"Success":false`: renewal.Ambiguous,
	} {
		c, _ := serve(t, says(200, `{`+head+`,"Data":{"TotalCount":0,"InstanceList":[]}}`))
		classed(t, c.MayIndex(t.Context()), class)
	}
}

// Pages that change under the reading are no list.
func TestPagesThatMove(t *testing.T) {
	entry := map[string]string{
		"InstanceList": `{"InstanceID":"%[1]s","ProductCode":"waf"}`,
		"OrderList":    `{"OrderId":"%[1]s","OrderType":"Renew","PaymentStatus":"Paid"}`,
	}
	for name, tt := range map[string]struct {
		totals [2]int
		ids    [2]string
		fails  bool
	}{
		"as promised":      {[2]int{2, 2}, [2]string{"1", "2"}, false},
		"one more":         {[2]int{2, 3}, [2]string{"1", "2"}, true},
		"one less":         {[2]int{2, 1}, [2]string{"1", "2"}, true},
		"none on page two": {[2]int{2, 2}, [2]string{"1", ""}, true},
	} {
		for list, form := range entry {
			c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				page := map[string]int{"1": 0, "2": 1}[r.URL.Query().Get("PageNum")]
				rows := ""
				if tt.ids[page] != "" {
					rows = fmt.Sprintf(form, tt.ids[page])
				}
				says(200, fmt.Sprintf(`{"Success":true,"Data":{"PageSize":1,"TotalCount":%d,"%s":[%s]}}`, tt.totals[page], list, rows))(w, r)
			})
			var err error
			if list == "InstanceList" {
				_, err = c.Product("waf").Instances(t.Context(), "", []string{"1", "2"})
			} else {
				_, err = c.Orders(t.Context(), "eip", from, from)
			}
			if (err != nil) != tt.fails || s.count() != 2 {
				t.Errorf("%s of %s: %v, %d requests", name, list, err, s.count())
			}
		}
	}
	// An order that comes twice has pushed another one out of sight.
	c, _ := serve(t, says(200, `{"Success":true,"Data":{"PageSize":1,"TotalCount":2,"OrderList":{"Order":[`+fmt.Sprintf(entry["OrderList"], "1")+`]}}}`))
	_, err := c.Orders(t.Context(), "eip", from, from)
	classed(t, err, renewal.Ambiguous)
}

// The order book: since when, of what, and what of it is a renewal.
func TestOrders(t *testing.T) {
	c, e := stocked(t, cloud.Options{Billing: cloud.BillingOptions{PageCap: 2}})
	old := e.AddOrder(cloud.Order{Instance: "eip-one", Created: time.Now().Add(-30 * renewal.Day)})
	ids := []string{old}
	for _, kind := range []string{"Renew", "Upgrade", "New", "Refund", "CompensatoryRenew"} {
		ids = append(ids, e.AddOrder(cloud.Order{Instance: "eip-two", Type: kind, Status: cloud.Paid, Created: time.Now().Add(-2 * time.Hour), Amount: "1234.50"}))
	}
	e.AddOrder(cloud.Order{Instance: "cbwp-one"})
	list := func(since time.Duration) map[string]renewal.Order {
		orders, err := c.Orders(t.Context(), "eip", time.Now().Add(-since), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]renewal.Order{}
		for _, o := range orders {
			all[o.ID] = o
		}
		return all
	}
	if all := list(31 * renewal.Day); len(all) != 6 || all[old].State != renewal.OrderUnpaid || !all[ids[1]].Renewal || all[ids[2]].Renewal || all[ids[3]].Renewal || all[ids[4]].Renewal || !all[ids[5]].Renewal {
		t.Errorf("%+v", all)
	}
	if all := list(time.Hour); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	if o, err := c.Order(t.Context(), ids[1]); err != nil || o.Amount.String() != "1234.50" || !slices.Equal(o.IDs, []string{"eip-two"}) || o.Code != "eip" {
		t.Errorf("%+v %v", o, err)
	}
	e.CancelOrder(old)
	if o, err := c.Order(t.Context(), old); err != nil || o.State != renewal.OrderCancelled {
		t.Errorf("%+v %v", o, err)
	}
	_, err := c.Order(t.Context(), "299999999999999")
	classed(t, err, renewal.Ambiguous)
	for _, kind := range []cloud.FaultKind{cloud.NoList, cloud.NullList, cloud.TextList, cloud.NoTotal, cloud.HighTotal, cloud.ShortList, cloud.RefuseInside} {
		e.Fail(cloud.Fault{Action: "QueryOrders", Kind: kind})
		if orders, err := c.Orders(t.Context(), "eip", time.Now().Add(-renewal.Day), time.Now()); err == nil {
			t.Errorf("%s: %+v", kind, orders)
		}
		e.ClearFaults()
	}
}

// An order that is paid may show as unpaid for a while, or not at all.
func TestOrdersThatShowLate(t *testing.T) {
	c, e := stocked(t, cloud.Options{Billing: cloud.BillingOptions{PaidDelay: -1}})
	order, err := pay(t.Context(), c, one(t, c, "eip", "eip-one"))
	if err != nil {
		t.Fatal(err)
	}
	if o, err := c.Order(t.Context(), order); err != nil || o.State != renewal.OrderUnpaid {
		t.Errorf("%+v %v", o, err)
	}
	e.SetOptions(func(o *cloud.Options) { o.Billing = cloud.BillingOptions{OrderDelay: -1} })
	if order, err = pay(t.Context(), c, one(t, c, "eip", "eip-two")); err != nil {
		t.Fatal(err)
	}
	_, err = c.Order(t.Context(), order)
	classed(t, err, renewal.Ambiguous)
}

// Orders as no emulator writes them.
func TestOddOrders(t *testing.T) {
	cny := func(value string) renewal.Amount { return money(scalar(value), "CNY") }
	for fields, want := range map[string]renewal.Order{
		`"PaymentStatus":"PAID","OrderType":"RENEW"`:                                           {State: renewal.OrderPaid, Renewal: true},
		`"PaymentStatus":"Cancelled"`:                                                          {State: renewal.OrderCancelled},
		`"PaymentStatus":"Processing"`:                                                         {State: renewal.OrderOpen},
		`"OrderType":"RenewChange"`:                                                            {State: renewal.OrderOpen, Renewal: true},
		`"PretaxAmount":"1,234.50","Currency":"CNY"`:                                           {State: renewal.OrderOpen, Amount: cny("1234.50")},
		`"PretaxAmount":100,"AfterTaxAmount":"106","Currency":"CNY"`:                           {State: renewal.OrderOpen, Amount: cny("106")},
		`"PretaxAmount":100,"AfterTaxAmount":"0.00","Currency":"CNY"`:                          {State: renewal.OrderOpen, Amount: cny("100")},
		`"PretaxAmount":"100","AfterTaxAmount":"15","Currency":"CNY","PaymentCurrency":"USD"`:  {State: renewal.OrderOpen, Amount: cny("100")},
		`"PretaxAmount":"100","AfterTaxAmount":"700","Currency":"CNY","PaymentCurrency":"JPY"`: {State: renewal.OrderOpen, Amount: cny("100")},
		`"PretaxAmount":"100"`:                                                                 {State: renewal.OrderOpen},
		`"PretaxAmount":"free","Currency":"CNY"`:                                               {State: renewal.OrderOpen},
		`"InstanceIDs":"[\"a\",\"b\"]"`:                                                        {State: renewal.OrderOpen, IDs: []string{"a", "b"}},
		`"InstanceIDs":["a"]`:                                                                  {State: renewal.OrderOpen, IDs: []string{"a"}},
		`"InstanceIDs":"a, b"`:                                                                 {State: renewal.OrderOpen, IDs: []string{"a", "b"}},
		`"InstanceIDs":"[]"`:                                                                   {State: renewal.OrderOpen},
		`"InstanceIDs":""`:                                                                     {State: renewal.OrderOpen},
		`"UsageEndTime":"2026-12-10T16:00:00Z"`:                                                {State: renewal.OrderOpen, Ends: time.Date(2026, 12, 10, 16, 0, 0, 0, time.UTC)},
	} {
		c, _ := serve(t, says(200, `{"Success":true,"Data":{"TotalCount":1,"OrderList":{"Order":[{"OrderId":17,`+fields+`}]}}}`))
		want.ID = "17"
		want.Renewal = want.Renewal || !strings.Contains(fields, "OrderType")
		got, err := c.Order(t.Context(), "17")
		if got.IDs = slices.Clone(got.IDs); len(got.IDs) == 0 {
			got.IDs = nil
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", fields, err, diff)
		}
	}
	for _, order := range []string{`{"OrderId":"18"}`, `7`, `{"OrderId":"17","InstanceIDs":"[broken"}`, `{"OrderId":"17","PaymentStatus":["Paid"]}`} {
		c, _ := serve(t, says(200, `{"Success":true,"Data":{"TotalCount":1,"OrderList":{"Order":[`+order+`]}}}`))
		if got, err := c.Order(t.Context(), "17"); err == nil {
			t.Errorf("%s: %+v", order, got)
		}
	}
	for _, order := range []string{`{}`, `null`, `7`, `{"OrderId":""}`, `{"OrderId":"17","PaymentStatus":["Paid"]}`} {
		c, _ := serve(t, says(200, `{"Success":true,"Data":{"TotalCount":1,"OrderList":{"Order":[`+order+`]}}}`))
		if got, err := c.Orders(t.Context(), "eip", from, from); err == nil {
			t.Errorf("%s: %+v", order, got)
		}
	}
}

// An order of several things is what they are together.
func TestOrderInParts(t *testing.T) {
	c, _ := serve(t, says(200, `{"Success":true,"Data":{"TotalCount":3,"OrderList":{"Order":[
		{"OrderId":"17","OrderType":"Renew","PaymentStatus":"Paid","PretaxAmount":"10","Currency":"CNY","InstanceIDs":"[\"a\"]","UsageEndTime":"2026-12-10T16:00:00Z"},
		{"OrderId":"17","OrderType":"New","PaymentStatus":"Paid","PretaxAmount":"5.5","Currency":"CNY","InstanceIDs":"[\"b\",\"a\"]","UsageEndTime":"2026-12-11T16:00:00Z"},
		{"OrderId":"17","OrderType":"New","PaymentStatus":"Unpaid","PretaxAmount":"1","Currency":"CNY"}]}}}`))
	got, err := c.Order(t.Context(), "17")
	want := renewal.Order{ID: "17", Renewal: true, State: renewal.OrderOpen, Amount: money("16.5", "CNY"), IDs: []string{"a", "b"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
