package aliyun

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// bss is the billing API.
var bss = product{name: "BssOpenApi", version: "2017-12-14", key: "billing", host: bssHost, codes: bssCodes}

// What the billing API is asked. Its balance goes by two names in the provider's
// own documents.
var queryBalance = api{product: bss, action: "QueryAccountBalance", ram: []string{"bss:DescribeAcccount", "bssapi:QueryAccountBalance"}, use: renewal.ToSeeBalance}

// bssHost gives the endpoint, which is one for each site and none inside VPCs.
func bssHost(o Options, _ string) string {
	if o.Site == renewal.Intl {
		return "business.ap-southeast-1.aliyuncs.com"
	}
	return "business.aliyuncs.com"
}

// bssCodes is what the billing API refuses with, also inside a 200.
var bssCodes = sync.OnceValue(func() map[string]verdict {
	return map[string]verdict{
		"NotApplicable":             refused.say("the account is of the other site: check RENEW_SITE", "账号不属于该站点，请检查 RENEW_SITE"),
		"NotAuthorized":             noRight,
		"InvalidOwner":              refused.say("the account may not ask for another: check the credentials", "不能查询其他账号，请检查凭证"),
		"ResourceStatusError":       mayHeal.say("its state does not allow it now: look at it in the console", "实例当前状态不允许该操作，请到控制台查看"),
		"ResourceNotExists":         refused.say("it is gone", "实例不存在"),
		"SYSTEM.CONCURRENT_OPERATE": inDoubt.say("another operation on it is under way: the next run looks again", "该资源有其他操作正在进行：下次运行会重新核对"),
	}
})

// Balance gives what the account can spend, credit included (BSS
// QueryAccountBalance, AvailableAmount). It may be negative.
func (c *Cloud) Balance(ctx context.Context) (renewal.Amount, error) {
	var answer struct {
		Success         scalar
		Code, RequestId scalar
		Data            raw
	}
	if err := c.call(ctx, queryBalance, c.options.Region, map[string]string{}, readTimeout, &answer); err != nil {
		return renewal.Amount{}, err
	}
	if !strings.EqualFold(string(answer.Success), "true") {
		// BSS says no inside a 200.
		return renewal.Amount{}, newCallError(queryBalance, string(answer.Code), http.StatusOK, string(answer.RequestId))
	}
	var data struct{ AvailableAmount, Currency scalar }
	new(reader).object("Data", answer.Data, &data)
	value, err := decimal.NewFromString(strings.ReplaceAll(string(data.AvailableAmount), ",", ""))
	if err != nil || plain(string(data.Currency)) == "" {
		return renewal.Amount{}, queryBalance.unreadable(string(answer.RequestId), lang.Err("the answer holds no amount", "响应中没有金额"))
	}
	return renewal.Amount{Value: value, Currency: string(data.Currency)}, nil
}
