package aliyun

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// ecs is Elastic Compute Service.
var ecs = product{name: "Ecs", version: "2014-05-26", key: "ecs", host: ecsHost, codes: ecsCodes}

// ecsInstance is how RAM names what a call on one instance is about. Documents
// do not give it for every call.
const ecsInstance = "acs:ecs:{region}:{account}:instance/*"

// What ECS is asked. The first four change nothing.
var (
	describeInstances = api{product: ecs, action: "DescribeInstances", ram: []string{"ecs:DescribeInstances"}, use: renewal.ToList}
	describeStates    = api{product: ecs, action: "DescribeInstanceAutoRenewAttribute", ram: []string{"ecs:DescribeInstanceAutoRenewAttribute"}, use: renewal.ToList}
	describeRegions   = api{product: ecs, action: "DescribeRegions", ram: []string{"ecs:DescribeRegions"}, use: renewal.ToFindRegions}
	describePrice     = api{product: ecs, action: "DescribeRenewalPrice", ram: []string{"ecs:DescribeRenewalPrice"}, use: renewal.ToPrice, resource: ecsInstance}
	renewInstance     = api{product: ecs, action: "RenewInstance", ram: []string{"ecs:RenewInstance"}, use: renewal.ToPay, resource: ecsInstance, changes: true}
	tagResources      = api{product: ecs, action: "TagResources", ram: []string{"ecs:TagResources"}, use: renewal.ToTag, resource: ecsInstance, changes: true}
	modifyState       = api{product: ecs, action: "ModifyInstanceAutoRenewAttribute", ram: []string{"ecs:ModifyInstanceAutoRenewAttribute"}, use: renewal.ToSwitch, resource: ecsInstance, changes: true}
)

// ecsHost gives the endpoint of a region (ECS: endpoints).
func ecsHost(o Options, region string) string {
	if o.Network == "vpc" {
		return "ecs-vpc." + region + ".aliyuncs.com"
	}
	switch region {
	case "cn-hangzhou", "cn-shanghai-finance-1", "cn-shenzhen-finance-1":
		return "ecs-cn-hangzhou.aliyuncs.com"
	case "cn-hangzhou-finance", "cn-north-2-gov-1", "cn-beijing-gov-1":
		return "ecs.aliyuncs.com"
	}
	return "ecs." + region + ".aliyuncs.com"
}

// upToDay is a call of a renewal up to the unified expiry day. One with a day that is
// not the account's own is refused as InvalidParameter, which of any other call says
// nothing about the settings (ECS RenewInstance: ExpectedRenewDay).
func upToDay(a api) api {
	a.codes = ecsDayCodes
	return a
}

var ecsDayCodes = sync.OnceValue(func() map[string]verdict {
	codes := maps.Clone(ecsCodes())
	codes["InvalidParameter"] = badDay()
	return codes
})

func badDay() verdict {
	return badTerm.say("RENEW_UNTIL_DAY, or until-day of a rule, must be the account's unified expiry day: compare it with the console", "RENEW_UNTIL_DAY（或规则中的 until-day）须与账号设置的统一到期日一致，请到控制台核对")
}

