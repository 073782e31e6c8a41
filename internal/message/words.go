package message

import (
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The words of a report, for people. One that is not here is shown as it is, so
// that a new word is told rather than lost.

func (w writer) status(s renewal.Status) lang.Text {
	switch s {
	case renewal.OK:
		return lang.Say("OK", "正常")
	case renewal.Partial:
		return lang.Say("PARTIAL", "部分未完成")
	case renewal.Failed:
		return lang.Say("FAILED", "失败")
	}
	return lang.Plain(w.foreign(string(s), maxName))
}

func (w writer) trigger(name string) lang.Text {
	switch name {
	case "timer":
		return lang.Say("by timer", "定时触发")
	case "manual":
		return lang.Say("by hand", "手动触发")
	case "event":
		return lang.Say("by an event", "事件触发")
	case "command":
		return lang.Say("from the command line", "命令行触发")
	}
	return lang.Plain(w.foreign(name, maxName))
}

// problemType is the errorType of a run that did not start.
func (w writer) problemType(name string) lang.Text {
	switch name {
	case "bad-event":
		return lang.Say("the event is not understood", "无法识别触发事件")
	case "bad-config":
		return lang.Say("the settings are wrong", "配置有误")
	case "denied":
		return lang.Say("no permission, or the wrong credentials", "权限不足，或凭证无效")
	case "unavailable":
		return lang.Say("Alibaba Cloud did not answer", "阿里云接口不可用")
	}
	return lang.Plain(w.foreign(name, maxName))
}

// noun gives an action as what happens to an instance; known says whether it is
// one that changes something.
func noun(a renewal.Action) (action lang.Text, known bool) {
	switch a {
	case renewal.Renew:
		return lang.Say("renewal", "续费"), true
	case renewal.AutoRenew:
		return lang.Say("switching auto-renewal on", "开启自动续费"), true
	case renewal.AutoRenewOff:
		return lang.Say("switching auto-renewal off", "关闭自动续费"), true
	case renewal.LetLapse:
		return lang.Say("setting do-not-renew", "设置到期不续费"), true
	}
	return lang.Say("action", "操作"), false
}

// outcome says what came of an action. What may have cost money is told in other
// words than what cannot have.
func (w writer) outcome(o renewal.Outcome, action lang.Text, pays bool) lang.Text {
	switch {
	case pays && o == renewal.OutcomeUnknown:
		return lang.Say("%s may or may not have been paid, check the orders before paying again", "%s结果未知，可能已经扣款，请先核对订单，切勿直接重复续费", action)
	case pays && o == renewal.Unverified:
		return lang.Say("%s was accepted but the new expiry does not show yet, check the order before paying again", "%s请求已受理，但到期时间尚未更新，请先核对订单，切勿直接重复续费", action)
	}
	switch o {
	case renewal.OutcomeFailed:
		return lang.Say("%s failed", "%s失败", action)
	case renewal.OutcomeUnknown:
		return lang.Say("%s may or may not have taken effect, check it in the console", "%s结果未知，请到控制台核实", action)
	case renewal.Unverified:
		return lang.Say("%s was accepted but does not show as asked, check it in the console", "%s请求已受理，但查询结果与预期不符，请到控制台核实", action)
	case renewal.NotTried:
		return lang.Say("%s was not reached, the next run takes it first", "%s未执行，下次运行优先处理", action)
	case renewal.Stale:
		return lang.Say("%s was called off, the instance has changed since the plan", "执行前实例信息已变化，本次未执行%s", action)
	case renewal.Held:
		return lang.Say("%s is held back", "%s未执行", action)
	case renewal.Planned:
		return lang.Say("%s is planned", "计划%s", action)
	case renewal.Renewed:
		return lang.Say("renewed", "已续费")
	case renewal.AutoRenewOn:
		return lang.Say("auto-renewal on", "已开启自动续费")
	case renewal.AutoRenewIsOff:
		return lang.Say("auto-renewal off", "已关闭自动续费")
	case renewal.LapseSet:
		return lang.Say("set to lapse", "已设为到期不续费")
	}
	return lang.Plain(w.foreign(string(o), maxName))
}
