package lang

import (
	"errors"
	"io"
	"testing"
)

func TestSay(t *testing.T) {
	price := Say("its price is not known: %v", "询价失败：%v", Err("no answer from %s within %d s", "%[2]d 秒内 %[1]s 没有响应", "ecs", 10))
	for l, want := range map[Language]string{
		English: "its price is not known: no answer from ecs within 10 s",
		Chinese: "询价失败：10 秒内 ecs 没有响应",
		"":      "its price is not known: no answer from ecs within 10 s",
	} {
		if got := price.In(l); got != want {
			t.Errorf("in %q: %q, want %q", l, got, want)
		}
	}
}

func TestErrWrapsItsCauses(t *testing.T) {
	err := Err("reading %s: %v", "读取 %s：%v", "fleet.yaml", io.ErrUnexpectedEOF)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if got, want := Of(err, Chinese), "读取 fleet.yaml：unexpected EOF"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOf(t *testing.T) {
	joined := errors.Join(Err("one", "一"), Err("two", "二"))
	for _, row := range []struct {
		err  error
		want string
	}{{nil, ""}, {io.EOF, "EOF"}, {joined, "一\n二"}} {
		if got := Of(row.err, Chinese); got != row.want {
			t.Errorf("%v: %q, want %q", row.err, got, row.want)
		}
	}
}

func TestParse(t *testing.T) {
	if l, err := Parse(""); l != English || err != nil {
		t.Error(l, err)
	}
	if _, err := Parse("de"); err == nil {
		t.Error("de was taken")
	}
}