// ecsCodes is what ECS refuses with: the error tables of the calls above, of
// sibling actions for money and stock (RunInstances, CreateInstance,
// ModifyInstanceChargeType), and of "how to ensure idempotence".
var ecsCodes = sync.OnceValue(func() map[string]verdict {
	wait := inDoubt.say("an earlier request for it is under way: the next run looks again", "之前的请求正在处理中：下次运行会重新核对")
	others := otherAsk.say("somebody asked for this expiry with other terms: look at the instance and its orders before anything else", "该到期时间已有人以其他续费时长提交过续费，请先核对实例和订单")
	period := badTerm.say("this period is not offered for it: choose another RENEW_PERIOD", "该实例不支持此续费时长，请调整 RENEW_PERIOD")
	day := badDay()
	monthly := badTerm.say("starter packages are renewed by the month only", "入门级套餐仅支持按月续费")
	order := mayHeal.say("an unpaid order blocks it: pay or cancel that order in the console", "存在未支付订单，请在控制台支付或作废该订单")
	state := mayHeal.say("its state does not allow it now: look at it in the console", "实例当前状态不允许该操作，请到控制台查看")
	host := mayHeal.say("its dedicated host does not allow it: look at the host in the console", "专有宿主机当前状态不允许该操作，请到控制台查看")
	gone := refused.say("it is gone, or in another region", "实例不存在，或不在该地域")
	postpaid := refused.say("it is no longer a subscription", "实例已不是包年包月计费")
	money := noMoney.say("the account has too little money: top it up", "账户可用余额不足，请充值")
	kind := refused.say("its type, disks or network do not allow it: renew it in the console, and see what is said there", "实例规格、磁盘或网络不支持该操作：请在控制台续费并查看提示")
	terms := refused.say("auto-renewal does not take this term: choose another RENEW_AUTO_PERIOD", "自动续费不支持该时长，请调整 RENEW_AUTO_PERIOD")
	request := refused.say("the API does not take the request as it is: report it as a bug, with the request id", "接口不接受该请求：请附上请求 ID 反馈问题")
	tag := refused.say("the tag cannot be written: see the instance's tags, 20 at most, and the tag policies of the organisation", "标签无法写入：请检查实例标签（最多 20 个）和组织的标签策略")
	return map[string]verdict{
		// The answer to the first request with this token, or to an earlier order, is not there yet.
		"LastTokenProcessing":    wait,
		"Idempotence.Processing": wait,
		"IdempotentProcessing":   wait,
		"LastOrderProcessing":    wait,
		"LastRequestProcessing":  wait,

		// The token.
		"IdempotentParameterMismatch":          others,
		"IdempotenceParamNotMatch":             others,
		"InvalidIdempotenceParameter.Mismatch": others,
		"IdempotentFailed":                     mayHeal.say("an earlier request for it failed, and its answer is repeated: the next run asks anew", "之前的请求已失败，接口重复返回该结果：下次运行会重新提交"),
		"InvalidClientToken.ValueNotSupported": request,

		// The term.
		"InvalidPeriod":                               period,
		"InvalidPeriod.NotFound":                      period,
		"InvalidPeriodUnit.ValueNotSupported":         period,
		"InvalidPeriod.ExceededMaximumExpirationDate": badTerm.say("the new expiry would be too far away: choose a shorter period", "续费后的到期时间超出上限，请缩短续费时长"),
		"InvalidPeriod.ExceededDedicatedHost":         {class: renewal.Terminal, heals: true, otherTerms: true, advice: lang.Say("it would outlive its dedicated host: renew the host first", "续费后到期时间将晚于专有宿主机，请先续费专有宿主机")},
		"InvalidPeriod.StarterPackage":                monthly,
		"RenewDateNotSupported.StarterPackage":        monthly,
		"OperationDenied.StarterPackage":              monthly,
		"InvalidParam.ExpectedRenewDay":               day,
		"InvalidExpectedRenewDay":                     day,
		"InvalidExpectedRenewDay.NotSupported":        day,
		"InvalidExpectedRenewDay.ValueNotSupported":   day,
		"InvalidParameter.Duration":                   terms,
		"InvalidParameter.RenewalStatus":              request,
		"InvalidParameter.RenewalStatusInstanceId":    request,
		"InvalidPriceUnit.ValueNotSupported":          request,
		"MissingParamter":                             request, // spelt so by the API

		// The instance.
		"Instance.UnPaidOrder":                  order,
		"InvalidInstance.UnPaidOrder":           order,
		"OperationDenied.UnpaidOrder":           order,
		"OperationDenied.UnfinishedOrder":       order,
		"InvalidLoanOrderStatus.Uncompleted":    order,
		"OperationDenied.NoStock":               mayHeal.say("its resources were taken back and are sold out: try again later, or move the data to a new instance", "实例资源已释放且库存不足，请稍后重试，或将数据迁移至新实例"),
		"OperationDenied.AbnormalInstanceInfo":  state,
		"OperationDenied":                       kind,
		"Upgrade.NotSupported":                  kind,
		"IncorrectInstanceStatus":               state,
		"InvalidStatus.Upgrading":               state,
		"InstanceExpiredOrInArrears":            mayHeal.say("it has expired, or the account is in debt: see the account's bills", "实例已过期或账号欠费，请查看账单"),
		"InstanceLockedForSecurity":             mayHeal.say("it is locked for security: see the security centre", "实例因安全原因被锁定，请前往云安全中心处理"),
		"InstanceSpecModification.NotEffective": mayHeal.say("a change of its type is waiting for the next term", "存在待生效的变配（续费变配），下个计费周期生效"),
		"InvalidInstanceId.NotFound":            gone,
		"Forbidden.InstanceNotFound":            gone,
		"InvalidParameter.InvalidInstanceId":    gone,
		"InvalidResourceId.NotFound":            gone,
		"ChargeTypeViolation":                   postpaid,
		"InvalidChargeType.NotSupported":        postpaid,
		"InvalidInstanceChargeType.NotFound":    postpaid,
		"InvalidDedicatedHostId.NotFound":       host,
		"InvalidDedicatedHostStatus.NotSupport": host,
		"IncorrectDedicatedHostStatus":          host,

		// Of shared code: what it is about hardly applies to a renewal.
		"InvalidInternetChargeType.ValueNotSupported":    kind,
		"InvalidInternetChargeType.InstanceNotSupported": kind,
		"InvalidInstanceType.NotSupported":               kind,
		"InvalidInstanceType.ValueNotSupported":          kind,
		"InvalidInstanceType.codeUnauthorized":           kind,
		"InvalidInstanceType.ValueUnauthorized":          kind,
		"InvalidRebootTime.ValueNotSupported":            kind,
		"DependencyViolation.InstanceType":               kind,
		"Diskcategory.Mismatch":                          kind,
		"InvalidDisk.NotAllowed":                         kind,
		"InvalidDiskId.NotFound":                         kind,
		"InstanceTypeNotSupported":                       kind,

		// The account.
		"InvalidAccountStatus.NotEnoughBalance":  money,
		"InsufficientBalance":                    money,
		"PAY.INSUFFICIENT_BALANCE":               money,
		"PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE": money,
		"Account.Arrearage":                      debts.say("the account has unpaid bills: settle them", "账号已欠费，请结清欠款"),
		"InvalidPayMethod":                       debts.say("the account has no way to pay: set one in the console", "账号未设置有效的支付方式，请在控制台设置"),
		"RealNameAuthenticationError":            {class: renewal.Halt, denied: true, advice: lang.Say("the account must complete its real-name registration", "账号未完成实名认证")},
		"NoPermission.Price":                     badKeys.say("grant the role the right to read prices", "请为角色授予询价权限"),

		// Lists and regions.
		"InvalidRegionId.NotFound":              refused.say("there is no such region: check RENEW_REGIONS", "地域不存在，请检查 RENEW_REGIONS"),
		"Unauthorized.EmptyRegion":              noRight,
		"InvalidStatus.NotFound":                request,
		"InvalidLockReason.NotFound":            request,
		"InvalidNetworkType.NotFound":           request,
		"InvalidFilterKey.NotFound":             request,
		"InvalidTag.Mismatch":                   request,
		"InvalidTagCount":                       request,
		"InvalidHpcClusterId.NotFound":          request,
		"InvalidHpcClusterId.Creating":          request,
		"InvalidAcceptLanguage.NotFound":        request,
		"InvalidResourceType.NotFound":          request,
		"InvalidResourceType.ValueNotSupported": request,
		"MissingParameter.InstanceId":           request,
		"InvalidParameter.ToManyInstanceIds":    request,

		// Tags.
		"NumberExceed.Tags":         tag,
		"InvalidTagKey.Malformed":   tag,
		"InvalidTagValue.Malformed": tag,
		"Duplicate.TagKey":          tag,
		"MissingParameter.TagKey":   request,
	}
})

