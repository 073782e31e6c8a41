package aliyun

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

func ecs(action string) api {
	return api{product: "Ecs", version: "2014-05-26", action: action, ram: "ecs:" + action}
}

// changing says that a changes something.
func changing(a api) api {
	a.changes = true
	return a
}

// scalar takes a string or a number as it is written: order ids and amounts
// come as either.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte(`"`)) {
		return json.Unmarshal(text, (*string)(s))
	}
	var number json.Number
	err := json.Unmarshal(text, &number)
	*s = scalar(number)
	return err
}

// Regions gives the regions that the account may use (ECS DescribeRegions).
func (c *Cloud) Regions(ctx context.Context) ([]string, error) {
	var answer struct {
		Regions struct{ Region []struct{ RegionId string } }
	}
	if err := c.call(ctx, ecs("DescribeRegions"), c.options.Region, map[string]string{}, readTimeout, &answer); err != nil {
		return nil, err
	}
	if len(answer.Regions.Region) == 0 {
		return nil, noList("DescribeRegions")
	}
	var regions []string
	for _, r := range answer.Regions.Region {
		regions = append(regions, r.RegionId)
	}
	slices.Sort(regions)
	return slices.Compact(regions), nil
}

// pageSize is the most instances that a page of a list, or a read by id, holds.
const pageSize = 100

// filterTime is how the expiry filters want their times: UTC, whole minutes.
const filterTime = "2006-01-02T15:04Z"

func listParams(from, to time.Time) map[string]string {
	return map[string]string{
		"InstanceChargeType": "PrePaid",
		"MaxResults":         strconv.Itoa(pageSize),
		"Filter.3.Key":       "ExpiredStartTime", "Filter.3.Value": from.UTC().Format(filterTime),
		"Filter.4.Key": "ExpiredEndTime", "Filter.4.Value": to.UTC().Format(filterTime),
	}
}

// Page gives one page of the subscription instances of a region that expire
// between from and to, and the token of the next one, "" at the end (ECS
// DescribeInstances). Whether the bounds belong to it is not documented.
func (c *Cloud) Page(ctx context.Context, region string, from, to time.Time, next string) ([]renewal.Instance, string, error) {
	params := listParams(from, to)
	if next != "" {
		params["NextToken"] = next
	}
	var answer describedInstances
	if err := c.call(ctx, ecs("DescribeInstances"), region, params, readTimeout, &answer); err != nil {
		return nil, "", err
	}
	if answer.Instances == nil {
		return nil, "", noList("DescribeInstances")
	}
	return answer.instances(region), answer.NextToken, nil
}

// noList is the error of an answer that holds no list at all, which is not the
// same as an empty one.
func noList(action string) error {
	return &renewal.CallError{Action: ecs(action).ram, Status: http.StatusOK, Err: errors.New("the answer holds no list")}
}

// MayList says whether the role may list this region at all, which an empty
// list does not tell (ECS DescribeInstances, DryRun).
func (c *Cloud) MayList(ctx context.Context, region string) error {
	a := ecs("DescribeInstances")
	var answer struct{ Code string }
	err := c.call(ctx, a, region, map[string]string{"DryRun": "true"}, readTimeout, &answer)
	if err == nil && answer.Code != dryRunPassed {
		return &renewal.CallError{Action: a.ram, Status: http.StatusOK, Err: errors.New("the check of the permission was not answered as such")}
	}
	if err == nil || renewal.Classify(err).Code == dryRunPassed {
		return nil
	}
	return err
}

// dryRunPassed is the code that says yes. Its HTTP status is not documented.
const dryRunPassed = "DryRunOperation"

// Instances reads up to 100 instances again, whatever their charge type and
// expiry. Those that are not there are left out (ECS DescribeInstances). An
// answer may be in pages even here; it is read to its end.
func (c *Cloud) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	var found []renewal.Instance
	for next, pages := "", 0; ; pages++ {
		params := map[string]string{"InstanceIds": string(list), "MaxResults": strconv.Itoa(pageSize)}
		if next != "" {
			params["NextToken"] = next
		}
		var answer describedInstances
		if err := c.call(ctx, ecs("DescribeInstances"), region, params, readTimeout, &answer); err != nil {
			return nil, err
		}
		if answer.Instances == nil {
			return nil, noList("DescribeInstances")
		}
		if pages > len(ids) {
			return nil, &renewal.CallError{Action: ecs("DescribeInstances").ram, Status: http.StatusOK, Class: renewal.Terminal, Err: errors.New("the list of some ids does not end")}
		}
		found = append(found, answer.instances(region)...)
		if next = answer.NextToken; next == "" || len(found) >= len(ids) {
			return found, nil
		}
	}
}

type describedInstances struct {
	NextToken string
	Instances *struct{ Instance []describedInstance } // nil = the answer has none
}

