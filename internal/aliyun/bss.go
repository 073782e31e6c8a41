package aliyun

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// bss is the billing API. RAM knows its calls as a whole: their rights can be
// narrowed neither to instances nor to products. They go by two names each in the
// provider's own documents, of this and of an older time.
var bss = product{
	name: "BssOpenApi", version: "2017-12-14", key: "billing", host: bssHost, codes: bssCodes,
	granted: lang.Say("; the system policy AliyunBSSRenewFullAccess does not hold it: that is for the console", "；系统策略 AliyunBSSRenewFullAccess 只用于控制台，不包含该权限"),
}

// What the billing API is asked for besides orders and renewals.
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
	all := maps.Clone(orderCodes())
	maps.Copy(all, map[string]verdict{
		"NotApplicable":       refused.say("the account is of the other site: check RENEW_SITE", "账号不属于该站点，请检查 RENEW_SITE"),
		"NotAuthorized":       noRight,
		"InvalidOwner":        refused.say("the account may not ask for another: check the credentials", "不能查询其他账号，请检查凭证"),
		"ResourceStatusError": mayHeal.say("its state does not allow it now: look at it in the console", "实例当前状态不允许该操作，请到控制台查看"),
		"ResourceNotExists":   notThere.say("it is gone", "实例不存在"),
	})
	return all
})

// billTimeout is for reads of the billing, which are slow where there is much to
// be read.
const billTimeout = time.Minute

// bill asks the billing API, and gives the Data of its answer. It says no inside a
// 200, too, and Success alone tells: the Code of a success is spelt in several ways.
func (c *Cloud) bill(ctx context.Context, a api, params map[string]string, timeout time.Duration) (data raw, requestID string, err error) {
	var answer struct {
		Success, Code, RequestId scalar
		Data                     raw
	}
	if err := c.call(ctx, a, c.options.Region, params, timeout, &answer); err != nil {
		return nil, "", err
	}
	code, requestID := string(answer.Code), string(answer.RequestId)
	switch {
	case !strings.EqualFold(string(answer.Success), "true"):
		return nil, "", newCallError(a, code, http.StatusOK, requestID)
	case !accepted(code):
		e := a.unreadable(requestID, lang.Err("the answer has the code of something else", "响应中的返回码不符"))
		e.Code = codeOf(code)
		return nil, "", e
	}
	return answer.Data, requestID, nil
}

// Balance gives what the account can spend, credit included (BSS
// QueryAccountBalance, AvailableAmount). It may be negative.
func (c *Cloud) Balance(ctx context.Context) (renewal.Amount, error) {
	answer, requestID, err := c.bill(ctx, queryBalance, map[string]string{}, readTimeout)
	if err != nil {
		return renewal.Amount{}, err
	}
	var data struct{ AvailableAmount, Currency scalar }
	new(reader).object("Data", answer, &data)
	balance := money(data.AvailableAmount, data.Currency)
	if !balance.Known() {
		return renewal.Amount{}, queryBalance.unreadable(requestID, lang.Err("the answer holds no amount", "响应中没有金额"))
	}
	return balance, nil
}

// money reads an amount as the billing writes it, perhaps with commas between
// thousands; what is none is no amount.
func money(value, currency scalar) renewal.Amount {
	v, err := decimal.NewFromString(strings.ReplaceAll(string(value), ",", ""))
	if err != nil || plain(string(currency)) == "" {
		return renewal.Amount{}
	}
	return renewal.Amount{Value: v, Currency: string(currency)}
}
