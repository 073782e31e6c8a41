package message

import (
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Reason says why an instance is acted upon or left alone.
func Reason(r renewal.Reason) lang.Text { return writer{}.reason(r) }

// reason: see Reason.
func (w writer) reason(r renewal.Reason) lang.Text {
	switch r {
	case renewal.Due:
		return lang.Say("due", "即将到期")
	case renewal.Rescue:
		return lang.Say("expired, and still within the rescue time", "已过期，仍可续费恢复")
	case renewal.Backstop:
		return lang.Say("auto-renewal is on and still has not paid", "已开启自动续费，但临近到期仍未扣款")
	case renewal.TooLateForAuto:
		return lang.Say("expires before auto-renewal could take effect", "距到期太近，自动续费来不及生效")
	case renewal.NotDue:
		return lang.Say("not due yet", "未到续费窗口")
	case renewal.Excluded:
		return lang.Say("excluded by a setting, rule or tag", "已按配置、规则或标签排除")
	case renewal.AlreadySo:
		return lang.Say("already as wanted", "无需变更")
	case renewal.NotSelected:
		return lang.Say("not selected", "不在选定范围内")
	case renewal.OnlyReported:
		return lang.Say("only reported", "仅提醒")
	case renewal.ProviderRenews:
		return lang.Say("auto-renewal is on", "已开启自动续费")
	case renewal.DoNotRenew:
		return lang.Say("set to do-not-renew", "已设为到期不续费")
	case renewal.UntilPassed:
		return lang.Say("paid up to its end date", "已续到标签指定的截止日期")
	case renewal.Expired:
		return lang.Say("expired, and not to be rescued", "已过期，超出 RENEW_RESCUE 时限")
	case renewal.Upcoming:
		return lang.Say("due soon", "即将进入续费窗口")
	case renewal.NotSubscription:
		return lang.Say("not a subscription", "不是包年包月实例")
	}
	return w.obstacle(r)
}

// obstacle is a reason for which something that is due is not secured.
func (w writer) obstacle(r renewal.Reason) lang.Text {
	switch r {
	case renewal.Locked:
		return lang.Say("locked by Alibaba Cloud", "实例已被锁定")
	case renewal.TagsUnknown:
		return lang.Say("its name and tags could not be read, and the policy asks for them", "未能查询到名称和标签，而策略需要用到")
	case renewal.OrderPending:
		return lang.Say("an order of it is not paid or not finished", "存在未支付或未完成的订单")
	case renewal.Unsupported:
		return lang.Say("it cannot be renewed from here", "本工具不支持续费该产品")
	case renewal.Frozen:
		return lang.Say("waits for the end of the frozen days (RENEW_FREEZE)", "冻结期内不变更，待冻结结束后处理（RENEW_FREEZE）")
	case renewal.NotApproved:
		return lang.Say("waits for approval", "等待批准")
	case renewal.Unreadable:
		return lang.Say("its rule or tags cannot be read", "规则或标签无法识别")
	case renewal.StateUnknown:
		return lang.Say("its expiry or renewal setting could not be read", "未能查询到到期时间或续费状态")
	case renewal.WindowCoversPeriod:
		return lang.Say("its period is no longer than the window, it would be renewed over and over", "续费时长未超过到期窗口，会重复续费")
	case renewal.OverMaxCount:
		return lang.Say("over the number for one run (RENEW_MAX_COUNT)", "超出单次运行的台数上限（RENEW_MAX_COUNT）")
	case renewal.OverMaxSpend:
		return lang.Say("over the money for one run (RENEW_MAX_SPEND)", "超出单次运行的支付上限（RENEW_MAX_SPEND）")
	case renewal.OverMaxPrice:
		return lang.Say("over the price for one renewal", "超出单台续费的价格上限")
	case renewal.PriceUnknown:
		return lang.Say("its price could not be had", "询价失败")
	case renewal.BalanceTooLow:
		return lang.Say("would take the balance below its minimum (RENEW_MIN_BALANCE)", "续费后账户余额将低于下限（RENEW_MIN_BALANCE）")
	case renewal.PeriodNotOffered:
		return lang.Say("this period is not offered", "不支持该续费时长")
	}
	return lang.Plain(w.foreign(string(r), maxName))
}