type describedInstance struct {
	InstanceId, InstanceName, RegionId, ZoneId, InstanceType, InstanceChargeType, Status string
	CreationTime, ExpiredTime, ResourceGroupId                                           string
	SecurityGroupIds                                                                     struct{ SecurityGroupId []string }
	VpcAttributes                                                                        struct{ VpcId string }
	Tags                                                                                 tagList
	OperationLocks                                                                       struct {
		LockReason []struct{ LockReason string }
	}
}

// tagList is the tags of an instance: absent, null or an empty list where it
// has none.
type tagList struct {
	Tag []struct{ TagKey, TagValue string }
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *tagList) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, &l.Tag)
	}
	type plain tagList
	return json.Unmarshal(text, (*plain)(l))
}

func (d describedInstances) instances(region string) []renewal.Instance {
	out := make([]renewal.Instance, 0, len(d.Instances.Instance))
	for _, in := range d.Instances.Instance {
		out = append(out, in.instance(region))
	}
	return out
}

func (d describedInstance) instance(region string) renewal.Instance {
	in := renewal.Instance{
		ID: d.InstanceId, Name: d.InstanceName, Region: cmp.Or(d.RegionId, region), Zone: d.ZoneId, Type: d.InstanceType, Status: d.Status,
		ResourceGroup: d.ResourceGroupId, VPC: d.VpcAttributes.VpcId, SecurityGroups: d.SecurityGroupIds.SecurityGroupId,
		Subscription: d.InstanceChargeType == "PrePaid" || d.InstanceChargeType == "", // where it says nothing, the list was asked for these
		Created:      parseTime(d.CreationTime), Expires: parseTime(d.ExpiredTime), ExpiresText: d.ExpiredTime,
	}
	if len(d.Tags.Tag) > 0 {
		in.Tags = make(map[string]string, len(d.Tags.Tag))
	}
	for _, tag := range d.Tags.Tag {
		in.Tags[tag.TagKey] = tag.TagValue
	}
	for _, lock := range d.OperationLocks.LockReason {
		in.Locks = append(in.Locks, strings.ToLower(lock.LockReason))
	}
	slices.Sort(in.Locks)
	return in
}

// parseTime reads the API's times, which have no seconds; what it cannot read
// is the zero time, which decides nothing.
func parseTime(text string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999 {
			return t.UTC()
		}
	}
	return time.Time{}
}

// States reads the renewal modes of up to 50 instances, which must all be
// subscriptions. One that the answer leaves out has no entry (ECS
// DescribeInstanceAutoRenewAttribute).
func (c *Cloud) States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error) {
	states := map[string]renewal.AutoState{}
	for page := 1; ; page++ {
		params := map[string]string{"InstanceId": strings.Join(ids, ","), "PageSize": "100", "PageNumber": strconv.Itoa(page)}
		var answer struct {
			TotalCount              int
			InstanceRenewAttributes struct{ InstanceRenewAttribute []renewAttribute }
		}
		if err := c.call(ctx, ecs("DescribeInstanceAutoRenewAttribute"), region, params, readTimeout, &answer); err != nil {
			return nil, err
		}
		before := len(states)
		for _, attr := range answer.InstanceRenewAttributes.InstanceRenewAttribute {
			states[attr.InstanceId] = attr.state()
		}
		// Whether a list of ids is cut into pages, too, is not documented.
		if len(states) == before || len(states) >= min(len(ids), answer.TotalCount) {
			return states, nil
		}
	}
}

type renewAttribute struct {
	InstanceId, RenewalStatus, PeriodUnit string
	Duration                              int
}

func (a renewAttribute) state() renewal.AutoState {
	state := renewal.AutoState{Mode: modes[a.RenewalStatus]}
	switch state.Mode {
	case "":
		state.Mode = renewal.Unknown
	case renewal.Auto:
		state.Term = autoTerm(a.Duration, a.PeriodUnit)
	}
	return state
}

var modes = map[string]renewal.Mode{
	"Normal": renewal.Manual, "AutoRenewal": renewal.Auto, "NotRenewal": renewal.Lapse,
}

func autoTerm(n int, unit string) renewal.Period {
	switch strings.ToLower(unit) {
	case "week":
		return renewal.Period{Weeks: n}
	case "month":
		return renewal.Period{Months: n}
	case "year":
		return renewal.Period{Months: 12 * n}
	}
	return renewal.Period{}
}

// SetState switches auto-renewal of up to 50 instances: on with the term, off,
// or to do-not-renew. Repeating it is harmless (ECS
// ModifyInstanceAutoRenewAttribute). AutoRenew is not sent: RenewalStatus wins.
func (c *Cloud) SetState(ctx context.Context, region string, ids []string, state renewal.AutoState) error {
	params := map[string]string{"InstanceId": strings.Join(ids, ",")}
	for word, mode := range modes {
		if mode == state.Mode {
			params["RenewalStatus"] = word
		}
	}
	if state.Mode == renewal.Auto {
		params["Duration"], params["PeriodUnit"] = autoUnits(state.Term)
	}
	var answer struct{ RequestId string }
	return c.call(ctx, changing(ecs("ModifyInstanceAutoRenewAttribute")), region, params, readTimeout, &answer)
}

