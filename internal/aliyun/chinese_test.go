package aliyun

import (
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/message"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// Every advice has its Chinese words.
func TestAdviceInChinese(t *testing.T) {
	advices := map[string]bool{"grant ecs:RenewInstance to the role": true}
	for _, v := range codes() {
		advices[v.advice] = true
	}
	delete(advices, "")
	for advice := range advices {
		e := renewal.Entry{ID: "i", Outcome: renewal.OutcomeFailed, Error: (&renewal.CallError{Action: "a", Code: "C", RequestID: "R", Advice: advice}).Error()}
		text := message.Style{Language: lang.Chinese}.Report(renewal.Report{Instances: []renewal.Entry{e}}).String()
		if strings.Contains(text, advice) || strings.Contains(text, " to the role") {
			t.Errorf("%q has no Chinese", advice)
		}
	}
}