// Regions gives the regions that the account may use (ECS DescribeRegions). An
// entry without a readable id is "".
func (c *Cloud) Regions(ctx context.Context) ([]string, error) {
	var answer struct {
		RequestId, Code scalar
		Regions         raw
	}
	if err := c.call(ctx, describeRegions, c.options.Region, map[string]string{}, readTimeout, &answer); err != nil {
		return nil, err
	}
	var r reader
	var regions []string
	for _, entry := range r.list("Regions", answer.Regions, "Region") {
		var fields struct{ RegionId raw }
		r.object("Region", entry, &fields)
		regions = append(regions, r.text("RegionId", fields.RegionId))
	}
	if len(regions) == 0 {
		return nil, describeRegions.noList(string(answer.Code), string(answer.RequestId))
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
// DescribeInstances). Whether the bounds belong to it is not documented. What
// cannot be read of an instance is in its Unreadable; one that has no readable id
// has none.
func (c *Cloud) Page(ctx context.Context, region string, from, to time.Time, next string) ([]renewal.Instance, string, error) {
	return c.listInstances(ctx, region, listParams(from, to), next)
}

// MayList says whether the role may list this region at all, which an empty
// list does not tell (ECS DescribeInstances, DryRun).
func (c *Cloud) MayList(ctx context.Context, region string) error {
	var answer struct{ Code, RequestId scalar }
	err := c.call(ctx, describeInstances, region, map[string]string{"DryRun": "true"}, readTimeout, &answer)
	if err == nil && answer.Code != dryRunPassed {
		return describeInstances.unreadable(string(answer.RequestId), lang.Err("the check of the permission was not answered as such", "权限预检没有得到应有的响应"))
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
// answer may be in pages even here; it is read to its end. Where it holds one
// without a readable id, that may be any of those that are missing.
func (c *Cloud) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	params := map[string]string{"InstanceIds": string(list), "MaxResults": strconv.Itoa(pageSize)}
	var found []renewal.Instance
	for next, pages := "", 0; ; pages++ {
		var page []renewal.Instance
		if page, next, err = c.listInstances(ctx, region, params, next); err != nil {
			return nil, err
		}
		if pages > len(ids) {
			return nil, describeInstances.failed(renewal.Terminal, http.StatusOK, lang.Err("the list of some ids does not end", "按 ID 查询的实例列表没有结束"))
		}
		if found = append(found, page...); next == "" || len(found) >= len(ids) {
			return nameless(found, ids), nil
		}
	}
}

func (c *Cloud) listInstances(ctx context.Context, region string, filter map[string]string, next string) ([]renewal.Instance, string, error) {
	params := maps.Clone(filter)
	if next != "" {
		params["NextToken"] = next
	}
	var answer struct {
		RequestId, Code      scalar
		NextToken, Instances raw
	}
	if err := c.call(ctx, describeInstances, region, params, readTimeout, &answer); err != nil {
		return nil, "", err
	}
	if absent(answer.Instances) {
		return nil, "", describeInstances.noList(string(answer.Code), string(answer.RequestId))
	}
	var r reader
	list := r.list("Instances", answer.Instances, "Instance")
	next = r.text("NextToken", answer.NextToken)
	if keys := r.fault(); keys != "" {
		return nil, "", describeInstances.unreadable(string(answer.RequestId), lang.Err("the list could not be read: %s", "无法读取实例列表：%s", keys))
	}
	instances := make([]renewal.Instance, 0, len(list))
	for _, item := range list {
		instances = append(instances, readInstance(item, region))
	}
	return instances, next, nil
}

// noList is the error of an answer that holds no list at all, which is not the
// same as an empty one.
func (a api) noList(code, requestID string) error {
	e := a.unreadable(requestID, lang.Err("the answer holds no list", "响应中没有列表"))
	e.Code = codeOf(code)
	return e
}

// readInstance reads one instance of a list.
func readInstance(item raw, region string) renewal.Instance {
	var d struct {
		InstanceId, InstanceName, RegionId, ZoneId, InstanceType, InstanceChargeType, Status raw
		CreationTime, ExpiredTime, ResourceGroupId                                           raw
		SecurityGroupIds, VpcAttributes, Tags, OperationLocks                                raw
	}
	var vpc struct{ VpcId raw }
	var r reader
	r.object("Instance", item, &d)
	r.object("VpcAttributes", d.VpcAttributes, &vpc)
	charge := r.text("InstanceChargeType", d.InstanceChargeType)
	in := renewal.Instance{
		ID: r.text("InstanceId", d.InstanceId), Name: r.text("InstanceName", d.InstanceName),
		Region: cmp.Or(r.text("RegionId", d.RegionId), region), Zone: r.text("ZoneId", d.ZoneId),
		Type: r.text("InstanceType", d.InstanceType), Status: r.text("Status", d.Status),
		ResourceGroup: r.text("ResourceGroupId", d.ResourceGroupId), VPC: r.text("VpcId", vpc.VpcId),
		SecurityGroups: r.texts("SecurityGroupIds", d.SecurityGroupIds, "SecurityGroupId"),
		Subscription:   charge == "PrePaid" || charge == "", // where it says nothing, the list was asked for these
		Created:        parseTime(r.text("CreationTime", d.CreationTime)), Expires: parseTime(r.text("ExpiredTime", d.ExpiredTime)),
		Tags: readTags(&r, d.Tags),
	}
	if value, found := in.Tags[renewal.RefusedKey]; found {
		in.Refused = value
		delete(in.Tags, renewal.RefusedKey)
	}
	in.Locks = operationLocks(&r, d.OperationLocks)
	slices.Sort(in.Locks)
	if in.ID == "" {
		r.odd("InstanceId")
	}
	in.Unreadable = r.fault()
	return in
}

// operationLocks reads the reasons for which something is locked.
func operationLocks(r *reader, list raw) (locks []string) {
	for _, element := range r.list("OperationLocks", list, "LockReason") {
		var lock struct{ LockReason raw }
		r.object("OperationLocks", element, &lock)
		locks = append(locks, strings.ToLower(r.text("LockReason", lock.LockReason)))
	}
	return locks
}

// readTags reads tags, whose members go by one of two names. nil = there are none.
func readTags(r *reader, list raw) map[string]string {
	elements := r.list("Tags", list, "Tag")
	if len(elements) == 0 {
		return nil
	}
	tags := make(map[string]string, len(elements))
	for _, element := range elements {
		var tag struct{ TagKey, TagValue, Key, Value raw }
		r.object("Tags", element, &tag)
		tags[r.text("TagKey", either(tag.TagKey, tag.Key))] = r.text("TagValue", either(tag.TagValue, tag.Value))
	}
	return tags
}

func either(a, b raw) raw {
	if a == nil {
		return b
	}
	return a
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
// subscriptions. One that the answer leaves out has no entry, and one whose mode
// cannot be read is Unknown (ECS DescribeInstanceAutoRenewAttribute).
func (c *Cloud) States(ctx context.Context, region string, ids []string) (map[string]renewal.AutoState, error) {
	states := map[string]renewal.AutoState{}
	for page := 1; ; page++ {
		params := map[string]string{"InstanceId": strings.Join(ids, ","), "PageSize": "100", "PageNumber": strconv.Itoa(page)}
		var answer struct{ TotalCount, InstanceRenewAttributes raw }
		if err := c.call(ctx, describeStates, region, params, readTimeout, &answer); err != nil {
			return nil, err
		}
		var r reader
		before := len(states)
		for _, element := range r.list("InstanceRenewAttributes", answer.InstanceRenewAttributes, "InstanceRenewAttribute") {
			if id, state := readState(element); id != "" {
				states[id] = state
			}
		}
		// Whether a list of ids is cut into pages, too, is not documented.
		if len(states) == before || len(states) >= min(len(ids), r.number("TotalCount", answer.TotalCount)) {
			return states, nil
		}
	}
}

func readState(element raw) (id string, state renewal.AutoState) {
	var d struct{ InstanceId, RenewalStatus, PeriodUnit, Duration raw }
	var r reader
	r.object("InstanceRenewAttribute", element, &d)
	id = r.text("InstanceId", d.InstanceId)
	mode := modes[r.text("RenewalStatus", d.RenewalStatus)]
	term := autoTerm(r.number("Duration", d.Duration), r.text("PeriodUnit", d.PeriodUnit))
	switch {
	case mode == "" || r.fault() != "":
		return id, renewal.AutoState{Mode: renewal.Unknown}
	case mode == renewal.Auto:
		return id, renewal.AutoState{Mode: mode, Term: term}
	}
	return id, renewal.AutoState{Mode: mode}
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
	return c.call(ctx, modifyState, region, params, readTimeout, &struct{ RequestId scalar }{})
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
	return c.call(ctx, tagResources, region, params, readTimeout, &struct{ RequestId scalar }{})
}

// errNoPrice says that a term has no price to ask for.
var errNoPrice = lang.Err("has no price: the API prices 1 to 9 months and 1 to 3 years", "无法询价：接口只支持 1 至 9 个月和 1 至 3 年")

// pricePlaces are the decimal places of a price that mean something. The API
// writes prices as binary floating point would: 99.89999999999999.
const pricePlaces = 6

// Price gives what renewing an instance would cost before coupons (ECS
// DescribeRenewalPrice, TradePrice). It asks 12 months as a year, since that
// is how the API counts; weeks and more than 3 years have no price.
func (c *Cloud) Price(ctx context.Context, region, id string, term renewal.Term) (renewal.Amount, error) {
	params := map[string]string{"ResourceType": "instance", "ResourceId": id}
	ask := describePrice
	switch months := term.Period.Months; {
	case term.UntilDay > 0:
		params["ExpectedRenewDay"], ask = strconv.Itoa(term.UntilDay), upToDay(ask)
	case months >= 1 && months <= 9:
		params["Period"], params["PriceUnit"] = strconv.Itoa(months), "Month"
	case months == 12 || months == 24 || months == 36:
		params["Period"], params["PriceUnit"] = strconv.Itoa(months/12), "Year"
	default:
		return renewal.Amount{}, describePrice.failed(renewal.Terminal, 0, errNoPrice)
	}
	var answer struct {
		RequestId scalar
		PriceInfo raw
	}
	if err := c.call(ctx, ask, region, params, readTimeout, &answer); err != nil {
		return renewal.Amount{}, err
	}
	var r reader
	var info struct{ Price raw }
	var price struct{ TradePrice, Currency scalar }
	r.object("PriceInfo", answer.PriceInfo, &info)
	r.object("Price", info.Price, &price)
	return describePrice.price(price.TradePrice, price.Currency, answer.RequestId)
}

// Renew pays (ECS RenewInstance): one instance, one send, with the token that
// makes a repetition harmless. It gives the order's id. An answer of success that
// names none, or that has the code of something else, is an ambiguous error. timeout
// bounds the whole call; if it cannot be sent promptly, it is not sent at all,
// which is a retryable error.
func (c *Cloud) Renew(ctx context.Context, region, id string, term renewal.Term, token string, timeout time.Duration) (string, error) {
	params, pay := map[string]string{"InstanceId": id, "ClientToken": token}, renewInstance
	switch {
	case term.UntilDay > 0:
		params["ExpectedRenewDay"], pay = strconv.Itoa(term.UntilDay), upToDay(pay)
	case term.Period.Weeks > 0:
		params["Period"], params["PeriodUnit"] = strconv.Itoa(term.Period.Weeks), "Week"
	default:
		params["Period"], params["PeriodUnit"] = strconv.Itoa(term.Period.Months), "Month"
	}
	var answer struct{ Code, RequestId, OrderId scalar }
	if err := c.call(ctx, pay, region, params, timeout, &answer); err != nil {
		return "", err
	}
	return renewInstance.ordered(answer.OrderId, answer.Code, answer.RequestId)
}

// servers are the calls to ECS.
type servers struct{ *Cloud }

// Price implements Calls.
func (s servers) Price(ctx context.Context, region string, in renewal.Instance, term renewal.Term) (renewal.Amount, error) {
	return s.Cloud.Price(ctx, region, in.ID, term)
}

// Renew implements Calls.
func (s servers) Renew(ctx context.Context, region string, in renewal.Instance, term renewal.Term, token string, timeout time.Duration) (string, error) {
	return s.Cloud.Renew(ctx, region, in.ID, term, token, timeout)
}

// SetState implements Calls.
func (s servers) SetState(ctx context.Context, region string, instances []renewal.Instance, state renewal.AutoState) error {
	ids := make([]string, len(instances))
	for i, in := range instances {
		ids[i] = in.ID
	}
	return s.Cloud.SetState(ctx, region, ids, state)
}