// autoUnits writes a term for auto-renewal. A year is 12 months, which every
// version of the documents allows; more years are years.
func autoUnits(p renewal.Period) (duration, unit string) {
	switch {
	case p.Weeks > 0:
		return strconv.Itoa(p.Weeks), "Week"
	case p.Months > 12:
		return strconv.Itoa(p.Months / 12), "Year"
	}
	return strconv.Itoa(p.Months), "Month"
}

// Tag writes one tag on one instance, over another value of the same key (ECS
// TagResources): one send. There is no token for it, and repeating it is
// harmless. How late a read shows the tag is not documented.
func (c *Cloud) Tag(ctx context.Context, region, id, key, value string) error {
	params := map[string]string{"ResourceType": "instance", "ResourceId.1": id, "Tag.1.Key": key, "Tag.1.Value": value}
	var answer struct{ RequestId string }
	return c.call(ctx, changing(ecs("TagResources")), region, params, readTimeout, &answer)
}

// errNoPrice says that a term has no price to ask for.
var errNoPrice = errors.New("has no price: the API prices 1 to 9 months and 1 to 3 years")

// pricePlaces are the decimal places of a price that mean something. The API
// writes prices as binary floating point would: 99.89999999999999.
const pricePlaces = 6

// Price gives what renewing an instance would cost before coupons (ECS
// DescribeRenewalPrice, TradePrice). It asks 12 months as a year, since that
// is how the API counts; weeks and more than 3 years have no price.
func (c *Cloud) Price(ctx context.Context, region, id string, term renewal.Term) (renewal.Amount, error) {
	a := ecs("DescribeRenewalPrice")
	params := map[string]string{"ResourceType": "instance", "ResourceId": id}
	switch months := term.Period.Months; {
	case term.UntilDay > 0:
		params["ExpectedRenewDay"] = strconv.Itoa(term.UntilDay)
	case months >= 1 && months <= 9:
		params["Period"], params["PriceUnit"] = strconv.Itoa(months), "Month"
	case months == 12 || months == 24 || months == 36:
		params["Period"], params["PriceUnit"] = strconv.Itoa(months/12), "Year"
	default:
		return renewal.Amount{}, &renewal.CallError{Action: a.ram, Class: renewal.Terminal, Err: errNoPrice}
	}
	var answer struct {
		RequestId string
		PriceInfo struct {
			Price struct {
				TradePrice scalar
				Currency   string
			}
		}
	}
	if err := c.call(ctx, a, region, params, readTimeout, &answer); err != nil {
		return renewal.Amount{}, err
	}
	value, err := decimal.NewFromString(string(answer.PriceInfo.Price.TradePrice))
	if err != nil || value.IsNegative() || plain(answer.PriceInfo.Price.Currency) == "" {
		return renewal.Amount{}, &renewal.CallError{Action: a.ram, Status: http.StatusOK, RequestID: plain(answer.RequestId), Class: renewal.Terminal, Err: errors.New("the answer holds no price")}
	}
	return renewal.Amount{Value: value.Round(pricePlaces), Currency: answer.PriceInfo.Price.Currency}, nil
}

// Renew pays (ECS RenewInstance): one instance, one send, with the token that
// makes a repetition harmless. It gives the order's id, which may be "". timeout
// bounds the whole call; if it cannot be sent promptly, it is not sent at all,
// which is a retryable error.
func (c *Cloud) Renew(ctx context.Context, region, id string, term renewal.Term, token string, timeout time.Duration) (string, error) {
	a := changing(ecs("RenewInstance"))
	params := map[string]string{"InstanceId": id, "ClientToken": token}
	switch {
	case term.UntilDay > 0:
		params["ExpectedRenewDay"] = strconv.Itoa(term.UntilDay)
	case term.Period.Weeks > 0:
		params["Period"], params["PeriodUnit"] = strconv.Itoa(term.Period.Weeks), "Week"
	default:
		params["Period"], params["PeriodUnit"] = strconv.Itoa(term.Period.Months), "Month"
	}
	var answer struct {
		RequestId string
		OrderId   scalar
	}
	if err := c.call(ctx, a, region, params, timeout, &answer); err != nil {
		return "", err
	}
	if answer.RequestId == "" && answer.OrderId == "" {
		return "", &renewal.CallError{Action: a.ram, Status: http.StatusOK, Class: renewal.Ambiguous, Err: errors.New("the answer names neither an order nor a request")}
	}
	return plain(string(answer.OrderId)), nil
}
