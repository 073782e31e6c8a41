package cloud

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	billingDefault = 20  // rows on a page of the billing API when PageSize is not sent
	billingMost    = 300 // and at most, whatever it is
	billingIDs     = 100 // ids in one call
)

// billingRow is a subscription as the billing list shows it. It is a struct, not
// fields, because a page holds three hundred. What is empty is left out.
type billingRow struct {
	InstanceID          string
	OwnerID             int64  `json:"OwnerId"`
	Seller              string `json:",omitempty"`
	SellerID            int64  `json:"SellerId,omitempty"`
	ProductCode         string `json:",omitempty"`
	ProductType         string `json:",omitempty"`
	Region              *string
	Status              string `json:",omitempty"`
	SubStatus           string `json:",omitempty"`
	SubscriptionType    string `json:",omitempty"`
	RenewStatus         string `json:",omitempty"`
	RenewalDuration     int    `json:",omitempty"`
	RenewalDurationUnit string `json:",omitempty"`
	CreateTime          string `json:",omitempty"`
	EndTime             string `json:",omitempty"`
	StopTime            string `json:",omitempty"`
	ReleaseTime         string `json:",omitempty"`
	ExpectedReleaseTime string `json:",omitempty"`
}

// blank are the fields that Instance.BillingBlank can take out of a row.
var blank = map[string]func(*billingRow){
	"ProductCode":      func(r *billingRow) { r.ProductCode = "" },
	"ProductType":      func(r *billingRow) { r.ProductType = "" },
	"Region":           func(r *billingRow) { r.Region = nil },
	"Status":           func(r *billingRow) { r.Status = "" },
	"SubscriptionType": func(r *billingRow) { r.SubscriptionType = "" },
	"RenewStatus":      func(r *billingRow) { r.RenewStatus = "" },
	"RenewalDuration":  func(r *billingRow) { r.RenewalDuration, r.RenewalDurationUnit = 0, "" },
	"EndTime":          func(r *billingRow) { r.EndTime = "" },
	"InstanceID":       func(r *billingRow) { r.InstanceID = "" },
}

// availableInstances is QueryAvailableInstances: everything of an account that
// has a term, of every product and region, and pay-as-you-go instances beside.
// The list is made anew for every page.
func (c *Cloud) availableInstances(rq *request) (any, *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	page, err := c.billingPage(rq)
	if err != nil {
		return nil, err
	}
	match, err := c.billingFilter(rq)
	if err != nil {
		return nil, err
	}
	var found []*instance
	switch refusal := c.billed(rq); {
	case refusal != nil && refusal.code == "NotApplicable" && c.opts.Billing.WrongSiteEmpty: // then nothing is found
	case refusal != nil:
		return nil, refusal
	default:
		found = c.listedByBilling(rq.account, match)
	}
	rows := []billingRow{}
	for _, i := range cut(found, page) {
		rows = append(rows, c.billingRow(i))
	}
	return billedAnswer(fields{
		"PageNum": page.number, "PageSize": page.size, "TotalCount": len(found), "InstanceList": rows,
	}), nil
}

// listedByBilling are the instances of an account that the billing list has.
func (c *Cloud) listedByBilling(acc *account, match func(*instance) bool) (found []*instance) {
	now, wall := c.now(), time.Now()
	for _, i := range c.instances {
		if i.Account != acc.ID || i.Unlisted {
			continue
		}
		i.settle(wall)
		if i.prepaid() && !now.Before(i.billed.Add(c.afterlife(i).listed)) || !match(i) {
			continue
		}
		found = append(found, i)
	}
	return found
}

// billingPage reads PageNum and PageSize. A size that is too large is cut, and
// the answer says to what.
func (c *Cloud) billingPage(rq *request) (page, *apiError) {
	p := page{number: 1, size: billingDefault}
	most := billingMost
	if c.opts.Billing.PageCap > 0 {
		most = min(most, c.opts.Billing.PageCap)
	}
	for name, to := range map[string]*int{"PageNum": &p.number, "PageSize": &p.size} {
		value := rq.get(name)
		if value == "" {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return p, invalid(name, value, "1 or more")
		}
		*to = n
	}
	p.size = min(p.size, most)
	p.offset = (p.number - 1) * p.size
	return p, nil
}

// cut is the part of a list that a page shows.
func cut[T any](list []T, p page) []T {
	from := min(p.offset, len(list))
	return list[from:min(from+p.size, len(list))]
}

