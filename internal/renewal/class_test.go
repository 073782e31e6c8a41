package renewal

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

func TestClassify(t *testing.T) {
	refused := &CallError{Action: "ecs:RenewInstance", Code: "NoStock", Class: Terminal}
	if got := Classify(fmt.Errorf("while paying: %w", refused)); got != refused {
		t.Errorf("got %+v", got)
	}
	got := Classify(io.ErrUnexpectedEOF)
	if got.Class != Ambiguous || !errors.Is(got, io.ErrUnexpectedEOF) || got.Heals || got.Denied || got.Mismatch {
		t.Errorf("what nobody classified is %+v", got)
	}
	if (CallError{}).Class != Ambiguous {
		t.Error("the zero class is not the careful one")
	}
	for class, want := range map[Class]string{Ambiguous: "ambiguous", Retryable: "retryable", Terminal: "terminal", Halt: "halt"} {
		if class.String() != want {
			t.Errorf("%s, want %s", class, want)
		}
	}
}

func TestCallErrorSaysWhatIsKnown(t *testing.T) {
	later := lang.Say("try later", "请稍后重试")
	broken := lang.Err("no answer in time", "请求超时")
	for _, tt := range []struct {
		english, chinese string
		e                CallError
	}{
		{"ecs:RenewInstance: NoStock (request id R1); try later", "ecs:RenewInstance：NoStock（请求 ID R1）；请稍后重试",
			CallError{Action: "ecs:RenewInstance", Code: "NoStock", Status: 403, RequestID: "R1", Advice: later, Err: io.EOF}},
		{"ecs:RenewInstance: NoStock", "ecs:RenewInstance：NoStock", CallError{Action: "ecs:RenewInstance", Code: "NoStock"}},
		{"ecs:RenewInstance: EOF", "ecs:RenewInstance：EOF", CallError{Action: "ecs:RenewInstance", Err: io.EOF}},
		{"ecs:RenewInstance: no answer in time", "ecs:RenewInstance：请求超时", CallError{Action: "ecs:RenewInstance", Err: broken}},
		{"ecs:RenewInstance: answer without a code, HTTP status 502 (request id R1)", "ecs:RenewInstance：响应中没有错误码，HTTP 状态码 502（请求 ID R1）",
			CallError{Action: "ecs:RenewInstance", Status: 502, RequestID: "R1"}},
	} {
		if got := tt.e.Error(); got != tt.english {
			t.Errorf("%q, want %q", got, tt.english)
		}
		if got := lang.Of(&tt.e, lang.Chinese); got != tt.chinese {
			t.Errorf("%q, want %q", got, tt.chinese)
		}
	}
}
