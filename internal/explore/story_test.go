package explore

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// tell says in words what happens in a story, a numbered line for each step.
func tell(story []step, p protocol) string {
	var b strings.Builder
	for i, s := range story {
		fmt.Fprintf(&b, "%d. %s\n", i+1, s.tell(p))
	}
	return b.String()
}

func (s step) tell(p protocol) string {
	who := string(rune('A' + s.event.run))
	before, after := &s.before.runs[s.event.run], &s.after.runs[s.event.run]
	switch s.event.what {
	case lists:
		return fmt.Sprintf("%s lists the instance, sees generation %d, and waits.", who, after.n)
	case asks:
		if p.keepsLook && (before.at == raised || before.at == listed) {
			return fmt.Sprintf("%s has looked before its wait, and asks with token %d.", who, after.callN)
		}
		still := ""
		if s.before.charges > 0 {
			still = "still "
		}
		return fmt.Sprintf("%s looks, sees %sthe old expiry and %s, and asks with token %d.", who, still, s.generation(p), after.callN)
	case answered:
		return who + " " + s.answer()
	case notSent:
		return who + "'s call is not carried out."
	case inDoubt:
		return who + " hears nothing of its call."
	case carried:
		if s.after.charges > s.before.charges {
			return fmt.Sprintf("The call of %s is carried out late, and paid: %s.", who, s.charge())
		}
		return fmt.Sprintf("The call of %s is carried out late, and refused.", who)
	case writes:
		return fmt.Sprintf("%s writes generation %d on the instance, reads it back, and waits.", who, after.n)
	case writesOff:
		return fmt.Sprintf("%s writes generation %d on the instance, and ends.", who, before.n)
	case readsBack:
		if s.before.tag != after.n {
			return fmt.Sprintf("%s sends generation %d to be written, and waits.", who, after.n)
		}
		return fmt.Sprintf("%s sends generation %d to be written, reads back that of another, and waits.", who, after.n)
	case lands:
		return fmt.Sprintf("Generation %d, as %s has sent it, is written late.", before.n, who)
	case tagTaken:
		return "Somebody takes the tag away."
	case othersPay:
		return fmt.Sprintf("Somebody else pays: %s.", s.charge())
	}
	return fmt.Sprintf("%s: %+v", who, s.event)
}

// generation is what the look of a run shows.
func (s step) generation(p protocol) string {
	r := s.before.runs[s.event.run]
	n := r.n
	if p.ignoresOtherN || p.startsAtFirst || p.tagAfterCall {
		n = s.before.tag // of all that it may be, since it makes no difference
	}
	switch {
	case n == s.before.tag:
		return fmt.Sprintf("generation %d", n)
	case p.ownTag:
		return fmt.Sprintf("generation %d by its own tag", n)
	}
	return fmt.Sprintf("still generation %d", n)
}

// answer is what the answer to a run says, and what it does then.
func (s step) answer() string {
	paid := s.before.tokens[s.before.runs[s.event.run].callN].fate == paid
	switch s.event.answer {
	case renewal.Accepted:
		if s.after.charges > s.before.charges {
			return fmt.Sprintf("is answered with an order, which is paid: %s.", s.charge())
		}
		return "is answered with the order that is there."
	case renewal.Mismatched:
		return "is told that its token was used with other terms."
	case renewal.MayHeal, renewal.TermsRefused:
		why := "is refused"
		switch {
		case paid:
			why = "is refused, for what is paid with this token,"
		case s.event.answer == renewal.TermsRefused:
			why = "is refused for its terms"
		}
		if s.event.move == renewal.ComeAgain {
			return why + " and will ask once more."
		}
		if s.event.move == renewal.NextGeneration {
			return why + " and gives the token up."
		}
		return why + " and ends."
	}
	return "is answered: " + s.event.answer.String() + "."
}

func (s step) charge() string {
	if s.after.charges == 1 {
		return "the first charge"
	}
	return "the second charge"
}

// chineseSentences are the sentences of the stories that the page tells, in Chinese.
var chineseSentences = []struct {
	english *regexp.Regexp
	chinese string
}{
	{regexp.MustCompile(`(?m)(\w) looks, sees (still )?the old expiry and (still )?generation (\d+), and asks with token (\d+)\.$`), "$1 查看：${2}原来的到期时间，${3}第 $4 代；用 token $5 去问。"},
	{regexp.MustCompile(`(?m)(\w) is answered with an order, which is paid: the first charge\.$`), "$1 得到一个订单，已支付：第一次扣款。"},
	{regexp.MustCompile(`(?m)(\w) is answered with an order, which is paid: the second charge\.$`), "$1 得到一个订单，已支付：第二次扣款。"},
	{regexp.MustCompile(`(?m)(\w) is refused, for what is paid with this token,`), "$1 因这个 token 已付款而被拒绝，"},
	{regexp.MustCompile(`(?m)(\w) is refused`), "$1 被拒绝，"},
	{regexp.MustCompile(`(?m)， and will ask once more\.$`), "，会再问一次。"},
	{regexp.MustCompile(`(?m)， and gives the token up\.$`), "，作废这个 token。"},
	{regexp.MustCompile(`(?m)(\w) writes generation (\d+) on the instance, reads it back, and waits\.$`), "$1 在实例上写入第 $2 代，读回，等待。"},
	{regexp.MustCompile(`(?m)Somebody takes the tag away\.$`), "有人拿掉了标签。"},
	{regexp.MustCompile(`(?m)Somebody else pays: the first charge\.$`), "别人付了款：第一次扣款。"},
	{regexp.MustCompile(`still (原来|第)`), "仍是$1"},
}

// translated is a story in Chinese. What it has no words for stays as it is, and is
// seen.
func translated(story string) string {
	for _, sentence := range chineseSentences {
		story = sentence.english.ReplaceAllString(story, sentence.chinese)
	}
	return story
}