// billingFilter makes one test of all filters. A Region is matched against the
// station of the account and not against the instance's: another one finds
// nothing, and no error says so.
func (c *Cloud) billingFilter(rq *request) (func(*instance) bool, *apiError) {
	ids := splitList(rq.get("InstanceIDs"))
	status, kind := rq.get("RenewStatus"), rq.get("SubscriptionType")
	switch {
	case len(ids) > billingIDs:
		return nil, invalid("InstanceIDs", rq.get("InstanceIDs"), "more than 100 ids")
	case rq.get("Region") != "" && rq.get("ProductCode") == "":
		return nil, missing("ProductCode")
	case kind != "" && kind != "Subscription" && kind != "PayAsYouGo":
		return nil, invalid("SubscriptionType", kind, "Subscription or PayAsYouGo")
	case status != "" && !slices.Contains(billingStatuses, status):
		return nil, invalid("RenewStatus", status, strings.Join(billingStatuses, ", "))
	}
	within, err := c.timeRanges(rq)
	if err != nil {
		return nil, err
	}
	region, code, product := rq.get("Region"), rq.get("ProductCode"), rq.get("ProductType")
	station := "cn-hangzhou"
	if rq.account.Site == Intl {
		station = "ap-southeast-1"
	}
	return func(i *instance) bool {
		return (ids == nil || slices.Contains(ids, i.ID)) &&
			(region == "" || region == station) &&
			(code == "" || strings.EqualFold(code, i.Code)) &&
			(product == "" || strings.EqualFold(product, i.CodeType)) &&
			(kind == "" || (kind == "Subscription") == i.prepaid()) &&
			(status == "" || status == billingStatus(i.shownSetting.status)) &&
			within(i)
	}, nil
}

// timeRanges reads EndTimeStart to CreateTimeEnd. A pay-as-you-go instance has no
// end, and is in no range of ends.
func (c *Cloud) timeRanges(rq *request) (func(*instance) bool, *apiError) {
	var tests []func(*instance) bool
	for _, name := range []string{"EndTimeStart", "EndTimeEnd", "CreateTimeStart", "CreateTimeEnd"} {
		value := rq.get(name)
		if value == "" {
			continue
		}
		bound, err := time.Parse(secondFmt, value)
		if err != nil {
			return nil, invalid(name, value, "not of the form yyyy-MM-ddTHH:mm:ssZ")
		}
		ends, start := strings.HasPrefix(name, "End"), strings.HasSuffix(name, "Start")
		tests = append(tests, func(i *instance) bool {
			at := i.Created
			if ends {
				at = i.billed
			}
			order := at.Compare(bound)
			if !start {
				order = -order
			}
			return (i.prepaid() || !ends) && (order > 0 || order == 0 && !c.opts.ExclusiveBounds)
		})
	}
	return func(i *instance) bool { return all(tests, i) }, nil
}

// The words of the billing API for how a subscription is renewed.
var billingStatuses = []string{"AutoRenewal", "ManualRenewal", "NotRenewal"}

// billingStatus is the billing API's word for what the products call Normal.
func billingStatus(status string) string {
	if status == "Normal" {
		return "ManualRenewal"
	}
	return status
}

func (c *Cloud) billingRow(i *instance) billingRow {
	owner, _ := strconv.ParseInt(i.Account, 10, 64) // an account id that is no number has none here
	row := billingRow{
		InstanceID: i.ID, OwnerID: owner, Seller: "26842", SellerID: 26842,
		ProductCode: i.Code, ProductType: i.CodeType, Region: &i.Region,
		Status: "Normal", SubStatus: "Normal", SubscriptionType: "PayAsYouGo", CreateTime: i.Created.Format(secondFmt),
	}
	if i.prepaid() {
		left := c.afterlife(i)
		row.SubscriptionType, row.RenewStatus = "Subscription", billingStatus(i.shownSetting.status)
		row.EndTime = i.billed.Format(secondFmt)
		row.StopTime = i.billed.Add(left.works).Format(secondFmt)
		row.ReleaseTime = i.billed.Add(left.kept).Format(secondFmt)
		row.ExpectedReleaseTime = row.ReleaseTime
		if term := i.shownSetting; term.status == "AutoRenewal" && term.duration > 0 {
			row.RenewalDuration, row.RenewalDurationUnit = term.duration, term.unit[:1] // M, Y, and of ECS W
		}
		if !c.now().Before(i.billed) {
			row.Status = "Expired"
		}
	}
	if i.BillingStatus != "" {
		row.Status = i.BillingStatus
	}
	for _, field := range i.BillingBlank {
		blank[field](&row)
	}
	return row
}
