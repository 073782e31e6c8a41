package renewal

import (
	"errors"
	"fmt"
	"io"
	"testing"
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
	for want, e := range map[string]CallError{
		"ecs:RenewInstance: NoStock (request id R1); try later":                     {Action: "ecs:RenewInstance", Code: "NoStock", Status: 403, RequestID: "R1", Advice: "try later", Err: io.EOF},
		"ecs:RenewInstance: NoStock":                                                {Action: "ecs:RenewInstance", Code: "NoStock"},
		"ecs:RenewInstance: EOF":                                                    {Action: "ecs:RenewInstance", Err: io.EOF},
		"ecs:RenewInstance: answer without a code, HTTP status 502 (request id R1)": {Action: "ecs:RenewInstance", Status: 502, RequestID: "R1"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
