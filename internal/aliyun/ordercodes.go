package aliyun

import (
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// orderCodes is what renewals are refused with beyond ECS, by whichever API they
// are asked: one system makes the orders behind all of them. Sources: the error
// tables of RDS, R-kvstore and DDS (RenewInstance, RenewDBInstance), and what the
// provider's own tools meet at the billing.
var orderCodes = sync.OnceValue(func() map[string]verdict {
	wait := inDoubt.say("another order for it may be under way: the next run looks at the orders first", "可能有其他订单正在处理：下次运行会先核对订单")
	unpaid := mayHeal.say("an unpaid order blocks it: pay or cancel that order in the console", "存在未支付订单，请在控制台支付或作废该订单")
	money := noMoney.say("the account has too little money: top it up", "账户可用余额不足，请充值")
	method := debts.say("the account has no way to pay: set one in the console", "账号未设置有效的支付方式，请在控制台设置")
	person := verdict{class: renewal.Halt, denied: true}.say("the account must complete its registration in the console", "账号资料或实名认证未完成，请在控制台补全")
	sale := refused.say("it is not sold as it is: renew it in the console, and see what is said there", "销售校验未通过：请在控制台续费并查看提示")
	return map[string]verdict{
		// It repeats a request that came before: that one may have paid.
		"TokenServiceError": inDoubt.say("the same request came before, and what came of that is not known: the next run looks at the orders first", "相同的请求已提交过，其结果未知：下次运行会先核对订单"),

		"InvalidConcurrentOperate":          wait,
		"LastOrderProcessing":               wait,
		"CommodityServiceCalling.Exception": inDoubt.say("the provider's order system failed, and what came of the call is not known: the next run looks again", "订单系统出错，调用结果未知：下次运行会重新核对"),

		"SYSTEM.CONCURRENT_OPERATE": inDoubt.say("another operation on it is under way: the next run looks again", "该资源有其他操作正在进行：下次运行会重新核对"),
		"CSS_CHECK_ORDER_ERROR":     inDoubt.say("the check of its order failed, and what came of it is not known: the next run looks again", "订单校验出错，结果未知：下次运行会重新核对"),

		"Order.InstHasUnpaidOrder": unpaid,
		"OrderStatus.UnPaid":       unpaid,
		"ArrearageOrderExists":     unpaid,
		"Instance.UnPaidOrder":     unpaid,

		"Pay.InsufficientBalance":                money,
		"PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE": money,
		"InvalidAccountStatus.NotEnoughBalance":  money,
		"InsufficientAvailableQuota":             noMoney.say("what is left of the account's credit is too little: top it up", "账号可用额度不足，请充值"),
		"noAvailablePaymentMethod":               method,
		"pay.noCreditCard":                       method,

		"Order.NoRealNameAuthentication": person,
		"BasicInfoUncompleted":           person,
		"Risk.RiskControlRejection":      halted.say("the provider's risk control stops the account: verify the account, or ask the provider's support", "账号触发了风控：请完成账号核验，或联系阿里云客服"),

		"Order.PeriodInvalid":                badTerm.say("this period is not offered for it: choose another RENEW_PERIOD", "该实例不支持此续费时长，请调整 RENEW_PERIOD"),
		"Order.ComboInstanceNotAllowOperate": refused.say("it belongs to a bundle: renew the bundle in the console", "实例属于组合套餐，请在控制台续费该套餐"),
		"InvalidOrderCharge.NotSupport":      refused.say("it is no longer a subscription", "实例已不是包年包月计费"),
		"OperationDenied.MultiRegions":       sale,
		"System.SaleValidateFailed":          sale,
		"ContainForbiddenLabelError":         sale,
	}
})
