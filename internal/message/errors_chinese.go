package message

import (
	"strings"
	"sync"
)

// inChinese puts what the program itself says in errors and warnings into
// Chinese: the advice of aliyun/codes.go and the words of runner. Codes and ids
// stay. What is not here stays English, and is not lost. This is for people to
// read; nothing is decided by it.
func inChinese(text string) string { return chineseErrors().Replace(text) }

var chineseErrors = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer(
		// aliyun/codes.go
		"; the account cannot pay: top it up or settle its debts", "；账户余额不足或已欠费，请充值或结清欠款",
		"; this period is not offered for it: choose another RENEW_PERIOD", "；该实例不支持此续费时长，请调整 RENEW_PERIOD",
		"; the credentials are not accepted: check the function's role, or the access key", "；凭证无效，请检查函数角色或 AccessKey",
		"; somebody asked for this expiry with other terms: look at the instance and its orders before anything else", "；该到期时间已有人以其他续费时长提交过续费，请先核对实例和订单",
		"; an unpaid order blocks it: pay or cancel that order in the console", "；存在未支付订单，请在控制台支付或作废该订单",
		"; the new expiry would be too far away: choose a shorter period", "；续费后的到期时间超出上限，请缩短续费时长",
		"; it would outlive its dedicated host: renew the host first", "；续费后到期时间将晚于专有宿主机，请先续费专有宿主机",
		"; starter packages are renewed by the month only", "；入门级套餐仅支持按月续费",
		"; RENEW_UNTIL_DAY must be the account's unified expiry day", "；RENEW_UNTIL_DAY 须与账号设置的统一到期日一致",
		"; grant the role the right to read prices", "；请为角色授予询价权限",
		"; its resources were taken back and are sold out: try again later, or move the data to a new instance", "；实例资源已释放且库存不足，请稍后重试，或将数据迁移至新实例",
		"; it is locked for security: see the security centre", "；实例因安全原因被锁定，请前往云安全中心处理",
		"; a change of its type is waiting for the next term", "；存在待生效的变配（续费变配），下个计费周期生效",
		"; there is no such region: check RENEW_REGIONS", "；地域不存在，请检查 RENEW_REGIONS",
		"; it is gone, or in another region", "；实例不存在，或不在该地域",
		"; it is no longer a subscription", "；实例已不是包年包月计费",
		"; the account has no way to pay: set one in the console", "；账号未设置有效的支付方式，请在控制台设置",
		"; the account must complete its real-name registration", "；账号未完成实名认证",
		"; the role to assume must trust this account, and this role must be granted sts:AssumeRole; check RENEW_EXTERNAL_ID", "；请确认目标角色的信任策略包含本账号、函数角色已授予 sts:AssumeRole 权限，并检查 RENEW_EXTERNAL_ID",
		"; there is no such role: check RENEW_ACCOUNTS", "；角色不存在，请检查 RENEW_ACCOUNTS",
		"; the account is of the other site: check RENEW_SITE", "；账号不属于该站点，请检查 RENEW_SITE",
		"; the clock here is more than 15 minutes off", "；本机时钟偏差超过 15 分钟",
		"; this call cannot be made with a role or by a RAM user", "；该接口不支持以 RAM 身份调用",
		"; this call cannot be made by a RAM user: use a role that may make it", "；RAM 用户不能调用该接口，请改用有权限的角色",
		"; the provider's risk control has stopped the account: verify the account, or ask the provider's support", "；账号被风控拦截，请完成账号核验或联系阿里云客服",
		"; grant ", "；请为角色授予权限 ",
		" to the role", "",
		"(request id ", "(请求 ID ",
		// runner
		"no further payment in this account: ", "该账号已停止续费：",
		"no further change in this account: ", "该账号已停止变更：",
		"the time left is too short for another call", "剩余时间不足",
		"the time was up before its turn", "本次运行时间不足",
		"the time was up", "已超时",
		"the API was too busy", "接口限流",
		"the run was interrupted", "运行被中断",
		"the list of its region could not be read to its end", "所在地域的实例列表未能完整查询",
		"no answer in time", "请求超时",
		"the connection broke before the answer was complete", "连接中断，响应不完整",
		"accepted, and the new expiry does not show yet; the next run looks again and does not pay twice", "请求已受理，到期时间尚未更新；下次运行会再次核对，不会重复扣款",
		": its price is not known: ", "：询价失败：",
	)
})
